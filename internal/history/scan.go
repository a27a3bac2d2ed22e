package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/leak"
)

// scan is one pass over a repository.
type scan struct {
	repo   *gitobject.Repository
	finder Finder
	opts   Options
	known  map[gitobject.ID]int32 // all objects that are there, numbered; not written once reading has begun
	packs  []*family
	loose  []gitobject.ID
	held   atomic.Int64 // bytes of contents in memory
	seen   atomic.Int64
	bytes  atomic.Int64

	mu      sync.Mutex
	commits map[gitobject.ID]*commit
	tags    map[gitobject.ID]tag
	blobs   map[gitobject.ID][]Found        // files in which something was found
	names   map[gitobject.ID][]nameHit      // folders in whose names something was found
	texts   map[gitobject.ID][]leak.Hit     // commits and tags
	missing map[gitobject.ID]gitobject.Type // what is referred to and not there
	unread  map[Unread]struct{}
	rows    []Sighting
}

// commit is what is remembered of a commit.
type commit struct {
	tree       gitobject.ID
	parents    []gitobject.ID
	when       int64
	generation int // one more than that of its parents; 0: not known yet
}

// tag is what is remembered of an annotated tag.
type tag struct {
	object gitobject.ID
	name   string
}

// nameHit is a key in the name of an entry of a folder.
type nameHit struct {
	name string
	hit  leak.Hit
}

func newScan(r *gitobject.Repository, f Finder, o Options) *scan {
	return &scan{
		repo: r, finder: f, opts: o, known: map[gitobject.ID]int32{},
		commits: map[gitobject.ID]*commit{}, tags: map[gitobject.ID]tag{},
		blobs: map[gitobject.ID][]Found{}, names: map[gitobject.ID][]nameHit{},
		texts: map[gitobject.ID][]leak.Hit{}, missing: map[gitobject.ID]gitobject.Type{},
		unread: map[Unread]struct{}{},
	}
}

func (s *scan) stopped() bool { return s.opts.Stop != nil && s.opts.Stop() }

// skip records that something was not looked at.
func (s *scan) skip(path, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unread[Unread{path, reason}] = struct{}{}
}

// skipObject is skip for an object, named as git names it.
func (s *scan) skipObject(id gitobject.ID, inside []string, reason string) {
	s.skip(strings.Join(append([]string{"object " + id.String()}, inside...), "!"), reason)
}

// objects looks at every object, those of packs family by family.
func (s *scan) objects() {
	for _, p := range s.repo.Packs() {
		f, err := s.families(p)
		if err != nil {
			s.skip(p.Name(), err.Error())
			continue
		}
		s.packs = append(s.packs, f)
	}
	s.loose = s.listLoose()
	s.pass(s.look, func(gitobject.Type) bool { return true })
}

// pass goes through all objects, at least those that are wanted.
func (s *scan) pass(look func(view) bool, wants func(gitobject.Type) bool) {
	c := newCrew(s.opts.workers())
	for _, f := range s.packs {
		f.enlist(c, look, wants)
	}
	for _, id := range s.loose {
		c.add(func(*worker) { s.whole(id, look) })
	}
	c.run()
}

// number gives an object that is there a number.
func (s *scan) number(id gitobject.ID) (isNew bool) {
	if _, ok := s.known[id]; ok {
		return false
	}
	s.known[id] = int32(len(s.known))
	return true
}

// listLoose lists the objects that are in no pack.
func (s *scan) listLoose() []gitobject.ID {
	var ids []gitobject.ID
	for id, err := range s.repo.EachLoose() {
		if err != nil {
			s.skip("objects", err.Error())
			continue
		}
		if s.number(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// whole looks at one object that is read by its id.
func (s *scan) whole(id gitobject.ID, look func(view) bool) {
	if s.stopped() {
		s.skip("objects", stoppedReason)
		return
	}
	t, content, err := s.repo.Object(id)
	if err != nil {
		s.skipObject(id, nil, err.Error())
		return
	}
	look(view{id: func() gitobject.ID { return id }, kind: t, content: content})
}

const stoppedReason = "the time for the scan was up"

// incomplete records why the repository is not all of its history.
func (s *scan) incomplete() {
	if n := len(s.repo.Shallow()); n > 0 {
		s.skip("history", fmt.Sprintf("a shallow clone: what came before %d of its commits is not here; fetch with fetch-depth: 0", n))
	}
	for _, err := range s.repo.Problems() {
		s.skip("objects", err.Error())
	}
	s.lost()
}

// lost records the objects that others refer to and that are not here: one row a kind where a clone
// was made without them.
func (s *scan) lost() {
	ids := make([]gitobject.ID, 0, len(s.missing))
	for id := range s.missing {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b gitobject.ID) int { return cmp.Compare(a.String(), b.String()) })
	partial := map[gitobject.Type]int{}
	for _, id := range ids {
		if s.repo.Promisor() {
			partial[s.missing[id]]++
			continue
		}
		s.skipObject(id, nil, "the "+s.missing[id].String()+" is missing from the repository")
	}
	for kind, n := range partial {
		s.skip("history", fmt.Sprintf("a partial clone: %d objects of type %s were left on the server; clone without a filter", n, kind))
	}
}

// result sorts what was found.
func (s *scan) result() Result {
	out := Result{Sightings: s.rows, Objects: int(s.seen.Load()), Bytes: s.bytes.Load()}
	for u := range s.unread {
		out.Unread = append(out.Unread, u)
	}
	slices.SortFunc(out.Unread, func(a, b Unread) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
	slices.SortFunc(out.Sightings, compareSightings)
	return out
}

func compareSightings(a, b Sighting) int {
	return cmp.Or(
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Path, b.Path),
		slices.Compare(a.Inside, b.Inside), cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Blob, b.Blob),
		cmp.Compare(a.Line, b.Line), cmp.Compare(a.Encoding, b.Encoding),
	)
}
