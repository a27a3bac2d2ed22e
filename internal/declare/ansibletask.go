package declare

import (
	"slices"
	"strconv"
	"strings"
)

// taskWords are the keys of a task that are no module.
var taskWords = wordSet(`
	name vars when tags register loop loop_control block rescue always args become become_exe become_flags become_method become_user
	delegate_to delegate_facts environment notify module_defaults check_mode no_log run_once until retries delay failed_when
	changed_when ignore_errors ignore_unreachable connection listen collections any_errors_fatal async poll debugger diff port
	remote_user throttle timeout sudo sudo_user always_run first_available_file gather_facts`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// isTaskWord says whether a key of a task is no module.
func isTaskWord(key string) bool { return taskWords[key] || strings.HasPrefix(key, "with_") }

// ansibleCollections are the names that a module may have before its own.
var ansibleCollections = []string{"amazon.aws.", "community.aws.", "ansible.builtin.", "ansible.legacy."}

// moduleName is the short name of a module.
func moduleName(s string) string {
	for _, c := range ansibleCollections {
		if short, ok := strings.CutPrefix(s, c); ok {
			return short
		}
	}
	return s
}

// ansibleModules are the modules that matter.
var ansibleModules = map[string]bool{
	"iam_user": true, "iam_access_key": true, "iam": true, "cloudformation": true, "set_fact": true, "include_vars": true,
	"include_tasks": true, "import_tasks": true, "include": true, "include_role": true, "import_role": true,
}

// taskModule returns the short name of the module of a task, if it matters, and its arguments. A task has
// one key that is no word of tasks; with more of them it is something else.
func taskModule(d *datum) (string, *datum) {
	var module *pair
	for _, p := range d.pairs() {
		if isTaskWord(p.key.text) {
			continue
		}
		if module != nil {
			return "", nil
		}
		module = &p
	}
	if module != nil {
		name, args := moduleName(module.key.text), module.val
		if name == "action" || name == "local_action" {
			name, args = actionModule(args)
		}
		if !ansibleModules[name] {
			return "", nil
		}
		if free := args.word(); free != "" && takesWords(name) && !strings.HasPrefix(free, "{{") {
			args = wordArguments(args)
		}
		return name, withArguments(args, d.get("args"))
	}
	return "", nil
}

// takesWords says whether a module that is given a text reads it as arguments.
func takesWords(name string) bool {
	return name != "include_tasks" && name != "import_tasks" && name != "include" && name != "include_vars"
}

// actionModule reads the value of action: a text that begins with the module, or a mapping that names it.
func actionModule(d *datum) (string, *datum) {
	if d.is(mapping) {
		return moduleName(d.get("module").word()), d
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(d.word()), " ")
	args := *d
	args.text = rest
	return moduleName(name), &args
}

// wordArguments reads arguments that are written as one text: a=b c="d e".
func wordArguments(d *datum) *datum {
	out := &datum{kind: mapping, line: d.line, guarded: d.guarded}
	for _, w := range splitBlanks(d.text) {
		key, val, ok := strings.Cut(w, "=")
		if !ok || len(out.kids) > 200 {
			continue
		}
		out.kids = append(out.kids, &datum{line: d.line, text: key}, &datum{line: d.line, text: unquoteWord(val), guarded: d.guarded})
	}
	return out
}

func unquoteWord(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// splitBlanks splits at blanks that stand neither within quotes nor within an expression.
func splitBlanks(s string) []string {
	var out []string
	var quote byte
	start, depth := 0, 0
	for i := 0; i <= len(s); i++ {
		switch {
		case i == len(s) || quote == 0 && depth == 0 && isBlank(s[i]):
			if i > start {
				out = append(out, s[start:i])
			}
			start = i + 1
		case quote != 0:
			if s[i] == quote {
				quote = 0
			}
		case s[i] == '"' || s[i] == '\'':
			quote = s[i]
		case strings.HasPrefix(s[i:], "{{"):
			depth++
		case strings.HasPrefix(s[i:], "}}"):
			depth = max(0, depth-1)
		}
	}
	return out
}

// withArguments adds what stands below args.
func withArguments(d, more *datum) *datum {
	if !more.is(mapping) {
		return d
	}
	out := &datum{kind: mapping, line: more.line, kids: slices.Clone(more.kids)}
	if d.is(mapping) {
		out.line = d.line
		out.kids = append(out.kids, d.kids...)
	}
	return out
}

// turns does something for each round of the loop of a task, or once.
func (a *ansibleFile) turns(d *datum, at ansibleAt, each func(ansibleAt)) {
	kind, over := taskLoop(d)
	if over == nil {
		each(at)
		return
	}
	name := d.at("loop_control", "loop_var").word()
	if name == "" {
		name = "item"
	}
	items, known := a.loopItems(kind, over, at)
	if !known {
		at.items = append(slices.Clip(at.items), binding{name: name, val: value{str: oneLine(over.word())}})
		at.places = append([]Place{a.s.place(over)}, at.places...)
		each(at.doubt(Likely, "how many it makes cannot be known"))
		return
	}
	for n, item := range items[:min(len(items), maxTurns)] {
		if *a.steps--; *a.steps < 0 {
			return
		}
		turn := at
		if item.byDefault {
			turn = turn.doubt(Likely, "the default of a variable decides")
		}
		turn.items = append(slices.Clip(at.items), binding{name: name, val: item}, binding{name: "ansible_loop_index", val: numberValue(float64(n))})
		if index := d.at("loop_control", "index_var").word(); index != "" {
			turn.items = append(turn.items, binding{name: index, val: numberValue(float64(n))})
		}
		turn.places = append([]Place{item.at}, at.places...)
		each(turn)
	}
}

// taskLoop returns the kind of the loop of a task and what it goes over; nil where there is none.
func taskLoop(d *datum) (string, *datum) {
	for _, p := range d.pairs() {
		switch {
		case p.key.text == "loop":
			return "list", p.val
		case strings.HasPrefix(p.key.text, "with_"):
			return strings.TrimPrefix(p.key.text, "with_"), p.val
		}
	}
	return "", nil
}

// loopItems returns the items of a loop, and false where they cannot be known.
func (a *ansibleFile) loopItems(kind string, over *datum, at ansibleAt) ([]value, bool) {
	j := a.evaluator(at)
	v := j.known(a.value(over))
	v.list = slices.Clone(v.list)
	for i, x := range v.list {
		v.list[i] = placedAt(j.known(x), x.at)
	}
	switch kind {
	case "items", "flattened", "community.general.flattened":
		if v.kind == text || v.kind == object {
			v = listValue([]value{v})
		}
		for _, x := range v.list {
			if x.kind == unknown {
				return nil, false
			}
		}
		v = jinjaFlatten(v, 1)
	case "dict":
		v = jinjaFilter(j, "dict2items", v, nil)
	case "indexed_items":
		v = indexedItems(v)
	case "nested", "cartesian":
		v = nestedItems(v)
	case "subelements":
		v = subelements(j, v)
	case "sequence":
		v = sequenceItems(over)
	case "list":
	default:
		return nil, false
	}
	if v.kind != list {
		return nil, false
	}
	v.list = slices.Clone(v.list)
	for i := range v.list {
		v.list[i].byDefault = v.list[i].byDefault || v.byDefault
	}
	return v.list, true
}

func indexedItems(v value) value {
	out := listValue(nil)
	for i, x := range jinjaFlatten(v, 1).list {
		out.list = append(out.list, placedAt(listValue([]value{numberValue(float64(i)), x}), x.at))
	}
	return out
}

// nestedItems pairs every item of the first list with every one of the second.
func nestedItems(v value) value {
	if len(v.list) != 2 || v.list[0].kind != list || v.list[1].kind != list || len(v.list[0].list)*len(v.list[1].list) > maxTurns {
		return value{}
	}
	out := listValue(nil)
	for _, x := range v.list[0].list {
		for _, y := range v.list[1].list {
			out.list = append(out.list, placedAt(listValue([]value{x, y}), x.at))
		}
	}
	return out
}

// subelements pairs every item of a list with every element of one of its lists.
func subelements(j *jinja, v value) value {
	key, ok := v.index(1).asString()
	if !ok || v.index(0).kind != list {
		return value{}
	}
	out := listValue(nil)
	for _, x := range v.list[0].list {
		for _, y := range j.known(x.get(key)).list {
			if len(out.list) < maxTurns {
				out.list = append(out.list, placedAt(listValue([]value{x, y}), y.at))
			}
		}
	}
	return out
}

// sequenceItems counts: count=3, or start=1 end=5 format=ci-%02d.
func sequenceItems(over *datum) value {
	args := wordArguments(over)
	number := func(key string, other int) int {
		n, err := strconv.Atoi(args.get(key).word())
		if err != nil {
			return other
		}
		return n
	}
	start, end := number("start", 1), number("end", 0)
	if n := number("count", -1); n >= 0 {
		end = start + n - 1
	}
	if end < start || end-start >= maxTurns || hasTemplate(over.text) || args.get("stride") != nil {
		return value{}
	}
	format := args.get("format").word()
	out := listValue(nil)
	for n := start; n <= end; n++ {
		word := strconv.Itoa(n)
		if format != "" {
			word, _ = formatText([]value{stringValue(format), numberValue(float64(n))}).asString()
		}
		out.list = append(out.list, stringValue(word))
	}
	return out
}
