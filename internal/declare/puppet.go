package declare

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// puppetForm reads manifests of Puppet for the users of its module for AWS.
func puppetForm() fileForm {
	return fileForm{
		name: "puppet", triggers: []string{"iam_user"}, extract: extractPuppet,
		wants: func(p string) bool { return strings.HasSuffix(p, ".pp") },
	}
}

const (
	maxPuppetDepth = 60      // brackets within each other
	maxPuppetSteps = 250_000 // tokens that are looked at, also again
	maxPuppetItems = 20_000  // items of lists and hashes
)

func extractPuppet(r *reading, p string, data []byte) {
	tokens, whole := puppetTokens(string(data))
	m := &puppetManifest{r: r, path: p, tokens: tokens, steps: min(8*len(tokens)+20_000, maxPuppetSteps)}
	m.statements(puppetAt{sure: Certain, defaults: map[string]value{}}, 0)
	switch {
	case !whole:
		r.skip(p, "a string or comment does not end")
	case m.steps < 0 || m.deep || len(tokens) > maxPuppetTokens:
		r.skip(p, "it asks for more than is evaluated")
	}
}

// puppetManifest goes through the tokens of a file.
type puppetManifest struct {
	r      *reading
	path   string
	tokens []puppetToken
	pos    int
	steps  int
	vars   []binding
	items  int
	found  int
	deep   bool // it is nested too deeply
}

// puppetAt is what surrounds a statement.
type puppetAt struct {
	sure     Confidence
	why      string
	entries  []Place          // of the lists around it, the innermost first
	defaults map[string]value // of the attributes of users
}

func (at puppetAt) doubt(why string) puppetAt {
	if at.sure == Certain {
		at.sure, at.why = Likely, why
	}
	return at
}

func (m *puppetManifest) peek(n int) puppetToken {
	if m.pos+n < len(m.tokens) {
		return m.tokens[m.pos+n]
	}
	return puppetToken{text: "end of file"}
}

func (m *puppetManifest) is(n int, sign string) bool {
	t := m.peek(n)
	return t.kind == puppetSign && t.text == sign
}

func (m *puppetManifest) take(sign string) bool {
	if m.is(0, sign) {
		m.pos++
		return true
	}
	return false
}

func (m *puppetManifest) isWord(n int, word string) bool {
	t := m.peek(n)
	return t.kind == puppetWord && t.text == word
}

func (m *puppetManifest) done() bool { return m.pos >= len(m.tokens) || m.steps < 0 }

// statements reads up to the bracket that ends a block.
func (m *puppetManifest) statements(at puppetAt, depth int) {
	outer := len(m.vars)
	for !m.done() && !m.take("}") {
		m.steps--
		if depth > maxPuppetDepth {
			m.deep = true
			m.skipBlock()
			break
		}
		before := m.pos
		at = m.statement(at, depth)
		if m.pos == before {
			m.pos++
		}
	}
	m.vars = m.vars[:min(outer, len(m.vars))]
}

// statement reads one statement and returns the surroundings of the next.
func (m *puppetManifest) statement(at puppetAt, depth int) puppetAt {
	t := m.peek(0)
	switch {
	case t.kind == puppetWord:
		return m.wordStatement(t.text, at, depth)
	case t.kind == puppetVariable && m.is(1, "="):
		m.pos += 2
		v := placedAt(m.expression(0), Place{Path: m.path, Line: int(t.line)})
		m.vars = append(m.vars, binding{name: t.text, val: v})
	case t.kind == puppetVariable || m.is(0, "["):
		m.iteration(m.primary(0), at, depth)
	case m.is(0, "@") || m.is(0, "@@"):
		m.pos++
		if m.isWord(0, "iam_user") && m.is(1, "{") {
			m.pos += 2
			m.resources(at.doubt("a virtual resource, if it is realised"))
		}
	case m.take("{"):
		m.statements(at, depth+1)
	}
	return at
}

// wordStatement reads a statement that begins with a word.
func (m *puppetManifest) wordStatement(word string, at puppetAt, depth int) puppetAt {
	m.pos++
	switch word {
	case "if", "elsif", "unless":
		m.condition(word, at, depth)
	case "else", "default":
		if m.is(0, "{") || m.is(1, "{") {
			m.block(at.doubt("under a condition"), depth)
		}
	case "case":
		m.block(at.doubt("under a condition"), depth)
	case "define":
		m.block(at.doubt("one for each use of the defined type"), depth)
	case "class", "node":
		if !m.is(0, "{") {
			m.block(at, depth)
		}
	case "each":
		if m.take("(") {
			v := m.expression(0)
			m.take(")")
			m.lambda(v, at, depth)
		}
	case "create_resources", "ensure_resource", "ensure_resources":
		m.call(at)
	case "iam_user":
		if m.take("{") {
			m.resources(at)
		}
	case "Iam_user":
		if m.take("{") {
			at.defaults = m.attributes(at.defaults)
			m.skipBlock()
		}
	default:
		if m.take("{") {
			m.skipBlock()
		}
	}
	return at
}

// block goes to the bracket that begins a block, over names and parameters, and reads the block. The
// defaults of parameters are variables.
func (m *puppetManifest) block(at puppetAt, depth int) {
	outer := len(m.vars)
	for !m.done() && !m.is(0, "{") && !m.is(0, "}") {
		if m.take("(") {
			m.parameters()
			continue
		}
		m.pos++
	}
	if m.take("{") {
		m.statements(at, depth+1)
	}
	m.vars = m.vars[:min(outer, len(m.vars))]
}

// parameters reads up to the closing bracket.
func (m *puppetManifest) parameters() {
	for !m.done() && !m.take(")") {
		t := m.peek(0)
		if t.kind == puppetVariable && m.is(1, "=") {
			m.pos += 2
			v := placedAt(m.expression(0), Place{Path: m.path, Line: int(t.line)})
			v.byDefault = true
			m.vars = append(m.vars, binding{name: t.text, val: v})
			continue
		}
		if m.take("[") || m.take("{") {
			m.skipBlock()
			continue
		}
		m.pos++
	}
}

// condition reads a condition and its block.
func (m *puppetManifest) condition(word string, at puppetAt, depth int) {
	v := value{}
	if m.peek(0).kind == puppetWord && m.is(1, "{") {
		v = m.primary(0)
	}
	for !m.done() && !m.is(0, "{") {
		m.pos++
	}
	is, ok := v.num != 0, v.kind == boolean
	if ok && is == (word == "unless") {
		if m.take("{") {
			m.skipBlock()
		}
		return
	}
	if !ok {
		at = at.doubt("under a condition")
	}
	m.block(at, depth)
}

// skipBlock goes behind the bracket that closes the one before.
func (m *puppetManifest) skipBlock() {
	for depth := 1; !m.done() && depth > 0; m.pos++ {
		m.steps--
		if t := m.peek(0); t.kind == puppetSign {
			switch t.text {
			case "{", "[", "(":
				depth++
			case "}", "]", ")":
				depth--
			}
		}
	}
}

// iteration reads the methods that are called of a value; each is a loop.
func (m *puppetManifest) iteration(v value, at puppetAt, depth int) {
	for m.take(".") {
		name := m.peek(0).text
		m.pos++
		if m.take("(") {
			m.skipBlock()
			v = value{}
		}
		if name == "each" {
			m.lambda(v, at, depth)
			return
		}
		v = value{}
		if m.take("|") {
			m.names()
			if m.take("{") {
				m.skipBlock()
			}
		}
	}
}

// names reads the parameters of a lambda.
func (m *puppetManifest) names() []string {
	var out []string
	for !m.done() && !m.take("|") {
		switch t := m.peek(0); {
		case t.kind == puppetVariable:
			out = append(out, t.text)
		case m.is(0, "[") || m.is(0, "{"):
			m.pos++
			m.skipBlock()
			continue
		}
		m.pos++
	}
	return out
}

// lambda reads the block of a loop once for each item.
func (m *puppetManifest) lambda(v value, at puppetAt, depth int) {
	if !m.take("|") {
		return
	}
	names := m.names()
	if !m.take("{") {
		return
	}
	start, outer := m.pos, len(m.vars)
	n := len(v.list) + len(v.entries)
	if v.kind != list && v.kind != object || n > maxTurns || len(names) == 0 {
		m.statements(at.doubt("how many it makes cannot be known"), depth+1)
		return
	}
	if v.byDefault {
		at = at.doubt("the default of a variable decides")
	}
	for i := range n {
		e := entry{key: strconv.Itoa(i)}
		if v.kind == list {
			e.val, e.at = v.list[i], v.list[i].at
		} else {
			e = v.entries[i]
		}
		if m.steps--; m.steps < 0 {
			return
		}
		m.pos = start
		turn := at
		turn.entries = append([]Place{e.at}, at.entries...)
		m.bind(names, v.kind, e)
		m.statements(turn, depth+1)
		m.vars = m.vars[:min(outer, len(m.vars))]
	}
	m.pos = start
	m.skipBlock()
}

// bind gives the parameters of a lambda their values: of a list the item, with two the index first; of a
// hash the pair, or key and value.
func (m *puppetManifest) bind(names []string, kind valueKind, e entry) {
	key := placedAt(stringValue(e.key), e.at)
	one := e.val
	if kind == object {
		one = listValue([]value{key, e.val})
	}
	if len(names) == 1 {
		m.vars = append(m.vars, binding{names[0], one})
		return
	}
	m.vars = append(m.vars, binding{names[0], key}, binding{names[1], e.val})
}

// resources reads the bodies of a resource: titles, a colon, attributes.
func (m *puppetManifest) resources(at puppetAt) {
	defaults := at.defaults
	for !m.done() && !m.take("}") {
		m.steps--
		line, isDefault := m.peek(0).line, m.isWord(0, "default")
		before := m.pos
		titles := m.expression(0)
		written := m.written(before, m.pos)
		if !m.take(":") {
			m.skipBlock()
			return
		}
		attrs := m.attributes(defaults)
		if isDefault {
			defaults = attrs
			continue
		}
		for _, title := range puppetTitles(titles) {
			m.declare(placedAt(title, Place{Path: m.path, Line: int(line)}), written, attrs, at)
		}
	}
}

// puppetTitles are the titles of one body.
func puppetTitles(v value) []value {
	if v.kind == list {
		return v.list
	}
	return []value{v}
}

// attributes reads up to the end of a body.
func (m *puppetManifest) attributes(defaults map[string]value) map[string]value {
	attrs := map[string]value{}
	for k, v := range defaults {
		attrs[k] = v
	}
	for !m.done() && !m.is(0, "}") && !m.take(";") {
		m.steps--
		name := m.peek(0)
		m.pos++
		if !m.take("=>") && !m.take("+>") {
			continue
		}
		v := placedAt(m.expression(0), Place{Path: m.path, Line: int(name.line)})
		if name.text == "*" {
			for _, e := range v.entries {
				attrs[e.key] = e.val
			}
		} else {
			attrs[name.text] = v
		}
		m.take(",")
	}
	return attrs
}

// call reads a function that makes resources: of a hash, or of titles and a hash of attributes.
func (m *puppetManifest) call(at puppetAt) {
	function := m.tokens[m.pos-1].text
	if !m.take("(") {
		return
	}
	line := m.peek(0).line
	var args []value
	var second string
	for !m.done() && !m.take(")") {
		before := m.pos
		args = append(args, m.expression(0))
		if len(args) == 2 {
			second = m.written(before, m.pos)
		}
		if !m.take(",") && !m.is(0, ")") {
			m.pos++
		}
	}
	if len(args) < 2 || args[0].str != "iam_user" {
		return
	}
	here := Place{Path: m.path, Line: int(line)}
	attrs := map[string]value{}
	if len(args) > 2 {
		attrs = withEntries(at.defaults, args[2])
	}
	switch {
	case function == "ensure_resource":
		for _, title := range puppetTitles(args[1]) {
			m.declare(placedAt(title, here), second, attrs, at)
		}
	case args[1].kind == object:
		for _, e := range args[1].entries {
			m.declare(placedAt(stringValue(e.key), e.at), second, withEntries(attrs, e.val), at)
		}
	default:
		m.declare(placedAt(value{}, here), second, attrs, at.doubt("how many it makes cannot be known"))
	}
}

func withEntries(attrs map[string]value, v value) map[string]value {
	out := map[string]value{}
	for k, a := range attrs {
		out[k] = a
	}
	for _, e := range v.entries {
		out[e.key] = e.val
	}
	return out
}

// declare records a user.
func (m *puppetManifest) declare(title value, written string, attrs map[string]value, at puppetAt) {
	if m.found++; m.found > maxFound {
		m.steps = -1
		return
	}
	ensure, known := attrs["ensure"].asString()
	switch {
	case ensure == "absent":
		return
	case !known && attrs["ensure"].at.Line > 0:
		at = at.doubt("a variable decides")
	}
	named := title
	if n, ok := attrs["name"]; ok {
		named = n
	}
	called, ok := title.asString()
	if !ok {
		called = written
		at = at.doubt("a variable gives the name")
	}
	name, _ := named.asString()
	d := Declaration{
		Kind: User, Form: "puppet", Root: path.Dir(m.path), Address: "Iam_user[" + strconv.Quote(oneLine(called)) + "]", Name: name,
		Confidence: at.sure, Idempotent: true, Body: puppetSaying(attrs), Why: sentence("the manifest makes an IAM user", at.why),
	}
	for _, p := range append(slices.Clone(at.entries), title.at, attrs["ensure"].at) {
		if p.Line > 0 {
			d.Places = append(d.Places, p)
		}
	}
	d.Path, d.Line = d.Places[0].Path, d.Places[0].Line
	m.r.add(d)
}

func puppetSaying(attrs map[string]value) string {
	var es []entry
	for k, v := range attrs {
		es = append(es, entry{key: k, val: v})
	}
	var b strings.Builder
	encodeJSON(&b, objectValue(es), 0)
	return digest(b.String())
}
