package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/leak"
	"github.com/keysweep/keysweep/internal/scan"
	"github.com/keysweep/keysweep/internal/scansource"
	"github.com/keysweep/keysweep/report"
)

// scanRun is one scan. It is an audit of one kind of findings: accounts, policy and backlog are the same, and what
// was found in files joins them.
type scanRun struct {
	*audit
	// workflow is the repository of the workflow, and other opens another; nil without a token.
	workflow *ghapi.Client
	other    func(repository string) (*ghapi.Client, error)

	ignore *scan.Ignore
	result *scan.Result
	shown  *scan.Document
	looked scansource.Result
}

func (s settings) scan(ctx context.Context, env action.Env, opts *action.Options) error {
	a := newAudit(env, opts)
	a.only = scan.IsLeak
	err := s.connect(ctx, a)
	if err != nil {
		return err
	}
	if a.source, err = s.facts(ctx, a); err != nil {
		return err
	}
	a.workflows = s.workflowsOf(a)
	if opts.Inventory == "" && !opts.AsksAWS() {
		a.hub = nil // nobody's key is known, so there is no issue to keep, and no permission to ask for
	}
	r := &scanRun{audit: a, other: func(name string) (*ghapi.Client, error) { return s.client(env, opts, a.log, name) }}
	if readsHub(opts) {
		if r.workflow, err = r.other(opts.Runner.Repository); err != nil {
			return err
		}
	}
	return r.run(ctx)
}

// facts are those that tell whose keys were found: saved ones, those of the accounts themselves, or none.
func (s settings) facts(ctx context.Context, a *audit) (source, error) {
	src := source(saved{})
	var err error
	switch {
	case a.opts.Inventory != "":
		src, err = readInventories(a.env, a.opts)
	case a.opts.AsksAWS():
		return s.openAWS(ctx, a)
	}
	return fixed{src, asOf(a.opts, a.env.Now())}, err
}

// run is the whole flow. Whatever can be wrong with the input is found out before anything is read; the accounts come
// before the files, since who knows the ids of its keys finds them in places where nobody else would take them for ids.
func (r *scanRun) run(ctx context.Context) error {
	defer r.log.Close()
	if err := r.prepare(); err != nil {
		return err
	}
	roots, err := r.roots()
	if err != nil {
		return err
	}
	if err := r.readIgnore(ctx); err != nil {
		return err
	}
	if err := r.readBacklog(ctx); err != nil {
		return err
	}
	if err := r.collect(ctx); err != nil {
		return err
	}
	r.look(ctx, roots)
	r.join()
	r.migrate(ctx)
	if err := r.decide(ctx); err != nil {
		return err
	}
	r.acceptIssues()
	if err := r.writeScan(); err != nil {
		return err
	}
	if r.syncs() {
		r.apply(ctx)
		r.acceptIssues()
		if err := r.writeScan(); err != nil {
			return err
		}
	}
	return r.tellScan(ctx)
}

// look reads everything that is to be looked through.
func (r *scanRun) look(ctx context.Context, roots []root) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(r.opts.Memory))
	end := r.env.Now().Add(r.opts.TimeLimit)
	s := scansource.New(scansource.Options{
		Detector: leak.New(leak.Options{Known: r.known(), Ours: r.ours()}), Memory: r.opts.Memory, Now: r.env.Now, Own: r.own(), Several: len(roots) > 1,
		Stop: func() error {
			switch {
			case ctx.Err() != nil:
				return errors.New("it was interrupted")
			case r.env.Now().After(end):
				return fmt.Errorf("its time of %s was up", r.opts.TimeLimit)
			}
			return nil
		},
	})
	for _, one := range roots {
		if one.full == "" {
			s.Stream(one.prefix, r.env.Stdin)
			continue
		}
		if err := s.Path(one.full, one.prefix); err != nil {
			s.Skip(one.prefix, err.Error())
		}
	}
	if r.workflow != nil {
		ctx, cancel := context.WithTimeout(ctx, r.opts.TimeLimit)
		defer cancel()
		l := &leavings{run: r, scanner: s, client: r.workflow, other: r.other}
		l.all(ctx)
	}
	r.looked = s.Result()
}

// known tells ids that are in the inventory.
func (r *scanRun) known() func(string) bool {
	ids := map[string]bool{}
	for _, a := range r.accounts {
		for i := range a.Users {
			for _, k := range a.Users[i].Keys {
				ids[k.ID] = k.ID != ""
			}
		}
	}
	return func(id string) bool { return ids[id] }
}

// ours tells accounts that are in the inventory.
func (r *scanRun) ours() func(string) bool {
	ids := map[string]bool{}
	for _, a := range r.accounts {
		ids[a.ID] = true
	}
	return func(id string) bool { return ids[id] }
}

// join says whose keys they are, and makes findings of those of our accounts.
func (r *scanRun) join() {
	in := scan.Input{Accounts: r.accounts, Policy: r.policy, Ignore: r.ignore, Now: r.now}
	for i := range r.looked.Rows {
		in.Sightings = append(in.Sightings, sighting(&r.looked.Rows[i]))
	}
	for _, u := range r.looked.Unread {
		in.NotScanned = append(in.NotScanned, scan.NotScanned(u))
	}
	r.result = scan.Join(in)
	r.accounts = r.result.Accounts()
	r.findings = r.result.Findings(r.display)
	for _, w := range r.result.Warnings {
		r.warn(w)
	}
}

func sighting(row *scansource.Row) scan.Sighting {
	return scan.Sighting{
		AccessKeyID: row.ID, AccountID: row.AccountID, Path: row.Path, Line: row.Line, Inside: row.Inside, Where: scan.Where(row.Where),
		Commit: row.Commit, Encoding: row.Encoding, SecretNearby: row.SecretNearby, Confidence: string(row.Confidence),
		Kind: row.Kind, Canary: row.Canary,
	}
}

// acceptIssues takes over what people accepted on issues, and makes the document of it.
func (r *scanRun) acceptIssues() {
	for _, l := range r.plan.Accepted {
		if l.From != "policy" {
			r.result.Accept(l.FindingID, scan.Acceptance{From: l.From, Reason: l.Why, Until: l.Until})
		}
	}
	var mask func(string) string
	if r.opts.Mask {
		mask = leak.Mask
	}
	r.shown = r.result.Shown(r.display, mask)
}

// writeScan writes the report folder.
func (r *scanRun) writeScan() error {
	sarif, err := report.ScanSARIF(r.shown, action.Version(), r.now, report.Location{Path: r.whereInRepository(), Line: 1})
	if err != nil {
		return err
	}
	plan, err := backlog.EncodePlan(r.wholePlan(), backlog.Run{GeneratedAt: r.now, ToolVersion: action.Version(), DryRun: !r.syncs()})
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"scan.json": r.shown.JSON(), "summary.md": []byte(r.scanSummary()), "findings.sarif": sarif, "plan.json": plan,
	}
	maps.Copy(files, r.kitFiles())
	if r.hub == nil {
		for name, text := range backlog.Files(r.planInput()) {
			files[path.Join("backlog", name)] = text
		}
	}
	if r.opts.Mask {
		for name, text := range files {
			files[name] = maskIDs(text)
		}
	}
	return action.WriteDir(r.env, r.dir, files)
}

// scanSummary is the summary of the leaks, with what was found in workflows.
func (r *scanRun) scanSummary() string {
	return report.ScanSummary(r.shown) + report.MigrationTable(r.migrations())
}

// tellScan says what came out: on the terminal, in the job summary, as annotations and outputs.
func (r *scanRun) tellScan(ctx context.Context) error {
	text := report.ScanTerminal(r.shown, action.Colour(r.env, r.env.Stdout))
	if r.opts.Format == "json" {
		text = string(r.shown.JSON())
	} else if r.opts.DryRun && r.hub != nil {
		text = backlog.Text(r.wholePlan()) + text
	}
	if _, err := io.WriteString(r.env.Stdout, text); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	r.annotateScan()
	for _, err := range []error{action.WriteSummary(r.env, []byte(r.scanSummary())), r.scanOutputs().Write(r.env)} {
		if err != nil && r.fault == nil {
			r.fault = err
		}
	}
	if err := ctx.Err(); err != nil && r.fault == nil {
		r.fault = err
	}
	return r.errorOf(r.scanOutcome())
}

// annotateScan puts what is worst beside its lines.
func (r *scanRun) annotateScan() {
	for i := range r.shown.Leaks {
		row := &r.shown.Leaks[i]
		kind := action.Warning
		if row.Severity == checks.Critical {
			kind = action.Error
		}
		place, text := r.placeOf(row), saysOf(row)
		if place.Path == "" {
			text = "Found " + elsewhere(row) + "; " + text
		}
		r.log.AnnotateAt(kind, place, "Access key "+row.AccessKeyID, text)
	}
}

// placeOf is the line of a row where that is one of the working directory's, which is what GitHub shows lines of.
func (r *scanRun) placeOf(row *scan.Row) action.Place {
	if row.Where != scan.File || len(row.Inside) > 0 || !filepath.IsLocal(row.Path) {
		return action.Place{}
	}
	if _, err := os.Lstat(r.env.Path(row.Path)); err != nil {
		return action.Place{}
	}
	return action.Place{Path: row.Path, Line: row.Line}
}

func (r *scanRun) scanOutputs() action.Outputs {
	out := action.Outputs{"report-dir": r.opts.OutputDir, "sarif-file": path.Join(r.opts.OutputDir, "findings.sarif")}
	c := r.shown.Counts
	out.SetInt("findings", c.Keys)
	for _, s := range checks.Severities() {
		out.SetInt(string(s), c.Severity[s])
	}
	r.countIssues(out)
	return out
}

// scanOutcome is what the exit status is made of. Facts that a saved inventory lacks are the affair of the audit
// that saved it.
func (r *scanRun) scanOutcome() action.Outcome {
	o := action.Outcome{
		Fault: r.fault != nil, Findings: r.result.Reaches(checks.Severity(r.opts.FailOn)), Uncovered: !r.shown.Complete,
	}
	for _, acc := range r.accounts {
		o.Uncovered = o.Uncovered || r.opts.AsksAWS() && uncovered(acc)
	}
	return o
}

// saysOf is what an annotation says of a row.
func saysOf(row *scan.Row) string {
	text := "status: " + string(row.Inventory.Status)
	if row.Inventory.User != "" {
		text += ", of " + row.Inventory.User
	}
	if row.AccountID != "" {
		text += ", account " + row.AccountID
	}
	if row.SecretNearby {
		text += "; what looks like its secret stands near it"
	}
	return text + ". " + firstOf(row)
}

// firstOf is what is to be done about a row, in its order.
func firstOf(row *scan.Row) string {
	switch row.Severity {
	case checks.Critical, checks.High:
		return "Deactivate the key first, then see in CloudTrail what was done with it, and take it out of the file last."
	}
	return "See in CloudTrail what was done with the key while it worked, then take it out of the file."
}

// elsewhere says where a row's key stands when that is no line which GitHub could show: "in conf.zip > a.env (commit,
// 0a1b2c3d4e5f)".
func elsewhere(row *scan.Row) string {
	facts := string(row.Where)
	if row.Commit != "" {
		facts += ", " + row.Commit[:min(12, len(row.Commit))]
	}
	if row.Path == "" && len(row.Inside) == 0 {
		return "in a " + facts
	}
	return "in " + strings.Join(append([]string{row.Path}, row.Inside...), " > ") + " (" + facts + ")"
}
