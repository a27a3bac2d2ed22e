package gitobject

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
)

// Ref is a name for an object.
type Ref struct {
	Name   string // the whole name, such as refs/heads/main or HEAD
	ID     ID     // zero for a symbolic ref to a branch that has no commit yet
	Target string // of a symbolic ref: the ref that it stands for, at the end of all of them
	Peeled ID     // of a packed annotated tag, what it names at last; else zero
}

// refValue is what a ref holds: an id, or the name of another ref.
type refValue struct {
	id, peeled ID
	target     string
}

const (
	refMax       = 64 << 10 // of which only the beginning counts; FETCH_HEAD has a line for each ref
	symbolicMax  = 5        // as in git
	refNameMax   = 4096
	refDepthMax  = 64
	componentMax = 255
)

// refHome is the folder that the file of a ref lies in. Additional work trees have a HEAD and a few
// refs of their own.
func (r *Repository) refHome(name string) string {
	for _, own := range []string{"refs/bisect/", "refs/worktree/", "refs/rewritten/"} {
		if strings.HasPrefix(name, own) {
			return r.gitDir
		}
	}
	if strings.HasPrefix(name, "refs/") {
		return r.common
	}
	return r.gitDir
}

// validRef says that a name can be that of a ref, by git's rules, and so leads out of no folder.
func validRef(name string) bool {
	if !strings.HasPrefix(name, "refs/") {
		return isRootRef(name)
	}
	if len(name) > refNameMax || strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.HasSuffix(name, ".") {
		return false
	}
	if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f || strings.ContainsRune(`~^:?*[\ `, c) }) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") || len(part) > componentMax {
			return false
		}
	}
	return true
}

// isRootRef says that a name is of the form that refs outside of refs/ have: HEAD, FETCH_HEAD.
func isRootRef(name string) bool {
	if len(name) > componentMax || !strings.HasSuffix(name, "HEAD") && name != "AUTO_MERGE" && name != "BISECT_EXPECTED_REV" {
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool { return (c < 'A' || c > 'Z') && c != '_' && c != '-' })
}

// readRef reads one ref, loose before packed; ok is false where there is none.
func (r *Repository) readRef(name string) (v refValue, ok bool, err error) {
	text, ok, err := r.readPrefix(path.Join(r.refHome(name), name))
	if err != nil {
		return refValue{}, false, fmt.Errorf("ref %q: %w", name, err)
	}
	if ok {
		v, err = parseRef(text, r.store.format)
		if err != nil {
			return refValue{}, false, fmt.Errorf("ref %q: %w", name, err)
		}
		return v, true, nil
	}
	list, err := r.packed()
	if err != nil {
		return refValue{}, false, err
	}
	i, ok := slices.BinarySearchFunc(list, name, func(p packedRef, n string) int { return strings.Compare(p.name, n) })
	if !ok {
		return refValue{}, false, nil
	}
	return refValue{id: list[i].id, peeled: list[i].peeled}, true, nil
}

// readPrefix is the beginning of a file.
func (r *Repository) readPrefix(name string) (string, bool, error) {
	_, ok, err := r.fs.regular(name)
	if err != nil || !ok {
		return "", false, err
	}
	f, err := r.fs.open(name)
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	b := make([]byte, min(f.size, refMax))
	if err := readFull(f, b, 0); err != nil {
		return "", false, err
	}
	return string(b), true, nil
}

// parseRef reads the file of a ref.
func parseRef(text string, f Format) (refValue, error) {
	if target, ok := strings.CutPrefix(text, "ref:"); ok {
		line, _, _ := strings.Cut(target, "\n")
		target = strings.TrimSpace(line)
		if !validRef(target) {
			return refValue{}, corrupt("it stands for %q, which is no name of a ref", clip(target))
		}
		return refValue{target: target}, nil
	}
	digits := text[:min(len(text), 2*f.Size())]
	id, ok := f.parse(digits)
	if rest := text[len(digits):]; !ok || rest != "" && !strings.ContainsRune(" \t\r\n\v\f", rune(rest[0])) {
		return refValue{}, corrupt("it holds %q, which is no id", clip(text))
	}
	return refValue{id: id}, nil
}

// Ref reads a ref by its whole name, through all symbolic refs; ok is false where there is none. A
// ref that stands for itself is an error.
func (r *Repository) Ref(name string) (ref Ref, ok bool, err error) {
	if !validRef(name) {
		return Ref{}, false, nil
	}
	ref.Name = name
	for at, hops := name, 0; ; hops++ {
		if hops > symbolicMax {
			return Ref{}, false, fmt.Errorf("ref %q: %w", name, corrupt("symbolic refs that lead on more than %d times, or in a ring", symbolicMax))
		}
		v, found, err := r.readRef(at)
		if err != nil {
			return Ref{}, false, err
		}
		if !found {
			return ref, hops > 0, nil
		}
		if v.target == "" {
			ref.ID, ref.Peeled = v.id, v.peeled
			return ref, true, nil
		}
		at, ref.Target = v.target, v.target
	}
}

// Refs yields all refs below refs/, sorted by name, with those of the other kinds left out: HEAD is
// had by [Repository.Ref]. One that cannot be read is an error with its name between the others.
func (r *Repository) Refs() iter.Seq2[Ref, error] {
	return func(yield func(Ref, error) bool) {
		names := map[string]error{}
		r.looseRefs(r.common, "refs", 0, names)
		if r.gitDir != r.common {
			r.looseRefs(r.gitDir, "refs", 0, names)
		}
		list, err := r.packed()
		if err != nil && !yield(Ref{Name: "packed-refs"}, err) {
			return
		}
		for _, p := range list {
			if _, ok := names[p.name]; !ok {
				names[p.name] = nil
			}
		}
		for _, name := range sortedNames(names) {
			ref, ok, err := r.Ref(name)
			err = cmp.Or(names[name], err)
			if err == nil && !ok {
				continue
			}
			if err != nil {
				ref = Ref{Name: name}
			}
			if !yield(ref, err) {
				return
			}
		}
	}
}

func sortedNames(names map[string]error) []string {
	list := make([]string, 0, len(names))
	for name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// looseRefs collects the names of the refs that have a file. Folders behind symbolic links are not
// entered, for they may lead in rings; they are errors, as what they hold is not seen.
func (r *Repository) looseRefs(home, folder string, depth int, names map[string]error) {
	entries, err := r.fs.list(path.Join(home, folder))
	if err == nil && depth > refDepthMax {
		err = &LimitError{"folders of refs in folders", int64(depth), refDepthMax}
	}
	if err != nil {
		names[folder] = err
		return
	}
	for _, e := range entries {
		name := folder + "/" + e.Name()
		switch {
		case !validRef(name): // as a lock file is none
		case e.IsDir():
			r.looseRefs(home, name, depth+1, names)
		case e.Type()&fs.ModeSymlink != 0 && r.fs.isDir(path.Join(home, name)):
			names[name] = errRefLink
		case r.refHome(name) == home:
			names[name] = nil
		}
	}
}

var errRefLink = errors.New("it is a link to a folder of refs, which is not followed")
