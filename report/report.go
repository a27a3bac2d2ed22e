// Package report turns findings into what people and programs read: issue bodies and
// comments, the job summary, JSON, CSV, HTML. It is pure: values in, bytes out. All text
// that came from AWS or from a pull request is hostile and is escaped here.
package report

import (
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Data is all that a report is made of.
type Data struct {
	// GeneratedAt is the clock of the run (UTC), not when facts were collected.
	GeneratedAt time.Time
	ToolVersion string
	Accounts    []Account        // sorted by id
	Findings    []checks.Finding // in the report's order, exempt ones included
	Thresholds  policy.Thresholds
	// Issues links findings to issues, by finding id; may be empty.
	Issues map[string]IssueLink
	// Deferred counts findings whose issue was not made in this run.
	Deferred int
	// Warnings are sentences about the run itself: the fuse, a threshold of 90 days, ….
	Warnings []string
	// Redacted says that names and ids are hidden.
	Redacted bool
	// Source is the file of the repository that code scanning shows findings at: the policy
	// file, or the workflow where there is none.
	Source Location
	// Migrations are the repositories whose workflows take static keys, by name.
	Migrations []Migration
}

// Migration is what was made for the workflows of one repository.
type Migration struct {
	Repository string // as it is called; empty where nobody knows
	Folder     string // below the report folder; empty where nothing was made
	Patched    int    // workflows with a patch
	ByHand     int    // workflows without
	Secrets    int    // secrets and variables that can go afterwards
	// Unread says what could not be read of it.
	Unread []string
}

// Location is a place in the repository. An empty path stands for the policy file's usual
// place, line 0 for line 1.
type Location struct {
	Path string
	Line int
}

// Account is one account as the report shows it.
type Account struct {
	ID                string           `json:"id"`
	Name              string           `json:"name"`
	Status            inventory.Status `json:"status"`
	Missing           []string         `json:"missing"` // "fact: why", sorted
	ReportGeneratedAt string           `json:"report_generated_at"`
	Rechecked         int              `json:"rechecked"`

	// Not in findings.json.
	CollectedAt time.Time `json:"-"`
	Users       int       `json:"-"`
	ActiveKeys  int       `json:"-"` // of users and root
	Keys        int       `json:"-"` // active or not
	Passwords   int       `json:"-"`
}

// IssueLink is where the issue of a finding is.
type IssueLink struct {
	Number int
	URL    string
	Open   bool
}
