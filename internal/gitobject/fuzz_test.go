package gitobject

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// fuzzLimits are small, so that what goes beyond them shows.
var fuzzLimits = Options{CacheBytes: 1 << 16, Limits: Limits{Object: 1 << 20, Total: 16 << 20, Depth: 50}}

// FuzzPackObject reads three objects of a pack, of which two begin wherever the input says.
func FuzzPackObject(f *testing.F) {
	base := blobOf("a base of thirty-two characters.")
	small := deltaOf(32, 32, copyAll(32)...)
	n := len(base.bytes())
	for _, o := range []stored{
		blobOf("more"),
		{kind: TypeOffsetDelta, back: int64(n), data: small},
		{kind: TypeRefDelta, baseID: idOf(0), data: small},
		{kind: TypeRefDelta, baseID: idOf(1), data: small},
		{kind: TypeBlob, data: []byte("x"), size: 1 << 40},
	} {
		f.Add(append(base.bytes(), o.bytes()...), uint16(n), uint16(n))
	}
	f.Add([]byte{0xff, 0xff}, uint16(0), uint16(1))
	f.Fuzz(func(t *testing.T, body []byte, one, two uint16) {
		pack := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), 3)
		pack = append(pack, body...)
		pack = append(pack, sumOf(SHA1, pack)...)
		var list []stored
		for i, at := range []uint16{0, one, two} {
			list = append(list, stored{id: idOf(i), at: packHead + int64(at)})
		}
		index := indexOf(SHA1, list, pack[len(pack)-SHA1.Size():])
		r := mustOpen(t, bareFS(map[string][]byte{"objects/pack/pack-0.pack": pack, "objects/pack/pack-0.idx": index}), fuzzLimits)
		for i := range 3 {
			if _, content, err := r.Object(idOf(i)); err == nil {
				t.Errorf("%q is what the id %s stands for", content, idOf(i))
			}
			_, size, err := r.Stat(idOf(i))
			if err == nil && size < 0 {
				t.Errorf("a size of %d", size)
			}
		}
		checkListed(t, r.Packs()[0])
	})
}

// checkListed lists a pack and compares the two ways of making an object whole.
func checkListed(t *testing.T, p *Pack) {
	n := 0
	for o, err := range p.Objects() {
		n++
		if err != nil {
			continue
		}
		data, err := p.Inflate(o, nil)
		if err == nil && int64(len(data)) != o.Size {
			t.Errorf("%d bytes of an object of %d", len(data), o.Size)
		}
		kind, content, wholeErr := p.Content(o)
		if wholeErr == nil && (kind.IsDelta() || int64(len(content)) > fuzzLimits.Limits.Object) {
			t.Errorf("a %s of %d bytes", kind, len(content))
		}
		if err == nil && wholeErr == nil && !o.IsDelta() && !bytes.Equal(data, content) {
			t.Errorf("%q and %q", data, content)
		}
	}
	if n > 3 {
		t.Errorf("%d objects of 3", n)
	}
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("a base"), deltaOf(6, 6, copyAll(6)...))
	f.Add([]byte("a base"), deltaOf(6, 3, 3, 'a', 'b', 'c'))
	f.Add([]byte("a base"), deltaOf(6, 1<<30, copyAll(6)...))
	f.Add([]byte("a base"), []byte{6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, base, code []byte) {
		d, err := ParseDelta(code, 1<<20)
		if err != nil {
			return
		}
		got, err := d.Apply(nil, base)
		if (err == nil) != (d.BaseSize == int64(len(base))) {
			t.Fatalf("a base of %d bytes on a delta for %d: %v", len(base), d.BaseSize, err)
		}
		var made int64
		for in := range d.Instructions() {
			made += in.Length
			if in.Length <= 0 || in.Offset < 0 || in.Insert != nil && int64(len(in.Insert)) != in.Length {
				t.Fatalf("%+v", in)
			}
		}
		if made != d.ResultSize || err == nil && int64(len(got)) != made {
			t.Fatalf("%d bytes of %d", len(got), d.ResultSize)
		}
	})
}

// edited is a good file in which bytes have been set, three bytes of edits for each: its place and its
// value. So inputs stay short although every index has a kilobyte of counts. The length changes by
// grow.
func edited(good, edits []byte, grow int8) []byte {
	b := bytes.Clone(good)
	for ; len(edits) >= 3; edits = edits[3:] {
		b[int(binary.BigEndian.Uint16(edits))%len(b)] = edits[2]
	}
	if grow < 0 {
		return b[:max(0, len(b)+int(grow))]
	}
	return append(b, make([]byte, grow)...)
}

// indexV1 is an index of version 1 of two objects.
func indexV1() []byte {
	list := []stored{{id: idOf(1), at: 12}, {id: idOf(2), at: 99}}
	slices.SortFunc(list, func(a, b stored) int { return a.id.Compare(b.id) })
	b := fanoutOf(list)
	for _, o := range list {
		b = append(binary.BigEndian.AppendUint32(b, uint32(o.at)), o.id.bytes()...)
	}
	return append(b, make([]byte, 2*SHA1.Size())...)
}

func FuzzIndex(f *testing.F) {
	_, small := packOf(SHA1, blobOf("one"), blobOf("two"))
	_, large := packOf(SHA256, stored{kind: TypeBlob, id: SHA256.Sum(TypeBlob, nil), at: 1 << 40})
	good := [][]byte{small, large, indexV1()}
	for kind := range uint8(3) {
		f.Add(kind, []byte{}, int8(0))
		f.Add(kind, []byte{4, 4, 0xff}, int8(0)) // the last count
		f.Add(kind, []byte{}, int8(-1))
	}
	f.Fuzz(func(t *testing.T, kind uint8, edits []byte, grow int8) {
		format := SHA1
		if kind %= 3; kind == 1 {
			format = SHA256
		}
		b := edited(good[kind], edits, grow)
		x, err := openIndex(bytes.NewReader(b), int64(len(b)), format)
		if err != nil {
			return
		}
		list, err := x.all()
		if err != nil || int64(len(list)) != x.len() {
			if err == nil {
				t.Fatalf("%d offsets of %d", len(list), x.len())
			}
			return
		}
		for _, at := range list {
			id, err := x.id(int64(at.pos))
			if err != nil || at.offset < 0 {
				t.Fatalf("%+v: %v", at, err)
			}
			pos, ok, err := x.find(id) // an index that is not sorted finds little
			if err != nil {
				t.Fatal(err)
			}
			if got, err := x.offset(pos); ok && (err != nil || got < 0) {
				t.Fatalf("%d, %v", got, err)
			}
		}
		_ = x.withPrefix(idPrefix{b: []byte{0xab, 0xc0}, odd: true}, func(id ID) bool {
			if id.sum[0] != 0xab || id.sum[1]&0xf0 != 0xc0 {
				t.Fatalf("%s begins otherwise", id)
			}
			return true
		})
	})
}

func FuzzMultiPackIndex(f *testing.F) {
	one, two := blobOf("one"), blobOf("two")
	one.at, two.at = 12, 1<<40
	good := multiPackOf(SHA1, [][]stored{{one}, {two}})
	f.Add([]byte{}, int8(0))
	f.Add([]byte{0, 11, 0xff}, int8(0))
	f.Add([]byte{0, 23, 0xff, 0, 35, 9}, int8(0)) // where parts begin
	f.Fuzz(func(t *testing.T, edits []byte, grow int8) {
		b := edited(good, edits, grow)
		m, err := openMultiPack(bytes.NewReader(b), int64(len(b)), SHA1)
		if err != nil {
			return
		}
		for pos := range m.len() {
			id, err := m.id(pos)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := m.find(id); err != nil {
				t.Fatal(err)
			}
			pack, offset, err := m.entry(pos)
			if err == nil && (pack < 0 || pack >= len(m.packs) || offset < 0) {
				t.Fatalf("pack %d of %d at %d", pack, len(m.packs), offset)
			}
		}
		for _, name := range m.packs {
			if strings.ContainsAny(name, "/\\\x00") {
				t.Fatalf("pack %q", name)
			}
		}
	})
}

func FuzzTree(f *testing.F) {
	f.Add(entryBytes("100644", "name", idOf(1)))
	f.Add(append(entryBytes("40000", "a", idOf(1)), entryBytes("160000", "b", idOf(2))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := ParseTree(b, SHA1)
		if err != nil {
			return
		}
		var again []byte
		for _, e := range entries {
			if m, ok := canonical(uint32(e.Mode)); !ok || m != e.Mode || e.Name == "" || strings.ContainsAny(e.Name, "/\x00") {
				t.Fatalf("%+v", e)
			}
			again = append(again, entryBytes(e.Mode.String(), e.Name, e.ID)...)
		}
		second, err := ParseTree(again, SHA1)
		if err != nil || len(second) != len(entries) || (checkOrder(second) == nil) != (checkOrder(entries) == nil) {
			t.Fatalf("%v: %v, %v", entries, second, err)
		}
	})
}

func FuzzCommit(f *testing.F) {
	id := idOf(1).String()
	f.Add([]byte("tree " + id + "\nparent " + id + "\nauthor A <a@b> 1700000000 +0100\ncommitter C <c@d> 1 -0030\n\nmessage"))
	f.Add([]byte("object " + id + "\ntype commit\ntag v1\ntagger T <t@u> 5 +0000\n\nmessage"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseCommit(b, SHA1); err == nil {
			if c.Tree.IsZero() != bytes.HasPrefix(b, []byte("tree "+strings.Repeat("0", 40))) || len(c.Parents) > len(b)/48 || !bytes.HasSuffix(b, []byte(c.Message)) {
				t.Fatalf("%+v", c)
			}
			checkPerson(t, c.Author)
			checkPerson(t, c.Committer)
		}
		if tag, err := ParseTag(b, SHA1); err == nil {
			checkPerson(t, tag.Tagger)
		}
	})
}

// checkPerson makes sure that the time can be written as JSON.
func checkPerson(t *testing.T, p Person) {
	if _, err := p.When.MarshalJSON(); err != nil {
		t.Fatalf("%+v: %v", p, err)
	}
}

func FuzzPackedRefs(f *testing.F) {
	id := idOf(1).String()
	f.Add("# pack-refs with: peeled\n" + id + " refs/tags/v1\n^" + id + "\n" + id + " refs/heads/main\n")
	f.Add(id + " refs/heads/../x")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parsePackedRefs(text, SHA1)
		if err != nil {
			return
		}
		for i, p := range list {
			if !validRef(p.name) || p.id.size == 0 || i > 0 && list[i-1].name > p.name {
				t.Fatalf("%+v", list)
			}
		}
	})
}

// FuzzLoose reads a file where an object should be.
func FuzzLoose(f *testing.F) {
	name, good := looseOf(TypeBlob, []byte("text"))
	f.Add(good)
	f.Add(deflated([]byte("blob 900000\x00text")))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := mustOpen(t, bareFS(map[string][]byte{name: b}), fuzzLimits)
		id := SHA1.Sum(TypeBlob, []byte("text"))
		if got, err := r.Blob(id); err == nil && string(got) != "text" {
			t.Fatalf("%q", got)
		}
		if _, size, err := r.Stat(id); err == nil && size < 0 {
			t.Fatalf("a size of %d", size)
		}
	})
}

// FuzzConfig reads the configuration and the other small files of a repository.
func FuzzConfig(f *testing.F) {
	f.Add("[core]\nrepositoryformatversion=1\n[extensions]\nobjectformat=sha256\n", "ref: refs/heads/x", "/r/objects\n")
	f.Add("[a \"b\\\"]\"] c = \"d\\\n", strings.Repeat("a", 40), "..\n#\n")
	f.Fuzz(func(t *testing.T, config, ref, alternates string) {
		m := bareFS(map[string][]byte{"config": []byte(config), "HEAD": []byte(ref), "objects/info/alternates": []byte(alternates)})
		r, err := Open(m, "r", fuzzLimits)
		if err != nil {
			return
		}
		if id, err := r.Resolve("HEAD"); err == nil && id != r.Format().EmptyTree() {
			t.Fatalf("%s is not there", id)
		}
	})
}
