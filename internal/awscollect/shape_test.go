package awscollect

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

func TestShapeOfWhatWasNotRead(t *testing.T) {
	c, _ := start(t, world())
	for _, status := range []inventory.Status{inventory.Failed, inventory.Skipped} {
		if s, ok := c.ShapeOf(&inventory.Account{Status: status}); ok {
			t.Errorf("an account that is %s has the shape %+v", status, s)
		}
	}
	// An inventory from before compute was read: the regions are the usual ones.
	if s, ok := c.ShapeOf(&inventory.Account{Status: inventory.Partial}); !ok || s.Regions != usualRegions {
		t.Errorf("shape %+v, %v", s, ok)
	}
}

// What refused in one run is taken to refuse in the next: it is asked once in each region, and once for the
// services that users have called. The requests are those that were made.
func TestShapeOfWhatRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		fault awssim.Fault
		want  Shape
	}{
		"look-ups": {
			awssim.Fault{Action: string(actLookupEvents), Code: "AccessDeniedException"},
			Shape{Users: 12, WithKeys: 12, Regions: 1, Uses: Uses{Keys: 1, Lookups: 2}, Called: Called{Begun: 10, Read: 10}},
		},
		"lists of services, which nobody granted": {
			awssim.Fault{Action: string(actGenerateCalled), Code: "AccessDenied", Message: refusedByRole},
			Shape{Users: 12, WithKeys: 12, Regions: 1, Uses: Uses{Keys: 10, Lookups: 19, Addresses: 1, Interfaces: 2}, Called: Called{Begun: 1}},
		},
		"lists of services, by a policy of the organization": {
			awssim.Fault{Action: string(actGenerateCalled), Code: "AccessDenied", Message: "x with an explicit deny in a service control policy"},
			Shape{Users: 12, WithKeys: 12, Regions: 1, Uses: Uses{Keys: 10, Lookups: 19, Addresses: 1, Interfaces: 2}, Called: Called{Begun: 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(usedKeys())
			tt.fault.Account = member
			w.Faults = []awssim.Fault{tt.fault}
			c, s := start(t, w, asking)
			_, accounts, counted := audited(t, c, s, []string{member}, nothing)
			got, _ := c.ShapeOf(accounts[member])
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("shape (-want +got):\n%s", diff)
			}
			for action, n := range map[action]int{
				actLookupEvents: got.Uses.Lookups, actAddresses: got.Uses.Addresses, actInterfaces: got.Uses.Interfaces,
				actGenerateCalled: got.Called.Begun, actGetCalled: got.Called.Read,
			} {
				if counted[string(action)] != n {
					t.Errorf("%s: %d requests, %d estimated", action, counted[string(action)], n)
				}
			}
		})
	}
}

// Pages are of twenty, and an empty one is a page too.
func TestShapeOfOrganization(t *testing.T) {
	const root, policy = "r-1", "p-1"
	var saved []*inventory.Account
	for i := range 21 {
		id := keyID(member, i)
		saved = append(saved, &inventory.Account{Organization: &inventory.Organization{
			Levels:   []inventory.Level{{ID: root, Name: "Root", Policies: []string{policy}}, {ID: "ou-1", Name: "one", Policies: []string{"p-2"}}, {ID: id, Policies: []string{policy}}},
			Policies: []inventory.ControlPolicy{{ID: policy, Document: "{}"}, {ID: "p-2", Fault: "refused"}},
		}})
	}
	for name, tt := range map[string]struct {
		saved  []*inventory.Account
		listed int
		want   OrganizationShape
	}{
		"nothing known":         {nil, 7, OrganizationShape{Listed: 7}},
		"it was not read":       {[]*inventory.Account{{}}, 0, OrganizationShape{}},
		"policies are off":      {[]*inventory.Account{{Organization: &inventory.Organization{PoliciesOff: true}}}, 0, OrganizationShape{Known: true}},
		"twenty places":         {saved[:19], 0, OrganizationShape{Known: true, UnitPages: 2, AccountPages: 2, Policies: 2, TargetPages: 2, Documents: 2}},
		"a page of places more": {saved[:20], 0, OrganizationShape{Known: true, UnitPages: 2, AccountPages: 2, Policies: 2, TargetPages: 3, Documents: 2}},
		"a page of accounts":    {saved, 21, OrganizationShape{Listed: 21, Known: true, UnitPages: 2, AccountPages: 3, Policies: 2, TargetPages: 3, Documents: 2}},
	} {
		if diff := cmp.Diff(tt.want, ShapeOfOrganization(tt.saved, tt.listed)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The slowest action decides: 2 documents a second, 5 pages of anything else. The first goes at once.
func TestTimeOfAnOrganization(t *testing.T) {
	for _, tt := range []struct {
		shape OrganizationShape
		want  time.Duration
	}{
		{OrganizationShape{}, 0},
		{OrganizationShape{Known: true}, 0},
		{OrganizationShape{Known: true, Documents: 61, AccountPages: 101}, 30 * time.Second},
		{OrganizationShape{Known: true, Documents: 61, AccountPages: 401, TargetPages: 321}, 80 * time.Second},
	} {
		if got := tt.shape.Time(); got != tt.want {
			t.Errorf("%+v takes %v, want %v", tt.shape, got, tt.want)
		}
	}
}
