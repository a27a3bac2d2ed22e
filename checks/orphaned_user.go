package checks

import (
	"slices"

	"github.com/keysweep/keysweep/internal/inventory"
)

var orphanedUser = &Check{
	ID: "orphaned-user", Title: "User without any working credential",
	Severity: Low, Horizon: ShortTerm, Kind: SubjectUser,
	Needs: []inventory.Fact{
		inventory.FactUsers, inventory.FactAccessKeys, inventory.FactPasswords,
		inventory.FactCertificates, inventory.FactSSHKeys, inventory.FactServiceCredentials,
	},
	BreakGlass: true,
	Finds:      "a user older than `grace-days` with no active key, password, certificate, SSH key or service credential",
	Why: "Nobody can act as this user, but a new key or password brings all its permissions back at once, " +
		"and nobody will wonder about a name that was always there.",
	Controls: controlsUnused,
	Holds: func(s *Subject) bool {
		return s.olderThan(s.User.Created, s.Policy.Thresholds.GraceDays) && workingCredential(s.User) == ""
	},
	Steps: orphanSteps,
	unsure: func(s *Subject) string {
		if s.User.Created.IsZero() {
			return "the facts do not say when the user was made"
		}
		return ""
	},
	headline: func(s *Subject) string { return oneLine(s.User.Name + " has no working credential left") },
	replace:  always(Replacement{replaceDelete, "Nobody can act as this user: nothing has to take its place."}),
	cleared: func(s *Subject) string {
		if has := workingCredential(s.User); has != "" {
			return "the user has " + has
		}
		return "the user was made on " + dateOf(s.User.Created)
	},
}

// workingCredential names a credential by which one can act as the user; empty when there is none.
func workingCredential(u *inventory.User) string {
	switch {
	case slices.ContainsFunc(u.Keys, func(k inventory.AccessKey) bool { return k.Active }):
		return "an active access key"
	case u.Password.Enabled:
		return "a console password"
	case slices.ContainsFunc(u.Certificates, func(c inventory.Certificate) bool { return c.Active }):
		return "an active signing certificate"
	case slices.ContainsFunc(u.SSHKeys, func(k inventory.SSHKey) bool { return k.Active }):
		return "an active SSH key"
	case slices.ContainsFunc(u.Services, inventory.ServiceCredential.Active):
		return "an active service-specific credential"
	}
	return ""
}

func orphanSteps(s *Subject) []Step {
	name := s.User.Name
	steps := []Step{{
		Text:    "Look for a sign that the user is meant to stay: its tags, and what names it in bucket, queue and key policies.",
		Command: iamCommand("list-user-tags", "--user-name", name),
	}}
	for i := range s.User.Keys {
		if k := &s.User.Keys[i]; k.ID != "" {
			steps = append(steps, Step{
				Text:    "Delete the deactivated key. A deleted key cannot be brought back.",
				Command: iamCommand("delete-access-key", "--user-name", name, "--access-key-id", k.ID),
			})
		}
	}
	return append(
		steps,
		Step{Text: "Take the user out of its groups, with remove-user-from-group.", Command: iamCommand("list-groups-for-user", "--user-name", name)},
		Step{
			Text:    "Detach its policies and delete its inline ones. A quarantine policy stays until AWS Support agrees.",
			Command: iamCommand("list-attached-user-policies", "--user-name", name),
		},
		Step{
			Text:    "Delete the user, with the credentials that are left. AWS refuses while anything hangs on it; a user of the same name can be made anew, but it is another one.",
			Command: iamCommand("delete-user", "--user-name", name),
		},
	)
}
