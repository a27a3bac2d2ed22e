package checks

import "github.com/keysweep/keysweep/internal/inventory"

// gaps answers what inventory.Account.Lacks answers, from an index: an account of
// thousands of users, each with a refused call, would be walked once a check otherwise.
// A nil gaps lacks nothing.
type gaps struct {
	account map[inventory.Fact]inventory.Missing
	users   map[string][]inventory.Missing // by user name
}

// gapsOf indexes what is missing in an account that was read at all.
func gapsOf(a *inventory.Account) *gaps {
	if len(a.Missing) == 0 {
		return nil
	}
	g := &gaps{account: map[inventory.Fact]inventory.Missing{}, users: map[string][]inventory.Missing{}}
	for _, m := range a.Missing {
		if m.Service != "" || m.Region != "" {
			continue // of resources, which ask the account
		}
		if m.User != "" {
			g.users[m.User] = append(g.users[m.User], m)
			continue
		}
		if _, ok := g.account[m.Fact]; !ok {
			g.account[m.Fact] = m
		}
	}
	return g
}

// lacks returns why a fact is missing for a user and a credential of it.
func (g *gaps) lacks(f inventory.Fact, user, credential string) (inventory.Missing, bool) {
	if g == nil {
		return inventory.Missing{}, false
	}
	if m, ok := g.account[f]; ok {
		return m, true
	}
	for _, m := range g.users[user] {
		if m.Fact == f && (m.Credential == "" || m.Credential == credential) {
			return m, true
		}
	}
	return inventory.Missing{}, false
}

// lacks returns why a fact is missing for the subject. About the last use of the keys of
// a user, each active key is asked: one that is not known leaves the user undecided.
func (s *Subject) lacks(f inventory.Fact) (inventory.Missing, bool) {
	if f == inventory.FactLeaks {
		return s.Account.Lacks(f, "", "")
	}
	if s.Resource != nil {
		return s.lacksOfResource(f)
	}
	if s.kind == SubjectAccount {
		return s.Account.LacksAnywhere(f) // missing for one user, it is missing for the whole
	}
	if f == inventory.FactKeyUse && s.Key != nil {
		return s.lacksUse()
	}
	if m, ok := s.gaps.lacks(f, s.userName(), s.credentialID()); ok {
		return m, true
	}
	if f != inventory.FactAccessKeyLastUsed || s.Key != nil || s.User == nil || s.gaps == nil {
		return inventory.Missing{}, false
	}
	for i := range s.User.Keys {
		k := &s.User.Keys[i]
		if m, ok := s.gaps.lacks(f, s.User.Name, k.ID); ok && k.Active {
			return m, true
		}
	}
	return inventory.Missing{}, false
}

// lacksUse is lacks for where the subject's key is used from. Of a key that is deactivated nobody has to know it.
func (s *Subject) lacksUse() (inventory.Missing, bool) {
	if s.Key.UsesKnown || !s.Key.Active {
		return inventory.Missing{}, false
	}
	if m, ok := s.gaps.lacks(inventory.FactKeyUse, s.userName(), s.Key.ID); ok {
		return m, true
	}
	return inventory.Missing{Fact: inventory.FactKeyUse, Cause: "CloudTrail was not asked about the key", Offline: true}, true
}

// lacksOfResource is lacks for a fact about a resource. What was found in it was seen, whatever
// else of its region was not.
func (s *Subject) lacksOfResource(f inventory.Fact) (inventory.Missing, bool) {
	switch r := s.Resource; {
	case f == inventory.FactComputeKeys && len(r.Keys) > 0, f == inventory.FactInstances && r.Running > 0:
		return inventory.Missing{}, false
	case f == inventory.FactComputeKeys && r.Unread > 0:
		return inventory.Missing{Fact: f, Service: r.Service, Region: r.Region, Cause: "a file of its configuration was not read"}, true
	case f == inventory.FactComputeKeys, f == inventory.FactInstances:
		return s.Account.LacksAt(f, r.Service, r.Region)
	}
	return s.Account.LacksAnywhere(f)
}

// credentialID is the id by which a missing fact names the subject's credential.
func (s *Subject) credentialID() string {
	switch {
	case s.Key != nil:
		return s.Key.ID
	case s.Service != nil:
		return s.Service.ID
	case s.SSH != nil:
		return s.SSH.ID
	case s.Certificate != nil:
		return s.Certificate.ID
	}
	return ""
}

// unassessed says why a check cannot be assessed for the subject; empty when it can.
func (c *Check) unassessed(s *Subject) string {
	for _, f := range c.Needs {
		if m, ok := s.lacks(f); ok {
			return notCollected(m)
		}
	}
	if c.unsure != nil {
		return c.unsure(s)
	}
	return ""
}

// notCollected is the words for one missing fact.
func notCollected(m inventory.Missing) string {
	out := string(m.Fact) + " not collected"
	if m.Action != "" {
		out += " (" + m.Action + ")"
	}
	return out
}
