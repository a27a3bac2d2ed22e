// Package accept reads what people say who live with a finding until a day: the day, and the reason.
//
// It is pure. The comment on an issue and the file of accepted places both say it, and mean the same.
package accept

import (
	"strings"
	"time"
	"unicode"
)

// ReasonLimit is how many characters of a reason are kept.
const ReasonLimit = 200

// Day reads the last day of an acceptance, 2027-03-31: midnight (UTC) at its start. False where it is no day.
func Day(text string) (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, strings.TrimRight(text, " \t\r\n"))
	return day, err == nil
}

// Reason is a reason as it is kept: one line, of ReasonLimit characters at most.
func Reason(text string) string {
	out := []rune(OneLine(text))
	return strings.TrimSpace(string(out[:min(len(out), ReasonLimit)]))
}

// OneLine is a text without control characters, with single blanks.
func OneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return strings.Join(strings.Fields(text), " ")
}
