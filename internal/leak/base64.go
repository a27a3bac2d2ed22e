package leak

import "slices"

// value is the six bits of a letter of base64, of either alphabet.
var value = func() (t [256]uint8) {
	for i := range len(alphabet) {
		t[alphabet[i]] = uint8(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// base64 decodes the letters around an opening, over the ends of lines. Where groups of four begin
// is known from the opening, whatever stands before it.
func (l *level) base64(text []byte, o opening, sides int) (done int) {
	before := l.gather(text, o, sides, b64)
	c, at := l.letters, l.places
	for i := (before - o.phase%4 + 4) % 4; i < len(c); i += 4 {
		g := c[i:min(i+4, len(c))]
		l.group(g, at[i:i+len(g)])
	}
	return l.doneTo(runEnd(text, o.hi, o.lo+farthest, b64))
}

// group decodes up to four letters.
func (l *level) group(g []byte, at []int32) {
	var buf [3]byte
	for i, c := range decodeGroup(&buf, g) {
		l.add(c, int(at[i]))
	}
}

// decodeGroup decodes up to four letters into buf and returns the bytes that they hold.
func decodeGroup(buf *[3]byte, g []byte) []byte {
	var v [4]uint8
	for i, c := range g {
		v[i] = value[c]
	}
	buf[0], buf[1], buf[2] = v[0]<<2|v[1]>>4, v[1]<<4|v[2]>>2, v[2]<<6|v[3]
	return buf[:max(0, len(g)-1)]
}

// hex decodes the digits around an opening, over the ends of lines.
func (l *level) hex(text []byte, o opening, sides int) (done int) {
	before := l.gather(text, o, sides, hexdigit)
	c, at := l.letters, l.places
	for i := (before - o.phase%2 + 2) % 2; i+1 < len(c); i += 2 {
		l.add(nibble(c[i])<<4|nibble(c[i+1]), int(at[i]))
	}
	return l.doneTo(runEnd(text, o.hi, o.lo+farthest, hexdigit))
}

// doneTo is up to where in a run that ends at end every id was decoded whole.
func (l *level) doneTo(end int) int {
	if n := len(l.places); n > reach {
		return min(end, int(l.places[n-reach]))
	}
	return 0
}

func nibble(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&15 + 9
}

// runEnd is where the run of a class ends that goes on at i, and limit at most.
func runEnd(text []byte, i, limit int, kind uint8) int {
	for i < len(text) && i < limit && is(text[i], kind) {
		i++
	}
	return i
}

// gather collects the letters of an opening, and some on each side, in letters and places. It
// returns how many it found to the left of the opening.
func (l *level) gather(text []byte, o opening, sides int, kind uint8) (before int) {
	l.forget()
	l.gatherLeft(text, o.lo, sides, kind)
	l.gathered, l.before = o, len(l.letters)
	l.gatherRight(text, o.lo, l.before+o.hi-o.lo+max(sides, 8*reach), kind)
	return l.before
}

// forget drops the letters that were collected out of another text.
func (l *level) forget() {
	l.gathered, l.before = opening{}, 0
	l.letters, l.places = l.letters[:0], l.places[:0]
}

// covered reports whether an opening lies within the letters that were collected last, over the
// ends of lines, so that it was decoded with them.
func (l *level) covered(o opening) bool {
	if l.depth == maxDepth || o.decode != asBase64 && o.decode != asHex {
		return false
	}
	inner := &l.s.levels[l.depth+1]
	group := 4
	if o.decode == asHex {
		group = 2
	}
	i, ok := slices.BinarySearch(inner.places, int32(o.lo))
	return ok && inner.gathered.decode == o.decode && i+reach+o.hi-o.lo < len(inner.places) &&
		(i-inner.before+inner.gathered.phase-o.phase)%group == 0
}

func (l *level) letter(c byte, at int) {
	l.letters = append(l.letters, c)
	l.places = append(l.places, int32(at))
}

// gatherLeft collects n letters that stand before i.
func (l *level) gatherLeft(text []byte, i, n int, kind uint8) {
	for len(l.letters) < n {
		if i > 0 && is(text[i-1], kind) && !escapedEnd(text, i) {
			i--
			l.letter(text[i], i)
			continue
		}
		next := overLineLeft(text, i, kind)
		if next < 0 {
			break
		}
		i = next
	}
	slices.Reverse(l.letters)
	slices.Reverse(l.places)
}

// gatherRight collects letters from i on until it has n.
func (l *level) gatherRight(text []byte, i, n int, kind uint8) {
	for len(l.letters) < n {
		if i < len(text) && is(text[i], kind) {
			l.letter(text[i], i)
			i++
			continue
		}
		next := overLineRight(text, i, kind)
		if next < 0 {
			return
		}
		i = next
	}
}
