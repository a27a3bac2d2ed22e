package ghapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/ghfake"
	"github.com/keysweep/keysweep/internal/inventory"
)

// finding is about the nth access key of one account.
func finding(n int, severity checks.Severity, at time.Time) checks.Finding {
	key := fmt.Sprintf("AKIAEXAMPLE%09d", n)
	return checks.Finding{
		ID: id(n), Check: "unused-access-key", Severity: severity, Title: fmt.Sprintf("Access key of user-%d is unused", n),
		AccountID: "111122223333", Account: "prod", Resource: fmt.Sprintf("arn:aws:iam::111122223333:user/user-%d", n),
		User: fmt.Sprintf("user-%d", n), KeyID: key, Kind: checks.SubjectAccessKey, Subject: "access-key",
		Removal: checks.RemovalNow, Why: "An access key works from anywhere.", FactsAt: at,
		Steps: []checks.Step{{Text: "Deactivate it.", Command: "aws iam update-access-key --status Inactive --access-key-id " + key}},
	}
}

// synced is a run from the list of issues to the last write, over these findings.
func synced(t *testing.T, s *ghfake.Server, c *Client, findings ...checks.Finding) (Result, error) {
	t.Helper()
	issues, err := c.ListIssues(t.Context(), backlog.LabelKeysweep)
	if err != nil {
		t.Fatal(err)
	}
	plan := backlog.Plan(backlog.Input{
		Now: s.Now(), Findings: findings, Issues: issues, MaxNew: backlog.NoCap, MaxClosePercent: 30,
		Accounts: []*inventory.Account{{ID: "111122223333", Partition: "aws", Status: inventory.Audited}},
	})
	return c.Apply(t.Context(), plan.Actions)
}

// TestSteadyRun: a second run over the same facts writes nothing, and asks for the lists alone.
func TestSteadyRun(t *testing.T) {
	s := ghfake.New(t)
	s.SetPageSize(2)
	all := []checks.Finding{finding(1, checks.High, s.Now()), finding(2, checks.Low, s.Now()), finding(3, checks.Medium, s.Now())}
	if r, err := synced(t, s, connect(t, s), all...); err != nil || len(r.Created) != 3 {
		t.Fatalf("first run: %+v %v", r, err)
	}
	s.ResetLog()
	if r, err := synced(t, s, connect(t, s), all...); err != nil || r.Writes != 0 {
		t.Errorf("second run: %+v %v", r, err)
	}
	var seen []string
	for _, r := range s.Requests() {
		seen = append(seen, r.String())
	}
	const list = "GET /repos/acme/backlog/issues?"
	want := []string{
		list + "direction=asc&labels=keysweep&per_page=100&sort=created&state=all → 200",
		list + "direction=asc&labels=keysweep&page=2&per_page=100&sort=created&state=all → 200",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestWordsSurviveARace: what people write and tick between the plan and the write stays.
func TestWordsSurviveARace(t *testing.T) {
	s := ghfake.New(t)
	c := connect(t, s)
	if _, err := synced(t, s, c, finding(1, checks.Low, s.Now())); err != nil {
		t.Fatal(err)
	}
	issues, err := c.ListIssues(t.Context(), backlog.LabelKeysweep)
	if err != nil {
		t.Fatal(err)
	}
	worse := finding(1, checks.Critical, s.Now())
	plan := backlog.Plan(backlog.Input{Now: s.Now(), Findings: []checks.Finding{worse}, Issues: issues})
	s.As("alice").Edit(1, strings.ReplaceAll(issues[0].Body+"\n\nAlice was here.", "\n", "\r\n"))
	if _, err := c.Apply(t.Context(), plan.Actions); err != nil {
		t.Fatal(err)
	}
	got := s.Issues(ghfake.DefaultRepository)[0]
	if !strings.Contains(got.Body, "Alice was here.") || !strings.Contains(got.Body, "critical") {
		t.Errorf("body:\n%s", got.Body)
	}
	if !slices.Contains(got.Labels, "keysweep:critical") || len(got.Comments) != 1 {
		t.Errorf("labels %v, %d comments", got.Labels, len(got.Comments))
	}
}

// TestPlanAfterEveryFault: two issues get worse and two are new; whatever fault hits whichever write of that run, the next
// run leaves one open issue a finding, each with its label, and the one after that writes nothing.
func TestPlanAfterEveryFault(t *testing.T) {
	positions := 0
	for _, kind := range ghfake.FaultKinds() {
		for write := 1; ; write++ {
			s := ghfake.New(t)
			early := []checks.Finding{finding(1, checks.Low, s.Now()), finding(2, checks.Low, s.Now())}
			if _, err := synced(t, s, connect(t, s), early...); err != nil {
				t.Fatal(err)
			}
			var now []checks.Finding
			for n := 1; n <= 4; n++ {
				now = append(now, finding(n, checks.High, s.Now()))
			}
			s.ResetLog()
			s.Inject(ghfake.Fault{Kind: kind, Write: write, RetryAfter: 3600})
			c := connect(t, s)
			if kind == ghfake.Hang {
				c.tr.timeout = 100 * time.Millisecond
			}
			hit, _ := synced(t, s, c, now...) //nolint:errcheck // what it left undone is for the next
			if write > hit.Writes {
				break // the fault never struck
			}
			positions++
			s.Sleep(t.Context(), 2*time.Hour) //nolint:errcheck // never fails here
			if _, err := synced(t, s, connect(t, s), now...); err != nil {
				t.Errorf("%s at write %d: the next run: %v", kind, write, err)
			}
			if r, err := synced(t, s, connect(t, s), now...); err != nil || r.Writes != 0 {
				t.Errorf("%s at write %d: the run after that writes %d times, %v", kind, write, r.Writes, err)
			}
			judgePlan(t, s, fmt.Sprintf("%s at write %d", kind, write))
		}
	}
	t.Logf("%d positions", positions)
	if positions < 80 {
		t.Errorf("only %d positions were tried", positions)
	}
}

// judgePlan reads the fake's state, with no code of the planner.
func judgePlan(t *testing.T, s *ghfake.Server, when string) {
	t.Helper()
	issues := s.Issues(ghfake.DefaultRepository)
	var got []string
	for _, i := range issues {
		labels := slices.Clone(i.Labels)
		slices.Sort(labels)
		got = append(got, fmt.Sprintf("%s %s %s comments=%d", i.Title, i.State, labels, len(i.Comments)))
	}
	slices.Sort(got)
	var want []string
	for n := 1; n <= 4; n++ {
		comments := 0
		if n <= 2 {
			comments = 1
		}
		for _, i := range issues {
			if strings.Contains(i.Body, id(n)) {
				want = append(want, fmt.Sprintf("%s open [keysweep keysweep:high] comments=%d", i.Title, comments))
				break
			}
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 4 {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}
