package gitobject

import (
	"errors"
	"fmt"
	"iter"
)

// Missing yields what the repository lacks of all that can be reached from some objects, as git
// rev-list --objects --missing=print does: each object once, with a [MissingError] that says whether
// a partial clone explains it, or with the error of an object that is there and cannot be read.
// Parents beyond the end of a shallow clone are not missed; [Repository.Shallow] lists those ends.
// Files are looked up but not read. It holds one id in memory for each object it meets.
func (r *Repository) Missing(roots ...ID) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		seen := map[ID]bool{}
		var todo []ID
		push := func(id ID) {
			if !seen[id] {
				seen[id] = true
				todo = append(todo, id)
			}
		}
		for _, id := range roots {
			push(id)
		}
		for len(todo) > 0 {
			id := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			err := r.references(id, push, func(blob ID) bool {
				if seen[blob] {
					return true
				}
				seen[blob] = true
				err := r.mustHave(blob)
				return err == nil || yield(blob, err)
			})
			if err == errStopped || err != nil && !yield(id, err) {
				return
			}
		}
	}
}

var errStopped = errors.New("stopped")

// references calls push for the objects that another names and must be followed, and blob for files,
// until it says no.
func (r *Repository) references(id ID, push func(ID), blob func(ID) bool) error {
	t, _, err := r.Stat(id)
	if err != nil || t == TypeBlob {
		return err
	}
	_, content, err := r.Object(id)
	if err != nil {
		return err
	}
	switch t {
	case TypeCommit:
		c, err := ParseCommit(content, r.store.format)
		if err != nil {
			return fmt.Errorf("commit %s: %w", id, err)
		}
		push(c.Tree)
		if !r.shallow[id] {
			for _, p := range c.Parents {
				push(p)
			}
		}
	case TypeTag:
		tag, err := ParseTag(content, r.store.format)
		if err != nil {
			return fmt.Errorf("tag %s: %w", id, err)
		}
		push(tag.Object)
	case TypeTree:
		return r.treeReferences(id, content, push, blob)
	}
	return nil
}

func (r *Repository) treeReferences(id ID, content []byte, push func(ID), blob func(ID) bool) error {
	entries, err := ParseTree(content, r.store.format)
	if err != nil {
		return fmt.Errorf("tree %s: %w", id, err)
	}
	for _, e := range entries {
		switch {
		case e.Mode == ModeTree:
			push(e.ID)
		case e.Mode.IsBlob() && !blob(e.ID):
			return errStopped
		}
	}
	return nil
}
