package advise

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/keysweep/keysweep/internal/declare"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

var kinds = []declare.Kind{
	declare.User, declare.AccessKey, declare.LoginProfile, declare.ServiceCredential, declare.SSHKey, declare.Certificate,
	declare.HardcodedKey, declare.StaticKeyUse,
}

var forms = []string{
	"terraform", "terraform-plan", "terragrunt", "terraform-stack", "cloudformation", "sam", "serverless", "ebextensions", "org-formation",
	"kubernetes", "ansible", "salt", "puppet", "pulumi-yaml", "text", "cdk", "shell", "github-workflow", "gitlab-ci", "circleci", "azure-pipelines",
	"bitbucket-pipelines", "docker-compose", "codebuild", "jenkins", "travis-ci", "drone", "nobody-knows",
}

// everyChange is a change of every kind in every form, and those that their names or addresses make special.
func everyChange() []declare.Change {
	var out []declare.Change
	for _, k := range kinds {
		for _, f := range forms {
			out = append(out, declare.Change{Kind: k, Form: f, Address: "address"})
		}
	}
	for _, f := range []string{"terraform", "cloudformation", "cdk", "ansible"} {
		out = append(out,
			declare.Change{Kind: declare.User, Form: f, Address: "aws_iam_user.github_actions"},
			declare.Change{Kind: declare.AccessKey, Form: f, Address: "Resources.Key", Name: "ses-smtp"})
	}
	for _, a := range []string{"provider.aws", "backend.s3"} {
		out = append(out, declare.Change{Kind: declare.StaticKeyUse, Form: "terraform", Address: a})
	}
	for _, a := range []string{"ProviderConfig/default.secret/x", "ClusterSecretStore/x.secret/y", "Deployment/web.secret/y"} {
		out = append(out, declare.Change{Kind: declare.StaticKeyUse, Form: "kubernetes", Address: a})
	}
	for _, a := range []string{"runs.inputs.key", "jobs.deploy.secrets.KEY"} {
		out = append(out, declare.Change{Kind: declare.StaticKeyUse, Form: "github-workflow", Address: a})
	}
	return out
}

// TestReplacements shows every advice once, below all changes that it is given for.
func TestReplacements(t *testing.T) {
	changes := map[Advice][]string{}
	var order []Advice
	for _, c := range everyChange() {
		a := Replacement(c)
		if changes[a] == nil {
			order = append(order, a)
		}
		changes[a] = append(changes[a], strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Kind, c.Form, c.Address, c.Name)))
	}
	var b bytes.Buffer
	for _, a := range order {
		fmt.Fprintf(&b, "## %s\n%s\n```%s\n%s\n```\n", strings.Join(changes[a], ", "), a.Text, a.Language, a.Snippet)
	}
	golden(t, "replacements.md", b.Bytes())
}

// TestEveryReplacementSaysSomething holds that no change is left without advice, and that all of it can be shown.
func TestEveryReplacementSaysSomething(t *testing.T) {
	for _, c := range everyChange() {
		a := Replacement(c)
		if len(a.Text) < 60 || len(a.Text) > 700 || strings.ContainsAny(a.Text, "<>@\n|") || strings.Count(a.Text, "`")%2 != 0 {
			t.Errorf("%s %s: %q", c.Kind, c.Form, a.Text)
		}
		if (a.Snippet == "") != (a.Language == "") || strings.HasSuffix(a.Snippet, "\n") || strings.Contains(a.Snippet, "```") {
			t.Errorf("%s %s: %q %q", c.Kind, c.Form, a.Language, a.Snippet)
		}
		if a.Language == "yaml" {
			var n yaml.Node
			if err := yaml.Unmarshal([]byte(a.Snippet), &n); err != nil {
				t.Errorf("%s %s: %v", c.Kind, c.Form, err)
			}
		}
	}
}

// TestReplacementsAddNothing holds that whoever takes the advice adds no credential: a change that writes the
// snippet into a file has no rows.
func TestReplacementsAddNothing(t *testing.T) {
	for _, c := range everyChange() {
		a := Replacement(c)
		for _, p := range []string{"main.tf", "template.yaml", ".github/workflows/a.yml", ".gitlab-ci.yml", ".circleci/config.yml", "docker-compose.yml", "manifest.yaml", "notes.md"} {
			head := files{p: wrapped(p, a.Snippet)}
			if rows, _ := declare.Diff(files{}, head, []string{p}, nil); len(rows) > 0 {
				t.Errorf("%s %s as %s: %v", c.Kind, c.Form, p, rows)
			}
		}
	}
}

// wrapped is a snippet where such lines would stand.
func wrapped(p, snippet string) string {
	indented := "      " + strings.ReplaceAll(snippet, "\n", "\n      ")
	switch p {
	case "template.yaml":
		return "Resources:\n" + indented
	case ".github/workflows/a.yml":
		return "jobs:\n  a:\n    steps:\n" + indented
	case ".circleci/config.yml":
		return "orbs: {aws-cli: circleci/aws-cli@5}\njobs:\n  a:\n    steps:\n" + indented
	case "docker-compose.yml":
		return "services:\n  a:\n" + indented
	}
	return snippet
}

// TestUserAndKeyHaveOneAdvice holds that a user and its key are told the same, whatever the key is called: the advice
// is grouped by what it says, and nobody reads it twice.
func TestUserAndKeyHaveOneAdvice(t *testing.T) {
	for _, f := range forms {
		for _, address := range []string{"aws_iam_user.carol", "Resources.Deployer", "User/ses-smtp"} {
			user := Replacement(declare.Change{Kind: declare.User, Form: f, Address: address})
			key := Replacement(declare.Change{Kind: declare.AccessKey, Form: f, Address: "Resources.Key", Owner: address})
			if diff := cmp.Diff(user, key); diff != "" {
				t.Errorf("%s %s (-user +key):\n%s", f, address, diff)
			}
		}
	}
}
