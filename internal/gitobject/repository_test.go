package gitobject

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

func TestDiscovery(t *testing.T) {
	commit := "ref: refs/heads/main\n"
	bare := func(dir string) fstest.MapFS {
		m := fstest.MapFS{}
		m[dir+"/HEAD"] = &fstest.MapFile{Data: []byte(commit)}
		m[dir+"/objects"], m[dir+"/refs"] = &fstest.MapFile{Mode: fs.ModeDir}, &fstest.MapFile{Mode: fs.ModeDir}
		return m
	}
	file := func(m fstest.MapFS, name, text string) fstest.MapFS {
		m[name] = &fstest.MapFile{Data: []byte(text)}
		return m
	}
	tree := func(m fstest.MapFS) fstest.MapFS {
		file(m, "main/.git/worktrees/w/HEAD", commit)
		return file(m, "main/.git/worktrees/w/commondir", "../..\n")
	}
	for name, c := range map[string]struct {
		fsys        fstest.MapFS
		dir         string
		git, common string
		why         string
	}{
		"bare":             {bare("r"), "r", "r", "r", ""},
		"work tree":        {bare("r/.git"), "r", "r/.git", "r/.git", ""},
		"its .git":         {bare("r/.git"), "r/.git", "r/.git", "r/.git", ""},
		"relative gitdir":  {file(bare("real"), "r/.git", "gitdir: ../real\n"), "r", "real", "real", ""},
		"absolute gitdir":  {file(bare("real"), "r/.git", "gitdir: /disk/real\n"), "r", "real", "real", ""},
		"the file itself":  {file(bare("real"), "r/.git", "gitdir: ../real"), "r/.git", "real", "real", ""},
		"work tree of two": {tree(file(bare("main/.git"), "w/.git", "gitdir: /disk/main/.git/worktrees/w\n")), "w", "main/.git/worktrees/w", "main/.git", ""},
		"empty .git":       {file(bare("r"), "r/.git/x", ""), "r", "r", "r", ""},
		"nothing":          {fstest.MapFS{"r/x": {}}, "r", "", "", "it has no .git"},
		"no such folder":   {fstest.MapFS{}, "r", "", "", "it has no .git"},
		"a file":           {fstest.MapFS{"r": {Data: []byte("text")}}, "r", "", "", "does not begin with gitdir"},
		"a large file":     {fstest.MapFS{"r": {Data: make([]byte, 1<<20)}}, "r", "", "", "too large"},
		"leads nowhere":    {fstest.MapFS{"r/.git": {Data: []byte("gitdir: ../real\n")}}, "r", "", "", "which is none"},
		"leads out":        {fstest.MapFS{"r/.git": {Data: []byte("gitdir: ../../../real\n")}}, "r", "", "", "leads out"},
		"leads elsewhere":  {fstest.MapFS{"r/.git": {Data: []byte("gitdir: /real\n")}}, "r", "", "", "leads out"},
		"leads to no git":  {fstest.MapFS{"r/.git": {Data: []byte("gitdir: ../real\n")}, "real/x": {}}, "r", "", "", "which is none"},
		"no path":          {fstest.MapFS{}, "../r", "", "", "not a path"},
	} {
		r, err := Open(c.fsys, c.dir, Options{Root: "/disk/"})
		if c.why == "" {
			if err != nil || r.GitDir() != c.git || r.CommonDir() != c.common {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
			continue
		}
		var none *NotRepositoryError
		if !errors.As(err, &none) || !strings.Contains(none.Why, c.why) {
			t.Errorf("%s: %v, want %q", name, err, c.why)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"config":  "[extensions]\nrefstorage = reftable\n[core]\nrepositoryformatversion = 1\n",
		"shallow": "not an id\n",
	} {
		if r, err := Open(bareFS(map[string][]byte{name: []byte(text)}), "r", Options{}); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestAlternates goes along rings, rows that are too long, and folders that are not there.
func TestAlternates(t *testing.T) {
	name, file := looseOf(TypeBlob, []byte("borrowed"))
	id := SHA1.Sum(TypeBlob, []byte("borrowed"))
	chain := func(n int) fstest.MapFS {
		m := bareFS(map[string][]byte{"objects/info/alternates": []byte("../../b1\n")})
		for i := 1; i <= n; i++ {
			m[fmt.Sprintf("b%d/info/alternates", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "../b%d", i+1)}
		}
		m[fmt.Sprintf("b%d/%s", n+1, strings.TrimPrefix(name, "objects/"))] = &fstest.MapFile{Data: file}
		return m
	}
	ring := chain(2)
	ring["b3/info/alternates"] = &fstest.MapFile{Data: []byte("# back\n\n../r/objects\n../b1\n/b3\n")}
	gone := chain(1)
	gone["b1/info/alternates"].Data = append(gone["b1/info/alternates"].Data, "\n../nowhere\n\"../quoted\"\n../../../out\n"...)
	for what, c := range map[string]struct {
		fsys     fstest.MapFS
		found    bool
		problems int
	}{
		"ring": {ring, true, 0}, "five in a row": {chain(4), true, 0}, "six in a row": {chain(5), false, 1}, "gone": {gone, true, 3},
	} {
		r := mustOpen(t, c.fsys, Options{})
		got, err := r.Blob(id)
		if c.found && (err != nil || string(got) != "borrowed") || !c.found && err == nil {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		if len(r.Problems()) != c.problems {
			t.Errorf("%s: %v", what, r.Problems())
		}
		if c.problems > 0 {
			if ok, err := r.Has(idOf(1)); ok || err == nil {
				t.Errorf("%s: an object that may be in the part that is gone is told to be missing", what)
			}
		}
	}
}

func TestSymbolicRefs(t *testing.T) {
	id := idOf(1).String()
	m := bareFS(map[string][]byte{
		"HEAD":             []byte("ref: refs/heads/a\n"),
		"refs/heads/a":     []byte("ref: refs/heads/b"),
		"refs/heads/b":     []byte("ref:refs/heads/c \n"),
		"refs/heads/c":     []byte(id + "\n"),
		"refs/heads/self":  []byte("ref: refs/heads/self\n"),
		"refs/heads/ping":  []byte("ref: refs/heads/pong\n"),
		"refs/heads/pong":  []byte("ref: refs/heads/ping\n"),
		"refs/heads/out":   []byte("ref: ../../config\n"),
		"refs/heads/new":   []byte("ref: refs/heads/unborn\n"),
		"refs/heads/text":  []byte("some text\n"),
		"refs/heads/long":  []byte(id + "0\n"),
		"refs/heads/empty": {},
		"refs/heads/tail":  []byte(id + "\tbranch 'x' of y\n"),
		"refs/x.lock":      []byte("being written"),
	})
	r := mustOpen(t, m, Options{})
	for name, want := range map[string]string{
		"HEAD": id, "refs/heads/a": id, "refs/heads/c": id, "refs/heads/tail": id, "refs/heads/new": "", "refs/heads/none": "not there",
		"refs/heads": "not there", "refs/heads/self": "error", "refs/heads/ping": "error", "refs/heads/out": "error",
		"refs/heads/text": "error", "refs/heads/long": "error", "refs/heads/empty": "error",
	} {
		ref, ok, err := r.Ref(name)
		got := ref.ID.String()
		switch {
		case err != nil:
			got = "error"
		case !ok:
			got = "not there"
		}
		if got != want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, want)
		}
	}
	bad, good := 0, 0
	for ref, err := range r.Refs() {
		if err != nil {
			bad++
		} else if good++; ref.ID.String() != id && ref.Target != "refs/heads/unborn" {
			t.Errorf("%+v", ref)
		}
	}
	if bad != 7 || good != 5 {
		t.Errorf("%d refs can be read, %d not", good, bad)
	}
}

// treeOf adds a tree to a repository and gives its id.
func treeOf(m fstest.MapFS, entries ...[]byte) ID {
	var content []byte
	for _, e := range entries {
		content = append(content, e...)
	}
	name, file := looseOf(TypeTree, content)
	m["r/"+name] = &fstest.MapFile{Data: file}
	return SHA1.Sum(TypeTree, content)
}

// TestTreeBomb walks trees of a few kilobytes with more folders than there are atoms.
func TestTreeBomb(t *testing.T) {
	m := bareFS(nil)
	wide := treeOf(m)
	for range 30 {
		wide = treeOf(m, entryBytes("40000", "a", wide), entryBytes("40000", "b", wide), entryBytes("40000", "c", wide))
	}
	deep := treeOf(m, entryBytes("100644", "f", idOf(1)))
	for range depthMax + 1 {
		deep = treeOf(m, entryBytes("40000", "d", deep))
	}
	long := treeOf(m, entryBytes("100644", "f", idOf(1)))
	for range 5 {
		long = treeOf(m, entryBytes("40000", strings.Repeat("n", 9000), long))
	}
	r := mustOpen(t, m, Options{Limits: Limits{Trees: 3000}})
	for what, c := range map[string]struct {
		tree ID
		want string
	}{"wide": {wide, "folders in a walk"}, "deep": {deep, "folders in folders"}, "long": {long, "bytes of a path"}} {
		n, last := 0, error(nil)
		for _, err := range r.Walk(SHA1.EmptyTree(), c.tree) {
			n, last = n+1, err
		}
		var limit *LimitError
		if n != 1 || !errors.As(last, &limit) || limit.What != c.want {
			t.Errorf("%s: %d changes, the last with %v", what, n, last)
		}
	}
}

// TestWalkGoesOn gives the rest of two trees when folders in them cannot be read.
func TestWalkGoesOn(t *testing.T) {
	m := bareFS(nil)
	twice := treeOf(m, entryBytes("100644", "x", idOf(1)), entryBytes("100644", "x", idOf(2)))
	root := treeOf(m, entryBytes("40000", "a", idOf(9)), entryBytes("40000", "b", twice), entryBytes("100644", "c", idOf(3)))
	r := mustOpen(t, m, Options{})
	var got []string
	for c, err := range r.Walk(SHA1.EmptyTree(), root) {
		got = append(got, fmt.Sprint(c.Path, " ", err != nil, " ", c.Added(), " ", c.Removed()))
	}
	if want := "a true true false|b true true false|c false true false"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
	for range r.Walk(SHA1.EmptyTree(), root) {
		break // and it stops when it is told to
	}
	if _, err := r.Find(root, "b/x"); err == nil {
		t.Error("one of two files of a name was found")
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(10000)
	p := &Pack{}
	for i := range int64(1000) {
		c.put(place{p, i}, TypeBlob, make([]byte, i%1000))
		c.put(place{p, i}, TypeBlob, nil)
		if c.held > c.limit {
			t.Fatalf("%d bytes are held", c.held)
		}
	}
	if _, _, ok := c.get(place{p, 999}); !ok || c.order.Len() != len(c.places) || len(c.places) < 5 {
		t.Errorf("%d objects are held", len(c.places))
	}
	c.put(place{p, -1}, TypeBlob, make([]byte, 9000))
	if _, _, ok := c.get(place{p, -1}); ok {
		t.Error("one object took most of the room")
	}
	if _, _, ok := c.get(place{p, 0}); ok {
		t.Error("the first object is held still")
	}
}

// TestManyGoroutines reads one chain of objects from several sides, with a cache that is too small.
func TestManyGoroutines(t *testing.T) {
	text := strings.Repeat("0123456789", 20)
	objects := []stored{blobOf(text)}
	at, base := int64(packHead), int64(len(text))
	for i := range 30 {
		next := at + int64(len(objects[i].bytes()))
		made := text + fmt.Sprintf(" %02d", i)
		o := stored{kind: TypeOffsetDelta, back: next - at, id: SHA1.Sum(TypeBlob, []byte(made))}
		o.data = append(deltaOf(base, int64(len(made)), copyAll(len(text))...), append([]byte{3}, made[len(text):]...)...)
		objects, at, base = append(objects, o), next, int64(len(made))
	}
	r := withPack(t, Options{CacheBytes: 3000}, objects...)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				o := objects[(i*7+g)%len(objects)]
				if got, err := r.Blob(o.id); err != nil || SHA1.Sum(TypeBlob, got) != o.id {
					t.Errorf("%s: %q, %v", o.id, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
