package gitobject

import (
	"compress/flate"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// CorruptError says that bytes of a repository are not what git would have written.
type CorruptError struct {
	What string
	Err  error // what found it, may be nil
}

func (e *CorruptError) Error() string {
	if e.Err != nil {
		return "corrupt: " + e.What + ": " + e.Err.Error()
	}
	return "corrupt: " + e.What
}

func (e *CorruptError) Unwrap() error { return e.Err }

func corrupt(format string, args ...any) error {
	return &CorruptError{What: fmt.Sprintf(format, args...)}
}

// corruptStream tells data that cannot be inflated from a file that cannot be read.
func corruptStream(what string, err error) error {
	var syntax flate.CorruptInputError
	switch {
	case errors.As(err, &syntax), errors.Is(err, zlib.ErrHeader), errors.Is(err, zlib.ErrChecksum),
		errors.Is(err, zlib.ErrDictionary), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &CorruptError{What: what, Err: err}
	}
	return err
}

// LimitError says that something is larger than this program was told to read. It says nothing
// about whether the repository is sound.
type LimitError struct {
	What       string // what was counted, with its unit
	Got, Limit int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("too large: %s: %d, the limit is %d", e.What, e.Got, e.Limit)
}

// MissingError says that an object is not in the repository.
type MissingError struct {
	ID       ID
	Promisor bool    // the clone is partial: git would fetch the object when it is asked for
	Shallow  bool    // the clone is shallow: the object may lie beyond its boundary
	Broken   []error // packs and object folders that could not be read and might hold it
}

func (e *MissingError) Error() string {
	s := fmt.Sprintf("object %s is not in the repository", e.ID)
	switch {
	case len(e.Broken) > 0:
		return fmt.Sprintf("%s, of which %d parts cannot be read (%v): run git fsck", s, len(e.Broken), e.Broken[0])
	case e.Promisor:
		return s + ", which is a partial clone: fetch it without --filter"
	case e.Shallow:
		return s + ", which is a shallow clone: fetch with more depth (actions/checkout: fetch-depth: 0)"
	}
	return s + ": fetch the commit that needs it"
}

// TypeError says that an object is of another type than was asked for.
type TypeError struct {
	ID        ID
	Got, Want Type
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("object %s is a %s, not a %s", e.ID, e.Got, e.Want)
}

// RevisionError says that words name no object.
type RevisionError struct {
	Rev string
	Why string // cause, then what to do
}

func (e *RevisionError) Error() string {
	return fmt.Sprintf("revision %q: %s", clip(e.Rev), e.Why)
}

// AmbiguousError says that a shortened id names several objects.
type AmbiguousError struct {
	Prefix string
	IDs    []ID // sorted, the first few
}

func (e *AmbiguousError) Error() string {
	ids := make([]string, len(e.IDs))
	for i, id := range e.IDs {
		ids[i] = id.String()
	}
	return fmt.Sprintf("id %q is ambiguous: write more digits (%s)", e.Prefix, strings.Join(ids, ", "))
}

// UnsupportedError says that a repository uses something that git may know and this package does
// not.
type UnsupportedError struct{ What string }

func (e *UnsupportedError) Error() string { return e.What + " is not supported" }

// NotRepositoryError says that a folder is no git repository.
type NotRepositoryError struct{ Dir, Why string }

func (e *NotRepositoryError) Error() string {
	return fmt.Sprintf("%q is no git repository: %s", e.Dir, e.Why)
}

// NoEntryError says that a tree has nothing at a path. It is [fs.ErrNotExist].
type NoEntryError struct{ Path string }

func (e *NoEntryError) Error() string {
	return fmt.Sprintf("the tree has no %q", clip(e.Path))
}

func (e *NoEntryError) Unwrap() error { return fs.ErrNotExist }

// clip keeps words from outside short enough for a message.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
