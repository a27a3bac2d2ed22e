package history_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
	"github.com/keysweep/keysweep/internal/history"
)

// git runs the real program, which knows nothing of the machine's own configuration and clock.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return gitInput(t, dir, nil, args...)
}

func gitInput(t testing.TB, dir string, input []byte, args ...string) string {
	t.Helper()
	return gitAs(t, dir, input, nil, args...)
}

// gitAs sets more of the environment.
func gitAs(t testing.TB, dir string, input []byte, env []string, args ...string) string {
	t.Helper()
	c := exec.Command("git", append([]string{"-c", "protocol.file.allow=always", "-c", "gc.auto=0", "-c", "core.fsync=none"}, args...)...)
	c.Dir = dir
	c.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=1700000000 +0130",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com", "GIT_COMMITTER_DATE=1700000000 -0700",
	}, env...)
	c.Stdin = bytes.NewReader(input)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

func write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string, o gitobject.Options) *gitobject.Repository {
	t.Helper()
	r, err := gitdir.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func scan(t testing.TB, dir string, o history.Options) history.Result {
	t.Helper()
	return history.Scan(open(t, dir, gitobject.Options{}), newFinder(), o)
}

// newID makes up the id of a key.
func newID(rng *rand.Rand) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	for {
		b := []byte("AKIA")
		used := map[byte]bool{}
		for range 16 {
			c := letters[rng.IntN(len(letters))]
			used[c] = true
			b = append(b, c)
		}
		if len(used) > 10 { // none that looks as if a person had made it up
			return string(b)
		}
	}
}

// wide is a text in UTF-16 with its mark.
func wide(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, c := range utf16.Encode([]rune(text)) {
		b = append(b, byte(c), byte(c>>8))
	}
	return b
}

// author makes a random history.
type author struct {
	bytes.Buffer
	rng   *rand.Rand
	files map[string][]byte
	names []string
	mark  int
	rare  bool // few keys, so that most are found in what a difference brings into a clean file
}

// randomHistory makes a repository whose files grow, shrink, are cut and put together, with ids that
// come and go: whole, in halves that meet only when something between them goes, encoded, in names and
// in messages.
func randomHistory(t testing.TB, seed uint64, commits int, format string) string {
	t.Helper()
	a := &author{rng: rand.New(rand.NewPCG(seed, 9)), files: map[string][]byte{}, rare: seed%4 > 0}
	for range commits {
		a.commit()
	}
	dir := filepath.Join(t.TempDir(), "repo")
	git(t, t.TempDir(), "init", "-q", "--bare", "-b", "main", "--object-format="+format, dir)
	gitInput(t, dir, a.Bytes(), "-c", fmt.Sprintf("fastimport.unpackLimit=%d", []int{1, 1 << 20}[seed%2]), "fast-import", "--quiet")
	return dir
}

func (a *author) data(b []byte) {
	fmt.Fprintf(a, "data %d\n", len(b))
	a.Write(b)
	a.WriteByte('\n')
}

func (a *author) commit() {
	a.mark++
	branch := []string{"main", "main", "main", "side"}[a.rng.IntN(4)]
	if a.mark == 1 {
		branch = "main"
	}
	fmt.Fprintf(a, "commit refs/heads/%s\nmark :%d\ncommitter C <c@d> %d +0000\n", branch, a.mark, 1700000000+a.mark)
	message := fmt.Sprintf("change %d", a.mark)
	if a.rng.IntN(40) == 0 {
		message += " with " + newID(a.rng)
	}
	a.data([]byte(message))
	if a.mark > 1 {
		fmt.Fprintf(a, "from :%d\n", 1+a.rng.IntN(a.mark-1)/2+(a.mark-1)/2)
		if a.rng.IntN(8) == 0 {
			fmt.Fprintf(a, "merge :%d\n", 1+a.rng.IntN(a.mark-1))
		}
	}
	for range 1 + a.rng.IntN(3) {
		a.edit()
	}
}

func (a *author) edit() {
	if len(a.names) < 3 || a.rng.IntN(12) == 0 {
		name := fmt.Sprintf("d%d/e%d/f%d", a.rng.IntN(4), a.rng.IntN(3), len(a.names))
		if a.rng.IntN(15) == 0 {
			name += "-" + newID(a.rng) + ".txt"
		}
		a.names = append(a.names, name)
		var b []byte
		for range a.rng.IntN(200) {
			b = fmt.Appendf(b, "line %x of text\n", a.rng.Uint32())
		}
		a.files[name] = b
	}
	name := a.names[a.rng.IntN(len(a.names))]
	b := a.files[name]
	for range 1 + a.rng.IntN(4) {
		b = a.change(b)
	}
	a.files[name] = b
	fmt.Fprintf(a, "M 100644 inline %s\n", name)
	a.data(b)
}

// change inserts, cuts out, or puts something else in.
func (a *author) change(b []byte) []byte {
	at := a.rng.IntN(len(b) + 1)
	to := at + a.rng.IntN(min(len(b)-at, 300)+1)
	var piece []byte
	switch a.rng.IntN(9) {
	case 0, 1, 2:
		to = at
		piece = a.snippet()
	case 3: // what was between two halves goes
		if i := bytes.Index(b, []byte("<cut>")); i >= 0 {
			at = i
			to = i + bytes.Index(b[i:], []byte("</cut>")) + len("</cut>")
		}
	case 4:
		piece = a.snippet()
	case 5: // a part of another file
		other := a.files[a.names[a.rng.IntN(len(a.names))]]
		from := a.rng.IntN(len(other) + 1)
		piece, to = other[from:from+a.rng.IntN(min(len(other)-from, 2000)+1)], at
	case 6:
		piece = fmt.Appendf(nil, "other %x\n", a.rng.Uint64())
	case 7: // the file becomes another
		if a.rng.IntN(4) == 0 {
			return wide("text in two bytes " + newID(a.rng) + strings.Repeat(" and more", 40))
		}
	}
	out := append(bytes.Clone(b[:at]), piece...)
	return append(out, b[to:]...)
}

// snippet is a text with a key in it, or with two parts of one.
func (a *author) snippet() []byte {
	if a.rare && a.rng.IntN(12) > 0 {
		return fmt.Appendf(nil, "a line without one: %x\n", a.rng.Uint64())
	}
	id := newID(a.rng)
	cut := 1 + a.rng.IntN(19)
	junk := "<cut>" + strings.Repeat("-junk-", a.rng.IntN(100)) + "</cut>"
	switch a.rng.IntN(8) {
	case 0:
		return []byte("\nkey = " + id + "\n")
	case 1:
		return []byte("x" + id + "\n") // none, as long as the letter stands before it
	case 2, 3:
		return []byte(" " + id[:cut] + junk + id[cut:] + " ")
	case 4:
		return []byte("\n" + base64.StdEncoding.EncodeToString([]byte("some text: "+id+"; and so on")) + "\n")
	case 5:
		coded := base64.StdEncoding.EncodeToString([]byte("AWS_ACCESS_KEY_ID=" + id + "\n"))
		return []byte("\n" + coded[:20+cut] + junk + coded[20+cut:] + "\n")
	case 6:
		var b []byte
		for _, c := range []byte(id) {
			b = fmt.Appendf(b, `\u%04x`, c)
		}
		return append(append(b[:6*cut:6*cut], junk...), b[6*cut:]...)
	}
	return fmt.Appendf(nil, "%x\n", id)
}
