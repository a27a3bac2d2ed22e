package report

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/keysweep/keysweep/checks"
)

// columns is how wide the terminal summary is. Only a path may be wider: cut, it leads nowhere.
const columns = 80

const (
	terminalWorst = 5
	terminalGaps  = 3
	terminalNotes = 5
	terminalBar   = 40
)

// Terminal is what a run prints at its end: 80 columns, colours only on request. reportPath
// is the page to open; empty where none was written.
func Terminal(d Data, color bool, reportPath string) string {
	t := count(&d)
	s := screen{color: color}
	s.line()
	s.line(styled(bold, "keysweep"), plain("  "+plural(len(d.Accounts), "account")+", judged on "+minute(d.GeneratedAt)))
	s.line()
	s.wrap("", strings.ReplaceAll(headline(&t), "**", ""))
	s.severities(&t)
	s.worst(&d)
	s.first(&d, &t)
	s.coverage(&d, &t)
	if reportPath != "" {
		s.line()
		s.write(styled(bold, "Open"), plain("  "+Plain(reportPath)))
	}
	s.line()
	return s.b.String()
}

// severities are the counts as bars; the words and numbers tell it all without the bars.
func (s *screen) severities(t *totals) {
	most := 0
	for _, n := range t.severity {
		most = max(most, n)
	}
	if most == 0 {
		return
	}
	s.line()
	for _, sev := range checks.Severities() {
		n := t.severity[sev]
		length := (n*terminalBar + most - 1) / most
		s.line(styled(severityStyle(sev), fmt.Sprintf("%-8s", sev)), plain(fmt.Sprintf(" %7s  ", thousands(n))),
			styled(severityStyle(sev), strings.Repeat("█", length)))
	}
	if t.exempt > 0 {
		s.line(plain(fmt.Sprintf("%-8s %7s  outside the counts", "accepted", thousands(t.exempt))))
	}
}

// worst lists the worst findings, two lines each.
func (s *screen) worst(d *Data) {
	all := ranked(d)
	if len(all) == 0 {
		return
	}
	s.heading("Worst first")
	for _, f := range all[:min(len(all), terminalWorst)] {
		s.line(styled(severityStyle(f.Severity), fmt.Sprintf("%-8s", f.Severity)), plain(" "+Plain(f.Title)))
		s.line(styled(dim, strings.Repeat(" ", 9)+strings.Join(worstFacts(f), " · ")))
	}
	if more := len(all) - terminalWorst; more > 0 {
		s.line(styled(dim, strings.Repeat(" ", 9)+"and "+thousands(more)+" more in the report"))
	}
}

// worstFacts are what one asks next: whether it can go, whether it is used, where it is.
func worstFacts(f *checks.Finding) []string {
	var facts []string
	if can := removalText(f); can != "" {
		facts = append(facts, can)
	}
	if f.Evidence.LastUsed != "" {
		facts = append(facts, "last used "+Plain(lastUsedDay(f)))
	} else if lastUsedDay(f) == "never" {
		facts = append(facts, "never used")
	}
	return append(facts, Plain(accountName(f.AccountID, f.Account)))
}

// first says where to begin: the worst finding's first step, and what costs nothing.
func (s *screen) first(d *Data, t *totals) {
	all := ranked(d)
	if len(all) == 0 {
		return
	}
	s.heading("Do this first")
	worst := all[0]
	if len(worst.Steps) > 0 {
		text, _ := splitUndo(worst.Steps[0].Text)
		s.wrap("1. ", Plain(worst.Title)+". "+Plain(strings.ReplaceAll(text, "`", "")))
		if c := worst.Steps[0].Command; c != "" && !strings.Contains(c, "\n") && width(Plain(c)) <= columns-7 {
			s.line(plain("   $ "), styled(bold, Plain(c)))
		}
	} else {
		s.wrap("1. ", Plain(worst.Title)+".")
	}
	if t.now > 0 {
		s.wrap("2. ", "Take away what can go today: "+plural(t.now, "key")+". The report has the commands, and how to undo each.")
	}
}

// coverage says what was read, how old it is, and what was not.
func (s *screen) coverage(d *Data, t *totals) {
	s.heading("Coverage")
	s.wrap("", "Accounts: "+accountsLine(t)+". "+t.factAge())
	all := gaps(d)
	for i := range all[:min(len(all), terminalGaps)] {
		g := &all[i]
		s.wrap("! ", Plain(g.where(2, accountName))+": "+Plain(cut(g.reason, textLimit))+"; "+g.notAssessed()+".")
	}
	if more := len(all) - terminalGaps; more > 0 {
		s.wrap("! ", plural(more, "more reason")+" in the report.")
	}
	notes := notices(d, t)
	for _, n := range notes[:min(len(notes), terminalNotes)] {
		s.wrap("! ", Plain(cut(n, textLimit)))
	}
}

// screen collects lines that are no wider than the terminal. A part is neutral text; what
// the runner would take for a command at the start of a wrapped line is broken here.
type screen struct {
	b     strings.Builder
	color bool
}

type part struct{ style, text string }

// Styles, as parameters of the terminal's SGR sequence.
const (
	bold = "1"
	dim  = "2"
)

func plain(text string) part         { return part{"", text} }
func styled(style, text string) part { return part{style, text} }

func severityStyle(s checks.Severity) string {
	switch s {
	case checks.Critical:
		return "1;31"
	case checks.High:
		return "31"
	case checks.Medium:
		return "33"
	}
	return "34"
}

func (s *screen) heading(text string) {
	s.line()
	s.line(styled(bold, text))
}

// line writes one line, cut to the width of the terminal.
func (s *screen) line(parts ...part) {
	room := columns - 2
	if len(parts) > 0 {
		parts[0].text = Plain(parts[0].text) // an escape takes room
	}
	for i := range parts {
		parts[i].text = cutWidth(parts[i].text, room)
		room -= width(parts[i].text)
	}
	s.write(parts...)
}

// write writes one line of any width with a margin of two, without blanks at its end.
func (s *screen) write(parts ...part) {
	for len(parts) > 0 {
		last := &parts[len(parts)-1]
		if last.text = strings.TrimRight(last.text, " "); last.text != "" {
			break
		}
		parts = parts[:len(parts)-1]
	}
	for i, p := range parts {
		text := p.text
		if i == 0 {
			text = "  " + Plain(text)
		}
		if s.color && p.style != "" {
			text = "\x1b[" + p.style + "m" + text + "\x1b[0m"
		}
		s.b.WriteString(text)
	}
	s.b.WriteByte('\n')
}

// wrap writes neutral text in lines; those after the first are indented as far as the lead is wide.
func (s *screen) wrap(lead, text string) {
	indent := strings.Repeat(" ", len(lead))
	row := lead
	for _, word := range strings.Fields(text) {
		switch {
		case strings.TrimSpace(row) == "" || row == lead:
			row += cutWidth(word, columns-2-len(lead))
			continue
		case width(row)+1+width(word) > columns-2:
			s.line(plain(row))
			row = indent + cutWidth(word, columns-2-len(lead))
			continue
		}
		row += " " + word
	}
	s.line(plain(row))
}

// cutWidth shortens text to a number of columns.
func cutWidth(s string, n int) string {
	if width(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	used := 0
	for i, r := range s {
		if used += runeWidth(r); used > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth is how many columns a terminal gives a rune.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.Is(unicode.Mn, r):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		r >= 0xFF01 && r <= 0xFF60, r >= 0x1F300, r >= 0x3000 && r <= 0x303F:
		return 2
	}
	return 1
}
