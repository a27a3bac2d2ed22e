package awscollect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

func TestReportPolling(t *testing.T) {
	expired := func(code string, status, times int) []awssim.Fault {
		return []awssim.Fault{{Action: "iam:GetCredentialReport", Account: member, Status: status, Code: code, Message: "Unknown", Times: times}}
	}
	for name, c := range map[string]struct {
		ready         bool
		polls         int
		faults        []awssim.Fault
		generate, get int
		missing       string // cause of the missing passwords; empty: they are there
	}{
		"ready":                         {ready: true, generate: 1, get: 1},
		"started":                       {generate: 2, get: 1},
		"in progress":                   {polls: 4, generate: 6, get: 1},
		"expired":                       {ready: true, faults: expired("ReportExpired", 410, 1), generate: 2, get: 2},
		"not present":                   {faults: expired("ReportNotPresent", 410, 2), generate: 4, get: 3},
		"not ready":                     {faults: expired("ReportInProgress", 404, 1), generate: 3, get: 2},
		"expired for ever":              {ready: true, faults: expired("ReportExpired", 410, 0), generate: reportRounds, get: reportRounds, missing: errReportSlow.Error()},
		"too many asked, there is one":  {ready: true, faults: []awssim.Fault{{Action: "iam:GenerateCredentialReport", Account: member, Status: 409, Code: "LimitExceeded"}}, generate: 1, get: 1},
		"too many asked, there is none": {faults: []awssim.Fault{{Action: "iam:GenerateCredentialReport", Account: member, Status: 409, Code: "LimitExceeded", Times: 2}}, generate: 4, get: 2},
		"never complete":                {polls: 1000, generate: 14, get: 0, missing: errReportSlow.Error()},
		"no answer":                     {ready: true, faults: []awssim.Fault{{Action: "iam:GetCredentialReport", Account: member, Cut: true}}, generate: 1, get: faultAttempts, missing: "no answer: the connection broke"},
		"AWS broken": {
			faults: []awssim.Fault{{Action: "iam:GenerateCredentialReport", Account: member, Status: 500, Code: "ServiceFailure"}}, generate: faultAttempts,
			missing: "AWS answered with a fault of its own (HTTP 500)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			account := fullAccount()
			account.ReportReady, account.ReportPolls = c.ready, c.polls
			w := world(account)
			w.Faults = c.faults
			collector, s := start(t, w)
			a := collector.Account(t.Context(), Target{ID: member}, nothing)
			m, _ := a.Lacks(inventory.FactPasswords, "", "")
			if m.Cause != c.missing {
				t.Errorf("passwords are missing because %q, want %q", m.Cause, c.missing)
			}
			n := s.CountIn(member)
			if n["iam:GenerateCredentialReport"] != c.generate || n["iam:GetCredentialReport"] != c.get {
				t.Errorf("%d times generated and %d times got, want %d and %d", n["iam:GenerateCredentialReport"], n["iam:GetCredentialReport"], c.generate, c.get)
			}
		})
	}
}

func TestBadReports(t *testing.T) {
	good := (&awssim.World{}).Report(fullAccount())
	for name, c := range map[string]struct {
		csv   string
		cause string
	}{
		"empty":           {"\n", "the report cannot be read"},
		"truncated":       {good[:len(good)-40], "the report cannot be read"},
		"another account": {strings.ReplaceAll(good, member, hub), "the report is of another account"},
		"rubbish":         {"<html>", "the report cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			account := fullAccount()
			account.ReportCSV = c.csv
			collector, _ := start(t, world(account))
			a := collector.Account(t.Context(), Target{ID: member}, nothing)
			m, _ := a.Lacks(inventory.FactPasswords, "", "")
			if m.Cause != c.cause || m.Action != "iam:GetCredentialReport" || a.Status != inventory.Partial {
				t.Errorf("status %s, missing %+v", a.Status, m)
			}
			if len(a.Users) != 3 || len(userOf(t, a, "bob").Keys) != 2 {
				t.Error("the users and keys that live calls tell are lost")
			}
		})
	}
}

// Users and keys may go between two calls. What is gone is gone, without a fault.
func TestDeletionRaces(t *testing.T) {
	gone := func(action, param string) awssim.Fault {
		return awssim.Fault{Action: action, Account: member, Param: param, Status: 404, Code: "NoSuchEntity", Message: "cannot be found."}
	}
	bobKey := keyID(member, 20)
	for name, c := range map[string]struct {
		fault awssim.Fault
		check func(t *testing.T, a *inventory.Account)
	}{
		"user gone before its SSH keys":       {gone("iam:ListSSHPublicKeys", "bob"), withoutBob},
		"user gone before its access keys":    {gone("iam:ListAccessKeys", "bob"), withoutBob},
		"user gone before its certificates":   {gone("iam:ListSigningCertificates", "bob"), withoutBob},
		"user gone before its password's use": {gone("iam:GetUser", "alice"), func(t *testing.T, a *inventory.Account) { withUsers(t, a, "bob", "carol") }},
		"user gone before its MFA":            {gone("iam:ListMFADevices", "alice"), func(t *testing.T, a *inventory.Account) { withUsers(t, a, "bob", "carol") }},
		"password gone": {gone("iam:GetLoginProfile", "alice"), func(t *testing.T, a *inventory.Account) {
			if p := userOf(t, a, "alice").Password; p != (inventory.Password{}) {
				t.Errorf("password %+v", p)
			}
		}},
		"key gone": {gone("iam:GetAccessKeyLastUsed", bobKey), func(t *testing.T, a *inventory.Account) {
			if keys := userOf(t, a, "bob").Keys; len(keys) != 1 || keys[0].ID == bobKey {
				t.Errorf("keys %+v", keys)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(fullAccount())
			w.Faults = []awssim.Fault{c.fault}
			collector, _ := start(t, w)
			a := collector.Account(t.Context(), Target{ID: member}, everything)
			if a.Status != inventory.Audited {
				t.Errorf("status %s, missing %v", a.Status, missingLines(a))
			}
			c.check(t, a)
			roundTrip(t, a)
		})
	}
}

func withoutBob(t *testing.T, a *inventory.Account) { withUsers(t, a, "alice", "carol") }

func withUsers(t *testing.T, a *inventory.Account, names ...string) {
	t.Helper()
	var got []string
	for _, u := range a.Users {
		got = append(got, u.Name)
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

// The report is old: keys were made, deleted and switched since.
func TestKeysSinceTheReport(t *testing.T) {
	account := &awssim.Account{ID: member}
	old := simUser(member, 1, "alice", 400, 300)
	account.Reported = []awssim.User{old}
	live := old
	live.Keys = slices.Clone(old.Keys[1:])
	live.Keys[0].Inactive = true
	live.Keys = append(live.Keys, awssim.Key{ID: keyID(member, 19), Created: now.Add(-time.Minute)})
	account.Users = []awssim.User{live}
	c, s := start(t, world(account))
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	want := []inventory.AccessKey{
		{ID: keyID(member, 11), Slot: 2, Created: daysAgo(300), LastUsed: daysAgo(1), LastUsedService: "s3", LastUsedRegion: "eu-central-1"},
		{ID: keyID(member, 19), Active: true, Created: now.Add(-time.Minute), Live: true},
	}
	if diff := cmp.Diff(want, userOf(t, a, "alice").Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if n := s.CountIn(member)["iam:GetAccessKeyLastUsed"]; n != 1 {
		t.Errorf("%d last uses were asked, only that of the new key is not in the report", n)
	}
}

// Two keys of one second and one status cannot be told apart: each is asked about.
func TestAmbiguousKeys(t *testing.T) {
	u := simUser(member, 1, "twins", 100, 100)
	u.Keys[0].LastUsed, u.Keys[1].LastUsed = daysAgo(90), daysAgo(2)
	c, s := start(t, world(&awssim.Account{ID: member, Users: []awssim.User{u}}))
	a := c.Account(t.Context(), Target{ID: member}, unusedKeys)
	want := []inventory.AccessKey{
		{ID: keyID(member, 10), Active: true, Created: daysAgo(100), LastUsed: daysAgo(90), LastUsedService: "s3", LastUsedRegion: "eu-central-1", Live: true},
		{ID: keyID(member, 11), Active: true, Created: daysAgo(100), LastUsed: daysAgo(2), LastUsedService: "s3", LastUsedRegion: "eu-central-1", Live: true},
	}
	if diff := cmp.Diff(want, userOf(t, a, "twins").Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if n := s.CountIn(member)["iam:GetAccessKeyLastUsed"]; n != 2 {
		t.Errorf("%d last uses were asked: a key that was read live is not read again for its recheck", n)
	}
}

// Some servers give fractions of a second that the report does not have.
func TestMicroseconds(t *testing.T) {
	u := simUser(member, 1, "alice", 100)
	u.Created = u.Created.Add(607233 * time.Microsecond)
	u.Keys[0].Created = u.Keys[0].Created.Add(607233 * time.Microsecond)
	c, s := start(t, world(&awssim.Account{ID: member, Users: []awssim.User{u}}))
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	key := userOf(t, a, "alice").Keys[0]
	if key.Slot != 1 || key.LastUsed != daysAgo(1) || a.Status != inventory.Audited {
		t.Errorf("key %+v, missing %v", key, missingLines(a))
	}
	if n := s.CountIn(member)["iam:GetLoginProfile"]; n != 0 {
		t.Error("the user was taken for one that the report does not know")
	}
}

// More keys than the report has columns for: the listing tells them all.
func TestMoreKeysThanColumns(t *testing.T) {
	u := simUser(member, 1, "many", 100, 90, 80)
	c, s := start(t, world(&awssim.Account{ID: member, Users: []awssim.User{u}}))
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if keys := userOf(t, a, "many").Keys; len(keys) != 3 || a.Status != inventory.Audited {
		t.Errorf("keys %+v, missing %v", keys, missingLines(a))
	}
	if n := s.CountIn(member); n["iam:GetAccessKeyLastUsed"] != 3 || n["iam:ListSigningCertificates"] != 1 {
		t.Errorf("calls %v", n)
	}
}

// A use that the live call shows, and one that only the report shows: the later holds.
func TestRecheckNeverMakesAKeyYounger(t *testing.T) {
	old := simUser(member, 1, "alice", 300)
	old.Keys[0].LastUsed = daysAgo(100)
	for name, c := range map[string]struct {
		live, want time.Time
		service    string
	}{
		"used since":      {daysAgo(0), daysAgo(0), "ec2"},
		"same":            {daysAgo(100), daysAgo(100), "ec2"},
		"live knows less": {time.Time{}, daysAgo(100), "s3"},
	} {
		t.Run(name, func(t *testing.T) {
			u := old
			u.Keys = slices.Clone(old.Keys)
			u.Keys[0].LastUsed, u.Keys[0].Service = c.live, "ec2"
			collector, _ := start(t, world(&awssim.Account{ID: member, Users: []awssim.User{u}, Reported: []awssim.User{old}}))
			a := collector.Account(t.Context(), Target{ID: member}, unusedKeys)
			key := userOf(t, a, "alice").Keys[0]
			if !key.LastUsed.Equal(c.want) || key.LastUsedService != c.service || !key.Live || a.Rechecked != 1 {
				t.Errorf("key %+v, %d rechecked", key, a.Rechecked)
			}
		})
	}
}

// A password that came, went, or was used since the report.
func TestPasswordRecheck(t *testing.T) {
	recheck := func(*inventory.Account) []inventory.Recheck {
		return []inventory.Recheck{{User: "alice", Kind: inventory.RecheckUser}, {User: "nobody", Kind: inventory.RecheckUser}}
	}
	old := simUser(member, 1, "alice")
	live := old
	live.MFA = true
	live.Password = &awssim.Password{Set: now.Add(-time.Hour), LastUsed: now.Add(-time.Minute)}
	c, _ := start(t, world(&awssim.Account{ID: member, Users: []awssim.User{live}, Reported: []awssim.User{old}}))
	a := c.Account(t.Context(), Target{ID: member}, recheck)
	u := userOf(t, a, "alice")
	if u.Password != (inventory.Password{Enabled: true, Set: now.Add(-time.Hour), LastUsed: now.Add(-time.Minute)}) || !u.MFA || a.Rechecked != 1 {
		t.Errorf("user %+v, %d rechecked", u, a.Rechecked)
	}
}

// AWS may not take the question about all users at once.
func TestServiceCredentialsOneByOne(t *testing.T) {
	w := world(fullAccount())
	w.Faults = []awssim.Fault{{Action: "iam:ListServiceSpecificCredentials", Account: member, Times: 1, Status: 400, Code: "ValidationError", Message: "AllUsers needs ServiceName"}}
	c, s := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if got := len(userOf(t, a, "bob").Services); got != 2 || a.Status != inventory.Audited {
		t.Errorf("%d credentials, status %s, missing %v", got, a.Status, missingLines(a))
	}
	if n := s.CountIn(member)["iam:ListServiceSpecificCredentials"]; n != 4 {
		t.Errorf("%d calls", n)
	}
}

// Answers that are none: no panic, nothing clean.
func TestMalformedAnswers(t *testing.T) {
	for _, body := range []string{
		"", "<!doctype html>\n<html lang=en>\n<title>500</title>", "<x/>", "{}", "[]",
		"<GetUserResponse><GetUserResult/></GetUserResponse>",
		"<ListAccessKeysResponse><ListAccessKeysResult><IsTruncated>true</IsTruncated></ListAccessKeysResult></ListAccessKeysResponse>",
	} {
		for _, status := range []int{200, 500} {
			w := world(refusedAccount())
			w.Faults = []awssim.Fault{{Account: member, Status: status, Body: body + " "}}
			c, _ := start(t, w, askingAll)
			a := c.Account(t.Context(), Target{ID: member}, everything)
			if a.Status == inventory.Audited {
				t.Errorf("status %d with %q: the account is audited", status, body)
			}
			roundTrip(t, a)
		}
	}
	for _, action := range Actions() {
		if !strings.HasPrefix(action, "iam:") && action != "cloudtrail:LookupEvents" {
			continue
		}
		w := world(refusedAccount())
		w.Faults = []awssim.Fault{{Action: action, Account: member, Status: 500, Body: "<!doctype html>\n<html lang=en>"}}
		c, _ := start(t, w, askingAll)
		if a := c.Account(t.Context(), Target{ID: member}, everything); a.Status != inventory.Partial {
			t.Errorf("%s answered with HTML: the account is %s", action, a.Status)
		}
	}
}

// Pages that send the reader in circles end.
func TestEndlessPages(t *testing.T) {
	w := world(fullAccount())
	w.Faults = []awssim.Fault{{Action: "iam:ListSSHPublicKeys", Status: 200, Body: "<ListSSHPublicKeysResponse><ListSSHPublicKeysResult><SSHPublicKeys/>" +
		"<IsTruncated>true</IsTruncated><Marker>again</Marker></ListSSHPublicKeysResult></ListSSHPublicKeysResponse>"}}
	c, _ := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if m, lacks := a.Lacks(inventory.FactSSHKeys, "", ""); !lacks || m.Cause != "AWS's pages have no end" {
		t.Errorf("missing %+v", m)
	}
}

// A policy that nobody can read leaves it open whether its user is an administrator; that
// its user is quarantined is known all the same.
func TestUnreadablePolicy(t *testing.T) {
	u := simUser(member, 1, "alice")
	u.Inline = map[string]string{"odd": `{"Statement":`}
	u.Attached = []string{"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}
	c, _ := start(t, world(&awssim.Account{ID: member, Users: []awssim.User{u}}))
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if diff := cmp.Diff([]string{"user-policies alice odd iam:GetAccountAuthorizationDetails"}, missingLines(a)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if _, lacks := a.Lacks(inventory.FactUserPolicies, "alice", ""); lacks {
		t.Error("the quarantine of the user would not be looked at")
	}
	if p := userOf(t, a, "alice").Policies; len(p) != 1 || p[0].Name != "AWSCompromisedKeyQuarantineV3" {
		t.Errorf("policies %+v", p)
	}
}
