package backlog

import (
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/report"
)

// How long an acceptance lasts. A label says no end: 90 days from the first run that sees it.
// A closing as not planned or duplicate says none either, and is the more deliberate act: it
// lasts as long as an acceptance can, 180 days from the closing.
const (
	labelDays   = 90
	closingDays = 180
	longestDays = 180 // of a command, from the day it was given
	warningDays = 7
)

// from reports where an acceptance comes from; nil comes from nowhere.
func (a *acceptance) from(source ...string) bool {
	if a == nil {
		return false
	}
	for _, s := range source {
		if a.From == s {
			return true
		}
	}
	return false
}

// last is the start of the last day.
func (a *acceptance) last() time.Time {
	t, _ := time.Parse(time.DateOnly, a.Until) // checked where it was read
	return t
}

// over reports whether the last day, in UTC, has passed.
func (a *acceptance) over(now time.Time) bool { return !now.Before(a.last().AddDate(0, 0, 1)) }

// ending reports whether the end is near.
func (a *acceptance) ending(now time.Time) bool {
	return !now.Before(a.last().AddDate(0, 0, -warningDays))
}

// lasting makes an acceptance of so many days.
func lasting(from string, since time.Time, days int) *acceptance {
	return &acceptance{From: from, Since: stamp(since), Until: day(since.UTC().AddDate(0, 0, days))}
}

// policyAcceptance is an exemption of the policy file. One that is near its end from the start
// needs no warning.
func policyAcceptance(f *checks.Finding, now time.Time) *acceptance {
	a := &acceptance{From: fromPolicy, Since: stamp(now), Until: f.Exemption.Expires, Reason: short(f.Exemption.Reason)}
	a.Warned = a.ending(now)
	return a
}

// openAcceptance is the acceptance under which an open issue stands; nil when there is none,
// or none any more. Of people and the policy file, the later end counts.
func (p *planner) openAcceptance(e *entry, f *checks.Finding) *acceptance {
	if !f.Exempt() {
		return p.peoplesAcceptance(e)
	}
	a, was := policyAcceptance(f, p.in.Now), e.text.record.Accepted
	if was.from(fromPolicy) && was.Until == a.Until {
		a.Since, a.Warned = was.Since, was.Warned
	}
	// A label without a record may be our own, of a run that died.
	if by := p.peoplesAcceptance(e); by.from(fromCommand) || by == was && was != nil {
		if by.Until >= a.Until {
			return by
		}
	}
	return a
}

// peoplesAcceptance is what people accepted of an open issue, by command or by label.
func (p *planner) peoplesAcceptance(e *entry) *acceptance {
	was := e.text.record.Accepted
	if c := p.newCommand(e); c != nil {
		return c
	}
	switch {
	case !e.has(LabelAccepted), was.from(fromPolicy):
		return nil // a person took the label away, or it is that of an exemption
	case !was.from(fromLabel, fromCommand):
		return lasting(fromLabel, p.in.Now, labelDays)
	case was.over(p.in.Now):
		return nil
	}
	return was
}

// closedAcceptance is the acceptance under which a closed issue stands, over or not; nil when
// nobody accepted anything. Nothing of it needs a write: the closing itself says when.
func (p *planner) closedAcceptance(e *entry) *acceptance {
	was := e.text.record.Accepted
	if c := p.newCommand(e); c != nil {
		return c
	}
	closing := p.closingAcceptance(e)
	labelled := e.has(LabelAccepted) && !was.from(fromPolicy)
	switch {
	case was.from(fromCommand) && (labelled || closing != nil && was.Until >= day(e.issue.ClosedAt)):
		return was
	case !labelled:
		return closing
	}
	byLabel := was
	if !was.from(fromLabel) {
		byLabel = lasting(fromLabel, e.issue.ClosedAt, labelDays)
	}
	if closing != nil && closing.Until > byLabel.Until {
		return closing
	}
	if byLabel != was && byLabel.over(p.in.Now) {
		// The label came long after the closing: it counts from now on.
		return lasting(fromLabel, p.in.Now, labelDays)
	}
	return byLabel
}

// closingAcceptance is what closing an issue as not planned or duplicate says, whoever GitHub
// let do it. We ourselves and a bot that is known to be one accept nothing.
func (p *planner) closingAcceptance(e *entry) *acceptance {
	reason := e.issue.StateReason
	if reason != "not_planned" && reason != "duplicate" || e.closedByUs() || e.closedByOtherBot() {
		return nil
	}
	a := lasting(fromClosing, e.issue.ClosedAt, closingDays)
	a.Reason = "closed as " + map[string]string{"not_planned": "not planned", "duplicate": "duplicate"}[reason]
	if was := e.text.record.Accepted; was.from(fromClosing) && was.Since == a.Since {
		return was
	}
	return a
}

// accept plans an open issue that is accepted.
func (s *step) accept(want *acceptance) {
	was := s.e.text.record.Accepted
	s.label(LabelAccepted)
	switch {
	case want.from(fromCommand) && want != was:
		s.carryOut(want)
	case want.from(fromPolicy) && !was.from(fromPolicy):
		s.act.Kind = Accept
		s.comment("accepted", report.CommentAccepted(want.Reason, want.Until))
		s.because("the policy exempts it until %s", want.Until)
	case want != was && !want.from(fromPolicy):
		s.because("the label %s accepts it until %s", LabelAccepted, want.Until)
	}
	s.keep(want)
}

// closedAccepted plans a closed issue that people accepted: it is left alone until the end.
func (s *step) closedAccepted(a *acceptance) {
	was := s.e.text.record.Accepted
	switch {
	case a.from(fromCommand) && a != was:
		s.label(LabelAccepted)
		s.carryOut(a)
	case a.over(s.p.in.Now):
		s.because("its acceptance ended on %s", a.Until)
		s.rec.Accepted, s.rec.Closed, s.rec.DuplicateOf = nil, "", 0
		s.unlabel(LabelAccepted)
		s.first = append(s.first, LabelAccepted)
		s.reopen("acceptance-over", report.CommentAcceptanceOver(s.f))
		s.finish()
		return
	}
	s.keep(a)
}

// carryOut obeys a command: label, comment, record.
func (s *step) carryOut(a *acceptance) {
	s.act.Kind = Accept
	s.first = append(s.first, LabelAccepted)
	s.rec.Command = a.Since
	s.comment("accepted", report.CommentAccepted(a.Reason, a.Until))
	s.because("somebody with write access accepts it until %s", a.Until)
}

// keep writes an acceptance down where the issue does not say it already, tells once that it
// ends, and lists it.
func (s *step) keep(a *acceptance) {
	next := *a
	if next.ending(s.p.in.Now) && !next.Warned {
		next.Warned = true
		s.comment("acceptance-ends", report.CommentAcceptanceEnds(next.Until))
		s.because("its acceptance ends on %s", next.Until)
		if s.act.Kind == Leave {
			s.act.Kind = CommentOn
		}
	}
	s.rec.Accepted = &next
	s.write = s.mustRecord(&next)
	s.p.accepted(s.f, s.e.issue.Number, &next)
	if len(s.why) == 0 {
		s.because("accepted until %s", next.Until)
	}
	s.finish()
}

// mustRecord reports whether an acceptance has to be written down. That of a closing is not:
// the issue shows when it was closed. Nor is that of a label on a closed issue.
func (s *step) mustRecord(a *acceptance) bool {
	was := s.e.text.record.Accepted
	switch {
	case was != nil && *was == *a && s.e.text.section && s.e.text.marked:
		return s.e.issue.Open && s.e.text.marker.State == stateClosed
	case s.e.issue.Open, s.act.Comment != "", a.from(fromCommand):
		return true
	case a.from(fromLabel):
		return a.Since != s.e.closedAt()
	}
	return false
}

// endAcceptance takes the acceptance off an open issue.
func (s *step) endAcceptance() {
	s.because("nothing accepts it any more")
	s.rec.Accepted = nil
	s.unlabel(LabelAccepted)
	s.first = append(s.first, LabelAccepted)
}

// accepted lists a finding that stands outside the counts.
func (p *planner) accepted(f *checks.Finding, number int, a *acceptance) {
	why := a.Reason
	if why == "" {
		why = "the label " + LabelAccepted
	}
	l := listed(f, number, why)
	l.From, l.By, l.Until = a.From, a.By, a.Until
	p.res.Accepted = append(p.res.Accepted, l)
}

// readCommands takes the newest command that counts for each issue: from somebody with write
// access, understood, and with an end that has not passed. What cannot be understood is told
// in the log of the run and never answered.
func (p *planner) readCommands() map[int]acceptance {
	out := map[int]acceptance{}
	for _, c := range p.in.Commands {
		cmd, err := ParseCommand(c.Text)
		if err == ErrNoCommand || !c.mayAccept() {
			continue
		}
		if err != nil {
			p.warn("the command of %q on issue #%d is not carried out: %v", c.Login, c.Issue, err)
			continue
		}
		a := commandAcceptance(cmd, c)
		if was, ok := out[c.Issue]; a.over(p.in.Now) || ok && !newerCommand(a, was) {
			continue
		}
		out[c.Issue] = a
	}
	return out
}

func commandAcceptance(cmd Command, c Comment) acceptance {
	until := cmd.Until
	if end := c.CreatedAt.UTC().AddDate(0, 0, longestDays); until.After(end) {
		until = end
	}
	return acceptance{From: fromCommand, Since: stamp(c.CreatedAt), Until: day(until), Reason: cmd.Reason, By: short(c.Login)}
}

// newerCommand orders commands by time, and those of one second by what they say.
func newerCommand(a, b acceptance) bool {
	if a.Since != b.Since {
		return a.Since > b.Since
	}
	return a.Until+a.Reason > b.Until+b.Reason
}

// newCommand is a command on an issue that was not carried out yet.
func (p *planner) newCommand(e *entry) *acceptance {
	c, ok := p.commands[e.issue.Number]
	if !ok || c.Since <= e.text.record.Command {
		return nil
	}
	c.Warned = c.ending(p.in.Now)
	return &c
}
