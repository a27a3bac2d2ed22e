package history

import (
	"math"
	"slices"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// family is a pack as a forest: whole objects are roots, and what is stored as a difference hangs
// below what it is made of. Each tree is walked from its root, so that every object is made once, out
// of a content that is at hand. Members are known by their order in the pack.
type family struct {
	scan    *scan
	look    func(view) state // is called for every object
	pack    *gitobject.Pack
	numbers []int32 // by the position in the index; nil where that is the number

	offset  []int64
	end     int64   // of the last
	pos     []int32 // in the index
	kind    []gitobject.Type
	size    []uint32 // of what is stored, inflated; the largest number for what is larger
	child   []int32  // the first of those made of it, -1 for none
	sibling []int32  // the next that is made of the same
	weight  []int32  // how many hang below, itself included
	roots   []int32
	apart   []int32 // made of something that is not in this pack
}

// memberBytes is what a family holds of each member.
const memberBytes = 8 + 4 + 1 + 4 + 4 + 4 + 4 + 4

// list reads the heads of all objects.
func (f *family) list(n int) {
	f.offset, f.pos, f.kind = make([]int64, 0, n), make([]int32, 0, n), make([]gitobject.Type, 0, n)
	f.size = make([]uint32, 0, n)
	base := make([]int64, 0, n)
	for o, err := range f.pack.Objects() {
		switch {
		case err != nil && o.End == 0:
			f.scan.skip(f.scan.name(f.pack), err.Error())
			return
		case err != nil:
			f.scan.lose(lost{number: f.number(int32(o.Pos)), reason: err.Error()})
			continue
		}
		f.offset, f.pos, f.kind = append(f.offset, o.Offset), append(f.pos, int32(o.Pos)), append(f.kind, o.Type)
		f.size = append(f.size, uint32(min(o.Size, math.MaxUint32)))
		base, f.end = append(base, o.Base), o.End
	}
	f.hang(base)
}

// hang puts each object below its base. Bases by offset come before what is made of them; those by id
// may come later.
func (f *family) hang(base []int64) {
	n := len(f.offset)
	f.child, f.sibling, f.weight = make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range f.child {
		f.child[i], f.sibling[i] = none, none
	}
	for i := n - 1; i >= 0; i-- {
		if !f.kind[i].IsDelta() {
			f.roots = append(f.roots, int32(i))
			continue
		}
		at, ok := slices.BinarySearch(f.offset, base[i])
		if base[i] == 0 || !ok || at == i {
			f.apart = append(f.apart, int32(i))
			continue
		}
		f.sibling[i], f.child[at] = f.child[at], int32(i)
	}
	slices.Reverse(f.roots)
}

// plant counts what hangs below each object. What no root leads to lies in a ring, or below one.
func (f *family) plant() {
	order := make([]int32, 0, len(f.offset))
	stack := append(slices.Clone(f.roots), f.apart...)
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		order = append(order, i)
		for c := f.child[i]; c >= 0; c = f.sibling[c] {
			stack = append(stack, c)
		}
	}
	for _, i := range slices.Backward(order) {
		f.weight[i]++
		for c := f.child[i]; c >= 0; c = f.sibling[c] {
			f.weight[i] += f.weight[c]
		}
	}
	for i, w := range f.weight {
		if w == 0 {
			f.scan.lose(lost{number: f.at(int32(i)), reason: "it is stored as a difference to itself"})
		}
	}
}

func (f *family) number(pos int32) int32 {
	if f.numbers == nil {
		return pos
	}
	return f.numbers[pos]
}

// at is the number of a member.
func (f *family) at(i int32) int32 { return f.number(f.pos[i]) }

func (f *family) each(visit func(n int32)) {
	for i := range f.pos {
		visit(f.at(int32(i)))
	}
}

// object is where a member is stored.
func (f *family) object(i int32) gitobject.PackedObject {
	o := gitobject.PackedObject{Offset: f.offset[i], End: f.end, Pos: int(f.pos[i])}
	if int(i)+1 < len(f.offset) {
		o.End = f.offset[i+1]
	}
	return o
}

// several is how many objects at least make a job of their own, for a job costs a lock.
const several = 64

// enlist makes jobs of the trees whose objects are wanted.
func (f *family) enlist(c *crew, look func(view) state, wants func(gitobject.Type) bool) {
	f.look = look
	var some []int32
	objects := int32(0)
	for k, i := range f.roots {
		if wants(f.kind[i]) {
			some = append(some, i)
			objects += f.weight[i]
		}
		if objects >= several || k == len(f.roots)-1 && len(some) > 0 {
			list := some
			c.add(func(w *worker) {
				for _, i := range list {
					f.root(w, i)
				}
			})
			some, objects = nil, 0
		}
	}
	for _, i := range f.apart {
		c.add(func(w *worker) { f.thin(w, i, wants) })
	}
}

// below visits the members that are made of one, and those made of these.
func (f *family) below(i int32, visit func(i int32)) {
	stack := []int32{i}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for c := f.child[i]; c >= 0; c = f.sibling[c] {
			visit(c)
			stack = append(stack, c)
		}
	}
}
