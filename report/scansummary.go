package report

import (
	"strings"

	"github.com/keysweep/keysweep/internal/scan"
)

const scanRows = 1000

// ScanSummary is what a scan says in Markdown, as a file and as the job's summary: at most 900,000
// bytes, cut between rows, and it says what was cut.
func ScanSummary(d *scan.Document) string {
	var b strings.Builder
	b.WriteString("# keysweep scan\n\n" + scanHeadline(d) + "\n")
	notes := d.Warnings[:min(len(d.Warnings), warningsShown)]
	if d.Redacted {
		notes = append([]string{redactedNote}, notes...)
	}
	b.WriteString(warningBlock(notes))
	b.WriteString(scanTable(d.Leaks))
	if len(d.Leaks) > 0 {
		b.WriteString("\n" + Prose(scanAdvice(d)) + "\n")
	}
	b.WriteString(scanAccepted(d.Accepted) + scanGapTable(d.NotScanned) + ignoreHint(d))
	return b.String()
}

func scanTable(all []scan.Row) string {
	if len(all) == 0 {
		return ""
	}
	w := rows{limit: summaryLimit / 2}
	w.add("\n## Worst first\n\n| Severity | Access key | Whose | Place | |\n|---|---|---|---|---|\n")
	for i := range all[:min(len(all), scanRows)] {
		r := &all[i]
		whose := strings.Join(scanOf(r, Text, Code, nameCell), ", ")
		if r.Why != "" {
			whose += " (" + Text(r.Why) + ")"
		}
		w.add("| " + Text(string(r.Severity)) + " | " + Code(r.AccessKeyID) + " | " + whose + " | " + Code(scanPlace(r)) + " | " +
			Text(strings.Join(scanRemarks(r), ", ")) + " |\n")
	}
	w.left("places", len(all)-scanRows)
	return w.String()
}

func scanAccepted(all []scan.Row) string {
	if len(all) == 0 {
		return ""
	}
	w := rows{limit: summaryLimit / 8}
	w.add("\n## Accepted, outside all counts\n\n| Access key | Place | By | Until | Reason |\n|---|---|---|---|---|\n")
	for i := range all[:min(len(all), acceptedRows)] {
		r := &all[i]
		w.add("| " + Code(r.AccessKeyID) + " | " + Code(scanPlace(r)) + " | " + scanAcceptedBy(r.Acceptance.From) + " | " +
			Text(r.Acceptance.Until) + " | " + Text(r.Acceptance.Reason) + " |\n")
	}
	w.left("places", len(all)-acceptedRows)
	return w.String()
}

// scanAcceptedBy says in words where an acceptance comes from.
func scanAcceptedBy(from string) string {
	switch from {
	case "ignore":
		return "a line of the ignore file"
	case "policy":
		return "the policy file"
	case "label":
		return "a label on its issue"
	case "closing":
		return "the closing of its issue"
	case "command":
		return "a command on its issue"
	}
	return Text(from)
}

func scanGapTable(all []scan.NotScanned) string {
	if len(all) == 0 {
		return ""
	}
	w := rows{limit: summaryLimit / 8}
	w.add("\n## What was not looked into\n\n| What | Why |\n|---|---|\n")
	for _, n := range all[:min(len(all), scanRows)] {
		w.add("| " + Code(n.Path) + " | " + Text(n.Reason) + " |\n")
	}
	w.left("places", len(all)-scanRows)
	return w.String()
}

// ignoreHint shows the line that lets the last row pass, which is the least bad one.
func ignoreHint(d *scan.Document) string {
	if len(d.Leaks) == 0 || d.Leaks[len(d.Leaks)-1].IgnoreKey == "" {
		return ""
	}
	r := d.Leaks[len(d.Leaks)-1]
	line := r.IgnoreKey
	if r.Path != "" && !strings.ContainsAny(r.Path, `"*?`) {
		line += ` path="` + r.Path + `"`
	}
	return "\nTo live with a place until a day, write a line about it into " + Code(scan.IgnoreFile) + ":\n\n" +
		Fence("text", line+" until=YYYY-MM-DD reason=why it may stay") + "\n"
}
