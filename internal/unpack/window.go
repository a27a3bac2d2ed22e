package unpack

import (
	"bufio"
	"errors"
	"io"
	"math"
	"sync"
)

const (
	windowLen = 32 << 10
	endless   = math.MaxInt64
)

var errShorter = errors.New("it became shorter while it was read")

// feed is where a window gets its bytes from: a stream, or a region that can be read in any order.
type feed struct {
	walk *walker
	r    io.Reader
	at   io.ReaderAt // nil for a stream
	base int64       // of the region
	size int64       // of the region
	next int64       // bytes given so far, or jumped over
	err  error       // what ended it, io.EOF too
}

func (f *feed) Read(p []byte) (n int, err error) {
	if f.err == nil {
		f.err = f.walk.interrupted()
	}
	if f.err != nil {
		return 0, f.err
	}
	if f.at != nil {
		n, f.err = f.readAt(p)
	} else {
		n, f.err = f.r.Read(p)
	}
	f.next += int64(n)
	if n > 0 {
		return n, nil // the error comes next time
	}
	return 0, f.err
}

func (f *feed) readAt(p []byte) (int, error) {
	p = p[:min(int64(len(p)), f.size-f.next)]
	if len(p) == 0 {
		return 0, io.EOF
	}
	n, err := f.at.ReadAt(p, f.base+f.next)
	switch {
	case n == len(p):
		return n, nil
	case err == nil, err == io.EOF:
		return n, errShorter
	}
	return n, err
}

// window reads in order, looks ahead, and knows where it is.
type window struct {
	feed
	br *bufio.Reader
}

var buffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, windowLen) }}

// buffered lends a buffer for a reader; giveBack takes it.
func buffered(r io.Reader) *bufio.Reader {
	b := buffers.Get().(*bufio.Reader)
	b.Reset(r)
	return b
}

func giveBack(b *bufio.Reader) {
	b.Reset(nil)
	buffers.Put(b)
}

func (k *walker) windowOf(r io.Reader) *window {
	w := &window{feed: feed{walk: k, r: r}}
	w.br = buffered(&w.feed)
	return w
}

func (k *walker) windowAt(at io.ReaderAt, base, size int64) *window {
	w := &window{feed: feed{walk: k, at: at, base: base, size: size}}
	w.br = buffered(&w.feed)
	return w
}

// release makes the window unusable.
func (w *window) release() {
	giveBack(w.br)
	w.br = nil
}

// pos is the offset of the next byte.
func (w *window) pos() int64 { return w.next - int64(w.br.Buffered()) }

// fault is what ended the window, other than its end.
func (w *window) fault() error {
	if w.err == io.EOF {
		return nil
	}
	return w.err
}

// whole is all that is left.
func (w *window) whole() part {
	if w.at != nil {
		return part{w, w.size}
	}
	return part{w, endless}
}

// part is what stands in a window up to an offset. Parts of one window share its position: one that
// stands in another is read before the other goes on.
type part struct {
	w   *window
	end int64
}

// left is how much there is at most: of a stream, nobody knows.
func (p part) left() int64 { return p.end - p.w.pos() }

// sub is the next n bytes, or what there is of them.
func (p part) sub(n int64) part {
	if n > p.left() {
		return p
	}
	return part{p.w, p.w.pos() + n}
}

func (p part) Read(b []byte) (int, error) {
	n := min(int64(len(b)), p.left())
	if n <= 0 {
		return 0, io.EOF
	}
	return p.w.br.Read(b[:n])
}

func (p part) ReadByte() (byte, error) {
	if p.left() <= 0 {
		return 0, io.EOF
	}
	return p.w.br.ReadByte()
}

// Peek is peek, as a [bufio.Reader] has it.
func (p part) Peek(n int) ([]byte, error) { return p.peek(n), nil }

// peek is up to n of the next bytes. They are gone with the next read.
func (p part) peek(n int) []byte {
	b, _ := p.w.br.Peek(int(max(0, min(int64(n), p.left(), windowLen))))
	return b
}

// take is the next n bytes, in memory of their own, or what there is of them.
func (p part) take(n int) ([]byte, bool) {
	b := make([]byte, min(int64(n), p.left()))
	got, err := io.ReadFull(p, b)
	return b[:got], err == nil && got == n
}

// skip goes n bytes further, and says whether there were as many.
func (p part) skip(n int64) bool {
	w := p.w
	there := n <= p.left()
	n = min(n, p.left())
	if w.at != nil && n > int64(w.br.Buffered()) && w.err == nil {
		w.next = min(w.pos()+n, w.size)
		w.br.Reset(&w.feed)
		return there && w.walk.interrupted() == nil
	}
	for n > 0 {
		k, err := w.br.Discard(int(min(n, 1<<30)))
		n -= int64(k)
		if err != nil {
			return false
		}
	}
	return there
}

// skipZeros goes on to the next byte that is none, and says whether there is one.
func (p part) skipZeros() bool {
	for {
		b := p.peek(windowLen)
		if len(b) == 0 {
			return false
		}
		for i, c := range b {
			if c != 0 {
				p.skip(int64(i))
				return true
			}
		}
		p.skip(int64(len(b)))
	}
}

// region is what is left of the part, for reading in any order; false for a stream.
func (p part) region() (region, bool) {
	if p.w.at == nil {
		return region{}, false
	}
	return region{p.w.at, p.w.base + p.w.pos(), max(0, p.left())}, true
}

// region is a piece of something that can be read in any order.
type region struct {
	at   io.ReaderAt
	off  int64
	size int64
}

// sub is the part of the region from off on, n bytes or what there is of them.
func (r region) sub(off, n int64) region {
	off = min(max(off, 0), r.size)
	return region{r.at, r.off + off, min(max(n, 0), r.size-off)}
}

// read fills b from an offset on as far as the region reaches.
func (r region) read(b []byte, off int64) ([]byte, error) {
	s := r.sub(off, int64(len(b)))
	b = b[:s.size]
	n, err := s.at.ReadAt(b, s.off)
	if n == len(b) {
		return b, nil
	}
	if err == nil || err == io.EOF {
		err = errShorter
	}
	return b[:n], err
}

func (k *walker) over(r region) *window { return k.windowAt(r.at, r.off, r.size) }
