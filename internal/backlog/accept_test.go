package backlog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
)

// on sets the clock to a day, at six in the morning, over facts of then.
func (w *world) on(day string, findings ...checks.Finding) *world {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	w.now = t.Add(6 * time.Hour)
	return w.with(findings...)
}

// TestAcceptedByClosing lives through an acceptance that a closing began, to the day.
func TestAcceptedByClosing(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.close(w.issue(1), "alice", false, "not_planned")
	w.on("2026-08-20", unusedKey(1))
	w.expect(t, "leave #1 (accepted until 2026-08-28)")
	w.on("2026-08-21", unusedKey(1))
	w.expect(t, "comment #1 body comment:1.acceptance-ends (its acceptance ends on 2026-08-28)")
	w.on("2026-08-28", unusedKey(1))
	w.expect(t, "leave #1 (accepted until 2026-08-28)")
	w.on("2026-08-29", unusedKey(1))
	w.expect(t, "reopen #1 open/reopened body comment:2.acceptance-over (its acceptance ended on 2026-08-28)")

	// Closing it again begins anew.
	w.close(w.issue(1), "alice", false, "duplicate")
	w.on("2026-08-30", unusedKey(1))
	w.expect(t, "leave #1 (accepted until 2027-02-25)")
}

// TestAcceptedByLabel does the same for a label on an open issue.
func TestAcceptedByLabel(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelAccepted)
	w.on("2026-03-02", unusedKey(1))
	w.expect(t, "edit #1 body (the label keysweep:accepted accepts it until 2026-05-31)")
	w.on("2026-05-23", unusedKey(1))
	w.expect(t, "leave #1 (accepted until 2026-05-31)")
	w.on("2026-05-24", unusedKey(1))
	w.expect(t, "comment #1 body comment:1.acceptance-ends (its acceptance ends on 2026-05-31)")
	w.on("2026-06-01", unusedKey(1))
	w.expect(t, "relabel #1 -keysweep:accepted (nothing accepts it any more)", "edit #1 body (nothing accepts it any more)")

	w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelAccepted) // people may accept it anew
	w.expect(t, "edit #1 body (the label keysweep:accepted accepts it until 2026-08-30)")
	w.issue(1).Labels = []string{"keysweep", "keysweep:high"} // and take it back
	w.expect(t, "edit #1 body (nothing accepts it any more)")
}

// TestAcceptedThenClosed holds that of label and closing the later end counts.
func TestAcceptedThenClosed(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelAccepted)
	w.run(t)
	w.on("2026-04-01").close(w.issue(1), "alice", false, "not_planned")
	w.on("2026-04-02", unusedKey(1))
	w.expect(t, "leave #1 (accepted until 2026-09-28)")
	w.on("2026-09-29", unusedKey(1))
	w.expect(t, "relabel #1 -keysweep:accepted (its acceptance ended on 2026-09-28)",
		"reopen #1 open/reopened body comment:1.acceptance-over (its acceptance ended on 2026-09-28)")
}

// TestLabelLongAfterClosing holds that a label counts from the day it is seen.
func TestLabelLongAfterClosing(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.close(w.issue(1), "alice", false, "completed")
	w.on("2026-12-01")
	w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelAccepted)
	w.with(unusedKey(1))
	w.expect(t, "edit #1 body (accepted until 2027-03-01)")
	w.on("2027-03-01", unusedKey(1)).run(t)
	w.on("2027-03-02", unusedKey(1))
	w.expect(t, "relabel #1 -keysweep:accepted (its acceptance ended on 2027-03-01)",
		"reopen #1 open/reopened body comment:2.acceptance-over (its acceptance ended on 2027-03-01)")
}

func comment(issue int, by, permission string, at time.Time, text string) backlog.Comment {
	return backlog.Comment{Issue: issue, Login: by, Permission: permission, CreatedAt: at, Text: text}
}

// TestAcceptedByCommand lives through a command on an open issue.
func TestAcceptedByCommand(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.commands = append(w.commands, comment(1, "alice", "write", w.now, "/keysweep accept until=2026-04-30 reason=the vendor moves"))
	w.on("2026-03-02", unusedKey(1))
	w.expect(t, "relabel #1 +keysweep:accepted (somebody with write access accepts it until 2026-04-30)",
		"accept #1 body comment:1.accepted (somebody with write access accepts it until 2026-04-30)")
	if !strings.Contains(w.last(1), "the vendor moves") || !strings.Contains(w.last(1), "2026-04-30") {
		t.Errorf("told as %q", w.last(1))
	}
	w.on("2026-03-03", unusedKey(1))
	w.expect(t, "leave #1 (accepted until 2026-04-30)")
	w.commands = append(w.commands, comment(1, "bob", "admin", w.now, "/keysweep accept until=2026-05-31 reason=it takes longer"))
	w.expect(t, "accept #1 body comment:2.accepted (somebody with write access accepts it until 2026-05-31)")

	// Taking the label away ends it; the old command does not come back to life.
	w.issue(1).Labels = []string{"keysweep", "keysweep:high"}
	w.on("2026-03-04", unusedKey(1))
	w.expect(t, "edit #1 body (nothing accepts it any more)")
}

// TestCommandOnClosed holds that a command gives a closing its end.
func TestCommandOnClosed(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.close(w.issue(1), "alice", false, "not_planned")
	w.commands = append(w.commands, comment(1, "alice", "maintain", w.now, "/keysweep accept until=2026-04-30 reason=a"))
	w.on("2026-03-02", unusedKey(1))
	w.expect(t, "relabel #1 +keysweep:accepted (somebody with write access accepts it until 2026-04-30)",
		"accept #1 body comment:1.accepted (somebody with write access accepts it until 2026-04-30)")
	w.on("2026-04-30", unusedKey(1)).run(t)
	w.on("2026-05-01", unusedKey(1))
	w.expect(t, "relabel #1 -keysweep:accepted (its acceptance ended on 2026-04-30)",
		"reopen #1 open/reopened body comment:3.acceptance-over (its acceptance ended on 2026-04-30)")
}

// TestCommandsThatDoNothing are refused without a word on the issue.
func TestCommandsThatDoNothing(t *testing.T) {
	const good = "/keysweep accept until=2026-04-30 reason=a"
	for name, tc := range map[string]struct {
		comment backlog.Comment
		warns   bool
	}{
		"reader":              {comment(1, "eve", "read", start, good), false},
		"triage":              {comment(1, "eve", "triage", start, good), false},
		"stranger":            {comment(1, "eve", "none", start, good), false},
		"permission unknown":  {comment(1, "eve", "", start, good), false},
		"nonsense by reader":  {comment(1, "eve", "read", start, "/keysweep close"), false},
		"nonsense by writer":  {comment(1, "al\n::error::ice", "write", start, "/keysweep close"), true},
		"end has passed":      {comment(1, "alice", "write", start, "/keysweep accept until=2026-03-01 reason=a"), false},
		"another issue":       {comment(7, "alice", "write", start, good), false},
		"words":               {comment(1, "alice", "write", start, "I think so"), false},
		"quoted by a writer":  {comment(1, "alice", "write", start, "> "+good), false},
		"end before its time": {comment(1, "alice", "write", start, "/keysweep accept until=2020-01-01 reason=a"), false},
	} {
		w := newWorld().with(unusedKey(1))
		w.run(t)
		w.commands = []backlog.Comment{tc.comment}
		w.on("2026-03-02", unusedKey(1))
		r := w.run(t)
		if got := lines(r.Actions); got != "" || len(w.comments[1]) > 0 {
			t.Errorf("%s: %s", name, got)
		}
		if warned := len(r.Warnings) == 1; warned != tc.warns || strings.Contains(backlog.Text(r), "\n::") {
			t.Errorf("%s: warnings %q", name, r.Warnings)
		}
	}
}

// TestLongestCommand holds that a command lasts 180 days at most.
func TestLongestCommand(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.commands = append(w.commands, comment(1, "alice", "write", w.now, "/keysweep accept until=2036-01-01 reason=never mind"))
	w.on("2026-03-02", unusedKey(1))
	r := w.run(t)
	if len(r.Accepted) != 1 || r.Accepted[0].Until != "2026-08-28" || !strings.Contains(w.last(1), "2026-08-28") {
		t.Errorf("accepted %+v, told as %q", r.Accepted, w.last(1))
	}
}

// TestNewestCommandCounts holds that the order of comments decides nothing.
func TestNewestCommandCounts(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.commands = []backlog.Comment{
		comment(1, "alice", "write", start.Add(2*time.Hour), "/keysweep accept until=2026-06-30 reason=second"),
		comment(1, "eve", "read", start.Add(3*time.Hour), "/keysweep accept until=2026-07-31 reason=third"),
		comment(1, "alice", "write", start.Add(1*time.Hour), "/keysweep accept until=2026-05-31 reason=first"),
	}
	w.on("2026-03-02", unusedKey(1))
	if r := w.run(t); len(r.Accepted) != 1 || r.Accepted[0].Why != "second" {
		t.Errorf("accepted %+v", r.Accepted)
	}
}

// TestExemption lives through an exemption of the policy file.
func TestExemption(t *testing.T) {
	exempt := unusedKey(1)
	exempt.Exemption = &checks.ExemptionRef{Reason: "vendor", Expires: "2026-03-31"}
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.on("2026-03-02", exempt)
	w.expect(t, "accept #1 body +keysweep:accepted comment:1.accepted (the policy exempts it until 2026-03-31)")
	w.issue(1).Labels = []string{"keysweep", "keysweep:high"} // the policy file decides
	w.expect(t, "relabel #1 +keysweep:accepted (accepted until 2026-03-31)")
	w.on("2026-03-24", exempt)
	w.expect(t, "comment #1 body comment:2.acceptance-ends (its acceptance ends on 2026-03-31)")
	longer := exempt
	longer.Exemption = &checks.ExemptionRef{Reason: "vendor", Expires: "2026-04-30"}
	w.on("2026-03-25", longer)
	w.expect(t, "edit #1 body (accepted until 2026-04-30)")
	w.on("2026-04-23", longer)
	w.expect(t, "comment #1 body comment:3.acceptance-ends (its acceptance ends on 2026-04-30)")
	w.on("2026-05-01", unusedKey(1))
	w.expect(t, "relabel #1 -keysweep:accepted (nothing accepts it any more)", "edit #1 body (nothing accepts it any more)")
}

// TestExemptWithoutIssue holds that nothing is made for what is exempt.
func TestExemptWithoutIssue(t *testing.T) {
	exempt := unusedKey(1)
	exempt.Exemption = &checks.ExemptionRef{Reason: "vendor", Expires: "2026-03-31"}
	w := newWorld().with(exempt)
	w.expect(t)
	if got := w.plan().Accepted; len(got) != 1 || got[0].Number != 0 || got[0].From != "policy" {
		t.Errorf("accepted: %+v", got)
	}
}

// TestExemptionOverOnClosed holds that the label of an exemption that is over accepts nothing.
func TestExemptionOverOnClosed(t *testing.T) {
	exempt := unusedKey(1)
	exempt.Exemption = &checks.ExemptionRef{Reason: "vendor", Expires: "2026-03-31"}
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.with(exempt).run(t)
	w.on("2026-03-10").without(1, gone)
	w.run(t)
	w.on("2026-04-01", unusedKey(1))
	w.expect(t, "reopen #1 open/reopened body -keysweep:accepted comment:3.open-again (it was closed on 2026-03-10 and is found again)")
}

// TestDiedBetween holds that an acceptance that a dying run half began or half ended is
// what people meant after the next run.
func TestDiedBetween(t *testing.T) {
	for name, tc := range map[string]struct {
		before   func(w *world)
		day      string
		open     bool
		accepted string // last day
	}{
		"command": {func(w *world) {
			w.commands = append(w.commands, comment(1, "alice", "write", w.now, "/keysweep accept until=2026-04-30 reason=a"))
		}, "2026-03-02", true, "2026-04-30"},
		"label over": {func(w *world) {
			w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelAccepted)
			w.run(t)
		}, "2026-06-02", true, ""},
		"closing over": {func(w *world) {
			w.close(w.issue(1), "alice", false, "not_planned")
		}, "2026-12-02", true, ""},
		"command over on closed": {func(w *world) {
			w.close(w.issue(1), "alice", false, "not_planned")
			w.commands = append(w.commands, comment(1, "alice", "write", w.now, "/keysweep accept until=2026-04-30 reason=a"))
			w.on("2026-03-02", unusedKey(1)).run(t)
		}, "2026-05-02", true, ""},
		"label over on closed": {func(w *world) {
			w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelAccepted)
			w.run(t)
			w.close(w.issue(1), "alice", false, "not_planned")
		}, "2026-12-02", true, ""},
	} {
		for left := 0; left < 6; left++ {
			w := newWorld().with(unusedKey(1))
			w.run(t)
			tc.before(w)
			w.on(tc.day, unusedKey(1))
			w.left = left
			w.carryOut(w.plan().Actions)
			w.left = -1
			w.run(t)
			r := w.plan()
			until := ""
			if len(r.Accepted) == 1 {
				until = r.Accepted[0].Until
			}
			if w.issue(1).Open != tc.open || until != tc.accepted {
				t.Errorf("%s, dead after %d writes: open %v, accepted until %q", name, left, w.issue(1).Open, until)
			}
			for i, c := range w.comments[1] {
				for _, d := range w.comments[1][:i] {
					if c == d {
						t.Errorf("%s, dead after %d writes: told twice: %q", name, left, c)
					}
				}
			}
		}
	}
}
