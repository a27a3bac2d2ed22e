package checks

import "github.com/keysweep/keysweep/internal/inventory"

var unusedAccessKey = &Check{
	ID: "unused-access-key", Title: "Access key is unused",
	Severity: High, Horizon: Immediate, Kind: SubjectAccessKey, Rank: 20,
	Needs:      []inventory.Fact{inventory.FactAccessKeys, inventory.FactAccessKeyLastUsed},
	BreakGlass: true,
	Finds:      "an active key not used for `unused-days`; never used: of an age of `unused-days` and of `grace-days`",
	Why: "An access key works until somebody deletes it, from anywhere, without a second factor. " +
		"One that nobody uses serves only whoever finds it, in old code, a log or a backup. Removing it breaks nothing that ran in all that time.",
	Controls: controlsUnused,
	Holds:    func(s *Subject) bool { return s.unusedKey(s.Key) },
	Notes:    unusedKeyNotes,
	Steps: func(s *Subject) []Step {
		return append(
			keySteps(s),
			lookAtKey(textLookKey, s.Key),
			deactivateKey(s.User.Name, s.Key),
			deleteKey(s.User.Name, s.Key),
			Step{Text: textDeleteUser},
		)
	},
	unsure: func(s *Subject) string {
		if !s.Key.LastUsed.IsZero() || !s.Key.Active {
			return ""
		}
		return keyAgeUnknown(s)
	},
	headline: func(s *Subject) string { return keyHeadline(s, " is unused") },
	replace:  always(deleteUnused),
	cleared:  keyCleared,
}

var noteNeverUsed = []string{"It was never used since AWS keeps track of it."}

func unusedKeyNotes(s *Subject) []string {
	if s.Key.LastUsed.IsZero() {
		return noteNeverUsed
	}
	return nil
}

// keyCleared says what became of a key for which nothing holds any more.
func keyCleared(s *Subject) string {
	switch k := s.Key; {
	case !k.Active:
		return "the key is deactivated"
	case k.LastUsed.IsZero():
		return "the key was made on " + dateOf(k.Created) + " and is not yet unused for long enough"
	default:
		return "the key was used on " + dateOf(k.LastUsed) + usedBy(k)
	}
}

// usedBy says by which service and where a key was used last: " by s3 in eu-west-1".
func usedBy(k *inventory.AccessKey) string {
	out := ""
	if k.LastUsedService != "" {
		out += " by " + oneLine(k.LastUsedService)
	}
	if k.LastUsedRegion != "" {
		out += " in " + oneLine(k.LastUsedRegion)
	}
	return out
}
