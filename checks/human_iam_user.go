package checks

import "github.com/keysweep/keysweep/internal/inventory"

const idHumanIAMUser = "human-iam-user"

var humanIAMUser = &Check{
	ID: idHumanIAMUser, Title: "A person works as an IAM user",
	Severity: Medium, Horizon: ShortTerm, Kind: SubjectPassword, Rank: 40,
	Needs:      []inventory.Fact{inventory.FactPasswords},
	BreakGlass: true,
	Finds:      "a person working as an IAM user (password, or by name pattern or tag): move to single sign-on",
	Why: "A person who has an IAM user keeps it when they leave, in each account anew, with a password and keys that never end. " +
		"Single sign-on gives access that ends by itself and is taken away in one place.",
	Controls: controlsCentral,
	Holds: func(s *Subject) bool {
		if s.Name == string(SubjectPassword) {
			return s.User.Password.Enabled
		}
		return !s.User.Password.Enabled && isPerson(s)
	},
	Notes: func(s *Subject) []string {
		if s.traits.redacted && !s.User.Password.Enabled {
			return []string{"It counts as a person by the rules of the policy."}
		}
		return []string{"It counts as a person: " + oneLine(s.traits.personWhy) + "."}
	},
	Steps: humanSteps,
	unsure: func(s *Subject) string {
		if s.Name == string(SubjectPassword) || s.Policy.People.Tag == "" {
			return ""
		}
		if m, ok := s.lacks(inventory.FactUserTags); ok && !isPerson(s) {
			return notCollected(m)
		}
		return ""
	},
	headline: func(s *Subject) string { return oneLine(s.User.Name + " is a person working as an IAM user") },
	replace:  replacePerson,
	cleared: func(s *Subject) string {
		if s.Name == string(SubjectPassword) {
			return passwordCleared(s)
		}
		if s.User.Password.Enabled {
			return "the user has a console password, and the finding is about that"
		}
		return "nothing tells that the user is a person"
	},
}

func humanSteps(s *Subject) []Step {
	name := s.User.Name
	steps := []Step{
		{
			Text:    "See what the person may do: the groups show which permission set will fit.",
			Command: iamCommand("list-groups-for-user", "--user-name", name),
		},
		{Text: textIdentityCenter},
	}
	if s.User.Password.Enabled {
		steps = append(steps, deletePassword(s, "When the new way works, take the password away."))
	}
	for _, k := range activeKeys(s.User) {
		if k.ID != "" {
			steps = append(steps, deactivateKey(name, k))
		}
	}
	return append(steps, Step{Text: textDeleteUser})
}
