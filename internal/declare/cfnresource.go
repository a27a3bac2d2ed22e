package declare

import (
	"maps"
	"slices"
	"strings"
)

// user declares a user and, where it has one, its password.
func (c *cfnStack) user(e cfnEntry) {
	name, _ := c.resolve(e.property("UserName"))
	u := Declaration{
		Kind: User, Address: "Resources." + e.id, Name: name, Body: c.said(e), Why: "the template makes an IAM user",
	}
	c.add(u, e)
	login, v := c.chosen(e.property("LoginProfile"))
	if login.isNull() || isNoValue(login) {
		return
	}
	u.Kind, u.Owner, u.Address = LoginProfile, c.src.prefix+u.Address, u.Address+".LoginProfile"
	u.Confidence, u.Body = v.sure(), c.saidOf(login)
	u.Why = sentence("the user of the template gets a console password", v.why)
	c.add(u, e, keyOf(e.property(), "LoginProfile"))
}

// keyOf returns the key of a mapping, for its line.
func keyOf(d *datum, key string) *datum {
	if !d.is(mapping) {
		return nil
	}
	for i := len(d.kids) - 2; i >= 0; i -= 2 {
		if d.kids[i].text == key {
			return d.kids[i]
		}
	}
	return nil
}

// accessKey declares an access key. Raising its serial makes CloudFormation replace it.
func (c *cfnStack) accessKey(e cfnEntry) {
	owner, name := c.owner(e.property("UserName"))
	key := Declaration{
		Kind: AccessKey, Address: "Resources." + e.id, Name: name, Owner: owner, Generation: c.generation(e.property("Serial")),
		Body: c.said(e), Why: "the template makes an access key",
	}
	status := e.property("Status")
	switch t := c.eval(status, 0); {
	case t.known && t.text == "Inactive":
		key.Inactive = true
	case t.known && t.byDefault:
		key.Confidence, key.Why = Likely, sentence(key.Why, "active by default")
	case !t.known && !status.isNull() && !isNoValue(status):
		key.Confidence, key.Why = Likely, sentence(key.Why, "its status cannot be known")
	}
	e.fate.at = append([]*datum{keyOf(e.property(), "Status"), keyOf(e.property(), "Serial")}, e.fate.at...)
	c.add(key, e)
}

// generation is the serial of a key: its number, or what the text says of it.
func (c *cfnStack) generation(d *datum) string {
	if d.isNull() || isNoValue(d) {
		return ""
	}
	if n, ok := c.resolve(d); ok {
		return n
	}
	return "value " + c.cost.said.say(d)
}

// calls are the operations of AWS by which a custom resource makes what we look for.
var calls = map[string]Kind{
	"createuser": User, "createaccesskey": AccessKey, "createloginprofile": LoginProfile,
	"createservicespecificcredential": ServiceCredential, "uploadsshpublickey": SSHKey, "uploadsigningcertificate": Certificate,
}

// call declares what the custom resource of the CDK makes that calls AWS: its properties are texts that
// hold JSON, perhaps in pieces.
func (c *cfnStack) call(e cfnEntry) {
	for _, when := range []string{"Create", "Update"} {
		steps := 200
		t := readData([]byte(rawText(e.property(when), &steps)))
		if len(t.docs) == 0 {
			continue
		}
		service := strings.ToLower(t.docs[0].get("service").word())
		action := strings.TrimSuffix(strings.ToLower(t.docs[0].get("action").word()), "command")
		kind, known := calls[action]
		if !known || service != "iam" && !strings.HasSuffix(service, "client-iam") {
			continue
		}
		name := t.docs[0].at("parameters", "UserName").word()
		if strings.Contains(name, "${") {
			name = ""
		}
		d := Declaration{
			Kind: kind, Address: "Resources." + e.id, Name: name, Confidence: Likely, Body: c.said(e),
			Why: "a custom resource of the template calls AWS: " + action,
		}
		if kind != User {
			d.Owner = name
		}
		c.add(d, e)
		return
	}
}

// rawText is the text of a value with ${…} in the place of what is put in.
func rawText(d *datum, steps *int) string {
	name, arg := intrinsic(d)
	*steps--
	switch {
	case *steps < 0:
		return ""
	case name == "Fn::Join" && len(arg.items()) == 2:
		var b strings.Builder
		for _, k := range arg.kids[1].items() {
			b.WriteString(rawText(k, steps))
		}
		return b.String()
	case name == "Fn::Sub" && arg.is(sequence) && len(arg.kids) > 0:
		return arg.kids[0].word()
	case name == "Fn::Sub":
		return arg.word()
	case name != "":
		return "${}"
	}
	return d.word()
}

// unknown tells of something whose template is not in the tree and whose name promises users or keys.
func (c *cfnStack) unknown(e cfnEntry, source, name string) {
	if !looksLikeUsers(hyphenated(source), hyphenated(name)) {
		return
	}
	kind := User
	if strings.Contains(strings.ToLower(source+name), "key") {
		kind = AccessKey
	}
	c.add(Declaration{
		Kind: kind, Address: "Resources." + e.id, Confidence: Possible, Body: c.said(e),
		Why: "the template " + source + " is not in the repository; by its name it may make one",
	}, e)
}

// hyphenated puts hyphens between the words of a name in mixed case.
func hyphenated(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i > 0 && 'A' <= s[i] && s[i] <= 'Z' && 'a' <= s[i-1] && s[i-1] <= 'z' {
			b.WriteByte('-')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// said is a digest of what a resource says: not of what becomes of it when it goes, nor of notes.
func (c *cfnStack) said(e cfnEntry) string {
	return c.saidOf(e.val.get("Properties"), e.val.get("Condition"), e.val.get("Type"))
}

func (c *cfnStack) saidOf(ds ...*datum) string {
	words := c.loop.round()
	for _, d := range ds {
		word := c.cost.said.say(d)
		if word == "" {
			return ""
		}
		words = append(words, word)
	}
	return digest(words...)
}

// owner returns the address of the user that a value names, and its name as far as it is known.
func (c *cfnStack) owner(d *datum) (owner, name string) {
	if id := c.referred(d); id != "" {
		name, _ = c.resolve(c.resources[id].at("Properties", "UserName"))
		return c.src.prefix + "Resources." + id, name
	}
	if name, ok := c.resolve(d); ok {
		if id := c.userNamed(name); id != "" {
			return c.src.prefix + "Resources." + id, name
		}
		return name, name
	}
	if word := c.cost.said.say(d); word != "" {
		return c.src.prefix + "value " + word, ""
	}
	return "", ""
}

// userNamed returns the id of the user of the template that has a name.
func (c *cfnStack) userNamed(name string) string {
	if c.users == nil {
		c.users = map[string]string{}
		for _, id := range slices.Sorted(maps.Keys(c.resources)) {
			u := c.resources[id]
			if u.get("Type").word() != "AWS::IAM::User" {
				continue
			}
			if is, ok := c.resolve(u.at("Properties", "UserName")); ok && c.users[is] == "" {
				c.users[is] = id
			}
		}
	}
	return c.users[name]
}

// referred returns the resource that a value refers to.
func (c *cfnStack) referred(d *datum) string {
	name, arg := intrinsic(d)
	id := ""
	switch name {
	case "Ref":
		id = arg.word()
	case "Fn::GetAtt":
		if items := intrinsicArgument(name, arg).items(); len(items) > 0 {
			id = items[0].word()
		}
	case "Fn::Sub":
		text := arg.word()
		if strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}") && strings.Count(text, "${") == 1 {
			id, _, _ = strings.Cut(text[2:len(text)-1], ".")
		}
	}
	if filled := c.fill(id); c.resources[filled] != nil || filled != id {
		return filled
	}
	return ""
}

// isNoValue says whether a value is the one that stands for none.
func isNoValue(d *datum) bool {
	name, arg := intrinsic(d)
	return name == "Ref" && arg.word() == "AWS::NoValue"
}

// cfnLoop is the round of the loops around what is looked at.
type cfnLoop struct {
	vars  []cfnVariable // the innermost first
	items []*datum      // where the items stand
	keys  []*datum      // where the loops stand
	sure  Confidence
	why   string
}

type cfnVariable struct{ name, value string }

func (l cfnLoop) value(name string) (string, bool) {
	for _, v := range l.vars {
		if v.name == name {
			return v.value, true
		}
	}
	return "", false
}

// round says which round it is, in words that do not depend on the order of loops.
func (l cfnLoop) round() []string {
	words := make([]string, 0, len(l.vars))
	for _, v := range l.vars {
		words = append(words, v.name+"="+v.value)
	}
	slices.Sort(words)
	return words
}
