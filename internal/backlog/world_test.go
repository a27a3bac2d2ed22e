package backlog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

const (
	prod = "111122223333"
	dev  = "444455556666"
)

var start = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// world is a hub and the facts of a run.
type world struct {
	*hub
	findings []checks.Finding
	accounts []*inventory.Account
	verdicts map[string]checks.Verdict
	policy   *policy.Policy
	display  *checks.Display
	commands []backlog.Comment
	targets  []string
	login    string
	only     func(*checks.Finding) bool
	maxNew   int
	percent  int
}

func newWorld() *world {
	return &world{
		hub: newHub(start), policy: policy.Default(), verdicts: map[string]checks.Verdict{},
		accounts: []*inventory.Account{audited(prod), audited(dev)}, maxNew: 25, percent: 30,
	}
}

func audited(id string) *inventory.Account {
	return &inventory.Account{ID: id, Partition: "aws", Status: inventory.Audited}
}

// id is the finding id of a number.
func id(n int) string { return fmt.Sprintf("%016x", 0xabc000+n) }

// unusedKey is a finding about the nth key of prod.
func unusedKey(n int) checks.Finding {
	key := fmt.Sprintf("AKIAEXAMPLE%09d", n)
	return checks.Finding{
		ID: id(n), Check: "unused-access-key", Severity: checks.High,
		Title:     fmt.Sprintf("Access key %s of user-%d is unused", key, n),
		AccountID: prod, Account: "prod", Resource: fmt.Sprintf("arn:aws:iam::%s:user/user-%d", prod, n),
		User: fmt.Sprintf("user-%d", n), KeyID: key, Kind: checks.SubjectAccessKey, Subject: "access-key",
		Evidence: checks.Evidence{
			Created: "2025-01-01T00:00:00Z", LastUsed: "2025-06-01T10:00:00Z", LastUsedService: "s3", LastUsedRegion: "eu-west-1",
		},
		Removal: checks.RemovalNow, Why: "An access key works from anywhere.",
		Steps: []checks.Step{
			{Text: "Look at it.", Command: "aws iam get-access-key-last-used --access-key-id " + key},
			{Text: "Deactivate it.", Command: "aws iam update-access-key --status Inactive --access-key-id " + key},
			{Text: "Delete it.", Command: "aws iam delete-access-key --access-key-id " + key},
		},
		FactsAt: start, Since: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// withFindings sets the findings of the run, collected now.
func (w *world) with(findings ...checks.Finding) *world {
	w.findings = findings
	for i := range w.findings {
		w.findings[i].FactsAt = w.now
	}
	return w
}

// without makes a finding absent with a verdict.
func (w *world) without(n int, v checks.Verdict) *world {
	w.findings = nil
	w.verdicts = map[string]checks.Verdict{id(n): v}
	return w
}

var (
	gone   = checks.Verdict{State: checks.StateAbsent, Proof: "the access key was deleted"}
	unread = checks.Verdict{State: checks.StateNotAssessed, Proof: "access-keys not collected"}
	off    = checks.Verdict{State: checks.StatePolicy, Proof: "the check is switched off in the policy"}
)

func (w *world) later(days int) *world {
	w.now = w.now.AddDate(0, 0, days)
	return w
}

func (w *world) input() backlog.Input {
	return backlog.Input{
		Now: w.now, Findings: w.findings, Issues: w.list(), Accounts: w.accounts, Targets: w.targets, Policy: w.policy,
		Display: w.display, Commands: w.commands, Login: w.login, Only: w.only, MaxNew: w.maxNew, MaxClosePercent: w.percent,
	}
}

// judge answers from the world's verdicts, for the account that holds the id and no other.
func (w *world) judge(_ *inventory.Account, _ *policy.Policy, _ time.Time, asked []checks.Asked) map[string]checks.Verdict {
	out := map[string]checks.Verdict{}
	for _, q := range asked {
		if v, ok := w.verdicts[q.ID]; ok {
			out[q.ID] = v
		}
	}
	return out
}

func planWith(w *world, in backlog.Input) backlog.Result { return backlog.PlanWith(in, w.judge) }

// plan plans as a run does: once, and once more when it must be looked up who closed.
func (w *world) plan() backlog.Result {
	in := w.input()
	r := backlog.PlanWith(in, w.judge)
	if len(r.NeedCloser) > 0 {
		w.whoClosed(in.Issues, r.NeedCloser)
		r = backlog.PlanWith(in, w.judge)
	}
	return r
}

// run plans and carries out, and holds that a second run writes nothing.
func (w *world) run(t testing.TB) backlog.Result {
	t.Helper()
	r := w.plan()
	w.carryOut(r.Actions)
	w.quiet(t)
	return r
}

func (w *world) quiet(t testing.TB) {
	t.Helper()
	for _, a := range w.plan().Actions {
		if a.Writes() {
			t.Errorf("a second run would write: %s", lines([]backlog.Action{a}))
		}
	}
}
