package checks

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

var now = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// ago is a time that many days and seconds before now.
func ago(days, seconds int) time.Time {
	return now.Add(-time.Duration(days)*day - time.Duration(seconds)*time.Second)
}

func account(users ...inventory.User) *inventory.Account {
	return &inventory.Account{
		ID: "111122223333", Name: "prod", Partition: "aws", Status: inventory.Audited,
		CollectedAt: now, ReportGeneratedAt: now.Add(-time.Hour),
		Root:  inventory.Root{HasPassword: true, HasMFA: true, Created: ago(900, 0)},
		Users: users,
	}
}

func userWith(keys ...inventory.AccessKey) inventory.User {
	return inventory.User{
		Name: "ci", ID: "AIDA1", ARN: "arn:aws:iam::111122223333:user/ci", Created: ago(400, 0), Keys: keys,
	}
}

// checksOf is the names of what is found about an account, with what stands beside.
func checksOf(a *inventory.Account, p *policy.Policy) []string {
	out := []string{}
	for _, f := range Evaluate(a, p, Options{Now: now}) {
		out = append(out, append([]string{f.Check}, f.Also...)...)
	}
	slices.Sort(out)
	return out
}

func expect(t *testing.T, name string, a *inventory.Account, p *policy.Policy, want ...string) {
	t.Helper()
	slices.Sort(want)
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, checksOf(a, p)); diff != "" {
		t.Errorf("%s: want, got:\n%s", name, diff)
	}
}

func TestKeyBoundaries(t *testing.T) {
	const unused, aged, inactive = "unused-access-key", "aged-access-key", "inactive-access-key"
	tests := []struct {
		name      string
		key       inventory.AccessKey
		threshold policy.Thresholds // zero: the default
		want      string
	}{
		{"used 45 days ago", inventory.AccessKey{Active: true, Created: ago(60, 0), LastUsed: ago(45, 0)}, policy.Thresholds{}, unused},
		{"used a second less than 45 days ago", inventory.AccessKey{Active: true, Created: ago(60, 0), LastUsed: ago(45, -1)}, policy.Thresholds{}, ""},
		{"never used, 45 days old", inventory.AccessKey{Active: true, Created: ago(45, 0)}, policy.Thresholds{}, unused},
		{"never used, a second less than 45 days old", inventory.AccessKey{Active: true, Created: ago(45, -1)}, policy.Thresholds{}, ""},
		{"never used, in the grace period", inventory.AccessKey{Active: true, Created: ago(7, -1)}, policy.Thresholds{UnusedDays: 1, MaxKeyAgeDays: 90, GraceDays: 7}, ""},
		{"never used, grace period over", inventory.AccessKey{Active: true, Created: ago(7, 0)}, policy.Thresholds{UnusedDays: 1, MaxKeyAgeDays: 90, GraceDays: 7}, unused},
		{"used, in the grace period", inventory.AccessKey{Active: true, Created: ago(6, 0), LastUsed: ago(5, 0)}, policy.Thresholds{UnusedDays: 1, MaxKeyAgeDays: 90, GraceDays: 7}, unused},
		{"used in the future", inventory.AccessKey{Active: true, Created: ago(60, 0), LastUsed: ago(-1, 0)}, policy.Thresholds{}, ""},
		{"made in the future", inventory.AccessKey{Active: true, Created: ago(-1, 0)}, policy.Thresholds{}, ""},
		{"90 days old", inventory.AccessKey{Active: true, Created: ago(90, 0), LastUsed: ago(1, 0)}, policy.Thresholds{}, ""},
		{"a second more than 90 days old", inventory.AccessKey{Active: true, Created: ago(90, 1), LastUsed: ago(1, 0)}, policy.Thresholds{}, aged},
		{"old and used in the future", inventory.AccessKey{Active: true, Created: ago(90, 1), LastUsed: ago(-1, 0)}, policy.Thresholds{}, aged},
		{"old and unused", inventory.AccessKey{Active: true, Created: ago(91, 0), LastUsed: ago(45, 0)}, policy.Thresholds{}, unused},
		{"old, never used, not yet unused", inventory.AccessKey{Active: true, Created: ago(91, 0)}, policy.Thresholds{UnusedDays: 400, MaxKeyAgeDays: 90, GraceDays: 7}, aged},
		{"deactivated, old and unused", inventory.AccessKey{Created: ago(400, 0)}, policy.Thresholds{}, inactive},
		{"deactivated today", inventory.AccessKey{Created: ago(1, 0), LastUsed: now}, policy.Thresholds{}, inactive},
		{"active, of unknown age, never used", inventory.AccessKey{Active: true}, policy.Thresholds{}, ""},
	}
	for _, test := range tests {
		p := policy.Default()
		if test.threshold != (policy.Thresholds{}) {
			p.Thresholds = test.threshold
		}
		test.key.ID = "AKIA1"
		want := []string{}
		if test.want != "" {
			want = append(want, test.want)
		}
		if test.want == inactive {
			want = append(want, "orphaned-user")
		}
		expect(t, test.name, account(userWith(test.key)), p, want...)
	}
}

func TestDuplicateBoundaries(t *testing.T) {
	used := func(id string, made time.Time) inventory.AccessKey {
		return inventory.AccessKey{ID: id, Active: true, Created: made, LastUsed: ago(1, 0)}
	}
	unusedKey := inventory.AccessKey{ID: "AKIA9", Active: true, Created: ago(60, 0), LastUsed: ago(50, 0)}
	inactive := inventory.AccessKey{ID: "AKIA8", Created: ago(60, 0), LastUsed: ago(1, 0)}
	const two = "duplicate-access-keys"
	tests := []struct {
		name string
		keys []inventory.AccessKey
		want []string
	}{
		{"newer one 7 days old", []inventory.AccessKey{used("AKIA1", ago(60, 0)), used("AKIA2", ago(7, 0))}, nil},
		{"newer one a second older", []inventory.AccessKey{used("AKIA1", ago(60, 0)), used("AKIA2", ago(7, 1))}, []string{two}},
		{"newer one first in the list", []inventory.AccessKey{used("AKIA2", ago(7, 0)), used("AKIA1", ago(60, 0))}, nil},
		{"one of both unused", []inventory.AccessKey{used("AKIA1", ago(60, 0)), unusedKey}, []string{"unused-access-key"}},
		{"one of both deactivated", []inventory.AccessKey{used("AKIA1", ago(60, 0)), inactive}, []string{"inactive-access-key"}},
		{"both aged as well", []inventory.AccessKey{used("AKIA1", ago(91, 0)), used("AKIA2", ago(91, 0))}, []string{two, "aged-access-key", "aged-access-key"}},
		{"newer one never used, not yet unused", []inventory.AccessKey{used("AKIA1", ago(60, 0)), {ID: "AKIA2", Active: true, Created: ago(20, 0)}}, []string{two}},
		{"three, two of them settled", []inventory.AccessKey{used("AKIA1", ago(60, 0)), used("AKIA2", ago(50, 0)), used("AKIA3", ago(1, 0))}, []string{two}},
		{"one of unknown age", []inventory.AccessKey{used("AKIA1", ago(60, 0)), used("AKIA2", time.Time{})}, nil},
	}
	for _, test := range tests {
		expect(t, test.name, account(userWith(test.keys...)), policy.Default(), test.want...)
	}
}

func TestPasswordBoundaries(t *testing.T) {
	const unused, bare, human = "unused-password", "password-without-mfa", "human-iam-user"
	tests := []struct {
		name     string
		password inventory.Password
		mfa      bool
		want     []string
	}{
		{"none", inventory.Password{}, false, []string{"orphaned-user"}},
		{"none any more", inventory.Password{LastUsed: ago(300, 0)}, false, []string{"orphaned-user"}},
		{"used 45 days ago", inventory.Password{Enabled: true, Set: ago(60, 0), LastUsed: ago(45, 0)}, true, []string{unused, human}},
		{"used a second less than 45 days ago", inventory.Password{Enabled: true, Set: ago(60, 0), LastUsed: ago(45, -1)}, true, []string{human}},
		{"used in the future, no MFA", inventory.Password{Enabled: true, Set: ago(60, 0), LastUsed: ago(-1, 0)}, false, []string{bare, human}},
		{"never used, set 45 days ago", inventory.Password{Enabled: true, Set: ago(45, 0)}, true, []string{unused, human}},
		{"never used, set a second less than 45 days ago", inventory.Password{Enabled: true, Set: ago(45, -1)}, true, []string{human}},
		{"never used, set at an unknown time: since the user was made", inventory.Password{Enabled: true}, true, []string{unused, human}},
		{"unused and without MFA", inventory.Password{Enabled: true, LastUsed: ago(100, 0)}, false, []string{unused, bare, human}},
	}
	for _, test := range tests {
		u := userWith()
		u.Password, u.MFA = test.password, test.mfa
		expect(t, test.name, account(u), policy.Default(), test.want...)
	}
}

func TestOrphanBoundaries(t *testing.T) {
	tests := []struct {
		name string
		made time.Time
		give func(*inventory.User)
		want []string
	}{
		{"7 days old", ago(7, 0), nil, nil},
		{"a second older", ago(7, 1), nil, []string{"orphaned-user"}},
		{"made at an unknown time", time.Time{}, nil, nil},
		{"expired service credential", ago(8, 0), func(u *inventory.User) {
			u.Services = []inventory.ServiceCredential{{ID: "ACCA1", Status: "Expired"}}
		}, []string{"orphaned-user"}},
		{"active service credential", ago(8, 0), func(u *inventory.User) {
			u.Services = []inventory.ServiceCredential{{ID: "ACCA1", Status: "Active", Created: ago(8, 0)}}
		}, []string{"service-specific-credential"}},
		{"active certificate", ago(8, 0), func(u *inventory.User) {
			u.Certificates = []inventory.Certificate{{ID: "CERT1", Active: true}}
		}, []string{"signing-certificate"}},
		{"deactivated certificate and SSH key", ago(8, 0), func(u *inventory.User) {
			u.Certificates, u.SSHKeys = []inventory.Certificate{{ID: "CERT1"}}, []inventory.SSHKey{{ID: "APKA1"}}
		}, []string{"orphaned-user"}},
	}
	for _, test := range tests {
		u := userWith()
		u.Created = test.made
		if test.give != nil {
			test.give(&u)
		}
		expect(t, test.name, account(u), policy.Default(), test.want...)
	}
}

func TestServiceCredentialBoundaries(t *testing.T) {
	never := time.Time{}
	for _, test := range []struct {
		name          string
		status        string
		made, expires time.Time
		fires         bool
	}{
		{"no end", "Active", ago(1, 0), never, true},
		{"ends, 90 days old", "Active", ago(90, 0), ago(-9, 0), false},
		{"ends, a second older", "Active", ago(90, 1), ago(-9, 0), true},
		{"ends, of unknown age", "Active", never, ago(-9, 0), false},
		{"no end, deactivated", "Inactive", ago(100, 0), never, false},
		{"no end, of an unknown status", "Suspended", ago(100, 0), never, false},
	} {
		u := userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(2, 0)})
		u.Services = []inventory.ServiceCredential{{ID: "ACCA1", Service: "bedrock.amazonaws.com", Status: test.status, Created: test.made, Expires: test.expires}}
		var want []string
		if test.fires {
			want = []string{"service-specific-credential"}
		}
		expect(t, test.name, account(u), policy.Default(), want...)
	}
}

func TestRoot(t *testing.T) {
	const key, mfa, used = "root-access-key", "root-mfa-missing", "root-recently-used"
	rootKey := func(active bool, last time.Time) []inventory.AccessKey {
		return []inventory.AccessKey{{Slot: 1, Active: active, Created: ago(900, 0), LastUsed: last}}
	}
	for _, test := range []struct {
		name string
		root inventory.Root
		want []string
	}{
		{"no credentials", inventory.Root{}, nil},
		{"password and MFA", inventory.Root{HasPassword: true, HasMFA: true}, nil},
		{"password without MFA", inventory.Root{HasPassword: true}, []string{mfa}},
		{"only certificates", inventory.Root{HasCertificates: true}, []string{mfa}},
		{"only a key in the summary", inventory.Root{HasKeys: true}, []string{key, mfa}},
		{"only a deactivated key in the report", inventory.Root{Keys: rootKey(false, time.Time{})}, []string{key, mfa}},
		{"password used 45 days ago", inventory.Root{HasPassword: true, HasMFA: true, PasswordLastUsed: ago(45, 0)}, nil},
		{"password used a second less ago", inventory.Root{HasPassword: true, HasMFA: true, PasswordLastUsed: ago(45, -1)}, []string{used}},
		{"used in the future", inventory.Root{HasPassword: true, HasMFA: true, PasswordLastUsed: ago(-1, 0)}, []string{used}},
		{"key used 45 days ago", inventory.Root{HasMFA: true, Keys: rootKey(true, ago(45, 0))}, []string{key}},
		{"key used a second less ago", inventory.Root{HasMFA: true, Keys: rootKey(true, ago(45, -1))}, []string{key, used}},
	} {
		a := account()
		a.Root = test.root
		expect(t, test.name, a, policy.Default(), test.want...)
	}
}

func uses(at time.Time) []inventory.KeyUse { return []inventory.KeyUse{{Last: at, Events: 1}} }

// Removal is "now" only for what is known to be idle, for a day at least.
func TestRemoval(t *testing.T) {
	lacks := []inventory.Missing{{Fact: inventory.FactAccessKeyLastUsed, User: "ci", Credential: "AKIA1"}}
	for _, test := range []struct {
		name    string
		key     inventory.AccessKey
		missing []inventory.Missing
		want    string
	}{
		{"unused", inventory.AccessKey{Active: true, Created: ago(60, 0)}, nil, RemovalNow},
		{"deactivated", inventory.AccessKey{Created: ago(60, 0), LastUsed: ago(1, 0)}, nil, RemovalNow},
		{"deactivated, used within 24 hours", inventory.AccessKey{Created: ago(60, 0), LastUsed: ago(1, -1)}, nil, RemovalAfterLook},
		{"deactivated, used in the future", inventory.AccessKey{Created: ago(60, 0), LastUsed: ago(-1, 0)}, nil, RemovalAfterLook},
		{"deactivated, last use unknown", inventory.AccessKey{Created: ago(60, 0)}, lacks, RemovalAfterLook},
		{"aged", inventory.AccessKey{Active: true, Created: ago(100, 0), LastUsed: ago(3, 0)}, nil, RemovalAfterLook},
		{"aged, seen at work", inventory.AccessKey{Active: true, Created: ago(100, 0), LastUsed: ago(3, 0), Uses: uses(ago(3, 0))}, nil, RemovalAfterMigration},
		{"unused by IAM, seen a second less than 45 days ago", inventory.AccessKey{Active: true, Created: ago(60, 0), Uses: uses(ago(45, -1))}, nil, RemovalAfterMigration},
		{"unused, seen 45 days ago", inventory.AccessKey{Active: true, Created: ago(60, 0), Uses: uses(ago(45, 0))}, nil, RemovalNow},
		{"deactivated, seen a second less than a day ago", inventory.AccessKey{Created: ago(60, 0), Uses: uses(ago(1, -1))}, nil, RemovalAfterLook},
		{"deactivated, seen a day ago", inventory.AccessKey{Created: ago(60, 0), Uses: uses(ago(1, 0))}, nil, RemovalNow},
		{"unused, its uses refused", inventory.AccessKey{Active: true, Created: ago(60, 0)}, []inventory.Missing{{Fact: inventory.FactKeyUse, Action: "cloudtrail:LookupEvents"}}, RemovalAfterLook},
		{"unused, its uses not asked for", inventory.AccessKey{Active: true, Created: ago(60, 0)}, []inventory.Missing{{Fact: inventory.FactKeyUse}}, RemovalNow},
	} {
		test.key.ID = "AKIA1"
		a := account(userWith(test.key))
		a.Missing = test.missing
		found := false
		for _, f := range Evaluate(a, policy.Default(), Options{Now: now}) {
			if f.Kind == SubjectAccessKey {
				found = true
				if f.Removal != test.want {
					t.Errorf("%s: removal %s, want %s", test.name, f.Removal, test.want)
				}
			}
		}
		if !found {
			t.Errorf("%s: no finding about the key", test.name)
		}
	}
}

// A leaked key that is active waits for nothing that uses it.
func TestRemovalOfALeakedKey(t *testing.T) {
	a := account(userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(60, 0), LastUsed: ago(3, 0), Uses: uses(ago(3, 0))}))
	a.Leaks = &inventory.Leaks{ScannedAt: now, Found: []inventory.Leak{{KeyID: "AKIA1", Where: "file", Path: "a.env", Line: 1}}}
	found := Evaluate(a, policy.Default(), Options{Now: now})
	if len(found) != 1 || found[0].Check != idLeakedAccessKey || found[0].Removal != RemovalAfterLook {
		t.Errorf("findings %+v", found)
	}
}

// AWS notes calls of a service without regions in one region: it is no hint where the compute is.
func TestRegionOfUses(t *testing.T) {
	at := func(service, region string) inventory.KeyUse {
		return inventory.KeyUse{By: inventory.FromLambda, Service: service, Region: region, Last: ago(1, 0), Events: 1}
	}
	for _, test := range []struct {
		name string
		uses []inventory.KeyUse
		want string
	}{
		{"one region", []inventory.KeyUse{at("sqs", "eu-west-1"), at("s3", "eu-west-1")}, "eu-west-1"},
		{"two regions", []inventory.KeyUse{at("sqs", "eu-west-1"), at("sqs", "us-east-1")}, ""},
		{"a service without regions", []inventory.KeyUse{at("route53", "us-east-1")}, ""},
		{"beside one that has them", []inventory.KeyUse{at("iam", "us-east-1"), at("sqs", "eu-west-1")}, "eu-west-1"},
	} {
		u := userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Uses: test.uses})
		s := &Subject{User: &u, Key: &u.Keys[0]}
		if got := s.moveOfUses(move{}, func(inventory.KeyUse) bool { return true }).region; got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A fact that is missing keeps exactly the checks that need it from being assessed.
func TestMissingFacts(t *testing.T) {
	full := func() *inventory.Account {
		u := userWith(
			inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(100, 0), LastUsed: ago(50, 0)},
			inventory.AccessKey{ID: "AKIA2", Created: ago(90, 0), LastUsed: ago(60, 0)},
		)
		u.Password = inventory.Password{Enabled: true, Set: ago(90, 0)}
		return account(u)
	}
	all := []string{"human-iam-user", "inactive-access-key", "password-without-mfa", "unused-access-key", "unused-password"}
	without := func(ids ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(ids, id) })
	}
	for _, test := range []struct {
		missing inventory.Missing
		want    []string
	}{
		{inventory.Missing{Fact: inventory.FactAccessKeyLastUsed}, without("unused-access-key")},
		{inventory.Missing{Fact: inventory.FactAccessKeyLastUsed, User: "ci"}, without("unused-access-key")},
		{inventory.Missing{Fact: inventory.FactAccessKeyLastUsed, User: "ci", Credential: "AKIA1"}, without("unused-access-key")},
		{inventory.Missing{Fact: inventory.FactAccessKeyLastUsed, User: "ci", Credential: "AKIA2"}, all},
		{inventory.Missing{Fact: inventory.FactAccessKeyLastUsed, User: "other"}, all},
		{inventory.Missing{Fact: inventory.FactAccessKeys}, without("unused-access-key", "inactive-access-key")},
		{inventory.Missing{Fact: inventory.FactPasswords, User: "ci"}, without("unused-password", "password-without-mfa", "human-iam-user")},
		{inventory.Missing{Fact: inventory.FactPasswordLastUsed}, without("unused-password")},
		{inventory.Missing{Fact: inventory.FactMFA, User: "ci"}, without("password-without-mfa")},
		{inventory.Missing{Fact: inventory.FactUserPolicies}, all},
	} {
		a := full()
		a.Missing = []inventory.Missing{test.missing}
		expect(t, fmt.Sprintf("%+v", test.missing), a, policy.Default(), test.want...)
	}
	for _, status := range []inventory.Status{inventory.Failed, inventory.Skipped} {
		a := full()
		a.Status = status
		expect(t, string(status), a, policy.Default())
	}
}

// The index of missing facts answers as the account itself does.
func TestGapsAgreeWithLacks(t *testing.T) {
	a := account(userWith())
	a.Missing = []inventory.Missing{
		{Fact: inventory.FactMFA, Cause: "all"},
		{Fact: inventory.FactMFA, User: "u", Cause: "of u"},
		{Fact: inventory.FactPasswords, User: "u"},
		{Fact: inventory.FactAccessKeyLastUsed, User: "u", Credential: "k"},
		{Fact: inventory.FactSSHKeys, User: "v", Cause: "first"},
		{Fact: inventory.FactSSHKeys, User: "v", Cause: "second"},
	}
	g := gapsOf(a)
	for _, f := range []inventory.Fact{inventory.FactMFA, inventory.FactPasswords, inventory.FactAccessKeyLastUsed, inventory.FactSSHKeys, inventory.FactUsers} {
		for _, u := range []string{"", "u", "v", "w"} {
			for _, k := range []string{"", "k", "l"} {
				want, wantOK := a.Lacks(f, u, k)
				got, gotOK := g.lacks(f, u, k)
				if got != want || gotOK != wantOK {
					t.Errorf("lacks(%s, %q, %q) = %+v, %v; Account says %+v, %v", f, u, k, got, gotOK, want, wantOK)
				}
			}
		}
	}
}
