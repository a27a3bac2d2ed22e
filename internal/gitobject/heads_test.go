package gitobject_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHeads reads the HEADs of all work trees from each of them, and the entries of the stash.
func TestHeads(t *testing.T) {
	dir := imported(t, history(10), "sha1", 1)
	git(t, dir, "checkout", "-q", "-f", "main")
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	git(t, dir, "worktree", "add", "-q", "--detach", one, "main~1")
	git(t, dir, "worktree", "add", "-q", two, "side")
	broken := filepath.Join(dir, ".git/worktrees/broken")
	write(t, filepath.Join(broken, "HEAD"), "nonsense")
	id := func(rev string) string { return strings.TrimSpace(git(t, dir, "rev-parse", rev)) }
	main, before, side := id("main"), id("main~1"), id("side")
	var stashes []string
	for i := range 3 {
		write(t, filepath.Join(dir, "link"), fmt.Sprint(i))
		git(t, dir, "stash", "push", "-q")
		stashes = append(stashes, id("refs/stash"))
	}
	for at, own := range map[string]string{dir: main, one: before, two: side} {
		r := open(t, at)
		var got []string
		for ref, err := range r.Heads() {
			if err != nil {
				got = append(got, "error "+ref.Name)
				continue
			}
			got = append(got, ref.Name+" "+ref.ID.String())
		}
		want := []string{"HEAD " + own, "HEAD " + main, "error worktrees/broken/HEAD", "worktrees/one/HEAD " + before, "worktrees/two/HEAD " + side}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", at, d)
		}
		ids, err := r.Logged("refs/stash")
		var logged []string
		for _, id := range ids {
			logged = append(logged, id.String())
		}
		if d := cmp.Diff(stashes, logged); d != "" || err != nil {
			t.Errorf("%s, %v (-want +got):\n%s", at, err, d)
		}
		for _, name := range []string{"refs/none", "../config", "refs/../../config"} {
			if ids, err := r.Logged(name); len(ids) > 0 || err != nil {
				t.Errorf("%s: %v, %v", name, ids, err)
			}
		}
	}
	if err := os.RemoveAll(broken); err != nil {
		t.Fatal(err)
	}
}
