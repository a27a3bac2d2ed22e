package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
)

// An audit of an organization says which accounts are ready for a guardrail; the saved inventory, audited
// again, says the same.
func TestGuardrails(t *testing.T) {
	j := newJob(t)
	j.world.Tree = &awssim.Tree{
		Management: hubAccount, Features: []string{"RootCredentialsManagement"},
		Policies: []awssim.ControlPolicy{{
			ID: "p-guard000", Name: "no new keys", Targets: []string{"222233334444"},
			Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:Create*","Resource":"*"}]}`,
		}},
	}
	j.wantStatus(j.run(), action.ExitDone)
	first := j.file("guardrails/readiness.json")
	type row struct {
		ID       string
		Ready    bool
		Creation map[string]string
	}
	var doc struct{ Accounts []row }
	if err := json.Unmarshal([]byte(first), &doc); err != nil {
		t.Fatal(err)
	}
	denied := slices.IndexFunc(doc.Accounts, func(a row) bool { return a.ID == "222233334444" })
	if denied < 0 || doc.Accounts[denied].Ready || doc.Accounts[denied].Creation["iam:CreateUser"] != "denied" {
		t.Errorf("readiness:\n%s", first)
	}
	if deny := j.file("guardrails/deny-new-users-and-keys.json"); !json.Valid([]byte(deny)) {
		t.Errorf("the policy is no JSON:\n%s", deny)
	}
	if err := os.RemoveAll(filepath.Join(j.dir, "saved")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(j.dir, "saved"), os.DirFS(filepath.Join(j.dir, "keysweep-report", "inventory"))); err != nil {
		t.Fatal(err)
	}
	env := action.Env{
		Args: []string{"audit", "--inventory", "saved", "--output-dir", "again"}, Dir: j.dir, Stdout: &strings.Builder{}, Stderr: &strings.Builder{},
		Now: func() time.Time { return start }, Getenv: func(string) (string, bool) { return "", false },
	}
	if status := action.Exit(env, func() error { return run(t.Context(), env) }); status != action.ExitDone {
		t.Fatalf("audited again: exit status %d", status)
	}
	second, err := os.ReadFile(filepath.Join(j.dir, "again", "guardrails", "readiness.json"))
	if err != nil || string(second) != first {
		t.Errorf("audited again (%v):\n%s\nfirst:\n%s", err, second, first)
	}
}
