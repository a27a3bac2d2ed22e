// Package unpack opens containers by what they hold, not by what they are called, and hands every
// file in them to a visitor: zip and its kin, tar, ar and Debian packages, cpio and RPM, the streams
// of PDF, and what gzip, bzip2, xz, LZMA, zstd and zlib compressed, each inside the others.
//
// It is pure: it reads what it is given, writes nothing anywhere, starts no goroutine, asks no clock
// and knows nothing of keys. Names that lead out of a folder mean nothing to it.
//
// What it reads is hostile. Sizes and counts that a container states are never believed: bytes are
// counted as they come out, memory is taken as it is filled, and every limit has a test at its
// boundary. Whatever could not be read - a limit, damage, a password, a method nobody here knows - is
// told to the visitor with the reason, and the walk goes on with what comes next where it can. A walk
// that told of nothing has handed over everything: besides the entries also what stands before,
// between and behind them, so that the bytes of a container need not be looked at once more. Only what a
// format fills up with or tells its readers to skip is left out.
package unpack

import (
	"fmt"
	"io"
)

// Limits bound one walk. Each holds its value to be allowed: one more is too much.
type Limits struct {
	// Depth is how many containers may stand in one another. A compressed archive (tar.gz) is one.
	Depth int
	// Entries is how many entries all containers together may have.
	Entries int
	// EntryBytes is how much of one file inside a container is handed over.
	EntryBytes int64
	// TotalBytes is what all decoders together may produce. What merely lies in a tar, ar or cpio
	// costs no more than the file that is read, and is not counted.
	TotalBytes int64
	// Ratio is how many bytes may come out of a decoder, or of the whole walk, for each that goes in,
	// once RatioAfter bytes have come.
	Ratio      int64
	RatioAfter int64
	// Memory is what may be kept of containers that have to be read in no order, all together.
	Memory int64
	// Window is the memory that a decoder may ask for to look back. One inside another gets half.
	Window int64
	// Stop is asked all the time and ends the walk with its error as the reason; nil never ends it.
	Stop func() error
}

// DefaultLimits are those of a scan that nobody configured. They have no bound of time.
func DefaultLimits() Limits {
	return Limits{
		Depth:      6,
		Entries:    50_000,
		EntryBytes: 1 << 30,
		TotalBytes: 4 << 30,
		Ratio:      200,
		RatioAfter: 10 << 20,
		Memory:     256 << 20,
		Window:     128 << 20,
	}
}

// Visitor is told what a walk finds. The slices it is given name the way down through containers,
// fit to be shown, and may be kept; they do not hold the name of what the walk started with.
type Visitor interface {
	// Leaf reads one file that is no container. The reader ends with io.EOF and nothing else: when
	// it ends too early, Skipped says so afterwards. It is dead when Leaf returns. An error ends the walk.
	Leaf(inside []string, r io.Reader) error
	// Name is told every word that stands beside the files: their names as they are, targets of
	// links, comments, owners and other attributes.
	Name(inside []string, text string)
	// Skipped is told what was not read, or not to its end, and why.
	Skipped(inside []string, reason string)
}

// Walk hands over everything in the size bytes of r. Where that is no container, it is the one leaf.
// The error is what Leaf returned, if anything; all other trouble is told to the visitor.
func Walk(name string, r io.ReaderAt, size int64, l Limits, v Visitor) error {
	k := newWalker(l, v)
	w := k.windowAt(r, 0, size)
	defer w.release()
	k.consumed = func() int64 { return size }
	k.start(w)
	return k.outcome(name)
}

// WalkReader is Walk over what can only be read in order, like standard input.
func WalkReader(name string, r io.Reader, l Limits, v Visitor) error {
	k := newWalker(l, v)
	w := k.windowOf(r)
	defer w.release()
	k.consumed = w.pos
	k.start(w)
	return k.outcome(name)
}

func (k *walker) outcome(name string) error {
	if k.failure != nil {
		return fmt.Errorf("looking into %q: %w", name, k.failure)
	}
	return nil
}
