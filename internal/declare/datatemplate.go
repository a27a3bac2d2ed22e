package declare

import "strings"

// Template text stands around structured text in three ways: alone on its lines, where it is left
// out; as a part of a scalar, where it stays as it is; and as a condition or loop around lines, which are
// guarded then.

// templateSpans finds the ends of template words. It remembers where the next end stands, so that no
// text is searched again and again.
type templateSpans [4]struct{ from, at int }

var templateMarks = [len(templateSpans{})]struct{ open, close string }{
	{"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}, {"<%", "%>"},
}

// end returns the position behind the template word that begins at i, or 0.
func (t *templateSpans) end(s string, i int) int {
	for n, m := range templateMarks {
		if !strings.HasPrefix(s[i:], m.open) {
			continue
		}
		at := t.next(n, s, i+len(m.open))
		if at == len(s) {
			return 0
		}
		end := at + len(m.close)
		if n == 0 {
			end += bracesBehind(s[i+len(m.open):at], s[end:])
		}
		return end
	}
	return 0
}

// bracesBehind says how many braces behind a word still belong to it: as many as it opened and did not close, as
// in {{ {"a": 1}}}. The brace of {name: {{ .Name }}} is none of the word's.
func bracesBehind(inner, rest string) int {
	if !strings.HasPrefix(rest, "}") || strings.Contains(inner, "{{") {
		return 0
	}
	behind := len(rest) - len(strings.TrimLeft(rest, "}"))
	return min(behind, max(0, strings.Count(inner, "{")-strings.Count(inner, "}")))
}

// next returns where the n-th closing mark stands at i or behind it; the length of s when nowhere.
func (t *templateSpans) next(n int, s string, i int) int {
	c := &t[n]
	if c.at < i || i < c.from || c.at == 0 {
		c.from, c.at = i, len(s)
		if at := strings.Index(s[i:], templateMarks[n].close); at >= 0 {
			c.at = i + at
		}
	}
	return c.at
}

// endOnLine is end for a word within a line. A comment is none: ${#x} of a shell begins like one.
func (t *templateSpans) endOnLine(s string, i int) int {
	if strings.HasPrefix(s[i:], "{#") {
		return 0
	}
	end := t.end(s, i)
	if end == 0 || strings.IndexByte(s[i:end], '\n') >= 0 {
		return 0
	}
	return end
}

// atSpan says whether a template word begins here.
func (y *dataReader) atSpan() bool { return y.spans.endOnLine(y.src, y.pos) > 0 }

// directive passes over a template word that has its lines for itself.
func (y *dataReader) directive() bool {
	if strings.TrimLeft(y.src[y.bol:y.pos], " \t") != "" {
		return false
	}
	end := y.spans.end(y.src, y.pos)
	if end == 0 {
		return false
	}
	rest, _, _ := strings.Cut(y.src[end:min(len(y.src), end+400)], "\n")
	rest = strings.TrimSpace(rest)
	if rest != "" && !strings.HasPrefix(rest, "{{") && !strings.HasPrefix(rest, "{%") &&
		!strings.HasPrefix(rest, "{#") && !strings.HasPrefix(rest, "<%") && rest[0] != '#' {
		return false
	}
	if strings.HasPrefix(y.src[y.pos:], "<%") && strings.IndexByte(y.src[y.pos:end], '\n') >= 0 {
		y.fail("what may be template text goes over lines") // a key of YAML can begin like that
	}
	y.guard = max(0, y.guard+guardStep(y.src[y.pos:end]))
	y.moveTo(end)
	y.afterSpan(rest)
	return true
}

// afterSpan lets a further template word on the same line be taken for one that begins it.
func (y *dataReader) afterSpan(rest string) {
	if rest != "" && rest[0] != '#' {
		for y.pos < len(y.src) && (y.src[y.pos] == ' ' || y.src[y.pos] == '\t') {
			y.pos++
		}
		y.bol = y.pos
	}
}

// guardStep says whether a template word opens (1) or closes (-1) a condition or loop.
func guardStep(word string) int {
	inner := strings.Trim(word, "{}<%>#-+~= \t\r\n")
	first, _, _ := strings.Cut(inner, " ")
	switch {
	case strings.HasPrefix(word, "{#"):
		return 0
	case first == "if" || first == "range" || first == "with" || first == "for" || first == "unless" ||
		first == "define" || first == "macro" || first == "block":
		return 1
	case strings.HasPrefix(word, "<%") && (strings.HasSuffix(inner, " do") || strings.HasSuffix(inner, "|")):
		return 1
	case first == "end" || first == "endif" || first == "endfor" || first == "endmacro" || first == "endwith" || first == "endblock":
		return -1
	}
	return 0
}

// hasTemplate says whether a text holds template words, so that it says nothing by itself.
func hasTemplate(s string) bool {
	return strings.Contains(s, "{{") || strings.Contains(s, "{%") || strings.Contains(s, "<%")
}
