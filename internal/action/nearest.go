package action

// nearest is the word most like s, empty when none is like enough to have been meant:
// at most a third of it differs.
func nearest(s string, words []string) string {
	best, least := "", max(len(s), 3)/3+1
	for _, w := range words {
		if d := distance(s, w, least); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance counts the characters to add, drop or change to make b of a. Where it
// would be limit or more it may stop early and say limit.
func distance(a, b string, limit int) int {
	ar, br := []rune(a), []rune(b)
	if len(ar)-len(br) >= limit || len(br)-len(ar) >= limit {
		return limit
	}
	row := make([]int, len(br)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range ar {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range br {
			change := diagonal
			if x != y {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(br)]
}
