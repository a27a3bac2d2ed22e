package scan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/checks"
)

// rowKey is what there is one row of.
type rowKey struct {
	id, path, inside string
	where            Where
}

func keyOf(s *Sighting) rowKey {
	return rowKey{s.AccessKeyID, s.Path, strings.Join(s.Inside, "\x00"), s.Where}
}

// content is a key in a content that git has a name for.
type content struct{ id, blob, inside string }

func contentOf(s *Sighting) content {
	return content{s.AccessKeyID, s.Blob, strings.Join(s.Inside, "\x00")}
}

// rows makes one row of all sightings of a key in a place. What stands in the work tree is not told
// again as history of the same content.
func rows(all []Sighting) []Leak {
	here := map[content]bool{}
	for i := range all {
		if s := &all[i]; s.Where == File && s.Blob != "" {
			here[contentOf(s)] = true
		}
	}
	at := map[rowKey]int{}
	var out []Leak
	for i := range all {
		s := &all[i]
		if s.Where != File && s.Blob != "" && here[contentOf(s)] {
			continue
		}
		k := keyOf(s)
		if n, ok := at[k]; ok {
			merge(&out[n].Sighting, s)
			continue
		}
		at[k] = len(out)
		out = append(out, Leak{Sighting: *s})
		out[len(out)-1].Inside = slices.Clone(s.Inside)
	}
	return out
}

// merge lets a row speak for another sighting in the same place: of several lines the first counts,
// of several commits the one that was told first, and whatever makes it surer is kept.
func merge(row, other *Sighting) {
	secret := row.SecretNearby || other.SecretNearby
	sure := row.Confidence
	if rank(confidences, other.Confidence) < rank(confidences, sure) {
		sure = other.Confidence
	}
	if other.Commit == row.Commit && earlier(other, row) {
		inside := row.Inside
		*row = *other
		row.Inside = inside
	}
	row.SecretNearby, row.Confidence = secret, sure
}

func earlier(a, b *Sighting) bool {
	if a.Line != b.Line {
		return a.Line > 0 && (a.Line < b.Line || b.Line == 0)
	}
	return cmp.Or(cmp.Compare(number(a.Encoding != plain), number(b.Encoding != plain)), cmp.Compare(a.Encoding, b.Encoding), cmp.Compare(a.Blob, b.Blob)) < 0
}

// plain is the encoding of text as it is.
const plain = "plain"

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rank is the place of a word in a list; words that are not in it come last.
func rank[T comparable](list []T, word T) int {
	if i := slices.Index(list, word); i >= 0 {
		return i
	}
	return len(list)
}

var statuses = []Status{Active, Unknown, Inactive, NotFound}

// compareLeaks is the order of every output: the worst first, then key by key, and of a key what is
// there now before what is history.
func compareLeaks(a, b Leak) int {
	return cmp.Or(
		cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
		cmp.Compare(rank(statuses, a.Status), rank(statuses, b.Status)),
		cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.AccessKeyID, b.AccessKeyID),
		cmp.Compare(rank(wheres, a.Where), rank(wheres, b.Where)), cmp.Compare(a.Where, b.Where),
		cmp.Compare(a.Path, b.Path), slices.Compare(a.Inside, b.Inside),
	)
}

// severityOf says how bad a row is by itself: a key that works, then one that may work. A temporary
// key ends by itself, bait opens nothing, and what is only possible is no reason for alarm.
func severityOf(l *Leak) checks.Severity {
	switch {
	case l.Status == Active:
		return checks.Critical
	case l.Status == Inactive:
		return checks.Medium
	case l.Status == NotFound, l.Confidence == Possible, l.Canary != "", l.temporary():
		return checks.Low
	}
	return checks.High
}

// distinct are the entries in order, each once.
func distinct(all []NotScanned) []NotScanned {
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b NotScanned) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.Compact(out)
}
