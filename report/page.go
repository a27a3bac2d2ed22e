package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// Limits of the page: a browser opens it in one go.
const (
	pageFindings = 5000
	pageAccepted = 1000
	pageAccounts = 2000
	pageGaps     = 500
	pageBars     = 15
	pageKeys     = 200 // keys of one part of the order
	pageMissing  = 20  // facts named for one account
)

//go:embed page/style.css
var pageStyle string

//go:embed page/index.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template shows. Every text in it is clean; the template escapes it.
type page struct {
	Style     template.CSS
	StyleHash string

	Title, Lead, Coverage, Age, Made string

	Tiles    []tile
	Notices  [][]span
	Bars     []bar
	MoreBars string
	Filters  []filter
	Findings []pageFinding
	Cut      string
	Order    []pageOrder
	Gaps     []pageGap
	MoreGaps string

	Migrations []pageMigration
	Unread     []string

	Accounts     []pageAccount
	MoreAccounts string
	Accepted     []pageFinding
	MoreAccepted string
}

type tile struct{ Class, Number, Name string }

// bar is one account's findings as parts of a bar that is 100 wide for the worst account.
type bar struct {
	Name, ID, Text string
	Parts          []barPart
}

type barPart struct{ Class, X, Width string }

// filter shows one class of rows.
type filter struct {
	ID, Name, Count string
	First           bool
}

type pageGap struct{ Reason, Where, Therefore string }

type pageMigration struct {
	Name, Folder             string
	Patched, ByHand, Secrets int
}

type pageAccount struct {
	Name, ID, Status, FactsOf string
	Read                      bool
	Numbers                   []int // critical, high, medium, low, users, active keys, passwords
	Rechecked                 int
	Missing                   []string
}

type pageFinding struct {
	Anchor, Severity, Title, Account, Owner, LastUsed, Removal string
	Today                                                      bool
	Exemption                                                  *checks.ExemptionRef
	Facts                                                      []pageFact
	Notes                                                      [][]span
	Why, Replacement                                           []span
	Steps                                                      []pageStep
	Controls                                                   string
}

type pageFact struct {
	Name, Text, Link string
	Code             bool
}

type pageStep struct {
	Text          []span
	Command, Undo string
}

// HTML is index.html: one page that needs no network and no JavaScript, and whose content
// security policy allows neither. It shows the 5,000 worst findings and says so.
func HTML(d Data) ([]byte, error) {
	t := count(&d)
	p := page{
		Style: template.CSS(pageStyle), StyleHash: styleHash(),
		Title: pageTitle(&t), Lead: strings.ReplaceAll(headline(&t), "**", ""),
		Coverage: "Accounts: " + accountsLine(&t) + ".", Age: t.factAge(), Made: madeAt(&d),
		Tiles: tiles(&t), Notices: pageNotices(&d, &t), Filters: filters(&t),
	}
	stats := accountStats(&d)
	p.addBars(stats)
	p.addFindings(&d)
	p.addOrder(&d)
	p.addMigrations(d.Migrations)
	p.addGaps(&d)
	p.addAccounts(stats)
	p.addAccepted(&d)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("rendering the page: %w", err)
	}
	return b.Bytes(), nil
}

// styleHash is the source expression that lets the one style of ours through.
func styleHash() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func pageTitle(t *totals) string {
	switch {
	case t.read() == 0:
		return "No account could be read"
	case t.findings == 0:
		return "Nothing was found"
	}
	return plural(t.findings, "thing") + " to do"
}

func tiles(t *totals) []tile {
	return []tile{
		{"", thousands(t.longLived()), "long-lived credentials"},
		{"good", thousands(t.now), "keys can go today"},
		{"critical", thousands(t.severity[checks.Critical]), "critical"},
		{"high", thousands(t.severity[checks.High]), "high"},
		{"medium", thousands(t.severity[checks.Medium]), "medium"},
		{"low", thousands(t.severity[checks.Low]), "low"},
	}
}

func filters(t *totals) []filter {
	all := []filter{
		{ID: "show-all", Name: "all", Count: thousands(t.findings), First: true},
		{ID: "show-today", Name: "can go today", Count: thousands(t.today)},
	}
	for _, s := range checks.Severities() {
		all = append(all, filter{ID: "show-" + string(s), Name: string(s), Count: thousands(t.severity[s])})
	}
	return all
}

func pageNotices(d *Data, t *totals) [][]span {
	var out [][]span
	for _, n := range notices(d, t) {
		out = append(out, spans(n))
	}
	return out
}

func (p *page) addBars(stats []accountStat) {
	most, more := 0, 0
	for _, s := range stats {
		most = max(most, s.findings)
	}
	for _, s := range stats {
		switch {
		case s.findings == 0:
		case len(p.Bars) == pageBars:
			more++
		default:
			p.Bars = append(p.Bars, barOf(&s, most))
		}
	}
	if more > 0 {
		p.MoreBars = plural(more, "more account") + " with findings: see the table of accounts."
	}
}

func barOf(s *accountStat, most int) bar {
	b := bar{Name: label(s.Name), ID: label(s.ID)}
	at, words := 0.0, []string{}
	for _, sev := range checks.Severities() {
		n := s.severity[sev]
		if n == 0 {
			continue
		}
		width := 100 * float64(n) / float64(most)
		b.Parts = append(b.Parts, barPart{string(sev), decimal(at), decimal(width)})
		words = append(words, thousands(n)+" "+string(sev))
		at += width
	}
	b.Text = strings.Join(words, ", ")
	return b
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

func (p *page) addFindings(d *Data) {
	all := ranked(d)
	if n := len(all) - pageFindings; n > 0 {
		all = all[:pageFindings]
		p.Cut = "Only the " + thousands(pageFindings) + " worst are shown; " + thousands(n) + " more are in findings.json."
	}
	p.Findings = make([]pageFinding, len(all))
	for i, f := range all {
		p.Findings[i] = findingOf(f, d.Issues)
	}
}

func (p *page) addAccepted(d *Data) {
	all := exempted(d)
	if n := len(all) - pageAccepted; n > 0 {
		all = all[:pageAccepted]
		p.MoreAccepted = thousands(n) + " more are in findings.json."
	}
	for _, f := range all {
		p.Accepted = append(p.Accepted, findingOf(f, d.Issues))
	}
}

func (p *page) addGaps(d *Data) {
	all := gaps(d)
	if n := len(all) - pageGaps; n > 0 {
		all = all[:pageGaps]
		p.MoreGaps = thousands(n) + " more reasons are in findings.json."
	}
	for i := range all {
		g := &all[i]
		p.Gaps = append(p.Gaps, pageGap{sentence(g.reason), sentence(g.where(gapAccounts, accountName)), sentence(g.notAssessed())})
	}
}

func (p *page) addAccounts(stats []accountStat) {
	if n := len(stats) - pageAccounts; n > 0 {
		stats = stats[:pageAccounts]
		p.MoreAccounts = thousands(n) + " more accounts are in findings.json."
	}
	for i := range stats {
		s := &stats[i]
		a := pageAccount{Name: label(s.Name), ID: label(s.ID), Status: string(s.Status), FactsOf: factsOf(s.Account), Rechecked: s.Rechecked, Read: s.read()}
		for _, sev := range checks.Severities() {
			a.Numbers = append(a.Numbers, s.severity[sev])
		}
		a.Numbers = append(a.Numbers, s.Users, s.ActiveKeys, s.Passwords)
		for j, m := range s.Missing {
			if j == pageMissing {
				a.Missing = append(a.Missing, plural(len(s.Missing)-j, "more fact"))
				break
			}
			a.Missing = append(a.Missing, sentence(m))
		}
		p.Accounts = append(p.Accounts, a)
	}
}

// findingOf is one finding as the page shows it.
func findingOf(f *checks.Finding, issues map[string]IssueLink) pageFinding {
	out := pageFinding{
		Anchor: "f-" + label(f.ID), Severity: string(f.Severity), Title: sentence(f.Title), Account: label(accountName(f.AccountID, f.Account)),
		Owner: label(f.Owner), LastUsed: lastUsedDay(f), Removal: removalText(f), Today: f.Removal == checks.RemovalNow,
		Facts: pageFacts(f, issues), Why: spans(f.Why), Controls: controlText(f.Compliance, label),
	}
	if f.Exempt() {
		out.Today, out.Removal = false, "accepted until "+label(f.Exemption.Expires)
		out.Exemption = &checks.ExemptionRef{Reason: sentence(f.Exemption.Reason), Expires: label(f.Exemption.Expires)}
	}
	for _, n := range f.Evidence.Notes[:min(len(f.Evidence.Notes), noteRows)] {
		out.Notes = append(out.Notes, spans(n))
	}
	if name := replacementName(f.Replace.Kind); name != "" {
		out.Replacement = spans(name + ". " + f.Replace.Why)
	} else {
		out.Replacement = spans(f.Replace.Why)
	}
	for _, s := range f.Steps {
		words, undo := splitUndo(s.Text)
		out.Steps = append(out.Steps, pageStep{spans(words), command(s.Command), command(undo)})
	}
	return out
}

func removalText(f *checks.Finding) string {
	word := removalWord(f)
	if word == "" || word == leakedFirst {
		return word
	}
	return "can go " + word
}

// pageFacts is the evidence: what an issue shows, and what it leaves out because it changes
// from day to day.
func pageFacts(f *checks.Finding, issues map[string]IssueLink) []pageFact {
	e := &f.Evidence
	facts := []pageFact{
		{Name: "Account", Text: label(accountName(f.AccountID, f.Account))},
		{Name: "User", Text: label(f.User), Code: f.User != inventory.RootUser},
		{Name: "Access key", Text: label(f.KeyID), Code: true},
		{Name: "Resource", Text: clean(f.Resource, codeLimit), Code: true},
		{Name: "Made", Text: madeText(e)},
		{Name: "Last used", Text: lastUsed(f, label, label)},
	}
	for _, s := range e.SeenFrom[:min(len(e.SeenFrom), seenRows)] {
		facts = append(facts, pageFact{Name: "Seen from", Text: seenText(&s)})
	}
	if n := len(e.SeenFrom) - seenRows; n > 0 {
		facts = append(facts, pageFact{Name: "Seen from", Text: plural(n, "more place") + ", in findings.json"})
	}
	link := issues[f.ID]
	raised := ""
	if e.Administrator != "" {
		raised = "the user is an administrator: " + label(e.Administrator)
	}
	facts = append(facts,
		pageFact{Name: "Owner by", Text: label(f.OwnerRule)},
		pageFact{Name: "Severity raised", Text: raised},
		pageFact{Name: "Found by", Text: label(strings.Join(append([]string{f.Check}, f.Also...), ", "))},
		pageFact{Name: "Not in the backlog", Text: label(f.Incomplete)},
		pageFact{Name: "Issue", Text: issueText(link), Link: issueAddress(link)},
	)
	shown := facts[:0]
	for _, fact := range facts {
		if fact.Text != "" {
			shown = append(shown, fact)
		}
	}
	return shown
}

func madeText(e *checks.Evidence) string {
	if e.Created == "" {
		return ""
	}
	return day(e.Created) + ", " + plural(e.AgeDays, "day") + " before these facts were judged"
}

func seenText(s *checks.SeenFrom) string {
	words := label(s.By)
	if words == "" {
		words = "place not known"
	}
	for _, part := range []string{s.Source, s.Agent, s.Service} {
		if part != "" {
			words += ", " + label(part)
		}
	}
	if s.Events > 0 {
		words += ", " + plural(s.Events, "event")
	}
	if s.Last != "" {
		words += ", last on " + day(s.Last)
	}
	return words
}

func lastUsedDay(f *checks.Finding) string {
	if f.Evidence.LastUsed == "" {
		return neverUsed(f)
	}
	return day(f.Evidence.LastUsed)
}

// label and sentence are what a page shows of words from outside.
func label(s string) string    { return clean(s, textLimit) }
func sentence(s string) string { return clean(s, proseLimit) }

// command keeps the lines of a command; what is invisible in it is shown.
func command(s string) string {
	if len(s) > commandLimit {
		return "# too long to show here; findings.json holds it"
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = escapeHidden(strings.TrimSuffix(l, "\r"))
	}
	return strings.Join(lines, "\n")
}
