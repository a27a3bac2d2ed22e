package declare

import (
	"slices"
	"strings"
)

var cfnTriggers = []string{"AWS::IAM::", "AWS::CloudFormation::Stack", "AWS::Serverless::Application"}

// Limits of one template.
const (
	maxForEach  = 1000 // resources that a loop makes
	maxStacking = 5    // stacks within stacks
)

// cfnStack is one template as it would be deployed.
type cfnStack struct {
	src       dataSource
	form      string
	top       *datum
	resources map[string]*datum
	given     map[string]cfnText // parameters that whoever deploys it gives
	vars      map[string]string  // of the loops around what is looked at
	verdicts  map[string]cfnVerdict
	depth     int
	made      int
	// resolve resolves what is no intrinsic function, for dialects.
	variables func(text string) (string, bool)
}

// extractCloudFormation reads templates: what has Resources, each with a Type.
func extractCloudFormation(s dataSource, docs []*datum) {
	for _, d := range docs {
		if isServerless(d) || !d.get("Resources").is(mapping) || s.r.data.nested[s.path] {
			continue
		}
		newStack(s, d).declare()
	}
}

// extractCloudFormationText reads a template that another form holds as text: p and line are
// where it stands, addressPrefix goes before its addresses within root.
func extractCloudFormationText(r *reading, p string, line int, root, addressPrefix string, data []byte) {
	t := readData(data)
	s := dataSource{r: r, path: p, root: root, prefix: addressPrefix, base: line, fixed: true, sure: Certain, values: &t.values}
	extractCloudFormation(s, t.docs)
	if t.fault != "" {
		r.skip(p, "a template within it: "+t.fault)
	}
}

func newStack(s dataSource, top *datum) *cfnStack {
	if strings.Contains("/"+s.path, ".snapshot/") {
		s.sure = Possible
	}
	c := &cfnStack{src: s, form: cfnForm(s.path, top), top: top, resources: map[string]*datum{}, verdicts: map[string]cfnVerdict{}}
	for _, p := range top.get("Resources").pairs() {
		c.resources[p.key.text] = p.val
	}
	return c
}

// cfnForm is the name of the dialect of a template.
func cfnForm(p string, top *datum) string {
	switch version := top.get("AWSTemplateFormatVersion").word(); {
	case strings.Contains("/"+p, "/.ebextensions/"):
		return "ebextensions"
	case strings.HasSuffix(version, "-OC"):
		return "org-formation"
	}
	for _, t := range orItems(top.get("Transform")) {
		if strings.HasPrefix(t.word(), "AWS::Serverless") {
			return "sam"
		}
	}
	return "cloudformation"
}

func (c *cfnStack) declare() {
	for _, p := range c.top.get("Resources").pairs() {
		c.entry(p.key.text, p, nil)
	}
}

// entry declares one entry of Resources: a resource or a loop over some.
func (c *cfnStack) entry(id string, p pair, at []*datum) {
	if strings.HasPrefix(id, "Fn::ForEach") {
		c.forEach(p, at)
		return
	}
	id = c.fill(id)
	at = append(slices.Clone(at), p.key)
	switch c.typeOf(p.val) {
	case "AWS::IAM::User":
		c.user(id, p.val, at)
	case "AWS::IAM::AccessKey":
		c.accessKey(id, p.val, at)
	case "AWS::CloudFormation::Stack":
		c.nested(id, p.val, p.val.at("Properties", "TemplateURL"), "Parameters")
	case "AWS::Serverless::Application":
		c.nested(id, p.val, p.val.at("Properties", "Location"), "Parameters")
	case "AWS::CloudFormation::StackSet":
		c.stackSet(id, p.val)
	}
}

func (c *cfnStack) typeOf(d *datum) string { return d.get("Type").word() }

// forEach goes through a loop of the language extensions: a name, a collection, a body.
func (c *cfnStack) forEach(p pair, at []*datum) {
	args := p.val.items()
	if len(args) != 3 || len(c.vars) >= maxStacking {
		return
	}
	name := args[0].word()
	items, known := c.collection(args[1])
	if !known {
		c.unknownLoop(name, args[2], append(at, p.key))
		return
	}
	for _, item := range items {
		c.each(name, item.text, args[2], append(slices.Clone(at), item.at, p.key))
	}
}

// each declares the body of a loop for one item.
func (c *cfnStack) each(name, item string, body *datum, at []*datum) {
	if c.made++; c.made > maxForEach {
		return
	}
	outer := c.vars
	c.vars = map[string]string{name: item}
	for k, v := range outer {
		if k != name {
			c.vars[k] = v
		}
	}
	for _, b := range body.pairs() {
		c.entry(b.key.text, b, at)
	}
	c.vars = outer
}

// unknownLoop declares the body of a loop whose collection cannot be known once.
func (c *cfnStack) unknownLoop(name string, body *datum, at []*datum) {
	sure := c.src.sure
	c.src.sure = worse(sure, Likely)
	c.each(name, "${"+name+"}", body, at)
	c.src.sure = sure
}

// user declares a user and, where it has one, its password.
func (c *cfnStack) user(id string, d *datum, at []*datum) {
	sure, ok := c.condition(d)
	if !ok {
		return
	}
	props := d.get("Properties")
	name, _ := c.resolve(props.get("UserName"))
	u := Declaration{
		Kind: User, Form: c.form, Address: "Resources." + id, Name: name, Confidence: sure,
		Body: saying(d, c.item()), Why: "the template makes an IAM user",
	}
	c.src.add(u, at...)
	login := props.get("LoginProfile")
	if login.isNull() || isNoValue(login) {
		return
	}
	u.Kind, u.Owner, u.Address = LoginProfile, c.src.prefix+u.Address, u.Address+".LoginProfile"
	u.Body, u.Why = saying(login, c.item()), "the user of the template gets a console password"
	c.src.add(u, append([]*datum{keyOf(props, "LoginProfile")}, at...)...)
}

// keyOf returns the key of a mapping, for its line.
func keyOf(d *datum, key string) *datum {
	for _, p := range d.pairs() {
		if p.key.text == key {
			return p.key
		}
	}
	return nil
}

// accessKey declares an access key. Raising its serial makes CloudFormation replace it.
func (c *cfnStack) accessKey(id string, d *datum, at []*datum) {
	sure, ok := c.condition(d)
	if !ok {
		return
	}
	props := d.get("Properties")
	owner, name := c.owner(props.get("UserName"))
	serial, _ := c.resolve(props.get("Serial"))
	status, known := c.resolve(props.get("Status"))
	if !known && !props.get("Status").isNull() {
		sure = worse(sure, Likely)
	}
	c.src.add(Declaration{
		Kind: AccessKey, Form: c.form, Address: "Resources." + id, Name: name, Owner: owner, Confidence: sure,
		Generation: serial, Inactive: status == "Inactive", Body: saying(d, c.item()),
		Why: "the template makes an access key",
	}, at...)
}

// item says which round of a loop a body is read for.
func (c *cfnStack) item() string {
	var words []string
	for k, v := range c.vars {
		words = append(words, k+"="+v)
	}
	slices.Sort(words)
	return strings.Join(words, ",")
}

// owner returns the address of the user that a value names, and its name as far as it is known.
func (c *cfnStack) owner(d *datum) (owner, name string) {
	if id := c.referred(d); id != "" {
		if u := c.resources[id]; u != nil {
			name, _ = c.resolve(u.at("Properties", "UserName"))
		}
		return c.src.prefix + "Resources." + id, name
	}
	if name, ok := c.resolve(d); ok {
		for id, u := range c.resources {
			if c.typeOf(u) == "AWS::IAM::User" && c.named(u, name) {
				return c.src.prefix + "Resources." + id, name
			}
		}
		return name, name
	}
	return c.src.prefix + "value " + saying(d), ""
}

func (c *cfnStack) named(user *datum, name string) bool {
	is, ok := c.resolve(user.at("Properties", "UserName"))
	return ok && is == name
}

// referred returns the resource that a value refers to.
func (c *cfnStack) referred(d *datum) string {
	name, arg := intrinsic(d)
	id := ""
	switch name {
	case "Ref":
		id = arg.word()
	case "Fn::GetAtt":
		arg = intrinsicArgument(name, arg)
		if len(arg.items()) > 0 {
			id = arg.items()[0].word()
		}
	case "Fn::Sub":
		text := arg.word()
		if strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}") && strings.Count(text, "${") == 1 {
			id, _, _ = strings.Cut(text[2:len(text)-1], ".")
		}
	}
	id = c.fill(id)
	if c.resources[id] != nil || len(c.vars) > 0 && id != "" && !c.hasParameter(id) && name != "" && c.vars[id] == "" {
		return id
	}
	return ""
}
