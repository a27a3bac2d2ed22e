package declare

import (
	"slices"
	"strings"
)

// declare adds all that an instance of a module declares, and what it calls.
func (i *tfInstance) declare() {
	for _, b := range i.mod.resources {
		t := resourceTypes[b.label(0)]
		for _, x := range i.expand(b) {
			if t.template {
				i.template(b, x)
			} else {
				i.declareResource(b, t, x)
			}
		}
	}
	for _, c := range i.mod.calls {
		i.declareCall(c)
	}
	i.declareStaticKeys()
	i.learnMoves()
}

func (i *tfInstance) declareResource(b *block, t resourceType, x expansion) {
	d := Declaration{
		Kind: t.kind, Address: i.prefix + b.label(0) + "." + b.label(1) + x.key,
		Count: x.count, Confidence: worse(i.sure, x.sure), Body: digest(i.says, x.key, b.said()),
	}
	user := x.env.attribute(b.attr(t.name + t.owner))
	d.Name, _ = user.asString()
	if isTemplated(d.Name) || isTemplated(d.Address) {
		d.Name, d.Confidence = "", worse(d.Confidence, Likely)
	}
	if t.kind != User {
		if d.Owner = user.owner; d.Owner == "" {
			d.Owner = d.Name
		}
	}
	if t.inactive {
		status, _ := x.env.attribute(b.attr("status")).asString()
		d.Inactive = strings.EqualFold(status, "Inactive")
	}
	d.Why = because("resource "+b.label(0), x, i.prefix != "")
	d.Places = i.placesOf(b, x, user)
	i.add(d)
	if b.label(0) == "awscc_iam_user" && b.attr("login_profile") != nil {
		d.Kind, d.Owner, d.Address = LoginProfile, d.Address, d.Address+".login_profile"
		d.Why = because("argument login_profile of "+b.label(0), x, i.prefix != "")
		i.add(d)
	}
}

// isTemplated says whether another tool fills in a text before this one reads it.
func isTemplated(s string) bool { return strings.Contains(s, "{{") || strings.Contains(s, "{%") }

// because says what makes a declaration, and what was assumed.
func because(what string, x expansion, called bool) string {
	parts := []string{what}
	if called {
		parts[0] += " in a module"
	}
	switch {
	case x.open && x.sure == Possible:
		parts = append(parts, "a condition that cannot be known decides whether it is made")
	case x.open:
		parts = append(parts, "how many it makes cannot be known")
	case x.sure == Likely:
		parts = append(parts, "the default of a variable decides")
	}
	return strings.Join(parts, "; ")
}

// placesOf lists the places of a resource: those of the calls, the entry of its map, its header, and the
// lines that decide on its number. A name that is taken from a list by its index is such an entry.
func (i *tfInstance) placesOf(b *block, x expansion, name value) []Place {
	if x.entry.Line == 0 && b.attr("count") != nil {
		x.entry = name.at
	}
	places := i.blockPlaces(b, x)
	if a := b.attr("status"); a != nil {
		places = append(places, Place{Path: a.src.path, Line: a.line})
	}
	return places
}

// blockPlaces lists the places of a block after those of the calls. An entry that stands within a block
// is less telling than the block.
func (i *tfInstance) blockPlaces(b *block, x expansion) []Place {
	places := slices.Clone(i.places)
	header := Place{Path: b.src.path, Line: b.line}
	if b.holds(x.entry) || i.mod.holds(x.entry) {
		places = append(places, header, x.entry)
	} else {
		places = append(places, x.entry, header)
	}
	return append(places, x.decide...)
}

// holds says whether a line is one of a block's.
func (b *block) holds(at Place) bool {
	return b.src.path == at.Path && b.line <= at.Line && at.Line <= max(b.end, b.line)
}

// add completes a declaration and records it.
func (i *tfInstance) add(d Declaration) {
	if len(i.root.found) >= maxFound {
		i.root.budget.spent = true
		return
	}
	d.Form, d.Root = i.root.form, i.root.name
	d.Places = slices.DeleteFunc(d.Places, func(p Place) bool { return p.Line == 0 || p.Path == "" })
	if len(d.Places) > 0 {
		d.Path, d.Line = d.Places[0].Path, d.Places[0].Line
	}
	i.root.found = append(i.root.found, d)
}

// template hands the CloudFormation template of a stack to its form. A template that is read from a
// file of its own is a declaration of that file.
func (i *tfInstance) template(b *block, x expansion) {
	a := b.attr("template_body")
	if a == nil {
		return
	}
	v := x.env.attribute(a)
	if v.str == "" || !strings.Contains(v.str, "AWS::IAM::") || v.at.Path != a.src.path {
		return
	}
	address := i.prefix + b.label(0) + "." + b.label(1) + x.key + "."
	sub := newReading(i.r.tree, i.r.scope)
	extractCloudFormationText(sub, a.src.path, a.line, i.root.name, address, []byte(v.str))
	for _, n := range sub.out.NotAnalysed {
		i.r.skip(n.Path, n.Reason)
	}
	for _, d := range sub.out.Declarations {
		i.addForeign(d, worse(i.sure, x.sure))
	}
}

// addForeign records a declaration that another form read in a text of this one. A part of the text
// that is not known is no name.
func (i *tfInstance) addForeign(d Declaration, sure Confidence) {
	form := d.Form
	d.Confidence = worse(d.Confidence, sure)
	d.Places = append(append(slices.Clone(i.places), Place{Path: d.Path, Line: d.Line}), d.Places...)
	if strings.Contains(d.Name, "${") {
		d.Name = ""
	}
	if strings.Contains(d.Owner, "${") {
		d.Owner = ""
	}
	known := len(i.root.found)
	i.add(d)
	for n := range i.root.found[known:] {
		i.root.found[known+n].Form = form
	}
}

// declareCall declares what a called module declares.
func (i *tfInstance) declareCall(c *block) {
	source := sourceOf(c)
	if dir, ok := localSource(i.mod.dir, source); ok {
		i.declareLocal(c, dir)
		return
	}
	if strings.HasPrefix(source, "../") && i.r.scope.changed[c.src.path] {
		i.r.skip(c.src.path, "it calls a module that is not in the repository: "+source)
	}
	if k, ok := known(source); ok {
		for _, x := range i.expand(c) {
			i.declareKnown(c, k, x)
		}
		return
	}
	if looksLikeUsers(source, c.label(0)) {
		for _, x := range i.expand(c) {
			i.declareUnknown(c.label(0), x, i.madeBy(c, x))
		}
	}
}

func (i *tfInstance) declareLocal(c *block, dir string) {
	m := i.r.module(dir)
	if m == nil {
		if i.r.scope.changed[c.src.path] {
			i.r.skip(c.src.path, "it calls a module that is not in the repository: "+sourceOf(c))
		}
		return
	}
	i.r.recall(c.src.path, m)
	i.r.meet(dir)
	if !m.mattersIn(i.r) {
		return
	}
	for _, x := range i.children(c.label(0)) {
		x.declare()
	}
}

// children are the instances of a call of a module in the tree; nil for other calls and for calls
// within themselves.
func (i *tfInstance) children(name string) []*tfInstance {
	if xs, ok := i.inner[name]; ok {
		return xs
	}
	i.inner[name] = nil
	for _, c := range i.mod.calls {
		if c.label(0) != name {
			continue
		}
		dir, ok := localSource(i.mod.dir, sourceOf(c))
		if !ok || i.r.module(dir) == nil {
			return nil
		}
		if i.within(dir) || i.depth >= maxModuleDepth {
			i.r.skip(c.src.path, "a module calls itself: "+sourceOf(c))
			return nil
		}
		xs := []*tfInstance{}
		for _, x := range i.expand(c) {
			if child := i.child(c, i.r.module(dir), x); child != nil {
				xs = append(xs, child)
			}
		}
		i.inner[name] = xs
	}
	return i.inner[name]
}

func (i *tfInstance) within(dir string) bool {
	for at := i; at != nil; at = at.parent {
		if at.mod.dir == dir {
			return true
		}
	}
	return false
}

// notArguments are the arguments of a call that the module does not see.
var notArguments = map[string]bool{
	"source": true, "version": true, "count": true, "for_each": true, "providers": true, "depends_on": true,
}

func (i *tfInstance) child(c *block, m *tfModule, x expansion) *tfInstance {
	if i.root.instances++; i.root.instances > maxInstances || !i.root.budget.spend(20) {
		i.root.budget.spent = true
		return nil
	}
	child := newInstance(i.r, m, i.root)
	child.parent, child.depth = i, i.depth+1
	child.prefix = i.prefix + c.kind + "." + c.label(0) + x.key + "."
	child.sure = worse(i.sure, x.sure)
	child.says = digest(i.says, x.key, c.said())
	child.places = i.blockPlaces(c, x)
	for _, e := range arguments(c, x.env) {
		child.args[e.key] = e.val
	}
	return child
}

// arguments are those of a module call, or the inputs of a component.
func arguments(c *block, e *env) []entry {
	if c.kind == "component" {
		return e.attribute(c.attr("inputs")).entries
	}
	var es []entry
	for _, a := range c.attrs {
		if !notArguments[a.name] {
			es = append(es, entry{key: a.name, at: Place{Path: a.src.path, Line: a.line}, val: e.attribute(a)})
		}
	}
	return es
}

// madeBy is a call of a module that is not in the tree, whatever tool makes it.
type madeBy struct {
	prefix, source, says string
	sure                 Confidence
	places               []Place
}

// declareKnown declares what a well-known module makes by its arguments and their defaults.
func (i *tfInstance) declareKnown(c *block, k knownModule, x expansion) {
	i.declareMade(k, x, objectValue(slices.Clone(arguments(c, x.env))), i.madeBy(c, x))
}

func (i *tfInstance) madeBy(c *block, x expansion) madeBy {
	return madeBy{
		prefix: i.prefix + c.kind + "." + c.label(0) + x.key, source: sourceOf(c), says: digest(i.says, x.key, c.said()),
		sure: worse(i.sure, x.sure), places: i.blockPlaces(c, x),
	}
}

func (i *tfInstance) declareMade(k knownModule, x expansion, args value, by madeBy) {
	if k.items == "" {
		i.declareOne(k, x, args, by)
		return
	}
	items, ok := args.get(k.items).elements()
	if !ok {
		x.open, by.sure = true, worse(by.sure, Likely)
		i.declareOne(k, x, args.get("defaults"), by)
		return
	}
	for _, item := range items {
		one := by
		one.prefix += ".module.wrapper[" + quoteHCL(item.key) + "]"
		one.says = digest(by.says, item.key)
		one.places = append([]Place{item.at}, by.places...)
		merged := merge(nil, []value{args.get("defaults"), item.val})
		merged.byDefault = false
		i.declareOne(k, x, merged, one)
	}
}

func (i *tfInstance) declareOne(k knownModule, x expansion, args value, by madeBy) {
	name := knownName(k, args)
	prefix := strings.TrimPrefix(by.prefix+".", ".")
	for _, made := range k.makes {
		sure, on := switched(made.switches, args)
		if !on {
			continue
		}
		typ, _, _ := strings.Cut(made.address, ".")
		d := Declaration{
			Kind: resourceTypes[typ].kind, Address: prefix + made.address, Name: name, Count: x.count,
			Confidence: worse(by.sure, sure), Body: digest(by.says, made.address),
			Why: madeBecause(by.source, x, sure), Places: append(slices.Clone(by.places), switchPlaces(made.switches, args)...),
		}
		if d.Kind != User {
			d.Owner = prefix + k.makes[0].address
		}
		i.add(d)
	}
}

func madeBecause(source string, x expansion, sure Confidence) string {
	why := because("module "+normalSource(source), x, false)
	switch sure {
	case Likely:
		why += "; by its defaults"
	case Possible:
		why += "; a switch that cannot be known decides"
	}
	return why
}

// switched says whether all switches are on, and how sure that is.
func switched(switches []moduleSwitch, args value) (Confidence, bool) {
	sure := Certain
	for _, s := range switches {
		v := missing()
		for _, name := range s.names {
			if v.err || v.kind == null {
				v = args.get(name)
			}
		}
		is, ok := v.asBool()
		switch {
		case ok && !is:
			return sure, false
		case ok && v.byDefault:
			sure = worse(sure, Likely)
		case ok:
		case v.err || v.kind == null:
			if !s.on {
				return sure, false
			}
			sure = worse(sure, Likely)
		default:
			sure = worse(sure, Possible)
		}
	}
	return sure, true
}

// switchPlaces are the lines of the arguments that switch a resource of a well-known module, and of what they hold:
// a call that was there before makes more by one of them.
func switchPlaces(switches []moduleSwitch, args value) []Place {
	var places []Place
	for _, s := range switches {
		for _, e := range args.entries {
			if slices.Contains(s.names, e.key) {
				places = append(places, e.at)
				if e.val.cause != nil {
					places = append(places, *e.val.cause)
				}
				places = append(places, e.val.at)
			}
		}
	}
	return places
}

// knownName is the name of the user that a well-known module makes; empty where it cannot be known.
func knownName(k knownModule, args value) string {
	if k.name == "context" {
		name, _ := labelID(args).asString()
		return name
	}
	name, _ := args.get(k.name).asString()
	return name
}

// declareUnknown tells of a module that is not in the tree and whose name promises users or keys.
func (i *tfInstance) declareUnknown(name string, x expansion, by madeBy) {
	kind := User
	if strings.Contains(strings.ToLower(normalSource(by.source)+name), "key") {
		kind = AccessKey
	}
	i.add(Declaration{
		Kind: kind, Address: by.prefix, Count: x.count, Confidence: Possible, Body: by.says,
		Why:    "module " + normalSource(by.source) + " is not in the repository; by its name it may make one",
		Places: by.places,
	})
}
