package report

import (
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/scan"
)

// Limits of what a scan prints.
const (
	scanKeys   = 500 // on a terminal; each with
	scanPlaces = 20
	scanGaps   = 20
)

// What to do with leaked keys, in its order.
const (
	adviceWorking = "Deactivate what is active or not known, today. Then see in CloudTrail what was done with it, give its users a replacement, delete it, " +
		"and take it out of files and history last. Never try a key to see whether it works."
	adviceUnknown = " An unknown key is looked up in the inventory of an audit that read its account (--inventory FOLDER). In an account that is not " +
		"yours only its owner can deactivate it: tell them."
	adviceEnded = "No key here is known to work. See in CloudTrail what was done with each while it worked, delete what is only deactivated, " +
		"and take them out of files and history last. Never try a key to see whether it works."
)

// scanAdvice is what to do first about the rows that count.
func scanAdvice(d *scan.Document) string {
	unknown := d.Counts.Severity[checks.High] > 0
	switch {
	case unknown:
		return adviceWorking + adviceUnknown
	case d.Counts.Severity[checks.Critical] > 0:
		return adviceWorking
	}
	return adviceEnded
}

// keyRows are the rows of one key, in the order of the document.
type keyRows struct {
	first *scan.Row
	rows  []*scan.Row
}

// byKey puts rows of one key together. Masked ids may be alike, so that what else is known of a key
// tells them apart too.
func byKey(all []scan.Row) []keyRows {
	type key struct {
		id, account, user string
		status            scan.Status
		severity          checks.Severity
	}
	at := map[key]int{}
	var out []keyRows
	for i := range all {
		r := &all[i]
		k := key{r.AccessKeyID, r.AccountID, r.Inventory.User, r.Inventory.Status, r.Severity}
		n, ok := at[k]
		if !ok {
			n = len(out)
			at[k] = n
			out = append(out, keyRows{first: r})
		}
		out[n].rows = append(out[n].rows, r)
	}
	return out
}

// scanHeadline says in a sentence how bad it is.
func scanHeadline(d *scan.Document) string {
	text := "**Nothing was found.**"
	if d.Counts.Keys > 0 {
		text = "**" + plural(d.Counts.Keys, "key") + "** in " + plural(d.Counts.Places, "place") + "."
		text += scanCritical(d.Counts.Severity[checks.Critical], d.Counts.Keys)
	}
	if !d.Complete {
		text += " Not everything was looked into: what was not seen is not clean."
	}
	return text
}

// scanCritical says how many of the keys are critical.
func scanCritical(n, of int) string {
	switch {
	case n == 0:
		return ""
	case of == 1:
		return " **It is critical**: deactivate it now."
	case n == 1:
		return " **One of them is critical**: deactivate it now."
	}
	return " **" + thousands(n) + " of them are critical**: deactivate them now."
}

// scanOf says whose key it is: "active", "of ci", "prod (111122223333)", "owner ci-team". Words and
// code escape its parts, account an id and a name.
func scanOf(r *scan.Row, words, code func(string) string, account func(id, name string) string) []string {
	facts := []string{words(string(r.Inventory.Status))}
	if r.Inventory.User != "" {
		facts = append(facts, "of "+code(r.Inventory.User))
	}
	if r.AccountID != "" {
		facts = append(facts, account(r.AccountID, r.Inventory.AccountName))
	}
	if r.Owner != "" {
		facts = append(facts, "owner "+words(r.Owner))
	}
	return facts
}

// scanPlace says where a row's key stands: "deploy/a.zip > config.js:3". A place without a path is
// called by its kind.
func scanPlace(r *scan.Row) string {
	place := r.Path
	if place == "" {
		place = map[scan.Where]string{scan.Message: "commit message", scan.Tag: "tag message", scan.Note: "a note", scan.Dangling: "unreachable object"}[r.Where]
	}
	if place == "" {
		place = string(r.Where)
	}
	for _, name := range r.Inside {
		place += " > " + name
	}
	if r.Line > 0 {
		place += ":" + strconv.Itoa(r.Line)
	}
	return place
}

// scanRemarks are what else is to be said of a row.
func scanRemarks(r *scan.Row) []string {
	var out []string
	if r.Where != scan.File {
		out = append(out, string(r.Where))
	}
	if r.Commit != "" {
		out = append(out, r.Commit[:min(12, len(r.Commit))])
	}
	if r.Encoding != "" && r.Encoding != "plain" {
		out = append(out, r.Encoding)
	}
	if r.SecretNearby {
		out = append(out, "secret nearby")
	}
	if r.Confidence != scan.Certain {
		out = append(out, r.Confidence)
	}
	return out
}

// ScanTerminal is what a scan prints: 80 columns but for paths, colours only on request.
func ScanTerminal(d *scan.Document, color bool) string {
	s := screen{color: color}
	s.line()
	s.line(styled(bold, "keysweep scan"))
	s.line()
	s.wrap("", strings.ReplaceAll(scanHeadline(d), "**", ""))
	keys := byKey(d.Leaks)
	for _, k := range keys[:min(len(keys), scanKeys)] {
		s.key(&k)
	}
	if more := len(keys) - scanKeys; more > 0 {
		s.line(styled(dim, "and "+plural(more, "more key")+" in the report"))
	}
	if len(keys) > 0 {
		s.heading("Do this first")
		s.wrap("", scanAdvice(d))
	}
	s.acceptedKeys(d.Accepted)
	s.notScanned(d)
	s.line()
	return s.b.String()
}

func plainAccount(id, name string) string { return Plain(accountName(id, name)) }

// key prints one key and its places.
func (s *screen) key(k *keyRows) {
	r := k.first
	s.line()
	s.line(styled(severityStyle(r.Severity), pad(string(r.Severity), 9)), styled(bold, Plain(r.AccessKeyID)))
	s.line(plain(pad("", 9) + strings.Join(scanOf(r, Plain, Plain, plainAccount), " · ")))
	if r.Why != "" {
		s.wrap(pad("", 9), Plain(r.Why))
	}
	for _, p := range k.rows[:min(len(k.rows), scanPlaces)] {
		s.place(p)
	}
	if more := len(k.rows) - scanPlaces; more > 0 {
		s.line(styled(dim, pad("", 9)+"and "+plural(more, "more place")+" in the report"))
	}
}

// place prints one place. A path that is cut leads nowhere, so it may be wider than the terminal.
func (s *screen) place(r *scan.Row) {
	parts := []part{plain(pad("", 9) + Plain(scanPlace(r)))}
	if remarks := scanRemarks(r); len(remarks) > 0 {
		parts = append(parts, styled(dim, "  "+Plain(strings.Join(remarks, ", "))))
	}
	s.write(parts...)
}

func (s *screen) acceptedKeys(rows []scan.Row) {
	if len(rows) == 0 {
		return
	}
	s.heading("Accepted, outside all counts")
	for i := range rows[:min(len(rows), scanGaps)] {
		r := &rows[i]
		s.write(plain(Plain(r.AccessKeyID) + "  " + Plain(scanPlace(r))))
		s.line(styled(dim, pad("", 9)+"until "+Plain(r.Acceptance.Until)+" · "+Plain(cut(r.Acceptance.Reason, textLimit))))
	}
	if more := len(rows) - scanGaps; more > 0 {
		s.line(styled(dim, "and "+plural(more, "more place")+" in the report"))
	}
}

// notScanned prints what was not looked into, and what is to be said of the run.
func (s *screen) notScanned(d *scan.Document) {
	if len(d.NotScanned) > 0 {
		s.heading("Not looked into")
	}
	for _, n := range d.NotScanned[:min(len(d.NotScanned), scanGaps)] {
		s.write(plain("! " + Plain(n.Path) + ": " + Plain(cut(n.Reason, textLimit))))
	}
	if more := len(d.NotScanned) - scanGaps; more > 0 {
		s.line(plain("! and " + plural(more, "more place") + " in the report"))
	}
	if len(d.Warnings) > 0 {
		s.heading("Warnings")
	}
	for _, w := range d.Warnings[:min(len(d.Warnings), scanGaps)] {
		s.wrap("! ", Plain(w))
	}
}

// pad fills a word with blanks to a width.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }
