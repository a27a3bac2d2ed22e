package history

import (
	"bytes"
	"slices"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// leads says of every folder, by its number, whether something was found in it or below it. It goes
// through all folders once more, family by family, which is much faster than to follow each commit
// down by ids; where nothing was found nobody asks.
func (s *scan) leads() []bool {
	g := &graph{scan: s, below: make([][]int32, len(s.known)), leads: make([]bool, len(s.known))}
	for blob := range s.blobs {
		g.first[firstOf(blob)] = true
	}
	for tree := range s.names {
		g.leads[s.known[tree]] = true
	}
	s.pass(g.look, func(t gitobject.Type) bool { return t == gitobject.TypeTree })
	g.spread()
	return g.leads
}

// graph is which folders are in which.
type graph struct {
	scan  *scan
	below [][]int32 // by the number of a folder: those of its folders
	leads []bool
	first [1 << 16]bool // by the first bytes of an id: whether it may be one that is looked for
}

func firstOf(id gitobject.ID) uint16 {
	head := id.Head()
	return uint16(head[0])<<8 | uint16(head[1])
}

// look notes what a folder holds.
func (g *graph) look(v view) bool {
	if v.kind != gitobject.TypeTree {
		return false
	}
	s := g.scan
	var folders []int32
	leads := false
	for mode, raw := range rawEntries(v.content, s.repo.Format().Size()) {
		switch {
		case mode == '4':
			if n, ok := s.known[gitobject.RawID(raw)]; ok {
				folders = append(folders, n)
			}
		case g.first[uint16(raw[0])<<8|uint16(raw[1])] && s.blobs[gitobject.RawID(raw)] != nil:
			leads = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.known[v.id()]
	g.below[n] = folders
	g.leads[n] = g.leads[n] || leads
	return false
}

// rawEntries yields the first digit of the mode and the id of each entry of a folder.
func rawEntries(b []byte, size int) func(yield func(byte, []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		for len(b) > 0 {
			zero := bytes.IndexByte(b, 0)
			if zero < 1 || zero+1+size > len(b) {
				return
			}
			mode := b[0]
			if mode == '0' {
				mode = b[1]
			}
			if !yield(mode, b[zero+1:zero+1+size]) {
				return
			}
			b = b[zero+1+size:]
		}
	}
}

// spread marks the folders that lead to marked ones: from those upwards.
func (g *graph) spread() {
	above := make([][]int32, len(g.below))
	for n, folders := range g.below {
		for _, f := range folders {
			above[f] = append(above[f], int32(n))
		}
	}
	var marked []int32
	for n, leads := range g.leads {
		if leads {
			marked = append(marked, int32(n))
		}
	}
	for len(marked) > 0 {
		n := marked[len(marked)-1]
		marked = slices.Delete(marked, len(marked)-1, len(marked))
		for _, a := range above[n] {
			if !g.leads[a] {
				g.leads[a] = true
				marked = append(marked, a)
			}
		}
	}
}
