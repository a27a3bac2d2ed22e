package checks

import (
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Evaluate returns the findings of an account, sorted: one for each subject for which a
// check holds. An account that could not be read, and a fact that was not collected, give
// none: what was not seen is neither found nor cleared. The facts are not changed.
func Evaluate(a *inventory.Account, p *policy.Policy, o Options) []Finding {
	e, ok := newEvaluation(a, p, o)
	if !ok {
		return nil
	}
	var room [24]spot // most accounts have fewer findings
	spots := room[:0]
	e.each(func(at spot) {
		if at.held = e.held(at); at.held != 0 {
			spots = append(spots, at)
		}
	})
	findings := make([]Finding, len(spots))
	for i, at := range spots {
		e.point(at)
		e.build(&findings[i], at)
	}
	Sort(findings)
	return findings
}

// evaluation walks the subjects of one account. It has one Subject, which it points at
// one after the other.
type evaluation struct {
	account *inventory.Account
	policy  *policy.Policy
	display *Display
	s       Subject
}

// newEvaluation prepares to walk an account; false when there is nothing to read in it.
func newEvaluation(a *inventory.Account, p *policy.Policy, o Options) (*evaluation, bool) {
	if a.Status == inventory.Failed || a.Status == inventory.Skipped {
		return nil, false
	}
	if name := p.Accounts[a.ID].Name; a.Name == "" && name != "" {
		named := *a
		named.Name, a = name, &named
	}
	return &evaluation{
		account: a, policy: p, display: o.Display,
		s: Subject{
			Account: a, Policy: p, Now: o.Now, gaps: gapsOf(a), leaks: leaksOf(a), keys: keysFor(a, o.Keys),
			guard: &guard{account: a, policy: p, judge: o.Guards},
		},
	}, true
}

// keysFor are the keys that an account is judged with.
func keysFor(a *inventory.Account, all *Keys) *Keys {
	bare := a.Compute == nil || len(a.Compute.Resources) == 0
	if all != nil || bare && len(a.Addresses) == 0 {
		return all
	}
	return KeysOf([]*inventory.Account{a})
}

// each visits every subject of the account, with the evaluation pointed at it.
func (e *evaluation) each(visit func(spot)) {
	for g := range groups {
		switch groups[g].kind {
		case SubjectRoot, SubjectAccount:
			e.visit(visit, spot{group: uint8(g), user: -1})
		case SubjectResource:
			for i := range e.resources() {
				e.visit(visit, spot{group: uint8(g), user: -1, item: int32(i)})
			}
		}
	}
	for u := range e.account.Users {
		for g := range groups {
			if groups[g].ofAccount() {
				continue
			}
			for i := range groups[g].count(&e.account.Users[u]) {
				e.visit(visit, spot{group: uint8(g), user: int32(u), item: int32(i)})
			}
		}
	}
}

// resources are the resources of the account of which there is anything to tell.
func (e *evaluation) resources() []inventory.Resource {
	if e.account.Compute == nil {
		return nil
	}
	return e.account.Compute.Resources
}

func (e *evaluation) visit(visit func(spot), at spot) {
	e.point(at)
	visit(at)
}

// point makes the evaluation's subject the one at a spot.
func (e *evaluation) point(at spot) {
	g := &groups[at.group]
	e.s.kind = g.kind
	if at.user < 0 {
		e.s.Name, e.s.User = g.name, nil
		e.s.Key, e.s.Service, e.s.SSH, e.s.Certificate, e.s.Resource = nil, nil, nil, nil, nil
		if g.kind == SubjectResource {
			e.s.Resource = &e.resources()[at.item]
		}
		return
	}
	g.point(&e.s, &e.account.Users[at.user], int(at.item))
}

// held tells, bit by bit, which checks of the spot's group hold for the subject.
func (e *evaluation) held(at spot) uint8 {
	var held uint8
	for i, c := range groups[at.group].checks {
		if e.holds(c) {
			held |= 1 << i
		}
	}
	return held
}

// holds reports whether a check that is switched on and can be assessed holds for the
// subject and is not silent for it.
func (e *evaluation) holds(c *Check) bool {
	if e.policy.Checks[c.ID].Disabled || c.unassessed(&e.s) != "" || !c.Holds(&e.s) {
		return false
	}
	return !e.silent(c)
}

// silent reports whether the check says nothing about this user because it breaks glass.
func (e *evaluation) silent(c *Check) bool {
	return c.BreakGlass && e.s.User != nil && e.policy.IsBreakGlass(e.s.User.ARN)
}

// naming is what of the checks that hold makes the finding.
type naming struct {
	check     *Check
	exemption *ExemptionRef
	also      []string
	severity  Severity
	raised    bool
	notes     []string // about checks that hold and are exempt
}

// exempt returns the exemption of a check for the subject, if there is one today.
func (e *evaluation) exempt(c *Check) (policy.Exemption, bool) {
	return e.policy.Exempt(c.ID, e.account.ID, e.s.userName(), e.s.keyID(), e.s.Now)
}

// named finds the first check in order of rank that is not exempt; it names the finding,
// the others that are not exempt stand beside it. When all are exempt, the first names it
// and the finding is exempt.
func (e *evaluation) named(at spot) naming {
	var n, all naming
	for i, c := range groups[at.group].checks {
		if at.held&(1<<i) == 0 {
			continue
		}
		x, ok := e.exempt(c)
		if !ok {
			e.add(&n, c)
			continue
		}
		ref := &ExemptionRef{Reason: x.Reason, Expires: dateOf(x.Expires)}
		if all.check == nil {
			all.exemption = ref
		}
		e.add(&all, c)
		n.notes = append(n.notes, c.ID+" holds too and is exempt until "+ref.Expires+": "+oneLine(ref.Reason))
	}
	if n.check == nil {
		return all
	}
	return n
}

// add lets a check that holds name the finding or stand beside the one that does.
func (e *evaluation) add(n *naming, c *Check) {
	severity, raised := e.severity(c)
	if n.check == nil {
		n.check, n.also, n.severity, n.raised = c, none, severity, raised
		return
	}
	n.also = append(n.also, c.ID)
	if severity.Rank() > n.severity.Rank() {
		n.severity, n.raised = severity, raised
	}
}

// severity is the check's for this subject: what the policy fixed, or else its own, one
// step up when the user is administrator-like.
func (e *evaluation) severity(c *Check) (severity Severity, raised bool) {
	if fixed := e.policy.Checks[c.ID].Severity; fixed != "" {
		return Severity(fixed), false
	}
	own := c.Severity
	if c.grade != nil {
		own = c.grade(&e.s)
	}
	if e.s.User == nil || e.s.User.Administrator == "" || own == Critical {
		return own, false
	}
	return own.Raised(), true
}

// build fills the finding about the subject.
func (e *evaluation) build(f *Finding, at spot) {
	s := &e.s
	s.traits = traitsOf(s)
	n := e.named(at)
	shown := s.shown(e.display)

	f.ID, f.Incomplete = s.identity()
	f.Check, f.Also, f.Severity, f.Exemption = n.check.ID, n.also, n.severity, n.exemption
	f.Kind, f.Subject = groups[at.group].kind, s.Name
	if r := s.Resource; r != nil {
		f.Place = r.Service + "/" + r.Region
	}
	f.Title = n.check.headline(shown)
	f.AccountID, f.Account = shown.Account.ID, shown.Account.Name
	f.Resource, f.User, f.KeyID = s.resource(shown), shown.userName(), shown.keyID()
	f.Removal, f.Replace = removal(s), n.check.replace(s)
	f.Because = removalReason(s, shown, f.Removal)
	f.Why, f.Steps = n.check.Why, n.check.Steps(shown)
	f.Horizon, f.Compliance = n.check.Horizon, n.check.Controls
	f.Since, f.FactsAt = s.since(), s.factsAt(n.check)
	f.Evidence = evidence(s, shown, n)
	e.own(f)
}

// own names the owner of the finding. Hidden, an owner that a tag names is left out, since
// a tag is text from AWS; owners of the policy file are its own words and stay.
func (e *evaluation) own(f *Finding) {
	var tags map[string]string
	if e.s.User != nil && e.display == nil {
		tags = e.s.User.Tags
	}
	f.Owner, f.Assignees, f.OwnerRule = e.policy.Owner(e.account.ID, e.s.userName(), tags)
	if e.display != nil {
		f.OwnerRule = strings.Replace(f.OwnerRule, e.account.ID, f.AccountID, 1)
	}
}
