package gitobject

import (
	"bytes"
	"encoding/binary"
	"io"
)

// index says where in a pack an object begins: the .idx file, of version 1 or 2.
type index struct {
	nameTable
	offsets int64 // where they begin; in version 1 each stands before its id
	sums    int64 // where the checksums of the stored objects begin; version 1 has none
	wide    int64 // where the offsets begin that need eight bytes
	wides   int64 // how many of them there are
	sum     ID    // the checksum of the pack it belongs to
	size    int64
	version int
}

const (
	fanoutLen = 256 * 4
	wideFlag  = 1 << 31
)

var indexMagic = []byte{0xff, 't', 'O', 'c'}

// openIndex checks what decides whether reading stays inside the file: the counts and its size.
func openIndex(r io.ReaderAt, size int64, f Format) (*index, error) {
	var head [8 + fanoutLen]byte
	if size < int64(len(head)) {
		return nil, corrupt("an index of %d bytes", size)
	}
	if err := readFull(r, head[:], 0); err != nil {
		return nil, err
	}
	x := &index{nameTable: nameTable{r: r, format: f}, size: size, version: 1}
	fanout := head[:fanoutLen]
	if bytes.HasPrefix(head[:], indexMagic) {
		if v := binary.BigEndian.Uint32(head[4:]); v != 2 {
			return nil, &UnsupportedError{What: "a pack index of another version than 1 and 2"}
		}
		x.version, fanout = 2, head[8:]
	}
	if err := x.parseFanout(fanout); err != nil {
		return nil, err
	}
	if err := x.layout(size); err != nil {
		return nil, err
	}
	return x, x.readSum(size)
}

// layout places the tables, which fill the file exactly.
func (x *index) layout(size int64) error {
	n, hash := x.len(), int64(x.format.Size())
	var end int64
	if x.version == 1 {
		x.offsets = fanoutLen
		x.base, x.stride = x.offsets+4, 4+hash
		end = x.offsets + n*x.stride
	} else {
		x.base, x.stride = 8+fanoutLen, hash
		x.sums = x.base + n*hash
		x.offsets = x.sums + 4*n
		x.wide = x.offsets + 4*n
		end = x.wide
	}
	left := size - end - 2*hash
	x.wides = left / 8
	if left < 0 || left%8 != 0 || x.wides > n || x.version == 1 && left != 0 {
		return corrupt("an index of %d bytes for %d objects", size, n)
	}
	return nil
}

func (x *index) readSum(size int64) error {
	var b [sha256Size]byte
	n := x.format.Size()
	if err := readFull(x.r, b[:n], size-2*int64(n)); err != nil {
		return err
	}
	x.sum = idFrom(b[:n])
	return nil
}

// offset is where the object at a position begins in the pack. It is not yet known to lie in it.
func (x *index) offset(pos int64) (int64, error) {
	var b [4]byte
	at := x.offsets + 4*pos
	if x.version == 1 {
		at = x.offsets + x.stride*pos
	}
	if err := readFull(x.r, b[:], at); err != nil {
		return 0, err
	}
	return x.widen(binary.BigEndian.Uint32(b[:]))
}

// widen looks up an offset that does not fit into 31 bits.
func (x *index) widen(v uint32) (int64, error) {
	if x.version == 1 || v&wideFlag == 0 {
		return int64(v), nil
	}
	return readWide(x.r, x.wide, x.wides, int64(v&^wideFlag))
}

func readWide(r io.ReaderAt, table, n, i int64) (int64, error) {
	if i >= n {
		return 0, corrupt("an index that refers to the large offset %d of %d", i, n)
	}
	var b [8]byte
	if err := readFull(r, b[:], table+8*i); err != nil {
		return 0, err
	}
	v := binary.BigEndian.Uint64(b[:])
	if v >= 1<<63 {
		return 0, corrupt("an index with an offset of %d", v)
	}
	return int64(v), nil
}

// located is a position of an index with the offset that stands there.
type located struct {
	offset int64
	pos    uint32
}

// all is the whole table of offsets, in the order of the ids.
func (x *index) all() ([]located, error) {
	list := make([]located, 0, x.len())
	stride, buf := int64(4), make([]byte, 64<<10)
	if x.version == 1 {
		stride = x.stride
	}
	each := int64(len(buf)) / stride
	for pos := int64(0); pos < x.len(); pos += each {
		n := min(each, x.len()-pos)
		part := buf[:(n-1)*stride+4]
		if err := readFull(x.r, part, x.offsets+pos*stride); err != nil {
			return nil, err
		}
		for i := range n {
			off, err := x.widen(binary.BigEndian.Uint32(part[i*stride:]))
			if err != nil {
				return nil, err
			}
			list = append(list, located{off, uint32(pos + i)})
		}
	}
	return list, nil
}

// checksums is the table of the checksums of the objects as they are stored, in the order of the ids;
// nil in version 1, which has none.
func (x *index) checksums() ([]byte, error) {
	if x.version == 1 {
		return nil, nil
	}
	b := make([]byte, 4*x.len())
	return b, readFull(x.r, b, x.sums)
}

// check reads all of the file.
func (x *index) check() error {
	h, n := x.format.hash(), int64(x.format.Size())
	buf := make([]byte, 64<<10)
	for at := int64(0); at < x.size-n; at += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), x.size-n-at)]
		if err := readFull(x.r, buf, at); err != nil {
			return err
		}
		h.Write(buf)
	}
	var sum [sha256Size]byte
	if err := readFull(x.r, sum[:n], x.size-n); err != nil {
		return err
	}
	if idFrom(h.Sum(nil)) != idFrom(sum[:n]) {
		return corrupt("an index with a wrong checksum")
	}
	return nil
}
