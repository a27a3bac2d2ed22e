package leak

import "bytes"

// Find finds the keys in data, all of a file, and hands them to emit by their places; those in an
// encoding within UTF-16 by themselves. It does not keep data.
func (d *Detector) Find(data []byte, emit func(Hit)) {
	s := d.search()
	defer d.release(s)
	f := newFile(&d.opts, emit)
	f.begin(data)
	for lo := 0; lo < len(data); lo += windowSize {
		begin, hi := max(0, lo-context), min(len(data), lo+windowSize)
		s.window(data[begin:min(len(data), hi+context)], lo-begin, hi-begin)
		f.take(s.hits, data, 0, begin)
	}
	any := f.undecided() && hasSecret(data, 0, len(data))
	if f.wide {
		n := d.newNarrow(f.odd, emit)
		n.write(data)
		n.flush()
		any = n.out.end() || any
	}
	f.end(any)
}

func (d *Detector) search() *search {
	if s, ok := d.pool.Get().(*search); ok {
		return s
	}
	return &search{d: d}
}

func (d *Detector) release(s *search) {
	s.wipe()
	s.levels[0].text = nil
	d.pool.Put(s)
}

// Stream finds keys in a file that comes piece by piece, and finds what Find would. It holds no
// more of it than a few hundred kilobytes.
type Stream struct {
	d    *Detector
	file file
	buf  []byte // what is at hand of the file
	base int64  // where buf begins in it
	lo   int    // up to where buf was searched
	any  bool   // whether a secret was met that could be that of the only id

	begun  bool // the first window was seen
	narrow *narrow
}

// Stream makes a stream that hands the keys to emit by their places, those near the beginning of
// a file sometimes only at its end.
func (d *Detector) Stream(emit func(Hit)) *Stream {
	return &Stream{d: d, file: newFile(&d.opts, emit)}
}

// Write takes the next bytes of the file. It never fails.
func (s *Stream) Write(p []byte) (n int, err error) {
	n = len(p)
	if s.buf == nil {
		s.buf = make([]byte, 0, windowSize+2*context)
	}
	for len(p) > 0 {
		k := min(len(p), cap(s.buf)-len(s.buf))
		s.buf, p = append(s.buf, p[:k]...), p[k:]
		if len(s.buf) == cap(s.buf) {
			s.window(len(s.buf) - context)
			s.forget(s.lo - context)
		}
	}
	return n, nil
}

// Close searches what is left and ends the file. The stream is ready for another then.
func (s *Stream) Close() error {
	s.end()
	*s = Stream{d: s.d, file: newFile(s.file.opts, s.file.emit), buf: s.buf[:0]}
	return nil
}

// end searches what is left, and reports whether a secret was met anywhere.
func (s *Stream) end() (any bool) {
	s.window(len(s.buf))
	any = s.any
	if s.narrow != nil {
		s.narrow.flush()
		any = s.narrow.out.end() || any
	}
	s.file.end(any)
	return any
}

// window searches buf up to hi.
func (s *Stream) window(hi int) {
	if !s.begun {
		s.begin()
	}
	search := s.d.search()
	defer s.d.release(search)
	search.window(s.buf, s.lo, hi)
	s.file.take(search.hits, s.buf, s.base, 0)
	if !s.any && !s.file.released {
		s.any = hasSecret(s.buf, s.lo, hi)
	}
	if s.narrow != nil {
		s.narrow.write(s.buf[s.lo:hi])
	}
	s.lo = hi
}

func (s *Stream) begin() {
	s.begun = true
	s.file.begin(s.buf)
	if s.file.wide {
		s.narrow = s.d.newNarrow(s.file.odd, s.file.emit)
	}
}

// forget drops the first bytes of buf.
func (s *Stream) forget(n int) {
	s.file.count(s.buf, s.base, n)
	s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	s.base += int64(n)
	s.lo -= n
}

// headSize is how much of a file says whether it is UTF-16.
const headSize = 4096

// begin looks at the first bytes of the file.
func (f *file) begin(head []byte) {
	f.wide, f.odd = isUTF16(head[:min(len(head), headSize)])
}

// isUTF16 reports whether a file begins as UTF-16, by its mark or by the zeros that are in one of
// every two bytes of most text, and whether the bytes of ASCII are at odd offsets then: 1, or 0.
func isUTF16(head []byte) (wide bool, odd int64) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")): // UTF-32
		return false, 0
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return true, 0
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return true, 1
	}
	if bytes.IndexByte(head, 0) < 0 {
		return false, 0
	}
	even, odds := zeros(head)
	first, second := zeros(head[:min(len(head), 64)])
	switch {
	case mostly(odds, even, len(head)) && mostly(second, first, min(len(head), 64)):
		return true, 0
	case mostly(even, odds, len(head)) && mostly(first, second, min(len(head), 64)):
		return true, 1
	}
	return false, 0
}

// mostly reports whether a quarter of the characters have a zero on one side and few on the other.
func mostly(many, few, length int) bool { return length > 0 && many*8 > length && few*10 < many }

// zeros counts the zeros at even and at odd places.
func zeros(text []byte) (even, odd int) {
	var n [2]int
	for i, c := range text {
		if c == 0 {
			n[i&1]++
		}
	}
	return n[0], n[1]
}

// narrow searches a file of UTF-16 as the text that it is, for what is encoded in it once more. What
// is no ASCII becomes foreign.
type narrow struct {
	out   Stream
	odd   int64
	half  bool // the first byte of a character has come, and is first
	first byte
	chunk []byte
}

func (d *Detector) newNarrow(odd int64, emit func(Hit)) *narrow {
	n := &narrow{odd: odd}
	n.out = Stream{d: d, begun: true, file: newFile(&d.opts, func(h Hit) {
		if h.Encoding == Plain && (h.Kind == LongTerm || h.Kind == Temporary) {
			return // it is found where it stands
		}
		h.Offset, h.Encoding = 2*h.Offset+odd, within(h.Encoding, UTF16)
		emit(h)
	})}
	return n
}

func (n *narrow) write(p []byte) {
	if n.chunk == nil {
		n.chunk = make([]byte, 0, 16<<10)
	}
	for _, c := range p {
		if n.half = !n.half; n.half {
			n.first = c
			continue
		}
		low, high := n.first, c
		if n.odd == 1 {
			low, high = high, low
		}
		if high != 0 || low >= foreign {
			low = foreign
		}
		if n.chunk = append(n.chunk, low); len(n.chunk) == cap(n.chunk) {
			n.flush()
		}
	}
}

func (n *narrow) flush() {
	_, _ = n.out.Write(n.chunk)
	n.chunk = n.chunk[:0]
}
