package guardrail

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/orgpolicy"
	"github.com/keysweep/keysweep/internal/policy"
)

// Schema names the document that Readiness makes.
const Schema = "keysweep/guardrails/v1"

// Display turns true names into shown ones. Every function must be set.
type Display struct {
	Account func(id string) string
	Name    func(name string) string
	User    func(id, name string) string
	Key     func(id string) string
}

type document struct {
	Schema   string `json:"schema"`
	Accounts []row  `json:"accounts"`
	Waves    []Wave `json:"waves"`
}

// row is one account of the document.
type row struct {
	ID          string                                `json:"id"`
	Name        string                                `json:"name"`
	Environment string                                `json:"environment"`
	Ready       bool                                  `json:"ready"`
	Blockers    []blocker                             `json:"blockers"`
	Creation    map[orgpolicy.Action]orgpolicy.Effect `json:"creation"`
	DeniedBy    []string                              `json:"denied_by"`
	Creators    []creator                             `json:"creators"`
}

type blocker struct {
	Kind  Kind   `json:"kind"`
	User  string `json:"user"`
	KeyID string `json:"access_key_id"`
}

// creator is who made users or keys lately, as CloudTrail tells it.
type creator struct {
	Principal string   `json:"principal"`
	Actions   []string `json:"actions"`
	Last      string   `json:"last"`
}

// Environments of accounts.
const (
	production    = "production"
	nonProduction = "non-production"
	unknown       = "unknown"
)

// environment is what the policy file says of an account.
func environment(p *policy.Policy, account string) string {
	if e := p.Accounts[account].Environment; e == production || e == nonProduction {
		return e
	}
	return unknown
}

// Readiness is guardrails/readiness.json: each account, sorted by id, and the waves. display hides
// names; nil shows them.
func Readiness(accounts []*inventory.Account, p *policy.Policy, j *Judge, display *Display) ([]byte, error) {
	doc := document{Schema: Schema, Accounts: []row{}, Waves: []Wave{}}
	var standings []Standing
	for _, a := range accounts {
		s := j.State(a, p)
		shown := a.ID
		if display != nil {
			shown = display.Account(a.ID)
		}
		standings = append(standings, Standing{Account: shown, Environment: environment(p, a.ID), State: s})
		doc.Accounts = append(doc.Accounts, rowOf(a, s, p, display))
	}
	slices.SortStableFunc(doc.Accounts, func(a, b row) int { return strings.Compare(a.ID, b.ID) })
	doc.Waves = append(doc.Waves, Waves(standings)...)
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing which accounts are ready for a guardrail: %w", err)
	}
	return append(out, '\n'), nil
}

func rowOf(a *inventory.Account, s *State, p *policy.Policy, display *Display) row {
	r := row{
		ID: a.ID, Name: a.Name, Environment: environment(p, a.ID), Ready: s.Ready, Blockers: []blocker{},
		Creation: map[orgpolicy.Action]orgpolicy.Effect{}, Creators: []creator{},
		DeniedBy: s.DeniedBy(orgpolicy.CreateUser, orgpolicy.CreateAccessKey),
	}
	for _, action := range []orgpolicy.Action{orgpolicy.CreateUser, orgpolicy.CreateAccessKey} {
		if e, known := s.Effect(action); known {
			r.Creation[action] = e
		}
	}
	for _, b := range s.Blockers {
		shown := blocker{Kind: b.Kind, KeyID: b.KeyID}
		if b.User != nil {
			shown.User = b.User.Name
		}
		if display != nil {
			shown = b.hidden(display)
		}
		r.Blockers = append(r.Blockers, shown)
	}
	if display != nil {
		r.ID, r.Name = display.Account(a.ID), display.Name(a.Name)
	}
	return r
}

// hidden is the blocker with display names.
func (b Blocker) hidden(d *Display) blocker {
	out := blocker{Kind: b.Kind}
	if b.User != nil {
		id := b.User.ID
		if id == "" {
			id = b.User.ARN
		}
		out.User = d.User(id, b.User.Name)
	}
	if b.KeyID != "" {
		out.KeyID = d.Key(b.KeyID)
	}
	return out
}

// Standing is an account in the order of the waves.
type Standing struct {
	Account     string
	Environment string
	State       *State
}

// Wave is accounts that get the guardrail together.
type Wave struct {
	Name     string   `json:"name"`
	Accounts []string `json:"accounts"`
	Why      string   `json:"why"`
}

// pilots are how many accounts of no production come first.
const pilots = 3

// Waves puts the accounts that are ready and not guarded yet in order: from non-production outwards. A wave
// without accounts is left out.
func Waves(standings []Standing) []Wave {
	by := map[string][]string{}
	for _, s := range standings {
		if s.State.Ready && !s.State.Done() {
			by[s.Environment] = append(by[s.Environment], s.Account)
		}
	}
	for _, accounts := range by {
		slices.Sort(accounts)
	}
	first := by[nonProduction]
	var rest []string
	if len(first) > pilots {
		first, rest = first[:pilots], first[pilots:]
	}
	var out []Wave
	for _, w := range []Wave{
		{"pilot", first, "Ready, and no production: what the policy stops unexpectedly does least harm here."},
		{nonProduction, rest, "Ready, and no production: as soon as the pilot ran for a week without a request that should have passed."},
		{"environment not known", by[unknown], "Ready; the policy file does not say whether they are production: after all that certainly is not."},
		{production, by[production], "Ready, and production: last, when all others have run with it."},
	} {
		if len(w.Accounts) > 0 {
			out = append(out, w)
		}
	}
	return out
}

// longest is how long the policy may be: what AWS took before it allowed more.
const longest = 5120

// ErrTooLong says that so many break-glass principals are named that no policy holds them.
var ErrTooLong = errors.New("the policy that exempts all principals of break-glass is longer than AWS takes")

// DenyPolicy is guardrails/deny-new-users-and-keys.json: a service control policy that denies new users and
// keys to all but the principals that the patterns name. It stops no deactivation, and no password: people
// may need one until they sign in otherwise. Its error is ErrTooLong.
func DenyPolicy(breakGlass []string) ([]byte, error) {
	type statement struct {
		Sid       string
		Effect    string
		Action    []orgpolicy.Action
		Resource  string
		Condition map[string]map[string][]string `json:",omitempty"`
	}
	deny := statement{Sid: "DenyNewUsersAndKeys", Effect: "Deny", Action: guards, Resource: "*"}
	if len(breakGlass) > 0 {
		deny.Condition = map[string]map[string][]string{operator(breakGlass): {"aws:PrincipalArn": breakGlass}}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{deny}}); err != nil {
		return nil, fmt.Errorf("writing the guardrail: %w", err)
	}
	if out.Len() >= longest {
		return nil, ErrTooLong
	}
	return out.Bytes(), nil
}

// operator compares ARNs by their parts where every pattern has them, and as texts otherwise.
func operator(patterns []string) string {
	if slices.ContainsFunc(patterns, func(p string) bool { return strings.Count(p, ":") < 5 || !strings.HasPrefix(p, "arn:") }) {
		return "StringNotLike"
	}
	return "ArnNotLike"
}
