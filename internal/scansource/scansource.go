// Package scansource reads what a scan looks at and says in which places keys stand: folders, single files,
// archives, streams and git repositories, of these the work tree and all of history.
//
// It is the shell around internal/leak, internal/unpack and internal/history, which decide what a key is, what an
// archive holds and what a repository remembers. It follows no symbolic link, runs nothing and writes nothing.
// What could not be read is part of the result: nothing that was not seen is clean.
package scansource

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/keysweep/keysweep/internal/history"
	"github.com/keysweep/keysweep/internal/leak"
	"github.com/keysweep/keysweep/internal/unpack"
)

// The kinds of places outside of history, in the words of keysweep/scan/v1; those within it are history's.
const (
	InFile = "file"
	InName = string(history.InName) // of a file or folder
)

// Row is a key in a place.
type Row struct {
	leak.Hit
	// Path is where it was found, fit to be shown: of a file, the path as the caller named it and what is below; of
	// a ref or tag its whole name; empty for the message of a commit.
	Path   string
	Inside []string // names down through archives
	Where  string
	Commit string // in hexadecimal digits; empty outside of history
}

// Unread is something that was not looked at, or not to its end.
type Unread struct{ Path, Reason string }

// Result is all that was found.
type Result struct {
	Rows    []Row
	Unread  []Unread
	Files   int64 // that were read, those inside archives included
	Objects int64 // of repositories
	Bytes   int64 // that were looked through
}

// Options say how to read.
type Options struct {
	Detector *leak.Detector
	// Workers is how many files are read at once; the number of processors when zero.
	Workers int
	// Memory is about how many bytes the whole scan may hold: 1 GiB when zero.
	Memory int64
	// Now is the clock that bounds the time for one archive.
	Now func() time.Time
	// Stop is asked all the time; its error ends the scan and is the reason for what was not read.
	Stop func() error
	// Several says that more than one path is read: what stands in no file of a repository (messages, tags, notes, what is
	// missing) is then told with its path, or nobody could say which repository it is of.
	Several bool
	// Own says of a file, by its absolute path and content, that this program wrote it: a report of an earlier run
	// names keys by its nature. It may be nil.
	Own func(file string) bool
}

const (
	defaultMemory = 1 << 30
	// archiveTime is how long one archive may take.
	archiveTime = 2 * time.Minute
)

// Scanner gathers what is found in several places. Its methods are called one after the other.
type Scanner struct {
	opts    Options
	workers int
	memory  int64
	limits  unpack.Limits

	repos  map[string]*repository // by the folder that all work trees of it share, as a path from root
	root   string
	walked map[string]bool // folders of repositories

	files, objects, bytes atomic.Int64

	mu     sync.Mutex
	rows   []placed
	index  map[rowKey]int
	unread map[Unread]struct{}
}

// placed is a row, and what decides whether it is news.
type placed struct {
	Row
	// folder is the one that holds the file; what repository that belongs to may turn out later.
	folder *folder
	name   string      // of the file in it
	repo   *repository // of a row of history, that which it is about
	blob   string      // of a row of history, the object that holds it
	// digests gives the ids that git would give the file; nil where it is none.
	digests func() []string
}

// New makes a scanner.
func New(o Options) *Scanner {
	s := &Scanner{
		opts: o, workers: o.Workers, memory: cmp.Or(o.Memory, defaultMemory), limits: unpack.DefaultLimits(),
		repos: map[string]*repository{}, root: string(filepath.Separator), walked: map[string]bool{}, unread: map[Unread]struct{}{},
		index: map[rowKey]int{},
	}
	if s.workers == 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	if s.opts.Stop == nil {
		s.opts.Stop = func() error { return nil }
	}
	share := s.memory / int64(4*s.workers)
	s.limits.Memory = min(s.limits.Memory, share)
	s.limits.Window = min(s.limits.Window, share)
	return s
}

// Path reads a folder, with the repositories in it, or a file. Prefix is what the paths of what is found begin with:
// the path of the file itself, or what stands before the paths in a folder, empty for nothing. The error says that
// there is nothing to read at all.
func (s *Scanner) Path(full, prefix string) error {
	full, err := filepath.Abs(full)
	if err != nil {
		return err
	}
	info, err := os.Stat(full)
	if err != nil {
		return reasonOf(err)
	}
	switch {
	case info.IsDir():
		s.folder(full, prefix)
	case info.Mode().IsRegular():
		w := s.newWorker()
		w.entry(&folder{full: filepath.Dir(full)}, node{name: filepath.Base(full), shown: shown(prefix), follow: true})
	case info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice|fs.ModeSocket) == fs.ModeNamedPipe:
		f, err := os.Open(full)
		if err != nil {
			return reasonOf(err)
		}
		defer f.Close()
		s.Stream(prefix, f)
	default:
		return errors.New("it is neither a folder nor a file")
	}
	return nil
}

// Stream reads what can only be read in order, such as standard input, an archive too.
func (s *Scanner) Stream(name string, r io.Reader) {
	at := &readFault{r: r}
	w := s.newWorker()
	w.container(func(v unpack.Visitor, l unpack.Limits) error { return unpack.WalkReader(name, at, l, v) }, place{path: shown(name)})
	s.cut(name, at)
}

// Snapshot reads a tar archive of all files of a repository, which has them in one folder, as the files that they are.
// Prefix is what their paths begin with.
func (s *Scanner) Snapshot(prefix string, r io.Reader) {
	at := &readFault{r: r}
	w := s.newWorker()
	limits := s.bounded()
	limits.Entries, limits.TotalBytes = snapshotEntries, snapshotBytes
	place := func(inside []string) (string, []string) {
		if len(inside) == 0 {
			return shown(prefix), nil
		}
		_, name, _ := strings.Cut(inside[0], "/")
		return below(shown(prefix), name), inside[1:]
	}
	rows := func(where string) func(history.Found) {
		return func(f history.Found) {
			row := Row{Hit: f.Hit, Where: where}
			row.Path, row.Inside = place(f.Inside)
			s.add(placed{Row: row})
		}
	}
	skip := func(inside []string, reason string) {
		path, rest := place(inside)
		s.skip(within(path, rest), reason)
	}
	v := &visitor{looker: &w.looker, found: rows(InFile), named: rows(InName), skip: skip}
	if err := unpack.WalkReader(prefix, at, limits, v); err != nil {
		s.skip(shown(prefix), err.Error())
	}
	w.done()
	s.cut(prefix, at)
}

// A repository has more files than an archive that a file happens to be.
const (
	snapshotEntries = 5_000_000
	snapshotBytes   = 64 << 30
)

// cut records that a stream ended too early.
func (s *Scanner) cut(name string, at *readFault) {
	if at.err != nil {
		s.skip(shown(name), "it could not be read to its end: "+reasonOf(at.err).Error())
	}
}

// readFault remembers why a reader ended.
type readFault struct {
	r   io.Reader
	err error
}

func (f *readFault) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// Skip records that something was not looked at.
func (s *Scanner) Skip(path, reason string) { s.skip(shown(path), reason) }

func (s *Scanner) skip(path, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unread[Unread{path, reason}] = struct{}{}
}

// maxRows is how many places are told: a hostile file may be made of ids.
const maxRows = 200_000

// add adds a row. Of a key that stands several times in one place there is one row, the first, that knows what makes
// any of them sure.
func (s *Scanner) add(p placed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := rowKey{p.ID, p.Where, p.Path, strings.Join(p.Inside, "\x00")}
	if i, ok := s.index[key]; ok {
		s.rows[i].merge(&p)
		return
	}
	if len(s.rows) == maxRows {
		s.unread[Unread{".", fmt.Sprintf("there are keys in more than %d places, and no more are told", maxRows)}] = struct{}{}
		return
	}
	s.index[key] = len(s.rows)
	s.rows = append(s.rows, p)
}

// rowKey is what there is one row of.
type rowKey struct{ id, where, path, inside string }

// merge lets a row speak for another hit in the same place.
func (p *placed) merge(other *placed) {
	secret, sure := p.SecretNearby || other.SecretNearby, p.Confidence
	if surer(other.Confidence, sure) {
		sure = other.Confidence
	}
	if other.Offset < p.Offset {
		p.Hit = other.Hit
	}
	p.SecretNearby, p.Confidence = secret, sure
}

func surer(a, b leak.Confidence) bool {
	order := []leak.Confidence{leak.Certain, leak.Likely, leak.Possible}
	return slices.Index(order, a) < slices.Index(order, b)
}

// stopped reports whether the scan has to end, and records once what it leaves out.
func (s *Scanner) stopped() bool {
	err := s.opts.Stop()
	if err == nil {
		return false
	}
	s.skip(".", fmt.Sprintf("the scan was ended: %v", err))
	return true
}

// reasonOf is an error of the system without the path, which its reader adds.
func reasonOf(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
