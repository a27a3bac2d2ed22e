package declare

import (
	"slices"
	"strconv"
	"strings"
)

// saying is a digest of all that a value says: the same for YAML and JSON, in any order and format.
// What is too long to be read has none.
func saying(d *datum, more ...string) string {
	s := sayer{steps: 5000, bytes: 256 << 10}
	word := s.say(d)
	if word == "" {
		return ""
	}
	return digest(append(more, word)...)
}

// sayer makes digests of values and knows how much it may still read for them: aliases can make a
// value endless.
type sayer struct {
	steps, bytes int
	out          strings.Builder
}

// say returns a digest of a value; empty when there is too much to read.
func (s *sayer) say(d *datum) string {
	s.out.Reset()
	s.value(d)
	if s.steps < 0 || s.bytes < 0 {
		return ""
	}
	return digest(s.out.String())
}

// put writes a word so that no two sequences of words look alike.
func (s *sayer) put(kind byte, word string) {
	if s.bytes -= len(word) + 1; s.bytes < 0 {
		return
	}
	s.out.WriteByte(kind)
	s.out.WriteString(strconv.Itoa(len(word)))
	s.out.WriteByte(':')
	s.out.WriteString(word)
}

func (s *sayer) value(d *datum) {
	if s.steps--; s.steps < 0 || s.bytes < 0 {
		return
	}
	if name, arg := intrinsic(d); name != "" {
		s.put('f', name)
		s.value(intrinsicArgument(name, arg))
		return
	}
	switch {
	case d.is(mapping):
		s.mapping(d)
	case d.is(sequence):
		s.put('[', "")
		for _, k := range d.kids {
			s.value(k)
		}
		s.put(']', "")
	case d.isNull():
		s.put('0', "")
	default:
		s.put('"', canonicalWord(strings.TrimSpace(d.text)))
	}
}

func (s *sayer) mapping(d *datum) {
	ps := d.pairs()
	slices.SortStableFunc(ps, func(x, y pair) int { return strings.Compare(x.key.text, y.key.text) })
	s.put('{', "")
	for _, p := range ps {
		s.put('k', p.key.text)
		s.value(p.val)
	}
	s.put('}', "")
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
