//go:build moto

package e2e

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allowed are the actions that a shipped template allows.
func allowed(t *testing.T, template string) []string {
	t.Helper()
	text, err := os.ReadFile(repository + "/deploy/cloudformation/" + template)
	must(t, err)
	// What stands above is the trust policy, which says who may come, not what they may do.
	_, text, _ = bytes.Cut(text, []byte("keysweep-read-iam"))
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^\s+(?:-|Action:) (\w+:[A-Z]\w+)$`).FindAllSubmatch(text, -1) {
		out = append(out, string(m[1]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestShippedRoles: the roles to deploy allow what the program calls, and nothing that it never calls.
// What only some audits call, depending on what they meet, is called by the organization of these tests.
func TestShippedRoles(t *testing.T) {
	s := newSetting(t)
	s.proxy.serve(s.org.ids["payments"], "iam:GenerateServiceLastAccessedDetails", "iam.GenerateServiceLastAccessedDetails.xml")
	s.proxy.serve(s.org.ids["payments"], keyTrail, "cloudtrail.LookupEvents.key.json")
	s.audit("dry-run=true")
	// Facts that are read again live only when an issue depends on them.
	s.audit()
	s.org.account(t, "staging").deletePassword("bob@acme.example")
	s.audit()

	var member []string
	for name, id := range s.org.ids {
		if name != "management" {
			member = append(member, s.proxy.actions(id)...)
		}
	}
	slices.Sort(member)
	if d := cmp.Diff(allowed(t, "member-role.yml"), slices.Compact(member)); d != "" {
		t.Errorf("the member role (-allowed +called):\n%s", d)
	}
	needed := []string{
		"sts:AssumeRole", "organizations:ListAccounts", "iam:ListOrganizationsFeatures", "organizations:DescribeOrganization",
		"organizations:DescribePolicy", "organizations:ListAccountsForParent", "organizations:ListDelegatedAdministrators",
		"organizations:ListOrganizationalUnitsForParent", "organizations:ListPolicies", "organizations:ListRoots", "organizations:ListTargetsForPolicy",
	}
	needed = append(needed, allowed(t, "member-role.yml")...)
	slices.Sort(needed)
	if d := cmp.Diff(allowed(t, "first-role.yml"), needed); d != "" {
		t.Errorf("the first role (-allowed +needed):\n%s", d)
	}
	called := s.proxy.actions(management)
	for _, action := range called {
		if action != "sts:AssumeRoleWithWebIdentity" && !slices.Contains(needed, action) {
			t.Errorf("the first role calls %s and its template does not allow it", action)
		}
	}
}
