package declare

import (
	"path"
	"strings"
)

const (
	terragruntFile  = "terragrunt.hcl"
	terragruntStack = "terragrunt.stack.hcl"
	maxIncludes     = 8
)

// unit is a unit of Terragrunt: a module and what it is called with.
type unit struct {
	dir    string
	file   string
	source string
	local  string // the folder of the module, if it is in the tree
	at     Place  // where the source stands
	inputs []entry
	texts  []value // contents of generated files
	says   string
}

// unit evaluates the configuration of a folder; nil where there is none.
func (r *reading) unit(dir string) *unit {
	if u, ok := r.terraform.units[dir]; ok {
		return u
	}
	if r.terraform.units == nil {
		r.terraform.units = map[string]*unit{}
	}
	u := r.evaluateUnit(dir, value{})
	r.terraform.units[dir] = u
	return u
}

func (r *reading) evaluateUnit(dir string, values value) *unit {
	t := &terragrunt{r: r, unit: dir, values: values, budget: &budget{steps: maxSteps}}
	c := t.config(path.Join(dir, terragruntFile))
	if c == nil {
		return nil
	}
	u := &unit{dir: dir, file: c.file, inputs: c.inputs().entries, says: digest(c.body.said())}
	for at := c; at != nil; at = at.first() {
		if u.source == "" {
			u.source, u.at = at.source()
		}
		u.texts = append(u.texts, at.generated()...)
	}
	if strings.HasPrefix(u.source, "/") {
		u.local = inRepository(u.source)
	} else if local, ok := localSource(dir, u.source); ok {
		u.local = local
	}
	return u
}

// inRepository turns a path that begins at the root of the repository into one of the tree.
func inRepository(p string) string {
	return path.Clean(strings.TrimPrefix(path.Clean(p), "/"))
}

// extractTerragrunt declares the unit of a folder, and the units of a stack.
func extractTerragrunt(r *reading, dir string) {
	if u := r.unit(dir); u != nil {
		r.declareUnit(u, dir)
	}
	r.declareStack(dir)
}

func (r *reading) declareUnit(u *unit, name string) {
	root := &tfRoot{budget: &budget{steps: maxSteps}, name: name, form: "terragrunt", dir: u.dir}
	empty := newInstance(r, newModule(u.dir), root)
	empty.mod.files = []string{u.file}
	for _, text := range u.texts {
		r.declareText(root, u, text)
	}
	switch k, isKnown := known(u.source); {
	case u.source == "":
	case u.local != "":
		r.declareUnitModule(root, u)
	case isKnown:
		by := madeBy{source: u.source, says: u.says, sure: Certain, places: []Place{u.at}}
		empty.declareMade(k, expansion{env: empty.env(), count: 1, sure: Certain}, objectValue(u.inputs), by)
	case looksLikeUsers(u.source, path.Base(u.dir)):
		by := madeBy{prefix: path.Base(u.dir), source: u.source, says: u.says, sure: Certain, places: []Place{u.at}}
		empty.declareUnknown(path.Base(u.dir), expansion{count: 1}, by)
	}
	empty.finish("")
	for _, d := range root.found {
		r.add(d)
	}
}

// declareUnitModule declares the module of a unit that is in the tree.
func (r *reading) declareUnitModule(root *tfRoot, u *unit) {
	r.meet(u.local)
	m := r.module(u.local)
	if m == nil {
		r.skip(u.file, "its module is not in the repository: "+u.source)
		return
	}
	r.recall(u.file, m)
	if !m.mattersIn(r) {
		return
	}
	i := newInstance(r, m, root)
	i.places = []Place{u.at}
	for _, e := range u.inputs {
		i.args[e.key] = placedAt(e.val, e.at)
	}
	i.declare()
}

// declareText declares the resources of a file that a unit generates.
func (r *reading) declareText(root *tfRoot, u *unit, text value) {
	if !strings.Contains(text.str, "resource") && !strings.Contains(text.str, "module") {
		return
	}
	m := newModule(u.dir)
	m.files = []string{u.file}
	src := &source{path: text.at.Path, data: []byte(text.str), line: text.at.Line}
	m.sources = append(m.sources, src)
	body, ok := scanHCL(src)
	if !ok {
		r.skip(u.file, "a part of what it generates is no HCL")
	}
	for _, b := range body.blocks {
		m.take(b, false)
	}
	i := newInstance(r, m, root)
	for _, e := range u.inputs {
		i.args[e.key] = placedAt(e.val, e.at)
	}
	i.declare()
	m.report(r)
}

// declareStack declares the units of a stack whose configurations are in the tree.
func (r *reading) declareStack(dir string) {
	p := path.Join(dir, terragruntStack)
	if !r.exists(p) {
		return
	}
	t := &terragrunt{r: r, unit: dir, budget: &budget{steps: maxSteps}}
	c := t.config(p)
	if c == nil {
		return
	}
	for _, b := range c.body.blocks {
		if b.kind != "unit" {
			continue
		}
		source, _ := c.env().attribute(b.attr("source")).asString()
		local, ok := localSource(dir, source)
		if strings.HasPrefix(source, "/") {
			local, ok = inRepository(source), true
		}
		if !ok {
			continue
		}
		if u := r.evaluateUnit(local, c.env().attribute(b.attr("values"))); u != nil {
			u.at = Place{Path: p, Line: b.line}
			r.declareUnit(u, path.Join(dir, b.label(0)))
		}
	}
}
