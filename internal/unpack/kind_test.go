package unpack

import (
	"strings"
	"testing"
)

func TestIsContainer(t *testing.T) {
	fill := strings.Repeat("\x00", 600)
	for _, test := range []struct {
		head string
		want Kind
	}{
		{"", None},
		{"P", None},
		{"PK\x03\x04", Zip},
		{"PK\x05\x06", Zip},
		{"PK\x07\x08", None},
		{"PK\x07\x08PK\x03\x04", Zip},
		{"PK is a name", None},
		{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00", Gzip},
		{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00", None},
		{"\x1f\x8b\x08\xe0\x00\x00\x00\x00\x00\x00", None},
		{"BZh91AY&SY", Bzip2},
		{"BZh9\x17\x72\x45\x38\x50\x90", Bzip2},
		{"BZh0" + "1AY&SY", None},
		{"BZhome of", None},
		{"\xfd7zXZ\x00", XZ},
		{"\x28\xb5\x2f\xfd", Zstd},
		{"\x50\x2a\x4d\x18\x04\x00\x00\x00....\x28\xb5\x2f\xfd", Zstd},
		{"\x5f\x2a\x4d\x18\x04\x00\x00\x00....\x28\xb5\x2f\xfe", None},
		{"]\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00", LZMA},
		{"]\x00\x00\xc0\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00", LZMA},
		{"]\x00\x00\x81\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00", None},
		{"]\x00\x00\x80\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00", None},
		{"]\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x01", None},
		{string(zl([]byte("text"))), Zlib},
		{"x^ is a power of x", None},
		{"!<arch>\n", Ar},
		{"!<arch> ", None},
		{string(cpioNew()), Cpio},
		{string(cpioOld()), Cpio},
		{"070701 is no number of files", None},
		{string(tarUSTAR(file{"a", nil})), Tar},
		{fill, None},
		{"\xed\xab\xee\xdb\x03", RPM},
		{"%PDF-1.4", PDF},
		{"\n\n%PDF-1.4", PDF},
		{"7z\xbc\xaf\x27\x1c", SevenZip},
		{"Rar!\x1a\x07\x01", RAR},
		{"\x04\x22\x4d\x18\x64\x40\xa7", LZ4},
		{"\x04\x22\x4d\x18\x04\x40\xa7", None},
		{"LZIP\x01", Lzip},
		{"\x1f\x9d\x90", Compress},
		{"\x1f\x9d\x91", None},
		{"\xff\x06\x00\x00sNaPpY", Snappy},
		{"MSCF\x00\x00\x00\x00", Cabinet},
		{"hsqs" + fill[:24] + "\x04\x00\x00\x00", SquashFS},
		{"hsqs is a word" + fill, None},
		{"PACK\x00\x00\x00\x02", GitPack},
		{"PACKAGE", None},
		{"# v2 git bundle\n", GitBundle},
	} {
		if got := IsContainer([]byte(test.head)); got != test.want {
			t.Errorf("%q is %v, want %v", test.head, got, test.want)
		}
	}
}

func TestClosedKinds(t *testing.T) {
	for _, head := range []string{"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07\x01", "PACK\x00\x00\x00\x02", "# v2 git bundle\n"} {
		b := zipStored(file{"a", []byte(head + "planted")})
		c := walked(t, b, generous())
		told(t, c, "a: "+IsContainer([]byte(head)).String()+" data is not opened")
		if !c.holds("planted") {
			t.Errorf("%q: %q", head, c.leaves)
		}
	}
}

func TestHasZipEnd(t *testing.T) {
	b := zipStored(file{"a", []byte("text")})
	for _, test := range []struct {
		tail string
		want bool
	}{
		{"", false},
		{"PK\x05\x06", false},
		{string(b), true},
		{string(b[len(b)-22:]), true},
		{string(b[len(b)-21:]), false},
		{"#!/bin/sh\n" + string(b), true},
		{string(b) + "\n", true},
		{"PK\x05\x06 is how such an archive ends, and this is not the end", false},
	} {
		if got := HasZipEnd([]byte(test.tail)); got != test.want {
			t.Errorf("%q: %v", test.tail, got)
		}
	}
}

func TestDisplay(t *testing.T) {
	long := strings.Repeat("a", maxShown)
	for _, test := range []struct{ name, want string }{
		{"a/b.txt", "a/b.txt"},
		{"", ""},
		{"name with spaces and ü and 日本", "name with spaces and ü and 日本"},
		{"../../etc/passwd", "../../etc/passwd"},
		{`C:\temp`, `C:\temp`},
		{"a\nb\x1b[31m\x00", `a\nb\x1b[31m\x00`},
		{"caf\xe9", `caf\xe9`},
		{"\u202egnp.exe", `\u202egnp.exe`},
		{"replaced \ufffd", "replaced \ufffd"},
		{long, long},
		{long + "b", long + "b"},
		{long + "bc", long + "b…"},
	} {
		if got := display(test.name); got != test.want {
			t.Errorf("%q is shown as %q, want %q", test.name, got, test.want)
		}
	}
}
