package backlog_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
)

// varied is a plan with something of everything.
func varied(t *testing.T) *world {
	var findings []checks.Finding
	for n := range 7 {
		findings = append(findings, unusedKey(n))
	}
	w := newWorld().with(findings...)
	w.run(t)
	w.close(w.issue(1), "alice", false, "not_planned")
	w.close(w.issue(2), "alice", false, "completed")
	w.later(1).with(findings...).run(t)
	w.later(1).close(w.issue(2), "alice", false, "completed")
	w.verdicts[id(2)], w.verdicts[id(3)], w.verdicts[id(4)] = gone, unread, off
	incomplete := unusedKey(20)
	incomplete.Incomplete, incomplete.Kind = "the unique id of the user is not known", checks.SubjectUser
	worse := unusedKey(5)
	worse.Severity = checks.Critical
	hostile := unusedKey(21)
	hostile.Title = "Key of \u202e@octocat\n::error::<script> | \" `"
	w.maxNew = 1
	return w.later(1).with(findings[0], findings[1], worse, incomplete, hostile, unusedKey(22))
}

func TestEncodePlan(t *testing.T) {
	w := varied(t)
	r := w.plan()
	r.Warnings = append(r.Warnings, "a warning")
	out, err := backlog.EncodePlan(r, backlog.Run{GeneratedAt: w.now, ToolVersion: "1.2.3", DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.json", string(out))
	golden(t, "plan.txt", backlog.Text(r))
	var back map[string]any
	if err := json.Unmarshal(out, &back); err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(backlog.Text(r), "\n") {
		if strings.HasPrefix(l, ":") || strings.ContainsAny(l, "\u202e\r") {
			t.Errorf("a line as %q", l)
		}
	}
}

// TestEncodeEmptyPlan holds that no list is null.
func TestEncodeEmptyPlan(t *testing.T) {
	out, err := backlog.EncodePlan(backlog.Result{}, backlog.Run{GeneratedAt: start})
	if err != nil || strings.Contains(string(out), "null") {
		t.Errorf("%v\n%s", err, out)
	}
	if got := backlog.Text(backlog.Result{}); got != "" {
		t.Errorf("as text %q", got)
	}
}

func TestTextOfFuse(t *testing.T) {
	w := manyGone(20, 20)
	if got := backlog.Text(w.plan()); !strings.Contains(got, "\nfuse: 20 of 20 open issues of covered accounts would be closed, which is more than 30 percent: none was.") {
		t.Error(got)
	}
}

// TestFiles holds that a backlog without GitHub is the bodies that issues would have, all of them.
func TestFiles(t *testing.T) {
	var findings []checks.Finding
	for n := range 40 {
		findings = append(findings, unusedKey(n))
	}
	findings[3].Severity = checks.Low
	findings[3].Title = "<img src=x> @octocat"
	findings[4].Exemption = &checks.ExemptionRef{Reason: "a", Expires: "2027-01-01"}
	findings[5].Incomplete = "no id"
	w := newWorld().with(findings...)
	files := backlog.Files(w.input())
	if len(files) != 38 {
		t.Errorf("%d files", len(files))
	}
	for n, f := range findings {
		text, ok := files[string(f.Severity)+"-"+f.ID+".md"]
		if wanted := n != 4 && n != 5; ok != wanted {
			t.Errorf("finding %d has a file: %v", n, ok)
		}
		m, marked := backlog.ParseMarker(string(text))
		if ok && (!marked || m.ID != f.ID || m.State != "open") {
			t.Errorf("finding %d: no marker in\n%s", n, text)
		}
	}
	golden(t, "file.md", string(files["low-"+id(3)+".md"]))
}

// TestPlanChangesNothing holds that what a plan is made of stays as it was.
func TestPlanChangesNothing(t *testing.T) {
	w := varied(t)
	in := w.input()
	before := encodeJSON(t, in)
	backlog.Plan(in)
	if after := encodeJSON(t, in); after != before {
		t.Error("the input changed")
	}
}

func encodeJSON(t *testing.T, in backlog.Input) string {
	t.Helper()
	out, err := json.Marshal([]any{in.Findings, in.Issues, in.Accounts, in.Commands, slices.Clone(in.Targets)})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
