package declare

import "strconv"

// literal reads an expression of an HCL file that is plain data: strings without templates, numbers,
// lists and objects of them. Most expressions are, and long lists of people always; it costs a
// hundredth of a parse. It is false for anything else.
func literal(a *attribute) (value, bool) {
	s := &scanner{src: a.src, data: a.src.data[:a.end], pos: a.start, line: a.line, steps: 4 * (a.end - a.start + 64)}
	l := &literalReader{scanner: s, left: maxJSONValues}
	v, ok := l.value(0)
	if !ok {
		return value{}, false
	}
	s.space(true)
	return v, s.pos >= len(s.data)
}

type literalReader struct {
	*scanner
	left int
}

func (l *literalReader) value(depth int) (value, bool) {
	if l.left--; l.left < 0 || depth > maxNesting || l.pos >= len(l.data) {
		return value{}, false
	}
	at := Place{Path: l.src.path, Line: l.line}
	var v value
	ok := true
	switch c := l.data[l.pos]; {
	case c == '"':
		v.kind = text
		v.str, ok = l.quoted()
	case c == '[':
		v, ok = l.list(depth)
	case c == '{':
		v, ok = l.object(depth)
	default:
		v, ok = l.scalar()
	}
	v.at = at
	return v, ok
}

// quoted reads a string that holds neither a template nor an escape beyond the plain ones.
func (l *literalReader) quoted() (string, bool) {
	for i := l.pos + 1; i < len(l.data); i++ {
		switch c := l.data[i]; {
		case c == '"':
			s := string(l.data[l.pos+1 : i])
			l.pos = i + 1
			return unquote(s), true
		case c == '\n', (c == '$' || c == '%') && i+1 < len(l.data) && l.data[i+1] == '{':
			return "", false
		case c == '\\':
			i++
			if i < len(l.data) && (l.data[i] == 'u' || l.data[i] == 'U') {
				return "", false
			}
		}
	}
	return "", false
}

func (l *literalReader) list(depth int) (value, bool) {
	var vs []value
	l.pos++
	for {
		l.space(true)
		if l.peek(0) == ']' {
			l.pos++
			return listValue(vs), true
		}
		v, ok := l.value(depth + 1)
		if !ok || !l.follows(',', ']') {
			return value{}, false
		}
		vs = append(vs, v)
	}
}

// follows says whether one of two bytes comes next, and passes over the first.
func (l *literalReader) follows(comma, end byte) bool {
	l.blanks()
	return l.peek(0) == comma || l.peek(0) == end
}

// blanks skips blanks, comments and the ends of lines, and no commas.
func (l *literalReader) blanks() {
	for l.space(false); l.peek(0) == '\n' && l.pos < len(l.data); l.space(false) {
		l.advance(l.pos + 1)
	}
}

func (l *literalReader) object(depth int) (value, bool) {
	var es []entry
	l.pos++
	for {
		l.space(true)
		if l.peek(0) == '}' {
			l.pos++
			return objectValue(es), true
		}
		e := entry{at: Place{Path: l.src.path, Line: l.line}}
		var ok bool
		if e.key, ok = l.key(); !ok {
			return value{}, false
		}
		l.space(false)
		if l.peek(0) != '=' && l.peek(0) != ':' || l.peek(1) == '=' {
			return value{}, false
		}
		l.pos++
		l.space(false)
		if e.val, ok = l.value(depth + 1); !ok {
			return value{}, false
		}
		l.space(false)
		if c := l.peek(0); c != ',' && c != '\n' && c != '}' {
			return value{}, false
		}
		es = append(es, e)
	}
}

func (l *literalReader) key() (string, bool) {
	if l.peek(0) == '"' {
		return l.quoted()
	}
	if c := l.peek(0); '0' <= c && c <= '9' {
		v, ok := l.scalar()
		s, _ := v.asString()
		return s, ok
	}
	return l.word()
}

func (l *literalReader) scalar() (value, bool) {
	start := l.pos
	for l.pos < len(l.data) && (isWordByte(l.data[l.pos]) || l.data[l.pos] == '.') {
		l.pos++
	}
	switch word := string(l.data[start:l.pos]); word {
	case "true", "false":
		return boolValue(word == "true"), true
	case "null":
		return value{kind: null}, true
	default:
		if word == "" || isLetter(word[0]) {
			return value{}, false
		}
		n, err := strconv.ParseFloat(word, 64)
		return numberValue(n), err == nil
	}
}
