package history

import (
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// list numbers all objects and finds the families of each pack.
func (s *scan) list() {
	size := s.repo.Format().Size()
	var packs []*gitobject.Pack
	var lists, inOrder [][]byte
	for _, p := range s.repo.Packs() {
		list, err := p.IDs()
		if err != nil {
			s.skip(s.name(p), err.Error())
			continue
		}
		if err := p.CheckIndex(); err != nil {
			s.skip(s.name(p), err.Error())
		}
		packs, lists, inOrder = append(packs, p), append(lists, list), append(inOrder, ascending(size, list))
	}
	loose := s.listLoose()
	inOrder = slices.DeleteFunc(append(inOrder, loose), func(l []byte) bool { return len(l) == 0 })
	s.ids = newIDs(size, merge(size, inOrder))
	s.done = newFlags(s.ids.len())
	inPack := newFlags(s.ids.len())
	for i, p := range packs {
		f := &family{scan: s, pack: p, numbers: s.ids.numbers(lists[i])}
		f.list(len(lists[i]) / size)
		f.plant()
		f.each(func(n int32) { inPack.set(n) })
		s.packs = append(s.packs, f)
	}
	for raw := range slices.Chunk(loose, size) {
		if n := s.ids.number(raw); !inPack.has(n) {
			s.loose = append(s.loose, n)
		}
	}
	s.room.most = s.contents()
}

// contents is how many bytes of contents may be held: what the tables leave, and of that one half, for
// as much again may be garbage that was not collected yet.
func (s *scan) contents() int64 {
	all := s.opts.memory()
	tables := int64(len(s.ids.all) + 4*len(s.ids.first))
	for _, f := range s.packs {
		tables += int64(len(f.offset)) * memberBytes
	}
	return max((all-2*tables)/2, all/8)
}

// name is the path of a pack within the repository.
func (s *scan) name(p *gitobject.Pack) string {
	return strings.TrimPrefix(p.Name(), s.repo.CommonDir()+"/")
}

// listLoose are the sorted ids of the objects that have a file each.
func (s *scan) listLoose() []byte {
	var list []gitobject.ID
	for id, err := range s.repo.EachLoose() {
		if err != nil {
			s.skip("objects", err.Error())
			continue
		}
		list = append(list, id)
	}
	slices.SortFunc(list, gitobject.ID.Compare)
	var all []byte
	for _, id := range slices.Compact(list) {
		all = append(all, id.Raw()...)
	}
	return all
}
