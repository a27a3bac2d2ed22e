package history

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// family is a pack as a forest: whole objects are roots, and what is stored as a difference hangs
// below what it is made of. Each tree is walked from its root, so that every object is made once, out
// of a content that is at hand.
type family struct {
	scan    *scan
	look    func(view) bool // is called for every object
	pack    *gitobject.Pack
	objects []gitobject.PackedObject // by offset
	child   []int32                  // the first of an object's children, -1 for none
	sibling []int32                  // the next child of the same base
	weight  []int32                  // how many objects hang below, itself included
	roots   []int32
	apart   []int32 // made of something that is not in this pack
}

// families reads the heads of all objects of a pack.
func (s *scan) families(p *gitobject.Pack) (*family, error) {
	n, err := p.Len()
	if err != nil {
		return nil, err
	}
	f := &family{scan: s, pack: p, objects: make([]gitobject.PackedObject, 0, n)}
	for o, err := range p.Objects() {
		if err != nil {
			s.skip(p.Name(), err.Error())
			continue
		}
		id, err := p.ID(o)
		if err != nil {
			s.skip(p.Name(), err.Error())
			continue
		}
		s.number(id)
		f.objects = append(f.objects, o)
	}
	f.plant()
	return f, nil
}

// plant finds the base of each object. Bases by offset come before what is made of them; those by id
// may come later, and may lie in a ring: weights are counted from the back, and what no root leads to
// is read by itself.
func (f *family) plant() {
	n := len(f.objects)
	f.child, f.sibling, f.weight = make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range f.child {
		f.child[i], f.sibling[i] = -1, -1
	}
	for i := n - 1; i >= 0; i-- {
		o := f.objects[i]
		if !o.IsDelta() {
			f.roots = append(f.roots, int32(i))
			continue
		}
		base, ok := slices.BinarySearchFunc(f.objects, o.Base, func(x gitobject.PackedObject, at int64) int { return cmp.Compare(x.Offset, at) })
		if o.Base == 0 || !ok || base == i {
			f.apart = append(f.apart, int32(i))
			continue
		}
		f.sibling[i], f.child[base] = f.child[base], int32(i)
	}
	slices.Reverse(f.roots)
	f.weigh()
}

// weigh counts what hangs below each object, from the roots, and takes what no root leads to for
// apart: a ring.
func (f *family) weigh() {
	var order []int32
	stack := append(slices.Clone(f.roots), f.apart...)
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		order = append(order, i)
		for c := f.child[i]; c >= 0; c = f.sibling[c] {
			stack = append(stack, c)
		}
	}
	for _, i := range order {
		f.weight[i] = 1
	}
	for _, i := range slices.Backward(order) {
		for c := f.child[i]; c >= 0; c = f.sibling[c] {
			f.weight[i] += f.weight[c]
		}
	}
	for i, w := range f.weight {
		if w == 0 {
			f.scan.skipObject(f.id(int32(i)), nil, "it is stored as a difference to itself")
		}
	}
}

func (f *family) id(i int32) gitobject.ID {
	id, err := f.pack.ID(f.objects[i])
	if err != nil {
		f.scan.skip(f.pack.Name(), err.Error())
	}
	return id
}

// enlist makes a job of each tree whose objects are wanted.
func (f *family) enlist(c *crew, look func(view) bool, wants func(gitobject.Type) bool) {
	f.look = look
	for _, i := range f.roots {
		if wants(f.objects[i].Type) {
			c.add(func(w *worker) { f.root(w, i) })
		}
	}
	for _, i := range f.apart {
		c.add(func(w *worker) { f.thin(w, i) })
	}
}

// root makes a whole object and all that hangs below.
func (f *family) root(w *worker, i int32) {
	if f.scan.stopped() {
		f.scan.skip("objects", stoppedReason)
		return
	}
	content, err := f.pack.Inflate(f.objects[i], w.buffer())
	if err != nil {
		f.lost(i, err)
		return
	}
	f.grow(w, node{at: i, kind: f.objects[i].Type, content: content})
}

// thin makes an object whose base is in another pack or a file of its own.
func (f *family) thin(w *worker, i int32) {
	kind, content, err := f.pack.Content(f.objects[i])
	if err != nil {
		f.lost(i, err)
		return
	}
	// Contents that are read by id may be shared with a cache.
	f.grow(w, node{at: i, kind: kind, content: slices.Clone(content)})
}

// lost records an object that cannot be made, and with it all that is made of it.
func (f *family) lost(i int32, err error) {
	reason := err.Error()
	if n := f.weight[i] - 1; n > 0 {
		reason += fmt.Sprintf(" (and so for %d that are made of it)", n)
	}
	f.scan.skipObject(f.id(i), nil, reason)
}

// node is an object of a tree that has been made.
type node struct {
	at      int32
	kind    gitobject.Type
	content []byte
	code    gitobject.Delta // what it was made by
	isDelta bool
	dirty   bool // something was found in what it is made of
	shared  bool // others may read the content
}

// grow looks at an object and at all that hangs below. The heaviest child comes last and takes the
// place of its base, so that at most one content for each halving of the tree is held.
func (f *family) grow(w *worker, n node) {
	for {
		n.dirty = f.look(view{
			id: func() gitobject.ID { return f.id(n.at) }, kind: n.kind, content: n.content,
			code: n.code, isDelta: n.isDelta, dirty: n.dirty,
		})
		last := f.branch(w, &n)
		if last < 0 {
			n.drop(w)
			return
		}
		next, ok := f.make(w, n, last)
		n.drop(w)
		if !ok {
			return
		}
		n = next
	}
}

func (n *node) drop(w *worker) {
	if !n.shared {
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

// side goes into one child, or gives it away where a worker has nothing to do and memory is left.
func (f *family) side(w *worker, n *node, c int32) {
	s := f.scan
	if f.weight[c] >= sharing && s.held.Load() < s.opts.memory() && w.crew.hungry() {
		n.shared = true
		base := *n
		s.held.Add(int64(len(base.content)))
		w.crew.share(func(w *worker) {
			if child, ok := f.make(w, base, c); ok {
				f.grow(w, child)
			}
			s.held.Add(-int64(len(base.content)))
		})
		return
	}
	if child, ok := f.make(w, *n, c); ok {
		f.grow(w, child)
	}
}

// make makes an object out of its base.
func (f *family) make(w *worker, base node, i int32) (node, bool) {
	if f.scan.stopped() {
		f.scan.skip("objects", stoppedReason)
		return node{}, false
	}
	raw, err := f.pack.Inflate(f.objects[i], nil)
	if err == nil {
		var code gitobject.Delta
		if code, err = gitobject.ParseDelta(raw, f.scan.opts.memory()); err == nil {
			var content []byte
			if content, err = code.Apply(w.buffer(), base.content); err == nil {
				return node{at: i, kind: base.kind, content: content, code: code, isDelta: true, dirty: base.dirty}, true
			}
		}
	}
	f.lost(i, err)
	return node{}, false
}
