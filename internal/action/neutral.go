package action

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The runner reads every line that a step prints, on either stream. It takes
// "::name::" at the start of a line (after blanks) and "##[name]" anywhere in a
// line for a command, breaks lines at CR as well as at LF, and compares in a way
// that looks through characters nobody sees. So what cannot be seen is spelled
// out, and the two openings are broken by a backslash.

// Neutral is one line of text in which no workflow command can begin, whatever s
// holds: line breaks and all that is invisible are spelled out. Plain text stays
// as it is, and a second pass changes nothing.
func Neutral(s string) string {
	line := strings.ReplaceAll(visible(s), "##[", `##\[`)
	rest := strings.TrimLeft(line, " ")
	if strings.HasPrefix(rest, "::") {
		return line[:len(line)-len(rest)] + `\` + rest
	}
	return line
}

// NeutralLines is Neutral for each line of a text; line feeds stay.
func NeutralLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = Neutral(strings.TrimSuffix(l, "\r"))
	}
	return strings.Join(lines, "\n")
}

// visible spells out what does not print, bytes that are no text included.
func visible(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i]), 16))
		case hidden(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether a reader would not see r, or see it as something else:
// controls, format characters, blanks other than the space, variation selectors.
func hidden(r rune) bool {
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
