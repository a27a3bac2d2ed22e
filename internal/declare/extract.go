package declare

import (
	"cmp"
	"slices"
)

// extract reads all that the scope of a reading asks for.
func (r *reading) extract() Extraction {
	for _, dir := range r.scope.folders {
		r.folder(dir)
	}
	for _, dir := range r.scope.roots {
		r.root(dir)
	}
	for _, p := range r.scope.files {
		r.file(p)
	}
	for _, dir := range r.scope.beside {
		r.files(dir)
	}
	dropAdopted(r)
	r.finishAlone()
	sortExtraction(&r.out)
	return r.out
}

// Diff compares two states of a repository in the folders that the changed paths touch and in what
// these refer to. changed holds the paths of all files that were added, removed or altered, the old and
// the new one of each file that moved. stop, if not nil, is asked between files; once it is true, what is
// left is not analysed.
func Diff(base, head Tree, changed []string, stop func() bool) ([]Change, []NotAnalysed) {
	s, readings := findScope(changed, stop, base, head)
	readings[0].extract()
	readings[1].extract()
	declareUnmade(s, readings)
	dropAdopted(readings...)
	b, h := readings[0].out, readings[1].out
	dropStanding(readings[1], &b, &h)
	(&placer{own: base, other: head, changed: s.changed}).settle(b.Declarations)
	(&placer{own: head, other: base, changed: s.changed}).settle(h.Declarations)
	return Compare(b, h), mergeSkipped(s.skipped, b.NotAnalysed, h.NotAnalysed)
}

// mergeSkipped joins what was not analysed on either side, one row a path.
func mergeSkipped(lists ...[]NotAnalysed) []NotAnalysed {
	seen := map[string]bool{}
	var all []NotAnalysed
	for i := len(lists) - 1; i >= 0; i-- {
		for _, n := range lists[i] {
			if !seen[n.Path] {
				seen[n.Path] = true
				all = append(all, n)
			}
		}
	}
	sortSkipped(all)
	return all
}

func sortExtraction(e *Extraction) {
	slices.SortStableFunc(e.Declarations, compareDeclarations)
	sortSkipped(e.NotAnalysed)
}

func sortSkipped(ns []NotAnalysed) {
	slices.SortStableFunc(ns, func(a, b NotAnalysed) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
}

// compareDeclarations orders declarations wholly, so that nothing depends on the order of reading.
func compareDeclarations(a, b Declaration) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Form, b.Form), cmp.Compare(a.Root, b.Root), cmp.Compare(a.Address, b.Address),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Body, b.Body),
		cmp.Compare(a.Generation, b.Generation),
		cmp.Compare(a.Count, b.Count), cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(a.Why, b.Why),
		compareBool(a.Imported, b.Imported), compareBool(a.Inactive, b.Inactive),
		compareBool(a.Observed, b.Observed), compareBool(a.Idempotent, b.Idempotent),
		slices.Compare(a.MovedFrom, b.MovedFrom),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
