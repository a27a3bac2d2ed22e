package history

import (
	"bytes"
	"sync"
	"sync/atomic"
)

// graph learns which folders lead to something that was found. To follow each commit down by ids would
// take many times longer than to go through all folders family by family, once.
type graph struct {
	scan  *scan
	leads flags // folders that hold something, or a folder that does
	hits  flags // files in which something was found
	first []bool

	mu    sync.Mutex
	edges [][]int32 // of each folder: its number, how many folders it holds, their numbers
	held  int64
	most  int64 // bytes of edges
	over  bool  // there are more
}

func newGraph(s *scan) *graph {
	g := &graph{scan: s, leads: newFlags(s.ids.len()), hits: newFlags(s.ids.len()), first: make([]bool, 1<<16), most: s.opts.memory() / 8}
	for blob := range s.blobs {
		g.hits.set(blob)
		raw := s.ids.raw(blob)
		g.first[uint(raw[0])<<8|uint(raw[1])] = true
	}
	return g
}

// edgeBlock is how many numbers are kept in one piece.
const edgeBlock = 64 << 10

// note takes a folder in.
func (g *graph) note(v view) {
	var few [64]int32
	folders := few[:0]
	for folder, raw := range rawEntries(v.content, g.scan.ids.size) {
		switch {
		case folder:
			if n := g.scan.ids.number(raw); n != none {
				folders = append(folders, n)
			}
		case g.first[uint(raw[0])<<8|uint(raw[1])]:
			if n := g.scan.ids.number(raw); n != none && g.hits.has(n) {
				g.leads.set(v.number)
			}
		}
	}
	if len(folders) > 0 {
		g.keep(v.number, folders)
	}
}

func (g *graph) keep(n int32, folders []int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	size := int64(4 * (len(folders) + 2))
	if g.held += size; g.held > g.most {
		g.over, g.edges = true, nil
		return
	}
	last := len(g.edges) - 1
	if last < 0 || len(g.edges[last])+len(folders)+2 > cap(g.edges[last]) {
		g.edges = append(g.edges, make([]int32, 0, max(edgeBlock, len(folders)+2)))
		last++
	}
	g.edges[last] = append(append(g.edges[last], n, int32(len(folders))), folders...)
}

// rawEntries yields whether each entry of a folder is one itself, and its id.
func rawEntries(b []byte, size int) func(yield func(bool, []byte) bool) {
	return func(yield func(bool, []byte) bool) {
		for len(b) > 0 {
			zero := bytes.IndexByte(b, 0)
			if zero < 1 || zero+1+size > len(b) {
				return
			}
			if !yield(isFolder(b[:zero]), b[zero+1:zero+1+size]) {
				return
			}
			b = b[zero+1+size:]
		}
	}
}

// spread marks what leads to marked folders. Most folders come before what they hold.
func (g *graph) spread() {
	for changed := true; changed; {
		if g.over {
			changed = g.again()
			continue
		}
		changed = false
		for i := len(g.edges) - 1; i >= 0; i-- {
			changed = g.block(g.edges[i]) || changed
		}
	}
}

// block goes through some folders whose edges are kept.
func (g *graph) block(edges []int32) (changed bool) {
	for len(edges) > 0 {
		n, folders := edges[0], edges[2:2+edges[1]]
		edges = edges[2+len(folders):]
		if g.leads.has(n) {
			continue
		}
		for _, f := range folders {
			if g.leads.has(f) {
				g.leads.set(n)
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
	g.scan.pass(func(v view) state {
		for folder, raw := range rawEntries(v.content, g.scan.ids.size) {
			if !folder {
				continue
			}
			if n := g.scan.ids.number(raw); n != none && g.leads.has(n) {
				if g.leads.set(v.number) {
					changed.Store(true)
				}
				break
			}
		}
		return 0
	}, isTree, g.scan.trees)
	return changed.Load()
}

// leads says of every folder whether something was found in it or below it.
func (s *scan) leads() flags {
	g := s.graph
	if g == nil { // only names were found, while folders were gone through
		g = newGraph(s)
		s.pass(func(v view) state { g.note(v); return 0 }, isTree, s.trees)
	}
	for tree := range s.names {
		g.leads.set(tree)
	}
	g.spread()
	return g.leads
}
