package history_test

import (
	"os"
	"testing"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
	"github.com/keysweep/keysweep/internal/history"
)

// BenchmarkScan looks at every object of a repository. KEYSWEEP_BENCH_REPOSITORY names another than the
// small one that is made here.
func BenchmarkScan(b *testing.B) {
	dir := os.Getenv("KEYSWEEP_BENCH_REPOSITORY")
	if dir == "" {
		dir = randomHistory(b, 1, 300, "sha1")
		git(b, dir, "repack", "-q", "-adf")
	}
	f := newFinder()
	b.ReportAllocs()
	for b.Loop() {
		r, err := gitdir.Open(dir, gitobject.Options{})
		if err != nil {
			b.Fatal(err)
		}
		result := history.Scan(r, f, history.Options{})
		b.SetBytes(result.Bytes)
		b.ReportMetric(float64(result.Objects), "objects")
		b.ReportMetric(float64(len(result.Sightings)), "sightings")
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
