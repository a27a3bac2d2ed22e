package backlog_test

import (
	"strings"
	"testing"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
)

// TestNoSecondIssue holds that whatever people do to an issue, it stays the one.
func TestNoSecondIssue(t *testing.T) {
	for name, do := range map[string]func(w *world, i *backlog.Issue){
		"renamed":                         func(_ *world, i *backlog.Issue) { i.Title = "mine" },
		"label lost":                      func(_ *world, i *backlog.Issue) { i.Labels = nil },
		"renamed and label lost":          func(_ *world, i *backlog.Issue) { i.Title, i.Labels = "mine", nil },
		"another token":                   func(w *world, _ *backlog.Issue) { w.self, w.selfBot = "keysweep-app[bot]", true },
		"a personal token":                func(w *world, _ *backlog.Issue) { w.self, w.selfBot, w.login = "alice", false, "alice" },
		"made by a person":                func(_ *world, i *backlog.Issue) { i.Author, i.AuthorBot = "alice", false },
		"made by a person, member":        func(_ *world, i *backlog.Issue) { person(i, "MEMBER"); i.Labels = nil },
		"made by a person, collab":        func(_ *world, i *backlog.Issue) { person(i, "COLLABORATOR"); i.Labels = nil },
		"made by a person, nothing known": func(_ *world, i *backlog.Issue) { person(i, ""); i.Labels = nil },
		"made by this token":              func(w *world, i *backlog.Issue) { person(i, "NONE"); i.Labels = nil; w.login = "alice" },
		"bot told by its name":            func(_ *world, i *backlog.Issue) { i.AuthorBot = false; i.Association = "NONE"; i.Labels = nil },
		"closed, label lost":              func(w *world, i *backlog.Issue) { w.close(i, "alice", false, "not_planned"); i.Labels = nil },
		"emptied":                         func(_ *world, i *backlog.Issue) { i.Body = "" },
		"emptied and closed":              func(w *world, i *backlog.Issue) { w.close(i, "alice", false, "completed"); i.Body = "" },
		"first line lost, renamed":        func(_ *world, i *backlog.Issue) { _, i.Body, _ = strings.Cut(i.Body, "\n"); i.Title = "mine" },
		"first line lost, closed": func(w *world, i *backlog.Issue) {
			_, i.Body, _ = strings.Cut(i.Body, "\n")
			w.close(i, "a", false, "not_planned")
		},
		"all but the first line lost": func(_ *world, i *backlog.Issue) { i.Body, _, _ = strings.Cut(i.Body, "\n"); i.Title = "mine" },
		"told twice by the listing":   func(w *world, i *backlog.Issue) { c := *i; w.issues = append(w.issues, &c) },
	} {
		w := newWorld().with(unusedKey(1))
		w.run(t)
		do(w, w.issue(1))
		w.later(1).with(unusedKey(1))
		r := w.run(t)
		if r.Counts.Opened > 0 || r.Counts.Closed > 0 || r.Issues[id(1)].Number != 1 {
			t.Errorf("%s: %s", name, lines(r.Actions))
		}
	}
}

func person(i *backlog.Issue, association string) {
	i.Author, i.AuthorBot, i.Association = "alice", false, association
}

// TestPersonalTokenKnownByItsIssues holds that the author of a labelled issue of ours is ours
// where the label was lost too.
func TestPersonalTokenKnownByItsIssues(t *testing.T) {
	w := newWorld().with(unusedKey(1), unusedKey(2))
	w.self, w.selfBot = "alice", false
	w.run(t)
	for _, i := range w.issues {
		i.Association = "NONE"
	}
	w.issue(1).Labels = nil
	if r := w.run(t); r.Counts.Opened > 0 {
		t.Error(lines(r.Actions))
	}
}

// TestForgedMarker holds that a stranger's copy is nobody's issue: it is neither written to nor
// does closing it accept anything.
func TestForgedMarker(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.later(1).without(1, gone)
	w.run(t)
	forged := w.open("I found a bug", w.issue(1).Body, nil)
	person(forged, "NONE")
	w.later(1).with(unusedKey(1))
	r := w.run(t)
	if !w.issue(1).Open || r.Issues[id(1)].Number != 1 || len(r.Warnings) != 1 {
		t.Errorf("%s%q", lines(r.Actions), r.Warnings)
	}
	w.close(forged, "alice", false, "not_planned")
	w.with(unusedKey(1))
	w.quiet(t)

	forged.Labels = []string{"keysweep"} // somebody who may put labels vouches for it
	w.reopen(forged)
	w.with(unusedKey(1))
	w.expect(t, "close-duplicate #2 closed/duplicate body comment:2.duplicate (issue #1 is about the same finding and came first)")
}

// TestMarkerElsewhere holds that a marker in somebody's text claims nothing.
func TestMarkerElsewhere(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	body := w.issue(1).Body
	for n, text := range []string{"See:\n" + body, "> " + strings.ReplaceAll(body, "\n", "\n> "), "```\n" + body + "\n```", strings.ToUpper(body)} {
		i := w.open("words", text, []string{"keysweep"})
		i.Author, i.AuthorBot = "alice", false
		if r := w.plan(); lines(r.Actions) != "" {
			t.Errorf("text %d: %s", n, lines(r.Actions))
		}
	}
}

// TestRecoverByTitle holds what must be right for an emptied issue to be ours again.
func TestRecoverByTitle(t *testing.T) {
	for name, tc := range map[string]struct {
		do    func(i *backlog.Issue)
		found bool
	}{
		"bot and label":      {func(*backlog.Issue) {}, true},
		"blanks in title":    {func(i *backlog.Issue) { i.Title += " " }, true},
		"no label":           {func(i *backlog.Issue) { i.Labels = nil }, false},
		"a person's":         {func(i *backlog.Issue) { person(i, "MEMBER") }, false},
		"another title":      {func(i *backlog.Issue) { i.Title += "?" }, false},
		"part of the title":  {func(i *backlog.Issue) { i.Title = i.Title[:10] }, false},
		"dashboard":          {func(i *backlog.Issue) { i.Labels = append(i.Labels, backlog.LabelDashboard) }, false},
		"an unknown version": {func(i *backlog.Issue) { i.Body = strings.Replace(goodMarker, ":v1", ":v2", 1) }, true},
	} {
		w := newWorld().with(unusedKey(1))
		w.run(t)
		w.issue(1).Body = ""
		tc.do(w.issue(1))
		if r := w.plan(); (r.Counts.Opened == 0) != tc.found {
			t.Errorf("%s: %s", name, lines(r.Actions))
		}
	}
}

// TestDoubles holds that the open issue with the lowest number stays, outside the fuse.
func TestDoubles(t *testing.T) {
	w := newWorld()
	w.maxNew, w.percent = 100, 0
	var findings []checks.Finding
	for n := range 20 {
		findings = append(findings, unusedKey(n))
	}
	w.with(findings...).run(t)
	for n := range 20 {
		c := *w.issue(n + 1)
		c.Number = len(w.issues) + 1
		w.issues = append(w.issues, &c)
	}
	r := w.run(t)
	if r.Counts.Closed != 20 || r.Fuse.Blown {
		t.Fatalf("%+v, %+v", r.Counts, r.Fuse)
	}
	for n := range 20 {
		if got := w.openAbout(id(n)); len(got) != 1 || got[0] > 20 {
			t.Errorf("finding %d has the open issues %v", n, got)
		}
	}
	if got := w.last(21); got != "Duplicate of #1" {
		t.Errorf("told as %q", got)
	}

	// The double closed, only the first one counts, whatever becomes of it.
	w.close(w.issue(1), "alice", false, "not_planned")
	w.later(1).with(findings...)
	w.quiet(t)
	w.close(w.issue(2), "alice", false, "completed")
	w.later(1).with(findings...).run(t)
	if !w.issue(2).Open || w.issue(22).Open {
		t.Error("the double was opened in place of the first")
	}
}

// TestOpenOneCounts holds that a later issue which is open stands for the finding while
// earlier ones are closed.
func TestOpenOneCounts(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	c := *w.issue(1)
	c.Number = 2
	w.issues = append(w.issues, &c)
	w.close(w.issue(1), "alice", false, "not_planned")
	w.later(1).with(unusedKey(1))
	w.quiet(t)
	w.without(1, gone)
	w.expect(t, "close #2 closed/completed body comment:1.gone (the access key was deleted)")
	w.later(1).with(unusedKey(1))
	w.run(t)
	if w.issue(1).Open || !w.issue(2).Open {
		t.Error("not the issue that was closed last is opened again")
	}
}

// TestRecordOfAnother holds that a record which speaks of another finding is not believed.
func TestRecordOfAnother(t *testing.T) {
	w := newWorld().with(unusedKey(1), unusedKey(2))
	w.run(t)
	mine, other := w.issue(1), w.issue(2)
	first, _, _ := strings.Cut(mine.Body, "\n")
	_, rest, _ := strings.Cut(other.Body, "\n")
	mine.Body = first + "\n" + rest
	w.without(2, gone)
	w.verdicts[id(1)] = gone
	if got := lines(w.plan().Actions); !strings.Contains(got, "leave #1 (not assessed: its text no longer says") {
		t.Error(got)
	}
	w.with(unusedKey(1), unusedKey(2))
	w.expect(t, "edit #1 body (our part of the text was lost)")
}

// TestRedacted holds that a redacted backlog holds no account id, and that one turns into
// the other without a second issue.
func TestRedacted(t *testing.T) {
	hidden := unusedKey(1)
	show := checks.Redacted()
	hidden.AccountID, hidden.Account = show.Account(prod), ""
	hidden.User, hidden.KeyID = show.User("", "user-1"), show.Key(hidden.KeyID)
	hidden.Resource, hidden.Title = "arn:aws:iam::"+hidden.AccountID+":user/"+hidden.User, "Access key "+hidden.KeyID+" is unused"
	hidden.Steps = nil
	w := newWorld().with(hidden)
	w.display = show
	w.run(t)
	if b := w.issue(1).Body + w.issue(1).Title; strings.Contains(b, prod) || strings.Contains(b, "user-1\"") || !strings.Contains(b, `"account_tag":"`) {
		t.Errorf("not hidden: %s", b)
	}
	all := w.accounts
	w.accounts = all[1:]
	w.without(1, gone)
	if got := lines(w.plan().Actions); !strings.HasPrefix(got, "out-of-scope #1") {
		t.Error(got)
	}
	w.accounts = all
	if got := lines(w.plan().Actions); !strings.HasPrefix(got, "close #1") {
		t.Error(got)
	}

	w.display = nil
	w.with(unusedKey(1)).run(t)
	if !strings.Contains(w.issue(1).Body, prod) || len(w.issues) != 1 {
		t.Error("not shown")
	}
	w.display = show
	r := w.without(1, unread).plan()
	if len(r.NotAssessed) != 1 || strings.Contains(backlog.Text(r)+r.NotAssessed[0].Title, "user-1") {
		t.Errorf("a plan that hides names says %+v", r.NotAssessed)
	}
	w.with(hidden).run(t)
	if strings.Contains(w.issue(1).Body+w.issue(1).Title, prod) {
		t.Error("not hidden again")
	}
}

// TestSharedTag holds that of accounts that are shown alike all must prove an absence.
func TestSharedTag(t *testing.T) {
	f := unusedKey(1)
	f.AccountID = "hidden"
	w := newWorld().with(f)
	w.display = &checks.Display{Account: func(string) string { return "hidden" }}
	w.run(t)
	w.without(1, gone)
	if got := lines(w.plan().Actions); !strings.HasPrefix(got, "close #1") {
		t.Error(got)
	}
	w.accounts[1].Status = "failed"
	if got := lines(w.plan().Actions); !strings.HasPrefix(got, "leave #1") {
		t.Error(got)
	}
}
