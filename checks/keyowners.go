package checks

import (
	"cmp"
	"slices"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/keyuse"
	ids "github.com/keysweep/keysweep/internal/leak"
)

// Keys knows whose each access key is, in all accounts of a run: a function of one account may
// hold the key of a user of another.
type Keys struct {
	byID map[string]KeyOwner
	// held are the resources that hold a key, by its id.
	held map[string][]Holder
	// own are the addresses of all the accounts: what a key does from one of them it does from compute.
	own keyuse.Own
}

// Holder is a resource that holds a key, and its account.
type Holder struct {
	Account  *inventory.Account
	Resource *inventory.Resource
}

// KeyOwner is the key of an id, its user and its account.
type KeyOwner struct {
	Account *inventory.Account
	User    *inventory.User
	Key     *inventory.AccessKey
}

// KeysOf indexes the access keys and the own addresses of accounts.
func KeysOf(accounts []*inventory.Account) *Keys {
	k := &Keys{byID: map[string]KeyOwner{}, held: map[string][]Holder{}, own: keyuse.OwnOf(accounts)}
	for _, a := range accounts {
		k.addHolders(a)
		for i := range a.Users {
			u := &a.Users[i]
			for j := range u.Keys {
				if id := u.Keys[j].ID; id != "" {
					k.byID[id] = KeyOwner{a, u, &u.Keys[j]}
				}
			}
		}
	}
	for _, held := range k.held { // what runs something tells what takes the key's place
		slices.SortStableFunc(held, func(a, b Holder) int {
			return cmp.Compare(orderOf(a.Resource), orderOf(b.Resource))
		})
	}
	return k
}

func orderOf(r *inventory.Resource) int {
	if runs(r) {
		return 0
	}
	return 1
}

// addHolders notes which resources of an account hold which keys.
func (k *Keys) addHolders(a *inventory.Account) {
	if a.Compute == nil {
		return
	}
	for i := range a.Compute.Resources {
		r := &a.Compute.Resources[i]
		for _, key := range r.Keys {
			have := k.held[key.KeyID]
			if key.KeyID != "" && (len(have) == 0 || have[len(have)-1].Resource != r) {
				k.held[key.KeyID] = append(have, Holder{a, r})
			}
		}
	}
}

// holders are the resources that hold the subject's key.
func (s *Subject) holders() []Holder {
	if s.Key == nil || s.Key.ID == "" || s.keys == nil {
		return nil
	}
	return s.keys.held[s.Key.ID]
}

// holderNotes say which resources hold the subject's key: whoever takes the key away must know.
func (s *Subject) holderNotes() []string {
	var out []string
	for i, h := range s.holders() {
		if i == computePlaces {
			return append(out, "More resources hold it: see their findings.")
		}
		of := &Subject{Account: h.Account, Resource: h.Resource}
		out = append(out, "It stands in "+of.kindOf().word+" "+codeWord(resourceLabel(h.Resource))+" in "+h.Resource.Region+", account "+accountLabel(of)+".")
	}
	return out
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
	if s.Resource == nil || s.Name == idInstanceWithoutRole {
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
