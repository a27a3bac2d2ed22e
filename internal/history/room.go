package history

import (
	"fmt"
	"sync/atomic"
)

// room counts the bytes of contents that are held.
type room struct {
	most int64
	held atomic.Int64
}

// small is what is not worth counting.
const small = 32 << 10

// take reports whether so many more bytes may be held.
func (r *room) take(n int64) bool {
	if n <= small {
		return true
	}
	if r.held.Add(n) <= r.most {
		return true
	}
	r.held.Add(-n)
	return false
}

func (r *room) give(n int64) {
	if n > small {
		r.held.Add(-n)
	}
}

func (r *room) tooLarge(n int64) error {
	return fmt.Errorf("too large: it takes %d bytes of memory at once, %d may be used for contents; allow more memory", n, r.most)
}

// waiting is a member for which there was no room.
type waiting struct {
	family *family
	member int32
}

func (s *scan) wait(f *family, i int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, waiting{f, i})
}

// alone looks at what found no room, one after the other with nothing else in memory.
func (s *scan) alone() {
	for len(s.queue) > 0 {
		next := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		c := newCrew(1)
		c.add(func(w *worker) { next.family.again(w, next.member) })
		c.run()
	}
}
