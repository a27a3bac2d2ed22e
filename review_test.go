package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghfake"
	"github.com/keysweep/keysweep/internal/review"
)

// A pull request from its first push to its last: one comment, edited in place, and a quiet line at the end.
func TestTheLifeOfAPullRequest(t *testing.T) {
	root := "terraform {\n  backend \"s3\" {}\n}\n"
	p := newPull(t, map[string]string{"infra/main.tf": root}, map[string]string{"infra/main.tf": root + iamUser("ci", "ci") + iamKey("ci", "ci")})
	p.wantStatus(p.run(), action.ExitDone)
	if c := p.comments(); len(c) != 1 || !strings.HasPrefix(c[0], ghfake.WorkflowBot+": <!-- keysweep:review v1 state=added head="+p.head()) ||
		!strings.Contains(c[0], "adds 1 IAM user and 1 access key") {
		t.Fatalf("comments: %q", c)
	}
	if got := p.output("additions"); got != "2" {
		t.Errorf("additions: %q", got)
	}
	if got := p.output("report-dir"); got != "keysweep-report" {
		t.Errorf("report-dir: %q", got)
	}
	if s := p.summary(); !strings.Contains(s, "adds 1 IAM user and 1 access key") || s != p.file("summary.md") {
		t.Errorf("summary:\n%s", s)
	}
	if n := strings.Count(p.errs.String(), "::warning file=infra/main.tf,line="); n != 2 {
		t.Errorf("%d annotations at lines:\n%s", n, &p.errs)
	}
	reviews := p.github.Reviews(ghfake.DefaultRepository, p.number)
	if len(reviews) != 1 || len(reviews[0].Comments) != 2 || reviews[0].Comments[0].Line != 4 || reviews[0].Commit != p.head() {
		t.Errorf("reviews: %+v", reviews)
	}

	p.again()
	p.wantStatus(p.run(), action.ExitDone)
	if w := p.writes(); len(w) > 0 {
		t.Errorf("a second run over the same head wrote %v", w)
	}

	p.push(map[string]string{"infra/main.tf": root + iamUser("ci", "ci") + iamKey("ci", "ci"), "infra/more.tf": iamUser("more", "more")})
	p.at("pull_request")
	p.again()
	p.wantStatus(p.run(), action.ExitDone)
	if c := p.comments(); len(c) != 1 || !strings.Contains(c[0], "adds 2 IAM users and 1 access key") {
		t.Errorf("comments after another user: %q", c)
	}
	if r := p.github.Reviews(ghfake.DefaultRepository, p.number); len(r) != 2 || len(r[1].Comments) != 1 || r[1].Comments[0].Path != "infra/more.tf" {
		t.Errorf("only what is new is told at its line: %+v", r)
	}

	p.push(map[string]string{"infra/main.tf": root + "# nothing\n"})
	p.at("pull_request")
	p.again()
	p.wantStatus(p.run(), action.ExitDone)
	if c := p.comments(); len(c) != 1 || !strings.Contains(c[0], "state=quiet") || !strings.Contains(c[0], "no longer adds") {
		t.Errorf("comments when nothing is added any more: %q", c)
	}
	if n := len(p.aws.Calls()); n > 0 {
		t.Errorf("%d calls of AWS", n)
	}
}

// An event that names the pull request and no more.
func TestBareEvent(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.setEvent([]byte(fmt.Sprintf(`{"number":%d,"pull_request":{}}`, p.number)))
	p.wantStatus(p.run(), action.ExitDone)
	if c := p.comments(); len(c) != 1 || !strings.Contains(c[0], "head="+p.head()) {
		t.Errorf("comments: %q", c)
	}
}

// A pull request that adds nothing gets no comment and no write at all.
func TestNothingAdded(t *testing.T) {
	p := newPull(t, map[string]string{"main.tf": iamUser("u", "u")}, map[string]string{"moved/main.tf": iamUser("u", "u"), "x.txt": ""})
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitDone)
	if w := p.writes(); len(w) > 0 || len(p.comments()) > 0 {
		t.Errorf("writes: %v", w)
	}
	if p.output("additions") != "0" {
		t.Errorf("additions: %q", p.output("additions"))
	}
}

// The gate: any severity of fail-on means an addition.
func TestGate(t *testing.T) {
	for word, want := range map[string]int{"never": action.ExitDone, "addition": action.ExitFindings, "critical": action.ExitFindings} {
		p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
		p.inputs["FAIL-ON"] = word
		p.wantStatus(p.run(), want)
		if len(p.comments()) != 1 {
			t.Errorf("fail-on %s: %d comments", word, len(p.comments()))
		}
	}
}

// The token of a fork's pull request may only read: all but the comment is there, and the verdict is the same.
func TestReadOnlyToken(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.github.AddToken(ghfake.DefaultToken, ghfake.Identity{
		Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"contents": "read", "pull_requests": "read", "issues": "read"},
	})
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)
	if len(p.comments()) > 0 || p.output("additions") != "1" || !strings.Contains(p.summary(), "adds 1 IAM user") ||
		!strings.Contains(p.errs.String(), "::warning file=main.tf,line=1,") || !strings.Contains(p.file("review.json"), `"change": "added"`) {
		t.Errorf("comments %q, summary:\n%s\nmessages:\n%s", p.comments(), p.summary(), &p.errs)
	}
	if n := strings.Count(p.errs.String(), "writing the comment to the pull request: "); n != 1 || !strings.Contains(p.errs.String(), "pull-requests: write") {
		t.Errorf("that the comment is missing is told %d times:\n%s", n, &p.errs)
	}
}

// A token that may not even read the conversation loses the comment alone.
func TestTokenForContentsAlone(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.github.AddToken(ghfake.DefaultToken, ghfake.Identity{
		Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"contents": "read", "pull_requests": "read"},
	})
	p.github.Inject(ghfake.Fault{Kind: ghfake.BadGateway, Path: "/comments$", Times: -1})
	p.wantStatus(p.run(), action.ExitDone)
	if len(p.writes()) > 0 || p.output("additions") != "1" || !strings.Contains(p.summary(), "adds 1 IAM user") {
		t.Errorf("writes %v, summary:\n%s", p.writes(), p.summary())
	}
}

// A pull request from a fork is compared by its commits, which GitHub keeps beside those of its base.
func TestFork(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"x": "y"})
	p.github.Fork(ghfake.DefaultRepository, "octo-dev/backlog")
	p.github.Push("octo-dev/backlog", "idea", ghfake.Texts(map[string]string{"main.tf": iamUser("u", "u")}), p.github.Branch(ghfake.DefaultRepository, "main"))
	p.number = p.github.As(author).Propose(ghfake.Proposal{Title: "from a fork", Head: "idea", From: "octo-dev/backlog"})
	p.headOf = func() string { return p.github.Branch("octo-dev/backlog", "idea") }
	for _, event := range []string{"pull_request", "pull_request_target"} {
		p.at(event)
		p.again()
		p.wantStatus(p.run(), action.ExitDone)
		if len(p.comments()) != 1 || p.output("additions") != "1" {
			t.Errorf("%s: comments %q", event, p.comments())
		}
	}
}

// The base of a pull request is where it left its base: what the base gained since is no matter of it.
func TestBaseMovedOn(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"x": "", "a/main.tf": iamUser("a", "a")})
	p.github.Push(ghfake.DefaultRepository, "main", ghfake.Texts(map[string]string{"x": "", "b/main.tf": iamUser("b", "b")}))
	p.at("pull_request")
	p.wantStatus(p.run(), action.ExitDone)
	got := p.file("review.json")
	if strings.Count(got, `"change":`) != 1 || !strings.Contains(got, `"path": "a/main.tf"`) {
		t.Errorf("review.json:\n%s", got)
	}
}

// Two histories without a common commit are compared as they are.
func TestNoCommonCommit(t *testing.T) {
	p := newPull(t, map[string]string{"main.tf": iamUser("u", "u")}, map[string]string{"x": ""})
	p.github.Push(ghfake.DefaultRepository, "lone", ghfake.Texts(map[string]string{"main.tf": iamUser("u", "u") + iamUser("w", "w")}))
	p.number = p.github.As(author).Propose(ghfake.Proposal{Title: "of another root", Head: "lone"})
	p.headOf = func() string { return p.github.Branch(ghfake.DefaultRepository, "lone") }
	p.at("pull_request")
	p.wantStatus(p.run(), action.ExitDone)
	if p.output("additions") != "1" || !strings.Contains(p.errs.String(), "have no common commit") {
		t.Errorf("additions %q\n%s", p.output("additions"), &p.errs)
	}
}

// A push while the run works: it tells what it found and leaves the comment to the run of that push.
func TestForcePushWhileRunning(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.printed = func() {
		p.printed = nil
		p.push(map[string]string{"main.tf": "# nothing\n"})
	}
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)
	if len(p.writes()) > 0 || !strings.Contains(p.summary(), "adds 1 IAM user") || !strings.Contains(p.errs.String(), "has moved on") {
		t.Errorf("writes %v\n%s", p.writes(), &p.errs)
	}
}

// Runs that end in another order than they began: the comment is that of the newest head.
func TestRunsOutOfOrder(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	early := p.vars
	earlyEvent := p.event()
	p.push(map[string]string{"main.tf": iamUser("u", "u") + iamUser("w", "w")})
	p.at("pull_request")
	p.wantStatus(p.run(), action.ExitDone)
	p.again()
	p.vars = early
	p.setEvent(earlyEvent)
	p.wantStatus(p.run(), action.ExitDone)
	if c := p.comments(); len(c) != 1 || !strings.Contains(c[0], "adds 2 IAM users") {
		t.Errorf("comments: %q", c)
	}
	if w := p.writes(); len(w) > 0 {
		t.Errorf("the late run of the early head wrote %v", w)
	}
}

// A comment with our mark by somebody else is left alone, and what it says was approved is not believed.
func TestSpoofedComment(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.wantStatus(p.run(), action.ExitDone)
	_, forged, _ := strings.Cut(p.comments()[0], ": ")
	q := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	forged = strings.Replace(forged, `"ids":`, `"approved":`, 1)
	q.github.As(author).Comment(q.number, forged)
	q.github.As(reviewer).Comment(q.number, "see:\n"+forged)
	q.inputs["FAIL-ON"] = "addition"
	q.wantStatus(q.run(), action.ExitFindings)
	c := q.comments()
	if len(c) != 3 || c[0] != author+": "+forged || !strings.HasPrefix(c[2], ghfake.WorkflowBot+": <!-- keysweep:review") {
		t.Errorf("comments: %q", c)
	}
}

// At a merge group nothing is written to any conversation, and the gate holds.
func TestMergeGroup(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.at("merge_group")
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)
	if len(p.writes()) > 0 || p.output("additions") != "1" || !strings.Contains(p.summary(), "adds 1 IAM user") {
		t.Errorf("writes %v", p.writes())
	}
	// What was approved on the pull request counts in its group, and nothing else does.
	p.at("pull_request")
	p.again()
	p.wantStatus(p.run(), action.ExitFindings)
	p.approve(reviewer)
	p.wantStatus(p.run(), action.ExitDone)
	p.at("merge_group")
	p.again()
	p.wantStatus(p.run(), action.ExitDone)
	if len(p.writes()) > 0 || p.output("additions") != "0" {
		t.Errorf("writes %v, additions %s", p.writes(), p.output("additions"))
	}
	p.push(map[string]string{"main.tf": iamUser("u", "u"), "more.tf": iamUser("more", "more")})
	p.at("merge_group")
	p.again()
	p.wantStatus(p.run(), action.ExitFindings)
	if p.output("additions") != "1" {
		t.Errorf("additions %s", p.output("additions"))
	}
}

// A token that may not read pull requests has what the event says, and the verdict is the same.
func TestTokenWithoutPullRequests(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.github.AddToken(ghfake.DefaultToken, ghfake.Identity{
		Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"contents": "read"},
	})
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)
	if len(p.writes()) > 0 || p.output("additions") != "1" || !strings.Contains(p.errs.String(), "by what the event says") {
		t.Errorf("writes %v\n%s", p.writes(), &p.errs)
	}
}

// Under pull_request_target the files are read as data, no OIDC token is asked for and AWS is not called, even
// where the job could have a token.
func TestPullRequestTarget(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u"), ".github/keysweep.yml": "version: 1\nexemptions:\n  - {check: addition, path: \"*\", reason: mine, expires: 2027-01-31}\n"})
	p.at("pull_request_target")
	for name, value := range p.github.OIDCEnv() {
		p.vars[name] = value
	}
	p.inputs["ROLE-TO-ASSUME"] = "arn:aws:iam::" + hubAccount + ":role/keysweep"
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)
	for _, r := range p.github.Requests() {
		if strings.Contains(r.Path, "_oidc") {
			t.Errorf("a token was asked for: %s", r)
		}
	}
	if n := len(p.aws.Calls()); n > 0 {
		t.Errorf("%d calls of AWS", n)
	}
	p.again()
	p.inputs["MODE"] = "audit"
	p.wantStatus(p.run(), action.ExitBadInput)
	p.again()
	p.inputs["MODE"] = ""
	p.vars["GITHUB_EVENT_NAME"] = "workflow_run"
	p.wantStatus(p.run(), action.ExitBadInput)
}

// Drafts are reviewed too, and a dry run writes nothing.
func TestDraftAndDryRun(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.github.As(author).SetDraft(p.number, true)
	p.inputs["DRY-RUN"] = "true"
	p.wantStatus(p.run(), action.ExitDone)
	if len(p.writes()) > 0 || !strings.Contains(p.errs.String(), "the step for the comment would be: create") {
		t.Errorf("writes %v\n%s", p.writes(), &p.errs)
	}
	p.again()
	p.inputs["DRY-RUN"] = ""
	p.wantStatus(p.run(), action.ExitDone)
	if len(p.comments()) != 1 {
		t.Errorf("comments on a draft: %q", p.comments())
	}
}

// A public repository is reviewed like any other.
func TestPublicRepositoryIsReviewed(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Visibility = "public" })
	p.wantStatus(p.run(), action.ExitDone)
	if len(p.comments()) != 1 {
		t.Errorf("comments: %q", p.comments())
	}
}

// What could not be analysed gives 4, and the rest is told; an addition with the gate goes before it.
func TestIncomplete(t *testing.T) {
	broken := "resource \"aws_iam_user\" \"x\" {\n"
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"a/main.tf": broken, "b/main.tf": iamUser("u", "u")})
	p.wantStatus(p.run(), action.ExitUncovered)
	if c := p.comments(); len(c) != 1 || !strings.Contains(c[0], "not analysed") || !strings.Contains(p.file("review.json"), `"complete": false`) {
		t.Errorf("comments: %q", c)
	}
	p.again()
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)
	p.again()
	p.inputs["OUTPUT-DIR"] = "event.json"
	p.wantStatus(p.run(), action.ExitBadInput)
}

// Where the report cannot be written that is a fault, told at the end: the comment is written all the same.
func TestFaultOfTheReport(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.inputs["OUTPUT-DIR"] = filepath.Join("event.json", "below")
	p.wantStatus(p.run(), action.ExitBadInput)
	p.again()
	p.inputs["OUTPUT-DIR"] = ""
	p.vars["GITHUB_STEP_SUMMARY"] = filepath.Join(p.dir, "nowhere", "sum")
	p.wantStatus(p.run(), action.ExitFault)
	if len(p.comments()) != 1 || p.output("additions") != "1" {
		t.Errorf("comments: %q", p.comments())
	}
}

// Of a review that GitHub refuses, the comment says the same.
func TestRefusedReview(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.github.Inject(ghfake.Fault{Kind: ghfake.BadGateway, Method: "POST", Path: "/reviews$", Times: -1})
	p.wantStatus(p.run(), action.ExitDone)
	if len(p.comments()) != 1 || !strings.Contains(p.errs.String(), "writing the comments at lines to the pull request: ") {
		t.Errorf("comments %q\n%s", p.comments(), &p.errs)
	}
}

// A hostile change: nothing of it becomes a mention, a mark, a workflow command or an output of its own.
func TestHostileChange(t *testing.T) {
	name := "x\\\" -->\\n<!-- keysweep:review v1 state=quiet @octocat ::error::a ##[error]b"
	path := "a\n::error::c/" + "<img src=x>/@octocat/|/main.tf"
	p := newPull(t, map[string]string{"x": ""}, map[string]string{path: iamUser("u", name[:40]), "b/main.tf": "resource \"aws_iam_user\" \"u\" {\n  name = \"" + name + "\"\n}\n"})
	p.wantStatus(p.run(), action.ExitDone)
	c := p.comments()
	if len(c) != 1 {
		t.Fatalf("comments: %q", c)
	}
	for what, text := range map[string]string{"comment": c[0], "summary": p.summary()} {
		for _, bad := range []string{"@octocat", "<img", "\n::error", "state=quiet @"} {
			if strings.Contains(strings.ReplaceAll(text, "`", ""), bad) && !strings.Contains(text, "```") {
				t.Errorf("the %s holds %q:\n%s", what, bad, text)
			}
		}
	}
	for line := range strings.Lines(p.errs.String() + p.out.String()) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "::error") || strings.Contains(line, "##[") {
			t.Errorf("a line of the log is a command: %q", line)
		}
	}
	if p.output("additions") != "2" {
		t.Errorf("additions: %q", p.output("additions"))
	}
}

// The number of requests follows the folders that change, not the repository.
func TestRequestsOfAReview(t *testing.T) {
	for _, folders := range []int{1, 4, 20} {
		base, head := map[string]string{}, map[string]string{}
		for i := range 300 {
			for _, name := range []string{"main", "variables", "outputs", "providers"} {
				file := fmt.Sprintf("live/s%d/%s.tf", i, name)
				base[file] = fmt.Sprintf("# %s %d\n", name, i)
				if name == "providers" {
					base[file] += "provider \"aws\" {}\n"
				}
				head[file] = base[file]
			}
		}
		for i := range 20 {
			head[fmt.Sprintf("live/s%d/new%d.tf", i%folders, i)] = iamUser(fmt.Sprintf("u%d", i), fmt.Sprintf("u%d", i))
		}
		p := newPull(t, base, head)
		p.wantStatus(p.run(), action.ExitDone)
		if p.output("additions") != "20" {
			t.Errorf("additions: %s", p.output("additions"))
		}
		n := len(p.github.Requests())
		t.Logf("%d folders: %d requests", folders, n)
		if most := 12 + 2*folders; n > most {
			t.Errorf("%d folders: %d requests, want %d at most: %v", folders, n, most, p.github.Requests())
		}
	}
}

// approve is the event that the setting of a label makes.
func (p *pullJob) approve(login string) {
	p.github.As(login).Label(p.number, review.LabelApproved)
	p.at("pull_request")
	p.again()
}

// The label of somebody with write access approves what was there; what comes later needs it anew.
func TestApprovalByLabel(t *testing.T) {
	one := map[string]string{"main.tf": iamUser("u", "u")}
	p := newPull(t, map[string]string{"x": ""}, one)
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)

	p.approve(author)
	p.wantStatus(p.run(), action.ExitFindings)
	p.github.As(author).Unlabel(p.number, review.LabelApproved)
	p.approve("octo-guest")
	p.wantStatus(p.run(), action.ExitFindings)
	p.github.As(author).Unlabel(p.number, review.LabelApproved)

	p.approve(reviewer)
	p.wantStatus(p.run(), action.ExitDone)
	if c := p.comments(); len(c) != 1 || !strings.Contains(c[0], "accepted") || !strings.Contains(c[0], reviewer) {
		t.Errorf("comments: %q", c)
	}
	if p.output("additions") != "0" {
		t.Errorf("additions: %q", p.output("additions"))
	}

	p.push(map[string]string{"main.tf": iamUser("u", "u") + "# a comment\n"})
	p.at("pull_request")
	p.again()
	p.wantStatus(p.run(), action.ExitDone)

	p.push(map[string]string{"main.tf": iamUser("u", "u") + iamUser("w", "w")})
	p.at("pull_request")
	p.again()
	p.wantStatus(p.run(), action.ExitFindings)
	if c := p.comments()[0]; !strings.Contains(c, "adds 1 IAM user; 1 IAM user more is accepted") {
		t.Errorf("comment: %s", c)
	}

	p.github.As(reviewer).Unlabel(p.number, review.LabelApproved)
	p.approve(reviewer)
	p.wantStatus(p.run(), action.ExitDone)
}

// The label that a bot sets approves nothing: whoever wrote the workflow set it.
func TestApprovalByABot(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Collaborators[ghfake.WorkflowBot] = "write" })
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)
	p.approve(ghfake.WorkflowBot)
	p.wantStatus(p.run(), action.ExitFindings)
}

// The event of the label itself approves its head, also in a first run.
func TestApprovalBeforeTheFirstRun(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.label = review.LabelApproved
	p.inputs["FAIL-ON"] = "addition"
	p.approve(reviewer)
	p.wantStatus(p.run(), action.ExitDone)
	if c := p.comments(); len(c) != 1 || !strings.Contains(c[0], "accepted") {
		t.Errorf("comments: %q", c)
	}
}

// The list of events may not know the last setting of the label yet: the event of the run says whose it was.
func TestApprovalOfAnotherSetting(t *testing.T) {
	p := newPull(t, map[string]string{"x": ""}, map[string]string{"main.tf": iamUser("u", "u")})
	p.inputs["FAIL-ON"] = "addition"
	p.label, p.sender = review.LabelApproved, reviewer
	p.approve(reviewer)
	p.wantStatus(p.run(), action.ExitDone)
	p.push(map[string]string{"main.tf": iamUser("u", "u") + iamUser("w", "w")})
	p.sender = author
	p.at("pull_request")
	p.again()
	p.wantStatus(p.run(), action.ExitFindings)
}

const exemption = "version: 1\nexemptions:\n  - {check: addition, path: \"infra/ses/*\", reason: \"SES SMTP needs a key\", expires: 2027-03-31}\n"

// An exemption of the base's policy file accepts an addition by its path until its last day; one of the change does not.
func TestExemption(t *testing.T) {
	head := map[string]string{"infra/ses/main.tf": iamUser("smtp", "smtp"), ".github/keysweep.yml": exemption}
	p := newPull(t, map[string]string{"x": ""}, head)
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitFindings)

	p = newPull(t, map[string]string{".github/keysweep.yml": exemption}, head)
	p.inputs["FAIL-ON"] = "addition"
	p.wantStatus(p.run(), action.ExitDone)
	if c := p.comments(); len(c) != 1 || !strings.Contains(c[0], "SES SMTP needs a key") || p.output("additions") != "0" {
		t.Errorf("comments: %q", c)
	}
	p.now = time.Date(2027, 3, 31, 23, 59, 59, 0, time.UTC)
	p.again()
	p.wantStatus(p.run(), action.ExitDone)
	p.now = p.now.Add(time.Second)
	p.again()
	p.wantStatus(p.run(), action.ExitFindings)

	// An exemption that the base gained after the pull request was opened counts too.
	q := newPull(t, map[string]string{"x": ""}, map[string]string{"x": "", "infra/ses/main.tf": iamUser("smtp", "smtp")})
	q.inputs["FAIL-ON"] = "addition"
	q.github.Push(ghfake.DefaultRepository, "main", ghfake.Texts(map[string]string{"x": "", ".github/keysweep.yml": exemption}))
	q.github.As(author).Retarget(q.number, "main")
	q.at("pull_request")
	q.wantStatus(q.run(), action.ExitDone)
}

// A policy file of the base that cannot be read ends the run before anything is written.
func TestBadPolicyOfTheBase(t *testing.T) {
	p := newPull(t, map[string]string{".github/keysweep.yml": "version: 7\n"}, map[string]string{"main.tf": iamUser("u", "u")})
	p.wantStatus(p.run(), action.ExitBadInput)
	if len(p.writes()) > 0 || !strings.Contains(p.errs.String(), ".github/keysweep.yml:1: version") {
		t.Errorf("writes %v\n%s", p.writes(), &p.errs)
	}
	p = newPull(t, map[string]string{"x": ""}, map[string]string{"policy.yml": exemption})
	p.inputs["CONFIG"] = "policy.yml"
	p.wantStatus(p.run(), action.ExitBadInput)
	if !strings.Contains(p.errs.String(), "policy file policy.yml does not exist in the state before the change") {
		t.Error(p.errs.String())
	}
}

// The lines of a workflow that newly takes static keys are suggested with a role in their place.
func TestSuggestedRole(t *testing.T) {
	steps := "on: push\npermissions:\n  id-token: write\n  contents: read\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" +
		"      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          aws-region: eu-west-1\n"
	keys := "          aws-access-key-id: ${{ secrets.ID }}\n          aws-secret-access-key: ${{ secrets.KEY }}\n"
	p := newPull(t, map[string]string{".github/workflows/a.yml": steps}, map[string]string{".github/workflows/a.yml": steps + keys})
	p.wantStatus(p.run(), action.ExitDone)
	reviews := p.github.Reviews(ghfake.DefaultRepository, p.number)
	if len(reviews) != 1 || len(reviews[0].Comments) != 1 {
		t.Fatalf("reviews: %+v\n%s", reviews, &p.out)
	}
	if c := reviews[0].Comments[0]; c.StartLine != 12 || c.Line != 13 || !strings.Contains(c.Body, "```suggestion\n          role-to-assume: ") {
		t.Errorf("comment: %+v", c)
	}
}
