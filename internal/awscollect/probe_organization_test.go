package awscollect

import (
	"slices"
	"testing"

	"github.com/keysweep/keysweep/internal/awssim"
)

// Every action about the organization but the list of its accounts, which is tried before, is tried once,
// and one that is refused is named.
func TestProbeOrganization(t *testing.T) {
	want := slices.DeleteFunc(slices.Clone(organizationActions), func(a action) bool { return a == actListAccounts })
	for _, refused := range append([]action{""}, want...) {
		w := wholeOrganization()
		if refused != "" {
			w.Faults = []awssim.Fault{{Action: string(refused), Status: 400, Code: "AccessDeniedException", Message: "no"}}
		}
		c, _ := start(t, w)
		if _, err := c.Targets(t.Context(), []string{Organization}); err != nil {
			t.Fatal(err)
		}
		for _, p := range c.ProbeOrganization(t.Context()) {
			if p.Calls != 1 || (p.Fault != nil) != (p.Action == string(refused)) {
				t.Errorf("%s refused: %+v", refused, p)
			}
			if refused == "" && !slices.Contains(want, action(p.Action)) {
				t.Errorf("tried %s", p.Action)
			}
		}
	}
	c, _ := start(t, world())
	if got := c.ProbeOrganization(t.Context()); got != nil {
		t.Errorf("without an organization: %+v", got)
	}
}
