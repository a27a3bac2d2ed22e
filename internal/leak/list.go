package leak

// An id may be written as a list of its bytes: 41 4b 49 41, or 0x41, 0x4b, or 65, 75. Whether the
// numbers are decimal is not said, so that both are tried.

// byteList reads the numbers in text[lo:hi]. Whatever is no number of a byte is foreign.
func (l *level) byteList(text []byte, lo, hi, base int) {
	for i := lo; i < hi; {
		if !is(text[i], alnum) {
			i++
			continue
		}
		end := runEnd(text, i, hi, alnum)
		l.add(listed(text[i:end], base), i)
		i = end
	}
}

// listed is the byte that a word of a list means.
func listed(word []byte, base int) byte {
	if base != 10 {
		base = 16
	}
	if len(word) > 2 && word[0] == '0' && word[1]|0x20 == 'x' {
		if word = word[2:]; base == 10 {
			return foreign
		}
	}
	if len(word) > 3 || base == 16 && len(word) != 2 {
		return foreign
	}
	v, end := number(word, 0, base)
	if end != len(word) {
		return foreign
	}
	return ascii(v)
}
