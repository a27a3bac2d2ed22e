package checks

import "github.com/keysweep/keysweep/internal/inventory"

const idRootAccessKey = "root-access-key"

var rootAccessKey = &Check{
	ID: idRootAccessKey, Title: "Root has an access key",
	Severity: Critical, Horizon: Immediate, Kind: SubjectRoot,
	Needs: []inventory.Fact{inventory.FactRootCredentials},
	live:  true,
	Finds: "an access key of the root user, active or not",
	Why: "The root user can do everything in the account, and no policy of the account limits it. " +
		"Whoever finds its key owns the account. Nothing needs a key of root: whatever it does, a role can do with less.",
	Controls: controlsRootKey,
	Holds:    func(s *Subject) bool { return rootHasKeys(s.Account) },
	Notes:    rootNotes,
	Steps:    rootKeySteps,
	headline: func(s *Subject) string { return "The root user of account " + accountLabel(s) + " has an access key" },
	replace: always(Replacement{
		replaceDelete,
		"Root needs no access key. What it did is done by a role that may do just that.",
	}),
	cleared: func(*Subject) string { return "the root user has no access key" },
}

// rootHasKeys reports whether root has an access key, active or not.
func rootHasKeys(a *inventory.Account) bool { return a.Root.HasKeys || len(a.Root.Keys) > 0 }

func rootKeySteps(*Subject) []Step {
	return []Step{
		{Text: textRootTrail, Command: commandRootTrail},
		{Text: textSignInRoot + " List its keys, and set KEY_ID to the id.", Command: "aws iam list-access-keys"},
		{
			Text:    `Deactivate the key. To undo: aws iam update-access-key --access-key-id "$KEY_ID" --status Active`,
			Command: iamCommand("update-access-key", "--access-key-id", keyVariable, "--status", "Inactive"),
		},
		{Text: textDeleteKey, Command: iamCommand("delete-access-key", "--access-key-id", keyVariable)},
		{Text: textCentralRoot},
	}
}
