package declare

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// corpus adds the files of the cases of some forms that end in one of the extensions.
func corpus(f *testing.F, extensions ...string) {
	files, _ := filepath.Glob("testdata/terra*/*.txtar")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(data).Files {
			for _, ext := range extensions {
				if strings.HasSuffix(part.Name, ext) {
					f.Add(part.Data)
				}
			}
		}
	}
	for _, h := range hostile() {
		f.Add([]byte(h.text[:min(len(h.text), 2000)]))
	}
}

// check holds what is true of any file: nothing panics, a state compared with itself has no changes,
// and every declaration has a place.
func check(t *testing.T, files memTree) {
	e := extractAll(files, newScope(changedPaths(memTree{}, files), files))
	for _, d := range e.Declarations {
		if d.Path == "" || d.Line < 1 || d.Address == "" || d.Count < 1 || d.Kind == "" || d.Form == "" {
			t.Fatalf("a declaration without a part: %+v", d)
		}
	}
	if rows := Compare(e, e); len(rows) > 0 {
		t.Fatalf("nothing changed, and yet %v", rows)
	}
}

func FuzzHCL(f *testing.F) {
	corpus(f, ".tf", ".hcl", ".tofu", ".tfvars")
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, memTree{
			"main.tf": string(data), "u/terragrunt.hcl": string(data), "m/main.tf": `module "x" { source = "../" }`,
			"s/a.tfcomponent.hcl": string(data), "v/main.tf": `variable "x" {}`, "v/terraform.tfvars": string(data),
		})
	})
}

func FuzzTerraformJSON(f *testing.F) {
	corpus(f, ".json")
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, memTree{"main.tf.json": string(data), "terraform.tfvars.json": string(data)})
	})
}

func FuzzPlan(f *testing.F) {
	f.Add([]byte(planOf(planRow("aws_iam_user.u", `"create"`, `"after": {"name": "u"}`))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if rows, err := ReadPlan("plan.json", data); err != nil && rows != nil {
			t.Fatal("rows and an error")
		}
	})
}

type hostileText struct {
	name, file, text string
}

// hostile are files of 1 MiB that cost what a careless reader can be made to pay.
func hostile() []hostileText {
	fill := func(s string) string { return strings.Repeat(s, maxFile/len(s)) }
	user := "resource \"aws_iam_user\" \"u\" {\n  for_each = toset(local.a)\n name = each.key\n}\n"
	return []hostileText{
		{"users", "main.tf", fill("resource \"aws_iam_user\" \"ci\" {\n  name = \"${var.env}-ci\"\n  tags = { a = \"b\", c = var.x }\n}\n")},
		{"other resources", "main.tf", user + fill("resource \"aws_thing\" \"ci\" {\n  name = \"${var.env}-ci\"\n  tags = { a = \"b\", c = var.x }\n}\n")[:maxFile-len(user)]},
		{"plain users", "main.tf", fill("resource \"aws_iam_user\" \"ci\" {\n  name = \"ci\"\n}\n")},
		{"brackets", "main.tf", user + "locals { a = " + fill("[")[:maxFile-200]},
		{"braces", "main.tf", user + fill("a {\n")[:maxFile-200]},
		{"unclosed blocks", "main.tf", fill("resource \"aws_iam_user\" \"u\" {\n")},
		{"unclosed strings", "main.tf", fill("a = \"\n")},
		{"one string", "main.tf", user + "locals { a = [\"" + fill("x")[:maxFile-200] + "\"] }\n"},
		{"templates", "main.tf", user + "locals { a = [\"" + fill("${")[:maxFile-200] + "\"] }\n"},
		{"heredocs", "main.tf", user + "locals {\n" + fill("a = <<A\nA\n")[:maxFile-200]},
		{"signs", "main.tf", user + "locals { a = " + fill("!")[:maxFile-200] + "true }\n"},
		{"choices", "main.tf", user + "locals { a = " + fill("a?b:")[:maxFile-200] + "c }\n"},
		{"sums", "main.tf", user + "locals { a = " + fill("1+")[:maxFile-200] + "1 }\n"},
		{"references", "main.tf", user + "locals { a = " + fill("a.")[:maxFile-200] + "a }\n"},
		{"a long list", "main.tf", user + "locals { a = [" + fill("\"abc\",")[:maxFile-206] + "] }\n"},
		{"a list of lists", "main.tf", user + "locals { a = [" + fill("[],")[:maxFile-206] + "] }\n"},
		{"a list of references", "main.tf", user + "locals { a = [" + fill("b.c,")[:maxFile-208] + "] }\n"},
		{"arguments", "main.tf", fill("a=1\n")},
		{"comments", "main.tf", fill("/**/#\n")},
		{"labels", "main.tf", fill("a ")},
		{"locals that double", "main.tf", doubling()},
		{"nested loops", "main.tf", user + "locals {\n r = range(1000)\n a = [for a in local.r : [for b in local.r : [for c in local.r : \"x\"]]]\n}\n"},
		{"products", "main.tf", user + "locals {\n r = range(1000)\n a = setproduct(local.r, local.r, local.r)\n}\n"},
		{"calls", "main.tf", callsOfCalls()},
		{"nested JSON", "main.tf.json", fill("[")},
		{"numbers in JSON", "main.tf.json", `{"resource":{"aws_iam_user":{"u":{"name":[` + fill("0,")[:maxFile-200] + `0]}}}}`},
		{"objects in JSON", "main.tf.json", `{"resource":{"aws_iam_user":[` + fill(`{"u":{"name":"x"}},`)[:maxFile-200-(maxFile-200)%19] + `{}]}}`},
		{"templates in JSON", "main.tf.json", `{"resource":{"aws_iam_user":{"u":{"for_each":[` + fill(`"${a.b}",`)[:maxFile-200-(maxFile-200)%9] + `0]}}}}`},
		{"variables", "terraform.tfvars", "names = [" + fill("\"abc\",\n")[:maxFile-200] + "]\n"},
	}
}

func doubling() string {
	var b strings.Builder
	b.WriteString("resource \"aws_iam_user\" \"u\" {\n  for_each = toset([local.a60])\n  name = local.a60\n}\nlocals {\n a0 = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\n")
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&b, " a%d = \"${local.a%d}${local.a%d}\"\n", i, i-1, i-1)
	}
	b.WriteString("}\n")
	return b.String()
}

func callsOfCalls() string {
	var b strings.Builder
	b.WriteString("resource \"aws_iam_user\" \"u\" { name = \"x\" }\n")
	for i := range 200 {
		fmt.Fprintf(&b, "module \"m%d\" {\n  source = \"./m\"\n  count = 200\n}\n", i)
	}
	return b.String()
}

func hostileTree(h hostileText) memTree {
	t := memTree{h.file: h.text}
	if h.file != "main.tf" {
		t["main.tf"] = "variable \"names\" {}\nresource \"aws_iam_user\" \"n\" {\n  for_each = toset(var.names)\n  name = each.key\n}\n"
	}
	if h.name == "calls" {
		t["m/main.tf"] = "module \"n\" {\n  source = \"../n\"\n  count = 200\n}\n"
		t["n/main.tf"] = "resource \"aws_iam_user\" \"u\" {\n  count = 200\n  name = \"u\"\n}\n"
	}
	return t
}

// BenchmarkHostile measures one reading of one state that holds such a file.
func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile() {
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) {
			t := hostileTree(h)
			s := newScope([]string{h.file}, t)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				extractAll(t, s)
			}
		})
	}
}

// TestHostile holds the outcome: what is too much is not analysed, and everything ends.
func TestHostile(t *testing.T) {
	for _, h := range hostile() {
		t.Run(h.name, func(t *testing.T) {
			check(t, hostileTree(h))
		})
	}
}
