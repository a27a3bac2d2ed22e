// Package checks decides what is wrong with the facts of an account: one check a
// file, all of them in one list. It is pure: facts, policy and time in, findings
// out. It knows neither AWS clients nor GitHub.
package checks

import (
	"time"

	"github.com/keysweep/keysweep/internal/guardrail"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Check is one check of the catalogue. What is the same for every hit stands here.
type Check struct {
	ID       string
	Title    string // of the check, not of a finding
	Severity Severity
	Horizon  Horizon
	Kind     SubjectKind
	// Rank orders checks that share a subject: the smallest that holds names the finding.
	Rank int
	// Needs are the facts without which the check is not assessed.
	Needs []inventory.Fact
	// BreakGlass: silent for break-glass users.
	BreakGlass bool
	// Finds is one sentence: what it finds. Why is why it matters.
	Finds, Why string
	// reason is Why for a subject that has one of its own; empty, or nil: it has none.
	reason   func(*Subject) string
	Controls []Control
	// Holds decides, for a subject whose needed facts are all there.
	Holds func(s *Subject) bool
	// Notes are sentences of evidence with dates, beyond the key's own dates. May be nil.
	Notes func(s *Subject) []string
	// Steps is the ordered remediation for the subject, with commands to paste.
	Steps func(s *Subject) []Step

	// unsure says what else, beyond Needs, would have to be known to assess this very
	// subject; empty when nothing. May be nil.
	unsure func(s *Subject) string
	// live: what decides it is never taken from the credential report, which may be hours old.
	live bool
	// list is the list of a user that a SubjectCredential check looks through.
	list credentialList
	// grade is the severity for a subject, for a check that has several; nil: it is Severity.
	grade func(s *Subject) Severity
	// lasting says why the check, once it held, is cleared by nothing but the end of the credential.
	// No ordinary audit assesses such a check, so it keeps no issue open but its own. May be empty.
	lasting string
	// sampled: what decides it is read of the keys that matter most, and of others it is not known. Where it is
	// not known the check keeps no issue open but its own.
	sampled bool
	// unproven says why it does not prove that an issue is over that the check does not hold; empty where it does.
	// May be nil.
	unproven func(s *Subject) string
	// headline is the title of a finding: one line of plain text.
	headline func(s *Subject) string
	// replace says what takes the place of the credential. It is given the true subject.
	replace func(s *Subject) Replacement
	// cleared says why the check no longer holds, in words that follow "by the facts of DATE"; nil
	// where it is lasting.
	cleared func(s *Subject) string
}

// Subject is what a check looks at: an account, and the user and credential in it.
// Pointers that do not apply are nil. The texts of a finding are made from a Subject
// with display names, so that a redacted output holds no true name.
type Subject struct {
	// Name tells subjects of one user or account apart: "access-key", "password", or the
	// id of the one check that looks at it.
	Name        string
	Account     *inventory.Account
	User        *inventory.User
	Key         *inventory.AccessKey
	Service     *inventory.ServiceCredential
	SSH         *inventory.SSHKey
	Certificate *inventory.Certificate
	Resource    *inventory.Resource
	Policy      *policy.Policy
	Now         time.Time

	// kind is that of the subject.
	kind   SubjectKind
	guard  *guard
	gaps   *gaps
	leaks  map[string][]inventory.Leak // by key id
	keys   *Keys
	traits traits
	// strange are hidden ids of keys that nobody here has, with the accounts they name, hidden too.
	strange []strange
}

type strange struct{ id, account string }

// Options of an evaluation.
type Options struct {
	// Now is the time the facts are judged at.
	Now time.Time
	// Display changes what names are shown as; nil shows them as they are. It never
	// changes identities, owners or exemptions.
	Display *Display
	// Keys knows whose the keys are that stand in compute; nil: only those of the account itself.
	Keys *Keys
	// Guards judges service control policies, and reads each once for all accounts; nil: one of its own.
	Guards *guardrail.Judge
}

// Display turns true names into shown ones. Every function must be set.
type Display struct {
	Account func(id string) string
	// Name is given the account name.
	Name func(name string) string
	// User is given the unique id (or ARN where there is none) and the name.
	User func(id, name string) string
	Key  func(id string) string
}
