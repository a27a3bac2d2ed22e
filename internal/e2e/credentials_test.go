//go:build moto

package e2e

import (
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/ghfake"
)

// TestFirstRoleRefused: each way in which the workflow's token does not open the first role has
// its own cause and next step, and nothing is written.
func TestFirstRoleRefused(t *testing.T) {
	audience := []string{"sts.amazonaws.com"}
	for _, c := range []struct {
		name   string
		role   role
		claims map[string]any
		inputs []string
		says   []string
	}{
		{
			name: "the provider does not know the audience", role: role{audiences: []string{"other"}, subjects: []string{subject}},
			says: []string{"audience", "sts.amazonaws.com"},
		},
		{
			name: "the trust policy names another branch", role: role{audiences: audience, subjects: []string{subject}},
			claims: map[string]any{"sub": "repo:acme/backlog:ref:refs/heads/feature"},
			says:   []string{"repo:acme/backlog:ref:refs/heads/feature"},
		},
		{
			name: "the repository has an immutable subject", role: role{audiences: audience, subjects: []string{subject}},
			claims: map[string]any{"sub": "repo:acme@11/backlog@22:ref:refs/heads/main"},
			says:   []string{"repo:acme@11/backlog@22:ref:refs/heads/main"},
		},
		{
			name: "there is no provider", role: role{subjects: []string{subject}},
			says: []string{"OIDC provider", management},
		},
		{
			name: "there is no such role", role: role{audiences: audience, subjects: []string{subject}},
			inputs: []string{"role-to-assume=arn:aws:iam::" + management + ":role/mistyped"},
			says:   []string{"mistyped"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSetting(t)
			s.proxy.trust(firstRole, c.role)
			s.github.SetClaims(c.claims)
			o := s.audit(c.inputs...)
			if o.status != faulty {
				t.Errorf("exit status %d, want %d", o.status, faulty)
			}
			for _, words := range c.says {
				if !strings.Contains(o.output, words) {
					t.Errorf("the output does not say %q", words)
				}
			}
			if w := s.writes(); len(w) != 0 {
				t.Errorf("wrote:\n%s", strings.Join(w, "\n"))
			}
		})
	}
}

// TestExternalID: the input reaches every member role, and a wrong one is told.
func TestExternalID(t *testing.T) {
	s := newSetting(t)
	for _, id := range s.org.ids {
		s.proxy.trust("arn:aws:iam::"+id+":role/"+memberRole, role{trusts: management, externalID: "acme-keysweep"})
	}
	if o := s.audit("external-id=acme-keysweep", "dry-run=true"); o.status != done {
		t.Errorf("with the external id: exit status %d, want %d", o.status, done)
	}
	o := s.audit("external-id=mistyped", "dry-run=true")
	if o.status != notCovered {
		t.Errorf("with a wrong external id: exit status %d, want %d", o.status, notCovered)
	}
	if a := o.accounts["payments"]; a.Status != "failed" {
		t.Errorf("with a wrong external id payments is %s", a.Status)
	}
	if !strings.Contains(o.output, "external-id") {
		t.Errorf("the output does not speak of the external-id")
	}
}

// TestPublicRepository: the findings of an audit are never written where everybody can read them.
func TestPublicRepository(t *testing.T) {
	s := newSetting(t)
	s.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Visibility = "public" })
	o := s.audit()
	if o.status != 2 {
		t.Errorf("exit status %d, want 2", o.status)
	}
	if w := s.writes(); len(w) != 0 {
		t.Errorf("wrote:\n%s", strings.Join(w, "\n"))
	}
}
