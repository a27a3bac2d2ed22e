package main

import (
	"context"
	"fmt"
	"io"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awscollect"
	"github.com/keysweep/keysweep/internal/demo"
)

// settings are what a test sets otherwise; the zero value is the product.
type settings struct {
	github githubPace
	aws    awscollect.Pace
}

// run carries out one command: options → collect → evaluate → plan → render → apply.
func run(ctx context.Context, env action.Env) error {
	return settings{}.run(ctx, env)
}

func (s settings) run(ctx context.Context, env action.Env) error {
	opts, err := action.Parse(env.Args, env.Getenv)
	if err != nil {
		return err
	}
	if done, err := opts.Answer(env); done {
		return err
	}
	env = forLog(env, opts)
	switch opts.Command {
	case action.Checks:
		return printChecks(env.Stdout, opts.Format)
	case action.Demo:
		return s.demo(ctx, env, opts)
	case action.Review:
		return s.review(ctx, env, opts)
	case action.Scan:
		return s.scan(ctx, env, opts)
	case action.Plan:
		return s.planJobs(ctx, env, opts)
	case action.Doctor:
		return s.doctor(ctx, env, opts)
	default:
		return s.audit(ctx, env, opts)
	}
}

func printChecks(w io.Writer, format string) error {
	text := checks.Table()
	if format == "json" {
		text = string(checks.CatalogueJSON())
	}
	_, err := io.WriteString(w, text)
	return err
}

// demo is the whole job on the sample organization: the same path as a live audit, with
// saved facts in place of AWS and the report folder in place of GitHub.
func (s settings) demo(ctx context.Context, env action.Env, opts *action.Options) error {
	accounts, err := demo.Accounts()
	if err != nil {
		return fmt.Errorf("reading the sample organization: %w", err)
	}
	a := newAudit(env, opts)
	a.source = saved{accounts}
	a.policyText = demo.Policy()
	repositories, err := demo.Repositories()
	if err != nil {
		return fmt.Errorf("reading the sample organization: %w", err)
	}
	a.workflows = givenWorkflows(repositories)
	return a.run(ctx)
}

func (s settings) audit(ctx context.Context, env action.Env, opts *action.Options) error {
	a := newAudit(env, opts)
	if err := s.connect(ctx, a); err != nil {
		return err
	}
	a.workflows = s.workflowsOf(a)
	var err error
	if a.source, err = s.sourceOf(ctx, a); err != nil {
		return err
	}
	return a.run(ctx)
}
