package keyuse

import (
	"slices"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

// AtMost is how many places are kept of one key: the newest of each kind, then the newest.
const AtMost = 20

// Merge makes one of the uses that are alike but for their time, the newest first.
func Merge(uses []inventory.KeyUse) []inventory.KeyUse {
	at := map[inventory.KeyUse]int{}
	var out []inventory.KeyUse
	for _, u := range uses {
		alike := u
		alike.Last, alike.Events = time.Time{}, 0
		i, ok := at[alike]
		if !ok {
			at[alike] = len(out)
			out = append(out, u)
			continue
		}
		out[i].Events += u.Events
		if u.Last.After(out[i].Last) {
			out[i].Last = u.Last
		}
	}
	slices.SortFunc(out, inventory.CompareUses)
	return out
}

// Bounded keeps AtMost of sorted uses, so that no kind of place is crowded out: what a finding says of the kinds
// does not depend on how many addresses a key was used from since. What only the addresses of other accounts
// tell stays apart from the internet.
func (o Own) Bounded(uses []inventory.KeyUse) []inventory.KeyUse {
	if len(uses) <= AtMost {
		return uses
	}
	seen := map[string]bool{}
	var first, rest []inventory.KeyUse
	for _, u := range uses {
		kind := o.Place(u)
		if seen[kind] {
			rest = append(rest, u)
		} else {
			seen[kind] = true
			first = append(first, u)
		}
	}
	out := append(first, rest...)[:AtMost]
	slices.SortFunc(out, inventory.CompareUses)
	return out
}
