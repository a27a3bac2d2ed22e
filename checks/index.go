package checks

import (
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Place is one subject that exists in an account.
type Place struct {
	// Subject and Kind are those of a finding about it.
	Subject string
	Kind    SubjectKind
	// User is the true name, empty for root. Key is the access key's true id; empty for other subjects.
	User, Key string

	at spot
	// emptySlot marks a column of a bare credential report that holds no credential.
	emptySlot bool
}

// Index returns the subjects that exist in an account by the id of the finding that each
// has or would have. A user has a password subject whether it has a password or not.
// Subjects of which a part of the identity is not known are left out: nothing can be said
// about an issue by them. In a bare report, where the slot is the identity, both slots of
// each user are there.
func Index(a *inventory.Account) map[string]Place {
	index := map[string]Place{}
	e, ok := newEvaluation(a, policy.Default(), Options{})
	if !ok {
		return index
	}
	e.each(func(at spot) { e.enter(index, at) })
	if a.ReportOnly {
		e.enterSlots(index)
	}
	return index
}

// enter adds the subject at a spot to the index.
func (e *evaluation) enter(index map[string]Place, at spot) {
	id, incomplete := e.s.identity()
	if incomplete != "" {
		return
	}
	p := Place{Subject: e.s.Name, Kind: groups[at.group].kind, Key: e.s.keyID(), at: at}
	if e.s.User != nil || e.s.Resource != nil {
		p.User = e.s.userName()
	}
	index[id] = p
}

// enterSlots adds the slots of a bare report that hold nothing.
func (e *evaluation) enterSlots(index map[string]Place) {
	a := e.account
	for u := range a.Users {
		for g := range groups {
			if list := groups[g].list; list != listKeys && list != listCertificates {
				continue
			}
			for slot := 1; slot <= 2; slot++ {
				id := FindingID(a.Partition, a.ID, a.Users[u].ARN, slotName(slot), groups[g].name)
				if _, ok := index[id]; ok {
					continue
				}
				index[id] = Place{
					Subject: groups[g].name, Kind: groups[g].kind, User: a.Users[u].Name,
					at: spot{group: uint8(g), user: int32(u)}, emptySlot: true,
				}
			}
		}
	}
}

// listsReadAt is when the lists of users and credentials were read.
func listsReadAt(a *inventory.Account) time.Time {
	if a.ReportOnly && !a.ReportGeneratedAt.IsZero() {
		return a.ReportGeneratedAt
	}
	return a.CollectedAt
}
