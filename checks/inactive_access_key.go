package checks

import "github.com/keysweep/keysweep/internal/inventory"

var inactiveAccessKey = &Check{
	ID: "inactive-access-key", Title: "Deactivated access key was never deleted",
	Severity: Low, Horizon: ShortTerm, Kind: SubjectAccessKey, Rank: 50,
	Needs: []inventory.Fact{inventory.FactAccessKeys},
	live:  true,
	Finds: "a deactivated key that was never deleted",
	Why: "A deactivated key is one call away from working again, and its copies are still wherever they were. " +
		"It also takes one of the two places that a rotation needs.",
	Controls: controlsUnused,
	Holds:    func(s *Subject) bool { return !s.Key.Active },
	Steps: func(s *Subject) []Step {
		return append(
			keySteps(s),
			lookAtKey("See when the key was used last: one that was in use until lately may be missed.", s.Key),
			Step{
				Text: setKey(
					"Delete the key. A deleted key cannot be brought back; while it exists, this makes it work again: ",
					s.User.Name, s.Key, "Active",
				),
				Command: iamCommand("delete-access-key", "--user-name", s.User.Name, "--access-key-id", keyWord(s.Key)),
			},
		)
	},
	headline: func(s *Subject) string { return keyHeadline(s, " is deactivated and was never deleted") },
	replace:  always(deleteInactive),
	cleared: func(s *Subject) string {
		if s.Key.Active && s.Key.LastUsed.IsZero() {
			return "the key is active"
		}
		return keyCleared(s)
	},
}
