package inventory

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var collected = at("2026-11-24T07:06:55Z")

func mustFromReport(t *testing.T, text string) *Account {
	t.Helper()
	a, err := FromReport([]byte(text), collected)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// lines says what is missing beyond what no report holds, one entry a line.
func lines(missing []Missing) []string {
	var out []string
	for _, m := range missing {
		if m.Cause == "a credential report does not hold it" {
			continue
		}
		line := string(m.Fact)
		if m.User != "" {
			line += " of " + m.User
		}
		if !m.Offline {
			line += " (live)"
		}
		out = append(out, line+": "+m.Cause)
	}
	return out
}

func TestFromReportLive(t *testing.T) {
	data, err := os.ReadFile("testdata/live.csv")
	if err != nil {
		t.Fatal(err)
	}
	a := mustFromReport(t, string(data))
	want := &Account{
		Schema: Schema, ID: "111122223333", Partition: "aws", Status: Audited, CollectedAt: collected, ReportOnly: true,
		Root: Root{
			ARN: "arn:aws:iam::111122223333:root", Created: at("2019-03-01T10:00:00Z"),
			HasPassword: true, PasswordLastUsed: at("2026-01-02T03:04:05Z"), HasMFA: true,
		},
		Users: []User{
			{
				Name: "B-rotated", ARN: "arn:aws:iam::111122223333:user/team/B-rotated", Path: "/team/", Created: at("2023-01-10T08:00:00Z"),
				Password: Password{Enabled: true, Set: at("2023-01-10T08:00:00Z")},
				Keys: []AccessKey{
					{Slot: 2, Created: at("2023-01-10T08:00:01Z"), LastUsed: at("2026-01-31T10:00:00Z"), LastUsedService: "ec2", LastUsedRegion: "eu-west-1"},
					{Slot: 1, Active: true, Created: at("2026-02-01T08:00:00Z"), LastUsed: at("2026-09-10T23:15:00Z"), LastUsedService: "s3"},
				},
			},
			{
				Name: "a-unused", ARN: "arn:aws:iam::111122223333:user/a-unused", Path: "/", Created: at("2025-01-10T08:00:00Z"), MFA: true,
				Keys: []AccessKey{{Slot: 1, Active: true, Created: at("2025-01-10T08:00:01Z")}},
			},
			{
				Name: "jane@acme.com", ARN: "arn:aws:iam::111122223333:user/people/jane@acme.com", Path: "/people/", Created: at("2022-05-05T05:05:05Z"),
				Password: Password{Enabled: true, Set: at("2025-12-01T09:00:00Z"), LastUsed: at("2026-09-11T07:30:00Z")}, MFA: true,
				Certificates: []Certificate{
					{Slot: 1, Active: true, Set: at("2022-06-01T00:00:00Z")},
					{Slot: 2, Set: at("2022-05-06T00:00:00Z")},
				},
			},
		},
	}
	if d := cmp.Diff(want, a, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Account{}, "Missing")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := lines(a.Missing); got != nil {
		t.Errorf("missing %q", got)
	}
	for _, f := range []Fact{
		FactUserIDs, FactUserTags, FactUserPolicies, FactAccessKeyIDs,
		FactServiceCredentials, FactSSHKeys, FactRootActivity,
	} {
		if m, ok := a.Lacks(f, "a-unused", ""); !ok || !m.Offline {
			t.Errorf("%s: %+v, %v; want it missing and offline", f, m, ok)
		}
	}
}

// A root user of the years in which reports say not_supported about it.
func TestFromReportOldRoot(t *testing.T) {
	data, err := os.ReadFile("testdata/old.csv")
	if err != nil {
		t.Fatal(err)
	}
	a := mustFromReport(t, string(data))
	r := a.Root
	if !r.HasPassword || r.HasMFA || !r.HasKeys || len(r.Keys) != 1 || !r.Keys[0].Active || r.PasswordLastUsed != at("2017-01-10T10:10:10Z") {
		t.Errorf("root %+v", r)
	}
	if got := lines(a.Missing); got != nil {
		t.Errorf("missing %q", got)
	}
	if keys := a.Users[0].Keys; len(keys) != 2 || keys[0].Slot != 1 || !keys[0].Active || keys[1].Active {
		t.Errorf("keys %+v", keys)
	}
}

func TestFromReportGaps(t *testing.T) {
	jane := plainRow("jane")
	key := with(jane, "access_key_1_active=true", "access_key_1_last_rotated=2025-02-03T04:05:06Z")
	password := with(jane, "password_enabled=true", "password_last_used=no_information", "password_last_changed=2024-05-06T07:08:10Z")
	tests := []struct {
		name, row string
		want      []string
	}{
		{"nothing at all", jane, nil},
		{"a key never used", key, nil},
		{"a password never used", password, nil},
		{"password unknown", with(jane, "password_enabled=not_supported"), []string{"passwords of jane: the credential report does not say whether the user has a password"}},
		{"password use unknown", with(password, "password_last_used=not_supported"), []string{"password-last-used of jane: the credential report does not say when the password was last used"}},
		{"no password, use unknown", with(jane, "password_last_used=not_supported", "password_last_changed=2024-05-06T07:08:10Z"), nil},
		{"never used, set at an unknown time", with(password, "password_last_changed=N/A"), []string{"password-last-used of jane: the password was never used and the credential report does not say since when it exists"}},
		{"used, set at an unknown time", with(password, "password_last_changed=N/A", "password_last_used=2026-01-01T00:00:00Z"), nil},
		{"MFA unknown", with(jane, "mfa_active=N/A"), []string{"mfa of jane: the credential report does not say whether the user has MFA"}},
		{"created at an unknown time", with(jane, "user_creation_time=no_information"), []string{"users of jane: the credential report does not say when the user was made"}},
		{"key use unknown", with(key, "access_key_1_last_used_date=not_supported"), []string{"access-key-last-used of jane: the credential report does not say when an access key was last used"}},
		{"key made at an unknown time", with(jane, "access_key_1_active=true"), []string{
			"access-key-last-used of jane: the credential report does not say enough about an access key",
			"access-keys of jane: the credential report does not say enough about an access key",
		}},
		{"key of unknown status", with(key, "access_key_1_active=N/A"), []string{
			"access-key-last-used of jane: the credential report does not say enough about an access key",
			"access-keys of jane: the credential report does not say enough about an access key",
		}},
		{"key that may be or not", with(jane, "access_key_2_last_rotated=not_supported"), []string{
			"access-key-last-used of jane: the credential report does not say enough about an access key",
			"access-keys of jane: the credential report does not say enough about an access key",
		}},
		{"no key, in other words", with(jane, "access_key_2_active=N/A", "access_key_2_last_used_date=not_supported"), nil},
		{"certificate of unknown status", with(jane, "cert_1_active=not_supported", "cert_1_last_rotated=2015-01-01T00:00:00Z"), []string{
			"signing-certificates of jane: the credential report does not say whether a signing certificate is active",
		}},
		{"active certificate without a date", with(jane, "cert_1_active=true"), nil},
	}
	for _, tt := range tests {
		a := mustFromReport(t, report(rootRow, tt.row))
		if d := cmp.Diff(tt.want, lines(a.Missing)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
		if a.Status != Audited {
			t.Errorf("%s: status %s", tt.name, a.Status)
		}
	}
}

func TestFromReportAdditionalCredentials(t *testing.T) {
	text := reportNames + ",additional_credentials_info\n" + rootRow + ",\n" + plainRow("jane") + ",\"1 more key, see ListAccessKeys\"\n"
	a := mustFromReport(t, text)
	const cause = " of jane: the credential report says that the user has more credentials than it has columns for"
	want := []string{"access-key-last-used" + cause, "access-keys" + cause, "signing-certificates" + cause}
	if d := cmp.Diff(want, lines(a.Missing)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A report older than the columns on last use: nothing in it was "never used".
func TestFromReportWithoutOptionalColumns(t *testing.T) {
	drop := map[string]bool{}
	for _, c := range []column{colPasswordUsed, colPasswordSet, colKey1Used, colKey1Region, colKey1Service, colKey2Used, colCert1Active, colCert1Set} {
		drop[c.String()] = true
	}
	jane := with(plainRow("jane"), "password_enabled=true", "access_key_1_active=true", "access_key_1_last_rotated=2025-02-03T04:05:06Z")
	var text strings.Builder
	names := strings.Split(reportNames, ",")
	for _, row := range []string{reportNames, rootRow, jane, plainRow("kim")} {
		var kept []string
		for i, v := range strings.Split(row, ",") {
			if !drop[names[i]] {
				kept = append(kept, v)
			}
		}
		text.WriteString(strings.Join(kept, ",") + "\n")
	}
	a := mustFromReport(t, text.String())
	want := []string{
		"access-key-last-used: the credential report has no column access_key_1_last_used_date",
		"password-last-used: the credential report has no column password_last_used",
		"root-last-used: the credential report has no column password_last_used",
		"signing-certificates: the credential report has no column cert_1_active",
	}
	if d := cmp.Diff(want, lines(a.Missing)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if k := a.Users[0].Keys; len(k) != 1 || !k[0].Active {
		t.Errorf("keys %+v", k)
	}
}

// A file without root's row is a part of a report: that is a gap, not the nature of reports.
func TestFromReportWithoutRoot(t *testing.T) {
	a := mustFromReport(t, report(plainRow("jane")))
	want := []string{
		"root-credentials (live): the credential report has no row of the root user",
		"root-last-used (live): the credential report has no row of the root user",
	}
	if d := cmp.Diff(want, lines(a.Missing)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if a.Status != Partial || a.Root.ARN != "arn:aws:iam::111122223333:root" {
		t.Errorf("status %s, root %q", a.Status, a.Root.ARN)
	}
}

func TestRootWithoutAnyCredential(t *testing.T) {
	row := with(rootRow, "password_enabled=false", "password_last_used=N/A", "password_last_changed=N/A", "mfa_active=false")
	a := mustFromReport(t, report(row))
	if r := a.Root; r.HasPassword || r.HasMFA || r.HasKeys || r.HasCertificates || len(r.Keys) > 0 {
		t.Errorf("root %+v", r)
	}
	if got := lines(a.Missing); got != nil {
		t.Errorf("missing %q", got)
	}
}

func TestApplyToLiveUsers(t *testing.T) {
	r := mustParse(t, report(rootRow,
		with(plainRow("stays"), "mfa_active=true", "access_key_1_active=true", "access_key_1_last_rotated=2025-02-03T04:05:06Z"),
		plainRow("deleted"), plainRow("again"), plainRow("unclear"),
	))
	r.Rows[4].MFA = Unknown
	made := at("2024-05-06T07:08:09Z")
	a := &Account{
		ID: "111122223333", Partition: "aws", ReportGeneratedAt: at("2026-11-24T04:00:00Z"),
		Users: []User{
			{Name: "again", ID: "AIDAAGAIN", Created: at("2026-11-24T05:00:00Z"), Tags: map[string]string{"a": "b"}},
			{Name: "new", Created: at("2026-11-24T06:00:00Z")},
			{Name: "stays", ID: "AIDASTAYS", Created: made.Add(607233 * time.Microsecond)}, // a server that knows fractions
			{Name: "unclear", Created: made},
		},
	}
	ask, err := r.Apply(a)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"again", "new", "unclear"}, ask); d != "" {
		t.Errorf("ask (-want +got):\n%s", d)
	}
	if u := a.Users[2]; u.ID != "AIDASTAYS" || !u.MFA || len(u.Keys) != 1 || u.Keys[0].Slot != 1 {
		t.Errorf("stays: %+v", u)
	}
	if u := a.Users[0]; u.ID != "AIDAAGAIN" || u.Tags["a"] != "b" || len(u.Keys) > 0 {
		t.Errorf("again: %+v", u)
	}
	for _, user := range []string{"again", "new"} {
		for _, f := range []Fact{FactPasswords, FactPasswordLastUsed, FactMFA, FactAccessKeys, FactAccessKeyLastUsed, FactCertificates} {
			m, ok := a.Lacks(f, user, "")
			if !ok || m.Cause != "the user was made, or got this name, after the credential report of 2026-11-24T04:00:00Z" {
				t.Errorf("%s of %s: %+v, %v", f, user, m, ok)
			}
		}
	}
	if _, ok := a.Lacks(FactMFA, "stays", ""); ok {
		t.Error("the MFA of a user with a row is missing")
	}
	if _, ok := a.Lacks(FactMFA, "unclear", ""); !ok {
		t.Error("an unknown MFA is not missing")
	}
	a.Found(FactMFA, "new")
	if _, ok := a.Lacks(FactMFA, "new", ""); ok {
		t.Error("a fact that was found is still missing")
	}
	if _, ok := a.Lacks(FactMFA, "again", ""); !ok {
		t.Error("what was found for one user was found for another")
	}
	if len(a.Users) != 4 || !a.Root.HasMFA {
		t.Errorf("%d users, root %+v", len(a.Users), a.Root)
	}
}

func TestApplyOfAnotherAccount(t *testing.T) {
	a := &Account{ID: "444455556666"}
	_, err := mustParse(t, report(rootRow)).Apply(a)
	if err == nil || err.Error() != "joining the credential report: it is of account 111122223333, not of 444455556666" {
		t.Errorf("got %v", err)
	}
}

// An account without users may have a report without rows, from servers that leave root out.
func TestApplyWithoutRows(t *testing.T) {
	a := &Account{ID: "444455556666", Users: []User{{Name: "new"}}}
	ask, err := mustParse(t, reportNames+"\n").Apply(a)
	if err != nil || len(ask) != 1 {
		t.Errorf("ask %q, %v", ask, err)
	}
	if _, ok := a.Lacks(FactRootCredentials, "", ""); !ok {
		t.Error("root without a row is not missing")
	}
	a.Found(FactRootCredentials, "")
	if _, ok := a.Lacks(FactRootCredentials, "", ""); ok {
		t.Error("what the account summary answered is still missing")
	}
}
