package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// tight are limits that keep a fuzzer fast.
func tight() Limits {
	return Limits{Depth: 3, Entries: 200, EntryBytes: 1 << 18, TotalBytes: 1 << 20, Ratio: 200, RatioAfter: 1 << 18, Memory: 1 << 20, Window: 1 << 20}
}

// bounded walks through b within the tight limits, and holds it to them.
func bounded(t *testing.T, b []byte) *collected {
	c := &collected{keep: 1 << 18}
	l := tight()
	if err := Walk("fuzz", bytes.NewReader(b), int64(len(b)), l, c); err != nil {
		t.Fatal(err)
	}
	// What is stored can be read once for every level that it stands in.
	if most := l.TotalBytes*int64(l.Depth+1) + int64(len(b)*(l.Depth+1)) + maxSpans*maxHole; c.bytes > most {
		t.Errorf("%d bytes came out of %d", c.bytes, len(b))
	}
	s := &collected{keep: 1 << 18}
	if err := WalkReader("fuzz", bytes.NewReader(b), l, s); err != nil {
		t.Fatal(err)
	}
	// Read in order, the same is found. How much went in is known more exactly then.
	if told := fmt.Sprint(c.skipped, s.skipped); IsContainer(b) != None && !strings.Contains(told, "times its size") {
		if !slices.Equal(c.leaves, s.leaves) || !slices.Equal(c.names, s.names) || !slices.Equal(c.skipped, s.skipped) {
			t.Errorf("read at random: %+q\nread in order: %+q", [][]string{c.leaves, c.names, c.skipped}, [][]string{s.leaves, s.names, s.skipped})
		}
	}
	return c
}

// finds wants the content of an entry in some leaf, unless something was told as not read.
func (c *collected) finds(t *testing.T, name string, content []byte) {
	t.Helper()
	if len(content) == 0 || len(c.skipped) > 0 || IsContainer(content) != None || isProgram(content) {
		return
	}
	for _, l := range c.leaves {
		if strings.HasSuffix(l, ": "+string(content)) {
			return
		}
	}
	t.Errorf("%q in %q was neither found nor told", content, name)
}

// FuzzWalk begins with every format.
func FuzzWalk(f *testing.F) {
	for _, format := range formats() {
		b, _ := format.sample()
		f.Add(b)
		f.Add(gz(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) { bounded(t, b) })
}

// FuzzZip holds the reader to that of the standard library: what that reads, this finds.
func FuzzZip(f *testing.F) {
	files := []file{{"a", []byte("text")}, {"b/", nil}, {"b/c", noise(100)}}
	f.Add(zipStored(files...))
	f.Add(zipDeflated(files...))
	f.Add(append([]byte("before"), zipDeflated(files...)...))
	f.Add(zipRaw(0, 0, "a", []byte("text"), 0, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := bounded(t, b)
		r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil || len(r.File) > tight().Entries {
			return
		}
		for _, e := range r.File {
			if o, err := e.Open(); err == nil {
				content, err := io.ReadAll(io.LimitReader(o, 1<<18))
				if err == nil {
					c.finds(t, e.Name, content)
				}
			}
		}
	})
}

// FuzzTar holds the reader to that of the standard library. That one puts holes back.
func FuzzTar(f *testing.F) {
	files := []file{{"a", []byte("text")}, {"b/c", noise(600)}, {strings.Repeat("long/", 30) + "x", []byte("more")}}
	f.Add(tarUSTAR(files[:2]...))
	f.Add(tarPAX(files...))
	f.Add(tarGNU(files...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !isTar(b) {
			return
		}
		c := bounded(t, b)
		for r := tar.NewReader(bytes.NewReader(b)); ; {
			h, err := r.Next()
			if err != nil {
				return
			}
			content, err := io.ReadAll(io.LimitReader(r, 1<<18))
			if err == nil && h.Typeflag != tar.TypeGNUSparse && h.PAXRecords["GNU.sparse.major"]+h.PAXRecords["GNU.sparse.map"] == "" {
				c.finds(t, h.Name, content)
			}
		}
	})
}

func fuzzOf(f *testing.F, start string, seeds ...[]byte) {
	for _, b := range seeds {
		f.Add(b[len(start):])
	}
	f.Fuzz(func(t *testing.T, b []byte) { bounded(t, append([]byte(start), b...)) })
}

func FuzzAr(f *testing.F) {
	fuzzOf(f, "!<arch>\n", arOf(file{"a", []byte("text")}, file{"#1/4", []byte("nametext")}), arOf(file{"//", []byte("long/\n")}, file{"/0", []byte("text")}))
}

func FuzzCpio(f *testing.F) {
	fuzzOf(f, "0707", cpioNew(file{"a", []byte("text")}), cpioOld(file{"a", []byte("text")}))
}

func FuzzRPM(f *testing.F) {
	fuzzOf(f, "\xed\xab\xee\xdb", rpmOf("words", gz(cpioNew(file{"a", []byte("text")}))))
}

func FuzzXZ(f *testing.F) {
	fuzzOf(f, "\xfd7zXZ\x00", xzBytes([]byte("text")), append(xzBytes(nil), xzBytes(noise(1000))...))
}

func FuzzLZMA(f *testing.F) { fuzzOf(f, "\x5d\x00\x00", lzmaBytes([]byte("text"))) }

func FuzzZstd(f *testing.F) { fuzzOf(f, "\x28\xb5\x2f\xfd", zst([]byte("text")), zst(noise(1000))) }

func FuzzBzip2(f *testing.F) { fuzzOf(f, "BZh", bz([]byte("text")), bz(nil)) }

func FuzzGzip(f *testing.F) {
	fuzzOf(f, "\x1f\x8b\x08", gz([]byte("text")), append(gz(nil), gz(noise(1000))...))
}

func FuzzPDF(f *testing.F) {
	fuzzOf(f, "%PDF-", pdfOf("/FlateDecode", zl, []byte("text")), pdfOf("[/A85 /Fl]", func(b []byte) []byte { return a85(zl(b)) }, []byte("text")))
}
