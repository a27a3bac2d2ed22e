package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/scan"
)

// ScanSARIF is a scan as SARIF 2.1.0. A result hangs on the file that holds the key; where there is
// none, as for a message of a commit, on the given one. Accepted rows come last, as suppressed
// results; 5,000 results at most are written.
func ScanSARIF(d *scan.Document, toolVersion string, at time.Time, location Location) ([]byte, error) {
	check, ok := checks.ByID(checkLeaked)
	if !ok {
		return nil, fmt.Errorf("writing SARIF: there is no check %s", checkLeaked)
	}
	all := append(append([]scan.Row{}, d.Leaks...), d.Accepted...)
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "keysweep", Version: label(toolVersion), InformationURI: projectURL, Rules: []sarifRule{sarifRuleOf(check)}}
	run.Tool.Driver.Rules[0].Help = sarifSay(check.Why + " " + adviceWorking)
	run.AutomationDetails.ID = "keysweep-scan/"
	seen := map[string]int{}
	for i := range all[:min(len(all), sarifResults)] {
		r := &all[i]
		seen[r.Fingerprint]++
		run.Results = append(run.Results, scanResult(r, seen[r.Fingerprint], location))
	}
	run.Invocations = []sarifInvocation{{
		ExecutionSuccessful: true, EndTimeUTC: at.UTC().Format(time.RFC3339), Notifications: scanNotes(d, len(all)-sarifResults),
	}}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	if err := enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}); err != nil {
		return nil, fmt.Errorf("writing SARIF: %w", err)
	}
	return b.Bytes(), nil
}

// scanResult is one row. GitHub tells results of one rule apart by the hash, with a count behind it
// for those of one id and path.
func scanResult(r *scan.Row, nth int, location Location) sarifResult {
	out := sarifResult{
		RuleID: checkLeaked, Level: sarifLevel(r.Severity), Message: sarifSay(scanMessage(r)),
		PartialFingerprints: map[string]string{"primaryLocationLineHash": r.Fingerprint + ":" + strconv.Itoa(nth), "keysweep/leak/v1": r.Fingerprint},
		Properties:          map[string]string{"severity": string(r.Severity), "status": string(r.Inventory.Status), "where": string(r.Where), "confidence": r.Confidence},
	}
	uri, line := relativeURI(location.Path), location.Line
	if hasFile(r) {
		uri, line = fileURI(r.Path), r.Line
	}
	loc := sarifLocation{LogicalLocations: []sarifLogical{{FullyQualifiedName: clean(r.AccessKeyID, codeLimit), Kind: "resource"}}}
	loc.PhysicalLocation.ArtifactLocation.URI = uri
	loc.PhysicalLocation.ArtifactLocation.URIBaseID = "%SRCROOT%"
	loc.PhysicalLocation.Region.StartLine = max(1, line)
	out.Locations = []sarifLocation{loc}
	if a := r.Acceptance; a != nil {
		out.Suppressions = []sarifSuppression{{Kind: "external", Status: "accepted", Justification: label("accepted until " + a.Until + ": " + a.Reason)}}
	}
	return out
}

// hasFile reports whether a row's path is that of a file.
func hasFile(r *scan.Row) bool {
	switch r.Where {
	case scan.File, scan.Commit, scan.Name, scan.Stash, scan.Dangling:
		return r.Path != ""
	}
	return false
}

func scanMessage(r *scan.Row) string {
	text := "Access key " + r.AccessKeyID + " (" + strings.Join(scanOf(r, strings.TrimSpace, strings.TrimSpace, accountName), ", ") + ") in " + scanPlace(r)
	if remarks := scanRemarks(r); len(remarks) > 0 {
		text += " (" + strings.Join(remarks, ", ") + ")"
	}
	if r.Why != "" {
		text += ": " + r.Why
	}
	return text + "."
}

// scanNotes tell what the results do not.
func scanNotes(d *scan.Document, left int) []sarifNotification {
	notes := []sarifNotification{}
	if left > 0 {
		notes = append(notes, sarifNotification{"warning", sarifSay(thousands(left) + " more rows are in the report of the scan.")})
	}
	for _, n := range d.NotScanned[:min(len(d.NotScanned), sarifGaps)] {
		notes = append(notes, sarifNotification{"warning", sarifSay("not looked into: " + n.Path + ": " + n.Reason)})
	}
	for _, w := range d.Warnings[:min(len(d.Warnings), sarifGaps)] {
		notes = append(notes, sarifNotification{"note", sarifSay(w)})
	}
	return notes
}
