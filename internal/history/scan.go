package history

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/leak"
)

// scan is one pass over a repository. Objects are known by their numbers: see ids.
type scan struct {
	repo   *gitobject.Repository
	finder Finder
	opts   Options
	ids    *ids
	packs  []*family
	loose  []int32
	done   flags // objects that were looked at
	seen   atomic.Int64
	bytes  atomic.Int64
	over   atomic.Bool // the time is up
	room   room

	mu      sync.Mutex
	trees   []int32 // folders that are read by their ids
	commits map[int32]*commit
	tags    map[int32]tag
	blobs   map[int32][]Found    // files in which something was found
	names   map[int32][]nameHit  // folders in whose names something was found
	texts   map[int32][]leak.Hit // commits and tags
	lost    []lost
	queue   []waiting
	missing missing
	unread  map[Unread]struct{}
	shallow map[gitobject.ID]bool
	empty   gitobject.ID // the folder that holds nothing, which need not be there
	graph   *graph       // while folders are gone through
	tips    []tip
	rows    []Sighting
}

// commit is what is remembered of a commit. What is not there has the number none.
type commit struct {
	tree       int32
	parents    []int32
	when       int64
	generation int // one more than that of its parents; 0: not known yet
}

// tag is what is remembered of an annotated tag.
type tag struct {
	object int32
	name   string
}

// nameHit is a key in the name of an entry of a folder.
type nameHit struct {
	name string
	hit  leak.Hit
}

func newScan(r *gitobject.Repository, f Finder, o Options) *scan {
	s := &scan{
		repo: r, finder: f, opts: o, commits: map[int32]*commit{}, tags: map[int32]tag{}, blobs: map[int32][]Found{},
		names: map[int32][]nameHit{}, texts: map[int32][]leak.Hit{}, unread: map[Unread]struct{}{}, shallow: map[gitobject.ID]bool{},
		empty:   r.Format().EmptyTree(),
		missing: missing{kinds: map[gitobject.ID]gitobject.Type{}},
	}
	for _, id := range r.Shallow() {
		s.shallow[id] = true
	}
	return s
}

// stopped asks whether the time is up.
func (s *scan) stopped() bool {
	if s.opts.Stop == nil || !s.over.Load() && !s.opts.Stop() {
		return false
	}
	if !s.over.Swap(true) {
		s.skip("objects", "the time for the scan was up")
	}
	return true
}

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

// objects looks at every object, those of packs family by family: first at files, commits and tags,
// then at folders, of which some lead to what was found.
func (s *scan) objects() {
	s.list()
	s.pass(s.look, func(t gitobject.Type) bool { return t != gitobject.TypeTree }, s.loose)
	trees := s.trees
	if len(s.blobs) > 0 {
		s.graph = newGraph(s)
	}
	s.pass(s.tree, isTree, trees)
}

func isTree(t gitobject.Type) bool { return t == gitobject.TypeTree }

// pass goes through the objects of packs that are wanted, and through some more.
func (s *scan) pass(look func(view) state, wants func(gitobject.Type) bool, more []int32) {
	c := newCrew(s.opts.workers())
	for _, f := range s.packs {
		f.enlist(c, look, wants)
	}
	for _, n := range more {
		c.add(func(*worker) { s.whole(n, look, wants) })
	}
	c.run()
	s.alone()
	s.retry(look, wants)
}

// whole looks at one object that is read by its id.
func (s *scan) whole(n int32, look func(view) state, wants func(gitobject.Type) bool) {
	if s.stopped() {
		return
	}
	if err := s.byID(n, look, wants); err != nil {
		s.skipObject(s.ids.id(n), nil, err.Error())
	}
}

func (s *scan) byID(n int32, look func(view) state, wants func(gitobject.Type) bool) error {
	id := s.ids.id(n)
	t, size, err := s.repo.Stat(id)
	if err != nil {
		return err
	}
	if !wants(t) {
		s.later(n, t)
		return nil
	}
	if size > s.room.most {
		return s.room.tooLarge(size)
	}
	t, content, err := s.repo.Object(id)
	if err == nil {
		look(view{number: n, kind: t, content: content})
	}
	return err
}

// later keeps a folder for the pass over folders.
func (s *scan) later(n int32, t gitobject.Type) {
	if t == gitobject.TypeTree {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.trees = append(s.trees, n)
	}
}
