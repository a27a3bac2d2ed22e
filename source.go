package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awscollect"
	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/inventory"
)

// sourceOf opens the facts that the options name.
func (s settings) sourceOf(ctx context.Context, a *audit) (source, error) {
	switch {
	case a.opts.CredentialReport != "":
		return readReport(a.env, a.opts)
	case a.opts.Inventory != "":
		return readInventories(a.env, a.opts)
	}
	return s.openAWS(ctx, a)
}

// chosen are the saved accounts that the options ask for, sorted by id. One that is asked for
// and not there is an error: what was not seen is never clean.
func chosen(accounts []*inventory.Account, opts *action.Options) ([]*inventory.Account, error) {
	byID := map[string]*inventory.Account{}
	for _, acc := range accounts {
		byID[acc.ID] = acc
	}
	ids := slices.Sorted(maps.Keys(byID))
	if len(opts.Accounts) > 0 {
		ids = slices.Compact(slices.Sorted(slices.Values(opts.Accounts)))
	}
	var out []*inventory.Account
	for _, id := range ids {
		if byID[id] == nil {
			return nil, badInput(fmt.Errorf("accounts names %s, and nothing was saved of it", id), "collect that account, or leave it out of accounts")
		}
		out = append(out, byID[id])
	}
	return inShard(out, opts.Shard), nil
}

// saved are facts that were collected earlier.
type saved struct{ accounts []*inventory.Account }

// clock is the newest collection time: ages are as they were then, whenever it is looked at.
func (s saved) clock() time.Time {
	var newest time.Time
	for _, acc := range s.accounts {
		if acc.CollectedAt.After(newest) {
			newest = acc.CollectedAt
		}
	}
	return newest
}

func (s saved) each(_ context.Context, _ func(*inventory.Account) []inventory.Recheck, emit func(*inventory.Account)) error {
	for _, acc := range s.accounts {
		emit(acc)
	}
	return nil
}

// fixed is a source with another clock.
type fixed struct {
	source
	at time.Time
}

func (f fixed) clock() time.Time { return f.at }

// asOf is the clock that the user gave, or the given one.
func asOf(opts *action.Options, otherwise time.Time) time.Time {
	if !opts.AsOf.IsZero() {
		return opts.AsOf
	}
	return otherwise
}

func readReport(env action.Env, opts *action.Options) (source, error) {
	data, err := os.ReadFile(env.Path(opts.CredentialReport))
	if err != nil {
		return nil, badInput(fmt.Errorf("reading the credential report: %w", err), "name the file that `aws iam get-credential-report` gave")
	}
	now := asOf(opts, env.Now())
	acc, err := inventory.FromReport(data, now.UTC())
	if err != nil {
		return nil, badInput(fmt.Errorf("%s: %w", opts.CredentialReport, err), "")
	}
	accounts, err := chosen([]*inventory.Account{acc}, opts)
	return fixed{saved{accounts}, now}, err
}

// readInventories reads a folder of saved inventories, or the inventory folder of a report.
func readInventories(env action.Env, opts *action.Options) (source, error) {
	names := inventoryFiles(env.Path(opts.Inventory))
	if len(names) == 0 {
		return nil, badInput(fmt.Errorf("%s holds no saved inventory", opts.Inventory), "name the inventory folder of a report, which holds one ACCOUNT.json for each account")
	}
	var s saved
	var faults []error
	seen := map[string]string{}
	for _, name := range names {
		acc, err := readInventory(name)
		switch {
		case err != nil:
			faults = append(faults, err)
		case seen[acc.ID] != "":
			faults = append(faults, fmt.Errorf("%s: account %s is in %s too", filepath.Base(name), acc.ID, seen[acc.ID]))
		default:
			seen[acc.ID] = filepath.Base(name)
			s.accounts = append(s.accounts, acc)
		}
	}
	if len(faults) > 0 {
		return nil, badInput(errors.Join(faults...), "collect those accounts again, or take the files away")
	}
	clock := s.clock()
	var err error
	if s.accounts, err = chosen(s.accounts, opts); err != nil {
		return nil, err
	}
	return fixed{s, asOf(opts, clock)}, nil
}

// inventoryFiles are the saved inventories of a folder, or of the inventory folder of a report.
func inventoryFiles(dir string) []string {
	if info, err := os.Stat(filepath.Join(dir, "inventory")); err == nil && info.IsDir() {
		dir = filepath.Join(dir, "inventory")
	}
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".json" {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names
}

func readInventory(name string) (*inventory.Account, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return inventory.Decode(filepath.Base(name), data)
}

func badInput(err error, hint string) error {
	return &action.ExitError{Status: action.ExitBadInput, Err: err, Hint: hint}
}

// live reads the accounts themselves.
type live struct {
	collector *awscollect.Collector
	spec      []string
	shard     action.Shard
	log       *action.Logger
	at        time.Time
}

func (s settings) openAWS(ctx context.Context, a *audit) (source, error) {
	c, err := s.collector(ctx, a)
	if err != nil {
		return nil, err
	}
	return &live{collector: c, spec: accountsOf(a.opts), shard: a.opts.Shard, log: a.log, at: a.env.Now()}, nil
}

// accountsOf are the accounts that the options name, in the words of the collector.
func accountsOf(o *action.Options) []string {
	if o.Organization {
		return []string{awscollect.Organization}
	}
	return o.Accounts
}

// collector is the way into AWS; no call is made.
func (s settings) collector(ctx context.Context, a *audit) (*awscollect.Collector, error) {
	o := a.opts
	keyUse := a.keyUses
	if a.only != nil {
		keyUse = nil // a scan is about whose a key is, and CloudTrail is slow
	}
	c, err := awscollect.New(ctx, awscollect.Config{
		Region: o.Region, RoleARN: o.Role.ARN, Audience: o.Audience, SessionName: o.SessionName,
		RoleDuration: o.RoleDuration, AccountRoleName: o.AccountRoleName, ExternalID: o.ExternalID,
		Concurrency: o.Concurrency, Regions: o.Regions, Token: tokenOf(a.env, a.log), Now: a.env.Now, Log: a.log.Slog(), Pace: s.aws,
		WorstUsers: a.worstUsers,
		KeyUse:     keyUse,
	})
	if err != nil {
		return nil, awsError(err)
	}
	return c, nil
}

// tokenOf asks the runner for the workflow's OIDC token, which is masked before anything else is done with it.
func tokenOf(env action.Env, log *action.Logger) func(context.Context, string) (string, error) {
	return func(ctx context.Context, audience string) (string, error) {
		token, err := ghapi.OIDC{Getenv: env.Var, Mask: func(t string) { log.Mask(action.NewSecret(t)) }}.Token(ctx, audience)
		if errors.Is(err, ghapi.ErrNoIDToken) {
			return "", fmt.Errorf("%w: %w", awscollect.ErrNoOIDC, err)
		}
		return token, err
	}
}

func (l *live) clock() time.Time { return l.at }

func (l *live) each(ctx context.Context, recheck func(*inventory.Account) []inventory.Recheck, emit func(*inventory.Account)) error {
	targets, err := l.collector.Targets(ctx, l.spec)
	if err != nil {
		return awsError(err)
	}
	targets = inShard(targets, l.shard)
	progress := l.log.Progress("auditing accounts", len(targets))
	defer progress.End()
	l.collector.Each(ctx, targets, recheck, func(acc *inventory.Account) {
		emit(acc)
		progress.Step()
	})
	return ctx.Err()
}

// inShard is the part of a list that is this shard's: every n-th, so that accounts that are
// next to each other, and often alike, are spread.
func inShard[T any](all []T, s action.Shard) []T {
	if s.Total == 0 {
		return all
	}
	var out []T
	for i, one := range all {
		if i%s.Total == s.Index-1 {
			out = append(out, one)
		}
	}
	return out
}

// awsError tells a fault of the whole set-up.
func awsError(err error) error {
	var e *awscollect.Error
	if !errors.As(err, &e) {
		return err
	}
	status := action.ExitFault
	if e.BadInput() {
		status = action.ExitBadInput
	}
	return &action.ExitError{Status: status, Err: errors.New(strings.TrimSpace(e.Cause)), Hint: e.Hint}
}
