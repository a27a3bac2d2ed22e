package backlog_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

var update = flag.Bool("update", false, "write golden files")

// golden compares with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// The columns of the table: what became of the issue. The rows: what the run found.
var columns = []struct {
	name string
	do   func(w *world)
}{
	{"open", func(*world) {}},
	{"closed by keysweep", func(w *world) {
		w.without(1, gone)
		w.carryOut(w.plan().Actions)
	}},
	{"closed by another bot", func(w *world) { w.close(w.issue(1), "stale[bot]", true, "completed") }},
	{"closed by a person as completed", func(w *world) { w.close(w.issue(1), "alice", false, "completed") }},
	{"closed a second time by a person as completed", func(w *world) {
		w.close(w.issue(1), "alice", false, "completed")
		w.later(1).with(unusedKey(1))
		w.carryOut(w.plan().Actions)
		w.later(1).close(w.issue(1), "alice", false, "completed")
	}},
	{"closed as not planned", func(w *world) { w.close(w.issue(1), "alice", false, "not_planned") }},
	{"closed as duplicate", func(w *world) { w.close(w.issue(1), "alice", false, "duplicate") }},
	{"open with the label accepted", func(w *world) { w.issue(1).Labels = append(w.issue(1).Labels, "keysweep:accepted") }},
	{"closed as completed with the label accepted", func(w *world) {
		w.close(w.issue(1), "alice", false, "completed")
		w.issue(1).Labels = append(w.issue(1).Labels, "keysweep:accepted")
	}},
}

var rows = []struct {
	name string
	do   func(w *world)
}{
	{"present", func(w *world) { w.with(unusedKey(1)) }},
	{"present, facts older than the closing", func(w *world) {
		w.with(unusedKey(1))
		w.findings[0].FactsAt = start.AddDate(0, 0, -1)
	}},
	{"proven absent", func(w *world) { w.without(1, gone) }},
	{"exempt now", func(w *world) {
		f := unusedKey(1)
		f.Exemption = &checks.ExemptionRef{Reason: "the vendor ends in June", Expires: "2026-06-30"}
		w.with(f)
	}},
	{"check switched off or threshold changed", func(w *world) { w.without(1, off) }},
	{"fact not assessed", func(w *world) { w.without(1, unread) }},
	{"no verdict at all", func(w *world) { w.without(1, checks.Verdict{}) }},
	{"account failed", func(w *world) {
		w.without(1, gone)
		w.accounts[0].Status = inventory.Failed
	}},
	{"account skipped", func(w *world) {
		w.without(1, gone)
		w.accounts[0].Status = inventory.Skipped
	}},
	{"account a target without facts", func(w *world) {
		w.without(1, gone)
		w.accounts, w.targets = w.accounts[1:], []string{prod}
	}},
	{"account no longer a target", func(w *world) {
		w.without(1, gone)
		w.accounts = w.accounts[1:]
	}},
	{"nothing is a target", func(w *world) {
		w.without(1, gone)
		w.accounts = nil
	}},
}

// TestTable is the whole table of what is done with an issue, as the plan in text.
func TestTable(t *testing.T) {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString("# " + row.name + "\n")
		for _, column := range columns {
			w := newWorld().with(unusedKey(1))
			w.run(t)
			column.do(w)
			w.later(1)
			row.do(w)
			r := w.plan()
			b.WriteString("\n## " + column.name + "\n" + lines(r.Actions))
			for _, l := range r.Accepted {
				b.WriteString("accepted until " + l.Until + " by " + l.From + ": " + l.Why + "\n")
			}
			for _, l := range r.ClosedButPresent {
				b.WriteString("closed but present: " + l.Why + "\n")
			}
			for _, l := range r.NotAssessed {
				b.WriteString("not assessed: " + l.Why + "\n")
			}
			w.carryOut(r.Actions)
			w.quiet(t)
		}
		b.WriteString("\n")
	}
	golden(t, "table.golden", b.String())
}
