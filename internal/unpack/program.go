package unpack

import (
	"bytes"
	"io"
)

const (
	// maxProgram is how much of a program inside a container is kept to look for an archive behind it.
	maxProgram = 64 << 20
	// maxScript is how long the script before a payload is at most.
	maxScript = 256 << 10
)

// isProgram knows what archives are appended to.
func isProgram(head []byte) bool {
	for _, start := range []string{"#!", "MZ", "\x7fELF", "\xcf\xfa\xed\xfe"} {
		if bytes.HasPrefix(head, []byte(start)) {
			return true
		}
	}
	return false
}

// openOther hands over what does not begin like a container: a file, or a program that carries an
// archive behind it. What the walk started with may be anything before the archive.
func (k *walker) openOther(p part, inside []string, l level) {
	program := isProgram(p.peek(headLen))
	r, ok := p.region()
	switch {
	case ok && (program || l.depth == 0):
		k.openRegion(r, inside, l)
	case program:
		k.openProgram(p, inside, l)
	default:
		k.leaf(p, inside, l)
	}
}

// openProgram keeps a program of a stream in memory to look at its end. One that is too large for
// that is only searched, and told where it does carry an archive.
func (k *walker) openProgram(p part, inside []string, l level) {
	m, whole := k.keep(p, maxProgram)
	defer m.release()
	if whole {
		k.openRegion(m.region(), inside, l)
		return
	}
	t := &tailKeeper{r: io.MultiReader(io.NewSectionReader(m, 0, m.size), p)}
	w := k.windowOf(t)
	defer w.release()
	k.leaf(w.whole(), inside, l)
	if HasZipEnd(t.tail) {
		k.skipped(inside, "the zip archive at the end of this program was not opened: the program is too large to be kept in memory")
	}
}

// tailKeeper remembers the end of what is read through it.
type tailKeeper struct {
	r    io.Reader
	tail []byte
}

func (t *tailKeeper) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if len(t.tail)+n > 4*maxEnd {
		t.tail = append(t.tail[:0], t.tail[len(t.tail)-maxEnd:]...)
	}
	t.tail = append(t.tail, p[:n]...)
	return n, err
}

// openRegion hands over what does not begin like a container and can be read in any order.
func (k *walker) openRegion(r region, inside []string, l level) {
	if k.endsInZip(r) {
		if l.depth++; l.depth <= k.limits.Depth {
			k.zipRegion(r, inside, l)
			return
		}
		k.skipped(inside, k.tooDeep(Zip))
	} else if at := payload(r); at > 0 {
		k.openPart(r.sub(0, at), inside, l, k.leaf)
		k.openPart(r.sub(at, r.size), place(inside, at), level{depth: l.depth}, k.open)
		return
	}
	k.openPart(r, inside, l, k.leaf)
}

// openPart gives a region to a function that wants a part.
func (k *walker) openPart(r region, inside []string, l level, f func(part, []string, level)) {
	w := k.over(r)
	defer w.release()
	f(w.whole(), inside, l)
	k.unreadable(w, inside)
}

// endsInZip says that a zip archive with a sound directory ends where the region ends.
func (k *walker) endsInZip(r region) bool {
	n := min(r.size, maxEnd)
	tail, err := r.read(make([]byte, n), r.size-n)
	if err != nil || !HasZipEnd(tail) {
		return false
	}
	d, err := findDirectory(r)
	return err == nil && d.count > 0
}

// payload is where a script ends and what it unpacks begins, or zero.
func payload(r region) int64 {
	b, err := r.read(make([]byte, min(r.size, maxScript)), 0)
	if err != nil || !bytes.HasPrefix(b, []byte("#!")) {
		return 0
	}
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		if IsContainer(b[at:min(len(b), at+headLen)]).compression() {
			return int64(at)
		}
	}
}
