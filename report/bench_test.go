package report

import (
	"io"
	"testing"
)

// The biggest report that one run makes: 20,000 findings over 1,000 accounts.
const benchFindings = 20_000

func BenchmarkFiles(b *testing.B) {
	d := many(benchFindings)
	b.ReportAllocs()
	for b.Loop() {
		files, err := Files(d)
		if err != nil {
			b.Fatal(err)
		}
		total := 0
		for _, f := range files {
			total += len(f)
		}
		b.ReportMetric(float64(total)/1e6, "MB")
	}
}

func BenchmarkWriteJSON(b *testing.B) {
	d := many(benchFindings)
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteJSON(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	d := many(benchFindings)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := HTML(d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIssueBlock(b *testing.B) {
	f := sampleKey("AKIAIOSFODNN7EXAMPLE", "ci-legacy", "2025-03-04T11:20:00Z")
	b.ReportAllocs()
	for b.Loop() {
		IssueBlock(&f)
	}
}
