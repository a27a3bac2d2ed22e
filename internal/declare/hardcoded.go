package declare

import (
	"bytes"
	"math"
	"path"
	"slices"
	"strings"
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

const keyLength = 20

// keyIDs emits every key id of a text and its line, counted from 1. Only ids that stand alone count,
// and neither AWS's examples nor ids of a few characters again and again. A run of twenty characters covers
// one of every twenty positions: the others are not looked at.
func keyIDs(data []byte, emit func(id string, line int)) {
	line, counted := 1, 0
	for i := keyLength - 1; i < len(data); i += keyLength {
		if !inKey(data[i]) {
			continue
		}
		start, end := i, i+1
		for start > 0 && inKey(data[start-1]) {
			start--
		}
		for end < len(data) && inKey(data[end]) {
			end++
		}
		i = end
		p := end - keyLength
		if p < start || !isKeyAt(data, p, p == start) {
			continue
		}
		line += bytes.Count(data[counted:p], []byte("\n"))
		counted = p
		emit(string(data[p:end]), line)
	}
}

// isKeyAt judges the last twenty characters of a run; alone says that nothing of the run stands before.
func isKeyAt(data []byte, p int, alone bool) bool {
	id := data[p : p+keyLength]
	if !bytes.HasPrefix(id, []byte("AKIA")) && !bytes.HasPrefix(id, []byte("ASIA")) {
		return false
	}
	if p+keyLength < len(data) && isAlnum(data[p+keyLength]) {
		return false
	}
	if p > 0 && (!alone || isAlnum(data[p-1])) && !escapeBefore(data[:p]) {
		return false
	}
	return varied(id) && !bytes.Contains(id, []byte("EXAMPL"))
}

func inKey(c byte) bool { return 'A' <= c && c <= 'Z' || '2' <= c && c <= '7' }

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// escapeBefore says whether a text ends in an escaped character, as in \nAKIA…, %3DAKIA… and \u003dAKIA….
func escapeBefore(b []byte) bool {
	n := len(b)
	mark := func(back int, c byte) bool { return n >= back && b[n-back] == c }
	switch {
	case mark(2, '\\'):
		return strings.IndexByte("abefnrtv0", b[n-1]) >= 0
	case mark(3, '%'):
		return isHex(b[n-2:])
	case mark(4, '\\') && b[n-3] == 'x':
		return isHex(b[n-2:])
	case mark(6, '\\') && b[n-5] == 'u':
		return isHex(b[n-4:])
	}
	return false
}

func isHex(b []byte) bool {
	return len(bytes.Trim(b, "0123456789abcdefABCDEF")) == 0
}

// varied says whether the characters of an id have an entropy of more than three bits each, as those of
// true ids have: twice the same eight letters do not.
func varied(id []byte) bool {
	var counts [256]uint8
	sum := 0.0
	for _, c := range id {
		counts[c]++
		sum += charWeights[counts[c]] - charWeights[counts[c]-1]
	}
	return sum < (math.Log2(keyLength)-3)*keyLength
}

// charWeights holds n·log2(n).
var charWeights = func() (t [keyLength + 1]float64) {
	for n := 1; n <= keyLength; n++ {
		t[n] = float64(n) * math.Log2(float64(n))
	}
	return t
}()

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
