// Package history finds access keys in everything that a git repository holds: the contents of all
// files of all commits, messages and authors, tags, notes, the stash, names of files and refs, and
// objects that nothing leads to any more.
//
// It reads objects instead of differences, so that a key that a merge brought in, or that stands in a
// commit without a branch, is seen like any other, and every object is looked at once, however many
// commits hold it. Places are looked up only for objects in which something was found.
//
// It is pure: the repository is handed in, and what a text holds a Finder says. What could not be
// read is part of the result; nothing that was not seen is clean.
package history

import (
	"runtime"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/leak"
)

// Where says what kind of place a sighting has, in the words of keysweep/scan/v1.
type Where string

// The kinds of places within a repository.
const (
	InCommit   Where = "commit"   // a file of a commit that a branch, tag or other ref leads to
	InMessage  Where = "message"  // the message, author or committer of a commit
	InTag      Where = "tag"      // the message or tagger of an annotated tag
	InNote     Where = "note"     // a note that was attached to a commit
	InStash    Where = "stash"    // a file of the stash
	InRef      Where = "ref"      // the name of a branch, tag or other ref
	InName     Where = "name"     // the name of a file or folder
	IsDangling Where = "dangling" // an object that no ref leads to
)

// Sighting is a key in a place of the repository.
type Sighting struct {
	leak.Hit
	Inside []string // names down through archives
	Where  Where
	Path   string // of the file; the whole name of a ref or tag; empty where there is none
	Commit string // the first commit that has it, in hexadecimal digits; empty where there is none
	Blob   string // the object that holds it, in hexadecimal digits
}

// Unread is a part of the repository that was not looked at.
type Unread struct{ Path, Reason string }

// Result is all that was found in a repository.
type Result struct {
	Sightings []Sighting
	Unread    []Unread
	Objects   int   // that were looked at
	Bytes     int64 // of their contents
}

// Found is a key in the content of a file, perhaps within an archive that the file is.
type Found struct {
	leak.Hit
	Inside []string
}

// A Finder says what a text holds. It is called from several goroutines at once.
type Finder interface {
	// Find finds all keys of a file's content. What it could not look into it tells to skip.
	Find(content []byte, found func(Found), skip func(inside []string, reason string))
	// Text finds the keys of a short text that is no file: a message, a name.
	Text(text []byte, found func(leak.Hit))
	// Candidate says whether a key could stand, in whatever encoding, in a piece of a text: it may
	// be wrong only by saying yes. A piece has Context bytes around what is new in it.
	Candidate(piece []byte) bool
	// Container says whether a content must be looked at as a whole: an archive, or text of two bytes a
	// letter. It is given all of the content, or where only that is new, the first 4 KiB.
	Container(content []byte) bool
}

// Context is how many bytes around a change of a text can make a key of it: the longest encoding of
// the 20 characters of an id takes 12 bytes for each.
const Context = 256

// Options say how to read a repository. The zero value is what most callers want.
type Options struct {
	Workers int         // at once; the number of processors when zero
	Memory  int64       // bytes for tables and contents, without what the finder takes: 512 MiB when zero
	Stop    func() bool // asked between objects; once true, the rest is not looked at
}

func (o Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (o Options) memory() int64 {
	if o.Memory > 0 {
		return o.Memory
	}
	return 512 << 20
}

// Scan looks at every object of a repository. The order of the result does not depend on the order
// of reading.
func Scan(r *gitobject.Repository, f Finder, o Options) Result {
	s := newScan(r, f, o)
	s.objects()
	s.refs()
	s.place()
	s.incomplete()
	return s.result()
}
