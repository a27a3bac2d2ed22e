package declare

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// Limits of the look for modules that read a changed file from elsewhere.
const (
	maxFarFolders = 100    // folders of modules that are looked at
	maxFarWalked  = 20_000 // entries of a tree that is looked through for them
	maxFarLinks   = 20     // links that are followed for them
	maxFarAbove   = 3      // levels above a changed file whose folders are looked at in a larger tree
)

// A listedTree is a Tree that may have to ask for each of its folders.
type listedTree interface{ Listed() bool }

// findFar adds the modules that read a changed file that stands in no folder of theirs: what file() and its like
// are given, and files of variables that are named on the command line.
func (f *scopeFinder) findFar(found map[string]bool) {
	var data, variables []string
	for p := range f.scope.changed {
		switch {
		case isVariables(p):
			if !f.hasModule(path.Dir(p)) && len(f.readers(p)) == 0 {
				variables = append(variables, p)
			}
		case !isHCL(p) && !isWorkflow(p):
			data = append(data, p)
		}
	}
	if len(data)+len(variables) == 0 {
		return
	}
	slices.Sort(variables)
	for _, r := range f.readings {
		dirs := f.farModules(r, slices.Concat(data, variables))
		r.prefetch(dirs)
		for _, dir := range dirs {
			f.far(r, dir, data, variables, found)
		}
	}
}

// far adds a folder whose module reads one of the changed files.
func (f *scopeFinder) far(r *reading, dir string, data, variables []string, found map[string]bool) {
	m := r.module(dir)
	if m == nil || !m.mattersIn(r) {
		return
	}
	if slices.ContainsFunc(data, m.mayRead) || len(data) > 0 && f.linksDiffer(dir) {
		found[dir] = true
	}
	for _, p := range variables {
		if !m.takesVariables(r, p) {
			continue
		}
		if found[dir] = true; !slices.Contains(f.scope.variables[dir], p) {
			f.scope.variables[dir] = append(f.scope.variables[dir], p)
		}
	}
}

// farModules are the folders of modules of a small tree; of a larger one those beside the changed files and
// beside the folders above them.
func (f *scopeFinder) farModules(r *reading, changed []string) []string {
	if t, ok := r.tree.(listedTree); ok && !t.Listed() {
		return nil
	}
	seen := 0
	var dirs []string
	for queue := []string{"."}; len(queue) > 0; queue = queue[1:] {
		if seen += len(r.list(queue[0])); seen > maxFarWalked || len(dirs) > maxFarFolders || r.stopped() {
			return f.near(r, changed)
		}
		if len(r.moduleFiles(queue[0])) > 0 {
			dirs = append(dirs, queue[0])
		}
		queue = append(queue, r.foldersIn(queue[0])...)
	}
	return dirs
}

func (r *reading) foldersIn(dir string) []string {
	var out []string
	for _, e := range r.list(dir) {
		if p := path.Join(dir, e.Name); e.Type == Folder && e.Name != ".git" && !isCopy(p) {
			out = append(out, p)
		}
	}
	return out
}

// near are the folders of modules beside changed files of data, and beside the folders above them.
func (f *scopeFinder) near(r *reading, changed []string) []string {
	known := map[string]bool{}
	var out []string
	for _, p := range sorted(slices.Clone(changed)) {
		if !isVariables(p) && !isData(p) {
			continue
		}
		dir := path.Dir(p)
		for range maxFarAbove {
			if dir == "." {
				break
			}
			dir = path.Dir(dir)
			for _, beside := range append([]string{dir}, r.foldersIn(dir)...) {
				if !known[beside] && len(out) < maxFarFolders && len(r.moduleFiles(beside)) > 0 {
					out = append(out, beside)
				}
				known[beside] = true
			}
		}
	}
	return out
}

// mayRead says whether the text of a module names a file that stands elsewhere, or lists a folder that it is in.
func (m *tfModule) mayRead(p string) bool {
	return slices.ContainsFunc(m.sources, func(src *source) bool {
		if bytes.Contains(src.data, []byte("file(")) && bytes.Contains(src.data, []byte(path.Base(p))) {
			return true
		}
		return bytes.Contains(src.data, []byte("fileset(")) && slices.ContainsFunc(parts(path.Dir(p)), func(dir string) bool {
			return dir != "." && bytes.Contains(src.data, []byte(dir))
		})
	})
}

// linksDiffer says whether a link among the files of a module leads to another text in each state.
func (f *scopeFinder) linksDiffer(dir string) bool {
	base, head := f.readings[0], f.readings[len(f.readings)-1]
	return slices.ContainsFunc(head.list(dir), func(e Entry) bool {
		p := path.Join(dir, e.Name)
		if e.Type != Symlink || !isHCL(p) || f.links >= maxFarLinks {
			return false
		}
		f.links++
		return !bytes.Equal(base.load(p).data, head.load(p).data)
	})
}

// takesVariables says whether a module declares all the variables that a file gives values to.
func (m *tfModule) takesVariables(r *reading, p string) bool {
	data, ok := r.glance(p)
	if !ok {
		return false
	}
	body := (&source{path: p, data: data}).body(r)
	return body != nil && len(body.attrs) > 0 && !slices.ContainsFunc(body.attrs, func(a *attribute) bool {
		return m.variables[a.name] == nil
	})
}

// farVariables are the changed files of variables that a root module may be given from elsewhere.
func (r *reading) farVariables(dir string) []string {
	return slices.DeleteFunc(slices.Clone(r.scope.variables[dir]), func(p string) bool {
		return strings.HasPrefix(p, dir+"/") || !r.exists(p)
	})
}
