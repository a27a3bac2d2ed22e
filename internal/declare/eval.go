package declare

import (
	"math"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Expressions are evaluated by an evaluator of our own: it counts its steps, so that no expression can
// run away; it goes on with what it does not know; and its values know where they come from.

// budget is what the evaluation of one root may cost.
type budget struct {
	steps int
	depth int
	spent bool // it did not suffice
}

const (
	maxSteps = 120_000
	maxDepth = 300
)

func (b *budget) spend(n int) bool {
	b.steps -= n
	if b.steps < 0 {
		b.spent = true
		return false
	}
	return true
}

// A resolver knows the names that an expression may refer to outside of itself. It returns a value
// and how many steps of the reference led to it.
type resolver interface {
	resolve(t hcl.Traversal, e *env) (value, int)
	// call evaluates a function that the language itself does not have.
	call(name string, args []value) (value, bool)
}

// env is where an expression is evaluated: the names that it can see.
type env struct {
	budget *budget
	res    resolver
	parent *env
	name   string // a variable of a for expression, or each or count
	val    value
	anon   *hclsyntax.AnonSymbolExpr // the symbol of a splat, which stands for val
}

func (e *env) with(name string, val value) *env {
	return &env{budget: e.budget, res: e.res, parent: e, name: name, val: val}
}

// attribute evaluates an argument; unknown where there is none.
func (e *env) attribute(a *attribute) value {
	if a == nil {
		return value{}
	}
	if a.node != nil {
		return e.json(a.src, *a.node)
	}
	if v, ok := literal(a); ok {
		e.budget.spend(1)
		return v
	}
	x := a.expression()
	if x == nil {
		return value{}
	}
	return e.eval(x)
}

// json evaluates a value of the JSON form, in which every string is a template.
func (e *env) json(src *source, v value) value {
	if !e.budget.spend(1) {
		return value{}
	}
	out := v
	switch v.kind {
	case text:
		if !strings.Contains(v.str, "${") && !strings.Contains(v.str, "%{") {
			return v
		}
		x := parseExpression(src, []byte(v.str), v.at.Line, true)
		if x == nil {
			return value{at: v.at}
		}
		return e.eval(x)
	case list:
		out.list = make([]value, len(v.list))
		for i, x := range v.list {
			out.list[i] = e.json(src, x)
		}
	case object:
		out.entries = make([]entry, len(v.entries))
		for i, x := range v.entries {
			out.entries[i] = entry{key: x.key, at: x.at, val: e.json(src, x.val)}
		}
	}
	return out
}

// eval evaluates an expression.
func (e *env) eval(x hclsyntax.Expression) value {
	if !e.budget.spend(1) || e.budget.depth > maxDepth {
		e.budget.spent = true
		return value{}
	}
	e.budget.depth++
	defer func() { e.budget.depth-- }()
	switch x := x.(type) {
	case *hclsyntax.LiteralValueExpr:
		return placed(fromCty(x.Val), x)
	case *hclsyntax.ParenthesesExpr:
		return e.eval(x.Expression)
	case *hclsyntax.TemplateExpr:
		return e.template(x)
	case *hclsyntax.TemplateWrapExpr:
		return e.eval(x.Wrapped)
	case *hclsyntax.TemplateJoinExpr:
		return e.joined(x)
	case *hclsyntax.ScopeTraversalExpr:
		return e.reference(x.Traversal)
	case *hclsyntax.RelativeTraversalExpr:
		return follow(e.eval(x.Source), x.Traversal)
	case *hclsyntax.IndexExpr:
		return e.eval(x.Collection).lookup(e.eval(x.Key))
	case *hclsyntax.ConditionalExpr:
		return e.conditional(x)
	case *hclsyntax.TupleConsExpr:
		return e.tuple(x)
	case *hclsyntax.ObjectConsExpr:
		return e.object(x)
	case *hclsyntax.ForExpr:
		return e.forEach(x)
	case *hclsyntax.SplatExpr:
		return e.splat(x)
	case *hclsyntax.AnonSymbolExpr:
		return e.symbol(x)
	case *hclsyntax.FunctionCallExpr:
		return e.function(x)
	case *hclsyntax.BinaryOpExpr:
		return e.binary(x)
	case *hclsyntax.UnaryOpExpr:
		return e.unary(x)
	}
	return value{}
}

func placed(v value, x hclsyntax.Expression) value {
	r := x.Range()
	v.at = Place{Path: r.Filename, Line: r.Start.Line}
	return v
}

func fromCty(v cty.Value) value {
	switch {
	case !v.IsKnown():
		return value{}
	case v.IsNull():
		return value{kind: null}
	case v.Type() == cty.String:
		return stringValue(v.AsString())
	case v.Type() == cty.Bool:
		return boolValue(v.True())
	case v.Type() == cty.Number:
		n, _ := v.AsBigFloat().Float64()
		return numberValue(n)
	}
	return value{}
}

// template joins the parts of a string. The text of an unknown one holds what is known.
func (e *env) template(x *hclsyntax.TemplateExpr) value {
	var b strings.Builder
	var from, places []value
	known := true
	for _, part := range x.Parts {
		v := e.eval(part)
		s, ok := v.asString()
		if !ok {
			known, s = false, "${"+v.str+"}"
		}
		if !e.budget.spend(len(s) / 64) {
			return value{}
		}
		b.WriteString(s)
		from = append(from, value{owner: v.owner, kind: v.kind, facts: v.facts})
		if _, isText := part.(*hclsyntax.LiteralValueExpr); !isText && v.at.Line > 0 {
			places = append(places, v)
		}
	}
	out := stringValue(b.String())
	if !known {
		out.kind = unknown
	}
	out = out.because(from...)
	if len(places) > 0 {
		out.at = places[len(places)-1].at
		return out
	}
	return placed(out, x)
}

// joined joins the strings that a for directive of a template makes.
func (e *env) joined(x *hclsyntax.TemplateJoinExpr) value {
	v := e.eval(x.Tuple)
	var b strings.Builder
	known := v.kind == list
	for _, item := range v.list {
		s, ok := item.asString()
		known = known && ok
		b.WriteString(s)
	}
	e.budget.spend(b.Len() / 64)
	out := stringValue(b.String())
	if !known {
		out.kind = unknown
	}
	return out.because(v)
}

// reference evaluates a reference: the variables of for expressions first, then what the resolver knows.
func (e *env) reference(t hcl.Traversal) value {
	name := t.RootName()
	for at := e; at != nil; at = at.parent {
		if at.name == name {
			return follow(at.val, t[1:])
		}
	}
	if e.res == nil {
		return value{}
	}
	v, n := e.res.resolve(t, e)
	return follow(v, t[min(n, len(t)):])
}

// follow goes down the attributes and indexes of a reference.
func follow(v value, t hcl.Traversal) value {
	for i, step := range t {
		switch step := step.(type) {
		case hcl.TraverseAttr:
			v = v.get(step.Name)
		case hcl.TraverseIndex:
			v = v.lookup(fromCty(step.Key))
		case hcl.TraverseSplat:
			return splatOver(v, func(x value) value { return follow(x, t[i+1:]) })
		}
	}
	return v
}

func (e *env) conditional(x *hclsyntax.ConditionalExpr) value {
	cond := e.eval(x.Condition)
	if is, ok := cond.asBool(); ok {
		branch := x.FalseResult
		if is {
			branch = x.TrueResult
		}
		v := e.eval(branch)
		v.byDefault = v.byDefault || cond.byDefault
		if cond.at.Line > 0 {
			v.cause = &cond.at
		}
		return v
	}
	yes, no := e.eval(x.TrueResult), e.eval(x.FalseResult)
	if yes.kind != unknown && equal(yes, no) {
		return yes
	}
	out := value{}.because(yes, no, cond)
	out.mayBeNone = yes.isNone() || no.isNone()
	out.err = cond.err
	return out
}

func (e *env) tuple(x *hclsyntax.TupleConsExpr) value {
	vs := make([]value, len(x.Exprs))
	for i, item := range x.Exprs {
		vs[i] = e.eval(item)
	}
	return placed(listValue(vs), x)
}

func (e *env) object(x *hclsyntax.ObjectConsExpr) value {
	es := make([]entry, 0, len(x.Items))
	for _, item := range x.Items {
		key := e.key(item.KeyExpr)
		val := e.eval(item.ValueExpr)
		s, ok := key.asString()
		if !ok {
			return placed(value{}.because(key), x)
		}
		r := item.KeyExpr.Range()
		es = append(es, entry{key: s, at: Place{Path: r.Filename, Line: r.Start.Line}, val: val})
	}
	return placed(objectValue(es), x)
}

// key evaluates the key of an object: a bare word is a string.
func (e *env) key(x hclsyntax.Expression) value {
	if k, ok := x.(*hclsyntax.ObjectConsKeyExpr); ok {
		if word := hcl.ExprAsKeyword(k.Wrapped); word != "" && !k.ForceNonLiteral {
			return stringValue(word)
		}
		return e.eval(k.Wrapped)
	}
	return e.eval(x)
}

func (e *env) splat(x *hclsyntax.SplatExpr) value {
	src := e.eval(x.Source)
	return splatOver(src, func(item value) value {
		inner := &env{budget: e.budget, res: e.res, parent: e, anon: x.Item, val: item}
		return inner.eval(x.Each)
	})
}

func splatOver(src value, each func(value) value) value {
	switch src.kind {
	case unknown:
		return value{owner: src.owner, facts: src.facts}
	case null:
		return listValue(nil)
	case list:
		vs := make([]value, len(src.list))
		for i, item := range src.list {
			vs[i] = each(item)
		}
		return listValue(vs).because(value{kind: list, facts: src.facts})
	}
	return listValue([]value{each(src)})
}

func (e *env) symbol(x *hclsyntax.AnonSymbolExpr) value {
	for at := e; at != nil; at = at.parent {
		if at.anon == x {
			return at.val
		}
	}
	return value{}
}

func (e *env) forEach(x *hclsyntax.ForExpr) value {
	coll := e.eval(x.CollExpr)
	es, ok := coll.elements()
	if !ok {
		return value{}.because(coll)
	}
	f := &forLoop{env: e, x: x, sure: true}
	if x.KeyExpr == nil {
		f.vals = make([]value, 0, min(len(es), max(e.budget.steps, 0)))
	}
	for i, item := range es {
		key := stringValue(item.key)
		if coll.kind == list {
			key = numberValue(float64(i))
		}
		key.at = item.at
		if !f.turn(key, item.val) {
			return value{}.because(coll)
		}
	}
	out := f.result()
	out.byDefault = out.byDefault || coll.byDefault || !f.sure
	return out
}

// forLoop collects what a for expression makes.
type forLoop struct {
	*env
	x       *hclsyntax.ForExpr
	sure    bool // all conditions are known
	vals    []value
	entries []entry
}

// turn makes one element; false where its key is unknown.
func (f *forLoop) turn(key, val value) bool {
	in := f.with(f.x.ValVar, val)
	if f.x.KeyVar != "" {
		in = in.with(f.x.KeyVar, key)
	}
	if f.x.CondExpr != nil {
		cond := in.eval(f.x.CondExpr)
		is, ok := cond.asBool()
		f.sure = f.sure && ok && !cond.byDefault
		if ok && !is {
			return f.spend()
		}
	}
	v := in.eval(f.x.ValExpr)
	if f.x.KeyExpr == nil {
		f.vals = append(f.vals, v)
		return f.spend()
	}
	k := in.eval(f.x.KeyExpr)
	s, ok := k.asString()
	if !ok {
		return false
	}
	at := k.at
	if at.Line == 0 || key.at.Line > 0 && key.at.Path != at.Path {
		at = key.at
	}
	f.entries = append(f.entries, entry{key: s, at: at, val: v})
	return f.spend()
}

func (f *forLoop) spend() bool { return f.budget.spend(1) }

func (f *forLoop) result() value {
	if f.x.KeyExpr == nil {
		return listValue(f.vals)
	}
	if !f.x.Group {
		return objectValue(f.entries)
	}
	groups := map[string]int{}
	var es []entry
	for _, item := range f.entries {
		i, ok := groups[item.key]
		if !ok {
			i = len(es)
			groups[item.key] = i
			es = append(es, entry{key: item.key, at: item.at, val: listValue(nil)})
		}
		es[i].val.list = append(es[i].val.list, item.val)
	}
	return objectValue(es)
}

func (e *env) unary(x *hclsyntax.UnaryOpExpr) value {
	v := e.eval(x.Val)
	if x.Op == hclsyntax.OpNegate {
		if n, ok := v.asNumber(); ok {
			return numberValue(-n).because(v)
		}
	} else if is, ok := v.asBool(); ok {
		return boolValue(!is).because(v)
	}
	return value{}.because(v)
}

func (e *env) binary(x *hclsyntax.BinaryOpExpr) value {
	a, b := e.eval(x.LHS), e.eval(x.RHS)
	v, ok := operate(x.Op, a, b)
	if !ok {
		return value{}.because(a, b)
	}
	return v.because(value{kind: v.kind, facts: a.facts}, value{kind: v.kind, facts: b.facts})
}

// operate is false where the outcome cannot be known.
func operate(op *hclsyntax.Operation, a, b value) (value, bool) {
	switch op {
	case hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalOr:
		return logical(op == hclsyntax.OpLogicalOr, a, b)
	case hclsyntax.OpEqual, hclsyntax.OpNotEqual:
		if !a.wholly() || !b.wholly() {
			return value{}, false
		}
		return boolValue(equal(a, b) == (op == hclsyntax.OpEqual)), true
	}
	x, ok := a.asNumber()
	y, ok2 := b.asNumber()
	if !ok || !ok2 {
		return value{}, false
	}
	return arithmetic(op, x, y)
}

// logical decides by one side where that is enough.
func logical(decisive bool, a, b value) (value, bool) {
	x, ok := a.asBool()
	y, ok2 := b.asBool()
	switch {
	case ok && x == decisive, ok2 && y == decisive:
		return boolValue(decisive), true
	case ok && ok2:
		return boolValue(!decisive), true
	}
	return value{}, false
}

func arithmetic(op *hclsyntax.Operation, x, y float64) (value, bool) {
	switch op {
	case hclsyntax.OpAdd:
		return numberValue(x + y), true
	case hclsyntax.OpSubtract:
		return numberValue(x - y), true
	case hclsyntax.OpMultiply:
		return numberValue(x * y), true
	case hclsyntax.OpDivide:
		return numberValue(x / y), y != 0
	case hclsyntax.OpModulo:
		return numberValue(math.Mod(x, y)), y != 0
	case hclsyntax.OpGreaterThan:
		return boolValue(x > y), true
	case hclsyntax.OpGreaterThanOrEqual:
		return boolValue(x >= y), true
	case hclsyntax.OpLessThan:
		return boolValue(x < y), true
	case hclsyntax.OpLessThanOrEqual:
		return boolValue(x <= y), true
	}
	return value{}, false
}
