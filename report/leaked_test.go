package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// leakedFinding is what the check makes of a key in places whose names try everything at once.
func leakedFinding(t *testing.T, d *checks.Display) *checks.Finding {
	t.Helper()
	at := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	const key = "AKIAQX4WJ2KEAEXAMPLE"
	a := &inventory.Account{
		ID: "111122223333", Name: "prod", Partition: "aws", Status: inventory.Audited, CollectedAt: at,
		Users: []inventory.User{{
			Name: "ci", ID: "AIDAQX4WJ2KEEXAMPLE01", ARN: "arn:aws:iam::111122223333:user/ci", Created: at.AddDate(0, -1, 0),
			Keys: []inventory.AccessKey{{ID: key, Active: true, Created: at.AddDate(0, 0, -9), LastUsed: at.AddDate(0, 0, -1), LastUsedService: "s3"}},
		}},
		Leaks: &inventory.Leaks{ScannedAt: at, Found: []inventory.Leak{
			{KeyID: key, Where: "file", Path: "a|b`c`<!-- keysweep:end -->\n::error::@octocat #12 \u202e.env", Line: 3, SecretNearby: true},
			{KeyID: key, Where: "commit", Path: "https://evil.example/" + key + "-111122223333", Line: 7, Commit: "1b0c5e7d9f3a2468ace013579bdf02468ace1357"},
			{KeyID: key, Where: "file", Path: "dist.zip", Inside: []string{"<img src=x>", "@octocat/x"}, Line: 1},
		}},
	}
	found := checks.Evaluate(a, policy.Default(), checks.Options{Now: at, Display: d})
	if len(found) != 1 || found[0].Check != checkLeaked {
		t.Fatalf("findings %+v", found)
	}
	return &found[0]
}

func TestIssueOfALeakedKey(t *testing.T) {
	f := leakedFinding(t, nil)
	block := IssueBlock(f)
	golden(t, "issue-leaked-access-key.md", []byte(IssueTitle(f)+"\n\n"+block))
	mustBeTame(t, block)

	hidden := IssueTitle(leakedFinding(t, checks.Redacted())) + IssueBlock(leakedFinding(t, checks.Redacted()))
	for _, name := range []string{"AKIAQX4WJ2KEAEXAMPLE", "111122223333", "prod"} {
		if strings.Contains(hidden, name) {
			t.Errorf("the redacted issue holds %q:\n%s", name, hidden)
		}
	}
	mustBeTame(t, IssueBlock(leakedFinding(t, checks.Redacted())))
}

// A key that others are known to have comes before what is as bad and has stood for longer.
func TestKnownKeysComeFirst(t *testing.T) {
	of := func(check string, s checks.Severity, age int) checks.Finding {
		return checks.Finding{Check: check, Severity: s, Evidence: checks.Evidence{AgeDays: age}}
	}
	d := &Data{Findings: []checks.Finding{
		of("root-mfa-missing", checks.Critical, 900), of("quarantined-user", checks.Critical, 10), of(checkLeaked, checks.Critical, 1),
		of(checkLeaked, checks.Medium, 1), of("unused-access-key", checks.High, 1),
	}}
	var got []string
	for _, f := range ranked(d) {
		got = append(got, string(f.Severity)+" "+f.Check)
	}
	want := []string{"critical " + checkLeaked, "critical quarantined-user", "critical root-mfa-missing", "high unused-access-key", "medium " + checkLeaked}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// A leaked key does not wait for a look at what uses it; one that nothing uses can go today all the same.
func TestRemovalOfALeakedKey(t *testing.T) {
	for removal, want := range map[string]string{
		checks.RemovalNow: "can go today", checks.RemovalAfterLook: "deactivate now", checks.RemovalAfterMigration: "deactivate now",
	} {
		if got := removalText(&checks.Finding{Check: checkLeaked, Removal: removal}); got != want {
			t.Errorf("%s: %q, want %q", removal, got, want)
		}
	}
	if got := removalText(&checks.Finding{Check: "aged-access-key", Removal: checks.RemovalAfterLook}); got != "can go after a look" {
		t.Errorf("another check: %q", got)
	}
}
