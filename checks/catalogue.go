package checks

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// CatalogueSchema names the document that CatalogueJSON makes.
const CatalogueSchema = "keysweep/checks/v1"

// tableWidth is the width that a terminal has for certain.
const tableWidth = 80

// Table is the catalogue for a terminal: id, severity and horizon of each check, and below
// them what it finds. No line is wider than 80 columns.
func Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s  %-8s  %s\n", "CHECK", "SEVERITY", "HORIZON")
	for _, c := range All() {
		fmt.Fprintf(&b, "%-28s  %-8s  %s\n", c.ID, c.Severity, c.Horizon)
		for _, line := range wrap(strings.ReplaceAll(c.Finds, "`", ""), tableWidth-4) {
			b.WriteString("    " + line + "\n")
		}
	}
	return b.String()
}

// wrap breaks a sentence at blanks into lines of at most width runes.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// catalogueEntry is one check as programs read it.
type catalogueEntry struct {
	ID         string           `json:"id"`
	Title      string           `json:"title"`
	Severity   Severity         `json:"severity"`
	Horizon    Horizon          `json:"horizon"`
	Subject    SubjectKind      `json:"subject"`
	Finds      string           `json:"finds"`
	Why        string           `json:"why"`
	Needs      []inventory.Fact `json:"needs"`
	BreakGlass bool             `json:"silent_for_break_glass"`
	Compliance []Control        `json:"compliance"`
}

// CatalogueJSON is the catalogue for programs, in its order.
func CatalogueJSON() []byte {
	doc := struct {
		Schema string           `json:"schema"`
		Checks []catalogueEntry `json:"checks"`
	}{Schema: CatalogueSchema}
	for _, c := range All() {
		doc.Checks = append(doc.Checks, catalogueEntry{
			c.ID, c.Title, c.Severity, c.Horizon, c.Kind, c.Finds, c.Why, c.Needs, c.BreakGlass, c.Controls,
		})
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic("checks: the catalogue is made of strings: " + err.Error())
	}
	return append(out, '\n')
}
