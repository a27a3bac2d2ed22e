package awscollect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

const denyKeys = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateAccessKey","Resource":"*"}]}`

// wholeOrganization is the account prod in Workloads/Prod of an organization whose first role is in its
// management account.
func wholeOrganization() *awssim.World {
	w := world(&awssim.Account{ID: member, Users: []awssim.User{simUser(member, 1, "alice", 20)}})
	w.Organization = []awssim.Member{{ID: hub, Name: "main", State: "ACTIVE"}, {ID: member, Name: "prod", State: "ACTIVE"}}
	w.Tree = &awssim.Tree{
		Management: hub, Delegated: []string{member}, Features: []string{"RootCredentialsManagement", "RootSessions"},
		Units:   []awssim.Unit{{ID: "ou-sim0-workload", Name: "Workloads"}, {ID: "ou-sim0-prodprod", Name: "Prod", Parent: "ou-sim0-workload"}},
		Parents: map[string]string{member: "ou-sim0-prodprod"},
		Policies: []awssim.ControlPolicy{
			{ID: "p-keys0000", Name: "no keys", Document: denyKeys, Targets: []string{"ou-sim0-prodprod"}},
			{ID: "p-detached", Name: "of nobody", Document: denyKeys},
		},
		Bare: []string{"ou-sim0-prodprod"},
	}
	return w
}

// audited are the accounts of a run, by id.
func auditedOrg(t *testing.T, c *Collector, spec ...string) map[string]*inventory.Account {
	t.Helper()
	targets, err := c.Targets(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*inventory.Account{}
	c.Each(t.Context(), targets, nothing, func(a *inventory.Account) { out[a.ID] = a })
	for _, a := range out {
		roundTrip(t, a)
	}
	return out
}

func organizationWant(named bool) *inventory.Organization {
	o := &inventory.Organization{
		ID: "o-simulated0", Management: hub,
		Levels: []inventory.Level{
			{ID: awssim.RootID, Name: "Root", Policies: []string{"p-FullAWSAccess"}},
			{ID: "ou-sim0-workload", Name: "Workloads", Policies: []string{"p-FullAWSAccess"}},
			{ID: "ou-sim0-prodprod", Name: "Prod", Policies: []string{"p-keys0000"}},
			{ID: member, Policies: []string{"p-FullAWSAccess"}},
		},
		Policies: []inventory.ControlPolicy{
			{ID: "p-FullAWSAccess", Name: "FullAWSAccess", Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
			{ID: "p-keys0000", Name: "no keys", Document: denyKeys},
		},
	}
	if !named {
		o.Levels[1].Name, o.Levels[2].Name = "", ""
	}
	return o
}

func TestOrganization(t *testing.T) {
	for _, paths := range []bool{false, true} {
		w := wholeOrganization()
		w.Tree.Paths = paths
		w.PageSize = 1
		c, s := start(t, w)
		accounts := auditedOrg(t, c, Organization)
		if diff := cmp.Diff(organizationWant(!paths), accounts[member].Organization); diff != "" {
			t.Errorf("paths %v (-want +got):\n%s", paths, diff)
		}
		main := accounts[hub].Organization
		if !slices.Equal(main.CentralRoot, []string{"RootCredentialsManagement", "RootSessions"}) || !slices.Equal(main.Delegated, []string{member}) {
			t.Errorf("management account: %+v", main)
		}
		for id, a := range accounts {
			if a.Status != inventory.Audited {
				t.Errorf("%s is %s: %v", id, a.Status, missingLines(a))
			}
		}
		if n := s.Count(); n["organizations:ListOrganizationalUnitsForParent"] > 0 == paths || n["organizations:DescribePolicy"] != 2 {
			t.Errorf("paths %v: calls %v", paths, n)
		}
	}
}

// Where the organization cannot be read its facts are missing, and never clean. That is a fault only for
// who asked for the organization.
func TestOrganizationRefused(t *testing.T) {
	all := []string{"central-root-access", "service-control-policies"}
	for _, row := range []struct {
		action  string
		missing []string // of prod, in a run over the organization
		manager []string // of the management account
	}{
		{"organizations:DescribeOrganization", all, all},
		{"organizations:ListRoots", all, all},
		{"organizations:ListOrganizationalUnitsForParent", all[1:], all[1:]},
		{"organizations:ListAccountsForParent", all[1:], all[1:]},
		{"organizations:ListPolicies", all[1:], all[1:]},
		{"organizations:ListTargetsForPolicy", all[1:], all[1:]},
		{"organizations:DescribePolicy", []string{"service-control-policy-documents"}, []string{"service-control-policy-documents"}},
		{"organizations:ListDelegatedAdministrators", nil, nil},
		{"iam:ListOrganizationsFeatures", nil, all[:1]},
	} {
		for _, spec := range []string{Organization, member} {
			w := wholeOrganization()
			w.Faults = []awssim.Fault{{Action: row.action, Status: 400, Code: "AccessDeniedException", Message: "no identity-based policy allows it"}}
			c, _ := start(t, w)
			accounts := auditedOrg(t, c, spec)
			for id, want := range map[string][]string{member: row.missing, hub: row.manager} {
				a := accounts[id]
				if a == nil {
					continue
				}
				var got []string
				for _, m := range a.Missing {
					if !m.Offline {
						got = append(got, string(m.Fact))
					}
				}
				status := inventory.Audited
				if spec != Organization {
					want = nil
				} else if want != nil {
					status = inventory.Partial
				}
				if diff := cmp.Diff(want, slices.Compact(got)); diff != "" || a.Status != status {
					t.Errorf("%s refused, accounts %s: %s is %s, missing (-want +got):\n%s", row.action, spec, id, a.Status, diff)
				}
			}
			if _, lacks := accounts[member].Lacks(inventory.FactControlPolicies, "", ""); !lacks && len(row.missing) > 0 && row.missing[0] != "service-control-policy-documents" {
				t.Errorf("%s refused, accounts %s: the policies count as known", row.action, spec)
			}
		}
	}
}

// An account that the organization does not hold, an organization without policies, a member that asks.
func TestOrganizationElsewhere(t *testing.T) {
	w := wholeOrganization()
	w.Organization = w.Organization[:1]
	c, _ := start(t, w)
	a := auditedOrg(t, c, member)[member]
	if _, lacks := a.Lacks(inventory.FactControlPolicies, "", ""); !lacks || a.Status != inventory.Audited {
		t.Errorf("a stranger: %s, %+v", a.Status, a.Organization)
	}
	w = wholeOrganization()
	w.Tree.PoliciesOff = true
	c, s := start(t, w)
	a = auditedOrg(t, c, Organization)[member]
	if _, lacks := a.Lacks(inventory.FactControlPolicies, "", ""); lacks || !a.Organization.PoliciesOff || s.Count()["organizations:ListPolicies"] != 0 {
		t.Errorf("without policies: %+v", a.Organization)
	}
	w = wholeOrganization()
	w.Tree.Management, w.Tree.Delegated = member, nil
	c, _ = start(t, w)
	a = auditedOrg(t, c, member)[member]
	if a.Organization != nil || a.Status != inventory.Audited {
		t.Errorf("from a member: %s, %+v", a.Status, a.Organization)
	}
	w = wholeOrganization()
	w.Tree.Untrusted = true
	c, _ = start(t, w)
	a = auditedOrg(t, c, Organization)[hub]
	if _, lacks := a.Lacks(inventory.FactCentralRoot, "", ""); lacks || len(a.Organization.CentralRoot) != 0 {
		t.Errorf("without trusted access: %+v, missing %v", a.Organization, missingLines(a))
	}
}

// The calls about an organization of 5,000 accounts in 200 units with 60 policies: none is made for each
// account, and none twice.
func TestCallsForALargeOrganization(t *testing.T) {
	w := world()
	w.Tree = &awssim.Tree{Management: hub}
	for u := range 200 {
		unit := awssim.Unit{ID: fmt.Sprintf("ou-sim0-%08d", u), Name: fmt.Sprint("unit ", u)}
		if u >= 20 {
			unit.Parent = fmt.Sprintf("ou-sim0-%08d", u%20)
		}
		w.Tree.Units = append(w.Tree.Units, unit)
	}
	w.Tree.Parents = map[string]string{}
	for a := range 5000 {
		id := fmt.Sprintf("%012d", 300000000000+a)
		w.Organization = append(w.Organization, awssim.Member{ID: id, Name: id, State: "ACTIVE"})
		w.Tree.Parents[id] = w.Tree.Units[a%200].ID
	}
	for p := range 60 {
		w.Tree.Policies = append(w.Tree.Policies, awssim.ControlPolicy{
			ID: fmt.Sprintf("p-%08d", p), Document: denyKeys, Targets: []string{w.Tree.Units[3*p].ID, w.Tree.Units[3*p+1].ID},
		})
	}
	c, s := start(t, w)
	if _, err := c.Targets(t.Context(), []string{Organization}); err != nil {
		t.Fatal(err)
	}
	o := c.organization(t.Context())
	if len(o.parents) != 5000 || len(o.units) != 201 || len(o.policies) != 61 || len(o.missing) > 0 {
		t.Errorf("%d accounts, %d units, %d policies, missing %v", len(o.parents), len(o.units), len(o.policies), o.missing)
	}
	want := map[string]int{
		"organizations:DescribeOrganization":             1,
		"organizations:ListRoots":                        1,
		"organizations:ListAccounts":                     250, // 5,000 by 20
		"organizations:ListOrganizationalUnitsForParent": 201, // the root and each unit, 20 a page
		"organizations:ListAccountsForParent":            401, // the root has none, each unit 25: two pages
		"organizations:ListPolicies":                     4,   // 61 by 20
		"organizations:ListTargetsForPolicy":             60 + 261,
		"organizations:DescribePolicy":                   61,
		"organizations:ListDelegatedAdministrators":      1,
		"iam:ListOrganizationsFeatures":                  1,
	}
	got := s.Count()
	maps.DeleteFunc(got, func(action string, _ int) bool { return strings.HasPrefix(action, "sts:") })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// The calls of an action keep to its rate.
func TestOrganizationRates(t *testing.T) {
	p := &ratePacer{second: 50 * time.Millisecond, turns: map[action]*time.Ticker{}}
	defer p.stop()
	begin := time.Now()
	for range 5 {
		if err := p.wait(t.Context(), actDescribePolicy); err != nil {
			t.Fatal(err)
		}
	}
	// The first goes at once, the other four need half of what stands for a second each.
	if took := time.Since(begin); took < 95*time.Millisecond {
		t.Errorf("five calls at two a second took %s", took)
	}
}
