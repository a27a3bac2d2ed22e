package policy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// breaks are what YAML takes for the end of a line.
var breaks = []string{"\n", "\r", "\u0085", "\u2028", "\u2029"}

// lineCount counts lines as YAML does, at least 1.
func lineCount(data []byte) int {
	n := -bytes.Count(data, []byte("\r\n"))
	open := 1
	for _, b := range breaks {
		n += bytes.Count(data, []byte(b))
		if bytes.HasSuffix(data, []byte(b)) {
			open = 0
		}
	}
	return max(1, n+open)
}

// unreadable finds the first byte that no YAML may hold.
func unreadable(data []byte) (line int, what string) {
	for i := 0; i < len(data); {
		c, w := utf8.DecodeRune(data[i:])
		switch {
		case c == utf8.RuneError && w == 1:
			return lineAt(data, i), "it is not UTF-8, save it as UTF-8"
		case c < ' ' && c != '\n' && c != '\r' && c != '\t', c == 0x7f, c > 0x7f && c < 0xa0 && c != 0x85, c == 0xfffe, c == 0xffff:
			return lineAt(data, i), fmt.Sprintf("the control character %U stands here, take it out", c)
		}
		i += w
	}
	return 0, ""
}

// lineAt is the line of a byte.
func lineAt(data []byte, i int) int { return lineCount(append(data[:i:i], ' ')) }

// rewordings tell what the YAML reader found in words that say what to do. The first
// whose message is in the reader's own is taken. The reader knows where it got stuck and
// where what is broken begins: opening ones are told at the latter, and %d is its line.
var rewordings = []struct {
	message, what string
	opening       bool
}{
	{message: "did not find expected ',' or ']'", what: "the list that begins with [ on line %d goes on wrongly here, write a comma between entries and ] at its end"},
	{message: "did not find expected ',' or '}'", what: "what begins with { on line %d goes on wrongly here, write a comma between fields and } at its end"},
	{message: "found unexpected end of stream", what: "the quote that opens here is never closed, write the second one", opening: true},
	{message: "found unexpected document indicator", what: "the quote that opens here is never closed, write the second one", opening: true},
	{message: "mapping values are not allowed", what: "a colon stands where no field can begin, put quotes around a value that holds one, or align the line with its neighbours"},
	{message: "did not find expected '-' indicator", what: "the list that begins on line %d goes on wrongly here, begin each entry with - under the first one"},
	{message: "did not find expected key", what: "the line does not continue what begins on line %d, align it with its neighbours, or put quotes around the whole value"},
	{message: "could not find expected ':'", what: "a colon is missing after the name, write name: value", opening: true},
	{message: "block sequence entries are not allowed", what: "a list entry cannot begin here, write each - on a line of its own"},
	{message: "while scanning an alias", what: "a value that begins with * is an alias in YAML, put quotes around the pattern"},
	{message: "unknown anchor", what: "a value that begins with * is an alias in YAML, put quotes around the pattern"},
	{message: "while scanning an anchor", what: "a value that begins with & is an anchor in YAML, put quotes around it"},
	{message: "unknown escape character", what: `a backslash means something else between double quotes, write single quotes`},
	{message: "exceeded max depth", what: "it is nested too deeply, write the fields that the documentation shows"},
	{message: "directive", what: "lines that begin with % have no use here, take them out"},
	{message: "incompatible YAML document", what: "lines that begin with % have no use here, take them out"},
	{message: "tag", what: "a value that begins with ! is a tag in YAML, put quotes around it"},
	{message: "block scalar", what: "text after | or > must begin on the next line, write it there, or put quotes around the value"},
}

// syntaxFault turns the reader's error into a line and our own words.
func syntaxFault(err error, data []byte) (line int, what string) {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		return 1, "the YAML is broken, look for a missing quote, bracket or colon"
	}
	stuck, began := max(1, at.Mark.Line), max(1, at.ContextMark.Line)
	if strings.Contains(at.Message, "cannot start any token") {
		return stuck, badStart(data, stuck, at.Mark.Column)
	}
	told := at.ContextMsg + ": " + at.Message
	for _, w := range rewordings {
		switch {
		case !strings.Contains(told, w.message):
		case w.opening:
			return began, w.what
		case strings.Contains(w.what, "%d"):
			return stuck, fmt.Sprintf(w.what, began)
		default:
			return stuck, w.what
		}
	}
	return stuck, "the YAML is broken here, look for a missing quote, bracket or colon, here or just above"
}

// badStart tells a tab from a character that needs quotes.
func badStart(data []byte, line, column int) string {
	text := lineText(data, line)
	rest := strings.TrimLeft(text[min(len(text), max(0, column-1)):], " ")
	if strings.HasPrefix(rest, "\t") {
		return "a tab stands where the line is indented, write spaces"
	}
	c, w := utf8.DecodeRuneInString(rest)
	if w == 0 {
		return "a value cannot begin like this, put quotes around it"
	}
	return fmt.Sprintf("a value cannot begin with %s, put quotes around it", quote(string(c)))
}

// lineText is one line of the file, counted from 1, without its end.
func lineText(data []byte, line int) string {
	for s := range bytes.Lines(data) {
		if line--; line == 0 {
			return strings.TrimRight(string(s), "\r\n")
		}
	}
	return ""
}
