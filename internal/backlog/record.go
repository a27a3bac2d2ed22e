package backlog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/policy"
)

// record is what the hidden data line of a body remembers from run to run: what the issue
// is about, so that its absence can be proven, and what people decided, so that a steady run
// asks GitHub nothing. A container has no other memory.
type record struct {
	// ID repeats the marker's, so that a body that lost its first line is known again.
	ID string `json:"id"`
	// Account has 12 digits; in a redacted backlog Tag stands in for it.
	Account string             `json:"account,omitempty"`
	Tag     string             `json:"account_tag,omitempty"`
	Kind    checks.SubjectKind `json:"kind"`
	Subject string             `json:"subject"`
	// User and Key are names as the issue shows them, for the proof that they are gone.
	User string `json:"user,omitempty"`
	Key  string `json:"key,omitempty"`
	// Place is the service and the region of a resource: what must have been read to prove that it is gone.
	Place      string            `json:"place,omitempty"`
	Check      string            `json:"check"`
	Severity   checks.Severity   `json:"severity"`
	Thresholds policy.Thresholds `json:"thresholds"`
	LastUsed   string            `json:"last_used,omitempty"` // RFC 3339
	Service    string            `json:"service,omitempty"`
	Region     string            `json:"region,omitempty"`
	// Title is a digest of the title that we wrote last; a title that differs is a person's.
	Title string `json:"title"`
	// Comments counts our comments: it makes the key of the next one new.
	Comments int `json:"comments,omitempty"`
	// Closed is the reason that we closed the issue with; empty while it is open.
	Closed string `json:"closed,omitempty"`
	// DuplicateOf is the issue that stays when this one was closed as its double.
	DuplicateOf int `json:"duplicate_of,omitempty"`
	// Reopened is the time of a person's closing that facts refuted, Stands that of a
	// person's closing which we do not touch; RFC 3339.
	Reopened string `json:"reopened,omitempty"`
	Stands   string `json:"stands,omitempty"`
	// Command is when the last command was given that we carried out; RFC 3339.
	Command  string      `json:"command,omitempty"`
	Accepted *acceptance `json:"accepted,omitempty"`
	// Dashboard is what the dashboard issue remembers; with it, the record is about no finding.
	Dashboard *memory `json:"-"`
}

// acceptance says that people, or the policy file, live with a finding until a day.
type acceptance struct {
	From   string `json:"from"`
	Since  string `json:"since"` // RFC 3339: of the closing, of the command, of first sight
	Until  string `json:"until"` // 2027-03-31, that day (UTC) included
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`     // who gave the command
	Warned bool   `json:"warned,omitempty"` // the comment before the end was made
}

// Where an acceptance comes from.
const (
	fromPolicy  = "policy"
	fromLabel   = "label"
	fromClosing = "closing"
	fromCommand = "command"
)

// encode is the record as its hidden line. JSON already escapes < and >; two dashes in a
// row are escaped as well, so that no value can end the comment under any reading of HTML.
func (r record) encode() string {
	out, err := json.Marshal(r)
	if r.Dashboard != nil {
		out, err = r.encodeMemory()
	}
	if err != nil { // a struct of strings, numbers and booleans always encodes
		panic(err)
	}
	return dataStart + inComment.Replace(string(out)) + markClose
}

// inComment keeps JSON from ending the comment that holds it, and from holding a mention or a
// reference for a reader that takes the comment for text, as one of e-mail may.
var inComment = strings.NewReplacer("--", `-\u002d`, "@", `\u0040`, "#", `\u0023`)

// isWord reports whether s has the form of a check's id or a subject's name.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// parseRecord reads a data line. A line with impossible values is no record: people can edit
// it, and its words go into comments.
func parseRecord(line string) (record, bool) {
	text, ok := strings.CutPrefix(bare(line), dataStart)
	if !ok {
		return record{}, false
	}
	text, ok = strings.CutSuffix(text, markClose)
	if !ok {
		return record{}, false
	}
	var r record
	var m struct {
		Dashboard *memory `json:"dashboard"`
	}
	if json.Unmarshal([]byte(text), &r) != nil {
		return record{}, false
	}
	if strings.Contains(text, `"dashboard":`) && json.Unmarshal([]byte(text), &m) != nil {
		return record{}, false
	}
	r.Dashboard = m.Dashboard
	return r, r.valid()
}

func (r record) valid() bool {
	if r.Dashboard != nil {
		return r.ID == dashboardID && r.Comments >= 0 && r.DuplicateOf >= 0 && r.Dashboard.valid()
	}
	return isID(r.ID) && isWord(r.Check) && isWord(r.Subject) &&
		r.Severity.Rank() > 0 && r.Comments >= 0 && r.DuplicateOf >= 0 &&
		(r.Account != "") != (r.Tag != "") && validTime(r.LastUsed) && r.Accepted.valid()
}

func (a *acceptance) valid() bool {
	if a == nil {
		return true
	}
	_, err := time.Parse(time.DateOnly, a.Until)
	return err == nil && validTime(a.Since)
}

func validTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return s == "" || err == nil
}

// about fills in what the finding says, and leaves what people decided.
func (r record) about(f *checks.Finding, in scope, t policy.Thresholds) record {
	r.ID = f.ID
	r.Account, r.Tag = in.address(f)
	r.Kind, r.Subject, r.Check, r.Severity = f.Kind, f.Subject, f.Check, f.Severity
	r.User, r.Key, r.Thresholds = short(f.User), short(f.KeyID), t
	r.LastUsed, r.Place = f.Evidence.LastUsed, f.Place
	r.Service, r.Region = short(f.Evidence.LastUsedService), short(f.Evidence.LastUsedRegion)
	return r
}

// wordLimit bounds each word of a record, in characters; IAM's names are at most half as long.
const wordLimit = 200

// short makes a word of a record, which comes back from JSON as it went in.
func short(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= wordLimit {
		return s
	}
	return string([]rune(s)[:min(wordLimit, utf8.RuneCountInString(s))])
}

// quiet takes back from an older record what alone is no reason to write: a newer use, and
// thresholds under which the finding holds as well.
func (r record) quiet(old record) record {
	r.Thresholds = old.Thresholds
	r.LastUsed, r.Service, r.Region = old.LastUsed, old.Service, old.Region
	return r
}

// tagOf stands in for an account id where ids are hidden. Accounts may share a tag; then
// all of them must prove what is said of one.
func tagOf(account string) string { return digest(account)[:5] }

// digest is 16 hex digits of the SHA-256 of the parts in a row.
func digest(parts ...string) string {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	all := make([]byte, 0, n)
	for _, p := range parts {
		all = append(all, p...)
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:8])
}

// asStood is the finding with the last use that an older record holds, so that it renders as
// it did then. The texts of a finding are sentences; the day of its last use is swapped in them.
func asStood(f *checks.Finding, old record) *checks.Finding {
	e := &f.Evidence
	if e.LastUsed == old.LastUsed && e.LastUsedService == old.Service && e.LastUsedRegion == old.Region {
		return f
	}
	g := *f
	g.Evidence.LastUsed, g.Evidence.LastUsedService, g.Evidence.LastUsedRegion = old.LastUsed, old.Service, old.Region
	swap := swapDays(e.LastUsed, old.LastUsed)
	g.Title, g.Why = swap(g.Title), swap(g.Why)
	g.Evidence.Notes = make([]string, len(e.Notes))
	for i, n := range e.Notes {
		g.Evidence.Notes[i] = swap(n)
	}
	return &g
}

// swapDays replaces one RFC 3339 time, or its day alone, by another.
func swapDays(from, to string) func(string) string {
	if len(from) < len(time.DateOnly) || len(to) < len(time.DateOnly) {
		return func(s string) string { return s }
	}
	return strings.NewReplacer(from, to, from[:len(time.DateOnly)], to[:len(time.DateOnly)]).Replace
}
