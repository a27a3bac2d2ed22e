package checks

import (
	"slices"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

// removal says how soon the credential of a subject can go.
func removal(s *Subject) string {
	switch {
	case s.Name == idStaticKeyInCompute:
		return resourceKeyRemoval(s)
	case s.Name == idDuplicateAccessKeys:
		return RemovalAfterLook
	case s.Name == idRootAccessKey:
		return rootKeyRemoval(s)
	case s.Key == nil:
		return RemovalNotAKey
	case s.Key.Active && len(s.leaks[s.Key.ID]) > 0:
		return RemovalAfterLook // it does not wait for what uses it
	case s.Key.Active && (len(s.holders()) > 0 || s.seenInUse(s.Key)):
		return RemovalAfterMigration
	case s.worksInCompute() && !s.unusedKey(s.Key):
		return RemovalAfterMigration
	case s.Key.Active && s.copied() || s.incomplete() || s.usedToday(s.Key) || s.seenToday() || s.worksInCompute():
		return RemovalAfterLook
	case !s.Key.Active || s.unusedKey(s.Key):
		return RemovalNow
	}
	return RemovalAfterLook
}

// seenInUse reports whether CloudTrail saw the key at work within the days after which it counts as unused.
func (s *Subject) seenInUse(k *inventory.AccessKey) bool {
	for _, u := range k.Uses {
		if s.Now.Sub(u.Last) < time.Duration(s.Policy.Thresholds.UnusedDays)*day {
			return true
		}
	}
	return false
}

// copied reports whether a copy of the key is known: whoever has it may use it, as long as it is active.
func (s *Subject) copied() bool { return len(s.holders()) > 0 || len(s.leaks[s.Key.ID]) > 0 }

// incomplete reports whether a fact about the key is missing without which nobody can say that it is idle.
// Where a call for its uses was made and refused, that is one; where none was made, IAM's last use speaks.
func (s *Subject) incomplete() bool {
	if s.traits.lastUseUnknown || !s.statusKnown() || s.Key.LastUsed.IsZero() && s.Key.Created.IsZero() {
		return true
	}
	// Without its id nobody could ask CloudTrail, nor IAM for more than the report, which may be hours old.
	return s.refused(inventory.FactKeyUse) || s.refused(inventory.FactAccessKeyIDs) || s.refused(inventory.FactAccessKeys)
}

// resourceKeyRemoval is removal for a key that a resource holds: until the resource has a role, it
// may depend on it. What is deactivated nothing can depend on.
func resourceKeyRemoval(s *Subject) string {
	if k := s.resourceKey(); k != nil && !k.Active {
		return RemovalNow
	}
	return RemovalAfterMigration
}

// rootKeyRemoval is removal for the keys of root: now only when each is known to be idle, and nothing was
// seen of root within the last 24 hours. An event does not always tell which key made it.
func rootKeyRemoval(s *Subject) string {
	keys := s.Account.Root.Keys
	idle := len(keys) > 0 && !s.traits.lastUseUnknown && !s.refused(inventory.FactRootActivity) && !s.rootSeenToday()
	for i := range keys {
		k := &keys[i]
		idle = idle && !s.usedToday(k) && (!k.LastUsed.IsZero() || !k.Created.IsZero()) && (!k.Active || s.unusedKey(k))
	}
	if idle {
		return RemovalNow
	}
	return RemovalAfterLook
}

// rootSeenToday reports whether CloudTrail saw root within the last 24 hours. What is later than now is clock skew.
func (s *Subject) rootSeenToday() bool {
	return slices.ContainsFunc(s.Account.Root.Events, func(e inventory.RootEvent) bool { return s.Now.Sub(e.Time) < day })
}

// refused reports whether a call for a fact was made and refused. Where none was made, it may be that none was due.
func (s *Subject) refused(f inventory.Fact) bool {
	m, missing := s.lacks(f)
	return missing && m.Action != "" && !m.Offline
}

// removalReason says in a few words why the key of a subject stands in its part of the order. What is decided is
// asked of the true subject, what is named of the shown one.
func removalReason(s, shown *Subject, removal string) string {
	switch {
	case removal == RemovalNotAKey:
		return ""
	case s.Name == idStaticKeyInCompute && removal == RemovalNow, s.Name != idRootAccessKey && s.Key != nil && removal == RemovalNow && !s.Key.Active:
		return "deactivated"
	case s.Name == idStaticKeyInCompute:
		return "it stands in " + resourceWords(shown)
	case s.Name == idDuplicateAccessKeys:
		return "one of two active keys of its user"
	case s.Name == idRootAccessKey:
		return s.rootReason(removal)
	}
	return s.keyReason(shown, removal)
}

// keyReason is removalReason for a key of a user, by the same order of facts as removal.
func (s *Subject) keyReason(shown *Subject, removal string) string {
	switch held := shown.holders(); {
	case s.Key.Active && len(held) > 0:
		return "copy found in " + resourceWords(&Subject{Account: held[0].Account, Resource: held[0].Resource})
	case removal == RemovalAfterMigration:
		return s.usedBy()
	case s.Key.Active && len(s.leaks[s.Key.ID]) > 0:
		return leakReason(shown)
	case s.traits.lastUseUnknown:
		return "last use unknown"
	case !s.statusKnown():
		return "whether it is active is unknown"
	case s.refused(inventory.FactAccessKeyIDs) || s.refused(inventory.FactAccessKeys):
		return "its id could not be read, so nobody asked CloudTrail"
	case s.incomplete():
		return "its events in CloudTrail could not be read"
	case s.usedToday(s.Key) || s.seenToday():
		return "used within the last 24 hours"
	case s.Key.LastUsed.IsZero():
		return "never used"
	}
	return "last used on " + dateOf(s.Key.LastUsed)
}

// rootReason is removalReason for the keys of root.
func (s *Subject) rootReason(removal string) string {
	switch {
	case removal == RemovalNow:
		return "not in use, and no event of root today"
	case s.traits.lastUseUnknown:
		return "last use unknown"
	case s.refused(inventory.FactRootActivity):
		return "the events of root could not be read"
	case s.rootSeenToday():
		return "root acted within the last 24 hours"
	}
	return "in use, or not known to be idle"
}

// usedBy names the kinds of places that CloudTrail saw the key used from, without addresses.
func (s *Subject) usedBy() string {
	words := s.computeUses()
	for _, u := range s.uses() {
		if w, ok := otherPlaces[u.By]; ok && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return "CloudTrail saw it used, from where is unknown"
	}
	return "used by " + joinWords(words)
}

// otherPlaces are the kinds of places that are no compute of ours, in words.
var otherPlaces = map[string]string{
	inventory.FromGitHubActions: "GitHub Actions",
	inventory.FromCloudShell:    "CloudShell",
	inventory.FromAWSService:    "a service of AWS",
	inventory.FromInternet:      "a client on the internet",
	inventory.FromOwnNetwork:    "your own network",
}

// leakReason names the first place that a copy of the key was found in.
func leakReason(shown *Subject) string {
	places := slices.Clone(shown.leaks[shown.Key.ID])
	if len(places) == 0 {
		return "a copy was found"
	}
	slices.SortFunc(places, inventory.CompareLeaks)
	return "copy found " + leakPlace(places[0])
}

// resourceWords name a resource: "Lambda function `resize`".
func resourceWords(s *Subject) string {
	return s.kindOf().word + " " + codeWord(resourceName(s.Resource.ARN))
}
