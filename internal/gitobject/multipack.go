package gitobject

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
)

// multiPack is one index over several packs: the file multi-pack-index. Of an object that is in
// more than one of them it knows one place.
type multiPack struct {
	nameTable
	packs   []string // the names of their own indexes, such as pack-1234.idx
	offsets int64
	wide    int64
	wides   int64
}

const (
	multiPackHead  = 12
	multiPackNames = 64 << 20 // bytes that the names of packs may have
)

// chunk is a part of the file.
type chunk struct{ at, size int64 }

// openMultiPack reads version 1. A later version is an [UnsupportedError]: the packs have their own
// indexes still.
func openMultiPack(r io.ReaderAt, size int64, f Format) (*multiPack, error) {
	var head [multiPackHead]byte
	if size < int64(len(head)+f.Size()) {
		return nil, corrupt("a multi-pack index of %d bytes", size)
	}
	if err := readFull(r, head[:], 0); err != nil {
		return nil, err
	}
	if string(head[:4]) != "MIDX" {
		return nil, corrupt("a multi-pack index that does not begin with MIDX")
	}
	if head[4] != 1 || head[7] != 0 {
		return nil, &UnsupportedError{What: "a multi-pack index of another version than 1, or in layers"}
	}
	if Format(head[5]) != f {
		return nil, corrupt("a multi-pack index for another kind of ids")
	}
	chunks, err := readChunks(r, size-int64(f.Size()), int(head[6]))
	if err != nil {
		return nil, err
	}
	m := &multiPack{nameTable: nameTable{r: r, format: f, stride: int64(f.Size())}}
	if err := m.place(chunks); err != nil {
		return nil, err
	}
	m.packs, err = readPackNames(r, chunks["PNAM"], int64(binary.BigEndian.Uint32(head[8:])))
	return m, err
}

// readChunks reads the table of parts, which come in the order of their offsets. The last line
// says where the last part ends.
func readChunks(r io.ReaderAt, end int64, n int) (map[string]chunk, error) {
	table := make([]byte, 12*(n+1))
	first := multiPackHead + int64(len(table))
	if first > end {
		return nil, corrupt("a multi-pack index that is cut in its table of parts")
	}
	if err := readFull(r, table, multiPackHead); err != nil {
		return nil, err
	}
	chunks := map[string]chunk{}
	before := uint64(first)
	for i := range n + 1 {
		at := binary.BigEndian.Uint64(table[12*i+4:])
		if at < before || at > uint64(end) {
			return nil, corrupt("a multi-pack index with a part at %d", at)
		}
		if i > 0 {
			chunks[string(table[12*(i-1):][:4])] = chunk{int64(before), int64(at - before)}
		}
		before = at
	}
	return chunks, nil
}

// place checks that every table that lookups touch is as long as the counts say.
func (m *multiPack) place(chunks map[string]chunk) error {
	fan := chunks["OIDF"]
	var b [fanoutLen]byte
	if fan.size != fanoutLen {
		return corrupt("a multi-pack index without counts")
	}
	if err := readFull(m.r, b[:], fan.at); err != nil {
		return err
	}
	if err := m.parseFanout(b[:]); err != nil {
		return err
	}
	ids, offsets, wide := chunks["OIDL"], chunks["OOFF"], chunks["LOFF"]
	if ids.size != m.len()*m.stride || offsets.size != 8*m.len() || wide.size%8 != 0 {
		return corrupt("a multi-pack index whose tables do not fit its %d objects", m.len())
	}
	m.base, m.offsets, m.wide, m.wides = ids.at, offsets.at, wide.at, wide.size/8
	return nil
}

func readPackNames(r io.ReaderAt, c chunk, n int64) ([]string, error) {
	if c.size > multiPackNames {
		return nil, &LimitError{"bytes of names of packs", c.size, multiPackNames}
	}
	b := make([]byte, c.size)
	if err := readFull(r, b, c.at); err != nil {
		return nil, err
	}
	if n > int64(len(b)) {
		return nil, corrupt("a multi-pack index of %d packs with %d bytes of names", n, len(b))
	}
	names := make([]string, 0, n)
	for range n {
		name, rest, ok := bytes.Cut(b, []byte{0})
		if !ok || !strings.HasSuffix(string(name), ".idx") || strings.ContainsAny(string(name), `/\`) {
			return nil, corrupt("a multi-pack index with the pack %q", clip(string(name)))
		}
		names, b = append(names, string(name)), rest
	}
	return names, nil
}

// entry is the pack, by its number, and the offset in it of the object at a position.
func (m *multiPack) entry(pos int64) (pack int, offset int64, err error) {
	var b [8]byte
	if err := readFull(m.r, b[:], m.offsets+8*pos); err != nil {
		return 0, 0, err
	}
	p, v := binary.BigEndian.Uint32(b[:]), binary.BigEndian.Uint32(b[4:])
	if int64(p) >= int64(len(m.packs)) {
		return 0, 0, corrupt("a multi-pack index that refers to pack %d of %d", p, len(m.packs))
	}
	if v&wideFlag == 0 || m.wides == 0 { // without large offsets all 32 bits are an offset
		return int(p), int64(v), nil
	}
	offset, err = readWide(m.r, m.wide, m.wides, int64(v&^wideFlag))
	return int(p), offset, err
}
