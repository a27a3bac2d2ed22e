package scansource

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // git's ids
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/leak"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// hashes are the two forms of ids that git knows.
func hashes(size int64) []hash.Hash {
	list := []hash.Hash{sha1.New(), sha256.New()}
	for _, h := range list {
		fmt.Fprintf(h, "blob %d\x00", size)
	}
	return list
}

func sums(list []hash.Hash) []string {
	var out []string
	for _, h := range list {
		out = append(out, hex.EncodeToString(h.Sum(nil)))
	}
	return out
}

// digestsOf are the ids that git would give a content, with the line ends that it has and with those that git may
// have stored it with.
func digestsOf(data []byte) []string {
	of := func(b []byte) []string {
		list := hashes(int64(len(b)))
		for _, h := range list {
			h.Write(b)
		}
		return sums(list)
	}
	out := of(data)
	if text := string(data); strings.Contains(text, "\r\n") {
		out = append(out, of([]byte(strings.ReplaceAll(text, "\r\n", "\n")))...)
	}
	return out
}

// digestsOfFile reads the file once more; one that has changed has no ids, and suppresses nothing.
func digestsOfFile(full string, size int64) []string {
	f, err := os.Open(full)
	if err != nil {
		return nil
	}
	defer f.Close()
	list := hashes(size)
	if _, err := io.Copy(io.MultiWriter(list[0], list[1]), io.NewSectionReader(f, 0, size)); err != nil {
		return nil
	}
	return sums(list)
}

// Result is what was found so far, without what says the same twice, in an order that does not depend on that of
// reading.
func (s *Scanner) Result() Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Result{Files: s.files.Load(), Objects: s.objects.Load(), Bytes: s.bytes.Load()}
	j := s.judge()
	for _, p := range slices.SortedFunc(slices.Values(s.rows), comparePlaced) {
		if j.news(&p) {
			out.Rows = append(out.Rows, s.fit(p.Row))
		}
	}
	unread := map[Unread]struct{}{}
	for u := range s.unread {
		unread[Unread{s.name(u.Path), leak.Conceal(u.Reason)}] = struct{}{}
	}
	out.Unread = slices.SortedFunc(maps.Keys(unread), func(a, b Unread) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// fit is the row with names that may be shown.
func (s *Scanner) fit(r Row) Row {
	r.Path = s.name(r.Path)
	inside := make([]string, 0, len(r.Inside))
	for _, name := range r.Inside {
		inside = append(inside, s.name(name))
	}
	r.Inside = inside
	return r
}

// name is a path that may be shown: one may hold a secret as well as any line of a file. An id that is encoded in it
// is written out, so that whoever hides ids finds it.
func (s *Scanner) name(path string) string {
	parts := strings.Split(leak.Conceal(path), "/")
	for i, part := range parts {
		s.opts.Detector.Find([]byte(part), func(h leak.Hit) {
			if h.Encoding != leak.Plain {
				parts[i] = h.ID + " in " + h.Encoding
			}
		})
	}
	return strings.Join(parts, "/")
}

func comparePlaced(a, b placed) int {
	return cmp.Or(
		cmp.Compare(rank(&a), rank(&b)), cmp.Compare(a.Path, b.Path), slices.Compare(a.Inside, b.Inside),
		cmp.Compare(a.Line, b.Line), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Where, b.Where),
		cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Encoding, b.Encoding),
	)
}

// rank puts the work tree before history, and git's notes last.
func rank(p *placed) int {
	switch {
	case p.isNote():
		return 2
	case p.blob != "" || p.Commit != "":
		return 1
	}
	return 0
}

func (p *placed) isNote() bool { return p.folder != nil && p.folder.git.isNote(p.name) }

// home is the repository that a row stands in, nil for none.
func (p *placed) home() *repository {
	if p.folder != nil {
		return p.folder.repo
	}
	return p.repo
}

// judge knows what is told already.
type judge struct {
	files map[inRepository]bool // of work trees
	keys  map[inRepository]bool
}

// inRepository is an id, of a file or a key, in a repository.
type inRepository struct {
	repo *repository
	id   string
}

func (s *Scanner) judge() *judge {
	j := &judge{files: map[inRepository]bool{}, keys: map[inRepository]bool{}}
	past := map[inRepository]bool{} // keys in history: only where there are any does it matter what a file is
	for i := range s.rows {
		if p := &s.rows[i]; p.blob != "" {
			past[inRepository{p.repo, p.ID}] = true
		}
	}
	for i := range s.rows {
		p := &s.rows[i]
		if p.home() == nil || p.isNote() {
			continue
		}
		j.keys[inRepository{p.home(), p.ID}] = true
		if p.digests != nil && past[inRepository{p.home(), p.ID}] {
			for _, d := range p.digests() {
				j.files[inRepository{p.home(), d}] = true
			}
		}
	}
	return j
}

// news reports whether a row says something new.
func (j *judge) news(p *placed) bool {
	if p.isNote() {
		return !j.keys[inRepository{p.home(), p.ID}]
	}
	return p.blob == "" || !j.files[inRepository{p.home(), p.blob}]
}
