package leak

import (
	"math"
	"testing"
)

func TestJudge(t *testing.T) {
	ours := Options{Ours: func(account string) bool { return account == "111122223333" }}
	known := Options{Known: func(id string) bool { return id == testOld || id == "AKIAIOSFODNN7EXAMPLE" }}
	secret := "\nsecret = " + testSecret(1)
	for _, tt := range []struct {
		name, text string
		opts       Options
		want       Hit
	}{
		{"an account", testID, Options{}, Hit{Confidence: Likely, Kind: LongTerm, AccountID: "111122223333"}},
		{"our account", testID, ours, Hit{Confidence: Certain, Kind: LongTerm, AccountID: "111122223333"}},
		{"another account", testOther, ours, Hit{Confidence: Likely, Kind: LongTerm, AccountID: "171436882533", Canary: "canarytokens.org"}},
		{"as before 2019", testOld, Options{}, Hit{Confidence: Likely, Kind: LongTerm}},
		{"as before 2019, known", testOld, known, Hit{Confidence: Certain, Kind: LongTerm}},
		{"as AWS has hardly made", "AKIAB" + testID[5:], Options{}, Hit{Confidence: Possible, Kind: LongTerm}},
		{"of more than twelve digits", "AKIA77777" + testID[9:], Options{}, Hit{Confidence: Possible, Kind: LongTerm}},
		{"in the order of the alphabet", "AKIARTABCDEFGHIJKLMN", Options{}, Hit{Confidence: Possible, Kind: LongTerm, AccountID: "109523900682"}},
		{"a session", testASIA, Options{}, Hit{Confidence: Possible, Kind: Temporary, AccountID: "111122223333"}},
		{"a session of ours", testASIA, ours, Hit{Confidence: Certain, Kind: Temporary, AccountID: "111122223333"}},
		{"a session with its secret", testASIA + secret, Options{}, Hit{Confidence: Certain, SecretNearby: true, Kind: Temporary, AccountID: "111122223333"}},
		{"with its secret", testID + secret, Options{}, Hit{Confidence: Certain, SecretNearby: true, Kind: LongTerm, AccountID: "111122223333"}},
		{"of documentation, known", "AKIAIOSFODNN7EXAMPLE", known, Hit{Confidence: Certain, Kind: LongTerm}},
	} {
		hits := find(t, tt.opts, tt.text)
		if len(hits) != 1 {
			t.Errorf("%s: found %+v", tt.name, hits)
			continue
		}
		got := hits[0]
		got.ID, got.Line, got.Encoding = "", 0, ""
		if got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

func TestEntropy(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64
	}{
		{"AAAA", 0},
		{"ABAB", 1},
		{"ABCDEFGH", 3},
		{"AABBCCDDEEFFGGHH", 3}, // an id is to have more
		{"AKIAIOSFODNN7EXAMPLE", 3.684184},
	} {
		if got := entropy([]byte(tt.text)); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("entropy(%q) = %f, want %f", tt.text, got, tt.want)
		}
	}
}
