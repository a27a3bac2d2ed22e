package declare

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Reasons that more than one form gives.
const (
	reasonLarge   = "larger than 1 MiB"
	reasonLFS     = "kept in Git LFS: only a pointer is in the repository"
	reasonBinary  = "not text"
	reasonStopped = "the time for reading ran out"
)

// isLFSPointer says whether a file is what Git LFS leaves in the place of a file.
func isLFSPointer(data []byte) bool {
	return len(data) < 1024 && bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/"))
}

// decodeText returns UTF-8 of a text file: byte-order marks dropped, UTF-16 decoded. It is false
// for what holds NUL bytes and is no UTF-16.
func decodeText(data []byte) ([]byte, bool) {
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return fromUTF16(data[2:], binary.BigEndian)
	case len(data) >= 4 && data[0] != 0 && data[1] == 0 && data[2] != 0 && data[3] == 0:
		return fromUTF16(data, binary.LittleEndian)
	case len(data) >= 4 && data[0] == 0 && data[1] != 0 && data[2] == 0 && data[3] != 0:
		return fromUTF16(data, binary.BigEndian)
	}
	return data, bytes.IndexByte(data, 0) < 0
}

func fromUTF16(data []byte, order binary.ByteOrder) ([]byte, bool) {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	text := []byte(string(utf16.Decode(units)))
	return text, bytes.IndexByte(text, 0) < 0
}
