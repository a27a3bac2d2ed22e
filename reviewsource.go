package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/tree"
)

// proposal is the change that a review looks at.
type proposal struct {
	base, head string // what the two states are called; empty for folders and plans
	// diff compares the states. stop is asked between files.
	diff func(stop func() bool) ([]declare.Change, []declare.NotAnalysed)
	// policy reads the policy file of the state before: a change cannot exempt itself. One that is not there is
	// fs.ErrNotExist.
	policy func(name string) ([]byte, error)
	// read reads a file of the state after; nil where there is none.
	read  func(name string) ([]byte, error)
	close func() error
}

// maxPlan is how large a plan may be. Those of large roots have tens of MB.
const maxPlan = 512 << 20

// open opens what the options name, or else the change of the event.
func (r *reviewRun) open(ctx context.Context) (*proposal, error) {
	o := r.opts
	switch {
	case o.PlanFile != "":
		return r.openPlan(ctx)
	case o.BaseDir != "":
		return pairProposal(tree.Folders(r.env.Path(o.BaseDir), r.env.Path(o.HeadDir)))
	case o.GitDir != "":
		return pairProposal(tree.Git(r.env.Path(o.GitDir), o.Base, o.Head))
	}
	return r.openChange(ctx)
}

// pairProposal takes what was opened on this machine: what cannot be opened was named wrongly.
func pairProposal(p *tree.Pair, err error) (*proposal, error) {
	if err != nil {
		return nil, badInput(err, "")
	}
	return proposalOf(p), nil
}

func proposalOf(p *tree.Pair) *proposal {
	return &proposal{base: p.BaseID, head: p.HeadID, diff: p.Diff, policy: p.Base.Read, read: p.Head.Read, close: p.Close}
}

// openPlan reads a plan. It has no state before: the policy file is that of the working directory or, where that is
// the checkout of a change, that of the base.
func (r *reviewRun) openPlan(ctx context.Context) (*proposal, error) {
	name := r.opts.PlanFile
	info, err := os.Stat(r.env.Path(name))
	if err == nil && info.Size() > maxPlan {
		err = fmt.Errorf("it has %d bytes, a plan of at most %d is read", info.Size(), maxPlan)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(r.env.Path(name))
	}
	if err != nil {
		return nil, badInput(fmt.Errorf("reading the plan %q: %w", name, err), "write it with terraform show -json PLANFILE")
	}
	changes, err := declare.ReadPlan(name, data)
	if err != nil {
		return nil, badInput(err, "write it with terraform show -json PLANFILE")
	}
	p := &proposal{
		diff:   func(func() bool) ([]declare.Change, []declare.NotAnalysed) { return changes, nil },
		policy: func(name string) ([]byte, error) { return os.ReadFile(r.env.Path(name)) },
		close:  func() error { return nil },
	}
	switch {
	case !r.opts.AsksGitHub():
		return p, nil
	case r.client == nil:
		r.log.Warn("without github-token the policy file of the base cannot be read, and that of the checkout may be the change's own: no exemption counts")
		p.policy = func(string) ([]byte, error) { return nil, fs.ErrNotExist }
		return p, nil
	}
	change, err := action.EventChange(r.env)
	if err != nil {
		return nil, err
	}
	p.policy = func(name string) ([]byte, error) { return r.policyAt(ctx, name, change.Base) }
	return p, nil
}

// openChange opens the change of the event by GitHub's API. Nothing of it is checked out or run.
func (r *reviewRun) openChange(ctx context.Context) (*proposal, error) {
	var err error
	if r.change, err = action.EventChange(r.env); err != nil {
		return nil, err
	}
	base, tip := r.change.Base, r.change.Base
	if r.change.Number > 0 {
		if base, tip, err = r.parting(ctx); err != nil {
			return nil, hubError(err)
		}
	}
	pair, err := tree.Commits(ctx, r.client, base, r.change.Head)
	if err != nil {
		return nil, hubError(fmt.Errorf("reading the two states of the change: %w", err))
	}
	p := proposalOf(pair)
	if tip != base {
		p.policy = func(name string) ([]byte, error) { return r.policyAt(ctx, name, tip) }
	}
	return p, nil
}

// parting is where the pull request left its base, and the tip of the base. Two histories without a common
// commit are compared as they are. A token that may not read pull requests has what the event says.
func (r *reviewRun) parting(ctx context.Context) (base, tip string, err error) {
	tip = r.change.Base
	r.pull, err = r.client.PullRequest(ctx, r.change.Number)
	var refused *ghapi.PermissionError
	switch {
	case err == nil:
		tip = r.pull.BaseSHA
		r.change.Head = cmp.Or(r.change.Head, r.pull.HeadSHA)
	case r.change.Base == "" || r.change.Head == "":
		return "", "", err
	case errors.As(err, &refused) || errors.Is(err, ghapi.ErrNotFound):
		r.log.Warn(fmt.Sprintf("the pull request is reviewed by what the event says of it, and nothing is written to it: %v", err))
	default:
		return "", "", err
	}
	c, err := r.client.Compare(ctx, tip, r.change.Head)
	switch {
	case errors.Is(err, ghapi.ErrNoCommonAncestor):
		r.log.Warn("the pull request and its base have no common commit: they are compared as they are")
		return tip, tip, nil
	case err != nil:
		return "", "", err
	}
	return c.MergeBase, tip, nil
}

func (r *reviewRun) policyAt(ctx context.Context, name, commit string) ([]byte, error) {
	data, err := r.client.Contents(ctx, name, commit)
	if errors.Is(err, ghapi.ErrNotFound) {
		return nil, fs.ErrNotExist
	}
	return data, err
}

// readPolicy reads the policy file of the state before. One with an absolute path is none of the repository's.
func (r *reviewRun) readPolicy(p *proposal) error {
	read, name := p.policy, r.opts.Config
	if filepath.IsAbs(name) {
		read = os.ReadFile
	} else {
		name = filepath.ToSlash(filepath.Clean(name))
	}
	data, err := read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		data = nil
		if r.opts.ConfigGiven {
			return badInput(fmt.Errorf("policy file %s %w in the state before the change", r.opts.Config, errNoPolicy),
				"commit it, correct the path in config, or leave config out to go by the defaults")
		}
	case err != nil:
		return hubError(fmt.Errorf("reading the policy file: %w", err))
	}
	r.policy, err = parsePolicy(r.opts.Config, data, r.now)
	return err
}
