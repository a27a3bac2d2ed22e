package action

import "testing"

// Each way to name what a review compares, and each combination that makes no sense.
func TestReviewSources(t *testing.T) {
	for _, args := range [][]string{
		{"--plan", "plan.json"},
		{"--plan-file=plan.json"},
		{"--git-dir", "repo", "--base", "main", "--head", "HEAD"},
		{"--base", "main", "--head", "HEAD"},
		{"--base-dir", "a", "--head-dir", "b"},
	} {
		if o := mustParse(t, nil, append([]string{"review"}, args...)...); o.Command != Review || !o.Compares() {
			t.Errorf("%q: command %q, compares %v", args, o.Command, o.Compares())
		}
	}
	if o := mustParse(t, nil, "review", "--base", "a", "--head", "b"); o.GitDir != "." {
		t.Errorf("git-dir is %q by default, want the working directory", o.GitDir)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--plan", "p", "--base", "main", "--head", "x"}, "--plan-file: a plan is reviewed alone: leave out --base and --head"},
		{[]string{"--plan", "p", "--head-dir", "x"}, "--plan-file: a plan is reviewed alone: leave out --head-dir"},
		{[]string{"--plan", "p", "--plan-file", "q"}, "--plan-file: given twice: write it once"},
		{[]string{"--git-dir", "r", "--base-dir", "a", "--head-dir", "b"}, "--base-dir and --head-dir: a review compares either two states of a repository or two folders: leave out --git-dir"},
		{[]string{"--git-dir", "r"}, "--base: it is missing: write --base REV --head REV, the two states to compare"},
		{[]string{"--base", "main"}, "--head: it is missing: write --base REV --head REV, the two states to compare"},
		{[]string{"--head-dir", "b"}, "--base-dir: it is missing: write --base-dir DIR --head-dir DIR, the two folders to compare"},
		{[]string{"--base-dir", "a"}, "--head-dir: it is missing: write --base-dir DIR --head-dir DIR, the two folders to compare"},
		{[]string{"main", "--base-dir", "a", "--head-dir", "b"}, `review: it takes no argument "main": options begin with two dashes`},
	} {
		wantFault(t, nil, append([]string{"review"}, tt.args...), tt.want)
	}
	wantFault(t, map[string]string{"GITHUB_EVENT_NAME": "pull_request", "INPUT_GITHUB-TOKEN": "ghs_x"}, nil,
		"GITHUB_REPOSITORY: it is not set, though the event is pull_request: a runner sets it")
	wantFault(t, map[string]string{"GITHUB_EVENT_NAME": "merge_group", "GITHUB_REPOSITORY": "acme/app"}, nil,
		"github-token: it is empty: leave it out to use the token of the workflow, or give one that may read the repository")
}

// Of a review, fail-on knows one limit: any severity means it.
func TestReviewFailsOnAddition(t *testing.T) {
	for word, want := range map[string]string{"never": "never", "addition": "addition", "low": "addition", "critical": "addition"} {
		if o := mustParse(t, nil, "review", "--plan", "p", "--fail-on", word); o.FailOn != want || o.FailsOnAddition() != (want == addition) {
			t.Errorf("--fail-on %s: %q", word, o.FailOn)
		}
	}
}
