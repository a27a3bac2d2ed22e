package checks

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

func TestWorkloads(t *testing.T) {
	key := func(days int, more time.Duration) inventory.AccessKey {
		return inventory.AccessKey{Active: true, Created: now.AddDate(-1, 0, 0), LastUsed: now.AddDate(0, 0, -days).Add(-more)}
	}
	off := key(1, 0)
	off.Active = false
	user := func(name string, keys ...inventory.AccessKey) inventory.User {
		return inventory.User{Name: name, ARN: "arn:aws:iam::111122223333:user/" + name, ID: "AIDA" + name, Keys: keys}
	}
	tagged := user("tagged", key(1, 0))
	tagged.Tags = map[string]string{"owner": "@secret-team"}
	person := user("alice", key(1, 0))
	person.Password.Enabled = true
	a := &inventory.Account{ID: "111122223333", Partition: "aws", Status: inventory.Audited, Users: []inventory.User{
		user("ci-1", key(1, 0), key(44, day-time.Second)), user("ci-2", key(45, 0), off), user("ci-3", key(0, 0)),
		user("nobody", key(3, 0)), user("never", inventory.AccessKey{Active: true, Created: now.AddDate(0, 0, -1)}),
		user("breakglass-1", key(1, 0)), user("bob@acme.com", key(1, 0)), person, tagged,
	}}
	p := policy.Default()
	p.Owners = []policy.OwnerRule{{User: "ci-*", Owner: "ci-team"}}
	p.OwnerTag = "owner"
	p.BreakGlass = []string{"arn:aws:iam::*:user/breakglass-*"}
	p.People.Users = []string{"*@acme.com"}
	want := []Workload{{"", "", 1}, {"@secret-team", "tag owner", 1}, {"ci-team", "owners rule 1", 3}}
	if diff := cmp.Diff(want, Workloads(a, p, Options{Now: now})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.Accounts[a.ID] = policy.AccountSetting{Owner: "platform"}
	want = []Workload{{"ci-team", "owners rule 1", 3}, {"platform", "account " + Redacted().Account(a.ID), 2}}
	if diff := cmp.Diff(want, Workloads(a, p, Options{Now: now, Display: Redacted()})); diff != "" {
		t.Errorf("redacted (-want +got):\n%s", diff)
	}
	a.Status = inventory.Failed
	if got := Workloads(a, p, Options{Now: now}); got != nil {
		t.Errorf("of a failed account: %v", got)
	}
}
