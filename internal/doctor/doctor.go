// Package doctor tells of each link of a set-up whether it is there, why not, and the line to add.
//
// It is pure: facts that somebody gathered go in, links come out, and a text of them. It makes no call, so it cannot
// know more than the facts say; where AWS gives one answer for several causes, it names them in the order of what the
// other facts make likely.
package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// State is how a link was found.
type State string

// The states.
const (
	OK      State = "ok"
	Missing State = "MISS" // not there, or wrong: there is something to change
	Failed  State = "FAIL" // could not be tried: the way to it is broken
	Skipped State = "skip" // not needed, or not tried because an earlier link is missing
)

// Link is one link of the set-up.
type Link struct {
	Name   string
	State  State
	Detail string   // what was found, the cause, or what the link waits for
	Info   []string // more of what was found, a line each
	Fix    []Step   // what to do: one of them, the likeliest first
	Input  bool     // what is wrong is an input: the run ends as for bad input
}

// Step is one thing to do.
type Step struct {
	Text  string
	Lines []string // to be added or run as they are; may be empty
}

// Fault is why something did not work, as the one who tried it says.
type Fault struct {
	Kind  Kind
	Cause string // without an account id
	Hint  string
	Need  string // the permission of the job that is missing: issues: write
	// Policy is the sort of AWS policy that refused, where AWS says it, and Explicit whether it denies.
	Policy   string
	Explicit bool
}

// Kind tells faults apart.
type Kind string

// The kinds. Any other is a link that could not be tried.
const (
	Broken        Kind = "broken"         // the way to it: no answer, a limit, a fault of the other side
	BadToken      Kind = "bad-token"      // GitHub does not know the token
	NotFound      Kind = "not-found"      // by GitHub
	NotPermitted  Kind = "not-permitted"  // by GitHub; Need says what is missing
	NoIDToken     Kind = "no-id-token"    // the job may not have an OIDC token
	NoProvider    Kind = "no-provider"    // the account has no OIDC provider for the issuer
	WrongAudience Kind = "wrong-audience" // the provider does not list the audience
	NotTrusted    Kind = "not-trusted"    // the first role does not take the token
	Settings      Kind = "settings"       // an option does not fit what is there; Hint says which
	Outside       Kind = "outside"        // the account is in no organization
	Member        Kind = "member"         // a member account, which may not list the others
	Refused       Kind = "refused"        // by a policy of AWS
)

// state is that of a link with this fault.
func (f *Fault) state() State {
	if f.Kind == Broken || f.Kind == "" {
		return Failed
	}
	return Missing
}

// Facts are what was found out. A part that was not tried is left at its zero value.
type Facts struct {
	Policy       Policy
	GitHub       GitHub
	Entry        Entry
	Organization Organization
	Accounts     []Account // in the order of their ids; nil: none was tried
	// RoleName is the role in each account; OtherRole is one of another name that can be taken where it
	// cannot, empty where there is none.
	RoleName, OtherRole string
	ExternalID          bool // one is sent
}

// PolicyState is how the policy file was found.
type PolicyState string

// The states of the policy file.
const (
	PolicyValid   PolicyState = "valid"
	PolicyAbsent  PolicyState = "absent"  // and it need not be there
	PolicyNeeded  PolicyState = "needed"  // it was named and is not there
	PolicyInvalid PolicyState = "invalid" // Faults say why
	PolicyUnread  PolicyState = "unread"  // Fault says why
)

// Policy is the policy file.
type Policy struct {
	Path   string
	State  PolicyState
	Faults []string // each with line and field
	Fault  *Fault
	Input  bool // that it could not be read is the input's fault
}

// GitHub is the side of the issues.
type GitHub struct {
	OnRunner   bool
	Token      bool   // there is one
	Repository string // of the issues; empty: none
	Named      bool   // it is another one than the workflow's
	// Fault is why the repository could not be read. Read: it was.
	Read        bool
	Fault       *Fault
	Visibility  []Visibility
	AllowPublic bool
	HasIssues   bool
	Archived    bool
	// Write and Labels are why issues and labels could not be written. It is asked where there are issues.
	Write, Labels *Fault
}

// Visibility is who sees a repository: public, private, internal or unknown.
type Visibility struct{ Repository, Word string }

// Entry is the way into AWS: the token and the first role.
type Entry struct {
	Role     string // ARN; empty: the SDK's default credentials
	Account  string // of the role
	Audience string
	OnRunner bool
	Event    string // at which no token may be asked for; empty: it may

	TokenTried bool
	TokenFault *Fault
	Claims     Claims

	RoleTried bool
	RoleFault *Fault

	CallerTried bool
	CallerFault *Fault
	Caller      string // ARN of the session
	Home        string // its account
}

// Claims are what the OIDC token says.
type Claims struct {
	Subject, Audience, Issuer, Repository, Ref, Environment string
	Other                                                   string // the subject in the form that was not sent
}

// Organization is the list of its accounts.
type Organization struct {
	Wanted   bool
	Listed   int // account ids that the option lists instead
	Tried    bool
	Fault    *Fault
	Active   int
	Inactive int // left out
	// Actions are those about the organization as a whole; none where there is none.
	Actions []Action
}

// Account is what one account lets us do.
type Account struct {
	ID      string
	Home    bool // the first role's own
	Fault   *Fault
	Actions []Action
}

// Action is one AWS action, tried in one account.
type Action struct {
	Name  string
	Calls int // 0: not tried
	Fault *Fault
}

// Links tells of every link, in the order in which they hang on each other.
func Links(f Facts) []Link {
	out := []Link{f.policyLink(), f.tokenLink(), f.repositoryLink(), f.visibilityLink(), f.issuesLink(), f.writeLink()}
	out = append(out, f.idTokenLink(), f.roleLink(), f.callerLink(), f.organizationLink())
	out = append(out, f.guardrailLinks()...)
	out = append(out, f.accountLinks()...)
	return append(out, f.actionLinks()...)
}

// Bad reports whether a link is missing or broken.
func (l Link) Bad() bool { return l.State == Missing || l.State == Failed }

// Tally counts links by state.
func Tally(links []Link) map[State]int {
	n := map[State]int{}
	for _, l := range links {
		n[l.State]++
	}
	return n
}

func ok(name, format string, args ...any) Link {
	return Link{Name: name, State: OK, Detail: fmt.Sprintf(format, args...)}
}

func skip(name, format string, args ...any) Link {
	return Link{Name: name, State: Skipped, Detail: fmt.Sprintf(format, args...)}
}

func waits(name, earlier string) Link { return skip(name, "waits for: %s", earlier) }

func missing(name, cause string, fix ...Step) Link {
	return Link{Name: name, State: Missing, Detail: cause, Fix: fix}
}

// faulty is a link with a fault that has no more to be said of it than it says itself.
func faulty(name string, f *Fault) Link {
	l := Link{Name: name, State: f.state(), Detail: f.Cause}
	if f.Hint != "" {
		l.Fix = []Step{{Text: f.Hint}}
	}
	return l
}

func do(text string, lines ...string) Step { return Step{Text: text, Lines: lines} }

// jobPermission is the step that gives the job a permission.
func jobPermission(line string) Step {
	return do("add this line under `permissions:` of the job, which needs contents: read, id-token: write and issues: write", line)
}

// plural is "1 account" or "5 accounts".
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// someIDs are so many account ids that a line stays readable.
const someIDs = 12

func list(ids []string) string {
	if len(ids) <= someIDs {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:someIDs], ", "), len(ids)-someIDs)
}

// Redact hides what hide changes in every text of the links.
func Redact(links []Link, hide func(string) string) []Link {
	all := func(lines []string) []string {
		out := slices.Clone(lines)
		for i := range out {
			out[i] = hide(out[i])
		}
		return out
	}
	out := slices.Clone(links)
	for i := range out {
		l := &out[i]
		l.Detail, l.Info, l.Fix = hide(l.Detail), all(l.Info), slices.Clone(l.Fix)
		for j := range l.Fix {
			l.Fix[j] = Step{Text: hide(l.Fix[j].Text), Lines: all(l.Fix[j].Lines)}
		}
	}
	return out
}
