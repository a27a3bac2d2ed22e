// Package backlog plans what to do with the issues: desired findings and existing
// issues in, actions out. It is pure; an executor elsewhere carries the actions out.
package backlog

import (
	"time"
)

// Labels of ours. Only labels that start with "keysweep" are ever added or removed.
const (
	LabelKeysweep   = "keysweep"
	LabelAccepted   = "keysweep:accepted"
	LabelOutOfScope = "keysweep:out-of-scope"
	LabelDashboard  = "keysweep:dashboard"
)

// Issue is an existing issue of the backlog as GitHub tells it.
type Issue struct {
	Number      int
	Title       string
	Body        string
	Open        bool
	StateReason string // completed, not_planned, duplicate, reopened, or empty
	Labels      []string
	Assignees   []string
	Locked      bool
	Author      string // login
	AuthorBot   bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ClosedAt    time.Time // zero when open
	// ClosedBy and ClosedByBot are known only after a look-up of the one issue;
	// ClosedByKnown says whether it was made.
	ClosedByKnown bool
	ClosedBy      string
	ClosedByBot   bool
}
