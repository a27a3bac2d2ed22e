package backlog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/inventory"
)

// dashboardID is the id in the marker of the dashboard. It is for ever.
const dashboardID = "6888a96a76c21571"

// planDashboard plans the dashboard after a plan was carried out.
func (w *world) planDashboard(r backlog.Result) []backlog.Action {
	for id := range r.Issues {
		if open := w.openAbout(id); len(open) == 1 {
			r.Issues[id] = backlog.Link{Number: open[0], Open: true}
		}
	}
	for _, f := range w.findings {
		if open := w.openAbout(f.ID); len(open) == 1 {
			r.Issues[f.ID] = backlog.Link{Number: open[0], Open: true}
		}
	}
	return backlog.PlanDashboard(backlog.DashboardInput{Input: w.input(), Plan: r})
}

// sync is a whole run: the plan, then the dashboard.
func (w *world) sync() backlog.Result {
	r := w.plan()
	w.carryOut(r.Actions)
	w.carryOut(w.planDashboard(r))
	return r
}

// dashboard is the open dashboard.
func (w *world) dashboard(t testing.TB) *backlog.Issue {
	t.Helper()
	open := w.openAbout(dashboardID)
	if len(open) != 1 {
		t.Fatalf("open dashboards: %v", open)
	}
	return w.issue(open[0])
}

func (w *world) steady(t testing.TB, when string) {
	t.Helper()
	r := w.plan()
	for _, a := range append(r.Actions, w.planDashboard(r)...) {
		if a.Writes() {
			t.Errorf("%s: a run would write %s", when, lines([]backlog.Action{a}))
		}
	}
}

func wantIn(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is missing in:\n%s", word, text)
		}
	}
}

// TestDashboardIsFound: by its marker, or by its label where the marker was lost, and never
// through a copy of a stranger.
func TestDashboardIsFound(t *testing.T) {
	for _, tc := range []struct {
		name string
		deed func(*backlog.Issue)
		want string
	}{
		{"as it is", func(*backlog.Issue) {}, ""},
		{"a title of people", func(i *backlog.Issue) { i.Title = "Keys" }, ""},
		{"words of people", func(i *backlog.Issue) { i.Body = "mine\n" + i.Body + "\nmine" }, "dashboard #2 body (what it says changed)\n"},
		{"no label", func(i *backlog.Issue) { i.Labels = nil }, "dashboard #2 +keysweep +keysweep:dashboard (its label was lost)\n"},
		{"the dashboard's label alone is lost", func(i *backlog.Issue) { i.Labels = []string{"keysweep"} }, "dashboard #2 +keysweep:dashboard (its label was lost)\n"},
		{"emptied", func(i *backlog.Issue) { i.Body = "" }, "dashboard #2 body (what it says changed)\n"},
		{"without its first line and label", func(i *backlog.Issue) {
			_, i.Body, _ = strings.Cut(i.Body, "\n")
			i.Labels = []string{"keysweep"}
		}, "dashboard #2 body +keysweep:dashboard (what it says changed)\n"},
		{"another token", func(i *backlog.Issue) { i.Author, i.AuthorBot = "acme-app[bot]", true }, ""},
		{"a copy by a stranger", func(i *backlog.Issue) {
			i.Author, i.AuthorBot, i.Association, i.Labels = "mallory", false, "NONE", nil
		}, "dashboard title body +keysweep +keysweep:dashboard (there is no dashboard yet)\n"},
	} {
		w := newWorld().with(unusedKey(1))
		w.sync()
		tc.deed(w.issue(2))
		r := w.plan()
		if got := lines(w.planDashboard(r)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
		for _, a := range r.Actions {
			if a.Writes() {
				t.Errorf("%s: it is taken for an issue of a finding: %s", tc.name, a)
			}
		}
		w.carryOut(w.planDashboard(r))
		w.steady(t, tc.name)
	}
}

// A finding's issue that somebody labels as a dashboard stays the issue of its finding.
func TestDashboardLabelOnAnotherIssue(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.sync()
	w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelDashboard)
	w.steady(t, "labelled")
}

func TestDashboardDoubles(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.sync()
	double := w.open(w.issue(2).Title, w.issue(2).Body, w.issue(2).Labels)
	w.sync()
	if double.Open || double.StateReason != "duplicate" || !w.issue(2).Open || !strings.Contains(w.comments[3][0], "Duplicate of #2") {
		t.Errorf("%+v %v", double, w.comments)
	}
	w.steady(t, "after a double was closed")
	w.reopen(double)
	w.close(w.issue(2), "alice", false, "completed")
	w.sync()
	if !double.Open || w.issue(2).Open {
		t.Error("of two the open one counts")
	}
	w.steady(t, "after the other was closed")
}

func TestDashboardClosedByPeople(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.sync()
	w.close(w.issue(2), "alice", false, "not_planned")
	before := w.issue(2).Body
	w.later(1).with(unusedKey(1), unusedKey(2))
	r := w.sync()
	if got := lines(w.planDashboard(r)); !strings.HasPrefix(got, "leave #2 (the dashboard was closed: it stays closed") || w.issue(2).Body != before {
		t.Errorf("%q", got)
	}
	w.steady(t, "closed")
	w.accounts[0].Status, w.accounts[0].CollectedAt = inventory.Failed, w.now
	w.later(1).with()
	w.sync()
	if body := w.issue(2).Body; w.issue(2).Open || visibleOf(body) != visibleOf(before) || !strings.Contains(body, `"unread"`) {
		t.Errorf("the record of a closed dashboard:\n%s", body)
	}
	w.steady(t, "closed, with an account that failed")
}

// visibleOf is a body without hidden lines.
func visibleOf(body string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(body, "\n"), func(l string) bool { return strings.HasPrefix(l, "<!--") }), "\n")
}

// Ticks and words survive while what we say changes.
func TestDashboardKeepsPeoplesWords(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.sync()
	i := w.issue(2)
	i.Body = strings.Replace(i.Body, "- [ ] **Access key is unused**", "- [x] **Access key is unused**", 1) + "\n\nNext meeting: Monday"
	w.later(3).with(unusedKey(1), unusedKey(2), unusedKey(3))
	w.sync()
	wantIn(t, i.Body, "- [x] **Access key is unused**", "Next meeting: Monday", "3 findings in 1 account: #1, #3, #4", "1 → 3")
	w.steady(t, "after the edit")
	w.later(1)
	w.steady(t, "a day later")
}

// The trend holds a point for each change of the totals, sixty at most.
func TestDashboardTrend(t *testing.T) {
	w := newWorld()
	for n := range 70 {
		var found []checks.Finding
		w.verdicts = map[string]checks.Verdict{id(1): gone, id(2): gone}
		for k := range 1 + n%3 {
			found = append(found, unusedKey(k))
			delete(w.verdicts, id(k))
		}
		w.with(found...)
		w.sync()
		w.later(1).with(found...)
		w.sync()
		w.steady(t, fmt.Sprint("run ", n))
	}
	body := w.dashboard(t).Body
	if n := strings.Count(body, `"at":`); n != 60 {
		t.Errorf("%d points, want 60:\n%s", n, body)
	}
	wantIn(t, body, "2 → 1", "from 2026-03-11 to 2026-05-09")
}

// What a run cannot see still counts, stays accepted and stays closed but present.
func TestDashboardWithoutFacts(t *testing.T) {
	w := newWorld().with(unusedKey(1), unusedKey(2), unusedKey(3), unusedKey(4))
	w.sync()
	w.issue(2).Labels = append(w.issue(2).Labels, backlog.LabelAccepted)
	w.close(w.issue(3), "alice", false, "not_planned")
	w.close(w.issue(4), "alice", false, "completed")
	w.later(1).with(w.findings...)
	w.sync()
	w.close(w.issue(4), "alice", false, "completed")
	w.later(1).with(w.findings...)
	w.sync()
	before := w.dashboard(t).Body
	wantIn(t, before, "| **0** | **2** | 0 | 0 | 2 | 2 |", "### Closed but present", "| a label |", "closing the issue")
	w.steady(t, "before")

	w.accounts[0].Status, w.accounts[0].Cause, w.accounts[0].CollectedAt = inventory.Failed, "no role @octocat", w.now
	w.later(1).with()
	w.sync()
	after := w.dashboard(t).Body
	wantIn(t, after, "| **0** | **1** | 0 | 0 | 1 | 2 |", "### Closed but present", "| a label |", "closing the issue", "### Not verified", "no role @\u200boctocat")
	w.steady(t, "without facts")
	w.later(1)
	w.steady(t, "without facts a day later")
}

func TestAcceptedByWhom(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.sync()
	w.commands = append(w.commands, comment(1, "alice", "write", w.now, "/keysweep accept until=2026-04-01 reason=vendor | @octocat"))
	w.sync()
	wantIn(t, w.dashboard(t).Body, "| 2026-04-01 | #1 ", "| vendor &#124; @\u200boctocat | `alice` |")
	w.steady(t, "accepted")
}

// TestUnreadable: two runs in a row, each over facts of its own.
func TestUnreadable(t *testing.T) {
	w := newWorld()
	fail := func(days int) {
		w.later(days)
		w.accounts[0].Status, w.accounts[0].CollectedAt = inventory.Failed, w.now.Add(500*time.Millisecond)
	}
	due := func() map[string]time.Time { return backlog.Unreadable(w.input()) }
	fail(0)
	first := w.now
	if got := due(); len(got) != 0 {
		t.Errorf("before the first run: %v", got)
	}
	w.sync()
	if got := due(); len(got) != 0 {
		t.Errorf("the same facts again: %v", got)
	}
	w.steady(t, "the same facts")
	fail(1)
	if got := due(); len(got) != 1 || !got[prod].Equal(first) {
		t.Errorf("the second run: %v", got)
	}
	w.sync()
	w.display = checks.Redacted()
	if got := due(); len(got) != 1 {
		t.Errorf("with ids hidden from now on: %v", got)
	}
	w.sync()
	if body := w.dashboard(t).Body; strings.Contains(body, prod) {
		t.Errorf("an id in a redacted dashboard:\n%s", body)
	}
	if got := due(); len(got) != 1 || !got[prod].Equal(first) {
		t.Errorf("by its tag: %v", got)
	}
	w.accounts[0].Status = inventory.Partial
	w.accounts[0].Missing = []inventory.Missing{{Fact: inventory.FactMFA, Action: "iam:ListMFADevices"}, {Fact: inventory.FactRootActivity, Offline: true}}
	w.sync()
	wantIn(t, w.dashboard(t).Body, "2026-03-01 | 0 | not collected: mfa |")
	fail(1)
	if got := due(); len(got) != 0 {
		t.Errorf("after a run that read some of it: %v", got)
	}
	w.accounts[0].Status, w.accounts[0].Missing = inventory.Audited, nil
	w.sync()
	if body := w.dashboard(t).Body; strings.Contains(body, "unread") || strings.Contains(body, "Not verified") {
		t.Errorf("it was read:\n%s", body)
	}
}

// A target without facts keeps what is remembered; an account that is no target does not.
func TestUnreadableTargets(t *testing.T) {
	w := newWorld()
	w.accounts[0].Status, w.accounts[0].CollectedAt = inventory.Failed, w.now
	w.sync()
	w.accounts, w.targets = w.accounts[1:], []string{prod}
	w.later(1).sync()
	wantIn(t, w.dashboard(t).Body, `"accounts":"111122223333"`, "there are no facts of it in this run")
	w.steady(t, "a missing target")
	w.targets = nil
	w.sync()
	if body := w.dashboard(t).Body; strings.Contains(body, prod) {
		t.Errorf("no target any more:\n%s", body)
	}
}

// However much there is, the dashboard stays below 60,000 characters and says what it left out.
func TestDashboardSize(t *testing.T) {
	w := newWorld()
	w.accounts, w.maxNew = nil, 0
	for n := range 5000 {
		a := audited(fmt.Sprintf("%012d", 100000000000+n))
		a.Name, a.CollectedAt = strings.Repeat("𝔘|@#", 20), w.now.Add(time.Duration(n)*time.Second)
		if n%2 == 0 {
			a.Status, a.Cause = inventory.Failed, strings.Repeat("<b>|", 100)
		}
		w.accounts = append(w.accounts, a)
		f := unusedKey(n)
		f.AccountID, f.Account, f.Title = a.ID, a.Name, strings.Repeat("|#1 ", 100)
		f.Severity = checks.Severities()[n%4]
		if n%5 == 0 {
			f.Exemption = &checks.ExemptionRef{Reason: strings.Repeat("@octocat ", 40), Expires: "2026-12-31"}
		}
		w.findings = append(w.findings, f)
	}
	w.sync()
	body := w.dashboard(t).Body
	if n := utf8.RuneCountInString(body); n > 60_000 || n < 20_000 {
		t.Errorf("%d characters", n)
	}
	if len(body) > 65_536 {
		t.Errorf("%d bytes", len(body))
	}
	wantIn(t, body, "4,000", "are left out here", "<!-- keysweep:end -->")
	w.steady(t, "full")
	t.Logf("%d bytes, %d characters", len(body), utf8.RuneCountInString(body))
}

// A record with words that cannot be is none, and what stands there is written anew.
func TestDashboardRecord(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.sync()
	good := w.issue(2).Body
	for _, bad := range []string{
		`"trend":[{"at":"yesterday","open":[0,0,0,0]}]`, `"trend":[{"at":"2026-03-01T06:00:00Z","open":[0,-1,0,0]}]`,
		`"trend":[` + strings.Repeat(`{"at":"2026-03-01T06:00:00Z","open":[0,1,0,0]},`, 60) + `{"at":"2026-03-01T06:00:00Z","open":[0,1,0,0]}]`,
		`"unread":[{"since":"","accounts":"111122223333"}]`, `"unread":[{"since":"2026-03-01T06:00:00Z","accounts":"<script>"}]`,
	} {
		start := strings.Index(good, `"trend":`)
		end := start + strings.Index(good[start:], "}} -->")
		w.issue(2).Body = good[:start] + bad + good[end:]
		w.sync()
		if got := w.issue(2).Body; got != good {
			t.Errorf("%s is kept:\n%s", bad, got)
		}
	}
}

func FuzzDashboard(f *testing.F) {
	w := newWorld().with(unusedKey(1))
	w.sync()
	whole := w.issue(2).Body
	f.Add(whole)
	f.Add(strings.Replace(whole, "<!-- keysweep:end -->", "", 1))
	f.Add(strings.ReplaceAll(whole, "\n", "\r\n"))
	f.Add("")
	f.Add(`<!-- keysweep:data {"id":"6888a96a76c21571","dashboard":{"trend":[{"at":"2026-11-24T06:00:00Z","open":[0,2,1,1]}],"unread":[{"since":"2026-11-25T06:00:00Z","failed":"2026-11-25T06:00:00Z","accounts":"333344445555"}]}} -->`)
	f.Fuzz(func(t *testing.T, body string) {
		w := newWorld().with(unusedKey(1))
		w.sync()
		w.issue(2).Body = body
		w.sync()
		w.sync() // a body that is another finding's may lose its place to a new dashboard
		w.steady(t, "after a run")
		if open := w.openAbout(dashboardID); len(open) != 1 {
			t.Errorf("open dashboards: %v", open)
		}
	})
}

func BenchmarkDashboard(b *testing.B) {
	w := newWorld()
	w.maxNew = backlog.NoCap
	var findings []checks.Finding
	for n := range 5000 {
		findings = append(findings, unusedKey(n))
	}
	w.with(findings...)
	r := w.sync()
	in := backlog.DashboardInput{Input: w.input(), Plan: r}
	b.ReportAllocs()
	for b.Loop() {
		backlog.PlanDashboard(in)
	}
}
