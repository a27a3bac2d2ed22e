package gitobject

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestEmptyTreeIDs(t *testing.T) {
	for f, want := range map[Format]string{
		SHA1:   "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		SHA256: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
	} {
		if got := f.EmptyTree().String(); got != want {
			t.Errorf("%s: %s, want %s", f, got, want)
		}
	}
	r := mustOpen(t, bareFS(nil), Options{})
	id, err := r.Resolve(SHA1.EmptyTree().String())
	entries, treeErr := r.Tree(id)
	if kind, size, statErr := r.Stat(id); err != nil || treeErr != nil || statErr != nil || kind != TypeTree || size != 0 || len(entries) != 0 {
		t.Errorf("it is a %s of %d bytes: %v, %v, %v, %v", kind, size, entries, err, treeErr, statErr)
	}
}

func TestParseID(t *testing.T) {
	for _, s := range []string{"", "abc", strings.Repeat("g", 40), strings.Repeat("a", 41), strings.Repeat("a", 63)} {
		if id, err := ParseID(s); err == nil {
			t.Errorf("%q is %v", s, id)
		}
	}
	if id, err := ParseID(strings.Repeat("0", 40)); err != nil || !id.IsZero() || id == (ID{}) {
		t.Errorf("the id of zeros is %v, %v", id, err)
	}
	if id, err := ParseID(strings.Repeat("AB", 32)); err != nil || id.Format() != SHA256 || id.String() != strings.Repeat("ab", 32) {
		t.Errorf("%v, %v", id, err)
	}
}

// TestPackNumbers checks the two ways in which a pack writes numbers against each other.
func TestPackNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<55).Draw(t, "n")
		kind := rapid.SampledFrom([]Type{TypeCommit, TypeTree, TypeBlob, TypeTag}).Draw(t, "kind")
		b := packHeadOf(kind, n)
		e, err := parseEntry(b, packHead, SHA1)
		if err != nil || e.kind != kind || e.size != n || e.data != int64(packHead+len(b)) {
			t.Fatalf("%+v, %v", e, err)
		}
		b = append(packHeadOf(TypeOffsetDelta, 5), distance(n)...)
		at := packHead + n + rapid.Int64Range(0, 1<<20).Draw(t, "before")
		e, err = parseEntry(b, at, SHA1)
		if n == 0 {
			if err == nil {
				t.Fatal("it is its own base")
			}
			return
		}
		if err != nil || e.base != at-n || e.size != 5 {
			t.Fatalf("%+v, %v", e, err)
		}
		for i := range b {
			if _, err := parseEntry(b[:i], at, SHA1); err == nil {
				t.Fatalf("cut at %d it is read", i)
			}
		}
	})
}

// TestDeltaLaw makes instructions of random pieces and compares with making them by hand.
func TestDeltaLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "base")
		var want, code []byte
		var pieces int
		for range rapid.IntRange(0, 8).Draw(t, "pieces") {
			pieces++
			if rapid.Bool().Draw(t, "insert") {
				text := rapid.SliceOfN(rapid.Byte(), 1, 127).Draw(t, "text")
				code, want = append(append(code, byte(len(text))), text...), append(want, text...)
				continue
			}
			from := rapid.IntRange(0, len(base)-1).Draw(t, "from")
			n := rapid.IntRange(1, len(base)-from).Draw(t, "n")
			code = append(code, 0x80|0x01|0x02|0x10|0x20, byte(from), byte(from>>8), byte(n), byte(n>>8))
			want = append(want, base[from:from+n]...)
		}
		d, err := ParseDelta(deltaOf(int64(len(base)), int64(len(want)), code...), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Apply([]byte("what was here before"), base)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
		var again []byte
		for in := range d.Instructions() {
			pieces--
			if in.Insert == nil {
				in.Insert = base[in.Offset : in.Offset+in.Length]
			}
			again = append(again, in.Insert...)
		}
		if pieces != 0 || !bytes.Equal(again, want) {
			t.Fatalf("the instructions make %q, want %q", again, want)
		}
		if _, err := d.Apply(nil, append(base, 0)); err == nil {
			t.Fatal("a base of another size was taken")
		}
	})
}

func TestDeltaCopyOfNoLength(t *testing.T) {
	base := bytes.Repeat([]byte("0123456789abcdef"), 0x1000)
	d, err := ParseDelta(deltaOf(0x10000, 0x10000, 0x80), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.Apply(nil, base); err != nil || !bytes.Equal(got, base) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func entryBytes(mode, name string, id ID) []byte {
	return append([]byte(mode+" "+name+"\x00"), id.bytes()...)
}

func TestParseTree(t *testing.T) {
	id := idOf(1)
	for mode, want := range map[string]Mode{
		"40000": ModeTree, "040000": ModeTree, "100644": ModeFile, "100664": ModeFile, "100600": ModeFile, "100755": ModeExecutable,
		"100700": ModeExecutable, "120000": ModeSymlink, "160000": ModeSubmodule,
	} {
		got, err := ParseTree(entryBytes(mode, "n\xff", id), SHA1)
		if d := cmp.Diff([]Entry{{want, "n\xff", id}}, got, cmp.AllowUnexported(ID{})); err != nil || d != "" {
			t.Errorf("%s: %v %s", mode, err, d)
		}
	}
	good := entryBytes("100644", "name", id)
	for name, b := range map[string][]byte{
		"cut in its entry 1":           good[:len(good)-1],
		"cut in its entry 2":           append(slices.Clone(good), "100644 x"...),
		`the mode "1006448"`:           entryBytes("1006448", "name", id),
		`the mode ""`:                  entryBytes("", "name", id),
		`the mode "+100644"`:           entryBytes("+100644", "name", id),
		`the mode "0"`:                 entryBytes("0", "name", id),
		`the mode "60000"`:             entryBytes("60000", "name", id),
		`the mode "37777777777777"`:    entryBytes("37777777777777", "name", id),
		`the name ""`:                  entryBytes("100644", "", id),
		`the name "."`:                 entryBytes("100644", ".", id),
		`the name ".."`:                entryBytes("40000", "..", id),
		`the name "a/b"`:               entryBytes("100644", "a/b", id),
		"cut in its entry 1 (no mode)": append([]byte("100644name\x00"), id.bytes()...),
	} {
		want, _, _ := strings.Cut(name, " (")
		if _, err := ParseTree(b, SHA1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
}

func TestTreeOrder(t *testing.T) {
	file := func(name string) Entry { return Entry{ModeFile, name, idOf(1)} }
	folder := func(name string) Entry { return Entry{ModeTree, name, idOf(1)} }
	for _, c := range []struct {
		entries []Entry
		ok      bool
	}{
		{nil, true},
		{[]Entry{file("a"), file("b")}, true},
		{[]Entry{file("b"), file("a")}, false},
		{[]Entry{file("a"), file("a")}, false},
		{[]Entry{file("a.b"), folder("a"), file("a0")}, true},
		{[]Entry{folder("a"), file("a.b")}, false},
		{[]Entry{file("a"), folder("a")}, false},
		{[]Entry{file("a"), file("a.b"), folder("a")}, false},
		{[]Entry{folder("a"), folder("a")}, false},
	} {
		if err := checkOrder(c.entries); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.entries, err)
		}
	}
}

func TestParsePerson(t *testing.T) {
	at := time.Unix(1700000000, 0)
	for text, want := range map[string]Person{
		"A B <a@b> 1700000000 +0230":       {"A B", "a@b", at},
		"A <a@b> 1700000000 -0000":         {"A", "a@b", at},
		"A <a@b> 1700000000":               {"A", "a@b", at},
		"A <a@b> 1700000000 nowhere":       {"A", "a@b", at},
		"A > B <a@b> 1700000000 +0000":     {"A > B", "a@b", at},
		"A <a@b>":                          {"A", "a@b", time.Time{}},
		"A <a@b> -5 +0000":                 {"A", "a@b", time.Time{}},
		"A <a@b> 99999999999999999 +0000":  {"A", "a@b", time.Time{}},
		"A <a@b> 999999999999999999999 +0": {"A", "a@b", time.Time{}},
		"<> 1700000000 +0000":              {"", "", at},
		"":                                 {},
		"nobody":                           {Name: "nobody"},
	} {
		if d := cmp.Diff(want, parsePerson(text)); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
	if _, offset := parsePerson("A <a> 1700000000 -0230").When.Zone(); offset != -9000 {
		t.Errorf("the zone is %d seconds off", offset)
	}
}

func TestParseCommitRefuses(t *testing.T) {
	id := idOf(1).String()
	for text, want := range map[string]string{
		"":                                 "begin with its tree",
		"author A <a> 1 +0\n":              "begin with its tree",
		"tree " + id[1:] + "\n":            "begin with its tree",
		"tree " + id + "0\n":               "begin with its tree",
		"tree " + id + "\nparent nobody\n": "parent 1 is no id",
		"tree " + strings.Repeat("g", 40):  "begin with its tree",
		"tree " + strings.Repeat("ab", 32): "begin with its tree",
	} {
		if _, err := ParseCommit([]byte(text), SHA1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	text := "tree " + id + "\nauthor A <a> 1 +0\ncommitter C <c> 2 +0\ngpgsig -----\n parent " + id + "\n \n end\n\nparent x\n\nmore"
	c, err := ParseCommit([]byte(text), SHA1)
	if err != nil || len(c.Parents) != 0 || c.Message != "parent x\n\nmore" || c.Committer.Name != "C" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := ParseTag([]byte("object "+id+"\ntype blub\n"), SHA1); err == nil {
		t.Error("a tag of a blub")
	}
}

func TestConfig(t *testing.T) {
	text := "\ufeff# c\n; d\n[Core]\n\tBare = true ; yes\n\tempty =\n\talone\n[remote \"a \\\"]b\"] URL = \"x # y\"  \n" +
		"[Extensions]\r\n\tobjectFormat = sha256\r\n\tlong = one \\\n two\n\tesc = \"a\\tb\\\\\" c\n[a.B] k=v\n"
	got, err := parseConfig(text)
	want := config{
		"core.bare": "true", "core.empty": "", "core.alone": "true", `remote.a "]b.url`: "x # y",
		"extensions.objectformat": "sha256", "extensions.long": "one  two", "extensions.esc": "a\tb\\ c", "a.b.k": "v",
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if _, err := parseConfig("[core\nbare"); err == nil {
		t.Error("an open section is read")
	}
}

func TestLayout(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "sha1",
		"[core]\nrepositoryformatversion=0": "sha1",
		"[core]\nrepositoryformatversion=1\n[extensions]\nobjectFormat=sha256":                    "sha256",
		"[core]\nrepositoryformatversion=1\n[extensions]\nobjectFormat=sha1\nrefStorage=files":    "sha1",
		"[core]\nrepositoryformatversion=1\n[extensions]\npartialClone=origin":                    "sha1 partial",
		"[core]\nrepositoryformatversion=1\n[extensions]\nworktreeConfig=true\nrelativeWorktrees": "sha1",
		"[remote \"origin\"]\npromisor=true":                                                      "sha1 partial",
		"[remote \"origin\"]\npromisor=false":                                                     "sha1",
		"[extensions]\nsomething=1":                                                               "sha1",
		"[core]\nrepositoryformatversion=1\n[extensions]\nsomething=1":                            `a repository with the extension "something" is not supported`,
		"[core]\nrepositoryformatversion=2":                                                       `a repository of format version "2" is not supported`,
		"[extensions]\nobjectFormat=sha256":                                                       `a repository with objectformat "sha256" is not supported`,
		"[core]\nrepositoryformatversion=1\n[extensions]\nobjectFormat=md5":                       `a repository with objectformat "md5" is not supported`,
		"[core]\nrepositoryformatversion=1\n[extensions]\nrefStorage=reftable":                    `a repository with refstorage "reftable" is not supported`,
	} {
		c, err := parseConfig(text)
		if err != nil {
			t.Fatal(err)
		}
		l, err := c.layout()
		got := l.format.String()
		if l.partial {
			got += " partial"
		}
		if err != nil {
			var unsupported *UnsupportedError
			if got = err.Error(); !errors.As(err, &unsupported) {
				t.Errorf("%q: %T", text, err)
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestPackedRefs(t *testing.T) {
	a, b := idOf(1), idOf(2)
	text := fmt.Sprintf("# pack-refs with: peeled fully-peeled sorted \n%s refs/tags/v1\r\n^%s\n%s refs/heads/main\n%s refs/heads/..\n\n", a, b, b, b)
	got, err := parsePackedRefs(text, SHA1)
	want := []packedRef{{name: "refs/heads/main", id: b}, {name: "refs/tags/v1", id: a, peeled: b}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"^" + a.String(), a.String(), a.String() + " ", "main", a.String()[1:] + " refs/heads/main", a.String() + "\x00refs/heads/x"} {
		if _, err := parsePackedRefs("# x\n"+bad+"\n", SHA1); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestValidRef(t *testing.T) {
	for name, want := range map[string]bool{
		"HEAD": true, "FETCH_HEAD": true, "refs/heads/main": true, "refs/heads/a.b/c@d": true, "refs/heads/ü": true, "refs/stash": true,
		"": false, "config": false, "head": false, "HEAD/x": false, "../HEAD": false, "refs/": false, "refs//x": false, "refs/heads/.x": false,
		"refs/heads/x.lock": false, "refs/heads/x.lock/y": false, "refs/heads/a..b": false, "refs/heads/a b": false, "refs/heads/a\x7f": false,
		"refs/heads/a:b": false, "refs/heads/a\\b": false, "refs/heads/a@{b": false, "refs/heads/a.": false, "refs/heads/a/": false,
		"refs/heads/" + strings.Repeat("x", 256): false,
	} {
		if got := validRef(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// TestLargeBucket searches among more ids of one first byte than are read at once.
func TestLargeBucket(t *testing.T) {
	for _, f := range []Format{SHA1, SHA256} {
		var list []stored
		for i := range 1000 {
			b := make([]byte, f.Size())
			b[0], b[1], b[2] = 0xab, byte(i>>7), byte(i<<1)
			list = append(list, stored{id: idFrom(b), at: int64(12 + i)})
		}
		list = append(list, stored{id: f.Sum(TypeBlob, nil), at: 12})
		file := indexOf(f, slices.Clone(list), make([]byte, f.Size()))
		x, err := openIndex(bytes.NewReader(file), int64(len(file)), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			pos, ok, err := x.find(o.id)
			offset, offsetErr := x.offset(pos)
			if err != nil || offsetErr != nil || !ok || offset != o.at {
				t.Fatalf("%s is at %d (%v), %v, %v", o.id, offset, ok, err, offsetErr)
			}
			near := o.id
			near.sum[2] |= 1
			if _, ok, err := x.find(near); near != o.id && (ok || err != nil) {
				t.Fatalf("%s was found: %v", near, err)
			}
		}
		var got []ID
		p, _ := parsePrefix("ab034", f)
		if err := x.withPrefix(p, func(id ID) bool { got = append(got, id); return true }); err != nil || len(got) != 8 {
			t.Errorf("%v, %v", got, err)
		}
	}
}

func TestOpenPackData(t *testing.T) {
	good, _ := packOf(SHA1, blobOf("one"))
	for want, file := range map[string][]byte{
		"of 31 bytes": good[:31], "begin with PACK": flip(good, 0), "version 253": flip(good, 7), "": good,
	} {
		_, err := openPackData(bytes.NewReader(file), int64(len(file)), SHA1)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	a, b := idOf(1), idOf(2)
	for want, err := range map[string]error{
		"object " + a.String() + " is a tree, not a commit":                                                       &TypeError{a, TypeTree, TypeCommit},
		`id "abcd" is ambiguous: write more digits (` + a.String() + ", " + b.String() + ")":                      &AmbiguousError{"abcd", []ID{a, b}},
		"a repository of format version \"2\" is not supported":                                                   &UnsupportedError{`a repository of format version "2"`},
		`the tree has no "` + strings.Repeat("x", 200) + `…"`:                                                     &NoEntryError{strings.Repeat("x", 300)},
		"object " + a.String() + " is not in the repository: fetch the commit that needs it":                      &MissingError{ID: a},
		"object " + a.String() + " is not in the repository, which is a partial clone: fetch it without --filter": &MissingError{ID: a, Promisor: true, Shallow: true},
		"too large: bytes of an object: 9, the limit is 5":                                                        &LimitError{"bytes of an object", 9, 5},
		`revision "x": it is unknown`:                                                                             &RevisionError{"x", "it is unknown"},
	} {
		if err.Error() != want {
			t.Errorf("%s\nwant %s", err, want)
		}
	}
	if err := error(&NoEntryError{"x"}); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a path that is not there does exist")
	}
}
