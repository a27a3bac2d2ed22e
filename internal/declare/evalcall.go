package declare

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// function evaluates a call. What is not known to be pure is unknown.
func (e *env) function(x *hclsyntax.FunctionCallExpr) value {
	switch x.Name {
	case "try":
		return e.try(x)
	case "can":
		return e.can(x)
	}
	args := e.arguments(x)
	if f, ok := functions[x.Name]; ok {
		cost := 0
		for _, a := range args {
			cost += len(a.str)/64 + len(a.list) + len(a.entries)
		}
		if !e.budget.spend(cost) {
			return value{}
		}
		if f.strict && anyUnknown(args) {
			return value{}.because(args...)
		}
		return withFacts(f.eval(e, args), args)
	}
	if e.res != nil {
		if v, ok := e.res.call(x.Name, args); ok {
			return withFacts(v, args)
		}
	}
	out := value{}.because(args...)
	out.err = false
	return out
}

// withFacts adds to the outcome of a function what its arguments carry. An outcome that knows where it
// comes from keeps that.
func withFacts(v value, args []value) value {
	for _, a := range args {
		if v.kind != unknown {
			a.err, a.mayBeNone = false, false
		}
		v = v.because(a)
	}
	return v
}

func anyUnknown(args []value) bool {
	for _, a := range args {
		if a.kind == unknown {
			return true
		}
	}
	return false
}

func (e *env) arguments(x *hclsyntax.FunctionCallExpr) []value {
	args := make([]value, 0, len(x.Args))
	for i, a := range x.Args {
		v := e.eval(a)
		if x.ExpandFinal && i == len(x.Args)-1 {
			if v.kind == list {
				args = append(args, v.list...)
				continue
			}
			v = value{}.because(v)
		}
		args = append(args, v)
	}
	return args
}

// try returns the first argument that asks for nothing that is not there.
func (e *env) try(x *hclsyntax.FunctionCallExpr) value {
	for _, a := range x.Args {
		if v := e.eval(a); !v.err || v.kind != unknown {
			return v
		}
	}
	return missing()
}

func (e *env) can(x *hclsyntax.FunctionCallExpr) value {
	if len(x.Args) != 1 {
		return value{}
	}
	v := e.eval(x.Args[0])
	if v.kind == unknown && !v.err {
		return value{}.because(v)
	}
	return boolValue(!v.err)
}

// function is one function of the language.
type function struct {
	// strict: unknown when one of the arguments is.
	strict bool
	eval   func(e *env, args []value) value
}

func strict(min int, f func(args []value) value) function {
	return function{strict: true, eval: func(_ *env, args []value) value {
		if len(args) < min {
			return missing()
		}
		return f(args)
	}}
}

// onText makes a function of one string.
func onText(f func(string) string) function {
	return strict(1, func(args []value) value {
		s, ok := args[0].asString()
		if !ok {
			return missing()
		}
		out := stringValue(f(s))
		out.at = args[0].at
		return out
	})
}

func onTexts(f func(a, b string) value) function {
	return strict(2, func(args []value) value {
		a, ok := args[0].asString()
		b, ok2 := args[1].asString()
		if !ok || !ok2 {
			return missing()
		}
		return f(a, b)
	})
}

func onNumbers(f func(a, b float64) float64) function {
	return strict(1, func(args []value) value {
		if len(args) == 1 && args[0].kind == list {
			args = args[0].list
		}
		var sum float64
		for i, a := range args {
			n, ok := a.asNumber()
			if !ok {
				return value{}
			}
			if i == 0 {
				sum = n
			} else {
				sum = f(sum, n)
			}
		}
		return numberValue(sum)
	})
}
