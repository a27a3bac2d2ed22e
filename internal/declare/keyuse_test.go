package declare

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// usePaths is a path for each form that takes keys.
var usePaths = []string{
	".github/workflows/a.yml", "action.yml", ".gitlab-ci.yml", ".circleci/config.yml", "bitbucket-pipelines.yml",
	"azure-pipelines.yml", "docker-compose.yml", "values.yaml", "manifest.yaml",
}

var useCases = []string{
	"github-workflow", "gitlab-ci", "circleci", "bitbucket-pipelines", "azure-pipelines", "docker-compose", "kubernetes-keys", "codebuild", "travis-ci", "drone", "ansible-keys", "jenkins",
}

func FuzzKeyUses(f *testing.F) {
	for _, dir := range useCases {
		files, _ := filepath.Glob("testdata/" + dir + "/*.txtar")
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			for _, part := range txtar.Parse(data).Files {
				f.Add(part.Data)
			}
		}
	}
	for _, h := range hostileUses() {
		f.Add([]byte(h.text[:min(len(h.text), 2000)]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files := memTree{}
		for _, p := range usePaths {
			files[p] = string(data)
		}
		check(t, files)
	})
}

// TestUsesNoise takes the head of every case and moves its files below another folder, writes comments and blank
// lines into them, and puts them beside each other under other names: nothing is added.
func TestUsesNoise(t *testing.T) {
	for _, dir := range useCases {
		files, err := filepath.Glob("testdata/" + dir + "/*.txtar")
		if err != nil || len(files) == 0 {
			t.Fatalf("no cases of %s: %v", dir, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, head, _ := splitCase(t, txtar.Parse(data))
			below, commented := memTree{}, memTree{}
			for p, s := range head {
				below["new/place/"+p] = s
				commented[p] = s
				if isYAML(p) && !strings.Contains(s, "{{ ") {
					commented[p] = "# a comment\n\n" + strings.ReplaceAll(s, "\n    ", "\n\n    ")
				}
			}
			if !strings.Contains(file, "possible") {
				quiet(t, file+" below", head, below, Moved, Replaced)
			}
			quiet(t, file+" commented", head, commented)
			quiet(t, file+" back", commented, head)
		}
	}
}

// hostileUses are files of 1 MiB that cost what a careless reader can be made to pay.
func hostileUses() []hostileText {
	fill := func(head, s string) string { return head + strings.Repeat(s, (maxFile-len(head))/len(s)) }
	line := "export AWS_ACCESS_KEY_ID=$KEY; aws configure set aws_access_key_id ${{ secrets.AWS_ACCESS_KEY_ID }}\n"
	return []hostileText{
		{"one line", ".github/workflows/a.yml", fill("jobs:\n  a:\n    steps:\n    - run: ", line[:len(line)-1]+";")},
		{"one script", ".github/workflows/a.yml", fill("jobs:\n  a:\n    steps:\n    - run: |\n", "        "+line)},
		{"scripts", ".gitlab-ci.yml", fill("a:\n  script:\n", "  - "+line)},
		{"own variables", ".gitlab-ci.yml", fill("a:\n  script:\n  - |\n", "    export AWS_ACCESS_KEY_ID=$K\n")},
		{"jobs", ".github/workflows/a.yml", fill("jobs:\n", "  a: {env: {AWS_ACCESS_KEY_ID: \"${{ secrets.X }}\"}}\n")},
		{"steps", ".github/workflows/a.yml", fill("env: {AWS_ACCESS_KEY_ID: x}\njobs:\n  a:\n    steps:\n", "    - env: {AWS_ACCESS_KEY_ID: \"${{ env.X }}\"}\n")},
		{"variables", ".gitlab-ci.yml", fill("variables:\n", "  AWS_ACCESS_KEY_ID: $X\n")},
		{"variables that are looked up", ".gitlab-ci.yml", fill("a:\n variables:\n  Z: x\n", "  AWS_ACCESS_KEY_ID_A: $Z\n")},
		{"expressions", ".github/workflows/a.yml", fill("jobs:\n  a:\n    env:\n      AWS_ACCESS_KEY_ID: ", "${{ secrets['x'] }}")},
		{"aliases", ".gitlab-ci.yml", "a0: &a0 {AWS_ACCESS_KEY_ID: $X}\n" + doublingValues()},
		{"nested", ".circleci/config.yml", fill("jobs: {a: {AWS_ACCESS_KEY_ID: $X, b: ", "{a: ")},
		{"documents", "m.yaml", fill("", "---\napiVersion: v1\nkind: Secret\nstringData: {AWS_ACCESS_KEY_ID: x}\n")},
		{"environments", "docker-compose.yml", fill("services:\n  a:\n    environment:\n", "      - AWS_ACCESS_KEY_ID=$X\n")},
		{"steps of pipelines", "bitbucket-pipelines.yml", fill("pipelines:\n  default:\n", "  - step: {script: [\"AWS_ACCESS_KEY_ID=$X\"]}\n")},
		{"orbs", ".circleci/config.yml", fill("orbs:\n  a: circleci/aws-cli@1\njobs:\n", "  b: {steps: [a/setup]}\n")},
	}
}

// doublingValues is a text whose values double with every line.
func doublingValues() string {
	var b strings.Builder
	for i := 1; i < 60; i++ {
		n := letters(i, 2)
		was := "a0"
		if i > 1 {
			was = letters(i-1, 2)
		}
		b.WriteString(n + ": &" + n + " [*" + was + ", *" + was + "]\n")
	}
	return b.String()
}

func TestHostileUses(t *testing.T) {
	for _, h := range hostileUses() {
		t.Run(h.name, func(t *testing.T) { check(t, memTree{h.file: h.text}) })
	}
}

func BenchmarkHostileUses(b *testing.B) {
	for _, h := range hostileUses() {
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) {
			t := memTree{h.file: h.text}
			s := newScope([]string{h.file}, t)
			b.ReportAllocs()
			for b.Loop() {
				extractAll(t, s)
			}
		})
	}
}
