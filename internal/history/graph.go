package history

import (
	"bytes"
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// graph learns which folders lead to something that was found. To follow each commit down by ids would
// take many times longer than to go through all folders family by family once or twice. Of what a folder
// holds only the first four bytes of ids are kept at first: there are many millions of entries, and few
// lead anywhere.
type graph struct {
	scan  *scan
	hits  heads // files in which something was found
	leads flags // folders that hold something, or a folder that does
	lead  heads // of these

	mu    sync.Mutex
	edges [][]uint32 // of each folder: its number, how many folders it holds, the beginnings of their ids
	held  int64
	most  int64 // bytes of edges
	over  bool  // there are more

	ways  map[int32][]way // of folders that lead to something
	names map[string]string
}

// way is an entry of a folder that leads to something.
type way struct {
	name   string
	number int32
	folder bool
}

// heads is a set of the first four bytes of ids, of which it first looks at three.
type heads struct {
	some []uint64
	all  map[uint32]struct{}
}

func newHeads() heads { return heads{make([]uint64, 1<<24/64), map[uint32]struct{}{}} }

func (h *heads) add(head uint32) {
	h.some[head>>14] |= 1 << (head >> 8 & 63)
	h.all[head] = struct{}{}
}

func (h *heads) has(head uint32) bool {
	if h.some[head>>14]&(1<<(head>>8&63)) == 0 {
		return false
	}
	_, ok := h.all[head]
	return ok
}

func newGraph(s *scan) *graph {
	g := &graph{
		scan: s, leads: newFlags(s.ids.len()), hits: newHeads(), lead: newHeads(), most: s.opts.memory() / 8,
		ways: map[int32][]way{}, names: map[string]string{},
	}
	for blob := range s.blobs {
		g.hits.add(binary.BigEndian.Uint32(s.ids.raw(blob)))
	}
	return g
}

// edgeBlock is how many numbers are kept in one piece.
const edgeBlock = 64 << 10

// note takes a folder in.
func (g *graph) note(v view) {
	var few [256]uint32
	folders := few[:0]
	for e, raw := range rawEntries(v.content, g.scan.ids.size) {
		head := binary.BigEndian.Uint32(raw)
		switch {
		case isFolder(e):
			folders = append(folders, head)
		case g.hits.has(head) && g.scan.blobs[g.scan.ids.number(raw)] != nil:
			g.leads.set(v.number)
		}
	}
	if len(folders) > 0 {
		g.keep(v.number, folders)
	}
}

func (g *graph) keep(n int32, folders []uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	size := int64(4 * (len(folders) + 2))
	if g.held += size; g.held > g.most {
		g.over, g.edges = true, nil
		return
	}
	last := len(g.edges) - 1
	if last < 0 || len(g.edges[last])+len(folders)+2 > cap(g.edges[last]) {
		g.edges = append(g.edges, make([]uint32, 0, max(edgeBlock, len(folders)+2)))
		last++
	}
	g.edges[last] = append(append(g.edges[last], uint32(n), uint32(len(folders))), folders...)
}

// rawEntries yields the mode and name of each entry of a folder, and its id.
func rawEntries(b []byte, size int) func(yield func(modeAndName, id []byte) bool) {
	return func(yield func([]byte, []byte) bool) {
		for len(b) > 0 {
			zero := bytes.IndexByte(b, 0)
			if zero < 1 || zero+1+size > len(b) {
				return
			}
			if !yield(b[:zero], b[zero+1:zero+1+size]) {
				return
			}
			b = b[zero+1+size:]
		}
	}
}

// spread marks what leads to marked folders, round by round.
func (g *graph) spread() {
	for n := range int32(g.scan.ids.len()) {
		if g.leads.has(n) {
			g.lead.add(g.head(n))
		}
	}
	for changed := true; changed; {
		if g.over {
			changed = g.again()
			continue
		}
		changed = false
		for _, edges := range g.edges {
			changed = g.block(edges) || changed
		}
	}
}

func (g *graph) head(n int32) uint32 { return binary.BigEndian.Uint32(g.scan.ids.raw(n)) }

// block goes through some folders whose edges are kept. That two ids begin alike is rare, and costs a look.
func (g *graph) block(edges []uint32) (changed bool) {
	for len(edges) > 0 {
		n, folders := int32(edges[0]), edges[2:2+edges[1]]
		edges = edges[2+len(folders):]
		if g.leads.has(n) {
			continue
		}
		for _, head := range folders {
			if g.lead.has(head) {
				g.leads.set(n)
				g.lead.add(g.head(n))
				changed = true
				break
			}
		}
	}
	return changed
}

// again goes through all folders once more where there is no memory for the edges of so many.
func (g *graph) again() bool {
	var changed atomic.Bool
	fresh := newFlags(g.scan.ids.len())
	g.scan.pass(func(v view) state {
		if g.leads.has(v.number) {
			return 0
		}
		for e, raw := range rawEntries(v.content, g.scan.ids.size) {
			if isFolder(e) && g.lead.has(binary.BigEndian.Uint32(raw)) {
				fresh.set(v.number)
				changed.Store(true)
				break
			}
		}
		return 0
	}, isTree, g.scan.trees)
	for n := range int32(g.scan.ids.len()) {
		if fresh.has(n) && g.leads.set(n) {
			g.lead.add(g.head(n))
		}
	}
	return changed.Load()
}

// find notes of a folder that leads to something which of its entries do.
func (g *graph) find(v view) state {
	if !g.leads.has(v.number) {
		return 0
	}
	var ways []way
	var names [][]byte
	for e, raw := range rawEntries(v.content, g.scan.ids.size) {
		head, folder := binary.BigEndian.Uint32(raw), isFolder(e)
		if folder && !g.lead.has(head) || !folder && !g.hits.has(head) {
			continue
		}
		n := g.scan.ids.number(raw)
		if n != none && (folder && g.leads.has(n) || !folder && g.scan.blobs[n] != nil) {
			_, name, _ := bytes.Cut(e, []byte(" "))
			ways, names = append(ways, way{number: n, folder: folder}), append(names, name)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range ways {
		ways[i].name = g.name(names[i])
	}
	g.ways[v.number] = ways
	return 0
}

// name makes one string of all names that are the same.
func (g *graph) name(b []byte) string {
	s, ok := g.names[string(b)]
	if !ok {
		s = string(b)
		g.names[s] = s
	}
	return s
}

// ways finds, of every folder that leads to something, the entries that do.
func (s *scan) ways() map[int32][]way {
	g := s.graph
	if g == nil { // only names were found, while folders were gone through
		g = newGraph(s)
		s.pass(func(v view) state { g.note(v); return 0 }, isTree, s.trees)
	}
	for tree := range s.names {
		g.leads.set(tree)
	}
	g.spread()
	g.edges = nil
	s.pass(g.find, isTree, s.trees)
	return g.ways
}
