package declare

import (
	"path"
	"slices"
	"strings"
)

const (
	maxBeside = 100 // folders that are read for the values that a changed file gives
	maxSpread = 2   // levels above a file of variables in which its playbooks are looked for
)

// findBeside adds the folders whose files take values from a changed file: the tasks of a role from its
// variables, playbooks from those of hosts and groups, the templates of a chart from its values.
func (f *scopeFinder) findBeside() {
	var found []string
	for p := range f.scope.changed {
		if isDataFile(p) {
			found = append(found, f.takers(p)...)
		}
	}
	found = slices.DeleteFunc(sorted(found), func(dir string) bool {
		return slices.Contains(f.scope.folders, dir) || !f.exists(dir)
	})
	f.scope.beside = found[:min(len(found), maxBeside)]
	if len(f.scope.beside) < len(found) {
		f.scope.skipped = append(f.scope.skipped, NotAnalysed{Path: found[maxBeside], Reason: "too many folders take values from the files that change"})
	}
	for _, r := range f.readings {
		r.prefetch(f.scope.beside)
	}
}

func (f *scopeFinder) exists(dir string) bool {
	return slices.ContainsFunc(f.readings, func(r *reading) bool { return len(r.list(dir)) > 0 })
}

// takers are the folders whose files may take values from a file.
func (f *scopeFinder) takers(p string) []string {
	dir := path.Dir(p)
	var out []string
	for _, part := range []string{"/vars/", "/defaults/"} {
		if owner, _, ok := cutLast("/"+p, part); ok {
			owner = path.Clean(strings.TrimPrefix(owner+"/", "/"))
			tasks := path.Join(owner, "tasks")
			if f.exists(tasks) {
				out = append(out, tasks)
			} else if part == "/vars/" {
				out = append(out, owner)
			}
		}
	}
	for _, part := range []string{"/group_vars/", "/host_vars/"} {
		if owner, _, ok := cutLast("/"+p, part); ok {
			out = append(out, f.playsNear(path.Clean(strings.TrimPrefix(owner+"/", "/")))...)
		}
	}
	if strings.Contains(path.Base(p), "values") && f.isChart(dir) {
		out = append(out, f.below(path.Join(dir, "templates"), maxSpread)...)
		for _, name := range f.folders(path.Join(dir, "charts")) {
			out = append(out, f.below(path.Join(dir, "charts", name, "templates"), maxSpread)...)
		}
	}
	return out
}

// playsNear are the folders of the playbooks and roles that the variables of hosts reach.
func (f *scopeFinder) playsNear(dir string) []string {
	var out []string
	for range maxSpread + 1 {
		out = append(out, dir, path.Join(dir, "playbooks"))
		for _, name := range f.folders(path.Join(dir, "roles")) {
			out = append(out, path.Join(dir, "roles", name, "tasks"))
		}
		if dir == "." {
			break
		}
		dir = path.Dir(dir)
	}
	return out
}

// folders are the names of the folders within one, in any of the states.
func (f *scopeFinder) folders(dir string) []string {
	var names []string
	for _, r := range f.readings {
		for _, e := range r.list(dir) {
			if e.Type == Folder {
				names = append(names, e.Name)
			}
		}
	}
	return sorted(names)
}

// below is a folder with those within it.
func (f *scopeFinder) below(dir string, levels int) []string {
	out := []string{dir}
	if levels == 0 {
		return out
	}
	for _, name := range f.folders(dir) {
		out = append(out, f.below(path.Join(dir, name), levels-1)...)
	}
	return out
}

func (f *scopeFinder) isChart(dir string) bool {
	return slices.ContainsFunc(f.readings, func(r *reading) bool { return r.exists(path.Join(dir, "Chart.yaml")) })
}
