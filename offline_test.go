package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/demo"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// offline runs an audit of the sample's saved inventories.
func offline(t *testing.T, args ...string) (status int, accounts []string) {
	t.Helper()
	dir := t.TempDir()
	saved, err := demo.Accounts()
	if err != nil {
		t.Fatal(err)
	}
	files, err := inventories(saved)
	if err != nil {
		t.Fatal(err)
	}
	env := action.Env{
		Args: append([]string{"audit", "--inventory", "saved"}, args...), Dir: dir, Stdout: &strings.Builder{}, Stderr: &strings.Builder{},
		Now: func() time.Time { return start }, Getenv: func(string) (string, bool) { return "", false },
	}
	for name, text := range files {
		path := filepath.Join(dir, "saved", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status = action.Exit(env, func() error { return run(t.Context(), env) })
	data, err := os.ReadFile(filepath.Join(dir, "keysweep-report", "findings.json"))
	if err != nil {
		return status, nil
	}
	var report struct{ Accounts []struct{ ID string } }
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	for _, a := range report.Accounts {
		accounts = append(accounts, a.ID)
	}
	return status, accounts
}

// An offline audit looks at the accounts it was asked for, and at its part of them.
func TestOfflineAccountsAndShard(t *testing.T) {
	if status, got := offline(t, "--accounts", "333344445555,222233334444"); status != 0 || !slices.Equal(got, []string{"222233334444", "333344445555"}) {
		t.Errorf("two accounts: status %d, accounts %v", status, got)
	}
	if status, got := offline(t, "--accounts", "999999999999"); status != action.ExitBadInput || got != nil {
		t.Errorf("an account without facts: status %d, accounts %v", status, got)
	}
	var all []string
	for _, shard := range []string{"1/2", "2/2"} {
		status, got := offline(t, "--shard", shard)
		if status != 0 || len(got) < 4 || len(got) > 6 {
			t.Errorf("shard %s: status %d, accounts %v", shard, status, got)
		}
		all = append(all, got...)
	}
	if slices.Sort(all); len(slices.Compact(all)) != 10 {
		t.Errorf("the shards together hold %v, want all 10 accounts once", all)
	}
}

// The finding about root's key tells of the key, not of the account or the password.
func TestRootKeyHasItsOwnDates(t *testing.T) {
	made := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	acc := &inventory.Account{
		ID: "111122223333", Partition: "aws", Status: inventory.Audited, CollectedAt: start,
		Root: inventory.Root{
			Created: made.AddDate(-1, 0, 0), HasPassword: true, HasMFA: true, HasKeys: true, PasswordLastUsed: made.AddDate(4, 0, 0),
			Keys: []inventory.AccessKey{{Slot: 1, Created: made}},
		},
	}
	found := checks.Evaluate(acc, policy.Default(), checks.Options{Now: start})
	if len(found) != 1 || found[0].Check != "root-access-key" {
		t.Fatalf("findings %v", found)
	}
	if e := found[0].Evidence; e.Created != "2020-01-01T00:00:00Z" || e.LastUsed != "" {
		t.Errorf("made %q, used %q; the key was made 2020-01-01 and never used", e.Created, e.LastUsed)
	}
}
