package declare

import (
	"path"
	"strings"
)

var pulumiTriggers = []string{"aws:iam", "aws-native:iam", "aws:cloudformation", "aws-native:cloudformation", "aws-iam:"}

// pulumiTypes are the types of resources by their short token, in lower case.
var pulumiTypes = map[string]Kind{
	"aws:iam:user":                      User,
	"aws:iam:accesskey":                 AccessKey,
	"aws:iam:userloginprofile":          LoginProfile,
	"aws:iam:sshkey":                    SSHKey,
	"aws:iam:signingcertificate":        Certificate,
	"aws:iam:servicespecificcredential": ServiceCredential,
	"aws-native:iam:user":               User,
}

// pulumiType is the token of a type without the module's file: aws:iam/user:User is aws:iam:User.
func pulumiType(token string) string {
	parts := strings.Split(strings.ToLower(token), ":")
	if len(parts) != 3 {
		return ""
	}
	module, _, _ := strings.Cut(parts[1], "/")
	return parts[0] + ":" + module + ":" + parts[2]
}

// pulumiProgram is one program of Pulumi in YAML.
type pulumiProgram struct {
	s         dataSource
	top       *datum
	resources map[string]*datum
	prefix    string // the component around the resources
	busy      map[string]bool
}

// extractPulumi reads the resources of a program and of the components that it defines.
func extractPulumi(s dataSource, docs []*datum) {
	s.root = path.Dir(s.path)
	for _, top := range docs {
		if top.get("apiVersion") != nil {
			continue
		}
		declarePulumi(s, top, "")
		for _, c := range top.get("components").pairs() {
			inner := s
			inner.sure = worse(s.sure, Likely)
			declarePulumi(inner, c.val, oneLine(c.key.text)+".")
		}
	}
}

func declarePulumi(s dataSource, block *datum, prefix string) {
	p := &pulumiProgram{s: s, top: block, resources: map[string]*datum{}, prefix: prefix, busy: map[string]bool{}}
	for _, r := range block.get("resources").pairs() {
		p.resources[r.key.text] = r.val
	}
	for _, r := range block.get("resources").pairs() {
		if oneLine(r.key.text) != "" && r.val.get("type").word() != "" && r.val.get("get").isNull() {
			p.resource(r)
		}
	}
}

func (p *pulumiProgram) resource(r pair) {
	token := pulumiType(r.val.get("type").word())
	kind, ours := pulumiTypes[token]
	switch {
	case ours:
	case strings.HasPrefix(token, "aws-iam:") && strings.HasSuffix(token, ":user"):
		p.component(r)
		return
	case token == "aws:cloudformation:stack" || token == "aws-native:cloudformation:stack":
		p.stack(r)
		return
	default:
		return
	}
	d := p.declaration(kind, r)
	props := r.val.get("properties")
	if kind == User {
		name := props.get("name")
		if strings.HasPrefix(token, "aws-native:") {
			name = props.get("userName")
		}
		d.Name, _ = p.text(name)
	} else {
		d.Owner, d.Name = p.owner(props)
		d.Inactive = props.get("status").word() == "Inactive"
	}
	p.add(d, r, keyOf(props, "status"))
	if login := props.get("loginProfile"); token == "aws-native:iam:user" && !login.isNull() {
		d.Kind, d.Owner, d.Address = LoginProfile, p.s.prefix+d.Address, d.Address+".loginProfile"
		d.Why, d.Body = "the user of the program gets a console password", saying(login)
		p.add(d, pair{key: keyOf(props, "loginProfile"), val: r.val}, r.key)
	}
}

// declaration is what all resources have in common.
func (p *pulumiProgram) declaration(kind Kind, r pair) Declaration {
	options := r.val.get("options")
	d := Declaration{
		Kind: kind, Form: "pulumi-yaml", Address: p.prefix + oneLine(r.key.text), Confidence: Certain,
		Body:     saying(r.val.get("properties"), r.val.get("type").word()),
		Imported: !options.get("import").isNull(), Why: "the program makes " + kindWords[kind],
	}
	if p.prefix != "" {
		d.Why += "; one for each use of the component"
	}
	for _, a := range options.get("aliases").items() {
		if name := pulumiAlias(a); name != "" {
			d.MovedFrom = append(d.MovedFrom, p.prefix+name)
		}
	}
	return d
}

// pulumiAlias is the logical name in an alias: an object with a name, or a URN.
func pulumiAlias(a *datum) string {
	if name := a.get("name").word(); name != "" {
		return name
	}
	_, name, _ := cutLast(a.word(), "::")
	return name
}

func (p *pulumiProgram) add(d Declaration, r pair, more ...*datum) {
	p.s.add(d, append([]*datum{r.key, keyOf(r.val, "type")}, more...)...)
}

// component declares what the component of a package of IAM makes.
func (p *pulumiProgram) component(r pair) {
	for _, kind := range []Kind{User, AccessKey, LoginProfile} {
		d := p.declaration(kind, r)
		d.Confidence, d.Why = Likely, "the component of the package aws-iam makes "+kindWords[kind]+" by its defaults"
		d.Name, _ = p.text(r.val.at("properties", "name"))
		if kind != User {
			d.Owner = d.Address
		}
		p.add(d, r)
	}
}

// stack declares the template that a resource holds, as text or as an object that becomes text.
func (p *pulumiProgram) stack(r pair) {
	body := r.val.at("properties", "templateBody")
	s := p.s
	s.prefix += p.prefix + oneLine(r.key.text) + "."
	if object := body.get("fn::toJSON"); object != nil {
		extractCloudFormation(s, []*datum{object})
		return
	}
	if body.word() == "" {
		return
	}
	t := readData([]byte(body.text))
	inner := s.within(body)
	inner.values = &t.values
	extractCloudFormation(inner, t.docs)
}

// owner returns the user of a credential: a resource of the program, or a name.
func (p *pulumiProgram) owner(props *datum) (owner, name string) {
	for _, arg := range []string{"user", "userName", "username"} {
		v := props.get(arg)
		if v.word() == "" {
			continue
		}
		if ref, whole := pulumiReference(v.text); whole && p.resources[ref] != nil {
			known := p.resources[ref].get("properties")
			if name, _ = p.text(known.get("name")); name == "" {
				name, _ = p.text(known.get("userName"))
			}
			return p.s.prefix + p.prefix + ref, name
		}
		name, known := p.text(v)
		if !known {
			return "value " + saying(v), ""
		}
		return name, name
	}
	return "", ""
}

// pulumiReference returns the first name of an interpolation, and whether it is all of a text.
func pulumiReference(text string) (string, bool) {
	inner, ok := strings.CutPrefix(text, "${")
	if !ok || !strings.HasSuffix(inner, "}") || strings.Contains(inner, "${") {
		return "", false
	}
	ref, _, _ := strings.Cut(strings.TrimSuffix(inner, "}"), ".")
	ref, _, _ = strings.Cut(ref, "[")
	return ref, true
}

// text resolves the interpolations of a text by the variables and the defaults of the configuration.
func (p *pulumiProgram) text(d *datum) (string, bool) {
	s := d.word()
	if s == "" {
		return "", false
	}
	var b strings.Builder
	for range maxResolve {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			return b.String(), true
		}
		n := strings.IndexByte(s[i:], '}')
		if n < 0 {
			return "", false
		}
		word, known := p.variable(s[i+2 : i+n])
		if !known || b.Len() > 4096 {
			return "", false
		}
		b.WriteString(s[:i] + word)
		s = s[i+n+1:]
	}
	return "", false
}

func (p *pulumiProgram) variable(name string) (string, bool) {
	if p.busy[name] {
		return "", false
	}
	p.busy[name] = true
	defer delete(p.busy, name)
	if name == "pulumi.project" {
		return p.top.get("name").word(), p.top.get("name").word() != ""
	}
	if word, ok := p.text(p.top.at("variables", name)); ok {
		return word, true
	}
	for _, section := range []string{"config", "configuration"} {
		c := p.top.at(section, name)
		if c.is(mapping) {
			c = c.get("default")
		}
		if word, ok := p.text(c); ok {
			return word, true
		}
	}
	return "", false
}
