package leak

import (
	"math/rand/v2"
	"slices"
	"testing"
)

const base32Letters = capitals + "234567"

// Ids of the tests. Nobody has them: their accounts are those of documentation, or bait.
const (
	testID    = "AKIARTX3GSDSWW3TKYKT" // 111122223333
	testOther = "AKIASP2TPHJSQH3FJRUX" // an account of canarytokens.org
	testOld   = "AKIAJQ5CMEZUHVPTWLKA" // made as before 2019
	testASIA  = "ASIARTX3GSDSVHO5MQKX" // a session of 111122223333
)

// testSecret is made, not copied: a literal of this shape would be found by every other scanner.
func testSecret(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 40))
	for {
		out := make([]byte, secretLength)
		for i := range out {
			out[i] = alphabet[r.IntN(len(alphabet))]
		}
		if looksSecret(out) {
			return string(out)
		}
	}
}

// randomID makes an id that passes all filters.
func randomID(r *rand.Rand) string {
	for {
		id := []byte("AKIA")
		for range 16 {
			id = append(id, base32Letters[r.IntN(32)])
		}
		if !invented(id) && !slices.Contains([]string{testID, testOther}, string(id)) {
			return string(id)
		}
	}
}

func find(tb testing.TB, opts Options, data string) (hits []Hit) {
	tb.Helper()
	New(opts).Find([]byte(data), func(h Hit) { hits = append(hits, h) })
	return hits
}

// stream finds in pieces of the given length.
func stream(tb testing.TB, opts Options, data string, piece int) (hits []Hit) {
	tb.Helper()
	s := New(opts).Stream(func(h Hit) { hits = append(hits, h) })
	for len(data) > 0 {
		n := min(piece, len(data))
		if k, err := s.Write([]byte(data[:n])); k != n || err != nil {
			tb.Fatalf("Write = %d, %v, want %d", k, err, n)
		}
		data = data[n:]
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return hits
}

func ids(hits []Hit) (out []string) {
	for _, h := range hits {
		out = append(out, h.ID)
	}
	return out
}
