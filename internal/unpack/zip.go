package unpack

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The signatures of a zip archive.
const (
	sigLocal      = "PK\x03\x04"
	sigDescriptor = "PK\x07\x08"
	sigDirectory  = "PK\x01\x02"
	sigEnd        = "PK\x05\x06"
	sigEnd64      = "PK\x06\x06"
	sigLocator64  = "PK\x06\x07"
	localLen      = 30
	directoryLen  = 46
	endLen        = 22
)

// wordy is how long an extra field must be to be told: shorter ones hold times and owners, no words.
const wordy = 16

// zipped is one zip archive that can be read in any order.
type zipped struct {
	*walker
	all    region
	inside []string
	level  level
	spans  []span // what entries took
	w      *window
	origin int64 // of the window
}

var errOutside = errors.New("it would begin before the archive")

// span is a piece of an archive.
type span struct{ from, to int64 }

// zip opens an archive. Its directory stands at its end, so that a stream is kept in memory first; where
// it is too large for that, its entries are read in the order in which they come.
func (k *walker) zip(p part, inside []string, l level) {
	if r, ok := p.region(); ok {
		k.zipRegion(r, inside, l)
		return
	}
	m, whole := k.keep(p, k.limits.Memory)
	defer m.release()
	if whole {
		k.zipRegion(m.region(), inside, l)
		return
	}
	w := k.windowOf(io.MultiReader(io.NewSectionReader(m, 0, m.size), p))
	defer w.release()
	if !k.zipEntries(w.whole(), inside, l) {
		k.foreign(w.whole(), inside, l, fmt.Sprintf("a zip archive of more than %d bytes inside another file could not be followed further", k.limits.Memory))
	}
}

// zipRegion reads an archive by its directory, and then what no entry of the directory took.
func (k *walker) zipRegion(r region, inside []string, l level) {
	z := &zipped{walker: k, all: r, inside: inside, level: l}
	defer z.done()
	d, err := findDirectory(r)
	if err == nil {
		err = z.refuseOverlap(d)
	}
	if err != nil {
		k.skipped(inside, "the zip archive has no usable directory ("+explain(err)+"); what could be found without it was read")
		z.between(0, r.size)
		return
	}
	k.name(inside, d.comment)
	z.spans = append(z.spans, span{d.from, d.from + d.size}, span{d.tail, d.end})
	n, err := d.each(k, func(e entry) bool {
		z.open(e)
		return !k.halted
	})
	switch {
	case k.halted:
		return
	case err != nil:
		k.skipped(inside, fmt.Sprintf("the directory of the zip archive is damaged after %d entries: %s", n, explain(err)))
	case uint16(n) != uint16(d.count):
		k.skipped(inside, fmt.Sprintf("the directory of the zip archive lists %d entries and says %d", n, d.count))
	}
	z.gaps()
}

// refuseOverlap looks over the directory before it is followed: entries that share their data can
// make a small archive endless.
func (z *zipped) refuseOverlap(d *directory) error {
	var sum int64
	_, err := d.each(z.walker, func(e entry) bool {
		sum += max(e.packed, 0)
		return sum <= z.all.size
	})
	if sum > z.all.size {
		return fmt.Errorf("its entries overlap: they claim more than the %d bytes of the archive", z.all.size)
	}
	if err != nil && sum == 0 {
		return err
	}
	return nil
}

// open reads one entry that the directory lists.
func (z *zipped) open(e entry) {
	way, ok := z.entry(z.inside, e.name)
	if !ok {
		return
	}
	z.tell(way, e)
	p := z.at(e.offset)
	local, size, err := parseLocal(p.peek(localLen), p.peek)
	if err != nil || e.offset < 0 {
		err = cmp.Or(err, errOutside)
		z.skipped(way, "the zip entry cannot be read: "+explain(err))
		return
	}
	if local.name != e.name {
		z.name(way, local.name)
	}
	z.tell(way, entry{extra: local.extra})
	p.skip(size)
	data := p.sub(e.packed)
	to := e.offset + size + e.packed
	if data.left() < e.packed && e.method == 0 {
		z.skipped(way, "the zip entry is cut off: it ends outside the archive")
	}
	z.member(data, e, way, z.level)
	if e.flags&flagStreamed != 0 && p.skip(data.left()) {
		b := p.peek(descriptorLook)
		n, _ := descriptor(b, len(b) < descriptorLook)
		to += int64(n)
	}
	z.spans = append(z.spans, span{e.offset, to})
}

// at is everything from an offset on. Entries mostly stand in the order of the directory, so that one window
// serves them all.
func (z *zipped) at(offset int64) part {
	if z.w == nil || offset < z.origin+z.w.pos() {
		z.done()
		z.w, z.origin = z.over(z.all.sub(offset, z.all.size)), max(0, offset)
	}
	p := z.w.whole()
	p.skip(offset - z.origin - z.w.pos())
	return p
}

// done gives the window back.
func (z *zipped) done() {
	if z.w != nil {
		z.w.release()
		z.w = nil
	}
}

// tell tells the words beside an entry.
func (k *walker) tell(way []string, e entry) {
	k.name(way, e.comment)
	if len(e.extra) >= wordy {
		k.name(way, string(e.extra))
	}
}

// gaps hands over what no entry took.
func (z *zipped) gaps() {
	slices.SortFunc(z.spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	at := int64(0)
	for _, s := range append(z.spans, span{z.all.size, z.all.size}) {
		if s.from > at && !z.halted {
			z.between(at, s.from)
		}
		at = max(at, s.to)
	}
}

// between hands over bytes that are no entry of the directory: a program before the archive, entries
// that were deleted or never listed, signatures.
func (z *zipped) between(from, to int64) {
	w := z.over(z.all.sub(from, to-from))
	defer w.release()
	p := w.whole()
	for !z.halted && p.skipZeros() {
		at := w.pos()
		if string(p.peek(4)) == sigLocal {
			z.zipEntries(p, z.inside, z.level)
		}
		if w.pos() == at {
			if !z.room(z.inside) {
				return
			}
			z.leafUntil(p, place(z.inside, from+at))
		}
	}
	z.unreadable(w, z.inside)
}

// leafUntil hands over what is no entry, up to the next one.
func (z *zipped) leafUntil(p part, way []string) {
	r := &until{p: p, mark: []byte(sigLocal)}
	w := z.windowOf(r)
	defer w.release()
	z.leaf(w.whole(), way, level{depth: z.level.depth})
	_, _ = io.Copy(io.Discard, r)
}

// until reads up to a mark, but for one that stands at the beginning.
type until struct {
	p     part
	mark  []byte
	began bool
}

func (u *until) Read(b []byte) (int, error) {
	ahead := u.p.peek(windowLen)
	if len(ahead) == 0 || len(b) == 0 {
		return 0, io.EOF
	}
	from := 0
	if !u.began {
		from = 1
	}
	n := len(ahead)
	if i := bytes.Index(ahead[from:], u.mark); i >= 0 {
		n = from + i
	} else if len(ahead) >= len(u.mark) && u.p.left() > int64(len(ahead)) {
		n -= len(u.mark) - 1 // the mark may begin there
	}
	if n == 0 {
		return 0, io.EOF
	}
	u.began = true
	n = copy(b, ahead[:n])
	u.p.skip(int64(n))
	return n, nil
}
