package checks

import (
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

func keyIssue(check string) Asked {
	return Asked{
		ID: FindingID("aws", "111122223333", "AIDA1", "AKIA1", "access-key"), Subject: "access-key", Check: check,
		Thresholds: policy.Default().Thresholds, User: "ci", Key: "AKIA1",
	}
}

func userIssue(subject, check string) Asked {
	return Asked{
		ID: FindingID("aws", "111122223333", "AIDA1", "", subject), Subject: subject, Check: check,
		Thresholds: policy.Default().Thresholds, User: "ci",
	}
}

func TestAbsences(t *testing.T) {
	used := inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(80, 0), LastUsed: ago(3, 0), LastUsedService: "s3", LastUsedRegion: "eu-west-1", Live: true}
	other := inventory.AccessKey{ID: "AKIA2", Active: true, Created: ago(20, 0), LastUsed: ago(1, 0)}
	inactive := inventory.AccessKey{ID: "AKIA1", Created: ago(80, 0)}
	signedIn := userWith(other)
	signedIn.Password, signedIn.MFA = inventory.Password{Enabled: true, Set: ago(90, 0), LastUsed: ago(2, 0)}, true
	certificate := userWith(other)
	certificate.Certificates = []inventory.Certificate{{Active: true, Slot: 1}}
	noID := userWith(other)
	noID.ID = ""
	off := func(ids ...string) *policy.Policy {
		p := policy.Default()
		for _, id := range ids {
			p.Checks[id] = policy.CheckSetting{Disabled: true}
		}
		return p
	}
	thresholds := func(unused, age int) *policy.Policy {
		p := policy.Default()
		p.Thresholds.UnusedDays, p.Thresholds.MaxKeyAgeDays = unused, age
		return p
	}
	breakGlass := policy.Default()
	breakGlass.BreakGlass = []string{"*"}
	service := userIssue("service-specific-credential", "service-specific-credential")
	service.ID = FindingID("aws", "111122223333", "AIDA1", "ACCA1", "service-specific-credential")
	cert := userIssue("signing-certificate", "signing-certificate")
	cert.ID = FindingID("aws", "111122223333", "AIDA1", "CERT1", "signing-certificate")
	leak := keyIssue("leaked-access-key")
	scan := userIssue("workload-access-key", "workload-access-key")

	for _, test := range []struct {
		name    string
		users   []inventory.User
		missing []inventory.Missing
		policy  *policy.Policy
		asked   Asked
		state   string // empty: no verdict
		proof   string
	}{
		{"key used again", []inventory.User{userWith(used)}, nil, nil, keyIssue("unused-access-key"), StateAbsent, "by the facts of 2026-11-24 the key was used on 2026-11-21 by s3 in eu-west-1"},
		{"key deleted", []inventory.User{userWith(other)}, nil, nil, keyIssue("unused-access-key"), StateAbsent, "the access key was deleted: user ci has no access key AKIA1 in the lists read on 2026-11-24"},
		{"key and user deleted", nil, nil, nil, keyIssue("unused-access-key"), StateAbsent, "the access key was deleted: user ci has no access key AKIA1 in the lists read on 2026-11-24"},
		{"user deleted", nil, nil, nil, userIssue("orphaned-user", "orphaned-user"), StateAbsent, "the user ci is gone: the list of users read on 2026-11-24 does not hold it"},
		{"key deactivated, inactive keys not looked for", []inventory.User{userWith(inactive)}, nil, off("inactive-access-key"), keyIssue("unused-access-key"), StateAbsent, "by the facts of 2026-11-24 the key is deactivated"},
		{"key deactivated: a finding still", []inventory.User{userWith(inactive)}, nil, nil, keyIssue("unused-access-key"), "", ""},
		{"password used, human check off", []inventory.User{signedIn}, nil, off("human-iam-user"), userIssue("password", "unused-password"), StateAbsent, "by the facts of 2026-11-24 the password was used on 2026-11-22, and the user has MFA"},
		{"password removed", []inventory.User{userWith(other)}, nil, nil, userIssue("password", "human-iam-user"), StateAbsent, "by the facts of 2026-11-24 the user has no console password"},
		{"orphan has a key", []inventory.User{userWith(other)}, nil, nil, userIssue("orphaned-user", "orphaned-user"), StateAbsent, "by the facts of 2026-11-24 the user has an active access key"},
		{"second key gone", []inventory.User{userWith(other)}, nil, nil, userIssue("duplicate-access-keys", "duplicate-access-keys"), StateAbsent, "by the facts of 2026-11-24 the user has no second active access key"},
		{"quarantine lifted", []inventory.User{userWith(other)}, nil, nil, userIssue("quarantined-user", "quarantined-user"), StateAbsent, "by the facts of 2026-11-24 no quarantine policy acts on the user"},
		{"service credential deleted", []inventory.User{userWith(other)}, nil, nil, service, StateAbsent, "the service-specific credential was deleted: no user has it in the lists read on 2026-11-24"},

		{"last use refused", []inventory.User{userWith(used)}, []inventory.Missing{{Fact: inventory.FactAccessKeyLastUsed, User: "ci", Credential: "AKIA1", Action: "iam:GetAccessKeyLastUsed"}}, nil, keyIssue("unused-access-key"), StateNotAssessed, "access-key-last-used not collected (iam:GetAccessKeyLastUsed)"},
		{"last use of another key refused", []inventory.User{userWith(used)}, []inventory.Missing{{Fact: inventory.FactAccessKeyLastUsed, User: "ci", Credential: "AKIA2"}}, nil, keyIssue("unused-access-key"), StateAbsent, "by the facts of 2026-11-24 the key was used on 2026-11-21 by s3 in eu-west-1"},
		{"keys of some user refused", []inventory.User{userWith(other)}, []inventory.Missing{{Fact: inventory.FactAccessKeys, User: "else"}}, nil, keyIssue("unused-access-key"), StateNotAssessed, "access-keys not collected"},
		{"users refused", nil, []inventory.Missing{{Fact: inventory.FactUsers}}, nil, userIssue("orphaned-user", "orphaned-user"), StateNotAssessed, "users not collected"},
		{"a user without its id", []inventory.User{noID}, nil, nil, keyIssue("unused-access-key"), StateNotAssessed, "the ids of some users or credentials are not known"},
		{"a certificate without its id", []inventory.User{certificate}, nil, nil, cert, StateNotAssessed, "the ids of some users or credentials are not known"},
		{"service credentials refused", []inventory.User{userWith(other)}, []inventory.Missing{{Fact: inventory.FactServiceCredentials, User: "ci"}}, nil, service, StateNotAssessed, "service-specific-credentials not collected"},
		{"MFA refused, another check of the subject", []inventory.User{userWith(other)}, []inventory.Missing{{Fact: inventory.FactMFA}}, nil, userIssue("password", "unused-password"), StateNotAssessed, "mfa not collected"},
		{"found by a scan, key in use", []inventory.User{userWith(used)}, nil, nil, leak, StateNotAssessed, leakedAccessKey.lasting},
		{"found by a scan, the check switched off", []inventory.User{userWith(used)}, nil, off("leaked-access-key"), leak, StatePolicy, "the check leaked-access-key is switched off in the policy"},
		{"found by a scan, by the words of another subject", []inventory.User{signedIn}, nil, off("human-iam-user"), userIssue("password", "leaked-access-key"), StateNotAssessed, leakedAccessKey.lasting},
		{"found by a scan, key deleted", []inventory.User{userWith(other)}, nil, nil, leak, StateAbsent, "the access key was deleted: user ci has no access key AKIA1 in the lists read on 2026-11-24"},
		{"of a check that did not run", []inventory.User{userWith(other)}, nil, nil, scan, StateNotAssessed, "the check workload-access-key was not part of this run"},

		{"check switched off", []inventory.User{userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(60, 0)})}, nil, off("unused-access-key"), keyIssue("unused-access-key"), StatePolicy, "the check unused-access-key is switched off in the policy"},
		{"check switched off, its list refused", []inventory.User{userWith(other)}, []inventory.Missing{{Fact: inventory.FactServiceCredentials}}, off("service-specific-credential"), service, StatePolicy, "the check service-specific-credential is switched off in the policy"},
		{"threshold changed", []inventory.User{userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(60, 0)})}, nil, thresholds(90, 90), keyIssue("unused-access-key"), StatePolicy, "a threshold of the policy changed: unused-days from 45 to 90"},
		{"threshold changed, and the key is used", []inventory.User{userWith(used)}, nil, thresholds(90, 90), keyIssue("unused-access-key"), StateAbsent, "by the facts of 2026-11-24 the key was used on 2026-11-21 by s3 in eu-west-1"},
		{"breaks glass now", []inventory.User{userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(60, 0)})}, nil, breakGlass, keyIssue("unused-access-key"), StatePolicy, "the policy names the user as one for emergencies"},
		{"no person any more", []inventory.User{userWith(other)}, nil, nil, userIssue("human-iam-user", "human-iam-user"), StatePolicy, "by the names and tags of the policy the user is no person"},
		{"person has a password now", []inventory.User{signedIn}, nil, nil, userIssue("human-iam-user", "human-iam-user"), StateAbsent, "by the facts of 2026-11-24 the user has a console password, and the finding is about that"},
		{"present after all", []inventory.User{userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(60, 0)})}, nil, nil, keyIssue("unused-access-key"), "", ""},
	} {
		a := account(test.users...)
		a.Missing = test.missing
		p := test.policy
		if p == nil {
			p = policy.Default()
		}
		v, ok := Absences(a, p, now, []Asked{test.asked})[test.asked.ID]
		if ok != (test.state != "") || v.State != test.state || v.Proof != test.proof {
			t.Errorf("%s: %v, %+v\nwant %s: %s", test.name, ok, v, test.state, test.proof)
		}
		if strings.Contains(v.Proof, "used on 2026-11-21") && (v.LastUsed != "2026-11-21T06:00:00Z" || v.Service != "s3" || v.Region != "eu-west-1") {
			t.Errorf("%s: the use is missing: %+v", test.name, v)
		}
	}
}

// A scan that does not see a key any more clears nothing: what was published stays known.
func TestScanClearsNothing(t *testing.T) {
	a := leaked(account(userWith(inventory.AccessKey{ID: "AKIA1", Active: true, Created: ago(80, 0), LastUsed: ago(3, 0)})))
	q := keyIssue("leaked-access-key")
	if v := Absences(a, policy.Default(), now, []Asked{q})[q.ID]; v.State != StateNotAssessed || v.Proof != leakedAccessKey.lasting {
		t.Errorf("%+v", v)
	}
}

func TestAbsencesOfRoot(t *testing.T) {
	asked := func(check string) Asked {
		return Asked{ID: FindingID("aws", "111122223333", "", "", check), Subject: check, Check: check, Thresholds: policy.Default().Thresholds}
	}
	a := account()
	a.Root.PasswordLastUsed = ago(100, 0)
	list := []Asked{asked("root-access-key"), asked("root-mfa-missing"), asked("root-recently-used")}
	for id, v := range Absences(a, policy.Default(), now, list) {
		if v.State != StateAbsent || !strings.HasPrefix(v.Proof, "by the facts of 2026-11-24 the root user ") {
			t.Errorf("%s: %+v", id, v)
		}
	}
	a.Missing = []inventory.Missing{{Fact: inventory.FactRootCredentials}}
	got := Absences(a, policy.Default(), now, list)
	for i, want := range []string{StateNotAssessed, StateNotAssessed, StateAbsent} {
		if v := got[list[i].ID]; v.State != want {
			t.Errorf("%s with the credentials of root unknown: %+v, want %s", list[i].Check, v, want)
		}
	}
	a.Status = inventory.Failed
	for id, v := range Absences(a, policy.Default(), now, list) {
		if v.State != StateNotAssessed {
			t.Errorf("%s of a failed account: %+v", id, v)
		}
	}
}

// A bare report has slots for identities. It proves that a slot is empty, and nothing
// about ids that it cannot hold.
func TestAbsencesOfBareReport(t *testing.T) {
	u := userWith()
	u.ID = ""
	a := account(u)
	a.ReportOnly = true
	a.Missing = []inventory.Missing{{Fact: inventory.FactUserIDs, Offline: true}, {Fact: inventory.FactAccessKeyIDs, Offline: true}}
	slot := keyIssue("unused-access-key")
	slot.ID = FindingID("aws", "111122223333", u.ARN, "slot-2", "access-key")
	got := Absences(a, policy.Default(), now, []Asked{slot, keyIssue("unused-access-key")})
	if v := got[slot.ID]; v.State != StateAbsent || !strings.Contains(v.Proof, "is empty") {
		t.Errorf("empty slot: %+v", v)
	}
	if v := got[keyIssue("").ID]; v.State != StateNotAssessed {
		t.Errorf("an id of a live run: %+v", v)
	}
	a.Missing = append(a.Missing, inventory.Missing{Fact: inventory.FactAccessKeys, User: "ci"})
	if v := Absences(a, policy.Default(), now, []Asked{slot})[slot.ID]; v.State != StateNotAssessed {
		t.Errorf("slot of which the report says too little: %+v", v)
	}
}

// Every finding is at its place in the index, with the subject and kind it has itself.
func TestIndexHoldsEveryFinding(t *testing.T) {
	f := rich(t)
	index := Index(&f.Account)
	for _, x := range f.evaluate() {
		p, ok := index[x.ID]
		if !ok || p.Subject != x.Subject || p.Kind != x.Kind || p.Key != x.KeyID || x.User != inventory.RootUser && p.User != x.User {
			t.Errorf("%s: %v, %+v", x.Check, ok, p)
		}
	}
	f.Account.Status = inventory.Failed
	if n := len(Index(&f.Account)); n != 0 {
		t.Errorf("a failed account has %d subjects", n)
	}
}

// No issue is proven absent while its finding is there, whatever the issue says of itself.
func TestPresentIsNeverAbsent(t *testing.T) {
	f := rich(t)
	var asked []Asked
	for _, x := range f.evaluate() {
		for _, c := range list {
			asked = append(asked, Asked{ID: x.ID, Subject: x.Subject, Check: c.ID})
		}
	}
	if got := Absences(&f.Account, f.policy, f.AsOf, asked); len(got) != 0 {
		t.Errorf("%d verdicts about present findings: %+v", len(got), got)
	}
}
