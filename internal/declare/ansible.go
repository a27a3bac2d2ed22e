package declare

import (
	"path"
	"slices"
	"strings"
)

// ansibleTriggers are words of the modules, and of what brings in tasks that stand elsewhere.
var ansibleTriggers = []string{
	"iam_user", "iam_access_key", "iam:", "action: iam", "action: community.aws.iam", "cloudformation:", "include_tasks", "import_tasks",
	"include_role", "import_role", "roles:",
}

const (
	maxTaskFiles = 6      // files of tasks within each other
	maxTurns     = 1000   // rounds of a loop that are told apart
	maxTaskSteps = 40_000 // values and words that the tasks of a file are made of
)

// ansibleFile reads the tasks of one file and of those that it brings in.
type ansibleFile struct {
	s      dataSource
	steps  *int
	values map[*datum]value
	start  string // the file that the reading began with
	depth  int
}

// ansibleAt is what surrounds a task.
type ansibleAt struct {
	levels   []ansibleLevel // variables, the weakest first
	items    []binding      // of loops, the innermost last
	defaults []*datum       // module_defaults, the weakest first
	sure     Confidence
	why      string
	places   []Place
	given    bool // what is given to the file decides: it is brought in by another
}

// with returns the surroundings with more variables.
func (at ansibleAt) with(d *datum, p string) ansibleAt {
	if d.is(mapping) {
		at.levels = append(slices.Clip(at.levels), ansibleLevel{d: d, path: p})
	}
	return at
}

func (at ansibleAt) doubt(sure Confidence, why string) ansibleAt {
	if worse(at.sure, sure) != at.sure {
		at.sure, at.why = sure, why
	}
	return at
}

// extractAnsible reads playbooks and files of tasks.
func extractAnsible(s dataSource, docs []*datum) {
	s.root = path.Dir(s.path)
	steps := min(s.steps()+10_000, maxTaskSteps)
	a := &ansibleFile{s: s, steps: &steps, values: map[*datum]value{}, start: s.path}
	known := len(s.r.out.Declarations)
	for _, d := range docs {
		if d.is(sequence) {
			a.list(d, ansibleAt{sure: Certain, levels: s.r.roleVariables(s.path)})
		}
	}
	if steps < 0 {
		s.r.skip(s.path, "its tasks ask for more than is evaluated")
	}
	s.r.setAside("ansible", s.path, known)
}

// list reads plays or tasks.
func (a *ansibleFile) list(d *datum, at ansibleAt) {
	for _, item := range d.items() {
		if *a.steps--; *a.steps < 0 {
			return
		}
		switch {
		case !item.is(mapping):
		case item.get("hosts") != nil:
			a.play(item, at)
		default:
			at = a.task(item, at)
		}
	}
}

// play reads a play: its own tasks and those of its roles.
func (a *ansibleFile) play(d *datum, at ansibleAt) {
	at.levels = append(slices.Clip(at.levels), a.s.r.groupVariables(path.Dir(a.s.path), d.get("hosts"))...)
	at = at.with(d.get("vars"), a.s.path)
	for _, f := range orItems(d.get("vars_files")) {
		p, v := a.s.r.variablesAt(path.Dir(a.s.path), f.word())
		at = at.with(v, p)
	}
	if m := d.get("module_defaults"); m.is(mapping) {
		at.defaults = append(slices.Clip(at.defaults), m)
	}
	for _, r := range d.get("roles").items() {
		a.role(r, r, at)
	}
	for _, part := range []string{"pre_tasks", "tasks", "post_tasks", "handlers"} {
		a.list(d.get(part), at)
	}
}

// role reads the tasks of a role of the repository. Its parameters stand beside its name or below vars.
func (a *ansibleFile) role(d, given *datum, at ansibleAt) {
	name := d.word()
	for _, key := range []string{"role", "name"} {
		if name == "" {
			name = d.get(key).word()
		}
	}
	at, ok := a.condition(d, at)
	if !ok {
		return
	}
	dir, ok := a.s.r.roleFolder(path.Dir(a.s.path), name)
	if !ok {
		a.unknownRole(name, d, at)
		return
	}
	from := d.get("tasks_from").word()
	if from == "" {
		from = "main"
	}
	at.levels = append(a.s.r.roleLevels(dir), at.levels...)
	at = at.with(given, a.s.path).with(given.get("vars"), a.s.path)
	at.places = append([]Place{a.s.place(d)}, at.places...)
	for _, ext := range []string{"", ".yml", ".yaml"} {
		if p := path.Join(dir, "tasks", from+ext); a.s.r.exists(p) {
			a.include(p, at)
			return
		}
	}
}

// include reads a file of tasks as a part of this one.
func (a *ansibleFile) include(p string, at ansibleAt) {
	_, docs := a.s.r.dataAt(path.Dir(p), path.Base(p))
	if len(docs) == 0 || a.depth >= maxTaskFiles || *a.steps < 0 || p == a.s.path {
		return
	}
	if p != a.start {
		a.s.r.bringIn("ansible", p)
	}
	inner := *a
	inner.depth++
	inner.s.path, at.given = p, true
	for _, d := range docs {
		inner.list(d, at)
	}
}

// task reads one task or block, and returns the surroundings of the next.
func (a *ansibleFile) task(d *datum, at ansibleAt) ansibleAt {
	inner := at.with(d.get("vars"), a.s.path)
	if m := d.get("module_defaults"); m.is(mapping) {
		inner.defaults = append(slices.Clip(inner.defaults), m)
	}
	if yes, _ := truth(a.evaluator(inner).known(a.value(d.get("check_mode")))); yes {
		return at
	}
	if d.get("block") != nil {
		a.block(d, inner)
		return at
	}
	name, args := taskModule(d)
	switch name {
	case "":
		return at
	case "set_fact", "include_vars":
		return a.variables(name, args, d, at)
	}
	if d.guarded {
		inner = inner.doubt(Likely, "within a condition or loop of a template")
	}
	a.turns(d, inner, func(at ansibleAt) {
		if at, ok := a.condition(d, at); ok {
			a.module(name, d, args, at)
		}
	})
	return at
}

// block reads the tasks of a block, and those for the case that one of them goes wrong.
func (a *ansibleFile) block(d *datum, at ansibleAt) {
	at, ok := a.condition(d, at)
	if !ok {
		return
	}
	a.list(d.get("block"), at)
	a.list(d.get("rescue"), at.doubt(Likely, "if a task before it goes wrong"))
	a.list(d.get("always"), at)
}

// condition says whether a task is run, and how sure that is.
func (a *ansibleFile) condition(d *datum, at ansibleAt) (ansibleAt, bool) {
	for _, w := range orItems(d.get("when")) {
		v := a.value(w)
		if v.kind == text {
			v = a.evaluator(at).expr(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(v.str), "{{"), "}}"))
		}
		switch is, ok := truth(v); {
		case w.isNull():
		case !ok:
			at = at.doubt(Likely, "under a condition")
		case !is:
			return at, false
		case v.byDefault:
			at = at.doubt(Likely, "the default of a variable decides")
		}
		at.places = append(slices.Clip(at.places), a.s.place(w))
	}
	for _, tag := range orItems(d.get("tags")) {
		if tag.word() == "never" {
			at = at.doubt(Likely, "if its tag is asked for")
		}
	}
	return at, true
}

// value is a value of the file.
func (a *ansibleFile) value(d *datum) value {
	if d.isNull() {
		return value{kind: null}
	}
	return a.valueOf(d, a.s.path)
}

// variables takes the variables that a task sets for those behind it.
func (a *ansibleFile) variables(name string, args, d *datum, at ansibleAt) ansibleAt {
	if _, ok := a.condition(d, at); !ok {
		return at
	}
	if name == "set_fact" {
		return at.with(args, a.s.path)
	}
	file := args.word()
	if args.get("file").word() != "" {
		file = args.get("file").word()
	}
	dir := path.Dir(a.s.path)
	for _, from := range []string{path.Join(dir, "../vars"), path.Join(dir, "vars"), dir} {
		if p, v := a.s.r.variablesAt(from, file); v != nil {
			return at.with(v, p)
		}
	}
	return at
}
