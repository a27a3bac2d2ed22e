package leak

// runs finds the ids that begin in text[lo:hi]. An id covers exactly one of the positions looked
// at; only where that one can be part of an id, the run around it is measured.
func (l *level) runs(lo, hi int) {
	text := l.text
	end := min(len(text), hi+idLength-1)
	floor := lo
	for i := lo + idLength - 1; i < end; i += idLength {
		if !is(text[i], upper) {
			continue
		}
		s := i
		for s > floor && is(text[s-1], upper) {
			s--
		}
		e := i + 1
		for e < len(text) && is(text[e], upper) {
			e++
		}
		if e-s >= idLength {
			l.inRun(s, min(e, hi+idLength-1))
		}
		floor, i = e, e
	}
}

// inRun looks at every id in a run of its letters.
func (l *level) inRun(s, e int) {
	for p := s; p+idLength <= e; p++ {
		if isPrefix(l.text[p:]) {
			l.atID(p)
		}
	}
}

// isPrefix reports whether text begins as an id does. Other unique ids of AWS, such as AIDA… of a
// user, are no credentials.
func isPrefix(text []byte) bool {
	return text[0] == 'A' && text[2] == 'I' && text[3] == 'A' && (text[1] == 'K' || text[1] == 'S')
}

// atID reports the id at p, unless it is none.
func (l *level) atID(p int) {
	id := l.text[p : p+idLength]
	flanked := !opensLeft(l.text, p) || !opensRight(l.text, p+idLength)
	if flanked && !l.worthIt(p) {
		return
	}
	l.report(found{id: string(id), start: p, end: p + idLength, flanked: flanked, encoding: Plain})
}

// worthIt reports whether an id that other letters touch is still to be told: it is in the
// inventory, or it is not part of a longer run and stands in binary data, where fields follow
// each other with nothing between.
func (l *level) worthIt(p int) bool {
	id := l.text[p : p+idLength]
	if entropy(id) <= idEntropy {
		return false
	}
	if o := &l.s.d.opts; o.Known != nil && o.known(string(id)) {
		return true
	}
	alone := (p == 0 || !is(l.text[p-1], upper)) && (p+idLength == len(l.text) || !is(l.text[p+idLength], upper))
	return alone && l.depth == 0 && binaryAround(l.text, p)
}

// binaryAround reports whether bytes stand near p that no text has.
func binaryAround(text []byte, p int) bool {
	n := 0
	for _, c := range text[max(0, p-64):min(len(text), p+64)] {
		if c < '\t' || c > '\r' && c < ' ' && c != esc {
			n++
		}
	}
	return n >= 2
}
