package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// reviewed runs a review in a folder, without a network or a runner.
func reviewed(t *testing.T, dir string, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := action.Env{
		Args: append([]string{"review"}, args...), Dir: dir, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Rand: rand.Reader,
		Now: func() time.Time { return start }, Getenv: func(string) (string, bool) { return "", false },
	}
	status = action.Exit(env, func() error { return run(t.Context(), env) })
	return status, stdout.String(), stderr.String()
}

func lay(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

var (
	reviewBase = map[string]string{
		"infra/main.tf":      "terraform {\n  backend \"s3\" {}\n}\n" + iamUser("kept", "kept") + iamUser("gone", "gone"),
		"live/main.tf":       "module \"ci\" {\n  source = \"../modules/ci\"\n  name   = \"a\"\n}\n",
		"modules/ci/main.tf": "variable \"name\" {}\n" + iamUser("u", "${var.name}"),
		"README.md":          "text\n",
	}
	reviewHead = map[string]string{
		"infra/users.tf":     iamUser("kept", "kept"),
		"infra/main.tf":      "terraform {\n  backend \"s3\" {}\n}\n" + iamKey("kept", "kept"),
		"live/main.tf":       "module \"ci\" {\n  source = \"../modules/ci\"\n  name   = \"a\"\n}\n",
		"modules/ci/main.tf": "variable \"name\" {}\n" + iamUser("u", "${var.name}") + iamKey("u", "u"),
		"broken/main.tf":     "resource \"aws_iam_user\" \"x\" {\n",
		"README.md":          "text\n",
	}
)

// changesOf takes what the sources have in common out of a review: all but the names of the states.
func changesOf(t *testing.T, document string) string {
	t.Helper()
	var d map[string]json.RawMessage
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	for _, name := range []string{"schema", "base", "head", "complete", "changes", "not_analysed"} {
		if _, ok := d[name]; !ok {
			t.Errorf("the document lacks %s", name)
		}
	}
	return string(d["complete"]) + "\n" + string(d["changes"]) + "\n" + string(d["not_analysed"])
}

// One change by all three ways in: the same document but for the names of the states.
func TestOneChangeByEveryWay(t *testing.T) {
	dir := t.TempDir()
	lay(t, filepath.Join(dir, "before"), reviewBase)
	lay(t, filepath.Join(dir, "after"), reviewHead)
	status, out, errs := reviewed(t, dir, "--base-dir", "before", "--head-dir", "after", "--format", "json")
	if status != action.ExitUncovered {
		t.Fatalf("folders: status %d\n%s", status, errs)
	}
	want := changesOf(t, out)
	for _, row := range []string{`"address": "aws_iam_access_key.kept"`, `"address": "module.ci.aws_iam_access_key.u"`, `"change": "removed"`, `"path": "broken/main.tf"`} {
		if !strings.Contains(want, row) {
			t.Errorf("the rows lack %s:\n%s", row, want)
		}
	}

	repo := filepath.Join(dir, "repo")
	lay(t, repo, reviewBase)
	gitIn(t, dir, "init", "-q", "repo")
	gitIn(t, repo, "add", ".")
	gitIn(t, repo, "commit", "-qm", "base")
	gitIn(t, repo, "rm", "-rqf", ".")
	lay(t, repo, reviewHead)
	gitIn(t, repo, "add", ".")
	gitIn(t, repo, "commit", "-qm", "head")
	gitIn(t, dir, "clone", "-q", "--bare", "repo", "bare.git")
	for _, args := range [][]string{
		{"--git-dir", "repo", "--base", "HEAD~1", "--head", "main"},
		{"--git-dir", filepath.Join("repo", ".git"), "--base", "HEAD^", "--head", "HEAD"},
		{"--git-dir", "bare.git", "--base", "main~1", "--head", "main^{tree}"},
	} {
		status, out, errs := reviewed(t, dir, append(args, "--format", "json")...)
		if status != action.ExitUncovered {
			t.Errorf("%q: status %d\n%s", args, status, errs)
			continue
		}
		if diff := cmp.Diff(want, changesOf(t, out)); diff != "" {
			t.Errorf("folders and %q (-+):\n%s", args, diff)
		}
	}
	if _, out, _ := reviewed(t, repo, "--base", "HEAD~1", "--head", "HEAD", "--format", "json"); !strings.Contains(out, gitIn(t, repo, "rev-parse", "HEAD")) {
		t.Errorf("the document does not name the head:\n%s", out)
	}

	p := newPull(t, reviewBase, reviewHead)
	p.wantStatus(p.run(), action.ExitUncovered)
	if diff := cmp.Diff(want, changesOf(t, p.file("review.json"))); diff != "" {
		t.Errorf("folders and API (-+):\n%s", diff)
	}
	q := newPull(t, reviewBase, reviewHead)
	q.vars["GITHUB_GRAPHQL_URL"] = ""
	q.wantStatus(q.run(), action.ExitUncovered)
	if diff := cmp.Diff(want, changesOf(t, q.file("review.json"))); diff != "" {
		t.Errorf("folders and API without GraphQL (-+):\n%s", diff)
	}
	if c := q.comments(); len(c) != 1 {
		t.Errorf("comments without GraphQL: %q", c)
	}
}

const planText = `{"format_version":"1.2","resource_changes":[
 {"address":"aws_iam_user.u","mode":"managed","type":"aws_iam_user","change":{"actions":["create"],"before":null,"after":{"name":"u"}}},
 {"address":"aws_iam_user.v","mode":"managed","type":"aws_iam_user","change":{"actions":["no-op"],"before":{"name":"v"},"after":{"name":"v"}}}]}`

func TestPlan(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string]string{"plan.json": planText, "text.json": "no plan", "list.json": "[1]", "none.json": "{}"})
	for _, flag := range []string{"--plan", "--plan-file"} {
		status, out, errs := reviewed(t, dir, flag, "plan.json", "--format", "json", "--fail-on", "low")
		if status != action.ExitFindings || strings.Count(out, `"change":`) != 1 || !strings.Contains(out, `"path": "plan.json"`) {
			t.Errorf("%s: status %d\n%s%s", flag, status, out, errs)
		}
	}
	for name, want := range map[string]string{"text.json": "text.json", "list.json": "list.json", "nowhere.json": "nowhere.json", ".": "reading the plan"} {
		status, out, errs := reviewed(t, dir, "--plan", name)
		if status != action.ExitBadInput || out != "" || !strings.Contains(errs, want) || !strings.Contains(errs, "hint: ") {
			t.Errorf("plan %s: status %d\n%s%s", name, status, out, errs)
		}
	}
}

// In a pull request's workflow a plan is judged by the policy file of the base, and nothing is written about it.
func TestPlanInAPullRequest(t *testing.T) {
	exempt := strings.Replace(exemption, "infra/ses/*", "plan.json", 1)
	for base, want := range map[string]int{"version: 1\n": action.ExitFindings, exempt: action.ExitDone} {
		p := newPull(t, map[string]string{".github/keysweep.yml": base}, map[string]string{"x": ""})
		lay(t, p.dir, map[string]string{"plan.json": planText, ".github/keysweep.yml": exempt})
		p.inputs["PLAN-FILE"], p.inputs["FAIL-ON"] = "plan.json", "addition"
		p.wantStatus(p.run(), want)
		if len(p.writes()) > 0 || len(p.comments()) > 0 {
			t.Errorf("writes: %v", p.writes())
		}
		p.again()
		p.vars["INPUT_GITHUB-TOKEN"] = ""
		p.wantStatus(p.run(), action.ExitFindings)
	}
}

// One clear line for each thing that cannot be compared, and status 2.
func TestBadReviewInput(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string]string{"a/main.tf": "", "file": "", "repo/main.tf": iamUser("u", "u")})
	gitIn(t, dir, "init", "-q", "repo")
	gitIn(t, filepath.Join(dir, "repo"), "add", ".")
	gitIn(t, filepath.Join(dir, "repo"), "commit", "-qm", "x")
	gitIn(t, filepath.Join(dir, "repo"), "update-ref", "refs/remotes/origin/develop", "main")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--base-dir", "a", "--head-dir", "nowhere"}, `the folder "` + filepath.Join(dir, "nowhere") + `" does not exist`},
		{[]string{"--base-dir", "file", "--head-dir", "a"}, `is a file, not a folder`},
		{[]string{"--git-dir", "a", "--base", "x", "--head", "y"}, `"` + filepath.Join(dir, "a") + `" is no git repository`},
		{[]string{"--git-dir", "repo", "--base", "develop", "--head", "main"}, `did you mean "origin/develop"?`},
		{[]string{"--git-dir", "nowhere", "--base", "x", "--head", "y"}, `nowhere`},
		{[]string{"--git-dir", "repo", "--base", "mian", "--head", "main"}, `revision "mian"`},
		{[]string{"--git-dir", "repo", "--base", "main", "--head", "main:main.tf"}, `revision "main:main.tf"`},
		{[]string{"--git-dir", "repo", "--base", strings.Repeat("0", 40), "--head", "main"}, strings.Repeat("0", 40)},
		{[]string{"--git-dir", "repo", "--base", "-x", "--head", "main"}, `revision "-x"`},
		{nil, "review: there is nothing to compare"},
		{[]string{"--base-dir", "a", "--head-dir", "a", "--config", "nowhere.yml"}, "policy file nowhere.yml does not exist"},
		{[]string{"--base-dir", "a", "--head-dir", "a", "--output-dir", "file"}, "output-dir"},
		{[]string{"--base-dir", "a", "--head-dir", "a", "--fail-on", "additions"}, `--fail-on: "additions" is unknown: did you mean addition?`},
	} {
		status, out, errs := reviewed(t, dir, tt.args...)
		if status != action.ExitBadInput || out != "" || strings.Count(errs, "error: ") != 1 || !strings.Contains(errs, tt.want) {
			t.Errorf("%q: status %d, want one line with %q:\n%s%s", tt.args, status, tt.want, out, errs)
		}
	}
}

// The event of a workflow, and what is wrong with it.
func TestBadEvent(t *testing.T) {
	for name, event := range map[string]string{
		"no file": "", "no JSON": "x", "nothing": "{}", "no number": `{"pull_request":{}}`,
		"no commits": `{"pull_request":{"number":1,"base":{"sha":"../.."},"head":{"sha":"x"}}}`, "an empty group": `{"merge_group":{}}`,
	} {
		p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
		p.setEvent([]byte(event))
		p.wantStatus(p.run(), action.ExitBadInput)
		if n := strings.Count(p.errs.String(), "::error"); n != 1 || len(p.github.Requests()) > 0 {
			t.Errorf("%s: %d errors, %d requests\n%s", name, n, len(p.github.Requests()), &p.errs)
		}
	}
}

// GitHub that does not answer is a fault, and a run that is stopped says so.
func TestGitHubDoesNotAnswer(t *testing.T) {
	for _, path := range []string{`/pulls/\d+$`, "/compare/", "/git/trees/"} {
		p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
		p.github.Inject(ghfake.Fault{Kind: ghfake.BadGateway, Path: path, Times: -1})
		p.wantStatus(p.run(), action.ExitFault)
		if len(p.writes()) > 0 {
			t.Errorf("%s: writes %v", path, p.writes())
		}
	}
}

// The policy file of a local review is that of the state before, from whichever source.
func TestPolicyOfTheStateBefore(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string]string{
		"before/.github/keysweep.yml": exemption, "after/infra/ses/main.tf": iamUser("u", "u"), ".github/keysweep.yml": "version: 9\n",
		"own.yml": strings.Replace(exemption, "infra/ses/*", "x", 1),
	})
	if status, out, errs := reviewed(t, dir, "--base-dir", "before", "--head-dir", "after", "--fail-on", "addition"); status != action.ExitDone || !strings.Contains(out, "accepted") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if status, _, errs := reviewed(t, dir, "--base-dir", "before", "--head-dir", "after", "--fail-on", "addition", "--config", filepath.Join(dir, "own.yml")); status != action.ExitFindings {
		t.Errorf("with a file of one's own: status %d\n%s", status, errs)
	}
	if status, _, errs := reviewed(t, dir, "--base-dir", "after", "--head-dir", "before", "--fail-on", "addition"); status != action.ExitDone {
		t.Errorf("backwards: status %d\n%s", status, errs)
	}
}

// Somebody at a terminal is told where it stands what to do, and nobody is who has nothing to do.
func TestTerminalLeadsToTheAdvice(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string]string{"before/x": "", "after/main.tf": iamUser("u", "u")})
	_, out, _ := reviewed(t, dir, "--base-dir", "before", "--head-dir", "after", "--output-dir", "out")
	if !strings.HasSuffix(out, "\n\nWhat to do instead, with lines to start from: out/summary.md\n") {
		t.Errorf("an addition:\n%s", out)
	}
	summary, err := os.ReadFile(filepath.Join(dir, "out", "summary.md"))
	if err != nil || !strings.Contains(string(summary), "### What to do instead") {
		t.Errorf("%v\n%s", err, summary)
	}
	if _, out, _ = reviewed(t, dir, "--base-dir", "after", "--head-dir", "before"); strings.Contains(out, "instead") {
		t.Errorf("none:\n%s", out)
	}
}
