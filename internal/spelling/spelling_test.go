package spelling

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	words := []string{"thresholds", "checks", "accounts", "owners", "owner-tag", "exemptions", "unused-access-key", "unused-password"}
	for s, want := range map[string]string{
		"threshold":                  "thresholds",
		"exeptions":                  "exemptions",
		"ownres":                     "owners",
		"account":                    "accounts",
		"unused_access_key":          "unused-access-key",
		"unused-acces-key":           "unused-access-key",
		"owner_tag":                  "owner-tag",
		"cheks":                      "checks",
		"x":                          "",
		"":                           "",
		"people":                     "",
		"unused":                     "",
		strings.Repeat("a", 100_000): "",
	} {
		if got := Nearest(s, words); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", s, got, want)
		}
	}
}

// A word that exists is nearest to itself, and one slip away from it is found.
func TestNearestLaws(t *testing.T) {
	word := rapid.StringMatching(`[a-z]{3,20}`)
	rapid.Check(t, func(t *rapid.T) {
		w := word.Draw(t, "word")
		if got := Nearest(w, []string{"0000", w, w + "x"}); got != w {
			t.Fatalf("Nearest(%q) = %q", w, got)
		}
		i := rapid.IntRange(0, len(w)-1).Draw(t, "at")
		slips := []string{w[:i] + w[i+1:], w[:i] + "0" + w[i:], w[:i] + "0" + w[i+1:]}
		if i > 0 {
			slips = append(slips, w[:i-1]+w[i:i+1]+w[i-1:i]+w[i+1:])
		}
		for _, s := range slips {
			if got := Nearest(s, []string{"0123456789", w}); got != w {
				t.Fatalf("Nearest(%q) = %q, want %q", s, got, w)
			}
		}
	})
}

func TestEditsIsADistance(t *testing.T) {
	runes := rapid.SliceOfN(rapid.SampledFrom([]rune("abé")), 0, 8)
	rapid.Check(t, func(t *rapid.T) {
		a, b := runes.Draw(t, "a"), runes.Draw(t, "b")
		d := edits(a, b)
		if d != edits(b, a) {
			t.Fatal("not the same both ways")
		}
		if (d == 0) != (string(a) == string(b)) {
			t.Fatalf("%d edits between %q and %q", d, string(a), string(b))
		}
		if longer := max(len(a), len(b)); d > longer {
			t.Fatalf("%d edits between %q and %q", d, string(a), string(b))
		}
	})
}
