package backlog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Input is all that a plan is made of. Plan changes nothing in it.
type Input struct {
	// Now is the clock of the run.
	Now time.Time
	// Findings are all findings of the run, exempt and incomplete ones included, in any order.
	Findings []checks.Finding
	// Issues are the existing issues, open and closed, in any order, the dashboard's too. Those
	// with our label must be there; those without matter only before the first create.
	Issues []Issue
	// Only, where it is set, names the findings that the run is about. What it does not name is left
	// as it is, whatever the facts say, and no issue is closed: such a run may stand on facts that
	// were collected days before, and is planned beside the one that collects them.
	Only func(*checks.Finding) bool
	// Accounts hold the facts of the run: only what they cover can close an issue.
	Accounts []*inventory.Account
	// Targets are ids of accounts that are to be audited although there are no facts of them,
	// say because a shard is missing. The accounts above are targets anyway.
	Targets []string
	Policy  *policy.Policy
	// Display is what the findings were made with; it is nil where nothing is hidden. Where it
	// is set, bodies hold no account id.
	Display *checks.Display
	// Commands are comments that may hold a command, in any order, old ones included.
	Commands []Comment
	// Login is that of the token of this run, where it is known.
	Login string
	// MaxNew is how many issues may be made; NoCap is as many as there are.
	MaxNew int
	// MaxClosePercent is the fuse: more closings on proof than this, and at least ten, and none happens.
	MaxClosePercent int
}

// NoCap is for Input.MaxNew.
const NoCap = 1 << 30

// Result is the plan.
type Result struct {
	// Actions are to be carried out in this order. Those of one issue stand together.
	Actions []Action
	Counts  Counts
	Fuse    Fuse
	// NeedCloser are closed issues of which it must be looked up who closed them before more can
	// be said: the caller fills in Issue.ClosedBy and plans again. As it stands, the plan
	// leaves them alone and may be carried out too.
	NeedCloser []int
	// Deferred are findings whose issue was not made because of the cap.
	Deferred []Listed
	// ClosedButPresent are findings whose issue people closed twice.
	ClosedButPresent []Listed
	// Accepted are findings that people or the policy live with until a day.
	Accepted []Listed
	// NotAssessed are open issues of which nothing is known in this run.
	NotAssessed []Listed
	// NotSynced are findings that lack a part of their identity.
	NotSynced []Listed
	// Issues maps findings to their issues that exist.
	Issues   map[string]Link
	Warnings []string
}

// Link is an existing issue of a finding, and whether it is open after the plan.
type Link struct {
	Number int
	Open   bool
}

// Listed is a finding that stands in a list of the plan.
type Listed struct {
	FindingID string          `json:"finding_id"`
	Number    int             `json:"issue_number"` // 0: no issue
	Severity  checks.Severity `json:"severity"`
	Title     string          `json:"title"`
	Why       string          `json:"why"`
	From      string          `json:"from,omitempty"`  // policy, label, closing, command
	By        string          `json:"by,omitempty"`    // login of who gave the command
	Until     string          `json:"until,omitempty"` // last day of an acceptance, 2027-03-31
}

// Counts are the figures of a plan.
type Counts struct {
	Opened    int `json:"opened"`
	Updated   int `json:"updated"` // issues that change but neither open nor close
	Closed    int `json:"closed"`
	Reopened  int `json:"reopened"`
	Deferred  int `json:"deferred"`
	Unchanged int `json:"unchanged"` // issues of which there is nothing to write
}

// Fuse is what the mass-close fuse says.
type Fuse struct {
	Blown    bool   `json:"blown"`
	Closings int    `json:"closings"` // proven absences
	Open     int    `json:"open"`     // open issues of covered accounts
	Percent  int    `json:"max_close_percent"`
	Text     string `json:"text,omitempty"` // one sentence when it is blown
}

// planner holds what a plan is being made of.
type planner struct {
	in       *Input
	findings []*checks.Finding // in the order in which issues are made
	present  map[string]*checks.Finding
	claims   map[string][]*entry
	scope    scope
	commands map[int]acceptance
	absences absences
	res      Result
}

// absences is the judge of what is gone.
type absences func(a *inventory.Account, p *policy.Policy, now time.Time, asked []checks.Asked) map[string]checks.Verdict

// Plan decides what to do with the issues. The same input, in whatever order, gives the same
// plan, and a plan made after it was carried out writes nothing.
func Plan(in Input) Result { return plan(in, checks.Absences) }

func plan(in Input, judge absences) Result {
	p := newPlanner(&in)
	p.absences = judge
	p.commands = p.readCommands()
	p.identify()
	p.existing()
	p.creations()
	p.listIncomplete()
	return p.finished()
}

// newPlanner has read nothing of the issues yet.
func newPlanner(in *Input) *planner {
	if in.Policy == nil {
		in.Policy = policy.Default()
	}
	in.Findings = chosen(in.Findings, in.Only)
	p := &planner{in: in, findings: inOrder(in.Findings), present: map[string]*checks.Finding{}, claims: map[string][]*entry{}, scope: scopeOf(in)}
	p.res.Issues = map[string]Link{}
	for _, f := range p.findings {
		p.present[f.ID] = f
	}
	return p
}

// chosen are the findings that a run is about.
func chosen(all []checks.Finding, only func(*checks.Finding) bool) []checks.Finding {
	if only == nil {
		return all
	}
	var out []checks.Finding
	for i := range all {
		if only(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// existing plans every issue that there is, or those that the run is about.
func (p *planner) existing() {
	if p.in.Only != nil {
		p.existingOnly()
		return
	}
	var gone []*entry
	for id, claims := range p.claims {
		keep, doubles := settle(claims)
		for _, e := range doubles {
			p.closeDouble(e, keep)
		}
		p.labelOthers(claims, keep, doubles)
		f := p.present[id]
		p.res.Issues[id] = Link{Number: keep.issue.Number, Open: keep.issue.Open}
		switch {
		case f != nil && keep.issue.Open:
			p.presentOpen(keep, f)
		case f != nil:
			p.presentClosed(keep, f)
		case keep.issue.Open:
			gone = append(gone, keep)
		default:
			p.step(keep, nil).finish()
		}
	}
	slices.SortFunc(gone, func(a, b *entry) int { return cmp.Compare(a.issue.Number, b.issue.Number) })
	p.absent(gone)
}

// existingOnly plans the issues of the findings that the run is about, and no other.
func (p *planner) existingOnly() {
	for id, claims := range p.claims {
		f := p.present[id]
		if f == nil {
			continue
		}
		keep, _ := settle(claims)
		p.res.Issues[id] = Link{Number: keep.issue.Number, Open: keep.issue.Open}
		if keep.issue.Open {
			p.presentOpen(keep, f)
		} else {
			p.presentClosed(keep, f)
		}
	}
}

// labelOthers puts our label back on closed doubles too, so that a listing by label sees them.
func (p *planner) labelOthers(claims []*entry, keep *entry, doubles []*entry) {
	for _, e := range claims {
		if e != keep && !slices.Contains(doubles, e) {
			p.step(e, nil).finish()
		}
	}
}

// closeDouble closes an issue about a finding that has an issue with a lower number. It is no
// closing on proof and stands outside the fuse.
func (p *planner) closeDouble(e, keep *entry) {
	s := p.step(e, nil)
	s.act.Kind = Duplicate
	s.because("issue #%d is about the same finding and came first", keep.issue.Number)
	if !e.text.recorded {
		s.rec = keep.text.record
		s.rec.Comments = e.text.record.Comments
	}
	s.comment("duplicate", fmt.Sprintf("Duplicate of #%d", keep.issue.Number))
	s.rec.DuplicateOf = keep.issue.Number
	s.close("duplicate")
	s.finish()
	p.res.Counts.Closed++
}

// creations makes the issues that are missing: the worst first, then the oldest, up to the
// cap. Reopened issues do not count, nor do issues about keysweep's own health.
func (p *planner) creations() {
	made := 0
	for _, f := range p.findings {
		if len(p.claims[f.ID]) > 0 {
			continue
		}
		if f.Exempt() {
			p.accepted(f, 0, policyAcceptance(f, p.in.Now))
			continue
		}
		health := f.Check == checkUnreadable
		if !health && made >= p.in.MaxNew {
			p.postpone(f)
			continue
		}
		if !health {
			made++
		}
		p.create(f)
	}
}

func (p *planner) create(f *checks.Finding) {
	p.res.Counts.Opened++
	p.res.Actions = append(p.res.Actions, p.newIssue(f))
}

func (p *planner) postpone(f *checks.Finding) {
	why := fmt.Sprintf("max-new-issues is %d, and as many are made in this run", p.in.MaxNew)
	p.res.Counts.Deferred++
	p.res.Deferred = append(p.res.Deferred, listed(f, 0, why))
	p.res.Actions = append(p.res.Actions, Action{Kind: Defer, FindingID: f.ID, Why: why, title: titleOf(f)})
}

func (p *planner) listIncomplete() {
	for i := range p.in.Findings {
		if f := &p.in.Findings[i]; f.Incomplete != "" {
			p.res.NotSynced = append(p.res.NotSynced, listed(f, 0, f.Incomplete))
		}
	}
}

func (p *planner) warn(format string, args ...any) {
	p.res.Warnings = append(p.res.Warnings, fmt.Sprintf(format, args...))
}

// finished puts everything in an order that depends on nothing but what it holds.
func (p *planner) finished() Result {
	r := &p.res
	slices.SortStableFunc(r.Actions, func(a, b Action) int {
		if a.Number == 0 || b.Number == 0 { // creations keep their order, behind everything else
			return cmp.Compare(b2i(a.Number == 0), b2i(b.Number == 0))
		}
		return cmp.Compare(a.Number, b.Number)
	})
	slices.Sort(r.NeedCloser)
	slices.Sort(r.Warnings)
	for _, list := range [][]Listed{r.ClosedButPresent, r.Accepted, r.NotAssessed, r.NotSynced} {
		slices.SortFunc(list, compareListed)
	}
	return *r
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareListed(a, b Listed) int {
	return cmp.Or(
		cmp.Compare(a.Until, b.Until), cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
		cmp.Compare(a.Number, b.Number), cmp.Compare(a.FindingID, b.FindingID),
		cmp.Compare(a.Title, b.Title), cmp.Compare(a.Why, b.Why),
	)
}

// inOrder are the findings to sync, each id once: worst first, then oldest, in the order in
// which issues are made.
func inOrder(all []checks.Finding) []*checks.Finding {
	out := make([]*checks.Finding, 0, len(all))
	for i := range all {
		if all[i].Incomplete == "" {
			out = append(out, &all[i])
		}
	}
	slices.SortFunc(out, compareFindings)
	known := make(map[string]bool, len(out))
	return slices.DeleteFunc(out, func(f *checks.Finding) bool {
		double := known[f.ID]
		known[f.ID] = true
		return double
	})
}

func compareFindings(a, b *checks.Finding) int {
	return cmp.Or(
		cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
		cmp.Compare(b2i(a.Since.IsZero()), b2i(b.Since.IsZero())),
		a.Since.Compare(b.Since),
		strings.Compare(a.AccountID, b.AccountID),
		strings.Compare(a.Resource, b.Resource),
		strings.Compare(a.Check, b.Check),
		strings.Compare(a.ID, b.ID),
		strings.Compare(a.Title, b.Title),
	)
}
