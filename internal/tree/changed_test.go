package tree

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/ghapi"
)

// randomState is a state in which a name may be a file, a folder, a link or nothing.
func randomState(r *rand.Rand) []entry {
	var out []entry
	var fill func(dir string, depth int)
	fill = func(dir string, depth int) {
		for _, name := range []string{"a", "a.b", "a-b", "b"} {
			p := strings.TrimPrefix(dir+"/"+name, "/")
			switch n := r.IntN(10); {
			case n < 4:
				out = append(out, entry{[]string{"100644", "100755"}[r.IntN(2)], p, fmt.Sprint(r.IntN(2))})
			case n < 5:
				out = append(out, entry{"120000", p, []string{"a", "b"}[r.IntN(2)]})
			case n < 8 && depth < 3:
				fill(p, depth+1)
			}
		}
	}
	fill("", 0)
	return out
}

// differing are the paths that differ, by what the states are made of.
func differing(base, head []entry) []string {
	at := func(entries []entry, p string) string {
		for _, e := range entries {
			if e.path == p {
				return e.mode[:3] + e.text
			}
		}
		return ""
	}
	var out []string
	for _, e := range slices.Concat(base, head) {
		if at(base, e.path) != at(head, e.path) && !slices.Contains(out, e.path) {
			out = append(out, e.path)
		}
	}
	slices.Sort(out)
	return out
}

// What differs is found by every source alike: files that become folders, links that become files, names that git
// and a file system sort in another order.
func TestChangedPaths(t *testing.T) {
	const states = 40
	r := rand.New(rand.NewPCG(1, 2))
	all := map[string][]entry{}
	for i := range states {
		all[fmt.Sprint("s", i)] = randomState(r)
	}
	repo := record(t, all)
	dir := t.TempDir()
	for i := range states - 1 {
		base, head := fmt.Sprint("s", i), fmt.Sprint("s", i+1)
		layOut(t, filepath.Join(dir, base), append(slices.Clone(all[base]), entry{"100644", ".git/x", ""}))
		layOut(t, filepath.Join(dir, head), append(slices.Clone(all[head]), entry{"100644", ".git/x", ""}))
		want := differing(all[base], all[head])
		for kind, open := range map[string]func() (*Pair, error){
			"folders": func() (*Pair, error) { return Folders(filepath.Join(dir, base), filepath.Join(dir, head)) },
			"git":     func() (*Pair, error) { return Git(repo, base, head) },
			"API":     func() (*Pair, error) { return Commits(t.Context(), newHub(repo, t), base, head) },
		} {
			p, err := open()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, p.changed); diff != "" || len(p.skipped) > 0 {
				t.Errorf("%s to %s, %s (-want +got):\n%s%v", base, head, kind, diff, p.skipped)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := os.RemoveAll(filepath.Join(dir, head)); err != nil {
			t.Fatal(err)
		}
	}
}

// lyingHub answers with names that no tree has.
type lyingHub struct {
	*hub
	path string
}

func (h lyingHub) GitTree(context.Context, string, bool) ([]ghapi.TreeEntry, bool, error) {
	return []ghapi.TreeEntry{{Path: h.path, Mode: "100644", Type: "blob", SHA: strings.Repeat("1", 40)}}, false, nil
}

func TestImpossibleNames(t *testing.T) {
	for _, p := range []string{"../x", "/x", "a//b", "a/../b", ".", "..", "a/", ""} {
		if _, err := Commits(t.Context(), lyingHub{&hub{t: t}, p}, "b", "h"); err == nil {
			t.Errorf("the path %q was taken", p)
		}
	}
}
