package history

import (
	"bytes"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/leak"
)

// view is an object that is looked at.
type view struct {
	number  int32
	kind    gitobject.Type
	content []byte
	code    gitobject.Delta // what it was made by, if isDelta
	isDelta bool
	base    state // of what it was made of
}

// state is what is known of a content that others are made of.
type state uint8

const (
	dirty   state = 1 << iota // something was found in it
	bulk                      // it has to be looked at as a whole
	unknown = dirty | bulk
)

// look looks at an object that is no folder.
func (s *scan) look(v view) state {
	s.count(v)
	switch v.kind {
	case gitobject.TypeBlob:
		return s.blob(v)
	case gitobject.TypeCommit:
		s.commit(v)
	case gitobject.TypeTag:
		s.tag(v)
	}
	return unknown
}

func (s *scan) count(v view) {
	if s.done.set(v.number) {
		s.seen.Add(1)
		s.bytes.Add(int64(len(v.content)))
	}
}

// blob looks at a file. One that was made of another in which nothing was found can only hold
// something where it differs.
func (s *scan) blob(v view) state {
	var news [16]span
	at := news[:0]
	if v.isDelta {
		at = changes(at, v.code, len(v.content), Context)
	}
	is := s.bulk(v, at)
	if is == 0 && v.isDelta && v.base == 0 && !s.changesTell(v.content, at) {
		return 0
	}
	var all []Found
	s.finder.Find(v.content, func(f Found) { all = append(all, f) }, func(inside []string, reason string) {
		s.skipObject(s.ids.id(v.number), inside, reason)
	})
	if len(all) == 0 {
		return is
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[v.number] = all
	return is | dirty
}

// headLen is how much of the beginning of a content can make it one that is looked at as a whole.
const headLen = 4 << 10

// bulk says whether a content must be looked at as a whole. One that was made of another which need not be
// can become so by a new beginning, or by the end of an archive.
func (s *scan) bulk(v view, news []span) state {
	head := v.content[:min(len(v.content), headLen)]
	told := !v.isDelta || v.base&bulk != 0
	for _, at := range news {
		told = told || bytes.Contains(v.content[at.from:at.to], []byte("PK\x05\x06"))
	}
	switch {
	case told && s.finder.Container(v.content):
		return bulk
	case !told && len(news) > 0 && news[0].from < headLen && s.finder.Container(head):
		return bulk
	}
	return 0
}

// changesTell says whether a key could stand in what a difference brings in, or where it joins what
// was apart.
func (s *scan) changesTell(content []byte, news []span) bool {
	for _, at := range news {
		if s.finder.Candidate(content[at.from:at.to]) {
			return true
		}
	}
	return false
}

// commit looks at the words of a commit and remembers what it names. Beyond the end of a shallow clone
// parents are not missed.
func (s *scan) commit(v view) {
	id := s.ids.id(v.number)
	c, err := gitobject.ParseCommit(v.content, s.repo.Format())
	if err != nil {
		s.skipObject(id, nil, err.Error())
		return
	}
	out := &commit{tree: s.refer(c.Tree, gitobject.TypeTree), when: c.Committer.When.Unix()}
	for _, p := range c.Parents {
		n := s.ids.find(p)
		if n == none && !s.shallow[id] {
			n = s.refer(p, gitobject.TypeCommit)
		}
		out.parents = append(out.parents, n)
	}
	hits := s.text(v.content)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits[v.number] = out
	if len(hits) > 0 {
		s.texts[v.number] = hits
	}
}

func (s *scan) tag(v view) {
	t, err := gitobject.ParseTag(v.content, s.repo.Format())
	if err != nil {
		s.skipObject(s.ids.id(v.number), nil, err.Error())
		return
	}
	out := tag{object: s.refer(t.Object, t.Type), name: t.Name}
	hits := s.text(v.content)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags[v.number] = out
	if len(hits) > 0 {
		s.texts[v.number] = hits
	}
}

func (s *scan) text(content []byte) []leak.Hit {
	var hits []leak.Hit
	s.finder.Text(content, func(h leak.Hit) { hits = append(hits, h) })
	return hits
}
