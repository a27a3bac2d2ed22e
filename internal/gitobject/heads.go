package gitobject

import (
	"fmt"
	"iter"
	"path"
	"strings"
)

// Heads yields the HEAD of every work tree, of this one and of the others that share the repository.
// The name of one of another tree is its path among the repository's files.
func (r *Repository) Heads() iter.Seq2[Ref, error] {
	return func(yield func(Ref, error) bool) {
		ref, ok, err := r.Ref("HEAD")
		if (ok || err != nil) && !yield(ref, err) {
			return
		}
		others, err := r.fs.list(path.Join(r.common, "worktrees"))
		if err != nil && !yield(Ref{Name: "worktrees"}, err) {
			return
		}
		names := []string{"HEAD"}
		for _, e := range others {
			names = append(names, "worktrees/"+e.Name()+"/HEAD")
		}
		for _, name := range names {
			ref, ok, err := r.headAt(name)
			if (ok || err != nil) && !yield(ref, err) {
				return
			}
		}
	}
}

// headAt reads the HEAD in a file of the folder that all work trees share.
func (r *Repository) headAt(name string) (Ref, bool, error) {
	text, ok, err := r.readPrefix(path.Join(r.common, name))
	if err != nil || !ok {
		return Ref{Name: name}, false, err
	}
	v, err := parseRef(text, r.store.format)
	if err != nil {
		return Ref{Name: name}, false, fmt.Errorf("ref %q: %w", name, err)
	}
	ref := Ref{Name: name, ID: v.id, Target: v.target}
	if v.target == "" {
		return ref, true, nil
	}
	to, ok, err := r.Ref(v.target)
	ref.ID = to.ID
	return ref, ok, err
}

// logMax is how long the log of a ref may be.
const logMax = 64 << 20

// Logged are the objects that a ref has named so far, as its log says, the oldest first. Of the stash,
// whose ref names the last entry only, they are the entries. There need be no log.
func (r *Repository) Logged(name string) ([]ID, error) {
	if !validRef(name) {
		return nil, nil
	}
	text, _, err := r.fs.read(path.Join(r.refHome(name), "logs", name), logMax)
	if err != nil {
		return nil, fmt.Errorf("log of ref %q: %w", name, err)
	}
	var ids []ID
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(line, " ", 3)
		if len(f) < 3 {
			continue
		}
		if id, ok := r.store.format.parse(f[1]); ok && !id.IsZero() {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
