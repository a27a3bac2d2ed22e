package leak

import (
	"cmp"
	"slices"
)

// maxDepth is how many encodings may lie within each other.
const maxDepth = 3

// search is the state of looking through one window, and the memory that it needs again for the next.
type search struct {
	d      *Detector
	hits   []mark
	levels [maxDepth + 1]level
	// keys are where secret keys begin in the text of the window, in order. The keys themselves are
	// nowhere. They are looked for when the first id was found.
	keys    []int
	keysFor bool
	text    level // what is decoded around a hit to look for a secret
	wides   int   // how often that may still be done in the window
	// decodedBytes counts what was decoded since the memory was wiped. Tests hold it to a bound.
	decodedBytes int
}

// mark is a hit and where it begins in the window.
type mark struct {
	hit   Hit
	start int
}

// level is a text that is searched: the window, or what was decoded out of the level above.
type level struct {
	s     *search
	depth int
	text  []byte
	// at says where each byte of text begins in the text of the level above. Not used in a window.
	at []int32
	// from is what was decoded, and outer the level that it stands in.
	from  opening
	outer *level
	// kinds names, for text with escapes, how each byte was written.
	kinds []uint8
	// done is, for each encoding and alignment, up to where it was decoded.
	done [nDone]int

	letters []byte // of base64 or hex, before they are decoded
	places  []int32
	// gathered is what letters were collected for last, and before how many stand before it.
	gathered opening
	before   int
}

// found is an id at text[start:end] of a level.
type found struct {
	id         string
	start, end int
	flanked    bool
	encoding   string
	kind       string // empty: an access key id
	account    string // of an API key
}

// window looks through text and leaves in hits what begins in text[lo:hi].
func (s *search) window(text []byte, lo, hi int) {
	s.hits, s.keys, s.keysFor = s.hits[:0], s.keys[:0], false
	s.wides = widesMost
	l := &s.levels[0]
	l.s, l.depth, l.text = s, 0, text
	l.scan(lo, hi)
	s.order(lo, hi)
}

// scan looks for everything that begins in text[lo:hi].
func (l *level) scan(lo, hi int) {
	clear(l.done[:])
	l.s.levels[min(l.depth+1, maxDepth)].forget()
	l.runs(lo, hi)
	if l.depth > 0 && l.from.decode == asBase64 {
		l.apiKeys()
	}
	l.lattices(lo, hi)
}

// report judges what was found and adds it to the hits of the window.
func (l *level) report(f found) {
	if l.s.reported(f.id, l.source(f.start)) {
		return
	}
	if f.kind == "" && l.depth > 0 && l.from.decode == asBase64 {
		f.kind = sessionKind(l.outer.text, int(l.at[f.start]))
		f.account, _ = KeyAccount(f.id)
	}
	n := l.nearness(f.start, f.end)
	start := f.start
	for k := l; k.depth > 0; k = k.outer {
		f.encoding = within(f.encoding, k.from.name(k, start))
		start = int(k.at[start])
	}
	if h, ok := l.s.d.opts.judge(f, n); ok {
		l.s.hits = append(l.s.hits, mark{h, start})
	}
}

// reported reports whether an id was found where it begins just before: what is decoded overlaps.
func (s *search) reported(id string, start int) bool {
	for i := len(s.hits) - 1; i >= max(0, len(s.hits)-64); i-- {
		if s.hits[i].start == start && s.hits[i].hit.ID == id {
			return true
		}
	}
	return false
}

// within names an encoding that was found in another.
func within(inner, outer string) string {
	switch {
	case inner == Plain:
		return outer
	case inner == Base64 && outer == Base64:
		return Base64Twice
	}
	return inner + "-in-" + outer
}

// source is where the byte at p of a level begins in the window.
func (l *level) source(p int) int {
	for ; l.depth > 0; l = l.outer {
		p = int(l.at[p])
	}
	return p
}

// order sorts the hits, and drops those that begin elsewhere.
func (s *search) order(lo, hi int) {
	s.hits = slices.DeleteFunc(s.hits, func(m mark) bool { return m.start < lo || m.start >= hi })
	slices.SortStableFunc(s.hits, func(a, b mark) int { return cmp.Compare(a.start, b.start) })
	s.hits = slices.CompactFunc(s.hits, func(a, b mark) bool { return a.start == b.start && a.hit.ID == b.hit.ID })
}

// wipe clears the memory that decoded text was in: some of it may have been a secret.
func (s *search) wipe() {
	if s.decodedBytes == 0 {
		return
	}
	for _, l := range []*level{&s.levels[1], &s.levels[2], &s.levels[3], &s.text} {
		clear(l.text[:cap(l.text)])
		clear(l.letters[:cap(l.letters)])
	}
	s.decodedBytes = 0
}

// inner is the level for what is decoded out of l.
func (l *level) inner() *level {
	inner := &l.s.levels[l.depth+1]
	inner.s, inner.depth, inner.outer = l.s, l.depth+1, l
	return inner
}
