package checks

import "github.com/keysweep/keysweep/internal/inventory"

const idInstanceWithoutRole = "instance-without-role"

var instanceWithoutRole = &Check{
	ID: idInstanceWithoutRole, Title: "Instance without a role",
	Severity: Low, Horizon: ShortTerm, Kind: SubjectResource,
	Needs: []inventory.Fact{inventory.FactInstances, inventory.FactAccessKeys},
	Finds: "a running EC2 instance without an instance profile, in an account that still has active user keys",
	Why: "What runs on an instance without a role and calls AWS needs a key from somewhere: a file, a variable, the user data. " +
		"With a role no key is needed, and one that lies there can go.",
	Controls: controlsLongLife,
	Holds:    func(s *Subject) bool { return s.Resource.Running > 0 && hasActiveKeys(s.Account) },
	Notes:    instanceNotes,
	Steps: func(s *Subject) []Step {
		first := Step{Text: "See whether anything on the instance calls AWS, and with what: look for ~/.aws/credentials and for AWS_ACCESS_KEY_ID in services and cron jobs. Where nothing does, a role without a policy does no harm and keeps keys away."}
		bare := *s
		r := *s.Resource
		r.Keys = nil
		bare.Resource = &r
		return append([]Step{first}, s.kindOf().steps(&bare)...)
	},
	headline: func(s *Subject) string {
		if s.Resource.Group() {
			return oneLine("Instances of group " + resourceName(s.Resource.ARN) + " (" + s.Resource.Region + ") run without a role")
		}
		return oneLine("EC2 instance " + resourceName(s.Resource.ARN) + " (" + s.Resource.Region + ") runs without a role")
	},
	replace: always(toInstance),
	cleared: func(s *Subject) string {
		if s.Resource != nil && s.Resource.Running > 0 {
			return "no user of the account has an active access key"
		}
		return "no instance of it runs without a role"
	},
}

// hasActiveKeys reports whether a user of the account has an active key.
func hasActiveKeys(a *inventory.Account) bool {
	for i := range a.Users {
		for _, k := range a.Users[i].Keys {
			if k.Active {
				return true
			}
		}
	}
	return false
}

func instanceNotes(s *Subject) []string {
	if at := s.Resource.Since; !at.IsZero() {
		return []string{"Running since " + dateOf(at) + "."}
	}
	return nil
}
