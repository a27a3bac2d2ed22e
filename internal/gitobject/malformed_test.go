package gitobject

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// TestMalformedPack reads packs that lie. Each of them must end soon, take little memory and say what
// is wrong.
func TestMalformedPack(t *testing.T) {
	base := blobOf("a base of thirty-two characters.")
	first := int64(packHead)
	behind := first + int64(len(base.bytes())) // where a second object begins
	second := func(s stored) []stored {
		s.id = idOf(1)
		return []stored{base, s}
	}
	small := deltaOf(32, 32, copyAll(32)...)
	for _, c := range []struct {
		name    string
		objects []stored
		want    string // part of the error
	}{
		{"reserved type 0", second(stored{kind: 0, data: []byte("x")}), "type 0"},
		{"reserved type 5", second(stored{kind: 5, data: []byte("x")}), "type 5"},
		{"base is itself", second(stored{kind: TypeOffsetDelta, data: small}), "base is not before it"},
		{"base before the pack", second(stored{kind: TypeOffsetDelta, data: small, back: 1 << 40}), "base is not before it"},
		{"base in the head of the pack", second(stored{kind: TypeOffsetDelta, data: small, back: behind - 8}), "base is not before it"},
		{"base inside an object", second(stored{kind: TypeOffsetDelta, data: small, back: behind - first - 2}), ""},
		{"distance without end", second(stored{kind: TypeOffsetDelta, back: 1 << 62, data: small}), "base is not before it"},
		{"base is itself by id", second(stored{kind: TypeRefDelta, baseID: idOf(1), data: small}), "made of itself"},
		{"bases in a ring", []stored{
			{kind: TypeRefDelta, baseID: idOf(2), data: small, id: idOf(1)},
			{kind: TypeRefDelta, baseID: idOf(3), data: small, id: idOf(2)},
			{kind: TypeRefDelta, baseID: idOf(1), data: small, id: idOf(3)},
		}, "made of itself"},
		{"ring through an offset", []stored{
			{kind: TypeRefDelta, baseID: idOf(1), data: small, id: idOf(2)},
			{kind: TypeOffsetDelta, back: int64(len(stored{kind: TypeRefDelta, baseID: idOf(1), data: small}.bytes())), data: small, id: idOf(1)},
		}, "made of itself"},
		{"base that is nowhere", second(stored{kind: TypeRefDelta, baseID: idOf(9), data: small}), "not in the repository"},
		{"larger than its data", second(stored{kind: TypeBlob, data: []byte("four"), size: 400 << 20}), "cannot be inflated"},
		{"smaller than its data", second(stored{kind: TypeBlob, data: []byte("four"), size: 3}), "more than the size"},
		{"nothing, with data", second(stored{kind: TypeBlob, data: []byte("four"), size: -1}), "more than the size"},
		{"size without end", second(stored{kind: TypeBlob, size: 1 << 59, data: []byte("four")}), "too large"},
		{"no stream", second(stored{kind: TypeBlob, data: []byte("four"), raw: []byte("no zlib at all")}), "cannot be inflated"},
		{"wrong checksum", second(stored{kind: TypeBlob, data: []byte("four"), raw: flip(deflated([]byte("four")), -1)}), "cannot be inflated"},
		{"cut stream", second(stored{kind: TypeBlob, data: []byte("four"), raw: deflated([]byte("four"))[:5]}), "cannot be inflated"},
		{"begins behind the end", second(stored{kind: TypeBlob, data: []byte("four"), at: 1 << 20}), "of a pack of"},
		{"begins far behind the end", second(stored{kind: TypeBlob, data: []byte("four"), at: 1 << 40}), "of a pack of"},
		{"begins in the head", second(stored{kind: TypeBlob, data: []byte("four"), at: 4}), "of a pack of"},
		{"begins in the checksum", second(stored{kind: TypeBlob, data: []byte("four"), at: behind + int64(len(blobOf("four").bytes()))}), "of a pack of"},
		{"another object under the id", second(stored{kind: TypeBlob, data: []byte("four")}), "what is stored under its id"},
		{"delta for another base", second(stored{kind: TypeOffsetDelta, back: behind - first, data: deltaOf(31, 31, copyAll(31)...)}), "a base of 31 bytes on one of 32"},
		{"delta of another result", second(stored{kind: TypeOffsetDelta, back: behind - first, data: deltaOf(32, 33, copyAll(32)...)}), "makes 32 bytes and says 33"},
		{"delta that makes more", second(stored{kind: TypeOffsetDelta, back: behind - first, data: deltaOf(32, 31, copyAll(32)...)}), "makes 32 bytes and says 31"},
		{"delta that copies too much", second(stored{kind: TypeOffsetDelta, back: behind - first, data: deltaOf(32, 33, copyAll(33)...)}), "copies 33 bytes"},
		{"delta with the reserved instruction", second(stored{kind: TypeOffsetDelta, back: behind - first, data: deltaOf(32, 0, 0)}), "reserved or cut"},
		{"delta that is cut", second(stored{kind: TypeOffsetDelta, back: behind - first, data: deltaOf(32, 9, 9, 'x')}), "reserved or cut"},
		{"delta without sizes", second(stored{kind: TypeOffsetDelta, back: behind - first, data: []byte{0x80, 0x80}}), "without the size"},
		{"delta to a huge result", second(stored{kind: TypeOffsetDelta, back: behind - first, data: deltaOf(32, 1<<40, copyAll(32)...)}), "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := withPack(t, Options{}, c.objects...)
			before := allocated()
			_, _, err := r.Object(idOf(1))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
			if used := allocated() - before; used > 8<<20 {
				t.Errorf("%d bytes were allocated", used)
			}
			if _, _, err := r.Stat(idOf(1)); err == nil && strings.Contains(c.want, "base is not before") {
				t.Error("its size could be told")
			}
			if got, err := r.Blob(base.id); c.objects[0].kind == TypeBlob && (err != nil || !bytes.Equal(got, base.data)) {
				t.Errorf("the good object beside it is %q, %v", got, err)
			}
			for o, err := range r.Packs()[0].Objects() {
				if err == nil {
					_, err = r.Packs()[0].Inflate(o, nil)
				}
				_ = err // it must only end
			}
		})
	}
}

// flip inverts a byte, counted from the end when negative.
func flip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[(i+len(b))%len(b)] ^= 0xff
	return b
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestDeltaAmplification holds a few kilobytes that ask for terabytes to the limits.
func TestDeltaAmplification(t *testing.T) {
	const size = 60000
	objects := []stored{blobOf(strings.Repeat("x", size))}
	at := int64(packHead)
	for i := range 200 {
		next := at + int64(len(objects[i].bytes()))
		objects = append(objects, stored{kind: TypeOffsetDelta, back: next - at, data: deltaOf(size, size, copyAll(size)...), id: idOf(i)})
		at = next
	}
	var limit *LimitError
	o := Options{CacheBytes: 1, Limits: Limits{Object: size}}
	if _, _, err := withPack(t, o, objects...).Object(idOf(199)); !errors.As(err, &limit) || !strings.Contains(limit.What, "for one object") {
		t.Errorf("a chain of 200: %v", err)
	}
	o.Limits = Limits{Total: 20 * size}
	r := withPack(t, o, objects...)
	if _, _, err := r.Object(idOf(99)); !errors.As(err, &limit) || !strings.Contains(limit.What, "from a repository") {
		t.Errorf("a total of 20: %v", err)
	}
	o.Limits = Limits{Depth: 50}
	r = withPack(t, o, objects...)
	_, _, err := r.Object(idOf(50))
	_, _, statErr := r.Stat(idOf(50))
	if !errors.As(err, &limit) || limit.Got != 51 || !errors.As(statErr, &limit) || limit.Got != 51 {
		t.Errorf("51 in a row: %v, %v", err, statErr)
	}
	// The content is not that of the id, but the chain is not too long.
	if _, _, err := r.Object(idOf(49)); err == nil || errors.As(err, &limit) && limit.Limit == 50 {
		t.Errorf("50 in a row: %v", err)
	}
}

// TestSecondCopy finds an object in another place when the first holds it wrongly.
func TestSecondCopy(t *testing.T) {
	good := blobOf("the object")
	bad := good
	bad.raw = []byte("no zlib at all")
	pack, index := packOf(SHA1, bad)
	files := map[string][]byte{"objects/pack/pack-0.pack": pack, "objects/pack/pack-0.idx": index}
	if _, err := mustOpen(t, bareFS(files), Options{}).Blob(good.id); err == nil {
		t.Error("the bad copy was taken")
	}
	name, loose := looseOf(TypeBlob, good.data)
	files[name] = loose
	if got, err := mustOpen(t, bareFS(files), Options{}).Blob(good.id); err != nil || string(got) != "the object" {
		t.Errorf("beside a loose copy: %q, %v", got, err)
	}
	delete(files, name)
	files["objects/pack/pack-1.pack"], files["objects/pack/pack-1.idx"] = packOf(SHA1, good)
	if got, err := mustOpen(t, bareFS(files), Options{}).Blob(good.id); err != nil || string(got) != "the object" {
		t.Errorf("beside another pack: %q, %v", got, err)
	}
}

// TestBaseElsewhere makes objects of bases that are in another pack, loose, or in two packs that need
// each other.
func TestBaseElsewhere(t *testing.T) {
	base := blobOf("a base of thirty-two characters.")
	text := []byte("a base of thirty-two characters. And more.")
	made := stored{kind: TypeRefDelta, baseID: base.id, id: SHA1.Sum(TypeBlob, text)}
	made.data = append(deltaOf(32, 42, copyAll(32)...), append([]byte{10}, " And more."...)...)
	back := stored{kind: TypeRefDelta, baseID: made.id, id: base.id, data: deltaOf(42, 32, copyAll(32)...)}
	whole := stored{kind: TypeBlob, data: text, id: made.id}

	add := func(files map[string][]byte, n int, objects ...stored) {
		name := fmt.Sprintf("objects/pack/pack-%d", n)
		files[name+".pack"], files[name+".idx"] = packOf(SHA1, objects...)
	}
	other, loose, cross := map[string][]byte{}, map[string][]byte{}, map[string][]byte{}
	add(other, 0, made)
	add(other, 1, base)
	add(loose, 0, made)
	name, file := looseOf(TypeBlob, base.data)
	loose[name] = file
	add(cross, 0, base, made)
	add(cross, 1, whole, back)
	for i, files := range []map[string][]byte{other, loose, cross} {
		r := mustOpen(t, bareFS(files), Options{})
		got, err := r.Blob(made.id)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d: %q, %v", i, got, err)
		}
		if got, err := r.Blob(base.id); err != nil || !bytes.Equal(got, base.data) {
			t.Errorf("%d: %q, %v", i, got, err)
		}
		if kind, size, err := r.Stat(made.id); err != nil || kind != TypeBlob || size != 42 {
			t.Errorf("%d: a %s of %d, %v", i, kind, size, err)
		}
	}
	for o, err := range mustOpen(t, bareFS(other), Options{}).Packs()[0].Objects() {
		if err != nil || o.Base != 0 || o.BaseID != base.id || !o.IsDelta() {
			t.Errorf("listed as %+v, %v", o, err)
		}
	}
}

// TestMalformedLoose reads loose objects that lie.
func TestMalformedLoose(t *testing.T) {
	content := []byte("some content")
	name, good := looseOf(TypeBlob, content)
	id := SHA1.Sum(TypeBlob, content)
	bomb := deflated(append([]byte("blob 1000\x00"), make([]byte, 256<<20)...))
	before := allocated()
	for want, file := range map[string][]byte{
		"begins with":        deflated([]byte("blub 12\x00some content")),
		"begins with \"some": deflated(content),
		"inflated":           []byte("no zlib"),
		"of \"-12\" bytes":   deflated([]byte("blob -12\x00some content")),
		"of \"012\" bytes":   deflated([]byte("blob 012\x00some content")),
		"of \"\" bytes":      deflated([]byte("blob \x00some content")),
		"holds more than":    deflated([]byte("blob 3\x00some content")),
		"more than the size": bomb,
		"to the size":        deflated([]byte("blob 300000000\x00some content")),
		"too large":          deflated([]byte("blob 900000000\x00some content")),
		"stored under":       deflated([]byte("blob 12\x00another text")),
		"unexpected EOF":     good[:len(good)-2],
		"5 bytes behind its": append(bytes.Clone(good), "more\n"...),
	} {
		r := mustOpen(t, bareFS(map[string][]byte{name: file}), Options{})
		if _, err := r.Blob(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
	if used := allocated() - before; used > 64<<20 {
		t.Errorf("%d bytes were allocated", used)
	}
	if got, err := mustOpen(t, bareFS(map[string][]byte{name: good}), Options{}).Blob(id); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the good one: %q, %v", got, err)
	}
}

// TestMalformedIndex opens indexes that lie about themselves. The object is then missed, and the error
// says that a part of the repository could not be read.
func TestMalformedIndex(t *testing.T) {
	pack, index := packOf(SHA1, blobOf("one"), blobOf("two"), blobOf("three"))
	id := blobOf("two").id
	cut := func(n int) []byte { return index[:len(index)-n] }
	counts := bytes.Clone(index)
	counts[8] = 0xff
	for want, file := range map[string][]byte{
		"bytes":                   {},
		"counts decrease":         counts,
		"for 3 objects":           cut(1),
		"of 1188 bytes for 3":     append(bytes.Clone(index), make([]byte, 8*4)...),
		"another version":         flip(index, 7),
		"belongs to another pack": flip(index, -30),
	} {
		r := mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": pack, "objects/pack/pack-0.idx": file}), Options{})
		_, err := r.Blob(id)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
		if ok, err := r.Has(blobOf("nowhere").id); ok || err == nil && want != "belongs to another pack" {
			t.Errorf("%q: what is in no place is told to be missing: %v", want, err)
		}
	}
	other, _ := packOf(SHA1, blobOf("one"), blobOf("two"))
	r := mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": other, "objects/pack/pack-0.idx": index}), Options{})
	if _, err := r.Blob(id); err == nil || !strings.Contains(err.Error(), "3 objects for a pack of 2") {
		t.Errorf("the index of a longer pack: %v", err)
	}
	r = mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": pack}), Options{})
	if _, err := r.Blob(id); err == nil || !strings.Contains(err.Error(), "git index-pack") || len(r.Problems()) != 1 {
		t.Errorf("no index: %v, %v", err, r.Problems())
	}
}

// TestHiddenBytes finds what stands between two objects and that no index names.
func TestHiddenBytes(t *testing.T) {
	hidden := blobOf("one")
	hidden.raw = append(deflated(hidden.data), deflated([]byte("AKIA"))...)
	r := withPack(t, Options{}, hidden, blobOf("two"))
	if got, err := r.Blob(hidden.id); err != nil || string(got) != "one" {
		t.Errorf("by id: %q, %v", got, err)
	}
	found := 0
	for o, err := range r.Packs()[0].Objects() {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Packs()[0].Inflate(o, nil); err != nil && strings.Contains(err.Error(), "belong to no object") {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d objects are followed by hidden bytes", found)
	}
}

// TestMultiPackFallsBack reads through the packs' own indexes when that over all is no good, and
// through it where it is.
func TestMultiPackFallsBack(t *testing.T) {
	a, b := blobOf("one"), blobOf("two")
	a.at, b.at = packHead, packHead
	good := multiPackOf(SHA1, [][]stored{{a}, {b}})
	gone := multiPackOf(SHA1, [][]stored{{a}, {b}, {blobOf("in a pack that is gone")}})
	wrong := b
	wrong.at = 1 << 33
	for name, multi := range map[string][]byte{
		"good": good, "empty": {}, "cut": good[:len(good)-30], "version": flip(good, 4), "layers": flip(good, 7), "format": flip(good, 5),
		"names": bytes.Replace(good, []byte(".idx"), []byte(".abc"), 1), "path": bytes.Replace(good, []byte("pack-0.idx"), []byte("../../.idx"), 1),
		"gone": gone, "offset": multiPackOf(SHA1, [][]stored{{a}, {wrong}}),
		"large offset": bytes.Replace(multiPackOf(SHA1, [][]stored{{a}, {wrong}}), []byte{0x80, 0, 0, 0}, []byte{0x80, 0, 0, 9}, 1),
	} {
		files := map[string][]byte{"objects/pack/multi-pack-index": multi}
		files["objects/pack/pack-0.pack"], files["objects/pack/pack-0.idx"] = packOf(SHA1, a)
		files["objects/pack/pack-1.pack"], files["objects/pack/pack-1.idx"] = packOf(SHA1, b)
		r := mustOpen(t, bareFS(files), Options{})
		for _, o := range []stored{a, b} {
			if got, err := r.Blob(o.id); err != nil || !bytes.Equal(got, o.data) {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if _, err := r.Blob(blobOf("in a pack that is gone").id); err == nil {
			t.Errorf("%s: an object of a pack that is gone", name)
		}
	}
}

// shrunk is a file that has become shorter than it was.
type shrunk struct{ io.ReaderAt }

func (s shrunk) ReadAt(b []byte, off int64) (int, error) {
	if off > 8 {
		return 0, io.EOF
	}
	return s.ReaderAt.ReadAt(b, off)
}

func TestShrinkingFiles(t *testing.T) {
	pack, index := packOf(SHA1, blobOf("one"))
	if _, err := openIndex(shrunk{bytes.NewReader(index)}, int64(len(index)), SHA1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("index: %v", err)
	}
	var w window
	w.reset(shrunk{bytes.NewReader(pack)}, 12, int64(len(pack)))
	if _, err := w.ReadByte(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("pack: %v", err)
	}
}
