package history_test

import (
	"os"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
	"github.com/keysweep/keysweep/internal/history"
	"github.com/keysweep/keysweep/internal/leak"
	"github.com/keysweep/keysweep/internal/unpack"
)

// finder looks into contents as a scan does, but for what stands beside the files of an archive.
type finder struct{ keys *leak.Detector }

func newFinder() finder { return finder{leak.New(leak.Options{})} }

func (f finder) Find(content []byte, found func(history.Found), skip func([]string, string)) {
	if unpack.IsContainer(content[:min(len(content), 1024)]) == unpack.None {
		f.keys.Find(content, func(h leak.Hit) { found(history.Found{Hit: h}) })
		return
	}
}

func (f finder) Text(text []byte, found func(leak.Hit)) { f.keys.Find(text, found) }

func (f finder) Candidate(piece []byte) bool {
	return f.keys.Candidate(piece)
}

func (f finder) Container(content []byte) bool {
	return unpack.IsContainer(content[:min(len(content), 1024)]) != unpack.None ||
		unpack.HasZipEnd(content[max(0, len(content)-66<<10):]) || leak.MustBeWhole(content)
}

func BenchmarkScan(b *testing.B) {
	dir := os.Getenv("KEYSWEEP_BENCH_REPOSITORY")
	f := newFinder()
	for b.Loop() {
		t0 := time.Now()
		r, err := gitdir.Open(dir, gitobject.Options{})
		if err != nil {
			b.Fatal(err)
		}
		res := history.Scan(r, f, history.Options{})
		b.Log(res.Objects, res.Bytes, len(res.Sightings), len(res.Unread), time.Since(t0))
		b.SetBytes(res.Bytes)
		r.Close()
	}
}
