package leak

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plantedFile is text of several windows in which ids, in encodings, stand at and around the
// edges of windows, and at other places.
func plantedFile(r *rand.Rand, windows int, around int) (text string, planted int) {
	data := sourceText(windows*windowSize + r.IntN(1000))
	put := func(at int) {
		e := encodings[r.IntN(len(encodings))]
		s := "\n" + e.encode(" key="+randomID(r)+" ") + "\n"
		if at = max(0, at); at+len(s) <= len(data) {
			copy(data[at:], s)
			planted++
		}
	}
	for w := 1; w <= windows; w++ {
		put(w*windowSize + around - r.IntN(400))
		put(w*windowSize - windowSize/2 + r.IntN(1000))
	}
	return string(data), planted
}

// TestStreamIsFind: pieces of any length give the same hits as the whole, each once.
func TestStreamIsFind(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	found, all := 0, 0
	for i := range 60 {
		text, planted := plantedFile(r, 3, i*7)
		whole := find(t, Options{}, text)
		pieces := stream(t, Options{}, text, 1+r.IntN(200_000))
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Fatalf("case %d (-Find +Stream):\n%s", i, diff)
		}
		found, all = found+len(whole), all+planted
	}
	if found < all*98/100 || found > all {
		t.Errorf("found %d of %d", found, all)
	}
}

// TestStreamEdges: an id across the edge of a window is found once, wherever the edge cuts it.
func TestStreamEdges(t *testing.T) {
	data := sourceText(windowSize + 2*context)
	for _, e := range encodings {
		written := e.encode(" " + testID + " ")
		for cut := 0; cut <= len(written); cut += 1 + len(written)/12 {
			for _, edge := range []int{windowSize, windowSize + context} { // those of Find, and of a stream
				text := slices.Clone(data)
				copy(text[edge-cut-1:], "\n"+written+"\n")
				for _, hits := range [][]Hit{find(t, Options{}, string(text)), stream(t, Options{}, string(text), 1<<20)} {
					if len(hits) != 1 || hits[0].ID != testID {
						t.Errorf("%s, %s, cut after %d: found %+v", e.name, e.how, cut, hits)
					}
				}
			}
		}
	}
}

func TestStreamUTF16(t *testing.T) {
	line := "user = \"alice\" # a comment in the file\r\n"
	var text string
	for len(text) < windowSize {
		text += line
	}
	for _, encode := range []func(string) string{utf16le, utf16be} {
		data := encode(text + testID + "\n" + text + inBase64(" "+testOther+" ") + "\n" + text)
		whole, pieces := find(t, Options{}, data), stream(t, Options{}, data, 4097)
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Errorf("(-Find +Stream):\n%s", diff)
		}
		if got := slices.Sorted(slices.Values(ids(whole))); !slices.Equal(got, []string{testID, testOther}) {
			t.Errorf("found %q", got)
		}
	}
}

// TestStreamAgain: a stream that was closed is ready for another file.
func TestStreamAgain(t *testing.T) {
	var hits []Hit
	s := New(Options{}).Stream(func(h Hit) { hits = append(hits, h) })
	for range 2 {
		for _, c := range []byte("a\nkey = " + testID + "\n") {
			if _, err := s.Write([]byte{c}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(hits) != 2 || hits[0] != hits[1] || hits[0].Line != 2 || hits[0].Offset != 8 {
		t.Errorf("found %+v, want the same on line 2 twice", hits)
	}
}
