package backlog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/backlog"
)

const goodMarker = "<!-- keysweep:v1 id=0123456789abcdef state=open hash=00112233445566ff -->"

func TestParseMarker(t *testing.T) {
	want := backlog.Marker{ID: "0123456789abcdef", State: "open", Hash: "00112233445566ff"}
	for name, body := range map[string]string{
		"alone":           goodMarker,
		"with text":       goodMarker + "\nwords",
		"browser":         goodMarker + "\r\nwords",
		"byte order mark": "\ufeff" + goodMarker + "\n",
		"blank lines":     "\n \t\r\n" + goodMarker + "\n",
		"blanks behind":   goodMarker + "  \nwords",
	} {
		got, ok := backlog.ParseMarker(body)
		if !ok {
			t.Errorf("%s: no marker in %q", name, body)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	if got := want.String(); got != goodMarker {
		t.Errorf("String() = %q", got)
	}
}

func TestNoMarker(t *testing.T) {
	for name, body := range map[string]string{
		"empty":             "",
		"second line":       "words\n" + goodMarker,
		"quoted":            "> " + goodMarker,
		"in a fence":        "```\n" + goodMarker + "\n```",
		"indented code":     "    " + goodMarker,
		"in a code span":    "`" + goodMarker + "`",
		"words behind":      goodMarker + " words",
		"words in front":    "see " + goodMarker,
		"other version":     strings.Replace(goodMarker, ":v1", ":v2", 1),
		"short id":          strings.Replace(goodMarker, "0123456789abcdef", "0123456789abcde", 1),
		"long id":           strings.Replace(goodMarker, "0123456789abcdef", "0123456789abcdef0", 1),
		"upper case id":     strings.Replace(goodMarker, "0123456789abcdef", "0123456789ABCDEF", 1),
		"id is no hex":      strings.Replace(goodMarker, "0123456789abcdef", "0123456789abcdeg", 1),
		"other state":       strings.Replace(goodMarker, "state=open", "state=merged", 1),
		"no hash":           strings.Replace(goodMarker, " hash=00112233445566ff", "", 1),
		"short hash":        strings.Replace(goodMarker, "00112233445566ff", "0011", 1),
		"endless hash":      strings.Replace(goodMarker, "00112233445566ff", strings.Repeat("0", 65), 1),
		"other order":       "<!-- keysweep:v1 state=open id=0123456789abcdef hash=00112233445566ff -->",
		"field twice":       strings.Replace(goodMarker, "state=open", "state=open state=open", 1),
		"two blanks":        strings.Replace(goodMarker, " state", "  state", 1),
		"no end":            strings.TrimSuffix(goodMarker, " -->"),
		"end on a new line": strings.Replace(goodMarker, " -->", "\n-->", 1),
		"two in one line":   goodMarker + goodMarker,
		"begin mark":        "<!-- keysweep:begin -->",
		"full-width":        strings.Replace(goodMarker, "id=", "id＝", 1),
	} {
		if m, ok := backlog.ParseMarker(body); ok {
			t.Errorf("%s: %q is taken for the marker %v", name, body, m)
		}
	}
}

func TestParseCommentKey(t *testing.T) {
	for comment, want := range map[string]string{
		"<!-- keysweep:comment 0123456789abcdef.2.gone -->\nwords":   "0123456789abcdef.2.gone",
		"<!-- keysweep:comment 0123456789abcdef.2.gone -->\r\nwords": "0123456789abcdef.2.gone",
		"<!-- keysweep:comment  -->\nwords":                          "",
		"<!-- keysweep:comment A -->\nwords":                         "",
		"<!-- keysweep:comment a --> -->\nwords":                     "",
		"words\n<!-- keysweep:comment a -->":                         "",
		"> <!-- keysweep:comment a -->":                              "",
	} {
		got, ok := backlog.ParseCommentKey(comment)
		if ok != (want != "") || ok && got != want {
			t.Errorf("ParseCommentKey(%q) = %q, %v", comment, got, ok)
		}
	}
}

func FuzzParseMarker(f *testing.F) {
	f.Add(goodMarker + "\nwords")
	f.Add("\ufeff\n\n" + goodMarker + "\r\n<!-- keysweep:begin -->\r\n<!-- keysweep:end -->")
	f.Add("> " + goodMarker)
	f.Fuzz(func(t *testing.T, body string) {
		m, ok := backlog.ParseMarker(body)
		if !ok {
			return
		}
		line := m.String()
		if again, ok := backlog.ParseMarker(line); !ok || again != m {
			t.Fatalf("%q does not come back: %v, %v", line, again, ok)
		}
		before, _, found := strings.Cut(body, line)
		if !found || strings.Trim(before, "\ufeff \t\r\n\v\f\u0085\u00a0\u2000\u2028\u3000") != "" {
			t.Fatalf("%q is not the first line of %q", line, body)
		}
	})
}
