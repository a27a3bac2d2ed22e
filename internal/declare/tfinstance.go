package declare

import (
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// tfInstance is one instance of a module: a folder and what it was called with.
type tfInstance struct {
	r      *reading
	mod    *tfModule
	root   *tfRoot
	prefix string // of its addresses: module.ci["a"].
	parent *tfInstance
	args   map[string]value
	// how it came to be: what every declaration within it takes from its calls
	sure   Confidence
	places []Place
	says   string // digest of the calls

	cache map[string]value         // locals, variables and resources by their reference
	busy  map[string]bool          // what is being evaluated: a reference to itself is unknown
	inner map[string][]*tfInstance // the instances of its calls
	depth int
}

// tfRoot is one root module with one set of variables.
type tfRoot struct {
	budget *budget
	name   string // Declaration.Root
	form   string
	dir    string
	extra  resolver // functions and names of the tool that calls the root, if there is one
	moves  []move
	found  []Declaration
	// variant is the file of variables that it was evaluated with, if it was one of several.
	variant   string
	instances int
}

const (
	maxModuleDepth = 12
	maxInstances   = 2000 // of modules within one root
	maxFound       = 5000 // declarations of one root
	maxExpanded    = 256  // instances of one resource that are told apart
)

func newInstance(r *reading, m *tfModule, root *tfRoot) *tfInstance {
	if len(m.files) > 0 {
		r.make(m.dir)
	}
	return &tfInstance{
		r: r, mod: m, root: root, sure: Certain, args: map[string]value{},
		cache: map[string]value{}, busy: map[string]bool{}, inner: map[string][]*tfInstance{},
	}
}

func (i *tfInstance) env() *env { return &env{budget: i.root.budget, res: i} }

// resolve evaluates the names of a module.
func (i *tfInstance) resolve(t hcl.Traversal, _ *env) (value, int) {
	name := step(t, 1)
	switch t.RootName() {
	case "var":
		return i.once("var."+name, func() value { return i.variable(name) }), 2
	case "local":
		return i.once("local."+name, func() value { return i.local(name) }), 2
	case "path":
		return i.paths(name), 2
	case "module", "component":
		return i.ofModule(t)
	case "data", "self", "terraform", "tofu", "ephemeral":
		return value{}, len(t)
	}
	if _, ours := resourceTypes[t.RootName()]; ours {
		ref := t.RootName() + "." + name
		return i.once(ref, func() value { return i.resource(t.RootName(), name) }), 2
	}
	if i.root.extra != nil && i.parent == nil {
		return i.root.extra.resolve(t, nil)
	}
	return value{}, len(t)
}

// step returns the name of one step of a reference.
func step(t hcl.Traversal, n int) string {
	if n >= len(t) {
		return ""
	}
	switch s := t[n].(type) {
	case hcl.TraverseAttr:
		return s.Name
	case hcl.TraverseIndex:
		name, _ := fromCty(s.Key).asString()
		return name
	}
	return ""
}

// once evaluates a name once; what refers to itself is unknown.
func (i *tfInstance) once(ref string, eval func() value) value {
	if v, ok := i.cache[ref]; ok {
		return v
	}
	if i.busy[ref] {
		return value{}
	}
	i.busy[ref] = true
	v := eval()
	delete(i.busy, ref)
	i.cache[ref] = v
	return v
}

func (i *tfInstance) local(name string) value {
	a, ok := i.mod.locals[name]
	if !ok {
		return missing()
	}
	v := i.env().attribute(a)
	return placedAt(v, Place{Path: a.src.path, Line: a.line})
}

// variable returns what a module was called with, or the default, which a caller may set otherwise.
func (i *tfInstance) variable(name string) value {
	b := i.mod.variables[name]
	v, given := i.args[name]
	if b == nil {
		return v
	}
	if !given {
		a := b.attr("default")
		if a == nil {
			return value{}
		}
		v = placedAt(i.env().attribute(a), Place{Path: a.src.path, Line: a.line})
		v.byDefault = true
	}
	if a := b.attr("type"); a != nil && a.node == nil {
		if x := a.expression(); x != nil {
			v = withTypeDefaults(i.env(), v, x)
		}
	}
	return v
}

// paths gives the folders of modules as paths that begin at the root of the repository.
func (i *tfInstance) paths(name string) value {
	switch name {
	case "module":
		return stringValue(rooted(i.mod.dir))
	case "root", "cwd":
		return stringValue(rooted(i.root.dir))
	}
	return value{}
}

func rooted(dir string) string { return path.Join("/", dir) }

// file returns the path within the repository of a file that an expression names.
func (i *tfInstance) file(name string) string {
	if !strings.HasPrefix(name, "/") {
		name = path.Join("/", i.root.dir, name)
	}
	return strings.TrimPrefix(path.Clean(name), "/")
}

// call evaluates the functions that read files of the repository.
func (i *tfInstance) call(name string, args []value) (value, bool) {
	if i.root.extra != nil && i.parent == nil {
		if v, ok := i.root.extra.call(name, args); ok {
			return v, true
		}
	}
	if len(args) == 0 || args[0].kind != text {
		return value{}, false
	}
	switch name {
	case "file":
		return i.readFile(args[0].str), true
	case "fileexists":
		return boolValue(i.r.exists(i.file(args[0].str))), true
	case "fileset":
		return i.fileSet(args), true
	case "templatefile":
		return i.templateFile(args), true
	}
	return value{}, false
}

func (i *tfInstance) readFile(name string) value {
	p := i.file(name)
	data, ok := i.r.read(p)
	if !ok || !i.root.budget.spend(len(data)/64) {
		return value{}
	}
	v := stringValue(string(data))
	v.at = Place{Path: p, Line: 1}
	return v
}

// fileSet lists the files of a folder that match a pattern, one level of it.
func (i *tfInstance) fileSet(args []value) value {
	if len(args) < 2 || args[1].kind != text {
		return value{}
	}
	dir, glob := i.file(args[0].str), args[1].str
	base, glob := path.Split(strings.TrimPrefix(glob, "**/"))
	var vs []value
	for _, e := range i.r.list(path.Join(dir, base)) {
		if ok, err := path.Match(glob, e.Name); err == nil && ok && e.Type == Regular {
			v := stringValue(base + e.Name)
			v.at = Place{Path: path.Join(dir, base, e.Name), Line: 1}
			vs = append(vs, v)
		}
	}
	return listValue(vs)
}

func (i *tfInstance) templateFile(args []value) value {
	v := i.readFile(args[0].str)
	if v.kind != text || len(args) < 2 {
		return value{}
	}
	src := &source{path: v.at.Path}
	x := parseExpression(src, []byte(v.str), 1, true)
	if x == nil {
		return value{}
	}
	in := i.env()
	for _, e := range args[1].entries {
		in = in.with(e.key, e.val)
	}
	out := in.eval(x)
	out.at = v.at
	return out
}

// expansion is one instance of a resource or of a call of a module.
type expansion struct {
	key    string // as it stands in an address: ["a"], [0] or nothing
	env    *env
	sure   Confidence
	count  int
	entry  Place   // the entry of the map that it comes from
	open   bool    // it stands for a number that cannot be known
	decide []Place // the lines that decide on the number
}

// expand evaluates count and for_each.
func (i *tfInstance) expand(b *block) []expansion {
	e := i.env()
	if a := b.attr("for_each"); a != nil {
		return i.expandEach(e, a)
	}
	if a := b.attr("count"); a != nil {
		return i.expandCount(e, a)
	}
	for _, c := range b.blocks {
		if a := c.attr("enabled"); a != nil && c.kind == "lifecycle" {
			return i.expandEnabled(e, a)
		}
	}
	return []expansion{{env: e, sure: Certain, count: 1}}
}

// expandEnabled evaluates the switch that OpenTofu has beside count.
func (i *tfInstance) expandEnabled(e *env, a *attribute) []expansion {
	v := e.attribute(a)
	is, ok := v.asBool()
	if ok && !is {
		return nil
	}
	x := expansion{env: e, sure: sureness(v), count: 1, decide: deciding(a, v)}
	if !ok {
		x.sure, x.open = Possible, true
	}
	return []expansion{x}
}

// deciding are the lines that decide on a number: the argument, the condition within it, its value.
func deciding(a *attribute, v value) []Place {
	places := []Place{{Path: a.src.path, Line: a.line}}
	if v.cause != nil {
		places = append(places, *v.cause)
	}
	return append(places, v.at)
}

func (i *tfInstance) expandCount(e *env, a *attribute) []expansion {
	v := e.attribute(a)
	decide := deciding(a, v)
	n, ok := v.asNumber()
	if is, isBool := v.asBool(); !ok && isBool { // "${var.create}" of old
		n, ok = 0, true
		if is {
			n = 1
		}
	}
	if !ok {
		return i.expandOpen(e, v, decide, "count", objectValue([]entry{{key: "index"}}))
	}
	var out []expansion
	for k := 0; k < int(min(n, maxExpanded)) && e.budget.spend(5); k++ {
		index := numberValue(float64(k))
		x := expansion{
			key: instance(index), sure: sureness(v), count: 1, decide: decide,
			env: e.with("count", objectValue([]entry{{key: "index", val: index}})),
		}
		if k == maxExpanded-1 {
			x.count = int(min(n, 1e6)) - k
		}
		out = append(out, x)
	}
	return out
}

func (i *tfInstance) expandEach(e *env, a *attribute) []expansion {
	v := e.attribute(a)
	decide := deciding(a, v)
	es, ok := v.elements()
	if !ok {
		return i.expandOpen(e, v, decide, "each", objectValue([]entry{{key: "key"}, {key: "value"}}))
	}
	var out []expansion
	for _, item := range es {
		if !e.budget.spend(5) {
			break
		}
		key := stringValue(item.key)
		if v.kind == list {
			if key = item.val; key.kind != text {
				return i.expandOpen(e, value{}.because(v), decide, "each", objectValue([]entry{{key: "key"}, {key: "value"}}))
			}
		}
		key.at = item.at
		out = append(out, expansion{
			key: instance(key), sure: sureness(v), count: 1, entry: item.at, decide: decide,
			env: e.with("each", objectValue([]entry{{key: "key", val: key}, {key: "value", val: item.val}})),
		})
	}
	return out
}

// each is the key of an instance that for_each made.
func (x expansion) each() value {
	if x.env.name != "each" {
		return value{}
	}
	return x.env.val.get("key")
}

// expandOpen stands for instances whose number cannot be known: probably one at least, unless a
// condition that cannot be known decides on that.
func (i *tfInstance) expandOpen(e *env, v value, decide []Place, name string, names value) []expansion {
	sure := Likely
	if v.mayBeNone || v.kind != unknown && v.kind != null {
		sure = Possible
	}
	if v.kind == null {
		return nil
	}
	return []expansion{{env: e.with(name, names), sure: sure, count: 1, open: true, decide: decide}}
}

func sureness(v value) Confidence {
	if v.byDefault {
		return Likely
	}
	return Certain
}

// worse returns the lower of two confidences.
func worse(a, b Confidence) Confidence {
	rank := map[Confidence]int{Certain: 0, Likely: 1, Possible: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// resource is the value of a resource of ours: what is known of it, and which user it is.
func (i *tfInstance) resource(typ, name string) value {
	b := i.mod.indexed().byName[typ+"."+name]
	if b == nil {
		return value{}
	}
	address := i.prefix + typ + "." + name
	var vs []value
	var es []entry
	for _, x := range i.expand(b) {
		v := i.resourceInstance(b, x, address+x.key)
		switch {
		case x.open:
			return value{owner: address}
		case x.key == "":
			return v
		}
		vs = append(vs, v)
		if key := x.each(); key.kind == text {
			es = append(es, entry{key: key.str, at: x.entry, val: v})
		}
	}
	if b.attr("for_each") != nil {
		return objectValue(es)
	}
	return listValue(vs)
}

func (i *tfInstance) resourceInstance(b *block, x expansion, address string) value {
	t := resourceTypes[b.label(0)]
	var user value
	if t.name != "" {
		user = x.env.attribute(b.attr(t.name))
		user.owner = address
	} else {
		user = x.env.attribute(b.attr(t.owner))
	}
	other := value{owner: user.owner}
	v := objectValue([]entry{
		{key: "name", val: user},
		{key: "user_name", val: user},
		{key: "user", val: user},
		{key: "username", val: user},
		{key: "id", val: user},
		{key: "arn", val: other},
		{key: "unique_id", val: other},
		{key: "tags", val: value{}},
	})
	v.owner = user.owner
	return v
}

// ofModule is the value of a call: its outputs, of one instance or of all.
func (i *tfInstance) ofModule(t hcl.Traversal) (value, int) {
	name := step(t, 1)
	xs := i.children(name)
	if xs == nil {
		return i.outside(name, step(t, 2)), len(t)
	}
	if len(xs) == 1 && !strings.HasSuffix(xs[0].prefix, "].") {
		if out := step(t, 2); out != "" {
			return xs[0].output(out), 3
		}
		return xs[0].outputs(), 2
	}
	return i.once("module."+name, func() value { return i.allOutputs(name, xs) }), 2
}

func (i *tfInstance) allOutputs(name string, xs []*tfInstance) value {
	var vs []value
	var es []entry
	for _, x := range xs {
		key := strings.TrimSuffix(strings.TrimPrefix(x.prefix, i.prefix+"module."+name), ".")
		vs = append(vs, x.outputs())
		if len(key) > 4 && key[1] == '"' {
			es = append(es, entry{key: unquote(key[2 : len(key)-2]), val: vs[len(vs)-1]})
		}
	}
	if len(es) > 0 {
		return objectValue(es)
	}
	return listValue(vs)
}

func (i *tfInstance) output(name string) value {
	b := i.mod.outputs[name]
	if b == nil {
		return missing()
	}
	return i.once("output."+name, func() value { return i.env().attribute(b.attr("value")) })
}

func (i *tfInstance) outputs() value {
	var es []entry
	for name := range i.mod.outputs {
		es = append(es, entry{key: name, val: i.output(name)})
	}
	return objectValue(es)
}
