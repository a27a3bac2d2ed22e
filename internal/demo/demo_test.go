package demo_test

import (
	"testing"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/demo"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

func load(t *testing.T) ([]*inventory.Account, *policy.Policy) {
	t.Helper()
	accounts, err := demo.Accounts()
	if err != nil {
		t.Fatal(err)
	}
	now := accounts[0].CollectedAt
	p, err := policy.Parse("keysweep.yml", demo.Policy(), policy.ParseOptions{KnownChecks: checks.KnownIDs(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return accounts, p
}

// The sample shows every check at work, and beside each hit an account where it is silent.
func TestEveryCheckFiresAndIsSilentSomewhere(t *testing.T) {
	accounts, p := load(t)
	if len(accounts) < 6 {
		t.Errorf("the sample has %d accounts, want at least 6", len(accounts))
	}
	fires := map[string]map[string]bool{}
	for _, a := range accounts {
		for _, f := range checks.Evaluate(a, p, checks.Options{Now: a.CollectedAt}) {
			for _, id := range append([]string{f.Check}, f.Also...) {
				if fires[id] == nil {
					fires[id] = map[string]bool{}
				}
				fires[id][a.ID] = true
			}
		}
	}
	for _, c := range checks.All() {
		if c.ID == "account-unreadable" {
			continue // it takes two runs, and the sample is one
		}
		if len(fires[c.ID]) == 0 {
			t.Errorf("%s never fires in the sample", c.ID)
		}
		if len(fires[c.ID]) == len(accounts) {
			t.Errorf("%s fires in every account of the sample", c.ID)
		}
	}
}
