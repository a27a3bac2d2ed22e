package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awscollect"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/matrix"
)

// planning is one run of plan: an audit that knows its accounts and never begins.
type planning struct {
	*audit
	collector *awscollect.Collector
	targets   []awscollect.Target
	earlier   map[string]*inventory.Account // of an earlier audit, by id
}

// planJobs lists the accounts and shares them out among jobs. Where an audit would be refused its plan is:
// it names the accounts, and the jobs that it makes could only fail.
func (s settings) planJobs(ctx context.Context, env action.Env, opts *action.Options) error {
	p := &planning{audit: newAudit(env, opts)}
	defer p.log.Close()
	if err := s.connect(ctx, p.audit); err != nil {
		return err
	}
	if err := p.prepare(); err != nil {
		return err
	}
	var err error
	if p.collector, err = s.collector(ctx, p.audit); err != nil {
		return err
	}
	if err := p.list(ctx); err != nil {
		return err
	}
	return p.tell()
}

// prepare finds out what can be found out before any call is made to AWS.
func (p *planning) prepare() error {
	p.now = p.env.Now().UTC()
	var err error
	if p.policy, err = p.readPolicy(); err != nil {
		return err
	}
	for _, w := range append(p.opts.Warnings, p.warnings...) {
		p.log.Warn(w)
	}
	p.earlier = map[string]*inventory.Account{}
	if p.opts.Inventory == "" {
		return nil
	}
	accounts, err := savedAccounts(p.env, p.opts)
	for _, acc := range accounts {
		p.earlier[acc.ID] = acc
	}
	return err
}

// list finds the accounts. An estimate asks AWS for nothing that it can do without: not even for the
// first role, where the options name the accounts.
func (p *planning) list(ctx context.Context) (err error) {
	spec := accountsOf(p.opts)
	if p.opts.Estimate {
		if p.targets, _, err = p.collector.Named(spec); err != nil {
			return awsError(err)
		}
	}
	if len(p.targets) == 0 {
		if p.targets, err = p.collector.Targets(ctx, spec); err != nil {
			return awsError(err)
		}
	}
	for i := range p.targets {
		acc := inventory.Account{ID: p.targets[i].ID, Name: p.targets[i].Name}
		p.rename(&acc)
		p.targets[i].Name = acc.Name
	}
	return nil
}

// shape is what is known of an account: from an earlier audit, else what is usual.
func (p *planning) shape(t awscollect.Target) awscollect.Shape {
	if acc := p.earlier[t.ID]; acc != nil {
		if s, ok := p.collector.ShapeOf(acc); ok {
			return s
		}
	}
	return p.collector.UsualShape()
}

// share makes the jobs.
func (p *planning) share() matrix.Plan {
	var accounts []matrix.Account
	for _, t := range p.targets {
		a := matrix.Account{ID: t.ID, Name: t.Name, Skip: t.Skip, Time: p.collector.Time(t, p.shape(t))}
		if p.display != nil {
			a.ID, a.Name = p.display.Account(t.ID), p.display.Name(t.Name)
		}
		accounts = append(accounts, a)
	}
	o := p.organization()
	return matrix.Share(accounts, p.opts.Concurrency, awscollect.ListingTime(o.Listed)+o.Time())
}

// organization is what is known of the organization above the accounts.
func (p *planning) organization() awscollect.OrganizationShape {
	listed := 0
	if p.opts.Organization {
		listed = len(p.targets)
	}
	return awscollect.ShapeOfOrganization(slices.Collect(maps.Values(p.earlier)), listed)
}

// estimate is what the jobs ask of AWS, all together.
func (p *planning) estimate(jobs int) matrix.Estimate {
	e := matrix.Estimate{Assumed: p.collector.Assumed()}
	known := 0
	for _, t := range p.targets {
		if acc := p.earlier[t.ID]; acc != nil && t.Skip == "" {
			known++
		}
	}
	if known > 0 {
		e.Assumed = append([]string{fmt.Sprintf("Accounts of which an inventory is known: %d of %d.", known, len(p.targets))}, e.Assumed...)
	}
	for _, l := range p.collector.Cost(p.targets, p.shape, jobs, p.organization()) {
		e.Lines = append(e.Lines, matrix.Requests{
			Service: awscollect.ServiceOf(l.Action), Action: l.Action, Requests: l.Requests(), Per: string(l.Per), Each: l.Each, Units: l.Units, More: l.More,
		})
	}
	return e
}

// tell prints the plan, and the estimate where it was asked for: on the terminal, in the job summary,
// as output.
func (p *planning) tell() error {
	plan := p.share()
	text, page := plan.Text(), plan.Markdown()
	if p.opts.Estimate {
		e := p.estimate(len(plan.Jobs))
		text, page = e.Text()+"\n"+text, page+e.Markdown()
	}
	if p.env.OnRunner() {
		text = action.NeutralLines(text)
	}
	if _, err := io.WriteString(p.env.Stdout, text); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if err := action.WriteSummary(p.env, []byte(page)); err != nil {
		return err
	}
	return action.Outputs{"matrix": plan.Matrix()}.Write(p.env)
}
