package declare

import "slices"

// collectionFunctions are the functions over lists, sets and maps.
var collectionFunctions = map[string]function{
	"length":       strict(1, length),
	"keys":         strict(1, keysOf),
	"values":       strict(1, valuesOf),
	"element":      strict(2, element),
	"lookup":       {eval: lookupIn},
	"merge":        {eval: merge},
	"concat":       {eval: concat},
	"flatten":      {eval: flattenAll},
	"compact":      strict(1, compactList),
	"coalesce":     {eval: coalesce},
	"coalescelist": {eval: coalesce},
	"contains":     strict(2, contains),
	"distinct":     strict(1, distinct),
	"index":        strict(2, indexOf),
	"one":          strict(1, onlyOne),
	"range":        strict(1, rangeOf),
	"reverse":      strict(1, reverseList),
	"slice":        strict(3, sliceOf),
	"sort":         strict(1, func(a []value) value { return listValue(sortedTexts(a[0])) }),
	"chunklist":    strict(2, chunks),
	"zipmap":       strict(2, zip),
	"setproduct":   {eval: product},
	"setunion":     {eval: func(e *env, a []value) value { return toSet(concat(e, a)) }},
	"setintersection": strict(1, func(a []value) value {
		return pick(a, func(in []bool) bool { return !slices.Contains(in, false) })
	}),
	"setsubtract": strict(2, func(a []value) value {
		return pick(a, func(in []bool) bool { return !in[1] })
	}),
	"tolist":   strict(1, toList),
	"toset":    strict(1, func(a []value) value { return toSet(a[0]) }),
	"tomap":    strict(1, func(a []value) value { return a[0] }),
	"list":     {eval: func(_ *env, a []value) value { return listValue(a) }}, // of Terraform 0.11, as map
	"map":      {eval: func(_ *env, a []value) value { return pairs(a) }},
	"alltrue":  strict(1, func(a []value) value { return quantify(a[0], false) }),
	"anytrue":  strict(1, func(a []value) value { return quantify(a[0], true) }),
	"defaults": strict(2, func(a []value) value { return a[0] }),
}

func length(a []value) value {
	switch a[0].kind {
	case text:
		return numberValue(float64(len([]rune(a[0].str))))
	case object:
		return numberValue(float64(len(a[0].entries)))
	case list:
		return numberValue(float64(len(a[0].list)))
	}
	return missing()
}

func keysOf(a []value) value {
	var vs []value
	for _, e := range a[0].entries {
		k := stringValue(e.key)
		k.at = e.at
		vs = append(vs, k)
	}
	return listValue(vs)
}

func valuesOf(a []value) value {
	if a[0].kind == list {
		return a[0]
	}
	var vs []value
	for _, e := range a[0].entries {
		vs = append(vs, placedAt(e.val, e.at))
	}
	return listValue(vs)
}

func placedAt(v value, at Place) value {
	if v.at.Line == 0 {
		v.at = at
	}
	return v
}

func element(a []value) value {
	n, ok := a[1].asNumber()
	if !ok || len(a[0].list) == 0 {
		return missing()
	}
	i := int(n) % len(a[0].list)
	if i < 0 {
		i += len(a[0].list)
	}
	return a[0].index(i)
}

func lookupIn(_ *env, a []value) value {
	if len(a) < 2 {
		return missing()
	}
	v := a[0].lookup(a[1])
	if v.err && len(a) > 2 && a[0].kind != unknown && a[1].kind != unknown {
		return a[2]
	}
	return v
}

// merge joins maps. One that is unknown among known ones leaves what is known, and a doubt.
func merge(_ *env, a []value) value {
	var es []entry
	doubt, known := false, false
	for _, m := range a {
		switch m.kind {
		case unknown:
			doubt = true
		case object:
			known = known || len(m.entries) > 0
			es = append(es, m.entries...)
		}
	}
	if doubt && !known {
		return value{}
	}
	out := objectValue(es)
	out.byDefault = doubt
	return out
}

func concat(_ *env, a []value) value {
	var vs []value
	doubt := false
	for _, l := range a {
		doubt = doubt || l.kind == unknown
		vs = append(vs, l.list...)
	}
	if doubt && len(vs) == 0 {
		return value{}
	}
	out := listValue(vs)
	out.byDefault = doubt
	return out
}

func flattenAll(e *env, a []value) value {
	if len(a) == 0 || a[0].kind != list {
		return value{}
	}
	out := listValue(nil)
	flattenInto(e, &out, a[0], 0)
	if out.byDefault && len(out.list) == 0 {
		return value{}
	}
	return out
}

func flattenInto(e *env, out *value, v value, depth int) {
	for _, x := range v.list {
		switch {
		case x.kind == list && depth < maxNesting:
			out.byDefault = out.byDefault || x.byDefault
			flattenInto(e, out, x, depth+1)
		case x.kind == unknown:
			out.byDefault = true
		default:
			if e.budget.spend(1) {
				out.list = append(out.list, x)
			}
		}
	}
}

func compactList(a []value) value {
	var vs []value
	for _, v := range a[0].list {
		if v.kind != null && (v.kind != text || v.str != "") {
			vs = append(vs, v)
		}
	}
	return listValue(vs)
}

func coalesce(_ *env, a []value) value {
	for _, v := range a {
		if v.kind == unknown || !isEmpty(v) {
			return v
		}
	}
	return missing()
}

func isEmpty(v value) bool {
	return v.kind == null || v.kind == text && v.str == "" || v.kind == list && len(v.list) == 0
}

func contains(a []value) value {
	for _, v := range a[0].list {
		if v.kind == unknown {
			return value{}
		}
		if equal(v, a[1]) {
			return boolValue(true)
		}
	}
	return boolValue(false)
}

func distinct(a []value) value {
	seen := map[string]bool{}
	var vs []value
	for _, v := range a[0].list {
		if s, ok := v.asString(); ok {
			if seen[s] {
				continue
			}
			seen[s] = true
		}
		vs = append(vs, v)
	}
	return listValue(vs)
}

func indexOf(a []value) value {
	for i, v := range a[0].list {
		if equal(v, a[1]) {
			return numberValue(float64(i))
		}
	}
	return missing()
}

func onlyOne(a []value) value {
	switch {
	case a[0].kind != list || len(a[0].list) > 1:
		return missing()
	case len(a[0].list) == 0:
		return value{kind: null}
	}
	return a[0].index(0)
}

const maxRange = 1024 // elements, as Terraform has it

func rangeOf(a []value) value {
	from, to, step := 0.0, 0.0, 1.0
	switch len(a) {
	case 1:
		to, _ = a[0].asNumber()
	default:
		from, _ = a[0].asNumber()
		to, _ = a[1].asNumber()
	}
	if len(a) > 2 {
		step, _ = a[2].asNumber()
	} else if to < from {
		step = -1
	}
	var vs []value
	for n := from; step > 0 && n < to || step < 0 && n > to; n += step {
		if len(vs) >= maxRange {
			return value{}
		}
		vs = append(vs, numberValue(n))
	}
	return listValue(vs)
}

func reverseList(a []value) value {
	vs := slices.Clone(a[0].list)
	slices.Reverse(vs)
	return listValue(vs)
}

func sliceOf(a []value) value {
	from, _ := a[1].asNumber()
	to, _ := a[2].asNumber()
	if from < 0 || to < from || to > float64(len(a[0].list)) {
		return missing()
	}
	return listValue(a[0].list[int(from):int(to)])
}

func sortedTexts(v value) []value { return sortedKeeping(v.list) }

// sortedKeeping sorts as toset does and keeps repetitions.
func sortedKeeping(vs []value) []value {
	vs = slices.Clone(vs)
	slices.SortStableFunc(vs, compareTexts)
	return vs
}

func chunks(a []value) value {
	n, _ := a[1].asNumber()
	if n < 1 {
		return missing()
	}
	var vs []value
	for c := range slices.Chunk(a[0].list, int(n)) {
		vs = append(vs, listValue(c))
	}
	return listValue(vs)
}

func zip(a []value) value {
	if len(a[0].list) != len(a[1].list) {
		return missing()
	}
	var es []entry
	for i, k := range a[0].list {
		s, ok := k.asString()
		if !ok {
			return value{}
		}
		es = append(es, entry{key: s, at: k.at, val: a[1].index(i)})
	}
	return objectValue(es)
}

// product makes all combinations, as far as the budget goes.
func product(e *env, a []value) value {
	if anyUnknown(a) {
		return value{}
	}
	rows := [][]value{nil}
	for _, l := range a {
		var next [][]value
		for _, row := range rows {
			for _, v := range l.list {
				if !e.budget.spend(1 + len(row)) {
					return value{}
				}
				next = append(next, append(slices.Clone(row), v))
			}
		}
		rows = next
	}
	vs := make([]value, len(rows))
	for i, row := range rows {
		vs[i] = listValue(row)
		if len(row) > 0 {
			vs[i].at = row[len(row)-1].at
		}
	}
	return listValue(vs)
}

// pick keeps the elements of the first set by which of the sets hold them.
func pick(sets []value, keep func(in []bool) bool) value {
	held := make([]map[string]bool, len(sets))
	for i, s := range sets {
		held[i] = map[string]bool{}
		for _, v := range s.list {
			w, ok := v.asString()
			if !ok {
				return value{}
			}
			held[i][w] = true
		}
	}
	var vs []value
	for _, v := range sets[0].list {
		w, _ := v.asString()
		in := make([]bool, len(sets))
		for i := range sets {
			in[i] = held[i][w]
		}
		if keep(in) {
			vs = append(vs, v)
		}
	}
	return listValue(sortedSet(vs))
}

// pairs makes a map of keys and values by turns.
func pairs(a []value) value {
	var es []entry
	for i := 0; i+1 < len(a); i += 2 {
		s, ok := a[i].asString()
		if !ok {
			return value{}
		}
		es = append(es, entry{key: s, at: a[i].at, val: a[i+1]})
	}
	return objectValue(es)
}

func toList(a []value) value {
	if a[0].kind == object {
		return valuesOf(a)
	}
	return a[0]
}

func toSet(v value) value {
	if v.kind != list {
		return v
	}
	out := v
	out.list = sortedSet(v.list)
	return out
}

func quantify(v value, any bool) value {
	for _, x := range v.list {
		is, ok := x.asBool()
		if !ok {
			return value{}
		}
		if is == any {
			return boolValue(any)
		}
	}
	return boolValue(!any)
}
