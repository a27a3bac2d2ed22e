//go:build faults

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghfake"
	"github.com/keysweep/keysweep/internal/inventory"
)

// Every fault at every write of a first run with 60 findings. Afterwards one clean run leaves
// exactly one open issue a finding. The judge below reads the fake's state and shares no code
// with the plan. `make faults` runs it.

const faultFindings = 60

// died is a fault of this test: the process is gone once the write has happened.
const died ghfake.FaultKind = "kill -9"

func manyFindings(t *testing.T, dir string) {
	t.Helper()
	acc := &inventory.Account{
		Schema: inventory.Schema, ID: "222233334444", Name: "prod", Partition: "aws", Status: inventory.Audited, CollectedAt: start,
		Root: inventory.Root{ARN: "arn:aws:iam::222233334444:root"},
	}
	for i := range faultFindings {
		name := fmt.Sprintf("svc-%02d", i)
		acc.Users = append(acc.Users, inventory.User{
			Name: name, ARN: "arn:aws:iam::222233334444:user/" + name, ID: fmt.Sprintf("AIDASVC%013d", i), Created: before(400),
			Keys: []inventory.AccessKey{{ID: keyID(acc.ID, uint32(i)), Slot: 1, Active: true, Created: before(300 + i), LastUsed: before(100)}},
		})
	}
	text, err := inventory.Encode(acc)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "222233334444.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// faulty is one repository and the audits of it.
type faulty struct {
	github *ghfake.Server
	dir    string
	saved  string
}

func (f *faulty) audit(ctx context.Context) int {
	vars := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "schedule", "GITHUB_REPOSITORY": ghfake.DefaultRepository,
		"GITHUB_WORKSPACE": f.dir, "INPUT_GITHUB-TOKEN": ghfake.DefaultToken, "INPUT_MAX-NEW-ISSUES": "1000",
		"INPUT_INVENTORY": f.saved, "INPUT_MODE": "audit",
	}
	for k, v := range f.github.Env() {
		vars[k] = v
	}
	env := action.Env{
		Dir: f.dir, Stdin: strings.NewReader(""), Stdout: &strings.Builder{}, Stderr: &strings.Builder{}, Rand: strings.NewReader(strings.Repeat("0123456789abcdef", 64)),
		Now: f.github.Now, Getenv: func(k string) (string, bool) { v, ok := vars[k]; return v, ok },
	}
	s := settings{github: githubPace{writeInterval: -1, sleep: f.github.Sleep}}
	return action.Exit(env, func() error { return s.run(ctx, env) })
}

var markerForm = regexp.MustCompile(`\A<!-- keysweep:v1 id=([0-9a-f]{16}) state=(open|closed) hash=[0-9a-f]+ -->\n`)

// judge counts open issues by the finding that their first line names.
func judge(s *ghfake.Server) (findings, duplicates, dashboards int) {
	open := map[string]int{}
	for _, i := range s.Issues(ghfake.DefaultRepository) {
		m := markerForm.FindStringSubmatch(i.Body)
		switch {
		case i.State != "open" || m == nil:
		case strings.Contains(strings.Join(i.Labels, " "), "keysweep:dashboard"):
			dashboards++
		default:
			open[m[1]]++
		}
	}
	for _, n := range open {
		duplicates += n - 1
	}
	return len(open), duplicates, dashboards
}

func TestFaultsAtEveryWrite(t *testing.T) {
	saved := t.TempDir()
	manyFindings(t, saved)
	fresh := func(t *testing.T) *faulty {
		f := &faulty{github: ghfake.New(t), dir: t.TempDir(), saved: saved}
		f.github.SetNow(start.Add(time.Hour))
		return f
	}
	first := fresh(t)
	first.audit(t.Context())
	writes := len(first.github.Writes())
	if n, twice, boards := judge(first.github); n != faultFindings || twice != 0 || boards != 1 {
		t.Fatalf("without a fault: %d findings, %d duplicates, %d dashboards", n, twice, boards)
	}
	kinds := append([]ghfake.FaultKind{died}, ghfake.FaultKinds()...)
	positions, summary := 0, map[ghfake.FaultKind]int{}
	for _, kind := range kinds {
		if kind == ghfake.Hang {
			continue // a hang ends when the client leaves, which is the death below
		}
		for at := 1; at <= writes; at++ {
			f := fresh(t)
			ctx, stop := context.WithCancel(t.Context())
			fault := ghfake.Fault{Kind: kind, Write: at, RetryAfter: 30}
			if kind == died {
				// The state changes, no answer comes, and nothing is done any more.
				fault.Kind = ghfake.Hang
				go func() {
					for len(f.github.Writes()) < at && ctx.Err() == nil {
						time.Sleep(200 * time.Microsecond)
					}
					stop()
				}()
			}
			f.github.Inject(fault)
			f.audit(ctx)
			stop()
			f.github.Sleep(t.Context(), 2*time.Hour)
			if status := f.audit(t.Context()); status != action.ExitDone {
				t.Errorf("%s at write %d: the clean run ends with %d", kind, at, status)
			}
			if n, twice, boards := judge(f.github); n != faultFindings || twice != 0 || boards != 1 {
				t.Errorf("%s at write %d: %d findings, %d duplicates, %d dashboards", kind, at, n, twice, boards)
			}
			f.github.ResetLog()
			f.audit(t.Context())
			if w := f.github.Writes(); len(w) != 0 {
				t.Errorf("%s at write %d: the run after the clean one wrote %v", kind, at, w)
			}
			positions++
			summary[kind]++
		}
	}
	told, err := json.Marshal(summary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d positions in %d writes: %s", positions, writes, told)
}

// Two runs at once may open an issue each; the next run keeps the lowest number, closes the
// others as duplicates with a link, and then there is nothing left to write.
func TestTwoRunsAtOnce(t *testing.T) {
	saved := t.TempDir()
	manyFindings(t, saved)
	doubled := 0
	for range 5 {
		github := ghfake.New(t)
		github.SetNow(start.Add(time.Hour))
		var both sync.WaitGroup
		for range 2 {
			f := &faulty{github: github, dir: t.TempDir(), saved: saved}
			both.Go(func() { f.audit(t.Context()) })
		}
		both.Wait()
		_, twice, _ := judge(github)
		doubled += twice
		lowest := lowestOpen(github)
		f := &faulty{github: github, dir: t.TempDir(), saved: saved}
		github.Sleep(t.Context(), time.Hour)
		f.audit(t.Context())
		if n, twice, boards := judge(github); n != faultFindings || twice != 0 || boards != 1 {
			t.Errorf("afterwards: %d findings, %d duplicates, %d dashboards", n, twice, boards)
		}
		if after := lowestOpen(github); !maps.Equal(after, lowest) {
			t.Errorf("open issues %v, the lowest numbers were %v", after, lowest)
		}
		github.ResetLog()
		f.audit(t.Context())
		if w := github.Writes(); len(w) != 0 {
			t.Errorf("the last run wrote %v", w)
		}
	}
	if doubled == 0 {
		t.Error("the two runs never met: nothing was tried")
	}
	t.Logf("%d issues were doubled in 5 tries, none is left", doubled)
}

// lowestOpen maps findings to the lowest number of their open issues.
func lowestOpen(s *ghfake.Server) map[string]int {
	out := map[string]int{}
	for _, i := range s.Issues(ghfake.DefaultRepository) {
		m := markerForm.FindStringSubmatch(i.Body)
		if m != nil && i.State == "open" && out[m[1]] == 0 {
			out[m[1]] = i.Number
		}
	}
	return out
}
