package declare

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// atKey says whether a key of a block mapping begins here.
func (y *dataReader) atKey() bool {
	_, colon := y.keyEnd()
	return colon >= 0
}

// keyEnd returns where the key that begins here ends and where its colon stands, or -1.
func (y *dataReader) keyEnd() (end, colon int) {
	switch c := y.src[y.pos]; c {
	case '"', '\'':
		end = y.quoteEnd(c, true)
		if end < 0 {
			return 0, -1
		}
		colon = end
		for colon < len(y.src) && (y.src[colon] == ' ' || y.src[colon] == '\t') {
			colon++
		}
		if colon < len(y.src) && y.src[colon] == ':' && (colon+1 == len(y.src) || isBlank(y.src[colon+1])) {
			return end, colon
		}
		return 0, -1
	case '{', '[':
		if c == '[' || !y.atSpan() {
			return 0, -1
		}
	case '|', '>':
		return 0, -1
	}
	return y.plainKeyEnd()
}

func (y *dataReader) plainKeyEnd() (end, colon int) {
	for i := y.pos; i < len(y.src); i++ {
		switch c := y.src[i]; {
		case c == '\n':
			return 0, -1
		case c == '#' && i > y.pos && isBlank(y.src[i-1]):
			return 0, -1
		case c == ':' && (i+1 == len(y.src) || isBlank(y.src[i+1])):
			return i, i
		case c == '{' || c == '<':
			i = max(i, y.spans.endOnLine(y.src, i)-1)
		}
	}
	return 0, -1
}

// key reads a key and its colon; nil when there is none.
func (y *dataReader) key() *datum {
	if c := y.peek(0); c == '!' || c == '&' {
		y.property()
		y.next()
	}
	if y.pos >= len(y.src) {
		return nil
	}
	end, colon := y.keyEnd()
	if colon < 0 {
		return nil
	}
	k := y.create(scalar)
	raw := y.src[y.pos:end]
	switch {
	case raw != "" && (raw[0] == '"' || raw[0] == '\''):
		k.text, k.quoted = unquoteData(raw), true
	case raw != "" && raw[0] == '*' && y.anchors[strings.TrimSpace(raw[1:])] != nil:
		k.text = y.anchors[strings.TrimSpace(raw[1:])].text
	default:
		k.text = strings.TrimRight(raw, " \t")
	}
	y.pos = colon + 1
	return k
}

// plain reads a scalar without quotes, and the lines that it goes on over.
func (y *dataReader) plain(low int) *datum {
	d := y.create(scalar)
	line := y.line
	d.text = y.plainLine()
	var more strings.Builder
	for {
		if col := y.next(); col < low || y.line == line || y.atKey() || y.stopped {
			d.text += more.String()
			return d
		}
		line = y.line
		more.WriteByte(' ')
		more.WriteString(y.plainLine())
		if more.Len() > 1<<16 {
			y.halt("a scalar goes on over too many lines")
		}
	}
}

// plainLine reads the rest of a line up to a comment.
func (y *dataReader) plainLine() string {
	start := y.pos
	for y.pos < len(y.src) && y.src[y.pos] != '\n' {
		switch c := y.src[y.pos]; {
		case c == '#' && y.pos > start && isBlank(y.src[y.pos-1]):
			return strings.TrimRight(y.src[start:y.pos], " \t\r")
		case c == '{' || c == '<':
			if end := y.spans.endOnLine(y.src, y.pos); end > 0 {
				y.moveTo(end)
				continue
			}
		}
		y.pos++
	}
	return strings.TrimRight(y.src[start:y.pos], " \t\r")
}

// quoteEnd returns the position behind the closing quote, or -1.
func (y *dataReader) quoteEnd(quote byte, oneLine bool) int {
	for i := y.pos + 1; i < len(y.src); i++ {
		switch c := y.src[i]; {
		case c == '\n' && oneLine:
			return -1
		case c == '\\' && quote == '"':
			i++
		case c == quote && quote == '\'' && i+1 < len(y.src) && y.src[i+1] == quote:
			i++
		case c == quote:
			return i + 1
		}
	}
	return -1
}

func (y *dataReader) quoted() *datum {
	d := y.create(scalar)
	d.quoted = true
	end := y.quoteEnd(y.src[y.pos], false)
	if end < 0 {
		y.fail("a quote does not end")
		d.text = y.plainLine()
		return d
	}
	d.text = unquoteData(y.src[y.pos:end])
	y.moveTo(end)
	return d
}

// unquoteData returns what a quoted scalar says.
func unquoteData(raw string) string {
	s := raw[1 : len(raw)-1]
	if strings.IndexByte(s, '\n') >= 0 {
		s = foldLines(s, raw[0] == '"')
	}
	switch {
	case raw[0] == '\'':
		return strings.ReplaceAll(s, "''", "'")
	case strings.IndexByte(s, '\\') >= 0:
		return unescapeData(s)
	}
	return s
}

// foldLines joins the lines of a quoted scalar by blanks, empty lines by line breaks; an escaped line
// break is nothing.
func foldLines(s string, escapes bool) string {
	var b strings.Builder
	breaks := 0
	for i, l := range strings.Split(s, "\n") {
		if i > 0 {
			l = strings.TrimLeft(l, " \t")
			breaks++
		}
		l = strings.TrimRight(l, " \t\r")
		if l == "" && i > 0 {
			continue
		}
		switch {
		case breaks == 1:
			b.WriteByte(' ')
		case breaks > 1:
			b.WriteString(strings.Repeat("\n", breaks-1))
		}
		breaks = 0
		if escapes && strings.HasSuffix(l, `\`) && !strings.HasSuffix(l, `\\`) {
			l, breaks = l[:len(l)-1], -1
		}
		b.WriteString(l)
	}
	return b.String()
}

var dataEscapes = map[byte]string{
	'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f", '0': "\x00", 'a': "\a", 'v': "\v", 'e': "\x1b",
	'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

var hexEscapes = map[byte]int{'x': 2, 'u': 4, 'U': 8}

func unescapeData(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		digits := hexEscapes[s[i]]
		known, simple := dataEscapes[s[i]]
		switch {
		case digits > 0 && i+digits < len(s):
			n, _ := strconv.ParseUint(s[i+1:i+1+digits], 16, 32)
			b.Write(utf8.AppendRune(nil, rune(n)))
			i += digits
		case simple:
			b.WriteString(known)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// block reads a block of text behind its header; nil when this is no header.
func (y *dataReader) block(low int) *datum {
	head, _, _ := strings.Cut(y.src[y.pos:min(len(y.src), y.pos+200)], "\n")
	head, _, _ = strings.Cut(head, " #")
	flags := strings.TrimSpace(head[1:])
	if strings.Trim(flags, "+-0123456789") != "" || len(flags) > 2 {
		return nil
	}
	d := y.create(scalar)
	d.quoted, d.literal = true, head[0] == '|'
	indent := -1
	if n := strings.Trim(flags, "+-"); n != "" {
		indent = max(low-1, 0) + int(n[0]-'0')
	}
	folded := head[0] == '>'
	y.skipLine()
	d.text = y.blockLines(low, indent, folded)
	return d
}

// blockLines reads the lines of a block of text that are indented by low at least; the first one
// says by how much, unless indent does.
func (y *dataReader) blockLines(low, indent int, folded bool) string {
	f := foldedText{folded: folded}
	for y.pos < len(y.src) {
		end := len(y.src)
		if i := strings.IndexByte(y.src[y.pos:], '\n'); i >= 0 {
			end = y.pos + i
		}
		l := strings.TrimRight(y.src[y.pos:end], "\r")
		if width := len(l) - len(strings.TrimLeft(l, " \t")); width < len(l) {
			if indent < 0 {
				indent = max(width, low)
			}
			if width < indent || y.atMarker() {
				break
			}
		}
		if indent < 0 {
			l = ""
		}
		f.add(l[min(len(l), max(indent, 0)):])
		y.skipLine()
	}
	return strings.TrimRight(f.text.String(), " \n")
}

// foldedText puts the lines of a block of text together. Folded, a line goes on in the next one, but where
// one of them is indented.
type foldedText struct {
	text     strings.Builder
	folded   bool
	breaks   int  // line ends since the last line that says something
	indented bool // that line is indented
}

func (f *foldedText) add(l string) {
	switch indented := l != "" && isBlank(l[0]); {
	case !f.folded:
		f.text.WriteString(l)
		f.text.WriteByte('\n')
		return
	case l == "":
		f.breaks++
		return
	case f.text.Len() == 0:
		f.text.WriteString(strings.Repeat("\n", f.breaks))
	case indented || f.indented:
		f.text.WriteString(strings.Repeat("\n", f.breaks))
	case f.breaks == 1:
		f.text.WriteByte(' ')
	default:
		f.text.WriteString(strings.Repeat("\n", f.breaks-1))
	}
	f.text.WriteString(l)
	f.breaks, f.indented = 1, isBlank(l[0])
}
