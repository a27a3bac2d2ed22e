package gitobject

import (
	"cmp"
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

	pos  uint32 // in the index
	data int64
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
			o := PackedObject{Offset: at.offset, End: d.end, pos: at.pos}
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
	o.Type, o.Size, o.Base, o.BaseID, o.data = e.kind, e.size, e.base, e.baseID, e.data
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

// ID is the id that the index gives an object. Whether it is true, [Format.Sum] tells.
func (p *Pack) ID(o PackedObject) (ID, error) {
	x, err := p.index()
	if err != nil {
		return ID{}, p.in(err)
	}
	return x.id(int64(o.pos))
}

// Inflate reads the data of an object over dst, which grows when it is too short: the content or,
// of a delta, the instructions that [ParseDelta] takes. They must fill the room up to the next
// object, lest something hides between two that the index knows.
func (p *Pack) Inflate(o PackedObject, dst []byte) ([]byte, error) {
	d, err := p.data()
	if err != nil {
		return nil, p.in(err)
	}
	b, end, err := p.inflate(d, entry{kind: o.Type, size: o.Size, data: o.data}, o.End, dst)
	if err == nil && end != o.End {
		err = corrupt("%d bytes behind the object at %d that belong to no object", o.End-end, o.Offset)
	}
	if err != nil {
		return nil, p.in(err)
	}
	return b, nil
}

// Content makes the object whole, whatever it is made of.
func (p *Pack) Content(o PackedObject) (Type, []byte, error) {
	t, b, err := p.store.unpack(p, o.Offset)
	if err != nil {
		return 0, nil, p.in(err)
	}
	return t, b, nil
}
