package declare

import (
	"slices"
	"strconv"
	"strings"
)

// yesOrNo reads the words that YAML once took for booleans.
func yesOrNo(s string) (is, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1", "y", "t":
		return true, true
	case "false", "no", "off", "0", "n", "f":
		return false, true
	}
	return false, false
}

// jinjaCall evaluates the functions that make lists of what is given to them.
func jinjaCall(name string, args []jinjaArgument) value {
	switch {
	case name == "range" && len(args) > 0:
		var vs []value
		for _, a := range args {
			vs = append(vs, a.val)
		}
		if anyUnknown(vs) {
			return value{}
		}
		return rangeOf(vs)
	case (name == "query" || name == "q" || name == "lookup") && len(args) == 2:
		switch plugin, _ := args[0].val.asString(); plugin {
		case "list", "items", "ansible.builtin.list", "ansible.builtin.items", "flattened":
			return jinjaFlatten(args[1].val, 1)
		case "dict", "ansible.builtin.dict":
			return jinjaFilter(nil, "dict2items", args[1].val, nil)
		}
	}
	return value{}
}

// argument returns an argument by its place or its name.
func argument(args []jinjaArgument, n int, name string) value {
	place := 0
	for _, a := range args {
		if a.name == name && name != "" {
			return a.val
		}
		if a.name != "" {
			continue
		}
		if place == n {
			return a.val
		}
		place++
	}
	return value{kind: null}
}

// jinjaFilter applies a filter; unknown where the filter or its value is.
func jinjaFilter(j *jinja, name string, v value, args []jinjaArgument) value {
	if name == "default" || name == "d" {
		return jinjaDefault(v, args)
	}
	if v.kind == unknown {
		return value{}.because(v)
	}
	facts := value{facts: v.facts}
	if out, ok := jinjaTextFilter(name, v, args); ok {
		return placedAt(out.because(facts), v.at)
	}
	return jinjaListFilter(j, name, v, args).because(facts)
}

func jinjaListFilter(j *jinja, name string, v value, args []jinjaArgument) value {
	out := value{}
	switch name {
	case "bool":
		is, _ := truth(v)
		out = boolValue(is)
	case "list", "sort", "sorted":
		out = jinjaList(v)
	case "unique":
		out = listValue(slices.Clone(v.list))
		out.list = compactEqual(out.list)
	case "flatten":
		out = jinjaFlatten(v, maxJinjaDepth)
	case "dict2items":
		out = jinjaItems(v, func(key, val value) value {
			return objectValue([]entry{{key: "key", at: key.at, val: key}, {key: "value", at: val.at, val: val}})
		})
	case "items", "dictsort", "iteritems":
		out = jinjaItems(v, func(key, val value) value { return listValue([]value{key, val}) })
	case "first":
		out = j.known(v.index(0))
	case "last":
		out = j.known(v.index(len(v.list) - 1))
	case "length", "count":
		out = length([]value{v})
	case "map":
		out = jinjaMap(j, v, args)
	case "selectattr", "rejectattr":
		out = jinjaSelect(j, v, args, name == "selectattr")
	case "combine":
		out = jinjaCombine(v, args)
	case "union":
		out = summed(v, argument(args, 0, ""))
	case "difference":
		out = jinjaDifference(v, argument(args, 0, ""))
	}
	return out
}

// jinjaDefault is the value, or the argument where there is none.
func jinjaDefault(v value, args []jinjaArgument) value {
	other := argument(args, 0, "default_value")
	also, _ := truth(argument(args, 1, "boolean"))
	switch {
	case v.kind == unknown && v.err:
		return other.because(value{facts: facts{byDefault: v.byDefault}})
	case v.kind == unknown:
		return v
	case also && v.isNone():
		return other.because(value{facts: v.facts})
	}
	return v
}

func jinjaTextFilter(name string, v value, args []jinjaArgument) (value, bool) {
	s, ok := v.asString()
	if !ok {
		return value{}, false
	}
	switch name {
	case "lower":
		return stringValue(strings.ToLower(s)), true
	case "upper":
		return stringValue(strings.ToUpper(s)), true
	case "trim", "strip", "string", "quote":
		return stringValue(strings.TrimSpace(s)), true
	case "int", "float":
		n, _ := v.asNumber()
		return numberValue(n), true
	case "replace":
		from, ok := argument(args, 0, "").asString()
		to, ok2 := argument(args, 1, "").asString()
		if ok && ok2 && from != "" && len(s)*(len(to)+1) < 1<<16 {
			return stringValue(strings.ReplaceAll(s, from, to)), true
		}
		return value{}, true
	case "split":
		if sep, ok := argument(args, 0, "").asString(); ok && sep != "" {
			return texts(strings.Split(s, sep)), true
		}
		return texts(strings.Fields(s)), true
	}
	return value{}, false
}

func jinjaList(v value) value {
	switch v.kind {
	case list:
		return v
	case object:
		return keysOf([]value{v})
	}
	return value{}
}

// jinjaItems makes a list of the entries of an object.
func jinjaItems(v value, each func(key, val value) value) value {
	if v.kind != object {
		return value{}
	}
	var vs []value
	for _, e := range v.entries {
		x := each(placedAt(stringValue(e.key), e.at), e.val)
		x.at = e.at
		vs = append(vs, x)
	}
	return listValue(vs)
}

func jinjaFlatten(v value, levels int) value {
	if v.kind != list {
		return v
	}
	var vs []value
	for _, x := range v.list {
		if x.kind == list && levels > 0 {
			vs = append(vs, jinjaFlatten(x, levels-1).list...)
		} else {
			vs = append(vs, x)
		}
	}
	out := listValue(vs)
	out.at = v.at
	return out.because(value{facts: v.facts})
}

func compactEqual(vs []value) []value {
	var out []value
	for _, v := range vs {
		if len(out) > maxExpanded || !slices.ContainsFunc(out, func(o value) bool { return equal(o, v) }) {
			out = append(out, v)
		}
	}
	return out
}

// jinjaMap takes an attribute of every item.
func jinjaMap(j *jinja, v value, args []jinjaArgument) value {
	name, ok := argument(args, -1, "attribute").asString()
	if !ok || v.kind != list {
		return value{}
	}
	var vs []value
	for _, x := range v.list {
		vs = append(vs, placedAt(j.known(x.get(name)), x.at))
	}
	return listValue(vs)
}

// jinjaSelect keeps the items of which an attribute holds, or is equal to something.
func jinjaSelect(j *jinja, v value, args []jinjaArgument, keep bool) value {
	name, ok := argument(args, 0, "").asString()
	test, _ := argument(args, 1, "").asString()
	if !ok || v.kind != list {
		return value{}
	}
	var vs []value
	for _, x := range v.list {
		attr := j.known(x.get(name))
		var is, known bool
		switch test {
		case "":
			is, known = truth(attr)
			known = known || attr.err
		case "defined":
			is, known = attr.kind != unknown, attr.kind != unknown || attr.err
		case "equalto", "==", "eq":
			is, known = truth(compared(attr, argument(args, 2, ""), "=="))
		}
		if !known {
			return value{}
		}
		if is == keep {
			vs = append(vs, x)
		}
	}
	return listValue(vs)
}

func jinjaCombine(v value, args []jinjaArgument) value {
	out := slices.Clone(v.entries)
	for _, a := range args {
		if a.name == "" && a.val.kind != object {
			return value{}
		}
		out = append(out, a.val.entries...)
	}
	return objectValue(out)
}

func jinjaDifference(a, b value) value {
	if a.kind != list || b.kind != list || len(a.list)*len(b.list) > maxJSONValues {
		return value{}
	}
	return listValue(slices.DeleteFunc(slices.Clone(a.list), func(x value) bool {
		return slices.ContainsFunc(b.list, func(y value) bool { return equal(x, y) })
	}))
}

// fromDatum turns a value of YAML into one of an expression.
func fromDatum(d *datum, path string, steps *int, depth int) value {
	if *steps--; *steps < 0 || depth > maxDataDepth {
		return value{}
	}
	at := Place{Path: path, Line: 1}
	if d != nil {
		at.Line = int(d.line)
	}
	switch {
	case d.is(mapping):
		var es []entry
		for _, p := range d.pairs() {
			if *steps < 0 {
				break
			}
			es = append(es, entry{key: p.key.text, at: Place{Path: path, Line: int(p.key.line)}, val: fromDatum(p.val, path, steps, depth+1)})
		}
		return placedAt(objectValue(es), at)
	case d.is(sequence):
		var vs []value
		for _, k := range d.kids {
			if *steps < 0 {
				break
			}
			vs = append(vs, fromDatum(k, path, steps, depth+1))
		}
		return placedAt(listValue(vs), at)
	}
	return placedAt(scalarValue(d), at)
}

func scalarValue(d *datum) value {
	switch {
	case d.isNull():
		return value{kind: null}
	case d.quoted || d.tag != "":
		return stringValue(d.text)
	}
	switch strings.ToLower(d.text) {
	case "true", "yes", "on":
		return boolValue(true)
	case "false", "no", "off":
		return boolValue(false)
	}
	if n, err := strconv.ParseFloat(d.text, 64); err == nil && strconv.FormatFloat(n, 'f', -1, 64) == d.text {
		return numberValue(n)
	}
	return stringValue(d.text)
}
