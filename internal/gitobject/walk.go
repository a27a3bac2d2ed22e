package gitobject

import (
	"cmp"
	"fmt"
	"iter"
)

// Side is what stands at a path in one of two trees; the zero value is nothing.
type Side struct {
	Mode Mode
	ID   ID
}

// Change is a path that differs between two trees: a file, a symbolic link or a submodule, never a
// folder. A file that became a folder is one removed path and those of the folder added.
type Change struct {
	Path     string
	Old, New Side
}

// Added says that the path is new.
func (c Change) Added() bool { return c.Old == Side{} }

// Removed says that the path is gone.
func (c Change) Removed() bool { return c.New == Side{} }

const (
	depthMax = 2048     // of folders in folders, as in git
	pathMax  = 32 << 10 // bytes of a path; systems that check trees out know 4,096
)

// Walk yields what differs between two trees, in the order of git diff-tree -r. It goes only into
// folders whose ids differ; from the empty tree it lists all files. A folder that cannot be read is
// an error with its path between the other changes, and the walk goes on behind it unless a limit
// was hit.
func (r *Repository) Walk(a, b ID) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		if a == b {
			return
		}
		w := walk{r: r, yield: yield}
		w.folder("", 0, Side{ModeTree, a}, Side{ModeTree, b})
	}
}

type walk struct {
	r     *Repository
	yield func(Change, error) bool
	trees int
}

// folder walks one folder of both trees and says whether to go on.
func (w *walk) folder(path string, depth int, a, b Side) bool {
	if err := w.tooMuch(path, depth); err != nil {
		w.yield(Change{path, a, b}, err)
		return false
	}
	left, err := w.entries(a)
	if err == nil {
		var right []Entry
		if right, err = w.entries(b); err == nil {
			return w.merge(path, depth, left, right)
		}
	}
	return w.yield(Change{path, a, b}, fmt.Errorf("folder %q: %w", clip(path), err))
}

func (w *walk) tooMuch(path string, depth int) error {
	w.trees++
	switch {
	case w.trees > w.r.store.limits.Trees:
		return &LimitError{"folders in a walk", int64(w.trees), int64(w.r.store.limits.Trees)}
	case depth > depthMax:
		return &LimitError{"folders in folders", int64(depth), depthMax}
	case len(path) > pathMax:
		return &LimitError{"bytes of a path", int64(len(path)), pathMax}
	}
	return nil
}

func (w *walk) entries(s Side) ([]Entry, error) {
	if s == (Side{}) {
		return nil, nil
	}
	return w.r.sortedTree(s.ID)
}

func (w *walk) merge(path string, depth int, left, right []Entry) bool {
	if path != "" {
		path += "/"
	}
	for len(left) > 0 || len(right) > 0 {
		var old, now Entry
		order := firstOf(left, right)
		if order <= 0 {
			old, left = left[0], left[1:]
		}
		if order >= 0 {
			now, right = right[0], right[1:]
		}
		if !w.entry(path+cmp.Or(old.Name, now.Name), depth, Side{old.Mode, old.ID}, Side{now.Mode, now.ID}) {
			return false
		}
	}
	return true
}

// firstOf says which of two lists, not both empty, has the entry that comes first: negative for the
// left one, zero for both.
func firstOf(left, right []Entry) int {
	switch {
	case len(right) == 0:
		return -1
	case len(left) == 0:
		return 1
	}
	return compareEntries(left[0], right[0])
}

// entry looks at one name. Folders and files of a name come apart, for they sort differently, so
// that two sides are always both folders or none.
func (w *walk) entry(path string, depth int, old, now Side) bool {
	switch {
	case old == now:
		return true
	case old.Mode == ModeTree || now.Mode == ModeTree:
		return w.folder(path, depth+1, old, now)
	}
	return w.yield(Change{path, old, now}, nil)
}
