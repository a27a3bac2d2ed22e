package checks

import "github.com/keysweep/keysweep/internal/inventory"

var rootMFAMissing = &Check{
	ID: "root-mfa-missing", Title: "Root has no MFA",
	Severity: Critical, Horizon: Immediate, Kind: SubjectRoot,
	Needs: []inventory.Fact{inventory.FactRootCredentials},
	live:  true,
	Finds: "root without MFA, unless root has no credentials at all (centralised root access)",
	Why: "Without a second factor the password alone, or access to the mailbox that resets it, gives the whole account away. " +
		"No policy of the account limits root.",
	Controls: controlsRootMFA,
	Holds:    func(s *Subject) bool { return !s.Account.Root.HasMFA && rootHasCredentials(s.Account) },
	Steps: func(*Subject) []Step {
		return []Step{
			{Text: "Sign in as the root user of the account, open Security credentials, and assign an MFA device: a passkey or a security key, better two, kept in different places."},
			{Text: "See that it counts: this prints 1.", Command: "aws iam get-account-summary --query SummaryMap.AccountMFAEnabled"},
			{Text: textCentralRoot},
		}
	},
	headline: func(s *Subject) string { return "The root user of account " + accountLabel(s) + " has no MFA" },
	replace: always(Replacement{
		replaceDelete,
		"In a member account root needs no credentials at all: central root management removes them. Where root keeps its password, MFA guards it.",
	}),
	cleared: func(s *Subject) string {
		if s.Account.Root.HasMFA {
			return "the root user has MFA"
		}
		return "the root user has no credentials left"
	},
}

// rootHasCredentials reports whether anything could be used to act as root.
func rootHasCredentials(a *inventory.Account) bool {
	return a.Root.HasPassword || a.Root.HasCertificates || rootHasKeys(a)
}
