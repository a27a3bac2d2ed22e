package declare

import (
	"path"
	"strings"
)

// ansibleCall is one call of a module with its arguments.
type ansibleCall struct {
	a    *ansibleFile
	at   ansibleAt
	j    *jinja
	name string
	task *datum
	args value
	open bool // the arguments cannot be known
}

// module declares what a module makes, or reads the tasks that it brings in.
func (a *ansibleFile) module(name string, task, args *datum, at ansibleAt) {
	switch name {
	case "include_tasks", "import_tasks", "include":
		a.includeTasks(task, args, at)
		return
	case "include_role", "import_role":
		a.role(args, task, at)
		return
	case "cloudformation":
		a.template(task, args, at)
		return
	}
	c := &ansibleCall{a: a, at: at, j: a.evaluator(at), name: name, task: task}
	c.args = c.j.known(a.value(args))
	if c.args.kind != object {
		c.open = c.args.kind == unknown
		c.args = objectValue(nil)
		c.at = c.at.doubt(Likely, "its arguments cannot be known")
	}
	switch name {
	case "iam_user":
		c.user()
	case "iam_access_key":
		c.accessKey()
	case "iam":
		c.legacy()
	}
}

// includeTasks reads a file of tasks by its path beside this one.
func (a *ansibleFile) includeTasks(task, args *datum, at ansibleAt) {
	file := args.word()
	if args.get("file").word() != "" {
		file = args.get("file").word()
	}
	file, _, _ = strings.Cut(strings.TrimSpace(file), " ")
	v := a.evaluator(at).known(stringValue(file))
	name, ok := v.asString()
	p := path.Join(path.Dir(a.s.path), name)
	if !ok || name == "" || strings.HasPrefix(p, "../") || path.IsAbs(name) {
		return
	}
	at.places = append([]Place{a.s.place(task)}, at.places...)
	a.include(p, at)
}

// unknownRole tells of a role that is not in the repository and whose name promises users or keys.
func (a *ansibleFile) unknownRole(name string, d *datum, at ansibleAt) {
	if hasTemplate(name) || !looksLikeUsers("", name) {
		return
	}
	decl := Declaration{
		Kind: User, Form: "ansible", Root: a.s.root, Address: "role." + oneLine(name), Confidence: Possible, Idempotent: true,
		Body: saying(d), Places: append([]Place{a.s.place(d)}, at.places...),
		Why: "the role " + oneLine(name) + " is not in the repository; by its name it may make one",
	}
	if strings.Contains(strings.ToLower(name), "key") {
		decl.Kind = AccessKey
	}
	decl.Path, decl.Line = decl.Places[0].Path, decl.Places[0].Line
	a.s.r.add(decl)
}

// arg is the value of an argument, by one of its names: of the task, or of the defaults of the module.
func (c *ansibleCall) arg(names ...string) value {
	for _, n := range names {
		if v := c.args.get(n); !v.err {
			return c.j.known(v)
		}
	}
	for i := len(c.at.defaults) - 1; i >= 0; i-- {
		for _, p := range c.at.defaults[i].pairs() {
			if moduleName(p.key.text) != c.name && p.key.text != "group/aws" {
				continue
			}
			for _, n := range names {
				if d := p.val.get(n); d != nil {
					return c.j.known(c.a.value(d))
				}
			}
		}
	}
	return value{kind: null}
}

// decided says whether an argument lets the module make something, and how sure that is.
func (c *ansibleCall) decided(v value, makes func(string) bool) bool {
	s, ok := v.asString()
	switch {
	case v.kind == null:
		return true
	case !ok:
		c.at = c.at.doubt(Likely, "a variable decides")
		return true
	case v.byDefault:
		c.at = c.at.doubt(Likely, "the default of a variable decides")
	}
	return makes(s)
}

func isPresent(state string) bool { return state != "absent" }

// user declares a user and, where it is given one, its password.
func (c *ansibleCall) user() {
	if !c.decided(c.arg("state"), isPresent) {
		return
	}
	name := c.arg("name", "user_name")
	c.add(User, name, "")
	if remove, _ := truth(c.arg("remove_password")); !remove {
		c.password(name)
	}
}

func (c *ansibleCall) password(name value) {
	if p := c.arg("password"); p.kind != null && !(p.kind == text && p.str == "") {
		if written := c.args.get("password").str; p.kind == unknown && (written == "" || strings.Contains(written, "omit")) {
			c.at = c.at.doubt(Likely, "a variable decides")
		}
		c.add(LoginProfile, name, "password")
	}
}

// accessKey declares a key. With an id the module changes a key that exists.
func (c *ansibleCall) accessKey() {
	id := c.arg("id", "access_key_id")
	written := c.args.get("id").str + c.args.get("access_key_id").str
	mayBeNone := id.kind == unknown && strings.Contains(written, "omit")
	if !c.decided(c.arg("state"), isPresent) || id.kind != null && !mayBeNone {
		return
	}
	if mayBeNone {
		c.at = c.at.doubt(Possible, "if it is given no id of a key that exists")
	}
	c.add(AccessKey, c.arg("user_name", "username", "name"), "")
}

// legacy declares what the module made that was there before those for users and for keys.
func (c *ansibleCall) legacy() {
	typ, _ := c.arg("iam_type").asString()
	makes := func(s string) bool { return s == "present" || s == "update" }
	if typ != "user" || !c.decided(c.arg("state"), makes) {
		return
	}
	name := c.arg("name")
	if state, _ := c.arg("state").asString(); state != "update" {
		c.add(User, name, "")
	}
	if p := c.arg("update_password"); p.kind == null || p.str != "" {
		c.password(name)
	}
	switch state, _ := c.arg("access_key_state").asString(); strings.ToLower(state) {
	case "create":
		c.add(AccessKey, name, "")
	case "active":
		c.at = c.at.doubt(Likely, "it activates keys that exist")
		c.add(AccessKey, name, "")
	}
}

// add records what a call makes for a user.
func (c *ansibleCall) add(kind Kind, user value, part string) {
	if user.kind == null && !c.open {
		return // without a name it is no call
	}
	name, ok := user.asString()
	called := name
	at := c.at
	if !ok {
		called = c.written()
		at = at.doubt(Likely, "a variable gives the name")
	}
	d := Declaration{
		Kind: kind, Form: "ansible", Address: "iam_user." + called, Name: name, Confidence: at.sure,
		Idempotent: kind != AccessKey, Body: c.says(), Count: 1,
		Why: sentence("the task makes "+kindWords[kind], at.why),
	}
	switch {
	case kind == AccessKey:
		d.Address, d.Owner = "iam_access_key."+called, d.Address
		active, known := truth(c.arg("active", "enabled"))
		d.Inactive = known && !active && c.arg("active", "enabled").kind != null
		d.Count = c.keys()
	case part != "":
		d.Address, d.Owner = d.Address+"."+part, d.Address
	}
	*c.a.steps -= 10
	d.Root = c.a.s.root
	d.Places = c.places(user, part)
	d.Path, d.Line = d.Places[0].Path, d.Places[0].Line
	c.a.s.r.add(d)
}

// keys is how many keys the legacy module keeps for a user.
func (c *ansibleCall) keys() int {
	if n, ok := c.arg("key_count").asNumber(); ok && n > 0 && n < 100 && c.name == "iam" {
		return int(n)
	}
	return 1
}

// written is how the name of a user is written that cannot be known.
func (c *ansibleCall) written() string {
	for _, n := range []string{"name", "user_name", "username"} {
		if v := c.args.get(n); v.kind == text {
			called := squeezeTemplate(v.str)
			if i := len(c.at.items) - 1; i >= 0 && c.at.items[i].val.kind == unknown && c.at.items[i].val.str != "" {
				called += " of " + squeezeTemplate(c.at.items[i].val.str)
			}
			return called
		}
	}
	return "?"
}

// squeezeTemplate writes the words of a template text with single blanks.
func squeezeTemplate(s string) string {
	s = strings.NewReplacer("{{", "{{ ", "}}", " }}", "|", " | ").Replace(s)
	return oneLine(s)
}

// says is a digest of the arguments of a call.
func (c *ansibleCall) says() string {
	var b strings.Builder
	encodeJSON(&b, c.args, 0)
	return digest(c.name, b.String())
}

// places are the lines that tell of a call: the item of its loop, its arguments, its module.
func (c *ansibleCall) places(user value, part string) []Place {
	var ps []Place
	add := func(p Place) {
		if p.Path != "" && p.Line > 0 {
			ps = append(ps, p)
		}
	}
	if part != "" {
		add(c.args.get(part).at)
	}
	for _, p := range c.at.places {
		add(p)
	}
	add(c.a.s.place(keyOfModule(c.task)))
	for _, n := range []string{"name", "user_name", "username", "state", "active", "access_key_state"} {
		if v := c.args.get(n); !v.err {
			add(v.at)
		}
	}
	add(user.at)
	return ps
}

// keyOfModule is the key of a task that names its module, for its line.
func keyOfModule(task *datum) *datum {
	for _, p := range task.pairs() {
		if !isTaskWord(p.key.text) {
			return p.key
		}
	}
	return task
}

// template declares a template of CloudFormation that a task holds as text.
func (a *ansibleFile) template(task, args *datum, at ansibleAt) {
	body := args.get("template_body")
	if body.word() == "" || args.get("state").word() == "absent" || !strings.Contains(body.text, "AWS::IAM::") {
		return
	}
	t := readData([]byte(body.text))
	s := a.s.within(body)
	s.values, s.sure, s.places = &t.values, worse(s.sure, at.sure), at.places
	if name := args.get("stack_name").word(); name != "" {
		s.prefix += oneLine(name) + "."
	}
	extractCloudFormation(s, t.docs)
}
