package leak

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// oracle finds what runs must find by looking at every byte.
func oracle(text []byte) (out []int) {
	for p := 0; p+idLength <= len(text); p++ {
		id := text[p : p+idLength]
		word := string(id[:4])
		ok := word == "AKIA" || word == "ASIA"
		for _, c := range id {
			ok = ok && (c >= 'A' && c <= 'Z' || c >= '2' && c <= '7')
		}
		if ok && opensLeft(text, p) && opensRight(text, p+idLength) && !invented(id) {
			out = append(out, p)
		}
	}
	return out
}

// sampled is what runs finds.
func sampled(s *search, text []byte) (out []int) {
	l := &s.levels[0]
	l.s, l.depth, l.text = s, 0, text
	s.hits, s.keys, s.keysFor = s.hits[:0], s.keys[:0], false
	l.runs(0, len(text))
	for _, m := range s.hits {
		if !m.hit.Flanked {
			out = append(out, m.start)
		}
	}
	return out
}

// keyText is text in which ids and what is nearly one are frequent.
func keyText(r *rand.Rand, n int) []byte {
	pieces := []string{"AKIA", "ASIA", "A", "K", "I", "\n", " ", "x", "8", "0", "\\n", "%3D", "\\u0022", "AKIAAKIA", "-", "EXAMPLE", "\x1b[1m", "\x00\x01"}
	var out []byte
	for len(out) < n {
		switch r.IntN(5) {
		case 0:
			out = append(out, pieces[r.IntN(len(pieces))]...)
		case 1:
			out = append(out, randomID(r)[:18+r.IntN(3)]...)
		case 2:
			for range r.IntN(24) {
				out = append(out, base32Letters[r.IntN(32)])
			}
		case 3:
			out = append(out, byte(r.IntN(256)))
		case 4:
			out = append(out, randomID(r)...)
		}
	}
	return out[:n]
}

func TestRunsAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 26))
	s := &search{d: New(Options{})}
	found := 0
	for range 200_000 {
		text := keyText(r, r.IntN(100))
		got, want := sampled(s, text), oracle(text)
		if !slices.Equal(got, want) {
			t.Fatalf("found at %v, want %v, in %q", got, want, text)
		}
		found += len(want)
	}
	if found < 20_000 {
		t.Errorf("only %d ids in all texts: they prove nothing", found)
	}
}

func TestRunsLaw(t *testing.T) {
	s := &search{d: New(Options{})}
	word := rapid.OneOf(
		rapid.StringMatching(`[A-Z2-7]{0,24}`), rapid.StringMatching(`A[KS]IA[A-Z2-7]{16}`),
		rapid.StringMatching(`[ \n\\nx%0-9a-f.]{0,4}`), rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		for _, w := range rapid.SliceOfN(word, 0, 20).Draw(t, "words") {
			text = append(text, w...)
		}
		if diff := cmp.Diff(oracle(text), sampled(s, text)); diff != "" {
			t.Fatalf("in %q (-want +got):\n%s", text, diff)
		}
	})
}

func TestBoundaries(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		want          bool
	}{
		{"", "", true},
		{" ", " ", true},
		{"_", "_old", true},
		{"/", "/20261124/us-east-1", true},
		{"é", "é", true},
		{`"\n`, `\n"`, true},
		{`\t`, "", true},
		{`\\n`, "", true},
		{"%0A", "%0A", true},
		{"id%3D", "&x", true},
		{"id%253D", "%2526x", true}, // encoded twice, as an address within an address is
		{"id%2525252F", "%2525252Fus", true},
		{"id2522", "", false},
		{"id%2522x", "", false},
		{"ID=3D", "=", true},
		{`\u003d`, `\u0026`, true},
		{`\u003D`, "", true},
		{`\u0022`, "", true},
		{`\x0a`, "", true},
		{`\012`, "", true},
		{"&#34;", "&quot;", true},
		{"\x1b[1;32m", "\x1b[0m", true},
		{"\x1b[0m", "", true},
		{`\x1b[31m`, `\x1b[0m`, true},
		{`\u001b[31m`, "", true},
		{`\033[31m`, "", true},
		{"x", "", false},
		{"", "x", false},
		{"8", "", false},
		{"", "0", false},
		{"X", "", false},
		{"", "X", false},
		{"[31m", "", false},
		{"31m", "", false},
		{"%3", "", false},
		{`\q`, "", false},
	} {
		got := len(find(t, Options{}, tt.before+testID+tt.after)) == 1
		if got != tt.want {
			t.Errorf("between %q and %q: found %v, want %v", tt.before, tt.after, got, tt.want)
		}
	}
}

// TestFlanked: letters beside an id make it part of something else, unless it is known, or the data
// is binary.
func TestFlanked(t *testing.T) {
	known := Options{Known: func(id string) bool { return id == testID }}
	row := "\x05\x17\x35\x5d\x00alice"
	for _, tt := range []struct {
		name, text string
		opts       Options
		want       Confidence
	}{
		{"unknown in text", "abc" + testID + "def", Options{}, ""},
		{"known in text", "abc" + testID + "def", known, Certain},
		{"known within capitals", "ABC" + testID + "DEF", known, Certain},
		{"known in capitals like an id", "AKIA" + testID + "AKIA", known, Certain},
		{"unknown in a row of a database", row + testID + "wJalr", Options{}, Possible},
		{"known in a row of a database", row + testID + "wJalr", known, Certain},
		{"unknown within capitals in a row", row + "A" + testID + "wJalr", Options{}, ""},
	} {
		var got Confidence
		for _, h := range find(t, tt.opts, tt.text) {
			if got = h.Confidence; h.ID != testID || !h.Flanked {
				t.Errorf("%s: found %+v", tt.name, h)
			}
		}
		if got != tt.want {
			t.Errorf("%s: confidence %q, want %q", tt.name, got, tt.want)
		}
	}
}
