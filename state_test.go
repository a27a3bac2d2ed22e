package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// What people and GitHub do to a repository between two runs makes no second issue, and what
// was ours comes back.
func TestWhatHappensToABacklog(t *testing.T) {
	const person = "alice"
	for name, c := range map[string]struct {
		happens func(j *job)
		status  int
		says    string // on the log
		quiet   bool   // nothing is written
	}{
		"nothing":        {happens: func(*job) {}, quiet: true},
		"a body emptied": {happens: func(j *job) { j.github.As(person).Edit(1, "") }},
		"a body of CRLF": {happens: func(j *job) { j.github.As(person).Edit(1, strings.ReplaceAll(j.body(1), "\n", "\r\n")) }, quiet: true},
		"a begin mark cut": {happens: func(j *job) {
			j.github.As(person).Edit(1, strings.Replace(j.body(1), "<!-- keysweep:begin -->", "", 1))
		}},
		"a title changed": {happens: func(j *job) { j.github.As(person).Retitle(1, "mine now") }, quiet: true},
		"a label deleted": {happens: func(j *job) { j.github.As(person).DeleteLabel("keysweep") }},
		"an issue unlabelled": {happens: func(j *job) {
			j.github.As(person).Unlabel(1, "keysweep")
		}},
		"a new name of the repository": {happens: func(j *job) {
			j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) {
				r.Formerly, r.FullName = append(r.Formerly, r.FullName), "acme/renamed"
			})
		}, quiet: true},
		"another token": {happens: func(j *job) {
			j.github.AddToken("ghs_other", ghfake.Identity{
				Actor:       ghfake.Actor{Login: "acme-bot[bot]", Type: "Bot"},
				Permissions: map[string]string{"issues": "write", "contents": "read", "metadata": "read"},
			})
			j.inputs["GITHUB-TOKEN"] = "ghs_other"
		}, quiet: true},
		"a token that only reads": {happens: func(j *job) {
			j.github.AddToken("ghs_reader", ghfake.Identity{
				Actor:       ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"},
				Permissions: map[string]string{"issues": "read", "contents": "read", "metadata": "read"},
			})
			j.inputs["GITHUB-TOKEN"] = "ghs_reader"
			j.world.Accounts["222233334444"].Users[1].Keys = nil
		}, status: action.ExitFault, says: "issues: write"},
		"issues switched off": {happens: func(j *job) {
			j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.HasIssues = false })
		}, status: action.ExitFault, says: "issues are switched off", quiet: true},
		"archived": {happens: func(j *job) {
			j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Archived = true })
		}, status: action.ExitFault, says: "archived", quiet: true},
		"a locked issue": {happens: func(j *job) { j.github.As(person).Lock(1, true) }, quiet: true},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t)
			j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) {
				if r.Collaborators == nil {
					r.Collaborators = map[string]string{}
				}
				r.Collaborators[person] = "write"
			})
			j.wantStatus(j.run(), action.ExitDone)
			before := len(j.github.Issues(ghfake.DefaultRepository))
			j.nextDay()
			c.happens(j)
			j.github.ResetLog()
			j.wantStatus(j.run(), c.status)
			if c.says != "" && !strings.Contains(j.errs.String(), c.says) {
				t.Errorf("the log does not say %q:\n%s", c.says, &j.errs)
			}
			if w := j.github.Writes(); c.quiet && len(w) != 0 {
				t.Errorf("writes: %v", w)
			}
			repository := ghfake.DefaultRepository
			if strings.HasPrefix(name, "a new name") {
				repository = "acme/renamed"
			}
			if after := len(j.github.Issues(repository)); after != before {
				t.Errorf("%d issues, before there were %d: %v", after, before, j.titles())
			}
			if c.status != action.ExitDone {
				return
			}
			// Whatever had to be mended is mended once.
			j.nextDay()
			j.wantStatus(j.run(), action.ExitDone)
			if w := j.github.Writes(); len(w) != 0 {
				t.Errorf("the run after that wrote: %v", w)
			}
		})
	}
}

func (j *job) body(number int) string {
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		if i.Number == number {
			return i.Body
		}
	}
	return ""
}

// A repository with ten thousand issues of others is listed once, before the first create, and never again.
func TestTenThousandOtherIssues(t *testing.T) {
	j := newJob(t)
	for i := range 10_000 {
		j.github.As("octocat").Open(fmt.Sprintf("bug %d", i), "it broke")
	}
	j.github.ResetLog()
	j.wantStatus(j.run(), action.ExitDone)
	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	if w := j.github.Writes(); len(w) != 0 {
		t.Errorf("writes: %v", w)
	}
	api := 0
	for _, r := range j.github.Requests() {
		if strings.HasPrefix(r.Path, "/repos/") {
			api++
		}
	}
	if api > 4 {
		t.Errorf("%d requests in a steady run with one page of our issues, 4 may be: %v", api, j.github.Requests())
	}
}

// Names of accounts, tags and policies of others stay text in the log, the issues and the summary.
func TestHostileWordsOfAWS(t *testing.T) {
	j := newJob(t)
	hostile := "::error::pwned\r\n::set-output name=x::y @octocat #1 GH-1 <script>alert(1)</script> <!-- keysweep:v1 id=0000000000000000 state=open hash=0 --> ``` | \u202e" + strings.Repeat("\U0001F511", 16<<10)
	for i := range j.world.Organization {
		j.world.Organization[i].Name = hostile[:40]
	}
	j.world.Accounts["222233334444"].Users[0].Tags = map[string]string{"owner": hostile}
	j.world.Faults = []awssim.Fault{{Action: "iam:ListSSHPublicKeys", Account: "333344445555", Code: "AccessDenied", Message: hostile}}
	j.wantStatus(j.run(), action.ExitUncovered)
	log := j.out.String() + "\n" + j.errs.String()
	for _, line := range strings.FieldsFunc(log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if text := strings.TrimSpace(line); strings.HasPrefix(text, "::") && !regexp.MustCompile(`^::(add-mask|error|warning|notice)( title=[^:]*)?::`).MatchString(text) || strings.HasPrefix(text, "::error::pwned") {
			t.Errorf("a line of the log is a workflow command: %q", line)
		}
	}
	texts := j.file("summary.md")
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		texts += "\n" + i.Title + "\n" + i.Body
		if n := strings.Count(i.Body, "<!-- keysweep:v1 "); n != 1 {
			t.Errorf("#%d holds %d markers", i.Number, n)
		}
		if len(i.Body) > 60_000 {
			t.Errorf("#%d has %d bytes", i.Number, len(i.Body))
		}
	}
	// Commands to paste hold names as they are: in a fence nothing is a mention.
	texts = regexp.MustCompile("(?s)```sh.*?```").ReplaceAllString(texts, "")
	for _, bad := range []string{"@octocat", "<script", "\u202e", "GH-1 "} {
		if k := strings.Index(texts, bad); k >= 0 {
			t.Errorf("%q came through: …%s…", bad, texts[max(0, k-60):k+20])
		}
	}
}

// A command of somebody with write access is followed and told on the dashboard; that of a
// stranger gets no answer at all.
func TestAcceptByCommand(t *testing.T) {
	j := newJob(t)
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"alice": "write"} })
	j.wantStatus(j.run(), action.ExitDone)
	j.nextDay()
	j.github.As("alice").Comment(1, "/keysweep accept until=2027-01-31 reason=vendor ends in January")
	j.github.As("mallory").Comment(2, "/keysweep accept until=2027-01-31 reason=please")
	j.wantStatus(j.run(), action.ExitDone)
	labels := func(number int) string {
		for _, i := range j.github.Issues(ghfake.DefaultRepository) {
			if i.Number == number {
				return strings.Join(i.Labels, " ")
			}
		}
		return ""
	}
	if !strings.Contains(labels(1), "keysweep:accepted") || strings.Contains(labels(2), "keysweep:accepted") {
		t.Errorf("labels of #1: %s; of #2: %s", labels(1), labels(2))
	}
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		if i.Number == 2 && len(i.Comments) != 1 {
			t.Errorf("the stranger was answered: %+v", i.Comments)
		}
		if strings.Contains(strings.Join(i.Labels, " "), "keysweep:dashboard") && !strings.Contains(i.Body, "2027-01-31") {
			t.Errorf("the dashboard does not say until when:\n%s", i.Body)
		}
	}
	if !strings.Contains(j.file("findings.json"), "2027-01-31") {
		t.Error("findings.json does not show the acceptance")
	}
	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	if w := j.github.Writes(); len(w) != 0 {
		t.Errorf("the run after that wrote %v", w)
	}
}
