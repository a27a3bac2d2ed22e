package checks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// Redacted hides account ids, user names and key ids: "account-1a2b3", "user-1a2b3c4d",
// "AKIA…WXYZ". The same name is hidden the same way each time, so that issues can be told
// apart; account names are left out.
func Redacted() *Display {
	return &Display{
		Account: func(id string) string { return "account-" + digest(5, id) },
		Name:    func(string) string { return "" },
		User:    func(id, name string) string { return "user-" + digest(8, id+name) },
		Key:     redactKey,
	}
}

// digest is the first n hex digits of the SHA-256 of s.
func digest(n int, s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:n]
}

// redactKey keeps four characters at each end of an id that is long enough to hide the rest.
func redactKey(id string) string {
	if id == "" {
		return ""
	}
	if len(id) < 12 {
		return "…"
	}
	return id[:4] + "…" + id[len(id)-4:]
}

// shown is the subject with display names: what texts are made of. Hidden, it holds
// nothing of the user that a text could name by mistake: no tags, groups or ids.
func (s *Subject) shown(d *Display) *Subject {
	if d == nil {
		return s
	}
	out := *s
	out.traits.redacted, out.traits.uses = true, hiddenUses(s.traits.uses)
	out.traits.move.address, out.traits.move.repository = "", ""
	a := *s.Account
	a.ID, a.Name, a.Users = d.Account(a.ID), d.Name(a.Name), nil
	out.Account = &a
	if s.User != nil {
		out.showUser(s, d)
	}
	if s.Resource != nil {
		out.showResource(s, d)
	} else {
		out.showHolders(s, d)
	}
	return &out
}

// showUser puts display names into the copies of the user and its credentials.
func (out *Subject) showUser(s *Subject, d *Display) {
	id, _ := s.userIdentity()
	u := inventory.User{
		Name: d.User(id, s.User.Name), Created: s.User.Created,
		Password: s.User.Password, MFA: s.User.MFA, Called: s.User.Called,
	}
	for _, p := range s.User.Policies {
		u.Policies = append(u.Policies, inventory.UserPolicy{Name: p.Name})
	}
	for i := range s.User.Keys {
		k := s.User.Keys[i]
		k.ID, k.Uses = showID(d, k.ID), nil
		u.Keys = append(u.Keys, k)
	}
	for i := range s.User.Keys {
		if s.Key == &s.User.Keys[i] {
			out.Key = &u.Keys[i]
		}
	}
	out.User = &u
	out.leaks = nil
	if s.Key != nil && len(s.leaks[s.Key.ID]) > 0 {
		out.leaks = hiddenLeaks(s, d)
	}
	out.showCredential(d)
}

// showResource hides the name of a resource, and whose its keys are, which other accounts may tell.
func (out *Subject) showResource(s *Subject, d *Display) {
	r := *s.Resource
	r.ARN, r.Role, r.Name = hiddenARN(s, d), hiddenRole(r.Role), ""
	r.Keys = slices.Clone(r.Keys)
	out.keys = &Keys{byID: map[string]KeyOwner{}}
	for i := range r.Keys {
		k := &r.Keys[i]
		o, ok := s.keys.find(k.KeyID)
		account, decoded := idAccount(k.KeyID)
		k.KeyID = showID(d, k.KeyID)
		if ok {
			out.keys.byID[k.KeyID] = o.shown(d)
		} else if decoded {
			out.strange = append(out.strange, strange{k.KeyID, d.Account(account)})
		}
	}
	out.Resource = &r
}

// showHolders hides the names of the resources that hold the subject's key.
func (out *Subject) showHolders(s *Subject, d *Display) {
	held := s.holders()
	out.keys = nil
	if len(held) == 0 || out.Key == nil {
		return
	}
	out.keys = &Keys{held: map[string][]Holder{}}
	for _, h := range held {
		a := inventory.Account{ID: d.Account(h.Account.ID), Name: d.Name(h.Account.Name), Partition: h.Account.Partition}
		r := *h.Resource
		r.ARN, r.Role, r.Keys, r.Name = hiddenARN(&Subject{Account: h.Account, Resource: h.Resource}, d), hiddenRole(r.Role), hiddenKeys(r.Keys, d), ""
		out.keys.held[out.Key.ID] = append(out.keys.held[out.Key.ID], Holder{&a, &r})
	}
}

// hiddenRole is the shown name of a role; none stays none.
func hiddenRole(name string) string {
	if name == "" {
		return ""
	}
	return "role-" + digest(8, name)
}

// hiddenKeys are the keys of a resource under their shown ids.
func hiddenKeys(keys []inventory.ComputeKey, d *Display) []inventory.ComputeKey {
	keys = slices.Clone(keys)
	for i := range keys {
		keys[i].KeyID = showID(d, keys[i].KeyID)
	}
	return keys
}

// shown is the owner with display names.
func (o KeyOwner) shown(d *Display) KeyOwner {
	a := inventory.Account{ID: d.Account(o.Account.ID), Name: d.Name(o.Account.Name)}
	id := o.User.ID
	if id == "" {
		id = o.User.ARN
	}
	u := inventory.User{Name: d.User(id, o.User.Name), Called: o.User.Called}
	k := *o.Key
	k.ID = showID(d, k.ID)
	return KeyOwner{&a, &u, &k}
}

// hiddenARN keeps of the ARN of a resource its service and region.
func hiddenARN(s *Subject, d *Display) string {
	part := strings.SplitN(s.Resource.ARN, ":", 6)
	if len(part) < 6 {
		return "arn:" + partitionOf(s.Account) + ":" + s.Resource.Service + ":" + s.Resource.Region + ":" + d.Account(s.Account.ID) + ":?"
	}
	part[4], part[5] = d.Account(s.Account.ID), "resource-"+digest(8, s.Resource.ARN)
	return strings.Join(part, ":")
}

// showCredential hides the id of a credential that is no access key.
func (out *Subject) showCredential(d *Display) {
	if c := out.Service; c != nil {
		hidden := *c
		hidden.ID = showID(d, c.ID)
		out.Service = &hidden
	}
	if c := out.SSH; c != nil {
		hidden := *c
		hidden.ID = showID(d, c.ID)
		out.SSH = &hidden
	}
	if c := out.Certificate; c != nil {
		hidden := *c
		hidden.ID = showID(d, c.ID)
		out.Certificate = &hidden
	}
}

// showID is the shown form of an id; one that is not known stays so.
func showID(d *Display, id string) string {
	if id == "" {
		return ""
	}
	return d.Key(id)
}

// resource is the ARN of the finding's user or root, made of display names where names are hidden.
func (s *Subject) resource(shown *Subject) string {
	if s.Resource != nil {
		return shown.Resource.ARN
	}
	arn, tail := s.Account.Root.ARN, ":root"
	if s.User != nil {
		arn, tail = s.User.ARN, ":user/"+shown.User.Name
	}
	if arn != "" && !shown.traits.redacted {
		return arn
	}
	return "arn:" + partitionOf(s.Account) + ":iam::" + shown.Account.ID + tail
}

// partitionOf is the partition of an account, aws where an inventory does not say.
func partitionOf(a *inventory.Account) string {
	if a.Partition == "" {
		return "aws"
	}
	return a.Partition
}
