package backlog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/report"
)

// DashboardInput is what the dashboard is made of.
type DashboardInput struct {
	// Input is that of the plan.
	Input
	// Plan is the plan, after it was carried out, with the numbers of new issues in Issues:
	// the dashboard shows what is, so that a second run has nothing to write.
	Plan Result
	// PutOff counts steps of the plan that GitHub's limits put off.
	PutOff int
}

// PlanDashboard plans the one dashboard issue. It is found by its marker, or where that was
// lost by its label; of several, the lowest number stays, open before closed, and the others
// are closed as its doubles. A dashboard that was closed stays closed, and what people read
// in it is not edited until somebody opens it again: nobody is made to look at it. Its
// hidden record goes on all the same, since that an account failed is remembered there.
// Neither the cap nor the fuse counts these actions. Where there is nothing to write or to
// say there is none.
func PlanDashboard(in DashboardInput) []Action {
	p := newPlanner(&in.Input)
	d := &board{planner: p, plan: &in.Plan, putOff: in.PutOff, all: p.dashboards()}
	p.commands = p.readCommands()
	p.identify()
	d.look()
	keep, doubles := settle(d.all)
	switch {
	case keep == nil:
		return []Action{d.create()}
	case !keep.issue.Open:
		return d.closed(keep)
	}
	return append(d.edit(keep), d.closeDoubles(keep, doubles)...)
}

// DashboardFile is the dashboard as a file, "dashboard.md", where there is no GitHub.
func DashboardFile(in DashboardInput) []byte {
	in.Issues = nil
	b := splitBody(PlanDashboard(in)[0].Body)
	b.block = strings.TrimLeft(b.block, "\n")
	return []byte(b.String() + "\n")
}

// HasDashboard reports whether the dashboard is among the issues. Where it is not, all issues
// are to be listed before it is made, since it may have lost its label.
func HasDashboard(in Input) bool { return len(newPlanner(&in).dashboards()) > 0 }

// board is the planner of the dashboard.
type board struct {
	*planner
	plan   *Result
	putOff int
	all    dashboards

	accepted, stands []Listed
	unassessed       []unassessed
	found            []*checks.Finding // those that count
	issued           map[string]*entry // open issues that say more than the run could see
}

// unassessed is an open issue of which the run can know nothing.
type unassessed struct {
	severity checks.Severity
	account  string // as shown; a tag where there are no facts of a hidden one
}

// dashboards are the issues that are dashboards.
type dashboards []*entry

// memory is that of the one that stays; nil where there is none.
func (d dashboards) memory() *memory {
	if keep, _ := settle(d); keep != nil {
		return keep.text.record.Dashboard
	}
	return nil
}

// dashboards finds the dashboard issues under the rules of identify.
func (p *planner) dashboards() dashboards {
	writers := p.writers()
	var out dashboards
	for _, issue := range eachOnce(p.in.Issues) {
		e := &entry{issue: issue, id: dashboardID}
		m, marked := ParseMarker(issue.Body)
		labelled := e.has(LabelKeysweep) || e.has(LabelDashboard)
		switch {
		case marked && m.ID == dashboardID && (labelled || p.trusted(issue, writers)):
		case !marked && labelled && (isBot(issue) || writers[issue.Author]):
		default:
			continue
		}
		e.text = splitBody(issue.Body)
		if marked || e.has(LabelDashboard) || e.text.record.Dashboard != nil {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *entry) int { return cmp.Compare(a.issue.Number, b.issue.Number) })
	return out
}

// look finds what the plan does not tell: issues about what this run could not read.
func (d *board) look() {
	d.accepted, d.stands = slices.Clone(d.plan.Accepted), slices.Clone(d.plan.ClosedButPresent)
	d.issued = map[string]*entry{}
	waiting := map[string]bool{}
	for _, l := range d.plan.NotAssessed {
		waiting[l.FindingID] = true
	}
	for id, claims := range d.claims {
		keep, _ := settle(claims)
		if !keep.text.recorded {
			continue
		}
		switch {
		case d.present[id] != nil:
			if keep.issue.Open && waiting[id] {
				d.issued[id] = keep
			}
		case keep.issue.Open && waiting[id]:
			d.waits(keep)
		case !keep.issue.Open && d.scope.targeted(keep.text.record) && d.scope.uncovered(keep.text.record) != "":
			d.restsClosed(keep)
		}
	}
	slices.SortFunc(d.accepted, compareListed)
	slices.SortFunc(d.stands, compareListed)
	d.found = d.counted()
}

// waits notes an open issue that was not assessed.
func (d *board) waits(e *entry) {
	if a := e.text.record.Accepted; a != nil && e.has(LabelAccepted) && !a.over(d.in.Now) {
		d.accepted = append(d.accepted, d.listed(e, a))
		return
	}
	u := unassessed{severity: e.text.record.Severity}
	if accounts := d.scope.accountsOf(e.text.record); len(accounts) > 0 {
		u.account = d.shown(accounts[0].ID)
	} else {
		u.account = cmp.Or(d.shown(e.text.record.Account), e.text.record.Tag)
	}
	d.unassessed = append(d.unassessed, u)
}

// restsClosed notes a closed issue that people accepted or closed twice, and of which this
// run knows no better.
func (d *board) restsClosed(e *entry) {
	r := e.text.record
	switch a := d.closedAcceptance(e); {
	case a != nil && (a.from(fromClosing) || a == r.Accepted):
		if !a.over(d.in.Now) {
			d.accepted = append(d.accepted, d.listed(e, a))
		}
	case r.Stands != "" && r.Stands == e.closedAt():
		d.stands = append(d.stands, Listed{
			FindingID: e.id, Number: e.issue.Number, Severity: r.Severity, Title: d.step(e, nil).title(),
			Why: "a person closed it a second time, on " + day(e.issue.ClosedAt),
		})
	}
}

func (d *board) listed(e *entry, a *acceptance) Listed {
	return Listed{
		FindingID: e.id, Number: e.issue.Number, Severity: e.text.record.Severity, Title: d.step(e, nil).title(),
		Why: cmp.Or(a.Reason, "the label "+LabelAccepted), From: a.From, By: a.By, Until: a.Until,
	}
}

// create makes the first dashboard.
func (d *board) create() Action {
	r := record{ID: dashboardID, Dashboard: d.next(nil)}
	return Action{
		Kind: Dashboard, Why: "there is no dashboard yet",
		Title: report.DashboardTitle, title: report.DashboardTitle,
		Body:      body{}.with(r, d.block(r.Dashboard), stateOpen).String(),
		AddLabels: []string{LabelKeysweep, LabelDashboard},
	}
}

// edit brings the dashboard up to date.
func (d *board) edit(e *entry) []Action {
	a := Action{Kind: Dashboard, Number: e.issue.Number, title: report.DashboardTitle}
	for _, l := range []string{LabelKeysweep, LabelDashboard} {
		if !e.has(l) {
			a.AddLabels = append(a.AddLabels, l)
			a.Why = "its label was lost"
		}
	}
	r := record{ID: dashboardID, Comments: e.text.record.Comments, Dashboard: d.next(e.text.record.Dashboard)}
	if next := e.text.with(r, d.block(r.Dashboard), stateOpen); !next.same(e.text) {
		a.Body, a.Why = next.String(), "what it says changed"
	}
	if a.Why == "" {
		return nil
	}
	return []Action{a}
}

// closed leaves a closed dashboard to people, but for the hidden record.
func (d *board) closed(e *entry) []Action {
	const why = "the dashboard was closed: it stays closed, and is not kept up to date until somebody opens it again"
	leave := Action{Kind: Leave, Number: e.issue.Number, Why: why, title: report.DashboardTitle}
	was := e.text.record.Dashboard
	if was == nil {
		return []Action{leave}
	}
	r := e.text.record
	r.Dashboard = &memory{Trend: was.Trend, Unread: grouped(d.unreadNow(was))}
	if slices.Equal(r.Dashboard.Unread, was.Unread) {
		return []Action{leave}
	}
	next := e.text.with(r, untick(e.text.block), cmp.Or(e.text.marker.State, stateOpen))
	return []Action{{
		Kind: Dashboard, Number: e.issue.Number, Body: next.String(), title: report.DashboardTitle,
		Why: why + "; its hidden record now says which accounts could not be read",
	}}
}

// closeDoubles closes further dashboards, which two runs at once may have made.
func (d *board) closeDoubles(keep *entry, doubles []*entry) []Action {
	for _, e := range doubles {
		s := d.step(e, nil)
		s.act.Kind = Duplicate
		s.act.FindingID = ""
		s.because("issue %s is the dashboard and came first", report.IssueRef(keep.issue.Number))
		s.rec = record{ID: dashboardID, Comments: e.text.record.Comments, DuplicateOf: keep.issue.Number, Dashboard: &memory{}}
		s.comment("duplicate", "Duplicate of "+report.IssueRef(keep.issue.Number))
		s.close("duplicate")
		s.finish()
	}
	return d.res.Actions
}

// next is what the dashboard remembers after this run.
func (d *board) next(was *memory) *memory {
	m := &memory{Unread: grouped(d.unreadNow(was))}
	if was != nil {
		m.Trend = was.Trend
	}
	m.remember(d.in.Now, d.totals())
	return m
}

// counted are the findings that count.
func (d *board) counted() []*checks.Finding {
	lived := map[string]bool{}
	for _, l := range d.accepted {
		lived[l.FindingID] = true
	}
	seen := map[string]bool{}
	var out []*checks.Finding
	for i := range d.in.Findings {
		if f := &d.in.Findings[i]; !f.Exempt() && !lived[f.ID] && !seen[f.ID] {
			seen[f.ID] = f.Incomplete == ""
			if e := d.issued[f.ID]; e != nil {
				f = d.asIssued(e, f)
			}
			out = append(out, f)
		}
	}
	slices.SortFunc(out, compareFindings)
	return out
}

// asIssued is a finding as its issue has it, which is about a check that the run could not assess: a
// key that a scan found counts as leaked, although an audit sees only that it is old.
func (d *board) asIssued(e *entry, f *checks.Finding) *checks.Finding {
	r, g := e.text.record, *f
	g.Check, g.Severity = r.Check, r.Severity
	if c, ok := checks.ByID(r.Check); ok {
		g.Horizon = c.Horizon
	}
	if !d.bare(e) {
		g.Title = e.issue.Title
	}
	return &g
}

func (d *board) totals() (open [4]int) {
	for _, f := range d.found {
		count(&open, f.Severity)
	}
	for _, u := range d.unassessed {
		count(&open, u.severity)
	}
	return open
}

func count(open *[4]int, s checks.Severity) {
	if i := severityIndex(s); i >= 0 {
		open[i]++
	}
}

// block is what people read.
func (d *board) block(m *memory) string {
	v := &report.Dashboard{
		Findings: d.found, Numbers: map[string]int{}, Accounts: d.accounts(m),
		Accepted: rowsOf(d.accepted), ClosedButPresent: rowsOf(d.stands), PutOff: d.putOff,
	}
	why := d.whyDeferred()
	for _, f := range v.Findings {
		switch n := d.plan.Issues[f.ID].Number; {
		case n > 0:
			v.Numbers[f.ID] = n
		case f.Incomplete != "":
			v.Deferred = append(v.Deferred, report.DashboardRow{Severity: f.Severity, Title: titleOf(f), Why: "no issue: " + f.Incomplete})
		case d.in.MaxNew != NoCap:
			v.Deferred = append(v.Deferred, report.DashboardRow{Severity: f.Severity, Title: titleOf(f), Why: cmp.Or(why[f.ID], "its issue could not be made in the last run")})
		}
	}
	for _, t := range m.Trend {
		at, _ := time.Parse(time.RFC3339, t.At) // checked where it was read
		v.Trend = append(v.Trend, report.TrendPoint{At: at, Open: t.Open})
	}
	for _, a := range d.in.Accounts {
		for _, w := range checks.Workloads(a, d.in.Policy, checks.Options{Now: d.in.Now, Display: d.in.Display}) {
			v.Workloads = append(v.Workloads, report.AccountWorkload{Account: d.shown(a.ID), Workload: w})
		}
	}
	return report.DashboardBlock(v)
}

func (d *board) whyDeferred() map[string]string {
	out := map[string]string{}
	for _, l := range d.plan.Deferred {
		out[l.FindingID] = l.Why
	}
	return out
}

func rowsOf(list []Listed) []report.DashboardRow {
	out := make([]report.DashboardRow, 0, len(list))
	for _, l := range list {
		out = append(out, report.DashboardRow{
			Number: l.Number, Severity: l.Severity, Title: l.Title, Why: l.Why, By: l.By, From: l.From, Until: l.Until,
		})
	}
	return out
}

// shown is an account id as outputs may show it.
func (d *board) shown(id string) string {
	if d.in.Display != nil && id != "" {
		return d.in.Display.Account(id)
	}
	return id
}

// accounts are those of the run, and those that are still to be audited or have issues that wait.
func (d *board) accounts(m *memory) []report.DashboardAccount {
	at := map[string]*report.DashboardAccount{} // by shown id
	row := func(shown string) *report.DashboardAccount {
		if at[shown] == nil {
			at[shown] = &report.DashboardAccount{ID: shown}
		}
		return at[shown]
	}
	known := m.byAccount()
	for _, a := range d.in.Accounts {
		if a.Status != inventory.Skipped {
			d.describe(row(d.shown(a.ID)), a, recall(known, a.ID))
		}
	}
	for _, id := range d.in.Targets {
		if u := recall(known, id); len(d.scope.accounts[id]) == 0 {
			r := row(d.shown(id))
			r.Unread, r.Why = true, "there are no facts of it in this run"
			r.Since, _ = time.Parse(time.RFC3339, u.since)
		}
	}
	for _, f := range d.found {
		r := row(f.AccountID)
		r.Name = cmp.Or(r.Name, f.Account)
		count(&r.Open, f.Severity)
	}
	for _, u := range d.unassessed {
		r := row(u.account)
		count(&r.Open, u.severity)
		r.NotAssessed++
	}
	out := make([]report.DashboardAccount, 0, len(at))
	for _, r := range at {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b report.DashboardAccount) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// describe fills in what is known of an account. Causes hold words of AWS and are left out
// where names are hidden.
func (d *board) describe(r *report.DashboardAccount, a *inventory.Account, u unreadAccount) {
	r.Name, r.Read = a.Name, covered(a)
	if d.in.Display != nil {
		r.Name = d.in.Display.Name(a.Name)
	}
	for i := range a.Users {
		for _, k := range a.Users[i].Keys {
			if k.Active {
				r.Keys++
			}
		}
	}
	facts := lacking(a)
	if a.Status != inventory.Failed && len(facts) == 0 {
		return
	}
	r.Unread = true
	r.Since, _ = time.Parse(time.RFC3339, u.since) // zero where the record had no room
	switch {
	case a.Status != inventory.Failed:
		r.Why = "not collected: " + strings.Join(facts, ", ")
	case d.in.Display != nil || a.Cause == "":
		r.Why = "it could not be read at all"
	default:
		r.Why = a.Cause
	}
}
