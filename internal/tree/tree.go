// Package tree opens the states of a repository that a review compares: two folders, two revisions of a
// local git repository, or two commits that GitHub's API is asked for. Each is a declare.Tree, and all of
// them answer alike: links are followed within the tree and nowhere else, what is no file is never opened,
// and what cannot be read is an error that names the reason.
//
// It decides nothing about what the files mean. Nothing of a tree is ever executed or checked out.
package tree

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/declare"
)

// node is an entry of a folder as it is stored: links are not followed.
type node struct {
	name string
	kind declare.EntryType
	// id names the content: two nodes of one kind with one id hold the same. It is empty where only a look
	// at the content can tell.
	id   string
	size int64 // bytes of a file; -1 when it is not known
}

// store is a state as it is stored. No folder of a path that it is asked for is a link.
type store interface {
	// list returns the entries of a folder, sorted by name; "." is the root. One that is not there is
	// fs.ErrNotExist.
	list(dir string) ([]node, error)
	// content returns the bytes of a file in a folder, or where a link leads. A file of more than
	// declare.MaxRead bytes is declare.ErrTooLarge.
	content(dir string, n node) ([]byte, error)
}

// Tree is one state of a repository. It is for one goroutine at a time.
type Tree struct {
	store  store
	listed map[string]listing
	notes  []declare.NotAnalysed // folders that could not be listed
}

type listing struct {
	nodes []node
	err   error
}

func newTree(s store) *Tree { return &Tree{store: s, listed: map[string]listing{}} }

var (
	_ declare.Tree       = (*Tree)(nil)
	_ declare.Prefetcher = (*Tree)(nil)
)

// List returns the entries of a folder, sorted by name; "." is the root.
func (t *Tree) List(dir string) ([]declare.Entry, error) {
	real, n, err := t.resolve(dir)
	if err != nil {
		return nil, err
	}
	if n.kind != declare.Folder {
		return nil, missing(dir)
	}
	nodes, err := t.list(real)
	if err != nil {
		return nil, err
	}
	entries := make([]declare.Entry, len(nodes))
	for i, n := range nodes {
		entries[i] = declare.Entry{Name: n.name, Type: n.kind, Size: n.size}
	}
	return entries, nil
}

// Read returns the content of a file, also behind links within the tree.
func (t *Tree) Read(name string) ([]byte, error) {
	real, n, err := t.resolve(name)
	if err != nil {
		return nil, err
	}
	if n.kind != declare.Regular {
		return nil, missing(name)
	}
	if n.size > declare.MaxRead {
		return nil, declare.ErrTooLarge
	}
	return t.store.content(path.Dir(real), n)
}

// Prefetch is told which files will be read next.
func (t *Tree) Prefetch(files []string) {
	if s, ok := t.store.(interface{ prefetch(files []string) }); ok {
		s.prefetch(files)
	}
}

// Listed says whether folders can be listed without asking for each of them.
func (t *Tree) Listed() bool {
	c, ok := t.store.(*commit)
	return !ok || c.whole
}

// list is the listing of a folder without links in its path, made once. One that fails is noted.
func (t *Tree) list(dir string) ([]node, error) {
	if l, ok := t.listed[dir]; ok {
		return l.nodes, l.err
	}
	nodes, err := t.store.list(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.note(dir, err)
	}
	t.listed[dir] = listing{nodes, err}
	return nodes, err
}

func (t *Tree) note(dir string, err error) {
	t.notes = append(t.notes, declare.NotAnalysed{Path: dir, Reason: "the folder could not be listed: " + err.Error()})
}

// maxLinks is how many links one path may lead through, as in Linux.
const maxLinks = 40

// resolve follows the links of a path. It returns the path without links and what is there: a folder, a
// file or a submodule, never a link.
func (t *Tree) resolve(name string) (string, node, error) {
	if strings.HasPrefix(name, "/") {
		return "", node{}, missing(name)
	}
	var way []node // from the root down
	links := 0
	for parts := strings.Split(name, "/"); len(parts) > 0; {
		part := parts[0]
		parts = parts[1:]
		switch {
		case part == "" || part == ".":
			continue
		case part == ".." && len(way) > 0:
			way = way[:len(way)-1]
			continue
		case part == ".." || len(way) > 0 && way[len(way)-1].kind != declare.Folder:
			return "", node{}, missing(name)
		}
		n, err := t.lookUp(pathOf(way), part, name)
		if err != nil {
			return "", node{}, err
		}
		if n.kind != declare.Symlink {
			way = append(way, n)
			continue
		}
		target, err := t.target(pathOf(way), n)
		if links++; err != nil || links > maxLinks {
			return "", node{}, cmp.Or(err, missing(name))
		}
		parts = append(strings.Split(target, "/"), parts...)
	}
	if len(way) == 0 {
		return ".", node{name: ".", kind: declare.Folder, size: -1}, nil
	}
	return pathOf(way), way[len(way)-1], nil
}

func pathOf(way []node) string {
	if len(way) == 0 {
		return "."
	}
	names := make([]string, len(way))
	for i, n := range way {
		names[i] = n.name
	}
	return strings.Join(names, "/")
}

// lookUp finds a name in a folder.
func (t *Tree) lookUp(dir, part, whole string) (node, error) {
	nodes, err := t.list(dir)
	if err != nil {
		return node{}, err
	}
	i, found := slices.BinarySearchFunc(nodes, part, func(n node, name string) int { return strings.Compare(n.name, name) })
	if !found {
		return node{}, missing(whole)
	}
	return nodes[i], nil
}

// target is where a link leads, as it is written in it. One to an absolute path leads out of the tree.
func (t *Tree) target(dir string, n node) (string, error) {
	text, err := t.store.content(dir, n)
	if err != nil {
		return "", err
	}
	if len(text) == 0 || len(text) > maxTarget || text[0] == '/' {
		return "", missing(path.Join(dir, n.name))
	}
	return string(text), nil
}

// maxTarget is how long the text of a link may be, as in Linux.
const maxTarget = 4096

func missing(name string) error { return fmt.Errorf("%q: %w", name, fs.ErrNotExist) }

func sortNodes(nodes []node) {
	slices.SortFunc(nodes, func(a, b node) int { return cmp.Compare(a.name, b.name) })
}
