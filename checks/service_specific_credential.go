package checks

import "github.com/keysweep/keysweep/internal/inventory"

var serviceSpecificCredential = &Check{
	ID: "service-specific-credential", Title: "Long-lived service-specific credential",
	Severity: Medium, Horizon: ShortTerm, Kind: SubjectCredential, list: listServices,
	Needs: []inventory.Fact{inventory.FactServiceCredentials},
	live:  true,
	Finds: "an active long-lived service credential (CodeCommit, Keyspaces, Bedrock API key, …) without an end date or older than `max-key-age-days`",
	Why: "It is a password to one service that no second factor guards, that the credential report does not show " +
		"and whose last use AWS does not tell.",
	Controls: controlsLongLife,
	Holds: func(s *Subject) bool {
		c := s.Service
		return c.Active() && (c.Expires.IsZero() || s.olderThan(c.Created, s.Policy.Thresholds.MaxKeyAgeDays))
	},
	Notes: func(s *Subject) []string {
		if s.Service.Expires.IsZero() {
			return []string{"It is for " + oneLine(s.Service.Service) + " and has no end date."}
		}
		return []string{"It is for " + oneLine(s.Service.Service) + " and ends on " + dateOf(s.Service.Expires) + "."}
	},
	Steps: serviceSteps,
	unsure: func(s *Subject) string {
		if c := s.Service; c.Active() && !c.Expires.IsZero() && c.Created.IsZero() {
			return "the facts do not say when the credential was made"
		}
		return ""
	},
	headline: func(s *Subject) string {
		return oneLine("Long-lived credential of " + s.User.Name + " for " + s.Service.Service)
	},
	replace: replaceService,
	cleared: func(s *Subject) string {
		if !s.Service.Active() {
			return "the credential is not active (" + oneLine(s.Service.Status) + ")"
		}
		return "the credential was made on " + dateOf(s.Service.Created) + " and ends on " + dateOf(s.Service.Expires)
	},
}

// replaceService tells logins for Git and databases from keys of an API.
func replaceService(s *Subject) Replacement {
	switch s.serviceOf() {
	case "codecommit", "cassandra":
		return replaceCodeCommit(s)
	case "bedrock":
		return Replacement{replaceShortTermKey, "Bedrock gives keys of at most twelve hours to any role; a program on AWS needs none, its role signs."}
	}
	return Replacement{replaceShortTermKey, "A role that signs its requests, or a key with an end date of days, takes the place of one that never ends."}
}

func serviceSteps(s *Subject) []Step {
	set := func(status string) string {
		return iamCommand("update-service-specific-credential", "--user-name", s.User.Name,
			"--service-specific-credential-id", s.Service.ID, "--status", status)
	}
	steps := []Step{{Text: "Ask its owner what uses it: AWS keeps no last use of these credentials."}}
	return append(
		append(steps, serviceMove(s)...),
		Step{Text: "Deactivate it. To undo: " + set("Active"), Command: set("Inactive")},
		Step{
			Text: "When nobody has missed it for a week, delete it. It cannot be brought back.",
			Command: iamCommand("delete-service-specific-credential", "--user-name", s.User.Name,
				"--service-specific-credential-id", s.Service.ID),
		},
		Step{Text: textDeleteUser},
	)
}
