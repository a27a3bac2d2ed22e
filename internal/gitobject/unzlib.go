package gitobject

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/adler32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

var (
	errZlibHead     = errors.New("it does not begin as zlib data")
	errZlibCut      = errors.New("the data ends too early")
	errZlibLong     = errors.New("it gives more bytes than it says")
	errZlibShort    = errors.New("it gives fewer bytes than it says")
	errZlibChecksum = errors.New("its checksum is wrong")
)

// zlibMost is how many bytes one byte of deflate data can give at most, rounded up.
const zlibMost = 1040

// unzipper is a decoder that is used again for each stream: a pack has hundreds of thousands of short ones.
type unzipper struct {
	src *bytes.Reader
	z   io.ReadCloser
}

var unzippers = sync.Pool{New: func() any {
	src := bytes.NewReader(nil)
	return &unzipper{src, flate.NewReader(src)}
}}

// unzlib inflates the zlib stream that src begins with into dst, which it must fill exactly. It
// returns how many bytes of src the stream has. Its checksum is looked at where sum says so.
func unzlib(dst, src []byte, sum bool) (used int, err error) {
	if len(src) < 2 || src[0]&0x0f != 8 || src[0]>>4 > 7 || src[1]&0x20 != 0 || (uint(src[0])<<8|uint(src[1]))%31 != 0 {
		return 0, errZlibHead
	}
	f := unzippers.Get().(*unzipper)
	defer unzippers.Put(f)
	if err := f.inflate(dst, src[2:]); err != nil {
		return 0, err
	}
	used = len(src) - f.src.Len() + adler32.Size
	switch {
	case used > len(src):
		return 0, errZlibCut
	case sum && adler32.Checksum(dst) != binary.BigEndian.Uint32(src[used-adler32.Size:]):
		return 0, errZlibChecksum
	}
	return used, nil
}

// inflate fills dst and reads on to the end of the stream, which is not to give anything more.
func (f *unzipper) inflate(dst, src []byte) error {
	f.src.Reset(src)
	if err := f.z.(flate.Resetter).Reset(f.src, nil); err != nil {
		return err
	}
	if _, err := io.ReadFull(f.z, dst); err == io.EOF || err == io.ErrUnexpectedEOF {
		return errZlibShort
	} else if err != nil {
		return err
	}
	var more [1]byte
	n, err := f.z.Read(more[:])
	switch {
	case n > 0:
		return errZlibLong
	case err == io.ErrUnexpectedEOF:
		return errZlibCut
	case err != nil && err != io.EOF:
		return err
	}
	return nil
}
