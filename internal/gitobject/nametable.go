package gitobject

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
)

// nameTable is the sorted list of ids that both kinds of index have, with its table of how many
// ids begin with a byte or a smaller one. Ids are read where they stand: an index of ten million
// objects costs no more memory than one of ten.
type nameTable struct {
	r      io.ReaderAt
	format Format
	fanout [256]uint32
	base   int64 // of the first id
	stride int64 // from one id to the next
}

// A search is narrowed to this many ids by reading one at a time, and ends in one read.
const lastSearch = 128

var nameBuffers = sync.Pool{New: func() any { return new([lastSearch * (sha256Size + 4)]byte) }}

// parseFanout reads the 256 counts. They must not decrease.
func (t *nameTable) parseFanout(b []byte) error {
	var before uint32
	for i := range t.fanout {
		n := binary.BigEndian.Uint32(b[4*i:])
		if n < before {
			return corrupt("an index whose counts decrease at %02x", i)
		}
		t.fanout[i], before = n, n
	}
	return nil
}

func (t *nameTable) len() int64 { return int64(t.fanout[255]) }

// bucket is the range of the ids that begin with a byte.
func (t *nameTable) bucket(first byte) (lo, hi int64) {
	if first > 0 {
		lo = int64(t.fanout[first-1])
	}
	return lo, int64(t.fanout[first])
}

func (t *nameTable) id(pos int64) (ID, error) {
	var b [sha256Size]byte
	n := t.format.Size()
	if err := readFull(t.r, b[:n], t.base+pos*t.stride); err != nil {
		return ID{}, err
	}
	return idFrom(b[:n]), nil
}

// ids are all ids, one behind the other.
func (t *nameTable) ids() ([]byte, error) {
	size := int64(t.format.Size())
	all := make([]byte, 0, t.len()*size)
	if t.stride == size {
		all = all[:cap(all)]
		return all, readFull(t.r, all, t.base)
	}
	for pos := range t.len() {
		id, err := t.id(pos)
		if err != nil {
			return nil, err
		}
		all = append(all, id.bytes()...)
	}
	return all, nil
}

// find is the position of an id.
func (t *nameTable) find(id ID) (pos int64, ok bool, err error) {
	pos, err = t.search(id.bytes())
	if err != nil || pos >= t.len() {
		return 0, false, err
	}
	got, err := t.id(pos)
	return pos, err == nil && got == id, err
}

// search is the position of the first id that is not before key, which is an id or, of an id, the
// first bytes.
func (t *nameTable) search(key []byte) (int64, error) {
	lo, hi := t.bucket(key[0])
	buf := nameBuffers.Get().(*[lastSearch * (sha256Size + 4)]byte)
	defer nameBuffers.Put(buf)
	for hi-lo > lastSearch {
		mid := (lo + hi) / 2
		if err := readFull(t.r, buf[:t.format.Size()], t.base+mid*t.stride); err != nil {
			return 0, err
		}
		if bytes.Compare(buf[:t.format.Size()], key) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo >= hi {
		return lo, nil
	}
	// The last id of a file may have nothing behind it, not even the rest of a stride.
	span := (hi-lo-1)*t.stride + int64(t.format.Size())
	if err := readFull(t.r, buf[:span], t.base+lo*t.stride); err != nil {
		return 0, err
	}
	for i := int64(0); lo < hi; i, lo = i+t.stride, lo+1 {
		if bytes.Compare(buf[i:i+int64(t.format.Size())], key) >= 0 {
			break
		}
	}
	return lo, nil
}

// withPrefix calls f for the ids that begin so, in order, until it says no.
func (t *nameTable) withPrefix(p idPrefix, f func(ID) bool) error {
	pos, err := t.search(p.b)
	for ; err == nil && pos < t.len(); pos++ {
		var id ID
		if id, err = t.id(pos); err == nil && (!p.matches(id) || !f(id)) {
			return nil
		}
	}
	return err
}

// idPrefix is the beginning of an id: bytes, the last of which may count only by its upper half.
type idPrefix struct {
	b   []byte
	odd bool
}

// Git takes no shorter prefix of an id.
const shortestPrefix = 4

func parsePrefix(s string, f Format) (idPrefix, bool) {
	if len(s) < shortestPrefix || len(s) > 2*f.Size() {
		return idPrefix{}, false
	}
	odd := len(s)%2 == 1
	if odd {
		s += "0"
	}
	b, err := hex.DecodeString(s)
	return idPrefix{b, odd}, err == nil
}

func (p idPrefix) matches(id ID) bool {
	whole := p.b
	if p.odd {
		whole = p.b[:len(p.b)-1]
	}
	if !bytes.HasPrefix(id.bytes(), whole) {
		return false
	}
	return !p.odd || id.sum[len(whole)]&0xf0 == p.b[len(whole)]
}

// readFull reads all of b. A file that has become shorter is an error like any other.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
