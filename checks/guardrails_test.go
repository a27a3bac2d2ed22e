package checks

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/keysweep/keysweep/internal/inventory"
)

// Redacted, what is told of a guardrail holds no account, no user, no key and nobody who is exempt.
func TestRedactedGuardrails(t *testing.T) {
	secret := regexp.MustCompile(`111122223333|BreakGlass|AKIAQKZ7WJ4MR5H2YUPB|user/ci`)
	for _, c := range []*Check{guardrailMissing, guardrailPremature, rootNotCentralised} {
		for _, f := range readFixtures(t, "testdata/"+c.ID+"/fires*.json") {
			for _, x := range Evaluate(&f.Account, f.policy, Options{Now: f.AsOf, Display: Redacted()}) {
				data, err := json.Marshal(x)
				if err != nil {
					t.Fatal(err)
				}
				if m := secret.FindString(string(data)); m != "" {
					t.Errorf("%s: %s holds %q", f.path, x.Check, m)
				}
			}
		}
	}
}

// What is not known of the organization is not assessed: no finding, and no open issue is closed.
func TestGuardrailsAreNotAssessed(t *testing.T) {
	for _, c := range []*Check{guardrailMissing, guardrailPremature, rootNotCentralised} {
		for name, change := range map[string]func(*inventory.Account){
			"no organization": func(a *inventory.Account) { a.Organization = nil },
			"facts refused": func(a *inventory.Account) {
				a.Missing = append(a.Missing, inventory.Missing{Fact: c.Needs[0], Cause: "refused"})
			},
			"a policy that cannot be read": func(a *inventory.Account) {
				if c == rootNotCentralised {
					a.Organization = nil // it asks no policy
					return
				}
				p := a.Organization.Policies
				p[len(p)-1].Document = "{"
			},
		} {
			f := readFixture(t, "testdata/"+c.ID+"/fires.json")
			change(&f.Account)
			if names(f.evaluate(), c.ID) {
				t.Errorf("%s: %s: a finding", c.ID, name)
			}
			id := FindingID("aws", f.Account.ID, "", "", c.ID)
			v := Absences(&f.Account, f.policy, f.AsOf, []Asked{{ID: id, Subject: c.ID, Check: c.ID}})[id]
			if v.State != StateNotAssessed {
				t.Errorf("%s: %s: %+v", c.ID, name, v)
			}
		}
	}
}

// An issue about a guardrail closes by the facts.
func TestGuardrailsAreProvenAbsent(t *testing.T) {
	for fixture, want := range map[string]string{
		"guardrail-missing/silent-guarded":    "by the facts of 2026-11-24 the policies of the organization deny new users and keys",
		"guardrail-missing/silent-active-key": "by the facts of 2026-11-24 something in the account needs new users or keys, or no policy reaches it",
		"guardrail-premature/silent":          "by the facts of 2026-11-24 no user of the account has an active key that would have to be rotated",
		"root-not-centralised/silent":         "by the facts of 2026-11-24 the organization manages root credentials centrally",
	} {
		f := readFixture(t, "testdata/"+fixture+".json")
		check := regexp.MustCompile(`^[^/]*`).FindString(fixture)
		id := FindingID("aws", f.Account.ID, "", "", check)
		v := Absences(&f.Account, f.policy, f.AsOf, []Asked{{ID: id, Subject: check, Check: check}})[id]
		if v.State != StateAbsent || v.Proof != want {
			t.Errorf("%s: %+v", fixture, v)
		}
	}
}
