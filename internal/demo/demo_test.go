package demo_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/demo"
	"github.com/keysweep/keysweep/internal/guardrail"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/migrate"
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

// findings are those of all accounts together, as an audit has them.
func findings(t *testing.T) ([]*inventory.Account, []checks.Finding) {
	t.Helper()
	accounts, p := load(t)
	o := checks.Options{Now: accounts[0].CollectedAt, Keys: checks.KeysOf(accounts), Guards: guardrail.NewJudge()}
	var out []checks.Finding
	for _, a := range accounts {
		out = append(out, checks.Evaluate(a, p, o)...)
	}
	return accounts, out
}

// The sample has keys of every part of the order in which they can go, and shows what replaces them.
func TestEveryWayOut(t *testing.T) {
	_, all := findings(t)
	removals, kinds := map[string]bool{}, map[string]bool{}
	for _, f := range all {
		removals[f.Removal] = true
		if f.Kind == checks.SubjectAccessKey || f.Kind == checks.SubjectResource {
			kinds[f.Replace.Kind] = true
		}
	}
	for _, want := range []string{checks.RemovalNow, checks.RemovalAfterLook, checks.RemovalAfterMigration} {
		if !removals[want] {
			t.Errorf("no key can go %s", want)
		}
	}
	want := []string{
		"codebuild-role", "delete", "ecs-task-role", "github-oidc", "identity-center", "instance-profile", "lambda-role", "oidc", "pod-identity", "ses-role",
	}
	got := slices.Sorted(maps.Keys(kinds))
	for _, k := range want {
		if !slices.Contains(got, k) {
			t.Errorf("nothing is replaced by %s: %v", k, got)
		}
	}
}

// One of the repositories is known to take a certain key, whose issue then has the patch.
func TestWorkflowsOfTheSample(t *testing.T) {
	accounts, all := findings(t)
	repositories, err := demo.Repositories()
	if err != nil {
		t.Fatal(err)
	}
	var kits []migrate.Kit
	patched, byHand := 0, 0
	for _, r := range repositories {
		k := migrate.Plan(r, migrate.Target{Partition: "aws", Region: "eu-west-1", Server: "https://github.com"})
		kits = append(kits, k)
		patched, byHand = patched+k.Patched(), byHand+len(k.Workflows)-k.Patched()
	}
	if patched == 0 || byHand == 0 {
		t.Errorf("%d workflows have a patch, %d have none", patched, byHand)
	}
	migrate.Tell(all, kits, accounts)
	var told []string
	for _, f := range all {
		if slices.ContainsFunc(f.Steps, func(s checks.Step) bool { return strings.HasPrefix(s.Command, "git apply") }) {
			told = append(told, f.User)
		}
	}
	if diff := cmp.Diff([]string{"ci-deploy"}, told); diff != "" {
		t.Errorf("keys that workflows are known to take (-want +got):\n%s", diff)
	}
}

// Some accounts are ready for a guardrail, in an order, some are not, and one has it.
func TestReadinessOfTheSample(t *testing.T) {
	accounts, p := load(t)
	text, err := guardrail.Readiness(accounts, p, guardrail.NewJudge(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Accounts []struct {
			Name  string
			Ready bool
		}
		Waves []guardrail.Wave
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var ready, waves []string
	for _, a := range doc.Accounts {
		if a.Ready {
			ready = append(ready, a.Name)
		}
	}
	for _, w := range doc.Waves {
		waves = append(waves, w.Name+" "+strings.Join(w.Accounts, " "))
	}
	if diff := cmp.Diff([]string{"acme-logs", "acme-archive", "acme-training"}, ready); diff != "" {
		t.Errorf("ready (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"pilot 999922223333", "production 999911112222"}, waves); diff != "" {
		t.Errorf("waves (-want +got):\n%s", diff)
	}
}
