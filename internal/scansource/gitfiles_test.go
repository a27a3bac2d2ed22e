package scansource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bare makes the fewest files that are a repository of SHA-1 without a work tree.
func bare(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "HEAD"), "ref: refs/heads/main\n")
	for _, folder := range []string{"objects/pack", "refs/heads"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(folder)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// Files among the objects that are none are files like any other: nobody else reads them.
func TestFilesAmongObjects(t *testing.T) {
	for _, name := range []string{
		"objects/pack/pack-0123456789.keep",
		"objects/pack/pack-0123456789.promisor",
		"objects/pack/pack-0123456789.pack/in a folder of that name",
		"objects/pack/multi-pack-index.old",
		"objects/pack/multi-pack-index.d/x",
		"objects/ab/" + strings.Repeat("c", 62), // an object in a repository of SHA-256 only
		"objects/ab/" + strings.Repeat("c", 38) + "/x",
		"objects/info/packs",
	} {
		dir := t.TempDir()
		bare(t, dir)
		write(t, filepath.Join(dir, filepath.FromSlash(name)), testID)
		s := newScanner(Options{})
		if err := s.Path(dir, ""); err != nil {
			t.Fatal(err)
		}
		if got := short(s.Result()); got[0] != testID+" file "+name+" " {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The folder of objects may lie elsewhere, behind a link that git follows.
func TestObjectsBehindALink(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "r.git")
	bare(t, dir)
	far := filepath.Join(home, "elsewhere")
	if err := os.Rename(filepath.Join(dir, "objects"), far); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(far, filepath.Join(dir, "objects")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(far, "ab", strings.Repeat("c", 38)), "no object")
	s := newScanner(Options{})
	if err := s.Path(dir, ""); err != nil {
		t.Fatal(err)
	}
	got := short(s.Result())
	if len(got) != 1 || !strings.HasPrefix(got[0], "unread object ab") {
		t.Errorf("the object that is damaged was not looked at: %q", got)
	}
}
