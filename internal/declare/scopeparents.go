package declare

import (
	"bytes"
	"path"
	"slices"
)

// Limits of the look for templates that take in a changed one.
const (
	maxParents   = 100     // files that are looked at
	maxParentLen = 256_000 // bytes of each
)

// parents are the files in the folders above a changed template that may make a stack of it, or take a part
// of it in. They are read on both sides, so that it is seen how often and under which conditions the
// template is made.
func (f *scopeFinder) parents() []string {
	var out []string
	looked := map[string]bool{}
	for _, p := range sorted(slices.Clone(f.changedTemplates())) {
		for dir := path.Dir(p); dir != "."; {
			dir = path.Dir(dir)
			if slices.Contains(f.scope.folders, dir) || len(looked) >= maxParents {
				continue
			}
			out = append(out, f.namedIn(dir, path.Base(p), looked)...)
		}
	}
	return sorted(out)
}

// changedTemplates are the changed files that hold users or keys of CloudFormation, in one of the states.
func (f *scopeFinder) changedTemplates() []string {
	var out []string
	for p := range f.scope.changed {
		if !isDataFile(p) {
			continue
		}
		for _, r := range f.readings {
			if l := r.load(p); l.reason == "" && holdsAny(l.data, []string{"AWS::IAM::User", "AWS::IAM::AccessKey"}) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

var parentTriggers = []string{
	"AWS::CloudFormation::Stack", "AWS::Serverless::Application", "AWS::Include", "${file(", "update-stacks",
}

// namedIn returns the files of a folder that name another file in a way that takes it in.
func (f *scopeFinder) namedIn(dir, name string, looked map[string]bool) []string {
	var out []string
	for n, r := range f.readings {
		var files []string
		for _, e := range r.list(dir) {
			p := path.Join(dir, e.Name)
			fits := e.Type == Regular && e.Size <= maxParentLen && isDataFile(p) && len(looked) < maxParents
			if fits && (n == len(f.readings)-1 || f.scope.changed[p]) {
				looked[p] = true
				files = append(files, p)
			}
		}
		if t, ok := r.tree.(Prefetcher); ok {
			t.Prefetch(files)
		}
		for _, p := range files {
			if data, ok := r.glance(p); ok && bytes.Contains(data, []byte(name)) && holdsAny(data, parentTriggers) {
				out = append(out, p)
			}
		}
	}
	return out
}
