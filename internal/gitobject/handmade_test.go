package gitobject

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
)

// stored is an object as a hand-made pack has it. What is left zero is made right.
type stored struct {
	kind   Type
	data   []byte // not yet deflated
	size   int64  // that its head claims; -1 for zero
	back   int64  // of an offset delta, the distance to its base
	baseID ID     // of a reference delta
	raw    []byte // in place of the deflated data
	id     ID     // that the index gives it
	at     int64  // that the index says it begins at
}

// blobOf is a whole object.
func blobOf(text string) stored {
	return stored{kind: TypeBlob, data: []byte(text), id: SHA1.Sum(TypeBlob, []byte(text))}
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// packHeadOf writes the type and size of an object as a pack has them.
func packHeadOf(kind Type, size int64) []byte {
	b := []byte{byte(kind)<<4 | byte(size&0x0f)}
	for size >>= 4; size > 0; size >>= 7 {
		b[len(b)-1] |= 0x80
		b = append(b, byte(size&0x7f))
	}
	return b
}

// distance writes how far before an object its base begins.
func distance(n int64) []byte {
	b := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		b = append([]byte{byte(n&0x7f) | 0x80}, b...)
	}
	return b
}

func (s stored) bytes() []byte {
	size := s.size
	switch size {
	case 0:
		size = int64(len(s.data))
	case -1:
		size = 0
	}
	b := packHeadOf(s.kind, size)
	switch s.kind {
	case TypeOffsetDelta:
		b = append(b, distance(s.back)...)
	case TypeRefDelta:
		b = append(b, s.baseID.bytes()...)
	}
	if s.raw != nil {
		return append(b, s.raw...)
	}
	return append(b, deflated(s.data)...)
}

// sumOf is the checksum at the end of a file of git.
func sumOf(f Format, b []byte) []byte {
	h := f.hash()
	h.Write(b)
	return h.Sum(nil)
}

// packOf makes a pack and its index.
func packOf(f Format, objects ...stored) (pack, index []byte) {
	pack = binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(objects)))
	list := slices.Clone(objects)
	for i, o := range list {
		if o.at == 0 {
			list[i].at = int64(len(pack))
		}
		pack = append(pack, o.bytes()...)
	}
	pack = append(pack, sumOf(f, pack)...)
	return pack, indexOf(f, list, pack[len(pack)-f.Size():])
}

// indexOf makes an index of version 2.
func indexOf(f Format, list []stored, packSum []byte) []byte {
	slices.SortFunc(list, func(a, b stored) int { return a.id.Compare(b.id) })
	b := append(slices.Clone(indexMagic), 0, 0, 0, 2)
	b = append(b, fanoutOf(list)...)
	for _, o := range list {
		b = append(b, o.id.bytes()...)
	}
	b = append(b, make([]byte, 4*len(list))...) // checksums, which nothing reads
	var wide []byte
	for _, o := range list {
		if o.at < 1<<31 {
			b = binary.BigEndian.AppendUint32(b, uint32(o.at))
			continue
		}
		b = binary.BigEndian.AppendUint32(b, wideFlag|uint32(len(wide)/8))
		wide = binary.BigEndian.AppendUint64(wide, uint64(o.at))
	}
	b = append(append(b, wide...), packSum...)
	return append(b, sumOf(f, b)...)
}

func fanoutOf(list []stored) []byte {
	var b []byte
	for first := range 256 {
		n := 0
		for _, o := range list {
			if int(o.id.sum[0]) <= first {
				n++
			}
		}
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// multiPackOf makes an index over packs, of which the objects say where they are.
func multiPackOf(f Format, packs [][]stored) []byte {
	type placed struct {
		stored
		pack int
	}
	var all []placed
	var list []stored
	var names []byte
	for i, objects := range packs {
		names = append(names, fmt.Sprintf("pack-%d.idx\x00", i)...)
		for _, o := range objects {
			all, list = append(all, placed{o, i}), append(list, o)
		}
	}
	slices.SortFunc(all, func(a, b placed) int { return a.id.Compare(b.id) })
	var ids, offsets, wide []byte
	for _, o := range all {
		ids = append(ids, o.id.bytes()...)
		offsets = binary.BigEndian.AppendUint32(offsets, uint32(o.pack))
		if o.at < 1<<31 {
			offsets = binary.BigEndian.AppendUint32(offsets, uint32(o.at))
			continue
		}
		offsets = binary.BigEndian.AppendUint32(offsets, wideFlag|uint32(len(wide)/8))
		wide = binary.BigEndian.AppendUint64(wide, uint64(o.at))
	}
	parts := []struct {
		name string
		b    []byte
	}{{"PNAM", names}, {"OIDF", fanoutOf(list)}, {"OIDL", ids}, {"OOFF", offsets}, {"LOFF", wide}}
	b := append([]byte("MIDX"), 1, byte(f), byte(len(parts)), 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(packs)))
	at := uint64(len(b) + 12*(len(parts)+1))
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(append(b, p.name...), at)
		at += uint64(len(p.b))
	}
	b = binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 0), at)
	for _, p := range parts {
		b = append(b, p.b...)
	}
	return append(b, sumOf(f, b)...)
}

// size writes a number as a delta has it.
func sizeOf(n int64) []byte {
	var b []byte
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// deltaOf makes the instructions of a delta.
func deltaOf(base, result int64, code ...byte) []byte {
	return append(append(sizeOf(base), sizeOf(result)...), code...)
}

// copyAll is the instruction that copies the first n bytes, below 64 KiB.
func copyAll(n int) []byte { return []byte{0x80 | 0x10 | 0x20, byte(n), byte(n >> 8)} }

// bareFS is a bare repository with some files more.
func bareFS(more map[string][]byte) fstest.MapFS {
	m := fstest.MapFS{
		"r/HEAD":    {Data: []byte("ref: refs/heads/main\n")},
		"r/config":  {Data: []byte("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")},
		"r/objects": {Mode: fs.ModeDir},
		"r/refs":    {Mode: fs.ModeDir},
	}
	for name, b := range more {
		m["r/"+name] = &fstest.MapFile{Data: b}
	}
	return m
}

// withPack is a repository of one pack.
func withPack(t testing.TB, o Options, objects ...stored) *Repository {
	t.Helper()
	pack, index := packOf(SHA1, objects...)
	return mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": pack, "objects/pack/pack-0.idx": index}), o)
}

func mustOpen(t testing.TB, fsys fs.FS, o Options) *Repository {
	t.Helper()
	r, err := Open(fsys, "r", o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// idOf is some id, one for each number.
func idOf(n int) ID { return SHA1.Sum(TypeBlob, fmt.Appendf(nil, "id %d", n)) }

func looseOf(kind Type, content []byte) (name string, file []byte) {
	id := SHA1.Sum(kind, content)
	return looseName("objects", id), deflated(append(fmt.Appendf(nil, "%s %d\x00", kind, len(content)), content...))
}
