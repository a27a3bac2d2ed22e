package migrate

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzPlan holds of every text: there is no patch, or one that takes and keeps exactly the lines of the text, whose
// result is held to say the same but for the keys, and that shows no secret.
func FuzzPlan(f *testing.F) {
	for _, text := range fixtures(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		k := Plan(app(File{".github/workflows/a.yml", text}), target)
		for name, content := range k.Files() {
			if len(content) == 0 {
				t.Errorf("%s is empty", name)
			}
		}
		if k.Patched() == 0 {
			return
		}
		d, w := look(File{".github/workflows/a.yml", text}, pinned, target)
		var before, after []byte
		for _, r := range d.edits.rows(d.lines) {
			if r.sign != '+' {
				before = append(before, r.text...)
			}
			if r.sign != '-' {
				after = append(after, r.text...)
			}
		}
		if !bytes.Equal(before, text) || !bytes.Equal(after, w.after) {
			t.Fatalf("the patch is of another text: %q", text)
		}
		if again := Plan(app(File{".github/workflows/a.yml", after}), target); again.Patched() > 0 {
			t.Fatalf("a patched workflow is patched again: %q", after)
		}
		for line := range strings.Lines(string(k.patch)) {
			if line[0] == '-' && !strings.HasPrefix(line, "---") && showsSecret(line[1:]) {
				t.Fatalf("%q", line)
			}
		}
	})
}
