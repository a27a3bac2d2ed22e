package backlog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// leakedKey is a finding about the nth key of prod, which a scan found.
func leakedKey(n int) checks.Finding {
	f := unusedKey(n)
	f.Check, f.Severity, f.Also = "leaked-access-key", checks.Critical, []string{"unused-access-key"}
	f.Title = strings.Replace(f.Title, "unused", "leaked", 1)
	return f
}

func isLeaked(f *checks.Finding) bool { return f.Check == "leaked-access-key" }

// scanning makes the runs that follow those of a scan, or of an audit again.
func (w *world) scanning(yes bool) *world {
	w.only = nil
	for _, a := range w.accounts {
		a.Leaks = nil
	}
	if yes {
		w.only = isLeaked
		for _, a := range w.accounts {
			a.Leaks = &inventory.Leaks{ScannedAt: w.now}
		}
	}
	return w
}

// TestScanLeavesOtherIssues holds that a scan touches the issues of leaked keys and no other,
// whatever there would be to do.
func TestScanLeavesOtherIssues(t *testing.T) {
	w := newWorld().with(unusedKey(1), unusedKey(2), unusedKey(3), unusedKey(4), unusedKey(5))
	w.run(t)
	w.close(w.issue(2), "stale[bot]", true, "completed")
	w.issue(3).Labels = nil
	w.open(w.issue(4).Title, w.issue(4).Body, w.issue(4).Labels) // a double
	older := unusedKey(1)
	older.Severity = checks.Critical
	w.later(1).with(older, unusedKey(2), unusedKey(3), unusedKey(4))
	w.verdicts = map[string]checks.Verdict{id(5): gone}
	w.scanning(true)
	w.expect(t)
	w.findings = append(w.findings, leakedKey(9))
	w.findings[len(w.findings)-1].FactsAt = w.now
	w.expect(t, "create title body +keysweep +keysweep:critical (it has no issue yet)")
	w.scanning(false)
	if n := len(w.plan().Actions); n < 5 {
		t.Errorf("an audit has %d things to do, so the scan proved little", n)
	}
}

// TestLifeOfALeakedKey follows a key from unused over leaked to gone: one issue, which an audit
// leaves as it is until the key is gone.
func TestLifeOfALeakedKey(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.later(1).scanning(true).with(leakedKey(1))
	w.expect(t, "edit #1 title body +keysweep:critical -keysweep:high comment:1.moved-leaked-access-key-critical "+
		"(the check was unused-access-key and is leaked-access-key; the severity was high and is critical)")

	w.later(1).scanning(false).with(unusedKey(1))
	w.expect(t, "leave #1 (not assessed: leaked-keys was not collected in this run)")
	inactive := unusedKey(1)
	inactive.Check, inactive.Severity = "inactive-access-key", checks.Low
	w.later(1).with(inactive)
	w.expect(t, "leave #1 (not assessed: leaked-keys was not collected in this run)")

	half := leakedKey(1)
	half.Severity, half.Also = checks.Medium, []string{"inactive-access-key"}
	w.later(1).scanning(true).with(half)
	w.expect(t, "edit #1 body +keysweep:medium -keysweep:critical comment:2.moved-leaked-access-key-medium (the severity was critical and is medium)")
	// A scan that does not see it says nothing.
	w.later(1).with()
	w.expect(t)

	w.later(1).scanning(false).without(1, gone)
	w.expect(t, "close #1 closed/completed body comment:3.gone (the access key was deleted)")
	// The next scan still stands on the facts of before.
	w.later(1).scanning(true).with(leakedKey(1))
	w.findings[0].FactsAt = w.issue(1).ClosedAt
	w.expect(t, "leave #1 (closed on 2026-03-07; the facts of this run are older than that)")
	w.findings[0].FactsAt = w.issue(1).ClosedAt.Add(1)
	w.expect(t, "reopen #1 open/reopened body +keysweep:critical -keysweep:medium comment:4.open-again (it was closed on 2026-03-07 and is found again)")
}

// TestDashboardCountsLeaks holds that the dashboard, which only audits write, counts a leaked key as
// its issue does and not as the lesser thing that an audit sees of it.
func TestDashboardCountsLeaks(t *testing.T) {
	w := newWorld().scanning(true).with(leakedKey(1))
	w.run(t)
	w.later(1).scanning(false).with(unusedKey(1), unusedKey(2))
	w.sync()
	wantIn(t, w.dashboard(t).Body, "| **1** | **1** | 0 | 0 | 2 | 0 |", "AKIAEXAMPLE000000001 of user-1 is leaked", "AKIAEXAMPLE000000002 of user-2 is unused")
	if strings.Contains(w.dashboard(t).Body, "AKIAEXAMPLE000000001 of user-1 is unused") {
		t.Errorf("the dashboard calls the leaked key unused:\n%s", w.dashboard(t).Body)
	}
	w.later(1).with(unusedKey(1), unusedKey(2))
	w.steady(t, "a day later")
}

// TestAcceptedLeakStaysAccepted holds that an audit, which cannot see the leak, counts nothing of a key
// that people live with, until the day is over.
func TestAcceptedLeakStaysAccepted(t *testing.T) {
	w := newWorld().scanning(true).with(leakedKey(1))
	w.run(t)
	w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelAccepted)
	w.run(t)
	w.later(1).scanning(false).with(unusedKey(1))
	r := w.sync()
	if got := lines(r.Actions); got != "leave #1 (accepted until 2026-05-30; not assessed: leaked-keys was not collected in this run)\n" || len(r.Accepted) != 1 || len(r.NotAssessed) != 0 {
		t.Errorf("%s, accepted %+v", got, r.Accepted)
	}
	wantIn(t, w.dashboard(t).Body, "| **0** | **0** | 0 | 0 | 0 | 1 |")
	w.later(90).with(unusedKey(1))
	w.expect(t, "leave #1 (not assessed: leaked-keys was not collected in this run)")
}

// TestLeakIsSwitchedOff holds that an issue moves on where the policy no longer asks about leaks.
func TestLeakIsSwitchedOff(t *testing.T) {
	moved := "edit #1 title body +keysweep:high -keysweep:critical comment:1.moved-unused-access-key-high " +
		"(the check was leaked-access-key and is unused-access-key; the severity was critical and is high)"
	for name, change := range map[string]func(*policy.Policy){
		"switched off": func(p *policy.Policy) { p.Checks["leaked-access-key"] = policy.CheckSetting{Disabled: true} },
		"exempt": func(p *policy.Policy) {
			p.Exemptions = []policy.Exemption{{Check: "leaked-access-key", Account: "*", User: "*", Reason: "a decoy", Expires: start.AddDate(1, 0, 0)}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld().scanning(true).with(leakedKey(1))
			w.run(t)
			w.policy = policy.Default()
			change(w.policy)
			w.later(1).scanning(false).with(unusedKey(1))
			w.expect(t, moved)
		})
	}
}

// TestLeakAccepted holds that a scan respects every way to accept.
func TestLeakAccepted(t *testing.T) {
	for name, tc := range map[string]struct {
		do          func(*world)
		until, from string
	}{
		"label":       {func(w *world) { w.issue(1).Labels = append(w.issue(1).Labels, backlog.LabelAccepted) }, "2026-05-31", "label"},
		"not planned": {func(w *world) { w.close(w.issue(1), "alice", false, "not_planned") }, "2026-08-28", "closing"},
		"command": {func(w *world) {
			w.commands = append(w.commands, comment(1, "alice", "write", w.now, "/keysweep accept until=2026-04-01 reason=a decoy"))
		}, "2026-04-01", "command"},
		"policy": {func(w *world) {
			w.findings[0].Exemption = &checks.ExemptionRef{Reason: "a decoy", Expires: "2026-06-30"}
		}, "2026-06-30", "policy"},
	} {
		w := newWorld().scanning(true).with(leakedKey(1))
		w.run(t)
		w.later(1).with(leakedKey(1))
		tc.do(w)
		if name == "not planned" {
			w.issue(1).ClosedAt = start
		}
		r := w.run(t)
		if len(r.Accepted) != 1 || r.Accepted[0].FindingID != id(1) || r.Accepted[0].Until != tc.until || r.Accepted[0].From != tc.from {
			t.Errorf("%s: accepted %+v", name, r.Accepted)
		}
	}
}

// TestScanLaw lets scans come between audits while people do what they like.
func TestScanLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &story{world: newWorld(), t: t, words: map[int][]string{}}
		s.facts()
		for range rapid.IntRange(2, 6).Draw(t, "runs") {
			s.holds(s.states(), s.sync())
			for range rapid.IntRange(0, 3).Draw(t, "deeds") {
				s.people()
			}
			s.later(rapid.SampledFrom([]int{0, 1, 5, 100}).Draw(t, "days"))
			s.facts()
			s.scan()
			s.later(1)
			s.facts()
		}
	})
}

// scan carries out a scan's plan and holds that it did what a scan may.
func (s *story) scan() {
	for i := range s.findings {
		if rapid.Bool().Draw(s.t, "leaked") {
			was := s.findings[i]
			s.findings[i] = leakedKey(slices.IndexFunc([]int{0, 1, 2, 3}, func(n int) bool { return id(n) == was.ID }))
			s.findings[i].Exemption = was.Exemption
			s.findings[i].FactsAt = s.now.AddDate(0, 0, -rapid.SampledFrom([]int{0, 3}).Draw(s.t, "facts of days ago"))
		}
	}
	leaks := map[string]bool{}
	for i := range s.findings {
		if isLeaked(&s.findings[i]) {
			leaks[s.findings[i].ID] = true
		}
	}
	s.scanning(true)
	defer s.scanning(false)
	before := s.shot()
	r := s.plan()
	s.carryOut(r.Actions)
	for _, a := range r.Actions {
		if !leaks[a.FindingID] {
			s.t.Fatalf("a scan acts on what is no leak: %s", lines([]backlog.Action{a}))
		}
		if a.State == "closed" {
			s.t.Fatalf("a scan closes: %s", lines([]backlog.Action{a}))
		}
	}
	for n, was := range before {
		if now := s.shot()[n]; now != was && !leaks[findingOf(s.issue(n+1))] {
			s.t.Fatalf("a scan changed #%d:\n%s", n+1, cmp.Diff(was, now))
		}
	}
	for _, a := range s.plan().Actions {
		if a.Writes() {
			s.t.Fatalf("a second scan would write: %s", lines([]backlog.Action{a}))
		}
	}
}

// shot is everything about each issue.
func (s *story) shot() []string {
	var out []string
	for _, i := range s.issues {
		out = append(out, fmt.Sprint(i.Title, i.Body, i.Open, i.StateReason, i.Labels, s.comments[i.Number]))
	}
	return out
}
