package gitobject

// link is an object of a pack that is stored as a difference to the next one of its chain.
type link struct {
	at place
	entry
	pack *packData
}

// chainWork is how many times the limit of one object may be made on the way to it.
const chainWork = 64

// unpack makes the object at an offset. Bases that it goes through are kept for the next object.
func (s *store) unpack(p *Pack, offset int64) (Type, []byte, error) {
	chain, kind, content, err := s.descend(place{p, offset})
	if err != nil {
		return 0, nil, err
	}
	left := chainWork * s.limits.Object
	for i := len(chain) - 1; i >= 0; i-- {
		content, err = s.apply(chain[i], content)
		if err != nil {
			return 0, nil, err
		}
		if left -= int64(len(content)); left < 0 {
			return 0, nil, &LimitError{"bytes made for one object", chainWork*s.limits.Object - left, chainWork * s.limits.Object}
		}
		s.cache.put(chain[i].at, kind, content)
	}
	return kind, content, nil
}

// descend follows a chain of differences to an object that is whole, or that is remembered, and
// gives its content and the differences on the way, the last one first to be applied.
func (s *store) descend(at place) (chain []link, kind Type, content []byte, err error) {
	for {
		if kind, content, ok := s.cache.get(at); ok {
			return chain, kind, content, nil
		}
		e, d, err := at.pack.entryAt(at.offset)
		if err != nil {
			return nil, 0, nil, err
		}
		if !e.kind.IsDelta() {
			content, _, err := at.pack.inflate(d, e, d.end, nil)
			if err == nil {
				s.cache.put(at, e.kind, content)
			}
			return chain, e.kind, content, err
		}
		chain = append(chain, link{at, e, d})
		if len(chain) > s.limits.Depth {
			return nil, 0, nil, &LimitError{"objects that are made of each other in a row", int64(len(chain)), int64(s.limits.Depth)}
		}
		if e.kind == TypeOffsetDelta {
			at.offset = e.base
			continue
		}
		next, found, err := s.locateBase(at.pack, e.baseID)
		if err != nil {
			return nil, 0, nil, err
		}
		if !found { // not in a pack
			kind, content, err := s.looseBase(e.baseID)
			return chain, kind, content, err
		}
		if inChain(chain, next) {
			return nil, 0, nil, corrupt("object %s is made of itself", e.baseID)
		}
		at = next
	}
}

// inChain says that a chain has come back to where it was. Differences by offset lead backwards
// only, so that a ring always closes through one by id.
func inChain(chain []link, at place) bool {
	for _, l := range chain {
		if l.at == at {
			return true
		}
	}
	return false
}

// locateBase finds the place of a base that is named by its id. The same pack comes first: two packs
// may each hold what the other is made of.
func (s *store) locateBase(p *Pack, id ID) (at place, found bool, err error) {
	if p.indexed {
		offset, ok, err := p.find(id)
		if err != nil || ok {
			return place{p, offset}, ok, err
		}
	}
	s.packed(id, func(q *Pack, offset int64) bool {
		at, found = place{q, offset}, true
		return false
	})
	return at, found, nil
}

func (s *store) looseBase(id ID) (Type, []byte, error) {
	for _, dir := range s.dirs {
		if kind, content, ok, err := s.readLoose(dir.name, id); ok || err != nil {
			return kind, content, err
		}
	}
	return 0, nil, s.missing(id)
}

// apply makes the object of a link out of its base.
func (s *store) apply(l link, base []byte) ([]byte, error) {
	code, _, err := l.at.pack.inflate(l.pack, l.entry, l.pack.end, nil)
	if err != nil {
		return nil, err
	}
	d, err := ParseDelta(code, s.limits.Object)
	if err != nil {
		return nil, err
	}
	if err := s.spend(d.ResultSize); err != nil {
		return nil, err
	}
	return d.Apply(nil, base)
}

// statPacked finds the type and size of the object at an offset. Of the objects that it is made of
// only the heads are read.
func (s *store) statPacked(p *Pack, offset int64) (Type, int64, error) {
	at := place{p, offset}
	e, d, err := p.entryAt(offset)
	if err != nil {
		return 0, 0, err
	}
	size := e.size
	if e.kind.IsDelta() {
		if size, err = resultSize(d, e); err != nil {
			return 0, 0, err
		}
	}
	for depth := 0; e.kind.IsDelta(); depth++ {
		if depth >= s.limits.Depth {
			return 0, 0, &LimitError{"objects that are made of each other in a row", int64(depth) + 1, int64(s.limits.Depth)}
		}
		if e.kind == TypeOffsetDelta {
			at.offset = e.base
		} else {
			next, found, err := s.locateBase(at.pack, e.baseID)
			if err != nil {
				return 0, 0, err
			}
			if !found {
				kind, err := s.looseKind(e.baseID)
				return kind, size, err
			}
			at = next
		}
		if e, _, err = at.pack.entryAt(at.offset); err != nil {
			return 0, 0, err
		}
	}
	return e.kind, size, nil
}

// resultSize reads the size of what a difference makes, from the beginning of its data.
func resultSize(d *packData, e entry) (int64, error) {
	z := newInflater()
	defer z.release()
	if err := z.start(d, e.data, d.end); err != nil {
		return 0, err
	}
	var head [20]byte
	n, err := z.some(head[:min(int64(len(head)), e.size)])
	if err != nil {
		return 0, err
	}
	_, skip, ok := deltaSize(head[:n])
	if !ok {
		return 0, corrupt("a delta without the size of its base")
	}
	size, _, ok := deltaSize(head[skip:n])
	if !ok {
		return 0, corrupt("a delta without the size of its result")
	}
	return size, nil
}

func (s *store) looseKind(id ID) (Type, error) {
	for _, dir := range s.dirs {
		l, ok, err := s.looseHead(dir.name, id)
		if err != nil {
			return 0, err
		}
		if ok {
			defer l.close()
			return l.kind, nil
		}
	}
	return 0, s.missing(id)
}
