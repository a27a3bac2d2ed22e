package history_test

import (
	"bytes"
	"io"

	"github.com/keysweep/keysweep/internal/history"
	"github.com/keysweep/keysweep/internal/leak"
	"github.com/keysweep/keysweep/internal/unpack"
)

// finder looks into contents as a scan does.
type finder struct{ keys *leak.Detector }

func newFinder() finder { return finder{leak.New(leak.Options{})} }

func (f finder) Find(content []byte, found func(history.Found), skip func([]string, string)) {
	if !isArchive(content) {
		f.keys.Find(content, func(h leak.Hit) { found(history.Found{Hit: h}) })
		return
	}
	v := visitor{f, found, skip}
	if err := unpack.Walk("", bytes.NewReader(content), int64(len(content)), unpack.DefaultLimits(), v); err != nil {
		skip(nil, err.Error())
	}
}

func isArchive(content []byte) bool {
	return unpack.IsContainer(content[:min(len(content), 1024)]) != unpack.None || unpack.HasZipEnd(content[max(0, len(content)-66<<10):])
}

func (f finder) Text(text []byte, found func(leak.Hit)) { f.keys.Find(text, found) }

func (f finder) Candidate(piece []byte) bool { return f.keys.Candidate(piece) }

func (f finder) Container(content []byte) bool {
	return isArchive(content) || leak.MustBeWhole(content)
}

type visitor struct {
	finder
	found func(history.Found)
	skip  func([]string, string)
}

func (v visitor) Leaf(inside []string, r io.Reader) error {
	content, err := io.ReadAll(r)
	v.keys.Find(content, func(h leak.Hit) { v.found(history.Found{Hit: h, Inside: inside}) })
	return err
}

func (v visitor) Name(inside []string, text string) {
	v.keys.Find([]byte(text), func(h leak.Hit) { v.found(history.Found{Hit: h, Inside: inside}) })
}

func (v visitor) Skipped(inside []string, reason string) { v.skip(inside, reason) }
