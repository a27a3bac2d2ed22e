package awscollect

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/keysweep/keysweep/internal/inventory"
)

// Each reads every target, Config.Concurrency of them at once, and hands each account to
// emit as it is done: one at a time, in no order, every target exactly once. When the
// context ends, what was not done is failed.
func (c *Collector) Each(ctx context.Context, targets []Target, recheck func(*inventory.Account) []inventory.Recheck, emit func(*inventory.Account)) {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(c.cfg.Concurrency)
	var organization sync.WaitGroup
	defer organization.Wait()
	if len(targets) > 0 {
		organization.Go(func() { c.organization(ctx) }) // while accounts are read
	}
	for _, t := range targets {
		g.Go(func() error {
			a := c.Account(ctx, t, recheck)
			mu.Lock()
			defer mu.Unlock()
			emit(a)
			return nil
		})
	}
	_ = g.Wait() // no account returns an error
}
