package inventory

import (
	"encoding/base32"
	"fmt"
	"strings"
)

var unpadded = base32.StdEncoding.WithPadding(base32.NoPadding)

// KeyAccount reads the 12-digit account id that an access key id, or another unique id of
// AWS, holds in its characters. Ids made before about 2019 hold none, and there is no check
// digit: anybody can make up an id of any account, so the answer is a hint.
func KeyAccount(id string) (account string, ok bool) {
	// Four characters of prefix, then 16 of base32: a generation bit and 40 bits of account.
	if len(id) < 20 {
		return "", false
	}
	raw, err := unpadded.DecodeString(strings.ToUpper(id[4:20]))
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
