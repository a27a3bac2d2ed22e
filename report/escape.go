package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of text that came from outside, in runes. An ARN with the longest path that
// IAM allows has 607.
const (
	textLimit  = 300
	codeLimit  = 640
	plainLimit = 2000
)

// zw is a zero-width space. It stands inside what would otherwise become a mention, a
// reference or a link: GitHub finds those in the rendered text, where an entity is
// decoded again, and in e-mail replies even inside code spans.
const zw = "\u200b"

// Text makes prose or a table cell of GitHub Markdown that shows the same visible
// characters as s and can become nothing else: no mention, reference, link, HTML,
// emphasis, code, list, heading, footnote, emoji, math, hidden mark or workflow command.
// Line breaks become blanks, invisible characters become visible escapes, and what is
// longer than 300 runes ends in …. The result is one line.
func Text(s string) string { return markdown(clean(s, textLimit)) }

// Code makes an inline code span that is safe for any s, in a table too. What could be
// taken for a mention or reference once the span is lost, as in a reply by e-mail, is
// broken by a zero-width space; names to be copied belong into Fence. Empty stays empty.
// A pipe cannot stand in code both in a table and outside one: such text is shown as prose.
func Code(s string) string {
	c := clean(s, codeLimit)
	if c == "" {
		return ""
	}
	if strings.Contains(c, "|") {
		return markdown(c)
	}
	c = calm(c)
	ticks := strings.Repeat("`", longestRun(c, '`')+1)
	if c[0] == '`' || c[len(c)-1] == '`' {
		c = " " + c + " "
	}
	return ticks + c + ticks
}

// Fence makes a fenced code block that no content can end, without a line break at its
// end. Content is kept as it is but for invisible characters, which become visible
// escapes, and for hidden marks, which are broken. Letters and digits make a lang.
func Fence(lang, s string) string {
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	for i, l := range lines {
		lines[i] = breakMarks(escapeHidden(strings.TrimSuffix(l, "\r")))
	}
	body := strings.Join(lines, "\n")
	ticks := strings.Repeat("`", max(3, longestRun(body, '`')+1))
	lang = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && isWord(byte(r)) {
			return r
		}
		return -1
	}, lang)
	return ticks + lang + "\n" + body + "\n" + ticks
}

// Plain makes one line for logs and terminals: control and invisible characters are
// escaped, and the line cannot begin a workflow command.
func Plain(s string) string {
	s = cut(escapeHidden(spelledBreaks.Replace(s)), plainLimit)
	if t := strings.TrimLeftFunc(s, unicode.IsSpace); strings.HasPrefix(t, "::") {
		s = s[:len(s)-len(t)] + `\x3a` + t[1:]
	}
	// The older form of commands is found anywhere in a line.
	return strings.ReplaceAll(s, "##[", `#\x23[`)
}

var spelledBreaks = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

// plainTitle makes the one line of an issue's title. Titles are not Markdown, yet show
// code and emoji, and are quoted in e-mails as they are.
func plainTitle(s string, limit int) string {
	c := strings.ReplaceAll(clean(s, limit), "`", "'")
	c = strings.ReplaceAll(c, "::", ":"+zw+":")
	var b strings.Builder
	for i := 0; i < len(c); i++ {
		b.WriteByte(c[i])
		if c[i] == ':' && shortcode(c[i:]) {
			b.WriteString(zw)
		}
	}
	return calm(b.String())
}

// clean makes one trimmed line of visible characters: white space of any kind becomes
// one blank, everything that shows nothing or moves its neighbours becomes an escape.
func clean(s string, limit int) string {
	return cut(escapeHidden(strings.Join(strings.Fields(s), " ")), limit)
}

// cut shortens s to limit runes, the last one then being ….
func cut(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == limit {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

// escapeHidden shows invisible characters and bytes that are no text: \x07, \u202e.
// Tabs and all kinds of blanks become a blank.
func escapeHidden(s string) string {
	if visibleASCII(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\t' || unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case !hidden(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

func visibleASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// hidden reports whether a rune shows nothing of its own or changes how others are shown:
// controls, bidi and zero-width characters, fillers, and the blank that Braille has.
func hidden(r rune) bool {
	return !unicode.IsPrint(r) || r == 0x2800 ||
		unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// markdown escapes one clean line. A backslash or an entity keeps Markdown from
// reading a character; a zero-width space keeps GitHub from reading a word.
func markdown(c string) string { return markdownAt(c, true) }

// markdownAt is markdown for text that stands at the beginning of its line, or not.
func markdownAt(c string, first bool) string {
	var b strings.Builder
	b.Grow(len(c) + len(c)/4)
	if first {
		c = escapeFirst(&b, c)
	}
	for i := 0; i < len(c); i++ {
		if n := hexRun(c, i); n > 0 {
			writeBroken(&b, c[i:i+n])
			i += n - 1
			continue
		}
		if e, ok := entities[c[i]]; ok {
			b.WriteString(e)
			continue
		}
		if c[i] == '_' && !intraword(c, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(c[i])
		if breaksAfter(c, i) {
			b.WriteString(zw)
		}
	}
	return b.String()
}

// entities are what can never stand in prose as it is. The dollar sign begins math,
// which the rendered text is searched for.
var entities = map[byte]string{
	'&': "&amp;", '<': "&lt;", '>': "&gt;", '|': "&#124;", '\\': "&#92;", '`': "&#96;",
	'$': zw + "&#36;" + zw,
	'*': `\*`, '~': `\~`, '[': `\[`, ']': `\]`,
	'@': "@" + zw, '#': `\#` + zw,
}

// escapeFirst writes what only means something at the beginning of a line (a list, a
// rule, an underline of a heading) and returns the rest.
func escapeFirst(b *strings.Builder, c string) string {
	if c == "" {
		return c
	}
	if strings.IndexByte("-+=", c[0]) >= 0 {
		b.WriteByte('\\')
		b.WriteByte(c[0])
		return c[1:]
	}
	n := 0
	for n < len(c) && c[n] >= '0' && c[n] <= '9' {
		n++
	}
	// Longer numbers are broken as commits are, and make no list either.
	if n > 0 && n < 7 && n < len(c) && (c[n] == '.' || c[n] == ')') {
		b.WriteString(c[:n])
		b.WriteByte('\\')
		b.WriteByte(c[n])
		return c[n+1:]
	}
	return c
}

// breaksAfter reports whether the character at i, were the next one to follow it, could
// begin a reference, a link, an emoji or a workflow command.
func breaksAfter(c string, i int) bool {
	switch c[i] {
	case ':':
		return i+1 == len(c) || strings.HasPrefix(c[i:], "::") || strings.HasPrefix(c[i:], "://") || shortcode(c[i:])
	case '-':
		return numberedReference(c, i)
	case 'w', 'W':
		return endsWWW(c, i)
	}
	return false
}

// calm breaks mentions, references, links and marks in text that is not Markdown: a
// title, or the inside of a code span.
func calm(c string) string {
	var b strings.Builder
	for i := 0; i < len(c); i++ {
		b.WriteByte(c[i])
		switch {
		case c[i] == '@',
			c[i] == '#' && i+1 < len(c) && isDigit(c[i+1]),
			c[i] == '-' && numberedReference(c, i),
			c[i] == ':' && strings.HasPrefix(c[i:], "://"),
			endsWWW(c, i),
			c[i] == '<' && i+1 < len(c) && (isWord(c[i+1]) || strings.IndexByte("/!?", c[i+1]) >= 0):
			b.WriteString(zw)
		}
	}
	return strings.ReplaceAll(b.String(), "-->", "--"+zw+">")
}

// breakMarks keeps the ends of a hidden comment from standing in a fenced block as they are,
// where a reader of raw lines could take them for a mark of ours.
func breakMarks(s string) string { return markEnds.Replace(s) }

var markEnds = strings.NewReplacer("<!--", "<!"+zw+"--", "-->", "--"+zw+">")

// hexRun is the length of a whole word of seven or more hex digits that begins at i:
// GitHub links it when it is the beginning of a commit's name. 0 when there is none.
func hexRun(c string, i int) int {
	if i > 0 && isWord(c[i-1]) {
		return 0
	}
	n := 0
	for i+n < len(c) && isHex(c[i+n]) {
		n++
	}
	if n < 7 || i+n < len(c) && isWord(c[i+n]) {
		return 0
	}
	return n
}

// writeBroken writes a hex word in parts of six: too short for the name of a commit.
func writeBroken(b *strings.Builder, s string) {
	for len(s) > 6 {
		b.WriteString(s[:6])
		b.WriteString(zw)
		s = s[6:]
	}
	b.WriteString(s)
}

// shortcode reports whether s, which begins with a colon, begins with an emoji's :name:.
func shortcode(s string) bool {
	n := 1
	for n < len(s) && (isWord(s[n]) || s[n] == '+' || s[n] == '-') {
		n++
	}
	return n > 1 && n < len(s) && s[n] == ':'
}

// numberedReference reports whether the hyphen at i stands in GH-12, or in the id of an advisory.
func numberedReference(c string, i int) bool {
	if i+1 >= len(c) || !isWord(c[i+1]) {
		return false
	}
	for _, word := range []string{"GH", "GHSA", "CVE"} {
		j := i - len(word)
		if j >= 0 && strings.EqualFold(c[j:i], word) && (j == 0 || !isWord(c[j-1])) {
			return true
		}
	}
	return false
}

// endsWWW reports whether the w at i is the last of a www that a dot follows.
func endsWWW(c string, i int) bool {
	return i >= 2 && i+1 < len(c) && c[i+1] == '.' && strings.EqualFold(c[i-2:i+1], "www")
}

// intraword reports whether the underscore at i stands between letters or digits, where it
// emphasises nothing.
func intraword(c string, i int) bool {
	return i > 0 && i+1 < len(c) && isAlnum(c[i-1]) && isAlnum(c[i+1])
}

func longestRun(s string, b byte) int {
	longest, n := 0, 0
	for i := 0; i < len(s); i++ {
		if s[i] != b {
			n = 0
			continue
		}
		n++
		longest = max(longest, n)
	}
	return longest
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
func isHex(b byte) bool   { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }
func isAlnum(b byte) bool { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z' }
func isWord(b byte) bool  { return isAlnum(b) || b == '_' }
