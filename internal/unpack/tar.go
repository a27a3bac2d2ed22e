package unpack

import (
	"fmt"
	"io"
)

const blockLen = 512

// maxWords bounds the headers of tar that hold words instead of a file.
const maxWords = 1 << 20

// tarball is one tar archive that is being read.
type tarball struct {
	*walker
	p      part
	inside []string
	level  level
	global records // hold for all files that follow
	next   records // hold for the next one
}

// tar reads an archive to its end, and over it: archives may be joined, and what follows the end is
// data like any other. A damaged header costs the way to the next sound one.
func (k *walker) tar(p part, inside []string, l level) {
	t := &tarball{walker: k, p: p, inside: inside, level: l}
	for !k.halted {
		b := p.peek(blockLen)
		switch {
		case len(b) == 0:
			t.noEnd()
			return
		case isTar(b):
			if !t.file(parseTar(b)) {
				return
			}
		case zeros(b) > 0 && zeros(b) == len(b):
			if !t.end() {
				return
			}
		default:
			t.damaged()
		}
	}
}

// end passes the zeros at the end of an archive. True says that another archive follows.
func (t *tarball) end() bool {
	for {
		b := t.p.peek(blockLen)
		if len(b) == 0 {
			return false
		}
		if n := zeros(b); n == len(b) {
			t.p.skip(int64(n))
			continue
		}
		if isTar(b) {
			return true
		}
		t.rest(t.p, t.inside, level{depth: t.level.depth})
		return false
	}
}

// zeros counts the zeros at the beginning.
func zeros(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return i
		}
	}
	return len(b)
}

// damaged hands over what stands between here and the next sound header.
func (t *tarball) damaged() {
	at := t.p.w.pos()
	if !t.room(t.inside) {
		return
	}
	way := place(t.inside, at)
	t.skipped(way, "a header of the tar archive is damaged; what follows was searched as it is, up to the next header")
	w := t.windowOf(&untilHeader{p: t.p})
	defer w.release()
	t.leaf(w.whole(), way, level{depth: t.level.depth})
	_, _ = io.Copy(io.Discard, w.whole())
	t.next = records{}
}

// untilHeader reads blocks up to one that is a header of tar.
type untilHeader struct {
	p    part
	left int // of the block
}

func (u *untilHeader) Read(b []byte) (int, error) {
	if u.left == 0 {
		block := u.p.peek(blockLen)
		if len(block) == 0 || isTar(block) {
			return 0, io.EOF
		}
		u.left = len(block)
	}
	n, err := u.p.Read(b[:min(len(b), u.left)])
	u.left -= n
	return n, err
}

// file reads the header that comes next and what it announces. False says that the archive ends there.
func (t *tarball) file(h tarHeader) bool {
	t.p.skip(blockLen)
	if h.announces() {
		return t.words(h)
	}
	rec := t.next
	t.next = records{}
	h.apply(t.global)
	h.apply(rec)
	way, ok := t.entry(t.inside, h.name)
	if !ok {
		return false
	}
	t.name(way, h.link, h.owner, h.group)
	if !h.hasData() {
		return true
	}
	holes, ok := t.sparse(&h, rec, way)
	return ok && t.data(h, holes, way)
}

// data opens the data of a file and goes to what follows it.
func (t *tarball) data(h tarHeader, holes []span, way []string) bool {
	end := t.p.w.pos() + h.size
	p := t.p.sub(h.size)
	if h.size > 0 {
		t.openSparse(p, holes, way)
	}
	if !t.p.skip(end - t.p.w.pos()) {
		t.cutOff(way)
		return false
	}
	t.p.skip(padding(h.size, blockLen)) // that of the last file may be missing
	return true
}

// noEnd tells of an archive that does not end in zeros, as every whole one does.
func (t *tarball) noEnd() {
	if t.p.w.fault() == nil {
		t.skipped(t.inside, "the tar archive has no mark of its end: it may have been cut off")
	}
}

// cutOff tells of an end in the middle.
func (t *tarball) cutOff(way []string) { t.short(t.p, way, "the tar archive") }

// openSparse opens the data of a file that has holes, or none.
func (t *tarball) openSparse(p part, data []span, way []string) {
	l := level{depth: t.level.depth}
	if len(data) == 0 {
		t.open(p, way, l)
		return
	}
	s := &sparseReader{p: p, data: data}
	s.hole()
	w := t.windowOf(s)
	defer w.release()
	t.open(w.whole(), way, l)
}

// words reads a header that says something about others.
func (t *tarball) words(h tarHeader) bool {
	if h.size > maxWords {
		t.skipped(t.inside, fmt.Sprintf("the tar archive has a header of %d bytes; that is too much, and what follows was not read", h.size))
		return false
	}
	b, ok := t.p.take(int(h.size))
	t.p.skip(padding(h.size, blockLen))
	if !ok {
		t.cutOff(t.inside)
		return false
	}
	switch h.kind {
	case 'L':
		t.next.set("path", text(b))
	case 'K':
		t.next.set("linkpath", text(b))
	default:
		t.records(h.kind, b)
	}
	return true
}

// records reads the records of the pax format.
func (t *tarball) records(kind byte, b []byte) {
	r, err := parseRecords(b)
	if err != nil {
		t.skipped(t.inside, "a header of the tar archive is damaged: "+explain(err))
	}
	for _, w := range r.others {
		t.name(t.inside, w)
	}
	if kind == 'g' {
		t.global = r
		return
	}
	for key, value := range r.known {
		t.next.set(key, value)
	}
	t.next.pairs = append(t.next.pairs, r.pairs...)
}

// padding is how far n is from the next multiple of a power of two.
func padding(n, to int64) int64 { return -n & (to - 1) }
