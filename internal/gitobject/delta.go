package gitobject

import (
	"iter"
	"slices"
)

// Delta makes one object out of another: an ordered list of pieces that are copied from the base
// or inserted. It has been checked: every copy lies inside a base of BaseSize bytes, and the
// pieces add up to ResultSize.
type Delta struct {
	BaseSize   int64
	ResultSize int64
	code       []byte
}

// Instruction is one piece of a result.
type Instruction struct {
	Insert []byte // new bytes; nil for a copy
	Offset int64  // of a copy, in the base
	Length int64  // of the piece
}

// ParseDelta checks a delta as a pack has it, after inflating. The delta keeps the slice. A few
// bytes can ask for terabytes: a result of more than limit bytes is a [LimitError].
func ParseDelta(b []byte, limit int64) (Delta, error) {
	base, n, ok := deltaSize(b)
	if !ok {
		return Delta{}, corrupt("a delta without the size of its base")
	}
	result, m, ok := deltaSize(b[n:])
	if !ok {
		return Delta{}, corrupt("a delta without the size of its result")
	}
	if result > limit {
		return Delta{}, &LimitError{"bytes of an object", result, limit}
	}
	d := Delta{BaseSize: base, ResultSize: result, code: b[n+m:]}
	return d, d.check()
}

// deltaSize reads a number of seven bits a byte, the lowest first.
func deltaSize(b []byte) (size int64, n int, ok bool) {
	for shift := 0; n < len(b) && shift < 63; shift += 7 {
		c := b[n]
		n++
		size |= int64(c&0x7f) << shift
		if c < 0x80 {
			return size, n, size >= 0
		}
	}
	return 0, 0, false
}

// check makes sure of all that Apply relies on. It is run before anything is allocated for the
// result, whose size is only a claim until then.
func (d Delta) check() error {
	var made int64
	for rest := d.code; len(rest) > 0; {
		in, n, ok := nextInstruction(rest)
		if !ok {
			return corrupt("a delta with a reserved or cut instruction")
		}
		if in.Insert == nil && in.Offset+in.Length > d.BaseSize {
			return corrupt("a delta that copies %d bytes at %d of a base of %d", in.Length, in.Offset, d.BaseSize)
		}
		rest, made = rest[n:], made+in.Length
		if made > d.ResultSize {
			break
		}
	}
	if made != d.ResultSize {
		return corrupt("a delta that makes %d bytes and says %d", made, d.ResultSize)
	}
	return nil
}

// nextInstruction decodes the instruction that b begins with, n bytes of it.
func nextInstruction(b []byte) (in Instruction, n int, ok bool) {
	op := b[0]
	if op&0x80 == 0 {
		n = 1 + int(op)
		if op == 0 || n > len(b) {
			return in, 0, false
		}
		return Instruction{Insert: b[1:n:n], Length: int64(op)}, n, true
	}
	n = 1
	for bit := range 7 {
		if op&(1<<bit) == 0 {
			continue
		}
		if n >= len(b) {
			return in, 0, false
		}
		if bit < 4 {
			in.Offset |= int64(b[n]) << (8 * bit)
		} else {
			in.Length |= int64(b[n]) << (8 * (bit - 4))
		}
		n++
	}
	if in.Length == 0 {
		in.Length = 0x10000 // what no byte says is the largest that one copy had in the beginning
	}
	return in, n, true
}

// Instructions yields the pieces of the result in order.
func (d Delta) Instructions() iter.Seq[Instruction] {
	return func(yield func(Instruction) bool) {
		for rest := d.code; len(rest) > 0; {
			in, n, ok := nextInstruction(rest)
			if !ok || !yield(in) {
				return
			}
			rest = rest[n:]
		}
	}
}

// Apply makes the result out of its base. It is written over dst, which grows when it is too
// short and must not overlap the base.
func (d Delta) Apply(dst, base []byte) ([]byte, error) {
	if int64(len(base)) != d.BaseSize {
		return nil, corrupt("a delta for a base of %d bytes on one of %d", d.BaseSize, len(base))
	}
	dst = slices.Grow(dst[:0], int(d.ResultSize))
	for in := range d.Instructions() {
		if in.Insert != nil {
			dst = append(dst, in.Insert...)
		} else {
			dst = append(dst, base[in.Offset:in.Offset+in.Length]...)
		}
	}
	if int64(len(dst)) != d.ResultSize {
		return nil, corrupt("a delta that was not checked")
	}
	return dst, nil
}
