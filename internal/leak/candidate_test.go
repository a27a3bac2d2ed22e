package leak

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// TestCandidate says yes to every piece around an id that holds 256 bytes more than the id on each side,
// and no to text without one.
func TestCandidate(t *testing.T) {
	d := New(Options{})
	plain := strings.Repeat("a line of text with 40 letters and more\n", 40)
	if d.Candidate(nil) || d.Candidate([]byte(plain)) {
		t.Error("text without a key may hold one")
	}
	var escaped strings.Builder
	for _, c := range []byte(testID) {
		fmt.Fprintf(&escaped, `\u%04x`, c)
	}
	for name, coded := range map[string]string{
		"plain": "key=" + testID, "base64": base64.StdEncoding.EncodeToString([]byte("a key: " + testID + "\n")),
		"hex": hex.EncodeToString([]byte(testID)), "escaped": escaped.String(), "split": `"` + testID[:9] + `" + "` + testID[9:] + `"`,
	} {
		text := []byte(plain + coded + "\n" + plain)
		found := false
		d.Find(text, func(Hit) { found = true })
		if !found {
			t.Fatalf("%s is not found at all", name)
		}
		for shift := range 256 {
			from, to := len(plain)-256+shift, len(plain)+len(coded)+256-shift
			if !d.Candidate(text[from:to]) {
				t.Errorf("%s: no candidate in %q", name, text[from:to])
				break
			}
		}
	}
}

func TestMustBeWhole(t *testing.T) {
	if MustBeWhole([]byte("text")) || MustBeWhole(nil) || !MustBeWhole([]byte("\xff\xfet\x00")) || !MustBeWhole(bytes.Repeat([]byte("a\x00"), 5000)) {
		t.Error("what is UTF-16 and what is not")
	}
}
