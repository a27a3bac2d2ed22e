package history

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/leak"
)

// refs looks at the names of refs and notes where they lead.
func (s *scan) refs() {
	for ref, err := range s.repo.Refs() {
		if err != nil {
			s.skip("refs", err.Error())
			continue
		}
		s.finder.Text([]byte(ref.Name), func(h leak.Hit) {
			s.rows = append(s.rows, Sighting{Hit: h, Where: InRef, Path: ref.Name})
		})
		if !ref.ID.IsZero() {
			s.refer(ref.ID, gitobject.TypeCommit)
		}
	}
}

// A layer is what some refs lead to. The first layer that reaches an object says where it is.
type layer struct {
	where Where
	wants func(ref string) bool
}

func layers() []layer {
	return []layer{
		{InCommit, func(ref string) bool { return !isNote(ref) && ref != "refs/stash" }},
		{InStash, func(ref string) bool { return ref == "refs/stash" }},
		{InNote, isNote},
	}
}

func isNote(ref string) bool { return strings.HasPrefix(ref, "refs/notes/") }

// place finds out where the objects are in which something was found.
func (s *scan) place() {
	if len(s.blobs)+len(s.names)+len(s.texts) == 0 {
		return
	}
	s.generations()
	p := &placer{scan: s, leads: s.leads(), memo: map[gitobject.ID][]spot{}, placed: map[rowKey]bool{}, reached: map[gitobject.ID]bool{}}
	for _, l := range layers() {
		p.layer(l.where, s.tips(l.wants))
	}
	p.layer(IsDangling, s.allCommits())
	p.rest()
}

// tips are the objects that some refs lead to.
func (s *scan) tips(wants func(string) bool) []gitobject.ID {
	var ids []gitobject.ID
	for ref, err := range s.repo.Refs() {
		if err == nil && wants(ref.Name) {
			ids = append(ids, ref.ID)
		}
	}
	if head, ok, err := s.repo.Ref("HEAD"); ok && err == nil && wants("HEAD") {
		ids = append(ids, head.ID)
	}
	return ids
}

func (s *scan) allCommits() []gitobject.ID {
	ids := make([]gitobject.ID, 0, len(s.commits)+len(s.tags))
	for id := range s.commits {
		ids = append(ids, id)
	}
	for id := range s.tags {
		ids = append(ids, id)
	}
	return ids
}

// generations numbers the commits so that each comes after its parents.
func (s *scan) generations() {
	for id := range s.commits {
		stack := []gitobject.ID{id}
		for len(stack) > 0 {
			c := s.commits[stack[len(stack)-1]]
			if c.generation > 0 || !s.generation(c, &stack) {
				stack = stack[:len(stack)-1]
			}
		}
	}
}

// generation numbers a commit whose parents are numbered; else it puts these on the stack and is true.
func (s *scan) generation(c *commit, stack *[]gitobject.ID) (waits bool) {
	most := 0
	for _, p := range c.parents {
		parent := s.commits[p]
		if parent == nil {
			continue
		}
		if parent.generation == 0 {
			*stack = append(*stack, p)
			waits = true
		}
		most = max(most, parent.generation)
	}
	if !waits {
		c.generation = most + 1
	}
	return waits
}

// rowKey is what there is one row of: a key in a place. Of several commits the first one counts.
type rowKey struct {
	id     string
	where  Where
	path   string
	inside string
}

// spot is something that was found below a folder.
type spot struct {
	path string
	blob gitobject.ID // zero for a name
	name leak.Hit
}

type placer struct {
	scan    *scan
	leads   []bool                  // by the numbers of folders: something was found below
	memo    map[gitobject.ID][]spot // of folders that were looked through
	placed  map[rowKey]bool
	reached map[gitobject.ID]bool // commits, tags and files that have a place
}

// layer places what some objects lead to and no earlier layer reached.
func (p *placer) layer(where Where, tips []gitobject.ID) {
	var found []gitobject.ID
	stack := slices.Clone(tips)
	for len(stack) > 0 {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if p.reached[id] {
			continue
		}
		switch c, t := p.scan.commits[id], p.scan.tags[id]; {
		case c != nil:
			p.reached[id] = true
			found = append(found, id)
			stack = append(stack, c.parents...)
		case !t.object.IsZero():
			p.reached[id] = true
			p.words(id, tagPlace(where), t.name)
			stack = append(stack, t.object)
		default:
			p.bare(where, id)
		}
	}
	slices.SortFunc(found, func(a, b gitobject.ID) int {
		x, y := p.scan.commits[a], p.scan.commits[b]
		return cmp.Or(cmp.Compare(x.generation, y.generation), cmp.Compare(x.when, y.when), cmp.Compare(a.String(), b.String()))
	})
	for _, id := range found {
		p.commit(where, id)
	}
}

func tagPlace(where Where) Where {
	if where == IsDangling {
		return IsDangling
	}
	return InTag
}

// bare places what a ref names without a commit: a folder or a file.
func (p *placer) bare(where Where, id gitobject.ID) {
	if _, ok := p.scan.blobs[id]; ok {
		p.file(where, "", "", id)
		return
	}
	if t, _, err := p.scan.repo.Stat(id); err == nil && t == gitobject.TypeTree {
		p.folder(where, "", id)
	}
}

// commit places the words of a commit and what its tree holds.
func (p *placer) commit(where Where, id gitobject.ID) {
	w := InMessage
	if where != InCommit {
		w = where
	}
	p.words(id, w, "")
	p.folder(where, id.String(), p.scan.commits[id].tree)
}

func (p *placer) words(id gitobject.ID, where Where, name string) {
	for _, h := range p.scan.texts[id] {
		row := Sighting{Hit: h, Where: where, Path: name, Blob: id.String()}
		if p.scan.commits[id] != nil {
			row.Commit = id.String()
		}
		p.row(row)
	}
}

func (p *placer) folder(where Where, commit string, tree gitobject.ID) {
	if !p.toSomething(tree) {
		return
	}
	for _, s := range p.below(tree, 0) {
		if !s.blob.IsZero() {
			p.file(where, commit, s.path, s.blob)
			continue
		}
		w := InName
		if where != InCommit {
			w = where
		}
		p.row(Sighting{Hit: s.name, Where: w, Path: s.path, Commit: commit})
	}
}

func (p *placer) file(where Where, commit, name string, blob gitobject.ID) {
	p.reached[blob] = true
	for _, f := range p.scan.blobs[blob] {
		p.row(Sighting{Hit: f.Hit, Inside: f.Inside, Where: where, Path: name, Commit: commit, Blob: blob.String()})
	}
}

// row adds a row, unless an earlier commit has the same.
func (p *placer) row(r Sighting) {
	k := rowKey{r.ID, r.Where, r.Path, strings.Join(r.Inside, "\x00")}
	if !p.placed[k] {
		p.placed[k] = true
		p.scan.rows = append(p.scan.rows, r)
	}
}

// maxFolders is how deep folders may lie in each other.
const maxFolders = 1000

// below lists what was found below a folder. Each folder is looked through once, whatever holds it.
func (p *placer) below(tree gitobject.ID, depth int) []spot {
	if spots, ok := p.memo[tree]; ok {
		return spots
	}
	p.memo[tree] = nil
	if depth > maxFolders {
		p.scan.skipObject(tree, nil, "folders lie too deep in each other")
		return nil
	}
	entries, err := p.scan.repo.Tree(tree)
	if err != nil {
		p.scan.skipObject(tree, nil, err.Error())
		return nil
	}
	var spots []spot
	for _, n := range p.scan.names[tree] {
		spots = append(spots, spot{path: n.name, name: n.hit})
	}
	for _, e := range entries {
		spots = append(spots, p.entry(e, depth)...)
	}
	p.memo[tree] = spots
	return spots
}

func (p *placer) entry(e gitobject.Entry, depth int) []spot {
	switch {
	case e.Mode == gitobject.ModeTree:
		if !p.toSomething(e.ID) {
			return nil
		}
		below := p.below(e.ID, depth+1)
		out := make([]spot, len(below))
		for i, s := range below {
			s.path = path.Join(e.Name, s.path)
			out[i] = s
		}
		return out
	case e.Mode.IsBlob() && p.scan.blobs[e.ID] != nil:
		return []spot{{path: e.Name, blob: e.ID}}
	}
	return nil
}

// rest places what no commit leads to.
func (p *placer) rest() {
	s := p.scan
	for blob, found := range s.blobs {
		if !p.reached[blob] {
			for _, f := range found {
				s.rows = append(s.rows, Sighting{Hit: f.Hit, Inside: f.Inside, Where: IsDangling, Blob: blob.String()})
			}
		}
	}
	for tree, hits := range s.names {
		if _, ok := p.memo[tree]; !ok {
			for _, n := range hits {
				s.rows = append(s.rows, Sighting{Hit: n.hit, Where: IsDangling, Path: n.name})
			}
		}
	}
}

func (p *placer) toSomething(tree gitobject.ID) bool {
	n, ok := p.scan.known[tree]
	return ok && p.leads[n]
}
