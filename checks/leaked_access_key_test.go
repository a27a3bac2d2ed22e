package checks

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// leaked joins a scan that found the keys, each in one file.
func leaked(a *inventory.Account, keys ...string) *inventory.Account {
	a.Leaks = &inventory.Leaks{ScannedAt: now.Add(time.Hour)}
	for _, id := range keys {
		a.Leaks.Found = append(a.Leaks.Found, inventory.Leak{KeyID: id, Where: "file", Path: "deploy.env", Line: 3})
	}
	return a
}

func TestLeakedKey(t *testing.T) {
	fresh := inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(3, 0), LastUsed: ago(1, 0)}
	off := fresh
	off.Active = false
	unknown := []inventory.Missing{{Fact: inventory.FactAccessKeys, User: "ci", Credential: "AKIA1"}}
	admin := userWith(off)
	admin.Administrator = "AdministratorAccess"
	noID := fresh
	noID.ID = ""
	with := func(change func(*policy.Policy)) *policy.Policy {
		p := policy.Default()
		change(p)
		return p
	}
	for _, test := range []struct {
		name    string
		user    inventory.User
		missing []inventory.Missing
		found   []string // nil: no scan
		policy  *policy.Policy
		want    []string
	}{
		{"active", userWith(fresh), nil, []string{"AKIA1"}, nil, []string{"critical leaked-access-key ci AKIA1 after-a-look"}},
		{"in two places", userWith(fresh), nil, []string{"AKIA1", "AKIA1"}, nil, []string{"critical leaked-access-key ci AKIA1 after-a-look"}},
		{"inactive", userWith(off), nil, []string{"AKIA1"}, nil, []string{"medium leaked-access-key ci AKIA1 now +inactive-access-key", "low orphaned-user ci - not-a-key"}},
		{"inactive, of an administrator", admin, nil, []string{"AKIA1"}, nil, []string{"high leaked-access-key ci AKIA1 now +inactive-access-key administrator", "medium orphaned-user ci - not-a-key administrator"}},
		{"status unknown", userWith(fresh), unknown, []string{"AKIA1"}, nil, []string{"high leaked-access-key ci AKIA1 after-a-look"}},
		{"another key", userWith(fresh), nil, []string{"AKIA2"}, nil, []string{}},
		{"no scan", userWith(fresh), nil, nil, nil, []string{}},
		{"no id", userWith(noID), nil, []string{""}, nil, []string{}},
		{"breaks glass", userWith(fresh), nil, []string{"AKIA1"}, with(func(p *policy.Policy) { p.BreakGlass = []string{"*"} }), []string{"critical leaked-access-key ci AKIA1 after-a-look"}},
		{"severity fixed", userWith(fresh), nil, []string{"AKIA1"}, with(func(p *policy.Policy) {
			p.Checks[idLeakedAccessKey] = policy.CheckSetting{Severity: "low"}
		}), []string{"low leaked-access-key ci AKIA1 after-a-look"}},
		{"switched off", userWith(fresh), nil, []string{"AKIA1"}, with(func(p *policy.Policy) {
			p.Checks[idLeakedAccessKey] = policy.CheckSetting{Disabled: true}
		}), []string{}},
		{"exempt", userWith(fresh), nil, []string{"AKIA1"}, with(func(p *policy.Policy) {
			p.Exemptions = []policy.Exemption{exemption(idLeakedAccessKey)}
		}), []string{"critical leaked-access-key ci AKIA1 after-a-look exempt until 2026-12-24"}},
	} {
		a := account(test.user)
		a.Missing = test.missing
		if test.found != nil {
			leaked(a, test.found...)
		}
		p := test.policy
		if p == nil {
			p = policy.Default()
		}
		if diff := cmp.Diff(test.want, lines(Evaluate(a, p, Options{Now: now}))); diff != "" {
			t.Errorf("%s: want, got:\n%s", test.name, diff)
		}
	}
}

// The first thing to do is to deactivate, and no step is about trying the key.
func TestLeakedKeyIsDeactivatedFirst(t *testing.T) {
	a := leaked(account(userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(3, 0)})), "AKIA1")
	f := Evaluate(a, policy.Default(), Options{Now: now})[0]
	if s := f.Steps[0]; !strings.Contains(s.Command, "--status Inactive") || !strings.Contains(s.Text, "To undo: aws iam update-access-key --user-name ci --access-key-id AKIA1 --status Active") {
		t.Errorf("the first step is %+v", s)
	}
	if s := f.Steps[1]; !strings.Contains(s.Command, "cloudtrail lookup-events") {
		t.Errorf("the second step is %+v", s)
	}
	for _, s := range f.Steps {
		if strings.Contains(s.Command, "aws sts") {
			t.Errorf("a step tries the key: %+v", s)
		}
	}
}

// What decides is both the list of keys and the scan: neither may be older than a closing that it refutes.
func TestLeakedKeyFactsAt(t *testing.T) {
	a := leaked(account(userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(3, 0)})), "AKIA1")
	for _, test := range []struct{ scanned, want time.Time }{
		{now.Add(time.Hour), now}, {now.Add(-time.Minute), now.Add(-time.Minute)},
	} {
		a.Leaks.ScannedAt = test.scanned
		if f := Evaluate(a, policy.Default(), Options{Now: now})[0]; !f.FactsAt.Equal(test.want) {
			t.Errorf("scanned %v: facts of %v, want %v", test.scanned, f.FactsAt, test.want)
		}
	}
}

// Places are text of a repository that anybody may have written.
func TestLeakPlacesAreOneLineOfCode(t *testing.T) {
	for path, want := range map[string]string{
		"deploy.env":                "`deploy.env`",
		"a`b`|<!-- keysweep:end --": "`a'b'|<!-- keysweep:end --`",
		"a\n::error::b\x1b[31m":     "`a ::error::b [31m`",
		"bytes \xff\xfe":            "`bytes �`",
		"":                          "`?`",
		" \t":                       "`?`",
		strings.Repeat("ä", 120):    "`" + strings.Repeat("ä", 120) + "`",
		strings.Repeat("ä", 121):    "`…" + strings.Repeat("ä", 119) + "`",
	} {
		if got := codeWord(path); got != want {
			t.Errorf("codeWord(%q) = %q, want %q", path, got, want)
		}
	}
	if got, want := leakPlace(inventory.Leak{Where: "elsewhere", Path: "x", Commit: "abc"}), "in `x`, commit `abc`"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLeakNotesAreFew(t *testing.T) {
	for n, last := range map[int]string{
		5: "Found in `deploy.env`, line 3.", 6: "Found in one more place, which the report of the scan names.",
		7: "Found in 2 more places, which the report of the scan names.",
	} {
		ids := strings.Fields(strings.Repeat("AKIA1 ", n))
		a := leaked(account(userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(3, 0)})), ids...)
		notes := Evaluate(a, policy.Default(), Options{Now: now})[0].Evidence.Notes
		if len(notes) != min(n, 6) || notes[len(notes)-1] != last {
			t.Errorf("%d places: %q", n, notes)
		}
	}
}
