package backlog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/inventory"
)

// TestCap holds what is made first, and that the rest waits for the next run.
func TestCap(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC) }
	make := func(n int, s checks.Severity, since time.Time) checks.Finding {
		f := unusedKey(n)
		f.Severity, f.Since = s, since
		return f
	}
	health := make(7, checks.Medium, day(1))
	health.Check, health.Subject, health.Kind = "account-unreadable", "account-unreadable", checks.SubjectAccount
	exempt := make(8, checks.Critical, day(1))
	exempt.Exemption = &checks.ExemptionRef{Reason: "a", Expires: "2027-01-01"}
	incomplete := make(9, checks.Critical, day(1))
	incomplete.Incomplete = "the unique id of the user is not known"
	w := newWorld().with(
		make(1, checks.Low, day(1)), make(2, checks.High, day(3)), make(3, checks.High, day(2)), make(4, checks.High, time.Time{}),
		make(5, checks.Critical, day(9)), make(6, checks.High, day(2)), health, exempt, incomplete,
	)
	w.maxNew = 3
	r := w.plan()
	var got []string
	for _, a := range r.Actions {
		got = append(got, fmt.Sprintf("%s %s", a.Kind, a.FindingID))
	}
	want := []string{
		"create " + id(5), "create " + id(3), "create " + id(6), "defer " + id(2), "defer " + id(4), "create " + id(7), "defer " + id(1),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if r.Counts.Opened != 4 || r.Counts.Deferred != 3 || len(r.Deferred) != 3 || len(r.NotSynced) != 1 || len(r.Accepted) != 1 {
		t.Errorf("%+v", r.Counts)
	}
	w.carryOut(r.Actions)
	w.close(w.issue(1), "stale[bot]", true, "completed") // a reopening does not count
	w.later(1).with(w.findings...)
	r = w.plan()
	if r.Counts.Opened != 3 || r.Counts.Reopened != 1 || r.Counts.Deferred != 0 {
		t.Errorf("the next run: %+v", r.Counts)
	}
	w.maxNew = 0
	if r = w.plan(); r.Counts.Opened != 0 || r.Counts.Deferred != 3 {
		t.Errorf("with a cap of none: %+v", r.Counts)
	}
}

// many are n findings, the first absent ones gone.
func manyGone(n, absent int) *world {
	w := newWorld()
	w.maxNew = backlog.NoCap
	var findings []checks.Finding
	for i := range n {
		findings = append(findings, unusedKey(i))
	}
	w.with(findings...)
	w.carryOut(w.plan().Actions)
	for i := range absent {
		w.verdicts[id(i)] = gone
	}
	return w.later(1).with(findings[absent:]...)
}

// TestFuse is the boundary: ten closings, and more than the percentage.
func TestFuse(t *testing.T) {
	for _, tc := range []struct {
		issues, gone, percent int
		blown                 bool
	}{
		{9, 9, 30, false},
		{9, 9, 0, false},
		{10, 10, 30, true},
		{10, 10, 99, true},
		{10, 10, 100, false},
		{100, 30, 30, false},
		{100, 31, 30, true},
		{33, 10, 30, true},
		{34, 10, 30, false},
		{100, 10, 0, true},
	} {
		w := manyGone(tc.issues, tc.gone)
		w.percent = tc.percent
		r := w.run(t)
		closed := 0
		for _, i := range w.issues {
			if !i.Open {
				closed++
			}
		}
		want := tc.gone
		if tc.blown {
			want = 0
		}
		if r.Fuse.Blown != tc.blown || closed != want || r.Counts.Closed != want || (r.Fuse.Text != "") != tc.blown {
			t.Errorf("%+v: closed %d, %+v", tc, closed, r.Fuse)
		}
	}
}

// TestFuseHoldsBackClosingsAlone holds that everything else goes on, and that closings by
// policy and issues of accounts that were not covered are not counted.
func TestFuseHoldsBackClosingsAlone(t *testing.T) {
	w := manyGone(40, 12)
	w.percent = 25
	w.verdicts[id(12)] = off
	worse := w.findings[1]
	worse.Severity = checks.Critical
	fresh := unusedKey(99)
	fresh.FactsAt = w.now
	w.findings = append([]checks.Finding{worse, fresh}, w.findings[2:]...)
	r := w.run(t)
	if c := r.Counts; !r.Fuse.Blown || c.Closed != 1 || c.Updated != 1 || c.Opened != 1 {
		t.Errorf("%+v %+v", r.Fuse, c)
	}
	if !strings.Contains(lines(r.Actions), "leave #1 (the fuse holds back its closing: the access key was deleted)") {
		t.Error(lines(r.Actions))
	}

	w = manyGone(40, 12)
	w.percent = 25
	for _, i := range w.issues {
		if n := slices.IndexFunc(w.findings, func(f checks.Finding) bool { return f.ID == findingOf(i) }); n >= 0 && n < 20 {
			i.Body = strings.ReplaceAll(i.Body, prod, dev) // an account that fails later
		}
	}
	w.findings = w.findings[20:]
	w.accounts[1].Status = inventory.Failed
	if f := w.plan().Fuse; f.Open != 20 || f.Closings != 12 || !f.Blown {
		t.Errorf("%+v", f)
	}
}

// TestNothingClosesUncovered holds that no state of an account but a covered one closes.
func TestNothingClosesUncovered(t *testing.T) {
	for status, closes := range map[inventory.Status]bool{
		inventory.Audited: true, inventory.Partial: true, inventory.Failed: false, inventory.Skipped: false, "": false, "new": false,
	} {
		w := newWorld().with(unusedKey(1))
		w.run(t)
		w.without(1, gone)
		w.accounts[0].Status = status
		if closed := w.run(t).Counts.Closed == 1; closed != closes {
			t.Errorf("an account that is %q closes: %v", status, closed)
		}
	}
}

// TestIncompleteKeepsOpen holds that a finding without its whole identity keeps issues of its
// account and kind open: one of them may be about it.
func TestIncompleteKeepsOpen(t *testing.T) {
	for name, tc := range map[string]struct {
		account string
		kind    checks.SubjectKind
		closes  bool
	}{
		"the same":     {prod, checks.SubjectAccessKey, false},
		"another kind": {prod, checks.SubjectPassword, true},
		"elsewhere":    {dev, checks.SubjectAccessKey, true},
	} {
		w := newWorld().with(unusedKey(1))
		w.run(t)
		w.without(1, gone)
		f := unusedKey(2)
		f.Incomplete, f.AccountID, f.Kind = "the id of the credential is not known", tc.account, tc.kind
		w.findings = []checks.Finding{f}
		r := w.run(t)
		if closed := r.Counts.Closed == 1; closed != tc.closes || len(r.NotSynced) != 1 || len(w.issues) != 1 {
			t.Errorf("%s: %s", name, lines(r.Actions))
		}
	}
}

// TestJudgedByFacts runs the true judge over an account whose key is gone, deactivated, or
// not known to be either.
func TestJudgedByFacts(t *testing.T) {
	key := inventory.AccessKey{ID: "AKIAEXAMPLE000000001", Active: true, Created: start.AddDate(0, 0, -60)}
	user := inventory.User{Name: "user-1", ID: "AIDAEXAMPLE000000001", ARN: "arn:aws:iam::" + prod + ":user/user-1", Created: start.AddDate(0, 0, -60)}
	f := unusedKey(1)
	f.ID = checks.FindingID("aws", prod, user.ID, key.ID, "access-key")
	account := func(missing ...inventory.Missing) *inventory.Account {
		return &inventory.Account{
			ID: prod, Partition: "aws", Status: inventory.Audited, CollectedAt: start.AddDate(0, 0, 1),
			Missing: missing, Users: []inventory.User{user},
		}
	}
	for name, tc := range map[string]struct {
		account *inventory.Account
		want    string
	}{
		"deleted":          {account(), "close #1 closed/completed"},
		"keys not read":    {account(inventory.Missing{Fact: inventory.FactAccessKeys}), "leave #1 (not assessed"},
		"key ids not read": {account(inventory.Missing{Fact: inventory.FactAccessKeyIDs, User: "user-1"}), "leave #1 (not assessed"},
	} {
		w := newWorld().with(f)
		w.run(t)
		in := w.later(1).with().input()
		in.Accounts = []*inventory.Account{tc.account}
		if got := lines(backlog.Plan(in).Actions); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
