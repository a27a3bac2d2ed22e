package gitobject

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"testing"
)

// zlibOf compresses at a level of package flate.
func zlibOf(t testing.TB, text []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// texts are contents of all the kinds of blocks and codes: none, one byte again and again, few and
// many letters, what cannot be compressed, and all of them together.
func texts() [][]byte {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func(n, letters int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.IntN(letters))
		}
		return b
	}
	skewed := func(n int) []byte { // some letters are so rare that their codes are the longest there can be
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.IntN(1+rng.IntN(1+rng.IntN(1+rng.IntN(256))))) ^ byte(i>>15)
		}
		return b
	}
	list := [][]byte{nil, {0}, bytes.Repeat([]byte{'a'}, 300), bytes.Repeat([]byte("abcdefg"), 10_000), random(100, 2), random(70_000, 256), skewed(200_000)}
	for n := range 40 {
		list = append(list, random(n*n, 1+n*6))
	}
	list = append(list, bytes.Join(list, nil))
	return list
}

func TestUnzlib(t *testing.T) {
	for i, text := range texts() {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			data := zlibOf(t, text, level)
			got := make([]byte, len(text))
			used, err := unzlib(got, append(data, "behind it"...), true)
			if err != nil || used != len(data) || !bytes.Equal(got, text) {
				t.Fatalf("text %d, level %d: %d bytes of %d, %v", i, level, used, len(data), err)
			}
			if _, err := unzlib(make([]byte, len(text)+1), data, true); err != errZlibShort {
				t.Errorf("text %d, level %d, one more byte: %v", i, level, err)
			}
			if len(text) > 0 {
				if _, err := unzlib(got[1:], data, true); err != errZlibLong {
					t.Errorf("text %d, level %d, one byte fewer: %v", i, level, err)
				}
			}
			for _, cut := range []int{0, 1, 2, len(data) / 2, len(data) - 5, len(data) - 1} {
				if _, err := unzlib(got, data[:cut], false); err == nil {
					t.Errorf("text %d, level %d, cut at %d of %d: no error", i, level, cut, len(data))
				}
			}
		}
	}
}

func TestUnzlibChecksum(t *testing.T) {
	data := zlibOf(t, []byte("a text"), flate.BestSpeed)
	data[len(data)-1] ^= 1
	got := make([]byte, 6)
	if _, err := unzlib(got, data, true); err != errZlibChecksum {
		t.Errorf("a wrong checksum: %v", err)
	}
	if used, err := unzlib(got, data, false); err != nil || used != len(data) {
		t.Errorf("a checksum that nobody looks at: %v", err)
	}
}

// FuzzUnzlib decodes whatever comes as the standard library does, down to where the stream ends.
func FuzzUnzlib(f *testing.F) {
	for i, text := range texts() {
		if len(text) < 3000 {
			f.Add(zlibOf(f, text, i%10), uint16(len(text)), uint16(0), byte(0))
		}
	}
	f.Add([]byte("\x78\x9c\x03\x00\x00\x00\x00\x01"), uint16(0), uint16(2), byte(4))
	f.Fuzz(func(t *testing.T, data []byte, size, at uint16, flip byte) {
		if len(data) > 0 {
			data = bytes.Clone(data)
			data[int(at)%len(data)] ^= flip
		}
		want, rest, wantErr := standard(data)
		if wantErr == nil {
			size = uint16(min(len(want), 1<<16-1))
		}
		got := make([]byte, size)
		used, err := unzlib(got, data, true)
		switch {
		case wantErr == nil && len(want) == int(size):
			if err != nil || !bytes.Equal(got, want) || used != len(data)-rest {
				t.Errorf("%v, %d bytes used of %d with %d behind", err, used, len(data), rest)
			}
		case err == nil:
			t.Errorf("%d bytes where the standard library says %v", size, wantErr)
		}
	})
}

// standard inflates with the standard library, and says how many bytes stand behind the stream.
func standard(data []byte) (text []byte, rest int, err error) {
	r := bytes.NewReader(data)
	z, err := zlib.NewReader(r)
	if err != nil {
		return nil, 0, err
	}
	text, err = io.ReadAll(io.LimitReader(z, 1<<20))
	return text, r.Len(), err
}

func BenchmarkUnzlib(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	text := make([]byte, 0, 4096)
	for len(text) < 4000 {
		text = append(text, "resource aws_s3_bucket name value"[rng.IntN(20):]...)
	}
	for _, n := range []int{60, 4000} {
		data := zlibOf(b, text[:n], flate.DefaultCompression)
		dst := make([]byte, n)
		b.Run("memory", func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				if _, err := unzlib(dst, data, true); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("stream", func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				z := newInflater()
				if err := z.start(bytes.NewReader(data), 0, int64(len(data))); err != nil {
					b.Fatal(err)
				}
				if _, err := z.read(dst, int64(n)); err != nil {
					b.Fatal(err)
				}
				z.release()
			}
		})
	}
}
