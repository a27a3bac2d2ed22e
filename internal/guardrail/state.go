// Package guardrail knows when an account is ready for a policy that denies new IAM users and keys,
// what its policies deny already, and in which order accounts come. It makes that policy.
//
// It is pure: facts and policy file in, states and documents out. It knows neither checks nor AWS clients.
package guardrail

import (
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/orgpolicy"
	"github.com/keysweep/keysweep/internal/policy"
)

// Kind says what stands in the way of a guardrail.
type Kind string

// The kinds of blockers.
const (
	ActiveKey         Kind = "active-key"
	ServiceCredential Kind = "service-specific-credential"
	SSHPublicKey      Kind = "ssh-public-key"
	Certificate       Kind = "signing-certificate"
	// NotAssessed: what would have to be known was not collected.
	NotAssessed Kind = "not-assessed"
	// ManagementAccount: no service control policy reaches it.
	ManagementAccount Kind = "management-account"
)

// Blocker is one thing that stands in the way.
type Blocker struct {
	Kind Kind
	// User is nil for a blocker that is about the account. KeyID is that of an access key, if it is known.
	User  *inventory.User
	KeyID string
	// Why says what was not collected.
	Why string
}

// State is how an account stands to a guardrail.
type State struct {
	// Ready: nothing in the account needs new users or keys, and a policy can reach it.
	Ready    bool
	Blockers []Blocker
	// Decisions are what the policies on the account's path make of the actions; nil where that is
	// not known at all.
	Decisions map[orgpolicy.Action]orgpolicy.Decision
	// Off are the controls of Control Tower about root that do not act on the account.
	Off []orgpolicy.Control
}

// Effect is what the policies make of an action; false where it is not known.
func (s *State) Effect(a orgpolicy.Action) (orgpolicy.Effect, bool) {
	d, ok := s.Decisions[a]
	return d.Effect, ok && d.Known()
}

// Guarded reports whether an action is denied, to all or to all but principals that a policy names.
func (s *State) Guarded(a orgpolicy.Action) bool {
	e, known := s.Effect(a)
	return known && e != orgpolicy.Allowed
}

// guards are the actions that the policy of this package denies.
var guards = []orgpolicy.Action{
	orgpolicy.CreateUser, orgpolicy.CreateAccessKey, orgpolicy.CreateServiceSpecificCredential,
	orgpolicy.UploadSSHPublicKey, orgpolicy.UploadSigningCertificate,
}

// Done reports whether everything that the policy of this package would deny is guarded already.
func (s *State) Done() bool {
	return !slices.ContainsFunc(guards, func(a orgpolicy.Action) bool { return !s.Guarded(a) })
}

// ActiveKeys are the blockers that are access keys.
func (s *State) ActiveKeys() []Blocker {
	return slices.DeleteFunc(slices.Clone(s.Blockers), func(b Blocker) bool { return b.Kind != ActiveKey })
}

// DeniedBy are the ids of the policies by which an action is guarded, sorted.
func (s *State) DeniedBy(actions ...orgpolicy.Action) []string {
	out := []string{}
	for _, a := range actions {
		if s.Guarded(a) {
			out = append(out, s.Decisions[a].By...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Judge tells states. It reads each policy once, however many accounts it acts on. It is not safe for
// concurrent use.
type Judge struct {
	parsed map[text]*orgpolicy.Policy
}

// text is what a policy is made of.
type text struct{ id, document string }

// NewJudge makes a judge.
func NewJudge() *Judge { return &Judge{parsed: map[text]*orgpolicy.Policy{}} }

// State is how an account stands.
func (j *Judge) State(a *inventory.Account, p *policy.Policy) *State {
	s := &State{}
	if a.IsManagement() {
		s.Blockers = append(s.Blockers, Blocker{Kind: ManagementAccount})
	}
	unknown := j.decide(s, a)
	for _, f := range []inventory.Fact{
		inventory.FactUsers, inventory.FactAccessKeys, inventory.FactServiceCredentials, inventory.FactSSHKeys, inventory.FactCertificates,
	} {
		if m, ok := a.LacksAnywhere(f); ok {
			unknown = append(unknown, string(m.Fact)+": "+m.Cause)
		}
	}
	if len(unknown) > 0 {
		s.Blockers = append(s.Blockers, Blocker{Kind: NotAssessed, Why: strings.Join(unknown, "; ")})
	}
	if a.Status != inventory.Failed && a.Status != inventory.Skipped {
		for i := range a.Users {
			if u := &a.Users[i]; !p.IsBreakGlass(u.ARN) {
				s.Blockers = append(s.Blockers, credentials(u)...)
			}
		}
	}
	s.Ready = len(s.Blockers) == 0
	return s
}

// credentials are what a user has that its owner may have to make anew.
func credentials(u *inventory.User) []Blocker {
	var out []Blocker
	for _, k := range u.Keys {
		if k.Active {
			out = append(out, Blocker{Kind: ActiveKey, User: u, KeyID: k.ID})
		}
	}
	for _, c := range u.Services {
		if c.Active() {
			out = append(out, Blocker{Kind: ServiceCredential, User: u})
		}
	}
	for _, k := range u.SSHKeys {
		if k.Active {
			out = append(out, Blocker{Kind: SSHPublicKey, User: u})
		}
	}
	for _, c := range u.Certificates {
		if c.Active {
			out = append(out, Blocker{Kind: Certificate, User: u})
		}
	}
	return out
}

// decide fills in what the policies make of the actions, and says what of that is not known.
func (j *Judge) decide(s *State, a *inventory.Account) (unknown []string) {
	// A management account is what it is, whatever else could be read of its organization.
	if m, ok := a.Lacks(inventory.FactControlPolicies, "", ""); ok && !a.IsManagement() {
		return []string{string(m.Fact) + ": " + m.Cause}
	}
	at := j.place(a)
	s.Decisions = orgpolicy.Evaluate(at)
	var unread []string
	for _, d := range s.Decisions {
		if !d.Known() {
			unread = append(unread, d.Unknown...)
		}
	}
	_, s.Off = at.RootControls()
	slices.Sort(unread)
	for _, id := range slices.Compact(unread) {
		unknown = append(unknown, "service control policy "+id+" could not be read: "+j.fault(a, id))
	}
	return unknown
}

// fault is why a policy of an account could not be read.
func (j *Judge) fault(a *inventory.Account, id string) string {
	for _, p := range a.Organization.Policies {
		if p.ID == id {
			return j.parse(p).Fault
		}
	}
	return textAbsent
}

// textAbsent is the fault of a policy that a level names and nothing tells of.
const textAbsent = "it is not there"

// place is the account as its policies see it.
func (j *Judge) place(a *inventory.Account) *orgpolicy.Account {
	o := a.Organization
	out := &orgpolicy.Account{Partition: partition(a), ID: a.ID, OrganizationID: o.ID, Management: a.IsManagement()}
	if out.Management {
		return out
	}
	byID := map[string]*orgpolicy.Policy{}
	for _, p := range o.Policies {
		byID[p.ID] = j.parse(p)
	}
	for _, l := range o.Levels {
		level := make([]*orgpolicy.Policy, len(l.Policies))
		for i, id := range l.Policies {
			if level[i] = byID[id]; level[i] == nil {
				level[i] = &orgpolicy.Policy{ID: id, Fault: textAbsent}
			}
		}
		out.Levels = append(out.Levels, level)
	}
	return out
}

func (j *Judge) parse(p inventory.ControlPolicy) *orgpolicy.Policy {
	if p.Fault != "" {
		return &orgpolicy.Policy{ID: p.ID, Name: p.Name, Fault: p.Fault}
	}
	key := text{p.ID, p.Document}
	if j.parsed[key] == nil {
		j.parsed[key] = orgpolicy.Parse(p.ID, p.Name, p.Document)
	}
	return j.parsed[key]
}

func partition(a *inventory.Account) string {
	if a.Partition == "" {
		return "aws"
	}
	return a.Partition
}
