package leak

import "bytes"

const esc = 0x1b

// opensLeft reports whether an id may begin at p: what stands before it is no letter or digit, or
// a letter or digit that ends an escape, as in "\nAKIA", "%3DAKIA" or a terminal's colours.
func opensLeft(text []byte, p int) bool {
	return p == 0 || !is(text[p-1], alnum) || endsEscape(text[max(0, p-12):p])
}

// opensRight reports whether an id may end before e. Escapes begin with other signs.
func opensRight(text []byte, e int) bool {
	return e == len(text) || !is(text[e], alnum)
}

// endsEscape reports whether text, of which at least one byte is given, ends in an escape.
func endsEscape(text []byte) bool {
	last := text[len(text)-1]
	back := func(n int) byte { // the n-th byte from the end
		if n > len(text) {
			return 0
		}
		return text[len(text)-n]
	}
	switch {
	case back(2) == '\\' && bytes.IndexByte([]byte("ntrbfvae0"), last) >= 0:
		return true
	case back(3) == '%' || back(3) == '=' || percentAgain(text[:max(0, len(text)-2)]):
		return allHex(text[len(text)-2:])
	case back(4) == '\\' && (back(3) == 'x' || back(3) <= '3'):
		return is(back(3), alnum) && allHex(text[len(text)-2:])
	case back(6) == '\\' && (back(5) == 'u' || back(5) == 'U'):
		return allHex(text[len(text)-4:])
	}
	return last == 'm' && endsColour(text[:len(text)-1])
}

// percentAgain reports whether text ends in a percent sign that was encoded in turn, as in "%253DAKIA".
func percentAgain(text []byte) bool {
	n := len(text)
	for n > 2 && text[n-2] == '2' && text[n-1] == '5' {
		if n -= 2; text[n-1] == '%' {
			return true
		}
	}
	return false
}

// endsColour reports whether text ends in the beginning of a terminal's sequence: "ESC [ 1 ; 31".
func endsColour(text []byte) bool {
	i := len(text)
	for i > 0 && (text[i-1] >= '0' && text[i-1] <= '9' || text[i-1] == ';') {
		i--
	}
	if i < 2 || text[i-1] != '[' {
		return false
	}
	// The escape sign itself, or as text: \x1b \u001b \033 \e ^[
	return bytes.IndexByte([]byte{esc, 'b', 'B', '3', 'e', '['}, text[i-2]) >= 0
}

func allHex(text []byte) bool {
	for _, c := range text {
		if !is(c, hexdigit) {
			return false
		}
	}
	return true
}
