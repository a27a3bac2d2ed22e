package leak

// An id may be written in two parts: one letter of it as an escape, as strings that are put
// together, or over the end of a line that goes on in the next. One of the parts has ten letters
// at least, and something that joins it to the other touches it.

const (
	// partReach is how far around a part the other is looked for.
	partReach = 48
	// partMost is longer than any part: an id but one letter, with digits of an escape before it.
	partMost = idLength + 4
)

// part looks for an id of which a run around i is a part.
func (l *level) part(i int) {
	if i < l.done[doneParts] {
		return
	}
	text := l.text
	from, to := i, runEnd(text, i, min(len(text), i+partMost), upper)
	for from > 0 && to-from < partMost && is(text[from-1], upper) {
		from--
	}
	l.done[doneParts] = to
	if n := to - from; n >= idLength/2 && n < partMost && (joinsRight(text, to) || joinsLeft(text, from)) {
		l.parts(from, to)
	}
}

// parts looks for an id of which text[from:to] is a part.
func (l *level) parts(from, to int) {
	if l.depth == maxDepth {
		return
	}
	inner := l.inner()
	inner.decoded(l, opening{decode: asParts, lo: from, hi: to}, partReach)
	for i := 0; i+idLength <= len(inner.text); i++ {
		if isPrefix(inner.text[i:]) && inner.inParts(i) {
			inner.atID(i)
		}
	}
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
	if i >= len(text) || !is(text[i], escaper|quote) {
		return false
	}
	rest := text[i:min(len(text), i+partReach)]
	n := joint(rest)
	return escapesLetter(rest, 0) || n > 0 && n < len(rest) && is(rest[n], upper|escaper)
}

// joinsLeft reports whether something before i can join what comes to what stands before. Digits
// of an escape may look like the first letters of the run at i.
func joinsLeft(text []byte, i int) bool {
	if i > 0 && is(text[i-1], quote) {
		return quotesLeft(text, i)
	}
	for j := i - 1; j >= 0 && j >= i-10; j-- {
		if is(text[j], escaper) && (escapesLetter(text[j:min(len(text), i+4)], i-j) || j+lineGoesOn(text[j:i]) == i) {
			return true
		}
	}
	return false
}

// escapesLetter reports whether text begins with the escape of a letter of an id that has at least
// so many bytes.
func escapesLetter(text []byte, atLeast int) bool {
	c, kind, n := unescaped(text)
	return kind != asItself && n >= atLeast && is(c, upper)
}

// quotesLeft reports whether another quote stands before the one that ends at i, with no more
// between than what joins strings.
func quotesLeft(text []byte, i int) bool {
	for j := i - 2; j >= 0 && j > i-partReach; j-- {
		switch {
		case is(text[j], quote):
			return j > 0 && (is(text[j-1], upper|hexdigit) || text[j-1] == ';') // it ends a letter or an escape
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
