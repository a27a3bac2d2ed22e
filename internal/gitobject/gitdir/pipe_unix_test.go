//go:build unix

package gitdir_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
)

// TestPipesAreNotOpened puts pipes where files should be: opening one would wait for ever.
func TestPipesAreNotOpened(t *testing.T) {
	git := filepath.Join(t.TempDir(), "main/.git")
	repository(t, git)
	mkdir(t, filepath.Join(git, "objects/info"))
	mkdir(t, filepath.Join(git, "objects/ab"))
	mkdir(t, filepath.Join(git, "objects/pack"))
	id := "ab" + branchID[2:]
	for _, name := range []string{
		"config", "packed-refs", "shallow", "refs/heads/pipe", "objects/info/alternates", "objects/ab/" + id[2:],
		"objects/pack/multi-pack-index", "objects/pack/pack-1.pack", "objects/pack/pack-1.idx",
	} {
		if err := syscall.Mkfifo(filepath.Join(git, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := gitdir.Open(git, gitobject.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, rev := range []string{"pipe", "main", id, id[:8]} {
		if got, err := r.Resolve(rev); err == nil {
			t.Errorf("%s is %s", rev, got)
		}
	}
	for range r.Refs() {
	}
	if err := syscall.Mkfifo(filepath.Join(git, "commondir"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := gitdir.Open(git, gitobject.Options{}); err == nil {
		r.Close()
	}
}
