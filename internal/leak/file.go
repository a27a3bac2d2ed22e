package leak

import (
	"bytes"
	"slices"
)

const (
	// windowSize is how much is searched at once: as much as stays in a processor's nearest memory.
	windowSize = 128 << 10
	// context is how much text around a window is at hand: 20 lines of it, or a long API key.
	context = lineReach + 4<<10
	// heldMost is how many hits of one id wait for the end of a file to learn whether it holds another.
	heldMost = 256
)

// file is what is known of a file while it is searched from its beginning to its end.
type file struct {
	opts *Options
	emit func(Hit)
	line int   // the line of the byte at counted
	upTo int64 // up to where lines are counted

	// held are the hits so far while all are of one id: only in such a file a secret anywhere counts.
	held     []Hit
	released bool

	// wide: the file is UTF-16, whose characters of ASCII have their byte at offsets of this oddness.
	wide bool
	odd  int64
}

func newFile(o *Options, emit func(Hit)) file { return file{opts: o, emit: emit, line: 1} }

// count counts the lines of text, which begins at base, up to text[:end].
func (f *file) count(text []byte, base int64, end int) {
	from := int(f.upTo - base)
	if end <= from {
		return
	}
	if f.wide {
		f.line += wideLines(text, from, end, int(f.odd-base)&1)
	} else {
		f.line += bytes.Count(text[from:end], []byte{'\n'})
	}
	f.upTo = base + int64(end)
}

// wideLines counts the line ends of UTF-16 in text[from:end]: those bytes at places of the given
// oddness whose other half is zero. Other characters hold the byte of a line end too.
func wideLines(text []byte, from, end, odd int) (n int) {
	other := 1 - 2*odd
	for i := from; i < end; i++ {
		k := bytes.IndexByte(text[i:end], '\n')
		if k < 0 {
			return n
		}
		if i += k; i&1 == odd && zero(text, i+other) {
			n++
		}
	}
	return n
}

// take takes over the hits of a window that begins at text[shift:], of text that begins at base.
func (f *file) take(hits []mark, text []byte, base int64, shift int) {
	for _, m := range hits {
		start := shift + m.start
		f.count(text, base, start)
		m.hit.Offset, m.hit.Line = base+int64(start), f.line
		f.add(m.hit)
	}
}

func (f *file) add(h Hit) {
	if !f.released && (len(f.held) == heldMost || len(f.held) > 0 && f.held[0].ID != h.ID) {
		f.release()
	}
	if f.released {
		f.emit(h)
		return
	}
	f.held = append(f.held, h)
}

// undecided reports whether a secret anywhere in the file would still change a hit.
func (f *file) undecided() bool {
	return !f.released && slices.ContainsFunc(f.held, func(h Hit) bool { return !h.SecretNearby })
}

// release emits what is held.
func (f *file) release() {
	for _, h := range f.held {
		f.emit(h)
	}
	f.held, f.released = nil, true
}

// end emits what is held at the end of the file; any says whether it has a secret anywhere.
func (f *file) end(any bool) {
	for i := range f.held {
		if h := &f.held[i]; any && !h.SecretNearby {
			h.SecretNearby = true
			f.opts.judgeID(h, near)
		}
	}
	f.release()
}
