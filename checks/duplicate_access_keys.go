package checks

import (
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

const idDuplicateAccessKeys = "duplicate-access-keys"

var duplicateAccessKeys = &Check{
	ID: idDuplicateAccessKeys, Title: "User has two active access keys",
	Severity: Medium, Horizon: ShortTerm, Kind: SubjectUser,
	Needs: []inventory.Fact{inventory.FactAccessKeys, inventory.FactAccessKeyLastUsed},
	Finds: "two active keys on one user, the newer one older than `rotation-overlap-days`, neither of them unused",
	Why: "Two keys at a time are for the days of a rotation. Kept for longer they double what can be lost, " +
		"and nobody can say any more which of them does what.",
	Controls: controlsTwoKeys,
	Holds:    func(s *Subject) bool { return settledKeys(s) >= 2 },
	Notes: func(s *Subject) []string {
		var names []string
		for _, k := range activeKeys(s.User) {
			names = append(names, keyName(k)+" (made on "+dateOf(k.Created)+")")
		}
		return []string{"Active keys: " + strings.Join(names, ", ") + "."}
	},
	Steps: duplicateSteps,
	unsure: func(s *Subject) string {
		for i := range s.User.Keys {
			if k := &s.User.Keys[i]; k.Active && k.Created.IsZero() {
				return "the facts do not say when the keys were made"
			}
		}
		return ""
	},
	headline: func(s *Subject) string { return oneLine(s.User.Name + " has two active access keys") },
	replace:  always(Replacement{replaceDelete, "The other key takes its place: one is enough until a role takes the place of both."}),
	cleared: func(s *Subject) string {
		if len(activeKeys(s.User)) < 2 {
			return "the user has no second active access key"
		}
		return "the keys of the user are not both in use beyond a rotation"
	},
}

// settledKeys counts the active keys that are in use and have outlived a rotation. Of two
// keys both count exactly when the newer one does.
func settledKeys(s *Subject) int {
	n := 0
	for i := range s.User.Keys {
		k := &s.User.Keys[i]
		if k.Active && !s.unusedKey(k) && s.olderThan(k.Created, s.Policy.Thresholds.RotationOverlapDays) {
			n++
		}
	}
	return n
}

func duplicateSteps(s *Subject) []Step {
	name, keys := s.User.Name, activeKeys(s.User)
	var steps []Step
	if s.traits.ses {
		steps = append(steps, Step{Text: textSES})
	}
	if keys[0].ID == "" {
		steps = append(steps, Step{Text: textFindKey + " Take the older key.", Command: iamCommand("list-access-keys", "--user-name", name)})
	}
	for _, k := range keys {
		if k.ID != "" {
			steps = append(steps, lookAtKey("See what the key made on "+dateOf(k.Created)+" is used for.", k))
		}
	}
	return append(
		steps,
		Step{Text: "Move everything from the older key to the newer one, or better both to a role."},
		deactivateKey(name, keys[0]),
		deleteKey(name, keys[0]),
	)
}
