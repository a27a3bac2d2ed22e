package ghfake

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The modes of files in a Tree.
const (
	ModeFile       = "100644"
	ModeExecutable = "100755"
	ModeSymlink    = "120000"
	ModeSubmodule  = "160000"
	modeFolder     = "040000"
)

// DefaultBranch is the branch that every repository calls its own.
const DefaultBranch = "main"

// File is a file of a Tree.
type File struct {
	Content string // of a symbolic link its target, of a submodule the id of a commit elsewhere
	Mode    string // empty: ModeFile
}

// Tree maps a path from the root to a file. Folders follow from the paths.
type Tree map[string]File

// Texts makes a tree of ordinary files.
func Texts(files map[string]string) Tree {
	out := Tree{}
	for path, text := range files {
		out[path] = File{Content: text}
	}
	return out
}

// With is a copy of the tree with files put over it.
func (t Tree) With(files Tree) Tree {
	out := maps.Clone(t)
	maps.Copy(out, files)
	return out
}

// Without is a copy of the tree that lacks some paths.
func (t Tree) Without(paths ...string) Tree {
	out := maps.Clone(t)
	for _, p := range paths {
		delete(out, p)
	}
	return out
}

// store holds git objects by their ids, computed as git does. All repositories share one, as a repository and its forks do.
type store struct {
	blobs   map[string]string
	trees   map[string][]treeEntry // in git's order
	commits map[string]*commit
	flat    map[string]map[string]leaf // trees, flattened
	diffs   map[[2]string][]change     // by the two trees
}

type treeEntry struct{ name, mode, sha string }

// leaf is what stands at a path.
type leaf struct{ mode, sha string }

type commit struct {
	sha, tree string
	parents   []string
	message   string
	by        string
	at        time.Time
}

func newStore() *store {
	return &store{
		blobs: map[string]string{}, trees: map[string][]treeEntry{}, commits: map[string]*commit{},
		flat: map[string]map[string]leaf{}, diffs: map[[2]string][]change{},
	}
}

func objectID(kind, body string) string {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00%s", kind, len(body), body)
	return hex.EncodeToString(h.Sum(nil))
}

func (st *store) putBlob(content string) string {
	sha := objectID("blob", content)
	st.blobs[sha] = content
	return sha
}

// putTree stores a tree with all its folders.
func (st *store) putTree(files Tree) string {
	var entries []treeEntry
	folders := map[string]Tree{}
	for path, f := range files {
		if folder, rest, ok := strings.Cut(path, "/"); ok {
			if folders[folder] == nil {
				folders[folder] = Tree{}
			}
			folders[folder][rest] = f
			continue
		}
		e := treeEntry{name: path, mode: cmp.Or(f.Mode, ModeFile), sha: f.Content}
		if e.mode != ModeSubmodule {
			e.sha = st.putBlob(f.Content)
		}
		entries = append(entries, e)
	}
	for name, inside := range folders {
		entries = append(entries, treeEntry{name: name, mode: modeFolder, sha: st.putTree(inside)})
	}
	slices.SortFunc(entries, func(a, b treeEntry) int { return cmp.Compare(a.sortKey(), b.sortKey()) })
	var body strings.Builder
	for _, e := range entries {
		raw, _ := hex.DecodeString(e.sha)
		fmt.Fprintf(&body, "%s %s\x00%s", strings.TrimPrefix(e.mode, "0"), e.name, raw)
	}
	sha := objectID("tree", body.String())
	st.trees[sha] = entries
	return sha
}

// sortKey: git sorts a folder as if its name ended in a slash.
func (e treeEntry) sortKey() string {
	if e.mode == modeFolder {
		return e.name + "/"
	}
	return e.name
}

func (e treeEntry) kind() string {
	switch e.mode {
	case modeFolder:
		return "tree"
	case ModeSubmodule:
		return "commit"
	}
	return "blob"
}

func (st *store) putCommit(c commit) string {
	var body strings.Builder
	fmt.Fprintf(&body, "tree %s\n", c.tree)
	for _, p := range c.parents {
		fmt.Fprintf(&body, "parent %s\n", p)
	}
	who := fmt.Sprintf("%s <%s> %d +0000", c.by, mail(c.by), c.at.Unix())
	fmt.Fprintf(&body, "author %s\ncommitter %s\n\n%s", who, who, c.message)
	c.sha = objectID("commit", body.String())
	st.commits[c.sha] = &c
	return c.sha
}

func mail(login string) string { return login + "@users.noreply.example.test" }

// flatten maps each path of a tree to what stands there; folders are left out.
func (st *store) flatten(tree string) map[string]leaf {
	if out, ok := st.flat[tree]; ok {
		return out
	}
	out := map[string]leaf{}
	for _, e := range st.trees[tree] {
		if e.mode != modeFolder {
			out[e.name] = leaf{e.mode, e.sha}
			continue
		}
		for path, l := range st.flatten(e.sha) {
			out[e.name+"/"+path] = l
		}
	}
	st.flat[tree] = out
	return out
}

// entry finds what stands at a path below a tree; the empty path is the tree itself.
func (st *store) entry(tree, path string) (treeEntry, bool) {
	at := treeEntry{mode: modeFolder, sha: tree}
	if path == "" {
		return at, st.trees[tree] != nil
	}
	for part := range strings.SplitSeq(path, "/") {
		n := slices.IndexFunc(st.trees[at.sha], func(e treeEntry) bool { return e.name == part })
		if at.mode != modeFolder || n < 0 {
			return treeEntry{}, false
		}
		at = st.trees[at.sha][n]
	}
	return at, true
}

// ancestors are a commit and all before it.
func (st *store) ancestors(sha string) map[string]bool {
	out := map[string]bool{}
	todo := []string{sha}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		if c := st.commits[next]; c != nil && !out[next] {
			out[next] = true
			todo = append(todo, c.parents...)
		}
	}
	return out
}

// mergeBase is the best common ancestor: one that is before no other common one. Of several it is the newest.
func (st *store) mergeBase(a, b string) string {
	ofA, ofB := st.ancestors(a), st.ancestors(b)
	var common []*commit
	for sha := range ofA {
		if ofB[sha] {
			common = append(common, st.commits[sha])
		}
	}
	before := map[string]bool{}
	for _, c := range common {
		for _, p := range c.parents {
			before[p] = true // and what is before that is a parent of a common one too
		}
	}
	common = slices.DeleteFunc(common, func(c *commit) bool { return before[c.sha] })
	if len(common) == 0 {
		return ""
	}
	best := slices.MaxFunc(common, func(x, y *commit) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.sha, y.sha)) })
	return best.sha
}

// between are the commits of head that base lacks, oldest first.
func (st *store) between(base, head string) []*commit {
	has := st.ancestors(base)
	var out []*commit
	for sha := range st.ancestors(head) {
		if !has[sha] {
			out = append(out, st.commits[sha])
		}
	}
	slices.SortFunc(out, func(x, y *commit) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.sha, y.sha)) })
	return out
}

// Push makes a commit that holds exactly a tree, points a branch at it, and gives its id. Its parent is the commit that the branch
// had; a new branch starts without one. With parents named the branch is forced: whatever it had is not before it.
func (s *Server) Push(fullName, branch string, files Tree, parents ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepo(fullName)
	old := r.branches[branch]
	if len(parents) == 0 && old != "" {
		parents = []string{old}
	}
	for _, p := range parents {
		if s.git.commits[p] == nil {
			panic(fmt.Sprintf("the GitHub fake has no commit %q", p))
		}
	}
	sha := s.git.putCommit(commit{
		tree: s.git.putTree(files), parents: parents, by: "somebody", at: s.tick(), message: fmt.Sprintf("commit to %s", branch),
	})
	s.point(r, branch, sha)
	return sha
}

// SetBranch points a branch at a commit that exists; an empty one deletes the branch.
func (s *Server) SetBranch(fullName, branch, sha string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sha != "" && s.git.commits[sha] == nil {
		panic(fmt.Sprintf("the GitHub fake has no commit %q", sha))
	}
	s.point(s.mustRepo(fullName), branch, sha)
}

// Branch is the commit of a branch, empty where there is none.
func (s *Server) Branch(fullName, branch string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustRepo(fullName).branches[branch]
}

// Fork makes a repository out of another, with its branches.
func (s *Server) Fork(fullName, into string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.mustRepo(fullName)
	s.repos = append(s.repos, &Repository{
		FullName: into, Visibility: of.Visibility, HasIssues: false, id: s.nextID(), branches: maps.Clone(of.branches), forkOf: of,
	})
}

// DeleteRepository deletes a repository; pull requests from it stay.
func (s *Server) DeleteRepository(fullName string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := s.mustRepo(fullName)
	gone.deleted = true
	s.repos = slices.DeleteFunc(s.repos, func(r *Repository) bool { return r == gone })
}

// point moves a branch, and with it the open pull requests from it.
func (s *Server) point(r *Repository, branch, sha string) {
	old := r.branches[branch]
	if r.branches == nil {
		r.branches = map[string]string{}
	}
	if sha == "" {
		delete(r.branches, branch)
		return
	}
	r.branches[branch] = sha
	if sha == old {
		return
	}
	for _, base := range s.repos {
		for _, i := range base.issues {
			if p := i.pull; p != nil && i.State == "open" && p.headRepo == r && p.headRef == branch {
				s.pushed(base, i, sha)
			}
		}
	}
}

// resolve finds the commit that a word names: a branch, an id or the start of one. Commits of forks are found too.
func (s *Server) resolve(r *Repository, ref string) *commit {
	for _, prefix := range []string{"", "refs/heads/", "heads/"} {
		if name, ok := strings.CutPrefix(ref, prefix); ok && r.branches[name] != "" {
			return s.git.commits[r.branches[name]]
		}
	}
	if c := s.git.commits[ref]; c != nil || len(ref) < 7 {
		return c
	}
	var found *commit
	for sha, c := range s.git.commits {
		if strings.HasPrefix(sha, ref) {
			if found != nil {
				return nil
			}
			found = c
		}
	}
	return found
}
