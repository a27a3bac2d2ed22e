package leak

// How a byte was written.
const (
	asItself uint8 = iota
	asUnicode
	asHexadecimal
	asOctal
	asPercent
	asQuoted
	asEntity
	asJoined // it stands after what joins two strings or lines
)

var writings = [...]string{
	asItself: Plain, asUnicode: UnicodeEscape, asHexadecimal: HexEscape, asOctal: OctalEscape, asPercent: Percent,
	asQuoted: Quoted, asEntity: HTMLEntity, asJoined: Split,
}

// writing names how the id that begins at p was written: as its first letter that is not written plainly.
func (l *level) writing(p int) string {
	for _, k := range l.kinds[p:min(p+idLength, len(l.kinds))] {
		if k != asItself {
			return writings[k]
		}
	}
	return Plain
}

// unescape decodes text[lo:hi], in which escapes and plain letters may be mixed. With join it also
// puts together strings and lines that belong together.
func (l *level) unescape(text []byte, lo, hi int, join bool) {
	for n := 0; n < backslashes && lo > 0 && text[lo-1] == '\\'; n++ { // they are one escape with those that follow
		lo--
	}
	joined := asItself
	for i := lo; i < hi; {
		if join {
			if n := joint(text[i:hi]); n > 0 {
				i += n
				joined = asJoined
				continue
			}
		}
		c, kind, n := unescaped(text[i:hi])
		if kind == asItself {
			kind = joined
		}
		l.add(c, i)
		l.kinds = append(l.kinds, kind)
		joined = asItself
		i += n
	}
}

// unescaped reads one character, of which text has at least a byte: what it means, how it is
// written, and in how many bytes.
func unescaped(text []byte) (c byte, kind uint8, n int) {
	switch text[0] {
	case '\\':
		return backslash(text)
	case '%':
		return percent(text)
	case '=':
		if v, ok := hexNumber(text, 1, 2); ok {
			return v, asQuoted, 3
		}
	case '&':
		return entity(text)
	}
	return text[0], asItself, 1
}

// backslashes is how many an escape may have, as text has that was escaped over and over.
const backslashes = 8

// backslash reads an escape that begins with one. Text that was escaped more than once has several.
func backslash(text []byte) (c byte, kind uint8, n int) {
	k := 1
	for k < len(text) && k < backslashes && text[k] == '\\' {
		k++
	}
	if k == len(text) {
		return '\\', asItself, 1
	}
	switch text[k] {
	case 'u', 'U':
		return backslashCode(text, k+1, 4, asUnicode)
	case 'x', 'X':
		return backslashCode(text, k+1, 2, asHexadecimal)
	case 'n', 'r', 't':
		return '\n', asItself, k + 1
	case '0', '1', '2', '3':
		if v, ok := octalNumber(text, k); ok {
			return v, asOctal, k + 3
		}
	}
	return '\\', asItself, 1
}

// backslashCode reads the digits of a code, or some in braces.
func backslashCode(text []byte, i, digits int, kind uint8) (byte, uint8, int) {
	if i < len(text) && text[i] == '{' {
		if v, end := number(text, i+1, 16); end > i+1 && end < len(text) && text[end] == '}' {
			return ascii(v), asUnicode, end + 1
		}
	}
	if text[i-1] == 'U' && i+8 <= len(text) && allHex(text[i:i+8]) {
		digits = 8
	}
	if i+digits <= len(text) && allHex(text[i:i+digits]) {
		v, _ := number(text[:i+digits], i, 16)
		return ascii(v), kind, i + digits
	}
	return '\\', asItself, 1
}

// percent reads %41, %2541 (a percent sign that was encoded in turn) and %u0041.
func percent(text []byte) (c byte, kind uint8, n int) {
	i := 1
	for i+1 < len(text) && i < 9 && text[i] == '2' && text[i+1] == '5' {
		i += 2
	}
	if v, ok := hexNumber(text, i, 2); ok {
		return v, asPercent, i + 2
	}
	if len(text) >= 6 && text[1]|0x20 == 'u' && allHex(text[2:6]) {
		v, _ := number(text[:6], 2, 16)
		return ascii(v), asPercent, 6
	}
	return '%', asItself, 1
}

// entity reads &#65; and &#x41; with any zeros before.
func entity(text []byte) (c byte, kind uint8, n int) {
	if len(text) < 4 || text[1] != '#' {
		return '&', asItself, 1
	}
	start, base := 2, 10
	if text[2]|0x20 == 'x' {
		start, base = 3, 16
	}
	v, end := number(text, start, base)
	if end == start || end == len(text) || text[end] != ';' {
		return '&', asItself, 1
	}
	return ascii(v), asEntity, end + 1
}

// ascii is the byte of a character of ASCII, and foreign for every other.
func ascii(v int) byte {
	if v < 0 || v >= foreign {
		return foreign
	}
	return byte(v)
}

// number reads up to eight digits from i on, and says where they end.
func number(text []byte, i, base int) (v, end int) {
	for end = i; end < len(text) && end < i+8; end++ {
		c := text[end]
		if !is(c, hexdigit) || base == 10 && c > '9' {
			break
		}
		v = v*base + int(nibble(c))
	}
	return v, end
}

// hexNumber reads exactly some digits from i on.
func hexNumber(text []byte, i, digits int) (byte, bool) {
	if i+digits > len(text) || !allHex(text[i:i+digits]) {
		return 0, false
	}
	v, _ := number(text[:i+digits], i, 16)
	return byte(v), true
}

func octalNumber(text []byte, i int) (byte, bool) {
	v := 0
	for j := i; j < i+3; j++ {
		if j >= len(text) || text[j] < '0' || text[j] > '7' {
			return 0, false
		}
		v = v*8 + int(text[j]-'0')
	}
	return byte(v), true
}
