package scan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/demo"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
	"github.com/keysweep/keysweep/internal/scan"
)

// planned is a scan of the sample organization up to its plan, as the command goes: join, find,
// plan about the leaks alone, take back what people accepted.
func planned(t *testing.T, issues []backlog.Issue, display *checks.Display) (*scan.Result, backlog.Result) {
	t.Helper()
	accounts, err := demo.Accounts()
	if err != nil {
		t.Fatal(err)
	}
	now := accounts[0].CollectedAt.Add(72 * time.Hour)
	p, err := policy.Parse("keysweep.yml", demo.Policy(), policy.ParseOptions{KnownChecks: checks.KnownIDs(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	at := func(id, account, path string) scan.Sighting {
		return scan.Sighting{AccessKeyID: id, AccountID: account, Path: path, Line: 1, Where: scan.File, Encoding: "plain", Confidence: scan.Likely}
	}
	r := scan.Join(scan.Input{
		Sightings: []scan.Sighting{
			at("AKIATHPRDSKWAEXAMPLE", "222233334444", "ci.env"),    // active, unnamed by any other check than its age
			at("AKIATHPRDSKWHEXAMPLE", "222233334444", "queue.env"), // inactive
			at("AKIATHPRDSKWZEXAMPLE", "222233334444", "gone.env"),
			at("AKIA6RVFFB77RE7OLMKI", "999900001111", "foreign.env"),
			at("AKIAWO645SY5BEXAMPLE", "444455556666", "load.env"), // aged is exempt, leaked is not
		},
		Accounts: accounts, Policy: p, Now: now,
	})
	plan := backlog.Plan(backlog.Input{
		Now: now, Findings: r.Findings(display), Only: scan.IsLeak, Issues: issues, Accounts: r.Accounts(), Policy: p, Display: display,
		MaxNew: 25, MaxClosePercent: 30,
	})
	for _, l := range plan.Accepted {
		r.Accept(l.FindingID, scan.Acceptance{From: l.From, Reason: l.Why, Until: l.Until})
	}
	return r, plan
}

// issuesOf are the issues that carrying out a plan's creations makes.
func issuesOf(plan backlog.Result) []backlog.Issue {
	var out []backlog.Issue
	for i, a := range plan.Actions {
		out = append(out, backlog.Issue{Number: i + 1, Title: a.Title, Body: a.Body, Open: true, Labels: a.AddLabels, Author: "github-actions[bot]", AuthorBot: true})
	}
	return out
}

func TestFromSightingsToThePlan(t *testing.T) {
	r, plan := planned(t, nil, nil)
	var titles []string
	for _, a := range plan.Actions {
		if a.Kind != backlog.Create {
			t.Errorf("action %s", a)
		}
		titles = append(titles, a.Title)
	}
	want := []string{
		"Access key AKIATHPRDSKWAEXAMPLE of ci-deploy is leaked, account acme-prod (222233334444)",
		"Access key AKIAWO645SY5BEXAMPLE of warehouse-loader is leaked, account acme-data (444455556666)",
		"Access key AKIATHPRDSKWHEXAMPLE of queue-worker is leaked, account acme-prod (222233334444)",
	}
	if strings.Join(titles, "\n") != strings.Join(want, "\n") {
		t.Errorf("issues:\n%s", strings.Join(titles, "\n"))
	}
	if c := r.Counts(); c.Keys != 5 || !r.Reaches(checks.Critical) {
		t.Errorf("counts %+v", c)
	}
	if _, again := planned(t, issuesOf(plan), nil); writes(again) > 0 {
		t.Errorf("a second scan would write: %v", again.Actions)
	}
}

func writes(plan backlog.Result) (n int) {
	for _, a := range plan.Actions {
		if a.Writes() {
			n++
		}
	}
	return n
}

// What people accept on the issue is quiet in the scan.
func TestAcceptedOnTheIssue(t *testing.T) {
	_, plan := planned(t, nil, nil)
	issues := issuesOf(plan)
	issues[0].Labels = append(issues[0].Labels, backlog.LabelAccepted)
	issues[1].Open, issues[1].StateReason, issues[1].ClosedAt = false, "not_planned", time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	r, _ := planned(t, issues, nil)
	doc := r.Shown(nil, nil)
	if len(doc.Accepted) != 2 || doc.Accepted[0].Acceptance.From != "label" || doc.Accepted[1].Acceptance.From != "closing" || r.Reaches(checks.Critical) {
		t.Errorf("accepted %+v", doc.Accepted)
	}
}

// Redacted, neither the plan nor the document holds a true name.
func TestRedactedPlan(t *testing.T) {
	r, plan := planned(t, nil, checks.Redacted())
	text := string(r.Shown(checks.Redacted(), nil).JSON())
	for _, a := range plan.Actions {
		text += a.Title + a.Body
	}
	for _, name := range []string{"AKIATHPRDSKW", "222233334444", "acme-", "ci-deploy", "queue-worker", "warehouse-loader", "999900001111", "AKIA6RVFFB"} {
		if strings.Contains(text, name) {
			t.Errorf("%s is shown", name)
		}
	}
	if len(plan.Actions) != 3 {
		t.Errorf("%d actions", len(plan.Actions))
	}
}

// An inventory that was saved with its leaks and is joined to a new scan holds the new ones alone.
func TestNewScanReplacesTheOld(t *testing.T) {
	a := &inventory.Account{ID: "222233334444", Status: inventory.Audited, Leaks: &inventory.Leaks{Found: []inventory.Leak{{KeyID: "AKIATHPRDSKWAEXAMPLE", Where: "file"}}}}
	r := scan.Join(scan.Input{Accounts: []*inventory.Account{a}, Now: time.Unix(0, 0)})
	if n := len(r.Accounts()[0].Leaks.Found); n != 0 || len(a.Leaks.Found) != 1 {
		t.Errorf("%d leaks, %d in what was handed in", n, len(a.Leaks.Found))
	}
}
