// Package wildcard matches text against patterns of * and ?. It is the one meaning
// that these two characters have everywhere: in the policy file and in IAM policies.
package wildcard

import (
	"strings"
	"unicode/utf8"
)

// Match reports whether s matches a pattern in which * stands for any run of
// characters, none included, and ? for exactly one. Everything else stands for
// itself; case matters. It allocates nothing.
func Match(pattern, s string) bool {
	// Greedy with one point of return: no recursion, and never worse than
	// len(pattern) times len(s).
	p, i := 0, 0
	star, mark := -1, 0 // after the last *, and the text it has not eaten yet
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			star, mark = p, i
			continue
		}
		if np, ni, ok := step(pattern, p, s, i); ok {
			p, i = np, ni
			continue
		}
		if star < 0 {
			return false
		}
		_, w := utf8.DecodeRuneInString(s[mark:])
		mark += w
		p, i = star, mark
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// step matches one character of the pattern, which is no *, with one of the text.
func step(pattern string, p int, s string, i int) (int, int, bool) {
	if p >= len(pattern) {
		return p, i, false
	}
	want, wp := utf8.DecodeRuneInString(pattern[p:])
	got, wi := utf8.DecodeRuneInString(s[i:])
	return p + wp, i + wi, want == '?' || want == got
}
