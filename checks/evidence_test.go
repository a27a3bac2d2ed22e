package checks

import (
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// A finding whose facts were all read live is as young as the collection; one that hangs on
// the credential report is as old as that.
func TestFactsAtFollowsWhatWasReadLive(t *testing.T) {
	collected := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	reported := collected.Add(-3 * time.Hour)
	for name, c := range map[string]struct {
		live []inventory.Fact
		want time.Time
	}{
		"nothing read live":  {nil, reported},
		"half read live":     {[]inventory.Fact{inventory.FactPasswords}, reported},
		"all facts are live": {[]inventory.Fact{inventory.FactPasswords, inventory.FactMFA}, collected},
	} {
		a := &inventory.Account{
			ID: "111122223333", Partition: "aws", Status: inventory.Audited, CollectedAt: collected, ReportGeneratedAt: reported,
			Users: []inventory.User{{
				Name: "carol", ARN: "arn:aws:iam::111122223333:user/carol", ID: "AIDACAROL", Created: collected.AddDate(-1, 0, 0),
				Password: inventory.Password{Enabled: true, Set: collected.AddDate(0, -1, 0), LastUsed: collected.AddDate(0, 0, -1)},
				Live:     c.live,
			}},
		}
		found := Evaluate(a, policy.Default(), Options{Now: collected})
		if len(found) != 1 || found[0].Check != "password-without-mfa" {
			t.Fatalf("%s: findings %v", name, found)
		}
		if got := found[0].FactsAt; !got.Equal(c.want) {
			t.Errorf("%s: facts of %v, want %v", name, got, c.want)
		}
	}
}
