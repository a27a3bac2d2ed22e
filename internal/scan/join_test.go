package scan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Ids whose characters hold the accounts below, and one of the old form that holds none.
const (
	prod    = "111122223333"
	dev     = "444455556666"
	foreign = "999900001111"

	activeID   = "AKIARTX3GSDSQAAAAAA2"
	inactiveID = "AKIARTX3GSDSQAAAAAA3"
	goneID     = "AKIARTX3GSDSQAAAAAA4"
	oldID      = "AKIAJAAAAAAAAAAAAAA2"
	rootID     = "AKIARTX3GSDSQAAAAAA5"
	serviceID  = "ACCARTX3GSDSQAAAAAA6"
)

var now = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// audited is an account that was wholly read, with a key of each status.
func audited(id string) *inventory.Account {
	a := &inventory.Account{ID: id, Name: "name-" + id[:4], Partition: "aws", Status: inventory.Audited, CollectedAt: now.AddDate(0, 0, -2)}
	if id != prod {
		return a
	}
	made := now.AddDate(0, 0, -20)
	a.Users = []inventory.User{
		{
			Name: "ci-deploy", ID: "AIDARTX3GSDSQEXAMPLE1", ARN: "arn:aws:iam::" + id + ":user/ci-deploy", Created: made, Tags: map[string]string{"owner": "tag-owner"},
			Keys: []inventory.AccessKey{{ID: activeID, Active: true, Created: made, LastUsed: made}, {ID: inactiveID, Created: made}},
		},
		{
			Name: "BedrockAPIKey-x7p2", ID: "AIDARTX3GSDSQEXAMPLE2", ARN: "arn:aws:iam::" + id + ":user/BedrockAPIKey-x7p2", Created: made,
			Services: []inventory.ServiceCredential{{ID: serviceID, Service: "bedrock.amazonaws.com", Status: "Active", Created: made}},
		},
	}
	return a
}

func sighting(id, account string) Sighting {
	return Sighting{AccessKeyID: id, AccountID: account, Path: "deploy.env", Line: 3, Where: File, Encoding: "plain", Confidence: Likely, Kind: "long-term"}
}

func TestJoin(t *testing.T) {
	lacks := func(f inventory.Fact, user, key string) func(*inventory.Account) {
		return func(a *inventory.Account) {
			a.Status = inventory.Partial
			a.Missing = []inventory.Missing{{Fact: f, User: user, Credential: key, Action: "iam:ListAccessKeys", Cause: "user arn:aws:iam::999:user/x is not allowed"}}
		}
	}
	rootKeys := func(events string, keys ...inventory.AccessKey) func(*inventory.Account) {
		return func(a *inventory.Account) {
			a.Root.HasKeys, a.Root.Keys = true, keys
			if events != "" {
				a.Root.Events = []inventory.RootEvent{{KeyID: events}}
			}
		}
	}
	temporary := sighting("ASIARTX3GSDSQAAAAAA2", prod)
	temporary.Kind = Temporary
	bait := sighting("AKIASP2TPHJSQH3FJRUX", "171436882533")
	bait.Canary = "canarytokens.org"
	api := func(name string) Sighting { return sighting(name+"-at-"+prod, prod) }
	nothing := func(*inventory.Account) {}
	for _, test := range []struct {
		name   string
		s      Sighting
		change func(*inventory.Account) // of prod
		status Status
		user   string
		why    string // a part of it
		worst  checks.Severity
	}{
		{"active", sighting(activeID, prod), nothing, Active, "ci-deploy", "", checks.Critical},
		{"active, whatever account it was taken for", sighting(activeID, ""), nothing, Active, "ci-deploy", "", checks.Critical},
		{"inactive", sighting(inactiveID, prod), nothing, Inactive, "ci-deploy", "", checks.Medium},
		{"its status was refused", sighting(activeID, prod), lacks(inventory.FactAccessKeys, "ci-deploy", activeID), Unknown, "ci-deploy", "iam:ListAccessKeys was not answered", checks.High},
		{"deleted", sighting(goneID, prod), nothing, NotFound, "", "deleted: account 111122223333 has no such key in the lists read on 2026-11-22", checks.Low},
		{"keys of another user refused", sighting(goneID, prod), lacks(inventory.FactAccessKeys, "x", ""), Unknown, "", "not all keys of account 111122223333 could be read: iam:ListAccessKeys was not answered", checks.High},
		{"users refused", sighting(goneID, prod), lacks(inventory.FactUsers, "", ""), Unknown, "", "not all keys", checks.High},
		{"another fact refused", sighting(goneID, prod), lacks(inventory.FactMFA, "", ""), NotFound, "", "deleted", checks.Low},
		{"account failed", sighting(goneID, prod), func(a *inventory.Account) { a.Status, a.Users = inventory.Failed, nil }, Unknown, "", "could not be audited", checks.High},
		{"account closed", sighting(goneID, prod), func(a *inventory.Account) { a.Status, a.Users = inventory.Skipped, nil }, Unknown, "", "is not active", checks.High},
		{"a bare report", sighting(activeID, prod), func(a *inventory.Account) { a.ReportOnly, a.Users[0].Keys[0].ID = true, "" }, Unknown, "", "a credential report alone holds no ids of keys", checks.High},
		{"a key without its id", sighting(goneID, prod), func(a *inventory.Account) { a.Users[0].Keys[1].ID = "" }, Unknown, "", "the ids of some keys", checks.High},
		{"root has a key", sighting(rootID, prod), rootKeys(""), Unknown, "", "the root user of account 111122223333 has a key whose id is not known, and this may be it", checks.High},
		{"root used it, its keys are active", sighting(rootID, prod), rootKeys(rootID, inventory.AccessKey{Active: true}), Active, inventory.RootUser, "", checks.Critical},
		{"root used it, its keys are inactive", sighting(rootID, prod), rootKeys(rootID, inventory.AccessKey{}), Inactive, inventory.RootUser, "", checks.Medium},
		{"root used it, its keys differ", sighting(rootID, prod), rootKeys(rootID, inventory.AccessKey{Active: true}, inventory.AccessKey{}), Unknown, inventory.RootUser, "the root user has used it", checks.High},
		{"root used another", sighting(goneID, prod), rootKeys(rootID, inventory.AccessKey{Active: true}), Unknown, "", "this may be it", checks.High},
		{"root's credentials refused", sighting(goneID, prod), lacks(inventory.FactRootCredentials, "", ""), Unknown, "", "not all keys", checks.High},
		{"of an account that is not ours", sighting("AKIA6RVFFB77RE7OLMKI", foreign), nothing, Unknown, "", "account 999900001111 is none of those that were audited", checks.High},
		{"of the old form", sighting(oldID, ""), nothing, NotFound, "", "none of the 2 audited accounts has such a key", checks.Low},
		{"of the old form, not all read", sighting(oldID, ""), lacks(inventory.FactAccessKeys, "x", ""), Unknown, "", "the id does not tell its account, and not all keys of account 111122223333 are known", checks.High},
		{"temporary", temporary, nothing, Unknown, "", "a temporary key", checks.Low},
		{"bait", bait, nothing, Unknown, "", "bait, laid out by canarytokens.org", checks.Low},
		{"credential of a service, by its id", sighting(serviceID, prod), nothing, Active, "BedrockAPIKey-x7p2", "", checks.Critical},
		{"API key", api("BedrockAPIKey-x7p2"), nothing, Active, "BedrockAPIKey-x7p2", "its user has an active service-specific credential", checks.Critical},
		{"second API key", api("BedrockAPIKey-x7p2+1"), nothing, Active, "BedrockAPIKey-x7p2", "", checks.Critical},
		{"API key of a user without any", api("ci-deploy"), nothing, NotFound, "ci-deploy", "deleted", checks.Low},
		{"API key of a user who is gone", api("nobody+x"), nothing, NotFound, "", "deleted", checks.Low},
		{"API key, expired", api("BedrockAPIKey-x7p2"), func(a *inventory.Account) { a.Users[1].Services[0].Status = "Expired" }, Inactive, "BedrockAPIKey-x7p2", "", checks.Medium},
		{"API key, credentials refused", api("BedrockAPIKey-x7p2"), lacks(inventory.FactServiceCredentials, "", ""), Unknown, "BedrockAPIKey-x7p2", "not all known", checks.High},
		{"API key of another account", sighting("x-at-"+foreign, foreign), nothing, Unknown, "", "none of those", checks.High},
	} {
		a := audited(prod)
		test.change(a)
		r := Join(Input{Sightings: []Sighting{test.s}, Accounts: []*inventory.Account{audited(dev), a}, Now: now})
		l := r.Leaks[0]
		if l.Status != test.status || l.User != test.user || !strings.Contains(l.Why, test.why) || test.why == "" && l.Why != "" && !l.service() || l.Severity != test.worst {
			t.Errorf("%s: %s, user %q, why %q, %s", test.name, l.Status, l.User, l.Why, l.Severity)
		}
		if strings.Contains(l.Why, "arn:") {
			t.Errorf("%s: the words of AWS are in %q", test.name, l.Why)
		}
		if known := l.User != "" && !l.service(); known != (l.Confidence == Certain) {
			t.Errorf("%s: %s", test.name, l.Confidence)
		}
	}
}

// Without an inventory nothing is known, and nothing is called deleted.
func TestJoinWithoutInventory(t *testing.T) {
	for _, s := range []Sighting{sighting(activeID, prod), sighting(oldID, "")} {
		l := Join(Input{Sightings: []Sighting{s}, Now: now}).Leaks[0]
		if l.Status != Unknown || l.Why != "there is no inventory to look it up in" || l.Severity != checks.High || l.Confidence != Likely {
			t.Errorf("%+v", l)
		}
	}
	if l := Join(Input{Sightings: []Sighting{sighting(oldID, "")}, Accounts: []*inventory.Account{audited(prod)}, Now: now}).Leaks[0]; l.Status != NotFound || !strings.Contains(l.Why, "the only one") {
		t.Errorf("%+v", l)
	}
}

// What is only possible is no reason for alarm, unless the account is ours.
func TestConfidence(t *testing.T) {
	for _, test := range []struct {
		id, account, confidence, want string
		worst                         checks.Severity
	}{
		{"AKIA6RVFFB77RE7OLMKI", foreign, Possible, Possible, checks.Low},
		{"AKIA6RVFFB77RE7OLMKI", foreign, Certain, Certain, checks.High},
		{goneID, prod, Possible, Likely, checks.Low},
		{activeID, prod, Possible, Certain, checks.Critical},
		{goneID, prod, "a word", Likely, checks.Low},
	} {
		s := sighting(test.id, test.account)
		s.Confidence = test.confidence
		l := Join(Input{Sightings: []Sighting{s}, Accounts: []*inventory.Account{audited(prod)}, Now: now}).Leaks[0]
		if l.Confidence != test.want || l.Severity != test.worst {
			t.Errorf("%s of %s, %s: %s, %s", test.id, test.account, test.confidence, l.Confidence, l.Severity)
		}
	}
}

func TestOwner(t *testing.T) {
	p := policy.Default()
	p.OwnerTag = "owner"
	p.Accounts = map[string]policy.AccountSetting{prod: {Owner: "platform"}}
	owner := func(id, account string) string {
		return Join(Input{Sightings: []Sighting{sighting(id, account)}, Accounts: []*inventory.Account{audited(prod)}, Policy: p, Now: now}).Leaks[0].Owner
	}
	for _, test := range []struct{ id, account, want string }{
		{activeID, prod, "tag-owner"}, {goneID, prod, "platform"}, {"AKIA6RVFFB77RE7OLMKI", foreign, ""}, {oldID, "", ""},
	} {
		if got := owner(test.id, test.account); got != test.want {
			t.Errorf("%s: owner %q, want %q", test.id, got, test.want)
		}
	}
	p.Owners = []policy.OwnerRule{{Account: prod, User: "ci-*", Owner: "ci-team"}}
	if got := owner(activeID, prod); got != "ci-team" {
		t.Errorf("owner %q", got)
	}
}

// The accounts that come back hold the leaks, and the ones that were handed in do not.
func TestFactsAndFindings(t *testing.T) {
	a, b := audited(prod), audited(dev)
	other := sighting(activeID, prod)
	other.Where, other.Path, other.Commit, other.Blob = Commit, "old.env", strings.Repeat("a", 40), strings.Repeat("b", 40)
	r := Join(Input{
		Sightings: []Sighting{other, sighting(activeID, prod), sighting(inactiveID, prod), sighting(goneID, prod), sighting(oldID, "")},
		Accounts:  []*inventory.Account{a, b}, Now: now,
	})
	if a.Leaks != nil || b.Leaks != nil {
		t.Error("the facts that were handed in are changed")
	}
	got := r.Accounts()
	want := []inventory.Leak{
		{KeyID: activeID, Where: "file", Path: "deploy.env", Line: 3},
		{KeyID: activeID, Where: "commit", Path: "old.env", Line: 3, Commit: strings.Repeat("a", 40)},
		{KeyID: inactiveID, Where: "file", Path: "deploy.env", Line: 3},
	}
	if d := cmp.Diff(want, got[0].Leaks.Found); d != "" || !got[0].Leaks.ScannedAt.Equal(now) {
		t.Errorf("(-want +got):\n%s", d)
	}
	if l := got[1].Leaks; l == nil || len(l.Found) > 0 {
		t.Errorf("the other account has %+v", l)
	}
	var lines []string
	for _, f := range r.Findings(nil) {
		lines = append(lines, string(f.Severity)+" "+f.Check+" "+f.KeyID)
	}
	if d := cmp.Diff([]string{"critical leaked-access-key " + activeID, "medium leaked-access-key " + inactiveID}, lines); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, l := range r.Leaks {
		if (l.FindingID != "") != (l.User != "") {
			t.Errorf("%s: finding %q", l.AccessKeyID, l.FindingID)
		}
	}
	if f := r.Findings(checks.Redacted())[0]; f.ID != r.Leaks[0].FindingID || f.KeyID == activeID {
		t.Errorf("the redacted finding is %s about %s", f.ID, f.KeyID)
	}
}

// The policy may fix the severity, the rights of a user raise it.
func TestGrade(t *testing.T) {
	p := policy.Default()
	p.Checks["leaked-access-key"] = policy.CheckSetting{Severity: "low"}
	a := audited(prod)
	a.Users[0].Administrator = "AdministratorAccess"
	in := Input{Sightings: []Sighting{sighting(inactiveID, prod)}, Accounts: []*inventory.Account{a}, Now: now}
	if l := Join(in).Leaks[0]; l.Severity != checks.High {
		t.Errorf("of an administrator: %s", l.Severity)
	}
	a.Users[0].Administrator, in.Policy = "", p
	if l := Join(in).Leaks[0]; l.Severity != checks.Low {
		t.Errorf("fixed: %s", l.Severity)
	}
	p.Checks["leaked-access-key"] = policy.CheckSetting{Disabled: true}
	if l := Join(in).Leaks[0]; l.Severity != checks.Medium || l.FindingID != "" || len(Join(in).Findings(nil)) > 0 {
		t.Errorf("switched off: %s, finding %q", l.Severity, l.FindingID)
	}
}

func TestAcceptances(t *testing.T) {
	p := policy.Default()
	p.Exemptions = []policy.Exemption{{Check: "leaked-access-key", Account: "*", User: "ci-*", AccessKey: inactiveID, Reason: "a decoy", Expires: now.AddDate(0, 1, 0).Truncate(24 * time.Hour)}}
	r := Join(Input{
		Sightings: []Sighting{sighting(activeID, prod), sighting(inactiveID, prod), sighting("AKIA6RVFFB77RE7OLMKI", foreign)},
		Accounts:  []*inventory.Account{audited(prod)}, Policy: p, Now: now,
	})
	if c := r.Counts(); c.Keys != 2 || c.Places != 2 || c.Severity[checks.Critical] != 1 || c.Severity[checks.High] != 1 || c.Severity[checks.Medium] != 0 {
		t.Errorf("counts %+v", c)
	}
	var id string
	for _, f := range r.Findings(nil) {
		if f.KeyID == activeID {
			id = f.ID
		} else if f.Exemption == nil {
			t.Errorf("the finding about %s is not exempt", f.KeyID)
		}
	}
	r.Accept("", Acceptance{From: "label"})
	r.Accept(id, Acceptance{From: "closing", Reason: "closed as not planned", Until: "2027-01-31"})
	r.Accept(id, Acceptance{From: "label"}) // the first one counts
	want := map[string]*Acceptance{
		activeID: {From: "closing", Reason: "closed as not planned", Until: "2027-01-31"}, inactiveID: {From: "policy", Reason: "a decoy", Until: "2026-12-24"},
		"AKIA6RVFFB77RE7OLMKI": nil,
	}
	for _, l := range r.Leaks {
		if d := cmp.Diff(want[l.AccessKeyID], l.Accepted); d != "" {
			t.Errorf("%s:\n%s", l.AccessKeyID, d)
		}
	}
	for limit, want := range map[checks.Severity]bool{"never": false, checks.Critical: false, checks.High: true, checks.Low: true} {
		if r.Reaches(limit) != want {
			t.Errorf("reaches %s: %v", limit, !want)
		}
	}
}
