package declare

import (
	"path"
	"slices"
	"strings"
)

const (
	maxVariants = 16 // files of variables that one root is evaluated with
	maxBelow    = 2  // levels below a root in which its files of variables are looked for
)

// extractTerraform declares what a folder declares as a root module. A module that others call is none:
// it is declared by its callers.
func extractTerraform(r *reading, dir string) {
	if r.scope.called[dir] || isCopy(dir) {
		return
	}
	m := r.module(dir)
	if m == nil || !m.mattersIn(r) {
		return
	}
	r.declareRoot(m)
}

// declareRoot declares a module with the files of variables that it may be given.
func (r *reading) declareRoot(m *tfModule) {
	auto, named := r.variableFiles(m.dir)
	var runs []*tfRoot
	for _, f := range named {
		runs = append(runs, r.run(m, append(slices.Clone(auto), f), path.Base(f)))
	}
	if len(runs) == 0 {
		runs = append(runs, r.run(m, auto, ""))
	}
	for _, d := range joinRuns(runs) {
		r.add(d)
	}
}

// run evaluates a root module with the variables of some files.
func (r *reading) run(m *tfModule, variables []string, variant string) *tfRoot {
	root := &tfRoot{budget: &budget{steps: maxSteps}, name: m.dir, form: "terraform", dir: m.dir}
	i := newInstance(r, m, root)
	if u := r.unit(m.dir); u != nil && u.source == "" {
		for _, e := range u.inputs {
			i.args[e.key] = placedAt(e.val, e.at)
		}
	}
	for _, f := range variables {
		r.assign(i, f)
	}
	i.finish(variant)
	return root
}

// finish declares what a root declares and reports what it could not evaluate.
func (i *tfInstance) finish(variant string) {
	i.declare()
	i.root.settle()
	for _, m := range i.r.terraform.modules {
		if m != nil {
			m.report(i.r)
		}
	}
	if i.root.budget.spent && len(i.mod.files) > 0 {
		i.r.record(i.mod.files[0], "it asks for more than is evaluated")
	}
	i.root.variant = variant
}

// assign takes the values of a file of variables.
func (r *reading) assign(i *tfInstance, p string) {
	data, ok := r.read(p)
	if !ok {
		return
	}
	src := &source{path: p, data: data}
	body := src.body(r)
	if body == nil {
		return
	}
	for _, a := range body.attrs {
		v := i.env().attribute(a)
		i.args[a.name] = placedAt(v, Place{Path: p, Line: a.line})
	}
	if src.broken || src.tooMuch {
		r.skip(p, "a part of it could not be read")
	}
}

// variableFiles lists the files of variables of a root: those that Terraform reads by itself, in its
// order, and those that somebody names on the command line. The latter also stand in folders below.
func (r *reading) variableFiles(dir string) (auto, named []string) {
	var first []string
	for _, e := range r.list(dir) {
		p := path.Join(dir, e.Name)
		switch {
		case e.Type == Folder || !isVariables(e.Name):
		case e.Name == "terraform.tfvars" || e.Name == "terraform.tfvars.json":
			first = append(first, p)
		case strings.HasSuffix(e.Name, ".auto.tfvars") || strings.HasSuffix(e.Name, ".auto.tfvars.json"):
			auto = append(auto, p)
		default:
			named = append(named, p)
		}
	}
	named = append(named, r.variablesBelow(dir, maxBelow)...)
	named = append(named, r.farVariables(dir)...)
	named = sorted(named)
	return append(first, auto...), named[:min(len(named), maxVariants)]
}

func isVariables(name string) bool {
	return strings.HasSuffix(name, ".tfvars") || strings.HasSuffix(name, ".tfvars.json")
}

// variablesBelow finds files of variables in folders that hold no module themselves.
func (r *reading) variablesBelow(dir string, levels int) []string {
	var out []string
	for _, e := range r.list(dir) {
		if e.Type != Folder || levels == 0 || strings.HasPrefix(e.Name, ".") || e.Name == "modules" {
			continue
		}
		below := path.Join(dir, e.Name)
		if len(r.moduleFiles(below)) > 0 {
			continue
		}
		for _, f := range r.list(below) {
			if f.Type == Regular && isVariables(f.Name) {
				out = append(out, path.Join(below, f.Name))
			}
		}
		out = append(out, r.variablesBelow(below, levels-1)...)
	}
	return out
}

// joinRuns joins what one root declares under several files of variables. What is the same under all
// of them is one declaration; what is not stands for itself, under the name of its file.
func joinRuns(runs []*tfRoot) []Declaration {
	if len(runs) == 1 {
		return runs[0].found
	}
	times := map[string]int{}
	same := func(d Declaration) string { return join(string(d.Kind), d.Address, d.Name, d.Body) }
	for _, root := range runs {
		for _, d := range root.found {
			if !d.Inactive {
				times[same(d)]++
			}
		}
	}
	var out []Declaration
	for n, root := range runs {
		for _, d := range root.found {
			switch {
			case times[same(d)] < len(runs):
				d.Root += "@" + root.variant
				out = append(out, d)
			case n == 0:
				out = append(out, d)
			}
		}
	}
	return out
}
