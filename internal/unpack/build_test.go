package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/binary"
	"fmt"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// file is a name and what it holds.
type file struct {
	name string
	data []byte
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// through compresses with a writer that a library has.
func through(b []byte, open func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := open(&out)
	must(w.Write(b))
	check(w.Close())
	return out.Bytes()
}

func gz(b []byte) []byte {
	return through(b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func zl(b []byte) []byte {
	return through(b, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
}

// testDict is how far xz and LZMA look back: the default of the library would cost most of the time of the tests.
const testDict = 1 << 16

func xzBytes(b []byte) []byte {
	return through(b, func(w io.Writer) io.WriteCloser { return must(xz.WriterConfig{DictCap: testDict}.NewWriter(w)) })
}

func lzmaBytes(b []byte) []byte {
	return through(b, func(w io.Writer) io.WriteCloser { return must(lzma.WriterConfig{DictCap: testDict}.NewWriter(w)) })
}

func zst(b []byte) []byte {
	return through(b, func(w io.Writer) io.WriteCloser { return must(zstd.NewWriter(w)) })
}

// zipOf makes an archive with one method.
func zipOf(method uint16, files ...file) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		must(must(w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})).Write(f.data))
	}
	check(w.Close())
	return out.Bytes()
}

func zipDeflated(files ...file) []byte { return zipOf(zip.Deflate, files...) }
func zipStored(files ...file) []byte   { return zipOf(zip.Store, files...) }

// zipRaw makes an archive of data that is already compressed, with sizes before it.
func zipRaw(method uint16, flags uint16, name string, packed []byte, crc uint32, size int) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	must(must(w.CreateRaw(&zip.FileHeader{
		Name: name, Method: method, Flags: flags, CRC32: crc,
		CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(size),
	})).Write(packed))
	check(w.Close())
	return out.Bytes()
}

func tarOf(format tar.Format, files ...file) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		check(w.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: 0o644, Format: format}))
		must(w.Write(f.data))
	}
	check(w.Close())
	return out.Bytes()
}

func tarUSTAR(files ...file) []byte { return tarOf(tar.FormatUSTAR, files...) }
func tarPAX(files ...file) []byte   { return tarOf(tar.FormatPAX, files...) }
func tarGNU(files ...file) []byte   { return tarOf(tar.FormatGNU, files...) }

func arOf(files ...file) []byte {
	out := []byte("!<arch>\n")
	for _, f := range files {
		out = fmt.Appendf(out, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", f.name, 0, 0, 0, 0o644, len(f.data))
		out = append(out, f.data...)
		out = append(out, make([]byte, len(f.data)&1)...)
	}
	return out
}

// cpioNew makes the form that RPM and the kernel use.
func cpioNew(files ...file) []byte {
	var out []byte
	pad := func() { out = append(out, make([]byte, -len(out)&3)...) }
	for _, f := range append(files, file{"TRAILER!!!", nil}) {
		out = fmt.Appendf(out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, 0o100644, 0, 0, 1, 0,
			len(f.data), 0, 0, 0, 0, len(f.name)+1, 0)
		out = append(append(out, f.name...), 0)
		pad()
		out = append(out, f.data...)
		pad()
	}
	return out
}

func cpioOld(files ...file) []byte {
	var out []byte
	for _, f := range append(files, file{"TRAILER!!!", nil}) {
		out = fmt.Appendf(out, "070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o", 0, 1, 0o100644, 0, 0, 1, 0, 0, len(f.name)+1, len(f.data))
		out = append(append(append(out, f.name...), 0), f.data...)
	}
	return out
}

// cpioBinary makes the oldest form.
func cpioBinary(order binary.ByteOrder, files ...file) []byte {
	var out []byte
	for _, f := range append(files, file{"TRAILER!!!", nil}) {
		h := make([]byte, 26)
		for i, v := range []int{0o70707, 0, 1, 0o100644, 0, 0, 1, 0, 0, 0, len(f.name) + 1, len(f.data) >> 16, len(f.data) & 0xffff} {
			order.PutUint16(h[2*i:], uint16(v))
		}
		out = append(append(append(out, h...), f.name...), 0)
		out = append(out, make([]byte, (len(f.name)+1)&1)...)
		out = append(out, f.data...)
		out = append(out, make([]byte, len(f.data)&1)...)
	}
	return out
}

// rpmOf makes a package around a payload, with words in its header.
func rpmOf(words string, payload []byte) []byte {
	out := append([]byte("\xed\xab\xee\xdb"), make([]byte, rpmLeadLen-4)...)
	header := func(data []byte) {
		out = append(out, "\x8e\xad\xe8\x01\x00\x00\x00\x00"...)
		out = binary.BigEndian.AppendUint32(out, 0)
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		out = append(out, data...)
	}
	header([]byte("sig"))
	out = append(out, make([]byte, padding(16+3, 8))...)
	header([]byte(words))
	return append(out, payload...)
}

// pdfOf makes a file with one stream for each text.
func pdfOf(filter string, encode func([]byte) []byte, texts ...[]byte) []byte {
	out := []byte("%PDF-1.7\n")
	for i, t := range texts {
		data := encode(t)
		out = fmt.Appendf(out, "%d 0 obj\n<< /Filter %s /Length %d >>\nstream\r\n", i+1, filter, len(data))
		out = append(append(out, data...), "\nendstream\nendobj\n"...)
	}
	return append(out, "trailer << /Root 1 0 R >>\n%%EOF\n"...)
}

func a85(b []byte) []byte {
	out := make([]byte, ascii85.MaxEncodedLen(len(b)))
	return append(out[:ascii85.Encode(out, b)], "~>"...)
}

// generous are limits that no small test reaches.
func generous() Limits { return DefaultLimits() }

func TestNotAContainer(t *testing.T) {
	for _, s := range []string{"", "a", "PK", "hello\n", "x\x9c is no zlib data, whatever its first bytes say", "%PD"} {
		c := walked(t, []byte(s), generous())
		if len(c.leaves) != 1 || c.leaves[0] != ": "+s || len(c.names)+len(c.skipped) > 0 {
			t.Errorf("%q: %+v", s, c)
		}
	}
}
