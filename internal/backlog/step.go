package backlog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/report"
)

// step gathers what one existing issue needs, until finish makes actions of it.
type step struct {
	p     *planner
	e     *entry
	f     *checks.Finding // nil when the finding is not present
	act   Action
	rec   record // as it shall be
	write bool   // the body is ours to write in this step
	why   []string
	// first are labels to put or take away in an action of their own.
	first []string
}

func (p *planner) step(e *entry, f *checks.Finding) *step {
	s := &step{p: p, e: e, f: f, rec: e.text.record}
	s.act = Action{Kind: Leave, FindingID: e.id, Number: e.issue.Number}
	if !e.has(LabelKeysweep) {
		s.label(LabelKeysweep)
		s.because("its label was lost")
	}
	return s
}

func (s *step) because(format string, args ...any) {
	s.why = append(s.why, fmt.Sprintf(format, args...))
}

// label puts one of our labels unless it is there.
func (s *step) label(name string) {
	if !s.e.has(name) && !slices.Contains(s.act.AddLabels, name) {
		s.act.AddLabels = append(s.act.AddLabels, name)
	}
}

// unlabel takes one of our labels away where it is there.
func (s *step) unlabel(name string) {
	if s.e.has(name) && !slices.Contains(s.act.RemoveLabels, name) {
		s.act.RemoveLabels = append(s.act.RemoveLabels, name)
	}
}

// comment adds to the one comment of the step. The key names the comment by finding, by
// how many came before, and by what it is about: a run that died after it was made finds it
// again, and a later one of the same kind is told from it.
func (s *step) comment(about, text string) {
	if s.act.Comment != "" {
		s.act.CommentKey += "-" + about
		s.act.Comment += "\n\n" + text
		return
	}
	s.rec.Comments++
	s.act.CommentKey = s.e.id + "." + strconv.Itoa(s.rec.Comments) + "." + about
	s.act.Comment = text
}

// close sets the state and the reason, in the body as well.
func (s *step) close(reason string) {
	s.act.State, s.act.StateReason = stateClosed, reason
	s.rec.Closed = reason
	s.write = true
}

// reopen sets the state, in the body as well. What the finding says is written anew.
func (s *step) reopen(kind, comment string) {
	s.act.Kind, s.act.State, s.act.StateReason = Reopen, stateOpen, "reopened"
	s.comment(kind, comment)
	s.severityLabels()
	s.unlabel(LabelOutOfScope)
	s.write = true
	s.p.res.Counts.Reopened++
	s.p.res.Issues[s.e.id] = Link{Number: s.e.issue.Number, Open: true}
}

// severityLabels makes our labels those of the finding. A severity label is ours whoever put
// it; of other labels none is touched.
func (s *step) severityLabels() {
	want := report.IssueLabels(s.f)
	for _, name := range want {
		s.label(name)
	}
	for _, sev := range checks.Severities() {
		if name := LabelKeysweep + ":" + string(sev); !slices.Contains(want, name) {
			s.unlabel(name)
		}
	}
}

// state is how the issue stands after the step.
func (s *step) state() string {
	switch {
	case s.act.State != "":
		return s.act.State
	case s.e.issue.Open:
		return stateOpen
	}
	if s.e.text.marked {
		return s.e.text.marker.State // open where a person closed it
	}
	if s.rec.Closed != "" {
		return stateClosed
	}
	return stateOpen
}

// finish makes actions of the step, if there is anything to do or to say.
func (s *step) finish() {
	if s.write {
		s.body()
	}
	a := &s.act
	if a.Kind == Leave {
		switch {
		case a.Body != "" || a.Title != "":
			a.Kind = Edit
		case len(a.AddLabels)+len(a.RemoveLabels) > 0:
			a.Kind = Relabel
		}
	}
	a.Why = strings.Join(s.why, "; ")
	s.record()
}

// title is what the plan calls the issue. A title that shows names which this run must hide
// is left out.
func (s *step) title() string {
	switch {
	case s.f != nil:
		return titleOf(s.f)
	case s.p.bare(s.e):
		return ""
	}
	return s.e.issue.Title
}

// record adds the actions to the plan and counts the issue.
func (s *step) record() {
	p, a := s.p, &s.act
	if a.Comment != "" {
		a.Comment = markComment(a.CommentKey, a.Comment)
	}
	switch {
	case a.Kind == Leave:
		p.res.Counts.Unchanged++
		if a.Why == "" {
			return
		}
	case a.State == "":
		p.res.Counts.Updated++
	}
	a.title = s.title()
	p.res.Actions = append(p.res.Actions, s.labelsFirst()...)
	p.res.Actions = append(p.res.Actions, *a)
}

// labelsFirst takes the label of an acceptance out into an action of its own, which is carried
// out before: the record says that a person's acceptance began or ended, and a run that dies
// between the two must not leave a label that the record explains wrongly.
func (s *step) labelsFirst() []Action {
	a := &s.act
	if len(s.first) == 0 || a.Body == "" {
		return nil
	}
	out := Action{Kind: Relabel, FindingID: a.FindingID, Number: a.Number, Why: a.Why, title: a.title}
	a.AddLabels, out.AddLabels = without(a.AddLabels, s.first)
	a.RemoveLabels, out.RemoveLabels = without(a.RemoveLabels, s.first)
	if len(out.AddLabels)+len(out.RemoveLabels) == 0 {
		return nil
	}
	return []Action{out}
}

func without(all, some []string) (rest, taken []string) {
	for _, l := range all {
		if slices.Contains(some, l) {
			taken = append(taken, l)
		} else {
			rest = append(rest, l)
		}
	}
	return rest, taken
}
