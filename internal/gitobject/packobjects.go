package gitobject

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"iter"
	"slices"
)

// PackedObject is an object as it is stored in a pack.
type PackedObject struct {
	Offset int64 // where it begins
	End    int64 // where the next one begins
	Type   Type  // a kind of object, or a form of delta
	Size   int64 // bytes of what [Pack.Inflate] gives
	Base   int64 // of a delta: where in this pack its base begins; zero when it is not in this pack
	BaseID ID    // of a reference delta: its base
	Pos    int   // of its id among those of the pack: see [Pack.IDs]
}

// IsDelta says that Inflate gives the instructions of a delta.
func (o PackedObject) IsDelta() bool { return o.Type.IsDelta() }

// Objects yields all objects of the pack in the order they are stored in. Only their heads are read,
// and 16 bytes an object are held meanwhile. An object whose head cannot be read is an error, with
// its place, between the others; an error with no place ends the list.
//
// Bases by offset come before what is made of them, so that whoever notes the bases has, at the end,
// the trees of all families, and can walk each from its root with one content a generation in
// memory: see [Pack.Inflate] and [ParseDelta].
func (p *Pack) Objects() iter.Seq2[PackedObject, error] {
	return func(yield func(PackedObject, error) bool) {
		x, d, list, err := p.inOrder()
		if err != nil {
			yield(PackedObject{}, p.in(err))
			return
		}
		heads := headReader{d: d}
		for i, at := range list {
			o := PackedObject{Offset: at.offset, End: d.end, Pos: int(at.pos)}
			if i+1 < len(list) {
				o.End = list[i+1].offset
			}
			err := p.fill(&o, x, &heads)
			if err != nil {
				err = p.in(err)
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// inOrder is the index with its offsets in ascending order.
func (p *Pack) inOrder() (*index, *packData, []located, error) {
	x, err := p.index()
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := p.data()
	if err != nil {
		return nil, nil, nil, err
	}
	list, err := x.all()
	if err != nil {
		return nil, nil, nil, err
	}
	slices.SortFunc(list, func(a, b located) int { return cmp.Compare(a.offset, b.offset) })
	return x, d, list, nil
}

// fill reads the head of an object whose place is known.
func (p *Pack) fill(o *PackedObject, x *index, heads *headReader) error {
	if o.Offset < packHead || o.Offset >= o.End || o.End > heads.d.end {
		return corrupt("an object from %d to %d of a pack of %d bytes", o.Offset, o.End, heads.d.end)
	}
	b, err := heads.at(o.Offset)
	if err != nil {
		return err
	}
	e, err := parseEntry(b, o.Offset, p.store.format)
	if err != nil {
		return err
	}
	o.Type, o.Size, o.Base, o.BaseID = e.kind, e.size, e.base, e.baseID
	if e.kind != TypeRefDelta {
		return nil
	}
	pos, ok, err := x.find(e.baseID)
	if err == nil && ok {
		o.Base, err = x.offset(pos)
	}
	return err
}

// headReader reads the heads of objects in ascending order. Those of small objects lie close
// together.
type headReader struct {
	d     *packData
	from  int64
	piece []byte
	buf   [64 << 10]byte
}

// at is what stands at an offset, at least as much as a head can have or as there is.
func (h *headReader) at(offset int64) ([]byte, error) {
	most := min(int64(entryHeadMax), h.d.end-offset)
	if have := h.from + int64(len(h.piece)); h.piece == nil || offset+most > have {
		h.piece = h.buf[:min(int64(len(h.buf)), h.d.end-offset)]
		if err := readFull(h.d, h.piece, offset); err != nil {
			return nil, err
		}
		h.from = offset
	}
	return h.piece[offset-h.from:], nil
}

// IDs are the ids of all objects in the order of the index, which is ascending where it is not broken,
// one behind the other. Whether they are true, [Format.Sum] tells.
func (p *Pack) IDs() ([]byte, error) {
	x, err := p.index()
	if err != nil {
		return nil, p.in(err)
	}
	all, err := x.ids()
	if err != nil {
		return nil, p.in(err)
	}
	return all, nil
}

// CheckIndex compares the index with the checksum that it ends in. A wrong id, of an object that nothing
// refers to by its true one, shows nowhere else.
func (p *Pack) CheckIndex() error {
	x, err := p.index()
	if err == nil {
		err = x.check()
	}
	if err != nil {
		return p.in(err)
	}
	return nil
}

// Inflate reads the data of an object over dst, which grows when it is too short: the content or,
// of a delta, the instructions that [ParseDelta] takes. They must fill the room up to the next
// object, lest something hides between two that the index knows, and what is stored must have the
// checksum that the index knows, where it knows one. Of the object only Offset, End and Pos are
// looked at.
func (p *Pack) Inflate(o PackedObject, dst []byte) ([]byte, error) {
	b, err := p.read(o, dst)
	if err != nil {
		return nil, p.in(err)
	}
	return b, nil
}

// atOnce is how long an object may be, as it is stored, to be inflated from memory.
const atOnce = 1 << 20

func (p *Pack) read(o PackedObject, dst []byte) ([]byte, error) {
	d, err := p.data()
	if err != nil {
		return nil, err
	}
	if o.Offset < packHead || o.Offset >= o.End || o.End > d.end {
		return nil, corrupt("an object from %d to %d of a pack of %d bytes", o.Offset, o.End, d.end)
	}
	if o.End-o.Offset > atOnce {
		return p.readLarge(d, o, dst)
	}
	raw := stretches.Get().(*[]byte)
	defer stretches.Put(raw)
	b, err := d.stretch(o.Offset, int(o.End-o.Offset), raw)
	if err != nil {
		return nil, err
	}
	e, err := parseEntry(b[:min(len(b), entryHeadMax)], o.Offset, p.store.format)
	if err != nil {
		return nil, err
	}
	if err := p.allow(e.size); err != nil {
		return nil, err
	}
	sum, known, err := p.checksum(o.Pos)
	if err != nil {
		return nil, err
	}
	if dst, err = unzip(dst, b[e.data-o.Offset:], e.size, !known); err == nil && known && crc32.ChecksumIEEE(b) != sum {
		err = errChecksum(o.Offset)
	}
	return dst, err
}

// unzip inflates the stream that fills src.
func unzip(dst, src []byte, size int64, sum bool) ([]byte, error) {
	if size > zlibMost*int64(len(src)) {
		return nil, corruptStream("data that cannot be inflated to the size it says", errZlibShort)
	}
	dst = slices.Grow(dst[:0], int(size))[:size]
	used, err := unzlib(dst, src, sum)
	if err != nil {
		return nil, &CorruptError{What: "data that cannot be inflated to the size it says", Err: err}
	}
	if used != len(src) {
		return nil, corrupt("%d bytes behind an object that belong to no object", len(src)-used)
	}
	return dst, nil
}

func errChecksum(offset int64) error {
	return corrupt("an object at %d that has another checksum than its index says", offset)
}

// readLarge reads an object in pieces.
func (p *Pack) readLarge(d *packData, o PackedObject, dst []byte) ([]byte, error) {
	e, _, err := p.entryAt(o.Offset)
	if err != nil {
		return nil, err
	}
	b, end, err := p.inflate(d, e, o.End, dst)
	if err != nil {
		return nil, err
	}
	if end != o.End {
		return nil, corrupt("%d bytes behind the object at %d that belong to no object", o.End-end, o.Offset)
	}
	want, known, err := p.checksum(o.Pos)
	if err != nil || !known {
		return b, err
	}
	sum, buf := crc32.NewIEEE(), make([]byte, pageLen)
	for at := o.Offset; at < o.End; at += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), o.End-at)]
		if err := readFull(d, buf, at); err != nil {
			return nil, err
		}
		sum.Write(buf)
	}
	if sum.Sum32() != want {
		return nil, errChecksum(o.Offset)
	}
	return b, nil
}

// checksum is that of an object as it is stored. Zero stands for one that nobody noted.
func (p *Pack) checksum(pos int) (sum uint32, known bool, err error) {
	all, err := p.sums()
	if err != nil || 4*pos+4 > len(all) {
		return 0, false, err
	}
	sum = binary.BigEndian.Uint32(all[4*pos:])
	return sum, sum != 0, nil
}

func (p *Pack) openSums() ([]byte, error) {
	x, err := p.index()
	if err != nil {
		return nil, err
	}
	return x.checksums()
}

// Delta reads the instructions of an object that is stored as a difference over code, which comes back
// for the next one and is what the delta reads. The bytes that it makes count as read.
func (p *Pack) Delta(o PackedObject, code []byte) (Delta, []byte, error) {
	used, err := p.read(o, code)
	if err != nil {
		return Delta{}, code, p.in(err)
	}
	d, err := ParseDelta(used, p.store.limits.Object)
	if err == nil {
		err = p.store.spend(d.ResultSize)
	}
	if err != nil {
		return Delta{}, used, p.in(err)
	}
	return d, used, nil
}

// At reads the head of an object again, of which Offset, End and Pos are known.
func (p *Pack) At(o PackedObject) (PackedObject, error) {
	x, err := p.index()
	if err != nil {
		return o, p.in(err)
	}
	d, err := p.data()
	if err != nil {
		return o, p.in(err)
	}
	if err := p.fill(&o, x, &headReader{d: d}); err != nil {
		return o, p.in(err)
	}
	return o, nil
}

// Content makes the object whole, whatever it is made of.
func (p *Pack) Content(o PackedObject) (Type, []byte, error) {
	t, b, err := p.store.unpack(p, o.Offset)
	if err != nil {
		return 0, nil, p.in(err)
	}
	return t, b, nil
}
