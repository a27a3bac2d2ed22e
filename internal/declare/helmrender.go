package declare

import (
	"strings"
	"text/template/parse"
)

// helmTemplate fills a template of a chart in. What cannot be known stays as it is written.
type helmTemplate struct {
	chart   *helmChart
	path    string
	src     string
	own     map[string]*parse.Tree
	top     value
	vars    []binding
	out     *rendered
	entries []Place
	steps   int
	depth   int
	newline []int // where the lines of src begin
	multi   map[*parse.ListNode]bool
}

// line is the line of a node.
func (t *helmTemplate) line(p parse.Pos) int {
	if t.newline == nil {
		t.newline = []int{0}
		for i := range len(t.src) {
			if t.src[i] == '\n' {
				t.newline = append(t.newline, i+1)
			}
		}
	}
	low, high := 0, len(t.newline)
	for low+1 < high {
		if mid := (low + high) / 2; t.newline[mid] <= int(p) {
			low = mid
		} else {
			high = mid
		}
	}
	return low + 1
}

func (t *helmTemplate) write(s string, at parse.Pos) {
	t.out.write(s, t.line(at), t.entries)
}

// list fills in the nodes of a list.
func (t *helmTemplate) list(l *parse.ListNode, dot value) {
	if l == nil {
		return
	}
	if t.depth++; t.depth > maxChartDepth {
		t.steps = -1
	}
	outer := len(t.vars)
	for _, n := range l.Nodes {
		if t.steps--; t.steps < 0 || t.out.spent {
			break
		}
		t.node(n, dot)
	}
	t.vars = t.vars[:min(outer, len(t.vars))]
	t.depth--
}

func (t *helmTemplate) node(n parse.Node, dot value) {
	switch n := n.(type) {
	case *parse.TextNode:
		t.write(string(n.Text), n.Pos)
	case *parse.ActionNode:
		t.action(n, dot)
	case *parse.IfNode:
		t.branch(&n.BranchNode, dot, false)
	case *parse.WithNode:
		t.branch(&n.BranchNode, dot, true)
	case *parse.RangeNode:
		t.loop(n, dot)
	case *parse.TemplateNode:
		t.written(n, t.include(n.Name, t.pipe(n.Pipe, dot)))
	}
}

// action writes a value; an unknown one as it is written in the template.
func (t *helmTemplate) action(n *parse.ActionNode, dot value) {
	v := t.pipe(n.Pipe, dot)
	if len(n.Pipe.Decl) > 0 {
		return
	}
	t.written(n, v)
}

func (t *helmTemplate) written(n parse.Node, v value) {
	switch s, ok := v.asString(); {
	case v.kind == null:
	case ok && (v.at.Line == 0 || v.at.Path == t.path || strings.Contains(s, "\n")):
		t.write(s, n.Position())
	case ok:
		outer := t.entries
		t.entries = append(append([]Place{}, outer...), v.at)
		t.write(s, n.Position())
		t.entries = outer
	default:
		t.write(oneLine(n.String()), n.Position())
	}
}

// branch fills in the branch of a condition that holds, or both within marks.
func (t *helmTemplate) branch(n *parse.BranchNode, dot value, with bool) {
	outer := len(t.vars)
	v := t.pipe(n.Pipe, dot)
	is, ok := helmTruth(v)
	inner := dot
	if with {
		inner = v
	}
	switch {
	case !ok && !t.overLines(n.List) && !t.overLines(n.ElseList):
		t.write(n.String(), n.Pos)
	case !ok:
		t.marked(n, true, func() {
			t.list(n.List, inner)
			t.list(n.ElseList, dot)
		})
	case is:
		t.marked(n, v.byDefault, func() { t.list(n.List, inner) })
	default:
		t.marked(n, v.byDefault, func() { t.list(n.ElseList, dot) })
	}
	t.vars = t.vars[:min(outer, len(t.vars))]
}

// marked does something within the marks of a condition, so that it stays in doubt. What stands on one line
// needs none.
func (t *helmTemplate) marked(n *parse.BranchNode, doubt bool, do func()) {
	if !doubt || !t.overLines(n.List) {
		do()
		return
	}
	t.write("\n{{ if true }}\n", n.Pos)
	do()
	t.write("\n{{ end }}\n", n.Pos)
}

// overLines says whether a list of nodes goes over lines.
func (t *helmTemplate) overLines(l *parse.ListNode) bool {
	if l == nil || len(l.Nodes) == 0 {
		return false
	}
	if is, ok := t.multi[l]; ok {
		return is
	}
	last := l.Nodes[len(l.Nodes)-1]
	is := t.line(l.Nodes[0].Position()) != t.line(last.Position())
	for _, n := range l.Nodes {
		if text, ok := n.(*parse.TextNode); ok {
			is = is || strings.Contains(string(text.Text), "\n")
		}
	}
	if t.multi == nil {
		t.multi = map[*parse.ListNode]bool{}
	}
	t.multi[l] = is
	return is
}

// loop fills in the body of a loop for each item, or once within marks.
func (t *helmTemplate) loop(n *parse.RangeNode, dot value) {
	outer := len(t.vars)
	v := t.pipe(n.Pipe, dot)
	items, known := v.elements()
	t.vars = t.vars[:min(outer, len(t.vars))]
	switch {
	case v.kind == unknown && v.err:
		known = true
	case v.kind == number && v.num >= 0 && v.num <= maxTurns:
		items, known = rangeOf([]value{v}).elements()
	}
	if !known || len(items) > maxTurns {
		for _, d := range n.Pipe.Decl {
			t.vars = append(t.vars, binding{name: d.Ident[0], val: value{}})
		}
		t.marked(&n.BranchNode, true, func() { t.list(n.List, value{}) })
		t.vars = t.vars[:min(outer, len(t.vars))]
		return
	}
	if len(items) == 0 {
		t.list(n.ElseList, dot)
		return
	}
	t.marked(&n.BranchNode, v.byDefault, func() {
		for _, e := range items {
			if t.steps--; t.steps < 0 || t.out.spent {
				return
			}
			t.turn(n, e, v)
		}
	})
}

func (t *helmTemplate) turn(n *parse.RangeNode, e entry, over value) {
	outer, places := len(t.vars), t.entries
	e.val.byDefault = e.val.byDefault || over.byDefault
	key := placedAt(stringValue(e.key), e.at)
	switch d := n.Pipe.Decl; len(d) {
	case 1:
		t.vars = append(t.vars, binding{d[0].Ident[0], e.val})
	case 2:
		t.vars = append(t.vars, binding{d[0].Ident[0], key}, binding{d[1].Ident[0], e.val})
	}
	if e.at.Line > 0 {
		t.entries = append(append([]Place{}, places...), e.at)
	}
	t.list(n.List, e.val)
	t.vars, t.entries = t.vars[:min(outer, len(t.vars))], places
}

// include is the text of a template that is defined elsewhere; unknown where a part of it is.
func (t *helmTemplate) include(name string, dot value) value {
	tree := t.own[name]
	if tree == nil {
		tree = t.chart.helpers[name]
	}
	if tree == nil || t.depth > maxChartDepth/4 || t.steps < 0 {
		return value{}
	}
	inner := &helmTemplate{
		chart: t.chart, path: t.path, own: t.own, top: dot, out: &rendered{}, steps: t.steps / 2, depth: t.depth + 4,
	}
	inner.list(tree.Root, dot)
	t.steps -= t.steps/2 - max(inner.steps, 0)
	text := inner.out.b.String()
	if inner.steps < 0 || hasTemplate(text) {
		return value{}
	}
	return stringValue(strings.TrimSpace(text))
}

// helmTruth says whether a value holds as a condition. What is not among the values does not.
func helmTruth(v value) (is, ok bool) {
	switch v.kind {
	case unknown:
		return false, v.err
	case text:
		return v.str != "", true
	}
	return !v.isNone(), true
}
