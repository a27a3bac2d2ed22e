package backlog

import (
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/report"
)

// body writes the body of the step, and the title where it is still ours, unless both stand
// there already.
func (s *step) body() {
	if s.f == nil {
		s.restate()
		return
	}
	if s.stands() {
		return
	}
	s.rec.Title, s.act.Title = s.entitle(s.f)
	rec := s.rec.about(s.f, s.p.scope, s.p.in.Policy.Thresholds)
	next := s.e.text.with(rec, report.IssueBlock(s.f), s.state())
	if s.act.Title == "" && next.same(s.e.text) {
		return
	}
	s.act.Body = next.String()
	if len(s.why) == 0 {
		s.because("what it says changed")
	}
}

// restate writes the record of an issue whose finding is not present; what people read stays.
func (s *step) restate() {
	if !isID(s.rec.ID) {
		return
	}
	old := s.e.text
	s.act.Body = old.with(s.rec, untick(old.block), s.state()).String()
}

// stands reports whether the issue says already what it should. A newer last use alone is no
// reason to write, so the finding is rendered with the one that stands there.
func (s *step) stands() bool {
	old := s.e.text
	if !old.marked || !old.section || !old.recorded {
		return false
	}
	f := asStood(s.f, old.record)
	rec := s.rec.about(f, s.p.scope, s.p.in.Policy.Thresholds).quiet(old.record)
	var title string
	rec.Title, title = s.entitle(f)
	data := rec.encode()
	if title != "" || data != old.data {
		return false
	}
	return old.withData(rec, data, report.IssueBlock(f), s.state()).same(old)
}

// entitle returns the digest of the title that we wrote last, and a title to write. A title
// that is not the one we wrote last is a person's and stays, as does our digest.
func (s *step) entitle(f *checks.Finding) (sum, write string) {
	old, stands := s.e.text.record.Title, strings.TrimSpace(s.e.issue.Title)
	want := report.IssueTitle(f)
	now := titleDigest(want)
	switch {
	case !s.e.text.recorded || now == old:
		return now, ""
	case titleDigest(stands) != old:
		return old, ""
	}
	return now, want
}

func titleDigest(title string) string { return digest(strings.TrimSpace(title))[:8] }

// newIssue is the action that makes the issue of a finding.
func (p *planner) newIssue(f *checks.Finding) Action {
	title := report.IssueTitle(f)
	rec := record{Title: titleDigest(title)}.about(f, p.scope, p.in.Policy.Thresholds)
	return Action{
		Kind: Create, FindingID: f.ID, Why: "it has no issue yet",
		Title: title, title: title,
		Body:      body{}.with(rec, report.IssueBlock(f), stateOpen).String(),
		AddLabels: report.IssueLabels(f),
		Assignees: f.Assignees,
	}
}

func titleOf(f *checks.Finding) string { return report.IssueTitle(f) }

func listed(f *checks.Finding, number int, why string) Listed {
	return Listed{FindingID: f.ID, Number: number, Severity: f.Severity, Title: titleOf(f), Why: why}
}
