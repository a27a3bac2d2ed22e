package declare

import (
	"path"
	"slices"
	"strings"
)

// nested declares what the template of a nested stack declares, if it is a file of the repository.
func (c *cfnStack) nested(id string, d, location *datum, parameters string) {
	sure, ok := c.condition(d)
	name, known := c.resolve(location)
	if !ok || !known || strings.Contains(name, "://") || c.depth >= maxStacking {
		return
	}
	c.stackOf(id, name, d, sure, c.parameters(d.at("Properties", parameters)))
}

// stackOf declares the template of a file as a stack of this one.
func (c *cfnStack) stackOf(id, name string, d *datum, sure Confidence, given map[string]cfnText) {
	p, docs := c.src.r.dataAt(path.Dir(c.src.path), name)
	if len(docs) == 0 || !docs[0].get("Resources").is(mapping) {
		return
	}
	c.src.r.adopt(p)
	s := c.src
	s.path, s.base, s.fixed, s.sure = p, 0, false, worse(s.sure, sure)
	s.prefix += "Resources." + id + "."
	s.places = append([]Place{c.src.place(d)}, c.src.places...)
	n := newStack(s, docs[0])
	n.given, n.depth, n.form = given, c.depth+1, c.form
	n.declare()
}

// adopt takes a template that a stack is made of for no stack of its own.
func (r *reading) adopt(p string) {
	if r.data.nested == nil {
		r.data.nested = map[string]bool{}
	}
	r.data.nested[p] = true
	r.out.Declarations = slices.DeleteFunc(r.out.Declarations, func(d Declaration) bool {
		return d.Root == p && d.Path == p && d.Kind != HardcodedKey
	})
}

// parameters are the values that a stack gives to its template.
func (c *cfnStack) parameters(d *datum) map[string]cfnText {
	given := map[string]cfnText{}
	for _, p := range d.pairs() {
		given[p.key.text] = c.eval(p.val, 0)
	}
	return given
}

// stackSet declares what the template within a stack set declares.
func (c *cfnStack) stackSet(id string, d *datum) {
	sure, ok := c.condition(d)
	if !ok {
		return
	}
	body := d.at("Properties", "TemplateBody")
	if name, arg := intrinsic(body); name == "Fn::Sub" {
		body = arg
	}
	if !body.is(scalar) || body.isNull() || c.depth >= maxStacking {
		c.nested(id, d, d.at("Properties", "TemplateURL"), "none")
		return
	}
	t := readData([]byte(body.text))
	s := c.src.within(body)
	s.prefix += "Resources." + id + "."
	s.sure, s.values = worse(s.sure, sure), &t.values
	for _, doc := range t.docs {
		if doc.get("Resources").is(mapping) {
			n := newStack(s, doc)
			n.depth, n.form = c.depth+1, c.form
			n.declare()
		}
	}
}

// extractOrgFormation reads files of tasks: each update-stacks task makes a stack of a template.
func extractOrgFormation(s dataSource, docs []*datum) {
	for _, top := range docs {
		for _, p := range top.pairs() {
			if p.val.get("Type").word() != "update-stacks" || p.val.get("Skip").word() == "true" {
				continue
			}
			c := &cfnStack{src: s, form: "org-formation", top: top, verdicts: map[string]cfnVerdict{}}
			c.task(p)
		}
	}
}

func (c *cfnStack) task(p pair) {
	name, known := c.resolve(p.val.get("Template"))
	if !known || strings.Contains(name, "://") {
		return
	}
	prefix := c.src.prefix
	c.stackOf(p.key.text, name, p.val, Certain, c.parameters(p.val.get("Parameters")))
	c.src.prefix = prefix
}
