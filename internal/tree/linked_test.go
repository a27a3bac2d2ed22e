package tree

import (
	"os"
	"path/filepath"
	"testing"
)

// A file of a module that is a link to a text by another name: the text alone changes.
func TestLinkedText(t *testing.T) {
	dirs := map[string]string{"base": "# none\n", "head": user}
	for name, text := range dirs {
		dir := filepath.Join(t.TempDir(), name)
		write(t, dir, files{"shared/users.inc": text, "live/a/x": "", "live/b/main.tf": "locals {}\n"})
		if err := os.Symlink("../../shared/users.inc", filepath.Join(dir, "live/b/users.tf")); err != nil {
			t.Fatal(err)
		}
		dirs[name] = dir
	}
	p, err := Folders(dirs["base"], dirs["head"])
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	rows, skipped := p.Diff(nil)
	if len(rows) == 0 || rows[0].Path != "live/b/users.tf" || len(skipped) > 0 {
		t.Errorf("%v, not analysed %v", rows, skipped)
	}
}
