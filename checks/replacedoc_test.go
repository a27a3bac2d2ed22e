package checks

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// replacementRows are the rows of the table in docs/replacement.md by kind: when a kind is chosen.
func replacementRows(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/replacement.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, l := range strings.Split(string(text), "\n") {
		cells := strings.Split(l, " | ")
		if kind, ok := strings.CutPrefix(cells[0], "| `"); ok && len(cells) == 3 {
			out[strings.TrimSuffix(kind, "`")] = cells[1]
		}
	}
	return out
}

// The table has a row for each kind that the code chooses, and each names what the code chooses it by.
func TestReplacementDoc(t *testing.T) {
	rows := replacementRows(t)
	want, got := []string{replaceDelete, replaceShortTermKey}, []string{}
	for kind := range moves {
		want = append(want, kind)
	}
	for kind := range rows {
		got = append(got, kind)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds (-code +docs):\n%s", diff)
	}
	names := func(kind, word string) {
		if !strings.Contains(rows[kind], word) {
			t.Errorf("the row of %s does not name %s", kind, word)
		}
	}
	for _, r := range useRules {
		names(r.replacement.Kind, "`"+r.by+"`")
	}
	for _, r := range nameRules {
		_, byName, _ := strings.Cut(rows[r.replacement.Kind], "by name: ")
		for _, w := range r.words {
			if !strings.Contains(byName, "`"+w+"`") {
				t.Errorf("the row of %s does not name the word %s", r.replacement.Kind, w)
			}
		}
	}
	for _, p := range platforms {
		names(replaceOIDC, p.name)
	}
	for _, k := range []struct{ service, word string }{
		{"lambda", "a Lambda function"},
		{"ecs", "an ECS task definition"},
		{"batch", "a Batch job definition"},
		{"codebuild", "a CodeBuild project"},
		{"ec2", "an instance"},
	} {
		a := hostileCompute("aws", func() string { return "" })
		for i := range a.Resources {
			if s := (&Subject{Resource: &a.Resources[i]}); a.Resources[i].Service == k.service {
				names(s.kindOf().replacement.Kind, k.word)
			}
		}
	}
	names(replaceSES, "`"+sesUserPrefix)
}
