package backlog

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// dashboardID is the identity of the dashboard issue, made like that of a finding.
var dashboardID = digest("keysweep/dashboard")

// Bounds of what the dashboard remembers: its record may take about 13,000 of the 60,000
// characters that the issue may have.
const (
	trendPoints = 60
	unreadBytes = 8000
)

// memory is the part of the dashboard's record that outlives a run.
type memory struct {
	// Trend holds the totals whenever they changed, oldest first.
	Trend []point `json:"trend,omitempty"`
	// Unread are accounts that could not be read, or not wholly.
	Unread []unread `json:"unread,omitempty"`
}

// point is the number of open findings by severity at a time.
type point struct {
	At   string `json:"at"` // RFC 3339
	Open [4]int `json:"open"`
}

// unread are accounts that have not been wholly read since a time; Failed is when the
// first of the runs in a row failed that could not read them at all, empty when the last run
// could. Times are those of facts, RFC 3339: the same facts judged twice are one run.
type unread struct {
	Since  string `json:"since"`
	Failed string `json:"failed,omitempty"`
	// Accounts are ids, or tags where ids are hidden, parted by blanks.
	Accounts string `json:"accounts"`
}

func (m *memory) valid() bool {
	if len(m.Trend) > trendPoints {
		return false
	}
	for _, p := range m.Trend {
		if p.At == "" || !validTime(p.At) || slices.Min(p.Open[:]) < 0 {
			return false
		}
	}
	for _, u := range m.Unread {
		if u.Since == "" || !validTime(u.Since) || !validTime(u.Failed) || strings.Trim(u.Accounts, "0123456789abcdef ") != "" {
			return false
		}
	}
	return true
}

// encodeMemory is the data line of the dashboard.
func (r record) encodeMemory() ([]byte, error) {
	return json.Marshal(struct {
		ID          string  `json:"id"`
		Comments    int     `json:"comments,omitempty"`
		Closed      string  `json:"closed,omitempty"`
		DuplicateOf int     `json:"duplicate_of,omitempty"`
		Dashboard   *memory `json:"dashboard"`
	}{r.ID, r.Comments, r.Closed, r.DuplicateOf, r.Dashboard})
}

// unreadAccount is what is known of one account that was not wholly read.
type unreadAccount struct {
	key    string // id, or tag where ids are hidden
	since  string
	failed string
}

// byAccount takes the remembered accounts apart. Of two with one tag the earlier counts.
func (m *memory) byAccount() map[string]unreadAccount {
	out := map[string]unreadAccount{}
	if m == nil {
		return out
	}
	for _, u := range m.Unread {
		for _, key := range strings.Fields(u.Accounts) {
			if was, ok := out[key]; !ok || u.Since < was.since {
				out[key] = unreadAccount{key, u.Since, u.Failed}
			}
		}
	}
	return out
}

// recall finds what is remembered of an account, whether its id was hidden then or not.
func recall(known map[string]unreadAccount, id string) unreadAccount {
	if u, ok := known[id]; ok {
		return u
	}
	return known[tagOf(id)]
}

// unreadNow are the accounts that are not wholly read after this run, longest first.
func (p *planner) unreadNow(was *memory) []unreadAccount {
	known, at := was.byAccount(), stamp(p.unreadAt())
	var out []unreadAccount
	for _, a := range p.in.Accounts {
		u := recall(known, a.ID)
		u.key = p.keyOf(a.ID)
		u.since = cmp.Or(u.since, at)
		switch {
		case a.Status == inventory.Failed:
			u.failed = cmp.Or(u.failed, at)
		case a.Status != inventory.Skipped && len(lacking(a)) > 0:
			u.failed = ""
		default:
			continue
		}
		out = append(out, u)
	}
	for _, id := range p.in.Targets {
		if u := recall(known, id); u.key != "" && len(p.scope.accounts[id]) == 0 {
			u.key = p.keyOf(id)
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b unreadAccount) int {
		return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.failed, b.failed), cmp.Compare(a.key, b.key))
	})
	return slices.CompactFunc(out, func(a, b unreadAccount) bool { return a.key == b.key })
}

// keyOf is how the record names an account.
func (p *planner) keyOf(id string) string {
	if p.in.Display != nil {
		return tagOf(id)
	}
	return id
}

// unreadAt is the time of the newest facts, which is one for all accounts of a run: accounts
// that failed together are remembered together.
func (p *planner) unreadAt() time.Time {
	var newest time.Time
	for _, a := range p.in.Accounts {
		if a.CollectedAt.After(newest) {
			newest = a.CollectedAt
		}
	}
	if newest.IsZero() {
		return p.in.Now
	}
	return newest
}

// lacking are the facts that should have been collected from an account and were not.
func lacking(a *inventory.Account) []string {
	var out []string
	for _, m := range a.Missing {
		if !m.Offline {
			out = append(out, string(m.Fact))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// grouped puts accounts with the same times together, as far as there is room: what is left
// out is seen anew by the next run.
func grouped(all []unreadAccount) []unread {
	var out []unread
	room := unreadBytes
	for _, u := range all {
		n := len(out) - 1
		if n < 0 || out[n].Since != u.since || out[n].Failed != u.failed {
			out = append(out, unread{Since: u.since, Failed: u.failed})
			room -= 90
			n++
		}
		room -= len(u.key) + 1
		if room < 0 {
			break
		}
		out[n].Accounts = strings.TrimSpace(out[n].Accounts + " " + u.key)
	}
	return slices.DeleteFunc(out, func(u unread) bool { return u.Accounts == "" })
}

// remember adds the totals to the trend when they are others than the last ones.
func (m *memory) remember(at time.Time, open [4]int) {
	if n := len(m.Trend); n > 0 && m.Trend[n-1].Open == open {
		return
	}
	m.Trend = append(slices.Clone(m.Trend), point{At: stamp(at), Open: open})
	m.Trend = m.Trend[max(0, len(m.Trend)-trendPoints):]
}

// Unreadable returns the accounts that could not be audited in this run nor in one before
// it, by id, with the time of the first such run. The dashboard among the issues remembers it.
// Facts that were judged before are no new run.
func Unreadable(in Input) map[string]time.Time {
	p := newPlanner(&in)
	known := p.dashboards().memory().byAccount()
	out := map[string]time.Time{}
	for _, a := range in.Accounts {
		u := recall(known, a.ID)
		first, err := time.Parse(time.RFC3339, u.failed)
		if a.Status == inventory.Failed && err == nil && a.CollectedAt.Truncate(time.Second).After(first) {
			out[a.ID] = first
		}
	}
	return out
}

// severityIndex is the place of a severity in the totals; -1 for another word.
func severityIndex(s checks.Severity) int { return slices.Index(checks.Severities(), s) }
