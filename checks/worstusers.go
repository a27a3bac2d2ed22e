package checks

import (
	"cmp"
	"slices"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// WorstUsers names the users of an account who work with a key that a finding will say to replace by a
// role: a key that is in use and found old, doubled, leaked or standing in a resource. What such a
// user calls is worth asking. The worst severity comes first, then the oldest key, then the name, so that one
// more use of a key changes nothing; each stands once. Exempt findings and unused keys name nobody.
func WorstUsers(a *inventory.Account, p *policy.Policy, now time.Time) []string {
	e, ok := newEvaluation(a, p, Options{Now: now})
	if !ok || a.ReportOnly {
		return nil
	}
	var all []keyUser
	e.each(func(at spot) {
		if u, ok := e.keyUser(at); ok {
			all = append(all, u)
		}
	})
	slices.SortFunc(all, func(x, y keyUser) int {
		return cmp.Or(cmp.Compare(y.rank, x.rank), x.since.Compare(y.since), cmp.Compare(x.name, y.name))
	})
	var names []string
	for _, u := range all {
		if !slices.Contains(names, u.name) {
			names = append(names, u.name)
		}
	}
	return names
}

// keyUser is a user as one finding about its key ranks it.
type keyUser struct {
	name  string
	rank  int // of the severity
	since time.Time
}

// keyUser is the user whose key in use the subject is about; false where there is none, or no finding.
func (e *evaluation) keyUser(at spot) (keyUser, bool) {
	s := &e.s
	u := s.keyUser()
	if u == nil || u != s.User && !slices.ContainsFunc(e.account.Users, func(own inventory.User) bool { return own.ARN == u.ARN }) {
		return keyUser{}, false
	}
	if at.held = e.held(at); at.held == 0 {
		return keyUser{}, false
	}
	n := e.named(at)
	return keyUser{u.Name, n.severity.Rank(), s.since()}, n.exemption == nil
}

// keyUser is the user of the subject's key in use: the subject's own, or the one whose key a resource
// holds. Nil: the subject is about no key, or about one that is not in use.
func (s *Subject) keyUser() *inventory.User {
	switch _, o, ok := s.owner(); {
	case ok && o.Key.Active:
		return o.User
	case s.User == nil:
		return nil
	case s.Name == idDuplicateAccessKeys && slices.ContainsFunc(s.User.Keys, s.inUse), s.Key != nil && s.inUse(*s.Key):
		return s.User
	}
	return nil
}

// inUse reports whether a key is active and was used within unused-days.
func (s *Subject) inUse(k inventory.AccessKey) bool {
	return k.Active && !k.LastUsed.IsZero() && !s.unusedKey(&k)
}
