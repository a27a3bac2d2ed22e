package declare

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// formCases says which cases belong to which row of the table of forms in the documentation. A case goes to the
// first row that names it; testdata/FOLDER/ is all that is left of a folder.
var formCases = []struct {
	row   string
	cases []string
}{
	{"Terraform in JSON", []string{"terraform/*json_*", "terraform/broken_json"}},
	{"files of variables", []string{"terraform/*tfvars", "terraform/variable*", "terraform/new_variable_file"}},
	{"override files", []string{"terraform/override*"}},
	{"well-known modules", []string{"terraform/known_module*"}},
	{"modules elsewhere", []string{"terraform/unknown_module*"}},
	{"local modules", []string{"terraform/*module*", "terraform/*call*", "terraform/downloaded_copies", "terraform/cloned_environment", "terraform/cycle"}},
	{"providers and state", []string{"terraform/provider*"}},
	{"Terraform, OpenTofu", []string{"terraform/*"}},
	{"plan", []string{"plan/*"}},
	{"Terragrunt", []string{"terragrunt/*"}},
	{"Terraform Stacks", []string{"terraform-stack/*"}},
	{"CloudFormation", []string{"cloudformation/*"}},
	{"SAM", []string{"sam/*"}},
	{"Serverless Framework", []string{"serverless/*"}},
	{"output of the CDK", []string{"cdk/*"}},
	{"Elastic Beanstalk", []string{"ebextensions/*"}},
	{"org-formation", []string{"org-formation/*"}},
	{"ACK", []string{"kubernetes/ack*"}},
	{"Argo CD", []string{"kubernetes/argo*"}},
	{"Helm", []string{"kubernetes/helm*", "kubernetes/template_of_no_chart"}},
	{"Kustomize", []string{"kubernetes/kustomize*"}},
	{"objects within others", []string{"kubernetes/composition*", "kubernetes/nested*", "kubernetes/terraform_workspace"}},
	{"Crossplane", []string{"kubernetes/*"}},
	{"Ansible", []string{"ansible/*"}},
	{"Salt", []string{"salt/*"}},
	{"Puppet", []string{"puppet/*"}},
	{"Pulumi YAML", []string{"pulumi-yaml/*"}},
	{"key ids", []string{"hardcoded/*", "traps/prose"}},
	{"keys in GitHub workflows", []string{"github-workflow/*"}},
	{"keys in GitLab CI", []string{"gitlab-ci/*"}},
	{"keys in CircleCI", []string{"circleci/*"}},
	{"keys in Azure Pipelines", []string{"azure-pipelines/*"}},
	{"keys in Bitbucket Pipelines", []string{"bitbucket-pipelines/*"}},
	{"keys in Jenkins", []string{"jenkins/*"}},
	{"keys in Travis CI", []string{"travis-ci/*"}},
	{"keys in Drone, Woodpecker", []string{"drone/*"}},
	{"keys in CodeBuild", []string{"codebuild/*"}},
	{"keys in Docker Compose", []string{"docker-compose/*"}},
	{"keys in Kubernetes", []string{"kubernetes-keys/*"}},
	{"keys in Ansible", []string{"ansible-keys/*"}},
}

// undetected is the folder of the cases of what is not seen.
const undetected = "undetected"

// sides are the numbers of cases of a row that add something and that add nothing.
type sides struct{ adds, none int }

func (s sides) String() string { return strconv.Itoa(s.adds) + " / " + strconv.Itoa(s.none) }

// countCases counts all cases by row. One that adds anything is no case of the other side, whatever else it holds.
func countCases(t *testing.T) map[string]sides {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	counts := map[string]sides{}
	for _, file := range files {
		row := rowOf(file)
		if row == "" && filepath.Base(filepath.Dir(file)) == undetected {
			continue
		}
		if row == "" {
			t.Errorf("%s belongs to no form", file)
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, _, want := splitCase(t, txtar.Parse(data))
		s := counts[row]
		if strings.HasPrefix(want, "added ") || strings.Contains(want, "\nadded ") {
			s.adds++
		} else {
			s.none++
		}
		counts[row] = s
	}
	return counts
}

func rowOf(file string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "testdata/"), ".txtar")
	for _, f := range formCases {
		if slices.ContainsFunc(f.cases, func(pattern string) bool { is, _ := path.Match(pattern, name); return is }) {
			return f.row
		}
	}
	return ""
}

// TestTableOfForms holds the table of forms in the documentation to the cases: a row for each form, at least three
// cases on each side, and as many as it says.
func TestTableOfForms(t *testing.T) {
	const doc = "../../docs/review.md"
	data, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	counts, told := countCases(t), map[string]bool{}
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		row := strings.TrimSpace(cells[0])
		n, ok := counts[row]
		if !strings.HasPrefix(line, "|") || !ok || len(cells) != 5 {
			continue
		}
		told[row] = true
		cells[4] = " " + n.String() + " "
		if fixed := "|" + strings.Join(cells, "|") + "|"; fixed != line && !*update {
			t.Errorf("line %d of the table says another number than %s: go test -run TestTableOfForms -update", i+1, n)
		} else {
			lines[i] = fixed
		}
	}
	for _, f := range formCases {
		if n := counts[f.row]; !told[f.row] || n.adds < 3 || n.none < 3 {
			t.Errorf("%s: %s cases, in the table: %v", f.row, n, told[f.row])
		}
	}
	cases, err := filepath.Glob("testdata/" + undetected + "/*.txtar")
	if err != nil || strings.Count(string(data), "/"+undetected+"/") != len(cases) {
		t.Errorf("%d cases of what stays undetected, %v: the list has other ones", len(cases), err)
	}
	for _, c := range cases {
		if !strings.Contains(string(data), "(../internal/declare/"+filepath.ToSlash(c)+")") {
			t.Errorf("%s is not in the list of what stays undetected", c)
		}
	}
	if *update {
		if err := os.WriteFile(doc, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
