package history

import (
	"cmp"
	"slices"
)

// result sorts what was found.
func (s *scan) result() Result {
	out := Result{Sightings: s.rows, Objects: int(s.seen.Load()), Bytes: s.bytes.Load()}
	for u := range s.unread {
		out.Unread = append(out.Unread, u)
	}
	slices.SortFunc(out.Unread, func(a, b Unread) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
	slices.SortFunc(out.Sightings, compareSightings)
	return out
}

func compareSightings(a, b Sighting) int {
	return cmp.Or(
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Path, b.Path),
		slices.Compare(a.Inside, b.Inside), cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Blob, b.Blob),
		cmp.Compare(a.Line, b.Line), cmp.Compare(a.Encoding, b.Encoding),
	)
}
