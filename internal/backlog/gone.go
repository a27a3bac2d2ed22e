package backlog

import (
	"fmt"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/report"
)

// fuseFrom is the number of closings below which the fuse never blows.
const fuseFrom = 10

// absent plans open issues whose findings are not present: absence of a finding is no proof
// of anything, so each is judged by the facts of its account.
func (p *planner) absent(open []*entry) {
	verdicts := p.judge(open)
	var proven []*entry
	for _, e := range open {
		v := verdicts[e]
		switch {
		case e.text.recorded && !p.scope.targeted(e.text.record):
			p.outOfScope(e)
		case v.State == checks.StateAbsent && e.text.record.Check == checkUnreadable:
			p.closeGone(e, v) // many accounts that are read again are no reason for doubt
		case v.State == checks.StateAbsent:
			proven = append(proven, e)
		case v.State == checks.StatePolicy:
			p.closeByPolicy(e, v)
		default:
			p.notAssessed(e, v.Proof)
		}
	}
	p.closeProven(proven, verdicts)
}

// judge asks for each issue what the facts say about its subject.
func (p *planner) judge(open []*entry) map[*entry]checks.Verdict {
	asked := map[*inventory.Account][]checks.Asked{}
	out := make(map[*entry]checks.Verdict, len(open))
	for _, e := range open {
		if why := p.notAskable(e); why != "" {
			out[e] = checks.Verdict{State: checks.StateNotAssessed, Proof: why}
			continue
		}
		for _, a := range p.scope.accountsOf(e.text.record) {
			asked[a] = append(asked[a], p.question(e))
		}
	}
	answers := map[*inventory.Account]map[string]checks.Verdict{}
	for a, list := range asked {
		answers[a] = p.absences(a, p.in.Policy, p.in.Now, list)
	}
	for _, e := range open {
		if _, decided := out[e]; decided {
			continue
		}
		for i, a := range p.scope.accountsOf(e.text.record) {
			if v := answers[a][e.id]; i == 0 || weight(v) > weight(out[e]) {
				out[e] = v
			}
		}
	}
	return out
}

// question is what is asked about an issue. Names make a proof readable; those that an issue
// shows from before names were hidden stay out of it.
func (p *planner) question(e *entry) checks.Asked {
	r := e.text.record
	q := checks.Asked{ID: e.id, Subject: r.Subject, Check: r.Check, Thresholds: r.Thresholds, Place: r.Place}
	if !p.bare(e) {
		q.User, q.Key = r.User, r.Key
	}
	return q
}

// bare reports whether an issue shows names that this run must hide.
func (p *planner) bare(e *entry) bool { return p.in.Display != nil && e.text.record.Tag == "" }

// weight orders verdicts: of accounts that share a tag, the one that knows of no proof
// decides, then the one that names the policy.
func weight(v checks.Verdict) int {
	switch v.State {
	case checks.StateAbsent:
		return 1
	case checks.StatePolicy:
		return 2
	}
	return 3
}

// notAskable says why an issue cannot be judged.
func (p *planner) notAskable(e *entry) string {
	if !e.text.recorded {
		return "its text no longer says which account it is about"
	}
	return p.scope.uncovered(e.text.record)
}

func (p *planner) notAssessed(e *entry, why string) {
	if why == "" {
		why = "the facts about it are not there in this run"
	}
	s := p.step(e, nil)
	s.because("not assessed: %s", why)
	p.res.NotAssessed = append(p.res.NotAssessed, Listed{
		FindingID: e.id, Number: e.issue.Number, Severity: e.text.record.Severity, Title: s.title(), Why: why,
	})
	s.finish()
}

func (p *planner) outOfScope(e *entry) {
	s := p.step(e, nil)
	s.because("its account is no longer a target")
	if !e.has(LabelOutOfScope) {
		s.act.Kind = OutOfScope
		s.label(LabelOutOfScope)
	}
	s.finish()
}

// closeByPolicy closes what the policy no longer asks for. It proves nothing about AWS and
// stands outside the fuse.
func (p *planner) closeByPolicy(e *entry, v checks.Verdict) {
	s := p.step(e, nil)
	s.act.Kind = Close
	s.because("%s", v.Proof)
	s.comment("policy", report.CommentPolicy(v.Proof))
	s.shut("not_planned")
}

// closeProven closes what is proven to be gone, unless that is suspiciously much.
func (p *planner) closeProven(proven []*entry, verdicts map[*entry]checks.Verdict) {
	p.res.Fuse = p.fuse(len(proven))
	for _, e := range proven {
		v := verdicts[e]
		if !p.res.Fuse.Blown {
			p.closeGone(e, v)
			continue
		}
		s := p.step(e, nil)
		s.because("the fuse holds back its closing: %s", v.Proof)
		s.finish()
	}
}

// closeGone closes an issue with the proof.
func (p *planner) closeGone(e *entry, v checks.Verdict) {
	s := p.step(e, nil)
	s.act.Kind = Close
	if usedAgain(e.text.record, v.LastUsed) {
		s.comment("used", report.CommentUsedAgain(v.LastUsed, v.Service, v.Region, v.From))
		s.because("the key was used again")
	}
	s.because("%s", v.Proof)
	s.comment("gone", report.CommentClosed(v.Proof))
	s.shut("completed")
}

// shut closes the issue of the step for good: what people decided about it starts anew.
func (s *step) shut(reason string) {
	s.unlabel(LabelOutOfScope)
	s.rec.Reopened, s.rec.Stands = "", ""
	s.close(reason)
	s.p.res.Counts.Closed++
	s.p.res.Issues[s.e.id] = Link{Number: s.e.issue.Number}
	s.finish()
}

// fuse compares the closings on proof with the open issues of the covered accounts.
func (p *planner) fuse(closings int) Fuse {
	f := Fuse{Closings: closings, Open: p.openCovered(), Percent: p.in.MaxClosePercent}
	f.Blown = closings >= fuseFrom && closings*100 > f.Percent*f.Open
	if f.Blown {
		f.Text = fmt.Sprintf("%d of %d open issues of covered accounts would be closed, which is more than %d percent: none was. "+
			"Look at the facts of this run; if they are right, run once with a higher max-close-percent", closings, f.Open, f.Percent)
	}
	return f
}

func (p *planner) openCovered() int {
	n := 0
	for _, claims := range p.claims {
		keep, _ := settle(claims)
		if !keep.issue.Open {
			continue
		}
		for _, a := range p.scope.accountsOf(keep.text.record) {
			if covered(a) {
				n++
				break
			}
		}
	}
	return n
}
