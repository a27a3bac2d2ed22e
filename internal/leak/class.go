package leak

// What a byte can be part of.
const (
	upper    uint8 = 1 << iota // A-Z2-7: an id
	alnum                      // A-Za-z0-9: what touches an id
	hexdigit                   // 0-9A-Fa-f
	b64                        // A-Za-z0-9+/ and -_, which other alphabet of base64 uses for the last two
	secret                     // A-Za-z0-9+/: a secret key
	space                      // blank and tab, line ends
	escaper                    // what begins an escape
	quote                      // " ' `
)

var class = classes()

func classes() (t [256]uint8) {
	set := func(bits uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= bits
		}
	}
	const (
		capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		small    = "abcdefghijklmnopqrstuvwxyz"
		digits   = "0123456789"
	)
	set(upper, capitals+"234567")
	set(alnum|b64|secret, capitals+small+digits)
	set(b64|secret, "+/")
	set(b64, "-_")
	set(hexdigit, digits+"abcdefABCDEF")
	set(space, " \t\r\n")
	set(escaper, `\%&=`)
	set(quote, "\"'`")
	return t
}

func is(c, bits uint8) bool { return class[c]&bits != 0 }
