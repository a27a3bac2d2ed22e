package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/guardrail"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/report"
)

// writeReport writes the report folder, whole or not at all.
func (a *audit) writeReport() error {
	files, err := a.files()
	if err != nil {
		return err
	}
	return action.WriteDir(a.env, a.dir, files)
}

// files are the files of the report folder by path.
func (a *audit) files() (map[string][]byte, error) {
	files, err := report.Files(a.data())
	if err != nil {
		return nil, err
	}
	plan, err := backlog.EncodePlan(a.wholePlan(), backlog.Run{GeneratedAt: a.now, ToolVersion: action.Version(), DryRun: !a.syncs()})
	if err != nil {
		return nil, err
	}
	files["plan.json"] = plan
	if a.hub == nil {
		for name, text := range backlog.Files(a.planInput()) {
			files[path.Join("backlog", name)] = text
		}
		files[path.Join("backlog", "dashboard.md")] = backlog.DashboardFile(a.dashboardInput())
	}
	maps.Copy(files, a.kitFiles())
	if err := a.guardrails(files); err != nil {
		return nil, err
	}
	// A saved inventory holds true names by its nature: where names are hidden there is none.
	if a.display != nil {
		return files, nil
	}
	if a.inventories == nil {
		if a.inventories, err = inventories(a.accounts); err != nil {
			return nil, err
		}
	}
	maps.Copy(files, a.inventories)
	return files, nil
}

// guardrails adds which accounts are ready for a guardrail, and the guardrail. A scan knows nothing of it.
func (a *audit) guardrails(files map[string][]byte) error {
	if a.only != nil {
		return nil
	}
	readiness, err := guardrail.Readiness(a.accounts, a.policy, guardrail.NewJudge(), (*guardrail.Display)(a.display))
	if err != nil {
		return err
	}
	files["guardrails/readiness.json"] = readiness
	if a.display != nil && accountDigits.MatchString(strings.Join(a.policy.BreakGlass, " ")) {
		return nil // a policy with hidden account ids would exempt nobody
	}
	deny, err := guardrail.DenyPolicy(a.policy.BreakGlass)
	if errors.Is(err, guardrail.ErrTooLong) {
		if w := "guardrails/deny-new-users-and-keys.json was not written: " + err.Error() + "; name them by fewer patterns"; !slices.Contains(a.warnings, w) {
			a.warn(w)
		}
		return nil
	}
	files["guardrails/deny-new-users-and-keys.json"] = deny
	return err
}

func inventories(accounts []*inventory.Account) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, acc := range accounts {
		text, err := inventory.Encode(acc)
		if err != nil {
			return nil, fmt.Errorf("saving the inventory of account %s: %w", acc.ID, err)
		}
		files[path.Join("inventory", acc.ID+".json")] = text
	}
	return files, nil
}

// tell says what came out: on the terminal, in the job summary, as annotations and outputs.
func (a *audit) tell() error {
	d := a.data()
	if a.opts.DryRun && a.hub != nil {
		if _, err := io.WriteString(a.env.Stdout, backlog.Text(a.wholePlan())); err != nil {
			return err
		}
	}
	page := path.Join(a.opts.OutputDir, "index.html")
	if _, err := io.WriteString(a.env.Stdout, report.Terminal(d, action.Colour(a.env, a.env.Stdout), page)); err != nil {
		return err
	}
	a.annotate()
	outcome := a.outcome()
	for _, err := range []error{action.WriteSummary(a.env, []byte(report.Summary(d))), a.outputs().Write(a.env)} {
		if err != nil && a.fault == nil {
			a.fault, outcome.Fault = err, true
		}
	}
	return a.errorOf(outcome)
}

// annotate puts the accounts that were not audited beside the run; warnings are there already.
func (a *audit) annotate() {
	for _, acc := range a.accounts {
		if acc.Status == inventory.Failed {
			row := report.AccountOf(acc, a.display)
			a.log.Annotate(action.Error, "Account not audited", row.ID+": "+row.Missing[0])
		}
	}
	if a.plan.Fuse.Blown {
		a.log.Annotate(action.Error, "No issue was closed", a.plan.Fuse.Text)
	}
}

func (a *audit) outputs() action.Outputs {
	out := action.Outputs{
		"report-dir": a.opts.OutputDir,
		"sarif-file": path.Join(a.opts.OutputDir, "findings.sarif"),
	}
	bySeverity, total := map[checks.Severity]int{}, 0
	for _, f := range a.shown() {
		if !f.Exempt() {
			bySeverity[f.Severity]++
			total++
		}
	}
	out.SetInt("findings", total)
	for _, s := range checks.Severities() {
		out.SetInt(string(s), bySeverity[s])
	}
	read, failed := 0, 0
	for _, acc := range a.accounts {
		switch acc.Status {
		case inventory.Audited, inventory.Partial:
			read++
		case inventory.Failed:
			failed++
		}
	}
	out.SetInt("accounts-audited", read)
	out.SetInt("accounts-failed", failed)
	a.countIssues(out)
	return out
}

// countIssues sets the outputs about issues.
func (a *audit) countIssues(out action.Outputs) {
	c := a.plan.Counts
	for name, n := range map[string]int{"opened": c.Opened, "updated": c.Updated, "closed": c.Closed, "reopened": c.Reopened, "deferred": c.Deferred} {
		if a.hub == nil {
			n = 0
		}
		out.SetInt(name, n)
	}
}
