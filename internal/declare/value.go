package declare

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// value is the outcome of an expression. Beside what it is, it carries what a review asks: where the
// text stands that says so, which user it names, and whether a default decided.
type value struct {
	kind    valueKind
	str     string // a string; of an unknown string, what is known of it
	num     float64
	list    []value
	entries []entry // sorted by key
	at      Place   // the literal that it comes from
	owner   string  // the address of the user whose name it is
	cause   *Place  // where the condition stands that chose it
	facts
}

// facts are what goes from the parts of an expression to its outcome.
type facts struct {
	byDefault bool // the default of a variable decides
	mayBeNone bool // unknown, and an unknown condition could leave nothing
	err       bool // unknown because the expression asks for what is not there
}

type valueKind uint8

const (
	unknown valueKind = iota
	null
	boolean
	number
	text
	list // lists, tuples and sets
	object
)

type entry struct {
	key string
	at  Place
	val value
}

func stringValue(s string) value { return value{kind: text, str: s} }

func numberValue(n float64) value { return value{kind: number, num: n} }

func boolValue(b bool) value {
	if b {
		return value{kind: boolean, num: 1}
	}
	return value{kind: boolean}
}

func listValue(vs []value) value { return value{kind: list, list: vs} }

// objectValue sorts the entries; of two with the same key the later one holds.
func objectValue(es []entry) value {
	slices.SortStableFunc(es, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	out := es[:0]
	for i, e := range es {
		if i+1 < len(es) && es[i+1].key == e.key {
			continue
		}
		out = append(out, e)
	}
	return value{kind: object, entries: out}
}

func missing() value { return value{facts: facts{err: true}} }

// because adds to a value the facts of what it was made from.
func (v value) because(froms ...value) value {
	for _, f := range froms {
		v.byDefault = v.byDefault || f.byDefault
		if v.kind == unknown {
			v.mayBeNone = v.mayBeNone || f.mayBeNone
			v.err = v.err || f.kind == unknown && f.err
		}
		if v.owner == "" {
			v.owner = f.owner
		}
		if v.at.Line == 0 {
			v.at = f.at
		}
	}
	return v
}

// get returns an attribute or the entry of a map.
func (v value) get(key string) value {
	switch v.kind {
	case object:
		i, ok := slices.BinarySearchFunc(v.entries, key, func(e entry, k string) int { return cmp.Compare(e.key, k) })
		if !ok {
			return missing().because(value{facts: facts{byDefault: v.byDefault}})
		}
		found := v.entries[i].val
		found.byDefault = found.byDefault || v.byDefault
		if found.at.Line == 0 {
			found.at = v.entries[i].at
		}
		return found
	case unknown:
		return value{owner: v.owner, facts: v.facts}
	case list:
		if n, err := strconv.Atoi(key); err == nil {
			return v.index(n)
		}
		if len(v.list) == 1 { // a resource with a count of one, as it was once written
			return v.list[0].get(key)
		}
	}
	return missing()
}

// index returns an element of a list.
func (v value) index(i int) value {
	switch {
	case v.kind == unknown:
		return value{owner: v.owner, facts: v.facts}
	case v.kind != list || i < 0 || i >= len(v.list):
		return missing()
	}
	found := v.list[i]
	found.byDefault = found.byDefault || v.byDefault
	return found
}

// at returns what an index expression asks for.
func (v value) lookup(key value) value {
	if key.kind == unknown {
		return value{owner: v.owner, facts: facts{byDefault: v.byDefault || key.byDefault, err: key.err}}
	}
	if v.kind == list && key.kind == number {
		return v.index(int(key.num))
	}
	if s, ok := key.asString(); ok {
		return v.get(s)
	}
	return missing()
}

// asString converts as the language does.
func (v value) asString() (string, bool) {
	switch v.kind {
	case text:
		return v.str, true
	case number:
		return strconv.FormatFloat(v.num, 'f', -1, 64), true
	case boolean:
		return strconv.FormatBool(v.num != 0), true
	}
	return "", false
}

func (v value) asNumber() (float64, bool) {
	switch v.kind {
	case number:
		return v.num, true
	case text:
		n, err := strconv.ParseFloat(strings.TrimSpace(v.str), 64)
		return n, err == nil
	}
	return 0, false
}

func (v value) asBool() (is, ok bool) {
	switch v.kind {
	case boolean:
		return v.num != 0, true
	case text:
		switch strings.ToLower(v.str) {
		case "true", "1":
			return true, true
		case "false", "0":
			return false, true
		}
	case number:
		return v.num != 0, v.num == 0 || v.num == 1
	}
	return false, false
}

// elements returns what a for expression goes over, keys and values, and false where that is unknown.
func (v value) elements() ([]entry, bool) {
	switch v.kind {
	case object:
		return v.entries, true
	case list:
		es := make([]entry, len(v.list))
		for i, x := range v.list {
			es[i] = entry{key: strconv.Itoa(i), at: x.at, val: x}
		}
		return es, true
	case null:
		return nil, true
	}
	return nil, false
}

// isNone says that a value used as a number or collection of instances makes nothing.
func (v value) isNone() bool {
	switch v.kind {
	case null:
		return true
	case list:
		return len(v.list) == 0
	case object:
		return len(v.entries) == 0
	case number, boolean:
		return v.num == 0
	case text:
		return v.str == "" || v.str == "0"
	}
	return v.mayBeNone
}

// wholly says that nothing within a value is unknown.
func (v value) wholly() bool {
	if v.kind == unknown {
		return false
	}
	for _, x := range v.list {
		if !x.wholly() {
			return false
		}
	}
	for _, e := range v.entries {
		if !e.val.wholly() {
			return false
		}
	}
	return true
}

// equal compares two known values, numbers with strings as the language converts them.
func equal(a, b value) bool {
	if a.kind != b.kind {
		x, ok := a.asString()
		y, ok2 := b.asString()
		return ok && ok2 && x == y
	}
	switch a.kind {
	case boolean, number:
		return a.num == b.num
	case text:
		return a.str == b.str
	case list:
		return slices.EqualFunc(a.list, b.list, equal)
	case object:
		return slices.EqualFunc(a.entries, b.entries, func(x, y entry) bool { return x.key == y.key && equal(x.val, y.val) })
	}
	return a.kind == null
}

// sortedSet is what toset makes of a list: sorted strings without repetition.
func sortedSet(vs []value) []value {
	vs = sortedKeeping(vs)
	return slices.CompactFunc(vs, func(a, b value) bool {
		return a.kind != unknown && b.kind != unknown && equal(a, b)
	})
}

func compareTexts(a, b value) int {
	x, _ := a.asString()
	y, _ := b.asString()
	return cmp.Compare(x, y)
}
