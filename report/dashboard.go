package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
)

// Dashboard is all that the dashboard issue shows. Like the block of an issue it holds dates
// and no ages, and nothing of the run that made it.
type Dashboard struct {
	// Findings are those that count, in any order; what people or the policy live with is in Accepted.
	Findings []*checks.Finding
	// Numbers are the issues of findings, by finding id. They are in the same repository.
	Numbers map[string]int
	// Accounts are all accounts of the run and those that are still to be audited.
	Accounts []DashboardAccount
	// Trend holds the totals whenever they changed, oldest first, the present ones last.
	Trend []TrendPoint
	// Accepted, ClosedButPresent and Deferred are lists, in the order in which they are shown.
	Accepted, ClosedButPresent, Deferred []DashboardRow
	// Workloads are the keys in use by others than people.
	Workloads []AccountWorkload
	// PutOff counts steps that GitHub's limits put off.
	PutOff int
}

// DashboardAccount is an account with what is open in it.
type DashboardAccount struct {
	ID, Name string
	// Open counts what is open, in the order of checks.Severities: findings of the run, and
	// open issues of which the run could know nothing.
	Open [4]int
	// NotAssessed counts those of Open that the run could know nothing of.
	NotAssessed int
	// Unread says that the account was not wholly read, and Why what is missing. Since is when
	// the first of the runs in a row tried in vain; zero when that is not remembered.
	Unread bool
	Since  time.Time
	Why    string
	// Read and Keys say whether the account was read and how many active keys its users have.
	Read bool
	Keys int
}

// DashboardRow is one finding in a list.
type DashboardRow struct {
	Number   int // 0: no issue
	Severity checks.Severity
	Title    string
	Why      string
	By       string // who accepted it: a login, or empty
	From     string // policy, label, closing, command
	Until    string // 2027-03-31
}

// AccountWorkload is a checks.Workload and its account.
type AccountWorkload struct {
	Account string // id as shown
	checks.Workload
}

// TrendPoint is the number of open findings at a time, in the order of checks.Severities.
type TrendPoint struct {
	At   time.Time
	Open [4]int
}

// DashboardTitle is the title of the dashboard issue.
const DashboardTitle = "keysweep dashboard: long-lived AWS credentials"

// Limits of the parts of a dashboard, in bytes; together they are below 45,000.
const (
	roadmapShare    = 10_000 // all horizons
	stepShare       = 4000
	accountShare    = 7000
	oldestShare     = 6000
	acceptedShare   = 5000
	presentShare    = 3000
	deferredShare   = 3000
	unverifiedShare = 4500
)

// Rows of a dashboard.
const (
	oldestRows    = 10
	nextSteps     = 3
	dashboardRows = 50 // of any other table
	linksShown    = 10 // in one item of the roadmap
)

// DashboardBlock is the part of the dashboard issue that is ours: below 45,000 bytes, cut
// between rows, and it says what was cut.
func DashboardBlock(d *Dashboard) string {
	var b strings.Builder
	b.WriteString("# keysweep\n\n" + dashboardTotals(d))
	b.WriteString(section("Trend", trendPicture(d.Trend)))
	b.WriteString(section("The next three steps", nextStepItems(d)))
	b.WriteString(roadmap(d))
	b.WriteString(section("The team to begin with", pilot(d.Workloads)))
	b.WriteString(section("Accounts", accountTallies(d.Accounts)))
	b.WriteString(section("Not verified", unverifiedTable(d.Accounts)))
	b.WriteString(section("Oldest access keys", oldestKeys(d)))
	b.WriteString(section("Accepted", acceptedRowsTable(d.Accepted)))
	b.WriteString(section("Closed but present", presentTable(d.ClosedButPresent)))
	b.WriteString(section("Deferred", deferredTable(d)))
	b.WriteString("\n" + dashboardEnd + "\n")
	return b.String()
}

const dashboardEnd = "keysweep writes this text anew when what it says changes. What you write above or below it stays, and so do ticked boxes. " +
	"If you close this issue it stays closed; open it again to have it kept up to date."

// dashboardTotals is the table that everything begins with.
func dashboardTotals(d *Dashboard) string {
	var sum [4]int
	unread := 0
	for _, a := range d.Accounts {
		for i, n := range a.Open {
			sum[i] += n
		}
		unread += a.NotAssessed
	}
	text := fmt.Sprintf("| Critical | High | Medium | Low | All | Accepted |\n|---:|---:|---:|---:|---:|---:|\n| **%s** | **%s** | %s | %s | %s | %s |\n",
		thousands(sum[0]), thousands(sum[1]), thousands(sum[2]), thousands(sum[3]), thousands(total(sum)), thousands(len(d.Accepted)))
	if unread > 0 {
		text += "\nOf these, " + plural(unread, "issue") + " could not be looked at again: the facts about " + them(unread) + " were not read in the last run.\n"
	}
	return text
}

func total(open [4]int) int { return open[0] + open[1] + open[2] + open[3] }

// bars are the heights of a line of the picture; nothing at all is a dot.
var bars = []rune("▁▂▃▄▅▆▇█")

// trendPicture draws a line of blocks for each severity. A fence of block characters shows
// in any client, e-mail included, where a diagram language does not.
func trendPicture(points []TrendPoint) string {
	if len(points) == 0 {
		return ""
	}
	names := []string{"all"}
	lines := [][]int{make([]int, len(points))}
	for s, severity := range checks.Severities() {
		names = append(names, string(severity))
		line := make([]int, len(points))
		for i, p := range points {
			line[i] = p.Open[s]
			lines[0][i] += p.Open[s]
		}
		lines = append(lines, line)
	}
	var b strings.Builder
	for i, line := range lines {
		fmt.Fprintf(&b, "%-8s  %s  %s\n", names[i], picture(line), fromTo(line))
	}
	first, last := points[0].At.UTC().Format(time.DateOnly), points[len(points)-1].At.UTC().Format(time.DateOnly)
	return Fence("", b.String()) + "\n\nOne block for each change of the totals, from " + first + " to " + last + "; each line has its own scale."
}

// picture scales a line to its own highest value.
func picture(line []int) string {
	top := slices.Max(line)
	out := make([]rune, len(line))
	for i, n := range line {
		if n == 0 {
			out[i] = '·'
			continue
		}
		out[i] = bars[(n*len(bars)-1)/top]
	}
	return string(out)
}

func fromTo(line []int) string {
	if len(line) == 1 {
		return strconv.Itoa(line[0])
	}
	return strconv.Itoa(line[0]) + " → " + strconv.Itoa(line[len(line)-1])
}

// IssueRef is a reference that GitHub renders as a link, which we write on purpose.
func IssueRef(number int) string {
	if number == 0 {
		return ""
	}
	return "#" + strconv.Itoa(number)
}

// accountTallies lists the accounts with most to do first.
func accountTallies(all []DashboardAccount) string {
	worst := slices.Clone(all)
	slices.SortStableFunc(worst, func(a, b DashboardAccount) int {
		for i := range a.Open {
			if c := cmp.Compare(b.Open[i], a.Open[i]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.ID, b.ID)
	})
	clean := len(worst)
	worst = slices.DeleteFunc(worst, func(a DashboardAccount) bool { return total(a.Open) == 0 })
	clean -= len(worst)
	w := rows{limit: accountShare}
	if len(worst) > 0 {
		w.add("| Account | Critical | High | Medium | Low | All |\n|---|---:|---:|---:|---:|---:|\n")
	}
	for _, a := range worst[:min(len(worst), dashboardRows)] {
		w.add(fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", nameCell(a.ID, a.Name), thousands(a.Open[0]), thousands(a.Open[1]),
			thousands(a.Open[2]), thousands(a.Open[3]), thousands(total(a.Open))))
	}
	w.left("accounts", len(worst)-dashboardRows)
	text := w.String()
	if clean > 0 {
		text += "\nNothing is open in " + plural(clean, "account") + ".\n"
	}
	return strings.Trim(text, "\n")
}

// unverifiedTable lists what could not be read, longest first.
func unverifiedTable(all []DashboardAccount) string {
	list := slices.DeleteFunc(slices.Clone(all), func(a DashboardAccount) bool { return !a.Unread })
	if len(list) == 0 {
		return ""
	}
	slices.SortStableFunc(list, func(a, b DashboardAccount) int {
		if a.Since.IsZero() != b.Since.IsZero() {
			return cmp.Compare(b.Since.Unix(), a.Since.Unix())
		}
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	w := rows{limit: unverifiedShare}
	w.add("| Account | Since | Open issues that wait | Why |\n|---|---|---:|---|\n")
	for _, a := range list[:min(len(list), dashboardRows)] {
		w.add("| " + nameCell(a.ID, a.Name) + " | " + sinceDay(a.Since) + " | " + thousands(a.NotAssessed) + " | " + Text(a.Why) + " |\n")
	}
	w.left("accounts", len(list)-dashboardRows)
	return strings.Trim(w.String(), "\n")
}

func sinceDay(t time.Time) string {
	if t.IsZero() {
		return "not remembered"
	}
	return t.UTC().Format(time.DateOnly)
}

// oldestKeys lists keys by the day on which they were made. Last uses are left out: a newer
// one would be no reason to write.
func oldestKeys(d *Dashboard) string {
	var keys []*checks.Finding
	for _, f := range d.Findings {
		if f.Kind == checks.SubjectAccessKey && !f.Since.IsZero() {
			keys = append(keys, f)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	slices.SortFunc(keys, func(a, b *checks.Finding) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	w := rows{limit: oldestShare}
	w.add("| Made | Access key | User | Account | Severity | Issue |\n|---|---|---|---|---|---|\n")
	for _, f := range keys[:min(len(keys), oldestRows)] {
		w.add("| " + f.Since.UTC().Format(time.DateOnly) + " | " + Code(f.KeyID) + " | " + Code(f.User) + " | " +
			accountCell(f) + " | " + Text(string(f.Severity)) + " | " + IssueRef(d.Numbers[f.ID]) + " |\n")
	}
	w.left("keys", 0)
	return strings.Trim(w.String(), "\n")
}

func acceptedRowsTable(list []DashboardRow) string {
	return rowsTable(list, acceptedShare, "| Until | Finding | Severity | Reason | By |\n|---|---|---|---|---|\n", func(r DashboardRow) string {
		return "| " + Text(r.Until) + " | " + titled(r) + " | " + Text(string(r.Severity)) + " | " + Text(r.Why) + " | " + acceptedBy(r) + " |\n"
	})
}

// acceptedBy says who accepted a finding, as far as that is known.
func acceptedBy(r DashboardRow) string {
	switch {
	case r.By != "":
		return Code(r.By)
	case r.From == "policy":
		return "the policy file"
	case r.From == "label":
		return "a label"
	case r.From == "closing":
		return "closing the issue"
	}
	return Text(r.From)
}

func presentTable(list []DashboardRow) string {
	return rowsTable(list, presentShare, "| Finding | Severity | Why |\n|---|---|---|\n", func(r DashboardRow) string {
		return "| " + titled(r) + " | " + Text(string(r.Severity)) + " | " + Text(r.Why) + " |\n"
	})
}

// deferredTable lists findings that have no issue yet, and says what GitHub put off.
func deferredTable(d *Dashboard) string {
	text := rowsTable(d.Deferred, deferredShare, "| Severity | Finding | Why |\n|---|---|---|\n", func(r DashboardRow) string {
		return "| " + Text(string(r.Severity)) + " | " + titled(r) + " | " + Text(r.Why) + " |\n"
	})
	if d.PutOff > 0 {
		text += "\n\nGitHub's limits put off " + plural(d.PutOff, "step") + ": the next run goes on."
	}
	return strings.Trim(text, "\n")
}

func rowsTable(list []DashboardRow, limit int, head string, row func(DashboardRow) string) string {
	if len(list) == 0 {
		return ""
	}
	w := rows{limit: limit}
	w.add(head)
	for _, r := range list[:min(len(list), dashboardRows)] {
		w.add(row(r))
	}
	w.left("findings", len(list)-dashboardRows)
	return strings.Trim(w.String(), "\n")
}

// titled is the cell of a finding: its issue, then its title.
func titled(r DashboardRow) string {
	return strings.TrimSpace(IssueRef(r.Number) + " " + Text(r.Title))
}
