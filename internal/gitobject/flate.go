package gitobject

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"sync"
)

// Most of the time of reading a pack goes into hundreds of thousands of short streams, each of which
// lies in memory as a whole. For these a decoder that needs no reader, keeps no window besides its
// output and makes its tables in place is several times as fast as a general one.

var (
	errFlateCut      = errors.New("the data ends too early")
	errFlateSyntax   = errors.New("it is no deflate data")
	errFlateLong     = errors.New("it gives more bytes than it says")
	errFlateShort    = errors.New("it gives fewer bytes than it says")
	errFlateHead     = errors.New("it does not begin as zlib data")
	errFlateChecksum = errors.New("its checksum is wrong")
)

// flateMost is how many bytes one byte of deflate data can give at most, rounded up.
const flateMost = 1040

const (
	litBits  = 9 // that the first look into a table of letters takes
	distBits = 7
	// How long tables become with those behind them for longer codes: 852 and 592 at most.
	litTable  = 1 << 10
	distTable = 640
)

// An entry of a table: how many bits its code has in the lowest byte, then how many bits follow, then
// what it is, then a value.
const (
	extraShift = 8
	isLiteral  = 1 << 12
	isLength   = 2 << 12
	isEnd      = 3 << 12
	isTable    = 4 << 12 // of longer codes: value is where it begins, extra how many bits choose in it
	kindMask   = 7 << 12
	valueShift = 16
)

// unzipper is the memory that a decoder needs again for each stream.
type unzipper struct {
	src  []byte
	pos  int
	bits uint64
	n    uint // how many of bits are of use; those above may hold what follows already
	dst  []byte
	out  int

	lens [286 + 30 + 2]uint8
	lit  [litTable]uint32
	dist [distTable]uint32
}

var unzippers = sync.Pool{New: func() any { return new(unzipper) }}

// unzlib inflates the zlib stream that src begins with into dst, which it must fill exactly. It
// returns how many bytes of src the stream has. Its checksum is looked at where sum says so.
func unzlib(dst, src []byte, sum bool) (used int, err error) {
	if len(src) < 2 || src[0]&0x0f != 8 || src[0]>>4 > 7 || src[1]&0x20 != 0 || (uint(src[0])<<8|uint(src[1]))%31 != 0 {
		return 0, errFlateHead
	}
	f := unzippers.Get().(*unzipper)
	defer unzippers.Put(f)
	f.src, f.pos, f.bits, f.n, f.dst, f.out = src, 2, 0, 0, dst, 0
	err = f.blocks()
	used = f.pos + 4
	f.src, f.dst = nil, nil
	switch {
	case err != nil:
		return 0, err
	case f.out < len(dst):
		return 0, errFlateShort
	case used > len(src):
		return 0, errFlateCut
	case sum && adler32.Checksum(dst) != binary.BigEndian.Uint32(src[used-4:]):
		return 0, errFlateChecksum
	}
	return used, nil
}

func (f *unzipper) blocks() error {
	for {
		if err := f.need(3); err != nil {
			return err
		}
		last, kind := f.bits&1, f.bits>>1&3
		f.take(3)
		var err error
		switch kind {
		case 0:
			err = f.stored()
		case 1:
			t := fixed()
			err = f.block(&t.lit, &t.dist)
		case 2:
			if err = f.tables(); err == nil {
				err = f.block(&f.lit, &f.dist)
			}
		default:
			err = errFlateSyntax
		}
		if err != nil {
			return err
		}
		if last == 1 {
			f.align()
			return nil
		}
	}
}

// need makes sure that n bits are at hand.
func (f *unzipper) need(n uint) error {
	for f.n < n {
		if f.pos >= len(f.src) {
			return errFlateCut
		}
		f.bits |= uint64(f.src[f.pos]) << f.n
		f.pos, f.n = f.pos+1, f.n+8
	}
	return nil
}

func (f *unzipper) take(n uint) { f.bits, f.n = f.bits>>n, f.n-n }

// align goes to the next whole byte, and gives back those that were taken too early.
func (f *unzipper) align() {
	f.pos -= int(f.n / 8)
	f.bits, f.n = 0, 0
}

func (f *unzipper) stored() error {
	f.align()
	if len(f.src)-f.pos < 4 {
		return errFlateCut
	}
	size := int(binary.LittleEndian.Uint16(f.src[f.pos:]))
	if size != int(^binary.LittleEndian.Uint16(f.src[f.pos+2:])) {
		return errFlateSyntax
	}
	f.pos += 4
	switch {
	case size > len(f.src)-f.pos:
		return errFlateCut
	case size > len(f.dst)-f.out:
		return errFlateLong
	}
	copy(f.dst[f.out:], f.src[f.pos:f.pos+size])
	f.pos, f.out = f.pos+size, f.out+size
	return nil
}

// block decodes up to the end of a block. What it works with is kept in variables, for speed.
func (f *unzipper) block(lit *[litTable]uint32, dist *[distTable]uint32) error {
	src, dst, pos, out, acc, n := f.src, f.dst, f.pos, f.out, f.bits, f.n
	var err error
loop:
	for {
		// A letter with all that belongs to it has at most 48 bits.
		if pos+8 <= len(src) {
			acc |= binary.LittleEndian.Uint64(src[pos:]) << n
			pos += int(63-n) >> 3
			n |= 56
		} else {
			for ; n <= 56 && pos < len(src); pos, n = pos+1, n+8 {
				acc |= uint64(src[pos]) << n
			}
		}
		e := lit[acc&(1<<litBits-1)]
		if e&kindMask == isTable {
			e = lit[e>>valueShift+uint32(acc>>litBits)&(1<<(e>>extraShift&15)-1)]
		}
		used := uint(e & 0xff)
		if used > n {
			err = errFlateCut
			break loop
		}
		acc, n = acc>>used, n-used
		switch e & kindMask {
		case isLiteral:
			if out == len(dst) {
				err = errFlateLong
				break loop
			}
			dst[out] = byte(e >> valueShift)
			out++
			continue
		case isLength:
		case isEnd:
			break loop
		default:
			err = errFlateSyntax
			break loop
		}
		extra := uint(e >> extraShift & 15)
		length := int(e>>valueShift) + int(acc&(1<<extra-1))
		acc, used = acc>>extra, extra
		d := dist[acc&(1<<distBits-1)]
		if d&kindMask == isTable {
			d = dist[d>>valueShift+uint32(acc>>distBits)&(1<<(d>>extraShift&15)-1)]
		}
		if d&kindMask != isLength {
			err = errFlateSyntax
			break loop
		}
		acc, used = acc>>(d&0xff), used+uint(d&0xff)
		extra = uint(d >> extraShift & 15)
		back := int(d>>valueShift) + int(acc&(1<<extra-1))
		acc, used = acc>>extra, used+extra
		switch {
		case used > n:
			err = errFlateCut
			break loop
		case back > out:
			err = errFlateSyntax
			break loop
		case length > len(dst)-out:
			err = errFlateLong
			break loop
		}
		n -= used
		repeat(dst[out-back:out+length], back)
		out += length
	}
	f.pos, f.out, f.bits, f.n = pos, out, acc, n
	return err
}

// repeat fills b with its first n bytes again and again.
func repeat(b []byte, n int) {
	for n < len(b) {
		n += copy(b[n:], b[:n])
	}
}

var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// tables reads the codes of a block that has its own.
func (f *unzipper) tables() error {
	if err := f.need(14); err != nil {
		return err
	}
	nLit, nDist, nCode := int(f.bits&31)+257, int(f.bits>>5&31)+1, int(f.bits>>10&15)+4
	f.take(14)
	if nLit > 286 || nDist > 30 {
		return errFlateSyntax
	}
	var lens [19]uint8
	for _, at := range codeOrder[:nCode] {
		if err := f.need(3); err != nil {
			return err
		}
		lens[at] = uint8(f.bits & 7)
		f.take(3)
	}
	var codes [1 << 7]uint32
	e := entries()
	if !build(codes[:], 7, lens[:], e.code[:]) {
		return errFlateSyntax
	}
	if err := f.lengths(&codes, nLit+nDist); err != nil {
		return err
	}
	if f.lens[256] == 0 || !build(f.lit[:], litBits, f.lens[:nLit], e.lit[:]) || !build(f.dist[:], distBits, f.lens[nLit:nLit+nDist], e.dist[:]) {
		return errFlateSyntax
	}
	return nil
}

// lengths reads the lengths of all codes.
func (f *unzipper) lengths(codes *[1 << 7]uint32, all int) error {
	for i := 0; i < all; {
		for f.n < 14 && f.pos < len(f.src) {
			f.bits |= uint64(f.src[f.pos]) << f.n
			f.pos, f.n = f.pos+1, f.n+8
		}
		e := codes[f.bits&127]
		if e == 0 {
			return errFlateSyntax
		}
		if uint(e&0xff) > f.n {
			return errFlateCut
		}
		f.take(uint(e & 0xff))
		sym := e >> valueShift
		if sym < 16 {
			f.lens[i] = uint8(sym)
			i++
			continue
		}
		n, extra, what := 3, uint(2), uint8(0)
		switch sym {
		case 16:
			if i == 0 {
				return errFlateSyntax
			}
			what = f.lens[i-1]
		case 17:
			extra = 3
		default:
			n, extra = 11, 7
		}
		if err := f.need(extra); err != nil {
			return err
		}
		n += int(f.bits & (1<<extra - 1))
		f.take(extra)
		if i+n > all {
			return errFlateSyntax
		}
		for ; n > 0; i, n = i+1, n-1 {
			f.lens[i] = what
		}
	}
	return nil
}
