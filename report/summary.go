package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// Limits of the summary. GitHub drops a job summary above 1 MiB whole, so there is room
// left for what other steps of a job add.
const (
	summaryLimit  = 900_000
	headShare     = 60_000  // of it: warnings
	tableShare    = 200_000 // of it: each of the four tables
	worstRows     = 100
	gapRows       = 200
	gapAccounts   = 10 // named for one reason
	accountRows   = 1000
	acceptedRows  = 200
	warningsShown = 50
)

// Summary is summary.md, which is the job summary too: at most 900,000 bytes, cut between
// rows, and it says what was cut.
func Summary(d Data) string {
	t := count(&d)
	var b strings.Builder
	b.WriteString("# keysweep\n\n" + headline(&t) + "\n\n" + severityTable(&t) + "\nAccounts: " + accountsLine(&t) + ". " + t.factAge() + "\n")
	b.WriteString(warningBlock(notices(&d, &t)))
	b.WriteString(worstTable(&d) + orderText(&d, summaryOrder) + MigrationTable(d.Migrations) + gapTable(&d) + accountTable(&d) + acceptedTable(&d) + "\n" + Prose(madeAt(&d)) + "\n")
	return b.String()
}

// headline says in two sentences how bad it is.
func headline(t *totals) string {
	if t.read() == 0 {
		return "**No account could be read**, so nothing is known about its credentials."
	}
	text := "**" + plural(t.longLived(), "long-lived credential") + "** in " + plural(t.read(), "account") + ": " +
		plural(t.active, "active access key") + " and " + plural(t.passwords, "console password") + ". "
	switch {
	case t.findings == 0 && t.complete():
		return text + "**Nothing was found.**"
	case t.findings == 0:
		return text + "**Nothing was found in what could be read.**"
	case t.now == 0:
		return text + "None of the keys can go without a look."
	}
	return text + "**" + plural(t.now, "key") + " can go today**: nothing is known to use " + them(t.now) + "."
}

func them(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

func severityTable(t *totals) string {
	return fmt.Sprintf("| Critical | High | Medium | Low | All | Accepted |\n|---:|---:|---:|---:|---:|---:|\n| **%s** | **%s** | %s | %s | %s | %s |\n",
		thousands(t.severity[checks.Critical]), thousands(t.severity[checks.High]), thousands(t.severity[checks.Medium]),
		thousands(t.severity[checks.Low]), thousands(t.findings), thousands(t.exempt))
}

// accountsLine is "3 audited, 1 partial, 1 failed, 1 skipped".
func accountsLine(t *totals) string {
	return fmt.Sprintf("%s audited, %s partial, %s failed, %s skipped",
		thousands(t.accounts[inventory.Audited]), thousands(t.accounts[inventory.Partial]),
		thousands(t.accounts[inventory.Failed]), thousands(t.accounts[inventory.Skipped]))
}

// notices are the sentences that a reader must not miss before the tables.
func notices(d *Data, t *totals) []string {
	var lines []string
	if !t.complete() {
		lines = append(lines, incomplete(t))
	}
	if d.Deferred > 0 {
		lines = append(lines, deferred(d.Deferred))
	}
	if d.Redacted {
		lines = append(lines, redactedNote)
	}
	return append(lines, d.Warnings[:min(len(d.Warnings), warningsShown)]...)
}

func warningBlock(notices []string) string {
	if len(notices) == 0 {
		return ""
	}
	w := rows{limit: headShare}
	w.add("\n> [!WARNING]\n")
	for _, n := range notices {
		w.add("> - " + Prose(n) + "\n")
	}
	w.left("warnings", 0)
	return w.String()
}

const redactedNote = "Names and ids are hidden: what is written may be read by anybody."

func incomplete(t *totals) string {
	var parts []string
	if n := t.accounts[inventory.Failed]; n > 0 {
		parts = append(parts, plural(n, "account")+" could not be read")
	}
	if n := t.accounts[inventory.Partial]; n > 0 {
		parts = append(parts, plural(n, "account")+" could be read only in part")
	}
	return "Not everything was covered: " + strings.Join(parts, ", ") + ". What was not seen is not clean."
}

func deferred(n int) string {
	if n == 1 {
		return "1 finding has no issue yet: a run makes only so many, the next run goes on."
	}
	return thousands(n) + " findings have no issue yet: a run makes only so many, the next run goes on."
}

// worstTable lists the findings that count, worst first.
func worstTable(d *Data) string {
	all := ranked(d)
	if len(all) == 0 {
		return ""
	}
	w := rows{limit: tableShare}
	w.add("\n## Worst first\n\n| Severity | Finding | Account | Last used | Can go | Owner | Issue |\n|---|---|---|---|---|---|---|\n")
	for _, f := range all[:min(len(all), worstRows)] {
		w.add("| " + Text(string(f.Severity)) + " | " + Text(f.Title) + " | " + accountCell(f) + " | " + lastUsedCell(f) + " | " +
			removalWord(f) + " | " + Text(f.Owner) + " | " + issueCell(d.Issues[f.ID]) + " |\n")
	}
	w.left("findings", len(all)-worstRows)
	return w.String()
}

// leakedFirst is what comes before any look at what uses a key that others are known to have.
const leakedFirst = "deactivate now"

// removalWord says when a credential can go.
func removalWord(f *checks.Finding) string {
	switch {
	case f.Removal == checks.RemovalNow:
		return "today"
	case f.Check == checkLeaked:
		return leakedFirst
	}
	switch f.Removal {
	case checks.RemovalAfterLook:
		return "after a look"
	case checks.RemovalAfterMigration:
		return "after migration"
	}
	return ""
}

// issueCell links an issue, where its address can be linked.
func issueCell(l IssueLink) string {
	if address := issueAddress(l); address != "" {
		return "[" + issueText(l) + "](" + address + ")"
	}
	return Text(issueText(l))
}

func issueText(l IssueLink) string {
	switch {
	case l.Number == 0:
		return ""
	case l.Open:
		return "#" + strconv.Itoa(l.Number)
	}
	return "#" + strconv.Itoa(l.Number) + " (closed)"
}

// issueAddress is the address of an issue; empty where it is none of a web server's.
func issueAddress(l IssueLink) string {
	if l.Number == 0 || !webAddress(l.URL) {
		return ""
	}
	return l.URL
}

// webAddress reports whether an address can stand in a link as it is.
func webAddress(url string) bool {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return false
	}
	return strings.IndexFunc(url, func(r rune) bool {
		return r > '~' || !isWord(byte(r)) && !strings.ContainsRune("/:.-#?=&%", r)
	}) < 0
}

// gapTable says what was not covered and what therefore is not known.
func gapTable(d *Data) string {
	all := gaps(d)
	if len(all) == 0 {
		return ""
	}
	w := rows{limit: tableShare}
	w.add("\n## What was not covered\n\n| Not collected, and why | Where | Therefore |\n|---|---|---|\n")
	for _, g := range all[:min(len(all), gapRows)] {
		w.add("| " + Prose(g.reason) + " | " + g.where(gapAccounts, nameCell) + " | " + Prose(g.notAssessed()) + " |\n")
	}
	w.left("reasons", len(all)-gapRows)
	return w.String()
}

// accountStat is one account with its numbers.
type accountStat struct {
	*Account
	severity map[checks.Severity]int
	findings int
}

// accountStats are the accounts, those with the worst findings first, then by id.
func accountStats(d *Data) []accountStat {
	stats := make([]accountStat, len(d.Accounts))
	at := make(map[string]int, len(d.Accounts))
	for i := range d.Accounts {
		stats[i] = accountStat{Account: &d.Accounts[i], severity: map[checks.Severity]int{}}
		at[d.Accounts[i].ID] = i
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		if j, ok := at[f.AccountID]; ok && !f.Exempt() {
			stats[j].severity[f.Severity]++
			stats[j].findings++
		}
	}
	slices.SortStableFunc(stats, func(a, b accountStat) int {
		for _, s := range checks.Severities() {
			if c := cmp.Compare(b.severity[s], a.severity[s]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return stats
}

func accountTable(d *Data) string {
	if len(d.Accounts) == 0 {
		return ""
	}
	w := rows{limit: tableShare}
	w.add("\n## Accounts\n\n| Account | Status | Critical | High | Medium | Low | Active keys | Passwords | Facts of |\n" +
		"|---|---|---:|---:|---:|---:|---:|---:|---|\n")
	for _, s := range accountStats(d)[:min(len(d.Accounts), accountRows)] {
		w.add("| " + nameCell(s.ID, s.Name) + " | " + Text(string(s.Status)) + s.numbers() + " |\n")
	}
	w.left("accounts", len(d.Accounts)-accountRows)
	return w.String()
}

// read reports whether anything is known of the account.
func (s *accountStat) read() bool {
	return s.Status == inventory.Audited || s.Status == inventory.Partial
}

// numbers are the cells of an account; an account that was not read has none, not zero.
func (s *accountStat) numbers() string {
	if !s.read() {
		return " | | | | | | | not read"
	}
	return fmt.Sprintf(" | %d | %d | %d | %d | %d | %d | %s", s.severity[checks.Critical], s.severity[checks.High],
		s.severity[checks.Medium], s.severity[checks.Low], s.ActiveKeys, s.Passwords, factsOf(s.Account))
}

// factsOf is the time of an account's facts in words.
func factsOf(a *Account) string {
	if t := factTime(a); !t.IsZero() {
		return minute(t)
	}
	return "unknown"
}

func acceptedTable(d *Data) string {
	all := exempted(d)
	if len(all) == 0 {
		return ""
	}
	w := rows{limit: tableShare}
	w.add("\n## Accepted, outside all counts\n\n| Finding | Account | Until | Reason |\n|---|---|---|---|\n")
	for _, f := range all[:min(len(all), acceptedRows)] {
		w.add("| " + Text(f.Title) + " | " + accountCell(f) + " | " + Text(f.Exemption.Expires) + " | " + Text(f.Exemption.Reason) + " |\n")
	}
	w.left("findings", len(all)-acceptedRows)
	return w.String()
}

// madeAt says what the verdicts were made of: time, version, thresholds.
func madeAt(d *Data) string {
	return fmt.Sprintf("Made by keysweep %s on %s. Unused: %s; too old: %s.", d.ToolVersion, minute(d.GeneratedAt),
		plural(d.Thresholds.UnusedDays, "day"), plural(d.Thresholds.MaxKeyAgeDays, "day"))
}
