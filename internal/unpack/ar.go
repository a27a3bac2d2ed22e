package unpack

import (
	"strconv"
	"strings"
)

const arHeaderLen = 60

// ar reads an archive of the linker, which Debian packages are too.
func (k *walker) ar(p part, inside []string, l level) {
	p.skip(8)
	var table string // of long names
	for !k.halted {
		b := p.peek(arHeaderLen)
		if len(b) == 0 {
			return
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(b[min(48, len(b)):min(58, len(b))])), 10, 62)
		if len(b) < arHeaderLen || string(b[58:60]) != "`\n" || err != nil || size < 0 {
			k.foreign(p, inside, l, "a header of the ar archive is damaged")
			return
		}
		name := strings.TrimRight(string(b[:16]), " ")
		p.skip(arHeaderLen)
		end := p.w.pos() + size
		if name == "//" {
			words, _ := p.take(int(min(size, maxWords, p.left())))
			table = string(words)
		} else if !k.arMember(p.sub(size), name, table, inside, l) {
			return
		}
		if !p.skip(end - p.w.pos()) {
			k.short(p, inside, "the ar archive")
			return
		}
		p.skip(size & 1)
	}
}

// arMember opens one file of an ar archive.
func (k *walker) arMember(p part, name, table string, inside []string, l level) bool {
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "#1/")); err == nil && strings.HasPrefix(name, "#1/") && n >= 0 && n <= maxWords {
		long, _ := p.take(n) // the BSDs put long names before the data
		name = text(long)
	} else if at, err := strconv.Atoi(strings.TrimPrefix(name, "/")); err == nil && at >= 0 && at < len(table) {
		name, _, _ = strings.Cut(table[at:], "\n")
	}
	if len(name) > 1 {
		name = strings.TrimSuffix(name, "/")
	}
	way, ok := k.entry(inside, name)
	if ok {
		k.open(p, way, level{depth: l.depth})
	}
	return ok
}

// foreign tells that a container cannot be followed from here on, and hands over what is left of it.
func (k *walker) foreign(p part, inside []string, l level, why string) {
	way := place(inside, p.w.pos())
	k.skipped(way, why+"; what follows was searched as it is")
	k.leaf(p, way, level{depth: l.depth})
}

// short tells of a container that ends in the middle, unless whoever made the bytes tells it.
func (k *walker) short(p part, inside []string, what string) {
	if p.w.fault() == nil {
		k.skipped(inside, what+" ends too early: it was cut off")
	}
}
