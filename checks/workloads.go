package checks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Workload counts the keys of one owner in one account that something other than a person uses.
type Workload struct {
	Owner string // empty: nobody is named
	Rule  string // which rule named the owner
	Keys  int
}

// Workloads counts, by owner, the active keys of an account that were used within
// unused-days by users that are neither people nor kept for emergencies. A key of which the
// last use was not collected is not counted. Sorted by owner; nil when there is none.
func Workloads(a *inventory.Account, p *policy.Policy, o Options) []Workload {
	e, ok := newEvaluation(a, p, o)
	if !ok {
		return nil
	}
	var out []Workload
	for i := range a.Users {
		e.s.User = &a.Users[i]
		if keys := e.s.workingKeys(); keys > 0 {
			out = addWorkload(out, e.ownerOf(e.s.User), keys)
		}
	}
	slices.SortFunc(out, func(a, b Workload) int { return cmp.Compare(a.Owner, b.Owner) })
	return out
}

// workingKeys is the number of keys by which a workload acts as the subject's user.
func (s *Subject) workingKeys() int {
	if isPerson(s) || s.Policy.IsBreakGlass(s.User.ARN) {
		return 0
	}
	n := 0
	for _, k := range s.User.Keys {
		if s.inUse(k) {
			n++
		}
	}
	return n
}

// ownerOf names who owns a user. Hidden, an owner that a tag names is left out, as it is in
// a finding.
func (e *evaluation) ownerOf(u *inventory.User) Workload {
	tags, shown := u.Tags, e.account.ID
	if e.display != nil {
		tags, shown = nil, e.display.Account(e.account.ID)
	}
	owner, _, rule := e.policy.Owner(e.account.ID, u.Name, tags)
	return Workload{Owner: owner, Rule: strings.Replace(rule, e.account.ID, shown, 1)}
}

func addWorkload(all []Workload, w Workload, keys int) []Workload {
	for i := range all {
		if all[i].Owner == w.Owner {
			all[i].Keys += keys
			return all
		}
	}
	w.Keys = keys
	return append(all, w)
}
