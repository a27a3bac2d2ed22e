package scansource

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/leak"
)

const (
	testID  = "AKIATHPRDSKWAA6G543C"
	otherID = "AKIATHPRDSKWABJYIU6X"
)

func newScanner(o Options) *Scanner {
	o.Detector, o.Now = leak.New(leak.Options{}), time.Now
	return New(o)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// short is what was found and what was not read, in words.
func short(r Result) []string {
	out := []string{}
	for _, row := range r.Rows {
		out = append(out, row.ID+" "+row.Where+" "+row.Path+" "+strings.Join(row.Inside, "!"))
	}
	for _, u := range r.Unread {
		out = append(out, "unread "+u.Path+": "+u.Reason)
	}
	return out
}

// A file that is cut while it is read, or whose reading fails, is looked at as far as it came, and told.
func TestFilesThatChange(t *testing.T) {
	for _, tt := range []struct {
		name string
		from io.Reader
		size int64
		want error
	}{
		{"as long as it was", strings.NewReader(testID), 20, nil},
		{"longer", strings.NewReader(testID + "\n" + strings.Repeat("x", 200_000)), 20, nil},
		{"shorter", strings.NewReader(testID), 21, errShrank},
		{"of unknown length", strings.NewReader(testID), 0, nil},
		{"broken", io.MultiReader(strings.NewReader(testID), broken{}), 50, errBroken},
	} {
		s := newScanner(Options{})
		w := s.newWorker()
		err := w.small(tt.from, tt.size, place{path: "f"})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
		if diff := cmp.Diff([]string{testID + " file f "}, short(s.Result())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// A file that becomes a link between the listing and the opening is not followed.
func TestLinksAreNotOpened(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "far"), testID)
	if err := os.Symlink("far", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s := newScanner(Options{})
	w := s.newWorker()
	w.entry(&folder{full: dir}, node{name: "link", shown: "link"})
	w.entry(&folder{full: dir}, node{name: "gone", shown: "gone"})
	if got := short(s.Result()); len(got) != 1 || !strings.HasPrefix(got[0], "unread link: ") {
		t.Errorf("%q", got)
	}
}

// What this program wrote is passed over, and counts for nothing.
func TestOwnFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "report"), testID)
	write(t, filepath.Join(dir, "a", "report"), testID)
	s := newScanner(Options{Own: func(file string) bool { return file == filepath.Join(dir, "report") }})
	if err := s.Path(dir, "p"); err != nil {
		t.Fatal(err)
	}
	r := s.Result()
	if diff := cmp.Diff([]string{testID + " file p/a/report "}, short(r)); diff != "" || r.Files != 1 || r.Bytes != 20 {
		t.Errorf("%d files, %d bytes (-want +got):\n%s", r.Files, r.Bytes, diff)
	}
}

// The order of a result does not depend on who read first.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/x", "a", "b/a", "c/d/e", "z"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), otherID+"\n"+testID+"\n"+testID)
	}
	var first []string
	for n := range 20 {
		s := newScanner(Options{Workers: 1 + n%4})
		if err := s.Path(dir, ""); err != nil {
			t.Fatal(err)
		}
		got := short(s.Result())
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" || len(got) != 10 {
			t.Fatalf("run %d: %d rows (-first +this):\n%s", n, len(got), diff)
		}
	}
}

// A folder that cannot be listed is told.
func TestFolderThatIsGone(t *testing.T) {
	s := newScanner(Options{})
	s.folder(filepath.Join(t.TempDir(), "gone"), "")
	if got := short(s.Result()); len(got) != 1 || got[0] != "unread .: the folder cannot be listed: no such file or directory" {
		t.Errorf("%q", got)
	}
	if err := s.Path(filepath.Join(t.TempDir(), "gone"), ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if err := s.Path(os.DevNull, ""); err == nil {
		t.Error("a device was read")
	}
}

// A scan that was ended says so, and reads nothing more.
func TestStop(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a"), testID)
	s := newScanner(Options{Stop: func() error { return errBroken }})
	if err := s.Path(dir, ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"unread .: the scan was ended: broken"}, short(s.Result())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Names that JSON cannot hold stay different from each other.
func TestShown(t *testing.T) {
	for name, want := range map[string]string{"a": "a", "ä\n": "ä\n", "\xff": `\xff`, "a\xfe\ufffdb": `a\xfe` + "\ufffd" + "b"} {
		if got := shown(name); got != want {
			t.Errorf("shown(%q) = %q, want %q", name, got, want)
		}
	}
}
