package backlog_test

import (
	"testing"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
)

const benchSize = 5000

// benchWorld holds as many findings and an issue of each.
func benchWorld(b *testing.B) *world {
	b.Helper()
	w := newWorld()
	w.maxNew = backlog.NoCap
	var findings []checks.Finding
	for n := range benchSize {
		findings = append(findings, unusedKey(n))
	}
	w.with(findings...)
	w.carryOut(w.plan().Actions)
	return w
}

func benchPlan(b *testing.B, w *world, writes int) {
	in := w.input()
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, a := range backlog.PlanWith(in, w.judge).Actions {
			if a.Writes() {
				n++
			}
		}
		if n != writes {
			b.Fatalf("%d writes", n)
		}
	}
}

// BenchmarkPlan plans a steady run: 5,000 findings, 5,000 issues, nothing to write.
func BenchmarkPlan(b *testing.B) { benchPlan(b, benchWorld(b), 0) }

// BenchmarkPlanUsed plans a run in which every key was used since: nothing to write either,
// though each issue has to be rendered with what it shows.
func BenchmarkPlanUsed(b *testing.B) {
	w := benchWorld(b)
	for i := range w.findings {
		w.findings[i].Check = "aged-access-key"
	}
	w.carryOut(w.plan().Actions)
	for i := range w.findings {
		w.findings[i].Evidence.LastUsed = "2026-03-01T00:00:00Z"
	}
	benchPlan(b, w, 0)
}

// BenchmarkPlanChanged plans a run in which every finding moved on.
func BenchmarkPlanChanged(b *testing.B) {
	w := benchWorld(b)
	for i := range w.findings {
		w.findings[i].Severity = checks.Critical
	}
	benchPlan(b, w, benchSize)
}

// BenchmarkPlanFirst plans a first run without a cap.
func BenchmarkPlanFirst(b *testing.B) {
	w := benchWorld(b)
	w.issues = nil
	benchPlan(b, w, benchSize)
}
