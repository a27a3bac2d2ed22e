package declare

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

// caseTrees returns the head of every case of the forms of HCL.
func caseTrees(t *testing.T) map[string]memTree {
	files, err := filepath.Glob("testdata/terra*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	trees := map[string]memTree{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, head, _ := splitCase(t, txtar.Parse(data))
		trees[file] = head
	}
	return trees
}

// quiet fails where a change that changes nothing has rows that it may not have.
func quiet(t *testing.T, name string, base, head memTree, allowed ...string) {
	rows, _ := Diff(base, head, changedPaths(base, head), nil)
	for _, r := range rows {
		ok := false
		for _, a := range allowed {
			ok = ok || r.Change == a
		}
		if !ok {
			t.Errorf("%s: %s", name, render([]Change{r}, nil))
		}
	}
}

var (
	topLevel  = regexp.MustCompile(`(?m)^[a-z]+ .*\{`)
	equals    = regexp.MustCompile(`(?m)^( +[a-z_]+) += `)
	blockName = regexp.MustCompile(`resource "?(aws_iam_[a-z_]+)"? "?([a-z_]+)"? \{`)
)

// TestReformatting writes comments, blank lines and alignment into every case: no row at all.
func TestReformatting(t *testing.T) {
	for name, head := range caseTrees(t) {
		formatted := memTree{}
		for p, s := range head {
			if is, _ := terraformFile(path.Base(p)); is && !strings.HasSuffix(p, ".json") && !strings.Contains(s, "<<") && !strings.Contains(s, "/*") {
				s = topLevel.ReplaceAllString(s, "\n# a comment\n// another { one\n$0 /* why\n */\n\n")
				s = equals.ReplaceAllString(s, "  $1      = ")
			}
			formatted[p] = s
		}
		quiet(t, name, head, formatted)
		quiet(t, name+" back", formatted, head)
	}
}

// TestMovedFiles renames the files of every case within their folder and moves the whole below another
// one: nothing is added.
func TestMovedFiles(t *testing.T) {
	for name, head := range caseTrees(t) {
		renamed, below := memTree{}, memTree{}
		for p, s := range head {
			below["new/place/"+p] = s
			if is, override := terraformFile(path.Base(p)); is && !override && !strings.HasSuffix(p, ".tofu") {
				p = path.Join(path.Dir(p), "z_"+path.Base(p))
			}
			renamed[p] = s
		}
		if !strings.Contains(name, "override") && !strings.Contains(name, "expiring") {
			quiet(t, name, head, renamed)
		}
		if !leavesItsFolder[path.Base(name)] {
			quiet(t, name, head, below, Moved, Replaced, Rotated, Imported)
		}
	}
}

// leavesItsFolder are the cases whose files mean something else in another folder: paths from the root of
// the repository, paths out of it, and modules that are known by their source alone.
var leavesItsFolder = map[string]bool{
	"module_out_of_tree.txtar":   true,
	"known_modules.txtar":        true,
	"stack_file.txtar":           true,
	"shared_configuration.txtar": true,
}

// TestRenamedBlocks renames every resource of every case and says so in moved blocks: nothing is added.
func TestRenamedBlocks(t *testing.T) {
	for name, head := range caseTrees(t) {
		renamed := memTree{}
		for p, s := range head {
			if is, override := terraformFile(path.Base(p)); is && !override && !strings.HasSuffix(p, ".json") && !strings.Contains(s, "moved {") && !strings.Contains(s, "import {") {
				s = renameBlocks(s)
			}
			renamed[p] = s
		}
		if !strings.Contains(name, "override") && !strings.Contains(name, "broken") && !strings.Contains(name, "references") {
			quiet(t, name, head, renamed, Moved)
		}
	}
}

func renameBlocks(s string) string {
	var moved strings.Builder
	for _, m := range blockName.FindAllStringSubmatch(s, -1) {
		moved.WriteString("moved {\n  from = " + m[1] + "." + m[2] + "\n  to   = " + m[1] + ".renamed_" + m[2] + "\n}\n")
	}
	s = blockName.ReplaceAllString(s, "resource \"$1\" \"renamed_$2\" {")
	s = regexp.MustCompile(`\b(aws_iam_user)\.([a-z])`).ReplaceAllString(s, "$1.renamed_$2")
	return s + moved.String()
}

// TestOrderOfBlocks shuffles the blocks of a file: no row at all.
func TestOrderOfBlocks(t *testing.T) {
	blocks := []string{
		"resource \"aws_iam_user\" \"a\" {\n  name = local.a\n}\n",
		"resource \"aws_iam_user\" \"b\" {\n  for_each = local.b\n  name = each.key\n}\n",
		"locals {\n  a = \"a\"\n}\n", "locals {\n  b = { x = 1, y = 2 }\n}\n",
		"resource \"aws_iam_access_key\" \"k\" {\n  user = aws_iam_user.a.name\n}\n",
		"moved {\n  from = aws_iam_user.z\n  to = aws_iam_user.a\n}\n",
	}
	base := memTree{"main.tf": strings.Join(blocks, "\n")}
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, len(blocks)).Draw(r, "cut")
		order := rapid.Permutation(blocks).Draw(r, "order")
		head := memTree{"main.tf": strings.Join(order[:n], "\n"), "more.tf": strings.Join(order[n:], "\n")}
		if rows, skipped := Diff(base, head, changedPaths(base, head), nil); len(rows)+len(skipped) > 0 {
			r.Fatal(render(rows, skipped))
		}
	})
}
