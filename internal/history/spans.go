package history

import "github.com/keysweep/keysweep/internal/gitobject"

// span is a part of a content, from its first byte to the one behind its last.
type span struct{ from, to int }

// changes appends the parts of a content of some size that are not as in its base, with some bytes
// around them: what was inserted, and the places where two copies join that were apart. At the beginning
// and the end of what was copied the base may have gone on. A key that lies within one copy as a whole
// was in the base.
func changes(list []span, code gitobject.Delta, size, around int) []span {
	pos, follow := 0, int64(0)
	for in := range code.Instructions() {
		n := int(in.Length)
		switch {
		case in.Insert != nil:
			list = touch(list, max(pos-around, 0), min(pos+n+around, size))
			follow = -1
		case in.Offset != follow:
			list = touch(list, max(pos-around, 0), min(pos+around, size))
		}
		if in.Insert == nil {
			follow = in.Offset + in.Length
		}
		pos += n
	}
	if follow != code.BaseSize {
		list = touch(list, max(size-around, 0), size)
	}
	return list
}

// touch appends a span, or makes the last one longer where they meet.
func touch(list []span, from, to int) []span {
	if n := len(list); n > 0 && from <= list[n-1].to {
		list[n-1].to = max(list[n-1].to, to)
		return list
	}
	return append(list, span{from, to})
}
