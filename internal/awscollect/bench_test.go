package awscollect

import (
	"fmt"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// One account of 20 users with 24 keys, three of them candidates, as in
// TestCallsForOneAccount; AWS answers at once, so that what is left is our own work and
// the simulation's.
func BenchmarkAccounts(b *testing.B) {
	w := &awssim.World{Now: now, Accounts: map[string]*awssim.Account{}, Make: func(id string) *awssim.Account {
		a := twentyUsers(id)
		a.ReportReady, a.ReportAt, a.Root.Created = true, now, daysAgo(900)
		a.Roles = []awssim.Role{{Name: "keysweep-audit", Callers: []string{hub}}}
		return a
	}}
	w.Accounts[hub] = &awssim.Account{ID: hub, Provider: &awssim.Provider{Issuer: issuer, Audiences: []string{"sts.amazonaws.com"}}, Roles: []awssim.Role{{Name: "first", Subjects: []string{subject}}}}
	s := awssim.New(b, w)
	for k, v := range s.Env() {
		b.Setenv(k, v)
	}
	c, err := New(b.Context(), Config{RoleARN: "arn:aws:iam::" + hub + ":role/first", Token: token(nil), Now: func() time.Time { return now }, Pace: fast})
	if err != nil {
		b.Fatal(err)
	}
	var targets []Target
	for i := range b.N {
		targets = append(targets, Target{ID: fmt.Sprintf("%012d", 200000000000+i)})
	}
	b.ReportAllocs()
	b.ResetTimer()
	c.Each(b.Context(), targets, unusedKeys, func(a *inventory.Account) {
		if a.Status != inventory.Audited {
			b.Errorf("%s is %s: %s", a.ID, a.Status, a.Cause)
		}
	})
	b.ReportMetric(float64(len(s.Calls()))/float64(b.N), "calls/op")
}
