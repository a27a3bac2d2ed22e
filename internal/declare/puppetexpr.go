package declare

import (
	"strconv"
	"strings"
)

// expression reads a value up to what ends it; what is more than a literal, a variable, a list or a hash
// is unknown.
func (m *puppetManifest) expression(depth int) value {
	m.steps--
	if m.items++; m.items > maxPuppetItems {
		m.steps = -1
	}
	v := m.primary(depth)
	if m.ends() {
		return v
	}
	for !m.done() && !m.ends() {
		if m.take("(") || m.take("[") || m.take("{") {
			m.skipBlock()
			continue
		}
		m.pos++
	}
	return value{}
}

// ends says whether what is next ends an expression. The next statement does, too.
func (m *puppetManifest) ends() bool {
	t := m.peek(0)
	switch t.kind {
	case puppetSign:
		return strings.Contains(",;:)]}", t.text) || t.text == "=>"
	case puppetVariable:
		return m.is(1, "=") || m.is(1, ".")
	case puppetWord:
		return m.pos > 0 && t.line > m.tokens[m.pos-1].line
	}
	return m.pos >= len(m.tokens)
}

// primary reads a literal, a variable, a list or a hash, with its indexes.
func (m *puppetManifest) primary(depth int) value {
	if m.done() || depth > maxPuppetDepth {
		m.deep = m.deep || depth > maxPuppetDepth
		return value{}
	}
	t := m.peek(0)
	if m.ends() && t.kind != puppetVariable && t.kind != puppetWord {
		return value{}
	}
	m.pos++
	at := Place{Path: m.path, Line: int(t.line)}
	switch {
	case t.kind == puppetPlain:
		return placedAt(stringValue(t.text), at)
	case t.kind == puppetFilled:
		return placedAt(m.fill(t.text), at)
	case t.kind == puppetVariable:
		return m.indexed(m.variable(t.text), depth)
	case t.kind == puppetWord:
		return placedAt(m.bare(t.text), at)
	case t.text == "[":
		return placedAt(m.list(depth), at)
	case t.text == "{":
		return placedAt(m.hash(depth), at)
	}
	return value{}
}

// bare is a word: a constant, a number, the name of a type, or the call of a function, which is unknown.
func (m *puppetManifest) bare(word string) value {
	if m.take("(") {
		m.skipBlock()
		return value{}
	}
	switch word {
	case "true":
		return boolValue(true)
	case "false":
		return boolValue(false)
	case "undef":
		return value{kind: null}
	}
	if n, err := strconv.ParseFloat(word, 64); err == nil {
		return numberValue(n)
	}
	return stringValue(word)
}

func (m *puppetManifest) variable(name string) value {
	for i := len(m.vars) - 1; i >= 0; i-- {
		if m.vars[i].name == name {
			return m.vars[i].val
		}
	}
	return value{}
}

// indexed reads the indexes behind a variable.
func (m *puppetManifest) indexed(v value, depth int) value {
	for m.take("[") {
		key := m.expression(depth + 1)
		if !m.take("]") {
			m.skipBlock()
			return value{}
		}
		v = v.lookup(key)
	}
	return v
}

func (m *puppetManifest) list(depth int) value {
	var vs []value
	for !m.done() && !m.take("]") {
		vs = append(vs, m.expression(depth+1))
		if !m.take(",") && !m.is(0, "]") {
			m.pos++
		}
	}
	return listValue(vs)
}

func (m *puppetManifest) hash(depth int) value {
	var es []entry
	for !m.done() && !m.take("}") {
		line := m.peek(0).line
		key, ok := m.expression(depth + 1).asString()
		if !m.take("=>") {
			m.pos++
			continue
		}
		v := m.expression(depth + 1)
		if ok {
			es = append(es, entry{key: key, at: Place{Path: m.path, Line: int(line)}, val: v})
		}
		m.take(",")
	}
	return objectValue(es)
}

// fill fills a string with variables: $a, ${a}, ${a['b']}.
func (m *puppetManifest) fill(s string) value {
	out := stringValue("")
	for {
		before, rest, found := strings.Cut(s, "$")
		out.str += before
		if !found {
			return out
		}
		var name string
		if inner, ok := strings.CutPrefix(rest, "{"); ok {
			name, s, _ = strings.Cut(inner, "}")
		} else {
			n := 0
			for n < len(rest) && (isNameByte(rest[n]) || rest[n] == ':' && n+1 < len(rest) && rest[n+1] == ':') {
				n++
			}
			name, s = rest[:n], rest[n:]
		}
		v := m.named(name)
		word, ok := v.asString()
		if !ok || len(out.str)+len(word) > 1<<12 {
			return value{}
		}
		out.str += word
		out = out.because(value{facts: v.facts})
	}
}

// named is what stands in a string: a variable, perhaps with an index.
func (m *puppetManifest) named(s string) value {
	name, index, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(s), "$"), "[")
	v := m.variable(strings.TrimPrefix(name, "::"))
	if !found {
		return v
	}
	key := strings.Trim(strings.TrimSuffix(index, "]"), "'\"")
	if n, err := strconv.Atoi(key); err == nil {
		return v.index(n)
	}
	return v.get(key)
}

// written is how some tokens are written.
func (m *puppetManifest) written(from, to int) string {
	var b strings.Builder
	for _, t := range m.tokens[from:min(to, len(m.tokens))] {
		if t.kind == puppetVariable {
			b.WriteByte('$')
		}
		if b.Len() < 200 {
			b.WriteString(t.text)
		}
	}
	return b.String()
}
