package unpack

import "encoding/binary"

const rpmLeadLen = 96

// rpm opens a package: a lead, a signature, a header with names and scripts, and the files.
func (k *walker) rpm(p part, inside []string, l level) {
	p.skip(rpmLeadLen)
	for _, what := range []string{"(signature)", "(header)"} {
		size, ok := rpmHeader(p.peek(16))
		if !ok {
			k.foreign(p, inside, l, "a header of the RPM package is damaged")
			return
		}
		end := p.w.pos() + size
		if what == "(signature)" {
			end += padding(size, 8)
		}
		k.leaf(p.sub(size), below(inside, what), l)
		if !p.skip(end - p.w.pos()) {
			k.short(p, inside, "the RPM package")
			return
		}
	}
	if IsContainer(p.peek(headLen)) == None {
		k.foreign(p, inside, l, "the files of the RPM package are packed in an unknown way")
		return
	}
	k.open(p, inside, level{depth: l.depth})
}

// rpmHeader is the length of the header that begins with b.
func rpmHeader(b []byte) (int64, bool) {
	if len(b) < 16 || string(b[:3]) != "\x8e\xad\xe8" {
		return 0, false
	}
	entries, data := binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
	return 16 + 16*int64(entries) + int64(data), entries < 1<<20 && data < 1<<30
}
