package leak

import (
	"encoding/base32"
	"fmt"
	"strings"
)

var unpadded = base32.StdEncoding.WithPadding(base32.NoPadding)

// idLength is that of an access key id: four letters of prefix and 16 of base32.
const idLength = 20

// KeyAccount reads the 12-digit account id that an access key id, or another unique id of
// AWS, holds in its characters. Ids made before about 2019 hold none, and there is no check
// digit: anybody can make up an id of any account, so the answer is a hint.
func KeyAccount(id string) (account string, ok bool) {
	// Four characters of prefix, then 16 of base32: a generation bit and 40 bits of account.
	if len(id) < idLength {
		return "", false
	}
	raw, err := unpadded.DecodeString(strings.ToUpper(id[4:idLength]))
	if err != nil || len(raw) != 10 {
		return "", false
	}
	var z uint64
	for _, b := range raw[:6] {
		z = z<<8 | uint64(b)
	}
	if z&0x8000_0000_0000 == 0 {
		return "", false
	}
	n := (z & 0x7fff_ffff_ff80) >> 7
	if n > 999_999_999_999 {
		return "", false
	}
	return fmt.Sprintf("%012d", n), true
}

// canaries are accounts whose keys are bait: they are planted so that their use raises an alarm.
var canaries = map[string]string{
	"052310077262": "canarytokens.org",
	"171436882533": "canarytokens.org",
	"266735846894": "canarytokens.org",
	"534261010715": "canarytokens.org",
	"595918472158": "canarytokens.org",
	"717712589309": "canarytokens.org",
	"730335385048": "canarytokens.org",
	"819147034852": "canarytokens.org",
	"893192397702": "canarytokens.org",
	"992382622183": "canarytokens.org",
}

// Mask hides the middle of an id: "AKIA…WXYZ". Of a short text nothing is left.
func Mask(id string) string {
	if id == "" {
		return ""
	}
	if len(id) < 12 {
		return "…"
	}
	return id[:4] + "…" + id[len(id)-4:]
}
