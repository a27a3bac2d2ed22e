package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The facts about the organization. Where it was not looked at, or cannot be read from here, they are
// missing and that is no fault: see noOrganization.
const (
	// FactControlPolicies is where in the organization the account stands, and the service control
	// policies on its way from the root.
	FactControlPolicies Fact = "service-control-policies"
	// FactControlDocuments is the text of one of these policies. No check needs it: the policy says itself
	// that it could not be read, and what it may decide stays open. The refused call is named.
	FactControlDocuments Fact = "service-control-policy-documents"
	// FactCentralRoot is whether the organization manages root credentials centrally. Only the
	// management account has it.
	FactCentralRoot Fact = "central-root-access"
)

// Organization is what is known of the organization of an account, as far as it is about this account:
// every saved account can be judged by itself.
type Organization struct {
	ID string `json:"id"` // o-…
	// Management is the id of the management account, which no service control policy reaches.
	Management string `json:"management_account"`
	// PoliciesOff says that service control policies are not in use in the organization.
	PoliciesOff bool `json:"policies_off,omitempty"`
	// Levels are the root, each organizational unit on the way down, and the account, in this order;
	// empty where FactControlPolicies is missing.
	Levels []Level `json:"levels,omitempty"`
	// Policies are those that stand at the levels, each once, sorted by id.
	Policies []ControlPolicy `json:"policies,omitempty"`
	// CentralRoot are the features of central root access that are on: RootCredentialsManagement,
	// RootSessions. Of the management account only.
	CentralRoot []string `json:"central_root,omitempty"`
	// Delegated are the accounts that the management account has made administrators of something.
	// Of the management account only.
	Delegated []string `json:"delegated_administrators,omitempty"`
}

// Level is one level on the way from the root to an account, and the ids of the policies there, sorted.
type Level struct {
	ID       string   `json:"id"` // r-…, ou-… or the account's
	Name     string   `json:"name,omitempty"`
	Policies []string `json:"policies"`
}

// ControlPolicy is one service control policy.
type ControlPolicy struct {
	ID   string `json:"id"` // p-…
	Name string `json:"name,omitempty"`
	// Document is its text, hostile; Fault says why it is not known, and then Document is empty.
	Document string `json:"document,omitempty"`
	Fault    string `json:"fault,omitempty"`
}

// Features of central root access.
const (
	RootCredentialsManagement = "RootCredentialsManagement"
	RootSessions              = "RootSessions"
)

// IsManagement reports whether the account is known to be the management account of its organization.
func (a *Account) IsManagement() bool {
	return a.Organization != nil && a.Organization.Management == a.ID
}

// noOrganization is the missing fact of an account whose organization was not read. Central root access
// is nothing that a member account could lack.
func (a *Account) noOrganization(f Fact) (Missing, bool) {
	cause := "the organization was not read: the account is in none, or it cannot be read from here"
	switch o := a.Organization; {
	case f != FactControlPolicies && f != FactCentralRoot:
		return Missing{}, false
	case o == nil:
	case f == FactControlPolicies && !o.PoliciesOff && !a.IsManagement() && len(o.Levels) == 0:
		// Where policies are in use each account stands somewhere: without a level nothing is known, and not nothing denied.
		cause = "where the account stands in its organization was not read"
	default:
		return Missing{}, false
	}
	for _, m := range a.Missing {
		if m.Fact == f {
			return m, true
		}
	}
	return Missing{Fact: f, Cause: cause, Offline: true}, true
}

func (o *Organization) sort() {
	if o == nil {
		return
	}
	for i := range o.Levels {
		slices.Sort(o.Levels[i].Policies)
	}
	slices.SortStableFunc(o.Policies, func(a, b ControlPolicy) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(o.CentralRoot)
	slices.Sort(o.Delegated)
}

// canonical is a copy that shares no list.
func (o *Organization) canonical() *Organization {
	if o == nil {
		return nil
	}
	c := *o
	c.Levels, c.Policies = slices.Clone(o.Levels), slices.Clone(o.Policies)
	for i := range c.Levels {
		c.Levels[i].Policies = list(c.Levels[i].Policies)
	}
	c.CentralRoot, c.Delegated = slices.Clone(o.CentralRoot), slices.Clone(o.Delegated)
	return &c
}

// validate holds the organization of a saved account to what can be: a level whose policy is not there
// would be judged as if it allowed nothing.
func (o *Organization) validate(account string) error {
	if o == nil {
		return nil
	}
	if !validAccountID(o.Management) {
		return fmt.Errorf("organization.management_account: %q is not 12 digits", clip(o.Management))
	}
	if !validOrganizationID(o.ID) {
		return fmt.Errorf("organization.id: %q is none", clip(o.ID))
	}
	known := map[string]bool{}
	for i, p := range o.Policies {
		switch {
		case !validOrganizationID(p.ID) || known[p.ID]:
			return fmt.Errorf("organization.policies[%d].id: %q is none, or stands there twice", i, clip(p.ID))
		case (p.Document == "") == (p.Fault == ""):
			return fmt.Errorf("organization.policies[%d]: it has not one of document and fault", i)
		}
		known[p.ID] = true
	}
	for i, l := range o.Levels {
		if !validOrganizationID(l.ID) {
			return fmt.Errorf("organization.levels[%d].id: %q is none", i, clip(l.ID))
		}
		for _, p := range l.Policies {
			if !known[p] {
				return fmt.Errorf("organization.levels[%d].policies: %q is none of organization.policies", i, clip(p))
			}
		}
	}
	if n := len(o.Levels); n > 0 && o.Levels[n-1].ID != account {
		return fmt.Errorf("organization.levels: the last of them is not account %s", account)
	}
	return nil
}

// validOrganizationID takes what Organizations calls an id: o-…, r-…, ou-…, p-…, 12 digits.
func validOrganizationID(s string) bool {
	return s != "" && len(s) <= 130 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
