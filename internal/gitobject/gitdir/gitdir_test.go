package gitdir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
)

const branchID = "0123456789012345678901234567890123456789"

// repository makes the fewest files that are a repository, with one branch.
func repository(t *testing.T, git string) {
	t.Helper()
	for _, folder := range []string{"objects", "refs/heads"} {
		if err := os.MkdirAll(filepath.Join(git, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(git, "HEAD"), "ref: refs/heads/main\n")
	write(t, filepath.Join(git, "refs/heads/main"), branchID+"\n")
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, name string) string {
	t.Helper()
	if err := os.MkdirAll(name, 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestOpen(t *testing.T) {
	home := t.TempDir()
	repository(t, filepath.Join(home, "main/.git"))
	link := filepath.Join(home, "link")
	if err := os.Symlink(filepath.Join(home, "main"), link); err != nil {
		t.Fatal(err)
	}
	// A .git that is a link, to a folder whose relative paths start from where it is.
	own := mkdir(t, filepath.Join(home, "main/.git/worktrees/own"))
	write(t, filepath.Join(own, "HEAD"), "ref: refs/heads/main\n")
	write(t, filepath.Join(own, "commondir"), "../..\n")
	linked := mkdir(t, filepath.Join(home, "elsewhere/deep/linked"))
	if err := os.Symlink(own, filepath.Join(linked, ".git")); err != nil {
		t.Fatal(err)
	}
	pointed := mkdir(t, filepath.Join(home, "pointed"))
	write(t, filepath.Join(pointed, ".git"), "gitdir: "+filepath.ToSlash(own)+"\n")
	t.Chdir(filepath.Join(home, "main"))
	for _, dir := range []string{".", ".git", "../link", filepath.Join(home, "main"), linked, pointed, filepath.Join(pointed, ".git")} {
		r, err := gitdir.Open(dir, gitobject.Options{})
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		if ref, ok, err := r.Ref("HEAD"); !ok || err != nil || ref.ID.String() != branchID {
			t.Errorf("%s: %+v, %v", dir, ref, err)
		}
		// A path below a file is a ref that does not exist.
		if ref, ok, err := r.Ref("refs/heads/main/below"); ok || err != nil {
			t.Errorf("%s: %+v, %v", dir, ref, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	home := t.TempDir()
	repository(t, filepath.Join(home, "main/.git"))
	mkdir(t, filepath.Join(home, "main/below"))
	write(t, filepath.Join(home, "file"), "text")
	for _, dir := range []string{"main/below", "file"} {
		var none *gitobject.NotRepositoryError
		_, err := gitdir.Open(filepath.Join(home, dir), gitobject.Options{})
		if !errors.As(err, &none) {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		if !filepath.IsAbs(filepath.FromSlash(none.Dir)) || filepath.Base(none.Dir) != filepath.Base(dir) {
			t.Errorf("%s is told as %q", dir, none.Dir)
		}
	}
	if _, err := gitdir.Open(filepath.Join(home, "nowhere"), gitobject.Options{}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("nowhere: %v", err)
	}
}
