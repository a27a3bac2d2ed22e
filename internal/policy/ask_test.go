package policy

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestOwner(t *testing.T) {
	p := Default()
	p.Owners = []OwnerRule{
		{Account: "111122223333", User: "ci-*", Owner: "ci-team", Assignees: []string{"alice"}},
		{Account: "1111*", User: "etl-?", Owner: "data"},
		{Account: "999900001111", Owner: "lab"},
	}
	p.OwnerTag = "owner"
	p.Accounts["444455556666"] = AccountSetting{Owner: "platform"}
	tests := []struct {
		account, user string
		tags          map[string]string
		owner, rule   string
	}{
		{"111122223333", "ci-deploy", map[string]string{"owner": "jane"}, "ci-team", "owners rule 1"},
		{"111122223333", "etl-1", nil, "data", "owners rule 2"},
		{"111122223333", "etl-10", nil, "", ""},
		{"444455556666", "ci-deploy", nil, "platform", "account 444455556666"},
		{"444455556666", "x", map[string]string{"owner": " jane "}, "jane", "tag owner"},
		{"444455556666", "x", map[string]string{"Owner": "jane"}, "jane", "tag owner"},
		{"444455556666", "x", map[string]string{"Owner": "jane", "owner": "kim"}, "kim", "tag owner"},
		{"444455556666", "x", map[string]string{"owner": " "}, "platform", "account 444455556666"},
		{"444455556666", "", nil, "platform", "account 444455556666"},
		{"999900001111", "", nil, "lab", "owners rule 3"},
		{"999900001111", "anybody", map[string]string{"owner": "jane"}, "lab", "owners rule 3"},
		{"222233334444", "x", nil, "", ""},
	}
	for _, tt := range tests {
		owner, assignees, rule := p.Owner(tt.account, tt.user, tt.tags)
		if owner != tt.owner || rule != tt.rule {
			t.Errorf("%s/%s %v: %q by %q, want %q by %q", tt.account, tt.user, tt.tags, owner, rule, tt.owner, tt.rule)
		}
		if want := rule == "owners rule 1"; slices.Equal(assignees, []string{"alice"}) != want {
			t.Errorf("%s/%s: assignees %q", tt.account, tt.user, assignees)
		}
	}
}

// Without an owner tag in the policy no tag of a user names its owner.
func TestOwnerWithoutTag(t *testing.T) {
	owner, _, rule := Default().Owner("111122223333", "x", map[string]string{"": "jane", "owner": "jane"})
	if owner != "" || rule != "" {
		t.Errorf("%q by %q", owner, rule)
	}
}

func TestExempt(t *testing.T) {
	p := Default()
	p.Exemptions = []Exemption{
		{Check: "unused-access-key", Account: "*", User: "legacy-*", Reason: "a", Expires: day("2027-03-31")},
		{Check: "unused-*", Account: "111122223333", User: "legacy-1", Reason: "b", Expires: day("2027-06-30")},
		{Check: "aged-access-key", AccessKey: "AKIAAAAAAAAAAAAAAAAA", Reason: "c", Expires: day("2027-03-31")},
		{Check: "*", Account: "444455556666", Reason: "d", Expires: day("2027-03-31")},
		{Check: "addition", Path: "*", Reason: "e", Expires: day("2027-03-31")},
	}
	before, last, after := day("2026-11-24"), day("2027-03-31").Add(24*time.Hour-time.Nanosecond), day("2027-04-01")
	tests := []struct {
		check, account, user, key string
		now                       time.Time
		want                      string
	}{
		{"unused-access-key", "222233334444", "legacy-1", "AKIA", before, "a"},
		{"unused-access-key", "222233334444", "legacy-1", "AKIA", last, "a"},
		{"unused-access-key", "222233334444", "legacy-1", "AKIA", after, ""},
		{"unused-access-key", "111122223333", "legacy-1", "AKIA", before, "b"}, // it holds longer
		{"unused-access-key", "111122223333", "legacy-1", "AKIA", after, "b"},
		{"unused-password", "111122223333", "legacy-1", "", before, "b"},
		{"unused-access-key", "222233334444", "modern-1", "AKIA", before, ""},
		{"aged-access-key", "222233334444", "x", "AKIAAAAAAAAAAAAAAAAA", before, "c"},
		{"aged-access-key", "222233334444", "x", "AKIABBBBBBBBBBBBBBBB", before, ""},
		{"aged-access-key", "222233334444", "x", "", before, ""},
		{"root-access-key", "444455556666", "<root_account>", "", before, "d"},
		{"account-unreadable", "444455556666", "", "", before, "d"},
		{"addition", "222233334444", "", "", before, ""},
	}
	for _, tt := range tests {
		e, ok := p.Exempt(tt.check, tt.account, tt.user, tt.key, tt.now)
		if e.Reason != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: got %q, %v", tt, e.Reason, ok)
		}
	}
}

func TestExemptAddition(t *testing.T) {
	p := Default()
	p.Exemptions = []Exemption{
		{Check: "addition", Path: "infra/ses/*", Reason: "a", Expires: day("2027-03-31")},
		{Check: "addition", Path: "infra/*", Reason: "b", Expires: day("2027-06-30")},
		{Check: "addition", Path: "infra/ses/smtp.tf", Reason: "c", Expires: day("2027-06-30")},
		{Check: "*", Reason: "d", Expires: day("2027-06-30")}, // without a path it is about an account
	}
	last := day("2027-03-31").Add(24*time.Hour - time.Nanosecond)
	for _, tt := range []struct {
		path string
		now  time.Time
		want string
	}{
		{"infra/ses/smtp.tf", last, "b"}, // it holds longest, and stands first
		{"infra/eks/main.tf", day("2027-06-30"), "b"},
		{"infra/eks/main.tf", day("2027-07-01"), ""},
		{"infrastructure/main.tf", last, ""},
		{"Infra/main.tf", last, ""},
		{"", last, ""},
	} {
		e, ok := p.ExemptAddition(tt.path, tt.now)
		if e.Reason != tt.want || ok != (tt.want != "") {
			t.Errorf("%q at %v: got %q, %v", tt.path, tt.now, e.Reason, ok)
		}
	}
}

// The last day is a day of UTC, whatever zone the clock of the run is in.
func TestExemptInOtherZones(t *testing.T) {
	p := Default()
	p.Exemptions = []Exemption{{Check: "*", Expires: day("2027-03-31")}}
	west, east := time.FixedZone("", -11*3600), time.FixedZone("", 14*3600)
	for _, tt := range []struct {
		now  time.Time
		want bool
	}{
		{time.Date(2027, 3, 31, 12, 59, 59, 0, west), true}, // 23:59:59 UTC
		{time.Date(2027, 3, 31, 13, 0, 0, 0, west), false},
		{time.Date(2027, 4, 1, 13, 59, 59, 0, east), true},
		{time.Date(2027, 4, 1, 14, 0, 0, 0, east), false},
	} {
		if _, ok := p.Exempt("x", "", "", "", tt.now); ok != tt.want {
			t.Errorf("%v: %v", tt.now, ok)
		}
	}
}

func TestIsBreakGlass(t *testing.T) {
	p := Default()
	p.BreakGlass = []string{"arn:aws:iam::*:user/breakglass-*"}
	for arn, want := range map[string]bool{
		"arn:aws:iam::111122223333:user/breakglass-1":    true,
		"arn:aws:iam::111122223333:user/x/breakglass-1":  false,
		"arn:aws-cn:iam::111122223333:user/breakglass-1": false,
		"": false,
	} {
		if got := p.IsBreakGlass(arn); got != want {
			t.Errorf("%q: %v", arn, got)
		}
	}
}

func TestIsPerson(t *testing.T) {
	p := Default()
	p.People = People{Users: []string{"*@acme.com", "j??e"}, Tag: "person"}
	p.Contractors = Contractors{Users: []string{"ext-*"}, Tag: "vendor"}
	tests := []struct {
		user string
		tags map[string]string
		why  string
	}{
		{"kim@acme.com", nil, `its name matches "*@acme.com"`},
		{"jane", nil, `its name matches "j??e"`},
		{"ci", nil, ""},
		{"ci", map[string]string{"person": "yes"}, "it has the tag person"},
		{"ci", map[string]string{"Person": "true"}, "it has the tag person"},
		{"ci", map[string]string{"person": "kim@acme.com"}, "it has the tag person"},
		{"ci", map[string]string{"person": ""}, ""},
		{"ci", map[string]string{"person": " "}, ""},
		{"ci", map[string]string{"person": "False"}, ""},
		{"ci", map[string]string{"person": "NO"}, ""},
		{"ci", map[string]string{"person": "0"}, ""},
		{"ci", map[string]string{"vendor": "true"}, ""},
	}
	for _, tt := range tests {
		is, why := p.IsPerson(tt.user, tt.tags)
		if is != (tt.why != "") || why != tt.why {
			t.Errorf("%s %v: %v, %q; want %q", tt.user, tt.tags, is, why, tt.why)
		}
	}
	if is, why := p.IsContractor("ext-kim", nil); !is || why != `its name matches "ext-*"` {
		t.Errorf("%v, %q", is, why)
	}
	if is, why := p.IsContractor("kim", map[string]string{"vendor": "ACME"}); !is || why != "it has the tag vendor" {
		t.Errorf("%v, %q", is, why)
	}
	if is, _ := Default().IsContractor("ext-kim", map[string]string{"": "x"}); is {
		t.Error("a contractor without any rule")
	}
}

// An empty pattern matches everything, any other one what Match says.
func TestMatchOrEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		pattern := rapid.StringOf(rapid.SampledFrom([]rune("ab*?"))).Draw(t, "pattern")
		if want := pattern == "" || Match(pattern, s); MatchOrEmpty(pattern, s) != want {
			t.Fatalf("MatchOrEmpty(%q, %q) is not %v", pattern, s, want)
		}
	})
}
