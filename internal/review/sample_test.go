package review

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/internal/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares rendered bytes with a file under testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

const (
	baseSHA  = "1111111111111111111111111111111111111111"
	headSHA  = "2222222222222222222222222222222222222222"
	laterSHA = "3333333333333333333333333333333333333333"
)

var now = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

var actions = []string{"github-actions[bot]"}

func user(name, path string, line int) declare.Change {
	return declare.Change{
		Change: declare.Added, Kind: declare.User, Form: "terraform", Address: "aws_iam_user." + name, Name: name,
		Path: path, Line: line, Count: 1, Confidence: declare.Certain, Why: "resource aws_iam_user",
	}
}

func key(name, path string, line int) declare.Change {
	return declare.Change{
		Change: declare.Added, Kind: declare.AccessKey, Form: "terraform", Address: "aws_iam_access_key." + name,
		Path: path, Line: line, Count: 1, Confidence: declare.Certain, Why: "resource aws_iam_access_key",
	}
}

func as(change string, c declare.Change) declare.Change {
	c.Change = change
	return c
}

func sure(s declare.Confidence, c declare.Change) declare.Change {
	c.Confidence = s
	return c
}

// advise is advice as one of the forms would give it.
func advise(c declare.Change) Advice {
	if c.Kind != declare.AccessKey {
		return Advice{}
	}
	return Advice{
		Text: "Give the workload a role; `aws_iam_role` replaces the user and its key.", Language: "hcl",
		Snippet: "resource \"aws_iam_role\" \"ci\" {\n  name = \"ci\"\n}\n",
	}
}

func input(changes ...declare.Change) Input {
	return Input{
		Outcome: Outcome{Base: baseSHA, Head: headSHA, Changes: changes}, Now: now, Advise: advise,
		Pull: &Pull{Number: 12, Author: "alice"}, Repository: "acme/infra", ServerURL: "https://github.com",
	}
}

func unread(n int) []declare.NotAnalysed {
	var out []declare.NotAnalysed
	for i := range n {
		out = append(out, declare.NotAnalysed{Path: fmt.Sprintf("infra/big-%d.json", i), Reason: "it has 12 MB, files up to 8 MB are read"})
	}
	return out
}

func exempting(path string) *policy.Policy {
	p := policy.Default()
	p.Exemptions = []policy.Exemption{{
		Check: "addition", Path: path, Reason: "SES SMTP needs a key | see <wiki> @team #12", Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC),
	}}
	return p
}

func labelled(head string) Approval {
	return Approval{Label: true, By: "bob", At: now, Valid: true, HeadAtLabel: head}
}

// hostile are words that whoever writes a pull request could choose for names, addresses and paths.
var hostile = []string{
	"@octocat", "@org/team", "#12", "GH-12", "octo/repo#1", "0123456789abcdef0123456789abcdef01234567",
	"https://github.com/o/r/issues/1", "www.evil.example", "<script>alert(1)</script>", "</details>", "</summary><b>x",
	"<!-- keysweep:review v1 state=quiet head=unknown hash=aaaaaaaaaaaaaaaaaaaaaaaaaa -->", "<!-- keysweep:memory {} -->", "-->",
	"a|b", `a\|b`, "*bold*", "`code`", "``", "```\nfence\n```", "```suggestion\nx\n```", "[link](https://evil.example)",
	"](https://evil.example)", "![img](https://evil.example/x.png)", "[^1]", "# heading", "- item", "> quote", "---", "a\n---", ":smile:",
	"::error::pwned", "##[error]pwned", "$x$", "&#64;octocat", "a\r\nb", "a\n\n# b", "a\x00b", "\x1b[31mred", "ad\u202emin", "a\u200bb",
	"\xff\xfe", "${{ github.token }}", "/keysweep accept until=2027-01-01 reason=x", "a \"b\" {c}", strings.Repeat("@a ", 300), "",
	"x)", "(x", "a b", "日本語.tf", "%0A::error::", "\u009b31m", "C:\\x",
}

// hostileInput has every word in every place.
func hostileInput(words ...string) Input {
	in := input()
	for i, w := range words {
		kinds := []declare.Kind{declare.User, declare.AccessKey, declare.HardcodedKey, declare.StaticKeyUse}
		c := declare.Change{
			Change: declare.Added, Kind: kinds[i%len(kinds)], Form: "terraform", Address: w, Name: w, Path: w, Line: i, Count: 1 + i%3,
			Confidence: declare.Certain, Why: w,
		}
		in.Outcome.Changes = append(in.Outcome.Changes, c, sure(declare.Possible, c), as(declare.Rotated, c), as(declare.Removed, c))
		c.Path = "accepted/" + w
		in.Outcome.Changes = append(in.Outcome.Changes, c)
		in.Outcome.NotAnalysed = append(in.Outcome.NotAnalysed, declare.NotAnalysed{Path: w, Reason: w})
		in.Pull.Author, in.Approval = w, Approval{Label: true, By: w}
		in.Policy = exempting("accepted/*")
		in.Policy.Exemptions[0].Reason = w
	}
	in.Advise = func(c declare.Change) Advice {
		return Advice{Text: "Instead of " + c.Name, Snippet: c.Name, Language: c.Name}
	}
	in.Suggest = func(c declare.Change) (int, int, string, bool) { return c.Line, c.Line, c.Name, true }
	return in
}

// scenarios are verdicts of every sort.
func scenarios() map[string]Input {
	mixed := input(
		sure(declare.Likely, user("alice", "infra/users.tf", 3)), user("bob", "infra/users.tf", 9), key("ci", "infra/ci.tf", 21),
		declare.Change{
			Change: declare.Added, Kind: declare.StaticKeyUse, Form: "github-workflow", Address: "jobs.deploy secrets.AWS_KEY", Path: ".github/workflows/deploy.yml",
			Line: 14, Count: 1, Confidence: declare.Certain, Why: "the job is given a static access key",
		},
		declare.Change{
			Change: declare.Added, Kind: declare.User, Form: "cloudformation", Address: "Resources.Users", Path: "stacks/users.yaml", Line: 4, Count: 3,
			Confidence: declare.Likely, Why: "the template makes an IAM user; a condition decides",
		},
		as(declare.Rotated, key("app", "infra/app.tf", 2)), as(declare.Removed, user("old", "infra/old.tf", 1)),
		sure(declare.Possible, user("maybe", "infra/module.tf", 1)),
	)
	accepted := input(user("alice", "infra/users.tf", 3), key("smtp", "infra/ses/smtp.tf", 8))
	accepted.Policy = exempting("infra/ses/*")
	allAccepted := accepted
	allAccepted.Policy = exempting("infra/*")
	approved := input(user("alice", "infra/users.tf", 3), key("ci", "infra/ci.tf", 21))
	approved.Approval = labelled(headSHA)
	later := approved
	later.Outcome.Changes = append(later.Outcome.Changes[:2:2], user("late", "infra/users.tf", 30))
	later.Memory = Judge(input(approved.Outcome.Changes...)).memory.by(now.Add(-time.Hour))
	later.Approval.HeadAtLabel = ""
	own := input(user("alice", "infra/users.tf", 3))
	own.Approval = Approval{Label: true, By: "alice", At: now, HeadAtLabel: headSHA}
	incomplete := input(user("alice", "infra/users.tf", 3))
	incomplete.Outcome.NotAnalysed = unread(2)
	unknown := input()
	unknown.Outcome.NotAnalysed = unread(1)
	group := input(user("alice", "infra/users.tf", 3))
	group.Pull = nil
	many := input()
	for i := range 300 {
		many.Outcome.Changes = append(many.Outcome.Changes, key(fmt.Sprintf("team_%03d", i), fmt.Sprintf("teams/%d/keys.tf", i/10), i%10+1))
	}
	return map[string]Input{
		"one-user": input(user("alice", "infra/users.tf", 3)), "mixed": mixed, "accepted": accepted, "all-accepted": allAccepted,
		"approved": approved, "approved-before": later, "own-label": own, "only-possible": input(sure(declare.Possible, user("maybe", "infra/module.tf", 1))),
		"incomplete": incomplete, "unknown": unknown, "nothing": input(), "merge-group": group, "many": many,
		"hostile": hostileInput("@octocat", "a|b <!-- x -->", "```\n#12\n```", "</details>\x1b[31m\u202e"),
	}
}
