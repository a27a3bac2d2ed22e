package backlog

import (
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/report"
)

// Ids of checks that the plan treats apart.
const (
	checkUnusedKey  = "unused-access-key"
	checkUnreadable = "account-unreadable"
)

// presentOpen plans an open issue whose finding is present.
func (p *planner) presentOpen(e *entry, f *checks.Finding) {
	if why := p.blind(e, f); why != "" {
		p.left(e, f, why)
		return
	}
	s := p.step(e, f)
	if e.text.recorded && e.text.marker.State == stateClosed {
		s.because("a person opened it again")
	}
	s.rec.Closed, s.rec.DuplicateOf = "", 0
	s.unlabel(LabelOutOfScope)
	if want := p.openAcceptance(e, f); want != nil {
		s.accept(want)
		return
	}
	if s.rec.Accepted != nil || e.has(LabelAccepted) {
		s.endAcceptance()
	}
	s.severityLabels()
	s.moves()
	s.write = true
	if !e.text.marked || !e.text.section || !e.text.recorded {
		s.because("our part of the text was lost")
	}
	if len(s.why) == 0 && s.act.Comment == "" && p.losesCalled(e, f) {
		s.write = false
	}
	s.finish()
}

// losesCalled reports whether the text of an issue tells what the user has called and would not any more, only
// because that could not be asked in this run.
func (p *planner) losesCalled(e *entry, f *checks.Finding) bool {
	says := func(n string) bool { return strings.HasPrefix(n, checks.CalledLead) }
	if slices.ContainsFunc(f.Evidence.Notes, says) || !strings.Contains(e.issue.Body, checks.CalledLead) {
		return false
	}
	for _, a := range p.scope.accountsOf(e.text.record) {
		if _, ok := lacks(a, f.ID, []inventory.Fact{inventory.FactServicesUsed}); ok {
			return true
		}
	}
	return false
}

// left leaves an issue that the run cannot see all of. What people accepted of it stands.
func (p *planner) left(e *entry, f *checks.Finding, why string) {
	a := e.text.record.Accepted
	if a == nil || !e.has(LabelAccepted) || a.over(p.in.Now) {
		p.notAssessed(e, why)
		return
	}
	p.accepted(f, e.issue.Number, a)
	s := p.step(e, nil)
	s.because("accepted until %s; not assessed: %s", a.Until, why)
	s.finish()
}

// blind says what keeps the run from seeing what the issue is about, although it sees
// something about the same subject: a check that could not be assessed clears nothing, so an
// issue does not move to a check behind it, nor down in severity when it is not known
// whether the user is an administrator. Empty when it sees.
func (p *planner) blind(e *entry, f *checks.Finding) string {
	old := e.text.record
	if !e.text.recorded || old.Check == f.Check && old.Severity.Rank() <= f.Severity.Rank() {
		return ""
	}
	needs, outlasts := []inventory.Fact{inventory.FactUserPolicies}, false
	if old.Check != f.Check {
		was, okWas := checks.ByID(old.Check)
		is, okIs := checks.ByID(f.Check)
		if !okWas || !okIs || is.Rank < was.Rank || p.in.Policy.Checks[old.Check].Disabled {
			return ""
		}
		needs, outlasts = was.Needs, was.Outlasts(is)
	}
	for _, a := range p.scope.accountsOf(old) {
		if old.Check != f.Check && p.exemptNow(a, f.ID, old.Check) {
			continue
		}
		if outlasts {
			return "the key is in use, and what CloudTrail was asked for does not show that no compute uses it"
		}
		if m, ok := lacks(a, f.ID, needs); ok {
			return string(m.Fact) + " was not collected in this run"
		}
	}
	return ""
}

// exemptNow reports whether the policy exempts the subject of a finding from a check: then the
// issue moves on whether the check could be assessed or not.
func (p *planner) exemptNow(a *inventory.Account, id, check string) bool {
	place := checks.Index(a)[id]
	_, ok := p.in.Policy.Exempt(check, a.ID, place.User, place.Key, p.in.Now)
	return ok
}

// lacks reports which fact is missing for the subject of a finding.
func lacks(a *inventory.Account, id string, needs []inventory.Fact) (inventory.Missing, bool) {
	if !slices.ContainsFunc(needs, func(f inventory.Fact) bool { _, ok := a.LacksAnywhere(f); return ok }) {
		return inventory.Missing{}, false
	}
	place := checks.Index(a)[id]
	for _, need := range needs {
		if m, ok := a.Lacks(need, place.User, place.Key); ok {
			return m, true
		}
	}
	return inventory.Missing{}, false
}

// moves comments when the finding moved on: to another check, another severity, or a key
// that was unused is used again.
func (s *step) moves() {
	old, f := s.e.text.record, s.f
	if !s.e.text.recorded {
		return
	}
	e := f.Evidence
	if usedAgain(old, e.LastUsed) {
		s.comment("used", report.CommentUsedAgain(e.LastUsed, e.LastUsedService, e.LastUsedRegion, seenFrom(e.SeenFrom)))
		s.because("the key was used again")
	}
	if old.Check == f.Check && old.Severity == f.Severity {
		return
	}
	s.comment("moved-"+f.Check+"-"+string(f.Severity), report.CommentChanged(f, old.Check, old.Severity))
	if old.Check != f.Check {
		s.because("the check was %s and is %s", old.Check, f.Check)
	}
	if old.Severity != f.Severity {
		s.because("the severity was %s and is %s", old.Severity, f.Severity)
	}
}

// usedAgain reports whether a key that was found unused has a newer last use than the one
// the issue shows.
func usedAgain(old record, lastUsed string) bool {
	if old.Check != checkUnusedKey || lastUsed == "" {
		return false
	}
	now, err := time.Parse(time.RFC3339, lastUsed)
	if err != nil {
		return false
	}
	before, err := time.Parse(time.RFC3339, old.LastUsed)
	return err != nil || now.After(before) // an empty time is "never"
}

// seenFrom is the place of the newest use.
func seenFrom(places []checks.SeenFrom) string {
	var newest checks.SeenFrom
	for _, p := range places {
		if p.Last > newest.Last {
			newest = p
		}
	}
	return strings.TrimSpace(newest.By + " " + newest.Source)
}

// presentClosed plans a closed issue whose finding is present. Who closed it and with what
// reason decides.
func (p *planner) presentClosed(e *entry, f *checks.Finding) {
	s := p.step(e, f)
	if f.Exempt() {
		p.accepted(f, e.issue.Number, policyAcceptance(f, p.in.Now))
		s.finish()
		return
	}
	if a := p.closedAcceptance(e); a != nil {
		s.closedAccepted(a)
		return
	}
	if p.in.Only != nil && !f.FactsAt.After(e.issue.ClosedAt) {
		// Whoever closed it may have known more than facts that were older even then.
		s.because("closed on %s; the facts of this run are older than that", day(e.issue.ClosedAt))
		s.finish()
		return
	}
	s.unlabel(LabelAccepted) // of an exemption that is over
	switch {
	case e.closedByUs():
		s.reopenClosed("it was closed on %s and is found again", day(e.issue.ClosedAt))
	case e.closedByOtherBot():
		s.reopenClosed("a bot closed it on %s, which is no proof, and it is still there", day(e.issue.ClosedAt))
	case e.text.record.Stands != "" && e.text.record.Stands == e.closedAt():
		s.stand()
	case !e.issue.ClosedByKnown:
		p.res.NeedCloser = append(p.res.NeedCloser, e.issue.Number)
		s.act.RemoveLabels = nil
		s.because("closed on %s by somebody who is not known yet", day(e.issue.ClosedAt))
		s.finish()
	default:
		s.personClosed()
	}
}

// personClosed plans an issue that a person closed as completed: a claim that facts which
// are younger can refute, once.
func (s *step) personClosed() {
	e := s.e
	switch {
	case e.text.record.Reopened != "":
		s.rec.Stands = e.closedAt()
		s.write = true
		s.stand()
	case !s.f.FactsAt.After(e.issue.ClosedAt):
		s.because("closed on %s as completed; the facts of this run are older than that", day(e.issue.ClosedAt))
		s.finish()
	default:
		s.rec.Reopened = e.closedAt()
		s.reopenClosed("it was closed as completed on %s; facts of %s still show it", day(e.issue.ClosedAt), day(s.f.FactsAt))
	}
}

// stand leaves an issue that a person closed a second time.
func (s *step) stand() {
	why := "a person closed it a second time, on " + day(s.e.issue.ClosedAt)
	s.because("%s", why)
	s.p.res.ClosedButPresent = append(s.p.res.ClosedButPresent, listed(s.f, s.e.issue.Number, why))
	s.finish()
}

func (s *step) reopenClosed(format string, args ...any) {
	s.because(format, args...)
	s.rec.Closed, s.rec.DuplicateOf, s.rec.Accepted = "", 0, nil
	why := s.why[len(s.why)-1]
	s.reopen("open-again", report.CommentReopened(s.f, why))
	s.finish()
}

// day is a date, never an age.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
