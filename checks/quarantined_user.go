package checks

import (
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// quarantinePrefix begins the names of the policies that AWS puts on exposed users: all
// versions there are, and those to come.
const quarantinePrefix = "AWSCompromisedKeyQuarantine"

var quarantinedUser = &Check{
	ID: "quarantined-user", Title: "AWS quarantined the user",
	Severity: Critical, Horizon: Immediate, Kind: SubjectUser,
	Needs: []inventory.Fact{inventory.FactUserPolicies},
	live:  true,
	Finds: "a policy `AWSCompromisedKeyQuarantine*` on a user: AWS has seen its key in public",
	Why: "AWS puts this policy on a user whose key it found in public. The policy forbids the worst, not everything, " +
		"and the key still works: somebody else may be using it now.",
	Controls: controlsExposed,
	Holds:    func(s *Subject) bool { return len(quarantines(s.User)) > 0 },
	Notes: func(s *Subject) []string {
		return []string{"On the user: " + oneLine(strings.Join(quarantines(s.User), ", ")) + "."}
	},
	Steps: quarantineSteps,
	headline: func(s *Subject) string {
		return oneLine("AWS quarantined " + s.User.Name + ": its key was seen in public")
	},
	replace: always(Replacement{
		replaceDelete,
		"An exposed key has to go. What still needs access gets a role, and never a key that comes back to the same place.",
	}),
	cleared: func(*Subject) string { return "no quarantine policy acts on the user" },
}

// quarantines are the names of the quarantine policies on a user, with the group each
// comes through, sorted.
func quarantines(u *inventory.User) []string {
	var names []string
	for _, p := range u.Policies {
		if !strings.HasPrefix(p.Name, quarantinePrefix) {
			continue
		}
		name := p.Name
		if p.Via != "" {
			name += " (through group " + p.Via + ")"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func quarantineSteps(s *Subject) []Step {
	name, keys, find := s.User.Name, activeKeys(s.User), "List the keys of the user."
	if len(keys) > 0 && keys[0].ID == "" {
		find, keys = "List the keys of the user. Do the next step for each active one, with KEY_ID set to its id.", keys[:1]
	}
	steps := []Step{
		{Text: "Leave the quarantine policy where it is. Open the case that AWS Support or the AWS Health event points to, and follow it."},
		{Text: find, Command: iamCommand("list-access-keys", "--user-name", name)},
	}
	for _, k := range keys {
		steps = append(steps, deactivateKey(name, k))
		if k.ID != "" {
			steps = append(steps, trailOfKey("See in CloudTrail what was done with the key, in each region in use.", k.ID))
		}
	}
	return append(
		steps,
		Step{Text: textLeftBehind},
		Step{Text: "Find where the key was published and take it out there; it must count as known for ever."},
		Step{Text: "Delete the keys of the user, with delete-access-key, when the case allows it. Only after that, and when AWS Support agrees, does the policy go."},
	)
}
