package declare

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// cfnForms are the folders of cases of the family of CloudFormation.
var cfnForms = []string{"cloudformation", "cdk", "sam", "serverless", "ebextensions", "org-formation"}

// cfnCases returns the archives of the cases of the family, by file.
func cfnCases(t testing.TB) map[string]*txtar.Archive {
	cases := map[string]*txtar.Archive{}
	for _, form := range cfnForms {
		files, err := filepath.Glob("testdata/" + form + "/*.txtar")
		if err != nil || len(files) < 3 {
			t.Fatalf("%d cases of %s: %v", len(files), form, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			cases[file] = txtar.Parse(data)
		}
	}
	return cases
}

// FuzzTemplates reads one text under the names of all dialects, and as what each takes in.
func FuzzTemplates(f *testing.F) {
	for _, archive := range cfnCases(f) {
		for _, part := range archive.Files {
			if isDataFile(part.Name) {
				f.Add(part.Data)
			}
		}
	}
	for _, h := range hostileTemplates() {
		f.Add([]byte(h.text[:min(len(h.text), 2000)]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := string(data)
		check(t, memTree{
			"t.yml": text, "t.json": text, "serverless.yml": "service: x\nresources: ${file(t.yml)}\n", "a/.ebextensions/x.config": text,
			"tasks.yml": "T: {Type: update-stacks, Template: t.yml}\n", "nested/main.yml": text, "nested/users.yml": text,
		})
	})
}

// hostileTemplates are files of 1 MiB, or of as much as it takes, that cost what a careless reader can
// be made to pay.
func hostileTemplates() []hostileText {
	fill := func(s string) string { return strings.Repeat(s, maxFile/len(s)) }
	within := func(head, s, tail string) string {
		return head + strings.Repeat(s, (maxFile-len(head)-len(tail))/len(s)) + tail
	}
	numbered := func(head, s, tail string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < maxFile-len(tail)-200; i++ {
			b.WriteString(strings.ReplaceAll(s, "#", fmt.Sprint(i)))
		}
		return b.String() + tail
	}
	user := "Resources:\n  U: {Type: AWS::IAM::User}\n"
	return []hostileText{
		{"users", "t.yml", numbered("Resources:\n", "  U#: {Type: AWS::IAM::User, Properties: {UserName: n#}}\n", "")},
		{"short users", "t.yml", numbered("Resources:\n", " U#: {Type: AWS::IAM::User}\n", "")},
		{"users in JSON", "t.json", numbered(`{"Resources":{`, `"U#":{"Type":"AWS::IAM::User","Properties":{"UserName":{"Fn::Sub":"n#-${x}"}}},`+"\n", `"V":{}}}`)},
		{"keys", "t.yml", numbered("Resources:\n", "  K#: {Type: AWS::IAM::AccessKey, Properties: {UserName: n#}}\n", "")},
		{"one key", "t.yml", "Resources:\n" + fill("  K: {Type: AWS::IAM::User}\n")},
		{"other resources", "t.yml", numbered(user, "  R#:\n    Type: AWS::S3::Bucket\n    Properties:\n      Name: !Sub '${x}-#'\n", "")},
		{"parameters", "t.yml", numbered(user+"Parameters:\n", "  P#: {Type: String, Default: '#'}\n", "")},
		{"a long text", "t.yml", within("Resources:\n  U:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: !Sub '", "${a}", "'\n")},
		{"a long join", "t.yml", within("Resources:\n  U:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: !Join ['', [", "!Ref a,", "b]]\n")},
		{"aliases of a long text", "t.yml", numbered("X: &x\n  Type: AWS::IAM::User\n  Properties:\n    UserName: "+strings.Repeat("x", 200_000)+"\nResources:\n", "  U#: *x\n", "")},
		{"aliases of a large resource", "t.yml", numbered("X: &x\n  Type: AWS::IAM::User\n  Properties:\n    Tags: ["+strings.Repeat("a,", 100_000)+"]\nResources:\n", "  U#: *x\n", "")},
		{"aliases that double", "t.yml", doublingAliases("- [", "]")},
		{"joins that double", "t.yml", doublingAliases("!Join ['', [", "]]")},
		{"conditions that double", "t.yml", doublingConditions()},
		{"merges that double", "t.yml", doublingMerges()},
		{"choices for conditions", "t.yml", numbered("Parameters:\n"+strings.Repeat("  P: {Default: x, AllowedValues: [x, y, z]}\n", 100)+"Conditions:\n", "  C#: !And [!Equals [!Ref P, x], !Equals [!Ref P, z]]\n", "") + "Resources:\n" + conditional(5000)},
		{"choices of parameters", "t.yml", numbered("Parameters:\n", "  P#: {Type: String, Default: x, AllowedValues: [x, y, z]}\n", "Conditions: {C: !And [!Equals [!Ref P1, x], !Equals [!Ref P1, z]]}\nResources: {U: {Type: AWS::IAM::User, Condition: C}}\n")},
		{"loops within loops", "t.yml", nestedLoops()},
		{"a long loop", "t.yml", within("Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::U:\n  - N\n  - [", "abc, ", "x]\n  - U${N}: {Type: AWS::IAM::User, Properties: {UserName: !Ref N}}\n")},
		{"a loop over a long body", "t.yml", within("Resources:\n  Fn::ForEach::U:\n  - N\n  - ["+strings.Repeat("abc, ", 1000)+"]\n  - U${N}:\n      Type: AWS::IAM::User\n      Properties:\n        Tags:\n", "        - a\n", "")},
		{"loops over long resources", "t.yml", numbered("Resources:\n", "  Fn::ForEach::U#:\n  - N\n  - ["+strings.Repeat("abc, ", 200)+"]\n  - U#${N}: {Type: AWS::IAM::User}\n", "")},
		{"bodies of stack sets", "t.yml", numbered("B: &b |\n  Resources:\n"+strings.Repeat("    U: {Type: AWS::IAM::User}\n", 10_000)+"Resources:\n", "  S#: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateBody: *b}}\n", "")},
		{"stacks", "t.yml", numbered("Resources:\n", "  S#: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://x/y#/z.yml'}}\n", "")},
		{"stacks of one file", "t.yml", numbered("Resources:\n", "  S#: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yml}}\n", "")},
		{"calls", "t.yml", numbered("Resources:\n", "  C#: {Type: Custom::AWS, Properties: {Create: '{\"service\":\"IAM\",\"action\":\"createUser\"}'}}\n", "")},
		{"brackets", "t.json", within(`{"Resources":{"U":{"Type":"AWS::IAM::User","Properties":`, "[", "")},
		{"braces", "t.json", within(`{"Resources":{"U":{"Type":"AWS::IAM::User","Properties":`, `{"a":`, "")},
		{"numbers", "t.json", within(`{"Resources":{"U":{"Type":"AWS::IAM::User","Properties":{"Tags":[`, "0,", `0]}}}}`)},
		{"empty lists", "t.json", within(`{"Resources":{"U":{"Type":"AWS::IAM::User","Properties":{"Tags":[`, "[],", `0]}}}}`)},
		{"entries", "t.yml", within(user+"  V:\n", "   a: b\n", "")},
		{"references", "t.yml", within(user+"  V:\n", "   - !Ref a\n", "")},
		{"dashes", "t.yml", within(user+"  V:\n    ", "- ", "")},
		{"questions", "t.yml", within(user+"  V:\n    ", "? ", "")},
		{"tags", "t.yml", within(user+"  V: ", "!a ", "")},
		{"anchors", "t.yml", within(user+"  V: ", "&a ", "")},
		{"quotes", "t.yml", within(user+"  V: ", "\"", "")},
		{"single quotes", "t.yml", within(user+"  V: ", "' ", "")},
		{"colons", "t.yml", within(user+"  V: ", ": ", "")},
		{"indentation", "t.yml", stairs(user)},
		{"lines of a scalar", "t.yml", within(user+"  V: ", "x\n    ", "")},
		{"documents", "t.yml", within(user, "---\nResources: {U: {Type: AWS::IAM::User}}\n", "")},
		{"template words", "t.yml", within(user+"  V: ", "{{", "")},
		{"template lines", "t.yml", within(user, "{% if x %}\n", "")},
		{"escapes", "t.json", within(`{"Resources":{"U":{"Type":"AWS::IAM::User","Properties":"`, `\u0041`, `"}}}`)},
		{"files of a service", "serverless.yml", numbered("service: x\nprovider: {}\nresources:\n", "  - ${file(n.yml)}\n", "")},
		{"variables of a service", "serverless.yml", numbered("service: x\nprovider: {}\ncustom: {a: '${self:custom.b}${self:custom.b}', b: '${self:custom.a}${self:custom.a}'}\nresources:\n Resources:\n", "  U#: {Type: AWS::IAM::User, Properties: {UserName: '${self:custom.a}'}}\n", "")},
		{"tasks", "t.yml", numbered("", "T#: {Type: update-stacks, Template: n.yml}\n", "")},
	}
}

// doublingAliases puts each value twice into the next one.
func doublingAliases(before, after string) string {
	var b strings.Builder
	b.WriteString("A0: &a0 x\n")
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&b, "A%d: &a%d\n  %s*a%d, *a%d%s\n", i, i, before, i-1, i-1, after)
	}
	b.WriteString("Resources:\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "  U%d:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: *a60\n      Tags: *a60\n", i)
	}
	return b.String()
}

func doublingConditions() string {
	var b strings.Builder
	b.WriteString("A0: &a0 !Equals [a, !Ref b]\n")
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&b, "A%d: &a%d !And [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	b.WriteString("Conditions: {C: *a60}\nResources:\n  U: {Type: AWS::IAM::User, Condition: C}\n")
	return b.String()
}

// conditional is n users under a condition each.
func conditional(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  U%d: {Type: AWS::IAM::User, Condition: C%d}\n", i, i)
	}
	return b.String()
}

func doublingMerges() string {
	var b strings.Builder
	b.WriteString("A0: &a0 {x: 1}\n")
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&b, "A%d: &a%d {<<: [*a%d, *a%d]}\n", i, i, i-1, i-1)
	}
	b.WriteString("Resources:\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "  U%d: {<<: *a60, Type: AWS::IAM::User}\n", i)
	}
	return b.String()
}

func nestedLoops() string {
	inner := "U${A}${B}${C}${D}: {Type: AWS::IAM::User}\n"
	text := "Resources:\n"
	items := strings.Repeat("a, ", 200)
	for i, name := range []string{"A", "B", "C", "D"} {
		pad := strings.Repeat("    ", i)
		text += fmt.Sprintf("%s  Fn::ForEach::%s:\n%s  - %s\n%s  - [%s]\n%s  - \n", pad, name, pad, name, pad, items, pad)
	}
	return text + strings.Repeat("    ", 4) + "  " + inner
}

// stairs indents each line by one more than the one before.
func stairs(head string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 2; b.Len() < maxFile-2000; i++ {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func hostileTemplateTree(h hostileText) memTree {
	return memTree{h.file: h.text, "n.yml": "Resources:\n" + strings.Repeat("  R: {Type: AWS::S3::Bucket}\n", 100) + "  U: {Type: AWS::IAM::User}\n"}
}

// TestHostileTemplates holds that everything ends, within bounds of memory.
func TestHostileTemplates(t *testing.T) {
	for _, h := range hostileTemplates() {
		t.Run(h.name, func(t *testing.T) {
			tree := hostileTemplateTree(h)
			s := newScope([]string{h.file}, tree)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			e := extractAll(tree, s)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("%d MiB", used>>20)
			}
			if len(e.Declarations) == 0 && len(e.NotAnalysed) == 0 && strings.Contains(h.text, "AWS::IAM::User") {
				t.Error("nothing is declared, and nothing said of it")
			}
			if rows := Compare(e, e); len(rows) > 0 {
				t.Errorf("nothing changed, and yet %d rows", len(rows))
			}
		})
	}
}

// BenchmarkHostileTemplates measures one reading of one state that holds such a file.
func BenchmarkHostileTemplates(b *testing.B) {
	for _, h := range hostileTemplates() {
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) {
			tree := hostileTemplateTree(h)
			s := newScope([]string{h.file}, tree)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				extractAll(tree, s)
			}
		})
	}
}

// TestTooManyTemplates holds that what is not evaluated is said.
func TestTooManyTemplates(t *testing.T) {
	said := []string{
		"users", "short users", "users in JSON", "keys", "loops within loops", "a long loop", "brackets", "braces", "bodies of stack sets",
		"stacks of one file", "documents",
	}
	for _, h := range hostileTemplates() {
		if !slices.Contains(said, h.name) {
			continue
		}
		tree := hostileTemplateTree(h)
		if _, skipped := Diff(memTree{}, tree, changedPaths(memTree{}, tree), nil); len(skipped) == 0 {
			t.Errorf("%s: all is said to be analysed", h.name)
		}
	}
}
