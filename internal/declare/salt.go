package declare

import (
	"path"
	"strconv"
	"strings"
)

var saltTriggers = []string{"boto_iam"}

// extractSalt reads states of Salt. Loops and conditions of Jinja around them are followed as far as the
// text says how.
func extractSalt(s dataSource, docs []*datum) {
	s.root = path.Dir(s.path)
	if !strings.Contains(s.path, ".sls") {
		return
	}
	data, ok := s.r.read(s.path)
	if !ok {
		return
	}
	if first, _, _ := strings.Cut(string(data), "\n"); strings.HasPrefix(first, "#!") && strings.Contains(first, "py") {
		s.r.skip(s.path, "its states are written in Python")
		return
	}
	if !strings.Contains(string(data), "{%") {
		(&saltFile{s: s}).documents(docs)
		return
	}
	out := renderJinja(s.path, string(data))
	if out.spent {
		s.r.skip(s.path, "its template asks for more than is filled in")
	}
	t := readData([]byte(out.b.String()))
	s.values = &t.values
	known := len(s.r.out.Declarations)
	(&saltFile{s: s}).documents(t.docs)
	out.placeIn(s.r.out.Declarations[known:], s.path)
}

// saltFile reads the states of one file.
type saltFile struct{ s dataSource }

func (f *saltFile) documents(docs []*datum) {
	for _, d := range docs {
		for _, p := range d.pairs() {
			if p.key.text != "include" && p.key.text != "extend" && p.key.text != "exclude" {
				f.id(p)
			}
		}
	}
}

// id reads what one id declares: a function alone, functions with arguments, or a module with its function
// among the arguments.
func (f *saltFile) id(p pair) {
	if p.val.is(scalar) {
		f.function(p.key, p.key, p.val.word(), nil)
		return
	}
	for _, state := range p.val.pairs() {
		name := state.key.text
		if !strings.Contains(name, ".") {
			for _, a := range state.val.items() {
				if a.is(scalar) {
					name += "." + a.word()
				}
			}
		}
		f.function(p.key, state.key, name, state.val)
	}
}

// function declares what a state function makes.
func (f *saltFile) function(id, at *datum, name string, args *datum) {
	c := &saltCall{f: f, id: id, at: at, args: args}
	switch name {
	case "boto_iam.user_present":
		for _, n := range c.names() {
			c.user(n)
		}
	case "boto_iam.keys_present":
		for _, n := range c.names() {
			c.keys(n)
		}
	case "module.run":
		f.run(id, args)
	}
}

// run declares what a function of an execution module makes, in both ways to name it.
func (f *saltFile) run(id, args *datum) {
	c := &saltCall{f: f, id: id, at: id, args: args}
	f.execute(c, c.arg("name").word())
	for _, a := range args.items() {
		for _, p := range a.pairs() {
			f.execute(&saltCall{f: f, id: id, at: p.key, args: p.val}, p.key.text)
		}
	}
}

func (f *saltFile) execute(c *saltCall, name string) {
	user := c.arg("user_name")
	if user == nil {
		user = c.arg("name")
	}
	switch name {
	case "boto_iam.create_user":
		c.user(user)
	case "boto_iam.create_access_key":
		c.add(AccessKey, user, "create_access_key", 1)
	case "boto_iam.create_login_profile":
		c.add(LoginProfile, user, "user_present", 1)
	}
}

// saltCall is one call of a function.
type saltCall struct {
	f    *saltFile
	id   *datum
	at   *datum
	args *datum
}

// arg returns an argument: of a list of mappings, or of a mapping.
func (c *saltCall) arg(name string) *datum {
	for _, a := range orItems(c.args) {
		if v := a.get(name); v != nil {
			return v
		}
	}
	return nil
}

// names are those of a state: of the list of them, of its own argument, or its id.
func (c *saltCall) names() []*datum {
	if ns := c.arg("names").items(); len(ns) > 0 {
		return ns
	}
	if n := c.arg("name"); n != nil {
		return []*datum{n}
	}
	return []*datum{c.id}
}

func (c *saltCall) user(name *datum) {
	c.add(User, name, "user_present", 1)
	if p := c.arg("password"); !p.isNull() {
		c.add(LoginProfile, name, "user_present", 1)
	}
}

func (c *saltCall) keys(name *datum) {
	n, err := strconv.Atoi(c.arg("number").word())
	if err != nil || n < 0 || n > 100 {
		n = 1
	}
	if n > 0 {
		c.add(AccessKey, name, "keys_present", n)
	}
}

func (c *saltCall) add(kind Kind, name *datum, word string, n int) {
	if name.is(mapping) && len(name.kids) > 0 {
		name = name.kids[0] // an entry of names with arguments of its own
	}
	called := squeezeTemplate(name.word())
	d := Declaration{
		Kind: kind, Form: "salt", Address: word + "." + called, Name: plainWord(name.word()), Confidence: Certain,
		Count: n, Idempotent: word != "create_access_key", Body: saying(c.args, called), Why: "the state makes " + kindWords[kind],
	}
	if kind != User {
		d.Owner = "user_present." + called
	}
	switch {
	case c.arg("onlyif") != nil || c.arg("unless") != nil:
		d.Confidence, d.Why = Likely, sentence(d.Why, "under a condition")
	case d.Name == "" || c.at.guarded:
		d.Confidence, d.Why = Likely, sentence(d.Why, "within a template that decides how many")
	}
	at := []*datum{name, c.at, c.arg("number")}
	if kind == LoginProfile {
		at = append([]*datum{c.arg("password")}, at...)
	}
	c.f.s.add(d, at...)
}
