package tree

import (
	"cmp"
	"path"
	"slices"

	"github.com/keysweep/keysweep/internal/declare"
)

// Pair is the two states of one comparison, and what differs between them.
type Pair struct {
	Base, Head *Tree
	// BaseID and HeadID name the states; empty for folders.
	BaseID, HeadID string

	changed []string // the paths of files that differ, sorted
	skipped []declare.NotAnalysed
	close   func() error
	limit   func() error // the first limit of the source that was hit, if it has any
}

// Close lets go of what the states are read from.
func (p *Pair) Close() error {
	if p.close == nil {
		return nil
	}
	return p.close()
}

// Diff is what the change makes and takes away, and what of it could not be analysed. stop is asked between
// files; once it is true, what is left is not analysed.
func (p *Pair) Diff(stop func() bool) ([]declare.Change, []declare.NotAnalysed) {
	changes, skipped := declare.Diff(p.Base, p.Head, p.changed, stop)
	all := slices.Concat(skipped, p.skipped, p.Base.notes, p.Head.notes)
	if p.limit != nil && p.limit() != nil {
		all = append(all, declare.NotAnalysed{Path: ".", Reason: p.limit().Error()})
	}
	slices.SortStableFunc(all, func(a, b declare.NotAnalysed) int { return cmp.Compare(a.Path, b.Path) })
	return changes, slices.CompactFunc(all, func(a, b declare.NotAnalysed) bool { return a.Path == b.Path })
}

// differ finds the paths that differ, folder by folder.
type differ struct {
	base, head *Tree
	// same says whether two files of one path and kind hold the same.
	same    func(name string, base, head node) (bool, error)
	changed []string
	skipped []declare.NotAnalysed
}

// compare finds all that differs between two states.
func (p *Pair) compare(same func(name string, base, head node) (bool, error)) {
	d := &differ{base: p.Base, head: p.Head, same: same}
	d.folder(".", true, true)
	slices.Sort(d.changed)
	p.changed, p.skipped = d.changed, d.skipped
}

// folder compares a folder that is in one of the states or in both.
func (d *differ) folder(dir string, inBase, inHead bool) {
	var base, head []node
	if inBase {
		base, _ = d.base.list(dir) // a folder that cannot be listed is noted by its tree
	}
	if inHead {
		head, _ = d.head.list(dir)
	}
	for len(base)+len(head) > 0 {
		var b, h *node
		if len(head) == 0 || len(base) > 0 && base[0].name <= head[0].name {
			b = &base[0]
		}
		if len(base) == 0 || len(head) > 0 && head[0].name <= base[0].name {
			h = &head[0]
		}
		if b != nil {
			base = base[1:]
		}
		if h != nil {
			head = head[1:]
		}
		d.entry(dir, b, h)
	}
}

// entry compares what one name stands for; nil is nothing.
func (d *differ) entry(dir string, base, head *node) {
	name := path.Join(dir, cmp.Or(base, head).name)
	switch {
	case base != nil && head != nil && base.id != "" && base.id == head.id && base.kind == head.kind:
		return
	case isFolder(base) || isFolder(head):
		d.folder(name, isFolder(base), isFolder(head))
	}
	base, head = notFolder(base), notFolder(head)
	switch {
	case base == nil && head == nil:
	case base == nil || head == nil || base.kind != head.kind:
		d.changed = append(d.changed, name)
	default:
		d.file(name, *base, *head)
	}
}

func (d *differ) file(name string, base, head node) {
	same, err := d.same(name, base, head)
	if err != nil {
		d.skipped = append(d.skipped, declare.NotAnalysed{Path: name, Reason: "could not be compared: " + err.Error()})
	}
	if !same || err != nil {
		d.changed = append(d.changed, name)
	}
}

func isFolder(n *node) bool { return n != nil && n.kind == declare.Folder }

func notFolder(n *node) *node {
	if isFolder(n) {
		return nil
	}
	return n
}
