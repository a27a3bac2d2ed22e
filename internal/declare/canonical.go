package declare

import (
	"slices"
	"strconv"
	"strings"
)

// saying is a digest of all that a value says: the same for YAML and JSON, in any order and format.
func saying(d *datum, more ...string) string {
	var b strings.Builder
	steps := 5000
	writeCanonical(&b, d, &steps)
	return digest(append(more, b.String())...)
}

func writeCanonical(b *strings.Builder, d *datum, steps *int) {
	if *steps--; *steps < 0 {
		return
	}
	if name, arg := intrinsic(d); name != "" {
		b.WriteString("{" + strconv.Quote(name) + ":")
		writeCanonical(b, intrinsicArgument(name, arg), steps)
		b.WriteByte('}')
		return
	}
	switch {
	case d.is(mapping):
		writeCanonicalMapping(b, d, steps)
	case d.is(sequence):
		b.WriteByte('[')
		for _, k := range d.kids {
			writeCanonical(b, k, steps)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case d.isNull():
		b.WriteString("null")
	default:
		b.WriteString(strconv.Quote(canonicalWord(strings.TrimSpace(d.text))))
	}
}

func writeCanonicalMapping(b *strings.Builder, d *datum, steps *int) {
	ps := d.pairs()
	slices.SortStableFunc(ps, func(x, y pair) int { return strings.Compare(x.key.text, y.key.text) })
	b.WriteByte('{')
	for _, p := range ps {
		b.WriteString(strconv.Quote(p.key.text) + ":")
		writeCanonical(b, p.val, steps)
		b.WriteByte(',')
	}
	b.WriteByte('}')
}

func canonicalWord(s string) string {
	switch s {
	case "True", "TRUE":
		return "true"
	case "False", "FALSE":
		return "false"
	}
	return s
}
