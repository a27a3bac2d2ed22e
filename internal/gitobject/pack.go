package gitobject

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Pack is a file of many objects, some of which are stored as differences to others.
type Pack struct {
	store    *store
	name     string // of its files, without .pack
	promisor bool
	indexed  bool // it has an index of its own

	index func() (*index, error)    // opened when it is first needed
	data  func() (*packData, error) // opened when an object is first read
	sums  func() ([]byte, error)    // read when an object is first listed and read
}

// packData is an open .pack file, of which the objects lie in [packHead, end).
type packData struct {
	io.ReaderAt
	end   int64
	count uint32
}

const (
	packHead     = 12
	entryHeadMax = 10 + sha256Size // a size in ten bytes, then the name of a base
)

func newPack(s *store, name string) *Pack {
	p := &Pack{store: s, name: name}
	p.index = sync.OnceValues(p.openIndex)
	p.data = sync.OnceValues(p.openData)
	p.sums = sync.OnceValues(p.openSums)
	return p
}

// Name is the path of the pack in the file system of the repository.
func (p *Pack) Name() string { return p.name + ".pack" }

// Promisor says that the pack came from a remote which promised to have, and to send when asked,
// whatever its objects refer to.
func (p *Pack) Promisor() bool { return p.promisor }

func (p *Pack) in(err error) error { return fmt.Errorf("pack %q: %w", p.Name(), err) }

func (p *Pack) openIndex() (*index, error) {
	f, err := p.store.fs.openSmall(p.name + ".idx")
	if err != nil {
		return nil, err
	}
	p.store.keep(f)
	return openIndex(f, f.size, p.store.format)
}

func (p *Pack) openData() (*packData, error) {
	f, err := p.store.fs.openPaged(p.name + ".pack")
	if err != nil {
		return nil, err
	}
	p.store.keep(f)
	d, err := openPackData(f.ReaderAt, f.size, p.store.format)
	if err != nil || !p.indexed {
		return d, err
	}
	x, err := p.index()
	if err != nil {
		return nil, err
	}
	return d, d.belongs(x)
}

func openPackData(r io.ReaderAt, size int64, f Format) (*packData, error) {
	var head [packHead]byte
	if size < int64(packHead+f.Size()) {
		return nil, corrupt("a pack of %d bytes", size)
	}
	if err := readFull(r, head[:], 0); err != nil {
		return nil, err
	}
	if string(head[:4]) != "PACK" {
		return nil, corrupt("a pack that does not begin with PACK")
	}
	if v := binary.BigEndian.Uint32(head[4:]); v != 2 && v != 3 {
		return nil, &UnsupportedError{What: fmt.Sprintf("a pack of version %d", v)}
	}
	return &packData{r, size - int64(f.Size()), binary.BigEndian.Uint32(head[8:])}, nil
}

// belongs makes sure that an index is the index of this pack.
func (d *packData) belongs(x *index) error {
	if int64(d.count) != x.len() {
		return corrupt("an index of %d objects for a pack of %d", x.len(), d.count)
	}
	var b [sha256Size]byte
	n := x.format.Size()
	if err := readFull(d, b[:n], d.end); err != nil {
		return err
	}
	if idFrom(b[:n]) != x.sum {
		return corrupt("an index that belongs to another pack")
	}
	return nil
}

// entry is what stands before the data of an object in a pack.
type entry struct {
	kind   Type
	size   int64 // of the data, inflated: of a delta, that of its instructions
	data   int64 // where in the pack the data begin
	base   int64 // where the base of an offset delta begins
	baseID ID    // the base of a reference delta
}

// parseEntry reads an entry that begins with b and stands at an offset. A base by offset always
// stands before what is made of it, so that chains of them end.
func parseEntry(b []byte, offset int64, f Format) (entry, error) {
	size, n, ok := entrySize(b)
	if !ok {
		return entry{}, corrupt("an object without a size at %d", offset)
	}
	e := entry{kind: Type(b[0] >> 4 & 7), size: size}
	switch e.kind {
	case TypeCommit, TypeTree, TypeBlob, TypeTag:
	case TypeOffsetDelta:
		back, m, ok := baseDistance(b[n:])
		if !ok || back <= 0 || back > offset-packHead {
			return entry{}, corrupt("an object at %d whose base is not before it", offset)
		}
		e.base, n = offset-back, n+m
	case TypeRefDelta:
		if len(b) < n+f.Size() {
			return entry{}, corrupt("an object at %d without the name of its base", offset)
		}
		e.baseID, n = idFrom(b[n:n+f.Size()]), n+f.Size()
	default:
		return entry{}, corrupt("an object at %d of %s", offset, e.kind)
	}
	e.data = offset + int64(n)
	return e, nil
}

// entrySize reads a number of which the first byte has four bits and the others seven, the lowest
// first.
func entrySize(b []byte) (size int64, n int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	size, n = int64(b[0]&0x0f), 1
	for shift := 4; b[n-1] >= 0x80; shift += 7 {
		if n >= len(b) || shift > 53 {
			return 0, 0, false
		}
		size |= int64(b[n]&0x7f) << shift
		n++
	}
	return size, n, true
}

// baseDistance reads a number of seven bits a byte, the highest first, in which every further
// byte adds one to what stands before it.
func baseDistance(b []byte) (back int64, n int, ok bool) {
	for n < len(b) {
		c := b[n]
		n++
		back |= int64(c & 0x7f)
		if c < 0x80 {
			return back, n, true
		}
		if back >= 1<<55 {
			return 0, 0, false
		}
		back = (back + 1) << 7
	}
	return 0, 0, false
}

// entryAt reads the entry at an offset.
func (p *Pack) entryAt(offset int64) (entry, *packData, error) {
	d, err := p.data()
	if err != nil {
		return entry{}, nil, err
	}
	if offset < packHead || offset >= d.end {
		return entry{}, nil, corrupt("an object at %d of a pack of %d bytes", offset, d.end)
	}
	var head [entryHeadMax]byte
	b := head[:min(int64(len(head)), d.end-offset)]
	if err := readFull(d, b, offset); err != nil {
		return entry{}, nil, err
	}
	e, err := parseEntry(b, offset, p.store.format)
	return e, d, err
}

// find is the offset of an object.
func (p *Pack) find(id ID) (offset int64, ok bool, err error) {
	x, err := p.index()
	if err != nil {
		return 0, false, p.in(err)
	}
	pos, ok, err := x.find(id)
	if err == nil && ok {
		offset, err = x.offset(pos)
	}
	if err != nil {
		return 0, false, p.in(err)
	}
	return offset, ok, nil
}

// allow counts the bytes that an entry says it has, before they are inflated.
func (p *Pack) allow(size int64) error {
	if size > p.store.limits.Object {
		return &LimitError{"bytes of an object", size, p.store.limits.Object}
	}
	return p.store.spend(size)
}

// inflate reads the data of an entry, which end before end, over dst.
func (p *Pack) inflate(d *packData, e entry, end int64, dst []byte) ([]byte, int64, error) {
	if err := p.allow(e.size); err != nil {
		return nil, 0, err
	}
	z := newInflater()
	defer z.release()
	if err := z.start(d.ReaderAt, e.data, end); err != nil {
		return nil, 0, err
	}
	b, err := z.read(dst, e.size)
	return b, z.src.at(), err
}

var errNoIndex = errors.New("it has no index: run git index-pack on it")
