package declare

import (
	"maps"
	"path"
	"slices"
)

// Limits of the look for templates that take in a changed one.
const (
	maxParents   = 100     // files that are looked at
	maxParentLen = 256_000 // bytes of each
)

// parentTriggers are what a file says that takes in another one.
var parentTriggers = []string{
	"AWS::CloudFormation::Stack", "AWS::Serverless::Application", "AWS::Include", "${file(", "update-stacks",
}

// parents are the files in the folders above a changed template that may make a stack of it, or take a part
// of it in. They are read on both sides, so that it is seen how often and under which conditions the
// template is made.
func (f *scopeFinder) parents() []string {
	names := map[string][]string{} // of changed templates, by the folders above them
	for _, p := range f.changedTemplates() {
		for dir := path.Dir(p); dir != "."; {
			if dir = path.Dir(dir); !slices.Contains(f.scope.folders, dir) {
				names[dir] = append(names[dir], path.Base(p))
			}
		}
	}
	var out []string
	for n, r := range f.readings {
		files := f.mayTakeIn(r, slices.Sorted(maps.Keys(names)), n == len(f.readings)-1)
		if t, ok := r.tree.(Prefetcher); ok && len(files) > 0 {
			t.Prefetch(files)
		}
		for _, p := range files {
			data, ok := r.glance(p)
			if ok && holdsAny(data, names[path.Dir(p)]) && holdsAny(data, parentTriggers) {
				out = append(out, p)
			}
		}
	}
	return sorted(out)
}

// changedTemplates are the changed files that hold users or keys of CloudFormation, in one of the states.
func (f *scopeFinder) changedTemplates() []string {
	words := []string{"AWS::IAM::User", "AWS::IAM::AccessKey"}
	var out []string
	for _, p := range slices.Sorted(maps.Keys(f.scope.changed)) {
		if isDataFile(p) && slices.ContainsFunc(f.readings, func(r *reading) bool {
			l := r.load(p)
			return l.reason == "" && holdsAny(l.data, words)
		}) {
			out = append(out, p)
		}
	}
	return out
}

// mayTakeIn returns the files of some folders that can be looked at for the names of others. A file that the
// change does not touch is the same in all states and is looked at in the last of them.
func (f *scopeFinder) mayTakeIn(r *reading, dirs []string, last bool) []string {
	var files []string
	for _, dir := range dirs {
		for _, e := range r.list(dir) {
			p := path.Join(dir, e.Name)
			fits := e.Type == Regular && e.Size <= maxParentLen && isDataFile(p) && len(files) < maxParents
			if fits && (last || f.scope.changed[p]) {
				files = append(files, p)
			}
		}
	}
	return files
}
