package declare

import (
	"regexp"
	"strings"
	"unicode"
)

// What a repository says is shown to everybody who sees the review. These leave out what may be a secret of it.

var (
	loginWithPassword = regexp.MustCompile(`[^\s/@:'"]+:[^\s@'"/][^\s@'"]*@`)
	loginOfURL        = regexp.MustCompile(`://[^\s/@'"]+@`)
	queryValue        = regexp.MustCompile(`([?&][A-Za-z0-9_.-]+)=[^&\s'"]+`)
	quotedLiteral     = regexp.MustCompile(`'[^']{12,}'`)
	longWord          = regexp.MustCompile(`[A-Za-z0-9/+]{40,}`)
)

const leftOut = "…"

// withoutLogins leaves out of the addresses in a text who signs in there, and what tokens they carry.
func withoutLogins(s string) string {
	if !strings.ContainsAny(s, "@?") {
		return s
	}
	s = loginOfURL.ReplaceAllStringFunc(s, func(login string) string {
		if login == "://git@" {
			return login
		}
		return "://" + leftOut + "@"
	})
	s = loginWithPassword.ReplaceAllString(s, leftOut+"@")
	return queryValue.ReplaceAllStringFunc(s, func(pair string) string {
		name, _, _ := strings.Cut(pair, "=")
		if name[1:] == "ref" || name[1:] == "version" {
			return pair
		}
		return name + "=" + leftOut
	})
}

// withoutLiterals leaves out of where a key comes from what is written out there in its place. What has the look
// of a name stays.
func withoutLiterals(ref string) string {
	ref = quotedLiteral.ReplaceAllStringFunc(ref, func(literal string) string {
		if !isMixed(literal) {
			return literal
		}
		return "'" + leftOut + "'"
	})
	return longWord.ReplaceAllStringFunc(ref, func(word string) string {
		if isMixed(word) {
			return leftOut
		}
		return word
	})
}

// isMixed says whether a word has letters of both cases and digits, as names seldom have.
func isMixed(word string) bool {
	has := func(is func(rune) bool) bool { return strings.IndexFunc(word, is) >= 0 }
	return has(unicode.IsLower) && has(unicode.IsUpper) && has(unicode.IsDigit)
}
