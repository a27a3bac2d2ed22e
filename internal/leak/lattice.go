package leak

import "sync"

// A lattice is the shape of an encoded id: it repeats every len(classes) bytes, and at each
// position of the period only the bytes of one class can stand. Its classes hold all that an id
// can need, so that what does not fit is no id; what fits may still be none.
type lattice struct {
	classes []set
	// phases are the positions of the period at which the sieve looks for it. Where a shape is so
	// long that the sieve meets it at several positions, those that other text has least are enough.
	phases []int
	// need is how many bytes in a row must fit before anything is decoded, and whole how many of an
	// id do that no line's end breaks, where that is more: fewer must lie at a line's end.
	need   int
	whole  int
	decode decoder
}

// decoder says what is to be done where a lattice fits.
type decoder uint8

const (
	asParts decoder = iota // an id that is written in two parts
	asBase64
	asHex
	asWide   // UTF-16
	asEscape // \u0041, \x41, %41, &#65; …
	asList   // 41 4b, 0x41, 65,
)

// set is a set of bytes.
type set [256]bool

func oneOf(chars string) (s set) {
	for i := range len(chars) {
		s[chars[i]] = true
	}
	return s
}

const (
	capitals  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	small     = "abcdefghijklmnopqrstuvwxyz"
	digits    = "0123456789"
	hexDigits = digits + "abcdefABCDEF"
	alphabet  = capitals + small + digits + "+/" // of base64, in order
)

// step is how far the sieve goes from one look to the next, and look how many bytes it looks at.
// Eleven bytes in a row hold a whole look wherever they lie. An id in base64 has 24 letters that
// fit, so that in lines of twelve or more, one of its parts is long enough.
const (
	step = 8
	look = 4
)

// sieve asks for all lattices at once: table[j][c] has a bit set for each lattice and phase where
// c can stand j bytes further on. What is left of the four after "and" are the lattices that fit.
type sieve struct {
	table [look][256]uint64
	// dense has the bits of lattices that are looked for at every phase. Where one of them fits as
	// long as it needs to, something fits four bytes before or after too.
	dense uint64
	// owner says whose a bit is.
	owner [64]struct {
		lattice *lattice
		phase   int
	}
}

// theSieve is made once: it depends on nothing.
var theSieve = sync.OnceValue(newSieve)

func newSieve() *sieve {
	s := new(sieve)
	bit := 0
	for _, l := range lattices() {
		for _, phase := range l.phases {
			s.owner[bit].lattice, s.owner[bit].phase = l, phase
			for j := range look {
				s.admit(j, bit, l, phase)
			}
			if len(l.phases) == len(l.classes) {
				s.dense |= 1 << bit
			}
			bit++
		}
	}
	return s
}

// admit sets the bit for all bytes that can stand j bytes after the phase. Of parts three bytes
// are looked at: half an id has ten.
func (s *sieve) admit(j, bit int, l *lattice, phase int) {
	class := &l.classes[(phase+j)%len(l.classes)]
	for c := range 256 {
		if class[c] || l.decode == asParts && j == look-1 {
			s.table[j][c] |= 1 << bit
		}
	}
}

// lattices are the encodings, as they look where an id stands in them.
func lattices() []*lattice {
	id, nul, hexd := oneOf(capitals+"234567"), oneOf("\x00"), oneOf(hexDigits)
	high, dec, ten := oneOf("345"), oneOf(digits), oneOf("56789") // of the codes of an id's bytes
	one := func(s string) set { return oneOf(s) }
	word := oneOf(capitals + digits) // of an id, or of the account that an API key names
	single := base64Of(word, word, word)
	return []*lattice{
		{decode: asParts, need: 10, phases: all(1), classes: []set{id}},
		{decode: asBase64, need: 11, whole: 24, phases: all(4), classes: single},
		{decode: asBase64, need: 11, phases: all(16), classes: base64Again(single)},
		{decode: asBase64, need: 11, phases: all(8), classes: append(base64Of(id, nul, id), base64Of(nul, id, nul)...)},
		{decode: asHex, need: 12, whole: 40, phases: all(2), classes: []set{high, hexd}},
		{decode: asHex, need: 12, whole: 78, phases: all(4), classes: []set{high, hexd, one("0"), one("0")}},
		{decode: asWide, need: 36, phases: all(2), classes: []set{id, nul}},
		{decode: asEscape, need: 30, phases: []int{1, 4}, classes: []set{one(`\`), one("uU"), one("0"), one("0"), high, hexd}},
		{decode: asEscape, need: 35, phases: []int{2}, classes: []set{one(`\`), one(`\`), one("uU"), one("0"), one("0"), high, hexd}},
		{decode: asEscape, need: 30, phases: []int{0, 5}, classes: []set{one(`&\`), one("#uU"), one("xX{"), high, hexd, one(";}")}},
		{decode: asEscape, need: 25, phases: []int{0}, classes: []set{one("&"), one("#"), ten, dec, one(";")}},
		{decode: asEscape, need: 20, phases: all(4), classes: []set{one(`\`), one("xX"), high, hexd}},
		{decode: asEscape, need: 20, phases: all(4), classes: []set{one(`\`), one("01"), one("01234567"), one("01234567")}},
		{decode: asEscape, need: 25, phases: []int{1}, classes: []set{one(`\`), one(`\`), one("xX"), high, hexd}},
		{decode: asEscape, need: 24, phases: []int{0}, classes: []set{one("%="), high, hexd}},
		{decode: asEscape, need: 25, phases: []int{0}, classes: []set{one("%"), one("2"), one("5"), high, hexd}},
		{decode: asList, need: 30, phases: []int{0}, classes: []set{one(" :-,"), one("3456789"), hexd}},
		{decode: asList, need: 32, phases: all(4), classes: []set{one(","), one(" "), ten, dec}},
		{decode: asList, need: 35, phases: []int{1}, classes: []set{one(", "), one("0"), one("xX"), high, hexd}},
		{decode: asList, need: 36, phases: []int{2, 3}, classes: []set{one(","), one(" "), one("0"), one("xX"), high, hexd}},
	}
}

// all are the phases of a period.
func all(period int) []int {
	phases := make([]int, period)
	for i := range phases {
		phases[i] = i
	}
	return phases
}

// base64Of are the four classes of letters that three classes of bytes become.
func base64Of(a, b, c set) []set {
	out := make([]set, 4)
	each := func(s set, f func(x int)) {
		for x, in := range s {
			if in {
				f(x)
			}
		}
	}
	each(a, func(x int) {
		out[0][alphabet[x>>2]] = true
		each(b, func(y int) { out[1][alphabet[(x&3)<<4|y>>4]] = true })
	})
	each(b, func(y int) {
		each(c, func(z int) { out[2][alphabet[(y&15)<<2|z>>6]] = true })
	})
	each(c, func(z int) { out[3][alphabet[z&63]] = true })
	return out
}

// base64Again are the classes of base64 of base64: three groups of the inner make four of the outer.
func base64Again(inner []set) (out []set) {
	for i := 0; i < 12; i += 3 {
		out = append(out, base64Of(inner[i%4], inner[(i+1)%4], inner[(i+2)%4])...)
	}
	return out
}
