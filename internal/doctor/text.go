package doctor

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/keysweep/keysweep/report"
)

// Text is the links for a terminal or a log, one line a link and, indented, what to do about it. What is prose fits 80
// columns; lines that are to be added are never broken.
func Text(links []Link, colour bool) string {
	var b strings.Builder
	for _, l := range links {
		head := fmt.Sprintf("%-5s %-16s ", l.State, l.Name)
		prose(&b, paint(head[:5], l.State, colour)+head[5:], len(head), l.Detail)
		for _, line := range l.Info {
			info(&b, report.Plain(line))
		}
		for i, s := range l.Fix {
			mark := "to mend it: "
			if i > 0 {
				mark = "or: "
			}
			prose(&b, indent+mark, len(indent), s.Text)
			for _, line := range s.Lines {
				b.WriteString(indent + "    " + keepIndent(line) + "\n")
			}
		}
	}
	b.WriteString("\n" + tallyText(Tally(links)) + "\n")
	return b.String()
}

const (
	columns = 80
	indent  = "      "
)

// info writes a line as it is if it fits, else wrapped.
func info(b *strings.Builder, line string) {
	if len(indent)+utf8.RuneCountInString(line) <= columns {
		b.WriteString(indent + line + "\n")
		return
	}
	prose(b, indent, len(indent)+2, line)
}

// prose writes words after a head, wrapped, each further line below the given column.
func prose(b *strings.Builder, head string, column int, text string) {
	b.WriteString(head)
	used := utf8.RuneCountInString(strip(head))
	for i, word := range strings.Fields(report.Plain(text)) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > columns:
			b.WriteString("\n" + strings.Repeat(" ", column))
			used = column
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	b.WriteByte('\n')
}

// keepIndent is a line to be copied: neutral, with the blanks it begins with.
func keepIndent(line string) string {
	body := strings.TrimLeft(line, " ")
	return line[:len(line)-len(body)] + report.Plain(body)
}

const plain = "\x1b[0m"

var colours = map[State]string{OK: "\x1b[32m", Missing: "\x1b[31;1m", Failed: "\x1b[33;1m", Skipped: "\x1b[2m"}

func paint(s string, state State, colour bool) string {
	if !colour {
		return s
	}
	return colours[state] + s + plain
}

// strip takes the colours away, which have no width.
func strip(s string) string {
	for _, c := range colours {
		s = strings.ReplaceAll(s, c, "")
	}
	return strings.ReplaceAll(s, plain, "")
}

// tallyText counts the links, in words.
func tallyText(n map[State]int) string {
	words := []string{plural(n[OK], "link") + " found"}
	for _, w := range []struct {
		n    int
		text string
	}{{n[Missing], "missing"}, {n[Failed], "could not be tried"}, {n[Skipped], "skipped"}} {
		if w.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", w.n, w.text))
		}
	}
	return strings.Join(words, ", ") + "."
}

// Markdown is the links for the job summary: a table, then what to do about each that is missing.
func Markdown(links []Link) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## keysweep doctor\n\n%s\n\n| | link | what was found |\n|---|---|---|\n", tallyText(Tally(links)))
	for _, l := range links {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", marks[l.State], report.Text(l.Name), report.Text(l.Detail))
	}
	for _, l := range links {
		if len(l.Fix) == 0 && len(l.Info) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", report.Text(l.Name), report.Text(l.Detail))
		if len(l.Info) > 0 {
			b.WriteString("\n" + report.Fence("text", strings.Join(l.Info, "\n")) + "\n")
		}
		for i, s := range l.Fix {
			fmt.Fprintf(&b, "\n%d. %s\n", i+1, report.Text(s.Text))
			if len(s.Lines) > 0 {
				b.WriteString("\n" + report.Fence("", strings.Join(s.Lines, "\n")) + "\n")
			}
		}
	}
	return b.String()
}

var marks = map[State]string{OK: "found", Missing: "**missing**", Failed: "**could not be tried**", Skipped: "skipped"}
