package scansource

import (
	"bytes"
	"errors"
	"io"

	"github.com/keysweep/keysweep/internal/history"
	"github.com/keysweep/keysweep/internal/leak"
	"github.com/keysweep/keysweep/internal/unpack"
)

// oneRead is how large a file may be to be read in one piece.
const oneRead = 8 << 20

// looker looks through contents, whatever they are: text, or an archive of an archive.
type looker struct {
	detector *leak.Detector
	limits   func() unpack.Limits // of an archive, from when it is opened
	buf      []byte               // where files inside archives are read to
	files    int64
	bytes    int64
}

// bounded are limits whose time runs from here.
func (s *Scanner) bounded() unpack.Limits {
	l := s.limits
	end := s.opts.Now().Add(archiveTime)
	l.Stop = func() error {
		if err := s.opts.Stop(); err != nil {
			return err
		}
		if s.opts.Now().After(end) {
			return errArchiveTime
		}
		return nil
	}
	return l
}

var errArchiveTime = errors.New("one archive may take " + archiveTime.String())

// isContainer reports whether a content must be opened to be read, by its beginning and its end. A byte that hardly any
// text holds is looked for first.
func isContainer(head, tail []byte) bool {
	return unpack.IsContainer(head) != unpack.None || bytes.IndexByte(tail, 6) >= 0 && unpack.HasZipEnd(tail)
}

// find hands over the keys of a content.
func (k *looker) find(content []byte, found func(history.Found), named func(history.Found), skip func(inside []string, reason string)) {
	if !isContainer(content[:min(len(content), headSize)], content[max(0, len(content)-tailSize):]) {
		k.bytes += int64(len(content))
		k.detector.Find(content, func(h leak.Hit) { found(history.Found{Hit: h}) })
		return
	}
	v := &visitor{looker: k, found: found, named: named, skip: skip}
	if err := unpack.Walk("", bytes.NewReader(content), int64(len(content)), k.limits(), v); err != nil {
		skip(nil, err.Error())
	}
}

// How much of a file's beginning and end tell what it is.
const (
	headSize = 1 << 10
	tailSize = 66 << 10
)

// visitor looks through the files of an archive.
type visitor struct {
	*looker
	found func(history.Found) // in a file
	named func(history.Found) // in a name
	skip  func(inside []string, reason string)
}

func (v *visitor) Leaf(inside []string, r io.Reader) error {
	v.files++
	if v.buf == nil {
		v.buf = make([]byte, 0, 64<<10)
	}
	emit := func(h leak.Hit) { v.found(history.Found{Hit: h, Inside: inside}) }
	data, whole, err := readUpTo(v.buf[:0], r, oneRead)
	v.buf = data
	if err != nil {
		return err
	}
	v.bytes += int64(len(data))
	if whole {
		v.detector.Find(data, emit)
		return nil
	}
	s := v.detector.Stream(emit)
	if _, err := s.Write(data); err != nil {
		return err
	}
	n, err := io.CopyBuffer(onlyWriter{s}, onlyReader{r}, v.buf[:cap(v.buf)])
	v.bytes += n
	return errors.Join(err, s.Close())
}

// onlyReader and onlyWriter keep io.Copy from going round its buffer.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)

// readUpTo reads to the end of r, or up to a limit; whole says that the end was met.
func readUpTo(buf []byte, r io.Reader, limit int) (data []byte, whole bool, err error) {
	for {
		if len(buf) == cap(buf) {
			if len(buf) >= limit {
				return buf, false, nil
			}
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(cap(buf), max(limit, len(buf)+1))])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF:
			return buf, true, nil
		case err != nil:
			return buf, false, err
		case len(buf) >= limit:
			return buf, false, nil
		}
	}
}

func (v *visitor) Name(inside []string, text string) {
	v.detector.Find([]byte(text), func(h leak.Hit) { v.named(history.Found{Hit: h, Inside: inside}) })
}

func (v *visitor) Skipped(inside []string, reason string) { v.skip(inside, reason) }

// finder says what the objects of a repository hold. It is used by several goroutines.
type finder struct {
	s *Scanner
}

func (f finder) Find(content []byte, found func(history.Found), skip func([]string, string)) {
	k := &looker{detector: f.s.opts.Detector, limits: f.s.bounded}
	k.find(content, found, found, skip)
	f.s.files.Add(k.files)
}

func (f finder) Text(text []byte, found func(leak.Hit)) { f.s.opts.Detector.Find(text, found) }

func (f finder) Candidate(piece []byte) bool { return f.s.opts.Detector.Candidate(piece) }

// Container reports whether a content cannot be looked at piece by piece.
func (f finder) Container(content []byte) bool {
	return isContainer(content[:min(len(content), headSize)], content[max(0, len(content)-tailSize):]) || leak.MustBeWhole(content)
}

var _ history.Finder = finder{}
