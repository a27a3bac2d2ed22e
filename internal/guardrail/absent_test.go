package guardrail

import (
	"testing"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/orgpolicy"
	"github.com/keysweep/keysweep/internal/policy"
)

// TestAbsentFactsAreNotAssessed holds that an account whose place in its organization, or whose policy, is not in the
// facts is not assessed: neither ready nor allowed to make users.
func TestAbsentFactsAreNotAssessed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*inventory.Organization)
		ready  bool
		effect orgpolicy.Effect // empty: not known
	}{
		{"as it is", func(*inventory.Organization) {}, true, orgpolicy.Allowed},
		{"no level", func(o *inventory.Organization) { o.Levels = nil }, false, ""},
		{"no level, and policies are not in use", func(o *inventory.Organization) { o.Levels, o.PoliciesOff = nil, true }, true, orgpolicy.Allowed},
		{"no text of a policy", func(o *inventory.Organization) { o.Policies = nil }, false, ""},
		{"no text of one beside one that is there", func(o *inventory.Organization) {
			o.Levels[1].Policies = append(o.Levels[1].Policies, "p-gone")
		}, false, ""},
		{"no text of one beside one that denies", func(o *inventory.Organization) {
			o.Levels[1].Policies = append(o.Levels[1].Policies, "p-gone", "p-deny")
			o.Policies = append(o.Policies, inventory.ControlPolicy{ID: "p-deny", Document: denyAll})
		}, true, orgpolicy.Denied},
	} {
		a := account("111122223333", "", func(a *inventory.Account) { tt.change(a.Organization) })
		s := NewJudge().State(a, &policy.Policy{})
		e, known := s.Effect(orgpolicy.CreateUser)
		if !known {
			e = ""
		}
		if s.Ready != tt.ready || e != tt.effect || s.Ready == (len(s.Blockers) > 0) || s.Guarded(orgpolicy.CreateUser) != (tt.effect == orgpolicy.Denied) {
			t.Errorf("%s: ready %v, %q, %+v", tt.name, s.Ready, e, s.Blockers)
		}
		if _, lacks := a.Lacks(inventory.FactControlPolicies, "", ""); lacks != (tt.name == "no level") {
			t.Errorf("%s: the fact is missing: %v", tt.name, lacks)
		}
	}
}
