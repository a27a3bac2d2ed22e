package main

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/guardrail"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/migrate"
	"github.com/keysweep/keysweep/internal/policy"
	"github.com/keysweep/keysweep/report"
)

// source is where the facts of accounts come from.
type source interface {
	// clock is the time the facts are judged at.
	clock() time.Time
	// each hands over every account, one at a time and in any order. recheck says which
	// credentials a live source reads again before it hands an account over.
	each(ctx context.Context, recheck func(*inventory.Account) []inventory.Recheck, emit func(*inventory.Account)) error
}

// audit is one run of the main job: what it was given, and what it has found out so far.
type audit struct {
	env  action.Env
	opts *action.Options
	log  *action.Logger

	policyText []byte // of the policy file; nil: there is none
	policyName string
	source     source
	// only names the findings that the run is about; nil is all of them.
	only func(*checks.Finding) bool
	hub  *hub // nil: the backlog goes to the report folder
	// workflows are looked through for static keys; nil: they are not.
	workflows workflowSource
	display   *checks.Display
	// ownPublic: the repository of the workflow is public, so that its workflows are nobody's secret.
	ownPublic bool

	dir      string
	now      time.Time
	policy   *policy.Policy
	warnings []string

	issues   []backlog.Issue
	comments []backlog.Comment
	open     map[string]bool // ids of findings whose issues are open
	accounts []*inventory.Account
	// inventories are the files of the accounts: the report is written twice, they are encoded once.
	inventories map[string][]byte
	findings    []checks.Finding
	kits        []migrate.Kit // by repository
	plan        backlog.Result
	// dashboard is planned after the plan was carried out, since it names the issues.
	dashboard []backlog.Action
	deferred  int // issues that GitHub's limits put off, beside those of the cap
	fault     error
}

func newAudit(env action.Env, opts *action.Options) *audit {
	return &audit{env: env, opts: opts, log: action.NewLogger(env), policyName: opts.Config}
}

// run is the whole flow: nothing is written before everything is known, and the report is
// written before GitHub is touched, so that a run that dies leaves it.
func (a *audit) run(ctx context.Context) error {
	defer a.log.Close()
	if err := a.prepare(); err != nil {
		return err
	}
	if err := a.readBacklog(ctx); err != nil {
		return err
	}
	if err := a.collect(ctx); err != nil {
		return err
	}
	a.evaluate()
	a.migrate(ctx)
	if err := a.decide(ctx); err != nil {
		return err
	}
	if err := a.writeReport(); err != nil {
		return err
	}
	if a.syncs() {
		a.apply(ctx)
		if err := a.writeReport(); err != nil {
			return err
		}
	}
	return a.tell()
}

// prepare finds out what can be found out before any call is made.
func (a *audit) prepare() error {
	var err error
	if a.dir, err = action.CheckDir(a.env, a.opts.OutputDir); err != nil {
		return err
	}
	a.now = a.source.clock().UTC()
	if a.policy, err = a.readPolicy(); err != nil {
		return err
	}
	a.warnings = append(a.warnings, a.opts.Warnings...)
	a.warnings = append(a.warnings, a.opts.ApplyTo(a.policy)...)
	for _, w := range a.warnings {
		a.log.Warn(w)
	}
	return nil
}

func (a *audit) readPolicy() (*policy.Policy, error) {
	return parsePolicy(a.policyName, a.policyText, a.now)
}

// parsePolicy reads the text of a policy file; nil goes by the defaults.
func parsePolicy(name string, text []byte, now time.Time) (*policy.Policy, error) {
	if text == nil {
		return policy.Default(), nil
	}
	p, err := policy.Parse(name, text, policy.ParseOptions{KnownChecks: checks.KnownIDs(), Now: now})
	if err != nil {
		return nil, &action.ExitError{Status: action.ExitBadInput, Err: err, Hint: "mend the policy file and run again; nothing was written"}
	}
	return p, nil
}

// readBacklog lists the issues before the accounts are read, so that each credential with
// an open issue is looked at live before the issue may be closed.
func (a *audit) readBacklog(ctx context.Context) error {
	if a.hub == nil {
		return nil
	}
	var err error
	if a.issues, err = a.hub.issues(ctx); err != nil {
		return hubError(err)
	}
	if a.comments, err = a.hub.commands(ctx, a.now, a.issues); err != nil {
		return hubError(err)
	}
	return nil
}

func (a *audit) collect(ctx context.Context) error {
	a.open = openIDs(a.issues)
	recheck := func(acc *inventory.Account) []inventory.Recheck {
		a.rename(acc)
		return checks.Rechecks(acc, a.policy, a.now, a.isOpen)
	}
	err := a.source.each(ctx, recheck, func(acc *inventory.Account) {
		a.rename(acc)
		a.accounts = append(a.accounts, acc)
	})
	if err != nil {
		return err
	}
	slices.SortFunc(a.accounts, func(x, y *inventory.Account) int { return strings.Compare(x.ID, y.ID) })
	return ctx.Err()
}

// worstUsers names the users whose called services are worth asking for. A run about some findings only, such
// as a scan's, asks for none.
func (a *audit) worstUsers(acc *inventory.Account) []string {
	if a.only != nil {
		return nil
	}
	return checks.WorstUsers(acc, a.policy, a.now)
}

func (a *audit) isOpen(id string) bool { return a.open[id] }

// keyUses names the keys of an account that CloudTrail is asked about.
func (a *audit) keyUses(acc *inventory.Account) []inventory.Recheck {
	return checks.KeyUses(acc, a.policy, a.now, a.isOpen)
}

// rename gives an account the name that the policy file has for it.
func (a *audit) rename(acc *inventory.Account) {
	if s, ok := a.policy.Accounts[acc.ID]; ok && s.Name != "" {
		acc.Name = s.Name
	}
}

func openIDs(issues []backlog.Issue) map[string]bool {
	open := map[string]bool{}
	for _, issue := range issues {
		if m, ok := backlog.ParseMarker(issue.Body); ok && issue.Open {
			open[m.ID] = true
		}
	}
	return open
}

func (a *audit) evaluate() {
	o := checks.Options{Now: a.now, Display: a.display, Keys: checks.KeysOf(a.accounts), Guards: guardrail.NewJudge()}
	for _, acc := range a.accounts {
		a.findings = append(a.findings, checks.Evaluate(acc, a.policy, o)...)
	}
	a.findings = append(a.findings, a.unreadable()...)
	checks.Sort(a.findings)
}

// planInput is what the plan is made of. Where there is no GitHub there are no issues and no cap.
func (a *audit) planInput() backlog.Input {
	in := backlog.Input{
		Now: a.now, Findings: a.findings, Issues: a.issues, Accounts: a.accounts, Policy: a.policy,
		Display: a.display, Commands: a.comments, MaxNew: a.opts.MaxNewIssues, MaxClosePercent: a.opts.MaxClosePercent,
		Only: a.only,
	}
	if a.hub == nil {
		in.MaxNew = backlog.NoCap
	}
	return in
}

// decide plans. Before a first create all issues are listed, since one may have lost its
// label; where the plan asks who closed an issue, that is looked up. Each time it is planned again.
func (a *audit) decide(ctx context.Context) error {
	defer func() { a.dashboard = a.planDashboard() }()
	a.plan = backlog.Plan(a.planInput())
	if a.hub == nil {
		return nil
	}
	if a.makesIssues() {
		var err error
		if a.issues, err = a.hub.client.ListIssues(ctx, ""); err != nil {
			return hubError(err)
		}
		a.plan = backlog.Plan(a.planInput())
	}
	if len(a.plan.NeedCloser) == 0 {
		return nil
	}
	if err := a.hub.closers(ctx, a.issues, a.plan.NeedCloser); err != nil {
		return hubError(err)
	}
	a.plan = backlog.Plan(a.planInput())
	return nil
}

// syncs reports whether the plan is carried out on GitHub.
func (a *audit) syncs() bool { return a.hub != nil && !a.opts.DryRun }

func (a *audit) warn(text string) {
	a.warnings = append(a.warnings, text)
	a.log.Warn(text)
}

// data is what the report is made of.
func (a *audit) data() report.Data {
	d := report.Data{
		GeneratedAt: a.now, ToolVersion: action.Version(), Findings: a.shown(), Thresholds: a.policy.Thresholds,
		Issues: a.links(), Deferred: a.plan.Counts.Deferred, Warnings: a.allWarnings(), Redacted: a.display != nil,
		Source: report.Location{Path: a.whereInRepository(), Line: 1}, Migrations: a.migrations(),
	}
	for _, acc := range a.accounts {
		d.Accounts = append(d.Accounts, report.AccountOf(acc, a.display))
	}
	return d
}

// shown are the findings as the report shows them: what people accepted on its issue stands
// outside of all counts, as an exemption of the policy file does.
func (a *audit) shown() []checks.Finding {
	accepted := map[string]backlog.Listed{}
	for _, l := range a.plan.Accepted {
		accepted[l.FindingID] = l
	}
	out := slices.Clone(a.findings)
	for i := range out {
		if l, ok := accepted[out[i].ID]; ok && out[i].Exemption == nil {
			out[i].Exemption = &checks.ExemptionRef{Reason: l.Why, Expires: l.Until}
		}
	}
	return out
}

// whereInRepository is a file that code scanning can hang findings on, since an account has
// none: the policy file, else the workflow that runs.
func (a *audit) whereInRepository() string {
	if a.policyText != nil && !path.IsAbs(a.policyName) {
		return path.Clean(a.policyName)
	}
	// owner/name/.github/workflows/keysweep.yml@refs/heads/main
	ref, _, _ := strings.Cut(a.env.Var("GITHUB_WORKFLOW_REF"), "@")
	if _, file, ok := strings.Cut(ref, "/.github/"); ok {
		return ".github/" + file
	}
	return a.policyName
}

func (a *audit) allWarnings() []string {
	out := slices.Clone(a.warnings)
	out = append(out, a.plan.Warnings...)
	if a.plan.Fuse.Blown {
		out = append(out, a.plan.Fuse.Text)
	}
	return out
}

func (a *audit) links() map[string]report.IssueLink {
	if a.hub == nil {
		return nil
	}
	out := map[string]report.IssueLink{}
	for id, l := range a.plan.Issues {
		out[id] = report.IssueLink{Number: l.Number, Open: l.Open, URL: a.hub.issueURL(l.Number)}
	}
	return out
}

// outcome is what the exit status is made of.
func (a *audit) outcome() action.Outcome {
	o := action.Outcome{Fault: a.fault != nil || a.plan.Fuse.Blown}
	limit := checks.Severity(a.opts.FailOn).Rank()
	for _, f := range a.shown() {
		o.Findings = o.Findings || limit > 0 && !f.Exempt() && f.Severity.Rank() >= limit
	}
	for _, acc := range a.accounts {
		o.Uncovered = o.Uncovered || uncovered(acc)
	}
	return o
}

// uncovered reports whether something that should have been read was not. Skipped accounts
// and facts that a saved source cannot hold are not meant to be read.
func uncovered(acc *inventory.Account) bool {
	if acc.Status == inventory.Failed {
		return true
	}
	return slices.ContainsFunc(acc.Missing, func(m inventory.Missing) bool { return !m.Offline })
}

// errorOf turns what the run came to into the error that carries its exit status.
func (a *audit) errorOf(o action.Outcome) error {
	status := o.Status()
	if status == action.ExitDone {
		return nil
	}
	e := &action.ExitError{Status: status}
	switch {
	case a.fault != nil:
		var told *action.ExitError
		if errors.As(a.fault, &told) {
			e.Err, e.Hint = told.Err, told.Hint
		} else {
			e.Err = a.fault
		}
	case a.plan.Fuse.Blown:
		e.Err = errors.New(a.plan.Fuse.Text)
	}
	return e
}
