package gitobject

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Entry is a name in a folder.
type Entry struct {
	Mode Mode
	Name string // bytes of any encoding, without a slash, never "", "." or ".."
	ID   ID
}

// ParseTree reads the content of a tree. What is stored need not be in git's order; [Repository.Walk]
// and [Repository.Find] refuse a folder that is not.
func ParseTree(b []byte, f Format) ([]Entry, error) {
	text := string(b) // shared by all names
	entries := make([]Entry, 0, min(len(b)/(f.Size()+8), 1<<16))
	for at := 0; at < len(b); {
		space := bytes.IndexByte(b[at:], ' ')
		end := bytes.IndexByte(b[at:], 0)
		if space < 0 || end < space || len(b) < at+end+1+f.Size() {
			return nil, corrupt("a tree that is cut in its entry %d", len(entries)+1)
		}
		bits, err := strconv.ParseUint(text[at:at+space], 8, 32)
		mode, ok := canonical(uint32(bits))
		if err != nil || !ok {
			return nil, corrupt("a tree with the mode %q", clip(text[at:at+space]))
		}
		name := text[at+space+1 : at+end]
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
			return nil, corrupt("a tree with the name %q", clip(name))
		}
		at += end + 1
		entries = append(entries, Entry{mode, name, idFrom(b[at : at+f.Size()])})
		at += f.Size()
	}
	return entries, nil
}

// compareEntries is git's order: a folder sorts as if its name ended in a slash.
func compareEntries(a, b Entry) int {
	n := min(len(a.Name), len(b.Name))
	if c := strings.Compare(a.Name[:n], b.Name[:n]); c != 0 {
		return c
	}
	return int(endOf(a, n)) - int(endOf(b, n))
}

// endOf is the byte at n, where a name that has ended is followed by nothing or by a slash.
func endOf(e Entry, n int) byte {
	switch {
	case n < len(e.Name):
		return e.Name[n]
	case e.Mode == ModeTree:
		return '/'
	}
	return 0
}

// checkOrder makes sure that no name comes twice and none is out of order: with two entries of a name,
// what a program sees of the tree would depend on the program.
func checkOrder(entries []Entry) error {
	for i := 1; i < len(entries); i++ {
		a, b := entries[i-1], entries[i]
		if compareEntries(a, b) >= 0 {
			return corrupt("a tree in which %q does not come before %q", clip(a.Name), clip(b.Name))
		}
	}
	for _, e := range entries {
		if e.Mode != ModeTree {
			continue
		}
		// A file of the same name is not its neighbour when a name like "name.x" is between them.
		file := Entry{Mode: ModeFile, Name: e.Name}
		if _, twice := slices.BinarySearchFunc(entries, file, compareEntries); twice {
			return corrupt("a tree in which %q is a file and a folder", clip(e.Name))
		}
	}
	return nil
}

// sortedTree is the folder with an id, in order.
func (r *Repository) sortedTree(id ID) ([]Entry, error) {
	entries, err := r.Tree(id)
	if err == nil {
		err = checkOrder(entries)
	}
	return entries, err
}

// Find is the entry at a path below a tree, with slashes between its parts. The empty path is the
// tree itself. Where there is none, below a file or a submodule too, it is a [NoEntryError].
func (r *Repository) Find(tree ID, path string) (Entry, error) {
	at := Entry{Mode: ModeTree, ID: tree}
	if path == "" {
		return at, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		if at.Mode != ModeTree {
			return Entry{}, &NoEntryError{path}
		}
		entries, err := r.sortedTree(at.ID)
		if err != nil {
			return Entry{}, err
		}
		found := false
		for _, e := range entries {
			if e.Name == name {
				at, found = e, true
				break
			}
		}
		if !found {
			return Entry{}, &NoEntryError{path}
		}
	}
	return at, nil
}

// ListTree is what one folder below a tree holds, without what its folders hold. The empty prefix is
// the tree itself. Where there is no such folder, it is a [NoEntryError].
func (r *Repository) ListTree(tree ID, prefix string) ([]Entry, error) {
	e, err := r.Find(tree, prefix)
	if err != nil {
		return nil, err
	}
	if e.Mode != ModeTree {
		return nil, &NoEntryError{prefix}
	}
	return r.sortedTree(e.ID)
}
