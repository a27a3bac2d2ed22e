package checks

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

const (
	benchAccounts = 5000
	benchUsers    = 20
)

// benchAccount has 20 users with 24 keys. Of every so many users one has an unused key;
// zero means none.
func benchAccount(n, every int) *inventory.Account {
	var users []inventory.User
	for i := range benchUsers {
		u := inventory.User{
			Name: fmt.Sprintf("service-user-%02d", i), ID: fmt.Sprintf("AIDAQX4WJ2KE%05d%03d", n, i), Created: ago(400, 0),
			ARN:  fmt.Sprintf("arn:aws:iam::1111%08d:user/service-user-%02d", n, i),
			Tags: map[string]string{"team": "platform"},
			Keys: []inventory.AccessKey{{
				ID: fmt.Sprintf("AKIAQX4WJ%05d%03dKEY", n, i), Slot: 1, Active: true, Created: ago(80, 0),
				LastUsed: ago(1, 0), LastUsedService: "s3", LastUsedRegion: "eu-west-1",
			}},
		}
		if every > 0 && i%every == 0 {
			u.Keys[0].LastUsed = ago(60, 0)
		}
		if i%5 == 0 {
			u.Keys = append(u.Keys, inventory.AccessKey{ID: fmt.Sprintf("AKIAQX4WK%05d%03dKEY", n, i), Slot: 2, Active: true, Created: ago(3, 0)})
		}
		users = append(users, u)
	}
	a := account(users...)
	a.ID = fmt.Sprintf("1111%08d", n)
	return a
}

// BenchmarkEvaluate evaluates 5,000 accounts of 20 users: with none, three and twenty
// unused keys each. B/user is what an evaluation allocates for each user; B/finding what
// each finding costs beyond an account without any.
func BenchmarkEvaluate(b *testing.B) {
	p := policy.Default()
	p.People = policy.People{Users: []string{"*@acme.com"}, Tag: "person"}
	p.BreakGlass = []string{"arn:aws:iam::*:user/breakglass-*"}
	p.Owners = []policy.OwnerRule{{Account: "999988887777", Owner: "nobody"}, {User: "service-*", Owner: "platform"}}
	clean := 0.0
	for _, bench := range []struct {
		name  string
		every int
	}{{"findings=0", 0}, {"findings=3", 7}, {"findings=20", 1}} {
		b.Run(bench.name, func(b *testing.B) {
			accounts := make([]*inventory.Account, 50)
			for i := range accounts {
				accounts[i] = benchAccount(i, bench.every)
			}
			var before, after runtime.MemStats
			found := 0
			b.ReportAllocs()
			b.ResetTimer()
			runtime.ReadMemStats(&before)
			for range b.N {
				found = 0
				for i := range benchAccounts {
					found += len(Evaluate(accounts[i%len(accounts)], p, Options{Now: now}))
				}
			}
			b.StopTimer()
			runtime.ReadMemStats(&after)
			bytes := float64(after.TotalAlloc-before.TotalAlloc) / float64(b.N)
			if found == 0 {
				clean = bytes
			} else {
				b.ReportMetric((bytes-clean)/float64(found), "B/finding")
			}
			b.ReportMetric(bytes/(benchAccounts*benchUsers), "B/user")
			b.ReportMetric(float64(found), "findings")
		})
	}
}
