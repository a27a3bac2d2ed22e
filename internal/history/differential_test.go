package history_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/history"
	"github.com/keysweep/keysweep/internal/leak"
)

// packings are the ways in which git may store the same objects.
var packings = []struct {
	name string
	pack func(t testing.TB, dir string)
}{
	{"as imported", func(testing.TB, string) {}},
	{"one pack", func(t testing.TB, dir string) { git(t, dir, "repack", "-q", "-adf", "--window=50", "--depth=50") }},
	{"very long chains", func(t testing.TB, dir string) {
		git(t, dir, "repack", "-q", "-adf", "--window=250", "--depth=4000")
	}},
	{"no differences", func(t testing.TB, dir string) { git(t, dir, "repack", "-q", "-adf", "--window=0") }},
	{"bases by id", func(t testing.TB, dir string) {
		git(t, dir, "-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-adf")
	}},
	{"loose too", func(t testing.TB, dir string) { git(t, dir, "repack", "-q", "-af") }},
	{"small packs under one index", func(t testing.TB, dir string) {
		git(t, dir, "repack", "-q", "-adf", "--max-pack-size=30k")
		git(t, dir, "multi-pack-index", "write")
	}},
	{"twice", func(t testing.TB, dir string) {
		git(t, dir, "repack", "-q", "-adf")
		all := git(t, dir, "rev-list", "--objects", "--all")
		gitInput(t, dir, []byte(all), "pack-objects", "-q", "--window=3", "objects/pack/pack")
	}},
	{"borrowed", func(t testing.TB, dir string) {
		git(t, dir, "repack", "-q", "-adf")
		lender := filepath.Join(t.TempDir(), "lender")
		if err := os.Rename(filepath.Join(dir, "objects"), lender); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "objects/info/alternates"), []byte(lender+"\n"))
	}},
	{"thrown away", func(t testing.TB, dir string) {
		git(t, dir, "repack", "-q", "-adf")
		git(t, dir, "update-ref", "-d", "refs/heads/main")
		git(t, dir, "repack", "-q", "-d", "--cruft")
	}},
}

// TestLikeGit finds the same keys in objects as git gives them, one after the other, and in packs
// family by family.
func TestLikeGit(t *testing.T) {
	for i, packing := range packings {
		for _, format := range []string{"sha1", "sha256"} {
			t.Run(packing.name+" "+format, func(t *testing.T) {
				t.Parallel()
				dir := randomHistory(t, uint64(2*i)+uint64(len(format)/5), 120, format)
				packing.pack(t, dir)
				want, objects, size := catFile(t, dir)
				for _, o := range []history.Options{{Workers: 1}, {Workers: 8}, {Workers: 4, Memory: 1 << 20}} {
					result := scan(t, dir, o)
					if d := cmp.Diff(want, distinct(result)); d != "" {
						t.Errorf("%+v (-git +scan):\n%s", o, d)
					}
					if len(result.Unread) > 0 {
						t.Errorf("%+v: %v", o, result.Unread)
					}
					if result.Objects != objects || result.Bytes != size {
						t.Errorf("%d objects of %d bytes, git has %d of %d", result.Objects, result.Bytes, objects, size)
					}
				}
			})
		}
	}
}

// TestOrderMeansNothing compares all of the results of one worker and of many.
func TestOrderMeansNothing(t *testing.T) {
	dir := randomHistory(t, 77, 200, "sha1")
	git(t, dir, "repack", "-q", "-adf", "--depth=50")
	want := scan(t, dir, history.Options{Workers: 1})
	if len(want.Sightings) < 20 {
		t.Fatalf("%d sightings", len(want.Sightings))
	}
	for range 5 {
		for _, o := range []history.Options{{Workers: 2}, {Workers: 16}, {Workers: 8, Memory: 1 << 20}} {
			if d := cmp.Diff(want, scan(t, dir, o)); d != "" {
				t.Errorf("%+v (-one +many):\n%s", o, d)
			}
		}
	}
}

// distinct are the ids that were found, with the encoding they were found in.
func distinct(r history.Result) []string {
	set := map[string]bool{}
	for _, s := range r.Sightings {
		set[s.ID] = true
	}
	return keys(set)
}

func keys(set map[string]bool) []string {
	list := []string{}
	for k := range set {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// catFile are the ids that the detector finds in each object as git gives it, and how many objects
// there are of how many bytes. An id that stands there plainly is also found byte by byte.
func catFile(t testing.TB, dir string) (ids []string, objects int, size int64) {
	t.Helper()
	out := []byte(git(t, dir, "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"))
	all, plain := map[string]bool{}, map[string]bool{}
	f := newFinder()
	for len(out) > 0 {
		line, rest, _ := bytes.Cut(out, []byte("\n"))
		head := strings.Fields(string(line))
		n, err := strconv.Atoi(head[2])
		if err != nil {
			t.Fatal(err)
		}
		text := rest[:n]
		out, objects, size = rest[n+1:], objects+1, size+int64(n)
		if head[1] == "tree" {
			text = namesOf(text, len(head[0])/2)
		}
		f.Find(text, func(h history.Found) {
			all[h.ID] = true
			if h.Encoding == leak.Plain {
				plain[h.ID] = true
			}
		}, func(inside []string, reason string) { t.Fatal(inside, reason) })
		for id := range plainly(text) {
			if !plain[id] {
				t.Errorf("%s stands plainly in %s, and was not found", id, head[0])
			}
		}
	}
	if len(all) < 3 {
		t.Fatalf("git's objects hold %d ids", len(all))
	}
	return keys(all), objects, size
}

// namesOf are the names of a folder, one a line.
func namesOf(tree []byte, size int) []byte {
	var out []byte
	for len(tree) > 0 {
		entry, rest, _ := bytes.Cut(tree, []byte{0})
		_, name, _ := bytes.Cut(entry, []byte(" "))
		out = append(append(out, name...), '\n')
		tree = rest[size:]
	}
	return out
}

// plainly yields ids that stand between other characters than letters and digits, looking at each byte.
func plainly(text []byte) map[string]bool {
	part := func(i int) bool {
		if i < 0 || i >= len(text) {
			return false
		}
		c := text[i]
		return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	found := map[string]bool{}
	for i := 0; i+20 <= len(text); i++ {
		id := string(text[i : i+20])
		bad := strings.IndexFunc(id, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '2' || c > '7') })
		if bad < 0 && id[:4] == "AKIA" && !part(i-1) && !part(i+20) {
			found[id] = true
		}
	}
	return found
}
