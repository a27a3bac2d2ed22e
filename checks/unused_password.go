package checks

import (
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

var unusedPassword = &Check{
	ID: "unused-password", Title: "Console password is unused",
	Severity: High, Horizon: Immediate, Kind: SubjectPassword, Rank: 20,
	Needs:      []inventory.Fact{inventory.FactPasswords, inventory.FactPasswordLastUsed},
	BreakGlass: true,
	Finds:      "an enabled console password not used for `unused-days`; never used: since it was set",
	Why: "Nobody notices when a password that nobody uses is guessed, reused or phished. " +
		"Its owner may have left, or may never have come.",
	Controls: controlsUnused,
	Holds: func(s *Subject) bool {
		p := s.User.Password
		return p.Enabled && s.unusedFor(p.LastUsed, passwordSince(s.User), s.Policy.Thresholds.UnusedDays)
	},
	Notes: func(s *Subject) []string {
		if s.User.Password.LastUsed.IsZero() {
			return noteNeverUsed
		}
		return nil
	},
	Steps: func(s *Subject) []Step {
		return []Step{
			{
				Text:    "Look once more: this prints the last sign-in.",
				Command: iamCommand("get-user", "--user-name", s.User.Name, "--query", "User.PasswordLastUsed"),
			},
			deletePassword(s, "Take the password away."),
			{Text: "If the person still works here, there is a better way. " + textIdentityCenter},
			{Text: textDeleteUser},
		}
	},
	unsure: func(s *Subject) string {
		if p := s.User.Password; p.Enabled && p.LastUsed.IsZero() && passwordSince(s.User).IsZero() {
			return "the facts do not say when the password was set"
		}
		return ""
	},
	headline: func(s *Subject) string { return oneLine("The console password of " + s.User.Name + " is unused") },
	replace:  replacePerson,
	cleared:  passwordCleared,
}

// passwordSince is when the password was set, or else when its user was made.
func passwordSince(u *inventory.User) time.Time {
	if u.Password.Set.IsZero() {
		return u.Created
	}
	return u.Password.Set
}

// deletePassword is the step that takes the console password away.
func deletePassword(s *Subject, text string) Step {
	return Step{
		Text:    text + " Access keys are not touched. It cannot be undone, but create-login-profile sets a new password.",
		Command: iamCommand("delete-login-profile", "--user-name", s.User.Name),
	}
}

// passwordCleared says what became of a password for which nothing holds any more.
func passwordCleared(s *Subject) string {
	p := s.User.Password
	if !p.Enabled {
		return "the user has no console password"
	}
	out := "the password was set on " + dateOf(passwordSince(s.User))
	if !p.LastUsed.IsZero() {
		out = "the password was used on " + dateOf(p.LastUsed)
	}
	if s.User.MFA {
		out += ", and the user has MFA"
	}
	return out
}
