package leak

import (
	"bytes"
	"math"
)

const (
	idEntropy     = 3.0  // bits a letter; an id that AWS made has more but once in many millions
	secretEntropy = 4.25 // bits a letter of a secret key
)

// nLog are n·log2(n).
var nLog = func() (t [64]float64) {
	for n := 2; n < len(t); n++ {
		t[n] = float64(n) * math.Log2(float64(n))
	}
	return t
}()

// entropy is how many bits each byte of a text of at most 63 holds, by how often each stands in it.
func entropy(text []byte) float64 {
	var counts [256]uint8
	for _, c := range text {
		counts[c]++
	}
	sum := 0.0
	for _, c := range text { // each count once: it is cleared when added
		sum += nLog[counts[c]]
		counts[c] = 0
	}
	return (nLog[len(text)] - sum) / float64(len(text))
}

// nearness says how near something that looks like a secret key stands to an id.
type nearness uint8

const (
	nowhere nearness = iota
	near             // within 20 lines
	beside           // within 5
)

// judge makes a hit of what was found, or says that it is none.
func (o *Options) judge(f found, n nearness) (Hit, bool) {
	h := Hit{ID: f.id, Encoding: f.encoding, SecretNearby: n != nowhere, Kind: f.kind, AccountID: f.account, Flanked: f.flanked}
	if f.kind == "" {
		if !o.judgeID(&h, n) {
			return Hit{}, false
		}
	} else if isPrefix([]byte(f.id)) && !o.known(f.id) && invented([]byte(f.id)) {
		return Hit{}, false
	} else {
		h.Confidence, h.SecretNearby = Certain, true // its text names the user, and is the secret
	}
	h.Canary = canaries[h.AccountID]
	return h, true
}

func (o *Options) judgeID(h *Hit, n nearness) bool {
	h.Kind = LongTerm
	if h.ID[1] == 'S' {
		h.Kind = Temporary
	}
	known := o.known(h.ID)
	if !known && invented([]byte(h.ID)) {
		return false
	}
	h.AccountID, _ = KeyAccount(h.ID)
	switch {
	case known:
		h.Confidence = Certain
	case h.Flanked:
		h.Confidence = Possible
	case n == beside || o.ours(h.AccountID):
		h.Confidence = Certain
	case h.Kind == Temporary && n == nowhere || unlikely(h):
		h.Confidence = Possible
	default:
		h.Confidence = Likely
	}
	return true
}

// invented reports whether an id was written by a person who needed one to show: too few
// different letters, or the word that documentation ends them in.
func invented(id []byte) bool {
	return entropy(id) <= idEntropy || bytes.HasSuffix(id, []byte("EXAMPLE"))
}

// unlikely reports whether AWS has hardly made an id. Ids of today hold an account. Those of before
// 2019 go on with I or J, as far as anybody has seen.
func unlikely(h *Hit) bool {
	old := h.ID[4] == 'I' || h.ID[4] == 'J'
	return h.AccountID == "" && !old || climbs(h.ID[4:])
}

// climbs reports whether six letters stand in the order of the alphabet, as in ABCDEF.
func climbs(s string) bool {
	n := 1
	for i := 1; i < len(s); i++ {
		if s[i] == s[i-1]+1 {
			n++
		} else {
			n = 1
		}
		if n == 6 {
			return true
		}
	}
	return false
}
