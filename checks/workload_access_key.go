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

// workloadCleared says why a key is no longer one that compute uses.
func workloadCleared(s *Subject) string {
	switch {
	case !s.Key.Active:
		return "the key is deactivated"
	case s.unusedKey(s.Key):
		return keyCleared(s)
	}
	return "CloudTrail saw no use of the key from compute in the events of the last 90 days that were read"
}
