package history

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/leak"
)

// A layer is what some refs lead to. The first layer that reaches an object says where it is.
type layer struct {
	where Where
	wants func(ref string) bool
}

func layers() []layer {
	return []layer{
		{InCommit, func(ref string) bool { return !isNote(ref) && ref != stash }},
		{InStash, func(ref string) bool { return ref == stash }},
		{InNote, isNote},
	}
}

// place finds out where the objects are in which something was found.
func (s *scan) place() {
	if len(s.blobs)+len(s.names)+len(s.texts) == 0 {
		return
	}
	s.order()
	p := newPlacer(s)
	for _, l := range layers() {
		var tips []tip
		for _, t := range s.tips {
			if l.wants(t.ref) {
				tips = append(tips, t)
			}
		}
		p.layer(l.where, tips)
	}
	p.layer(IsDangling, s.everything())
	p.rest()
}

// everything are all commits and tags.
func (s *scan) everything() []tip {
	all := make([]tip, 0, len(s.commits)+len(s.tags))
	for n := range s.commits {
		all = append(all, tip{object: n})
	}
	for n := range s.tags {
		all = append(all, tip{object: n})
	}
	slices.SortFunc(all, func(a, b tip) int { return cmp.Compare(a.object, b.object) })
	return all
}

// rowKey is what there is one row of: a key in a place. Of several commits the first one counts.
type rowKey struct {
	id     string
	where  Where
	path   string
	inside string
}

// visit is a folder at a path.
type visit struct{ tree, path int32 }

type placer struct {
	scan    *scan
	where   Where
	ways    map[int32][]way    // of folders below which something was found
	rows    map[rowKey]int     // where in the rows of the scan
	reached map[int32]Where    // commits, tags, folders and files that have a place
	seen    map[visit]struct{} // folders that were looked through at a path
	paths   map[string]int32
	met     flags // folders that were looked through at any path
	again   int   // how often one was that had been met at another path
}

func newPlacer(s *scan) *placer {
	return &placer{
		scan: s, ways: s.ways(), rows: map[rowKey]int{}, reached: map[int32]Where{}, seen: map[visit]struct{}{}, paths: map[string]int32{},
		met: newFlags(s.ids.len()),
	}
}

// reach says that an object has its place in this layer, and whether no earlier one had it.
func (p *placer) reach(n int32) (first bool) {
	where, ok := p.reached[n]
	if !ok {
		p.reached[n] = p.where
	}
	return !ok || where == p.where
}

// layer places what some objects lead to and no earlier layer reached.
func (p *placer) layer(where Where, tips []tip) {
	p.where = where
	found, bare := p.follow(tips)
	slices.SortFunc(found, func(a, b int32) int {
		x, y := p.scan.commits[a], p.scan.commits[b]
		return cmp.Or(cmp.Compare(x.generation, y.generation), cmp.Compare(x.when, y.when), cmp.Compare(a, b))
	})
	for _, n := range found {
		p.commit(n)
	}
	for _, t := range bare {
		p.bare(t)
	}
}

// follow collects the commits that some objects lead to, and what is named without a commit.
func (p *placer) follow(tips []tip) (commits []int32, bare []tip) {
	stack := slices.Clone(tips)
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if _, ok := p.reached[t.object]; ok || t.object == none {
			continue
		}
		c := p.scan.commits[t.object]
		tag, isTag := p.scan.tags[t.object]
		switch {
		case c != nil:
			p.reach(t.object)
			commits = append(commits, t.object)
			for _, parent := range c.parents {
				stack = append(stack, tip{object: parent})
			}
		case isTag:
			p.reach(t.object)
			p.words(t.object, InTag, tag.name)
			stack = append(stack, tip{tag.object, cmp.Or(t.ref, tag.name)})
		default:
			bare = append(bare, t)
		}
	}
	return commits, bare
}

// bare places what a ref names without a commit: a folder or a file.
func (p *placer) bare(t tip) {
	if _, ok := p.scan.blobs[t.object]; ok {
		p.file(none, t.ref, t.object)
		return
	}
	p.folder(none, "", t.object, 0)
}

// commit places the words of a commit and what its tree holds.
func (p *placer) commit(n int32) {
	p.words(n, InMessage, "")
	if tree := p.scan.commits[n].tree; tree != none {
		p.folder(n, "", tree, 0)
	}
}

// in is the kind of a place that an object has in what refs lead to; elsewhere where it is counts more.
func (p *placer) in(kind Where) Where {
	if p.where != InCommit {
		return p.where
	}
	return kind
}

func (p *placer) words(n int32, kind Where, name string) {
	for _, h := range p.scan.texts[n] {
		row := Sighting{Hit: h, Where: p.in(kind), Path: name, Blob: p.hex(n)}
		if p.scan.commits[n] != nil {
			row.Commit = row.Blob
		}
		p.row(row)
	}
}

func (p *placer) file(commit int32, name string, blob int32) {
	if !p.reach(blob) {
		return
	}
	for _, f := range p.scan.blobs[blob] {
		p.row(Sighting{Hit: f.Hit, Inside: f.Inside, Where: p.where, Path: name, Commit: p.hex(commit), Blob: p.hex(blob)})
	}
}

// hex is the id of an object in digits; empty for none.
func (p *placer) hex(n int32) string {
	if n == none {
		return ""
	}
	return p.scan.ids.id(n).String()
}

// row adds a row, unless an earlier commit has the same. What is worse of the two stays known.
func (p *placer) row(r Sighting) {
	k := rowKey{r.ID, r.Where, r.Path, strings.Join(r.Inside, "\x00")}
	at, ok := p.rows[k]
	if !ok {
		p.rows[k] = len(p.scan.rows)
		p.scan.rows = append(p.scan.rows, r)
		return
	}
	first := &p.scan.rows[at]
	first.SecretNearby = first.SecretNearby || r.SecretNearby
	if sureness(r.Confidence) > sureness(first.Confidence) {
		first.Confidence = r.Confidence
	}
}

func sureness(c leak.Confidence) int {
	return slices.Index([]leak.Confidence{leak.Possible, leak.Likely, leak.Certain}, c)
}

const (
	maxFolders = 1000     // in each other
	maxAgain   = 64 << 10 // of folders at more than one path: a few can hold themselves a billion times
)

// folder places what was found below a folder. One that was looked through at the same path holds
// nothing that has no place yet, for its first commit comes first; one that an earlier layer reached has
// its place there.
func (p *placer) folder(commit int32, path string, tree int32, depth int) {
	ways, ok := p.ways[tree]
	if !ok || !p.reach(tree) || !p.visits(tree, path) {
		return
	}
	if depth > maxFolders {
		p.scan.skipObject(p.scan.ids.id(tree), nil, "folders lie too deep in each other, so that places of keys below are not listed")
		return
	}
	for _, n := range p.scan.names[tree] {
		p.row(Sighting{Hit: n.hit, Where: p.in(InName), Path: path + n.name, Commit: p.hex(commit)})
	}
	for _, w := range ways {
		if w.folder {
			p.folder(commit, path+w.name+"/", w.number, depth+1)
		} else {
			p.file(commit, path+w.name, w.number)
		}
	}
}

// visits says that a folder was not looked through at this path.
func (p *placer) visits(tree int32, path string) bool {
	at, ok := p.paths[path]
	if !ok {
		at = int32(len(p.paths))
		p.paths[path] = at
	}
	v := visit{tree, at}
	if _, ok := p.seen[v]; ok {
		return false
	}
	if !p.met.set(tree) {
		if p.again++; p.again > maxAgain {
			p.scan.skip("history", "too many folders stand in several places, so that not all places of keys are listed")
			return false
		}
	}
	p.seen[v] = struct{}{}
	return true
}

// rest places what no commit leads to.
func (p *placer) rest() {
	s := p.scan
	for _, blob := range sorted(s.blobs) {
		if _, ok := p.reached[blob]; !ok {
			p.file(none, "", blob)
		}
	}
	for _, tree := range sorted(s.names) {
		if _, ok := p.reached[tree]; ok {
			continue
		}
		for _, n := range s.names[tree] {
			p.row(Sighting{Hit: n.hit, Where: IsDangling, Path: n.name})
		}
	}
}

func sorted[V any](m map[int32]V) []int32 {
	list := make([]int32, 0, len(m))
	for n := range m {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}
