package declare

import "strconv"

// jinjaParser evaluates while it reads.
type jinjaParser struct {
	j      *jinja
	tokens []jinjaToken
	pos    int
	depth  int
	bad    bool
}

// take passes over a sign or word if it is next.
func (p *jinjaParser) take(word string) bool {
	if p.peek(0, word) {
		p.pos++
		return true
	}
	return false
}

func (p *jinjaParser) peek(n int, word string) bool {
	return p.pos+n < len(p.tokens) && p.tokens[p.pos+n].kind != 's' && p.tokens[p.pos+n].text == word
}

func (p *jinjaParser) need(word string) {
	if !p.take(word) {
		p.bad = true
	}
}

func (p *jinjaParser) word() string {
	if p.pos < len(p.tokens) && p.tokens[p.pos].kind == 'w' {
		p.pos++
		return p.tokens[p.pos-1].text
	}
	p.bad = true
	return ""
}

// ternary reads a whole expression: a if b else c.
func (p *jinjaParser) ternary() value {
	if p.depth++; p.depth > maxJinjaDepth {
		p.bad = true
	}
	defer func() { p.depth-- }()
	if p.bad {
		return value{}
	}
	v := p.or()
	for p.take("if") {
		cond := p.or()
		other := value{kind: null}
		if p.take("else") {
			other = p.ternary()
		}
		switch is, ok := truth(cond); {
		case !ok:
			v = value{}.because(cond)
		case is:
			v = v.because(value{facts: cond.facts})
		default:
			v = other.because(value{facts: cond.facts})
		}
	}
	return v
}

func (p *jinjaParser) or() value {
	v := p.and()
	for p.take("or") {
		w := p.and()
		is, ok := truth(v)
		switch other, known := truth(w); {
		case ok && !is:
			v = w.because(value{facts: v.facts})
		case !ok && known && other:
			v = w
		}
	}
	return v
}

func (p *jinjaParser) and() value {
	v := p.not()
	for p.take("and") {
		w := p.not()
		is, ok := truth(v)
		switch other, known := truth(w); {
		case ok && is:
			v = w.because(value{facts: v.facts})
		case !ok && known && !other:
			v = w
		}
	}
	return v
}

func (p *jinjaParser) not() value {
	if p.peek(0, "not") {
		if p.depth++; p.depth > maxJinjaDepth {
			p.bad = true
			return value{}
		}
		defer func() { p.depth-- }()
		p.pos++
		return negated(p.not())
	}
	return p.compare()
}

func negated(v value) value {
	is, ok := truth(v)
	if !ok {
		return value{}.because(v)
	}
	return boolValue(!is).because(value{facts: v.facts})
}

// compare reads comparisons and tests.
func (p *jinjaParser) compare() value {
	v := p.sum()
	for !p.bad {
		switch {
		case p.take("=="):
			v = compared(v, p.sum(), "==")
		case p.take("!="):
			v = negated(compared(v, p.sum(), "=="))
		case p.take("<"), p.take(">"), p.take("<="), p.take(">="):
			sign := p.tokens[p.pos-1].text
			v = compared(v, p.sum(), sign)
		case p.peek(0, "not") && p.peek(1, "in"):
			p.pos += 2
			v = negated(inside(v, p.sum()))
		case p.take("in"):
			v = inside(v, p.sum())
		case p.take("is"):
			if p.take("not") {
				v = negated(p.test(v))
			} else {
				v = p.test(v)
			}
		default:
			return v
		}
	}
	return value{}
}

// compared compares two values; unknown where one of them is.
func compared(a, b value, sign string) value {
	if a.kind == unknown || b.kind == unknown {
		return value{}.because(a, b)
	}
	x, ok := a.asNumber()
	y, ok2 := b.asNumber()
	out := value{}
	switch {
	case sign == "==":
		out = boolValue(equal(a, b))
	case !ok || !ok2:
	case sign == "<":
		out = boolValue(x < y)
	case sign == ">":
		out = boolValue(x > y)
	case sign == "<=":
		out = boolValue(x <= y)
	case sign == ">=":
		out = boolValue(x >= y)
	}
	return out.because(value{facts: a.facts}, value{facts: b.facts})
}

func inside(a, b value) value {
	if a.kind == unknown || b.kind == unknown {
		return value{}.because(a, b)
	}
	facts := []value{{facts: a.facts}, {facts: b.facts}}
	if b.kind == object {
		s, _ := a.asString()
		return boolValue(!b.get(s).err).because(facts...)
	}
	for _, x := range b.list {
		if equal(a, x) {
			return boolValue(true).because(facts...)
		}
	}
	if b.kind != list {
		return value{}
	}
	return boolValue(false).because(facts...)
}

// test reads what follows the word is.
func (p *jinjaParser) test(v value) value {
	name := p.word()
	if p.take("(") {
		p.arguments(")")
	}
	known := v.kind != unknown
	switch {
	case name == "defined" && (known || v.err):
		return boolValue(known).because(value{facts: facts{byDefault: v.byDefault}})
	case name == "undefined" && (known || v.err):
		return boolValue(!known).because(value{facts: facts{byDefault: v.byDefault}})
	case name == "none" && known:
		return boolValue(v.kind == null)
	case (name == "true" || name == "truthy") && known:
		is, _ := truth(v)
		return boolValue(is)
	case (name == "false" || name == "falsy") && known:
		return negated(v)
	case name == "string" && known:
		return boolValue(v.kind == text)
	case name == "mapping" && known:
		return boolValue(v.kind == object)
	}
	return value{}.because(v)
}

// sum reads sums and joined texts.
func (p *jinjaParser) sum() value {
	v := p.postfix()
	for !p.bad {
		switch {
		case p.take("+"):
			v = summed(v, p.postfix())
		case p.take("~"):
			v = joinedParts("", []value{v, p.postfix()})
		case p.take("-"), p.take("*"), p.take("/"), p.take("//"), p.take("%"):
			p.postfix()
			v = value{}
		default:
			return v
		}
	}
	return v
}

func summed(a, b value) value {
	switch {
	case a.kind == list && b.kind == list:
		return listValue(append(append([]value{}, a.list...), b.list...)).because(value{facts: a.facts}, value{facts: b.facts})
	case a.kind == number && b.kind == number:
		return numberValue(a.num + b.num)
	case a.kind == text || b.kind == text:
		return joinedParts("", []value{a, b})
	}
	return value{}.because(a, b)
}

// postfix reads a value with its attributes, items, calls and filters.
func (p *jinjaParser) postfix() value {
	v := p.primary()
	for !p.bad {
		switch {
		case p.take("."):
			if p.pos < len(p.tokens) && p.tokens[p.pos].kind == 'n' {
				p.pos++
				v = p.j.known(v.get(p.tokens[p.pos-1].text))
				continue
			}
			v = p.attribute(v, p.word())
		case p.take("["):
			key := p.ternary()
			if p.take(":") {
				if !p.peek(0, "]") {
					p.ternary()
				}
				v, key = value{}, value{}
			}
			p.need("]")
			v = p.j.known(v.lookup(key))
		case p.take("|"):
			name := p.word()
			for p.take(".") {
				name = p.word()
			}
			var args []jinjaArgument
			if p.take("(") {
				args = p.arguments(")")
			}
			v = jinjaFilter(p.j, name, v, args)
		default:
			return v
		}
	}
	return value{}
}

// attribute reads an attribute, or a call of the few methods that matter.
func (p *jinjaParser) attribute(v value, name string) value {
	if !p.take("(") {
		return p.j.known(v.get(name))
	}
	args := p.arguments(")")
	switch {
	case name == "get" && len(args) > 0:
		return jinjaFilter(p.j, "default", p.j.known(v.lookup(args[0].val)), args[1:])
	case name == "items" && v.kind == object:
		return jinjaFilter(p.j, "items", v, nil)
	case name == "keys" && v.kind == object:
		return keysOf([]value{v})
	case name == "values" && v.kind == object:
		return valuesOf([]value{v})
	case name == "lower" || name == "upper" || name == "replace" || name == "strip":
		return jinjaFilter(p.j, name, v, args)
	}
	return value{}.because(v)
}

// jinjaArgument is one argument of a call; name is empty where it has none.
type jinjaArgument struct {
	name string
	val  value
}

// arguments reads up to a closing bracket.
func (p *jinjaParser) arguments(end string) []jinjaArgument {
	var args []jinjaArgument
	for !p.bad && !p.take(end) {
		a := jinjaArgument{}
		if p.pos+1 < len(p.tokens) && p.tokens[p.pos].kind == 'w' && p.peek(1, "=") {
			a.name = p.word()
			p.pos++
		}
		a.val = p.ternary()
		args = append(args, a)
		if !p.take(",") && !p.peek(0, end) {
			p.bad = true
		}
	}
	return args
}

func (p *jinjaParser) primary() value {
	if p.pos >= len(p.tokens) {
		p.bad = true
		return value{}
	}
	t := p.tokens[p.pos]
	p.pos++
	switch {
	case t.kind == 's':
		return p.placed(stringValue(t.text), t)
	case t.kind == 'n':
		n, _ := strconv.ParseFloat(t.text, 64)
		return p.placed(numberValue(n), t)
	case t.kind == 'w':
		return p.name(t.text)
	case t.text == "(":
		return p.group()
	case t.text == "[":
		return listOf(p.arguments("]"))
	case t.text == "{":
		return p.object()
	case t.text == "-":
		v := p.primary()
		return onNumber(v, func(n float64) float64 { return -n })
	}
	p.bad = true
	return value{}
}

// placed gives a literal its line.
func (p *jinjaParser) placed(v value, t jinjaToken) value {
	if p.j.base.Path != "" {
		v.at = Place{Path: p.j.base.Path, Line: p.j.base.Line + t.line}
	}
	return v
}

// group reads what stands in round brackets: an expression, or a tuple.
func (p *jinjaParser) group() value {
	var vs []value
	for !p.bad && !p.take(")") {
		vs = append(vs, p.ternary())
		if !p.take(",") {
			p.need(")")
			if len(vs) == 1 {
				return vs[0]
			}
			break
		}
	}
	return listValue(vs)
}

func listOf(args []jinjaArgument) value {
	var vs []value
	for _, a := range args {
		vs = append(vs, a.val)
	}
	return listValue(vs)
}

func (p *jinjaParser) object() value {
	var es []entry
	for !p.bad && !p.take("}") {
		k := p.ternary()
		key, _ := k.asString()
		p.need(":")
		es = append(es, entry{key: key, at: k.at, val: p.ternary()})
		if !p.take(",") && !p.peek(0, "}") {
			p.bad = true
		}
	}
	return objectValue(es)
}

// name evaluates a word: a constant, a function, a variable.
func (p *jinjaParser) name(word string) value {
	switch word {
	case "true", "True":
		return boolValue(true)
	case "false", "False":
		return boolValue(false)
	case "none", "None", "omit":
		return value{kind: null}
	}
	if p.take("(") {
		return jinjaCall(word, p.arguments(")"))
	}
	return p.j.known(p.j.names(word))
}

// truth says whether a value holds as a condition.
func truth(v value) (is, ok bool) {
	switch v.kind {
	case unknown:
		return false, false
	case text:
		if is, ok := yesOrNo(v.str); ok {
			return is, true
		}
	}
	return !v.isNone(), true
}
