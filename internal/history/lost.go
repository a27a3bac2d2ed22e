package history

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// lost is an object that could not be made, with those that are made of it.
type lost struct {
	number int32
	reason string
	below  []int32
}

func (s *scan) lose(l lost) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = append(s.lost, l)
}

// maxRetries is how many objects that are lost are read by their ids in vain.
const maxRetries = 1000

// retry reads what was lost by its id: it may be in another pack too, or only its checksum may be wrong.
func (s *scan) retry(look func(view) state, wants func(gitobject.Type) bool) {
	list := s.lost
	s.lost = nil
	slices.SortFunc(list, func(a, b lost) int { return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.reason, b.reason)) })
	failed := 0
	gone := func(n int32) bool {
		if s.done.has(n) {
			return false
		}
		if failed < maxRetries {
			if s.byID(n, look, wants) == nil {
				return false
			}
			failed++
		}
		return true
	}
	for _, l := range list {
		if s.stopped() {
			return
		}
		self, below := gone(l.number), 0
		for _, n := range l.below {
			if gone(n) {
				below++
			}
		}
		s.tell(l, self, below)
	}
}

func (s *scan) tell(l lost, self bool, below int) {
	id := s.ids.id(l.number)
	switch {
	case self && below > 0:
		s.skipObject(id, nil, fmt.Sprintf("%s (and so for %d that are made of it)", l.reason, below))
	case self:
		s.skipObject(id, nil, l.reason)
	case below > 0:
		s.skipObject(id, nil, fmt.Sprintf("%s, so that %d objects cannot be read that are made of it", l.reason, below))
	}
}

// missing is what objects refer to and is not there.
type missing struct {
	kinds map[gitobject.ID]gitobject.Type
	more  bool // than are kept
}

// Of what is missing so many are counted, and so many told one by one.
const (
	maxMissing = 1 << 20
	maxTold    = 100
)

// refer is the number of an object that another names. One that is not there is noted.
func (s *scan) refer(id gitobject.ID, kind gitobject.Type) int32 {
	if n := s.ids.find(id); n != none || id == s.empty {
		return n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.missing.kinds) >= maxMissing {
		s.missing.more = true
		return none
	}
	s.missing.kinds[id] = kind
	return none
}

// incomplete records why the repository is not all of its history.
func (s *scan) incomplete() {
	if n := len(s.repo.Shallow()); n > 0 {
		s.skip("history", fmt.Sprintf("a shallow clone: what came before %d of its commits is not here; run git fetch --unshallow, or check out with fetch-depth: 0", n))
	}
	for _, err := range s.repo.Problems() {
		s.skip("objects", err.Error())
	}
	if s.repo.Promisor() {
		s.filtered()
		return
	}
	told := 0
	for _, id := range s.missing.sorted() {
		if told++; told > maxTold {
			s.skip("history", fmt.Sprintf("%s%d more objects are missing from the repository; run git fsck", s.missing.least(), len(s.missing.kinds)-maxTold))
			return
		}
		s.skipObject(id, nil, "the "+kindName(s.missing.kinds[id])+" is missing from the repository")
	}
}

// filtered records what a partial clone was made without: one row a kind.
func (s *scan) filtered() {
	count := map[gitobject.Type]int{}
	for _, kind := range s.missing.kinds {
		count[kind]++
	}
	for kind, n := range count {
		s.skip("history", fmt.Sprintf("a partial clone: %s%d objects (%s) were left on the server; clone without a filter", s.missing.least(), n, kindName(kind)))
	}
}

func (m *missing) least() string {
	if m.more {
		return "at least "
	}
	return ""
}

func (m *missing) sorted() []gitobject.ID {
	list := make([]gitobject.ID, 0, len(m.kinds))
	for id := range m.kinds {
		list = append(list, id)
	}
	slices.SortFunc(list, gitobject.ID.Compare)
	return list
}

// kindName names the kind of an object that is not there; a ref does not say of which kind it is.
func kindName(t gitobject.Type) string {
	if t == 0 {
		return "object"
	}
	return t.String()
}
