// Package scan says what becomes of keys that were found in code, history, logs and archives:
// which rows there are, whose keys they are and whether they still work, which of them people
// have accepted, and what of all that may be shown.
//
// It is pure. What was found is handed in, and so are the facts of the last audit; no key is
// ever tried. How the rows look, package report says.
//
//	sightings ─▶ Join ─▶ Result ─┬▶ Findings ─▶ issues (what they accept comes back by Accept)
//	inventories ┘  ▲             └▶ Shown ────▶ Document ─▶ JSON, table, SARIF, summary
//	          Ignore, policy
package scan

import (
	"slices"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Where is the kind of place that a key was found in.
type Where string

// The kinds of places.
const (
	File     Where = "file"     // what is there now: a work tree, a folder, a log, a stream
	Commit   Where = "commit"   // a file of a commit
	Message  Where = "message"  // the words of a commit, its author among them
	Tag      Where = "tag"      // the words of a tag
	Note     Where = "note"     // a note on a commit
	Stash    Where = "stash"    // a file of the stash
	Ref      Where = "ref"      // the name of a branch, tag or other ref
	Name     Where = "name"     // the name of a file
	Dangling Where = "dangling" // what no ref leads to any more
)

// wheres are the kinds of places in the order in which they are mended.
var wheres = []Where{File, Commit, Name, Message, Tag, Note, Stash, Ref, Dangling}

// The confidences, from sure to unsure.
const (
	Certain  = "certain"
	Likely   = "likely"
	Possible = "possible"
)

var confidences = []string{Certain, Likely, Possible}

// Temporary is the kind of a key that ends by itself; other kinds are any words.
const Temporary = "temporary"

// Sighting is a key in a place. Every word of it may come from whoever wrote the place.
type Sighting struct {
	// AccessKeyID is the id; of an API key of a service, whose text is a secret from end to end, it
	// is the name NAME-at-ACCOUNT.
	AccessKeyID string
	// AccountID are the 12 digits that the id holds; empty when it holds none.
	AccountID string
	Path      string
	Line      int      // from 1; 0 where there are no lines
	Inside    []string // names down through archives, the outermost first
	Where     Where
	Commit    string // in hexadecimal digits; empty outside of history
	Encoding  string
	// SecretNearby: what looks like a secret stands near. The secret itself is never here.
	SecretNearby bool
	Confidence   string
	Kind         string
	// Canary names who laid the key out as bait; empty for any other key.
	Canary string
	// Blob is the name that git gives the content, in hexadecimal digits, of a work tree and of
	// history alike: the same content is told once. Empty when it is not known.
	Blob string
}

// NotScanned is something that was not looked into. What was not seen is not clean.
type NotScanned struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Status is what the inventory says of a key.
type Status string

// The statuses.
const (
	Active   Status = "active"
	Inactive Status = "inactive"
	// NotFound: the account was read with all its keys, and has no such key any more.
	NotFound Status = "not-found"
	// Unknown: nothing is known of the account, or not enough.
	Unknown Status = "unknown"
)

// Acceptance says that people live with a row until a day.
type Acceptance struct {
	From   string // ignore, policy, label, closing, command
	Reason string
	Until  string // the last day, 2027-03-31
}

// Leak is a row: a key in a place, and what is known of the key.
type Leak struct {
	Sighting
	Status      Status
	AccountName string
	User        string // name; inventory.RootUser for the root user
	Owner       string
	// Why says what the status rests on where it needs words; one clause without a full stop. It
	// may hold the ids of accounts, and nothing else from outside.
	Why      string
	Severity checks.Severity
	// FindingID is the finding about the key; empty when there is none.
	FindingID string
	// Accepted is nil while the row counts.
	Accepted *Acceptance

	ownerByTag bool
}

// Input is all that is joined.
type Input struct {
	Sightings  []Sighting
	NotScanned []NotScanned
	// Accounts are those of the last audit; none where there was none. They are not changed.
	Accounts []*inventory.Account
	Policy   *policy.Policy // nil: the default
	Ignore   *Ignore        // nil: nothing is ignored
	// Now is when the scan began.
	Now time.Time
}

// Result is what a scan found out.
type Result struct {
	// Leaks are all rows, those that are accepted too, the worst first.
	Leaks      []Leak
	NotScanned []NotScanned
	// Warnings are sentences about lines of the ignore file.
	Warnings []string

	accounts []*inventory.Account
	policy   *policy.Policy
	now      time.Time
}

// Join makes the rows and says whose keys they are.
func Join(in Input) *Result {
	r := &Result{NotScanned: distinct(in.NotScanned), policy: in.Policy, now: in.Now}
	if r.policy == nil {
		r.policy = policy.Default()
	}
	r.Leaks = rows(in.Sightings)
	ix := indexOf(in.Accounts)
	for i := range r.Leaks {
		l := &r.Leaks[i]
		ix.join(l)
		l.Severity = severityOf(l)
		l.Owner, l.ownerByTag = ownerOf(l, r.policy, ix)
		l.Accepted = r.accepted(l, in.Ignore)
	}
	r.accounts = withLeaks(in.Accounts, r.Leaks, in.Now)
	r.grade()
	slices.SortStableFunc(r.Leaks, compareLeaks)
	if in.Ignore != nil {
		r.Warnings = in.Ignore.warnings()
	}
	return r
}

// Complete reports whether everything was looked into.
func (r *Result) Complete() bool { return len(r.NotScanned) == 0 }

// accepted finds what lets a row pass: a line of the ignore file, or else the policy.
func (r *Result) accepted(l *Leak, ignore *Ignore) *Acceptance {
	if a := ignore.accepts(&l.Sighting); a != nil {
		return a
	}
	x, ok := r.policy.Exempt(checkID, l.AccountID, l.User, l.AccessKeyID, r.now)
	if !ok {
		return nil
	}
	return &Acceptance{From: "policy", Reason: x.Reason, Until: x.Expires.UTC().Format(time.DateOnly)}
}

// Accept lets all rows of a key pass whose finding people accepted on its issue.
func (r *Result) Accept(findingID string, a Acceptance) {
	for i := range r.Leaks {
		if l := &r.Leaks[i]; l.FindingID != "" && l.FindingID == findingID && l.Accepted == nil {
			l.Accepted = &a
		}
	}
}

// Counts are figures over the rows that count.
type Counts struct {
	Keys   int // different ones
	Places int // rows
	// Severity counts keys by the worst of their rows.
	Severity map[checks.Severity]int
}

// Counts counts the rows that nobody accepted.
func (r *Result) Counts() Counts {
	worst := map[string]checks.Severity{}
	c := Counts{Severity: map[checks.Severity]int{}}
	for i := range r.Leaks {
		l := &r.Leaks[i]
		if l.Accepted != nil {
			continue
		}
		c.Places++
		if l.Severity.Rank() > worst[l.AccessKeyID].Rank() {
			worst[l.AccessKeyID] = l.Severity
		}
	}
	c.Keys = len(worst)
	for _, s := range worst {
		c.Severity[s]++
	}
	return c
}

// Reaches reports whether a row that counts is as bad as a limit, or worse. No row is worse than none.
func (r *Result) Reaches(limit checks.Severity) bool {
	return limit.Rank() > 0 && slices.ContainsFunc(r.Leaks, func(l Leak) bool {
		return l.Accepted == nil && l.Severity.Rank() >= limit.Rank()
	})
}
