package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/internal/ghapi"
)

// Hub is what the states of a repository on GitHub are read by.
type Hub interface {
	CommitTree(ctx context.Context, sha string) (string, error)
	GitTree(ctx context.Context, sha string, recursive bool) ([]ghapi.TreeEntry, bool, error)
	GitBlob(ctx context.Context, sha string) ([]byte, error)
	HasGraphQL() bool
	Folders(ctx context.Context, commit string, dirs []string) (map[string][]ghapi.FolderFile, error)
}

var _ Hub = (*ghapi.Client)(nil)

// Commits opens two commits of a repository on GitHub as the states of a comparison. Both are compared as they
// are. Names and ids of all files are read at once, and contents as they are asked for: whole folders where
// several files of one are wanted. What differs is told by the ids, never by GitHub's list of changed files.
//
// Where a repository is too large to be listed at once, folders are listed one by one. The context holds for
// all that is read from the pair.
func Commits(ctx context.Context, hub Hub, base, head string) (*Pair, error) {
	f := newFetcher(ctx, hub)
	b, err := openCommit(f, base)
	if err != nil {
		return nil, err
	}
	h, err := openCommit(f, head)
	if err != nil {
		return nil, err
	}
	p := &Pair{Base: newTree(b), Head: newTree(h), BaseID: base, HeadID: head}
	p.compare(func(_ string, x, y node) (bool, error) { return x.id == y.id, nil })
	f.touched = map[string]bool{}
	for _, name := range p.changed {
		f.touched[path.Dir(name)] = true
	}
	p.limit = func() error { return f.overrun }
	return p, ctx.Err()
}

// Commit opens one commit, or the newest of a branch, as a state.
func Commit(ctx context.Context, hub Hub, id string) (*Tree, error) {
	c := newCommit(newFetcher(ctx, hub), id)
	if err := c.open(id); err != nil {
		return nil, err
	}
	return newTree(c), ctx.Err()
}

// commit is a store: the tree of one commit.
type commit struct {
	*fetcher
	id      string
	listing map[string][]node // all folders, or where whole is false those that were asked for
	whole   bool
	trees   map[string]string // where whole is false: the trees of folders that a listing named
}

func newCommit(f *fetcher, id string) *commit {
	return &commit{fetcher: f, id: id, listing: map[string][]node{}, trees: map[string]string{}}
}

func openCommit(f *fetcher, id string) (*commit, error) {
	c := newCommit(f, id)
	err := c.open(id)
	if errors.Is(err, ghapi.ErrNotFound) {
		var root string
		if root, err = f.hub.CommitTree(f.ctx, id); err == nil {
			err = c.open(root)
		}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// open lists a tree, by its own id or by that of a commit.
func (c *commit) open(root string) error {
	entries, truncated, err := c.hub.GitTree(c.ctx, root, true)
	if err != nil {
		return err
	}
	if c.whole = !truncated; c.whole {
		return c.take(entries)
	}
	c.trees["."] = root
	return nil
}

// take notes the answer for a whole tree.
func (c *commit) take(entries []ghapi.TreeEntry) error {
	c.listing["."] = nil
	for _, e := range entries {
		dir := path.Dir(e.Path)
		if !fs.ValidPath(e.Path) || e.Path == "." {
			return fmt.Errorf("the tree of commit %q holds the path %q", c.id, e.Path)
		}
		c.listing[dir] = append(c.listing[dir], nodeOfEntry(e))
		if e.Type == "tree" {
			c.listing[e.Path] = append([]node{}, c.listing[e.Path]...)
		}
	}
	for _, nodes := range c.listing {
		sortNodes(nodes)
	}
	return nil
}

func nodeOfEntry(e ghapi.TreeEntry) node {
	n := node{name: path.Base(e.Path), kind: declare.Regular, id: e.SHA, size: -1}
	switch e.Mode {
	case "040000":
		n.kind = declare.Folder
	case "120000":
		n.kind = declare.Symlink
	case "160000":
		n.kind = declare.Submodule
	default:
		n.size = e.Size
	}
	return n
}

func (c *commit) list(dir string) ([]node, error) {
	if nodes, ok := c.listing[dir]; ok || c.whole {
		if !ok {
			return nil, missing(dir)
		}
		return nodes, nil
	}
	tree, ok := c.trees[dir]
	if !ok {
		return nil, missing(dir)
	}
	entries, err := c.folder(tree)
	if err != nil {
		return nil, err
	}
	var nodes []node
	for _, e := range entries {
		n := nodeOfEntry(e)
		nodes = append(nodes, n)
		if n.kind == declare.Folder {
			c.trees[path.Join(dir, n.name)] = n.id
		}
	}
	sortNodes(nodes)
	c.listing[dir] = nodes
	return nodes, nil
}

// content reads a file, and where the folder is small enough all files beside it: they tend to be asked for next.
func (c *commit) content(dir string, n node) ([]byte, error) {
	if n.size > declare.MaxRead {
		return nil, declare.ErrTooLarge
	}
	if !c.has(n.id) && n.kind == declare.Regular {
		c.fetch(c, map[string][]node{dir: {n}})
	}
	return c.blob(n.id)
}

// prefetch reads what will be asked for, in as few requests as there is a way to.
func (c *commit) prefetch(files []string) {
	wanted := map[string][]node{}
	for _, file := range files {
		dir := path.Dir(file)
		for _, n := range c.listing[dir] {
			if n.name == path.Base(file) && n.kind == declare.Regular && n.size <= declare.MaxRead && !c.has(n.id) {
				wanted[dir] = append(wanted[dir], n)
			}
		}
	}
	c.fetch(c, wanted)
}
