package scansource

import (
	"os"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/leak"
)

// BenchmarkTree reads the folder that KEYSWEEP_BENCH_TREE names, or the source of this module.
func BenchmarkTree(b *testing.B) {
	dir := os.Getenv("KEYSWEEP_BENCH_TREE")
	if dir == "" {
		dir = "../.."
	}
	var bytes int64
	for b.Loop() {
		s := New(Options{Detector: leak.New(leak.Options{}), Now: time.Now})
		if err := s.Path(dir, ""); err != nil {
			b.Fatal(err)
		}
		bytes = s.Result().Bytes
	}
	b.SetBytes(bytes)
}
