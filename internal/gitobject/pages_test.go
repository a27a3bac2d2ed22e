package gitobject

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
)

// counted counts what is read of a file.
type counted struct {
	io.ReaderAt
	mu sync.Mutex
	n  int
}

func (c *counted) ReadAt(b []byte, off int64) (int, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.ReaderAt.ReadAt(b, off)
}

func pagedBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>16*31 ^ i>>8*7 ^ i)
	}
	return b
}

// TestPages reads at all borders of pages, with a budget for all of them, for some, and for none.
func TestPages(t *testing.T) {
	for _, size := range []int{0, 1, pageLen - 1, pageLen, pageLen + 1, 5*pageLen + 17} {
		want := pagedBytes(size)
		for _, budget := range []int64{0, 2 * pageLen, 1 << 30} {
			all := newPages(budget)
			f := all.file(bytes.NewReader(want), int64(size))
			for at := 0; at <= size; at += pageLen / 2 {
				for _, n := range []int{0, 1, 100, pageLen, 2*pageLen + 3} {
					got := make([]byte, n)
					k, err := f.ReadAt(got, int64(at))
					have := min(n, size-at)
					if k != have || !bytes.Equal(got[:k], want[at:at+have]) || (err == io.EOF) != (have < n) {
						t.Fatalf("%d bytes of %d at %d: %d, %v", n, size, at, k, err)
					}
				}
			}
			if all.held > max(budget, pageLen) || int64(len(all.kept))*pageLen > max(budget, pageLen) {
				t.Errorf("%d bytes in %d pages are held of %d", all.held, len(all.kept), budget)
			}
		}
	}
}

// TestPagesAreKept reads each page once while there is room.
func TestPagesAreKept(t *testing.T) {
	r := &counted{ReaderAt: bytes.NewReader(pagedBytes(4 * pageLen))}
	f := newPages(4*pageLen).file(r, 4*pageLen)
	var b [10]byte
	for i := range 400 {
		if _, err := f.ReadAt(b[:], int64(i*600)); err != nil {
			t.Fatal(err)
		}
	}
	if r.n != 4 {
		t.Errorf("%d reads for 4 pages", r.n)
	}
}

func TestPagesOfAShorterFile(t *testing.T) {
	f := newPages(1<<20).file(bytes.NewReader(pagedBytes(pageLen+5)), pageLen+500)
	var b [10]byte
	if _, err := f.ReadAt(b[:], 3); err != nil {
		t.Error(err)
	}
	if _, err := f.ReadAt(b[:], pageLen+1); err != io.ErrUnexpectedEOF {
		t.Errorf("in a page that is cut: %v", err)
	}
	for _, off := range []int64{-1, pageLen + 500, 1 << 62} {
		if _, err := f.ReadAt(b[:], off); err != io.EOF {
			t.Errorf("at %d: %v", off, err)
		}
	}
}

// TestPagesTogether reads two files from many goroutines with room for two pages.
func TestPagesTogether(t *testing.T) {
	all := newPages(2 * pageLen)
	want := [][]byte{pagedBytes(6 * pageLen), pagedBytes(3*pageLen + 7)}
	files := []*pagedFile{all.file(bytes.NewReader(want[0]), int64(len(want[0]))), all.file(bytes.NewReader(want[1]), int64(len(want[1])))}
	var wg sync.WaitGroup
	for g := range uint64(8) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(g, 1))
			var buf []byte
			for range 300 {
				i := rng.IntN(2)
				at := rng.IntN(len(want[i]))
				n := 1 + rng.IntN(min(len(want[i])-at, 3*pageLen))
				d := packData{ReaderAt: files[i], end: int64(len(want[i]))}
				if got, err := d.stretch(int64(at), n, &buf); err != nil || !bytes.Equal(got, want[i][at:at+n]) {
					t.Errorf("%d bytes at %d: %v", n, at, err)
				}
			}
		})
	}
	wg.Wait()
	if all.held > 2*pageLen {
		t.Errorf("%d bytes are held", all.held)
	}
}

// TestChecksums changes a byte of each part of a stored object, with and without its checksum in the index.
func TestChecksums(t *testing.T) {
	list := []stored{blobOf("a base of thirty-two characters."), blobOf("another")}
	pack, index := packOf(SHA1, list...)
	with := withChecksums(t, pack, index)
	for at := packHead; at < len(pack)-SHA1.Size(); at++ {
		bad := bytes.Clone(pack)
		bad[at] ^= 0x10
		r := mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": bad, "objects/pack/pack-0.idx": with}), Options{})
		faults := 0
		for o, err := range r.Packs()[0].Objects() {
			if err == nil {
				_, err = r.Packs()[0].Inflate(o, nil)
			}
			if err != nil {
				faults++
				var c *CorruptError
				if !errors.As(err, &c) {
					t.Errorf("byte %d: %v", at, err)
				}
			}
		}
		if faults == 0 {
			t.Errorf("byte %d is wrong, and nothing is told", at)
		}
	}
}

// withChecksums is an index with the checksums of the objects of its pack.
func withChecksums(t *testing.T, pack, index []byte) []byte {
	t.Helper()
	r := mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": pack, "objects/pack/pack-0.idx": index}), Options{})
	p := r.Packs()[0]
	if err := p.CheckIndex(); err != nil {
		t.Fatal(err)
	}
	out := withSums(t, pack, index)
	copy(out[len(out)-SHA1.Size():], sumOf(SHA1, out[:len(out)-SHA1.Size()]))
	for at := range out {
		bad := bytes.Clone(out)
		bad[at] ^= 1
		x, err := openIndex(bytes.NewReader(bad), int64(len(bad)), SHA1)
		if err == nil && x.check() == nil {
			t.Errorf("byte %d of the index is wrong, and its checksum is right", at)
		}
	}
	return out
}

func checksumOf(b []byte) (sum [4]byte) {
	var v uint32 = 0xffffffff // bit by bit, unlike the code
	for _, c := range b {
		v ^= uint32(c)
		for range 8 {
			v = v>>1 ^ 0xedb88320&-(v&1)
		}
	}
	v = ^v
	return [4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
}

// TestLargeObject inflates one that is stored in more than can be inflated at once.
func TestLargeObject(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	text := make([]byte, atOnce+50_000)
	for i := range text {
		text[i] = byte(rng.Uint32())
	}
	pack, index := packOf(SHA1, blobOf(string(text)), blobOf("small"))
	for _, idx := range [][]byte{index, withSums(t, pack, index)} {
		r := mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": pack, "objects/pack/pack-0.idx": idx}), Options{})
		for o, err := range r.Packs()[0].Objects() {
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Packs()[0].Inflate(o, nil)
			if err != nil || int64(len(got)) != o.Size || o.Size > 5 && !bytes.Equal(got, text) {
				t.Errorf("%d bytes of %d: %v", len(got), o.Size, err)
			}
		}
	}
	wrong := withSums(t, pack, index)
	x, err := openIndex(bytes.NewReader(wrong), int64(len(wrong)), SHA1)
	if err != nil {
		t.Fatal(err)
	}
	wrong[x.sums] ^= 1
	wrong[x.sums+4] ^= 1
	r := mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": pack, "objects/pack/pack-0.idx": wrong}), Options{})
	for o := range r.Packs()[0].Objects() {
		if _, err := r.Packs()[0].Inflate(o, nil); err == nil {
			t.Errorf("an object of %d bytes with a wrong checksum", o.Size)
		}
	}
}

func withSums(t *testing.T, pack, index []byte) []byte {
	t.Helper()
	r := mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": pack, "objects/pack/pack-0.idx": index}), Options{})
	x, err := r.Packs()[0].index()
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.Clone(index)
	for o := range r.Packs()[0].Objects() {
		sum := checksumOf(pack[o.Offset:o.End])
		copy(out[x.sums+4*int64(o.Pos):], sum[:])
	}
	return out
}
