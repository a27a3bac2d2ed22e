package scan

import (
	"slices"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// checkID is the check whose findings a scan makes.
const checkID = "leaked-access-key"

// IsLeak reports whether a finding is about a leaked key: those alone are a scan's.
func IsLeak(f *checks.Finding) bool { return f.Check == checkID }

// withLeaks are copies of the accounts that were audited, each with the leaks of its keys. Rows that
// a line of the ignore file lets pass are no facts; those that the policy exempts are, since their
// issue says so.
func withLeaks(accounts []*inventory.Account, rows []Leak, at time.Time) []*inventory.Account {
	found := map[string][]inventory.Leak{}
	for i := range rows {
		l := &rows[i]
		if l.User == "" || l.service() || l.Accepted != nil && l.Accepted.From == fromIgnore {
			continue
		}
		found[l.AccountID] = append(found[l.AccountID], inventory.Leak{
			KeyID: l.AccessKeyID, Where: string(l.Where), Path: l.Path, Line: l.Line,
			Inside: l.Inside, Commit: l.Commit, SecretNearby: l.SecretNearby,
		})
	}
	out := make([]*inventory.Account, 0, len(accounts))
	for _, a := range accounts {
		joined := *a
		joined.Leaks = &inventory.Leaks{ScannedAt: at, Found: found[a.ID]}
		slices.SortFunc(joined.Leaks.Found, inventory.CompareLeaks)
		out = append(out, &joined)
	}
	return out
}

// Accounts are the accounts that were handed in, each with what the scan found of its keys.
func (r *Result) Accounts() []*inventory.Account { return r.accounts }

// Findings are the findings about leaked keys, in the order of every report, with display names
// where a display is given.
func (r *Result) Findings(d *checks.Display) []checks.Finding {
	var out []checks.Finding
	for _, a := range r.accounts {
		if len(a.Leaks.Found) == 0 {
			continue
		}
		for _, f := range checks.Evaluate(a, r.policy, checks.Options{Now: r.now, Display: d}) {
			if IsLeak(&f) {
				out = append(out, f)
			}
		}
	}
	checks.Sort(out)
	return out
}

// grade gives rows that have a finding its id and its severity, which the policy or the rights of the
// user may have changed.
func (r *Result) grade() {
	found := r.Findings(nil)
	byKey := make(map[string]*checks.Finding, len(found))
	for i := range found {
		byKey[found[i].KeyID] = &found[i]
	}
	for i := range r.Leaks {
		l := &r.Leaks[i]
		if f := byKey[l.AccessKeyID]; f != nil && l.User != "" {
			l.FindingID, l.Severity = f.ID, f.Severity
		}
	}
}
