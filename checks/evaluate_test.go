package checks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

func exemption(check string) policy.Exemption {
	return policy.Exemption{Check: check, Account: "*", User: "*", Reason: "vendor ends in March", Expires: now.AddDate(0, 1, 0).Truncate(day)}
}

// personAccount has one user with an unused password without MFA: three checks, one subject.
func personAccount() *inventory.Account {
	u := userWith()
	u.Password = inventory.Password{Enabled: true, Set: ago(100, 0)}
	return account(u)
}

func TestPrecedence(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*policy.Policy)
		want   string
	}{
		{"all three", func(*policy.Policy) {}, "high unused-password ci - not-a-key +password-without-mfa,human-iam-user"},
		{"first switched off", func(p *policy.Policy) {
			p.Checks["unused-password"] = policy.CheckSetting{Disabled: true}
		}, "high password-without-mfa ci - not-a-key +human-iam-user"},
		{"first exempt", func(p *policy.Policy) {
			p.Exemptions = []policy.Exemption{exemption("unused-password")}
		}, "high password-without-mfa ci - not-a-key +human-iam-user"},
		{"second exempt", func(p *policy.Policy) {
			p.Exemptions = []policy.Exemption{exemption("password-without-mfa")}
		}, "high unused-password ci - not-a-key +human-iam-user"},
		{"all exempt", func(p *policy.Policy) {
			p.Exemptions = []policy.Exemption{exemption("*")}
		}, "high unused-password ci - not-a-key +password-without-mfa,human-iam-user exempt until 2026-12-24"},
		{"breaks glass", func(p *policy.Policy) {
			p.BreakGlass = []string{"arn:aws:iam::*:user/ci"}
		}, "high password-without-mfa ci - not-a-key"},
		{"severity of the first fixed", func(p *policy.Policy) {
			p.Checks["unused-password"] = policy.CheckSetting{Severity: "low"}
		}, "high unused-password ci - not-a-key +password-without-mfa,human-iam-user"},
		{"severity of all fixed", func(p *policy.Policy) {
			for _, id := range []string{"unused-password", "password-without-mfa", "human-iam-user"} {
				p.Checks[id] = policy.CheckSetting{Severity: "low"}
			}
		}, "low unused-password ci - not-a-key +password-without-mfa,human-iam-user"},
	} {
		p := policy.Default()
		test.change(p)
		got := lines(Evaluate(personAccount(), p, Options{Now: now}))
		if diff := cmp.Diff([]string{test.want}, got); diff != "" {
			t.Errorf("%s: want, got:\n%s", test.name, diff)
		}
	}
}

// What is exempt beside a finding is told in it.
func TestExemptBesideIsNoted(t *testing.T) {
	p := policy.Default()
	p.Exemptions = []policy.Exemption{exemption("unused-password")}
	f := Evaluate(personAccount(), p, Options{Now: now})[0]
	want := "unused-password holds too and is exempt until 2026-12-24: vendor ends in March"
	if !slices.Contains(f.Evidence.Notes, want) {
		t.Errorf("notes %q lack %q", f.Evidence.Notes, want)
	}
}

func TestSeverity(t *testing.T) {
	key := inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(100, 0), LastUsed: ago(1, 0)}
	admin := func(u inventory.User) inventory.User {
		u.Administrator = "AdministratorAccess through group admins"
		return u
	}
	quarantined := userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(2, 0)})
	quarantined.Policies = []inventory.UserPolicy{{Name: "AWSCompromisedKeyQuarantineV9"}}
	fixed := policy.Default()
	fixed.Checks["aged-access-key"] = policy.CheckSetting{Severity: "low"}
	for _, test := range []struct {
		name   string
		user   inventory.User
		policy *policy.Policy
		want   Severity
		raised bool
	}{
		{"plain", userWith(key), policy.Default(), Medium, false},
		{"administrator", admin(userWith(key)), policy.Default(), High, true},
		{"administrator, fixed by the policy", admin(userWith(key)), fixed, Low, false},
		{"administrator, critical already", admin(quarantined), policy.Default(), Critical, false},
	} {
		f := Evaluate(account(test.user), test.policy, Options{Now: now})[0]
		if f.Severity != test.want || (f.Evidence.Administrator != "") != test.raised {
			t.Errorf("%s: %s, administrator %q; want %s, %v", test.name, f.Severity, f.Evidence.Administrator, test.want, test.raised)
		}
	}
}

func TestReplacement(t *testing.T) {
	aged := inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(100, 0), LastUsed: ago(1, 0), LastUsedService: "s3"}
	mail := aged
	mail.LastUsedService = "ses"
	named := func(name string, k inventory.AccessKey) inventory.User {
		u := userWith(k)
		u.Name = name
		return u
	}
	service := func(name, service string) inventory.User {
		u := named(name, inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(1, 0)})
		u.Services = []inventory.ServiceCredential{{ID: "ACCA1", Service: service, Status: "Active"}}
		return u
	}
	git := func(name string) inventory.User {
		u := named(name, inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(1, 0)})
		u.SSHKeys = []inventory.SSHKey{{ID: "APKA1", Active: true}}
		return u
	}
	p := policy.Default()
	p.People.Users = []string{"person-*"}
	p.Contractors.Users = []string{"ext-*"}
	for _, test := range []struct {
		user  inventory.User
		check string
		want  string
	}{
		{named("ci", aged), "aged-access-key", "roles-anywhere"},
		{named("ci", mail), "aged-access-key", "ses-role"},
		{named("ses-smtp-user.1", aged), "aged-access-key", "ses-role"},
		{named("ext-vendor", aged), "aged-access-key", "external-id-role"},
		{named("person-a", aged), "aged-access-key", "identity-center"},
		{named("person-a", aged), "human-iam-user", "identity-center"},
		{named("ci", inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(100, 0)}), "unused-access-key", "delete"},
		{named("ci", inventory.AccessKey{ID: "AKIA1", Created: ago(100, 0)}), "inactive-access-key", "delete"},
		{named("ci", inventory.AccessKey{ID: "AKIA1", Created: ago(100, 0)}), "orphaned-user", "delete"},
		{service("ci", "bedrock.amazonaws.com"), "service-specific-credential", "short-term-api-key"},
		{service("ci", "logs.amazonaws.com"), "service-specific-credential", "short-term-api-key"},
		{service("ci", "codecommit.amazonaws.com"), "service-specific-credential", "roles-anywhere"},
		{service("person-a", "cassandra.amazonaws.com"), "service-specific-credential", "identity-center"},
		{git("person-a"), "ssh-public-key", "identity-center"},
		{git("ci"), "ssh-public-key", "roles-anywhere"},
	} {
		found := false
		for _, f := range Evaluate(account(test.user), p, Options{Now: now}) {
			if f.Check == test.check {
				found = true
				if f.Replace.Kind != test.want || f.Replace.Why == "" {
					t.Errorf("%s of %s: %+v, want %s", test.check, test.user.Name, f.Replace, test.want)
				}
			}
		}
		if !found {
			t.Errorf("%s of %s: not found", test.check, test.user.Name)
		}
	}
}

// A key that sends mail warns of the SMTP password before anything is done to it.
func TestSESWarning(t *testing.T) {
	u := userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(100, 0)})
	u.Name = "ses-smtp-user.1"
	f := Evaluate(account(u), policy.Default(), Options{Now: now})[0]
	if f.Check != "unused-access-key" || f.Steps[0].Text != textSES {
		t.Errorf("%s begins with %q", f.Check, f.Steps[0].Text)
	}
}

func TestFindingID(t *testing.T) {
	base := FindingID("aws", "111122223333", "AIDA1", "AKIA1", "access-key")
	if len(base) != 16 || strings.Trim(base, "0123456789abcdef") != "" {
		t.Errorf("%q is not 16 hex digits", base)
	}
	// Ids are for ever: this one must never change.
	if want := "a05f628201d2cb4b"; base != want {
		t.Errorf("id %s, want %s", base, want)
	}
	for _, other := range [][5]string{
		{"aws-cn", "111122223333", "AIDA1", "AKIA1", "access-key"},
		{"aws", "111122223334", "AIDA1", "AKIA1", "access-key"},
		{"aws", "111122223333", "AIDA1A", "KIA1", "access-key"},
		{"aws", "111122223333", "", "AIDA1AKIA1", "access-key"},
		{"aws", "111122223333", "AIDA1", "AKIA1", "password"},
	} {
		if FindingID(other[0], other[1], other[2], other[3], other[4]) == base {
			t.Errorf("%q has the same id", other)
		}
	}
}

// Parts never run together: other parts, another id.
func TestFindingIDTellsPartsApart(t *testing.T) {
	seen := map[string][5]string{}
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching("[ab]{0,3}")
		p := [5]string{"aws", part.Draw(t, "account"), part.Draw(t, "user"), part.Draw(t, "credential"), part.Draw(t, "subject")}
		id := FindingID(p[0], p[1], p[2], p[3], p[4])
		if was, ok := seen[id]; ok && was != p {
			t.Fatalf("%q and %q share %s", was, p, id)
		}
		seen[id] = p
	})
}

// One key is one finding while it is in use, unused and deactivated.
func TestIdentityFollowsTheSubject(t *testing.T) {
	id := ""
	for _, k := range []inventory.AccessKey{
		{ID: "AKIA1", Active: true, Created: ago(100, 0), LastUsed: ago(1, 0)},
		{ID: "AKIA1", Active: true, Created: ago(100, 0), LastUsed: ago(50, 0)},
		{ID: "AKIA1", Created: ago(100, 0), LastUsed: ago(50, 0)},
	} {
		u := userWith(k)
		for _, f := range Evaluate(account(u), policy.Default(), Options{Now: now}) {
			if f.Kind != SubjectAccessKey {
				continue
			}
			if id == "" {
				id = f.ID
			}
			if f.ID != id || f.Incomplete != "" {
				t.Errorf("%s: id %s (%s), want %s", f.Check, f.ID, f.Incomplete, id)
			}
		}
	}
}

func TestIncomplete(t *testing.T) {
	noUser := userWith(inventory.AccessKey{ID: "AKIA1", Created: ago(2, 0)})
	noUser.ID = ""
	noKey := userWith(inventory.AccessKey{Slot: 2, Created: ago(2, 0)})
	report := userWith(inventory.AccessKey{Slot: 2, Created: ago(2, 0)})
	report.ID = ""
	for _, test := range []struct {
		name       string
		user       inventory.User
		reportOnly bool
		want       string
	}{
		{"no user id", noUser, false, "the unique id of the user is not known"},
		{"no key id", noKey, false, "the id of the credential is not known"},
		{"bare report", report, true, ""},
	} {
		a := account(test.user)
		a.ReportOnly = test.reportOnly
		for _, f := range Evaluate(a, policy.Default(), Options{Now: now}) {
			if f.Kind == SubjectAccessKey && f.Incomplete != test.want {
				t.Errorf("%s: incomplete %q, want %q", test.name, f.Incomplete, test.want)
			}
		}
	}
	// Root needs no ids of users.
	a := account()
	a.Root = inventory.Root{HasKeys: true}
	for _, f := range Evaluate(a, policy.Default(), Options{Now: now}) {
		if f.Incomplete != "" || f.User != inventory.RootUser || f.Resource != "arn:aws:iam::111122223333:root" {
			t.Errorf("root: %+v", f)
		}
	}
}

// Commands about a key whose id is not known say how to find it.
func TestKeyWithoutID(t *testing.T) {
	u := userWith(inventory.AccessKey{Slot: 2, Active: true, Created: ago(100, 0)})
	a := account(u)
	a.ReportOnly = true
	f := Evaluate(a, policy.Default(), Options{Now: now})[0]
	if f.Title != "Access key 2 of ci is unused" || f.Steps[0].Command != "aws iam list-access-keys --user-name ci" {
		t.Errorf("%q, first step %+v", f.Title, f.Steps[0])
	}
	if want := `aws iam update-access-key --user-name ci --access-key-id "$KEY_ID" --status Inactive`; f.Steps[2].Command != want {
		t.Errorf("command %q, want %q", f.Steps[2].Command, want)
	}
}

func TestFactsAt(t *testing.T) {
	reported := now.Add(-time.Hour)
	key := func(k inventory.AccessKey) *inventory.Account {
		k.ID = "AKIA1"
		return account(userWith(k))
	}
	rootAccount := account()
	rootAccount.Root = inventory.Root{HasPassword: true}
	rootReported := account()
	rootReported.Root = rootAccount.Root
	rootReported.Missing = []inventory.Missing{{Fact: inventory.FactRootCredentialsLive}}
	bare := key(inventory.AccessKey{Created: ago(60, 0)})
	bare.ReportOnly = true
	noReport := key(inventory.AccessKey{Active: true, Created: ago(60, 0)})
	noReport.ReportGeneratedAt = time.Time{}
	for _, test := range []struct {
		name string
		a    *inventory.Account
		want time.Time
	}{
		{"last use from the report", key(inventory.AccessKey{Active: true, Created: ago(60, 0)}), reported},
		{"last use live", key(inventory.AccessKey{Active: true, Created: ago(60, 0), Live: true}), now},
		{"status", key(inventory.AccessKey{Created: ago(60, 0)}), now},
		{"status in a bare report", bare, reported},
		{"no report", noReport, now},
		{"password", personAccount(), reported},
		{"root live", rootAccount, now},
		{"root from the report", rootReported, reported},
	} {
		if f := Evaluate(test.a, policy.Default(), Options{Now: now})[0]; !f.FactsAt.Equal(test.want) {
			t.Errorf("%s (%s): facts of %s, want %s", test.name, f.Check, f.FactsAt, test.want)
		}
	}
}

func TestOwner(t *testing.T) {
	p := policy.Default()
	p.Owners = []policy.OwnerRule{{Account: "111122223333", User: "ci*", Owner: "ci-team", Assignees: []string{"alice"}}}
	f := Evaluate(personAccount(), p, Options{Now: now, Display: Redacted()})[0]
	if f.Owner != "ci-team" || !slices.Equal(f.Assignees, []string{"alice"}) || f.OwnerRule == "" {
		t.Errorf("owner %q, assignees %q, by %q", f.Owner, f.Assignees, f.OwnerRule)
	}
}

func TestAccountNameFromPolicy(t *testing.T) {
	p := policy.Default()
	p.Accounts["111122223333"] = policy.AccountSetting{Name: "billing"}
	a := personAccount()
	a.Name = ""
	if f := Evaluate(a, p, Options{Now: now})[0]; f.Account != "billing" {
		t.Errorf("account name %q", f.Account)
	}
	a.Name = "prod"
	if f := Evaluate(a, p, Options{Now: now})[0]; f.Account != "prod" {
		t.Errorf("account name %q", f.Account)
	}
}

func TestRootEvidence(t *testing.T) {
	a := account()
	a.Root.HasKeys = true
	a.Root.Keys = []inventory.AccessKey{{Active: true, Created: ago(900, 0), LastUsed: ago(1, 0), LastUsedService: "s3", LastUsedRegion: "us-east-1"}}
	for i := range 20 {
		a.Root.Events = append(a.Root.Events, inventory.RootEvent{
			Time: ago(i, 0), Source: "s3.amazonaws.com", Name: string(rune('A'+i%15)) + "Bucket", Address: "203.0.113.7", Agent: "aws-cli/2",
		})
	}
	f := Evaluate(a, policy.Default(), Options{Now: now})[0]
	if f.Evidence.LastUsedService != "s3" || f.Evidence.LastUsed != "2026-11-23T06:00:00Z" {
		t.Errorf("evidence %+v", f.Evidence)
	}
	want := []SeenFrom{{By: "internet", Source: "203.0.113.7", Agent: "aws-cli/2", Service: "s3.amazonaws.com", Last: "2026-11-24T06:00:00Z", Events: 20}}
	if diff := cmp.Diff(want, f.Evidence.SeenFrom); diff != "" {
		t.Errorf("seen from: want, got:\n%s", diff)
	}
	if n := f.Evidence.Notes[0]; strings.Count(n, "Bucket") != rootCallsShown || !strings.HasSuffix(n, ", and more.") {
		t.Errorf("note %q", n)
	}
}

// A finding without anything to list shows empty lists, and names its keys as the
// contract has them.
func TestFindingJSON(t *testing.T) {
	f := Evaluate(account(userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(100, 0), LastUsed: ago(50, 0)})), policy.Default(), Options{Now: now})[0]
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"also":[]`, `"seen_from":[]`, `"notes":[]`, `"access_key_id":"AKIA1"`, `"user":"ci"`, `"age_days":100`, `"created":"2026-08-16T06:00:00Z"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s lacks %s", data, want)
		}
	}
	if strings.Contains(string(data), "null") || strings.Contains(string(data), "exemption") {
		t.Errorf("null or an empty exemption in %s", data)
	}
}

// Names that came from outside never break a title or become a command.
func TestHostileNames(t *testing.T) {
	u := userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(100, 0)})
	u.Name = "x\n::error::'; rm -rf / #"
	f := Evaluate(account(u), policy.Default(), Options{Now: now})[0]
	if strings.ContainsAny(f.Title, "\n\r") {
		t.Errorf("title %q", f.Title)
	}
	want := "aws iam delete-access-key --user-name " + Quote(u.Name) + " --access-key-id AKIA1"
	if got := f.Steps[2].Command; got != want {
		t.Errorf("command %q, want %q", got, want)
	}
}

func TestSort(t *testing.T) {
	f := rich(t)
	sorted := f.evaluate()
	rapid.Check(t, func(t *rapid.T) {
		mixed := rapid.Permutation(sorted).Draw(t, "findings")
		Sort(mixed)
		for i := range mixed {
			if mixed[i].ID != sorted[i].ID {
				t.Fatalf("at %d: %s, want %s", i, mixed[i].Check, sorted[i].Check)
			}
		}
	})
	for i := 1; i < len(sorted); i++ {
		if compareFindings(&sorted[i-1], &sorted[i]) >= 0 {
			t.Errorf("%s before %s", sorted[i-1].Check, sorted[i].Check)
		}
	}
	Sort(nil)
}

// Evaluating changes nothing in the facts.
func TestEvaluateLeavesFactsAlone(t *testing.T) {
	f := rich(t)
	before, err := json.Marshal(f.Account)
	if err != nil {
		t.Fatal(err)
	}
	Evaluate(&f.Account, f.policy, Options{Now: f.AsOf, Display: Redacted()})
	Rechecks(&f.Account, f.policy, f.AsOf, func(string) bool { return true })
	after, err := json.Marshal(f.Account)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("facts changed:\n%s", diff)
	}
}
