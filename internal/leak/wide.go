package leak

// foreign stands for a character that is none of ASCII.
const foreign = 0x80

// wide decodes characters of two bytes around an opening, with some on each side. Their order of
// bytes does not matter: an id is letters and zeros in turn, either way.
func (l *level) wide(text []byte, o opening, sides int) {
	first := o.lo + o.phase%2 // the first character: zeros are at the odd phase
	first -= min(first/2, sides) * 2
	end := min(len(text), o.hi+sides*2)
	for q := first; q < end; q += 2 {
		c := text[q]
		// Of a character of ASCII the byte beside it is zero, after it or before it.
		if c >= foreign || !zero(text, q+1) && !zero(text, q-1) {
			c = foreign
		}
		l.add(c, q)
	}
}

func zero(text []byte, i int) bool { return i >= 0 && i < len(text) && text[i] == 0 }
