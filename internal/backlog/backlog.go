// Package backlog plans what to do with the issues: desired findings and existing
// issues in, actions out. It is pure; an executor elsewhere carries the actions out. It
// knows neither GitHub's API nor AWS, and no clock but the one it is given.
//
// The body of an issue is
//
//	<!-- keysweep:v1 id=… state=… hash=… -->   the marker, which alone is identity
//	                                           people's text
//	<!-- keysweep:begin -->
//	<!-- keysweep:data {…} -->                 the record: what a later run must know
//
//	                                           what people read
//
//	<!-- keysweep:end -->
//	                                           people's text
//
// A run has no memory but these bodies. So the record says which account and subject the
// issue is about (its absence must be proven), what people decided (a steady run asks GitHub
// nothing), and how often we commented (the key of a comment that a dying run may have made).
// What stands outside the two marks is never changed, but for lines that are marks of ours.
//
// What the outside contract leaves open is decided so:
//
//   - A closing as not planned or duplicate accepts for 180 days from the closing, a label for
//     90 from the first run that sees it, a command until its day and 180 days at most. Of
//     several, the later end counts, but a command's day counts over the closing's.
//   - Who closed an issue as not planned is never looked up: whoever GitHub lets close may
//     accept. Where the listing tells that it was a bot, it was no decision.
//   - An accepted issue that is still open is not edited while it is accepted, and is closed
//     when its subject is proven gone.
//   - An issue does not move to a lesser check, or down in severity, while the fact that its
//     own check needs was not collected, unless the policy no longer asks for that check.
//   - A run about some findings alone (Input.Only), as a scan for leaked keys is, opens, edits and
//     reopens the issues of those and leaves all others as they are. It closes none, and what was
//     closed after its facts were collected stays closed.
//   - The dashboard is an issue of the same form, whose record remembers the trend and since
//     when accounts could not be read. Closed, by whomever, it stays closed and as it was, but
//     for that record. It is planned after the plan was carried out: it names the issues.
//   - An issue about an account that could not be read closes outside the fuse: many that are
//     read again are no reason for doubt.
//   - Thresholds that change and leave a finding in place are no reason to write.
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
	// Association is GitHub's author_association, "MEMBER" or "NONE"; empty when it is not
	// known. It tells a run's own token from a stranger who copied a marker.
	Association string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ClosedAt    time.Time // zero when open
	// ClosedBy and ClosedByBot are known only after a look-up of the one issue;
	// ClosedByKnown says whether it was made.
	ClosedByKnown bool
	ClosedBy      string
	ClosedByBot   bool
}

// Kind names what an action does; it is the word in plan.json.
type Kind string

// The kinds of actions. Leave, Defer and Listed write nothing: they stand in the plan so
// that it says why nothing happens.
const (
	Create     Kind = "create"
	Edit       Kind = "edit"
	CommentOn  Kind = "comment"
	Close      Kind = "close"
	Reopen     Kind = "reopen"
	Accept     Kind = "accept"       // put the label keysweep:accepted, one comment
	Relabel    Kind = "relabel"      // put our label back, take an old one away
	OutOfScope Kind = "out-of-scope" // label keysweep:out-of-scope
	Duplicate  Kind = "close-duplicate"
	Leave      Kind = "leave"
	Defer      Kind = "defer"
	Dashboard  Kind = "dashboard"
)

// Action is one step of the plan, as data. An executor carries out the parts that
// are set, in this order: create the issue (Number 0); post Comment; edit title, body
// and state in one request; add and remove labels; assign. It never decides.
type Action struct {
	Kind      Kind   `json:"action"`
	FindingID string `json:"finding_id"`
	Number    int    `json:"issue_number"` // 0: not made yet
	Why       string `json:"why"`

	Title string `json:"-"` // create, or a new title; empty leaves it
	// Body is the whole body; empty leaves it.
	Body string `json:"-"`
	// State is "open" or "closed"; empty leaves it. StateReason goes with it.
	State       string `json:"-"`
	StateReason string `json:"-"`
	// Comment is a whole comment; its first line is a hidden mark that holds CommentKey, so
	// that a comment whose answer was lost, or that a killed run had already made, is not made twice.
	Comment      string   `json:"-"`
	CommentKey   string   `json:"-"`
	AddLabels    []string `json:"-"`
	RemoveLabels []string `json:"-"`
	// Assignees are added after everything else; who cannot be assigned is dropped with a warning.
	Assignees []string `json:"-"`

	// title is what people call the issue, for the plan as text.
	title string
}

// Writes reports whether carrying out the action writes to GitHub.
func (a Action) Writes() bool {
	return a.Kind != Leave && a.Kind != Defer
}
