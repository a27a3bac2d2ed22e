package declare

import "strings"

// jinjaPart is a text, an expression or a statement of a template.
type jinjaPart struct {
	kind byte // t, {, %
	text string
	line int
}

// jinjaParts cuts a template.
func jinjaParts(s string) []jinjaPart {
	var out []jinjaPart
	line := 1
	add := func(kind byte, text, all string) {
		out = append(out, jinjaPart{kind, text, line})
		line += strings.Count(all, "\n")
	}
	for s != "" && len(out) < maxNodes {
		i := nextMark(s)
		if i > 0 {
			add('t', s[:i], s[:i])
			s = s[i:]
		}
		if s == "" {
			break
		}
		kind := s[1]
		end := strings.Index(s[2:], map[byte]string{'{': "}}", '%': "%}", '#': "#}"}[kind])
		if end < 0 {
			add('t', s, s)
			break
		}
		all := s[:end+4]
		inner := strings.Trim(strings.TrimSpace(strings.Trim(s[2:end+2], "-+")), " \t\r\n")
		switch kind {
		case '#':
			add('t', strings.Repeat("\n", strings.Count(all, "\n")), all)
		case '{':
			add('{', all, all)
		default:
			add('%', inner, all)
		}
		s = s[len(all):]
	}
	return out
}

// nextMark returns where the next mark of Jinja stands; the length of the text where there is none.
func nextMark(s string) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && (s[i+1] == '{' || s[i+1] == '%' || s[i+1] == '#') {
			return i
		}
	}
	return len(s)
}

// jinjaTemplate fills a template in as far as the text says how. What is unknown stays as it is written.
type jinjaTemplate struct {
	path    string
	parts   []jinjaPart
	vars    []binding
	out     *rendered
	steps   int
	entries []Place
}

// renderJinja fills in the template of a file.
func renderJinja(p, s string) *rendered {
	t := &jinjaTemplate{path: p, parts: jinjaParts(s), out: &rendered{}, steps: maxNodes}
	t.run(0, len(t.parts))
	if t.steps < 0 {
		t.out.spent = true
	}
	return t.out
}

// eval evaluates an expression that begins where the rest of a statement does.
func (t *jinjaTemplate) eval(part jinjaPart, rest, expr string) value {
	before := part.text[:max(0, len(part.text)-len(strings.TrimLeft(rest, " \t\r\n")))]
	j := t.evaluator()
	j.base = Place{Path: t.path, Line: part.line + strings.Count(before, "\n")}
	return j.expr(strings.TrimSpace(expr))
}

func (t *jinjaTemplate) evaluator() *jinja {
	return &jinja{steps: &t.steps, names: func(name string) value {
		for i := len(t.vars) - 1; i >= 0; i-- {
			if t.vars[i].name == name {
				return t.vars[i].val
			}
		}
		return value{}
	}}
}

// run fills in the parts from one to another.
func (t *jinjaTemplate) run(from, to int) {
	for i := from; i < to; i++ {
		if t.steps--; t.steps < 0 || t.out.spent {
			return
		}
		part := t.parts[i]
		switch part.kind {
		case 't':
			t.out.write(part.text, part.line, t.entries)
		case '{':
			t.expression(part)
		default:
			i = t.statement(i, to)
		}
	}
}

func (t *jinjaTemplate) expression(part jinjaPart) {
	v := t.evaluator().text(stringValue(part.text))
	if s, ok := v.asString(); ok && !strings.Contains(s, "\n") {
		t.out.write(s, part.line, t.entries)
		return
	}
	t.out.write(part.text, part.line, t.entries)
}

// statement runs a statement and returns its last part.
func (t *jinjaTemplate) statement(i, to int) int {
	word, rest, _ := strings.Cut(t.parts[i].text, " ")
	switch word {
	case "set":
		name, expr, ok := strings.Cut(rest, "=")
		if !ok {
			return t.end(i, to, nil)
		}
		v := placedAt(t.eval(t.parts[i], expr, expr), Place{Path: t.path, Line: t.parts[i].line})
		t.vars = append(t.vars, binding{name: strings.TrimSpace(name), val: v})
	case "for":
		return t.loop(i, to, rest)
	case "if":
		return t.condition(i, to)
	case "macro", "call", "filter", "raw", "load_yaml", "load_json", "load_text":
		end := t.end(i, to, nil)
		t.kept(i, i+1, end)
		return end
	}
	return i
}

// end returns the part that ends a statement, and notes the parts between that divide it.
func (t *jinjaTemplate) end(i, to int, divide *[]int) int {
	depth := 0
	for n := i; n < to; n++ {
		if t.steps--; t.parts[n].kind != '%' || t.steps < 0 {
			continue
		}
		word, rest, _ := strings.Cut(t.parts[n].text, " ")
		switch {
		case word == "for" || word == "if" || word == "macro" || word == "call" || word == "filter" || word == "raw" ||
			strings.HasPrefix(word, "load_") || word == "set" && !strings.Contains(rest, "="):
			depth++
		case strings.HasPrefix(word, "end"):
			if depth--; depth == 0 {
				return n
			}
		case (word == "else" || word == "elif") && depth == 1 && divide != nil:
			*divide = append(*divide, n)
		}
	}
	return to
}

// kept writes the parts of a statement that cannot be decided: they stay within it.
func (t *jinjaTemplate) kept(i, from, end int) {
	t.mark(i)
	t.run(from, end)
	if end < len(t.parts) {
		t.mark(end)
	}
}

// mark writes a statement as it is, on a line of its own.
func (t *jinjaTemplate) mark(i int) {
	t.out.write("\n{% "+oneLine(t.parts[i].text)+" %}\n", t.parts[i].line, t.entries)
}

func (t *jinjaTemplate) loop(i, to int, rest string) int {
	end := t.end(i, to, nil)
	names, expr, _ := strings.Cut(rest, " in ")
	over, filter, _ := strings.Cut(strings.TrimSuffix(expr, " recursive"), " if ")
	v := t.eval(t.parts[i], expr, over)
	if v.kind == object {
		v = keysOf([]value{v})
	}
	outer := len(t.vars)
	if v.kind != list || len(v.list) > maxTurns {
		t.bind(names, value{})
		t.kept(i, i+1, end)
		t.vars = t.vars[:outer]
		return end
	}
	for n, item := range v.list {
		if t.steps--; t.steps < 0 || t.out.spent {
			break
		}
		t.bind(names, item)
		t.vars = append(t.vars, binding{name: "loop", val: objectValue([]entry{{key: "index", val: numberValue(float64(n + 1))}, {key: "index0", val: numberValue(float64(n))}})})
		t.turn(filter, placedAt(item, v.at).at, i, end)
		t.vars = t.vars[:outer]
	}
	return end
}

// turn runs the body of a loop for one item.
func (t *jinjaTemplate) turn(filter string, at Place, i, end int) {
	if filter != "" {
		if is, ok := truth(t.evaluator().expr(filter)); ok && !is {
			return
		}
	}
	entries := t.entries
	if at.Line > 0 {
		t.entries = append(append([]Place{}, entries...), at)
	}
	t.run(i+1, end)
	t.entries = entries
}

// bind gives the names of a loop their values.
func (t *jinjaTemplate) bind(names string, v value) {
	words := strings.Split(names, ",")
	for n, name := range words {
		val := v
		if len(words) > 1 {
			val = v.index(n)
		}
		t.vars = append(t.vars, binding{name: strings.TrimSpace(name), val: val})
	}
}

func (t *jinjaTemplate) condition(i, to int) int {
	var divide []int
	end := t.end(i, to, &divide)
	divide = append(divide, end)
	at := i
	for _, next := range divide {
		word, rest, _ := strings.Cut(t.parts[at].text, " ")
		is, ok := true, true
		if word != "else" {
			is, ok = truth(t.evaluator().expr(rest))
		}
		if !ok {
			t.undecided(i, at, next, end, divide)
			return end
		}
		if is {
			t.run(at+1, next)
			return end
		}
		at = next
	}
	return end
}

// undecided keeps all branches from one on.
func (t *jinjaTemplate) undecided(i, at, next, end int, divide []int) {
	t.mark(i)
	for _, n := range divide {
		if n < next {
			continue
		}
		t.run(at+1, n)
		at = n
	}
	if end < len(t.parts) {
		t.mark(end)
	}
}
