package main

import (
	"context"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/advise"
	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/policy"
	"github.com/keysweep/keysweep/internal/review"
	"github.com/keysweep/keysweep/report"
)

// reviewRun is one review: what it was given, and what it has found out so far.
type reviewRun struct {
	env    action.Env
	opts   *action.Options
	log    *action.Logger
	client *ghapi.Client // of the repository of the event; nil where there is none to ask

	dir    string
	now    time.Time
	change action.Change     // of the event; its Number is 0 where there is no pull request to tell
	pull   ghapi.PullRequest // as it was at the start of the run
	policy *policy.Policy

	outcome review.Outcome
	fixes   map[declare.Change]advise.Fix // of additions, the lines that would take their place
	talk    conversation
	verdict review.Verdict
	fault   error
}

// readingTime is how long the files of a change are read. What is left then is not analysed.
const readingTime = 10 * time.Minute

func (s settings) review(ctx context.Context, env action.Env, opts *action.Options) error {
	r := &reviewRun{env: env, opts: opts, log: action.NewLogger(env), now: env.Now().UTC()}
	defer r.log.Close()
	r.log.Mask(opts.Token)
	for _, w := range opts.Warnings {
		r.log.Warn(w)
	}
	var err error
	if r.dir, err = action.CheckDir(env, opts.OutputDir); err != nil {
		return err
	}
	if opts.AsksGitHub() {
		if r.client, err = s.client(env, opts, r.log, opts.Runner.Repository); err != nil {
			return err
		}
	}
	return r.run(ctx)
}

// run is the whole flow. Each way of telling stands on its own: a token that may only read loses the comment and
// nothing else, and the verdict never depends on what could be told.
func (r *reviewRun) run(ctx context.Context) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	r.talk = r.listen(ctx)
	r.judge()
	r.judgeQueued(ctx)
	r.tell()
	r.publish(ctx)
	return r.end(ctx)
}

// look finds out what the change adds.
func (r *reviewRun) look(ctx context.Context) error {
	p, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer p.close() //nolint:errcheck // it was only read from
	if err := r.readPolicy(p); err != nil {
		return err
	}
	end := r.env.Now().Add(readingTime)
	changes, skipped := p.diff(func() bool { return ctx.Err() != nil || r.env.Now().After(end) })
	r.outcome = review.Outcome{Base: p.base, Head: p.head, Changes: changes, NotAnalysed: skipped}
	r.fixes = fixesOf(changes, p.read)
	return ctx.Err()
}

// fixesOf finds the lines that would take the place of what a change adds. A file that cannot be read has none.
func fixesOf(changes []declare.Change, read func(string) ([]byte, error)) map[declare.Change]advise.Fix {
	fixes := map[declare.Change]advise.Fix{}
	for _, c := range changes {
		if c.Change != declare.Added || c.Kind != declare.StaticKeyUse || read == nil {
			continue
		}
		file, err := read(c.Path)
		if err != nil {
			continue
		}
		if fix, ok := advise.Suggestion(c, file); ok {
			fixes[c] = fix
		}
	}
	return fixes
}

// advice is what to do instead of an addition, and what else a suggestion needs.
func (r *reviewRun) advice(c declare.Change) advise.Advice {
	a := advise.Replacement(c)
	if note := r.fixes[c].Note; note != "" {
		a.Text += " " + note
	}
	return a
}

func (r *reviewRun) suggestion(c declare.Change) (start, end int, text string, ok bool) {
	fix, ok := r.fixes[c]
	return fix.First, fix.Last, fix.Text, ok
}

func (r *reviewRun) judge() {
	in := review.Input{
		Outcome: r.outcome, Policy: r.policy, Approval: r.talk.approval, Memory: r.talk.memory, Now: r.now,
		Repository: r.opts.Runner.Repository, ServerURL: r.opts.Runner.ServerURL,
		Advise: r.advice, Suggest: r.suggestion,
	}
	if r.change.Number > 0 {
		in.Pull = &review.Pull{Number: r.change.Number, Author: r.pull.Author}
	}
	r.verdict = review.Judge(in)
}

// tell says what came out where nobody's leave is needed: the report folder, the terminal, the job summary,
// annotations and outputs.
func (r *reviewRun) tell() {
	summary, document := []byte(r.verdict.Summary()), r.outcome.JSON()
	r.keep(action.WriteDir(r.env, r.dir, map[string][]byte{"review.json": document, "summary.md": summary}))
	text := r.verdict.Terminal(action.Colour(r.env, r.env.Stdout)) + r.pointer()
	if r.opts.Format == "json" {
		text = string(document)
	}
	if _, err := io.WriteString(r.env.Stdout, text); err != nil {
		r.keep(fmt.Errorf("writing to standard output: %w", err))
	}
	r.keep(action.WriteSummary(r.env, summary))
	r.annotate()
	r.keep(r.outputs().Write(r.env))
}

// pointer says where a person reads what to do instead of the additions; the lines to paste are too many for a
// terminal. On a runner the job summary has them.
func (r *reviewRun) pointer() string {
	if len(r.verdict.Added) == 0 || r.env.OnRunner() {
		return ""
	}
	return "\nWhat to do instead, with lines to start from: " + report.Plain(path.Join(r.opts.OutputDir, "summary.md")) + "\n"
}

// keep notes the first fault, to be told at the end: what comes next is done in any case.
func (r *reviewRun) keep(err error) {
	if r.fault == nil {
		r.fault = err
	}
}

func (r *reviewRun) outputs() action.Outputs {
	out := action.Outputs{"report-dir": r.opts.OutputDir}
	out.SetInt("additions", r.verdict.Additions())
	return out
}

// end is the exit status.
func (r *reviewRun) end(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o := action.Outcome{
		Fault: r.fault != nil, Findings: r.opts.FailsOnAddition() && r.verdict.Fails(), Uncovered: !r.outcome.Complete(),
	}
	if o.Fault {
		return r.fault
	}
	if status := o.Status(); status != action.ExitDone {
		return &action.ExitError{Status: status}
	}
	return nil
}
