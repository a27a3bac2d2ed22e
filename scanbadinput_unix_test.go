//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/keysweep/keysweep/internal/action"
)

// What is no file is told and not waited for; links are not followed, wherever they lead.
func TestFoldersThatAreNoPlainFolders(t *testing.T) {
	dir := t.TempDir()
	id, far := keyID("222233334444", 1), keyID("222233334444", 2)
	outside := t.TempDir()
	lay(t, outside, map[string]string{"far.env": line(far)})
	lay(t, dir, map[string]string{"a/b/x.env": line(id)})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, target := range map[string]string{"loop": "loop", "up": "..", "a/self": "../a", "away": outside, "dev": "/dev/zero", "gone": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	doc := incomplete(t, dir, "pipe", "named pipe", ".")
	wantKey(t, doc, id)
	if len(doc.Leaks) != 1 || len(doc.NotScanned) != 2 {
		t.Errorf("rows %q, not scanned %v", rowsOf(doc), doc.NotScanned)
	}
	// What was named is read, by whatever link.
	doc, status := scanOf(t, dir, "away")
	if len(doc.Leaks) != 1 || status != action.ExitDone {
		t.Errorf("by a link: status %d, %q", status, rowsOf(doc))
	}
}

// A pipe that was named is a stream.
func TestScanOfANamedPipe(t *testing.T) {
	dir := t.TempDir()
	id := keyID("222233334444", 1)
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(pipe, []byte(line(id)), 0o600) }()
	doc, status := scanOf(t, dir, "pipe")
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	wantKey(t, doc, id)
	if status != action.ExitDone {
		t.Errorf("status %d, %v", status, doc.NotScanned)
	}
}

// A path that is longer than the system takes is told.
func TestDeepFolders(t *testing.T) {
	dir := t.TempDir()
	deep := strings.Repeat("d", 200)
	at, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if err := at.Mkdir(deep, 0o700); err != nil {
			t.Fatal(err)
		}
		next, err := at.OpenRoot(deep)
		if err != nil {
			t.Fatal(err)
		}
		if err := at.Close(); err != nil {
			t.Fatal(err)
		}
		at = next
		if err := at.WriteFile(fmt.Sprintf("f%d", i), []byte(line(keyID("222233334444", uint32(i+1)))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := at.Close(); err != nil {
		t.Fatal(err)
	}
	doc := incomplete(t, dir, deep, "too long", ".")
	wantKey(t, doc, keyID("222233334444", 1))
}
