package gitobject

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// pageLen is what is read of a file at once. The heads and data of most objects lie close together,
// and a call of the system costs more than copying a few kilobytes.
const pageLen = 64 << 10

// pagedMost is how large a file can be for its pages to be counted: a file with holes may claim any size.
const pagedMost = 1 << 38

// pages bounds how much of all files is kept in memory: the pages that were read first go first.
type pages struct {
	budget int64

	mu   sync.Mutex
	held int64
	kept []kept // in the order of reading
}

type kept struct {
	file *pagedFile
	page int
}

func newPages(budget int64) *pages { return &pages{budget: budget} }

// pagedFile reads a file page by page and keeps some. Pages are never changed, so that one that
// goes may still be read by whoever has it.
type pagedFile struct {
	r     io.ReaderAt
	size  int64
	pages []atomic.Pointer[[]byte]
	all   *pages
}

func (p *pages) file(r io.ReaderAt, size int64) *pagedFile {
	return &pagedFile{r: r, size: size, pages: make([]atomic.Pointer[[]byte], (size+pageLen-1)/pageLen), all: p}
}

// ReadAt implements io.ReaderAt.
func (f *pagedFile) ReadAt(b []byte, off int64) (int, error) {
	n := 0
	for n < len(b) {
		piece, err := f.at(off + int64(n))
		if err != nil {
			return n, err
		}
		n += copy(b[n:], piece)
	}
	return n, nil
}

// at is what a page holds from an offset on; it is never empty without an error.
func (f *pagedFile) at(off int64) ([]byte, error) {
	if off < 0 || off >= f.size {
		return nil, io.EOF
	}
	i := int(off / pageLen)
	page := f.pages[i].Load()
	if page == nil {
		var err error
		if page, err = f.read(i); err != nil {
			return nil, err
		}
	}
	return (*page)[off%pageLen:], nil
}

func (f *pagedFile) read(i int) (*[]byte, error) {
	from := int64(i) * pageLen
	b := make([]byte, min(pageLen, f.size-from))
	if n, err := f.r.ReadAt(b, from); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF // the file has become shorter
		}
		return nil, err
	}
	if f.pages[i].CompareAndSwap(nil, &b) {
		f.all.keep(kept{f, i}, int64(len(b)))
	}
	return &b, nil
}

// keep notes a page, and lets old ones go.
func (p *pages) keep(k kept, size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = append(p.kept, k)
	p.held += size
	for p.held > p.budget && len(p.kept) > 1 {
		old := p.kept[0]
		p.kept = p.kept[1:]
		if page := old.file.pages[old.page].Swap(nil); page != nil {
			p.held -= int64(len(*page))
		}
	}
}

// stretches are buffers for what lies in two pages.
var stretches = sync.Pool{New: func() any { return new([]byte) }}

// stretch is some bytes of a pack in one piece: those of a page where all lie in one, else a copy in buf.
func (d *packData) stretch(off int64, n int, buf *[]byte) ([]byte, error) {
	if f := paged(d); f != nil {
		piece, err := f.at(off)
		if err != nil {
			return nil, err
		}
		if len(piece) >= n {
			return piece[:n], nil
		}
	}
	*buf = slices.Grow((*buf)[:0], n)[:n]
	return *buf, readFull(d, *buf, off)
}
