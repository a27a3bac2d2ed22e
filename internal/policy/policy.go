// Package policy holds what an organization decided: thresholds, owners,
// exemptions, who is a person and who a contractor. It is pure: bytes of the
// policy file in, a Policy or all its faults out.
package policy

import (
	"time"

	"github.com/keysweep/keysweep/internal/wildcard"
)

// Policy is the whole policy file, defaults filled in.
type Policy struct {
	Thresholds Thresholds
	// Checks holds settings by check id.
	Checks map[string]CheckSetting
	// Accounts holds settings by 12-digit account id.
	Accounts        map[string]AccountSetting
	Owners          []OwnerRule
	OwnerTag        string // a tag of the user that names the owner when no rule does
	Exemptions      []Exemption
	BreakGlass      []string // ARN patterns of users
	People          People
	Contractors     Contractors
	TrustedAccounts []string
	Repositories    []string
}

// Thresholds are whole days.
type Thresholds struct {
	UnusedDays          int `json:"unused_days"`
	MaxKeyAgeDays       int `json:"max_key_age_days"`
	RotationOverlapDays int `json:"rotation_overlap_days"`
	GraceDays           int `json:"grace_days"`
}

// CheckSetting switches a check off or fixes its severity.
type CheckSetting struct {
	Disabled bool
	Severity string // empty: the check's own; set: fixed, does not rise for administrators
}

// AccountSetting is what the organization says of one account.
type AccountSetting struct {
	Name        string
	Environment string // production, non-production, or empty
	Owner       string
}

// OwnerRule names the owner of what it matches; the first rule that matches wins.
type OwnerRule struct {
	Account   string // pattern; empty matches all
	User      string // pattern; empty matches all
	Owner     string
	Assignees []string // GitHub logins
}

// Exemption silences a check for what it matches until a day.
type Exemption struct {
	Check     string // check id, "addition" for pull requests, or a pattern
	Account   string // pattern; empty matches all
	User      string
	AccessKey string
	Path      string // for additions
	Reason    string
	// Expires is the last day (UTC midnight at its start) on which the exemption holds.
	Expires time.Time
	Line    int // in the policy file
}

// Holds reports whether the exemption still holds at now: its last day, in UTC, is included.
func (e Exemption) Holds(now time.Time) bool {
	return now.Before(e.Expires.AddDate(0, 0, 1))
}

// People says who is a person.
type People struct {
	Users  []string // name patterns
	Tag    string   // a tag that marks a person
	Roster string   // path of a roster file
}

// Contractors says which users belong to third parties.
type Contractors struct {
	Users []string
	Tag   string
}

// Default is the policy of an organization without a policy file.
func Default() *Policy {
	return &Policy{
		Thresholds: Thresholds{UnusedDays: 45, MaxKeyAgeDays: 90, RotationOverlapDays: 7, GraceDays: 7},
		Checks:     map[string]CheckSetting{},
		Accounts:   map[string]AccountSetting{},
	}
}

// Match reports whether s matches a pattern in which * stands for any run of
// characters and ? for one. It is case-sensitive.
func Match(pattern, s string) bool { return wildcard.Match(pattern, s) }

// MatchOrEmpty is Match, but an empty pattern matches everything.
func MatchOrEmpty(pattern, s string) bool { return pattern == "" || Match(pattern, s) }
