package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/keysweep/keysweep/checks"
)

// csvHeader names the columns of findings.csv. New ones are added at the end.
var csvHeader = []string{
	"id", "check", "also", "severity", "title", "account_id", "account_name", "resource", "user", "access_key_id",
	"created", "age_days", "last_used", "last_used_service", "last_used_region", "removal", "replacement", "horizon",
	"owner", "exempt_reason", "exempt_until", "issue", "seen_from",
}

// CSV is findings.csv: one row a finding, no line break inside a cell, and no cell that a
// spreadsheet would take for a formula.
func CSV(d Data) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := make([][]string, 0, len(d.Findings)+1)
	rows = append(rows, csvHeader)
	for i := range d.Findings {
		rows = append(rows, csvRow(&d.Findings[i], d.Issues))
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("writing the findings as CSV: %w", err)
	}
	return b.Bytes(), nil
}

func csvRow(f *checks.Finding, issues map[string]IssueLink) []string {
	e := &f.Evidence
	row := []string{
		f.ID, f.Check, strings.Join(f.Also, " "), string(f.Severity), f.Title, f.AccountID, f.Account, f.Resource, f.User, f.KeyID,
		e.Created, strconv.Itoa(e.AgeDays), e.LastUsed, e.LastUsedService, e.LastUsedRegion, f.Removal, f.Replace.Kind, string(f.Horizon),
		f.Owner, "", "", issueAddress(issues[f.ID]), seenList(e.SeenFrom),
	}
	if f.Exemption != nil {
		row[19], row[20] = f.Exemption.Reason, f.Exemption.Expires
	}
	for i, c := range row {
		row[i] = cell(c)
	}
	return row
}

// seenList is every place that a credential was used from in one cell, "lambda, 10.0.0.4, Boto3/1.34.1, s3,
// 3 events, last on 2026-11-23 / ...": in the words of the page.
func seenList(places []checks.SeenFrom) string {
	words := make([]string, len(places))
	for i := range places {
		words[i] = seenText(&places[i])
	}
	return strings.Join(words, " / ")
}

// cell makes text that a spreadsheet shows as it is. A formula begins with one of = + - @,
// as ASCII or full width, at the start of the cell or where a spreadsheet that splits at
// semicolons would start another; quotes and blanks before it do not help. An apostrophe does.
func cell(s string) string {
	c := strings.TrimSpace(escapeHidden(lineBreaks.Replace(s)))
	if !strings.ContainsAny(c, formulaStart) {
		return c
	}
	parts := strings.Split(c, ";")
	for i, p := range parts {
		if beginsFormula(p) {
			parts[i] = "'" + p
		}
	}
	return strings.Join(parts, ";")
}

var lineBreaks = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")

// formulaStart are the characters that begin a formula in one spreadsheet or another.
const formulaStart = "=+-@|%＝＋－＠"

func beginsFormula(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("'\"`’‘“”", r) })
	return s != "" && strings.IndexAny(s, formulaStart) == 0
}
