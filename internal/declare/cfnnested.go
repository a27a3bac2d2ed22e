package declare

import (
	"path"
	"slices"
	"strings"
)

// stack declares what the template of a nested stack makes, if it is a file of the repository.
func (c *cfnStack) stack(e cfnEntry) {
	location := stackLocation(e)
	if location == nil {
		return
	}
	switch f := c.template(e, location); {
	case f.path != "":
		c.stackOf(e, f, c.parameters(e.property("Parameters")))
	case f.remote != "":
		c.unknown(e, f.remote, e.id)
	case f.missing != "":
		c.src.r.skip(c.src.path, "it makes a stack of a template that is not in the repository: "+f.missing)
	}
}

// stackLocation is where a nested stack says that its template stands; nil for other resources.
func stackLocation(e cfnEntry) *datum {
	switch e.val.get("Type").word() {
	case "AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet":
		return e.property("TemplateURL")
	case "AWS::Serverless::Application":
		return e.property("Location")
	}
	return nil
}

// cfnFile is a template that another names. One of the three is set, or none where nothing is known.
type cfnFile struct {
	path    string // in the repository
	remote  string // elsewhere
	missing string // in the repository by what it says, but not there
	docs    []*datum
}

// template finds the file of a template by what a stack says: a path, the address that it is uploaded
// to, or what the CDK notes beside it.
func (c *cfnStack) template(e cfnEntry, location *datum) cfnFile {
	if asset := e.val.at("Metadata", "aws:asset:path").word(); asset != "" {
		return c.fileAt(asset)
	}
	if location.is(mapping) && location.get("ApplicationId") != nil {
		steps := 100
		return cfnFile{remote: rawText(location.get("ApplicationId"), &steps)}
	}
	steps := 100
	if t := c.eval(location, 0); t.known && !strings.Contains(t.text, "://") {
		f := c.fileAt(t.text)
		if f.path == "" && (t.byDefault || path.Ext(t.text) == "") {
			return cfnFile{remote: rawText(location, &steps)}
		}
		return f
	}
	url := rawText(location, &steps)
	for _, name := range uploadedFrom(url) {
		if f := c.fileAt(name); f.path != "" {
			return f
		}
	}
	return cfnFile{remote: url}
}

// fileAt finds a template by its path relative to the one that names it.
func (c *cfnStack) fileAt(name string) cfnFile {
	p := path.Join(path.Dir(c.src.path), name)
	if strings.HasPrefix(p, "../") || path.IsAbs(name) || !c.src.r.exists(p) {
		return cfnFile{missing: name}
	}
	_, docs := c.src.r.dataAt(".", p)
	return cfnFile{path: p, docs: docs}
}

// uploadedFrom are the paths that a template which is uploaded to an address may have beside the one that
// names it: folders stay as they are, or all templates stand in one.
func uploadedFrom(url string) []string {
	url, _, _ = strings.Cut(url, "?")
	dir, name := path.Split(url)
	if path.Ext(name) == "" || strings.Contains(name, "$") {
		return nil
	}
	folder := path.Base(dir)
	if i := strings.LastIndexByte(folder, '}'); i >= 0 {
		folder = folder[i+1:]
	}
	if folder == "" || strings.Contains(folder, ".") {
		return []string{name}
	}
	return []string{path.Join(folder, name), path.Join("..", folder, name), name}
}

// stackOf declares the template of a file as a stack of this one.
func (c *cfnStack) stackOf(e cfnEntry, f cfnFile, given map[string]cfnText) {
	if slices.Contains(c.inside, f.path) {
		c.src.r.skip(c.src.path, "a template makes a stack of itself: "+f.path)
		return
	}
	c.src.r.adopt(f.path)
	s := c.src
	s.path, s.base, s.fixed = f.path, 0, false
	s.calls, s.places = append(slices.Clone(s.calls), c.placesOf(e)...), nil
	for _, doc := range f.docs {
		if doc.get("Resources").is(mapping) {
			c.within(e, s, doc, given)
		}
	}
}

// placesOf are where a stack is made, and what leads there.
func (c *cfnStack) placesOf(e cfnEntry) []Place {
	var places []Place
	for _, at := range c.places(e) {
		places = append(places, c.src.place(at))
	}
	return append(places, c.src.places...)
}

// within declares a template that a resource of this one makes a stack of.
func (c *cfnStack) within(e cfnEntry, s dataSource, top *datum, given map[string]cfnText) {
	s.prefix += "Resources." + e.id + "."
	if len(c.inside) > maxStacking || !c.cost.spend(len(top.get("Resources").kids)/2) {
		c.cost.spent = true
		return
	}
	n := newStack(s, c.cost, top)
	n.given, n.form = given, c.form
	n.inside = append(slices.Clone(c.inside), s.path)
	n.copies = c.copies.times(e.fate.copies)
	n.loop.sure, n.loop.why = worse(e.fate.sure, c.loop.sure), sentence(e.fate.why, c.loop.why)
	n.declare()
}

// disown notes the template of a stack that is not made: it is none of its own either.
func (c *cfnStack) disown(e cfnEntry) {
	if location := stackLocation(e); location != nil {
		if f := c.template(e, location); f.path != "" {
			c.src.r.adopt(f.path)
		}
	}
}

// adopt takes a template that a stack is made of for no stack of its own.
func (r *reading) adopt(p string) {
	if r.data.nested == nil {
		r.data.nested = map[string]bool{}
	}
	r.data.nested[p] = true
}

// dropAdopted takes back what was declared of templates as stacks of their own before it was seen that
// other templates make stacks of them, in one of the states that are compared.
func dropAdopted(readings ...*reading) {
	nested := map[string]bool{}
	for _, r := range readings {
		for p := range r.data.nested {
			nested[p] = true
		}
	}
	for _, r := range readings {
		r.out.Declarations = slices.DeleteFunc(r.out.Declarations, func(d Declaration) bool {
			return nested[d.Root] && formFamily(d.Form) == "cloudformation"
		})
	}
}

// formFamily is the form that several dialects are one of: a template that comes to be of another
// dialect makes the same things.
func formFamily(form string) string {
	switch form {
	case "sam", "ebextensions", "org-formation", "serverless":
		return "cloudformation"
	}
	return form
}

// parameters are the values that a stack gives to its template.
func (c *cfnStack) parameters(d *datum) map[string]cfnText {
	given := map[string]cfnText{}
	for _, p := range d.pairs() {
		t := c.eval(p.val, 0)
		if items, all := c.collection(p.val); !t.known && all.known {
			t = all
			words := make([]string, 0, len(items))
			for _, item := range items {
				words = append(words, item.text)
			}
			t.text = strings.Join(words, ",")
		}
		t.at = nil
		given[p.key.text] = t
	}
	return given
}

// stackSet declares what the template within a stack set makes in each of its accounts.
func (c *cfnStack) stackSet(e cfnEntry) {
	e.fate.copies = e.fate.copies.times(stackInstances(e))
	body := e.property("TemplateBody")
	if name, arg := intrinsic(body); name == "Fn::Sub" && arg.is(scalar) {
		body = arg
	}
	if !body.is(scalar) || body.isNull() {
		c.stack(e)
		return
	}
	if !holdsAny([]byte(body.text), cfnTriggers) {
		return
	}
	t := readData([]byte(body.text))
	if !c.cost.spend(t.values + len(body.text)/64) {
		return
	}
	s := c.src.within(body)
	s.values = &t.values
	s.places = append(c.placesOf(e), s.places...)
	for _, doc := range t.docs {
		if doc.get("Resources").is(mapping) {
			c.within(e, s, doc, nil)
		}
	}
	if t.fault != "" {
		c.src.r.skip(c.src.path, "a template within it: "+t.fault)
	}
}

// stackInstances says in how many accounts and regions a stack set makes its stack.
func stackInstances(e cfnEntry) cfnCopies {
	groups := e.property("StackInstancesGroup").items()
	total := cfnCopies{open: len(groups) == 0}
	for _, g := range groups {
		accounts := g.at("DeploymentTargets", "Accounts")
		if !accounts.is(sequence) || g.at("DeploymentTargets", "OrganizationalUnitIds") != nil {
			total.open = true
			continue
		}
		total.n += len(accounts.kids) * max(1, len(g.get("Regions").items()))
	}
	return total
}

// times is how many copies there are of something that has copies within copies.
func (n cfnCopies) times(m cfnCopies) cfnCopies {
	return cfnCopies{n: min(max(n.n, 1)*max(m.n, 1), maxForEach), open: n.open || m.open}
}

// include declares the resources of a text that a transform puts among those of the template.
func (c *cfnStack) include(d *datum) {
	for _, t := range orItems(d) {
		if t.get("Name").word() != "AWS::Include" {
			continue
		}
		name, known := c.resolve(t.at("Parameters", "Location"))
		if !known || strings.Contains(name, "://") || len(c.inside) > maxStacking {
			continue
		}
		f := c.fileAt(name)
		if f.path == "" || slices.Contains(c.inside, f.path) {
			continue
		}
		c.fragment(f, t)
	}
}

// fragment declares resources that stand in a file of their own.
func (c *cfnStack) fragment(f cfnFile, from *datum) {
	outer, inside := c.src, c.inside
	c.src.places = append([]Place{outer.place(from)}, outer.places...)
	c.src.path, c.src.base, c.src.fixed = f.path, 0, false
	c.inside = append(slices.Clone(inside), f.path)
	for _, doc := range f.docs {
		ps := doc.pairs()
		for _, p := range ps {
			c.resources[p.key.text] = p.val
		}
		for _, p := range ps {
			if c.cost.spend(1) {
				c.entry(p)
			}
		}
	}
	c.src, c.inside = outer, inside
}
