package declare

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const oneKey = "AKIAZNOTAREALKEY2XQW"

func TestKeyFiles(t *testing.T) {
	added := func(file string) string {
		return "added hardcoded-access-key text " + oneKey + " " + file + ":1 certain\n"
	}
	large := oneKey + strings.Repeat(" ", maxFile)
	for _, c := range []struct {
		name, file, text, want string
		typ                    EntryType
		fault                  error
	}{
		{name: "no extension", file: "key", text: oneKey, want: added("key")},
		{name: "over the limit of parsers", file: "a.log", text: large, want: added("a.log")},
		{name: "over the limit of YAML", file: "a.yml", text: large, want: added("a.yml")},
		{name: "over the limit of Terraform", file: "a.tf", text: large, want: added("a.tf") + "not-analysed a.tf: larger than 1 MiB\n"},
		{name: "at the limit", file: "a.log", text: oneKey + strings.Repeat(" ", maxLoad-len(oneKey)), want: added("a.log")},
		{name: "over the limit", file: "a.log", text: oneKey + strings.Repeat(" ", maxLoad-len(oneKey)+1), want: "not-analysed a.log: larger than 1 MiB\n"},
		{name: "over the limit, a picture", file: "a.PNG", text: strings.Repeat(" ", maxLoad+1), want: ""},
		{name: "not text", file: "a.class", text: "\x00\x01" + oneKey + "\x00", want: added("a.class")},
		{name: "UTF-16", file: "a.ps1", text: utf16Text(oneKey, binary.LittleEndian, 0xFF, 0xFE), want: added("a.ps1")},
		{name: "LFS", file: "a.bin", text: "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", want: ""},
		{name: "a fault", file: "a.py", text: oneKey, fault: errors.New("no answer"), want: "not-analysed a.py: could not be read: no answer\n"},
		{name: "a link that leads out", file: "a.py", text: oneKey, typ: Symlink, fault: fs.ErrNotExist, want: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := oddTree{memTree: memTree{c.file: c.text}, types: map[string]EntryType{c.file: c.typ}, faults: map[string]error{c.file: c.fault}}
			rows, skipped := Diff(memTree{}, head, []string{c.file}, nil)
			if diff := cmp.Diff(c.want, render(rows, skipped)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestKeysAreBounded holds that a file full of ids costs a bounded number of rows, and says so.
func TestKeysAreBounded(t *testing.T) {
	var b strings.Builder
	for n := range 20 * maxKeys {
		fmt.Fprintf(&b, "AKIAZNOTREAL%s\n", letters(n, 8))
	}
	head := memTree{"a.txt": b.String()}
	rows, skipped := Diff(memTree{}, head, changedPaths(memTree{}, head), nil)
	if len(rows) != maxKeys || len(skipped) != 1 {
		t.Errorf("%d rows, %v", len(rows), skipped)
	}
}

func letters(n, width int) string {
	out := []byte(strings.Repeat("B", width))
	for i := width - 1; n > 0; i-- {
		out[i] = 'B' + byte(n%20)
		n /= 20
	}
	return string(out)
}

// countingTree counts what is read of a tree.
type countingTree struct {
	memTree
	reads *[]string
}

func (t countingTree) Read(p string) ([]byte, error) {
	*t.reads = append(*t.reads, p)
	return t.memTree.Read(p)
}

// TestKeysReadTheChangeAlone holds that the files beside a change are read only when a key comes or goes.
func TestKeysReadTheChangeAlone(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"no key", "x", []string{"d/a.txt"}},
		{"a key", oneKey, []string{"d/a.txt", "d/b.txt", "d/c.md"}},
	} {
		files := memTree{"d/a.txt": c.text, "d/b.txt": "", "d/c.md": "", "d/p.png": "", "e/f.txt": ""}
		var reads []string
		Diff(memTree{}, countingTree{files, &reads}, []string{"d/a.txt"}, nil)
		reads = slices.DeleteFunc(reads, func(p string) bool { return files[p] == "" && strings.HasSuffix(p, ".hcl") })
		if diff := cmp.Diff(c.want, reads); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestKeyInSeveralFiles holds that a key id is told once, with the files that it would stay in.
func TestKeyInSeveralFiles(t *testing.T) {
	text := "key = " + oneKey + " " + oneKey + "\n"
	tree := memTree{}
	var changed []string
	for n, want := range []string{"", "; also in b.py", "; also in b.py and 1 more", "; also in b.py and 2 more"} {
		p := string(rune('a'+n)) + ".py"
		tree[p] = text
		changed = append(changed, p)
		rows, _ := Diff(memTree{}, tree, changed, nil)
		if len(rows) != 1 || rows[0].Count != 1 || rows[0].Path != "a.py" || !strings.HasSuffix(rows[0].Why, "is written out"+want) {
			t.Errorf("%d files: %+v", n+1, rows)
		}
	}
	tree["b.py"] += "again\n"
	if rows, _ := Diff(tree, memTree{"b.py": text, "c.py": text}, changed, nil); len(rows) > 0 {
		t.Errorf("fewer files: %+v", rows)
	}
}

// A key that leaves the files stays in history: a reader must not take the row for the end of it.
func TestWhyRemoved(t *testing.T) {
	if got := whyRemoved(HardcodedKey); !strings.Contains(got, "until it is deactivated") {
		t.Errorf("key id: %q", got)
	}
	if got := whyRemoved(User); !strings.Contains(got, "no longer declared") {
		t.Errorf("user: %q", got)
	}
}
