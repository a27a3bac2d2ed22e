package history_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/history"
)

// TestMissing takes objects away, one each time: what is left is found, and what is gone is told.
func TestMissing(t *testing.T) {
	for _, c := range []struct{ rev, kind string }{
		{"HEAD:gone", "blob"}, {"HEAD:dir", "tree"}, {"HEAD^{tree}", "tree"}, {"HEAD", "commit"}, {"HEAD~1", "commit"}, {"v1", "object"},
	} {
		t.Run(c.rev, func(t *testing.T) {
			p := &planter{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(1, 1)), ids: map[string]string{}}
			p.git("init", "-q", "-b", "main")
			p.commit("zero")
			p.write("gone", "text")
			p.write("dir/stays", p.id("key"))
			p.commit("one")
			p.git("tag", "-a", "-m", "tag", "v1")
			p.git("commit", "-q", "--allow-empty", "-m", "two")
			id := strings.TrimSpace(p.git("rev-parse", c.rev))
			if err := os.Remove(filepath.Join(p.dir, ".git/objects", id[:2], id[2:])); err != nil {
				t.Fatal(err)
			}
			r := scan(t, p.dir, history.Options{})
			if len(distinct(r)) != 1 {
				t.Errorf("%d ids were found", len(distinct(r)))
			}
			want := []history.Unread{{Path: "object " + id, Reason: "the " + c.kind + " is missing from the repository"}}
			if c.rev == "HEAD" {
				want[0].Reason = "the object is missing from the repository" // only refs name it
			}
			if d := cmp.Diff(want, r.Unread); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestClonesWithoutAll(t *testing.T) {
	from := randomHistory(t, 6, 60, "sha1")
	git(t, from, "config", "uploadpack.allowFilter", "true")
	clone := func(args ...string) history.Result {
		dir := filepath.Join(t.TempDir(), "clone")
		git(t, t.TempDir(), append(append([]string{"clone", "-q", "--bare"}, args...), "file://"+from, dir)...)
		return scan(t, dir, history.Options{})
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--depth=3", "--no-single-branch"}, []string{"a shallow clone: what came before # of its commits is not here; run git fetch --unshallow, or check out with fetch-depth: 0"}},
		{[]string{"--filter=blob:none"}, []string{"a partial clone: # objects (blob) were left on the server; clone without a filter"}},
		{[]string{"--filter=tree:0"}, []string{"a partial clone: # objects (tree) were left on the server; clone without a filter"}},
		{nil, nil},
	} {
		var got []string
		for _, u := range clone(c.args...).Unread {
			if u.Path != "history" {
				t.Errorf("%v: %v", c.args, u)
			}
			got = append(got, digits(u.Reason))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.args, d)
		}
	}
}

// digits puts a sign in place of numbers but for the zero.
func digits(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if w[0] >= '1' && w[0] <= '9' {
			words[i] = "#"
		}
	}
	return strings.Join(words, " ")
}

// files is a repository in memory.
func files(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		rel = filepath.ToSlash(rel)
		if err == nil && e.IsDir() {
			fsys[rel] = &fstest.MapFile{Mode: fs.ModeDir | 0o700}
			return nil
		}
		b, err := os.ReadFile(name)
		fsys[rel] = &fstest.MapFile{Data: b, Mode: 0o600}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

func scanFiles(t testing.TB, fsys fs.FS, o history.Options) (history.Result, error) {
	t.Helper()
	r, err := gitobject.Open(fsys, ".", gitobject.Options{Limits: gitobject.Limits{Object: 1 << 22, Total: 1 << 28}})
	if err != nil {
		return history.Result{}, err
	}
	defer r.Close()
	return history.Scan(r, newFinder(), o), nil
}

// small is a repository with differences of all kinds, in two packs and loose, and what is found in it.
var small = sync.OnceValue(func() func(t testing.TB) (fstest.MapFS, history.Result) {
	var once sync.Once
	var fsys fstest.MapFS
	var clean history.Result
	return func(t testing.TB) (fstest.MapFS, history.Result) {
		once.Do(func() {
			dir := randomHistory(t, 4, 24, "sha1")
			git(t, dir, "-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-adf")
			work := filepath.Join(t.TempDir(), "work")
			git(t, t.TempDir(), "clone", "-q", "--bare", dir, work)
			git(t, work, "repack", "-q", "-adf")
			gitInput(t, work, []byte(git(t, work, "rev-list", "--objects", "main~3")), "-c", "repack.useDeltaBaseOffset=false", "pack-objects", "-q", "objects/pack/pack")
			gitInput(t, work, []byte("loose "+newID(rand.New(rand.NewPCG(8, 8)))), "hash-object", "-w", "--stdin")
			for _, sample := range []string{"hooks", "info", "branches", "description"} {
				if err := os.RemoveAll(filepath.Join(work, sample)); err != nil {
					t.Fatal(err)
				}
			}
			fsys = files(t, work)
			var err error
			if clean, err = scanFiles(t, fsys, history.Options{Workers: 2}); err != nil || len(clean.Unread) > 0 || len(clean.Sightings) < 8 {
				t.Fatal(err, clean.Unread, len(clean.Sightings))
			}
		})
		return fsys, clean
	}
})()

// damaged is the repository with a file changed.
func damaged(fsys fstest.MapFS, name string, change func([]byte) []byte) fstest.MapFS {
	out := fstest.MapFS{}
	for n, f := range fsys {
		out[n] = f
	}
	out[name] = &fstest.MapFile{Data: change(bytes.Clone(fsys[name].Data)), Mode: 0o600}
	return out
}

// checkDamage scans a repository with a file changed: what the sound one holds is found, or it is told
// that something could not be read.
func checkDamage(t *testing.T, what string, fsys fstest.MapFS, clean history.Result) {
	t.Helper()
	r, err := scanFiles(t, fsys, history.Options{Workers: 2})
	if err != nil || len(r.Unread) > 0 {
		return
	}
	if d := cmp.Diff(distinct(clean), distinct(r)); d != "" {
		t.Errorf("%s, and nothing is told (-sound +damaged):\n%s", what, d)
	}
	if r.Objects != clean.Objects {
		t.Errorf("%s, and nothing is told: %d objects of %d", what, r.Objects, clean.Objects)
	}
}

func objectFiles(fsys fstest.MapFS) (names []string) {
	for name, f := range fsys {
		if strings.HasPrefix(name, "objects/") && !f.Mode.IsDir() && !strings.HasSuffix(name, ".rev") {
			names = append(names, name)
		}
	}
	return names
}

func TestDamage(t *testing.T) {
	fsys, clean := small(t)
	rng := rand.New(rand.NewPCG(21, 22))
	for _, name := range objectFiles(fsys) {
		for range 60 {
			at, bit := rng.IntN(len(fsys[name].Data)), byte(1)<<rng.IntN(8)
			flip := func(b []byte) []byte { b[at] ^= bit; return b }
			checkDamage(t, fmt.Sprintf("bit %#x of byte %d of %s is wrong", bit, at, name), damaged(fsys, name, flip), clean)
		}
		for range 5 {
			at := rng.IntN(len(fsys[name].Data))
			checkDamage(t, fmt.Sprintf("%s ends at %d", name, at), damaged(fsys, name, func(b []byte) []byte { return b[:at] }), clean)
		}
	}
}

// FuzzDamage changes some bytes of a file of objects, each by its place and its value.
func FuzzDamage(f *testing.F) {
	fsys, clean := small(f)
	names := objectFiles(fsys)
	f.Add(uint8(0), []byte{0, 0, 13, 0xff})
	f.Add(uint8(1), []byte{0, 4, 4, 0xff, 0, 4, 5, 0xff})
	f.Fuzz(func(t *testing.T, file uint8, edits []byte) {
		name := names[int(file)%len(names)]
		checkDamage(t, fmt.Sprintf("%s is changed by %x", name, edits), damaged(fsys, name, func(b []byte) []byte {
			for ; len(edits) >= 4; edits = edits[4:] {
				b[int(binary.BigEndian.Uint32(edits)>>8)%len(b)] = edits[3]
			}
			return b
		}), clean)
	})
}
