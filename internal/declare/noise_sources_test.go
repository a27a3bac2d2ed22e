//go:build noise

package declare

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"unicode/utf8"
)

// The noise of what others published: packages that a registry serves, unpacked below the folder that
// KEYSWEEP_NOISE names, one folder a package; KEYSWEEP_NOISE_ONLY is a part of the names to look at. A change that changes nothing must say nothing, and one that adds
// one user must say one. `make noise` fetches them and runs this.

// embedded are texts of the forms that stand in other files: examples in documentation, in strings of Go and
// of Python. Each becomes a file of its own, in a folder of its own.
var embedded = []struct {
	in   *regexp.Regexp // of the name of the file
	text *regexp.Regexp // one match an example, the example in its last group
}{
	{regexp.MustCompile(`\.(md|markdown|yaml|rst)$`), regexp.MustCompile("(?ms)^[ \t]*```[ ]*(?:hcl|terraform|tf|yaml|yml|json)\n(.*?)^[ \t]*```")},
	{regexp.MustCompile(`\.json$`), regexp.MustCompile("(?s)```(?:hcl|terraform|yaml)\\\\n(.*?)```")},
	{regexp.MustCompile(`\.go$`), regexp.MustCompile("(?s)`([^`]{40,})`")},
	{regexp.MustCompile(`\.py$`), regexp.MustCompile(`(?s)"""(.{40,}?)"""`)},
	{regexp.MustCompile(`\.py$`), regexp.MustCompile(`(?s)'''(.{40,}?)'''`)},
}

var (
	looksTerraform = regexp.MustCompile(`(?m)^\s*(resource|module|provider|data|variable) +"`)
	looksTemplate  = regexp.MustCompile(`"?Resources"?\s*:`)
	looksObjects   = regexp.MustCompile(`(?m)^\s*apiVersion:`)
	looksTasks     = regexp.MustCompile(`(?m)^- (name|hosts|\w+\.\w+\.\w+):`)
)

// embeddedName is the name of a file that would hold such a text; empty where it is of no interest.
func embeddedName(text string) string {
	switch {
	case looksTerraform.MatchString(text):
		return "main.tf"
	case looksTemplate.MatchString(text) && strings.HasPrefix(strings.TrimSpace(text), "{"):
		return "template.json"
	case looksTemplate.MatchString(text), looksObjects.MatchString(text):
		return "template.yaml"
	case looksTasks.MatchString(text):
		return "tasks/main.yml"
	}
	return ""
}

// unwrap takes examples out of a file.
func unwrap(tree memTree, p, text string) {
	n := 0
	for _, e := range embedded {
		if !e.in.MatchString(p) {
			continue
		}
		for _, m := range e.text.FindAllStringSubmatch(text, -1) {
			inner := m[len(m)-1]
			if path.Ext(p) == ".json" {
				plain, err := strconv.Unquote(`"` + inner + `"`)
				if err != nil {
					continue
				}
				inner = plain
			}
			if name := embeddedName(inner); name != "" {
				n++
				tree["examples/"+p+".d/"+strconv.Itoa(n)+"/"+name] = inner
			}
		}
	}
}

// published is one package.
type published struct {
	name string
	tree memTree
}

// sources reads all packages.
func sources(t *testing.T) []published {
	root := os.Getenv("KEYSWEEP_NOISE")
	dirs, err := os.ReadDir(root)
	if err != nil || len(dirs) < 10 {
		t.Fatalf("%d packages in the folder that KEYSWEEP_NOISE names, %v: run make noise", len(dirs), err)
	}
	var all []published
	for _, d := range dirs {
		if !strings.Contains(d.Name(), os.Getenv("KEYSWEEP_NOISE_ONLY")) {
			continue
		}
		dir, err := filepath.EvalSymlinks(filepath.Join(root, d.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, published{d.Name(), readPublished(t, dir)})
	}
	return all
}

func readPublished(t *testing.T, root string) memTree {
	tree := memTree{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if info, err := d.Info(); err != nil || info.Size() > maxFile {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil || !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
			return err
		}
		rel, err := filepath.Rel(root, p)
		rel = filepath.ToSlash(rel)
		tree[rel] = string(data)
		unwrap(tree, rel, string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// figures is one line of the table.
type figures struct {
	files, sure, possible                 int
	same, formatted, formattedOf, windows int // rows
	moved, folders, renamed, renamedOf    int // additions
	found, n                              int
}

// TestPublishedSources is the table: what each package declares, the rows of changes that change nothing, and
// what is found of what was planted.
func TestPublishedSources(t *testing.T) {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "source\tfiles\tdeclared\tpossible\tsame\treformatted\tof files\tCRLF\tmoved\tfolders\trenamed\tof blocks\tfound/planted")
	for _, s := range sources(t) {
		f := measure(t, s)
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d/%d\n", s.name, f.files, f.sure, f.possible,
			f.same, f.formatted, f.formattedOf, f.windows, f.moved, f.folders, f.renamed, f.renamedOf, f.found, f.n)
	}
	_ = w.Flush()
	t.Log("\n" + out.String())
}

func measure(t *testing.T, s published) figures {
	f := figures{files: len(s.tree)}
	base := newIndexedTree(s.tree)
	every := slices.Sorted(maps.Keys(s.tree))
	rows, _ := Diff(memTree{}, base, every, nil)
	for _, r := range rows {
		if r.Confidence == Possible {
			f.possible += r.Count
		} else {
			f.sure += r.Count
		}
	}
	against := func(what string, head memTree, any bool) int {
		rows, _ := Diff(base, newIndexedTree(head), changedPaths(s.tree, head), nil)
		n := 0
		for _, r := range rows {
			if any || r.Change == Added {
				n++
				t.Errorf("%s, %s: %s", s.name, what, render([]Change{r}, nil))
			}
		}
		return n
	}
	rows, _ = Diff(base, base, every, nil)
	f.same = len(rows)
	formatted := each(s.tree, reformat)
	f.formattedOf = len(changedPaths(s.tree, formatted))
	f.formatted = against("reformatted", formatted, true)
	f.windows = against("CRLF", each(s.tree, windows), true)
	f.moved = against("moved", moved(s.tree, func(p string) string { return "new/place/" + p }), false)
	f.folders = against("folders", moved(s.tree, renameFolder), false)
	renamed, n := renameAll(s.tree)
	f.renamedOf, f.renamed = n, against("renamed", renamed, false)
	plant(t, s, base, &f)
	if f.same > 0 {
		t.Errorf("%s: %d rows where nothing changes", s.name, f.same)
	}
	return f
}

// each writes every file anew.
func each(tree memTree, write func(p, text string) string) memTree {
	out := memTree{}
	for p, s := range tree {
		out[p] = write(p, s)
	}
	return out
}

func windows(_, text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

func moved(tree memTree, to func(string) string) memTree {
	out := memTree{}
	for p, s := range tree {
		out[to(p)] = s
	}
	return out
}

// renameFolder gives the first folder of a path that is nobody's convention another name.
func renameFolder(p string) string {
	parts := strings.Split(p, "/")
	if len(parts) > 1 && !strings.HasPrefix(parts[0], ".") {
		parts[0] = "renamed-" + parts[0]
	}
	return strings.Join(parts, "/")
}
