package declare

import (
	"cmp"
	"slices"
	"strings"
)

// cfnTriggers are what a template says that makes a user or key, or takes in another template.
var cfnTriggers = []string{
	"AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::CloudFormation::Stack", "AWS::Serverless::Application",
	"AWS::Include", "Custom::AWS", "::MODULE",
}

// Limits of one template and all that it makes stacks of.
const (
	maxForEach  = 1000    // resources that a loop makes
	maxStacking = 5       // stacks within stacks, and loops within loops
	maxCfnMade  = 5000    // declarations
	maxCfnSteps = 100_000 // values that are resolved
	roundCosts  = 8       // values that a round of a loop counts for
)

// cfnStack is one template as it would be deployed.
type cfnStack struct {
	src       dataSource
	form      string
	tops      []*datum                     // what the template is made of: one document, but for dialects
	sections  map[string]map[string]*datum // parts of tops by name and id
	resources map[string]*datum
	users     map[string]string  // names of users as far as they are known: their ids
	given     map[string]cfnText // parameters that whoever deploys it gives
	verdicts  map[string]cfnVerdict
	choices   []pair // parameters of which the template allows some values, and these
	tried     bool   // with another value of a parameter than its default
	cost      *cfnCost
	inside    []string // the files of the stacks that this one is within, and its own
	copies    cfnCopies
	loop      cfnLoop
	// variables resolves what is no intrinsic function, for dialects.
	variables func(text string) cfnText
}

// cfnCost is what a template and its nested stacks may still cost.
type cfnCost struct {
	budget
	made int
	cut  bool // a loop has more rounds than are gone through
	said sayer
}

func newCfnCost() *cfnCost {
	return &cfnCost{budget: budget{steps: maxCfnSteps}, made: maxCfnMade, said: sayer{steps: maxCfnSteps, bytes: maxFile}}
}

// settle says so where it was too much.
func (c *cfnCost) settle(s dataSource) {
	if c.spent || c.cut {
		s.r.skip(s.path, "it makes more than is evaluated")
	}
}

// cfnCopies says in how many accounts and regions a stack is made.
type cfnCopies struct {
	n    int // 0 is once
	open bool
}

// extractCloudFormation reads templates: what has Resources, each with a Type.
func extractCloudFormation(s dataSource, docs []*datum) {
	cost := newCfnCost()
	for _, d := range docs {
		if isServerless(d) || !d.get("Resources").is(mapping) || s.r.data.nested[s.path] {
			continue
		}
		newStack(s, cost, d).declare()
	}
	cost.settle(s)
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

// newStack returns the stack of a template.
func newStack(s dataSource, cost *cfnCost, tops ...*datum) *cfnStack {
	c := &cfnStack{
		src: s, tops: tops, verdicts: map[string]cfnVerdict{}, resources: map[string]*datum{}, inside: []string{s.path},
		cost: cost,
	}
	if len(tops) > 0 {
		c.form = cfnForm(s.path, tops[0])
	}
	if isGenerated(s.path) {
		c.src.sure = worse(c.src.sure, Possible)
	}
	if c.form == "ebextensions" && s.root == s.path {
		c.src.root = ebextensionsFolder(s.path)
	}
	for _, top := range tops {
		for _, p := range top.get("Resources").pairs() {
			c.resources[p.key.text] = p.val
		}
	}
	return c
}

// cfnForm is the name of the dialect of a template.
func cfnForm(p string, top *datum) string {
	switch {
	case strings.Contains("/"+p, "/.ebextensions/"):
		return "ebextensions"
	case strings.HasSuffix(top.get("AWSTemplateFormatVersion").word(), "-OC"):
		return "org-formation"
	}
	for _, t := range orItems(top.get("Transform")) {
		if strings.HasPrefix(t.word(), "AWS::Serverless") {
			return "sam"
		}
	}
	return "cloudformation"
}

// ebextensionsFolder is the folder whose files Elastic Beanstalk makes one stack of.
func ebextensionsFolder(p string) string {
	const name = ".ebextensions"
	i := strings.Index("/"+p, "/"+name+"/")
	return p[:i+len(name)]
}

// generatedFolders hold what tools wrote from another source: snapshots of tests, and builds that
// were not meant to be kept.
var generatedFolders = []string{".snapshot/", "/__snapshots__/", "/.aws-sam/", "/.serverless/", "/#current-cloud-backend/"}

func isGenerated(p string) bool {
	p = "/" + p
	return slices.ContainsFunc(generatedFolders, func(f string) bool { return strings.Contains(p, f) }) ||
		strings.Contains(p, "/amplify/backend/") && strings.Contains(p, "/build/")
}

// declare declares all that the stack makes.
func (c *cfnStack) declare() {
	for _, top := range c.tops {
		for _, p := range top.get("Resources").pairs() {
			c.entry(p)
		}
	}
}

// entry declares one entry of Resources: a resource, a loop over some, or a text that holds some.
func (c *cfnStack) entry(p pair) {
	if c.cost.spent {
		return
	}
	switch id := p.key.text; {
	case strings.HasPrefix(id, "Fn::ForEach"):
		c.forEach(p)
		return
	case id == "Fn::Transform":
		c.include(p.val)
		return
	}
	e := cfnEntry{id: c.fill(p.key.text), key: p.key, val: p.val}
	if e.fate = c.fate(p.val); e.fate.never {
		c.disown(e)
		return
	}
	c.resource(e)
}

// cfnEntry is a resource of a template under the id that it has in its round of a loop.
type cfnEntry struct {
	id       string
	key, val *datum
	fate     cfnFate
}

func (e cfnEntry) property(keys ...string) *datum {
	return e.val.get("Properties").at(keys...)
}

// resource declares what a resource makes, by its type.
func (c *cfnStack) resource(e cfnEntry) {
	switch typ := e.val.get("Type").word(); {
	case typ == "AWS::IAM::User":
		c.user(e)
	case typ == "AWS::IAM::AccessKey":
		c.accessKey(e)
	case typ == "AWS::CloudFormation::StackSet":
		c.stackSet(e)
	case typ == "Custom::AWS":
		c.call(e)
	case strings.HasSuffix(typ, "::MODULE"):
		c.unknown(e, typ, typ)
	default:
		c.stack(e)
	}
}

// places are where a resource is made: the items of the loops around it, it, the loops, and what
// decides that it is made.
func (c *cfnStack) places(e cfnEntry) []*datum {
	at := slices.Concat(c.loop.items, []*datum{e.key}, c.loop.keys, e.fate.at)
	return slices.DeleteFunc(at, func(d *datum) bool { return d == nil })
}

// add completes a declaration and records it.
func (c *cfnStack) add(d Declaration, e cfnEntry, at ...*datum) {
	if c.cost.made--; c.cost.made < 0 {
		c.cost.spent = true
		return
	}
	copies := c.copies.times(e.fate.copies)
	d.Form, d.Count = c.form, copies.n
	for _, sure := range []Confidence{e.fate.sure, c.loop.sure} {
		d.Confidence = worse(cmp.Or(d.Confidence, Certain), sure)
	}
	if copies.open {
		d.Confidence = worse(d.Confidence, Likely)
	}
	d.Why = sentence(d.Why, e.fate.why, c.loop.why, copies.why())
	c.src.add(d, append(at, c.places(e)...)...)
}

func (n cfnCopies) why() string {
	if n.open {
		return "once for each account, whose number is not known"
	}
	return ""
}
