package history

import (
	"slices"
	"sync/atomic"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// node is an object of a tree that has been made.
type node struct {
	at      int32
	kind    gitobject.Type
	content []byte
	room    int64           // that is taken for it
	code    gitobject.Delta // what it was made by; read before another is made
	isDelta bool
	state   state         // of what it is made of, then its own
	users   *atomic.Int32 // of the content, when there are others
}

// root makes a whole object and all that hangs below.
func (f *family) root(w *worker, i int32) {
	if w.stops(f.scan) {
		return
	}
	if n, ok := f.whole(w, i); ok {
		f.grow(w, n)
	}
}

func (f *family) whole(w *worker, i int32) (node, bool) {
	size := int64(f.size[i])
	if !f.room(i, size, size) {
		return node{}, false
	}
	content, err := f.pack.Inflate(f.object(i), w.buffer())
	if err != nil {
		f.scan.room.give(size)
		f.lose(i, err.Error())
		return node{}, false
	}
	return node{at: i, kind: f.kind[i], content: content, room: size}, true
}

// thin makes an object whose base is in another pack or a file of its own, if it is wanted.
func (f *family) thin(w *worker, i int32, wants func(gitobject.Type) bool) {
	if w.stops(f.scan) {
		return
	}
	kind, _, err := f.scan.repo.Stat(f.scan.ids.id(f.at(i)))
	switch {
	case err != nil:
		if wants(gitobject.TypeBlob) { // not known; once is enough
			f.lose(i, err.Error())
		}
	case wants(kind):
		if n, ok := f.fetched(i); ok {
			f.grow(w, n)
		}
	}
}

func (f *family) fetched(i int32) (node, bool) {
	_, size, err := f.scan.repo.Stat(f.scan.ids.id(f.at(i)))
	if err != nil {
		f.lose(i, err.Error())
		return node{}, false
	}
	if !f.room(i, size, 2*size) {
		return node{}, false
	}
	kind, content, err := f.pack.Content(f.object(i))
	if err != nil {
		f.scan.room.give(size)
		f.lose(i, err.Error())
		return node{}, false
	}
	// Contents that are read by id may be shared with a cache.
	return node{at: i, kind: kind, content: slices.Clone(content), room: size}, true
}

// room takes room for a member, for which so much must be there at once. Where it is not there now, the
// member waits; where it never is, the member is lost.
func (f *family) room(i int32, size, atOnce int64) bool {
	r := &f.scan.room
	switch {
	case atOnce > r.most:
		f.lose(i, r.tooLarge(atOnce).Error())
		return false
	case !r.take(size):
		f.scan.wait(f, i)
		return false
	}
	return true
}

// lose records an object that cannot be made, and with it all that is made of it.
func (f *family) lose(i int32, reason string) {
	l := lost{number: f.at(i), reason: reason}
	f.below(i, func(c int32) { l.below = append(l.below, f.at(c)) })
	f.scan.lose(l)
}

// grow looks at an object and at all that hangs below. The heaviest child comes last and takes the
// place of its base, so that at most one content for each halving of the tree is held.
func (f *family) grow(w *worker, n node) {
	for {
		n.state = f.look(view{
			number: f.at(n.at), kind: n.kind, content: n.content, code: n.code, isDelta: n.isDelta, base: n.state,
		})
		last := f.branch(w, &n)
		if last < 0 {
			n.drop(w, f.scan)
			return
		}
		next, ok := f.make(w, n, last)
		n.drop(w, f.scan)
		if !ok {
			return
		}
		n = next
	}
}

// drop gives back the content, if nobody else reads it.
func (n *node) drop(w *worker, s *scan) {
	if n.users == nil || n.users.Add(-1) == 0 {
		s.room.give(n.room)
		w.back(n.content)
	}
}

// branch goes into all children but the heaviest, which it returns, or gives them away.
func (f *family) branch(w *worker, n *node) int32 {
	last := f.child[n.at]
	if last < 0 {
		return last
	}
	for c := f.sibling[last]; c >= 0; c = f.sibling[c] {
		if f.weight[c] > f.weight[last] {
			last = c
		}
	}
	for c := f.child[n.at]; c >= 0; c = f.sibling[c] {
		if c != last {
			f.side(w, n, c)
		}
	}
	return last
}

// sharing is how many objects must hang below for giving them away to be worth it.
const sharing = 8

// side goes into one child, or gives it away where a worker has nothing to do.
func (f *family) side(w *worker, n *node, c int32) {
	if f.weight[c] < sharing || !w.crew.hungry() {
		f.into(w, *n, c)
		return
	}
	if n.users == nil {
		n.users = new(atomic.Int32)
		n.users.Add(1)
	}
	n.users.Add(1)
	base := *n
	w.crew.share(func(w *worker) {
		f.into(w, base, c)
		base.drop(w, f.scan)
	})
}

func (f *family) into(w *worker, base node, c int32) {
	if child, ok := f.make(w, base, c); ok {
		f.grow(w, child)
	}
}

// make makes an object out of its base.
func (f *family) make(w *worker, base node, i int32) (node, bool) {
	if w.stops(f.scan) {
		return node{}, false
	}
	code, used, err := f.pack.Delta(f.object(i), w.code)
	w.code = used
	if err != nil {
		f.lose(i, err.Error())
		return node{}, false
	}
	size := code.ResultSize + int64(f.size[i])
	if !f.room(i, size, size+base.room) {
		return node{}, false
	}
	content, err := code.Apply(w.buffer(), base.content)
	if err != nil {
		f.scan.room.give(size)
		f.lose(i, err.Error())
		return node{}, false
	}
	return node{at: i, kind: base.kind, content: content, room: size, code: code, isDelta: true, state: base.state}, true
}

// again makes a member by itself, and what hangs below, with nothing else in memory.
func (f *family) again(w *worker, i int32) {
	if w.stops(f.scan) {
		return
	}
	way, err := f.way(i)
	if err != nil {
		f.lose(i, err.Error())
		return
	}
	top := way[len(way)-1]
	get := f.fetched
	if !f.kind[top].IsDelta() {
		get = func(i int32) (node, bool) { return f.whole(w, i) }
	}
	n, ok := get(top)
	for _, next := range slices.Backward(way[:len(way)-1]) {
		if !ok {
			return
		}
		base := n
		n, ok = f.make(w, base, next)
		base.drop(w, f.scan)
	}
	if ok {
		n.state = unknown
		f.grow(w, n)
	}
}

// way is a member, what it is made of, and so on.
func (f *family) way(i int32) ([]int32, error) {
	way := []int32{i}
	for f.kind[i].IsDelta() && !slices.Contains(f.apart, i) {
		o, err := f.pack.At(f.object(i))
		if err != nil {
			return nil, err
		}
		at, _ := slices.BinarySearch(f.offset, o.Base)
		i = int32(at)
		way = append(way, i)
	}
	return way, nil
}
