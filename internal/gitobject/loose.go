package gitobject

import (
	"bytes"
	"encoding/hex"
	"iter"
	"path"
	"strconv"
)

// looseHeadMax is more than "commit", a space, the longest size and a zero byte.
const looseHeadMax = 32

// looseName is the file of an object that is not in a pack.
func looseName(dir string, id ID) string {
	s := id.String()
	return path.Join(dir, s[:2], s[2:])
}

// parseLooseHead reads the line that the content of a loose object follows, n bytes with its zero.
func parseLooseHead(b []byte) (t Type, size int64, n int, err error) {
	line, _, ok := bytes.Cut(b, []byte{0})
	name, digits, space := bytes.Cut(line, []byte{' '})
	t, known := parseType(string(name))
	if !ok || !space || !known {
		return 0, 0, 0, corrupt("a loose object that begins with %q", clip(string(line)))
	}
	size, err = strconv.ParseInt(string(digits), 10, 64)
	if err != nil || size < 0 || digits[0] < '0' || digits[0] == '0' && len(digits) > 1 {
		return 0, 0, 0, corrupt("a loose object of %q bytes", clip(string(digits)))
	}
	return t, size, len(line) + 1, nil
}

// looseHead opens a loose object as far as its head; ok is false where there is none. The caller
// closes it.
func (s *store) looseHead(dir string, id ID) (l *openLoose, ok bool, err error) {
	name := looseName(dir, id)
	_, ok, err = s.fs.regular(name)
	if err != nil || !ok {
		return nil, false, err
	}
	f, err := s.fs.open(name)
	if err != nil {
		return nil, false, err
	}
	l = &openLoose{f: f, z: newInflater()}
	if err := l.readHead(); err != nil {
		l.close()
		return nil, false, err
	}
	return l, true, nil
}

// openLoose is a loose object of which the head has been read.
type openLoose struct {
	f    *file
	z    *inflater
	kind Type
	size int64
	head [looseHeadMax]byte
	rest []byte // the beginning of the content
}

func (l *openLoose) close() {
	l.z.release()
	l.f.Close()
}

func (l *openLoose) readHead() error {
	if err := l.z.start(l.f, 0, l.f.size); err != nil {
		return err
	}
	n, err := l.z.some(l.head[:])
	if err != nil {
		return err
	}
	var skip int
	l.kind, l.size, skip, err = parseLooseHead(l.head[:n])
	l.rest = l.head[min(skip, n):n]
	return err
}

// readLoose reads an object that is not in a pack.
func (s *store) readLoose(dir string, id ID) (t Type, content []byte, ok bool, err error) {
	l, ok, err := s.looseHead(dir, id)
	if err != nil || !ok {
		return 0, nil, false, err
	}
	defer l.close()
	if l.size > s.limits.Object {
		return 0, nil, false, &LimitError{"bytes of an object", l.size, s.limits.Object}
	}
	if err := s.spend(l.size); err != nil {
		return 0, nil, false, err
	}
	if int64(len(l.rest)) > l.size {
		return 0, nil, false, corrupt("a loose object that holds more than the %d bytes it says", l.size)
	}
	b, err := l.z.read(nil, l.size-int64(len(l.rest)))
	if err != nil {
		return 0, nil, false, err
	}
	if at := l.z.src.at(); at != l.f.size {
		return 0, nil, false, corrupt("a loose object with %d bytes behind its end", l.f.size-at)
	}
	return l.kind, append(bytes.Clone(l.rest), b...), true, nil
}

// EachLoose yields the objects that are not in packs, of this repository and of those whose objects
// it borrows, in no order that means anything. An object that is in two places comes twice; one
// that is in a pack too comes as well. A folder that cannot be read is an error between the others.
func (r *Repository) EachLoose() iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		for _, dir := range r.store.dirs {
			for first := range 256 {
				if !r.store.eachLoose(dir.name, byte(first), yield) {
					return
				}
			}
		}
	}
}

// eachLoose yields the loose objects of a folder whose ids begin with a byte.
func (s *store) eachLoose(dir string, first byte, yield func(ID, error) bool) bool {
	two := hex.EncodeToString([]byte{first})
	entries, err := s.fs.list(path.Join(dir, two))
	if err != nil {
		return yield(ID{}, err)
	}
	for _, e := range entries {
		id, ok := s.format.parse(two + e.Name())
		if ok && !yield(id, nil) {
			return false
		}
	}
	return true
}
