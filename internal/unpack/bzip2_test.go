package unpack

import (
	"bytes"
	mathbits "math/bits"
	"slices"
)

// bz compresses as bzip2 does, which the standard library only undoes: one block, codes of nearly
// equal length. For small inputs only.
func bz(b []byte) []byte {
	w := &bits{out: []byte("BZh9")}
	crc := uint32(0xffffffff)
	for _, c := range b {
		crc = crc<<8 ^ bzTable(byte(crc>>24)^c)
	}
	crc = ^crc
	combined := uint32(0)
	if len(b) > 0 {
		combined = crc
		w.put(0x314159265359, 48)
		w.put(uint64(crc), 32)
		w.put(0, 1)
		w.block(bzRuns(b))
	}
	w.put(0x177245385090, 48)
	w.put(uint64(combined), 32)
	w.put(0, 7) // to the end of a byte
	return w.out
}

func bzTable(c byte) uint32 {
	v := uint32(c) << 24
	for range 8 {
		if v&0x80000000 != 0 {
			v = v<<1 ^ 0x04c11db7
		} else {
			v <<= 1
		}
	}
	return v
}

// bzRuns shortens runs: four bytes and a count.
func bzRuns(b []byte) (out []byte) {
	for i := 0; i < len(b); {
		n := 1
		for i+n < len(b) && b[i+n] == b[i] && n < 255 {
			n++
		}
		out = append(out, bytes.Repeat(b[i:i+1], min(n, 4))...)
		if n >= 4 {
			out = append(out, byte(n-4))
		}
		i += n
	}
	return out
}

type bits struct {
	out  []byte
	acc  uint64
	have int
}

func (w *bits) put(v uint64, n int) {
	for n--; n >= 0; n-- {
		w.acc = w.acc<<1 | v>>n&1
		if w.have++; w.have == 8 {
			w.out = append(w.out, byte(w.acc))
			w.acc, w.have = 0, 0
		}
	}
}

// block sorts the rotations and writes the last column by ranks, runs of the first rank shortened.
func (w *bits) block(b []byte) {
	order := make([]int, len(b))
	for i := range order {
		order[i] = i
	}
	twice := slices.Concat(b, b)
	slices.SortStableFunc(order, func(x, y int) int { return bytes.Compare(twice[x:x+len(b)], twice[y:y+len(b)]) })
	w.put(uint64(slices.Index(order, 0)), 24)
	var used [256]bool
	for _, c := range b {
		used[c] = true
	}
	var ranks []byte
	for half := range 16 {
		w.put(bit(slices.Contains(used[half*16:half*16+16], true)), 1)
	}
	for half := range 16 {
		if part := used[half*16 : half*16+16]; slices.Contains(part, true) {
			for i, u := range part {
				w.put(bit(u), 1)
				if u {
					ranks = append(ranks, byte(half*16+i))
				}
			}
		}
	}
	w.symbols(bzSymbols(order, b, ranks), len(ranks)+2)
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func bzSymbols(order []int, b, ranks []byte) (symbols []int) {
	last := len(ranks) + 1
	zeros := 0
	flush := func() {
		for ; zeros > 0; zeros = (zeros - 1) / 2 {
			symbols = append(symbols, (zeros-1)&1)
		}
	}
	for _, at := range order {
		c := b[(at+len(b)-1)%len(b)]
		r := bytes.IndexByte(ranks, c)
		copy(ranks[1:r+1], ranks[:r])
		ranks[0] = c
		if r == 0 {
			zeros++
			continue
		}
		flush()
		symbols = append(symbols, r+1)
	}
	flush()
	return append(symbols, last)
}

func (w *bits) symbols(all []int, alphabet int) {
	w.put(2, 3) // two tables, both the same
	groups := (len(all) + 49) / 50
	w.put(uint64(groups), 15)
	w.put(0, groups) // always the first
	n := mathbits.Len(uint(alphabet - 1))
	short := 1<<n - alphabet // symbols whose code is one bit shorter, so that every code means something
	for range 2 {
		if short == 0 {
			w.put(uint64(n), 5)
		} else {
			w.put(uint64(n-1), 5)
		}
		for s := range alphabet {
			if s == short && short > 0 {
				w.put(0b10, 2) // one longer
			}
			w.put(0, 1)
		}
	}
	for _, s := range all {
		if s < short {
			w.put(uint64(s), n-1)
		} else {
			w.put(uint64(s+short), n)
		}
	}
}
