package checks

import "github.com/keysweep/keysweep/internal/inventory"

var passwordWithoutMFA = &Check{
	ID: "password-without-mfa", Title: "Console password without MFA",
	Severity: High, Horizon: Immediate, Kind: SubjectPassword, Rank: 30,
	Needs: []inventory.Fact{inventory.FactPasswords, inventory.FactMFA},
	Finds: "an enabled console password without MFA",
	Why: "Without a second factor the password alone opens the console from anywhere: " +
		"one phished or reused password is enough.",
	Controls: controlsUserMFA,
	Holds:    func(s *Subject) bool { return s.User.Password.Enabled && !s.User.MFA },
	Steps: func(s *Subject) []Step {
		return []Step{
			{
				Text:    "See whether a device was assigned since: the list names each.",
				Command: iamCommand("list-mfa-devices", "--user-name", s.User.Name),
			},
			{Text: "Have the person assign an MFA device under Security credentials, a passkey or a security key, today."},
			{Text: "Better still, make the password needless. " + textIdentityCenter},
			deletePassword(s, "Then take the password away."),
		}
	},
	headline: func(s *Subject) string { return oneLine("The console password of " + s.User.Name + " has no MFA") },
	replace:  replacePerson,
	cleared:  passwordCleared,
}
