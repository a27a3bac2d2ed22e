package scansource

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/keysweep/keysweep/internal/history"
	"github.com/keysweep/keysweep/internal/leak"
	"github.com/keysweep/keysweep/internal/unpack"
)

// worker reads files. It has its own buffers.
type worker struct {
	s      *Scanner
	looker looker
	buf    []byte
	handle handle
}

func (s *Scanner) newWorker() *worker {
	return &worker{s: s, looker: looker{detector: s.opts.Detector, limits: s.bounded}}
}

// done hands in what was counted.
func (w *worker) done() {
	w.s.files.Add(w.looker.files)
	w.s.bytes.Add(w.looker.bytes)
	w.looker.files, w.looker.bytes = 0, 0
}

// place is where a content stands.
type place struct {
	folder *folder // nil outside of folders
	name   string  // in the folder
	path   string
	// digests gives the ids that git would give the content; late says that it may be asked for them later.
	digests func() []string
	late    bool
}

// entry reads one entry of a folder.
func (w *worker) entry(f *folder, n node) {
	full := f.full + string(os.PathSeparator) + n.name
	at := place{folder: f, name: n.name, path: n.shown}
	var err error
	if n.link && !n.follow {
		err = w.link(full, at)
	} else {
		err = w.file(full, at, n.follow)
	}
	if err != nil && !isGone(err) {
		w.s.skip(n.shown, reasonOf(err).Error())
	}
}

// link looks at where a symbolic link leads, and does not go there.
func (w *worker) link(full string, at place) error {
	target, err := os.Readlink(full)
	if err != nil {
		return err
	}
	w.content([]byte(target), at)
	return nil
}

// file reads a file.
func (w *worker) file(full string, at place, follow bool) error {
	if w.s.stopped() || w.s.opts.Own != nil && w.s.opts.Own(full) {
		return nil
	}
	h := &w.handle
	if err := h.open(full, follow); err != nil {
		return err
	}
	switch {
	case !h.regular():
		h.close()
		return errors.New("it is no file any more")
	case h.size() >= oneRead:
		f := h.file(full)
		defer f.Close()
		return w.large(f, h.size(), h.hasHoles(), at)
	}
	defer h.close()
	return w.small(h, h.size(), at)
}

// small reads a file in one piece. What grows beyond that meanwhile is read to its end too.
func (w *worker) small(f io.Reader, size int64, at place) error {
	if int64(cap(w.buf)) <= size {
		w.buf = make([]byte, 0, max(64<<10, size+size/4+1))
	}
	data := w.buf[:0]
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err != nil && err != io.EOF {
			w.content(data, at)
			return fmt.Errorf("it could not be read to its end: %w", reasonOf(err))
		}
		if err == io.EOF || size > 0 && int64(len(data)) == size {
			break
		}
	}
	w.buf = data[:0]
	w.content(data, at)
	if int64(len(data)) < size {
		return errShrank
	}
	return nil
}

var errShrank = errors.New("it became shorter while it was read")

// content looks through a content that is in memory.
func (w *worker) content(data []byte, at place) {
	at.digests = func() []string { return digestsOf(data) }
	w.looker.files++
	w.looker.find(data, w.rows(at, InFile), w.rows(at, InName), w.skips(at))
}

// rows gives rows to what is found at a place.
func (w *worker) rows(at place, where string) func(history.Found) {
	digests := func() []string { return nil }
	if at.digests != nil {
		digests = sync.OnceValue(at.digests)
	}
	return func(f history.Found) {
		if !at.late {
			digests()
		}
		w.s.add(placed{
			Row:    Row{Hit: f.Hit, Where: where, Path: at.path, Inside: f.Inside},
			folder: at.folder, name: at.name, digests: digests,
		})
	}
}

func (w *worker) skips(at place) func([]string, string) {
	return func(inside []string, reason string) { w.s.skip(within(at.path, inside), reason) }
}

// within is the path of something in an archive.
func within(path string, inside []string) string {
	for _, name := range inside {
		path += "!" + name
	}
	return path
}

// container looks through something that is opened by a walk of unpack.
func (w *worker) container(walk func(unpack.Visitor, unpack.Limits) error, at place) {
	v := &visitor{looker: &w.looker, found: w.rows(at, InFile), named: w.rows(at, InName), skip: w.skips(at)}
	if err := walk(v, w.looker.limits()); err != nil {
		w.s.skip(at.path, err.Error())
	}
	w.done()
}

// large looks through a file piece by piece, or opens it where it is an archive.
func (w *worker) large(f *os.File, size int64, gaps bool, at place) error {
	full := f.Name()
	at.digests, at.late = func() []string { return digestsOfFile(full, size) }, true
	head, tail := make([]byte, headSize), make([]byte, tailSize)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	m, err := f.ReadAt(tail, size-tailSize)
	if err != nil && err != io.EOF {
		return err
	}
	if isContainer(head[:n], tail[:m]) {
		w.container(func(v unpack.Visitor, l unpack.Limits) error { return unpack.Walk(at.path, f, size, l, v) }, at)
		return nil
	}
	w.looker.files++
	found := w.rows(at, InFile)
	s := w.s.opts.Detector.Stream(func(h leak.Hit) { found(history.Found{Hit: h}) })
	n64, err := w.pour(s, f, size, gaps)
	w.looker.bytes += n64
	return errors.Join(err, s.Close())
}

// piece is how much of a large file is read at once.
const piece = 1 << 20

// pour hands a file on piece by piece, without the holes in it.
func (w *worker) pour(to io.Writer, f *os.File, size int64, gaps bool) (int64, error) {
	if cap(w.buf) < piece {
		w.buf = make([]byte, 0, piece)
	}
	buf := w.buf[:piece]
	var read, at int64
	for {
		if err := w.s.opts.Stop(); err != nil {
			return read, errors.New("the scan was ended: " + err.Error())
		}
		if gaps {
			next, err := nextData(f, at)
			if err == io.EOF {
				return read, nil
			}
			if err == nil && next > at {
				// A hole is zeros, of which a few keep apart what stands before it and behind it.
				if _, err := to.Write(buf[:copy(buf, zeros[:])]); err != nil {
					return read, err
				}
				at = next
			}
			gaps = err == nil
		}
		n, err := f.ReadAt(buf, at)
		read, at = read+int64(n), at+int64(n)
		if _, werr := to.Write(buf[:n]); werr != nil {
			return read, werr
		}
		switch {
		case err == io.EOF && at < size:
			return read, errShrank
		case err == io.EOF:
			return read, nil
		case err != nil:
			return read, err
		}
	}
}

var zeros [4096]byte
