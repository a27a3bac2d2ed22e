package scan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// holder is who has a key, and what is known of it.
type holder struct {
	account *inventory.Account
	user    *inventory.User // nil: the root user
	status  Status
	why     string
}

// index is the inventory by what a row can ask for.
type index struct {
	accounts []*inventory.Account
	byID     map[string]*inventory.Account
	keys     map[string]holder
}

func indexOf(accounts []*inventory.Account) *index {
	ix := &index{accounts: accounts, byID: map[string]*inventory.Account{}, keys: map[string]holder{}}
	for _, a := range accounts {
		ix.byID[a.ID] = a
		for u := range a.Users {
			ix.enter(a, &a.Users[u])
		}
		ix.enterRoot(a)
	}
	return ix
}

func (ix *index) enter(a *inventory.Account, u *inventory.User) {
	for i := range u.Keys {
		k := &u.Keys[i]
		if k.ID == "" {
			continue
		}
		h := holder{account: a, user: u, status: Inactive}
		if k.Active {
			h.status = Active
		}
		if m, missing := a.Lacks(inventory.FactAccessKeys, u.Name, k.ID); missing {
			h.status, h.why = Unknown, "whether it is active is not known: "+lacking(m)
		}
		ix.keys[k.ID] = h
	}
	for _, c := range u.Services {
		status := Inactive
		if c.Active() {
			status = Active
		}
		if c.ID != "" {
			ix.keys[c.ID] = holder{account: a, user: u, status: status}
		}
	}
}

// enterRoot enters the keys that CloudTrail saw root use: the facts hold no id of a root key
// otherwise. Where root still has keys and all are alike, that is the status.
func (ix *index) enterRoot(a *inventory.Account) {
	for _, e := range a.Root.Events {
		if e.KeyID == "" || e.KeyID == "-" {
			continue
		}
		if _, ok := ix.keys[e.KeyID]; ok || strings.HasPrefix(e.KeyID, "ASIA") {
			continue
		}
		h := holder{account: a, status: Unknown, why: "the root user has used it; whether it is active is not known"}
		active := func(k inventory.AccessKey) bool { return k.Active }
		switch n := len(a.Root.Keys); {
		case n > 0 && !slices.ContainsFunc(a.Root.Keys, func(k inventory.AccessKey) bool { return !k.Active }):
			h.status, h.why = Active, ""
		case n > 0 && !slices.ContainsFunc(a.Root.Keys, active):
			h.status, h.why = Inactive, ""
		}
		ix.keys[e.KeyID] = h
	}
}

// join fills in what the inventory says of a row's key.
func (ix *index) join(l *Leak) {
	l.Status = Unknown
	ours := ix.byID[l.AccountID]
	if ours != nil {
		l.AccountName = ours.Name
	}
	if l.temporary() {
		l.Why = "a temporary key, which ends by itself and stands in no inventory"
		return
	}
	if h, ok := ix.keys[l.AccessKeyID]; ok {
		ix.take(l, h)
		return
	}
	if ours != nil {
		l.Confidence = confidences[min(rank(confidences, l.Confidence), 1)]
	}
	if l.service() {
		ix.joinService(l)
		return
	}
	l.Status, l.Why = ix.absent(l)
}

// take is a key of the inventory: that it is one is certain, however it was written.
func (ix *index) take(l *Leak, h holder) {
	l.Status, l.Why, l.Confidence = h.status, h.why, Certain
	l.AccountID, l.AccountName, l.User = h.account.ID, h.account.Name, inventory.RootUser
	if h.user != nil {
		l.User = h.user.Name
	}
}

// absent says what it means that no account has the key.
func (ix *index) absent(l *Leak) (Status, string) {
	switch {
	case l.Canary != "":
		return Unknown, "bait, laid out by " + l.Canary + ": its use raises an alarm"
	case len(ix.accounts) == 0:
		return Unknown, "there is no inventory to look it up in"
	case l.AccountID == "":
		return ix.nowhere()
	}
	a := ix.byID[l.AccountID]
	if a == nil {
		return Unknown, "account " + l.AccountID + " is none of those that were audited"
	}
	if why := keysUnknown(a); why != "" {
		return Unknown, why
	}
	return NotFound, "deleted: account " + a.ID + " has no such key in the lists read on " + day(a.CollectedAt)
}

// nowhere is absent for a key that does not tell its account: all accounts must have been read.
func (ix *index) nowhere() (Status, string) {
	for _, a := range ix.accounts {
		if why := keysUnknown(a); why != "" {
			return Unknown, "the id does not tell its account, and not all keys of account " + a.ID + " are known"
		}
	}
	if len(ix.accounts) == 1 {
		return NotFound, "account " + ix.accounts[0].ID + ", the only one that was audited, has no such key"
	}
	return NotFound, fmt.Sprintf("none of the %d audited accounts has such a key", len(ix.accounts))
}

// keyFacts are the facts without which a key that is not there may be there after all.
var keyFacts = []inventory.Fact{
	inventory.FactUsers, inventory.FactAccessKeys, inventory.FactAccessKeyIDs, inventory.FactRootCredentials,
}

// keysUnknown says why not all keys of an account are known; empty when they are.
func keysUnknown(a *inventory.Account) string {
	switch {
	case a.Status == inventory.Failed:
		return "account " + a.ID + " could not be audited"
	case a.Status == inventory.Skipped:
		return "account " + a.ID + " is not active and was not audited"
	case a.ReportOnly:
		return "a credential report alone holds no ids of keys"
	}
	for _, f := range keyFacts {
		if m, missing := a.LacksAnywhere(f); missing {
			return "not all keys of account " + a.ID + " could be read: " + lacking(m)
		}
	}
	for i := range a.Users {
		for _, k := range a.Users[i].Keys {
			if k.ID == "" {
				return "the ids of some keys of account " + a.ID + " are not known"
			}
		}
	}
	if a.Root.HasKeys || len(a.Root.Keys) > 0 {
		return "the root user of account " + a.ID + " has a key whose id is not known, and this may be it"
	}
	return ""
}

// lacking is a missing fact in our own words: a cause is worded by AWS.
func lacking(m inventory.Missing) string {
	if m.Action != "" {
		return m.Action + " was not answered"
	}
	return string(m.Fact) + " not collected"
}

// serviceMark stands between the user and the account in the name of an API key.
const serviceMark = "-at-"

// service reports whether the row is about an API key of a service.
func (s *Sighting) service() bool {
	return s.AccountID != "" && strings.HasSuffix(s.AccessKeyID, serviceMark+s.AccountID)
}

// temporary reports whether the key ends by itself.
func (s *Sighting) temporary() bool {
	return s.Kind == Temporary || strings.HasPrefix(s.AccessKeyID, "ASIA")
}

// joinService joins an API key of a service. The inventory knows such credentials by another id, so
// that all of the user's answer together.
func (ix *index) joinService(l *Leak) {
	a := ix.byID[l.AccountID]
	if a == nil {
		l.Status, l.Why = ix.absent(l)
		return
	}
	name := strings.TrimSuffix(l.AccessKeyID, serviceMark+l.AccountID)
	u := userNamed(a, name)
	if u == nil {
		// A second credential of a user for a service is called NAME+1-at-ACCOUNT.
		if i := strings.LastIndexByte(name, '+'); i > 0 && strings.Trim(name[i+1:], "0123456789") == "" {
			u = userNamed(a, name[:i])
		}
	}
	if u != nil {
		l.User = u.Name
	}
	for _, f := range []inventory.Fact{inventory.FactUsers, inventory.FactServiceCredentials} {
		if m, missing := a.LacksAnywhere(f); missing {
			l.Why = "the service credentials of account " + a.ID + " are not all known: " + lacking(m)
			return
		}
	}
	l.Status, l.Why = serviceStatus(u)
}

func userNamed(a *inventory.Account, name string) *inventory.User {
	for i := range a.Users {
		if a.Users[i].Name == name {
			return &a.Users[i]
		}
	}
	return nil
}

func serviceStatus(u *inventory.User) (Status, string) {
	switch {
	case u == nil:
		return NotFound, "deleted: its user is in no list of the account"
	case len(u.Services) == 0:
		return NotFound, "deleted: its user has no service-specific credential"
	case slices.ContainsFunc(u.Services, inventory.ServiceCredential.Active):
		return Active, "its user has an active service-specific credential"
	}
	return Inactive, "no service-specific credential of its user is active"
}

// ownerOf names who has to act, and whether a tag says so, which is text from AWS.
func ownerOf(l *Leak, p *policy.Policy, ix *index) (owner string, byTag bool) {
	a := ix.byID[l.AccountID]
	if a == nil {
		return "", false
	}
	var tags map[string]string
	if h, ok := ix.keys[l.AccessKeyID]; ok && h.user != nil {
		tags = h.user.Tags
	}
	owner, _, rule := p.Owner(a.ID, l.User, tags)
	return owner, strings.HasPrefix(rule, "tag ")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
