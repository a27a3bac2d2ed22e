//go:build moto

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPlan: a plan lists the organization, and goes into no account.
func TestPlan(t *testing.T) {
	s := newSetting(t)
	o := s.audit("mode=plan")
	if o.status != 0 || o.outputs["matrix"] != `{"include": [{"shard": "1/1", "accounts": 4}]}` {
		t.Errorf("exit status %d, matrix %q", o.status, o.outputs["matrix"])
	}
	for name, id := range s.org.ids {
		want := []string{}
		if name == "management" {
			want = []string{"organizations:ListAccounts", "sts:AssumeRoleWithWebIdentity"}
		}
		called := append([]string{}, s.proxy.actions(id)...)
		slices.Sort(called)
		if d := cmp.Diff(want, called); d != "" {
			t.Errorf("calls in %s (-want +got):\n%s", name, d)
		}
		if !strings.Contains(o.output, id) {
			t.Errorf("the plan does not name %s", name)
		}
	}
	if w := s.writes(); len(w) > 0 {
		t.Errorf("a plan wrote: %v", w)
	}
}
