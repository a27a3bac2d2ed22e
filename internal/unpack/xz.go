package unpack

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

const (
	xzLZMA2     = 0x21
	xzMaxHeader = 1024
	// xzGrants is the memory that the blocks of one file may ask for, one after the other, beside what
	// they give: many small ones with large claims cost time, not space.
	xzGrants = 8 << 30
)

var (
	errXZ  = errors.New("its structure is not that of xz")
	ecma   = crc64.MakeTable(crc64.ECMA)
	xzSums = map[byte]func() hash.Hash{
		0: nil, 1: func() hash.Hash { return crc32.NewIEEE() }, 4: func() hash.Hash { return crc64.New(ecma) }, 10: sha256.New,
	}
	// xzFilters are those that change programs, and a few bytes in many others. What they hide of texts is little.
	xzFilters = map[uint64]string{3: "delta", 4: "x86", 5: "PowerPC", 6: "IA-64", 7: "ARM", 8: "ARM-Thumb", 9: "SPARC", 10: "ARM64", 11: "RISC-V"}
)

// xzReader reads the container of xz: streams of blocks, each of them LZMA2. The library would do it too,
// but takes as much memory as any block claims to need.
type xzReader struct {
	in     *counted
	window int64
	check  byte // of the stream
	block  io.Reader
	sum    hash.Hash
	start  int64 // of the data of the block
	given  int64
	claims int64
	opened bool // inside a stream
	first  bool
}

// counted counts what goes through it.
type counted struct {
	source
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.source.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.source.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// take reads exactly n bytes.
func (c *counted) take(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		return nil, truncated(err)
	}
	return b, nil
}

func newXZ(in source, window int64) *xzReader {
	return &xzReader{in: &counted{source: in}, window: window, first: true}
}

func (x *xzReader) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := x.block.Read(p)
		x.given += int64(n)
		if x.sum != nil {
			x.sum.Write(p[:n])
		}
		if err == io.EOF {
			err = x.finishBlock()
		}
		if n > 0 || err != nil {
			return n, truncatedNil(err)
		}
	}
}

// truncatedNil is the error as it is: inside a block the end of the input is never the end of the data.
func truncatedNil(err error) error {
	if err == nil {
		return nil
	}
	return truncated(err)
}

// next goes on to the next block, of this stream or the next, or to the end.
func (x *xzReader) next() error {
	if !x.opened {
		return x.openStream()
	}
	size, err := x.in.ReadByte()
	if err != nil {
		return truncated(err)
	}
	if size == 0 {
		return x.closeStream()
	}
	return x.openBlock(size)
}

// openStream reads the header of a stream. Between two there may be zeros, four at a time.
func (x *xzReader) openStream() error {
	if !x.first && !x.another() {
		return io.EOF
	}
	h, err := x.in.take(12)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(h, []byte("\xfd7zXZ\x00\x00")) || binary.LittleEndian.Uint32(h[8:]) != crc32.ChecksumIEEE(h[6:8]) {
		return errXZ
	}
	if _, known := xzSums[h[7]]; !known {
		return fmt.Errorf("its checksum is of the unknown kind %d", h[7])
	}
	x.check, x.opened, x.first = h[7], true, false
	return nil
}

// another skips padding and says that a stream follows.
func (x *xzReader) another() bool {
	for {
		b, _ := x.in.Peek(6)
		if len(b) >= 4 && bytes.Equal(b[:4], make([]byte, 4)) {
			if _, err := x.in.take(4); err != nil {
				return false
			}
			continue
		}
		return string(b) == "\xfd7zXZ\x00"
	}
}

// closeStream reads the index, whose first byte is gone, and the footer.
func (x *xzReader) closeStream() error {
	sum := crc32.NewIEEE()
	sum.Write([]byte{0})
	start := x.in.n - 1
	r := &hashed{x.in, sum}
	records, err := uvarint(r)
	for i := uint64(0); err == nil && i < 2*records; i++ {
		_, err = uvarint(r)
	}
	for err == nil && (x.in.n-start)%4 != 0 {
		_, err = r.ReadByte()
	}
	if err != nil {
		return truncated(err)
	}
	tail, err := x.in.take(4 + 12)
	if err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(tail) != sum.Sum32() || string(tail[14:]) != "YZ" {
		return errXZ
	}
	x.opened = false
	return nil
}

// hashed sums what is read byte by byte.
type hashed struct {
	r   io.ByteReader
	sum hash.Hash
}

func (h *hashed) ReadByte() (byte, error) {
	b, err := h.r.ReadByte()
	if err == nil {
		h.sum.Write([]byte{b})
	}
	return b, err
}

// uvarint reads a number of up to nine bytes, seven bits in each.
func uvarint(r io.ByteReader) (v uint64, err error) {
	for shift := 0; shift < 63; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, errXZ
}

// openBlock reads the header of a block, whose first byte is known, and starts its decoder.
func (x *xzReader) openBlock(size byte) error {
	n := (int(size) + 1) * 4
	h, err := x.in.take(n - 1)
	if err != nil {
		return err
	}
	h = append([]byte{size}, h...)
	if binary.LittleEndian.Uint32(h[n-4:]) != crc32.ChecksumIEEE(h[:n-4]) {
		return errXZ
	}
	dict, err := blockDict(h[1 : n-4])
	if err != nil {
		return err
	}
	if dict > x.window {
		return fmt.Errorf("it needs %d bytes of memory, %d are allowed", dict, x.window)
	}
	if x.claims += dict; x.claims > xzGrants+4*x.given {
		return errors.New("its blocks need far more memory than they hold data")
	}
	x.start = x.in.n
	x.sum = nil
	if sum := xzSums[x.check]; sum != nil {
		x.sum = sum()
	}
	x.block, err = lzma.Reader2Config{DictCap: int(max(dict, lzma.MinDictCap))}.NewReader2(x.in)
	return truncatedNil(err)
}

// blockDict reads the fields of a block's header and returns the size of its dictionary.
func blockDict(h []byte) (int64, error) {
	r := bytes.NewReader(h)
	flags, err := r.ReadByte()
	if err != nil || flags&0x3c != 0 {
		return 0, errXZ
	}
	given := uint64(1 << 62)
	if flags&0x40 != 0 {
		if _, err := uvarint(r); err != nil {
			return 0, errXZ
		}
	}
	if flags&0x80 != 0 {
		if given, err = uvarint(r); err != nil {
			return 0, errXZ
		}
	}
	id, err1 := uvarint(r)
	if name, known := xzFilters[id]; err1 == nil && (known || flags&3 != 0) {
		return 0, fmt.Errorf("its filter %d (%s) is not supported", id, name)
	}
	length, err2 := uvarint(r)
	bits, err3 := r.ReadByte()
	if err := errors.Join(err1, err2, err3); err != nil || id != xzLZMA2 || length != 1 || bits > 40 {
		return 0, errXZ
	}
	dict := uint64(1<<32 - 1)
	if bits < 40 {
		dict = (2 | uint64(bits&1)) << (bits/2 + 11)
	}
	return int64(min(dict, max(given, lzma.MinDictCap))), nil
}

// finishBlock reads the padding and compares the checksum.
func (x *xzReader) finishBlock() error {
	var sum []byte
	if x.sum != nil {
		sum = x.sum.Sum(nil)
	}
	pad := int(-(x.in.n - x.start) & 3)
	b, err := x.in.take(pad + len(sum))
	if err != nil {
		return err
	}
	x.block = nil
	want := b[pad:]
	if x.check != 10 { // the numbers are written with their lowest byte first
		for i, j := 0, len(sum)-1; i < j; i, j = i+1, j-1 {
			sum[i], sum[j] = sum[j], sum[i]
		}
	}
	if !bytes.Equal(sum, want) {
		return errors.New("its checksum is wrong")
	}
	return nil
}
