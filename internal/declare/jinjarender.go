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
	macros  map[string]jinjaMacro
	called  map[string]bool // names that expressions call
	depth   int             // macros within each other
}

// jinjaMacro is a part of a template with parameters.
type jinjaMacro struct {
	params   []jinjaParam
	from, to int
}

// jinjaParam is a parameter and how its default is written.
type jinjaParam struct{ name, fallback string }

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
	if t.callMacro(part) {
		return
	}
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
	case "macro":
		return t.macro(i, to, rest)
	case "call", "filter", "raw", "load_yaml", "load_json", "load_text":
		end := t.end(i, to, nil)
		t.kept(i, i+1, end)
		return end
	}
	return i
}

// macro remembers a macro. One that nothing in the file calls is kept: what calls it stands elsewhere.
func (t *jinjaTemplate) macro(i, to int, rest string) int {
	end := t.end(i, to, nil)
	name, params, _ := strings.Cut(rest, "(")
	name = strings.TrimSpace(name)
	m := jinjaMacro{from: i + 1, to: end}
	for _, p := range strings.Split(strings.TrimSuffix(strings.TrimSpace(params), ")"), ",") {
		word, fallback, _ := strings.Cut(p, "=")
		m.params = append(m.params, jinjaParam{strings.TrimSpace(word), strings.TrimSpace(fallback)})
	}
	if t.macros == nil {
		t.macros = map[string]jinjaMacro{}
	}
	t.macros[name] = m
	if !t.calls()[name] {
		t.kept(i, i+1, end)
	}
	return end
}

// calls are the names that expressions of the template call.
func (t *jinjaTemplate) calls() map[string]bool {
	if t.called == nil {
		t.called = map[string]bool{}
		for _, p := range t.parts {
			if name, ok := calledName(p.text); ok && p.kind == '{' {
				t.called[name] = true
			}
		}
	}
	return t.called
}

// calledName is the name that an expression calls, if it is a call.
func calledName(expr string) (string, bool) {
	name, _, found := strings.Cut(strings.Trim(expr, "{}-+ \t\r\n"), "(")
	return name, found
}

const maxMacros = 8 // macros within each other

// callMacro runs the macro that an expression calls, and says whether there is one.
func (t *jinjaTemplate) callMacro(part jinjaPart) bool {
	name, rest, found := strings.Cut(strings.Trim(part.text, "{}-+ \t\r\n"), "(")
	m, ok := t.macros[name]
	if !found || !ok || t.depth >= maxMacros {
		return false
	}
	j := t.evaluator()
	p := &jinjaParser{j: j, tokens: jinjaTokens(rest)}
	args := p.arguments(")")
	if p.bad {
		return false
	}
	outer := t.vars
	bound := make([]binding, 0, len(m.params))
	for n, param := range m.params {
		v := argument(args, n, param.name)
		if v.kind == null && param.fallback != "" {
			v = j.expr(param.fallback)
		}
		bound = append(bound, binding{param.name, v})
	}
	entries := t.entries
	t.entries = append(append([]Place{}, entries...), Place{Path: t.path, Line: part.line})
	t.vars = append(append([]binding{}, outer...), bound...)
	t.depth++
	t.run(m.from, m.to)
	t.depth--
	t.vars, t.entries = outer, entries
	return true
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
