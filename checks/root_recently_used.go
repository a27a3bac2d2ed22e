package checks

import (
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

var rootRecentlyUsed = &Check{
	ID: "root-recently-used", Title: "Root was used lately",
	Severity: Medium, Horizon: Immediate, Kind: SubjectRoot,
	Needs: []inventory.Fact{inventory.FactRootLastUsed},
	Finds: "root password or key used in the last `unused-days`",
	Why: "Daily work as root has no limits and no name: CloudTrail tells that root did it, not who. " +
		"Only a handful of tasks need root, once in a long while.",
	Controls: controlsRootUse,
	Holds: func(s *Subject) bool {
		at, _ := rootLastUse(s.Account)
		return !at.IsZero() && !s.unusedFor(at, at, s.Policy.Thresholds.UnusedDays)
	},
	Notes: rootNotes,
	Steps: func(*Subject) []Step {
		return []Step{
			{Text: textRootTrail, Command: commandRootTrail},
			{Text: "Give the people who did it a role that may do just that, through IAM Identity Center, and the programs a role of what they run on."},
			{Text: "Put the credentials of root away, with an alarm on their use; nobody signs in as root without a second person knowing."},
			{Text: textCentralRoot},
		}
	},
	headline: func(s *Subject) string { return "The root user of account " + accountLabel(s) + " was used lately" },
	replace: always(Replacement{
		replaceIdentityCenter,
		"A person takes an administrator role through IAM Identity Center; a few tasks that only root can do remain.",
	}),
	cleared: func(s *Subject) string {
		if at, _ := rootLastUse(s.Account); !at.IsZero() {
			return "the root user was last used on " + dateOf(at)
		}
		return "the root user was never used"
	},
}

// rootLastUse is the latest use of root's password or keys; the key is nil when it was
// the password, the time zero when there was no use.
func rootLastUse(a *inventory.Account) (time.Time, *inventory.AccessKey) {
	return latestUse(a.Root.Keys, a.Root.PasswordLastUsed)
}
