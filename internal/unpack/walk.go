package unpack

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errHalted ends every reader of a walk that was ended.
var errHalted = errors.New("the walk was ended")

// walker is one walk.
type walker struct {
	limits    Limits
	visitor   Visitor
	consumed  func() int64 // bytes of what the walk started with, at most those that were read of a stream
	entries   int
	produced  int64 // by all decoders
	looking   int   // decoders at work that look back
	held      int64 // of Memory
	halted    bool
	failure   error           // what the visitor returned
	inflaters []io.ReadCloser // not in use
	chunks    [][]byte        // not in use
}

func newWalker(l Limits, v Visitor) *walker { return &walker{limits: l, visitor: v} }

// level is how deep a container stands.
type level struct {
	depth int  // containers around it
	bare  bool // it is what a compression held, and counts with that as one
}

// start walks through all of a window.
func (k *walker) start(w *window) {
	k.open(w.whole(), nil, level{})
	k.unreadable(w, nil)
}

// unreadable tells what ended a window before its end.
func (k *walker) unreadable(w *window, inside []string) {
	if err := w.fault(); err != nil {
		k.skipped(inside, "it could not be read to its end: "+explain(err))
	}
}

// halt ends the walk with a record of where and why.
func (k *walker) halt(inside []string, reason string) {
	if !k.halted {
		k.skipped(inside, reason+"; this and all that follows was not read")
		k.halted = true
	}
}

// interrupted is asked before every read.
func (k *walker) interrupted() error {
	if k.halted {
		return errHalted
	}
	if k.limits.Stop != nil {
		if err := k.limits.Stop(); err != nil {
			k.halt(nil, "the scan was ended: "+explain(err))
			return errHalted
		}
	}
	return nil
}

// skipped tells what was not read. After the walk has ended there is nothing more to tell.
func (k *walker) skipped(inside []string, reason string) {
	if !k.halted {
		k.visitor.Skipped(inside, reason)
	}
}

// name tells a word that stands beside the files.
func (k *walker) name(inside []string, texts ...string) {
	for _, t := range texts {
		if t != "" && !k.halted {
			k.visitor.Name(inside, t)
		}
	}
}

// room counts one more piece of a container. False says that there were too many.
func (k *walker) room(inside []string) bool {
	if k.interrupted() != nil {
		return false
	}
	if k.entries >= k.limits.Entries {
		k.halt(inside, fmt.Sprintf("there are more than %d entries", k.limits.Entries))
		return false
	}
	k.entries++
	return true
}

// entry counts an entry of a container and gives the way to it, or says that there were too many.
func (k *walker) entry(inside []string, name string) ([]string, bool) {
	if !k.room(inside) {
		return nil, false
	}
	way := below(inside, name)
	k.name(way, name)
	return way, true
}

// below is the way to something in a container.
func below(inside []string, name string) []string {
	way := make([]string, len(inside)+1)
	copy(way, inside)
	way[len(inside)] = display(name)
	return way
}

// place names bytes of a container that no entry has.
func place(inside []string, offset int64) []string {
	return below(inside, "(from byte "+strconv.FormatInt(offset, 10)+")")
}

// open hands over what a part holds: itself, or what is in it.
func (k *walker) open(p part, inside []string, l level) {
	kind := IsContainer(p.peek(headLen))
	if kind == None {
		k.openOther(p, inside, l)
		return
	}
	if kind.closed() {
		k.skipped(inside, kind.String()+" data is not opened; its bytes were searched as they are")
		k.leaf(p, inside, l)
		return
	}
	if !l.bare || kind.compression() {
		l.depth++
	}
	l.bare = false
	if l.depth > k.limits.Depth {
		k.skipped(inside, k.tooDeep(kind))
		k.leaf(p, inside, l)
		return
	}
	k.openKind(kind, p, inside, l)
}

func (k *walker) tooDeep(kind Kind) string {
	return fmt.Sprintf("%s data inside %d other containers is not opened; its bytes were searched as they are", kind, k.limits.Depth)
}

func (k *walker) openKind(kind Kind, p part, inside []string, l level) {
	switch kind {
	case Zip:
		k.zip(p, inside, l)
	case Tar:
		k.tar(p, inside, l)
	case Ar:
		k.ar(p, inside, l)
	case Cpio:
		k.cpio(p, inside, l)
	case RPM:
		k.rpm(p, inside, l)
	case PDF:
		k.pdf(p, inside, l)
	default:
		k.compressed(kind, p, inside, l)
	}
}

// leaf hands over a part as one file.
func (k *walker) leaf(p part, inside []string, l level) {
	if k.halted || l.depth > 0 && len(p.peek(1)) == 0 {
		return // of empty files there is only the name
	}
	r := &leafReader{p: p, left: endless}
	if l.depth > 0 {
		r.left = k.limits.EntryBytes
	}
	err := k.visitor.Leaf(inside, r)
	r.p.end = 0 // a visitor that kept it reads nothing more
	if err != nil && k.failure == nil {
		k.failure, k.halted = err, true
	}
	if r.over {
		k.skipped(inside, fmt.Sprintf("it is larger than %d bytes; only those were read", k.limits.EntryBytes))
	}
}

// leafReader is what the visitor reads. Whatever ends the part, to the visitor it is its end.
type leafReader struct {
	p    part
	left int64
	over bool
}

func (r *leafReader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if r.p.end == 0 {
		return 0, io.EOF
	}
	if r.left == 0 {
		r.over = r.over || len(r.p.peek(1)) > 0
		return 0, io.EOF
	}
	n, err := r.p.Read(b[:min(int64(len(b)), r.left)])
	r.left -= int64(n)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// rest hands over what stands behind the end of a container, other than zeros.
func (k *walker) rest(p part, inside []string, l level) {
	if p.skipZeros() {
		k.open(p, place(inside, p.w.pos()), l)
	}
}

// maxShown is how long a name is at most where it is shown.
const maxShown = 4 << 10

// display makes a name fit to be shown: no control character, nothing invisible, no broken encoding.
func display(name string) string {
	clean := len(name) <= maxShown && utf8.ValidString(name)
	for _, c := range name {
		clean = clean && strconv.IsPrint(c)
	}
	if clean {
		return name
	}
	var b strings.Builder
	for i, c := range name {
		if b.Len() > maxShown {
			b.WriteString("…")
			break
		}
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(name[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, name[i])
		case !strconv.IsPrint(c):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(c), "'"))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// explain words an error for somebody who never heard of the library that returned it.
func explain(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the data ends too early"
	}
	return display(err.Error())
}
