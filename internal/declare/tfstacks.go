package declare

import (
	"path"
	"strings"
)

// stackFile says whether a file belongs to a configuration of Terraform Stacks.
func stackFile(name string) bool {
	for _, ext := range []string{".tfcomponent.hcl", ".tfstack.hcl", ".tfdeploy.hcl", ".tfcomponent.json", ".tfstack.json", ".tfdeploy.json"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}

// stackModule reads the configuration of a stack as a module whose calls are its components; nil where
// a folder holds none.
func (r *reading) stackModule(dir string) *tfModule {
	if m, ok := r.terraform.stacks[dir]; ok {
		return m
	}
	if r.terraform.stacks == nil {
		r.terraform.stacks = map[string]*tfModule{}
	}
	var m *tfModule
	for _, e := range r.list(dir) {
		if e.Type != Regular || !stackFile(e.Name) {
			continue
		}
		if m == nil {
			m = newModule(dir)
		}
		p := path.Join(dir, e.Name)
		m.files = append(m.files, p)
		m.read(r, p, false)
	}
	r.terraform.stacks[dir] = m
	return m
}

// extractStack declares the components of a stack, once for each of its deployments.
func extractStack(r *reading, dir string) {
	m := r.stackModule(dir)
	if m == nil || !m.mattersIn(r) {
		return
	}
	deployments := m.deployments
	if len(deployments) == 0 {
		deployments = []*block{nil}
	}
	for _, b := range deployments {
		root := &tfRoot{budget: &budget{steps: maxSteps}, name: dir, form: "terraform-stack", dir: dir}
		i := newInstance(r, m, root)
		if b != nil {
			root.name += "@" + b.label(0)
			i.places = []Place{{Path: b.src.path, Line: b.line}}
			for _, e := range i.env().attribute(b.attr("inputs")).entries {
				i.args[e.key] = placedAt(e.val, e.at)
			}
		}
		i.finish("")
		for _, d := range root.found {
			r.add(d)
		}
	}
}
