package declare

import (
	"path"
	"slices"
)

// Scope says what both sides of a comparison look at: the folders that a change touches in either
// state, and what they refer to. It is made from both states, so both sides look at the same.
type Scope struct {
	// Stop, when set, is asked between files; once true, what is left is not analysed.
	Stop func() bool

	changed map[string]bool // the paths that the change touches
	folders []string        // sorted
	skipped []NotAnalysed   // what could not be looked at while the scope was made
}

// NewScope makes the scope of a change over all states that are compared. changed holds the
// slash-separated paths of the files that differ between the states.
func NewScope(changed []string, trees ...Tree) Scope {
	s := Scope{changed: map[string]bool{}}
	for _, p := range changed {
		s.changed[path.Clean(p)] = true
		s.folders = append(s.folders, path.Dir(path.Clean(p)))
	}
	slices.Sort(s.folders)
	s.folders = slices.Compact(s.folders)
	return s
}

// concerns says whether a file that cannot be analysed is a matter of this change.
func (s Scope) concerns(p string) bool { return s.changed[p] }
