package declare

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// configTrees returns the head of every case of these forms.
func configTrees(t *testing.T) map[string]memTree {
	trees := map[string]memTree{}
	for _, form := range []string{"kubernetes", "ansible", "salt", "puppet", "pulumi-yaml"} {
		files, _ := filepath.Glob("testdata/" + form + "/*.txtar")
		if len(files) < 4 {
			t.Fatalf("%d cases of %s", len(files), form)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, trees[file], _ = splitCase(t, txtar.Parse(data))
		}
	}
	return trees
}

// comment is a line that says nothing, in the language of a file; empty where it has none.
func comment(p string) string {
	switch path.Ext(p) {
	case ".yaml", ".yml", ".sls", ".pp", ".j2", ".tmpl":
		return "# a comment: with a colon, and a { bracket\n"
	}
	return ""
}

// TestConfigsReformatted writes comments and blank lines around every file, and other ends of lines: no row.
func TestConfigsReformatted(t *testing.T) {
	for name, head := range configTrees(t) {
		formatted, windows := memTree{}, memTree{}
		for p, s := range head {
			c := comment(p)
			formatted[p] = s
			if c != "" && !strings.HasPrefix(s, "#!") {
				formatted[p] = "\n" + c + "\n" + s + "\n" + c
			}
			windows[p] = strings.ReplaceAll(s, "\n", "\r\n")
		}
		quiet(t, name, head, formatted)
		quiet(t, name+" back", formatted, head)
		quiet(t, name+" with other ends of lines", head, windows)
	}
}

// named are the files whose names mean something to others.
var named = regexp.MustCompile(`(^|/)(Chart\.yaml|kustomization\.yaml|values[^/]*|main\.yml|_helpers\.tpl|Pulumi\.yaml|Main\.yaml|all\.yml|.*-assert\.yaml|[^/]*\.config)$`)

// TestConfigsMoved renames the files of every case within their folder and moves the whole below another one:
// nothing is added.
func TestConfigsMoved(t *testing.T) {
	for name, head := range configTrees(t) {
		renamed, below := memTree{}, memTree{}
		others := false
		for p, s := range head {
			others = others || named.MatchString(p) || strings.Contains(s, "include_") || strings.Contains(s, "vars_files") || strings.Contains(s, "resources: [")
			below["new/place/"+p] = s
			renamed[path.Join(path.Dir(p), "z_"+path.Base(p))] = s
		}
		if !others {
			quiet(t, name, head, renamed)
		}
		quiet(t, name+" below", head, below, Moved, Replaced, Rotated, Imported)
	}
}

// TestConfigsInOneFile joins the documents of a folder in one file: no row.
func TestConfigsInOneFile(t *testing.T) {
	files := []string{"a", "b", "c"}
	apart, joined := memTree{}, memTree{}
	for _, n := range files {
		doc := "apiVersion: iam.aws.upbound.io/v1beta1\nkind: User\nmetadata: {name: " + n + "}\nspec: {forProvider: {}}\n"
		apart["x/"+n+".yaml"] = doc
		joined["x/all.yaml"] += "---\n" + doc
	}
	quiet(t, "objects", apart, joined)
	quiet(t, "objects back", joined, apart)
}
