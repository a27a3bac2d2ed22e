package inventory

import (
	"cmp"
	"slices"
	"time"
)

// JoinKeys joins the keys of one user that a credential report shows, which have slots and
// last uses but no ids, with the keys that a live listing shows, which have ids and the
// present status but no last uses. The live keys decide which keys exist and whether they
// are active; a slot without a live key is of a key deleted since the report.
//
// Slots are not in the order of creation. A slot and a live key belong together when they
// were created in the same second. Where a second has one slot and one live key, they
// are one key, whatever became of its status. Where it has several of each, as many slots as
// live keys, each with a status of its own, the status tells them apart. Every other
// second is ambiguous: its keys get no slot and no last use.
//
// The keys come back sorted by creation, then id. In unknown are the ids, sorted, of the
// keys whose last use the report does not tell, because they are ambiguous or newer than
// the report: their zero LastUsed means nothing until it is read live. A live key that
// has a last use read live (Live) keeps it and is never unknown.
func JoinKeys(slots, live []AccessKey) (joined []AccessKey, unknown []string) {
	joined = slices.Clone(live)
	if joined == nil {
		joined = []AccessKey{}
	}
	sortKeys(joined)
	for i := range joined {
		k := &joined[i]
		if s := slotOf(*k, slots, joined); s != nil {
			k.Slot = s.Slot
			if !k.Live {
				k.LastUsed, k.LastUsedService, k.LastUsedRegion = s.LastUsed, s.LastUsedService, s.LastUsedRegion
			}
		} else if !k.Live {
			unknown = append(unknown, k.ID)
		}
	}
	slices.Sort(unknown)
	return joined, unknown
}

// slotOf finds the one slot that can be the key's, nil when there is none or more than one.
// A user has two keys, so looking through all of them is the fast way.
func slotOf(k AccessKey, slots, live []AccessKey) *AccessKey {
	all, allSame, one := inSecond(slots, k)
	n, same, _ := inSecond(live, k)
	switch {
	case all == 1 && n == 1:
		return one
	case all == n && n == 2 && allSame == 1 && same == 1:
		return withStatus(slots, k)
	}
	return nil
}

// inSecond counts the keys created in the second of k, and those of them with its status;
// last is the last of them.
func inSecond(keys []AccessKey, k AccessKey) (n, sameStatus int, last *AccessKey) {
	for i := range keys {
		if !sameSecond(keys[i].Created, k.Created) {
			continue
		}
		n++
		last = &keys[i]
		if keys[i].Active == k.Active {
			sameStatus++
		}
	}
	return n, sameStatus, last
}

func withStatus(keys []AccessKey, k AccessKey) *AccessKey {
	for i := range keys {
		if sameSecond(keys[i].Created, k.Created) && keys[i].Active == k.Active {
			return &keys[i]
		}
	}
	return nil
}

// sortKeys sorts by creation, to the second since the report knows no more, then id, then slot.
func sortKeys(keys []AccessKey) {
	for i := range keys {
		slices.SortStableFunc(keys[i].Uses, CompareUses)
	}
	slices.SortStableFunc(keys, func(a, b AccessKey) int {
		return cmp.Or(
			a.Created.Truncate(time.Second).Compare(b.Created.Truncate(time.Second)),
			cmp.Compare(a.ID, b.ID), cmp.Compare(a.Slot, b.Slot))
	})
}
