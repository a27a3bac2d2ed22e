package leak

// foreign stands for a character that is none of ASCII.
const foreign = 0x80

// wide decodes characters of two or four bytes around an opening, with some on each side. Their
// order of bytes does not matter: an id is letters and zeros in turn, either way.
func (l *level) wide(text []byte, o opening, unit, sides int) {
	first := o.lo + (unit-o.phase)%unit // the first character
	first -= min(first/unit, sides) * unit
	end := min(len(text), o.hi+sides*unit)
	for q := first; q < end; q += unit {
		c := text[q]
		// Of a character of ASCII the byte beside it is zero, after it or before it.
		if c >= foreign || !zero(text, q+1) && !zero(text, q-1) {
			c = foreign
		}
		l.add(c, q)
	}
}

func zero(text []byte, i int) bool { return i >= 0 && i < len(text) && text[i] == 0 }
