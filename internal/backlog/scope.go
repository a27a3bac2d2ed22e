package backlog

import (
	"slices"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// scope knows which accounts a run is about, by id and by tag, since the bodies of a redacted
// backlog hold tags alone.
type scope struct {
	targets  map[string]bool
	accounts map[string][]*inventory.Account
	// shown maps what an account is shown as to its tags; nil where nothing is hidden.
	shown map[string][]string
	// incomplete holds accounts and kinds of subjects whose identities are not all known.
	incomplete map[string]bool
}

func scopeOf(in *Input) scope {
	s := scope{targets: map[string]bool{}, accounts: map[string][]*inventory.Account{}, incomplete: map[string]bool{}}
	for _, id := range in.Targets {
		s.targets[id], s.targets[tagOf(id)] = true, true
	}
	if in.Display != nil {
		s.shown = map[string][]string{}
	}
	accounts := slices.Clone(in.Accounts)
	slices.SortFunc(accounts, func(a, b *inventory.Account) int { return strings.Compare(a.ID, b.ID) })
	for _, a := range accounts {
		tag := tagOf(a.ID)
		s.targets[a.ID], s.targets[tag] = true, true
		s.accounts[a.ID] = append(s.accounts[a.ID], a)
		s.accounts[tag] = append(s.accounts[tag], a)
		if in.Display != nil {
			shown := in.Display.Account(a.ID)
			s.shown[shown] = append(s.shown[shown], tag)
		}
	}
	for i := range in.Findings {
		if f := &in.Findings[i]; f.Incomplete != "" {
			s.noteIncomplete(f)
		}
	}
	return s
}

// noteIncomplete keeps issues about the same kind of subject open: one of them may be about
// this very finding.
func (s scope) noteIncomplete(f *checks.Finding) {
	keys := []string{f.AccountID}
	if s.shown != nil {
		keys = s.shown[f.AccountID]
	}
	for _, key := range keys {
		for _, a := range s.accounts[key] {
			s.incomplete[a.ID+string(f.Kind)] = true
		}
	}
}

// address is how a record names the account of a finding: by id, or where ids are hidden by
// tag. Accounts that are shown alike give several tags, and all of them must agree later.
func (s scope) address(f *checks.Finding) (account, tag string) {
	if s.shown == nil {
		return f.AccountID, ""
	}
	tags := slices.Clone(s.shown[f.AccountID])
	if len(tags) == 0 {
		return "", tagOf(f.AccountID)
	}
	slices.Sort(tags)
	return "", strings.Join(slices.Compact(tags), " ")
}

// keys are the names by which the accounts of a record are found.
func (r record) keys() []string {
	if r.Account != "" {
		return []string{r.Account}
	}
	return strings.Fields(r.Tag)
}

// accountsOf are the accounts that a record may be about: one, unless tags collide.
func (s scope) accountsOf(r record) []*inventory.Account {
	var out []*inventory.Account
	for _, key := range r.keys() {
		out = append(out, s.accounts[key]...)
	}
	return out
}

// targeted reports whether the account of a record is still to be audited. Where nothing at
// all is, that is a fault and says nothing about one account.
func (s scope) targeted(r record) bool {
	if len(s.targets) == 0 {
		return true
	}
	return slices.ContainsFunc(r.keys(), func(key string) bool { return s.targets[key] })
}

// uncovered says why nothing can be said of the subject of a record; empty when it can.
func (s scope) uncovered(r record) string {
	accounts := s.accountsOf(r)
	if len(accounts) == 0 {
		return "there are no facts of its account in this run"
	}
	for _, a := range accounts {
		if !covered(a) {
			return "its account was not audited in this run"
		}
		if s.incomplete[a.ID+string(r.Kind)] {
			return "not every identity in its account is known in this run"
		}
	}
	return ""
}

func covered(a *inventory.Account) bool {
	return a.Status == inventory.Audited || a.Status == inventory.Partial
}
