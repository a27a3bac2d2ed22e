package declare

import (
	"path"
	"strings"
)

var serverlessTriggers = []string{"AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::CloudFormation::Stack", "${file("}

// isServerless says whether a document configures the Serverless Framework.
func isServerless(d *datum) bool {
	return !d.get("service").isNull() && (d.get("provider") != nil || d.get("resources") != nil)
}

// extractServerless reads the resources of a service: one template, or a list of them and of files,
// all of one stack.
func extractServerless(s dataSource, docs []*datum) {
	for _, top := range docs {
		if !isServerless(top) {
			continue
		}
		v := &serverlessFile{top: top, src: s}
		c := newStack(s, newCfnCost())
		c.form, c.variables = "serverless", v.fill
		for _, part := range orItems(top.get("resources")) {
			v.part(c, part)
		}
		v.declare(c)
		c.cost.settle(s)
	}
}

// serverlessFile resolves the variables of a service and collects its resources.
type serverlessFile struct {
	top     *datum
	src     dataSource
	entries []serverlessEntry
}

// serverlessEntry is a resource and where it stands.
type serverlessEntry struct {
	src dataSource
	pair
}

// part adds one template of a service, perhaps in a file of its own.
func (v *serverlessFile) part(c *cfnStack, d *datum) {
	if !c.cost.spend(5 * roundCosts) {
		return
	}
	src, d := v.follow(v.src, d)
	if d == nil {
		return
	}
	c.tops = append(c.tops, d)
	src, resources := v.follow(src, d.get("Resources"))
	for _, p := range resources.pairs() {
		if !c.cost.spend(2) {
			return
		}
		e := serverlessEntry{src: src, pair: p}
		e.src, e.val = v.follow(src, p.val)
		c.resources[p.key.text] = e.val
		v.entries = append(v.entries, e)
	}
}

// declare declares all that the parts make.
func (v *serverlessFile) declare(c *cfnStack) {
	sure := c.src.sure
	for _, e := range v.entries {
		c.src = e.src
		c.src.sure = sure
		c.entry(e.pair)
	}
}

// follow returns the value that ${file(name):key} stands for, and where it is; nil where that is not known.
func (v *serverlessFile) follow(s dataSource, d *datum) (dataSource, *datum) {
	for range maxStacking {
		if !d.is(scalar) || !strings.HasPrefix(d.text, "${file(") {
			return s, d
		}
		var ok bool
		if s, d, ok = v.fileOf(s, d); !ok {
			return s, nil
		}
	}
	return s, nil
}

// fileOf goes one step from a value to the file that it names.
func (v *serverlessFile) fileOf(s dataSource, d *datum) (dataSource, *datum, bool) {
	text := v.fill(strings.TrimSuffix(strings.TrimPrefix(d.text, "${file("), "}"))
	name, rest, _ := strings.Cut(text.text, ")")
	if !text.known {
		s.r.skip(s.path, "a part of it is a file whose name is not known")
		return s, nil, false
	}
	if !isDataFile(name) {
		s.r.skip(s.path, "a part of it is made by a program: "+name)
		return s, nil, false
	}
	p := path.Join(path.Dir(v.src.path), name)
	if strings.HasPrefix(p, "../") || path.IsAbs(name) || !s.r.exists(p) {
		s.r.skip(s.path, "a part of it is a file that is not in the repository: "+name)
		return s, nil, false
	}
	_, docs := s.r.dataAt(".", p)
	if len(docs) == 0 {
		return s, nil, false
	}
	s.r.adopt(p)
	s.places = append([]Place{s.place(d)}, s.places...)
	s.path, s.base, s.fixed = p, 0, false
	found := docs[0]
	rest, _, _ = strings.Cut(strings.TrimPrefix(rest, ":"), ",")
	if rest = strings.TrimSpace(rest); rest != "" {
		found = found.at(strings.Split(rest, ".")...)
	}
	return s, found, found != nil
}

// fill resolves the variables of a text, the innermost first.
func (v *serverlessFile) fill(s string) cfnText {
	out := cfnText{text: s}
	for range maxResolve {
		i := strings.LastIndex(out.text, "${")
		if i < 0 {
			out.known = !hasTemplate(out.text)
			return out
		}
		n := strings.IndexByte(out.text[i:], '}')
		if n < 0 {
			return out
		}
		t := v.variable(out.text[i+2 : i+n])
		if !t.known || len(t.text)+len(out.text) > maxText {
			return out
		}
		out.text = out.text[:i] + t.text + out.text[i+n+1:]
		out.byDefault = out.byDefault || t.byDefault
	}
	return out
}

// variable is the first of several ways to a value that leads to one.
func (v *serverlessFile) variable(expr string) cfnText {
	byDefault := false
	for way := range strings.SplitSeq(expr, ",") {
		t := v.way(strings.TrimSpace(way))
		if t.known {
			t.byDefault = t.byDefault || byDefault
			return t
		}
		byDefault = true
	}
	return cfnText{}
}

func (v *serverlessFile) way(name string) cfnText {
	from, key, found := strings.Cut(name, ":")
	if !found {
		word := strings.Trim(name, `'"`)
		return cfnText{text: word, known: word != name || isSwitch(word), byDefault: true}
	}
	var d *datum
	switch {
	case from == "self":
		d = v.top.at(strings.Split(key, ".")...)
	case from == "param":
		d = v.top.at("params", "default", key)
	case from == "sls" && key == "stage":
		d = v.top.at("provider", "stage")
		if d == nil {
			return cfnText{text: "dev", known: true, byDefault: true}
		}
	case strings.HasPrefix(from, "file("):
		return v.inFile(from, key)
	}
	return cfnText{text: d.word(), known: d.word() != "", byDefault: from != "self"}
}

// inFile is a word of a file that is named as file(name).
func (v *serverlessFile) inFile(from, key string) cfnText {
	name := strings.TrimSuffix(strings.TrimPrefix(from, "file("), ")")
	if !isDataFile(name) {
		return cfnText{}
	}
	_, docs := v.src.r.dataAt(path.Dir(v.src.path), name)
	if len(docs) == 0 {
		return cfnText{}
	}
	word := docs[0].at(strings.Split(key, ".")...).word()
	return cfnText{text: word, known: word != ""}
}
