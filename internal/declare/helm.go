package declare

import (
	"path"
	"slices"
	"strings"
	"text/template/parse"
)

const (
	maxChartText   = 96 << 10 // bytes of one template that are filled in
	maxChartValues = 16       // files of values that a chart is filled in with
	maxChartDepth  = 60       // statements and brackets of a template within each other
)

// helmChart is what the templates of a chart share.
type helmChart struct {
	dir     string
	helpers map[string]*parse.Tree
	values  []helmValues
	chart   value // Chart.yaml
}

// helmValues are the values of one file, laid over those of the chart.
type helmValues struct {
	name string // empty for those of the chart itself
	top  value
}

// chartOf returns the folder of the chart that a file is a template of.
func (r *reading) chartOf(p string) (string, bool) {
	dir := path.Dir(p)
	for range maxSpread + 2 {
		if path.Base(dir) == "templates" && r.exists(path.Join(path.Dir(dir), "Chart.yaml")) {
			return path.Dir(dir), true
		}
		dir = path.Dir(dir)
	}
	return "", false
}

// helm returns a chart, read once.
func (r *reading) helm(dir string) *helmChart {
	if c, ok := r.data.charts[dir]; ok {
		return c
	}
	c := &helmChart{dir: dir, helpers: map[string]*parse.Tree{}}
	steps := maxNodes
	if p, docs := r.dataAt(dir, "Chart.yaml"); len(docs) > 0 {
		c.chart = capitalised(fromDatum(docs[0], p, &steps, 0))
	}
	base := r.valuesOf(dir, "values.yaml")
	c.values = append(c.values, helmValues{top: base})
	for _, e := range r.list(dir) {
		stem, isYAML := strings.CutSuffix(strings.TrimSuffix(e.Name, ".yml"), ".yaml")
		if e.Type != Folder && (isYAML || stem != e.Name) && stem != "values" && strings.Contains(stem, "values") && len(c.values) < maxChartValues {
			c.values = append(c.values, helmValues{name: e.Name, top: overlaid(base, r.valuesOf(dir, e.Name), 0)})
		}
	}
	c.takeOver(r)
	for _, data := range r.helpersOf(dir) {
		parseHelm(string(data), c.helpers)
	}
	if r.data.charts == nil {
		r.data.charts = map[string]*helmChart{}
	}
	r.data.charts[dir] = c
	return c
}

// capitalised writes the keys of Chart.yaml as templates ask for them.
func capitalised(v value) value {
	for i := range v.entries {
		if k := v.entries[i].key; k != "" {
			v.entries[i].key = strings.ToUpper(k[:1]) + k[1:]
		}
	}
	return objectValue(v.entries)
}

// valuesOf are the values of a file. What is not among them is not there.
func (r *reading) valuesOf(dir, name string) value {
	if !r.exists(path.Join(dir, name)) {
		return objectValue(nil)
	}
	steps := maxNodes
	p, docs := r.dataAt(dir, name)
	if len(docs) == 0 || !docs[0].is(mapping) {
		return objectValue(nil)
	}
	return fromDatum(docs[0], p, &steps, 0)
}

// overlaid lays the values of one file over those of another.
func overlaid(a, b value, depth int) value {
	if a.kind != object || b.kind != object || depth > maxDataDepth {
		return b
	}
	es := slices.Clone(a.entries)
	for _, e := range b.entries {
		if old := a.get(e.key); !old.err {
			e.val = overlaid(old, e.val, depth+1)
		}
		es = append(es, e)
	}
	out := objectValue(es)
	out.at = b.at
	return out
}

// parseHelm reads a template; nil where it is none. What it defines goes into trees.
func parseHelm(s string, trees map[string]*parse.Tree) *parse.Tree {
	if len(s) > maxChartText || tooDeep(s) {
		return nil
	}
	t := parse.New("template")
	t.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	top, err := t.Parse(s, "", "", set)
	if err != nil {
		return nil
	}
	for name, tree := range set {
		if tree != top {
			trees[name] = tree
		}
	}
	return top
}

// tooDeep says whether statements or brackets stand too deeply within each other for the parser.
func tooDeep(s string) bool {
	open, brackets := 0, 0
	for {
		_, rest, found := strings.Cut(s, "{{")
		if !found {
			return false
		}
		inner, after, _ := strings.Cut(rest, "}}")
		word, _, _ := strings.Cut(strings.TrimLeft(inner, "- \t\n"), " ")
		switch word {
		case "if", "range", "with", "define", "block":
			open++
		case "end":
			open = max(0, open-1)
		case "else":
			open++ // else if: one more within
			if !strings.Contains(inner, "if") && !strings.Contains(inner, "with") {
				open--
			}
		}
		brackets = strings.Count(inner, "(")
		if open > 4*maxChartDepth || brackets > maxChartDepth {
			return true
		}
		s = after
	}
}

// extractHelm reads a template of a chart: filled in with the values of the chart, and with those of other
// files of values. It is false for a text that is no template.
func extractHelm(s dataSource, dir string) bool {
	data, ok := s.r.read(s.path)
	if !ok {
		return false
	}
	c := s.r.helm(dir)
	own := map[string]*parse.Tree{}
	tree := parseHelm(string(data), own)
	if tree == nil {
		return false
	}
	seen := map[string]bool{}
	for n, v := range c.values {
		known := len(s.r.out.Declarations)
		s.root = dir
		if n > 0 {
			s.root = dir + "@" + v.name
		}
		c.fill(s, string(data), tree, own, v)
		s.r.out.Declarations = append(s.r.out.Declarations[:known], unseen(s.r.out.Declarations[known:], seen, n == 0)...)
	}
	return true
}

// unseen drops what the values of the chart make already.
func unseen(ds []Declaration, seen map[string]bool, first bool) []Declaration {
	var out []Declaration
	for _, d := range ds {
		k := join(string(d.Kind), d.Form, d.Address)
		if first {
			seen[k] = true
		}
		if first || !seen[k] {
			out = append(out, d)
		}
	}
	return out
}

// fill fills one template in and reads the objects of the text.
func (c *helmChart) fill(s dataSource, src string, tree *parse.Tree, own map[string]*parse.Tree, v helmValues) {
	t := &helmTemplate{chart: c, path: s.path, src: src, own: own, out: &rendered{}, steps: maxNodes}
	t.top = objectValue([]entry{{key: "Values", val: v.top}, {key: "Chart", val: c.chart}, {key: "Release", val: value{}}, {key: "Capabilities", val: value{}}, {key: "Files", val: value{}}, {key: "Template", val: value{}}})
	t.top.byDefault = true
	t.list(tree.Root, t.top)
	if t.steps < 0 || t.out.spent {
		s.r.skip(s.path, "its template asks for more than is filled in")
	}
	text := readData([]byte(t.out.b.String()))
	s.values = &text.values
	known := len(s.r.out.Declarations)
	newKubeWalk(s).documents(text.docs)
	t.out.placeIn(s.r.out.Declarations[known:], s.path)
}
