package checks

import (
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	ids "github.com/keysweep/keysweep/internal/leak"
)

// Keys knows whose each access key is, in all accounts of a run: a function of one account may
// hold the key of a user of another.
type Keys struct{ byID map[string]KeyOwner }

// KeyOwner is the key of an id, its user and its account.
type KeyOwner struct {
	Account *inventory.Account
	User    *inventory.User
	Key     *inventory.AccessKey
}

// KeysOf indexes the access keys of accounts.
func KeysOf(accounts []*inventory.Account) *Keys {
	k := &Keys{byID: map[string]KeyOwner{}}
	for _, a := range accounts {
		for i := range a.Users {
			u := &a.Users[i]
			for j := range u.Keys {
				if id := u.Keys[j].ID; id != "" {
					k.byID[id] = KeyOwner{a, u, &u.Keys[j]}
				}
			}
		}
	}
	return k
}

// find is the owner of a key; false when no account that was read has it.
func (k *Keys) find(id string) (KeyOwner, bool) {
	if k == nil || id == "" {
		return KeyOwner{}, false
	}
	o, ok := k.byID[id]
	return o, ok
}

// owner is the first of the resource's keys that an account of the run has; the id of the
// first key where none has it, and nothing where only a reference to a key was found.
func (s *Subject) owner() (id string, o KeyOwner, ok bool) {
	if s.Resource == nil {
		return "", KeyOwner{}, false
	}
	for _, k := range s.Resource.Keys {
		if o, ok := s.keys.find(k.KeyID); ok {
			return k.KeyID, o, true
		}
		if id == "" {
			id = k.KeyID
		}
	}
	return id, KeyOwner{}, false
}

// resourceKey is the true key of the subject's resource, where an account of the run has it.
func (s *Subject) resourceKey() *inventory.AccessKey {
	_, o, _ := s.owner()
	return o.Key
}

// resourceSince is when what is wrong with a resource may have begun: when the key was made or the
// instance launched, or else when it was seen.
func (s *Subject) resourceSince() time.Time {
	switch k := s.resourceKey(); {
	case k != nil:
		return k.Created
	case !s.Resource.Since.IsZero():
		return s.Resource.Since
	}
	return s.Account.CollectedAt
}

// accountIn is the account that the id of a strange key names, as it is shown.
func (s *Subject) accountIn(id string) (string, bool) {
	for _, k := range s.strange {
		if k.id == id {
			return k.account, true
		}
	}
	if s.traits.redacted {
		return "", false
	}
	return idAccount(id)
}

// idAccount is the account that an id of a key says it is of.
func idAccount(id string) (string, bool) { return ids.KeyAccount(id) }
