package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Asked is an open issue that no finding of its account stands behind.
type Asked struct {
	// ID is the finding's id. Subject is Finding.Subject, and Check the check that named it.
	ID, Subject, Check string
	// Thresholds are those by which the issue was written; zero when they are not known.
	Thresholds policy.Thresholds
	// User and Key are names as the issue shows them; they may be empty, and may be hidden
	// ones. They only make the proof readable: nothing is decided by them.
	User, Key string
	// Place is service and region of a resource, "lambda/eu-west-1"; empty when it is not known.
	Place string
}

// States of a Verdict.
const (
	// StateAbsent: the facts prove that nothing is left to do.
	StateAbsent = "absent"
	// StateNotAssessed: what would prove it was not collected.
	StateNotAssessed = "not-assessed"
	// StatePolicy: the facts are as they were; the policy sees them otherwise.
	StatePolicy = "policy"
)

// Verdict says why an open issue has no finding any more.
type Verdict struct {
	State string
	// Proof is one plain sentence, without a full stop, with dates and never with ages. It
	// names nobody but by the names in Asked.
	Proof string
	// LastUsed is RFC 3339; with Service and Region it is the use of a key that is active.
	LastUsed, Service, Region string
	// From is the kind of place of the newest use that CloudTrail has, in the words of SeenFrom.By; empty when it
	// is not known.
	From string
}

// Absences judges open issues of an account whose ids are not among its findings. An id
// that has a finding after all gets no verdict.
func Absences(a *inventory.Account, p *policy.Policy, now time.Time, asked []Asked) map[string]Verdict {
	out := make(map[string]Verdict, len(asked))
	e, ok := newEvaluation(a, p, Options{Now: now})
	if !ok {
		for _, q := range asked {
			out[q.ID] = notAssessed("account was not audited")
		}
		return out
	}
	index := Index(a)
	for _, q := range asked {
		place, exists := index[q.ID]
		switch {
		case q.Subject == idAccountUnreadable:
			out[q.ID] = readAgain(a, p, q)
		case allOff(p, q.Subject):
			out[q.ID] = switchedOff(q)
		case !exists:
			out[q.ID] = e.gone(q)
		case place.emptySlot:
			out[q.ID] = e.slotEmpty(place)
		default:
			if v, ok := e.cleared(q, place); ok {
				out[q.ID] = v
			}
		}
	}
	return out
}

func notAssessed(why string) Verdict { return Verdict{State: StateNotAssessed, Proof: why} }

func switchedOff(q Asked) Verdict {
	return Verdict{State: StatePolicy, Proof: "the check " + q.Check + " is switched off in the policy"}
}

// groupNamed finds the group of a subject.
func groupNamed(name string) (*group, bool) {
	for i := range groups {
		if groups[i].name == name {
			return &groups[i], true
		}
	}
	return nil, false
}

// allOff reports whether the policy switched off every check of a subject.
func allOff(p *policy.Policy, subject string) bool {
	g, ok := groupNamed(subject)
	if !ok {
		return false
	}
	for _, c := range g.checks {
		if !p.Checks[c.ID].Disabled {
			return false
		}
	}
	return true
}

// gone judges an issue whose subject is in no list of the account: proof when each list
// that would hold it was read, with every id in it.
func (e *evaluation) gone(q Asked) Verdict {
	g, ok := groupNamed(q.Subject)
	if !ok {
		return notAssessed("the check " + q.Check + " was not part of this run")
	}
	if e.account.ReportOnly {
		// The id may be made of unique ids, which a bare report does not hold.
		return notAssessed("a credential report alone does not show which user or credential is gone")
	}
	for _, f := range factsOfExistence(g) {
		if m, ok := e.lacksFor(f, q); ok {
			return notAssessed(notCollected(m))
		}
	}
	if !idsComplete(e.account, g.list) {
		return notAssessed("the ids of some users or credentials are not known")
	}
	return Verdict{State: StateAbsent, Proof: e.goneProof(q, g)}
}

// lacksFor reports whether a fact is missing that would show what an issue is about.
func (e *evaluation) lacksFor(f inventory.Fact, q Asked) (inventory.Missing, bool) {
	if service, region, ok := strings.Cut(q.Place, "/"); ok {
		return e.account.LacksAt(f, service, region)
	}
	if g, ok := groupNamed(q.Subject); ok && g.kind == SubjectResource {
		return inventory.Missing{Fact: f, Cause: "the issue does not say where the resource is"}, true
	}
	return e.account.LacksAnywhere(f)
}

// factsOfExistence are the lists that show whether a subject of the group exists.
func factsOfExistence(g *group) []inventory.Fact {
	if g.kind == SubjectResource {
		return g.checks[0].Needs[:1]
	}
	facts := []inventory.Fact{inventory.FactUsers, inventory.FactUserIDs}
	switch g.list {
	case listKeys:
		return append(facts, inventory.FactAccessKeys, inventory.FactAccessKeyIDs)
	case listServices:
		return append(facts, inventory.FactServiceCredentials)
	case listCertificates:
		return append(facts, inventory.FactCertificates)
	case listSSHKeys:
		return append(facts, inventory.FactSSHKeys)
	}
	return facts
}

// idsComplete reports whether every user, and every credential of the list, has its id.
func idsComplete(a *inventory.Account, list credentialList) bool {
	for i := range a.Users {
		u := &a.Users[i]
		if u.ID == "" {
			return false
		}
		for k := range u.Keys {
			if list == listKeys && u.Keys[k].ID == "" {
				return false
			}
		}
		for c := range u.Certificates {
			if list == listCertificates && u.Certificates[c].ID == "" {
				return false
			}
		}
	}
	return true
}

// goneProof is the sentence about a subject that is in no list.
func (e *evaluation) goneProof(q Asked, g *group) string {
	on := dateOf(listsReadAt(e.account))
	user, key := oneLine(q.User), oneLine(q.Key)
	if g.kind == SubjectResource {
		return "the resource is gone, or " + g.checks[0].cleared(&e.s) + " any more: what there is was read on " + on
	}
	if g.list == noList {
		who := "the user"
		if user != "" {
			who += " " + user
		}
		return who + " is gone: the list of users read on " + on + " does not hold it"
	}
	what := map[credentialList]string{
		listKeys: "access key", listServices: "service-specific credential",
		listCertificates: "signing certificate", listSSHKeys: "SSH key",
	}[g.list]
	if key != "" && user != "" {
		return fmt.Sprintf("the %s was deleted: user %s has no %s %s in the lists read on %s", what, user, what, key, on)
	}
	return fmt.Sprintf("the %s was deleted: no user has it in the lists read on %s", what, on)
}

// slotEmpty judges a slot of a bare report that holds nothing.
func (e *evaluation) slotEmpty(p Place) Verdict {
	e.s.User = &e.account.Users[p.at.user]
	e.s.Key, e.s.Service, e.s.SSH, e.s.Certificate = nil, nil, nil, nil
	for _, f := range factsOfExistence(&groups[p.at.group]) {
		if f == inventory.FactUserIDs || f == inventory.FactAccessKeyIDs {
			continue
		}
		if m, ok := e.s.lacks(f); ok {
			return notAssessed(notCollected(m))
		}
	}
	return Verdict{
		State: StateAbsent,
		Proof: "the credential was deleted: its place in the credential report of " + dateOf(listsReadAt(e.account)) + " is empty",
	}
}

// cleared judges an issue whose subject exists. There is no verdict when a check holds.
func (e *evaluation) cleared(q Asked, place Place) (Verdict, bool) {
	e.point(place.at)
	if e.held(place.at) != 0 {
		return Verdict{}, false
	}
	if c, ok := ByID(q.Check); ok && c.lasting != "" && !e.policy.Checks[c.ID].Disabled {
		return notAssessed(c.lasting), true
	}
	for _, c := range groups[place.at.group].checks {
		if e.policy.Checks[c.ID].Disabled || c.lasting != "" || c.sampled && c.ID != q.Check {
			continue
		}
		if why := c.unassessed(&e.s); why != "" {
			return notAssessed(why), true
		}
	}
	c, ok := ByID(q.Check)
	if !ok {
		return notAssessed("the check " + q.Check + " was not part of this run"), true
	}
	if why := e.policyChanged(q, place, c); why != "" {
		return Verdict{State: StatePolicy, Proof: why}, true
	}
	if c.unproven != nil {
		if why := c.unproven(&e.s); why != "" {
			return notAssessed(why), true
		}
	}
	v := Verdict{
		State: StateAbsent,
		Proof: "by the facts of " + dateOf(e.s.factsAt(c)) + " " + c.cleared(&e.s),
	}
	if k := e.s.Key; k != nil && k.Active {
		v.LastUsed, v.Service, v.Region = stamp(k.LastUsed), k.LastUsedService, k.LastUsedRegion
		if uses := e.s.uses(); len(uses) > 0 {
			v.From = uses[0].By
		}
	}
	return v, true
}

// policyChanged says what in the policy, and not in the facts, took the finding away;
// empty when it was the facts.
func (e *evaluation) policyChanged(q Asked, place Place, c *Check) string {
	switch {
	case e.policy.Checks[c.ID].Disabled:
		return switchedOff(q).Proof
	case e.silent(c) && c.Holds(&e.s):
		return "the policy names the user as one for emergencies"
	case place.Subject == idHumanIAMUser && !e.s.User.Password.Enabled:
		return "by the names and tags of the policy the user is no person"
	}
	before := *e.policy
	before.Thresholds = q.Thresholds
	if q.Thresholds == (policy.Thresholds{}) || q.Thresholds == e.policy.Thresholds {
		return ""
	}
	e.s.Policy = &before
	defer func() { e.s.Policy = e.policy }()
	if e.held(place.at) == 0 {
		return ""
	}
	return "a threshold of the policy changed: " + changedThresholds(q.Thresholds, e.policy.Thresholds)
}

// changedThresholds names what changed: "unused-days from 45 to 60".
func changedThresholds(from, to policy.Thresholds) string {
	var out []string
	for _, t := range []struct {
		name string
		a, b int
	}{
		{"unused-days", from.UnusedDays, to.UnusedDays},
		{"max-key-age-days", from.MaxKeyAgeDays, to.MaxKeyAgeDays},
		{"rotation-overlap-days", from.RotationOverlapDays, to.RotationOverlapDays},
		{"grace-days", from.GraceDays, to.GraceDays},
	} {
		if t.a != t.b {
			out = append(out, fmt.Sprintf("%s from %d to %d", t.name, t.a, t.b))
		}
	}
	return strings.Join(out, ", ")
}
