package declare

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// oddTree is a tree with entries that are no plain files.
type oddTree struct {
	memTree
	types  map[string]EntryType
	faults map[string]error
}

func (t oddTree) List(dir string) ([]Entry, error) {
	es, err := t.memTree.List(dir)
	for n := range es {
		p := es[n].Name
		if dir != "." {
			p = dir + "/" + p
		}
		if typ, ok := t.types[p]; ok {
			es[n].Type = typ
		}
	}
	return es, err
}

func (t oddTree) Read(p string) ([]byte, error) {
	if err := t.faults[p]; err != nil {
		return nil, err
	}
	return t.memTree.Read(p)
}

const oneUser = "resource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n"

func utf16Text(s string, order binary.AppendByteOrder, mark ...byte) string {
	out := mark
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

func TestFiles(t *testing.T) {
	added := "added iam-user terraform aws_iam_user.u name=u "
	for _, c := range []struct {
		name, file, text, want string
		typ                    EntryType
		fault                  error
	}{
		{name: "plain", text: oneUser, want: added + "main.tf:1 certain\n"},
		{name: "a mark of byte order", text: "\xEF\xBB\xBF" + oneUser, want: added + "main.tf:1 certain\n"},
		{name: "UTF-16, little", text: utf16Text(oneUser, binary.LittleEndian, 0xFF, 0xFE), want: added + "main.tf:1 certain\n"},
		{name: "UTF-16, big", text: utf16Text(oneUser, binary.BigEndian, 0xFE, 0xFF), want: added + "main.tf:1 certain\n"},
		{name: "UTF-16 without a mark", text: utf16Text(oneUser, binary.LittleEndian), want: added + "main.tf:1 certain\n"},
		{name: "lines of Windows", text: strings.ReplaceAll(oneUser, "\n", "\r\n"), want: added + "main.tf:1 certain\n"},
		{name: "NUL", text: oneUser + "\x00", want: "not-analysed main.tf: not text\n"},
		{name: "LFS", text: "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", want: "not-analysed main.tf: kept in Git LFS: only a pointer is in the repository\n"},
		{name: "at the limit", text: oneUser + strings.Repeat("#", maxFile-len(oneUser)), want: added + "main.tf:1 certain\n"},
		{name: "over the limit", text: oneUser + strings.Repeat("#", maxFile-len(oneUser)+1), want: "not-analysed main.tf: larger than 1 MiB\n"},
		{name: "a link within the tree", text: oneUser, typ: Symlink, want: added + "main.tf:1 certain\n"},
		{name: "a link that leads out", text: oneUser, typ: Symlink, fault: fs.ErrNotExist, want: "not-analysed main.tf: a symbolic link that leads to no file of the repository\n"},
		{name: "a fault", text: oneUser, fault: errors.New("no answer"), want: "not-analysed main.tf: could not be read: no answer\n"},
		{name: "a submodule", file: "modules", typ: Submodule, want: "not-analysed modules: a submodule: its files are in another repository\n"},
		{name: "a control character in the name", file: "a\x1b[31m\n.tf", text: oneUser, want: added + "a\x1b[31m\n.tf:1 certain\n"},
		{name: "an empty file", text: "", want: ""},
		{name: "an editor's copy", file: "main.tf~", text: oneUser, want: ""},
		{name: "a hidden file", file: ".main.tf", text: oneUser, want: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.file == "" {
				c.file = "main.tf"
			}
			head := oddTree{memTree: memTree{c.file: c.text}, types: map[string]EntryType{c.file: c.typ}, faults: map[string]error{c.file: c.fault}}
			rows, skipped := Diff(memTree{}, head, []string{c.file}, nil)
			if diff := cmp.Diff(c.want, render(rows, skipped)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUntouchedFilesAreSilent holds that what could not be read beside the change is no matter of it, unless it
// is a part of the same module or called by the change.
func TestUntouchedFilesAreSilent(t *testing.T) {
	broken := "resource \"x\" {{{\n"
	base := memTree{"a/main.tf": oneUser, "b/main.tf": broken, "m/main.tf": broken + "\n" + oneUser}
	head := memTree{"a/main.tf": oneUser + "\n", "b/main.tf": broken, "m/main.tf": broken + "\n" + oneUser}
	rows, skipped := Diff(base, head, changedPaths(base, head), nil)
	if got := render(rows, skipped); got != "" {
		t.Error(got)
	}
	head["a/main.tf"] = oneUser + "module \"m\" { source = \"../m\" }\n"
	rows, skipped = Diff(base, head, changedPaths(base, head), nil)
	want := "added iam-user terraform module.m.aws_iam_user.u name=u a/main.tf:4 certain\nnot-analysed m/main.tf: a part of it is no HCL\n"
	if diff := cmp.Diff(want, render(rows, skipped)); diff != "" {
		t.Error(diff)
	}
}

func TestStop(t *testing.T) {
	head := memTree{"a/main.tf": oneUser, "b/main.tf": oneUser}
	rows, skipped := Diff(memTree{}, head, changedPaths(memTree{}, head), func() bool { return true })
	if len(rows) != 0 || len(skipped) == 0 {
		t.Errorf("%v %v", rows, skipped)
	}
}

// TestTooMuch holds that what is not evaluated is said.
func TestTooMuch(t *testing.T) {
	for _, h := range hostile() {
		switch h.name {
		case "users", "plain users", "nested loops", "products", "calls", "signs", "choices", "brackets", "unclosed blocks",
			"nested JSON", "numbers in JSON", "templates in JSON", "locals that double":
			tree := hostileTree(h)
			if _, skipped := Diff(memTree{}, tree, changedPaths(memTree{}, tree), nil); len(skipped) == 0 {
				t.Errorf("%s: all is said to be analysed", h.name)
			}
		}
	}
}
