package declare

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// formCorpus adds the files of the cases of some forms.
func formCorpus(f *testing.F, forms ...string) {
	for _, form := range forms {
		files, _ := filepath.Glob("testdata/" + form + "/*.txtar")
		if len(files) == 0 {
			f.Fatalf("no cases of %s", form)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			for _, part := range txtar.Parse(data).Files {
				if part.Name != "want" {
					f.Add(part.Data)
				}
			}
		}
	}
}

func FuzzKubernetes(f *testing.F) {
	formCorpus(f, "kubernetes")
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, memTree{
			"a.yaml": string(data), "c/Chart.yaml": "name: c\n", "c/values.yaml": string(data), "c/templates/a.yaml": string(data),
			"c/templates/_a.tpl": string(data), "k/kustomization.yaml": string(data), "k/a.yaml": string(data),
			"o/kustomization.yaml": "resources: [../k, ../a.yaml]\nnamePrefix: p-\n",
		})
	})
}

func FuzzAnsible(f *testing.F) {
	formCorpus(f, "ansible")
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, memTree{
			"site.yml": string(data), "group_vars/all.yml": string(data), "roles/r/tasks/main.yml": string(data), "roles/r/defaults/main.yml": string(data),
			"all.yml": "- hosts: all\n  roles: [r]\n  tasks:\n  - include_tasks: site.yml\n  - include_vars: group_vars/all.yml\n  - iam_user: {name: \"{{ item }}\"}\n    loop: \"{{ users }}\"\n",
		})
	})
}

func FuzzSalt(f *testing.F) {
	formCorpus(f, "salt")
	f.Add([]byte("{#}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, memTree{"users.sls": string(data)})
		check(t, memTree{"users.sls": "{% set x = 1 %}\nboto_iam:\n" + string(data)})
	})
}

func FuzzPuppet(f *testing.F) {
	formCorpus(f, "puppet")
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, memTree{"users.pp": string(data) + "\n# iam_user"})
	})
}

func FuzzPulumiYAML(f *testing.F) {
	formCorpus(f, "pulumi-yaml")
	f.Add([]byte("resources:\n :\n  type: aws:iam:ACCessKeY"))
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, memTree{"Pulumi.yaml": string(data)})
	})
}

// hostileConfigs are files of 1 MiB of these forms that cost what a careless reader can be made to pay.
func hostileConfigs() []hostileText {
	fill := func(head, s, tail string) string {
		return head + strings.Repeat(s, (maxFile-len(head)-len(tail))/len(s)) + tail
	}
	user := "apiVersion: iam.aws.upbound.io/v1beta1\nkind: User\nmetadata: {name: u}\nspec: {forProvider: {}}\n"
	loop := "- hosts: all\n  tasks:\n  - iam_user: {name: \"{{ item }}\"}\n    loop:\n"
	return []hostileText{
		{"objects", "a.yaml", fill("", "---\n"+user, "")},
		{"objects without a name", "a.yaml", fill("apiVersion: v1\nkind: List\nitems:\n", "- {apiVersion: iam.aws.upbound.io/v1, kind: User, spec: {a: b}}\n", "")},
		{"keys of an object", "a.yaml", fill(user, "  x: y\n", "")},
		{"aliases", "a.yaml", fill(user+"a: &a [x]\n", "b: *a\n", "")},
		{"aliases that double", "a.yaml", aliases(user)},
		{"texts in a text", "a.yaml", fill("kind: A\napiVersion: b\n# iam.aws.\na: |\n", "  a: |\n    kind: iam.aws.\n", "")},
		{"programs", "a.yaml", fill("kind: A\napiVersion: b\nmetadata: {name: x}\na: |\n", "  apiVersion = \"iam.aws.upbound.io/v1\" kind\n", "")},
		{"a workspace", "a.yaml", fill("apiVersion: tf.upbound.io/v1\nkind: Workspace\nspec:\n  forProvider:\n    module: |\n", "      resource aws_iam_user a {}\n", "")},
		{"a deep template", "c/templates/a.yaml", fill("# iam.aws.\n", "{{if .Values.a}}\n", "")},
		{"a wide template", "c/templates/a.yaml", fill("# iam.aws.\n", "{{ .Values.a }}\n", "")[:maxChartText]},
		{"a loop of a template", "c/templates/a.yaml", fill("# iam.aws.\n{{ range until 1000 }}{{ range until 1000 }}\n", "x\n", "{{ end }}{{ end }}")[:maxChartText-20] + "{{ end }}{{ end }}"},
		{"brackets of a template", "c/templates/a.yaml", "# iam.aws.\n{{ " + strings.Repeat("(", 200_000) + " }}"},
		{"entries of overlays", "kustomization.yaml", fill("# iam.aws.\nresources:\n", "- a.yaml\n", "")},
		{"different entries of overlays", "kustomization.yaml", manyEntries()},
		{"patches of overlays", "kustomization.yaml", fill("resources: [a.yaml]\npatches:\n", "- path: a.yaml\n", "")},
		{"a loop of tasks", "site.yml", fill(loop, "    - a\n", "")},
		{"a loop of objects", "site.yml", fill(loop, "    - {name: a, b: c}\n", "")},
		{"tasks", "site.yml", fill("- hosts: all\n  tasks:\n", "  - iam_user: name=a\n", "")},
		{"tasks that loop over a variable", "site.yml", fill("- hosts: all\n  vars:\n    v: ["+strings.Repeat("a,", 1000)+"a]\n  tasks:\n", "  - {iam_user: {name: \"{{ item }}\"}, loop: \"{{ v }}\"}\n", "")},
		{"blocks", "site.yml", fill("# iam_user\n", "- block: ", "x")},
		{"conditions", "site.yml", fill("- iam_user: {name: a}\n  when: ", "a or ", "b\n")},
		{"brackets of a condition", "site.yml", fill("- iam_user: {name: a}\n  when: ", "(", "\n")},
		{"variables that refer to variables", "site.yml", references()},
		{"arguments", "site.yml", fill("- iam_user: ", "a=b ", "\n")},
		{"states", "a.sls", fill("", "a{{ x }}:\n  boto_iam.user_present: []\n", "")},
		{"a loop of states", "a.sls", fill("{% for a in range(1000) %}{% for b in range(1000) %}\nx{{ a }}:\n  boto_iam.user_present: []\n", "# x\n", "{% endfor %}{% endfor %}")},
		{"open statements", "a.sls", fill("# boto_iam\n", "{% if a %}\n", "")},
		{"open loops", "a.sls", fill("# boto_iam\n", "{% for a in b %}\n", "")},
		{"macros", "a.sls", fill("# boto_iam\n", "{% macro a() %}{{ a() }}{{ a() }}{% endmacro %}{{ a() }}\n", "")},
		{"open marks", "a.sls", fill("# boto_iam{% set a = 1 %}\n", "{{", "")},
		{"titles", "a.pp", fill("iam_user { [", "'a',", "]: }")},
		{"bodies", "a.pp", fill("", "iam_user { 'a': }\n", "")},
		{"open brackets", "a.pp", fill("iam_user", "{", "")},
		{"open lists", "a.pp", fill("iam_user {", "[", "")},
		{"loops in loops", "a.pp", fill("iam_user\n$a = ["+strings.Repeat("'a',", 1000)+"]\n", "$a.each |$b| {\n", "")},
		{"a loop over much", "a.pp", fill("$a = ["+strings.Repeat("'a',", 1000)+"]\n$a.each |$b| {\n", "iam_user { $b: }\n", "}")},
		{"open texts", "a.pp", fill("# iam_user\n", "$a = @(END)\n", "")},
		{"open patterns", "a.pp", fill("# iam_user\n", "(/ ", "")},
		{"a program", "Pulumi.yaml", fill("resources:\n", "  a: {type: \"aws:iam:User\", properties: {name: \"${b}\"}}\n", "")},
		{"variables of a program", "Pulumi.yaml", fill("resources:\n  a: {type: \"aws:iam:User\", properties: {name: \"${v}\"}}\nvariables:\n", "  v: \"${v}${v}\"\n", "")},
	}
}

// aliases make a text that means more than any reader can look at.
func aliases(head string) string {
	var b strings.Builder
	b.WriteString(head + "---\na0: &a0 [x, x]\n")
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	return b.String()
}

// references are variables of which each is two of the one before.
func references() string {
	var b strings.Builder
	b.WriteString("- hosts: all\n  vars:\n    v0: x\n")
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&b, "    v%d: \"{{ v%d }}{{ v%d }}\"\n", i, i-1, i-1)
	}
	b.WriteString("  tasks:\n  - iam_user: {name: \"{{ v25 }}\"}\n  - iam_user: {name: \"{{ v60 }}\"}\n")
	return b.String()
}

func manyEntries() string {
	var b strings.Builder
	b.WriteString("resources:\n")
	for i := range 90_000 {
		fmt.Fprintf(&b, "- a%d.yaml\n", i)
	}
	return b.String()
}

func hostileConfigTree(h hostileText) memTree {
	return memTree{h.file: h.text, "c/Chart.yaml": "name: c\n", "c/values.yaml": "a: b\n"}
}

// TestHostileConfigs holds the outcome: what is too much is not analysed, and everything ends.
func TestHostileConfigs(t *testing.T) {
	for _, h := range hostileConfigs() {
		t.Run(h.name, func(t *testing.T) {
			check(t, hostileConfigTree(h))
		})
	}
}

// BenchmarkHostileConfigs measures one reading of one state that holds such a file.
func BenchmarkHostileConfigs(b *testing.B) {
	for _, h := range hostileConfigs() {
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) {
			t := hostileConfigTree(h)
			s := newScope([]string{h.file}, t)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				extractAll(t, s)
			}
		})
	}
}
