package matrix

import (
	"fmt"
	"strings"

	"github.com/keysweep/keysweep/report"
)

// shownAccounts bounds the accounts in a job summary, which GitHub drops whole above one MiB.
const shownAccounts = 1000

// Markdown is the plan for the job summary.
func (p Plan) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## keysweep plan\n\n%s\n\n| shard | accounts | time |\n|---|--:|--:|\n", p.summary())
	for _, j := range p.Jobs {
		fmt.Fprintf(&b, "| %s | %d | %s |\n", j.Shard, j.Accounts, roughly(j.Time))
	}
	var skipped, audited []string
	shards := p.shards()
	for i, a := range p.Accounts {
		row := "| " + report.Text(a.ID) + " | " + report.Text(a.Name) + " | "
		if a.Skip != "" {
			skipped = append(skipped, row+report.Text(a.Skip)+" |\n")
		} else {
			audited = append(audited, row+shards[i]+" |\n")
		}
	}
	rows(&b, "Accounts", "shard", audited)
	rows(&b, "Skipped", "why", skipped)
	return b.String()
}

// rows writes a table of accounts, if there are any.
func rows(b *strings.Builder, title, column string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n| account | name | %s |\n|---|---|---|\n", title, column)
	b.WriteString(strings.Join(list[:min(len(list), shownAccounts)], ""))
	if more := len(list) - shownAccounts; more > 0 {
		fmt.Fprintf(b, "\n%s more stand in the log.\n", grouped(more))
	}
}

// Markdown is the estimate for the job summary.
func (e Estimate) Markdown() string {
	var b strings.Builder
	total, open := sum(e.Lines)
	fmt.Fprintf(&b, "\n### Estimate\n\nAn audit makes %s requests to AWS.\n\n| requests | action | for each | more |\n|--:|---|---|---|\n", many(total, open))
	for _, s := range e.services() {
		n, more := sum(s)
		fmt.Fprintf(&b, "| **%s** | **%s** | | |\n", many(n, more), s[0].Service)
		for _, l := range s {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", many(l.Requests, l.More != ""), l.Action, l.each(), l.More)
		}
	}
	b.WriteByte('\n')
	for _, s := range e.Assumed {
		b.WriteString("- " + s + "\n")
	}
	return b.String()
}
