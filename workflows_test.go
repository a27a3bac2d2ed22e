package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghfake"
)

const deployWorkflow = `name: deploy
on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
          aws-region: eu-west-1
      - run: make deploy
`

// The whole way of a kit: the workflows of the working directory and those of the policy's repositories are read, the
// patch goes in, and the issue of the key whose user is tagged with the repository has the steps.
func TestAuditMakesKitsForWorkflows(t *testing.T) {
	j := newJob(t)
	j.world.Accounts["222233334444"].Users[1].Tags = map[string]string{"repository": "acme/backlog"}
	lay(t, j.dir, map[string]string{
		".github/workflows/deploy.yml":  deployWorkflow,
		".github/workflows/other.yml":   "on: push\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n",
		".github/workflows/literal.yml": strings.Replace(deployWorkflow, "${{ secrets.AWS_SECRET_ACCESS_KEY }}", "notArealSecretAccessKey", 1),
		".github/keysweep.yml":          "version: 1\nrepositories: [acme/app, acme/missing, acme/backlog]\n",
	})
	if err := os.Symlink("deploy.yml", filepath.Join(j.dir, ".github/workflows/link.yml")); err != nil {
		t.Fatal(err)
	}
	j.github.AddRepository(ghfake.Repository{FullName: "acme/app", Visibility: "private"})
	j.github.Push("acme/app", ghfake.DefaultBranch, ghfake.Tree{
		".github/workflows/ship.yml": {Content: strings.ReplaceAll(deployWorkflow, "secrets.AWS_", "secrets.SHIP_")}, "README.md": {Content: "x"},
	})
	j.wantStatus(j.run(), action.ExitDone)

	readme := j.file("migration/acme/backlog/README.md")
	for _, want := range []string{"gh secret delete AWS_SECRET_ACCESS_KEY --repo acme/backlog", "is still used in", "gh variable set AWS_ROLE_ARN", "link.yml: it is a link", "Line 12: the secret half"} {
		if !strings.Contains(visible(readme), want) {
			t.Errorf("README lacks %q:\n%s", want, readme)
		}
	}
	var trust struct {
		Statement []struct {
			Condition map[string]map[string]any
		}
	}
	if err := json.Unmarshal([]byte(j.file("migration/acme/backlog/trust-AWS_ROLE_ARN.json")), &trust); err != nil || len(trust.Statement) != 1 {
		t.Errorf("trust policy: %v %+v", err, trust)
	}
	if text := j.file("migration/acme/app/oidc.patch"); !strings.Contains(text, "+          role-to-assume: ${{ vars.SHIP_ROLE_ARN }}") {
		t.Errorf("patch of acme/app: %s", text)
	}
	cmd := exec.Command("git", "apply", "keysweep-report/migration/acme/backlog/oidc.patch")
	cmd.Dir = j.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CEILING_DIRECTORIES="+filepath.Dir(j.dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("git apply: %v %s", err, out)
	}
	if text := reportText(t, j.dir); strings.Contains(text, "notArealSecret") {
		t.Error("the report holds a secret")
	}
	for _, name := range []string{"summary.md", "index.html"} {
		if text := visible(j.file(name)); !strings.Contains(text, "Workflows to move to OIDC") || !strings.Contains(text, "acme/missing") || !strings.Contains(text, "acme/app") {
			t.Errorf("%s says nothing of workflows", name)
		}
	}
	body := j.github.Issues(ghfake.DefaultRepository)[2].Body
	for _, want := range []string{"git apply", "aws iam create-role --role-name github-backlog-aws", "111122223333", "gh secret delete"} {
		if strings.Contains(body, want) != (want != "111122223333") {
			t.Errorf("the issue of the key and %q:\n%s", want, body)
		}
	}

	j.nextDay()
	lay(t, j.dir, map[string]string{".github/workflows/deploy.yml": deployWorkflow})
	j.wantStatus(j.run(), action.ExitDone)
	if w := j.github.Writes(); len(w) != 0 {
		t.Errorf("a day later over the same facts there were writes: %v", w)
	}
}

// Where strangers read the report it holds the workflows of public repositories, and nothing of the audit with them.
func TestKitsOfAPublicRepository(t *testing.T) {
	j := newJob(t)
	id := keyID("222233334444", 2)
	j.world.Accounts["222233334444"].Users[1].Tags = map[string]string{"repository": "acme/backlog"}
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Visibility = "public" })
	j.github.AddRepository(ghfake.Repository{FullName: "acme/app", Visibility: "private"})
	j.github.Push("acme/app", ghfake.DefaultBranch, ghfake.Tree{".github/workflows/ship.yml": {Content: deployWorkflow}})
	lay(t, j.dir, map[string]string{
		".github/workflows/deploy.yml": deployWorkflow,
		".github/workflows/id.yml":     strings.Replace(deployWorkflow, "${{ secrets.AWS_ACCESS_KEY_ID }}", id, 1),
		".github/keysweep.yml":         "version: 1\nrepositories: [acme/app]\n",
	})
	j.inputs["ALLOW-PUBLIC"] = "true"
	j.wantStatus(j.run(), action.ExitDone)
	everything := visible(j.out.String() + j.errs.String() + reportText(t, j.dir) + fmt.Sprintf("%+v", j.github.Issues(ghfake.DefaultRepository)))
	for _, name := range []string{id, "222233334444", "acme/app", "worker"} {
		if strings.Contains(everything, name) {
			t.Errorf("%q is published", name)
		}
	}
	if !strings.Contains(j.file("migration/acme/backlog/oidc.patch"), "deploy.yml") {
		t.Error("the repository's own workflow has no patch")
	}
}

// A scan writes the kits too, and a workflow that holds the id of a key leads to its issue.
func TestScanMakesKitsForWorkflows(t *testing.T) {
	j := newScanJob(t)
	id := keyID("222233334444", 1)
	lay(t, j.dir, map[string]string{".github/workflows/a.yml": strings.Replace(deployWorkflow, "${{ secrets.AWS_ACCESS_KEY_ID }}", id, 1)})
	j.wantStatus(j.run(), action.ExitDone)
	if text := j.file("migration/acme/backlog/oidc.patch"); !strings.Contains(text, "-          aws-access-key-id: "+id) {
		t.Errorf("patch: %s", text)
	}
	if text := j.file("summary.md"); !strings.Contains(text, "Workflows to move to OIDC") {
		t.Errorf("summary: %s", text)
	}
	body := j.github.Issues(ghfake.DefaultRepository)[0].Body
	if !strings.Contains(body, "its id stands in the workflow") || !strings.Contains(body, "trust") {
		t.Errorf("issue:\n%s", body)
	}
}

// On a laptop nobody says which repository it is: the kit says what to fill in. A workflow of any size is looked at
// in bounded time, and one that is too large is named.
func TestKitOnALaptop(t *testing.T) {
	j := newScanJob(t)
	var jobs strings.Builder
	jobs.WriteString("on: push\njobs:\n")
	for n := range 1500 {
		fmt.Fprintf(&jobs, "  j%d:\n    runs-on: x\n    steps:\n      - run: make\n        env:\n          AWS_ACCESS_KEY_ID: ${{ secrets.K%d }}\n          AWS_SECRET_ACCESS_KEY: ${{ secrets.S%d }}\n", n, n, n)
	}
	lay(t, j.dir, map[string]string{
		".github/workflows/deploy.yml": deployWorkflow, ".github/workflows/many.yml": jobs.String(),
		".github/workflows/large.yml": strings.Repeat("# no end of it\n", 1<<20),
	})
	saved := j.inputs["INVENTORY"]
	j.inputs = map[string]string{}
	for _, name := range []string{"GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_REPOSITORY", "GITHUB_WORKSPACE", "INPUT_GITHUB-TOKEN", "GITHUB_SERVER_URL"} {
		j.vars[name] = ""
	}
	j.wantStatus(j.run("audit", "--inventory", saved), action.ExitUncovered) // the saved inventory is partial
	readme := j.file("migration/this-repository/README.md")
	for _, want := range []string{"the places of `OWNER` and `REPOSITORY`", "ids of the repository and its owner were not known", "default branch was not known", "more than 200 keys", "large.yml"} {
		if !strings.Contains(readme, want) {
			t.Errorf("README lacks %q", want)
		}
	}
	if patch := j.file("migration/this-repository/oidc.patch"); !strings.Contains(patch, "a/.github/workflows/deploy.yml") || strings.Contains(patch, "many.yml") {
		t.Errorf("patch:\n%s", patch)
	}
}
