package gitobject

import (
	"container/heap"
	"slices"
)

// MergeBase is where two histories part.
type MergeBase struct {
	ID ID // the best common ancestor, of several the one that git names first; zero for none
	// Shallow says that the search came to the end of a shallow clone: behind it there may be an
	// ancestor where none was found.
	Shallow bool
}

// MergeBase finds the best common ancestor of two commits or tags of commits: one that is an ancestor
// of both, each commit being its own, and of no other such. Parents beyond the end of a shallow
// clone are taken for none; a parent that is missing for another reason is a [MissingError].
func (r *Repository) MergeBase(a, b ID) (MergeBase, error) {
	a, err := r.Peel(a, TypeCommit)
	if err != nil {
		return MergeBase{}, err
	}
	b, err = r.Peel(b, TypeCommit)
	if err != nil {
		return MergeBase{}, err
	}
	if a == b {
		return MergeBase{ID: a}, nil
	}
	h := history{r: r, nodes: map[ID]*node{}}
	bases, err := h.common(a, []ID{b})
	if err == nil && len(bases) > 1 {
		bases, err = h.best(bases)
	}
	if err != nil {
		return MergeBase{}, err
	}
	m := MergeBase{Shallow: h.cut}
	if len(bases) > 0 {
		m.ID = bases[0].id
	}
	return m, nil
}

// node is a commit of which so much is remembered as the search needs.
type node struct {
	id      ID
	date    int64
	parents []ID
	marks   mark
	queued  int // how many times it waits
}

// mark says from where a commit can be reached.
type mark uint8

const (
	fromOne    mark = 1 << iota
	fromOthers      // from one of the others
	stale           // from a common ancestor: it is none of the best
	result
)

type history struct {
	r     *Repository
	nodes map[ID]*node
	cut   bool // the end of a shallow clone was met
}

func (h *history) node(id ID) (*node, error) {
	if n := h.nodes[id]; n != nil {
		return n, nil
	}
	c, err := h.r.Commit(id)
	if err != nil {
		return nil, err
	}
	n := &node{id: id, date: max(0, c.Committer.When.Unix()), parents: c.Parents}
	if h.r.shallow[id] {
		h.cut = h.cut || len(c.Parents) > 0
		n.parents = nil
	}
	h.nodes[id] = n
	return n, nil
}

// common paints the histories of one commit and of others, the youngest commits first, until all
// that waits can be reached from what was found. What it finds is sorted as git sorts it.
func (h *history) common(one ID, others []ID) ([]*node, error) {
	for _, n := range h.nodes {
		n.marks, n.queued = 0, 0
	}
	q := &waiting{}
	if err := h.paint(q, one, fromOne); err != nil {
		return nil, err
	}
	for _, id := range others {
		if err := h.paint(q, id, fromOthers); err != nil {
			return nil, err
		}
	}
	var found []*node
	for q.fresh > 0 {
		n := q.next()
		marks := n.marks & (fromOne | fromOthers | stale)
		if marks == fromOne|fromOthers {
			if n.marks&result == 0 {
				n.marks |= result
				found = byDate(found, n)
			}
			marks |= stale
		}
		for _, p := range n.parents {
			if err := h.paint(q, p, marks); err != nil {
				return nil, err
			}
		}
	}
	// Sorted a second time, as git does, which settles the order of commits of one second.
	var fresh []*node
	for _, n := range found {
		if n.marks&stale == 0 {
			fresh = byDate(fresh, n)
		}
	}
	return fresh, nil
}

// paint adds marks to a commit and lets it wait when that is news.
func (h *history) paint(q *waiting, id ID, marks mark) error {
	n, err := h.node(id)
	if err != nil || n.marks&marks == marks {
		return err
	}
	if marks&stale != 0 && n.marks&stale == 0 {
		q.fresh -= n.queued // what waits there is stale now
	}
	n.marks |= marks
	q.add(n)
	return nil
}

// byDate inserts a commit behind those that are not older.
func byDate(list []*node, n *node) []*node {
	i := slices.IndexFunc(list, func(m *node) bool { return m.date < n.date })
	if i < 0 {
		i = len(list)
	}
	return slices.Insert(list, i, n)
}

// best leaves out the commits that are ancestors of others in the list.
func (h *history) best(list []*node) ([]*node, error) {
	redundant := map[ID]bool{}
	for _, n := range list {
		if redundant[n.id] {
			continue
		}
		var others []ID
		for _, m := range list {
			if m != n && !redundant[m.id] {
				others = append(others, m.id)
			}
		}
		if _, err := h.common(n.id, others); err != nil {
			return nil, err
		}
		redundant[n.id] = n.marks&fromOthers != 0
		for _, id := range others {
			redundant[id] = redundant[id] || h.nodes[id].marks&fromOne != 0
		}
	}
	var left []*node
	for _, n := range list {
		if !redundant[n.id] {
			left = byDate(left, n)
		}
	}
	return left, nil
}

// waiting holds the commits that are still to be looked at, the youngest first and of one second the
// one that came first.
type waiting struct {
	list  []turn
	count int
	fresh int // how many of them are not stale
}

type turn struct {
	*node
	number int
}

func (q *waiting) add(n *node) {
	n.queued++
	if n.marks&stale == 0 {
		q.fresh++
	}
	q.count++
	heap.Push(q, turn{n, q.count})
}

func (q *waiting) next() *node {
	n := heap.Pop(q).(turn).node
	n.queued--
	if n.marks&stale == 0 {
		q.fresh--
	}
	return n
}

// Len, Less, Swap, Push and Pop are for package heap.
func (q *waiting) Len() int { return len(q.list) }

func (q *waiting) Less(i, j int) bool {
	if q.list[i].date != q.list[j].date {
		return q.list[i].date > q.list[j].date
	}
	return q.list[i].number < q.list[j].number
}

func (q *waiting) Swap(i, j int) { q.list[i], q.list[j] = q.list[j], q.list[i] }

func (q *waiting) Push(x any) { q.list = append(q.list, x.(turn)) }

func (q *waiting) Pop() any {
	last := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return last
}
