package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// labelled is the first issue with a label.
func (j *job) labelled(label string) ghfake.Issue {
	j.t.Helper()
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		if slices.Contains(i.Labels, label) {
			return i
		}
	}
	j.t.Fatalf("no issue with the label %s", label)
	return ghfake.Issue{}
}

func (j *job) dashboard() string { j.t.Helper(); return j.labelled("keysweep:dashboard").Body }

func (j *job) wantNoWrites(when string) {
	j.t.Helper()
	if w := j.github.Writes(); len(w) != 0 {
		j.t.Errorf("%s there were writes: %v", when, w)
	}
}

// calls are the requests to GitHub's API; the runner's own token service is not part of it.
func (j *job) calls() []ghfake.Request {
	return slices.DeleteFunc(j.github.Requests(), func(r ghfake.Request) bool { return strings.HasPrefix(r.Path, "/_oidc/") })
}

func (j *job) wantDashboard(words ...string) {
	j.t.Helper()
	text := j.dashboard()
	for _, w := range words {
		if !strings.Contains(text, w) {
			j.t.Errorf("the dashboard lacks %q:\n%s", w, text)
		}
	}
}

// crowd gives an account n users with an unused key each.
func (j *job) crowd(id string, n int) {
	for i := range n {
		j.world.Accounts[id].Users = append(j.world.Accounts[id].Users, awssim.User{
			Name: fmt.Sprintf("app-%d", i), ID: fmt.Sprintf("AIDAAPP%013d", i), Created: before(500),
			Keys: []awssim.Key{{ID: keyID(id, uint32(1000+i)), Created: before(400), LastUsed: before(100), Service: "s3", Region: "eu-west-1"}},
		})
	}
}

// A steady run is cheap: over I issues ceil(I/100) + 3 requests at most, and no write, on the
// same day and on a later one.
func TestSteadyRun(t *testing.T) {
	j := newJob(t)
	j.crowd("222233334444", 246)
	j.inputs["MAX-NEW-ISSUES"] = "1000"
	j.wantStatus(j.run(), action.ExitDone)
	issues := len(j.github.Issues(ghfake.DefaultRepository))
	if issues != 251 {
		t.Fatalf("%d issues, want 250 and the dashboard", issues)
	}
	limit := (issues+99)/100 + 3
	j.github.ResetLog()
	j.wantStatus(j.run(), action.ExitDone)
	j.wantNoWrites("in a second run")
	if n := len(j.calls()); n > limit {
		t.Errorf("%d requests over %d issues, want %d at most: %v", n, issues, limit, j.calls())
	}
	for range 3 {
		j.nextDay()
		j.wantStatus(j.run(), action.ExitDone)
		j.wantNoWrites("a day later over the same facts")
		if n := len(j.calls()); n > limit {
			t.Errorf("%d requests a day later, want %d at most", n, limit)
		}
	}
	t.Logf("a steady run over %d issues: %v", issues, j.calls())
}

// Two runs in a row that cannot read an account make an issue, with the cause and what to do; a
// run that reads it again closes it.
func TestAccountHealth(t *testing.T) {
	j := newJob(t)
	j.wantStatus(j.run(), action.ExitDone)
	before := len(j.github.Issues(ghfake.DefaultRepository))

	j.nextDay()
	stage := j.world.Accounts["333344445555"]
	roles := stage.Roles
	stage.Roles = nil
	j.wantStatus(j.run(), action.ExitUncovered)
	if n := len(j.github.Issues(ghfake.DefaultRepository)); n != before {
		t.Errorf("the first failure made %d issues", n-before)
	}
	j.wantDashboard("### Not verified", "| acme-333 (`333344445555`) | 2026-11-25 | 2 |", "could not be assumed", "Of these, 2 issues")
	if strings.Contains(j.file("findings.json"), "account-unreadable") {
		t.Error("the first failure is a finding already")
	}

	j.nextDay()
	j.inputs["MAX-NEW-ISSUES"] = "0" // health does not count
	j.wantStatus(j.run(), action.ExitUncovered)
	health := j.github.Issues(ghfake.DefaultRepository)[before:]
	if len(health) != 1 || health[0].Title != "Account acme-333 (333344445555) could not be audited" {
		t.Fatalf("the second failure: %+v", health)
	}
	for _, want := range []string{"It has not been read since 2026-11-25", "could not be assumed", "keysweep doctor --accounts 333344445555", "sts:AssumeRole"} {
		if !strings.Contains(visible(health[0].Body), want) {
			t.Errorf("the issue lacks %q:\n%s", want, health[0].Body)
		}
	}
	if !strings.Contains(j.file("findings.json"), `"account-unreadable"`) {
		t.Error("the second failure is no finding")
	}
	j.nextDay()
	j.wantStatus(j.run(), action.ExitUncovered)
	j.wantNoWrites("a third failure")

	j.nextDay()
	stage.Roles = roles
	j.wantStatus(j.run(), action.ExitDone)
	closed := j.github.Issues(ghfake.DefaultRepository)[before]
	if closed.State != "closed" || closed.StateReason != "completed" || !strings.Contains(closed.Comments[0].Body, "read again on 2026-11-28") {
		t.Errorf("after it was read again: %+v", closed)
	}
	if strings.Contains(j.dashboard(), "Not verified") {
		t.Errorf("the dashboard still says that something is not verified:\n%s", j.dashboard())
	}

	j.nextDay()
	stage.Roles = nil
	j.wantStatus(j.run(), action.ExitUncovered)
	j.nextDay()
	stage.Roles = roles
	j.wantStatus(j.run(), action.ExitDone)
	j.nextDay()
	stage.Roles = nil
	j.wantStatus(j.run(), action.ExitUncovered)
	if i := j.github.Issues(ghfake.DefaultRepository)[before]; i.State != "closed" {
		t.Error("two failures with a success between them are no row")
	}
	j.nextDay()
	j.wantStatus(j.run(), action.ExitUncovered)
	if i := j.github.Issues(ghfake.DefaultRepository)[before]; i.State != "open" || len(j.github.Issues(ghfake.DefaultRepository)) != before+1 {
		t.Errorf("the second row of failures: %+v", i)
	}
}

// The same inventory judged twice is one run.
func TestTheSameInventoryIsOneRun(t *testing.T) {
	j := newJob(t)
	j.world.Accounts["333344445555"].Roles = nil
	j.inputs["SHARD"] = "1/1"
	j.wantStatus(j.run(), action.ExitUncovered)
	delete(j.inputs, "SHARD")
	if err := os.Rename(filepath.Join(j.dir, "keysweep-report", "inventory"), filepath.Join(j.dir, "saved")); err != nil {
		t.Fatal(err)
	}
	j.inputs["INVENTORY"] = "saved"
	j.wantStatus(j.run(), action.ExitUncovered)
	j.wantDashboard("### Not verified")
	j.github.ResetLog()
	j.wantStatus(j.run(), action.ExitUncovered)
	j.wantNoWrites("the same facts again")
}

// A dashboard that people closed stays closed; opened again it is brought up to date.
func TestAClosedDashboard(t *testing.T) {
	j := newJob(t)
	j.wantStatus(j.run(), action.ExitDone)
	number := j.labelled("keysweep:dashboard").Number
	j.github.As("alice").Close(number, "completed")
	j.nextDay()
	prod := j.world.Accounts["222233334444"]
	prod.Users = slices.Delete(prod.Users, 1, 2)
	j.wantStatus(j.run(), action.ExitDone)
	i := j.labelled("keysweep:dashboard")
	if i.State != "closed" || !strings.Contains(i.Body, "#3") || len(i.Comments) != 0 {
		t.Errorf("the closed dashboard: %+v", i)
	}
	if !strings.Contains(j.file("plan.json"), "it stays closed") {
		t.Error("plan.json does not say that the dashboard stays closed")
	}
	j.github.As("alice").Reopen(number)
	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	if text := j.dashboard(); strings.Contains(text, "#3") || !strings.Contains(text, "4 → 3") {
		t.Errorf("the dashboard that was opened again:\n%s", text)
	}
	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	j.wantNoWrites("a day later")
}

// What GitHub's limits put off stands on the dashboard, and the next run goes on.
func TestDeferredIsShown(t *testing.T) {
	j := newJob(t)
	j.crowd("222233334444", 56)
	j.inputs["MAX-NEW-ISSUES"] = "1000"
	j.github.SetRate(1000, 130, j.now.Add(10*time.Hour))
	j.wantStatus(j.run(), action.ExitDone)
	made := len(j.github.Issues(ghfake.DefaultRepository)) - 1
	if made == 0 || made >= 60 {
		t.Fatalf("%d issues were made, want some of 60", made)
	}
	j.wantDashboard("### Deferred", fmt.Sprintf("GitHub's limits put off %d steps", 60-made), "could not be made in the last run")
	j.nextDay()
	j.github.SetRate(1000, 1000, j.now.Add(time.Hour))
	j.wantStatus(j.run(), action.ExitDone)
	if n := len(j.github.Issues(ghfake.DefaultRepository)); n != 61 {
		t.Errorf("%d issues after the next run, want 60 and the dashboard", n)
	}
	if strings.Contains(j.dashboard(), "### Deferred") {
		t.Errorf("something is still deferred:\n%s", j.dashboard())
	}
	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	j.wantNoWrites("a day later")
}

// The owner of a rule is shown and assigned after the issue was made; who cannot be assigned
// is left out with one warning.
func TestOwners(t *testing.T) {
	j := newJob(t)
	j.crowd("222233334444", 3)
	policy := `version: 1
owners:
  - {user: "app-*", owner: app-team, assignees: [alice, stranger]}
  - {user: "worker", owner: worker-team}
`
	if err := os.MkdirAll(filepath.Join(j.dir, ".github"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(j.dir, ".github", "keysweep.yml"), []byte(policy), 0o644); err != nil {
		t.Fatal(err)
	}
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"alice": "write"} })
	j.wantStatus(j.run(), action.ExitDone)
	n := 0
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		if !strings.Contains(i.Title, "app-") {
			continue
		}
		n++
		if !slices.Equal(i.Assignees, []string{"alice"}) || !strings.Contains(i.Body, "app-team (by owners rule 1)") {
			t.Errorf("#%d %v:\n%s", i.Number, i.Assignees, i.Body)
		}
	}
	if warnings := strings.Count(j.errs.String()+j.out.String(), "not assigned"); n != 3 || strings.Count(j.file("summary.md"), "not assigned") != 1 || warnings == 0 {
		t.Errorf("%d issues of app-*; warnings:\n%s", n, &j.errs)
	}
	j.wantDashboard("### The team to begin with", "**worker-team** (by owners rule 2)", "1 key in 1 account")
}

// Without GitHub the dashboard is a file, and the same facts give the same one.
func TestDashboardFile(t *testing.T) {
	j := newJob(t)
	j.inputs["SHARD"] = "1/1"
	j.wantStatus(j.run(), action.ExitDone)
	if err := os.Rename(filepath.Join(j.dir, "keysweep-report", "inventory"), filepath.Join(j.dir, "saved")); err != nil {
		t.Fatal(err)
	}
	offline := func() string {
		env := action.Env{
			Args: []string{"audit", "--inventory", "saved"}, Dir: j.dir, Stdout: &j.out, Stderr: &j.errs, Rand: rand.Reader,
			Now: func() time.Time { return j.now }, Getenv: func(string) (string, bool) { return "", false },
		}
		j.wantStatus(action.Exit(env, func() error { return run(t.Context(), env) }), action.ExitDone)
		return j.file("backlog/dashboard.md")
	}
	first := offline()
	for _, want := range []string{"<!-- keysweep:v1 id=", "### The next three steps", "### Roadmap: now", "acme-222 (`222233334444`)"} {
		if !strings.Contains(first, want) {
			t.Errorf("the file lacks %q:\n%s", want, first)
		}
	}
	if strings.Contains(first, "### Deferred") {
		t.Errorf("a file knows no limits:\n%s", first)
	}
	j.now = j.now.AddDate(0, 0, 1)
	if again := offline(); again != first {
		t.Error("the same facts gave another dashboard")
	}
}
