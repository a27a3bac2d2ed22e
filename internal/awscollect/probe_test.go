package awscollect

import (
	"slices"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/awssim"
)

// keyed is a hub and a member, each with a user that has a key.
func keyed() *awssim.World {
	users := func(account string) []awssim.User {
		return []awssim.User{
			{Name: "alice", ID: "AIDAALICE", Created: daysAgo(9)},
			{Name: "ci", ID: "AIDACI", Created: daysAgo(9), Keys: []awssim.Key{{ID: keyID(account, 1), Created: daysAgo(9)}}},
		}
	}
	w := world(&awssim.Account{ID: member, Users: users(member)})
	w.Accounts[hub].Users = users(hub)
	return w
}

// probed are the probes of the hub and one member, by account.
func probed(t *testing.T, w *awssim.World, options ...func(*Config)) (map[string]Probe, *awssim.Server) {
	t.Helper()
	c, s := start(t, w, options...)
	out := map[string]Probe{}
	c.ProbeEach(t.Context(), []Target{{ID: hub}, {ID: member}, {ID: "999999999999", Skip: "closed"}}, func(p Probe) { out[p.Target.ID] = p })
	return out, s
}

// Every action of the shipped policy is tried, and the calls are counted.
func TestProbeTriesEveryAction(t *testing.T) {
	all, s := probed(t, keyed())
	if len(all) != 2 || !all[hub].Home || all[member].Home {
		t.Fatalf("probes %+v", all)
	}
	for id, p := range all {
		var names []string
		for _, a := range p.Actions {
			names = append(names, a.Action)
			if a.Fault != nil || a.Calls == 0 && a.Action != string(actObject) { // which is asked of files that are there
				t.Errorf("%s: %+v", id, a)
			}
			if got := s.CountIn(id)[a.Action]; got != a.Calls {
				t.Errorf("%s: %d calls of %s, said %d", id, got, a.Action, a.Calls)
			}
		}
		if !slices.Equal(names, accountActions()) {
			t.Errorf("%s: tried %v", id, names)
		}
	}
}

func without(list []string, one string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == one })
}

// A refused action is refused alone, whichever it is.
func TestProbeNamesTheRefusedAction(t *testing.T) {
	for _, a := range without(accountActions(), string(actObject)) {
		w := keyed()
		w.Faults = []awssim.Fault{{Action: a, Account: member, Code: "AccessDenied", Message: "User: x is not authorized to perform: " + a + " because no identity-based policy allows the " + a + " action"}}
		all, _ := probed(t, w)
		for _, got := range all[member].Actions {
			if refused := got.Fault != nil; refused != (got.Action == a) {
				t.Errorf("with %s refused, %s has the fault %v", a, got.Action, got.Fault)
			}
			if got.Fault != nil && (got.Fault.Code != CodeRefused || got.Fault.Denial != Denial{Policy: "identity-based policy"}) {
				t.Errorf("%s: %+v", a, got.Fault)
			}
		}
	}
}

// Without a key to ask about, a refusal that names no policy tells nothing of the action.
func TestProbeWithoutKeys(t *testing.T) {
	for _, tt := range []struct {
		message string
		calls   int
		fault   bool
	}{
		{"no", 0, false},
		{"not authorized with an explicit deny in a service control policy", 1, true},
	} {
		w := keyed()
		w.Accounts[member].Users = nil
		w.Faults = []awssim.Fault{{Action: string(actKeyLastUsed), Account: member, Code: "AccessDenied", Message: tt.message}}
		all, _ := probed(t, w)
		i := slices.IndexFunc(all[member].Actions, func(a ActionProbe) bool { return a.Action == string(actKeyLastUsed) })
		if got := all[member].Actions[i]; got.Calls != tt.calls || (got.Fault != nil) != tt.fault {
			t.Errorf("%q: %+v", tt.message, got)
		}
	}
}

// Why a role cannot be taken says which sort of policy is to blame, and another name can be tried.
func TestProbeOfARoleThatIsNotThere(t *testing.T) {
	w := keyed()
	w.Faults = []awssim.Fault{{Action: "sts:AssumeRole", Param: "arn:aws:iam::" + member + ":role/other", Code: "AccessDenied", Message: "because no identity-based policy allows the sts:AssumeRole action"}}
	c, _ := start(t, w, func(cfg *Config) { cfg.AccountRoleName = "other" })
	var got Probe
	c.ProbeEach(t.Context(), []Target{{ID: member}}, func(p Probe) { got = p })
	if got.Role == nil || got.Role.Code != CodeMemberRole || (got.Role.Denial != Denial{Policy: "identity-based policy"}) || got.Actions != nil {
		t.Errorf("probe %+v", got)
	}
	if !c.CanAssume(t.Context(), member, "keysweep-audit") || c.CanAssume(t.Context(), member, "nothing") {
		t.Error("which role can be taken is not told")
	}
}

func TestCaller(t *testing.T) {
	c, _ := start(t, keyed())
	if fault := c.Login(t.Context()); fault != nil {
		t.Fatal(fault)
	}
	arn, account, fault := c.Caller(t.Context())
	if fault != nil || account != hub || !strings.Contains(arn, hub) {
		t.Errorf("caller %q of %q, %v", arn, account, fault)
	}
}

func TestClaimsOf(t *testing.T) {
	token := awssim.JWT(map[string]any{
		"sub": "repo:acme@12/backlog@34:environment:audit", "aud": "sts.amazonaws.com", "iss": "https://token.actions.githubusercontent.com",
		"repository": "acme/backlog", "ref": "refs/heads/main", "environment": "audit",
	})
	want := Claims{
		Subject: "repo:acme@12/backlog@34:environment:audit", Other: "repo:acme/backlog:environment:audit", Audience: "sts.amazonaws.com",
		Issuer: "https://token.actions.githubusercontent.com", Repository: "acme/backlog", Ref: "refs/heads/main", Environment: "audit",
	}
	if got := ClaimsOf(token); got != want {
		t.Errorf("claims %+v, want %+v", got, want)
	}
	if got := ClaimsOf("no token"); got != (Claims{}) {
		t.Errorf("claims %+v of no token", got)
	}
}
