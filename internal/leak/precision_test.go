package leak

import (
	"bytes"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestNothingToFind: what other scanners take for keys, and what could look like one by chance.
func TestNothingToFind(t *testing.T) {
	for _, text := range []string{
		"AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", // of documentation
		"AKIAXXXXXXXXXXXXXXXX", "AKIAAAAAAAAAAAAAAAAA", "ASIA2222222222222222", "AKIAAKIAAKIAAKIAAKIA",
		"AIDARTX3GSDSWW3TKYKT", "AROARTX3GSDSWW3TKYKT", "AGPARTX3GSDSWW3TKYKT", "ANPARTX3GSDSWW3TKYKT", // no credentials
		"A3TARTX3GSDSWW3TKYKT", "ACCARTX3GSDSWW3TKYKT",
		"AKIA0TX3GSDSWW3TKYKT", "AKIA1TX3GSDSWW3TKYKT", "AKIA8TX3GSDSWW3TKYKT", "AKIA9TX3GSDSWW3TKYKT", // no base32
		"AKIARTX3GSDSWW3TKYK", "AKIARTX3GSDSWW3TKYKTA", "akiartx3gsdsww3tkykt", "AKIA RTX3GSDSWW3TKYKT",
		"ASIA AFRICA EUROPE AMERICA AUSTRALIA ANTARCTICA",
		inBase64(strings.Repeat("x", 10)) + testID + inBase64("y"), // within a longer word of base64
		sri(1), sri(2), sri(3),
	} {
		if hits := find(t, Options{}, text); len(hits) != 0 {
			t.Errorf("in %q: found %+v", text, hits)
		}
		if hits := find(t, Options{}, "key = \""+text+"\";\n"); len(hits) != 0 {
			t.Errorf("in %q in quotes: found %+v", text, hits)
		}
	}
}

// sri is a hash as lock files hold them.
func sri(n byte) string {
	sum := sha512.Sum512([]byte{n})
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// TestChance: random text of every alphabet, and text that is made by machines.
func TestChance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	raw := make([]byte, 2<<20)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	capitalWords := func(n int) string {
		var b strings.Builder
		for b.Len() < n {
			for range 1 + r.IntN(12) {
				b.WriteByte(capitals[r.IntN(26)])
			}
			b.WriteString([]string{" ", "_", "\n", ", ", "\" + \"", "8", "\\n"}[r.IntN(7)])
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"random bytes":              string(raw),
		"base64":                    base64.StdEncoding.EncodeToString(raw),
		"base64 in lines":           wrap(base64.StdEncoding.EncodeToString(raw), 76, "\n"),
		"base32":                    base32.StdEncoding.EncodeToString(raw[:200_000]),
		"base32 in words of 20":     wrap(base32.StdEncoding.EncodeToString(raw[:200_000]), 20, " "),
		"hexadecimal":               hex.EncodeToString(raw),
		"hexadecimal, capitals":     strings.ToUpper(hex.EncodeToString(raw)),
		"hexadecimal dump":          hex.Dump(raw[:200_000]),
		"capitals":                  capitalWords(1 << 20),
		"capitals in base64":        inBase64(capitalWords(1 << 20)),
		"capitals in UTF-16":        utf16le(capitalWords(1 << 20)),
		"capitals as escapes":       perByte(`\u%04x`, "")(capitalWords(200_000)),
		"capitals as numbers":       perByte("%d", ", ")(capitalWords(200_000)),
		"a table of numbers":        fmt.Sprint(raw[:200_000]),
		"a table of numbers in Go":  fmt.Sprintf("%#v", raw[:200_000]),
		"strings in Go":             fmt.Sprintf("%q", raw[:200_000]),
		"minified":                  strings.ReplaceAll(string(sourceText(1<<20)), "\n", ""),
		"hashes of a lock file":     hashes(20_000),
		"identifiers of other kind": strings.Repeat("AIDARTX3GSDSWW3TKYKT AROARTX3GSDSWW3TKYKT\n", 1000),
	} {
		if hits := find(t, Options{}, text); len(hits) != 0 {
			t.Errorf("in %s: found %d, the first %+v", name, len(hits), hits[0])
		}
	}
}

func hashes(n int) string {
	var b bytes.Buffer
	for i := range n {
		sum := sha512.Sum512([]byte{byte(i), byte(i >> 8)})
		fmt.Fprintf(&b, "integrity %s, %x\n", base64.StdEncoding.EncodeToString(sum[:]), sum)
	}
	return b.String()
}
