package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// totals are the numbers that every rendering begins with. Exempt findings stand outside
// all of them but exempt.
type totals struct {
	findings, exempt       int
	severity               map[checks.Severity]int
	now                    int // keys that can go today, each once
	today                  int // findings that say so
	accounts               map[inventory.Status]int
	users, keys, active    int
	passwords              int
	oldestFact, newestFact time.Time // zero when no fact has a time
}

func count(d *Data) totals {
	t := totals{severity: map[checks.Severity]int{}, accounts: map[inventory.Status]int{}}
	for i := range d.Findings {
		t.addFinding(&d.Findings[i])
	}
	for i := range d.Accounts {
		t.addAccount(&d.Accounts[i])
	}
	t.now = len(orderOf(d)[0])
	return t
}

func (t *totals) addFinding(f *checks.Finding) {
	if f.Exempt() {
		t.exempt++
		return
	}
	t.findings++
	t.severity[f.Severity]++
	if f.Removal == checks.RemovalNow {
		t.today++
	}
}

func (t *totals) addAccount(a *Account) {
	t.accounts[a.Status]++
	t.users += a.Users
	t.keys += a.Keys
	t.active += a.ActiveKeys
	t.passwords += a.Passwords
	at := factTime(a)
	if at.IsZero() {
		return
	}
	if t.oldestFact.IsZero() || at.Before(t.oldestFact) {
		t.oldestFact = at
	}
	if at.After(t.newestFact) {
		t.newestFact = at
	}
}

// longLived counts what can be used for as long as nobody takes it away.
func (t *totals) longLived() int { return t.active + t.passwords }

// read counts the accounts that something is known of.
func (t *totals) read() int { return t.accounts[inventory.Audited] + t.accounts[inventory.Partial] }

// complete reports whether nothing that should have been read is missing.
func (t *totals) complete() bool {
	return t.accounts[inventory.Partial] == 0 && t.accounts[inventory.Failed] == 0
}

// factTime is how old an account's facts may be: the credential report is older than what
// was read live. Zero when the account was not read.
func factTime(a *Account) time.Time {
	if t, err := time.Parse(time.RFC3339, a.ReportGeneratedAt); err == nil {
		return t.UTC()
	}
	return a.CollectedAt.UTC()
}

// factAge says in words how old the facts of a report are.
func (t *totals) factAge() string {
	switch {
	case t.oldestFact.IsZero():
		return "No facts were read."
	case t.oldestFact.Equal(t.newestFact):
		return "All facts are of " + minute(t.newestFact) + "."
	}
	return "Facts are of " + minute(t.oldestFact) + " (oldest account) to " + minute(t.newestFact) + " (newest)."
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// gap is one reason why something was not covered, and where.
type gap struct {
	reason   string // "fact: why", or why the account was not read
	accounts []*Account
	checks   []string // not assessed there; nil means all
}

// gaps groups what was not covered by its reason, the one that concerns most accounts first.
// Skipped accounts are no gap: they were left out on purpose.
func gaps(d *Data) []gap {
	var out []gap
	at := map[string]int{}
	for i := range d.Accounts {
		a := &d.Accounts[i]
		if a.Status == inventory.Skipped {
			continue
		}
		for _, reason := range a.Missing {
			key := string(a.Status) + "\x00" + reason
			if a.Status != inventory.Failed {
				key = reason
			}
			j, seen := at[key]
			if !seen {
				j = len(out)
				at[key] = j
				out = append(out, gap{reason: reason, checks: checksWithout(a.Status, reason)})
			}
			out[j].accounts = append(out[j].accounts, a)
		}
		if a.Status == inventory.Failed && len(a.Missing) == 0 {
			out = append(out, gap{reason: "the account could not be read", accounts: []*Account{a}})
		}
	}
	slices.SortStableFunc(out, func(a, b gap) int { return cmp.Compare(len(b.accounts), len(a.accounts)) })
	return out
}

// checksWithout are the checks that cannot be assessed where the fact that a reason begins
// with is missing. Nil for a failed account: no check can.
func checksWithout(status inventory.Status, reason string) []string {
	if status == inventory.Failed {
		return nil
	}
	fact, _, _ := strings.Cut(reason, ":")
	fact, _, _ = strings.Cut(fact, " ")
	ids := []string{}
	for _, c := range checks.All() {
		if slices.Contains(c.Needs, inventory.Fact(fact)) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// notAssessed says in words what a gap leaves unanswered.
func (g *gap) notAssessed() string {
	switch {
	case g.checks == nil:
		return "no check was assessed"
	case len(g.checks) == 0:
		return "every check was assessed, with less detail"
	}
	return "not assessed: " + strings.Join(g.checks, ", ")
}

// where names the accounts of a gap, n of them at most, each as name shows it.
func (g *gap) where(n int, name func(id, name string) string) string {
	var names []string
	for _, a := range g.accounts[:min(n, len(g.accounts))] {
		names = append(names, name(a.ID, a.Name))
	}
	if more := len(g.accounts) - n; more > 0 {
		return strings.Join(names, ", ") + " and " + thousands(more) + " more"
	}
	return strings.Join(names, ", ")
}

// accountName is how an account is called in a sentence: "prod (111122223333)".
func accountName(id, name string) string {
	if name == "" {
		return id
	}
	return name + " (" + id + ")"
}

// ranked are the findings that count, worst first: by severity, then keys that others are known to have, then the
// longest standing, then the report's order.
func ranked(d *Data) []*checks.Finding {
	out := make([]*checks.Finding, 0, len(d.Findings))
	for i := range d.Findings {
		if !d.Findings[i].Exempt() {
			out = append(out, &d.Findings[i])
		}
	}
	slices.SortStableFunc(out, func(a, b *checks.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
			cmp.Compare(known(b), known(a)),
			cmp.Compare(b.Evidence.AgeDays, a.Evidence.AgeDays))
	})
	return out
}

// known is how sure it is that others have the key of a finding: it may be in use by them at this hour.
func known(f *checks.Finding) int {
	switch f.Check {
	case checkLeaked:
		return 2
	case "quarantined-user":
		return 1
	}
	return 0
}

// exempted are the findings that are accepted, in the report's order.
func exempted(d *Data) []*checks.Finding {
	var out []*checks.Finding
	for i := range d.Findings {
		if d.Findings[i].Exempt() {
			out = append(out, &d.Findings[i])
		}
	}
	return out
}

// plural is "1 account", "2 accounts".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + one + "s"
}

// thousands writes 12345 as 12,345.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
