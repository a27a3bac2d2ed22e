package declare

import (
	"path"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/leak"
)

// keyFileForm finds key ids that are written out, in whatever file. It looks at the files of the change
// alone: a file that stays holds the same in both states.
func keyFileForm() fileForm {
	return fileForm{
		name: "text", wants: mayHoldKeys, triggers: []string{"AKIA", "ASIA"}, max: maxLoad,
		anyText: true, anyBytes: true, changedOnly: true, extract: extractKeys,
	}
}

// mediaExtensions are of files that hold pictures, sound, fonts or compressed data: nobody writes a key
// there, and they cost much to read.
var mediaExtensions = []string{
	".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".psd", ".mp3", ".mp4", ".m4a",
	".mov", ".avi", ".webm", ".mkv", ".wav", ".ogg", ".flac", ".woff", ".woff2", ".ttf", ".otf", ".eot",
	".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".jar", ".war", ".whl", ".br", ".lz4",
}

func mayHoldKeys(p string) bool {
	return !slices.Contains(mediaExtensions, strings.ToLower(path.Ext(p)))
}

// maxKeys is how many key ids of one file are told apart.
const maxKeys = 1000

func extractKeys(r *reading, p string, data []byte) {
	seen := map[string]bool{}
	keyIDs(data, func(id string, line int) {
		if seen[id] || len(seen) > maxKeys {
			return
		}
		if seen[id] = true; len(seen) > maxKeys {
			r.skip(p, "it holds too many key ids")
			return
		}
		sure, why := judgeKey(id)
		r.add(Declaration{
			Kind: HardcodedKey, Form: "text", Root: p, Address: id, Path: p, Line: line,
			Confidence: sure, Why: why,
		})
	})
}

// madeUp are words that people write into ids that are none, and of AWS's own example.
var madeUp = []string{
	"FAKE", "DUMMY", "TEST", "SAMPLE", "MOCK", "XXXX", "AAAA", "ABCDEF", "QWERTY", "234567", "REPLACE", "CHANGEME",
	"YOURKEY", "YOURACCESS", "INVALID", "REDACTED", "IOSFODNN",
}

// judgeKey says how sure it is that an id is that of a long-lived key. The fifth character of a true one
// is I or J in the old format and one of the upper half of base32 in the new.
func judgeKey(id string) (Confidence, string) {
	switch {
	case strings.HasPrefix(id, "ASIA"):
		return Possible, "the id of a temporary key is written out"
	case slices.ContainsFunc(madeUp, func(w string) bool { return strings.Contains(id, w) }):
		return Possible, "the id of an access key is written out; it looks made up"
	case id[4] < 'Q' && id[4] >= 'A' && id[4] != 'I' && id[4] != 'J':
		return Likely, "the id of an access key is written out, though AWS gives out no such ids today"
	}
	return Certain, "the id of an access key is written out"
}

var keys = leak.New(leak.Options{})

// keyIDs emits every id of a long-lived or temporary key that stands in a text as it is, and its line, counted
// from 1. Only ids that stand alone count, and none of AWS's examples.
func keyIDs(data []byte, emit func(id string, line int)) {
	keys.Find(data, func(h leak.Hit) {
		if h.Encoding == leak.Plain && !h.Flanked && (h.Kind == leak.LongTerm || h.Kind == leak.Temporary) {
			emit(h.ID, h.Line)
		}
	})
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// dropStanding leaves out the key ids that a file beside the change holds in both states: they
// neither come nor go. These files are read only when something seems to.
func dropStanding(r *reading, base, head *Extraction) {
	inBase, inHead := hardcodedKeys(base), hardcodedKeys(head)
	open := map[string]bool{}
	for id := range inBase {
		if !inHead[id] {
			open[id] = true
		}
	}
	for id := range inHead {
		if !inBase[id] {
			open[id] = true
		}
	}
	standing := r.keysBeside(open)
	for _, e := range []*Extraction{base, head} {
		e.Declarations = slices.DeleteFunc(e.Declarations, func(d Declaration) bool {
			return d.Kind == HardcodedKey && standing[d.Address]
		})
	}
}

func hardcodedKeys(e *Extraction) map[string]bool {
	ids := map[string]bool{}
	for _, d := range e.Declarations {
		if d.Kind == HardcodedKey {
			ids[d.Address] = true
		}
	}
	return ids
}

// keysBeside returns which of some key ids stand in the files of the scope that the change does not touch.
func (r *reading) keysBeside(ids map[string]bool) map[string]bool {
	found := map[string]bool{}
	if len(ids) == 0 {
		return found
	}
	files := r.filesBeside()
	if t, ok := r.tree.(Prefetcher); ok {
		t.Prefetch(files)
	}
	for _, p := range files {
		if r.stopped() {
			break
		}
		l, ok := r.loaded[p]
		if !ok {
			l = r.fetch(p)
		}
		keyIDs(l.data, func(id string, _ int) { found[id] = found[id] || ids[id] })
	}
	return found
}

// filesBeside are the files of the touched folders that stay as they are and may hold keys.
func (r *reading) filesBeside() []string {
	var files []string
	for _, dir := range r.scope.folders {
		for _, e := range r.list(dir) {
			p := path.Join(dir, e.Name)
			if e.Type == Regular && e.Size <= maxLoad && mayHoldKeys(p) && !r.scope.changed[p] {
				files = append(files, p)
			}
		}
	}
	return sorted(files)
}
