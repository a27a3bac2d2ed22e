// Package orgpolicy judges service control policies: which credentials may still be made in an
// account, by whom, and which policies say so. It judges nothing else than the actions that make
// IAM users and their long-lived credentials.
//
// It is pure: documents of policies and the place of an account in, decisions out. It knows neither
// AWS clients nor checks. How policies add up is AWS's:
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
package orgpolicy

import (
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/wildcard"
)

// Action is one that makes a user or a long-lived credential.
type Action string

// The actions that are judged.
const (
	CreateUser                      Action = "iam:CreateUser"
	CreateAccessKey                 Action = "iam:CreateAccessKey"
	CreateLoginProfile              Action = "iam:CreateLoginProfile"
	CreateServiceSpecificCredential Action = "iam:CreateServiceSpecificCredential"
	UploadSSHPublicKey              Action = "iam:UploadSSHPublicKey"
	UploadSigningCertificate        Action = "iam:UploadSigningCertificate"
)

var actions = [...]Action{
	CreateUser, CreateAccessKey, CreateLoginProfile, CreateServiceSpecificCredential, UploadSSHPublicKey, UploadSigningCertificate,
}

// Effect is what policies make of an action.
type Effect string

// The effects.
const (
	// Allowed: an ordinary user or role whose own policies let it may do it.
	Allowed Effect = "allowed"
	// Conditional: denied except for principals that a policy names.
	Conditional Effect = "conditional"
	// Denied: nobody may do it.
	Denied Effect = "denied"
)

// Account is where an account stands.
type Account struct {
	// Partition is aws, aws-us-gov or aws-cn. ID has 12 digits.
	Partition, ID string
	// OrganizationID is o-…; empty when it is not known.
	OrganizationID string
	// Management is the account that no service control policy reaches.
	Management bool
	// Levels are the policies of the root, of each organizational unit on the way down, and of
	// the account, in this order. None at all: service control policies are not in use.
	Levels [][]*Policy
}

// Decision is what the policies of an account make of an action.
type Decision struct {
	Effect Effect
	// By are the ids of the policies that deny, or, where none allows it at a level, of those
	// that stand there; sorted.
	By []string
	// Except says for whom it stays allowed when it is conditional: ARN patterns of principals, tags
	// ("tag team=platform"), users ("user ci-*"); sorted.
	Except []string
	// Partly are the policies that deny it to some or under conditions, or at a level where it is allowed
	// only so, which is no guard; sorted.
	Partly []string
	// Unknown are the policies that could not be read and might deny it; sorted. The effect is
	// then not known, unless it is Denied.
	Unknown []string
}

// Known reports whether the effect is known.
func (d Decision) Known() bool { return len(d.Unknown) == 0 || d.Effect == Denied }

// Evaluate decides every action for an account.
func Evaluate(a *Account) map[Action]Decision {
	out := make(map[Action]Decision, len(actions))
	r := requestOf(a)
	for at, action := range actions {
		if a.Management {
			out[action] = Decision{Effect: Allowed}
			continue
		}
		e := evaluation{at: at, request: &r}
		for _, level := range a.Levels {
			e.level(level)
		}
		out[action] = e.decision()
	}
	return out
}

// evaluation collects what the levels of one account say about one action.
type evaluation struct {
	at      int
	request *request
	denied  bool
	guarded bool
	except  []exempt
	by      []string
	partly  []string
	unknown []string
}

// level adds the policies of one level: each Deny counts, and one of the policies must allow.
func (e *evaluation) level(policies []*Policy) {
	allow := effect{}
	for _, p := range policies {
		if p.Fault != "" {
			e.unknown = append(e.unknown, p.ID)
			allow.all = true // it might
			continue
		}
		for _, s := range p.deny[e.at] {
			e.deny(p, e.request.denies(s))
		}
		for _, s := range p.allow[e.at] {
			allow.or(s.allows(e.request))
		}
	}
	switch {
	case allow.all && !allow.partly:
		return
	case allow.all:
		for _, p := range policies {
			e.partly = append(e.partly, p.ID)
		}
		return
	case len(allow.only) > 0:
		e.guard(allow.only)
	default:
		e.denied = true
	}
	for _, p := range policies {
		e.by = append(e.by, p.ID)
	}
}

// deny adds what one statement denies.
func (e *evaluation) deny(p *Policy, d effect) {
	switch {
	case d.all && len(d.only) == 0:
		e.denied = true
	case d.all:
		e.guard(d.only)
	case d.partly:
		e.partly = append(e.partly, p.ID)
		return
	default:
		return
	}
	e.by = append(e.by, p.ID)
}

// mostExempt bounds the list of those who are exempt of all of several policies.
const mostExempt = 64

// guard leaves the action to those who are exempt here and of every guard before.
func (e *evaluation) guard(except []exempt) {
	if !e.guarded {
		e.guarded, e.except = true, except
		return
	}
	var both []exempt
	for _, a := range e.except {
		for _, b := range except {
			if c, ok := a.and(b); ok && !slices.Contains(both, c) && len(both) < mostExempt {
				both = append(both, c)
			}
		}
	}
	e.except = both
}

func (e *evaluation) decision() Decision {
	d := Decision{Effect: Allowed, By: sorted(e.by), Partly: sorted(e.partly), Unknown: sorted(e.unknown)}
	switch {
	case e.denied, e.guarded && len(e.except) == 0:
		d.Effect = Denied
	case e.guarded:
		d.Effect = Conditional
		for _, x := range e.except {
			d.Except = append(d.Except, x.String())
		}
		d.Except = sorted(d.Except)
	}
	return d
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// effect is to whom a statement applies.
type effect struct {
	// all: to everybody, but, of a Deny, those of only. Of an Allow, to those of only alone.
	all bool
	// partly: to some, or under conditions that are not about who asks.
	partly bool
	only   []exempt
}

// or adds another Allow of the same level.
func (x *effect) or(y effect) {
	whole := x.all && !x.partly || y.all && !y.partly
	x.all = x.all || y.all
	x.partly = !whole && x.all
	x.only = append(x.only, y.only...)
}

// denies is what a statement denies; most of them speak of several actions.
func (r *request) denies(s *statement) effect {
	d, ok := r.denied[s]
	if !ok {
		d = s.denies(r)
		r.denied[s] = d
	}
	return d
}

// denies says to whom a Deny applies: everybody but those that it exempts, or some only.
func (s *statement) denies(r *request) effect {
	out := effect{all: true}
	on, except := s.resources(r)
	if on == never {
		return effect{}
	}
	out.only = append(out.only, except...)
	limited := on == sometimes
	for i := range s.conditions {
		switch m := s.conditions[i].meaning(r); m.when {
		case never:
			return effect{}
		case sometimes:
			limited = true
		case exempting:
			out.only = append(out.only, m.whom...)
		}
	}
	if limited {
		return effect{partly: true}
	}
	return out
}

// allows says to whom an Allow applies. What is allowed under conditions that are not about who
// asks is allowed: anybody may come to fulfil them.
func (s *statement) allows(r *request) effect {
	on, except := s.resources(r)
	if on == never {
		return effect{}
	}
	var only []exempt
	named, limited := false, on == sometimes || len(except) > 0
	for i := range s.conditions {
		switch m := s.conditions[i].meaning(r); {
		case m.when == never:
			return effect{}
		case m.when == sometimes && len(m.whom) > 0:
			if !named {
				named, only = true, m.whom
				continue
			}
			only = intersect(only, m.whom)
			if len(only) == 0 {
				return effect{}
			}
		case m.when != always:
			limited = true
		}
	}
	if named {
		return effect{only: only}
	}
	return effect{all: true, partly: limited}
}

func intersect(a, b []exempt) []exempt {
	var out []exempt
	for _, x := range a {
		for _, y := range b {
			if c, ok := x.and(y); ok && len(out) < mostExempt {
				out = append(out, c)
			}
		}
	}
	return out
}

// speaksOf reports whether the statement is about an action. Names of actions are not told apart by
// the case of their letters.
func (s *statement) speaksOf(a Action) bool {
	name := strings.ToLower(string(a))
	matches := func(pattern string) bool { return wildcard.Match(strings.ToLower(pattern), name) }
	if s.NotAction != nil {
		return !slices.ContainsFunc(s.NotAction, matches)
	}
	return slices.ContainsFunc(s.Action, matches)
}

// resources says on how many of the account's users the statement acts, and which of them a
// NotResource leaves out.
func (s *statement) resources(r *request) (when, []exempt) {
	if s.Resource != nil {
		some := false
		for _, p := range s.Resource {
			p, exact := resourcePattern(p)
			if exact && r.allUsers(p) {
				return always, nil
			}
			some = some || overlap(p, r.users)
		}
		if some {
			return sometimes, nil
		}
		return never, nil
	}
	var out []exempt
	for _, p := range s.NotResource {
		p, exact := resourcePattern(p)
		if exact && r.allUsers(p) {
			return never, nil
		}
		if overlap(p, r.users) {
			out = append(out, exempt{kind: byResource, text: p})
		}
	}
	return always, out
}
