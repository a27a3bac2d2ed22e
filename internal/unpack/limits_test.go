package unpack

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// told wants exactly one record, with a text in it, or none where it is empty.
func told(t *testing.T, c *collected, want string) {
	t.Helper()
	switch {
	case want == "" && len(c.skipped) > 0:
		t.Errorf("skipped %q, want nothing", c.skipped)
	case want != "" && (len(c.skipped) != 1 || !strings.Contains(c.skipped[0], want)):
		t.Errorf("skipped %q, want one with %q", c.skipped, want)
	}
}

func TestDepth(t *testing.T) {
	for _, test := range []struct {
		name string
		wrap func([]byte) []byte
		each int // levels that one wrapping takes
	}{
		{"zip", func(b []byte) []byte { return zipDeflated(file{"a", b}) }, 1},
		{"tar", func(b []byte) []byte { return tarUSTAR(file{"a", b}) }, 1},
		{"gzip", gz, 1},
		{"tar.gz", func(b []byte) []byte { return gz(tarUSTAR(file{"a", b})) }, 1},
		{"zip of cpio", func(b []byte) []byte { return zipDeflated(file{"a", cpioNew(file{"b", b})}) }, 2},
		{"ar of tar.xz", func(b []byte) []byte { return arOf(file{"data", xzBytes(tarUSTAR(file{"a", b}))}) }, 2},
	} {
		for depth := 2; depth <= 6; depth += 2 {
			l := generous()
			l.Depth = depth
			b := []byte("planted")
			for range depth / test.each {
				b = test.wrap(b)
			}
			c := walked(t, b, l)
			told(t, c, "")
			if !c.holds("planted") {
				t.Errorf("%s, depth %d: %q", test.name, depth, c.leaves)
			}
			c = walked(t, test.wrap(b), l)
			told(t, c, fmt.Sprintf("inside %d other containers is not opened", depth))
		}
	}
}

func TestDepthOfProgram(t *testing.T) {
	l := generous()
	l.Depth = 1
	b := append([]byte("#!/bin/sh\nexit\n"), zipStored(file{"a", []byte("planted")})...)
	told(t, walked(t, b, l), "")
	told(t, walked(t, zipDeflated(file{"p", b}), l), "inside 1 other containers")
}

func TestEntries(t *testing.T) {
	files := func(n int) (out []file) {
		for i := range n {
			out = append(out, file{fmt.Sprint("f", i), []byte("text")})
		}
		return out
	}
	for _, f := range formats() {
		if !f.named || strings.HasPrefix(f.name, "zip of") {
			continue
		}
		l := generous()
		l.Entries = 20
		c := walked(t, f.wrap(files(20)...), l)
		told(t, c, "")
		c = walked(t, f.wrap(files(21)...), l)
		told(t, c, ": there are more than 20 entries; this and all that follows was not read")
		if !strings.Contains(strings.Join(c.leaves, "\n"), "f19: text") {
			t.Errorf("%s: %q", f.name, c.leaves)
		}
	}
	// They are counted over all containers.
	l := generous()
	l.Entries = 8
	b := zipStored(file{"a", tarUSTAR(files(3)...)}, file{"b", tarUSTAR(files(3)...)})
	told(t, walked(t, b, l), "")
	l.Entries = 7
	told(t, walked(t, b, l), "b: there are more than 7 entries")
}

func TestEntryBytes(t *testing.T) {
	const limit = 1000
	l := generous()
	l.EntryBytes = limit
	for _, f := range formats() {
		c := walked(t, f.wrap(file{"a", bytes.Repeat([]byte{'a'}, limit)}), l)
		told(t, c, "")
		c = walked(t, f.wrap(file{"a", bytes.Repeat([]byte{'a'}, limit+1)}, file{"b", []byte("next")}), l)
		told(t, c, "larger than 1000 bytes; only those were read")
		if f.named && !strings.HasPrefix(f.name, "zip of") && !c.holds("next") {
			t.Errorf("%s: what follows was not read: %d leaves", f.name, len(c.leaves))
		}
	}
	// What is no container has no limit: its size is that of the file.
	told(t, walked(t, make([]byte, limit+1), l), "")
}

// noise cannot be compressed.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x>>7)%95 + ' '
	}
	return b
}

func TestTotalBytes(t *testing.T) {
	const limit = 10_000
	l := generous()
	l.TotalBytes = limit
	for _, f := range formats() {
		produced := int64(0)
		k := newWalker(generous(), &collected{})
		b := f.wrap(file{"a", noise(limit)})
		k.consumed = func() int64 { return int64(len(b)) }
		w := k.windowAt(bytes.NewReader(b), 0, int64(len(b)))
		k.start(w)
		if produced = k.produced; produced == 0 {
			continue // nothing is decoded
		}
		l.TotalBytes = produced
		told(t, walked(t, b, l), "")
		l.TotalBytes = produced - 1
		c := walked(t, b, l)
		told(t, c, fmt.Sprintf("more than %d bytes came out of compressed data; this and all that follows", produced-1))
	}
}

func TestRatio(t *testing.T) {
	for _, f := range []struct {
		name string
		wrap func([]byte) []byte
	}{
		{"gzip", gz},
		{"zip", func(b []byte) []byte { return zipDeflated(file{"a", b}) }},
		{"zstd", zst},
		{"xz", xzBytes},
	} {
		b := f.wrap(make([]byte, 1<<20))
		l := generous()
		l.Ratio = 10
		l.RatioAfter = 1 << 20
		told(t, walked(t, b, l), "")
		l.RatioAfter--
		if c := walked(t, b, l); len(c.skipped) != 1 || !strings.Contains(c.skipped[0], "more than 10 times its size") {
			t.Errorf("%s: %q", f.name, c.skipped)
		}
	}
}

func TestSteep(t *testing.T) {
	k := newWalker(Limits{Ratio: 200, RatioAfter: 1000}, nil)
	for _, test := range []struct {
		out, in int64
		want    bool
	}{{1000, 0, false}, {1001, 0, true}, {1001, 5, true}, {1001, 6, false}, {2000, 10, false}, {2001, 10, true}} {
		if got := k.steep(test.out, test.in); got != test.want {
			t.Errorf("%d from %d: %v", test.out, test.in, got)
		}
	}
}

// TestRatioOfOne: a bomb costs itself, and the walk goes on.
func TestRatioOfOne(t *testing.T) {
	l := generous()
	l.RatioAfter = 1 << 20
	b := zipDeflated(file{"bomb", make([]byte, 8<<20)}, file{"noise", noise(1 << 20)}, file{"c", []byte("planted")})
	c := walked(t, b, l)
	told(t, c, "bomb: the zip entry grew to more than 200 times its size; only the first")
	if !c.holds("planted") {
		t.Errorf("%q", c.leaves)
	}
}

// TestRatioOfOuter: what is inside a bomb is not blamed for it.
func TestRatioOfOuter(t *testing.T) {
	l := generous()
	l.RatioAfter = 1 << 20
	inner := tarUSTAR(file{"a", make([]byte, 2<<20)})
	told(t, walked(t, zipDeflated(file{"noise", noise(1 << 20)}, file{"gz", gz(gz(inner))}), l), "gz: gzip data grew to more than 200 times its size")
}

func TestMemory(t *testing.T) {
	l := generous()
	l.Memory = 4 * chunkLen
	fill := func(n int) []byte { // a zip archive of a size
		data := append([]byte("planted"), noise(n-len(zipRaw(0, 0, "a", nil, 0, 0))-7)...)
		return zipRaw(0, 0, "a", data, crc32.ChecksumIEEE(data), len(data))
	}
	exact := fill(4 * chunkLen)
	if len(exact) != 4*chunkLen {
		t.Fatalf("the archive has %d bytes", len(exact))
	}
	for _, b := range [][]byte{exact, fill(4*chunkLen + 1)} {
		told(t, walked(t, gz(b), l), "") // what is too large is read in order
		c := walked(t, gz(b), l)
		if !c.holds("planted") {
			t.Errorf("%d bytes: %d leaves", len(b), len(c.leaves))
		}
	}
	large := fill(5 * chunkLen)
	large = large[:len(large)-100]
	c := walked(t, gz(large), l)
	if got := strings.Join(c.skipped, "\n"); got != fmt.Sprintf("a: the zip entry is cut off\n(from byte %d): a zip archive of more than 1048576 bytes inside another file could not be followed further; what follows was searched as it is", len(large)) {
		t.Errorf("%s", got)
	}
	pdf := pdfOf("/FlateDecode", zl, noise(5*chunkLen))
	told(t, walked(t, gz(pdf), l), "streams of a PDF file of more than 1048576 bytes")
}

func TestWindow(t *testing.T) {
	for _, test := range []struct {
		name string
		b    []byte
		need int64
	}{
		{"xz", xzBytes([]byte("planted")), testDict},
		{"zstd", through(append([]byte("planted"), noise(3<<20)...), func(w io.Writer) io.WriteCloser {
			return must(zstd.NewWriter(w, zstd.WithWindowSize(1<<20)))
		}), 1 << 20},
		{"LZMA", lzmaBytes([]byte("planted")), testDict},
		{"xz in xz", xzBytes(xzBytes([]byte("planted"))), 2 * testDict},
		{"zip of xz", zipRaw(95, 0, "a", xzBytes([]byte("planted")), 0, 7), testDict},
	} {
		l := generous()
		l.Window = test.need
		c := walked(t, test.b, l)
		told(t, c, "")
		if !c.holds("planted") {
			t.Errorf("%s: %q", test.name, c.leaves)
		}
		l.Window--
		if c = walked(t, test.b, l); len(c.skipped) != 1 {
			t.Errorf("%s: %q", test.name, c.skipped)
		}
	}
}

func TestStop(t *testing.T) {
	var b []byte
	for range 100 {
		b = append(b, gz(tarUSTAR(file{"a", []byte("text")}, file{"b", noise(100)}))...)
	}
	for _, after := range []int{0, 1, 5, 50} {
		l := generous()
		n := 0
		l.Stop = func() error {
			if n++; n > after {
				return context.DeadlineExceeded
			}
			return nil
		}
		c := walkedAt(t, b, l)
		told(t, c, ": the scan was ended: context deadline exceeded; this and all that follows was not read")
	}
}

func TestLeafErrorEndsTheWalk(t *testing.T) {
	c := &collected{refuse: io.ErrClosedPipe}
	b := zipStored(file{"a", []byte("1")}, file{"b", []byte("2")})
	err := Walk("name", bytes.NewReader(b), int64(len(b)), generous(), c)
	if !errors.Is(err, io.ErrClosedPipe) || !strings.Contains(err.Error(), `"name"`) || len(c.leaves) != 1 || len(c.skipped) > 0 {
		t.Errorf("%v, %+v", err, c)
	}
}

// deflated repeats a compressed block of zeros: 1030 bytes for each that the archive has.
func deflatedZeros(n int64) []byte {
	var out bytes.Buffer
	w := must(flate.NewWriter(&out, flate.BestCompression))
	must(io.CopyN(w, zeroReader{}, n))
	check(w.Close())
	return out.Bytes()
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestBombs(t *testing.T) {
	zeros := make([]byte, 1<<20)
	flat := deflatedZeros(64 << 20)
	overlap := func(n int) []byte { // all entries of the directory share one piece of data
		one := zipRaw(8, 0, "a", flat, 0, 64<<20)
		at := bytes.Index(one, []byte(sigDirectory))
		end := bytes.LastIndex(one, []byte(sigEnd))
		dir := bytes.Repeat(one[at:end], n)
		tail := bytes.Clone(one[end:])
		le.PutUint16(tail[8:], uint16(n))
		le.PutUint16(tail[10:], uint16(n))
		le.PutUint32(tail[12:], uint32(len(dir)))
		return append(append(bytes.Clone(one[:at]), dir...), tail...)
	}
	empty := bytes.Repeat(tarUSTAR(file{"a", nil})[:blockLen], 1000)
	for _, test := range []struct {
		name  string
		b     []byte
		limit int64 // of bytes that may come out
		want  string
	}{
		{"gzip", gz(bytes.Repeat(zeros, 64)), 11 << 20, "times its size"},
		{"bzip2", bytes.Repeat(bz(bytes.Repeat([]byte{0}, 1<<14)), 10_000), 11 << 20, "times its size"},
		{"zip", zipRaw(8, 0, "a", flat, crc32.ChecksumIEEE(nil), 64<<20), 11 << 20, "times its size"},
		{"zip that says nothing of its size", zipRaw(8, 0, "a", flat, 0, 1), 11 << 20, "times its size"},
		{"zip of zips", zipDeflated(file{"a", zipDeflated(file{"b", zipDeflated(file{"c", bytes.Repeat(zeros, 64)})})}), 12 << 20, "times its size"},
		{"overlapping entries", overlap(1000), 22 << 20, "its entries overlap"},
		{"a tar of empty files", bytes.Repeat(empty, 1000), 1 << 20, "more than 50000 entries"},
		{"zstd", zst(bytes.Repeat(zeros, 64)), 11 << 20, "times its size"},
		{"xz", xzBytes(bytes.Repeat(zeros, 12)), 11 << 20, "times its size"},
	} {
		before := runtime.NumGoroutine()
		c := walkedAt(t, test.b, generous())
		if c.bytes > test.limit || len(c.skipped) == 0 || !strings.Contains(strings.Join(c.skipped, "\n"), test.want) {
			t.Errorf("%s: %d bytes came out, skipped %q", test.name, c.bytes, c.skipped)
		}
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%s: %d goroutines are left", test.name, after-before)
		}
	}
}

func TestSparseBomb(t *testing.T) {
	// Holes of 8 GB, as the old format has them.
	h := tarUSTAR(file{"sparse", []byte("planted")})
	copy(h[257:], "ustar  \x00")
	h[156] = 'S'
	copy(h[345:500], make([]byte, 155))
	copy(h[386:], fmt.Sprintf("%011o\x00%011o\x00", 8<<30-10, 7))
	copy(h[483:], fmt.Sprintf("%011o\x00", 8<<30))
	rechecksum(h)
	c := walked(t, h, generous())
	told(t, c, "")
	if !c.holds("planted") || c.bytes > 2*maxHole {
		t.Errorf("%d bytes: %q", c.bytes, c.skipped)
	}
}

// rechecksum makes a changed header sound again.
func rechecksum(h []byte) {
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h[:blockLen] {
		sum += int(c)
	}
	copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
}
