package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/ghapi"
)

// unreadable are the findings about accounts that failed in this run and in one before it,
// which the dashboard remembers. Without GitHub there is no memory and none is found.
func (a *audit) unreadable() []checks.Finding {
	since := backlog.Unreadable(a.planInput())
	var out []checks.Finding
	for _, acc := range a.accounts {
		first, due := since[acc.ID]
		if !due {
			continue
		}
		if f, ok := checks.Unreadable(acc, a.policy, checks.Options{Now: a.now, Display: a.display}, first); ok {
			out = append(out, f)
		}
	}
	return out
}

func (a *audit) dashboardInput() backlog.DashboardInput {
	return backlog.DashboardInput{Input: a.planInput(), Plan: a.plan, PutOff: a.deferred}
}

// wholePlan is the plan with the steps of the dashboard, which is planned last.
func (a *audit) wholePlan() backlog.Result {
	whole := a.plan
	whole.Actions = append(slices.Clone(a.plan.Actions), a.dashboard...)
	return whole
}

// planDashboard plans the dashboard, which a run about some findings alone leaves as it is.
func (a *audit) planDashboard() []backlog.Action {
	if a.only != nil {
		return nil
	}
	return backlog.PlanDashboard(a.dashboardInput())
}

// makesIssues reports whether the plan makes an issue, the dashboard's included.
func (a *audit) makesIssues() bool {
	return a.only == nil && !backlog.HasDashboard(a.planInput()) ||
		slices.ContainsFunc(a.plan.Actions, func(x backlog.Action) bool { return x.Kind == backlog.Create })
}

// apply carries the plan out, then the dashboard, which names the issues that were made. A
// fault on the way is kept and told at the end: the report is written in any case.
func (a *audit) apply(ctx context.Context) {
	a.carryOut(ctx, a.plan.Actions)
	a.dashboard = a.planDashboard()
	a.carryOut(ctx, a.dashboard)
	if a.deferred > 0 {
		a.warn(fmt.Sprintf("%d steps of the plan were put off because of GitHub's limits; the next run goes on", a.deferred))
	}
}

func (a *audit) carryOut(ctx context.Context, actions []backlog.Action) {
	done, err := a.hub.client.Apply(ctx, actions)
	for _, w := range done.Warnings {
		a.warn(w)
	}
	a.deferred += done.Deferred
	a.link(done)
	if err != nil && a.fault == nil {
		a.fault = hubError(err)
	}
}

// link notes the issues that were made for findings.
func (a *audit) link(done ghapi.Result) {
	for id, number := range done.Created {
		if id != string(backlog.Dashboard) {
			a.plan.Issues[id] = backlog.Link{Number: number, Open: true}
		}
	}
}
