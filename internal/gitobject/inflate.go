package gitobject

import (
	"compress/zlib"
	"io"
	"slices"
	"sync"
)

// Most objects are a few kilobytes, so the first read is small and the others are large.
const (
	firstRead = 4 << 10
	windowLen = 32 << 10
	grain     = 1 << 20 // what is allocated on a mere claim of size
)

// window reads the bytes [next, end) of a file in pieces. It is an io.ByteReader, so that
// inflating stops exactly at the end of a stream and at tells where that was.
type window struct {
	r         io.ReaderAt
	next, end int64
	buf       []byte // what lo and hi are in: own, or a page that others read too
	own       []byte
	lo, hi    int
}

func (w *window) reset(r io.ReaderAt, off, end int64) {
	w.r, w.next, w.end, w.lo, w.hi = r, off, end, 0, 0
}

// at is the offset of the next byte that will be read.
func (w *window) at() int64 { return w.next - int64(w.hi-w.lo) }

func (w *window) fill() error {
	if f := paged(w.r); f != nil {
		return w.page(f)
	}
	n := int64(windowLen)
	if w.hi == 0 {
		n = firstRead
	}
	n = min(n, w.end-w.next)
	if n <= 0 {
		return io.EOF
	}
	if w.own == nil {
		w.own = make([]byte, windowLen)
	}
	w.buf = w.own
	got, err := w.r.ReadAt(w.buf[:n], w.next)
	if got == 0 {
		if err == nil || err == io.EOF {
			return io.ErrUnexpectedEOF // the file has become shorter
		}
		return err
	}
	w.lo, w.hi, w.next = 0, got, w.next+int64(got)
	return nil
}

// paged is the file of pages that r reads, if it does.
func paged(r io.ReaderAt) *pagedFile {
	if d, ok := r.(*packData); ok {
		r = d.ReaderAt
	}
	f, _ := r.(*pagedFile)
	return f
}

// page takes what a page holds in place of a copy.
func (w *window) page(f *pagedFile) error {
	if w.next >= w.end {
		return io.EOF
	}
	piece, err := f.at(w.next)
	if err != nil {
		return err
	}
	piece = piece[:min(int64(len(piece)), w.end-w.next)]
	w.buf, w.lo, w.hi, w.next = piece, 0, len(piece), w.next+int64(len(piece))
	return nil
}

func (w *window) ReadByte() (byte, error) {
	if w.lo == w.hi {
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
	c := w.buf[w.lo]
	w.lo++
	return c, nil
}

func (w *window) Read(p []byte) (int, error) {
	if w.lo == w.hi {
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.buf[w.lo:w.hi])
	w.lo += n
	return n, nil
}

// inflater reads one zlib stream after the other. It is the only place that inflates.
type inflater struct {
	src window
	z   io.Reader
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

func newInflater() *inflater { return inflaters.Get().(*inflater) }

func (f *inflater) release() {
	f.src.r, f.src.buf = nil, nil
	inflaters.Put(f)
}

// start begins with the stream at an offset, which must end before end.
func (f *inflater) start(r io.ReaderAt, off, end int64) error {
	f.src.reset(r, off, end)
	var err error
	if f.z == nil {
		f.z, err = zlib.NewReader(&f.src)
	} else {
		err = f.z.(zlib.Resetter).Reset(&f.src, nil)
	}
	if err != nil {
		f.z = nil
		return corruptStream("data that cannot be inflated", err)
	}
	return nil
}

// read inflates the rest of the stream over dst. It must give exactly size bytes, which is a
// claim: memory is taken as the bytes come.
func (f *inflater) read(dst []byte, size int64) ([]byte, error) {
	dst = slices.Grow(dst[:0], int(min(size, grain)))
	for int64(len(dst)) < size {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, int(min(size-int64(len(dst)), int64(len(dst)))))
		}
		n, err := f.z.Read(dst[len(dst):min(int64(cap(dst)), size)])
		dst = dst[:len(dst)+n]
		if err != nil && int64(len(dst)) < size {
			return nil, corruptStream("data that cannot be inflated to the size it says", err)
		}
	}
	return dst, f.finish()
}

// finish makes sure that the stream ends here and that its checksum is right.
func (f *inflater) finish() error {
	var more [1]byte
	n, err := f.z.Read(more[:])
	switch {
	case n > 0:
		return corrupt("data that inflates to more than the size it says")
	case err != io.EOF:
		return corruptStream("data that cannot be inflated to its end", err)
	}
	return nil
}

// some inflates up to len(dst) bytes; fewer when the stream ends before.
func (f *inflater) some(dst []byte) (int, error) {
	for n := 0; ; {
		k, err := f.z.Read(dst[n:])
		n += k
		switch {
		case n == len(dst), err == io.EOF:
			return n, nil
		case err != nil:
			return n, corruptStream("data that cannot be inflated", err)
		}
	}
}
