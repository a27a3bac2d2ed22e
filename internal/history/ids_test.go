package history

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestIDs finds what is in any of several lists by its place in the sorted whole, and nothing else.
func TestIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{20, 32}).Draw(t, "size")
		// Few different bytes, so that ids have long beginnings in common, and lists have ids.
		id := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x7f, 0xff}), 3, 3), func(b []byte) []byte {
			return append(append([]byte{b[0], b[1]}, bytes.Repeat(b[1:2], size-3)...), b[2])
		})
		var lists, all [][]byte
		for range rapid.IntRange(0, 5).Draw(t, "lists") {
			list := rapid.SliceOfN(id, 0, 30).Draw(t, "ids")
			all = append(all, list...)
			lists = append(lists, ascending(size, bytes.Join(list, nil)))
		}
		slices.SortFunc(all, bytes.Compare)
		all = slices.CompactFunc(all, bytes.Equal)
		x := newIDs(size, merge(size, lists))
		if d := cmp.Diff(bytes.Join(all, nil), x.all); d != "" && len(all) > 0 {
			t.Fatal(d)
		}
		for i, want := range all {
			if n := x.number(want); int(n) != i {
				t.Fatalf("%x is %d, want %d", want, n, i)
			}
		}
		other := id.Draw(t, "another")
		if n := x.number(other); (n == none) != !slices.ContainsFunc(all, func(b []byte) bool { return bytes.Equal(b, other) }) {
			t.Fatalf("%x is %d", other, n)
		}
		for _, list := range lists {
			for i, n := range x.numbers(list) {
				if !bytes.Equal(x.raw(n), list[i*size:(i+1)*size]) {
					t.Fatalf("number %d of a list is %d", i, n)
				}
			}
		}
	})
}

func TestFlags(t *testing.T) {
	f := newFlags(65)
	for _, n := range []int32{0, 31, 32, 64} {
		if f.has(n) || !f.set(n) || f.set(n) || !f.has(n) || f.has(n/2+1) {
			t.Errorf("%d", n)
		}
	}
}
