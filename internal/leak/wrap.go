package leak

// Long texts of base64 and hex are written in lines: with line ends, or with "\n" in a string, with
// indents, quotes, marks of comments and quotations. Letters on both sides belong together.

// lineGap is how many bytes may stand between the letters of two lines.
const lineGap = 48

// overLineRight is where the letters go on that end before i, negative if they do not.
func overLineRight(text []byte, i int, kind uint8) int {
	var g gap
	for limit := min(len(text), i+lineGap); i < limit; {
		c := text[i]
		switch {
		case c == '\\' && i+1 < limit && (text[i+1] == 'n' || text[i+1] == 'r'):
			g.lines++
			i += 2
		case c == '\\' && i+1 < limit && text[i+1] == '/' && is('/', kind):
			return i + 1 // as some write JSON
		case c == '%' && lineEscape(text[i:limit]):
			g.lines++
			i += 3
		case is(c, kind) && !operator(text, i):
			return g.next(i)
		case !g.add(c):
			return -1
		default:
			i++
		}
	}
	return -1
}

// overLineLeft is where the letters end, one past the last, that go on at i, negative if they do not.
func overLineLeft(text []byte, i int, kind uint8) int {
	var g gap
	for limit := max(0, i-lineGap); i > limit; {
		c := text[i-1]
		switch {
		case escapedEnd(text, i):
			g.lines++
			i -= 2
			if text[i] == '0' {
				i--
			}
		case c == '\\' && i < len(text) && text[i] == '/' && is('/', kind):
			return i - 1
		case is(c, kind) && !operator(text, i-1):
			return g.next(i)
		case !g.add(c):
			return -1
		default:
			i--
		}
	}
	return -1
}

// gap is what stands between two lines of letters.
type gap struct {
	lines, quotes, operators int
}

// next is i when the gap is one between lines, or between two strings that are put together.
func (g *gap) next(i int) int {
	if g.lines > 0 || g.quotes >= 2 && g.operators > 0 {
		return i
	}
	return -1
}

// add takes one more byte into the gap if it may stand there.
func (g *gap) add(c byte) bool {
	switch c {
	case '\n', '\r':
		g.lines++
	case '"', '\'', '`':
		g.quotes++
	case '+', '.', '&':
		g.operators++
	case ' ', '\t', '>', '#', '*', ',', '\\', ';', '|', '(', ')':
	default:
		return false
	}
	return true
}

// operator reports whether a plus stands at i that joins two strings rather than being a letter of
// base64: it stands between blanks, line ends or quotes.
func operator(text []byte, i int) bool {
	between := func(i int) bool { return i < 0 || i >= len(text) || is(text[i], space|quote) }
	return text[i] == '+' && between(i-1) && between(i+1)
}

// escapedEnd reports whether text[:i] ends in a line end that is written as \n, \r, %0A or %0D.
func escapedEnd(text []byte, i int) bool {
	if i >= 2 && text[i-2] == '\\' && (text[i-1] == 'n' || text[i-1] == 'r') {
		return true
	}
	return i >= 3 && lineEscape(text[i-3:i])
}

// lineEscape reports whether text begins with a percent-encoded line end.
func lineEscape(text []byte) bool {
	return len(text) >= 3 && text[0] == '%' && text[1] == '0' && (text[2]|0x20 == 'a' || text[2]|0x20 == 'd')
}
