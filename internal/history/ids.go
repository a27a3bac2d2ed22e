package history

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// ids are the ids of all objects that are there, sorted, one behind the other. The place of an id is
// the number by which all else knows the object: a map of ids would take several times the memory.
type ids struct {
	size  int
	all   []byte
	first []int32 // of each beginning: the number of the first id that has it or a later one
	shift int     // that makes a beginning of the first four bytes
}

// none is the number of what is not there.
const none = int32(-1)

// merge makes one list of sorted lists.
func merge(size int, lists [][]byte) []byte {
	for len(lists) > 1 {
		var next [][]byte
		for i := 0; i+1 < len(lists); i += 2 {
			next = append(next, mergeTwo(size, lists[i], lists[i+1]))
		}
		if len(lists)%2 == 1 {
			next = append(next, lists[len(lists)-1])
		}
		lists = next
	}
	if len(lists) == 0 {
		return nil
	}
	return lists[0]
}

func mergeTwo(size int, a, b []byte) []byte {
	out := make([]byte, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		c := bytes.Compare(a[:size], b[:size])
		if c <= 0 {
			out, a = append(out, a[:size]...), a[size:]
		} else {
			out = append(out, b[:size]...)
		}
		if c >= 0 {
			b = b[size:]
		}
	}
	return append(append(out, a...), b...)
}

// ascending is a list in order: itself, but for that of a broken index.
func ascending(size int, list []byte) []byte {
	for at := size; at < len(list); at += size {
		if bytes.Compare(list[at-size:at], list[at:at+size]) >= 0 {
			pieces := slices.Collect(slices.Chunk(list, size))
			slices.SortFunc(pieces, bytes.Compare)
			return bytes.Join(slices.CompactFunc(pieces, bytes.Equal), nil)
		}
	}
	return list
}

// newIDs takes over a sorted list.
func newIDs(size int, all []byte) *ids {
	x := &ids{size: size, all: all, shift: 32}
	n := x.len()
	width := max(bits.Len(uint(n))-2, 0)
	x.shift -= width
	x.first = make([]int32, 1<<width+1)
	at := 0
	for b := range x.first {
		for at < n && int(x.beginning(all[at*size:])) < b {
			at++
		}
		x.first[b] = int32(at)
	}
	return x
}

func (x *ids) len() int { return len(x.all) / x.size }

func (x *ids) beginning(raw []byte) uint32 {
	return uint32(uint64(binary.BigEndian.Uint32(raw)) >> x.shift)
}

// number finds an id; none where the object is not there. Eight bytes of an id tell nearly always.
func (x *ids) number(raw []byte) int32 {
	b := x.beginning(raw)
	lo, hi := x.first[b], x.first[b+1]
	head := binary.BigEndian.Uint64(raw)
	for lo < hi {
		mid := int32(uint32(lo+hi) / 2)
		at := x.raw(mid)
		switch v := binary.BigEndian.Uint64(at); {
		case v < head:
			lo = mid + 1
		case v > head:
			hi = mid
		default:
			switch c := bytes.Compare(at, raw); {
			case c == 0:
				return mid
			case c < 0:
				lo = mid + 1
			default:
				hi = mid
			}
		}
	}
	return none
}

func (x *ids) raw(n int32) []byte { return x.all[int(n)*x.size : (int(n)+1)*x.size] }

func (x *ids) id(n int32) gitobject.ID { return gitobject.RawID(x.raw(n)) }

// find is number for an id of any form.
func (x *ids) find(id gitobject.ID) int32 {
	if id.Format().Size() != x.size || id.IsZero() {
		return none
	}
	return x.number(id.Raw())
}

// numbers are the numbers of a list of ids that was merged; nil where each is its place.
func (x *ids) numbers(list []byte) []int32 {
	if bytes.Equal(list, x.all) {
		return nil
	}
	out := make([]int32, 0, len(list)/x.size)
	for ; len(list) > 0; list = list[x.size:] {
		out = append(out, x.number(list[:x.size]))
	}
	return out
}

// flags is a set of numbers that several goroutines write.
type flags []atomic.Uint32

func newFlags(n int) flags { return make(flags, (n+31)/32) }

func (f flags) has(n int32) bool { return f[n/32].Load()&(1<<(n%32)) != 0 }

// set reports whether the number is new.
func (f flags) set(n int32) bool { return f[n/32].Or(1<<(n%32))&(1<<(n%32)) == 0 }
