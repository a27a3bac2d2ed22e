package backlog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// expect runs, and compares the plan with lines.
func (w *world) expect(t *testing.T, want ...string) {
	t.Helper()
	got := lines(w.run(t).Actions)
	if wanted := strings.Join(append(want, ""), "\n"); got != wanted {
		t.Errorf("got:\n%swant:\n%s", got, wanted)
	}
}

// last is the text of the newest comment on an issue.
func (w *world) last(n int) string {
	c := w.comments[n]
	if len(c) == 0 {
		return ""
	}
	_, text, _ := strings.Cut(c[len(c)-1], "\n")
	return text
}

// TestLifeOfAKey follows one key from unused to gone: one issue.
func TestLifeOfAKey(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.expect(t, "create title body +keysweep +keysweep:high (it has no issue yet)")
	w.later(1).with(unusedKey(1))
	w.expect(t)

	f := unusedKey(1)
	f.Check, f.Severity, f.Also = "aged-access-key", checks.Medium, []string{"duplicate-access-keys"}
	f.Title = strings.Replace(f.Title, "unused", "too old", 1)
	f.Evidence.LastUsed, f.Evidence.LastUsedService = "2026-03-02T04:05:06Z", "ses"
	f.Evidence.SeenFrom = []checks.SeenFrom{
		{By: "internet", Source: "192.0.2.1", Last: "2026-03-01T00:00:00Z"}, {By: "lambda", Source: "sender", Last: "2026-03-02T04:05:06Z"},
	}
	f.Evidence.Notes = []string{"It was used last on 2026-03-02."}
	w.later(1).with(f)
	w.expect(t, "edit #1 title body +keysweep:medium -keysweep:high comment:1.used-moved-aged-access-key-medium "+
		"(the key was used again; the check was unused-access-key and is aged-access-key; the severity was high and is medium)")
	for _, part := range []string{"used again", "2026-03-02 04:05 UTC", "ses", "lambda sender", "aged-access-key"} {
		if !strings.Contains(w.last(1), part) {
			t.Errorf("the comment lacks %q: %s", part, w.last(1))
		}
	}

	// Used each day from now on: nobody is told.
	for range 3 {
		w.later(1)
		f.Evidence.LastUsed, f.Evidence.LastUsedService = w.now.Format("2006-01-02T15:04:05Z"), "sts"
		f.Evidence.Notes = []string{"It was used last on " + w.now.Format("2006-01-02") + "."}
		w.with(f)
		w.quiet(t)
	}

	f.Severity = checks.High
	f.Evidence.Administrator = "AdministratorAccess"
	w.with(f)
	w.expect(t, "edit #1 body +keysweep:high -keysweep:medium comment:2.moved-aged-access-key-high (the severity was medium and is high)")
	f.Owner = "ann"
	w.with(f)
	w.expect(t, "edit #1 body (what it says changed)")

	f = unusedKey(1)
	f.Check, f.Severity, f.Title = "inactive-access-key", checks.Low, "Access key AKIAEXAMPLE000000001 of user-1 is inactive"
	w.later(1).with(f)
	w.expect(t, "edit #1 title body +keysweep:low -keysweep:high comment:3.moved-inactive-access-key-low "+
		"(the check was aged-access-key and is inactive-access-key; the severity was high and is low)")
	w.later(1).without(1, gone)
	w.expect(t, "close #1 closed/completed body comment:4.gone (the access key was deleted)")
	if w.issue(1).Open || w.issue(1).StateReason != "completed" || len(w.issues) != 1 {
		t.Errorf("the issue is %+v", w.issue(1))
	}
}

// TestUsedAgainAndGone holds that a key that is in use and young enough for nothing to hold
// is told of before its issue closes, in one comment.
func TestUsedAgainAndGone(t *testing.T) {
	for name, tc := range map[string]struct {
		was, now string
		told     bool
	}{
		"newer":       {"2025-06-01T10:00:00Z", "2026-03-01T00:00:00Z", true},
		"first use":   {"", "2026-03-01T00:00:00Z", true},
		"the same":    {"2025-06-01T10:00:00Z", "2025-06-01T10:00:00Z", false},
		"older":       {"2025-06-01T10:00:00Z", "2025-05-01T10:00:00Z", false},
		"not known":   {"2025-06-01T10:00:00Z", "", false},
		"both unused": {"", "", false},
	} {
		f := unusedKey(1)
		f.Evidence.LastUsed = tc.was
		w := newWorld().with(f)
		w.run(t)
		w.later(1).without(1, checks.Verdict{State: checks.StateAbsent, Proof: "nothing holds", LastUsed: tc.now, Service: "s3", Region: "eu-west-1"})
		w.run(t)
		if told := strings.Contains(w.last(1), "used again"); told != tc.told || !strings.Contains(w.last(1), "nothing holds") || len(w.comments[1]) != 1 {
			t.Errorf("%s: %q", name, w.comments[1])
		}
	}
}

// TestUsedAgainStillUnused holds that a use between two runs far apart is told once.
func TestUsedAgainStillUnused(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	f := unusedKey(1)
	f.Evidence.LastUsed = "2025-07-01T10:00:00Z"
	w.later(30).with(f)
	w.expect(t, "edit #1 body comment:1.used (the key was used again)")
}

// TestRename holds that a person's title stays, and ours follows what we say.
func TestRename(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	ours := w.issue(1).Title
	f := unusedKey(1)
	f.Title = "Access key is inactive"
	w.with(f)
	w.expect(t, "edit #1 title body (what it says changed)")
	w.issue(1).Title = "The vendor's key"
	w.quiet(t)
	w.with(unusedKey(1)).run(t)
	if got := w.issue(1).Title; got != "The vendor's key" {
		t.Errorf("the title became %q", got)
	}
	w.issue(1).Title = ours
	w.with(unusedKey(1)).run(t)
	if len(w.issues) != 1 || w.issue(1).Title != ours {
		t.Errorf("%d issues, %q", len(w.issues), w.issue(1).Title)
	}
}

// TestLabels holds that we mend our labels and touch nobody else's.
func TestLabels(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.issue(1).Labels = []string{"priority: low", "keysweep:low", "keysweeping", "keysweep:team-a"}
	w.expect(t, "relabel #1 +keysweep +keysweep:high -keysweep:low (its label was lost)")
	want := []string{"keysweep", "keysweep:high", "keysweep:team-a", "keysweeping", "priority: low"}
	got := slices.Sorted(slices.Values(w.issue(1).Labels))
	if !slices.Equal(got, want) {
		t.Errorf("labels are %q", got)
	}
	w.close(w.issue(1), "alice", false, "not_planned")
	w.issue(1).Labels = nil
	w.expect(t, "relabel #1 +keysweep (its label was lost)")
}

func TestOutOfScopeAndBack(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	all := w.accounts
	w.later(1).without(1, gone)
	w.accounts = all[1:]
	w.expect(t, "out-of-scope #1 +keysweep:out-of-scope (its account is no longer a target)")
	w.expect(t, "leave #1 (its account is no longer a target)")
	w.accounts = all
	w.with(unusedKey(1))
	w.expect(t, "relabel #1 -keysweep:out-of-scope")
	w.accounts = all[1:]
	w.without(1, gone)
	w.run(t)
	w.accounts = all
	w.expect(t, "close #1 closed/completed body -keysweep:out-of-scope comment:1.gone (the access key was deleted)")
}

// TestReopening follows the decisions of people over what is still there.
func TestReopening(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.later(1).close(w.issue(1), "alice", false, "completed")
	w.later(1).with(unusedKey(1))
	w.run(t)
	if !w.issue(1).Open || len(w.comments[1]) != 1 || !strings.Contains(w.last(1), "2026-03-02") {
		t.Fatalf("not reopened: %q", w.comments[1])
	}
	w.later(1).close(w.issue(1), "alice", false, "completed")
	w.later(1).with(unusedKey(1))
	r := w.run(t)
	if w.issue(1).Open || len(r.ClosedButPresent) != 1 {
		t.Fatalf("a second closing does not stand: %s", lines(r.Actions))
	}
	w.later(30).with(unusedKey(1))
	r = w.plan()
	if len(r.ClosedButPresent) != 1 || len(r.NeedCloser) != 0 {
		t.Errorf("a steady run asks for %v", r.NeedCloser)
	}
	w.reopen(w.issue(1)) // alice changes her mind
	w.quiet(t)
	w.without(1, gone)
	w.run(t)
	w.later(1).with(unusedKey(1))
	w.run(t)
	w.later(1).close(w.issue(1), "alice", false, "completed")
	w.later(1).with(unusedKey(1))
	w.run(t)
	if !w.issue(1).Open {
		t.Error("after a closing on proof people's closings do not count anew")
	}
}

// TestFactsDecide is the exact boundary: facts of the second of the closing prove nothing.
func TestFactsDecide(t *testing.T) {
	for seconds, open := range map[int]bool{-1: false, 0: false, 1: true} {
		w := newWorld().with(unusedKey(1))
		w.run(t)
		w.close(w.issue(1), "alice", false, "completed")
		w.findings[0].FactsAt = w.issue(1).ClosedAt.Add(time.Duration(seconds) * time.Second)
		w.run(t)
		if w.issue(1).Open != open {
			t.Errorf("facts %d seconds after the closing: open is %v", seconds, w.issue(1).Open)
		}
	}
}

// TestReopenedByAPerson holds that an issue which a person opened again is open.
func TestReopenedByAPerson(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.later(1).without(1, gone)
	w.run(t)
	w.reopen(w.issue(1))
	w.later(1).with(unusedKey(1))
	w.expect(t, "edit #1 body (a person opened it again)")
	w.close(w.issue(1), "alice", false, "completed")
	w.later(1).with(unusedKey(1))
	w.expect(t, "reopen #1 open/reopened body comment:2.open-again (it was closed as completed on 2026-03-03; facts of 2026-03-04 still show it)")
}

// TestReasonChanged holds that a person who gives our closing another reason accepts it.
func TestReasonChanged(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.later(1).without(1, gone)
	w.run(t)
	w.issue(1).StateReason = "not_planned"
	w.later(1).with(unusedKey(1))
	w.expect(t, "leave #1 (accepted until 2026-08-29)")
}

// TestPolicyAndBack holds that what the policy closed opens again when it is asked for again.
func TestPolicyAndBack(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.later(1).without(1, off)
	w.expect(t, "close #1 closed/not_planned body comment:1.policy (the check is switched off in the policy)")
	w.later(1).with(unusedKey(1))
	w.expect(t, "reopen #1 open/reopened body comment:2.open-again (it was closed on 2026-03-02 and is found again)")
}

// TestThresholdsAlone holds that a threshold under which everything still holds is no reason to write.
func TestThresholdsAlone(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.policy.Thresholds.UnusedDays = 30
	w.quiet(t)
}

// TestBotClosedAsNotPlanned holds that a bot which is known to be one accepts nothing.
func TestBotClosedAsNotPlanned(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.close(w.issue(1), "stale[bot]", true, "not_planned")
	in := w.later(1).with(unusedKey(1)).input()
	if got := lines(planWith(w, in).Actions); got != "leave #1 (accepted until 2026-08-28)\n" {
		t.Errorf("not knowing who: %s", got)
	}
	w.whoClosed(in.Issues, []int{1})
	if got := lines(planWith(w, in).Actions); !strings.HasPrefix(got, "reopen #1") {
		t.Errorf("knowing who: %s", got)
	}
}

// TestBlind holds that a check which could not be assessed clears nothing: the issue does
// not move to a lesser check of the same subject, nor down because a policy was not read.
func TestBlind(t *testing.T) {
	account := &inventory.Account{
		ID: prod, Partition: "aws", Status: inventory.Partial,
		Users: []inventory.User{{
			Name: "user-1", ID: "AIDAEXAMPLE000000001", ARN: "arn:aws:iam::" + prod + ":user/user-1",
			Keys: []inventory.AccessKey{{ID: "AKIAEXAMPLE000000001", Active: true}},
		}},
	}
	f := unusedKey(1)
	f.ID = checks.FindingID("aws", prod, "AIDAEXAMPLE000000001", "AKIAEXAMPLE000000001", "access-key")
	aged, lower, leaked := f, f, f
	aged.Check, aged.Severity = "aged-access-key", checks.Medium
	lower.Severity = checks.Medium
	leaked.Check, leaked.Severity = "leaked-access-key", checks.Critical
	used := inventory.Missing{Fact: inventory.FactAccessKeyLastUsed, User: "user-1", Credential: "AKIAEXAMPLE000000001"}
	policies := inventory.Missing{Fact: inventory.FactUserPolicies}
	other := inventory.Missing{Fact: inventory.FactAccessKeyLastUsed, User: "user-2"}
	for name, tc := range map[string]struct {
		now     checks.Finding
		missing inventory.Missing
		writes  bool
	}{
		"lesser check, last use not read":        {aged, used, false},
		"lesser check, policies not read":        {aged, policies, true},
		"lesser check, another user's last use":  {aged, other, true},
		"lower severity, policies not read":      {lower, policies, false},
		"lower severity, last use not read":      {lower, used, true},
		"the same, nothing read":                 {f, used, false},
		"a check without a known rank, not read": {leaked, used, true},
	} {
		w := newWorld().with(f)
		w.accounts[0] = account
		w.run(t)
		account.Missing = []inventory.Missing{tc.missing}
		w.with(tc.now)
		r := w.run(t)
		if wrote := r.Counts.Updated == 1; wrote != tc.writes {
			t.Errorf("%s: %s", name, lines(r.Actions))
		}
		account.Missing = nil
	}
}
