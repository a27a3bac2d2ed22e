package declare

import (
	"strings"
	"text/template/parse"
)

// pipe evaluates a pipeline and gives its variables their values.
func (t *helmTemplate) pipe(p *parse.PipeNode, dot value) value {
	if p == nil {
		return value{kind: null}
	}
	v := value{kind: null}
	for n, c := range p.Cmds {
		var piped []value
		if n > 0 {
			piped = []value{v}
		}
		v = t.command(c, dot, piped)
	}
	for _, d := range p.Decl {
		if p.IsAssign {
			v = value{} // a later part sees it only where this one was run
		}
		t.assign(d.Ident[0], v, p.IsAssign)
	}
	return v
}

func (t *helmTemplate) assign(name string, v value, known bool) {
	for i := len(t.vars) - 1; i >= 0 && known; i-- {
		if t.vars[i].name == name {
			t.vars[i].val = v
			return
		}
	}
	t.vars = append(t.vars, binding{name, v})
}

func (t *helmTemplate) command(c *parse.CommandNode, dot value, piped []value) value {
	if t.steps -= len(c.Args); t.steps < 0 {
		return value{}
	}
	id, isCall := c.Args[0].(*parse.IdentifierNode)
	if !isCall {
		return t.operand(c.Args[0], dot)
	}
	var args []value
	for _, a := range c.Args[1:] {
		args = append(args, t.operand(a, dot))
	}
	return t.call(id.Ident, append(args, piped...))
}

// operand evaluates an argument.
func (t *helmTemplate) operand(n parse.Node, dot value) value {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.NilNode:
		return value{kind: null}
	case *parse.BoolNode:
		return boolValue(n.True)
	case *parse.NumberNode:
		return numberValue(n.Float64)
	case *parse.StringNode:
		return stringValue(n.Text)
	case *parse.FieldNode:
		return fields(dot, n.Ident)
	case *parse.VariableNode:
		return fields(t.variable(n.Ident[0]), n.Ident[1:])
	case *parse.ChainNode:
		return fields(t.operand(n.Node, dot), n.Field)
	case *parse.PipeNode:
		if t.depth++; t.depth > maxChartDepth {
			return value{}
		}
		v := t.pipe(n, dot)
		t.depth--
		return v
	case *parse.IdentifierNode:
		return t.call(n.Ident, nil)
	}
	return value{}
}

func (t *helmTemplate) variable(name string) value {
	if name == "$" {
		return t.top
	}
	for i := len(t.vars) - 1; i >= 0; i-- {
		if t.vars[i].name == name {
			return t.vars[i].val
		}
	}
	return value{}
}

// fields follows names down. A value that is text with template words is filled in elsewhere.
func fields(v value, names []string) value {
	for _, n := range names {
		if v.kind == null {
			v = missing().because(value{facts: v.facts})
			v.err = true
			continue
		}
		err := v.kind == unknown && v.err
		byDefault := v.byDefault
		v = v.get(n)
		v.byDefault = v.byDefault || byDefault
		v.err = v.err || err
	}
	return v
}

// call evaluates the functions that names and conditions are made with.
func (t *helmTemplate) call(name string, args []value) value {
	if out, ok := helmLogic(name, args); ok {
		return out
	}
	if name == "include" && len(args) == 2 {
		word, _ := args[0].asString()
		return t.include(word, args[1])
	}
	if anyUnknown(args) || len(args) == 0 {
		return value{}.because(args...)
	}
	last := args[len(args)-1]
	facts := make([]value, len(args))
	for i, a := range args {
		facts[i] = value{facts: a.facts}
	}
	return placedAt(helmText(name, args, last).because(facts...), last.at)
}

// helmLogic evaluates the functions that an absent value does not stop.
func helmLogic(name string, args []value) (value, bool) {
	switch {
	case name == "default" && len(args) == 2:
		if is, ok := helmTruth(args[1]); !ok || is {
			return args[1], true
		}
		return args[0].because(value{facts: facts{byDefault: args[1].byDefault}}), true
	case name == "not" && len(args) == 1, name == "empty" && len(args) == 1:
		is, ok := helmTruth(args[0])
		if !ok {
			return value{}, true
		}
		return boolValue(!is).because(value{facts: facts{byDefault: args[0].byDefault}}), true
	case (name == "and" || name == "or") && len(args) > 0:
		return helmJunction(args, name == "or"), true
	case (name == "eq" || name == "ne") && len(args) == 2:
		return helmEqual(args, name == "ne"), true
	case name == "ternary" && len(args) == 3:
		is, ok := helmTruth(args[2])
		if !ok {
			return value{}, true
		}
		if is {
			return args[0].because(value{facts: facts{byDefault: args[2].byDefault}}), true
		}
		return args[1].because(value{facts: facts{byDefault: args[2].byDefault}}), true
	case name == "hasKey" && len(args) == 2 && args[0].kind == object:
		key, _ := args[1].asString()
		return boolValue(!args[0].get(key).err).because(value{facts: facts{byDefault: args[0].byDefault}}), true
	case name == "list":
		return listValue(args), true
	case name == "dict":
		var es []entry
		for i := 0; i+1 < len(args); i += 2 {
			key, _ := args[i].asString()
			es = append(es, entry{key: key, val: args[i+1]})
		}
		return objectValue(es), true
	}
	return value{}, false
}

// helmEqual compares two values, of which an absent one is nothing.
func helmEqual(args []value, not bool) value {
	for i := range args {
		if args[i].kind == unknown && args[i].err {
			args[i] = value{kind: null, facts: facts{byDefault: args[i].byDefault}}
		}
	}
	v := compared(args[0], args[1], "==")
	if not {
		v = negated(v)
	}
	return v
}

// helmJunction is and or or: the first argument that decides, or the last.
func helmJunction(args []value, decisive bool) value {
	doubt := false
	byDefault := false
	for _, a := range args {
		is, ok := helmTruth(a)
		byDefault = byDefault || a.byDefault
		switch {
		case ok && is == decisive:
			return a.because(value{facts: facts{byDefault: byDefault}})
		case !ok:
			doubt = true
		}
	}
	if doubt {
		return value{}
	}
	return args[len(args)-1].because(value{facts: facts{byDefault: byDefault}})
}

// helmText evaluates the functions of texts and lists whose arguments are known.
func helmText(name string, args []value, last value) value {
	s, isText := last.asString()
	switch name {
	case "quote", "squote", "toString", "tpl", "required":
		if name == "tpl" {
			s, isText = args[0].asString()
		}
		if isText && !hasTemplate(s) {
			return stringValue(s)
		}
	case "lower", "upper", "trim":
		return jinjaFilter(nil, name, last, nil)
	case "trunc":
		if n, ok := args[0].asNumber(); ok && len(args) == 2 && isText && n >= 0 {
			return stringValue(s[:min(len(s), int(n))])
		}
	case "trimSuffix", "trimPrefix":
		cut, _ := args[0].asString()
		if name == "trimSuffix" {
			return stringValue(strings.TrimSuffix(s, cut))
		}
		return stringValue(strings.TrimPrefix(s, cut))
	case "printf", "print":
		if name == "printf" {
			return formatText(args)
		}
		return joinedParts("", args)
	case "toYaml", "toJson", "nindent", "indent", "fromYaml", "mustToYaml":
		return helmYAML(name, args, last)
	case "index", "get":
		v := args[0]
		for _, key := range args[1:] {
			v = v.lookup(key)
		}
		return v
	case "len":
		return length([]value{last})
	case "until":
		return rangeOf([]value{last})
	case "keys", "values", "sortAlpha":
		return map[string]func([]value) value{"keys": keysOf, "values": valuesOf, "sortAlpha": toList}[name]([]value{last})
	}
	return value{}
}

// helmYAML writes a value in JSON, which is YAML on one line.
func helmYAML(name string, args []value, last value) value {
	s, ok := last.asString()
	switch {
	case name == "fromYaml":
		return value{}
	case name == "nindent" && ok:
		n, _ := args[0].asNumber()
		return stringValue("\n" + strings.Repeat(" ", min(max(int(n), 0), 100)) + s)
	case name == "indent" && ok:
		n, _ := args[0].asNumber()
		return stringValue(strings.Repeat(" ", min(max(int(n), 0), 100)) + s)
	case last.wholly():
		var b strings.Builder
		encodeJSON(&b, last, 0)
		return stringValue(b.String())
	}
	return value{}
}
