package declare

import (
	"slices"
	"strconv"
	"strings"
)

// intrinsic returns the function that a value calls, under its long name, and its argument.
func intrinsic(d *datum) (string, *datum) {
	switch {
	case d == nil:
		return "", nil
	case len(d.tag) > 1 && d.tag[1] != '!':
		arg := *d
		arg.tag = ""
		return longName(d.tag[1:]), &arg
	case d.is(mapping) && len(d.kids) == 2:
		if k := d.kids[0].text; k == "Ref" || strings.HasPrefix(k, "Fn::") || k == "Condition" && d.kids[1].is(scalar) {
			return k, d.kids[1]
		}
	}
	return "", nil
}

func longName(tag string) string {
	if tag == "Ref" || tag == "Condition" {
		return tag
	}
	return "Fn::" + tag
}

// intrinsicArgument writes the argument of a function in its one form: GetAtt takes a list.
func intrinsicArgument(name string, arg *datum) *datum {
	if name != "Fn::GetAtt" || !arg.is(scalar) {
		return arg
	}
	id, attr, _ := strings.Cut(arg.text, ".")
	return &datum{kind: sequence, line: arg.line, kids: []*datum{
		{line: arg.line, text: id, quoted: true}, {line: arg.line, text: attr, quoted: true},
	}}
}

// cfnText is a text as far as it is known.
type cfnText struct {
	text      string
	known     bool
	byDefault bool   // a default decided
	anywhere  bool   // it differs from deployment to deployment: the region, the account
	at        *datum // the default that decided
}

const (
	maxResolve = 20   // functions within each other
	maxText    = 4096 // bytes of a text that is put together
)

// resolve returns the text of a value, and whether it is known.
func (c *cfnStack) resolve(d *datum) (string, bool) {
	t := c.eval(d, 0)
	if !t.known {
		return "", false
	}
	return t.text, true
}

func (c *cfnStack) eval(d *datum, depth int) cfnText {
	if d.isNull() || depth > maxResolve || !c.cost.spend(1) {
		return cfnText{}
	}
	name, arg := intrinsic(d)
	switch name {
	case "":
		if d.is(scalar) {
			return c.literal(d.text)
		}
	case "Ref":
		return c.reference(arg.word())
	case "Fn::Sub":
		return c.sub(arg, depth)
	case "Fn::Join":
		return c.join(arg, depth)
	case "Fn::Select":
		return c.choose(arg)
	case "Fn::FindInMap":
		return c.findInMap(arg, depth)
	case "Fn::If":
		return c.either(d, depth)
	}
	return cfnText{}
}

// literal is a text that stands there, but for the variables of loops and of a dialect.
func (c *cfnStack) literal(s string) cfnText {
	if len(s) > maxText {
		return cfnText{}
	}
	s = c.fill(s)
	if c.variables != nil && strings.Contains(s, "${") && c.cost.spend(3*roundCosts) {
		return c.variables(s)
	}
	return cfnText{text: s, known: !hasTemplate(s) && !strings.Contains(s, "${")}
}

// section returns an entry of a part of the template, by its id.
func (c *cfnStack) section(part, id string) *datum {
	if c.sections[part] == nil {
		entries := map[string]*datum{}
		for _, top := range c.tops {
			for _, p := range top.get(part).pairs() {
				entries[p.key.text] = p.val
			}
		}
		if c.sections == nil {
			c.sections = map[string]map[string]*datum{}
		}
		c.sections[part] = entries
	}
	return c.sections[part][id]
}

// reference is what a parameter or the variable of a loop says.
func (c *cfnStack) reference(id string) cfnText {
	if v, ok := c.loop.value(id); ok {
		return cfnText{text: v, known: !strings.HasPrefix(v, "${")}
	}
	if t, ok := c.given[id]; ok {
		return t
	}
	if strings.HasPrefix(id, "AWS::") {
		return cfnText{anywhere: true}
	}
	p := c.section("Parameters", id)
	def := p.get("Default")
	if !def.is(scalar) || len(def.text) > maxText || strings.HasPrefix(p.get("Type").word(), "AWS::SSM::") || hasTemplate(def.text) {
		return cfnText{}
	}
	return cfnText{text: def.text, known: true, byDefault: true, at: def}
}

// sub fills the ${…} of a text.
func (c *cfnStack) sub(arg *datum, depth int) cfnText {
	var own *datum
	if arg.is(sequence) && len(arg.kids) == 2 {
		arg, own = arg.kids[0], arg.kids[1]
	}
	s, out := arg.word(), cfnText{known: true}
	if !arg.is(scalar) || len(s) > maxText {
		return cfnText{}
	}
	s = c.fill(s)
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			break
		}
		b.WriteString(before)
		s = after
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		t := c.variable(strings.TrimSpace(name), own, depth)
		out = out.with(t)
		b.WriteString(t.text)
		if b.Len() > maxText || !c.cost.spend(1) {
			return cfnText{}
		}
	}
	out.text = b.String() + s
	out.known = out.known && !hasTemplate(out.text) && !strings.Contains(out.text, "${")
	return out
}

// variable is the value of a name within Fn::Sub.
func (c *cfnStack) variable(name string, own *datum, depth int) cfnText {
	if v := own.get(name); v != nil {
		return c.eval(v, depth+1)
	}
	if c.variables != nil && !strings.HasPrefix(name, "AWS::") && strings.Contains(name, ":") {
		return c.variables("${" + name + "}")
	}
	return c.reference(name)
}

// with is what is known of a text that another has a part in.
func (t cfnText) with(part cfnText) cfnText {
	t.known = t.known && part.known
	t.byDefault = t.byDefault || part.byDefault
	t.anywhere = t.anywhere || part.anywhere
	if t.at == nil {
		t.at = part.at
	}
	return t
}

func (c *cfnStack) join(arg *datum, depth int) cfnText {
	if len(arg.items()) != 2 || len(arg.kids[1].items()) > 100 {
		return cfnText{}
	}
	parts, out := arg.kids[1], cfnText{known: true}
	if !parts.is(sequence) {
		return cfnText{}
	}
	var words []string
	size := 0
	for _, k := range parts.kids {
		t := c.eval(k, depth+5)
		out = out.with(t)
		words = append(words, t.text)
		size += len(t.text) + len(arg.kids[0].text)
	}
	if size > maxText {
		return cfnText{}
	}
	out.text = strings.Join(words, arg.kids[0].text)
	return out
}

// choose is Fn::Select.
func (c *cfnStack) choose(arg *datum) cfnText {
	if len(arg.items()) != 2 {
		return cfnText{}
	}
	n, err := strconv.Atoi(arg.kids[0].word())
	items, t := c.collection(arg.kids[1])
	if err != nil || !t.known || n < 0 || n >= len(items) {
		return cfnText{}
	}
	t.text = items[n].text
	return t
}

func (c *cfnStack) findInMap(arg *datum, depth int) cfnText {
	d, out := c.found(arg, depth)
	out.text, out.known = d.word(), out.known && d.is(scalar)
	return out
}

// found is what stands in a mapping under two keys, or what is to be taken where nothing does.
func (c *cfnStack) found(arg *datum, depth int) (*datum, cfnText) {
	keys := arg.items()
	if len(keys) < 3 {
		return nil, cfnText{}
	}
	name := c.eval(keys[0], depth+5)
	d, out := c.section("Mappings", name.text), name
	for _, k := range keys[1:3] {
		t := c.eval(k, depth+5)
		out = out.with(t)
		d = d.get(t.text)
	}
	if d == nil && len(keys) == 4 {
		d = keys[3].get("DefaultValue")
	}
	return d, out
}

// either is Fn::If.
func (c *cfnStack) either(d *datum, depth int) cfnText {
	chosen, v := c.chosen(d)
	if !v.known() {
		return cfnText{}
	}
	t := c.eval(chosen, depth+5)
	t.byDefault = t.byDefault || v.byDefault
	if t.at == nil && len(v.at) > 0 {
		t.at = v.at[0]
	}
	return t
}

// chosen is the value that Fn::If chooses, or the value itself. Where that cannot be known it is the one
// that says something.
func (c *cfnStack) chosen(d *datum) (*datum, cfnVerdict) {
	all := cfnVerdict{is: holds}
	for range maxStacking {
		name, arg := intrinsic(d)
		if name != "Fn::If" || len(arg.items()) != 3 {
			return d, all
		}
		v := c.verdict(arg.kids[0].word())
		one := slices.Index([]cfnTruth{holds, fails}, v.is) + 1
		if one == 0 {
			if one = 1; isNoValue(arg.kids[1]) {
				one = 2
			}
		} else {
			v.is = holds
		}
		d, all = arg.kids[one], all.and(v)
	}
	return d, all
}
