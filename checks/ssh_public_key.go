package checks

import "github.com/keysweep/keysweep/internal/inventory"

var sshPublicKey = &Check{
	ID: "ssh-public-key", Title: "Active SSH key for CodeCommit",
	Severity: Low, Horizon: ShortTerm, Kind: SubjectCredential, list: listSSHKeys,
	Needs: []inventory.Fact{inventory.FactSSHKeys},
	live:  true,
	Finds: "an active CodeCommit SSH key",
	Why: "The private half lies on somebody's disk and opens the repositories for ever; " +
		"the credential report does not show it, and AWS does not tell when it was used.",
	Controls: controlsLongLife,
	Holds:    func(s *Subject) bool { return s.SSH.Active },
	Steps: func(s *Subject) []Step {
		set := func(status string) string {
			return iamCommand("update-ssh-public-key", "--user-name", s.User.Name, "--ssh-public-key-id", s.SSH.ID, "--status", status)
		}
		return []Step{
			{Text: "Let whoever uses it clone over HTTPS with git-remote-codecommit, which signs with a role."},
			{Text: "Deactivate the key. To undo: " + set("Active"), Command: set("Inactive")},
			{
				Text:    "When nobody has missed it for a week, delete it. It can be uploaded again by whoever has it.",
				Command: iamCommand("delete-ssh-public-key", "--user-name", s.User.Name, "--ssh-public-key-id", s.SSH.ID),
			},
		}
	},
	headline: func(s *Subject) string { return oneLine(s.User.Name + " has an active SSH key for CodeCommit") },
	replace:  replaceCodeCommit,
	cleared:  func(*Subject) string { return "the SSH key is deactivated" },
}
