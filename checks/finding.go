package checks

import (
	"time"
)

// Severity is how bad a finding is.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Severities lists all severities, worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low} }

// Rank is 4 for critical down to 1 for low, 0 for anything else.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 4
	case High:
		return 3
	case Medium:
		return 2
	case Low:
		return 1
	}
	return 0
}

// Raised is the next worse severity; critical stays critical.
func (s Severity) Raised() Severity {
	switch s {
	case Low:
		return Medium
	case Medium:
		return High
	default:
		return Critical
	}
}

// Horizon is when a finding should be worked on.
type Horizon string

// The horizons, in order.
const (
	Immediate Horizon = "immediate"
	ShortTerm Horizon = "short-term" // one to three months
	LongTerm  Horizon = "long-term"
)

// SubjectKind is what a finding is about. One subject is one finding is one issue.
type SubjectKind string

// The kinds of subjects. Where several checks share a kind (access key, password), they
// share the subject. A root check is a subject of its own, named by its check.
const (
	SubjectAccessKey   SubjectKind = "access-key"
	SubjectPassword    SubjectKind = "password"
	SubjectUser        SubjectKind = "user"       // one subject a check: quarantined-user, human-iam-user, …
	SubjectCredential  SubjectKind = "credential" // service-specific credential, certificate, SSH key
	SubjectRoot        SubjectKind = "root"
	SubjectAccount     SubjectKind = "account"
	SubjectResource    SubjectKind = "resource" // a function, a task definition, an instance, …: one subject a check
	SubjectUnspecified SubjectKind = ""
)

// Finding is one thing to do, as the report and the backlog show it. Its JSON is
// keysweep/findings/v1. All texts are already made of display names: where the
// output is redacted, no true name is in here but in the fields that JSON leaves out.
type Finding struct {
	// ID is 16 hex digits made of partition, account, unique ids of user and credential,
	// and the subject; never of check, name or title.
	ID         string        `json:"id"`
	Check      string        `json:"check"`
	Also       []string      `json:"also"`
	Severity   Severity      `json:"severity"`
	Title      string        `json:"title"`
	AccountID  string        `json:"account_id"`
	Account    string        `json:"account_name"`
	Resource   string        `json:"resource"`
	User       string        `json:"user"`
	KeyID      string        `json:"access_key_id"`
	Evidence   Evidence      `json:"evidence"`
	Removal    string        `json:"removal"`
	Replace    Replacement   `json:"replacement"`
	Why        string        `json:"why"`
	Steps      []Step        `json:"remediation"`
	Horizon    Horizon       `json:"horizon"`
	Compliance []Control     `json:"compliance"`
	Owner      string        `json:"owner"`
	Exemption  *ExemptionRef `json:"exemption,omitempty"`

	// Incomplete says which part of the identity is unknown; such a finding is
	// reported and never synced. Empty when the identity is whole.
	Incomplete string `json:"-"`
	// Kind is the kind of the subject; Subject tells subjects of one user or account
	// apart ("access-key", "password", or the check id).
	Kind    SubjectKind `json:"-"`
	Subject string      `json:"-"`
	// Because says in a few words why Removal is what it is: "never used"; empty for what is no key.
	Because string `json:"-"`
	// Place is the service and the region of a resource, "lambda/eu-west-1"; empty for anything else.
	Place string `json:"-"`
	// FactsAt is when the facts that decided were collected; what is younger than an
	// issue's closing can refute the closing.
	FactsAt time.Time `json:"-"`
	// Since is when the credential or user was made: the oldest of equals comes first.
	Since time.Time `json:"-"`
	// OwnerRule says which rule named the owner.
	OwnerRule string `json:"-"`
	// Assignees are GitHub logins from the owner rule.
	Assignees []string `json:"-"`
}

// Evidence is what the facts say. Times are RFC 3339 in UTC.
type Evidence struct {
	// AgeDays counts whole days since the credential was made; for a user or an account since its creation.
	AgeDays         int        `json:"age_days"`
	LastUsed        string     `json:"last_used"`
	LastUsedService string     `json:"last_used_service"`
	LastUsedRegion  string     `json:"last_used_region"`
	SeenFrom        []SeenFrom `json:"seen_from"`
	// Created is when the credential (or user) was made; empty when unknown.
	Created string `json:"created"`
	// Administrator says why the severity rose; empty when it did not.
	Administrator string `json:"administrator,omitempty"`
	// Notes are sentences with dates, never with ages.
	Notes []string `json:"notes"`
}

// SeenFrom is one place a credential was used from.
type SeenFrom struct {
	By      string `json:"by"`
	Source  string `json:"source"`
	Agent   string `json:"agent"`
	Service string `json:"service"`
	Last    string `json:"last"`
	Events  int    `json:"events"`
}

// Replacement is what takes the place of the credential.
type Replacement struct {
	Kind string `json:"kind"`
	Why  string `json:"why"`
}

// Step is one step of a remediation. A command can be pasted into a POSIX shell:
// every name in it is quoted.
type Step struct {
	Text    string `json:"text"`
	Command string `json:"command"`
	// Part marks a step about workflows that nobody has read. Whoever has read them puts better ones in its
	// place. Role is the name that the step gives a role. Neither is written anywhere.
	Part Part   `json:"-"`
	Role string `json:"-"`
}

// Part is a part of the steps that lead workflows of GitHub to OIDC.
type Part string

// The parts: the role and who may take it, then the change of the workflow and of its secrets.
const (
	PartTrust  Part = "trust"
	PartSwitch Part = "switch"
)

// Control is a control of a compliance framework that the finding bears on.
type Control struct {
	Framework string `json:"framework"`
	Control   string `json:"control"`
}

// ExemptionRef says why a finding is silent and until when. Expires is a date, 2027-03-31.
type ExemptionRef struct {
	Reason  string `json:"reason"`
	Expires string `json:"expires"`
}

// Words for Finding.Removal.
const (
	RemovalNow            = "now"
	RemovalAfterLook      = "after-a-look"
	RemovalAfterMigration = "after-migration"
	RemovalNotAKey        = "not-a-key"
)

// Exempt reports whether the finding is silenced and stands outside counts.
func (f *Finding) Exempt() bool { return f.Exemption != nil }
