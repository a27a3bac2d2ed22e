package leak

import "math/bits"

// The places in done: one for each alignment that a decoder knows.
const (
	doneBase64 = 0
	doneHex    = doneBase64 + 4
	doneWide   = doneHex + 2
	doneEscape = doneWide + 2
	doneList   = doneEscape + 1
	doneParts  = doneList + 1
	nDone      = doneParts + 1
)

const (
	// beyond is how far past the end of a window the sieve looks: an id that begins before the end
	// is met within it, however long its encoding.
	beyond = 256
	// farthest is how much of a fitting stretch is decoded at once.
	farthest = 4096
)

// lattices finds what is encoded, or written in parts, and begins in text[lo:hi].
func (l *level) lattices(lo, hi int) {
	text := l.text[:min(len(l.text), hi+beyond)]
	tab := l.s.d.tab
	t0, t1, t2, t3 := &tab.table[0], &tab.table[1], &tab.table[2], &tab.table[3]
	i := lo
	for ; i < len(text)-step; i += step {
		w := text[i : i+step : i+step]
		fits := t0[w[0]] & t1[w[1]] & t2[w[2]] & t3[w[3]]
		if fits == 0 {
			continue
		}
		if fits&^tab.dense == 0 && t0[w[4]]&t1[w[5]]&t2[w[6]]&t3[w[7]]|tab.at(text, i-look) == 0 {
			continue
		}
		l.candidates(i, fits)
	}
	for i = max(lo, i-step); i+look <= len(text); i++ {
		if fits := tab.at(text, i); fits != 0 {
			l.candidates(i, fits)
		}
	}
}

// at is what fits at i, all before the beginning of the text.
func (s *sieve) at(text []byte, i int) uint64 {
	if i < 0 {
		return ^uint64(0)
	}
	w := text[i : i+look : i+look]
	return s.table[0][w[0]] & s.table[1][w[1]] & s.table[2][w[2]] & s.table[3][w[3]]
}

// candidates looks closer at each lattice that fits the bytes at i.
func (l *level) candidates(i int, fits uint64) {
	for ; fits != 0; fits &= fits - 1 {
		o := &l.s.d.tab.owner[bits.TrailingZeros64(fits)]
		l.candidate(i, o.lattice, o.phase)
	}
}

func (l *level) candidate(i int, lat *lattice, phase int) {
	if lat.decode == asParts {
		l.part(i)
		return
	}
	done := &l.done[lat.place(i-phase)]
	if i < *done {
		return
	}
	from, to := l.stretch(i, lat, phase)
	if to-from < lat.need {
		return
	}
	period := len(lat.classes)
	o := opening{decode: lat.decode, lo: from, hi: to, phase: ((phase-i+from)%period + period) % period}
	if to-from < lat.whole && !l.atGap(o) {
		return
	}
	if !l.covered(o) {
		*done = max(*done, l.open(o))
	}
}

// atGap reports whether more letters follow over a line's end beside an opening that is shorter than
// an id; or whether it holds the account of an API key.
func (l *level) atGap(o opening) bool {
	kind := b64
	if o.decode == asHex {
		kind = hexdigit
	}
	return overLineLeft(l.text, o.lo, kind) >= 0 || overLineRight(l.text, o.hi, kind) >= 0 ||
		o.decode == asBase64 && digitsIn(l.text, o.lo, o.hi, o.phase)
}

// place is where done keeps what is decoded of an encoding whose period begins at start.
func (lat *lattice) place(start int) int {
	switch lat.decode {
	case asBase64:
		return doneBase64 + start&3
	case asHex:
		return doneHex + start&1
	case asWide:
		return doneWide + start&1
	case asEscape:
		return doneEscape
	case asList:
		return doneList
	}
	return doneParts
}

// stretch measures how far the bytes around i fit, to the left no further than is needed.
func (l *level) stretch(i int, lat *lattice, phase int) (from, to int) {
	text, period := l.text, len(lat.classes)
	from, to = i, i
	for p := phase; to < len(text) && to-i < farthest && lat.classes[p][text[to]]; to++ {
		if p++; p == period {
			p = 0
		}
	}
	inLines := lat.decode == asBase64 || lat.decode == asHex
	for p := phase; from > 0 && i-from < lat.need; from-- {
		if p--; p < 0 {
			p = period - 1
		}
		if !lat.classes[p][text[from-1]] || inLines && escapedEnd(text, from) {
			break
		}
	}
	if inLines {
		from = afterEnd(text, from, to)
	}
	return from, to
}

// afterEnd is where the letters begin in text[from:to], whose first may be those of an escaped line end.
func afterEnd(text []byte, from, to int) int {
	for i := min(from+2, to); i > from; i-- {
		if escapedEnd(text, i) {
			return i
		}
	}
	return from
}

// opening is a stretch of a text, lo to hi, that is to be decoded. Phase is that of the byte at lo.
type opening struct {
	decode decoder
	lo, hi int
	phase  int
	base   int // of the numbers of a list: 10, else they are hexadecimal
}

// open decodes a stretch and searches what comes out. It returns up to where such a stretch
// needs no second look.
func (l *level) open(o opening) (done int) {
	if l.depth == maxDepth {
		return o.hi
	}
	inner := l.inner()
	done = inner.decoded(l, o, reach)
	inner.scan(0, len(inner.text))
	if o.decode == asList {
		o.base = 10
		inner.decoded(l, o, reach)
		inner.scan(0, len(inner.text))
	}
	return done
}

// reach is how many letters are decoded to the left of a stretch and to the right: a whole id that
// begins before a line's end, and what touches it.
const reach = 128

// decoded makes l the text that the opening of outer holds, with at least some letters on each side.
func (l *level) decoded(outer *level, o opening, sides int) (done int) {
	l.from = o
	l.text, l.at, l.kinds = l.text[:0], l.at[:0], l.kinds[:0]
	defer func() { outer.s.decodedBytes += len(l.text) }()
	switch o.decode {
	case asBase64:
		return l.base64(outer.text, o, sides)
	case asHex:
		return l.hex(outer.text, o, sides)
	case asWide:
		l.wide(outer.text, o, sides)
	case asList:
		l.byteList(outer.text, max(0, o.lo-sides), min(len(outer.text), o.hi+sides), o.base)
	default:
		l.unescape(outer.text, max(0, o.lo-sides), min(len(outer.text), o.hi+sides), o.decode == asParts)
	}
	return o.hi
}

// add appends a decoded byte and where it stands in the text above.
func (l *level) add(c byte, at int) {
	l.text = append(l.text, c)
	l.at = append(l.at, int32(at))
}

// name is that of the encoding of the byte at p.
func (o opening) name(l *level, p int) string {
	switch o.decode {
	case asBase64:
		return Base64
	case asHex:
		return Hex
	case asWide:
		return UTF16
	case asList:
		return ByteList
	}
	return l.writing(p)
}
