package doctor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// whole are the facts of a set-up in which every link is there.
func whole() Facts {
	role := "arn:aws:iam::111122223333:role/keysweep"
	actions := []Action{{Name: "iam:GetUser", Calls: 1}, {Name: "iam:ListAccessKeys", Calls: 2}}
	return Facts{
		Policy: Policy{Path: ".github/keysweep.yml", State: PolicyValid},
		GitHub: GitHub{
			OnRunner: true, Token: true, Repository: "acme/backlog", Read: true, HasIssues: true,
			Visibility: []Visibility{{"acme/backlog", "private"}},
		},
		Entry: Entry{
			Role: role, Account: "111122223333", Audience: "sts.amazonaws.com", OnRunner: true, Home: "111122223333", Caller: role,
			Claims: Claims{
				Subject: "repo:acme/backlog:ref:refs/heads/main", Other: "repo:acme@1/backlog@2:ref:refs/heads/main",
				Audience: "sts.amazonaws.com", Issuer: "https://token.actions.githubusercontent.com",
			},
		},
		Organization: Organization{Wanted: true, Active: 2},
		Accounts:     []Account{{ID: "111122223333", Home: true, Actions: actions}, {ID: "222233334444", Actions: slices.Clone(actions)}},
		RoleName:     "keysweep-audit",
	}
}

// bad are the links that are missing or failed, as one text.
func bad(f Facts) string {
	return Text(slices.DeleteFunc(Links(f), func(l Link) bool { return !l.Bad() }), false)
}

func TestWhole(t *testing.T) {
	for _, l := range Links(whole()) {
		if l.State != OK || l.Detail == "" || len(l.Fix) != 0 {
			t.Errorf("%+v", l)
		}
	}
}

func TestCauses(t *testing.T) {
	refused := func(policy string, explicit bool) *Fault {
		return &Fault{Kind: Refused, Cause: "refused", Policy: policy, Explicit: explicit}
	}
	for name, tt := range map[string]struct {
		change func(*Facts)
		want   []string
	}{
		"a role that a resource control policy keeps closed": {
			func(f *Facts) {
				f.Entry.RoleFault = &Fault{Kind: NotTrusted, Policy: "resource control policy", Explicit: true}
			},
			[]string{"first role", "an explicit deny in a resource control policy"},
		},
		"a role of the name that does not work": {
			func(f *Facts) {
				f.Entry.Role = "arn:aws:iam::111122223333:role/GitHubActions"
				f.Entry.RoleFault = &Fault{Kind: NotTrusted}
			},
			[]string{"first role", "rename the role"},
		},
		"a token that tells no ids": {
			func(f *Facts) { f.Entry.Claims.Other, f.Entry.RoleFault = "", &Fault{Kind: NotTrusted} },
			[]string{`name the subject "token.`, `"repo:acme/backlog:ref:refs/heads/main" ]`},
		},
		"the usual audience in China": {
			func(f *Facts) {
				f.Entry.Role, f.Entry.Audience = "arn:aws-cn:iam::111122223333:role/keysweep", "sts.amazonaws.com"
				f.Entry.RoleFault = &Fault{Kind: WrongAudience}
			},
			[]string{"audience: sts.amazonaws.com.cn", "arn:aws-cn:iam::111122223333:oidc-provider/"},
		},
		"AWS out of reach": {
			func(f *Facts) {
				f.Entry.RoleFault = &Fault{Kind: Broken, Cause: "no answer", Hint: "look at the network"}
			},
			[]string{"FAIL first role no answer", "look at the network"},
		},
		"the caller is not told": {
			func(f *Facts) { f.Entry.CallerFault = &Fault{Kind: Broken, Cause: "no answer"} },
			[]string{"FAIL account", "no answer"},
		},
		"an organization that a policy closes": {
			func(f *Facts) { f.Organization.Fault = refused("service control policy", true) },
			[]string{"organization", "denied in a service", "let that policy leave the first role out"},
		},
		"an organization that is refused without a reason": {
			func(f *Facts) { f.Organization.Fault = refused("", false) },
			[]string{"organizations:ListAccounts", "a delegated administrator"},
		},
		"an organization out of reach": {
			func(f *Facts) { f.Organization.Fault = &Fault{Kind: Broken, Cause: "throttled"} },
			[]string{"FAIL organization throttled"},
		},
		"a role in an account that a policy closes": {
			func(f *Facts) { f.Accounts[1].Fault = refused("service control policy", true) },
			[]string{"account roles", "in account 222233334444: an explicit deny"},
		},
		"an account out of reach": {
			func(f *Facts) { f.Accounts[1].Fault = &Fault{Kind: Broken, Cause: "no answer"} },
			[]string{"FAIL account roles", "in account 222233334444: no answer"},
		},
		"the default chain is to be trusted by its account": {
			func(f *Facts) {
				f.Entry.Role, f.Entry.Caller = "", "arn:aws-us-gov:sts::111122223333:assumed-role/x/y"
				f.Accounts[1].Fault = refused("", false)
			},
			[]string{`{"AWS": "arn:aws-us-gov:iam::111122223333:root"}`},
		},
		"an action refused in both accounts": {
			func(f *Facts) {
				f.Accounts[0].Actions[0].Fault, f.Accounts[1].Actions[0].Fault = refused("", false), refused("", false)
			},
			[]string{"iam:GetUser is refused in both accounts", "of the roles keysweep-audit and keysweep {"},
		},
		"an action refused in the first role's account": {
			func(f *Facts) { f.Accounts[0].Actions[0].Fault = refused("identity-based policy", false) },
			[]string{"in 1 of 2 accounts: 111122223333", "to the policy of the role keysweep {"},
		},
		"an action that a boundary leaves out": {
			func(f *Facts) { f.Accounts[1].Actions[0].Fault = refused("permissions boundary", false) },
			[]string{"no permissions", "allow it there"},
		},
		"an action that could not be tried": {
			func(f *Facts) { f.Accounts[1].Actions[0].Fault = &Fault{Kind: Broken, Cause: "throttled"} },
			[]string{"FAIL AWS action iam:GetUser", "throttled"},
		},
		"a policy file out of reach": {
			func(f *Facts) {
				f.Policy = Policy{State: PolicyUnread, Fault: &Fault{Kind: Broken, Cause: "no answer"}}
			},
			[]string{"FAIL policy file no answer"},
		},
		"a policy file that cannot be opened": {
			func(f *Facts) {
				f.Policy = Policy{State: PolicyUnread, Input: true, Fault: &Fault{Kind: Broken, Cause: "it is a directory"}}
			},
			[]string{"MISS policy file it is a directory"},
		},
		"a repository that may not be read": {
			func(f *Facts) { f.GitHub.Read, f.GitHub.Fault = false, &Fault{Kind: NotPermitted} },
			[]string{"MISS repository the token may not read acme/backlog"},
		},
		"another repository that may not be written": {
			func(f *Facts) {
				f.GitHub.Named, f.GitHub.Write = true, &Fault{Kind: NotPermitted, Need: "issues: write"}
			},
			[]string{"issues: write", "a GitHub App"},
		},
		"labels that may not be made": {
			func(f *Facts) { f.GitHub.Labels = &Fault{Kind: NotPermitted} },
			[]string{"MISS issues: write", "and issues: write issues: write"},
		},
		"issues that could not be tried": {
			func(f *Facts) { f.GitHub.Write = &Fault{Kind: Broken, Cause: "GitHub's rate limit"} },
			[]string{"FAIL issues: write GitHub's rate limit"},
		},
		"a repository that does not say who sees it": {
			func(f *Facts) { f.GitHub.Visibility[0].Word = "unknown" },
			[]string{"whether acme/backlog is public cannot be told"},
		},
		"a token endpoint that does not answer": {
			func(f *Facts) { f.Entry.TokenFault = &Fault{Kind: Broken, Cause: "GitHub says 500"} },
			[]string{"FAIL id-token: write GitHub says 500"},
		},
	} {
		f := whole()
		tt.change(&f)
		out := bad(f)
		for _, want := range tt.want {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("%s: %q is not said:\n%s", name, want, out)
			}
		}
		if n := strings.Count(out, "MISS") + strings.Count(out, "FAIL"); n != 1 {
			t.Errorf("%s: %d links are bad:\n%s", name, n, out)
		}
	}
}

// Accounts that fail for different causes are told apart, and a long list of them stays readable.
func TestManyAccounts(t *testing.T) {
	f := whole()
	for n := range 40 {
		a := Account{ID: fmt.Sprintf("3333%08d", n), Fault: &Fault{Kind: Refused, Cause: "refused"}}
		if n%2 == 1 {
			a.Fault = &Fault{Kind: Broken, Cause: "throttled"}
		}
		f.Accounts = append(f.Accounts, a)
	}
	out := bad(f)
	for _, want := range []string{"20 of 41 accounts", "and 8 more", "MISS  account roles", "FAIL  account roles"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
}

// An action that had nothing to ask about is said to be untried, and not to be allowed.
func TestUntriedAction(t *testing.T) {
	f := whole()
	for i := range f.Accounts {
		f.Accounts[i].Actions = append(f.Accounts[i].Actions, Action{Name: "iam:GetAccessKeyLastUsed"})
	}
	out := Text(Links(f), false)
	if !strings.Contains(out, "2 actions allowed in 2 accounts (6 calls in all)") || !strings.Contains(out, "iam:GetAccessKeyLastUsed was not tried") {
		t.Error(out)
	}
}

// Whatever a text from outside holds, it can neither end its line, begin a workflow command nor become Markdown.
func TestHostileTexts(t *testing.T) {
	evil := "main\n::error::x\r\x1b[31m<b>@octocat</b> #1 |`"
	f := whole()
	f.Entry.Claims.Subject, f.Policy.State, f.Policy.Faults = evil, PolicyInvalid, []string{evil}
	f.GitHub.Repository, f.Entry.RoleFault = evil, &Fault{Kind: NotTrusted}
	out := Text(Links(f), false)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.ContainsAny(line, "\r\x1b") {
			t.Errorf("the line %q", line)
		}
	}
	fenced := false
	for line := range strings.Lines(Markdown(Links(f))) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if !fenced && (strings.Contains(line, "@octocat") || strings.Contains(line, "<b>") || strings.Contains(line, " #1")) {
			t.Errorf("the summary holds %q", line)
		}
	}
}

// Prose fits a terminal, with colours as without.
func TestWidth(t *testing.T) {
	f := whole()
	f.Entry.RoleFault = &Fault{Kind: NotTrusted}
	text := Text(Links(f), false)
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(line) > columns+1 {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
	coloured := Text(Links(f), true)
	if coloured == text || strip(coloured) != text {
		t.Errorf("colours change more than colours:\n%s", coloured)
	}
}

func TestRedact(t *testing.T) {
	f := whole()
	f.Accounts[1].Fault = &Fault{Kind: Refused}
	links := Redact(Links(f), func(s string) string { return strings.ReplaceAll(s, "2222", "…") })
	if out := Text(links, false) + Markdown(links); strings.Contains(out, "2222") || !strings.Contains(out, "…3333") {
		t.Error(out)
	}
	if !strings.Contains(Text(Links(f), false), "222233334444") {
		t.Error("the links themselves were changed")
	}
}

// What the first role may not ask of the organization is named, with the statement to add.
func TestGuardrailLinks(t *testing.T) {
	f := Facts{Organization: Organization{Wanted: true, Active: 2, Actions: []Action{{Name: "organizations:ListRoots", Calls: 1}, {Name: "organizations:ListPolicies", Calls: 1}}}}
	f.Entry = Entry{Caller: "arn:aws:iam::111122223333:role/x", Home: "111122223333"}
	if got := f.guardrailLinks(); len(got) != 1 || got[0].Bad() {
		t.Errorf("%+v", got)
	}
	f.Organization.Actions[1].Fault = &Fault{Kind: Refused}
	got := f.guardrailLinks()
	if len(got) != 1 || got[0].State != Missing || len(got[0].Fix) != 1 {
		t.Errorf("%+v", got)
	}
}
