package history_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/history"
)

// made is an object of a pack that git would not write. Without an id it has that of its content.
type made struct {
	id   gitobject.ID
	kind gitobject.Type
	base gitobject.ID // of a difference
	data []byte
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// packFiles are a pack and its index, without checksums of the objects.
func packFiles(list ...made) (pack, index []byte) {
	pack = binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(list)))
	at := map[gitobject.ID]uint32{}
	var ids []gitobject.ID
	for _, o := range list {
		if o.id.IsZero() {
			o.id = gitobject.SHA1.Sum(o.kind, o.data)
		}
		at[o.id] = uint32(len(pack))
		ids = append(ids, o.id)
		size, c := len(o.data)>>4, byte(o.kind)<<4|byte(len(o.data)&15)
		for ; size > 0; size >>= 7 {
			pack, c = append(pack, c|0x80), byte(size&0x7f)
		}
		pack = append(pack, c)
		if o.kind == gitobject.TypeRefDelta {
			pack = append(pack, o.base.Raw()...)
		}
		pack = append(pack, deflated(o.data)...)
	}
	sum := sha1.Sum(pack)
	pack = append(pack, sum[:]...)
	slices.SortFunc(ids, gitobject.ID.Compare)
	index = []byte("\xfftOc\x00\x00\x00\x02")
	for first := range 256 {
		n := 0
		for _, id := range ids {
			if int(id.Raw()[0]) <= first {
				n++
			}
		}
		index = binary.BigEndian.AppendUint32(index, uint32(n))
	}
	for _, id := range ids {
		index = append(index, id.Raw()...)
	}
	index = append(index, make([]byte, 4*len(ids))...)
	for _, id := range ids {
		index = binary.BigEndian.AppendUint32(index, at[id])
	}
	index = append(index, sum[:]...)
	sum = sha1.Sum(index)
	return pack, append(index, sum[:]...)
}

// handmade is a repository of packs, of loose objects, and of refs.
func handmade(packs [][]made, loose []made, refs map[string]gitobject.ID) fstest.MapFS {
	file := func(b []byte) *fstest.MapFile { return &fstest.MapFile{Data: b, Mode: 0o600} }
	fsys := fstest.MapFS{"HEAD": file([]byte("ref: refs/heads/main\n")), "refs": {Mode: 0o700 | 1<<31}, "objects": {Mode: 0o700 | 1<<31}}
	for i, list := range packs {
		pack, index := packFiles(list...)
		fsys[fmt.Sprintf("objects/pack/pack-%d.pack", i)], fsys[fmt.Sprintf("objects/pack/pack-%d.idx", i)] = file(pack), file(index)
	}
	for _, o := range loose {
		id := gitobject.SHA1.Sum(o.kind, o.data).String()
		fsys["objects/"+id[:2]+"/"+id[2:]] = file(deflated(append(fmt.Appendf(nil, "%s %d\x00", o.kind, len(o.data)), o.data...)))
	}
	for name, id := range refs {
		fsys[name] = file([]byte(id.String() + "\n"))
	}
	return fsys
}

func fakeID(n byte) gitobject.ID { return gitobject.RawID(bytes.Repeat([]byte{n}, 20)) }

// grown is a difference that appends to a base of less than 128 bytes.
func grown(base int, more string) []byte {
	code := []byte{byte(base), byte(base + len(more)), 0x90, byte(base), byte(len(more))}
	return append(code, more...)
}

func TestHandmade(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	one, two := newID(rng), newID(rng)
	base := made{kind: gitobject.TypeBlob, data: []byte("a base with " + one + "\n")}
	baseID := gitobject.SHA1.Sum(base.kind, base.data)
	more := "and " + two + "\n"
	child := made{id: gitobject.SHA1.Sum(gitobject.TypeBlob, append(bytes.Clone(base.data), more...)), kind: gitobject.TypeRefDelta, base: baseID, data: grown(len(base.data), more)}
	ring := []made{
		{id: fakeID(1), kind: gitobject.TypeRefDelta, base: fakeID(2), data: grown(10, "x")},
		{id: fakeID(2), kind: gitobject.TypeRefDelta, base: fakeID(1), data: grown(10, "x")},
		{id: fakeID(3), kind: gitobject.TypeRefDelta, base: fakeID(2), data: grown(10, "x")},
	}
	inRing := []string{"it is stored as a difference to itself"}
	commit := func(id, parent byte, message string) made {
		return made{id: fakeID(id), kind: gitobject.TypeCommit, data: fmt.Appendf(nil, "tree %s\nparent %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n%s\n", fakeID(9), fakeID(parent), message)}
	}
	entry := func(mode, name string, id gitobject.ID) []byte {
		return append([]byte(mode+" "+name+"\x00"), id.Raw()...)
	}
	both := []string{one, two}
	slices.Sort(both)
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		want  []string
		told  []string // beginnings of reasons
	}{
		{"base comes later", handmade([][]made{{child, base}}, nil, nil), both, nil},
		{"base in another pack", handmade([][]made{{child}, {base}}, nil, nil), both, nil},
		{"base is loose", handmade([][]made{{child}}, []made{base}, nil), both, nil},
		{"base is nowhere", handmade([][]made{{child}}, nil, nil), nil, []string{"object " + child.id.String()}},
		{"loose and packed", handmade([][]made{{base, child}, {base}}, []made{base}, nil), both, nil},
		{"a ring", handmade([][]made{append(ring, base)}, nil, nil), []string{one}, append(append(inRing, inRing...), inRing...)},
		{"a ring of commits", handmade([][]made{{commit(1, 2, one), commit(2, 1, two)}}, nil, nil), both, []string{"the tree is missing"}},
		{"a folder in itself", handmade([][]made{{
			{id: fakeID(9), kind: gitobject.TypeTree, data: append(entry("100644", "a", baseID), entry("40000", "self", fakeID(9))...)}, base, commit(1, 1, "message"),
		}}, nil, map[string]gitobject.ID{"refs/heads/main": fakeID(1)}), []string{one}, []string{"folders lie too deep in each other"}},
		{"a folder that is cut", handmade([][]made{{
			{kind: gitobject.TypeTree, data: append(entry("100644", one, baseID), entry("40000", "self", baseID)[:20]...)}, base,
		}}, nil, nil), []string{one}, []string{"a folder that ends within", "corrupt: a tree that is cut"}},
		{
			"words that are no commit", handmade([][]made{{{kind: gitobject.TypeCommit, data: []byte("hello")}, {kind: gitobject.TypeTag, data: []byte("hello")}, base}}, nil, nil),
			[]string{one},
			[]string{"corrupt: a commit", "corrupt: a tag"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := scanFiles(t, c.files, history.Options{Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, distinct(r), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if len(r.Unread) != len(c.told) {
				t.Fatalf("%d are told, want %d: %v", len(r.Unread), len(c.told), r.Unread)
			}
			for _, u := range r.Unread {
				if !slices.ContainsFunc(c.told, func(s string) bool { return strings.HasPrefix(u.Reason, s) || strings.Contains(u.Reason, s) }) {
					t.Errorf("%v", u)
				}
			}
		})
	}
}

// TestManyFoldersInFolders lets a few folders hold themselves a billion times.
func TestManyFoldersInFolders(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	blob := made{kind: gitobject.TypeBlob, data: []byte(newID(rng))}
	pack := []made{blob}
	id, mode := gitobject.SHA1.Sum(blob.kind, blob.data), "100644"
	for range 30 {
		var tree []byte
		for _, name := range []string{"a", "b"} {
			tree = append(append(tree, mode+" "+name+"\x00"...), id.Raw()...)
		}
		pack = append(pack, made{kind: gitobject.TypeTree, data: tree})
		id, mode = gitobject.SHA1.Sum(gitobject.TypeTree, tree), "40000"
	}
	r, err := scanFiles(t, handmade([][]made{pack}, nil, map[string]gitobject.ID{"refs/heads/main": id}), history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(distinct(r)) != 1 || len(r.Unread) != 1 {
		t.Errorf("%d ids, %v", len(distinct(r)), r.Unread)
	}
}

// largeHistory is a repository of 20 versions of a file of two megabytes, with a key in each and one
// that all have.
func largeHistory(t testing.TB) (dir string, ids []string) {
	rng := rand.New(rand.NewPCG(51, 52))
	lines := make([]string, 40_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("a line with the number %08x and more\n", rng.Uint32())
	}
	var s bytes.Buffer
	for i := range 20 {
		id := newID(rng)
		ids = append(ids, id)
		lines[rng.IntN(len(lines))] = "key " + id + "\n"
		text := strings.Join(lines, "")
		fmt.Fprintf(&s, "commit refs/heads/main\ncommitter C <c@d> %d +0000\ndata 1\nx\nM 100644 inline large\ndata %d\n%s\n", 1700000000+i, len(text), text)
	}
	dir = filepath.Join(t.TempDir(), "repo")
	git(t, t.TempDir(), "init", "-q", "--bare", "-b", "main", dir)
	gitInput(t, dir, s.Bytes(), "fast-import", "--quiet")
	git(t, dir, "repack", "-q", "-adf")
	slices.Sort(ids)
	return dir, ids
}

// TestMemory finds all while the largest content and its base fit into memory, and tells what does not.
func TestMemory(t *testing.T) {
	dir, ids := largeHistory(t)
	whole := scan(t, dir, history.Options{Workers: 4})
	if d := cmp.Diff(ids, distinct(whole)); d != "" || len(whole.Unread) > 0 {
		t.Errorf("(-want +got):\n%s%v", d, whole.Unread)
	}
	for _, workers := range []int{1, 4} {
		tight := scan(t, dir, history.Options{Workers: workers, Memory: 10 << 20})
		if d := cmp.Diff(whole, tight); d != "" {
			t.Errorf("with %d workers and little memory (-much +little):\n%s", workers, d)
		}
		less := scan(t, dir, history.Options{Workers: workers, Memory: 3 << 20})
		if len(less.Unread) == 0 || !strings.Contains(less.Unread[0].Reason, "allow more memory") {
			t.Errorf("with %d workers and too little memory: %v", workers, less.Unread)
		}
		none := scan(t, dir, history.Options{Workers: workers, Memory: 1 << 20})
		if len(none.Unread) != 1 || len(none.Sightings) > 0 || none.Objects != 40 {
			t.Errorf("with %d workers and no memory: %v, %d objects", workers, none.Unread, none.Objects)
		}
	}
}

// TestStop looks at nothing more once the time is up, and says so once.
func TestStop(t *testing.T) {
	dir := randomHistory(t, 12, 150, "sha1")
	all := scan(t, dir, history.Options{}).Objects
	for _, after := range []int{0, 1, 3} {
		asked := 0
		r := scan(t, dir, history.Options{Workers: 1, Stop: func() bool { asked++; return asked > after }})
		want := []history.Unread{{Path: "objects", Reason: "the time for the scan was up"}}
		if d := cmp.Diff(want, r.Unread); d != "" {
			t.Errorf("after %d (-want +got):\n%s", after, d)
		}
		if r.Objects >= all || after == 0 && r.Objects > 0 {
			t.Errorf("after %d: %d objects of %d", after, r.Objects, all)
		}
	}
}
