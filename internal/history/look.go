package history

import (
	"bytes"
	"slices"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/leak"
)

// view is an object that is looked at.
type view struct {
	id      func() gitobject.ID
	kind    gitobject.Type
	content []byte
	code    gitobject.Delta // what it was made by, if isDelta
	isDelta bool
	dirty   bool // something was found in what it was made of
}

// look looks at an object and says whether something was found in it.
func (s *scan) look(v view) bool {
	s.seen.Add(1)
	s.bytes.Add(int64(len(v.content)))
	switch v.kind {
	case gitobject.TypeBlob:
		return s.blob(v)
	case gitobject.TypeTree:
		return s.tree(v)
	case gitobject.TypeCommit:
		s.commit(v)
	case gitobject.TypeTag:
		s.tag(v)
	}
	return false
}

// headLen is how much of a content tells what it is.
const headLen = 512

// blob looks at a file. One that was made of another in which nothing was found can only hold
// something where it differs.
func (s *scan) blob(v view) bool {
	head := v.content[:min(len(v.content), headLen)]
	if !v.dirty && v.isDelta && !s.finder.Container(head) && !s.changesTell(v) {
		return false
	}
	var all []Found
	s.finder.Find(v.content, func(f Found) { all = append(all, f) }, func(inside []string, reason string) {
		s.skipObject(v.id(), inside, reason)
	})
	if len(all) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[v.id()] = all
	return true
}

// span is a part of a content, from its first byte to the one behind its last.
type span struct{ from, to int }

// changesTell says whether a key could stand in what a difference brings in, or where it joins what
// was apart.
func (s *scan) changesTell(v view) bool {
	for at := range changes(v.code, len(v.content)) {
		if s.finder.Candidate(v.content[at.from:at.to]) {
			return true
		}
	}
	return false
}

// changes yields the parts of a content that are not as in its base, with Context around them.
func changes(code gitobject.Delta, size int) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		open := span{from: -1}
		pos, follow := 0, int64(0)
		touch := func(from, to int) bool {
			from, to = max(from-Context, 0), min(to+Context, size)
			if open.from >= 0 && from <= open.to {
				open.to = max(open.to, to)
				return true
			}
			ok := open.from < 0 || yield(open)
			open = span{from, to}
			return ok
		}
		for in := range code.Instructions() {
			n := int(in.Length)
			switch {
			case in.Insert != nil:
				if !touch(pos, pos+n) {
					return
				}
				follow = -1
			case in.Offset != follow:
				if !touch(pos, pos) {
					return
				}
			}
			if in.Insert == nil {
				follow = in.Offset + in.Length
			}
			pos += n
		}
		if follow != code.BaseSize && !touch(size, size) {
			return
		}
		if open.from >= 0 {
			yield(open)
		}
	}
}

// tree looks at the names of a folder, and at whether what it names is there.
func (s *scan) tree(v view) bool {
	var news []span
	if v.isDelta {
		news = slices.Collect(changes(v.code, len(v.content)))
	} else {
		news = []span{{0, len(v.content)}}
	}
	told := v.dirty
	for _, at := range news {
		told = told || s.finder.Candidate(v.content[at.from:at.to])
	}
	s.entries(v, news)
	if !told {
		return false
	}
	return s.nameHits(v)
}

// entries looks up what the new entries of a folder name.
func (s *scan) entries(v view, news []span) {
	size := s.repo.Format().Size()
	b, pos := v.content, 0
	for _, at := range news {
		for pos < len(b) {
			zero := bytes.IndexByte(b[pos:], 0)
			if zero < 0 || pos+zero+1+size > len(b) {
				s.skipObject(v.id(), nil, "a folder that ends within an entry")
				return
			}
			end := pos + zero + 1 + size
			if pos >= at.to {
				break
			}
			if end > at.from {
				s.entry(b[pos:pos+zero], b[end-size:end])
			}
			pos = end
		}
	}
}

// entry looks up what one entry names. Submodules are in another repository.
func (s *scan) entry(modeAndName, raw []byte) {
	kind := gitobject.TypeBlob
	switch {
	case bytes.HasPrefix(modeAndName, []byte("16")):
		return
	case bytes.HasPrefix(modeAndName, []byte("4")), bytes.HasPrefix(modeAndName, []byte("04")):
		kind = gitobject.TypeTree
	}
	s.refer(gitobject.RawID(raw), kind)
}

// refer notes an object that another names and that is not here.
func (s *scan) refer(id gitobject.ID, kind gitobject.Type) {
	if _, ok := s.known[id]; ok || id == s.repo.Format().EmptyTree() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing[id] = kind
}

func (s *scan) nameHits(v view) bool {
	entries, err := gitobject.ParseTree(v.content, s.repo.Format())
	if err != nil {
		s.skipObject(v.id(), nil, err.Error())
		return false
	}
	var hits []nameHit
	for _, e := range entries {
		s.finder.Text([]byte(e.Name), func(h leak.Hit) { hits = append(hits, nameHit{e.Name, h}) })
	}
	if len(hits) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[v.id()] = hits
	return true
}

// commit looks at the words of a commit and remembers what it names.
func (s *scan) commit(v view) {
	id := v.id()
	c, err := gitobject.ParseCommit(v.content, s.repo.Format())
	if err != nil {
		s.skipObject(id, nil, err.Error())
		return
	}
	s.refer(c.Tree, gitobject.TypeTree)
	hits := s.text(v.content)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits[id] = &commit{tree: c.Tree, parents: c.Parents, when: c.Committer.When.Unix()}
	if len(hits) > 0 {
		s.texts[id] = hits
	}
}

func (s *scan) tag(v view) {
	id := v.id()
	t, err := gitobject.ParseTag(v.content, s.repo.Format())
	if err != nil {
		s.skipObject(id, nil, err.Error())
		return
	}
	s.refer(t.Object, t.Type)
	hits := s.text(v.content)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags[id] = tag{object: t.Object, name: t.Name}
	if len(hits) > 0 {
		s.texts[id] = hits
	}
}

func (s *scan) text(content []byte) []leak.Hit {
	var hits []leak.Hit
	s.finder.Text(content, func(h leak.Hit) { hits = append(hits, h) })
	return hits
}
