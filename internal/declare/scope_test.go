package declare

// extractAll returns all that the folders of a scope declare in one state. Both states of a comparison
// are read in the same scope, or what one side does not look at would seem to come or go.
func extractAll(t Tree, s Scope) Extraction {
	return newReading(t, s).extract()
}

// newScope makes the scope of a change over all states that are compared. changed holds the
// slash-separated paths of the files that differ between the states.
func newScope(changed []string, trees ...Tree) Scope {
	s, _ := findScope(changed, nil, trees...)
	return s
}
