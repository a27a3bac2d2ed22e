package awscollect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// refusedAccount is the full account with a user that was made after the report, so that
// every call is made.
func refusedAccount() *awssim.Account {
	a := fullAccount()
	a.Reported = slices.Clone(a.Users)
	fresh := simUser(member, 4, "dora", 0)
	fresh.Created = now.Add(-30 * 60e9)
	fresh.Password = &awssim.Password{Set: fresh.Created}
	a.Users = append(a.Users, fresh)
	return a
}

// Each action that is refused in turn leaves a fact that is missing by name, and nothing
// that looks clean: the account is partial, and each missing fact names the action.
func TestEachActionRefused(t *testing.T) {
	for action, want := range map[string][]string{
		"iam:GenerateCredentialReport": {
			"mfa iam:GenerateCredentialReport", "password-last-used iam:GenerateCredentialReport", "passwords iam:GenerateCredentialReport",
			"root-last-used iam:GenerateCredentialReport", "signing-certificates iam:GenerateCredentialReport",
		},
		"iam:GetCredentialReport": {
			"mfa iam:GetCredentialReport", "password-last-used iam:GetCredentialReport", "passwords iam:GetCredentialReport",
			"root-last-used iam:GetCredentialReport", "signing-certificates iam:GetCredentialReport",
		},
		"iam:GetAccountSummary":              {"root-credentials-live iam:GetAccountSummary"},
		"iam:GetAccountAuthorizationDetails": {"user-ids iam:GetAccountAuthorizationDetails", "user-policies iam:GetAccountAuthorizationDetails", "user-tags iam:GetAccountAuthorizationDetails"},
		"iam:ListServiceSpecificCredentials": {"service-specific-credentials iam:ListServiceSpecificCredentials"},
		"iam:ListSSHPublicKeys":              {"ssh-public-keys iam:ListSSHPublicKeys"},
		"iam:ListAccessKeys": {
			"access-key-ids alice iam:ListAccessKeys", "access-key-ids bob iam:ListAccessKeys", "access-key-ids dora iam:ListAccessKeys",
			"access-key-last-used dora iam:ListAccessKeys", "access-keys dora iam:ListAccessKeys",
		},
		"iam:GetAccessKeyLastUsed":    {"access-key-last-used dora " + keyID(member, 40) + " iam:GetAccessKeyLastUsed"},
		"iam:GetLoginProfile":         {"password-last-used dora", "passwords dora iam:GetLoginProfile"},
		"iam:GetUser":                 {"password-last-used dora iam:GetUser"},
		"iam:ListMFADevices":          {"mfa dora iam:ListMFADevices"},
		"iam:ListSigningCertificates": {"signing-certificates dora iam:ListSigningCertificates"},
		"cloudtrail:LookupEvents":     {"root-activity cloudtrail:LookupEvents"},
	} {
		t.Run(action, func(t *testing.T) {
			w := world(refusedAccount())
			w.Faults = []awssim.Fault{{
				Action: action, Account: member, Code: "AccessDenied",
				Message: "User: arn:aws:sts::444455556666:assumed-role/keysweep-audit/keysweep is not authorized to perform: " + action +
					" on resource: user alice because no identity-based policy allows the " + action + " action",
			}}
			if strings.HasPrefix(action, "cloudtrail:") {
				w.Faults[0].Code = "AccessDeniedException"
			}
			c, _ := start(t, w)
			a := c.Account(t.Context(), Target{ID: member, Name: "prod"}, nothing)
			if a.Status != inventory.Partial {
				t.Errorf("status %s", a.Status)
			}
			if diff := cmp.Diff(want, missingLines(a)); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			for _, m := range a.Missing {
				if m.Action == action && m.Cause != "refused: no identity-based policy allows it" {
					t.Errorf("the cause of %s is %q", m.Fact, m.Cause)
				}
			}
			roundTrip(t, a)
		})
	}
}

// All at once: nothing is known, and nothing looks as if it were.
func TestEverythingRefused(t *testing.T) {
	w := world(refusedAccount())
	w.Faults = []awssim.Fault{{Account: member, Code: "AccessDenied", Message: "with an explicit deny in a service control policy"}}
	c, s := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, everything)
	if a.Status != inventory.Failed || !strings.Contains(a.Cause, "an explicit deny in a service control policy") || !strings.HasSuffix(a.Cause, "iam:ListServiceSpecificCredentials, iam:ListSigningCertificates") {
		t.Errorf("status %s: %s", a.Status, a.Cause)
	}
	if len(s.CountIn(member)) != 5 {
		t.Errorf("calls: %v", s.CountIn(member))
	}
	if _, lacks := a.Lacks(inventory.FactUsers, "", ""); !lacks {
		t.Error("the users of an account of which nothing is known are not missing")
	}
}

// Only the summary answers: root is known, the users are not.
func TestOnlySummaryAnswers(t *testing.T) {
	w := world(fullAccount())
	for _, action := range []string{"iam:GenerateCredentialReport", "iam:GetAccountAuthorizationDetails", "iam:ListServiceSpecificCredentials"} {
		w.Faults = append(w.Faults, awssim.Fault{Action: action, Account: member, Code: "AccessDenied"})
	}
	c, _ := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, everything)
	if a.Status != inventory.Partial || !a.Root.HasKeys || !a.Root.HasMFA || !a.Root.HasPassword || len(a.Root.Events) == 0 {
		t.Errorf("status %s, root %+v", a.Status, a.Root)
	}
	if _, lacks := a.Lacks(inventory.FactRootCredentials, "", ""); lacks {
		t.Error("root's credentials are missing, though the summary answered")
	}
	for _, f := range []inventory.Fact{
		inventory.FactUsers, inventory.FactUserIDs, inventory.FactUserTags, inventory.FactUserPolicies, inventory.FactAccessKeys,
		inventory.FactAccessKeyIDs, inventory.FactAccessKeyLastUsed, inventory.FactPasswords, inventory.FactPasswordLastUsed, inventory.FactMFA,
		inventory.FactServiceCredentials, inventory.FactSSHKeys, inventory.FactCertificates, inventory.FactRootLastUsed,
	} {
		if _, lacks := a.Lacks(f, "", ""); !lacks {
			t.Errorf("%s is not missing", f)
		}
	}
	roundTrip(t, a)
}

// A refused report leaves keys to live calls, and passwords unknown.
func TestReportRefused(t *testing.T) {
	w := world(fullAccount())
	w.Faults = []awssim.Fault{{Action: "iam:GetCredentialReport", Account: member, Code: "AccessDenied"}}
	c, s := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, unusedKeys)
	want := fullWant().Users[1].Keys
	for i := range want {
		want[i].Slot, want[i].Live = 0, true
	}
	if diff := cmp.Diff(want, userOf(t, a, "bob").Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if n := s.CountIn(member); n["iam:ListAccessKeys"] != 3 || n["iam:GetAccessKeyLastUsed"] != 3 || n["iam:GetLoginProfile"] != 0 {
		t.Errorf("calls %v", n)
	}
	if _, lacks := a.Lacks(inventory.FactAccessKeyLastUsed, "bob", ""); lacks {
		t.Error("the last use of keys is missing, though each key was asked about")
	}
	if !a.Root.HasMFA || !a.Root.HasKeys {
		t.Errorf("root: %+v", a.Root)
	}
}

// Without authorization details the report says who the users are.
func TestDetailsRefused(t *testing.T) {
	w := world(fullAccount())
	w.Faults = []awssim.Fault{{Action: "iam:GetAccountAuthorizationDetails", Account: member, Code: "AccessDenied"}}
	c, s := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	want := fullWant().Users
	for i := range want {
		u := &want[i]
		u.ID, u.Tags, u.Groups, u.Policies, u.Administrator = "", nil, nil, nil, ""
	}
	if diff := cmp.Diff(want, a.Users, likeEmpty); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if n := s.CountIn(member)["iam:ListSSHPublicKeys"]; n != 3 {
		t.Errorf("%d users were asked for SSH keys", n)
	}
	roundTrip(t, a)
}

// A live call that fails in a recheck is never "never used": the fact is missing.
func TestRecheckRefused(t *testing.T) {
	for action, facts := range map[string][]string{
		"iam:GetAccessKeyLastUsed":    {"access-key-last-used alice " + keyID(member, 10), "access-key-last-used bob " + keyID(member, 20), "access-key-last-used bob " + keyID(member, 21)},
		"iam:GetLoginProfile":         {"passwords"},
		"iam:GetUser":                 {"password-last-used alice"},
		"iam:ListMFADevices":          {"mfa alice"},
		"iam:ListSigningCertificates": {"signing-certificates"},
	} {
		t.Run(action, func(t *testing.T) {
			w := world(fullAccount())
			w.Faults = []awssim.Fault{{Action: action, Account: member, Code: "AccessDenied"}}
			c, s := start(t, w)
			a := c.Account(t.Context(), Target{ID: member}, everything)
			for i := range facts {
				facts[i] += " " + action
			}
			if diff := cmp.Diff(facts, missingLines(a)); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if a.Status != inventory.Partial {
				t.Errorf("status %s", a.Status)
			}
			if n := s.CountIn(member)[action]; n > 3 {
				t.Errorf("%d calls of %s: what was refused was asked again", n, action)
			}
		})
	}
}

// The new user's password stays unknown when a live call fails, though the report of its
// namesake says otherwise.
func TestUserMadeAgainUnderItsName(t *testing.T) {
	a := fullAccount()
	a.Reported = slices.Clone(a.Users)
	again := simUser(member, 9, "alice")
	again.Created = now.Add(-30 * 60e9)
	a.Users[0] = again
	c, s := start(t, world(a))
	got := userOf(t, c.Account(t.Context(), Target{ID: member}, nothing), "alice")
	want := inventory.User{Name: "alice", ARN: "arn:aws:iam::" + member + ":user/alice", Path: "/", ID: userID(9), Created: again.Created}
	if diff := cmp.Diff(&want, got, likeEmpty); diff != "" {
		t.Errorf("the new alice (-want +got):\n%s", diff)
	}
	if n := s.CountIn(member)["iam:GetLoginProfile"]; n != 1 {
		t.Errorf("%d questions for login profiles", n)
	}
}

// Five thousand refusals are not needed to know that an action is refused.
func TestRefusedActionIsGivenUp(t *testing.T) {
	account := &awssim.Account{ID: member}
	for i := range 200 {
		account.Users = append(account.Users, simUser(member, i, fmt.Sprint("user-", i)))
	}
	w := world(account)
	w.Faults = []awssim.Fault{{Action: "iam:ListSSHPublicKeys", Code: "AccessDenied"}}
	c, s := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if n := s.CountIn(member)["iam:ListSSHPublicKeys"]; n > failuresInARow+inFlight {
		t.Errorf("%d calls", n)
	}
	if diff := cmp.Diff([]string{"ssh-public-keys iam:ListSSHPublicKeys"}, missingLines(a)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// One user that may not be looked at does not hide the others.
func TestOneUserRefused(t *testing.T) {
	w := world(fullAccount())
	w.Faults = []awssim.Fault{{Action: "iam:ListSSHPublicKeys", Param: "alice", Code: "AccessDenied"}}
	c, _ := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if diff := cmp.Diff([]string{"ssh-public-keys alice iam:ListSSHPublicKeys"}, missingLines(a)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if len(userOf(t, a, "bob").SSHKeys) != 2 {
		t.Error("the SSH keys of another user are lost")
	}
}
