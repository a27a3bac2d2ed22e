package review

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/report"
)

// summaryShare is what each table of the summary may take, in bytes. GitHub drops a summary above 1 MiB whole,
// and other steps write to the same one.
const summaryShare = 140_000

// leftOut ends the sentence about rows that the summary has no room for.
const leftOut = " here; `review.json` in the report folder has them"

// Summary is the job summary, in Markdown: all that was found, below 900,000 bytes.
func (v Verdict) Summary() string {
	return blocks(
		"# keysweep review",
		"**"+upperFirst(v.headline())+".**"+v.between(),
		v.incomplete(),
		report.Prose(reasons(v.Added)),
		v.addedTable(summaryShare, leftOut),
		v.adviceBlock(),
		v.labelNote(),
		v.howToAccept(),
		v.acceptedBlock(summaryShare, leftOut),
		v.possibleBlock(summaryShare, leftOut),
		v.restBlock(summaryShare, leftOut),
		v.notAnalysedBlock(summaryShare, leftOut),
	)
}

// between names the two states.
func (v Verdict) between() string {
	if v.Base == "" && v.Head == "" {
		return ""
	}
	return " Compared: " + report.Code(shortened(short7(v.Base), nameShown)) + " with " + report.Code(shortened(short7(v.Head), nameShown)) + "."
}

func (v Verdict) restBlock(limit int, where string) string {
	t := table(limit, where, []string{"Beside that", "What", "Name", "Where", "Because"}, v.Rest, func(r Row) []string {
		return []string{report.Text(changeWords(r.Change.Change)), what(r), named(r), v.links.cell(r), report.Text(shortened(r.Why, whyShown))}
	})
	return fold(number(len(v.Rest), "row", "rows")+" that are no additions", t)
}

func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// indent is the margin of what belongs to the line above.
const indent = "      "

// Terminal is what a run prints at its end. Nothing in it can move the cursor or begin a workflow command.
func (v Verdict) Terminal(colour bool) string {
	s := screen{colour: colour}
	s.line(bold, "keysweep review", v.revisions())
	s.line("", "")
	s.line(v.alarm(), upperFirst(v.headline())+".", "")
	s.rows("31", "+", v.Added)
	s.accepted(v.Accepted)
	s.section("Possible; the text does not tell, and they are not counted", "33", "?", v.Possible)
	s.section("No additions", "2", "·", v.Rest)
	if !v.Complete() {
		s.line("", "")
		s.line("33", number(len(v.NotAnalysed), "file was", "files were")+" not analysed; what stands there is not known", "")
		for _, n := range v.NotAnalysed {
			s.line("33", "  ! "+report.Plain(n.Path), ": "+report.Plain(n.Reason))
		}
	}
	return s.b.String()
}

const bold = "1"

func (v Verdict) alarm() string {
	switch {
	case len(v.Added) > 0:
		return "1;31"
	case !v.Complete():
		return "1;33"
	}
	return "1;32"
}

func (v Verdict) revisions() string {
	if v.Base == "" && v.Head == "" {
		return ""
	}
	return "  " + report.Plain(short7(v.Base)) + " → " + report.Plain(short7(v.Head))
}

// screen collects lines for a terminal.
type screen struct {
	b      strings.Builder
	colour bool
}

// line writes one line: a part in a style, then plain parts.
func (s *screen) line(style, text string, rest ...string) {
	if text != "" && s.colour && style != "" {
		text = "\x1b[" + style + "m" + text + "\x1b[0m"
	}
	s.b.WriteString(strings.TrimRight(text+strings.Join(rest, ""), " ") + "\n")
}

func (s *screen) section(title, style, sign string, list []Row) {
	if len(list) == 0 {
		return
	}
	s.line("", "")
	s.line(bold, title)
	s.rows(style, sign, list)
}

// rows writes two or three lines for each row.
func (s *screen) rows(style, sign string, list []Row) {
	for _, r := range list {
		words := kindWords(r.Kind)
		if r.Change.Change != declare.Added {
			words = r.Change.Change + " " + words
		}
		if r.Count > 1 {
			words += " × " + thousands(r.Count)
		}
		s.line(style, "  "+sign+" "+report.Plain(words), " "+report.Plain(shortName(r))+"  ("+report.Plain(string(r.Confidence))+")")
		at := indent + report.Plain(placeOf(r.Path, r.Line))
		if r.Name != "" && r.Name != r.Address {
			at += "  " + report.Plain(r.Address)
		}
		s.line("2", at)
		if r.Why != "" {
			s.line("2", indent+report.Plain(r.Why))
		}
	}
}

func (s *screen) accepted(list []Row) {
	if len(list) == 0 {
		return
	}
	s.line("", "")
	s.line(bold, "Accepted")
	for _, r := range list {
		s.rows("32", "=", []Row{r})
		s.line("2", indent+"accepted by "+plainAcceptance(r.Accepted))
	}
}

func plainAcceptance(a *Acceptance) string {
	switch {
	case a.Exemption != nil:
		return "the policy file until " + a.Exemption.Expires.UTC().Format("2006-01-02") + ": " + report.Plain(a.Exemption.Reason)
	case a.By != "":
		return "the label " + LabelApproved + ", set by " + report.Plain(a.By)
	}
	return "the label " + LabelApproved
}
