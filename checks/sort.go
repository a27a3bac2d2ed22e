package checks

import (
	"cmp"
	"slices"
	"strings"
)

// Sort puts findings into the order of every report: severity, worst first, then account,
// resource, check and id.
func Sort(findings []Finding) {
	// A finding is large: sort positions, then move each finding once.
	order := make([]int32, len(findings))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return compareFindings(&findings[a], &findings[b]) })
	for start := range order {
		if order[start] < 0 || int(order[start]) == start {
			continue
		}
		moved, at := findings[start], start
		for from := int(order[at]); from != start; from = int(order[at]) {
			findings[at] = findings[from]
			order[at] = -1
			at = from
		}
		findings[at] = moved
		order[at] = -1
	}
}

func compareFindings(a, b *Finding) int {
	if c := cmp.Compare(b.Severity.Rank(), a.Severity.Rank()); c != 0 {
		return c
	}
	if c := strings.Compare(a.AccountID, b.AccountID); c != 0 {
		return c
	}
	if c := strings.Compare(a.Resource, b.Resource); c != 0 {
		return c
	}
	if c := strings.Compare(a.Check, b.Check); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}
