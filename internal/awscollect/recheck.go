package awscollect

import (
	"context"
	"slices"

	"github.com/keysweep/keysweep/internal/inventory"
)

// recheckAll reads again, live, what a finding hangs on: the report may be four hours
// old. What was read live in this visit already is not read twice.
func (v *visit) recheckAll(ctx context.Context, wants []inventory.Recheck) {
	byUser := map[string][]inventory.Recheck{}
	for _, w := range wants {
		if !slices.Contains(byUser[w.User], w) {
			byUser[w.User] = append(byUser[w.User], w)
		}
	}
	var users []*inventory.User
	for _, u := range v.allUsers() {
		if len(byUser[u.Name]) > 0 {
			users = append(users, u)
		}
	}
	v.eachUser(users, func(u *inventory.User) {
		for _, w := range byUser[u.Name] {
			if !v.isGone(u.Name) && v.recheck(ctx, u, w) {
				v.mu.Lock()
				v.a.Rechecked++
				v.mu.Unlock()
			}
		}
	})
}

// recheck reports whether the facts of one credential were read.
func (v *visit) recheck(ctx context.Context, u *inventory.User, w inventory.Recheck) bool {
	switch w.Kind {
	case inventory.RecheckKey:
		return v.recheckKey(ctx, u, w.Key)
	case inventory.RecheckPassword:
		return v.readPassword(ctx, u)
	case inventory.RecheckCertificates:
		return v.readCertificates(ctx, u)
	case inventory.RecheckUser:
		keys := v.seenOf(u.Name).keys || v.readKeys(ctx, u)
		password := v.readPassword(ctx, u)
		return v.readCertificates(ctx, u) && keys && password
	}
	return false
}

func (v *visit) recheckKey(ctx context.Context, u *inventory.User, id string) bool {
	i := slices.IndexFunc(u.Keys, func(k inventory.AccessKey) bool { return k.ID == id && id != "" })
	if i < 0 {
		return false
	}
	return u.Keys[i].Live || v.readLastUsed(ctx, u, id)
}
