package declare

import (
	"path"
	"slices"
	"strings"
)

// Scope says what both sides of a comparison look at: the folders that a change touches in either
// state, and what they refer to. It is made from both states, so both sides look at the same.
//
// A touched module that can declare something is looked at through the roots that call it, wherever
// they stand; a module that is called in one of the states is no root in any of them.
type Scope struct {
	// Stop, when set, is asked between files; once true, what is left is not analysed.
	Stop func() bool

	changed map[string]bool // the paths that the change touches
	folders []string        // sorted; read by every form
	roots   []string        // sorted; read by the forms of folders alone
	beside  []string        // sorted; folders whose files a changed one gives values to
	called  map[string]bool // folders of modules that are called: their callers declare them
	touched map[string]bool // folders of which a file of HCL changes
	files   []string        // sorted; files elsewhere that take in a changed template
	skipped []NotAnalysed   // what could not be looked at while the scope was made
	// variables are, by the folders of root modules, the changed files of variables elsewhere that fit them.
	variables map[string][]string
}

// A Prefetcher is a Tree that likes to be told which files will be read next.
type Prefetcher interface {
	Prefetch(paths []string)
}

// findScope also returns the readings that it was found with, one for each tree.
func findScope(changed []string, stop func() bool, trees ...Tree) (Scope, []*reading) {
	s := Scope{Stop: stop, changed: map[string]bool{}, called: map[string]bool{}, touched: map[string]bool{}, variables: map[string][]string{}}
	for _, p := range changed {
		p = path.Clean(p)
		s.changed[p] = true
		s.folders = append(s.folders, path.Dir(p))
		if isHCL(p) {
			s.touched[path.Dir(p)] = true
		}
	}
	s.folders = sorted(s.folders)
	f := &scopeFinder{scope: &s}
	for _, t := range trees {
		f.readings = append(f.readings, newReading(t, s))
	}
	f.find()
	for _, r := range f.readings {
		r.scope = s
	}
	return s, f.readings
}

func sorted(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// concerns says whether a file that cannot be analysed is a matter of this change. The files of a
// module are one text: all of them are, where one changes.
func (s Scope) concerns(p string) bool {
	return s.changed[p] || s.touched[path.Dir(p)] && isHCL(p)
}

// isHCL says by its name whether a file is of one of the languages of HCL.
func isHCL(p string) bool {
	is, _ := terraformFile(path.Base(p))
	return is || strings.HasSuffix(p, ".hcl") || isVariables(p)
}
