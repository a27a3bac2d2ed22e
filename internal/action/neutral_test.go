package action

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNeutral(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "",
		"plain text, with an é and a 漢":     "plain text, with an é and a 漢",
		"arn:aws:iam::111122223333:user/x":  "arn:aws:iam::111122223333:user/x",
		"::error::pwned":                    `\::error::pwned`,
		"  ::error::pwned":                  `  \::error::pwned`,
		"a\n::error::pwned":                 `a\n::error::pwned`,
		"a\r::error::pwned":                 `a\r::error::pwned`,
		"a\u2028::error::pwned":             `a\u2028::error::pwned`,
		"\t::error::pwned":                  `\t::error::pwned`,
		"\u00a0::error::pwned":              `\u00a0::error::pwned`,
		"\u200b::error::pwned":              `\u200b::error::pwned`,
		"text ##[add-mask]x":                `text ##\[add-mask]x`,
		"##[##[group]":                      `##\[##\[group]`,
		"##\u200b[group]":                   `##\u200b[group]`,
		"##\ufe0f[group]":                   `##\ufe0f[group]`,
		"\x1b[31mred\x1b[0m":                `\x1b[31mred\x1b[0m`,
		"evil\u202etxt":                     `evil\u202etxt`,
		"no text \xff\xfe":                  `no text \xff\xfe`,
		"the replacement character \uFFFD.": "the replacement character \uFFFD.",
	} {
		if got := Neutral(in); got != want {
			t.Errorf("Neutral(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNeutralLines(t *testing.T) {
	got := NeutralLines("one\r\n::error::two\rthree\n\n##[group]four")
	if want := "one\n\\::error::two\\rthree\n\n##\\[group]four"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// runnerSees is how a runner finds commands: lines end at CR and LF; "::" opens one
// after blanks, "##[" anywhere; characters that a comparison ignores are not there.
func runnerSees(s string) bool {
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.Map(func(r rune) rune {
			if unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) && !unicode.IsSpace(r) {
				return -1
			}
			return r
		}, line)
		if strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::") || strings.Contains(line, "##[") {
			return true
		}
	}
	return false
}

func FuzzNeutral(f *testing.F) {
	for _, s := range []string{"::error::x", "\r::x", "##[x]", "##\u200d[x]", "\xff::", " \u3000::a", ":\u034f:set::", "a\n\n::b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		one, many := Neutral(s), NeutralLines(s)
		if strings.ContainsAny(one, "\n\r") {
			t.Fatalf("Neutral(%q) = %q is more than one line", s, one)
		}
		for _, out := range []string{one, many} {
			if runnerSees(out) {
				t.Fatalf("%q became %q, in which a command begins", s, out)
			}
			if !utf8.ValidString(out) {
				t.Fatalf("%q became %q, which is no text", s, out)
			}
		}
		if Neutral(one) != one {
			t.Fatalf("a second pass changes %q to %q", one, Neutral(one))
		}
		if n := strings.Count(many, "\n"); n != strings.Count(s, "\n") {
			t.Fatalf("%q became %d lines", s, n+1)
		}
	})
}
