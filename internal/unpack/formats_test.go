package unpack

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

// format wraps files; those without names take the first only.
type format struct {
	name  string
	wrap  func(...file) []byte
	named bool
}

func plain(f func([]byte) []byte) func(...file) []byte {
	return func(files ...file) []byte { return f(files[0].data) }
}

// formats are all that can be opened.
func formats() []format {
	streamed := func(method uint16, encode func([]byte) []byte) func(...file) []byte {
		return func(files ...file) []byte {
			f := files[0]
			return zipRaw(method, 0, f.name, encode(f.data), crc32.ChecksumIEEE(f.data), len(f.data))
		}
	}
	return []format{
		{"gzip", plain(gz), false},
		{"bzip2", plain(bz), false},
		{"xz", plain(xzBytes), false},
		{"lzma", plain(lzmaBytes), false},
		{"zstd", plain(zst), false},
		{"zlib", plain(zl), false},
		{"zip stored", zipStored, true},
		{"zip deflated", zipDeflated, true},
		{"zip of zstd", streamed(93, zst), true},
		{"zip of xz", streamed(95, xzBytes), true},
		{"zip of bzip2", streamed(12, bz), true},
		{"zip of LZMA", streamed(14, zipLZMA), true},
		{"tar", tarUSTAR, true},
		{"tar pax", tarPAX, true},
		{"tar GNU", tarGNU, true},
		{"ar", arOf, true},
		{"cpio", cpioNew, true},
		{"cpio odc", cpioOld, true},
		{"cpio binary", func(f ...file) []byte { return cpioBinary(binary.LittleEndian, f...) }, true},
		{"cpio swapped", func(f ...file) []byte { return cpioBinary(binary.BigEndian, f...) }, true},
		{"RPM", func(f ...file) []byte { return rpmOf("words", gz(cpioNew(f...))) }, true},
	}
}

// zipLZMA is LZMA as zip holds it.
func zipLZMA(b []byte) []byte {
	old := lzmaBytes(b)
	return append(append([]byte{9, 20, 5, 0}, old[:5]...), old[13:]...)
}

func TestFormatInFormat(t *testing.T) {
	all := formats()
	for _, outer := range all {
		for _, inner := range all {
			text := "planted in " + inner.name + " in " + outer.name
			b := outer.wrap(file{"outer.bin", inner.wrap(file{"inner.txt", []byte(text)})})
			c := walked(t, b, generous())
			if !c.holds(text) || len(c.skipped) > 0 {
				t.Errorf("%s: found %q, skipped %q", text, c.leaves, c.skipped)
			}
			want := ""
			if outer.named {
				want = "outer.bin"
			}
			if inner.named {
				want = strings.TrimPrefix(want+" → inner.txt", " → ")
			}
			if !strings.Contains(strings.Join(c.leaves, "\n"), want+": "+text) {
				t.Errorf("%s: in %q, want %q", text, c.leaves, want)
			}
		}
	}
}

func TestPDF(t *testing.T) {
	identity := func(b []byte) []byte { return b }
	for _, test := range []struct {
		filter string
		encode func([]byte) []byte
	}{
		{"/FlateDecode", zl},
		{"/Fl", zl},
		{"[/ASCII85Decode /FlateDecode]", func(b []byte) []byte { return a85(zl(b)) }},
		{"[ /AHx /Fl ]", func(b []byte) []byte { return []byte(hex.EncodeToString(zl(b)) + ">") }},
	} {
		b := pdfOf(test.filter, test.encode, []byte("first stream"), []byte("second stream, which says endstream"))
		for _, in := range [][]byte{b, zipDeflated(file{"a.pdf", b}), gz(b), zipStored(file{"a.pdf", b})} {
			c := walked(t, in, generous())
			if !c.holds("first stream") || !c.holds("second stream") || len(c.skipped) > 0 {
				t.Errorf("%s: %q, skipped %q", test.filter, c.leaves, c.skipped)
			}
		}
	}
	// Streams and their keywords at every place of the blocks that are looked through.
	var texts [][]byte
	for i := range 700 {
		texts = append(texts, append([]byte("planted stream"), noise(i%97)...))
	}
	for _, filter := range []string{"/FlateDecode", "[/A85 /Fl]"} {
		encode := zl
		if filter != "/FlateDecode" {
			encode = func(b []byte) []byte { return a85(zl(b)) }
		}
		c := walked(t, pdfOf(filter, encode, texts...), generous())
		told(t, c, "")
		if len(c.leaves) != 1+len(texts) || c.leaves[700] != "(object 700): "+string(texts[699]) {
			t.Errorf("%s: %d leaves, the last %q", filter, len(c.leaves), c.leaves[len(c.leaves)-1])
		}
	}
	c := walked(t, pdfOf("/DCTDecode", identity, []byte("picture")), generous())
	if len(c.leaves) != 1 || len(c.skipped) > 0 {
		t.Errorf("a picture: %q, %q", c.leaves, c.skipped)
	}
	for _, test := range []struct{ filter, after, want string }{
		{"/FlateDecode", "", ": 1 streams of the PDF file could not be read, the first from byte 63 on: "},
		{"/LZWDecode", "", `its filter "LZWDecode" is not supported`},
		{"/FlateDecode", "trailer << /Encrypt 5 0 R >>", ": the PDF file is encrypted; its streams were not read"},
	} {
		c = walked(t, append(pdfOf(test.filter, identity, []byte("no such data")), test.after...), generous())
		told(t, c, test.want)
	}
}

// TestPDFOfKeywords: a file of nothing but the word that is looked for takes no longer than others.
func TestPDFOfKeywords(t *testing.T) {
	l := generous()
	l.Entries = 100
	told(t, walkedAt(t, append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("stream "), 1<<20)...), l), "")
	told(t, walkedAt(t, append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("stream\n"), 1<<20)...), l), "more than 100 entries")
}

func TestTarFormats(t *testing.T) {
	long := strings.Repeat("long/", 60) + "name"
	for _, f := range []tar.Format{tar.FormatPAX, tar.FormatGNU} {
		c := walked(t, tarOf(f, file{long, []byte("text")}, file{"ü", []byte("more")}), generous())
		if got, want := fmt.Sprint(c.leaves), fmt.Sprintf("[%s: text ü: more]", long); got != want || len(c.skipped) > 0 {
			t.Errorf("%v: %s, skipped %q", f, got, c.skipped)
		}
	}
}

// TestManyFiles crosses the windows in which archives are read at every kind of place.
func TestManyFiles(t *testing.T) {
	var files []file
	for i := range 2000 {
		data := noise(i % 301)
		files = append(files, file{fmt.Sprintf("%0*d", 5+i%11, i), append([]byte("planted "), data...)})
	}
	for _, f := range formats() {
		if !f.named || strings.HasPrefix(f.name, "zip of") {
			continue
		}
		b := f.wrap(files...)
		for _, in := range [][]byte{b, gz(b), zipDeflated(file{"x", b})} {
			c := walked(t, in, generous())
			told(t, c, "")
			var found int
			for i, l := range c.leaves {
				if strings.Contains(l, ": planted ") {
					if want := files[found].name + ": " + string(files[found].data); !strings.HasSuffix(l, want) {
						t.Fatalf("%s, leaf %d: %q, want %q", f.name, i, l, want)
					}
					found++
				}
			}
			if found != len(files) {
				t.Errorf("%s: %d files", f.name, found)
			}
		}
	}
}
