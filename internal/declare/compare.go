package declare

// Compare returns what one state has and another had not, by the rules of review.
func Compare(base, head Extraction) []Change {
	return nil
}
