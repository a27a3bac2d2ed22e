package checks

import (
	"slices"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

// since is when what the subject is about was made: the credential, or else the user or
// the account. Zero when it is not known.
func (s *Subject) since() time.Time {
	switch {
	case s.Resource != nil:
		return s.resourceSince()
	case s.Name == idRootAccessKey && len(s.Account.Root.Keys) > 0:
		return oldest(s.Account.Root.Keys)
	case s.User == nil:
		return s.Account.Root.Created
	case s.Key != nil:
		return s.Key.Created
	case s.Service != nil:
		return s.Service.Created
	case s.SSH != nil:
		return s.SSH.Uploaded
	case s.Certificate != nil:
		return s.Certificate.Set
	case s.Name == string(SubjectPassword):
		return passwordSince(s.User)
	}
	return s.User.Created
}

// factsAt is when the facts were collected that the check decided by. Where they may come
// from the credential report it is the report's time, the older one.
func (s *Subject) factsAt(c *Check) time.Time {
	live, reported := s.Account.CollectedAt, s.Account.ReportGeneratedAt
	if l := s.Account.Leaks; l != nil && c.ID == idLeakedAccessKey && l.ScannedAt.Before(live) {
		live = l.ScannedAt
	}
	switch {
	case reported.IsZero(), s.Resource != nil:
		return live
	case s.Account.ReportOnly, s.User == nil && s.rootReported():
		return reported
	case c.live, s.Key != nil && s.Key.Live, c.ID == idDuplicateAccessKeys && liveKeys(s.User):
		return live
	case s.Key == nil && s.readLive(c):
		return live
	}
	return reported
}

// readLive reports whether all facts about the user that the check needs, and that the report
// would tell, were read live.
func (s *Subject) readLive(c *Check) bool {
	if s.User == nil {
		return false
	}
	for _, f := range c.Needs {
		if slices.Contains(reportFacts, f) && !s.User.IsLive(f) {
			return false
		}
	}
	return true
}

var reportFacts = inventory.ReportFacts()

// rootReported reports whether the report stood in for the live summary of root's credentials.
func (s *Subject) rootReported() bool {
	_, missing := s.lacks(inventory.FactRootCredentialsLive)
	return missing
}

// liveKeys reports whether the last use of each active key of a user was read live.
func liveKeys(u *inventory.User) bool {
	for i := range u.Keys {
		if u.Keys[i].Active && !u.Keys[i].Live {
			return false
		}
	}
	return true
}

// lastUse is the latest known use of what the subject is about; the key is nil where it
// was a password.
func (s *Subject) lastUse() (time.Time, *inventory.AccessKey) {
	switch {
	case s.Resource != nil:
		return time.Time{}, nil
	case s.Name == idRootAccessKey:
		return latestUse(s.Account.Root.Keys, time.Time{})
	case s.User == nil:
		return rootLastUse(s.Account)
	case s.Key != nil:
		return s.Key.LastUsed, s.Key
	case s.Name == string(SubjectPassword):
		return s.User.Password.LastUsed, nil
	case s.Service != nil, s.SSH != nil, s.Certificate != nil:
		return time.Time{}, nil
	}
	return latestUse(s.User.Keys, s.User.Password.LastUsed)
}

// latestUse is the latest use of keys, and the key, if it is later than at: a password's.
func latestUse(keys []inventory.AccessKey, at time.Time) (time.Time, *inventory.AccessKey) {
	var by *inventory.AccessKey
	for i := range keys {
		if k := &keys[i]; k.LastUsed.After(at) {
			at, by = k.LastUsed, k
		}
	}
	return at, by
}

// oldest is when the first of the keys was made.
func oldest(keys []inventory.AccessKey) time.Time {
	at := keys[0].Created
	for _, k := range keys[1:] {
		if k.Created.Before(at) {
			at = k.Created
		}
	}
	return at
}

const noteLastUseUnknown = "When it was used last is not known: the fact was not collected."

// evidence is what the facts say about the subject; texts are made of the shown one.
func evidence(s, shown *Subject, n naming) Evidence {
	since := s.since()
	if s.Resource != nil && since.Equal(s.Account.CollectedAt) {
		since = time.Time{} // it is not known
	}
	out := Evidence{Created: stamp(since), SeenFrom: seenNowhere}
	if !since.IsZero() && s.Now.After(since) {
		out.AgeDays = int(s.Now.Sub(since) / day)
	}
	at, key := s.lastUse()
	out.LastUsed = stamp(at)
	if key != nil {
		out.LastUsedService, out.LastUsedRegion = key.LastUsedService, key.LastUsedRegion
	}
	if s.User == nil && s.Resource == nil {
		out.SeenFrom = rootSeenFrom(s.Account.Root.Events, shown.traits.redacted)
	} else if len(shown.traits.uses) > 0 {
		out.SeenFrom = seenFromUses(shown.traits.uses)
	}
	if n.raised {
		out.Administrator = administrator(s, shown)
	}
	out.Notes = notes(s, shown, n)
	return out
}

// administrator says why the severity rose; hidden names may stand in the reason.
func administrator(s, shown *Subject) string {
	if shown.traits.redacted {
		return "its policies give it the rights of an administrator"
	}
	return oneLine(s.User.Administrator)
}

// notes are the check's own, then what is not known, then what is exempt beside it.
func notes(s, shown *Subject, n naming) []string {
	out := none
	if n.check.Notes != nil {
		if own := n.check.Notes(shown); len(own) > 0 {
			out = own[:len(own):len(own)]
		}
	}
	out = append(out[:len(out):len(out)], shown.holderNotes()...)
	out = append(out, shown.calledNotes()...)
	out = append(out, shown.useNotes()...)
	if s.User != nil && s.traits.lastUseUnknown {
		out = append(out, noteLastUseUnknown)
	}
	return append(out, n.notes...)
}
