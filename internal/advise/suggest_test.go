package advise

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v4"

	"github.com/keysweep/keysweep/internal/declare"
)

// files is a tree of files in one folder each.
type files map[string]string

func (f files) Read(p string) ([]byte, error) {
	if s, ok := f[p]; ok {
		return []byte(s), nil
	}
	return nil, fs.ErrNotExist
}

func (f files) List(dir string) ([]declare.Entry, error) {
	var out []declare.Entry
	for p := range f {
		if rel, err := filepath.Rel(dir, p); err == nil && !strings.HasPrefix(rel, "..") {
			name, _, deeper := strings.Cut(filepath.ToSlash(rel), "/")
			typ := declare.Regular
			if deeper {
				typ = declare.Folder
			}
			out = append(out, declare.Entry{Name: name, Type: typ, Size: int64(len(f[p]))})
		}
	}
	if len(out) == 0 {
		return nil, fs.ErrNotExist
	}
	return out, nil
}

// suggestions are those for all static keys of a workflow that is new.
func suggestions(p, text string) (rows []declare.Change, fixes []Fix) {
	all, _ := declare.Diff(files{}, files{p: text}, []string{p}, nil)
	for _, c := range all {
		if f, ok := Suggestion(c, []byte(text)); ok {
			rows, fixes = append(rows, c), append(fixes, f)
		}
	}
	return rows, fixes
}

func apply(text string, f Fix) string {
	lines := strings.Split(text, "\n")
	out := append([]string{}, lines[:f.First-1]...)
	out = append(out, strings.Split(f.Text, "\n")...)
	return strings.Join(append(out, lines[f.Last:]...), "\n")
}

// TestSuggestions runs testdata/suggest.txtar: every file is a workflow, and the golden shows what is suggested.
func TestSuggestions(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/suggest.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range archive.Files {
		p := ".github/workflows/" + f.Name
		if strings.HasPrefix(f.Name, "action") {
			p = f.Name
		}
		_, fixes := suggestions(p, string(f.Data))
		fmt.Fprintf(&b, "-- %s --\n", f.Name)
		for _, x := range fixes {
			fmt.Fprintf(&b, "%d-%d\n%s\n", x.First, x.Last, x.Text)
			if x.Note != "" {
				fmt.Fprintf(&b, "(%s)\n", x.Note)
			}
			checkFix(t, p, string(f.Data), x)
		}
	}
	golden(t, "suggest.golden", []byte(b.String()))
}

// checkFix holds what is true of every suggestion: taken, the file is still YAML, the use is gone, and
// nothing else has come.
func checkFix(t *testing.T, p, text string, f Fix) {
	t.Helper()
	fixed := apply(text, f)
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(fixed), &n); err != nil {
		t.Errorf("%s: %v\n%s", p, err, fixed)
	}
	rows, _ := declare.Diff(files{p: text}, files{p: fixed}, []string{p}, nil)
	gone := 0
	for _, r := range rows {
		switch r.Change {
		case declare.Removed:
			gone++
		case declare.Added:
			t.Errorf("%s: the suggestion adds %v", p, r)
		}
	}
	if gone == 0 {
		t.Errorf("%s: the suggestion takes nothing away:\n%s", p, fixed)
	}
}

func TestSuggestionIsForWorkflowsAlone(t *testing.T) {
	text := []byte("with:\n  aws-access-key-id: x\n")
	for _, c := range []declare.Change{
		{Kind: declare.StaticKeyUse, Form: "gitlab-ci", Line: 2},
		{Kind: declare.HardcodedKey, Form: "github-workflow", Line: 2},
		{Kind: declare.StaticKeyUse, Form: "github-workflow", Line: 0},
		{Kind: declare.StaticKeyUse, Form: "github-workflow", Line: 1},
		{Kind: declare.StaticKeyUse, Form: "github-workflow", Line: 2},
		{Kind: declare.StaticKeyUse, Form: "github-workflow", Line: 99},
	} {
		if f, ok := Suggestion(c, text); ok {
			t.Errorf("%+v: %+v", c, f)
		}
	}
}

func FuzzSuggestion(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/suggest.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, part := range archive.Files {
		f.Add(part.Data, 10)
	}
	f.Fuzz(func(t *testing.T, data []byte, line int) {
		c := declare.Change{Kind: declare.StaticKeyUse, Form: "github-workflow", Line: line}
		fix, ok := Suggestion(c, data)
		if n := strings.Count(string(data), "\n") + 1; ok && (fix.First < 1 || fix.Last < fix.First || fix.Last > n) {
			t.Fatalf("%+v of %d lines", fix, n)
		}
	})
}
