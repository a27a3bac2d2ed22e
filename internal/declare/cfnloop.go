package declare

import (
	"strings"
)

// forEach goes through a loop of the language extensions: a name, a collection, a body.
func (c *cfnStack) forEach(p pair) {
	args := p.val.items()
	if len(args) != 3 || len(c.loop.vars) >= maxStacking {
		return
	}
	outer := c.loop
	defer func() { c.loop = outer }()
	name := args[0].word()
	items, t := c.collection(args[1])
	if !t.known {
		c.loop = outer.in(name, cfnItem{text: "${" + name + "}"}, p.key)
		c.loop.sure, c.loop.why = worse(Likely, outer.sure), "the collection of its loop is not known"
		c.round(args[2])
		return
	}
	for _, item := range items {
		if c.cost.spent {
			return
		}
		c.loop = outer.in(name, item, p.key)
		if t.byDefault {
			c.loop.sure, c.loop.why = worse(Likely, outer.sure), "the default of a parameter decides on its loop"
		}
		c.round(args[2])
	}
}

// round declares the body of a loop.
func (c *cfnStack) round(body *datum) {
	for _, p := range body.pairs() {
		if c.cost.spend(roundCosts) {
			c.entry(p)
		}
	}
}

// in is the loop with one more around it.
func (l cfnLoop) in(name string, item cfnItem, key *datum) cfnLoop {
	l.vars = append([]cfnVariable{{name, item.text}}, l.vars...)
	l.keys = append([]*datum{key}, l.keys...)
	if item.at != nil {
		l.items = append([]*datum{item.at}, l.items...)
	}
	return l
}

// fill puts the variables of loops in.
func (c *cfnStack) fill(s string) string {
	if len(c.loop.vars) == 0 || !strings.ContainsAny(s, "$&") {
		return s
	}
	for _, v := range c.loop.vars {
		s = strings.ReplaceAll(s, "${"+v.name+"}", v.value)
		s = strings.ReplaceAll(s, "&{"+v.name+"}", strings.Map(alphanumeric, v.value))
	}
	return s
}

func alphanumeric(r rune) rune {
	if r < 0x80 && (isLetter(byte(r)) && r != '_' || '0' <= r && r <= '9') {
		return r
	}
	return -1
}

// cfnItem is an item of a collection and the value that it is written at.
type cfnItem struct {
	text string
	at   *datum
}

// collection returns the items of a list: written out, a parameter's default, one of a mapping, or a
// text that is split.
func (c *cfnStack) collection(d *datum) ([]cfnItem, cfnText) {
	name, arg := intrinsic(d)
	switch {
	case name == "" && d.is(sequence):
		return c.written(d)
	case name == "Ref":
		t := c.reference(arg.word())
		return c.splitItems(t.text, ",", c.section("Parameters", arg.word()).get("Default")), t
	case name == "Fn::FindInMap":
		if found, t := c.found(arg, 5); found.is(sequence) {
			items, inner := c.written(found)
			return items, t.with(inner)
		}
	case name == "Fn::Split" && len(arg.items()) == 2:
		t := c.eval(arg.kids[1], 5)
		return c.splitItems(t.text, arg.kids[0].text, arg.kids[1]), t
	case name == "Fn::If":
		if chosen, v := c.chosen(d); v.known() {
			items, t := c.collection(chosen)
			t.byDefault = t.byDefault || v.byDefault
			return items, t
		}
	}
	return nil, cfnText{}
}

func (c *cfnStack) written(d *datum) ([]cfnItem, cfnText) {
	var items []cfnItem
	all := cfnText{known: true}
	c.cost.cut = c.cost.cut || len(d.kids) > maxForEach
	for _, k := range d.kids[:min(len(d.kids), maxForEach)] {
		if name, arg := intrinsic(k); name == "Ref" && isListParameter(c.section("Parameters", arg.word())) {
			more, t := c.collection(k)
			items, all = append(items, more...), all.with(t)
			continue
		}
		t := c.eval(k, 5)
		items, all = append(items, cfnItem{t.text, k}), all.with(t)
	}
	return items[:min(len(items), maxForEach)], all
}

func isListParameter(d *datum) bool {
	t := d.get("Type").word()
	return t == "CommaDelimitedList" || strings.HasPrefix(t, "List<")
}

func (c *cfnStack) splitItems(s, by string, at *datum) []cfnItem {
	if s == "" || by == "" {
		return nil
	}
	words := strings.SplitN(s, by, maxForEach+1)
	c.cost.cut = c.cost.cut || len(words) > maxForEach
	items := make([]cfnItem, 0, len(words))
	for _, w := range words[:min(len(words), maxForEach)] {
		items = append(items, cfnItem{strings.TrimSpace(w), at})
	}
	return items
}
