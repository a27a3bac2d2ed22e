package declare

import (
	"slices"
	"strconv"
	"strings"
)

// intrinsic returns the function that a value calls, under its long name, and its argument.
func intrinsic(d *datum) (string, *datum) {
	switch {
	case d == nil:
		return "", nil
	case len(d.tag) > 1 && d.tag[1] != '!':
		arg := *d
		arg.tag = ""
		return longName(d.tag[1:]), &arg
	case d.is(mapping) && len(d.kids) == 2:
		if k := d.kids[0].text; k == "Ref" || strings.HasPrefix(k, "Fn::") || k == "Condition" && d.kids[1].is(scalar) {
			return k, d.kids[1]
		}
	}
	return "", nil
}

func longName(tag string) string {
	if tag == "Ref" || tag == "Condition" {
		return tag
	}
	return "Fn::" + tag
}

// intrinsicArgument writes the argument of a function in its one form: GetAtt takes a list.
func intrinsicArgument(name string, arg *datum) *datum {
	if name != "Fn::GetAtt" || !arg.is(scalar) {
		return arg
	}
	id, attr, _ := strings.Cut(arg.text, ".")
	return &datum{kind: sequence, line: arg.line, kids: []*datum{
		{line: arg.line, text: id, quoted: true}, {line: arg.line, text: attr, quoted: true},
	}}
}

func isNoValue(d *datum) bool {
	name, arg := intrinsic(d)
	return name == "Ref" && arg.word() == "AWS::NoValue"
}

// cfnText is a text as far as it is known.
type cfnText struct {
	text      string
	known     bool
	byDefault bool // a default decided
	anywhere  bool // it differs from deployment to deployment: the region, the account
}

const maxResolve = 20 // functions within each other

// resolve returns the text of a value, and whether it is known.
func (c *cfnStack) resolve(d *datum) (string, bool) {
	t := c.eval(d, 0)
	return t.text, t.known
}

func (c *cfnStack) eval(d *datum, depth int) cfnText {
	name, arg := intrinsic(d)
	switch {
	case depth > maxResolve || d.isNull():
		return cfnText{}
	case name == "" && d.is(scalar):
		return c.literal(d.text)
	}
	switch name {
	case "Ref":
		return c.reference(arg.word())
	case "Fn::Sub":
		return c.sub(arg, depth)
	case "Fn::Join":
		return c.join(arg, depth)
	case "Fn::Select":
		return c.choose(arg, depth)
	case "Fn::FindInMap":
		return c.findInMap(arg, depth)
	case "Fn::If":
		return c.either(arg, depth)
	}
	return cfnText{}
}

// literal is a text that stands there, but for the variables of loops and of a dialect.
func (c *cfnStack) literal(s string) cfnText {
	s = c.fill(s)
	if c.variables != nil && strings.Contains(s, "${") {
		text, ok := c.variables(s)
		return cfnText{text: text, known: ok, byDefault: true}
	}
	if hasTemplate(s) || strings.HasPrefix(s, "{{resolve:") {
		return cfnText{}
	}
	return cfnText{text: s, known: true}
}

// fill puts the variables of loops in.
func (c *cfnStack) fill(s string) string {
	for k, v := range c.vars {
		s = strings.ReplaceAll(s, "${"+k+"}", v)
		s = strings.ReplaceAll(s, "&{"+k+"}", strings.Map(alphanumeric, v))
	}
	return s
}

func alphanumeric(r rune) rune {
	if r < 0x80 && (isLetter(byte(r)) && r != '_' || '0' <= r && r <= '9') {
		return r
	}
	return -1
}

func (c *cfnStack) hasParameter(id string) bool { return c.top.at("Parameters", id) != nil }

// reference is what a parameter or the variable of a loop says.
func (c *cfnStack) reference(id string) cfnText {
	if v, ok := c.vars[id]; ok {
		return cfnText{text: v, known: !strings.HasPrefix(v, "${")}
	}
	if t, ok := c.given[id]; ok {
		return t
	}
	if strings.HasPrefix(id, "AWS::") {
		return cfnText{anywhere: true}
	}
	if def := c.top.at("Parameters", id, "Default"); def.is(scalar) && !strings.HasPrefix(c.top.at("Parameters", id, "Type").word(), "AWS::SSM::") {
		return cfnText{text: def.text, known: true, byDefault: true}
	}
	return cfnText{}
}

// sub fills the ${…} of a text.
func (c *cfnStack) sub(arg *datum, depth int) cfnText {
	own := map[string]*datum{}
	if arg.is(sequence) && len(arg.kids) == 2 {
		for _, p := range arg.kids[1].pairs() {
			own[p.key.text] = p.val
		}
		arg = arg.kids[0]
	}
	s, out := c.fill(arg.word()), cfnText{known: true}
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		n := strings.IndexByte(s[max(i, 0):], '}')
		if i < 0 || n < 0 {
			break
		}
		name := strings.TrimSpace(s[i+2 : i+n])
		b.WriteString(s[:i])
		s = s[i+n+1:]
		if strings.HasPrefix(name, "!") {
			b.WriteString("${" + name[1:] + "}")
			continue
		}
		t := c.reference(name)
		if own[name] != nil {
			t = c.eval(own[name], depth+1)
		}
		out = out.with(t)
		b.WriteString(t.text)
	}
	out.text = b.String() + s
	if hasTemplate(out.text) {
		out.known = false
	}
	return out
}

// with is what is known of a text that another has a part in.
func (t cfnText) with(part cfnText) cfnText {
	t.known = t.known && part.known
	t.byDefault = t.byDefault || part.byDefault
	t.anywhere = t.anywhere || part.anywhere
	return t
}

func (c *cfnStack) join(arg *datum, depth int) cfnText {
	if len(arg.items()) != 2 || !arg.kids[1].is(sequence) {
		return cfnText{}
	}
	out := cfnText{known: true}
	var words []string
	for _, k := range arg.kids[1].kids[:min(100, len(arg.kids[1].kids))] {
		t := c.eval(k, depth+5)
		out = out.with(t)
		words = append(words, t.text)
	}
	out.text = strings.Join(words, arg.kids[0].text)
	return out
}

// choose is Fn::Select.
func (c *cfnStack) choose(arg *datum, depth int) cfnText {
	if len(arg.items()) != 2 {
		return cfnText{}
	}
	n, err := strconv.Atoi(arg.kids[0].word())
	items, known := c.collection(arg.kids[1])
	if err != nil || !known || n < 0 || n >= len(items) {
		return cfnText{}
	}
	return cfnText{text: items[n].text, known: true}
}

func (c *cfnStack) findInMap(arg *datum, depth int) cfnText {
	if len(arg.items()) < 3 {
		return cfnText{}
	}
	d, out := c.top.get("Mappings"), cfnText{known: true}
	for _, k := range arg.kids[:3] {
		t := c.eval(k, depth+5)
		out = out.with(t)
		d = d.get(t.text)
	}
	out.text = d.word()
	out.known = out.known && d.is(scalar)
	return out
}

// either is Fn::If.
func (c *cfnStack) either(arg *datum, depth int) cfnText {
	if len(arg.items()) != 3 {
		return cfnText{}
	}
	switch v := c.verdict(arg.kids[0].word()); v.is {
	case holds:
		t := c.eval(arg.kids[1], depth+5)
		return t.with(cfnText{known: true, byDefault: v.byDefault})
	case fails:
		t := c.eval(arg.kids[2], depth+5)
		return t.with(cfnText{known: true, byDefault: v.byDefault})
	}
	return cfnText{}
}

// cfnItem is an item of a collection and the value that it is written at.
type cfnItem struct {
	text string
	at   *datum
}

// collection returns the items of a list: written out, a parameter's default, or a text that is split.
func (c *cfnStack) collection(d *datum) ([]cfnItem, bool) {
	name, arg := intrinsic(d)
	switch {
	case name == "" && d.is(sequence):
		return c.written(d)
	case name == "Ref":
		t := c.reference(arg.word())
		at := c.top.at("Parameters", arg.word(), "Default")
		return splitItems(t.text, ",", at), t.known
	case name == "Fn::Split" && len(arg.items()) == 2:
		t := c.eval(arg.kids[1], 5)
		return splitItems(t.text, arg.kids[0].text, arg.kids[1]), t.known
	}
	return nil, false
}

func (c *cfnStack) written(d *datum) ([]cfnItem, bool) {
	var items []cfnItem
	for _, k := range d.kids[:min(len(d.kids), maxForEach)] {
		t := c.eval(k, 5)
		if !t.known {
			return nil, false
		}
		items = append(items, cfnItem{t.text, k})
	}
	return items, true
}

func splitItems(s, by string, at *datum) []cfnItem {
	var items []cfnItem
	if s == "" || by == "" {
		return nil
	}
	for _, w := range strings.SplitN(s, by, maxForEach) {
		items = append(items, cfnItem{strings.TrimSpace(w), at})
	}
	return items
}

// A cfnVerdict says whether a condition holds.
type cfnVerdict struct {
	is        cfnTruth
	byDefault bool
}

type cfnTruth int

const (
	unknowable cfnTruth = iota // nothing says so
	sometimes                  // it holds in some of the deployments
	holds
	fails
)

// condition says how sure it is that a resource is made, and whether it is at all.
func (c *cfnStack) condition(d *datum) (Confidence, bool) {
	name := d.get("Condition")
	if name.isNull() || !name.is(scalar) {
		return Certain, true
	}
	switch v := c.verdict(c.fill(name.text)); {
	case v.is == fails:
		return Certain, false
	case v.is == holds && !v.byDefault:
		return Certain, true
	case v.is == unknowable:
		return Possible, true
	}
	return Likely, true
}

// verdict is that on a condition by name, looked at once.
func (c *cfnStack) verdict(name string) cfnVerdict {
	if v, ok := c.verdicts[name]; ok {
		return v
	}
	c.verdicts[name] = cfnVerdict{}
	v := c.judge(c.top.at("Conditions", name), 0)
	c.verdicts[name] = v
	return v
}

func (c *cfnStack) judge(d *datum, depth int) cfnVerdict {
	name, arg := intrinsic(d)
	if depth > maxResolve {
		return cfnVerdict{}
	}
	switch name {
	case "Condition":
		return c.verdict(arg.word())
	case "Fn::Equals":
		return c.equals(arg)
	case "Fn::Not":
		if len(arg.items()) == 1 {
			return c.judge(arg.kids[0], depth+1).not()
		}
	case "Fn::And", "Fn::Or":
		return c.all(arg.items(), name == "Fn::Or", depth)
	}
	return cfnVerdict{}
}

func (v cfnVerdict) not() cfnVerdict {
	switch v.is {
	case holds:
		v.is = fails
	case fails:
		v.is = holds
	}
	return v
}

// all is the verdict on conditions that must hold together, or one of which must. The one is the
// other turned round.
func (c *cfnStack) all(ds []*datum, anyOf bool, depth int) cfnVerdict {
	out := cfnVerdict{is: holds}
	for _, d := range ds[:min(len(ds), 10)] {
		v := c.judge(d, depth+4)
		if anyOf {
			v = v.not()
		}
		if v.is == fails {
			out = v
			break
		}
		if rank := []cfnTruth{unknowable, sometimes, holds}; slices.Index(rank, v.is) < slices.Index(rank, out.is) {
			out.is = v.is
		}
		out.byDefault = out.byDefault || v.byDefault
	}
	if anyOf {
		return out.not()
	}
	return out
}

// equals compares two texts. A parameter without a default can be any of its allowed values.
func (c *cfnStack) equals(arg *datum) cfnVerdict {
	if len(arg.items()) != 2 {
		return cfnVerdict{}
	}
	a, b := c.eval(arg.kids[0], 0), c.eval(arg.kids[1], 0)
	both := a.with(b)
	switch {
	case both.known && a.text == b.text:
		return cfnVerdict{is: holds, byDefault: both.byDefault}
	case both.known:
		return cfnVerdict{is: fails, byDefault: both.byDefault}
	case both.anywhere:
		return cfnVerdict{is: sometimes}
	case b.known:
		return c.allowed(arg.kids[0], b.text)
	case a.known:
		return c.allowed(arg.kids[1], a.text)
	}
	return cfnVerdict{}
}

func (c *cfnStack) allowed(d *datum, want string) cfnVerdict {
	name, arg := intrinsic(d)
	values := c.top.at("Parameters", arg.word(), "AllowedValues").items()
	if name != "Ref" || len(values) == 0 {
		return cfnVerdict{}
	}
	if slices.ContainsFunc(values, func(v *datum) bool { return v.text == want }) {
		return cfnVerdict{is: sometimes}
	}
	return cfnVerdict{is: fails}
}
