package backlog_test

import (
	"testing"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// What a user has called stays in its issue while it cannot be asked, and goes when it is no longer asked.
func TestCalledStaysWhereItCannotBeAsked(t *testing.T) {
	account := &inventory.Account{
		ID: prod, Partition: "aws", Status: inventory.Audited,
		Users: []inventory.User{{
			Name: "user-1", ID: "AIDAEXAMPLE000000001", ARN: "arn:aws:iam::" + prod + ":user/user-1",
			Keys: []inventory.AccessKey{{ID: "AKIAEXAMPLE000000001", Active: true}},
		}},
	}
	f := unusedKey(1)
	f.ID = checks.FindingID("aws", prod, "AIDAEXAMPLE000000001", "AKIAEXAMPLE000000001", "access-key")
	f.Check, f.Severity = "aged-access-key", checks.Medium
	told, more, worse, owned := f, f, f, f
	told.Evidence.Notes = []string{checks.CalledLead + "s3. The policy of a role can start from that."}
	more.Evidence.Notes = []string{checks.CalledLead + "s3, sqs. The policy of a role can start from that."}
	worse.Severity = checks.High
	owned.Owner = "platform"
	missing := []inventory.Missing{{Fact: inventory.FactServicesUsed, User: "user-1", Cause: "throttled"}}
	other := []inventory.Missing{{Fact: inventory.FactServicesUsed, User: "user-2", Cause: "throttled"}}
	for name, tc := range map[string]struct {
		before, now checks.Finding
		missing     []inventory.Missing
		writes      bool
	}{
		"cannot be asked":                      {told, f, missing, false},
		"cannot be asked, of another user":     {told, f, other, true},
		"no longer asked":                      {told, f, nil, true},
		"asked, and more was called":           {told, more, nil, true},
		"cannot be asked, and it became worse": {told, worse, missing, true},
		"was never told":                       {f, owned, missing, true},
	} {
		w := newWorld().with(tc.before)
		w.accounts[0] = account
		account.Missing = nil
		w.run(t)
		account.Missing = tc.missing
		w.with(tc.now)
		r := w.run(t)
		if wrote := r.Counts.Updated == 1; wrote != tc.writes {
			t.Errorf("%s: %s", name, lines(r.Actions))
		}
	}
}
