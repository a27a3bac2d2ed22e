package checks

import "github.com/keysweep/keysweep/internal/inventory"

const idWorkloadAccessKey = "workload-access-key"

var workloadAccessKey = &Check{
	ID: idWorkloadAccessKey, Title: "Access key is used from compute",
	Severity: High, Horizon: ShortTerm, Kind: SubjectAccessKey, Rank: 30,
	Needs:   []inventory.Fact{inventory.FactAccessKeys, inventory.FactAccessKeyLastUsed, inventory.FactKeyUse},
	live:    true,
	sampled: true,
	Finds:   "a key used from compute (by CloudTrail's source and agent): use a role",
	Why: "Compute on AWS needs no key: it has a role, whose credentials AWS changes every few hours. The key beside it stands in a " +
		"configuration, an image or a file, works from anywhere, and stays the same until somebody changes it.",
	Controls: controlsKeyAge,
	Holds:    func(s *Subject) bool { return s.worksInCompute() && !s.unusedKey(s.Key) },
	unproven: workloadUnseen,
	Notes:    workloadNotes,
	Steps:    migrateSteps,
	headline: func(s *Subject) string { return keyHeadline(s, " is used from "+joinWords(s.computeUses())) },
	replace:  replaceUsedKey,
	cleared:  workloadCleared,
}

// workloadNotes name the kinds of compute, without dates and addresses, which change while the key is used.
func workloadNotes(s *Subject) []string {
	out := []string{"By source and agent of its events in CloudTrail it is used from " + joinWords(s.computeUses()) + "."}
	for _, u := range s.uses() {
		if u.By == inventory.FromOwnNetwork {
			return append(out, "What is behind an address of that network, a NAT gateway or an elastic address, the address does not tell.")
		}
	}
	return out
}

// workloadUnseen says why it is not known that compute does not use a key. CloudTrail was asked in the region of the
// last use and of the global services, for the newest events: what they do not show may be in another region, or older.
// A key that is deactivated or unused is used from nowhere.
func workloadUnseen(s *Subject) string {
	if s.worksInCompute() || !s.Key.Active || s.unusedKey(s.Key) {
		return ""
	}
	return "the key is in use, and that the newest events of two regions show no compute does not prove that none uses it"
}

// Outlasts reports whether the check stays what an issue is about where another check of the same key is found and
// this one is not: as long as the key is in use, the sample that decides it does not show that it is over.
func (c *Check) Outlasts(other *Check) bool { return c.sampled && other.ID == agedAccessKey.ID }

// workloadCleared says why a key is no longer one that compute uses.
func workloadCleared(s *Subject) string {
	if !s.Key.Active {
		return "the key is deactivated"
	}
	return keyCleared(s)
}
