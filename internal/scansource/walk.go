package scansource

import (
	"io"
	"io/fs"
	"os"
	"sync"
)

// folder is a folder while it is read.
type folder struct {
	full  string
	shown string
	top   bool        // the scan was given it
	repo  *repository // whose work tree or files it belongs to; set before rows are judged
	git   *gitFolder  // within a repository's own files; nil elsewhere
}

// node is an entry of a folder that is read.
type node struct {
	name   string
	shown  string // its path
	link   bool
	follow bool // it was named by the user: a link is followed
}

// batch is some work for one of the readers.
type batch struct {
	folder *folder
	nodes  []node
}

// walk goes through a folder. One goroutine lists, several read.
type walk struct {
	s     *Scanner
	jobs  chan batch
	stack []*folder
	later []*folder // of repositories: work trees come first and give them their names
}

const (
	listAtOnce  = 1024 // entries of a folder
	filesAtOnce = 32   // in a batch
)

// folder reads a folder and all that is below.
func (s *Scanner) folder(full, prefix string) {
	w := &walk{s: s, jobs: make(chan batch, 64), stack: []*folder{{full: full, shown: shown(prefix), top: true}}}
	var readers sync.WaitGroup
	for range s.workers {
		readers.Go(func() {
			r := s.newWorker()
			for b := range w.jobs {
				for _, n := range b.nodes {
					r.entry(b.folder, n)
				}
			}
			r.done()
		})
	}
	for f := w.next(); f != nil; f = w.next() {
		if s.stopped() {
			break
		}
		w.list(f)
	}
	close(w.jobs)
	readers.Wait()
	s.histories()
}

// next is the folder to list next; nil when there is none.
func (w *walk) next() *folder {
	if len(w.stack) == 0 {
		w.stack, w.later = w.later, nil
	}
	if len(w.stack) == 0 {
		w.stack = w.s.unwalked()
	}
	n := len(w.stack)
	if n == 0 {
		return nil
	}
	f := w.stack[n-1]
	w.stack = w.stack[:n-1]
	return f
}

// list hands the files of a folder to the readers and notes its folders.
func (w *walk) list(f *folder) {
	dir, err := os.Open(f.full)
	if err != nil {
		w.s.skip(f.name(), "the folder cannot be listed: "+reasonOf(err).Error())
		return
	}
	defer dir.Close()
	l := listing{walk: w, folder: f}
	for {
		entries, err := dir.ReadDir(listAtOnce)
		l.take(entries)
		if err != nil {
			if err != io.EOF {
				w.s.skip(f.name(), "the folder cannot be listed to its end: "+reasonOf(err).Error())
			}
			break
		}
	}
	l.end()
}

func (f *folder) name() string {
	if f.shown == "" {
		return "."
	}
	return f.shown
}

// listing is what is known of a folder while it is listed.
type listing struct {
	*walk
	folder *folder
	nodes  []node
	dirs   []string
	marks  marks
}

func (l *listing) take(entries []fs.DirEntry) {
	f := l.folder
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		name := e.Name()
		l.marks.note(name, e.IsDir() || e.Type()&fs.ModeSymlink != 0)
		if f.git != nil && !e.IsDir() && f.git.isObject(name, f.repo.digits()) {
			continue // the reader of the repository reads it
		}
		names = append(names, name)
		n := node{name: name, shown: below(f.shown, shown(name))}
		switch t := e.Type(); {
		case e.IsDir():
			l.dirs = append(l.dirs, name)
		case t.IsRegular():
			l.add(n)
		case t&fs.ModeSymlink != 0:
			n.link = true
			l.add(n)
		case f.git == nil:
			l.s.skip(n.shown, "it is no file but "+kindOf(t)+", which has no content to read")
		}
	}
	l.s.names(f, names)
}

func kindOf(t fs.FileMode) string {
	switch {
	case t&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case t&fs.ModeSocket != 0:
		return "a socket"
	case t&fs.ModeDevice != 0:
		return "a device"
	}
	return "of an unknown kind"
}

func (l *listing) add(n node) {
	if l.nodes = append(l.nodes, n); len(l.nodes) == filesAtOnce {
		l.flush()
	}
}

func (l *listing) flush() {
	if len(l.nodes) > 0 {
		l.jobs <- batch{l.folder, l.nodes}
		l.nodes = nil
	}
}

// end finds out whether the folder is that of a repository, and notes the folders in it.
func (l *listing) end() {
	f := l.folder
	git := l.marks.git && f.git == nil && l.s.openWorkTree(f)
	if l.marks.bare() && (f.git == nil || f.git.path != "") {
		l.s.openBare(f)
	}
	l.flush()
	for _, name := range l.dirs {
		sub := &folder{full: f.full + string(os.PathSeparator) + name, shown: below(f.shown, shown(name)), repo: f.repo}
		switch {
		case f.git != nil:
			sub.git = f.git.below(name)
		case git && name == ".git":
			sub.git = &gitFolder{}
			l.s.isWalked(sub.full)
			l.later = append(l.later, sub)
			continue
		}
		l.stack = append(l.stack, sub)
	}
}
