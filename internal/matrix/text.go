package matrix

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/keysweep/keysweep/report"
)

// Requests is a line of an estimate: the requests of one action that depend on one thing.
type Requests struct {
	Service, Action string
	Requests        int
	Per             string // one, or Each, for each of these
	Each            int
	Units           int
	More            string // when there are more; empty: never
}

// Estimate is what an audit asks of AWS.
type Estimate struct {
	Lines   []Requests // those of a service stand together
	Assumed []string   // sentences
}

// summary is the plan in one sentence.
func (p Plan) summary() string {
	audited, skipped, longest := p.counts()
	s := plural(audited, "account") + " to audit"
	if skipped > 0 {
		s += ", " + strconv.Itoa(skipped) + " skipped"
	}
	s += "; " + plural(len(p.Jobs), "job") + " of about " + roughly(longest)
	if len(p.Jobs) > 1 {
		s += " at most"
	}
	return s + "."
}

// Text is the plan for a terminal or a log: the accounts with their shards, the jobs, the matrix.
func (p Plan) Text() string {
	var b strings.Builder
	b.WriteString(p.summary() + "\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line(w, "SHARD", "ACCOUNT", "NAME")
	for i, shard := range p.shards() {
		a := p.Accounts[i]
		if a.Skip != "" {
			shard = "skipped"
		}
		line(w, shard, a.ID, strings.TrimSpace(a.Name+reason(a.Skip)))
	}
	_ = w.Flush() // into memory
	b.WriteByte('\n')
	line(w, "SHARD", "ACCOUNTS", "TIME")
	for _, j := range p.Jobs {
		line(w, j.Shard, strconv.Itoa(j.Accounts), roughly(j.Time))
	}
	_ = w.Flush()
	b.WriteString("\nmatrix: " + p.Matrix() + "\n")
	return trimEnds(b.String())
}

// line writes cells of a table, each made plain.
func line(w *tabwriter.Writer, cells ...string) {
	for i := range cells {
		cells[i] = report.Plain(cells[i])
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

func reason(skip string) string {
	if skip == "" {
		return ""
	}
	return " (" + skip + ")"
}

// Text is the estimate for a terminal or a log: the sum of each service, and below it each action.
func (e Estimate) Text() string {
	var b strings.Builder
	total, open := sum(e.Lines)
	b.WriteString("An audit makes " + many(total, open) + " requests to AWS.\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line(w, "REQUESTS", "ACTION", "FOR EACH", "MORE")
	for _, s := range e.services() {
		n, more := sum(s)
		line(w, many(n, more), s[0].Service, "", "")
		for _, l := range s {
			line(w, many(l.Requests, l.More != ""), "  "+l.Action, l.each(), l.More)
		}
	}
	_ = w.Flush() // into memory
	b.WriteByte('\n')
	for _, s := range e.Assumed {
		b.WriteString(report.Plain(s) + "\n")
	}
	return trimEnds(b.String())
}

// trimEnds takes the blanks away that a table leaves at the end of lines.
func trimEnds(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// services are the lines of each service.
func (e Estimate) services() [][]Requests {
	var out [][]Requests
	for _, l := range e.Lines {
		if n := len(out); n > 0 && out[n-1][0].Service == l.Service {
			out[n-1] = append(out[n-1], l)
		} else {
			out = append(out, []Requests{l})
		}
	}
	return out
}

func sum(lines []Requests) (total int, open bool) {
	for _, l := range lines {
		total += l.Requests
		open = open || l.More != ""
	}
	return total, open
}

// each says what the requests depend on, and how much of it there is.
func (l Requests) each() string {
	s := l.Per
	if l.Each == 0 {
		return s
	}
	if l.Each > 1 {
		s += ", " + strconv.Itoa(l.Each) + " each"
	}
	return s + ": " + grouped(l.Units)
}

// many is a number of requests, with a plus where there may be more.
func many(n int, open bool) string {
	if open {
		return grouped(n) + "+"
	}
	return grouped(n)
}

// grouped is a number with commas: 12,345.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return grouped(n) + " " + word + "s"
}

// roughly is a time as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int((d+time.Second-1)/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int((d+time.Minute-1)/time.Minute)) + " min"
	}
	minutes := int((d + time.Minute - 1) / time.Minute)
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}
