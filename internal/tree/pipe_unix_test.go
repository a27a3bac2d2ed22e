//go:build unix

package tree

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe is not opened: that would wait for ever. What is no file is told of.
func TestNoFile(t *testing.T) {
	base, head := t.TempDir(), t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(head, "main.tf"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Folders(base, head)
	got := answer(t, p, err)
	if !strings.Contains(got, `"reason": "could not be read: it is no regular file"`) {
		t.Errorf("a pipe in the place of a file:\n%s", got)
	}
}
