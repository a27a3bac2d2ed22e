package checks

import "github.com/keysweep/keysweep/internal/inventory"

var agedAccessKey = &Check{
	ID: "aged-access-key", Title: "Access key is old",
	Severity: Medium, Horizon: ShortTerm, Kind: SubjectAccessKey, Rank: 40,
	Needs:      []inventory.Fact{inventory.FactAccessKeys, inventory.FactAccessKeyLastUsed},
	BreakGlass: true,
	Finds:      "an active key older than `max-key-age-days` and in use",
	Why: "The longer a key lives, the more places hold a copy of it: code, laptops, logs, backups, people who left. " +
		"Credentials of a role end within hours by themselves.",
	Controls: controlsKeyAge,
	Holds: func(s *Subject) bool {
		return s.Key.Active && s.olderThan(s.Key.Created, s.Policy.Thresholds.MaxKeyAgeDays) && !s.unusedKey(s.Key)
	},
	Steps:    migrateSteps,
	unsure:   keyAgeUnknown,
	headline: func(s *Subject) string { return keyHeadline(s, " is old and in use") },
	replace:  replaceUsedKey,
	cleared:  keyCleared,
}
