package checks

import (
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// A key of root goes now only when all that is known of root says that it is idle, and all is known.
func TestRootKeyRemoval(t *testing.T) {
	idle := inventory.AccessKey{Active: true, Created: now.AddDate(-2, 0, 0), LastUsed: now.AddDate(-1, 0, 0)}
	off := idle
	off.Active = false
	seen := func(ago time.Duration) []inventory.RootEvent {
		return []inventory.RootEvent{{Time: now.Add(-ago), Source: "s3.amazonaws.com", Name: "ListBuckets"}}
	}
	refused := inventory.Missing{Fact: inventory.FactRootActivity, Action: "cloudtrail:LookupEvents", Cause: "refused"}
	offline := inventory.Missing{Fact: inventory.FactRootActivity, Cause: "a saved report does not hold it", Offline: true}
	for _, tt := range []struct {
		name    string
		key     inventory.AccessKey
		events  []inventory.RootEvent
		missing []inventory.Missing
		want    string
	}{
		{"idle", idle, nil, nil, RemovalNow},
		{"an event a day ago", idle, seen(day), nil, RemovalNow},
		{"an event a second less than a day ago", idle, seen(day - time.Second), nil, RemovalAfterLook},
		{"an event of a clock that is fast", idle, seen(-time.Hour), nil, RemovalAfterLook},
		{"deactivated, and an event today", off, seen(time.Hour), nil, RemovalAfterLook},
		{"deactivated", off, nil, nil, RemovalNow},
		{"activity was refused", idle, nil, []inventory.Missing{refused}, RemovalAfterLook},
		{"deactivated, activity was refused", off, nil, []inventory.Missing{refused}, RemovalAfterLook},
		{"activity was never asked for", idle, nil, []inventory.Missing{offline}, RemovalNow},
		{"neither made nor used at a time that is known", inventory.AccessKey{Active: true}, nil, nil, RemovalAfterLook},
		{"in use", inventory.AccessKey{Active: true, Created: now.AddDate(-2, 0, 0), LastUsed: now.AddDate(0, 0, -2)}, nil, nil, RemovalAfterLook},
	} {
		a := &inventory.Account{
			ID: "111122223333", Partition: "aws", Status: inventory.Audited, CollectedAt: now, Missing: tt.missing,
			Root: inventory.Root{HasMFA: true, HasKeys: true, Keys: []inventory.AccessKey{tt.key}, Events: tt.events},
		}
		found := false
		for _, f := range Evaluate(a, policy.Default(), Options{Now: now}) {
			if f.Check == idRootAccessKey {
				found = true
				if f.Removal != tt.want {
					t.Errorf("%s: %s, want %s", tt.name, f.Removal, tt.want)
				}
			}
		}
		if !found {
			t.Errorf("%s: root's key was not found", tt.name)
		}
	}
}
