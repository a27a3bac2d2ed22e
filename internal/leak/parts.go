package leak

// An id may be written in two parts: one letter of it as an escape, as strings that are put
// together, or over the end of a line that goes on in the next. One of the parts has ten letters
// at least, and something that joins it to the other touches it.

// partReach is how far around a part the other is looked for.
const partReach = 64

// parts looks for an id of which text[o.lo:o.hi] is a part.
func (l *level) parts(o opening) (done int) {
	text := l.text
	if o.hi-o.lo >= idLength || !joinsLeft(text, o.lo) && !joinsRight(text, o.hi) {
		return o.hi
	}
	inner := &l.s.levels[l.depth+1]
	inner.s, inner.depth, inner.outer, inner.from = l.s, l.depth+1, l, o
	inner.text, inner.at, inner.kinds = inner.text[:0], inner.at[:0], inner.kinds[:0]
	inner.unescape(text, max(0, o.lo-partReach), min(len(text), o.hi+partReach), true)
	for i := 0; i+idLength <= len(inner.text); i++ {
		if isPrefix(inner.text[i:]) && inner.inParts(i) {
			inner.atID(i)
		}
	}
	return o.hi
}

// inParts reports whether an id stands at p that is not written plainly from end to end.
func (l *level) inParts(p int) bool {
	for _, c := range l.text[p : p+idLength] {
		if !is(c, upper) {
			return false
		}
	}
	return l.writing(p) != Plain
}

// joinsRight reports whether something at i can join what stands before it to what comes.
func joinsRight(text []byte, i int) bool {
	if i >= len(text) {
		return false
	}
	return is(text[i], escaper) || joint(text[i:min(len(text), i+partReach)]) > 0
}

// joinsLeft reports whether something before i can join what comes to what stands before.
func joinsLeft(text []byte, i int) bool {
	before := text[max(0, i-10):i]
	if len(before) == 0 {
		return false
	}
	if last := before[len(before)-1]; is(last, quote) {
		return quotesLeft(text, i)
	}
	for _, c := range before {
		if is(c, escaper) {
			return true
		}
	}
	return false
}

// quotesLeft reports whether another quote stands before the one that ends at i, with no more
// between than what joins strings.
func quotesLeft(text []byte, i int) bool {
	for j := i - 2; j >= 0 && j > i-partReach; j-- {
		switch {
		case is(text[j], quote):
			return true
		case !is(text[j], space) && !isJoiner(text[j]):
			return false
		}
	}
	return false
}

// isJoiner reports whether a language joins strings with the byte: + . & | ~ < > \ and parentheses.
func isJoiner(c byte) bool {
	switch c {
	case '+', '.', '&', '|', '~', '<', '>', '\\', '_', '(', ')':
		return true
	}
	return false
}

// joint is how long that is at the beginning of text which joins two strings, as `" + "`, or two
// lines, as a backslash at the end of one; zero when nothing does.
func joint(text []byte) int {
	if len(text) == 0 {
		return 0
	}
	switch c := text[0]; {
	case c == '\\' || c == '=':
		return lineGoesOn(text)
	case is(c, quote):
		return stringGoesOn(text)
	}
	return 0
}

func lineGoesOn(text []byte) int {
	i := 1
	if i < len(text) && text[i] == '\r' {
		i++
	}
	if i >= len(text) || text[i] != '\n' {
		return 0
	}
	return i + 1
}

// stringGoesOn measures from the quote that ends a string to the one that begins the next.
func stringGoesOn(text []byte) int {
	joiners := 0
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case is(c, quote):
			// A string in other quotes follows only where an operator says so.
			if c != text[0] && joiners == 0 {
				return 0
			}
			return i + 1
		case isJoiner(c):
			if joiners++; joiners > 4 {
				return 0
			}
		case !is(c, space):
			return 0
		}
	}
	return 0
}
