package tree

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
)

// Git opens two revisions of a local repository, bare or not, as the states of a comparison. A revision is a
// commit, tag, branch or tree. The two are compared as they are: neither need be an ancestor of the other.
func Git(dir, base, head string) (*Pair, error) {
	repo, err := gitdir.Open(dir, gitobject.Options{})
	if err != nil {
		return nil, err
	}
	p, err := gitPair(repo, base, head)
	if err != nil {
		return nil, errors.Join(err, repo.Close())
	}
	return p, nil
}

func gitPair(repo *gitobject.Repository, base, head string) (*Pair, error) {
	b, err := revision(repo, base)
	if err != nil {
		return nil, err
	}
	h, err := revision(repo, head)
	if err != nil {
		return nil, err
	}
	p := &Pair{
		Base: newTree(openGitTree(repo, b.tree)), Head: newTree(openGitTree(repo, h.tree)),
		BaseID: b.id.String(), HeadID: h.id.String(), close: repo.Close,
	}
	p.walk(repo, b.tree, h.tree)
	return p, nil
}

// state is a revision: the commit or tree that it names, and the tree.
type state struct{ id, tree gitobject.ID }

func revision(repo *gitobject.Repository, rev string) (state, error) {
	id, err := resolveRevision(repo, rev)
	if err != nil {
		return state{}, err
	}
	var s state
	if s.id, err = repo.Peel(id, 0); err == nil {
		s.tree, err = repo.Peel(s.id, gitobject.TypeTree)
	}
	if err != nil {
		return state{}, fmt.Errorf("revision %q: %w", rev, err)
	}
	return s, nil
}

// resolveRevision takes the id of the empty tree too, which no repository need hold.
func resolveRevision(repo *gitobject.Repository, rev string) (gitobject.ID, error) {
	if empty := repo.Format().EmptyTree(); rev == empty.String() {
		return empty, nil
	}
	return repo.Resolve(rev)
}

// walk finds the paths that differ. It goes only into folders whose ids differ.
func (p *Pair) walk(repo *gitobject.Repository, base, head gitobject.ID) {
	for c, err := range repo.Walk(base, head) {
		switch {
		case err != nil:
			p.skipped = append(p.skipped, declare.NotAnalysed{Path: cmp.Or(c.Path, "."), Reason: "the folder could not be compared: " + err.Error()})
		case c.Old.ID == c.New.ID && kindOf(c.Old.Mode) == kindOf(c.New.Mode): // it became executable, or no longer is
		default:
			p.changed = append(p.changed, c.Path)
		}
	}
	slices.Sort(p.changed)
	p.changed = slices.Compact(p.changed)
}

// gitTree is a store: a tree of a repository.
type gitTree struct {
	repo    *gitobject.Repository
	folders map[string]gitobject.ID // those that a listing named
}

func openGitTree(repo *gitobject.Repository, root gitobject.ID) gitTree {
	return gitTree{repo, map[string]gitobject.ID{".": root}}
}

func (g gitTree) list(dir string) ([]node, error) {
	id, ok := g.folders[dir]
	if !ok {
		return nil, missing(dir)
	}
	entries, err := g.repo.ListTree(id, "")
	if err != nil {
		return nil, err
	}
	nodes := make([]node, len(entries))
	for i, e := range entries {
		nodes[i] = node{name: e.Name, kind: kindOf(e.Mode), id: e.ID.String(), size: -1}
		if e.Mode == gitobject.ModeTree {
			g.folders[path.Join(dir, e.Name)] = e.ID
		}
	}
	sortNodes(nodes)
	return nodes, nil
}

func kindOf(m gitobject.Mode) declare.EntryType {
	switch m {
	case gitobject.ModeTree:
		return declare.Folder
	case gitobject.ModeSymlink:
		return declare.Symlink
	case gitobject.ModeSubmodule:
		return declare.Submodule
	}
	return declare.Regular
}

func (g gitTree) content(_ string, n node) ([]byte, error) {
	id, err := gitobject.ParseID(n.id)
	if err != nil {
		return nil, err
	}
	_, size, err := g.repo.Stat(id)
	if err != nil {
		return nil, err
	}
	if size > declare.MaxRead {
		return nil, declare.ErrTooLarge
	}
	return g.repo.Blob(id)
}
