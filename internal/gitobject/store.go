package gitobject

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// store is all the places in which a repository keeps objects.
type store struct {
	fs      files
	format  Format
	limits  Limits
	cache   *cache
	dirs    []*objectDir // its own first, then those it borrows from
	partial bool         // what is missing can be had from a remote
	shallow bool

	spent atomic.Int64 // bytes inflated and made
	last  atomic.Pointer[Pack]

	mu       sync.Mutex
	open     []io.Closer
	problems []error
}

// objectDir is one folder of objects.
type objectDir struct {
	name    string
	packs   []*Pack    // by name
	multi   *multiPack // over some of them, may be nil
	inMulti []*Pack    // the packs of multi; nil for one that is gone
}

const (
	alternatesMax   = 1 << 20
	alternatesDepth = 5 // as in git
	problemsMax     = 100
)

// addDir adds a folder of objects and, before it returns, those that it borrows from. One that was
// seen is not read again, so that a ring of folders ends.
func (s *store) addDir(name string, depth int) error {
	if slices.ContainsFunc(s.dirs, func(d *objectDir) bool { return d.name == name }) {
		return nil
	}
	dir := &objectDir{name: name}
	s.dirs = append(s.dirs, dir)
	if err := s.findPacks(dir); err != nil {
		s.problem(fmt.Errorf("packs of %q: %w", name, err))
	}
	list, _, err := s.fs.read(path.Join(name, "info/alternates"), alternatesMax)
	if err != nil {
		return fmt.Errorf("alternates of %q: %w", name, err)
	}
	for _, line := range strings.Split(string(list), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if err := s.addAlternate(dir, line, depth+1); err != nil {
			s.problem(fmt.Errorf("the object folder that %q borrows from: %w", name, err))
		}
	}
	return nil
}

// addAlternate adds the folder that a line of an alternates file names. What is wrong with it can
// only hide objects, and they are then missed by their ids.
func (s *store) addAlternate(dir *objectDir, line string, depth int) error {
	if line[0] == '"' {
		return &UnsupportedError{What: fmt.Sprintf("a path in quotes, %q,", clip(line))}
	}
	if depth > alternatesDepth {
		return &LimitError{"object folders that borrow from each other in a row", int64(depth), alternatesDepth}
	}
	name, err := s.fs.resolve(dir.name, line)
	if err != nil {
		return err
	}
	if !s.fs.isDir(name) {
		return fmt.Errorf("%q is no folder", clip(line))
	}
	return s.addDir(name, depth)
}

// findPacks lists the packs of a folder and opens the index over all, where there is one. When it
// cannot be used, the packs' own indexes can.
func (s *store) findPacks(dir *objectDir) error {
	folder := path.Join(dir.name, "pack")
	entries, err := s.fs.list(folder)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, e := range entries {
		has[e.Name()] = true
	}
	if has["multi-pack-index"] {
		dir.multi = s.openMulti(path.Join(folder, "multi-pack-index"))
	}
	byName := map[string]*Pack{}
	for _, e := range entries { // sorted by name, and so are the packs
		stem, ok := strings.CutSuffix(e.Name(), ".pack")
		if !ok {
			continue
		}
		p := newPack(s, path.Join(folder, stem))
		p.promisor, p.indexed = has[stem+".promisor"], has[stem+".idx"]
		dir.packs = append(dir.packs, p)
		byName[stem+".idx"] = p
	}
	dir.assign(byName)
	for _, p := range dir.packs {
		if !p.indexed && !slices.Contains(dir.inMulti, p) {
			s.problem(p.in(errNoIndex))
		}
	}
	return nil
}

// assign finds the packs that the index over all is about.
func (d *objectDir) assign(byName map[string]*Pack) {
	if d.multi == nil {
		return
	}
	for _, name := range d.multi.packs {
		d.inMulti = append(d.inMulti, byName[name])
	}
}

func (s *store) openMulti(name string) *multiPack {
	f, err := s.fs.openSmall(name)
	if err != nil {
		return nil
	}
	m, err := openMultiPack(f, f.size, s.format)
	if err != nil {
		f.Close()
		return nil
	}
	s.keep(f)
	return m
}

func (s *store) keep(c io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = append(s.open, c)
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.open {
		errs = append(errs, c.Close())
	}
	s.open = nil
	return errors.Join(errs...)
}

// problem notes what may hide objects, once each.
func (s *store) problem(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := func(e error) bool { return e.Error() == err.Error() }
	if len(s.problems) < problemsMax && !slices.ContainsFunc(s.problems, same) {
		s.problems = append(s.problems, err)
	}
}

func (s *store) trouble() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

// spend counts bytes that were made, over the life of the store.
func (s *store) spend(n int64) error {
	if spent := s.spent.Add(n); spent > s.limits.Total {
		return &LimitError{"bytes read from a repository", spent, s.limits.Total}
	}
	return nil
}

// packed calls f for each place in packs that holds an object, until it says no. An index that
// cannot be read is noted and passed over: another may know the object.
func (s *store) packed(id ID, f func(*Pack, int64) bool) {
	last := s.last.Load()
	try := func(p *Pack) bool {
		if p == nil || !p.indexed {
			return true
		}
		offset, ok, err := p.find(id)
		if err != nil {
			s.problem(err)
		}
		if err != nil || !ok {
			return true
		}
		s.last.Store(p)
		return f(p, offset)
	}
	if !try(last) {
		return
	}
	for _, dir := range s.dirs {
		if p, offset := dir.multiFind(s, id); p != nil && !f(p, offset) {
			return
		}
		for _, p := range dir.packs {
			if p != last && !try(p) {
				return
			}
		}
	}
}

// multiFind looks an object up in the index over several packs.
func (d *objectDir) multiFind(s *store, id ID) (*Pack, int64) {
	if d.multi == nil {
		return nil, 0
	}
	var n int
	var offset int64
	pos, ok, err := d.multi.find(id)
	if err == nil && ok {
		n, offset, err = d.multi.entry(pos)
	}
	if err != nil {
		s.problem(fmt.Errorf("multi-pack index of %q: %w", d.name, err))
		return nil, 0
	}
	if !ok {
		return nil, 0
	}
	return d.inMulti[n], offset
}

// missing is the error for an object that no place has.
func (s *store) missing(id ID) error {
	return &MissingError{ID: id, Promisor: s.partial, Shallow: s.shallow, Broken: s.trouble()}
}

// search tries the places that may hold an object until one of them gives no error. The caller's
// functions take the object; loose says whether there was one.
func (s *store) search(id ID, packed func(*Pack, int64) error, loose func(dir string) (bool, error)) error {
	if id.size == 0 || id.Format() != s.format {
		return s.missing(id)
	}
	var first error
	found := false
	note := func(err error) bool {
		found = found || err == nil
		if first == nil {
			first = err
		}
		return !found
	}
	s.packed(id, func(p *Pack, offset int64) bool {
		err := packed(p, offset)
		if err != nil {
			err = p.in(err)
		}
		return note(err)
	})
	for i := 0; !found && i < len(s.dirs); i++ {
		if ok, err := loose(s.dirs[i].name); ok || err != nil {
			note(err)
		}
	}
	switch {
	case found:
		return nil
	case first != nil:
		return fmt.Errorf("object %s: %w", id, first)
	}
	return s.missing(id)
}

// read finds an object and makes sure that it is the one that the id names. A place that holds it
// wrongly is passed over when another has it.
func (s *store) read(id ID) (t Type, content []byte, err error) {
	take := func(kind Type, b []byte) error {
		if sum := s.format.Sum(kind, b); sum != id {
			return corrupt("what is stored under its id is %s", sum)
		}
		t, content = kind, b
		return nil
	}
	err = s.search(id, func(p *Pack, offset int64) error {
		kind, b, err := s.unpack(p, offset)
		if err != nil {
			return err
		}
		return take(kind, b)
	}, func(dir string) (bool, error) {
		kind, b, ok, err := s.readLoose(dir, id)
		if err != nil || !ok {
			return ok, err
		}
		return true, take(kind, b)
	})
	return t, content, err
}

// stat finds the type and size of an object without its content.
func (s *store) stat(id ID) (t Type, size int64, err error) {
	err = s.search(id, func(p *Pack, offset int64) (err error) {
		t, size, err = s.statPacked(p, offset)
		return err
	}, func(dir string) (bool, error) {
		l, ok, err := s.looseHead(dir, id)
		if err == nil && ok {
			t, size = l.kind, l.size
			l.close()
		}
		return ok, err
	})
	return t, size, err
}

// has says whether an object is there, unread.
func (s *store) has(id ID) (bool, error) {
	err := s.search(id, func(*Pack, int64) error { return nil }, func(dir string) (bool, error) {
		_, ok, err := s.fs.regular(looseName(dir, id))
		return ok, err
	})
	var missing *MissingError
	if errors.As(err, &missing) && len(missing.Broken) == 0 {
		return false, nil
	}
	return err == nil, err
}

// withPrefix is the first few objects whose ids begin so, sorted.
func (s *store) withPrefix(p idPrefix) ([]ID, error) {
	var found []ID
	note := func(id ID) bool {
		if !slices.Contains(found, id) {
			found = append(found, id)
		}
		return len(found) < ambiguousMax
	}
	for _, dir := range s.dirs {
		if err := dir.withPrefix(p, note); err != nil {
			return nil, err
		}
		var fault error
		s.eachLoose(dir.name, p.b[0], func(id ID, err error) bool {
			fault = err
			return err == nil && (!p.matches(id) || note(id))
		})
		if fault != nil {
			return nil, fault
		}
	}
	slices.SortFunc(found, ID.Compare)
	return found, nil
}

const ambiguousMax = 8 // ids that an error names

// withPrefix calls f for the packed objects whose ids begin so, until it says no.
func (d *objectDir) withPrefix(p idPrefix, f func(ID) bool) error {
	if d.multi != nil {
		if err := d.multi.withPrefix(p, f); err != nil {
			return err
		}
	}
	for _, pack := range d.packs {
		if !pack.indexed {
			continue
		}
		x, err := pack.index()
		if err == nil {
			err = x.withPrefix(p, f)
		}
		if err != nil {
			return pack.in(err)
		}
	}
	return nil
}
