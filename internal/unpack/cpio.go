package unpack

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// cpioHeader is what is needed of a header, in each of its forms.
type cpioHeader struct {
	len, name, size int64
	pad             int64 // name and data end at multiples of it
	even            int64 // lengths are rounded up to it instead
}

// isCpio wants a whole header that can be.
func isCpio(b []byte) bool {
	h, ok := parseCpio(b)
	return ok && h.name > 0 && h.name <= 1<<16
}

func parseCpio(b []byte) (h cpioHeader, ok bool) {
	if len(b) >= 6 {
		switch string(b[:6]) {
		case "070701", "070702":
			return cpioDigits(b, cpioHeader{len: 110, pad: 4}, 16, span{94, 102}, span{54, 62})
		case "070707":
			return cpioDigits(b, cpioHeader{len: 76}, 8, span{59, 65}, span{65, 76})
		}
	}
	if len(b) < 26 {
		return h, false
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if order.Uint16(b) == 0o70707 && order.Uint16(b[6:])>>12 != 0 {
			return cpioHeader{
				len: 26, name: int64(order.Uint16(b[20:])), even: 2,
				size: int64(order.Uint16(b[22:]))<<16 | int64(order.Uint16(b[24:])),
			}, true
		}
	}
	return h, false
}

// cpioDigits reads the forms in which numbers are written out.
func cpioDigits(b []byte, h cpioHeader, base int, name, size span) (cpioHeader, bool) {
	if int64(len(b)) < h.len {
		return h, false
	}
	n, err1 := strconv.ParseUint(string(b[name.from:name.to]), base, 34)
	s, err2 := strconv.ParseUint(string(b[size.from:size.to]), base, 34)
	h.name, h.size = int64(n), int64(s)
	return h, err1 == nil && err2 == nil
}

// round is how many bytes follow n of them, at an offset from the beginning, until what comes next.
func (h cpioHeader) round(n, at int64) int64 {
	switch {
	case h.even > 0:
		return padding(n, h.even)
	case h.pad > 0:
		return padding(at, h.pad)
	}
	return 0
}

// cpio reads an archive in any of its forms. Kernels get several of them joined, some compressed.
func (k *walker) cpio(p part, inside []string, l level) {
	start := p.w.pos()
	for !k.halted {
		b := p.peek(128)
		h, ok := parseCpio(b)
		switch {
		case len(b) == 0:
			k.short(p, inside, "the cpio archive")
			return
		case !ok || h.name > maxWords:
			k.foreign(p, inside, l, "a header of the cpio archive is damaged")
			return
		}
		p.skip(h.len)
		words, ok := p.take(int(h.name))
		p.skip(h.round(h.name, p.w.pos()-start))
		if !ok {
			k.short(p, inside, "the cpio archive")
			return
		}
		name := text(words)
		if name == "TRAILER!!!" && h.size == 0 {
			k.rest(p, inside, level{depth: l.depth})
			return
		}
		if !k.cpioFile(p, h, name, inside, l) {
			return
		}
		p.skip(h.round(h.size, p.w.pos()-start))
	}
}

// cpioFile opens one file and goes to its end.
func (k *walker) cpioFile(p part, h cpioHeader, name string, inside []string, l level) bool {
	way, ok := k.entry(inside, strings.TrimSuffix(name, "\x00"))
	if !ok {
		return false
	}
	end := p.w.pos() + h.size
	if h.size > 0 {
		k.open(p.sub(h.size), way, level{depth: l.depth})
	}
	if !p.skip(end - p.w.pos()) {
		k.short(p, way, "the cpio archive")
		return false
	}
	return true
}
