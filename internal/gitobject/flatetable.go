package gitobject

import (
	"math/bits"
	"sync"
)

// fixedTables are the codes of blocks that bring none.
type fixedTables struct {
	lit  [litTable]uint32
	dist [distTable]uint32
}

var fixed = sync.OnceValue(func() *fixedTables {
	var lens [288]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	var dist [32]uint8
	for i := range dist {
		dist[i] = 5
	}
	t := new(fixedTables)
	e := entries()
	build(t.lit[:], litBits, lens[:], e.lit[:])
	build(t.dist[:], distBits, dist[:], e.dist[:])
	return t
})

// symbols are the entries of tables for all that a code can stand for, without the lengths of the codes.
type symbols struct {
	lit  [288]uint32
	dist [32]uint32
	code [19]uint32
}

var entries = sync.OnceValue(func() *symbols {
	s := new(symbols)
	for sym := range s.lit {
		s.lit[sym] = litEntry(sym)
	}
	for sym := range s.dist {
		s.dist[sym] = distEntry(sym)
	}
	for sym := range s.code {
		s.code[sym] = uint32(sym)<<valueShift | isLiteral
	}
	return s
})

// litEntry is the entry of a letter or length, without the length of its code. Two of the lengths that
// can be coded stand for nothing.
func litEntry(sym int) uint32 {
	switch {
	case sym < 256:
		return uint32(sym)<<valueShift | isLiteral
	case sym == 256:
		return isEnd
	case sym < 265:
		return uint32(sym-254)<<valueShift | isLength
	case sym < 285:
		extra := uint32(sym-261) / 4
		return (uint32(4+(sym-265)&3)<<extra+3)<<valueShift | extra<<extraShift | isLength
	case sym == 285:
		return 258<<valueShift | isLength
	}
	return 0
}

func distEntry(sym int) uint32 {
	switch {
	case sym < 4:
		return uint32(sym+1)<<valueShift | isLength
	case sym < 30:
		extra := uint32(sym-2) / 2
		return (uint32(2+sym&1)<<extra+1)<<valueShift | extra<<extraShift | isLength
	}
	return 0
}

// build makes the table of a code out of the lengths of its words. A code must be complete, but for
// one that has a single word of one bit or no word at all, as of a block without repetitions.
func build(table []uint32, first uint, lens []uint8, entries []uint32) bool {
	var count, next [16]uint16
	for _, n := range lens {
		count[n]++
	}
	words := len(lens) - int(count[0])
	count[0] = 0
	code, longest := 0, uint(0)
	for n := 1; n < 16; n++ {
		code = (code + int(count[n-1])) << 1
		next[n] = uint16(code)
		if code+int(count[n]) > 1<<n {
			return false
		}
		if count[n] > 0 {
			longest = uint(n)
		}
	}
	complete := longest > 0 && int(next[longest])+int(count[longest]) == 1<<longest
	if !complete && (words > 1 || longest > 1) {
		return false
	}
	if !complete {
		clear(table[:1<<first])
	}
	if longest > first && !behind(table, first, lens, next) {
		return false
	}
	for sym, length := range lens {
		if length == 0 {
			continue
		}
		n := uint(length)
		at := uint(bits.Reverse16(next[n]) >> (16 - n))
		next[n]++
		e := entries[sym] | uint32(n)
		if n <= first {
			for ; at < 1<<first; at += 1 << n {
				table[at] = e
			}
			continue
		}
		t := table[at&(1<<first-1)]
		sub, size := uint(t>>valueShift), uint(t>>extraShift&15)
		for at >>= first; at < 1<<size; at += 1 << (n - first) {
			table[sub+at] = e
		}
	}
	return true
}

// behind makes room for tables of the codes that are longer than the first look, one for each
// beginning, as large as the longest of its codes needs.
func behind(table []uint32, first uint, lens []uint8, next [16]uint16) bool {
	var most [1 << litBits]uint8
	for _, length := range lens {
		n := uint(length)
		if n == 0 {
			continue
		}
		at := bits.Reverse16(next[n]) >> (16 - n) & (1<<first - 1)
		next[n]++
		if n > first {
			most[at] = max(most[at], uint8(n-first))
		}
	}
	end := uint32(1) << first
	for at := range 1 << first {
		if n := most[at]; n > 0 {
			table[at] = end<<valueShift | uint32(n)<<extraShift | isTable
			end += 1 << n
		}
	}
	return int(end) <= len(table)
}
