package declare

import (
	"strings"
	"testing"
)

const hiddenUser = "Resources:\n  U:\n    Type: AWS::IAM::User\n"

// Ways to write an addition so that a careless reader passes over it.
func TestHidden(t *testing.T) {
	step := "on: push\njobs:\n  a:\n    steps:\n    - uses: a/b@v1\n      with:\n        "
	for _, c := range []struct{ name, file, text string }{
		{"an escaped label", "main.tf", "resource \"aws_iam_\\u0075ser\" \"u\" {\n}\n"},
		{"a long escaped label", "main.tf", "resource \"aws_iam_\\U00000075ser\" \"u\" {\n}\n"},
		{"an escaped type in YAML", "t.yaml", "Resources:\n  U:\n    Type: \"AWS::IAM::\\x55ser\"\n"},
		{"an escaped type in JSON", "t.json", `{"Resources": {"U": {"Type": "AWS::IAM::\u0055ser"}}}`},
		{"a type over two lines", "t.yaml", "Resources:\n  U:\n    Type: \"AWS::I\\\n      AM::User\"\n"},
		{"a type over two lines of Windows", "t.yaml", "Resources:\r\n  U:\r\n    Type: \"AWS::I\\\r\n      AM::User\"\r\n"},
		{"line ends of old", "t.yaml", strings.ReplaceAll(hiddenUser, "\n", "\r")},
		{"a comment that ends in a line end of old", "t.yaml", "A: 1 # x\r" + hiddenUser},
		{"a line end of Unicode", "t.yaml", "A: 1 # x\u2028" + hiddenUser},
		{"an escaped input", ".github/workflows/w.yml", step + "\"aws-acc\\x65ss-key-id\": ${{ secrets.X }}\n"},
		{"an input in odd case", ".github/workflows/w.yml", step + "AwS-aCcEsS-KeY-iD: ${{ secrets.X }}\n"},
	} {
		rows, skipped := Diff(memTree{}, memTree{c.file: c.text}, []string{c.file}, nil)
		if len(rows) != 1 || rows[0].Change != Added || rows[0].Confidence == Possible || len(skipped) > 0 {
			t.Errorf("%s: %v, not analysed %v", c.name, rows, skipped)
		}
	}
	text := "Metadata:\n  <%x: 1\n" + hiddenUser + "# %>\n"
	if rows, skipped := Diff(memTree{}, memTree{"t.yaml": text}, []string{"t.yaml"}, nil); len(rows)+len(skipped) == 0 {
		t.Error("a key that begins like template text hides what follows")
	}
}

// A change far from the module that reads it: of data, of a file of variables that is named on the command line,
// of a file that is linked in.
func TestFarFromTheModule(t *testing.T) {
	each := func(users string) string {
		return "resource \"aws_iam_user\" \"u\" {\n  for_each = toset(" + users + ")\n  name     = each.key\n}\n"
	}
	variable := "variable \"users\" {\n  default = []\n}\n" + each("var.users")
	for _, c := range []struct{ name, module, file, base, head string }{
		{"beside", each(`yamldecode(file("${path.module}/../data/users.yaml"))`), "data/users.yaml", "- a\n", "- a\n- b\n"},
		{"far below", each(`jsondecode(file("a/b/c/d/users.json"))`), "tf/a/b/c/d/users.json", `["a"]`, `["a","b"]`},
		{"of no known extension", each(`yamldecode(file("d/users.lst"))`), "tf/d/users.lst", "- a\n", "- a\n- b\n"},
		{"listed", each(`fileset("${path.module}/../users", "*.yaml")`), "users/b.yaml", "", "x: 1\n"},
		{"variables", variable, "env/prod.tfvars", `users = ["a"]`, `users = ["a", "b"]`},
		{"new variables", variable, "env/prod.tfvars", "", `users = ["b"]`},
	} {
		base, head := memTree{"tf/main.tf": c.module}, memTree{"tf/main.tf": c.module, c.file: c.head}
		if c.base != "" {
			base[c.file] = c.base
		}
		rows, skipped := Diff(base, head, []string{c.file}, nil)
		if got := render(rows, skipped); !strings.HasPrefix(got, "added iam-user terraform aws_iam_user.u[\"b") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	other := memTree{"tf/main.tf": variable, "env/prod.tfvars": "users = []\nregion = \"x\"\n"}
	changed := memTree{"tf/main.tf": variable, "env/prod.tfvars": "users = [\"b\"]\nregion = \"x\"\n"}
	if rows, skipped := Diff(other, changed, []string{"env/prod.tfvars"}, nil); len(rows)+len(skipped) > 0 {
		t.Errorf("variables of another module: %s", render(rows, skipped))
	}
}

// What a chart makes is decided elsewhere: in the values of the chart around it, or in a part that a template
// takes in.
func TestChartDecidedElsewhere(t *testing.T) {
	object := "apiVersion: iam.aws.upbound.io/v1beta1\nkind: User\nmetadata:\n  name: a\nspec:\n  forProvider: {}\n"
	within := memTree{
		"p/Chart.yaml": "name: p\nversion: 1.0.0\n", "p/charts/c/Chart.yaml": "name: c\nversion: 1.0.0\n",
		"p/charts/c/values.yaml":      "on: false\n",
		"p/charts/c/templates/u.yaml": "{{- if .Values.on }}\n" + object + "{{- end }}\n",
	}
	helper := memTree{"c/Chart.yaml": "name: c\nversion: 1.0.0\n", "c/templates/u.yaml": "{{ include \"u\" . }}\n"}
	for _, c := range []struct {
		tree             memTree
		file, base, head string
	}{
		{within, "p/values.yaml", "c:\n  on: false\n", "c:\n  on: true\n"},
		{helper, "c/templates/_u.tpl", "{{ define \"u\" }}\na: 1\n{{ end }}\n", "{{ define \"u\" }}\n" + object + "{{ end }}\n"},
	} {
		base, head := memTree{c.file: c.base}, memTree{c.file: c.head}
		for p, s := range c.tree {
			base[p], head[p] = s, s
		}
		rows, skipped := Diff(base, head, []string{c.file}, nil)
		if len(rows) != 1 || rows[0].Change != Added || rows[0].Kind != User || rows[0].Confidence == Possible || len(skipped) > 0 {
			t.Errorf("%s: %s", c.file, render(rows, skipped))
		}
	}
}

// A call that makes nothing of a module does not hide what the module makes by itself.
func TestCalledInVain(t *testing.T) {
	root := "terraform {\n  backend \"s3\" {}\n}\n"
	call := func(to, count string) string { return "module \"m\" {\n  source = \"" + to + "\"\n" + count + "}\n" }
	for _, c := range []struct {
		name       string
		base, head memTree
		want       string
	}{
		{
			"with a count of none",
			memTree{"prod/main.tf": root},
			memTree{"prod/main.tf": root + oneUser, "z/main.tf": call("../prod", "  count = 0\n")},
			"added iam-user terraform aws_iam_user.u name=u prod/main.tf:4 certain\n",
		},
		{
			"in a circle",
			memTree{"prod/main.tf": root},
			memTree{"prod/main.tf": root + oneUser + call("../b", ""), "b/main.tf": call("../prod", "")},
			"added iam-user terraform aws_iam_user.u name=u prod/main.tf:4 certain\n" +
				"not-analysed b/main.tf: the module is called by modules alone that it leads to itself\n",
		},
		{
			"in a circle without a root",
			memTree{"a/main.tf": ""},
			memTree{"a/main.tf": oneUser + call("../b", ""), "b/main.tf": call("../a", "")},
			"not-analysed a/main.tf: the module is called by modules alone that it leads to itself\n" +
				"not-analysed b/main.tf: the module is called by modules alone that it leads to itself\n",
		},
		{
			"switched off",
			memTree{"m/main.tf": "variable \"x\" {}\n", "r/main.tf": root + call("../m", "  count = 0\n")},
			memTree{"m/main.tf": "variable \"x\" {}\n" + oneUser, "r/main.tf": root + call("../m", "  count = 0\n")},
			"",
		},
		{
			"switched on",
			memTree{"m/main.tf": root + oneUser, "r/main.tf": root + call("../m", "  count = 0\n")},
			memTree{"m/main.tf": root + oneUser, "r/main.tf": root + call("../m", "  count = 1\n")},
			"added iam-user terraform module.m[0].aws_iam_user.u name=u r/main.tf:6 certain\n",
		},
	} {
		rows, skipped := Diff(c.base, c.head, changedPaths(c.base, c.head), nil)
		if got := render(rows, skipped); got != c.want {
			t.Errorf("%s:\n%swant:\n%s", c.name, got, c.want)
		}
	}
}
