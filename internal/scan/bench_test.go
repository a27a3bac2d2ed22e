package scan

import (
	"fmt"
	"testing"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// BenchmarkJoin is a scan of 20,000 places over an organization of 300 accounts and 60,000 keys.
func BenchmarkJoin(b *testing.B) {
	in := Input{Now: now}
	for n := range 300 {
		a := audited(fmt.Sprintf("%012d", n))
		for u := range 200 {
			id := fmt.Sprintf("AKIA%08d%08d", n, u)
			name := fmt.Sprint("user-", u)
			a.Users = append(a.Users, inventory.User{
				Name: name, ID: fmt.Sprintf("AIDA%08d%08d", n, u), ARN: "arn:aws:iam::" + a.ID + ":user/" + name, Created: now,
				Keys: []inventory.AccessKey{{ID: id, Active: true, Created: now, LastUsed: now}},
			})
		}
		in.Accounts = append(in.Accounts, a)
	}
	for i := range 20_000 {
		s := sighting(fmt.Sprintf("AKIA%08d%08d", i%300, i%400), fmt.Sprintf("%012d", i%300))
		s.Path = fmt.Sprint("file-", i)
		in.Sightings = append(in.Sightings, s)
	}
	for b.Loop() {
		if d := Join(in).Shown(checks.Redacted(), nil); len(d.Leaks) != len(in.Sightings) {
			b.Fatal(len(d.Leaks))
		}
	}
}
