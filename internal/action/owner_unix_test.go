//go:build unix

package action

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A report is readable by later steps of the job however narrow the umask is.
func TestAUmaskDoesNotNarrowTheReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	defer syscall.Umask(syscall.Umask(0o077))
	if err := writeDir(owner{}, dir, files(map[string]string{"c/d.md": "1"})); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{"..": 0o755, ".": 0o755, "c": 0o755, "c/d.md": 0o644, sumsName: 0o644} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v", path, info.Mode().Perm(), want)
		}
	}
}
