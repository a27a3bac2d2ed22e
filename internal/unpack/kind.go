package unpack

import (
	"bytes"
	"compress/zlib"
	"io"
)

// Kind is what a file is, as far as opening it goes.
type Kind uint8

// The kinds. Those from SevenZip on are known, not opened, and told as skipped.
const (
	None Kind = iota
	Gzip
	Bzip2
	XZ
	LZMA
	Zstd
	Zlib
	Zip
	Tar
	Ar
	Cpio
	RPM
	PDF
	SevenZip
	RAR
	LZ4
	Lzip
	Compress
	Snappy
	Cabinet
	SquashFS
	GitPack
	GitBundle
)

var kindNames = [...]string{
	None: "file", Gzip: "gzip", Bzip2: "bzip2", XZ: "xz", LZMA: "LZMA", Zstd: "zstd", Zlib: "zlib", Zip: "zip", Tar: "tar", Ar: "ar",
	Cpio: "cpio", RPM: "RPM", PDF: "PDF", SevenZip: "7z", RAR: "RAR", LZ4: "LZ4", Lzip: "lzip", Compress: "compress (.Z)", Snappy: "Snappy",
	Cabinet: "cabinet", SquashFS: "SquashFS", GitPack: "git pack", GitBundle: "git bundle",
}

// String is what people call the kind.
func (k Kind) String() string { return kindNames[k] }

// compression says that the kind holds one stream, and no names.
func (k Kind) compression() bool { return k >= Gzip && k <= Zlib }

// closed says that the kind is known but cannot be opened here.
func (k Kind) closed() bool { return k >= SevenZip }

// headLen is how much of the beginning of a file decides what it is.
const headLen = 1024

// magics are the beginnings that decide by themselves.
var magics = []struct {
	kind  Kind
	start string
}{
	{Zip, "PK\x03\x04"},
	{Zip, "PK\x05\x06"},
	{Zip, "PK\x07\x08PK\x03\x04"},
	{Zip, "PK00PK\x03\x04"},
	{XZ, "\xfd7zXZ\x00"},
	{Zstd, "\x28\xb5\x2f\xfd"},
	{Ar, "!<arch>\n"},
	{RPM, "\xed\xab\xee\xdb"},
	{SevenZip, "7z\xbc\xaf\x27\x1c"},
	{RAR, "Rar!\x1a\x07"},
	{Lzip, "LZIP\x01"},
	{Snappy, "\xff\x06\x00\x00sNaPpY"},
	{Cabinet, "MSCF\x00\x00\x00\x00"},
	{GitPack, "PACK\x00\x00\x00\x02"},
	{GitPack, "PACK\x00\x00\x00\x03"},
	{GitBundle, "# v2 git bundle\n"},
	{GitBundle, "# v3 git bundle\n"},
}

// IsContainer tells from the first kilobyte of a file what it is; less is enough where the file is
// shorter. A zip archive behind a program shows at its end only: see [HasZipEnd].
func IsContainer(head []byte) Kind {
	if len(head) < 2 {
		return None
	}
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.start)) {
			return m.kind
		}
	}
	for _, d := range []struct {
		kind Kind
		is   func([]byte) bool
	}{
		{Gzip, isGzip},
		{Bzip2, isBzip2},
		{Zstd, isSkippable},
		{LZMA, isLZMA},
		{LZ4, isLZ4},
		{Compress, isCompress},
		{SquashFS, isSquashFS},
		{Cpio, isCpio},
		{Tar, isTar},
		{PDF, isPDF},
		{Zlib, isZlib},
	} {
		if d.is(head) {
			return d.kind
		}
	}
	return None
}

func isGzip(b []byte) bool {
	return len(b) >= 10 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8 && b[3]&0xe0 == 0
}

// isBzip2 wants the first block, or the end of an empty stream, right behind the header.
func isBzip2(b []byte) bool {
	if len(b) < 10 || string(b[:3]) != "BZh" || b[3] < '1' || b[3] > '9' {
		return false
	}
	next := string(b[4:10])
	return next == "1AY&SY" || next == "\x17\x72\x45\x38\x50\x90"
}

// isSkippable finds a zstd file that begins with a frame to be skipped, as parallel compressors write.
func isSkippable(b []byte) bool {
	if len(b) < 12 || b[0]&0xf0 != 0x50 || string(b[1:4]) != "\x2a\x4d\x18" {
		return false
	}
	next := 8 + int64(le.Uint32(b[4:]))
	return next+4 > int64(len(b)) || string(b[next:next+4]) == "\x28\xb5\x2f\xfd"
}

// isLZMA knows the old format without a magic number by a header that the usual programs write:
// their one set of properties, a dictionary of a round size, a length that can be, and the zero that begins
// every stream.
func isLZMA(b []byte) bool {
	if len(b) < 14 || b[0] != 0x5d || b[13] != 0 {
		return false
	}
	dict := le.Uint32(b[1:])
	if dict < 1<<12 || dict&(dict-1) != 0 && dict%3 != 0 || dict%3 == 0 && dict/3&(dict/3-1) != 0 {
		return false
	}
	size := le.Uint64(b[5:])
	return size == 1<<64-1 || size < 1<<38
}

// isZlib inflates the beginning: its two bytes are too common to decide.
func isZlib(b []byte) bool {
	if len(b) < 8 || b[0] != 0x78 || b[1] != 0x01 && b[1] != 0x5e && b[1] != 0x9c && b[1] != 0xda {
		return false
	}
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return false
	}
	n, err := io.Copy(io.Discard, io.LimitReader(z, 4<<10))
	return err == nil || n > 0 && err == io.ErrUnexpectedEOF
}

// isLZ4 wants the version of the format in the flags.
func isLZ4(b []byte) bool {
	return len(b) >= 7 && string(b[:4]) == "\x04\x22\x4d\x18" && b[4]>>6 == 1
}

// isCompress wants a width of codes that there is.
func isCompress(b []byte) bool {
	return len(b) >= 3 && b[0] == 0x1f && b[1] == 0x9d && b[2]&0x60 == 0 && b[2]&0x1f >= 9 && b[2]&0x1f <= 16
}

// isSquashFS wants the only version that is in use.
func isSquashFS(b []byte) bool {
	return len(b) >= 32 && string(b[:4]) == "hsqs" && le.Uint16(b[28:]) == 4
}

func isPDF(b []byte) bool {
	return bytes.Contains(b[:min(len(b), headLen)], []byte("%PDF-"))
}
