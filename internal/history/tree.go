package history

import (
	"bytes"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/leak"
)

// tree looks at the names of a folder, and at whether what it names is there.
func (s *scan) tree(v view) state {
	s.count(v)
	if s.graph != nil {
		s.graph.note(v)
	}
	var few [16]span
	news := append(few[:0], span{0, len(v.content)})
	if v.isDelta {
		news = changes(few[:0], v.code, len(v.content), 0)
	}
	told := s.entries(v, news)
	if !told && (!v.isDelta || v.base&dirty == 0) {
		return 0
	}
	if s.nameHits(v) {
		return dirty
	}
	return 0
}

// entries looks up what the new entries of a folder name, and says whether a name could hold a key.
func (s *scan) entries(v view, news []span) (told bool) {
	b, pos := v.content, 0
	for _, at := range news {
		for pos < len(b) && pos < at.to {
			zero := bytes.IndexByte(b[pos:], 0)
			end := pos + zero + 1 + s.ids.size
			if zero < 0 || end > len(b) {
				s.skipObject(s.ids.id(v.number), nil, "a folder that ends within an entry")
				return true
			}
			if end > at.from {
				told = s.entry(b[pos:pos+zero], b[end-s.ids.size:end]) || told
			}
			pos = end
		}
	}
	return told
}

// shortest is how long a name is at least that can hold a key, after its mode.
const shortest = len("40000 ") + 20

// entry looks up what one entry names, and says whether the name could hold a key. Submodules are in
// another repository.
func (s *scan) entry(modeAndName, raw []byte) (told bool) {
	if !bytes.HasPrefix(modeAndName, []byte("16")) && s.ids.number(raw) == none {
		kind := gitobject.TypeBlob
		if isFolder(modeAndName) {
			kind = gitobject.TypeTree
		}
		s.refer(gitobject.RawID(raw), kind)
	}
	return len(modeAndName) >= shortest && s.finder.Candidate(modeAndName)
}

func isFolder(mode []byte) bool {
	return mode[0] == '4' || mode[0] == '0' && len(mode) > 1 && mode[1] == '4'
}

// nameHits notes the keys in the names of a folder.
func (s *scan) nameHits(v view) bool {
	entries, err := gitobject.ParseTree(v.content, s.repo.Format())
	if err != nil {
		s.skipObject(s.ids.id(v.number), nil, err.Error())
		return false
	}
	var hits []nameHit
	for _, e := range entries {
		if len(e.Name) >= 20 {
			s.finder.Text([]byte(e.Name), func(h leak.Hit) { hits = append(hits, nameHit{e.Name, h}) })
		}
	}
	if len(hits) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[v.number] = hits
	return true
}
