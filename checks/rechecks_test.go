package checks

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

func rechecked(a *inventory.Account, p *policy.Policy, open ...string) []string {
	out := []string{}
	for _, r := range Rechecks(a, p, now, func(id string) bool {
		for _, o := range open {
			if o == id {
				return true
			}
		}
		return false
	}) {
		line := fmt.Sprintf("%s %s", r.User, r.Kind)
		if r.Key != "" {
			line += " " + r.Key
		}
		out = append(out, line)
	}
	return out
}

func TestRechecks(t *testing.T) {
	unusedKey := inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(60, 0)}
	young := inventory.AccessKey{ID: "AKIA2", Active: true, Created: ago(5, 0), LastUsed: ago(1, 0)}
	settled := inventory.AccessKey{ID: "AKIA3", Active: true, Created: ago(30, 0), LastUsed: ago(1, 0)}
	live := unusedKey
	live.Live = true
	inactive := inventory.AccessKey{ID: "AKIA4", Created: ago(60, 0)}
	certificates := userWith(young)
	certificates.Certificates = []inventory.Certificate{{Slot: 1, Active: true}, {Slot: 2}}
	deadCertificate := userWith(young)
	deadCertificate.Certificates = []inventory.Certificate{{Slot: 1}}
	exempt := policy.Default()
	exempt.Exemptions = []policy.Exemption{exemption("unused-access-key")}
	noCertificates := policy.Default()
	noCertificates.Checks["signing-certificate"] = policy.CheckSetting{Disabled: true}
	person := policy.Default()
	person.People.Users = []string{"ci"}
	id := func(credential, subject string) string {
		return FindingID("aws", "111122223333", "AIDA1", credential, subject)
	}
	for _, test := range []struct {
		name   string
		user   inventory.User
		policy *policy.Policy
		open   []string
		want   []string
	}{
		{"nothing found", userWith(young), nil, nil, nil},
		{"unused key", userWith(unusedKey, young), nil, nil, []string{"ci access-key AKIA1"}},
		{"read live already", userWith(live, young), nil, nil, nil},
		{"deactivated key", userWith(inactive, young), nil, nil, nil},
		{"two keys, each wanted twice", userWith(settled, inventory.AccessKey{ID: "AKIA5", Active: true, Created: ago(100, 0), LastUsed: ago(1, 0)}), nil, nil, []string{"ci access-key AKIA3", "ci access-key AKIA5"}},
		{"exempt", userWith(unusedKey, young), exempt, nil, nil},
		{"exempt, with an open issue", userWith(unusedKey, young), exempt, []string{id("AKIA1", "access-key")}, []string{"ci access-key AKIA1"}},
		{"open issue, key used again by the report", userWith(young), nil, []string{id("AKIA2", "access-key")}, []string{"ci access-key AKIA2"}},
		{"open issue, key gone", userWith(young), nil, []string{id("AKIA1", "access-key")}, nil},
		{"open issue, password gone by the report", userWith(young), nil, []string{id("", "password")}, []string{"ci password"}},
		{"open issue, two keys no longer", userWith(young, inactive), nil, []string{id("", "duplicate-access-keys")}, []string{"ci access-key AKIA2"}},
		{"person without a password", userWith(young), person, nil, []string{"ci password"}},
		{"orphan", userWith(), nil, nil, []string{"ci user"}},
		{"orphan no longer", userWith(young), nil, []string{id("", "orphaned-user")}, []string{"ci user"}},
		{"certificates, once a user", certificates, nil, nil, []string{"ci signing-certificates"}},
		{"deactivated certificate of unknown id", deadCertificate, nil, nil, []string{"ci signing-certificates"}},
		{"certificates not looked for", certificates, noCertificates, nil, nil},
	} {
		p := test.policy
		if p == nil {
			p = policy.Default()
		}
		want := test.want
		if want == nil {
			want = []string{}
		}
		if diff := cmp.Diff(want, rechecked(account(test.user), p, test.open...)); diff != "" {
			t.Errorf("%s: want, got:\n%s", test.name, diff)
		}
	}
}

func TestRechecksWithoutIssues(t *testing.T) {
	a := account(userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(60, 0)}))
	if got := Rechecks(a, policy.Default(), now, nil); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	a.ReportOnly = true
	if got := Rechecks(a, policy.Default(), now, nil); got != nil {
		t.Errorf("nothing can be read again of a file: %+v", got)
	}
}
