package report

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/keysweep/keysweep/checks"
)

func TestIssueBlock(t *testing.T) {
	d := sample()
	for i := range d.Findings {
		f := &d.Findings[i]
		golden(t, "issue-"+f.Check+"-"+f.ID+".md", []byte(IssueTitle(f)+"\n\n"+IssueBlock(f)))
		mustBeTame(t, IssueBlock(f))
	}
}

func TestIssueBlockHoldsNoAges(t *testing.T) {
	f := sampleKey("AKIAIOSFODNN7EXAMPLE", "ci-legacy", "2025-03-04T11:20:00Z")
	before := IssueBlock(&f)
	f.Evidence.AgeDays++
	f.Evidence.LastUsed = "2025-03-04T23:59:59Z"
	if after := IssueBlock(&f); after != before {
		t.Errorf("a day later the block is another one:\n%s", after)
	}
}

func TestIssueBlockStaysSmall(t *testing.T) {
	f := sampleEvilKey()
	long := strings.Repeat("$|@`\U0001F600", 400)
	f.Account, f.User, f.KeyID, f.Resource, f.Owner, f.OwnerRule, f.Why = long, long, long, long, long, long, long
	f.Replace.Why, f.Title, f.Evidence.Administrator = long, long, long
	for range 500 {
		f.Also = append(f.Also, long)
		f.Evidence.Notes = append(f.Evidence.Notes, long)
		f.Evidence.SeenFrom = append(f.Evidence.SeenFrom, checks.SeenFrom{By: long, Source: long, Service: long})
		f.Steps = append(f.Steps, checks.Step{Text: long, Command: strings.Repeat("`x", 3000)})
		f.Compliance = append(f.Compliance, checks.Control{Framework: long, Control: long})
	}
	block := IssueBlock(&f)
	if len(block) > blockLimit {
		t.Errorf("the block has %d bytes", len(block))
	}
	for _, want := range []string{"| Account |", "### What to do", "more steps are left out here", "### How this issue closes\n\nIt closes by itself"} {
		if !strings.Contains(block, want) {
			t.Errorf("the block lacks %q", want)
		}
	}
	mustBeTame(t, block)
}

func TestIssueTitle(t *testing.T) {
	tests := []struct{ name, title, account, want string }{
		{
			"the account is added", "Access key AKIA1 of a is unused", "prod",
			"Access key AKIA1 of a is unused, account prod (111122223333)",
		},
		{
			"the account is there", "Root of prod (111122223333) has a key", "prod",
			"Root of prod (111122223333) has a key",
		},
		{"no account name", "Access key AKIA1 of a is unused", "", "Access key AKIA1 of a is unused, account 111122223333"},
		{"a mention", "User @octocat", "prod", "User @" + zw + "octocat, account prod (111122223333)"},
		{"no title", "", "prod", "unused-access-key, account prod (111122223333)"},
		{"a command and code", "::error::`x`\n#12", "prod", ":" + zw + ":" + zw + "error:" + zw + ":'x' #" + zw + "12, account prod (111122223333)"},
	}
	for _, tt := range tests {
		f := checks.Finding{Check: "unused-access-key", Title: tt.title, Account: tt.account, AccountID: "111122223333"}
		if got := IssueTitle(&f); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, long := range []string{strings.Repeat("@", 999), strings.Repeat("<!", 500), strings.Repeat("日", 300)} {
		f := checks.Finding{Title: long, Account: long, AccountID: "111122223333"}
		if got := IssueTitle(&f); utf8.RuneCountInString(got) > titleLimit {
			t.Errorf("a title of %d runes: %q", utf8.RuneCountInString(got), got)
		}
	}
}

func TestIssueLabels(t *testing.T) {
	f := sampleAged()
	if got := strings.Join(IssueLabels(&f), " "); got != "keysweep keysweep:medium" {
		t.Errorf("labels %q", got)
	}
}

func TestComments(t *testing.T) {
	f := sampleEvilKey()
	comments := []string{
		CommentClosed("The facts of 2026-11-24: key AKIA1 of @octocat is deleted."),
		CommentReopened(&f, "The key was active again on 2026-11-24."),
		CommentChanged(&f, "aged-access-key", checks.Medium),
		CommentChanged(&f, f.Check, checks.Medium),
		CommentUsedAgain("2026-11-23T10:15:00Z", "s3", "us-east-1", "203.0.113.9"),
		CommentUsedAgain("2026-11-23T10:15:00Z", "", "", ""),
		CommentPolicy("The check `unused-access-key` is switched off in the policy file."),
		CommentAccepted("vendor ends in March, says @octocat", "2027-03-31"),
		CommentAcceptanceEnds("2027-03-31"),
		CommentAcceptanceOver(&f),
	}
	for _, c := range comments {
		mustBeTame(t, c)
	}
	golden(t, "comments.md", []byte(strings.Join(comments, "\n\n----\n\n")+"\n"))
}

func FuzzIssue(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		finding := sampleEvilKey()
		finding.User, finding.Account, finding.Title, finding.Owner, finding.KeyID = a, b, a+b, b, b
		finding.Resource, finding.Why, finding.OwnerRule = a+b, b+a, a
		finding.Replace = checks.Replacement{Kind: a, Why: b}
		finding.Evidence = checks.Evidence{
			Created: a, LastUsed: b, LastUsedService: a, LastUsedRegion: b, Administrator: a, Notes: []string{a, b},
			SeenFrom: []checks.SeenFrom{{By: a, Source: b, Agent: a, Service: b}},
		}
		finding.Steps = []checks.Step{{Text: a, Command: b}, {Text: b + undoLead + a, Command: a}}
		block := IssueBlock(&finding)
		if len(block) > blockLimit || !utf8.ValidString(block) || strings.Contains(block, "<!--") {
			t.Errorf("a bad block of %d bytes:\n%s", len(block), block)
		}
		mustBeTame(t, block)
		title := IssueTitle(&finding)
		if n := utf8.RuneCountInString(title); n > titleLimit || strings.ContainsAny(title, "\r\n") {
			t.Errorf("a bad title of %d runes: %q", n, title)
		}
		for _, re := range []*regexp.Regexp{anyAt, reference, link, emoji} {
			if m := re.FindString(title); m != "" {
				t.Errorf("%q in the title %q", m, title)
			}
		}
		for _, c := range []string{
			CommentClosed(a), CommentReopened(&finding, b), CommentChanged(&finding, a, checks.Severity(b)), CommentUsedAgain(a, b, a, b),
			CommentPolicy(a), CommentAccepted(a, b), CommentAcceptanceEnds(a), CommentAcceptanceOver(&finding),
		} {
			mustBeTame(t, c)
		}
	})
}
