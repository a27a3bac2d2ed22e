package backlog

import (
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/report"
)

// entry is one existing issue that is about a finding.
type entry struct {
	issue *Issue
	id    string // of the finding
	text  body
}

func (e *entry) has(label string) bool { return slices.Contains(e.issue.Labels, label) }

// closedByUs reports whether we closed the issue and nobody gave the closing another reason
// since.
func (e *entry) closedByUs() bool {
	if e.issue.Open {
		return false
	}
	was, now := e.text.record.Closed, e.issue.StateReason
	closed := was != "" || e.text.marked && e.text.marker.State == stateClosed
	return closed && (was == "" || now == "" || was == now)
}

// closedByOtherBot reports whether a bot is known to have closed the issue.
func (e *entry) closedByOtherBot() bool { return e.issue.ClosedByKnown && e.issue.ClosedByBot }

// double reports whether we closed the issue in favour of another about the same finding.
func (e *entry) double() bool { return e.closedByUs() && e.text.record.DuplicateOf > 0 }

func (e *entry) closedAt() string { return stamp(e.issue.ClosedAt) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// identify finds out which issues are about which finding. Identity is the marker. Title,
// label and author decide nothing, but two things:
//
//   - A marker under a stranger's name is a copy: whoever may open an issue may paste one, and
//     may close their own issue "as not planned". So an issue without our label, which only
//     people with triage access can put, counts only when its author is a bot, the token of
//     this run, somebody who wrote a labelled issue of ours, or somebody whom GitHub counts
//     to the house. A run with a personal token is all of the last three.
//   - An issue with our label and without a marker, by an author of ours, has lost its first
//     line or its whole body: the record in our section, or else the exact title, says what it
//     is about, and the next write puts the marker back.
func (p *planner) identify() {
	writers := p.writers()
	var lost []*entry
	for _, issue := range eachOnce(p.in.Issues) {
		e := &entry{issue: issue}
		if m, marked := ParseMarker(issue.Body); m.ID == dashboardID || !marked && (e.has(LabelDashboard) || !e.has(LabelKeysweep)) {
			continue
		}
		e.text = splitBody(e.issue.Body)
		switch {
		case e.text.record.Dashboard != nil:
		case e.text.marked && (e.has(LabelKeysweep) || p.trusted(e.issue, writers)):
			p.claim(e, e.text.marker.ID)
		case !e.has(LabelKeysweep):
			p.warn("issue #%d holds a marker of ours under a stranger's name and is left alone", e.issue.Number)
		case isBot(e.issue) || writers[e.issue.Author]:
			lost = append(lost, e)
		}
	}
	p.recover(lost)
}

// eachOnce are the issues without those that a listing told twice, which happens when issues
// are made while its pages are read. What was updated last is the truth.
func eachOnce(issues []Issue) map[int]*Issue {
	out := make(map[int]*Issue, len(issues))
	for i := range issues {
		issue := &issues[i]
		if was := out[issue.Number]; was == nil || issue.UpdatedAt.After(was.UpdatedAt) {
			out[issue.Number] = issue
		}
	}
	return out
}

// claim notes that an issue is about a finding. A record of another finding is nobody's.
func (p *planner) claim(e *entry, id string) {
	e.id = id
	if e.text.recorded && e.text.record.ID != id {
		e.text.record, e.text.recorded = record{}, false
	}
	p.claims[id] = append(p.claims[id], e)
}

// writers are the authors of issues that hold our marker and our label.
func (p *planner) writers() map[string]bool {
	out := map[string]bool{}
	for i := range p.in.Issues {
		issue := &p.in.Issues[i]
		if out[issue.Author] || !slices.Contains(issue.Labels, LabelKeysweep) {
			continue
		}
		if _, ok := ParseMarker(issue.Body); ok {
			out[issue.Author] = true
		}
	}
	if p.in.Login != "" {
		out[p.in.Login] = true
	}
	return out
}

func (p *planner) trusted(issue *Issue, writers map[string]bool) bool {
	if isBot(issue) || writers[issue.Author] {
		return true
	}
	switch issue.Association {
	case "", "OWNER", "MEMBER", "COLLABORATOR":
		return true
	}
	return false
}

// isBot goes by the form of the login too: no person's login can hold a bracket.
func isBot(issue *Issue) bool {
	return issue.AuthorBot || strings.HasSuffix(issue.Author, "[bot]")
}

// recover gives issues that lost their marker back to their findings.
func (p *planner) recover(lost []*entry) {
	var untold []*entry
	for _, e := range lost {
		if e.text.recorded {
			p.claim(e, e.text.record.ID)
		} else {
			untold = append(untold, e)
		}
	}
	if len(untold) == 0 {
		return
	}
	titles := p.titlesWithoutIssue()
	for _, e := range untold {
		if id, ok := titles[strings.TrimSpace(e.issue.Title)]; ok {
			p.claim(e, id)
		}
	}
}

// titlesWithoutIssue are the titles of findings that no marker speaks of.
func (p *planner) titlesWithoutIssue() map[string]string {
	out := map[string]string{}
	for _, f := range p.findings {
		if len(p.claims[f.ID]) > 0 {
			continue
		}
		if t := strings.TrimSpace(report.IssueTitle(f)); out[t] == "" {
			out[t] = f.ID
		}
	}
	return out
}

// settle names one issue for each finding: the open one with the lowest number, or else the
// closed one that was closed last, since the others were doubles of it.
func settle(claims []*entry) (keep *entry, doubles []*entry) {
	for _, e := range claims {
		if keep == nil || outranks(e, keep) {
			keep = e
		}
	}
	for _, e := range claims {
		if e != keep && e.issue.Open {
			doubles = append(doubles, e)
		}
	}
	return keep, doubles
}

func outranks(a, b *entry) bool {
	if a.issue.Open != b.issue.Open {
		return a.issue.Open
	}
	if !a.issue.Open {
		if a.double() != b.double() {
			return b.double()
		}
		if c := a.issue.ClosedAt.Compare(b.issue.ClosedAt); c != 0 {
			return c > 0
		}
	}
	return a.issue.Number < b.issue.Number
}
