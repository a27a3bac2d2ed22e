package wildcard

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything at all", true},
		{"?", "", false},
		{"?", "a", true},
		{"?", "é", true},
		{"?", "ab", false},
		{"ci-*", "ci-deploy", true},
		{"ci-*", "ci-", true},
		{"ci-*", "xci-deploy", false},
		{"ci-*", "CI-deploy", false},
		{"*@acme.com", "jane@acme.com", true},
		{"*@acme.com", "jane@acme.com.evil", false},
		{"a*b*c", "aXbXbXc", true},
		{"a*b*c", "aXbXbX", false},
		{"a**c", "ac", true},
		{"*a?", "aab", true},
		{"*a?", "aa", true},
		{"*a?", "a", false},
		{"a.c", "abc", false},
		{"[a]", "a", false},
		{`\*`, `\anything`, true},
		{"infra/ses/*", "infra/ses/deep/main.tf", true},
		{"arn:aws:iam::*:user/breakglass-*", "arn:aws:iam::111122223333:user/breakglass-1", true},
		{"arn:aws:iam::*:user/breakglass-*", "arn:aws:iam::111122223333:user/x/breakglass-1", false},
		{"a*", "a\xff\xfe", true},
	}
	for _, tt := range tests {
		if got := Match(tt.pattern, tt.s); got != tt.want {
			t.Errorf("Match(%q, %q) = %v, want %v", tt.pattern, tt.s, got, tt.want)
		}
	}
}

// oracle is the definition, written for clearness: it tries every length for a *.
func oracle(pattern, s []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	if pattern[0] == '*' {
		for n := 0; n <= len(s); n++ {
			if oracle(pattern[1:], s[n:]) {
				return true
			}
		}
		return false
	}
	return len(s) > 0 && (pattern[0] == '?' || pattern[0] == s[0]) && oracle(pattern[1:], s[1:])
}

// The alphabet is small, so that patterns match often, and holds one character of two bytes.
func TestMatchIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab*?é")), 0, 8, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune("abé*")), 0, 10, -1).Draw(t, "s")
		if got, want := Match(pattern, s), oracle([]rune(pattern), []rune(s)); got != want {
			t.Fatalf("Match(%q, %q) = %v, want %v", pattern, s, got, want)
		}
	})
}

// A pattern made from the text by widening pieces of it matches the text.
func TestMatchWidened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("abcé-/@"))).Draw(t, "s")
		var pattern strings.Builder
		for _, r := range s {
			pattern.WriteString(rapid.SampledFrom([]string{string(r), "?", "*", "*" + string(r), string(r) + "*"}).Draw(t, "piece"))
		}
		if !Match(pattern.String(), s) {
			t.Fatalf("Match(%q, %q) = false", pattern.String(), s)
		}
	})
}

func TestMatchAllocatesNothing(t *testing.T) {
	n := testing.AllocsPerRun(100, func() { Match("*a*b*c?", "aXbXXcYaXbXXcY") })
	if n != 0 {
		t.Errorf("%v allocations a call, want none", n)
	}
}
