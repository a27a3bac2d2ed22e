package declare

import (
	"path"
	"strings"
)

// ansibleLevel is one set of variables.
type ansibleLevel struct {
	d         *datum
	path      string
	byDefault bool // of the defaults of a role, which whoever uses it may change
}

// binding is a name and what it stands for.
type binding struct {
	name string
	val  value
}

// evaluator evaluates expressions in some surroundings.
func (a *ansibleFile) evaluator(at ansibleAt) *jinja {
	return &jinja{steps: a.steps, names: func(name string) value {
		for i := len(at.items) - 1; i >= 0; i-- {
			if at.items[i].name == name {
				return at.items[i].val
			}
		}
		for i := len(at.levels) - 1; i >= 0; i-- {
			l := at.levels[i]
			if d := l.d.get(name); d != nil {
				v := a.valueOf(d, l.path)
				v.byDefault = l.byDefault
				return v
			}
		}
		return value{}
	}}
}

// valueOf is a value of a file, made once.
func (a *ansibleFile) valueOf(d *datum, p string) value {
	if v, ok := a.values[d]; ok {
		return v
	}
	v := fromDatum(d, p, a.steps, 0)
	a.values[d] = v
	return v
}

// variablesAt returns the variables of a file, if there is one.
func (r *reading) variablesAt(dir, name string) (string, *datum) {
	if name == "" || hasTemplate(name) {
		return "", nil
	}
	p := path.Join(dir, name)
	if strings.HasPrefix(p, "../") || path.IsAbs(name) {
		return "", nil
	}
	if d, ok := r.data.vars[p]; ok {
		return p, d
	}
	var found *datum
	if r.exists(p) {
		if _, docs := r.dataAt(dir, name); len(docs) > 0 && docs[0].is(mapping) {
			found = docs[0]
		}
	}
	if r.data.vars == nil {
		r.data.vars = map[string]*datum{}
	}
	r.data.vars[p] = found
	return p, found
}

// levelsOf returns the variables of a name in a folder: a file with one of the extensions, or all files of
// a folder of that name.
func (r *reading) levelsOf(dir, name string, byDefault bool) []ansibleLevel {
	var out []ansibleLevel
	for _, ext := range []string{"", ".yml", ".yaml", ".json"} {
		if p, d := r.variablesAt(dir, name+ext); d != nil {
			out = append(out, ansibleLevel{d: d, path: p, byDefault: byDefault})
		}
	}
	for _, e := range r.list(path.Join(dir, name)) {
		if p, d := r.variablesAt(path.Join(dir, name), e.Name); e.Type == Regular && isDataFile(e.Name) && d != nil {
			out = append(out, ansibleLevel{d: d, path: p, byDefault: byDefault})
		}
	}
	return out
}

// roleOf returns the folder of the role that a file of tasks belongs to.
func roleOf(p string) (string, bool) {
	for _, part := range []string{"/tasks/", "/handlers/"} {
		if dir, _, found := cutLast(p, part); found {
			return dir, true
		}
	}
	return "", false
}

// roleLevels are the variables that a role brings with it.
func (r *reading) roleLevels(dir string) []ansibleLevel {
	return append(r.levelsOf(path.Join(dir, "defaults"), "main", true), r.levelsOf(path.Join(dir, "vars"), "main", false)...)
}

// roleVariables are those of the role of a file, with those of all hosts between.
func (r *reading) roleVariables(p string) []ansibleLevel {
	dir, ok := roleOf(p)
	if !ok {
		return nil
	}
	out := r.levelsOf(path.Join(dir, "defaults"), "main", true)
	if path.Base(path.Dir(dir)) == "roles" {
		out = append(out, r.groupVariables(path.Dir(path.Dir(dir)), nil)...)
	}
	return append(out, r.levelsOf(path.Join(dir, "vars"), "main", false)...)
}

// groupVariables are the variables of all hosts and of the groups that a play names.
func (r *reading) groupVariables(dir string, hosts *datum) []ansibleLevel {
	groups := []string{"all"}
	for _, h := range orItems(hosts) {
		for _, name := range strings.FieldsFunc(h.word(), func(c rune) bool { return strings.ContainsRune(",:& ", c) }) {
			if name != "all" && !strings.Contains(name, "/") {
				groups = append(groups, name)
			}
		}
	}
	var out []ansibleLevel
	for _, from := range []string{"group_vars", "host_vars"} {
		if len(r.list(path.Join(dir, from))) == 0 {
			continue
		}
		for _, g := range groups {
			out = append(out, r.levelsOf(path.Join(dir, from), g, false)...)
		}
	}
	return out
}

// roleFolder finds a role by its name, as seen from a playbook or from the tasks of another role.
func (r *reading) roleFolder(dir, name string) (string, bool) {
	if _, short, found := cutLast(name, "."); found {
		name = short // a role of a collection
	}
	if name == "" || hasTemplate(name) || path.IsAbs(name) {
		return "", false
	}
	candidates := []string{path.Join(dir, "roles", name), path.Join(dir, name), path.Join(dir, "../roles", name)}
	if role, ok := roleOf(dir + "/"); ok {
		candidates = append(candidates, path.Join(role, "..", name))
	}
	for _, c := range candidates {
		if !strings.HasPrefix(c, "../") && len(r.list(path.Join(c, "tasks"))) > 0 {
			return c, true
		}
	}
	return "", false
}
