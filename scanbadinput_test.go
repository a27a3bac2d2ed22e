package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
)

// incomplete scans and wants it to say that something of a path was not read.
func incomplete(t *testing.T, dir, path, reason string, args ...string) scanJSON {
	t.Helper()
	doc, status := scanOf(t, dir, args...)
	ok := false
	for _, n := range doc.NotScanned {
		ok = ok || strings.Contains(n.Path, path) && strings.Contains(n.Reason, reason)
	}
	if status != action.ExitUncovered || doc.Complete || !ok {
		t.Errorf("status %d, complete %v, not scanned %v; want %q of %q", status, doc.Complete, doc.NotScanned, reason, path)
	}
	return doc
}

// wantKey wants a key to be found in spite of all.
func wantKey(t *testing.T, doc scanJSON, id string) {
	t.Helper()
	for _, l := range doc.Leaks {
		if l.AccessKeyID == id {
			return
		}
	}
	t.Errorf("%s was not found: %q", id, rowsOf(doc))
}

// A history that is not all there is never clean, and what is there is read.
func TestIncompleteHistoryIsTold(t *testing.T) {
	id := keyID("222233334444", 1)
	source := filepath.Join(t.TempDir(), "source")
	gitRepository(t, source, id)
	gitIn(t, source, "config", "uploadpack.allowFilter", "true")
	url := "file://" + source

	shallow := t.TempDir()
	gitIn(t, shallow, "clone", "-q", "--depth", "1", url, "c")
	doc := incomplete(t, shallow, "", "shallow", "c")
	if len(doc.Leaks) != 0 {
		t.Errorf("shallow: %q", rowsOf(doc))
	}
	partial := t.TempDir()
	gitIn(t, partial, "clone", "-q", "--filter", "blob:none", url, "c")
	incomplete(t, partial, "", "partial", "c")

	missing := filepath.Join(t.TempDir(), "c")
	gitRepository(t, missing, id)
	blob := gitIn(t, missing, "rev-parse", "HEAD~1:old.env")
	if err := os.Remove(filepath.Join(missing, ".git", "objects", blob[:2], blob[2:])); err != nil {
		t.Fatal(err)
	}
	incomplete(t, missing, blob, "", ".")
}

// breakPack packs a repository and changes bytes of a file of the pack.
func breakPack(t *testing.T, dir, ending string, change func([]byte) []byte) {
	t.Helper()
	gitIn(t, dir, "repack", "-q", "-a", "-d")
	names, err := filepath.Glob(filepath.Join(dir, ".git", "objects", "pack", "*"+ending))
	if err != nil || len(names) != 1 {
		t.Fatalf("%q, %v", names, err)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(names[0]); err != nil { // it is read-only
		t.Fatal(err)
	}
	if err := os.WriteFile(names[0], change(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedPacksAreTold(t *testing.T) {
	id := keyID("222233334444", 1)
	for name, tt := range map[string]struct {
		ending string
		change func([]byte) []byte
	}{
		"an object":       {".pack", func(b []byte) []byte { b[20] ^= 0xff; return b }},
		"half a pack":     {".pack", func(b []byte) []byte { return b[:len(b)/2] }},
		"no header":       {".pack", func(b []byte) []byte { return append([]byte("XXXX"), b[4:]...) }},
		"empty":           {".pack", func([]byte) []byte { return nil }},
		"index cut off":   {".idx", func(b []byte) []byte { return b[:len(b)/2] }},
		"offsets outside": {".idx", func(b []byte) []byte { copy(b[len(b)-44:], bytes.Repeat([]byte{0x7f}, 4)); return b }},
	} {
		dir := filepath.Join(t.TempDir(), "c")
		gitRepository(t, dir, id)
		breakPack(t, dir, tt.ending, tt.change)
		lay(t, dir, map[string]string{"kept.env": line(keyID("222233334444", 2))})
		doc, status := scanOf(t, dir, ".")
		if status != action.ExitUncovered || len(doc.NotScanned) == 0 {
			t.Errorf("%s: status %d, %v", name, status, doc.NotScanned)
		}
		wantKey(t, doc, keyID("222233334444", 2))
	}
}

// zeroBomb is a gzip file of many zeros.
func zeroBomb(t *testing.T, size int) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range size >> 20 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// overlapping is a zip archive whose two entries are the same bytes.
func overlapping(t *testing.T, text string) string {
	t.Helper()
	z := []byte(zipped(t, map[string]string{"a": text}))
	at := bytes.Index(z, []byte("PK\x01\x02"))
	end := bytes.Index(z, []byte("PK\x05\x06"))
	entry := z[at:end]
	var out []byte
	out = append(out, z[:end]...)
	for range 200 {
		out = append(out, entry...)
	}
	tail := slices.Clone(z[end:])
	binary.LittleEndian.PutUint16(tail[8:], 201)
	binary.LittleEndian.PutUint16(tail[10:], 201)
	binary.LittleEndian.PutUint32(tail[12:], uint32(201*len(entry)))
	return string(append(out, tail...))
}

// manyEntries is a tar of a number of empty files.
func manyEntries(t *testing.T, n int) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	tw := tar.NewWriter(w)
	for i := range n {
		if err := tw.WriteHeader(&tar.Header{Name: fmt.Sprintf("f%d", i), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHostileArchivesAreBounded(t *testing.T) {
	id := keyID("222233334444", 1)
	deep := line(id)
	for range 8 {
		deep = zipped(t, map[string]string{"in": deep})
	}
	for name, tt := range map[string]struct{ content, reason string }{
		"bomb.gz":    {zeroBomb(t, 64<<20), "200 times"},
		"overlap":    {overlapping(t, line(id)), "overlap"},
		"many.tgz":   {manyEntries(t, 60_000), "more than 50000 entries"},
		"deep.zip":   {deep, "other containers"},
		"cut.gz":     {gzipped(strings.Repeat(line(id), 99))[:60], "too early"},
		"packed.7z":  {"7z\xbc\xaf\x27\x1c\x00\x04" + strings.Repeat("\x00", 64), "not opened"},
		"locked.zip": {lockedZip(t, line(id)), "encrypted"},
	} {
		dir := t.TempDir()
		lay(t, dir, map[string]string{name: tt.content, "z.env": line(keyID("222233334444", 2))})
		begin := time.Now()
		doc := incomplete(t, dir, name, tt.reason, ".")
		wantKey(t, doc, keyID("222233334444", 2))
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// lockedZip says of its only entry that it is encrypted.
func lockedZip(t *testing.T, text string) string {
	z := []byte(zipped(t, map[string]string{"a": text}))
	z[6] |= 1
	z[bytes.Index(z, []byte("PK\x01\x02"))+8] |= 1
	return string(z)
}

// Ten gigabytes of nothing, with a key near the end, take no time and no memory.
func TestSparseFile(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "disk.img"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(10 << 30); err != nil {
		t.Fatal(err)
	}
	id, other := keyID("222233334444", 1), keyID("222233334444", 2)
	for at, key := range map[int64]string{9 << 30: id, 3<<30 - 10: other} {
		if _, err := f.WriteAt([]byte("\n"+key+"\n"), at); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	doc, status := scanOf(t, dir, ".")
	wantKey(t, doc, id)
	wantKey(t, doc, other)
	if took := time.Since(begin); status != action.ExitDone || took > 30*time.Second {
		t.Errorf("status %d after %v, %v", status, took, doc.NotScanned)
	}
}

// A scan whose time is up says what it did not read, and writes what it found.
func TestScanTimeIsUp(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string]string{"a.env": line(keyID("222233334444", 1))})
	now := start
	env := scanEnv(t, dir, "scan", ".", "--format", "json", "--time-limit", "1s")
	env.Now = func() time.Time { now = now.Add(time.Second); return now }
	status := action.Exit(env, func() error { return run(t.Context(), env) })
	if out := env.Stdout.(*bytes.Buffer).String(); status != action.ExitUncovered || !strings.Contains(out, "its time of 1s was up") {
		t.Errorf("status %d\n%s", status, out)
	}
}
