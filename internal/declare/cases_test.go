package declare

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what the cases want")

// memTree is a tree in memory: paths to contents.
type memTree map[string]string

func (t memTree) Read(p string) ([]byte, error) {
	if s, ok := t[p]; ok {
		return []byte(s), nil
	}
	return nil, fmt.Errorf("%q: %w", p, fs.ErrNotExist)
}

func (t memTree) List(dir string) ([]Entry, error) {
	seen := map[string]Entry{}
	for p, s := range t {
		rest := p
		if dir != "." {
			var ok bool
			if rest, ok = strings.CutPrefix(p, dir+"/"); !ok {
				continue
			}
		}
		if name, _, deeper := strings.Cut(rest, "/"); deeper {
			seen[name] = Entry{Name: name, Type: Folder, Size: -1}
		} else {
			seen[name] = Entry{Name: name, Size: int64(len(s))}
		}
	}
	if len(seen) == 0 {
		return nil, fmt.Errorf("%q: %w", dir, fs.ErrNotExist)
	}
	var es []Entry
	for _, e := range seen {
		es = append(es, e)
	}
	slices.SortFunc(es, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return es, nil
}

// changedPaths returns the paths that differ between two trees.
func changedPaths(base, head memTree) []string {
	var ps []string
	for p, s := range base {
		if h, ok := head[p]; !ok || h != s {
			ps = append(ps, p)
		}
	}
	for p := range head {
		if _, ok := base[p]; !ok {
			ps = append(ps, p)
		}
	}
	slices.Sort(ps)
	return ps
}

// render writes the outcome of a comparison as lines, one row a line.
func render(changes []Change, skipped []NotAnalysed) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s %s %s", c.Change, c.Kind, c.Form, c.Address)
		if c.Name != "" {
			fmt.Fprintf(&b, " name=%s", c.Name)
		}
		fmt.Fprintf(&b, " %s:%d", c.Path, c.Line)
		if c.Count != 1 {
			fmt.Fprintf(&b, " count=%d", c.Count)
		}
		fmt.Fprintf(&b, " %s\n", c.Confidence)
	}
	for _, n := range skipped {
		fmt.Fprintf(&b, "not-analysed %s: %s\n", n.Path, n.Reason)
	}
	return b.String()
}

// TestCases runs testdata/FORM/*.txtar. A case holds the files of both states under base/ and
// head/, those of both under both/, and in want one row a line; no row is written as an empty want.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "testdata/"), ".txtar"), func(t *testing.T) {
			runCase(t, file)
		})
	}
}

func runCase(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	base, head, want := splitCase(t, archive)
	got := caseRows(t, file, base, head)
	if *update {
		writeCase(t, file, archive, got)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rows differ (-want +got):\n%s", diff)
	}
}

// caseRows are the rows of a case; a plan is a state and its change in one file.
func caseRows(t *testing.T, file string, base, head memTree) string {
	if filepath.Base(filepath.Dir(file)) != "plan" {
		return render(Diff(base, head, changedPaths(base, head), nil))
	}
	rows, err := ReadPlan("plan.json", []byte(head["plan.json"]))
	if err != nil {
		t.Fatal(err)
	}
	return render(rows, nil)
}

func splitCase(t *testing.T, archive *txtar.Archive) (base, head memTree, want string) {
	base, head = memTree{}, memTree{}
	for _, f := range archive.Files {
		side, rest, _ := strings.Cut(f.Name, "/")
		switch side {
		case "base":
			base[path.Clean(rest)] = string(f.Data)
		case "head":
			head[path.Clean(rest)] = string(f.Data)
		case "both":
			base[path.Clean(rest)], head[path.Clean(rest)] = string(f.Data), string(f.Data)
		case "want":
			want = string(f.Data)
		default:
			t.Fatalf("unknown file %q", f.Name)
		}
	}
	return base, head, want
}

func writeCase(t *testing.T, file string, archive *txtar.Archive, got string) {
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
	if out := txtar.Format(archive); !bytes.Equal(out, nil) {
		if err := os.WriteFile(file, out, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
