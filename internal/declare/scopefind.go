package declare

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
)

// scopeFinder looks for what a change touches without touching its files.
type scopeFinder struct {
	scope    *Scope
	readings []*reading // one for each state
	// callers are the folders that may call a folder, in one of the states.
	callers map[string][]caller
	units   []unitText
	links   int // that were followed to files elsewhere
}

// caller is a folder whose text names another as a source, yet to be confirmed.
type caller struct {
	dir string
	r   *reading
}

// unitText is a unit of Terragrunt, whose source may be put together from other files.
type unitText struct {
	caller
	text []byte
}

const (
	maxAbove  = 3       // levels above a changed file of data in which a module may read it
	maxWalked = 400_000 // entries of a tree that callers are looked for in
)

// find completes the scope.
func (f *scopeFinder) find() {
	for _, r := range f.readings {
		r.prefetch(f.scope.folders)
	}
	f.findBeside()
	found := map[string]bool{}
	called := f.calledByTouched()
	f.scope.files = f.parents()
	for _, dir := range f.scope.folders {
		if f.matters(dir) && (called[dir] || !f.isRoot(dir)) {
			found[dir] = true
		}
	}
	for p := range f.scope.changed {
		for _, dir := range f.readers(p) {
			found[dir] = true
		}
	}
	f.findFar(found)
	shared := f.sharedConfigs()
	if len(found) == 0 && len(shared) == 0 {
		return
	}
	f.walk(len(found) > 0, shared, found)
	for queue := slices.Sorted(maps.Keys(found)); len(queue) > 0; queue = queue[1:] {
		for _, dir := range f.callersOf(queue[0]) {
			f.scope.called[queue[0]] = true
			if !found[dir] {
				found[dir] = true
				queue = append(queue, dir)
			}
		}
	}
	for dir := range found {
		if !slices.Contains(f.scope.folders, dir) {
			f.scope.roots = append(f.scope.roots, dir)
		}
	}
	f.scope.roots = sorted(f.scope.roots)
}

// callersOf returns the folders that call a folder by what their files truly say.
func (f *scopeFinder) callersOf(callee string) []string {
	var out []string
	for _, c := range f.callers[callee] {
		if c.r.callsFolder(c.dir, callee) {
			out = append(out, c.dir)
		}
	}
	for _, u := range f.units {
		named := bytes.Contains(u.text, []byte(path.Base(callee))) || !bytes.Contains(u.text, []byte("source"))
		if !named || u.dir == callee {
			continue
		}
		if unit := u.r.unit(u.dir); unit != nil && unit.local == callee {
			out = append(out, u.dir)
		}
	}
	return sorted(out)
}

// callsFolder says whether a module calls a folder: not in a comment or a text.
func (r *reading) callsFolder(dir, callee string) bool {
	for _, m := range []*tfModule{r.module(dir), r.stackModule(dir)} {
		if m == nil {
			continue
		}
		for _, c := range m.calls {
			if to, ok := localSource(dir, sourceOf(c)); ok && to == callee {
				return true
			}
		}
	}
	return false
}

// matters says whether a folder holds a module that can declare something, in one of the states.
func (f *scopeFinder) matters(dir string) bool {
	return slices.ContainsFunc(f.readings, func(r *reading) bool {
		m := r.module(dir)
		return m != nil && m.mattersIn(r)
	})
}

// calledByTouched are the folders that the touched ones call.
func (f *scopeFinder) calledByTouched() map[string]bool {
	called := map[string]bool{}
	for _, dir := range f.scope.folders {
		for _, r := range f.readings {
			m := r.module(dir)
			if m == nil {
				continue
			}
			for _, c := range m.calls {
				if to, ok := localSource(dir, sourceOf(c)); ok && to != dir {
					called[to] = true
				}
			}
		}
	}
	return called
}

// isRoot says whether a folder is made to be applied by itself, so that nobody calls it: it says where
// its state is, sets providers up, or holds the values of its variables. One that takes nothing and gives nothing
// may be called, yet makes the same by itself. It spares the look at all other files of the repository.
func (f *scopeFinder) isRoot(dir string) bool {
	return slices.ContainsFunc(f.readings, func(r *reading) bool {
		m := r.module(dir)
		return m != nil && len(m.variables)+len(m.outputs) == 0 || r.isAppliedAlone(dir)
	})
}

// readers are the folders above a changed file of data whose modules read it: files of variables that
// are named on the command line, and what file(), fileset() and their like are given.
func (f *scopeFinder) readers(p string) []string {
	if !isVariables(p) && !isData(p) {
		return nil
	}
	var out []string
	dir := path.Dir(p)
	for range maxAbove {
		if dir == "." || isVariables(p) && f.hasModule(dir) {
			break
		}
		dir = path.Dir(dir)
		if f.matters(dir) && (isVariables(p) || f.mentions(dir, p)) {
			out = append(out, dir)
		}
	}
	return out
}

func (f *scopeFinder) hasModule(dir string) bool {
	return slices.ContainsFunc(f.readings, func(r *reading) bool { return len(r.moduleFiles(dir)) > 0 })
}

func isData(p string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json", ".csv", ".txt", ".tpl", ".tftpl", ".tmpl"}, path.Ext(p))
}

// mentions says whether the files of a module name a file, or read whole folders.
func (f *scopeFinder) mentions(dir, p string) bool {
	for _, r := range f.readings {
		m := r.module(dir)
		if m == nil {
			continue
		}
		for _, src := range m.sources {
			if bytes.Contains(src.data, []byte(path.Base(p))) || bytes.Contains(src.data, []byte("fileset(")) {
				return true
			}
		}
	}
	return false
}

// sharedConfigs are the changed files of Terragrunt that units elsewhere may include.
func (f *scopeFinder) sharedConfigs() []string {
	var out []string
	for p := range f.scope.changed {
		name := path.Base(p)
		if !strings.HasSuffix(name, ".hcl") || strings.HasPrefix(name, ".") || isOtherHCL(name) {
			continue
		}
		if name != terragruntFile || f.hasFolders(path.Dir(p)) {
			out = append(out, p)
		}
	}
	return sorted(out)
}

// isOtherHCL says whether a file is of another language of HCL than Terragrunt's.
func isOtherHCL(name string) bool {
	return strings.Count(name, ".") > 1 && name != terragruntStack
}

func (f *scopeFinder) hasFolders(dir string) bool {
	return slices.ContainsFunc(f.readings, func(r *reading) bool {
		return slices.ContainsFunc(r.list(dir), func(e Entry) bool { return e.Type == Folder })
	})
}

// walk goes through the whole tree once and notes who may call whom. A file that the change does not
// touch is the same in all states and is read in the last of them.
func (f *scopeFinder) walk(modules bool, shared []string, found map[string]bool) {
	f.callers = map[string][]caller{}
	for n, r := range f.readings {
		files, complete := r.walk(func(p string) bool {
			name := path.Base(p)
			wanted := name == terragruntFile || modules && callsModules(name)
			return wanted && (n == len(f.readings)-1 || f.scope.changed[p])
		})
		if !complete {
			f.scope.skipped = append(f.scope.skipped, NotAnalysed{Path: ".", Reason: "too many files to look for the callers of a module"})
		}
		if t, ok := r.tree.(Prefetcher); ok {
			t.Prefetch(files)
		}
		for _, p := range files {
			f.note(r, p, shared, found)
		}
	}
}

func callsModules(name string) bool {
	is, _ := terraformFile(name)
	return is || strings.HasSuffix(name, ".hcl") && !strings.HasPrefix(name, ".")
}

// note records the calls that one file may make. Its text is not kept.
func (f *scopeFinder) note(r *reading, p string, shared []string, found map[string]bool) {
	data, ok := r.glance(p)
	if !ok {
		return
	}
	c := caller{dir: path.Dir(p), r: r}
	if path.Base(p) == terragruntFile {
		f.units = append(f.units, unitText{caller: c, text: data})
		for _, s := range shared {
			inherited := path.Dir(s) == "." || strings.HasPrefix(c.dir+"/", path.Dir(s)+"/")
			if path.Dir(s) != c.dir && (inherited || bytes.Contains(data, []byte(path.Base(s)))) {
				found[c.dir] = true
			}
		}
		return
	}
	for _, source := range localSources(data) {
		callee, ok := localSource(c.dir, source)
		if ok && callee != c.dir && !slices.Contains(f.callers[callee], c) {
			f.callers[callee] = append(f.callers[callee], c)
		}
	}
}

// localSources finds the quoted paths that follow the word source.
func localSources(data []byte) []string {
	var out []string
	for {
		i := bytes.Index(data, []byte("source"))
		if i < 0 {
			return out
		}
		data = data[i+len("source"):]
		rest := bytes.TrimLeft(data[:min(len(data), 400)], "\" \t=:")
		if !bytes.HasPrefix(rest, []byte(".")) {
			continue
		}
		if end := bytes.IndexAny(rest, "\"\n"); end > 0 && rest[end] == '"' {
			out = append(out, string(rest[:end]))
		}
	}
}

// prefetch tells a tree which files of some folders will be read, if it likes to know.
func (r *reading) prefetch(dirs []string) {
	t, ok := r.tree.(Prefetcher)
	if !ok {
		return
	}
	var files []string
	for _, dir := range dirs {
		for _, e := range r.list(dir) {
			p := path.Join(dir, e.Name)
			if forms, _ := r.wanting(p); (len(forms) > 0 || isHCL(p)) && e.Type == Regular && e.Size <= maxLoad {
				files = append(files, p)
			}
		}
	}
	t.Prefetch(files)
}

// walk lists the files of a tree that are wanted, and false where it is too large.
func (r *reading) walk(wanted func(p string) bool) ([]string, bool) {
	var files []string
	seen := 0
	for queue := []string{"."}; len(queue) > 0; queue = queue[1:] {
		for _, e := range r.list(queue[0]) {
			if seen++; seen > maxWalked || r.stopped() {
				return files, false
			}
			p := path.Join(queue[0], e.Name)
			switch {
			case e.Type == Folder && e.Name != ".git" && e.Name != ".terraform" && e.Name != ".terragrunt-cache":
				queue = append(queue, p)
			case e.Type == Regular && wanted(p):
				files = append(files, p)
			}
		}
	}
	return files, true
}

// glance reads a file without keeping it, and without a word where that is not possible.
func (r *reading) glance(p string) ([]byte, bool) {
	if l, ok := r.loaded[p]; ok {
		return l.data, !l.absent && l.reason == ""
	}
	l := r.fetch(p)
	return l.data, !l.absent && l.reason == "" && len(l.data) <= maxFile
}
