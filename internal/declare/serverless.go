package declare

import (
	"path"
	"strings"
)

var serverlessTriggers = []string{"AWS::IAM::", "${file("}

// isServerless says whether a document configures the Serverless Framework.
func isServerless(d *datum) bool {
	return !d.get("service").isNull() && (d.get("provider") != nil || d.get("resources") != nil)
}

// extractServerless reads the resources of a service: one template, or a list of them and of files.
func extractServerless(s dataSource, docs []*datum) {
	for _, top := range docs {
		if !isServerless(top) {
			continue
		}
		v := &serverlessFile{top: top}
		for _, part := range orItems(top.get("resources")) {
			v.part(s, part)
		}
	}
}

// serverlessFile resolves the variables of a service.
type serverlessFile struct{ top *datum }

// part declares one template of a service, perhaps in a file of its own.
func (v *serverlessFile) part(s dataSource, d *datum) {
	s, d = v.follow(s, d)
	resources := d.get("Resources")
	rs, resources := v.follow(s, resources)
	if !resources.is(mapping) {
		return
	}
	c := &cfnStack{
		src: rs, form: "serverless", top: d, resources: map[string]*datum{},
		verdicts: map[string]cfnVerdict{}, variables: v.fill,
	}
	for _, p := range resources.pairs() {
		_, val := v.follow(rs, p.val)
		c.resources[p.key.text] = val
	}
	for _, p := range resources.pairs() {
		c.src, p.val = v.follow(rs, p.val)
		c.entry(p.key.text, p, nil)
	}
}

// follow returns the value that ${file(name):key} stands for, and where it is.
func (v *serverlessFile) follow(s dataSource, d *datum) (dataSource, *datum) {
	if !d.is(scalar) || !strings.HasPrefix(d.text, "${file(") || !strings.HasSuffix(d.text, "}") {
		return s, d
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(d.text, "${file("), "}")
	name, rest, _ := strings.Cut(inner, ")")
	name, ok := v.fill(name)
	if !ok {
		return s, nil
	}
	p, docs := s.r.dataAt(path.Dir(s.path), name)
	if len(docs) == 0 {
		return s, nil
	}
	s.r.adopt(p)
	s.places = append([]Place{s.place(d)}, s.places...)
	s.path = p
	found := docs[0]
	if rest = strings.TrimPrefix(rest, ":"); rest != "" {
		found = found.at(strings.Split(rest, ".")...)
	}
	return s, found
}

// fill resolves ${self:a.b} and the defaults of ${opt:x, 'y'}.
func (v *serverlessFile) fill(s string) (string, bool) {
	for range 20 {
		i := strings.LastIndex(s, "${")
		if i < 0 {
			return s, true
		}
		n := strings.IndexByte(s[i:], '}')
		if n < 0 {
			return s, false
		}
		word, ok := v.variable(s[i+2 : i+n])
		if !ok || len(word)+len(s) > 4096 {
			return s, false
		}
		s = s[:i] + word + s[i+n+1:]
	}
	return s, false
}

func (v *serverlessFile) variable(expr string) (string, bool) {
	name, fallback, has := strings.Cut(expr, ",")
	name, fallback = strings.TrimSpace(name), strings.TrimSpace(fallback)
	if from, ok := strings.CutPrefix(name, "self:"); ok {
		if d := v.top.at(strings.Split(from, ".")...); d.word() != "" {
			return d.word(), true
		}
	}
	if !has {
		return "", false
	}
	if from, ok := strings.CutPrefix(fallback, "self:"); ok {
		d := v.top.at(strings.Split(from, ".")...)
		return d.word(), d.word() != ""
	}
	return strings.Trim(fallback, `'"`), !strings.Contains(fallback, ":")
}
