package declare

import "strings"

// flow reads a value in brackets or braces; JSON is nothing but this.
func (y *dataReader) flow(depth int) *datum {
	if depth > maxDataDepth {
		y.halt("it is nested too deeply")
		return y.create(scalar)
	}
	if y.src[y.pos] == '[' {
		return y.flowSequence(depth)
	}
	m := y.create(mapping)
	y.pos++
	for !y.flowEnd('}') {
		key := y.flowNode(depth)
		m.kids = append(m.kids, key, y.flowValue(depth))
		y.flowComma()
	}
	return m
}

func (y *dataReader) flowSequence(depth int) *datum {
	s := y.create(sequence)
	y.pos++
	for !y.flowEnd(']') {
		d := y.flowNode(depth)
		if y.flowColon() {
			m := y.create(mapping)
			m.kids = []*datum{d, y.flowNode(depth)}
			d = m
		}
		s.kids = append(s.kids, d)
		y.flowComma()
	}
	return s
}

// flowEnd passes over the closing bracket; the end of the text closes everything.
func (y *dataReader) flowEnd(bracket byte) bool {
	switch {
	case y.next() < 0:
		y.fail("a bracket is not closed")
		return true
	case y.src[y.pos] == bracket:
		y.pos++
		return true
	}
	return y.stopped
}

func (y *dataReader) flowComma() {
	if y.next() >= 0 && y.src[y.pos] == ',' {
		y.pos++
	}
}

// flowColon passes over the colon of an entry.
func (y *dataReader) flowColon() bool {
	if y.next() >= 0 && y.src[y.pos] == ':' {
		y.pos++
		return true
	}
	return false
}

func (y *dataReader) flowValue(depth int) *datum {
	if !y.flowColon() {
		return y.create(scalar)
	}
	return y.flowNode(depth)
}

// flowNode reads one value within brackets.
func (y *dataReader) flowNode(depth int) *datum {
	tag, anchor := "", ""
	for y.next() >= 0 {
		c := y.src[y.pos]
		switch {
		case c == '!':
			tag = y.property()
			continue
		case c == '&':
			anchor = y.property()[1:]
			continue
		}
		d := y.tagged(tag+anchor, c)
		if d == nil {
			d = y.flowContent(c, depth)
		}
		if tag != "" && d.tag == "" {
			d.tag = tag
		}
		return y.anchored(anchor, d)
	}
	return y.create(scalar)
}

// tagged is the empty value behind a tag or an anchor that nothing follows; nil when something does.
func (y *dataReader) tagged(property string, c byte) *datum {
	if property == "" || c != ',' && c != ']' && c != '}' {
		return nil
	}
	return y.create(scalar)
}

func (y *dataReader) flowContent(c byte, depth int) *datum {
	switch {
	case c == '[' || c == '{' && !y.atSpan():
		return y.flow(depth + 1)
	case c == '"' || c == '\'':
		return y.quoted()
	case c == '*' && !isBlank(y.peek(1)):
		return y.alias()
	}
	return y.flowPlain()
}

const flowIndicators = ",[]{}"

// flowPlain reads a scalar without quotes within brackets.
func (y *dataReader) flowPlain() *datum {
	d := y.create(scalar)
	start := y.pos
	for y.pos < len(y.src) {
		c := y.src[y.pos]
		switch {
		case (c == '{' || c == '<') && y.atSpan():
			y.pos = y.spans.endOnLine(y.src, y.pos)
			continue
		case strings.IndexByte(flowIndicators, c) >= 0,
			c == ':' && (isBlank(y.peek(1)) || strings.IndexByte(flowIndicators, y.peek(1)) >= 0),
			c == '#' && y.pos > start && isBlank(y.src[y.pos-1]):
			return y.flowWord(d, start)
		case c == '\n':
			y.newline()
			if y.atMarker() {
				return y.flowWord(d, start)
			}
			continue
		}
		y.pos++
	}
	return y.flowWord(d, start)
}

func (y *dataReader) flowWord(d *datum, start int) *datum {
	d.text = strings.TrimSpace(y.src[start:y.pos])
	if strings.IndexByte(d.text, '\n') >= 0 {
		d.text = strings.Join(strings.Fields(d.text), " ")
	}
	if d.text == "" && y.pos == start && y.pos < len(y.src) && y.src[y.pos] != ',' && y.src[y.pos] != ':' {
		switch y.src[y.pos] {
		case ']', '}':
			y.fail("a bracket that does not fit")
		default:
			y.fail("something stands where a value is expected")
		}
		y.pos++
	}
	return d
}
