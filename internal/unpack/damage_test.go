package unpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// summed says that a format has a checksum over everything that it holds.
func (f format) summed() bool {
	return !strings.HasPrefix(f.name, "tar") && !strings.HasPrefix(f.name, "cpio") && f.name != "ar" && f.name != "lzma" && f.name != "RPM"
}

// sample is a small file in a format, and what must be found in it.
func (f format) sample() ([]byte, string) {
	text := "planted: " + string(noise(200))
	return f.wrap(file{"first.txt", []byte(text)}, file{"second.txt", []byte("more")}), text
}

// TestCutOff: wherever a container is cut off, all of what was planted is found, or something is told
// as not read.
func TestCutOff(t *testing.T) {
	for _, f := range formats() {
		b, text := f.sample()
		step := max(1, len(b)/400)
		for n := 0; n < len(b); n += step {
			c := walked(t, b[:n], generous())
			if string(b[:n]) == "!<arch>\n" {
				continue // a whole archive of nothing
			}
			if IsContainer(b[:min(n, headLen)]) != None && !c.holds(text) && len(c.skipped) == 0 {
				t.Errorf("%s of %d bytes, cut off at %d: %q", f.name, len(b), n, c.leaves)
			}
		}
	}
}

// TestFlippedBits: no bit of a container can be changed so that nothing is found and nothing is told.
func TestFlippedBits(t *testing.T) {
	for _, f := range formats() {
		b, text := f.sample()
		step := max(1, len(b)*8/600)
		for i := 0; i < len(b)*8; i += step {
			flipped := bytes.Clone(b)
			flipped[i/8] ^= 1 << (i % 8)
			c := walkedAt(t, flipped, generous())
			if !f.summed() || IsContainer(flipped[:min(len(flipped), headLen)]) == None {
				continue
			}
			if !c.holds(text) && len(c.skipped) == 0 {
				t.Errorf("%s, bit %d of byte %d of %d: %q", f.name, i%8, i/8, len(b), c.leaves)
			}
		}
	}
}

// failing reads well up to a point.
type failing struct {
	io.ReaderAt
	from int64
	err  error
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.from {
		return 0, f.err
	}
	if n := f.from - off; n < int64(len(p)) {
		m, _ := f.ReaderAt.ReadAt(p[:n], off)
		return m, f.err
	}
	return f.ReaderAt.ReadAt(p, off)
}

// TestFailingReads: a file that becomes shorter, or cannot be read further, is told.
func TestFailingReads(t *testing.T) {
	for _, f := range append(formats(), format{"PDF", func(f ...file) []byte { return pdfOf("/FlateDecode", zl, f[0].data) }, false}) {
		b, text := f.sample()
		for _, err := range []error{io.EOF, errors.New("input/output error")} {
			for from := 0; from < len(b); from += 13 {
				c := &collected{keep: 1 << 10}
				if e := Walk("x", failing{bytes.NewReader(b), int64(from), err}, int64(len(b)), generous(), c); e != nil {
					t.Fatal(e)
				}
				if !c.holds(text) && len(c.skipped) == 0 {
					t.Errorf("%s, %v from byte %d of %d on: %q", f.name, err, from, len(b), c.leaves)
				}
			}
		}
	}
}

func TestDamagedTar(t *testing.T) {
	b := tarUSTAR(file{"a", []byte("first")}, file{"b", []byte("second")}, file{"c", []byte("third")})
	b[2*blockLen+3] ^= 1 // in the header of b
	c := walked(t, b, generous())
	told(t, c, "(from byte 1024): a header of the tar archive is damaged")
	if !c.holds("first") || !c.holds("second") || !strings.Contains(fmt.Sprint(c.leaves), "c: third") {
		t.Errorf("%q", c.leaves)
	}
}
