package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
)

// Limits of code scanning: it takes 25,000 results of a run and shows 5,000, and takes so
// much text for a rule or a result.
const (
	sarifResults = 5000
	sarifText    = 1000
	sarifTags    = 20
	sarifGaps    = 100
)

const (
	sarifSchema   = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	projectURL    = "https://github.com/keysweep/keysweep"
	defaultSource = ".github/keysweep.yml"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	AutomationDetails struct {
		ID string `json:"id"`
	} `json:"automationDetails"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID                   string       `json:"id"`
	ShortDescription     sarifMessage `json:"shortDescription"`
	FullDescription      sarifMessage `json:"fullDescription"`
	Help                 sarifMessage `json:"help"`
	DefaultConfiguration struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
	Properties sarifRuleProperties `json:"properties"`
}

type sarifRuleProperties struct {
	Tags             []string `json:"tags"`
	Precision        string   `json:"precision"`
	SecuritySeverity string   `json:"security-severity"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	EndTimeUTC          string              `json:"endTimeUtc"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Level   string       `json:"level"`
	Message sarifMessage `json:"message"`
}

type sarifResult struct {
	RuleID              string             `json:"ruleId"`
	RuleIndex           int                `json:"ruleIndex"`
	Level               string             `json:"level"`
	Message             sarifMessage       `json:"message"`
	Locations           []sarifLocation    `json:"locations"`
	PartialFingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions        []sarifSuppression `json:"suppressions,omitempty"`
	Properties          map[string]string  `json:"properties"`
}

type sarifLocation struct {
	PhysicalLocation struct {
		ArtifactLocation struct {
			URI       string `json:"uri"`
			URIBaseID string `json:"uriBaseId"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine int `json:"startLine"`
		} `json:"region"`
	} `json:"physicalLocation"`
	LogicalLocations []sarifLogical `json:"logicalLocations"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

// SARIF is findings.sarif, version 2.1.0. Its results hang on one file of the repository,
// since an account has none; the ARN is the logical location. At most 5,000 results are
// written, the worst; accepted findings come last, as suppressed results.
func SARIF(d Data, location Location) ([]byte, error) {
	rules, at := sarifRules(&d)
	all := append(ranked(&d), exempted(&d)...)
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "keysweep", Version: label(d.ToolVersion), InformationURI: projectURL, Rules: rules}
	run.AutomationDetails.ID = "keysweep/"
	for _, f := range all[:min(len(all), sarifResults)] {
		run.Results = append(run.Results, sarifResultOf(f, at[f.Check], location))
	}
	run.Invocations = []sarifInvocation{{
		ExecutionSuccessful: true, EndTimeUTC: d.GeneratedAt.UTC().Format(time.RFC3339),
		Notifications: sarifNotes(&d, len(all)-sarifResults),
	}}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	if err := enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}); err != nil {
		return nil, fmt.Errorf("writing SARIF: %w", err)
	}
	return b.Bytes(), nil
}

// sarifRules are the whole catalogue, and a bare rule for a finding whose check is not in
// it, which saved facts of another version may hold.
func sarifRules(d *Data) (rules []sarifRule, at map[string]int) {
	at = map[string]int{}
	for _, c := range checks.All() {
		at[c.ID] = len(rules)
		rules = append(rules, sarifRuleOf(c))
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		if _, known := at[f.Check]; !known {
			at[f.Check] = len(rules)
			rules = append(rules, sarifRuleOf(&checks.Check{
				ID: f.Check, Title: f.Check, Finds: f.Check, Why: f.Why, Severity: f.Severity, Controls: f.Compliance,
			}))
		}
	}
	return rules, at
}

func sarifRuleOf(c *checks.Check) sarifRule {
	r := sarifRule{
		ID: c.ID, ShortDescription: sarifSay(c.Title), FullDescription: sarifSay(c.Finds), Help: sarifSay(c.Why),
		Properties: sarifRuleProperties{Tags: []string{"security"}, Precision: "very-high", SecuritySeverity: securitySeverity(c.Severity)},
	}
	r.DefaultConfiguration.Level = sarifLevel(c.Severity)
	for _, control := range c.Controls {
		if len(r.Properties.Tags) == sarifTags {
			break
		}
		r.Properties.Tags = append(r.Properties.Tags, label(control.Framework+" "+control.Control))
	}
	return r
}

func sarifResultOf(f *checks.Finding, rule int, location Location) sarifResult {
	r := sarifResult{
		RuleID: f.Check, RuleIndex: rule, Level: sarifLevel(f.Severity),
		Message: sarifSay(f.Title + whereOf(f) + ". " + f.Why),
		// GitHub tells alerts of one rule and line apart by this one hash.
		PartialFingerprints: map[string]string{"primaryLocationLineHash": f.ID + ":1", "keysweep/finding/v1": f.ID},
		Properties:          map[string]string{"severity": string(f.Severity), "removal": f.Removal},
	}
	loc := sarifLocation{LogicalLocations: []sarifLogical{{FullyQualifiedName: clean(f.Resource, codeLimit), Kind: "resource"}}}
	loc.PhysicalLocation.ArtifactLocation.URI = relativeURI(location.Path)
	loc.PhysicalLocation.ArtifactLocation.URIBaseID = "%SRCROOT%"
	loc.PhysicalLocation.Region.StartLine = max(1, location.Line)
	r.Locations = []sarifLocation{loc}
	if f.Exempt() {
		why := "accepted until " + f.Exemption.Expires + ": " + f.Exemption.Reason
		r.Suppressions = []sarifSuppression{{Kind: "external", Status: "accepted", Justification: label(why)}}
	}
	return r
}

// relativeURI is a path in the repository as a URI without a host or scheme.
func relativeURI(file string) string { return fileURI(strings.ReplaceAll(file, "\\", "/")) }

// fileURI is relativeURI for a path whose backslashes are part of a name. What stands before a colon
// would be a scheme.
func fileURI(file string) string {
	file = strings.TrimPrefix(path.Clean("/"+file), "/")
	if file == "" {
		file = defaultSource
	}
	return strings.ReplaceAll((&url.URL{Path: file}).EscapedPath(), ":", "%3A")
}

// sarifNotes tell what the results do not.
func sarifNotes(d *Data, left int) []sarifNotification {
	notes := []sarifNotification{}
	if left > 0 {
		notes = append(notes, sarifNotification{"warning", sarifSay(thousands(left) + " more findings are in findings.json.")})
	}
	all := gaps(d)
	for i := range all[:min(len(all), sarifGaps)] {
		g := &all[i]
		notes = append(notes, sarifNotification{"warning", sarifSay(g.reason + ": " + g.notAssessed() + " in " + g.where(gapAccounts, accountName))})
	}
	return notes
}

// sarifSay makes the text of a message, in which brackets before a parenthesis would be a link.
func sarifSay(s string) sarifMessage {
	return sarifMessage{strings.ReplaceAll(calm(clean(s, sarifText)), "](", "]"+zw+"(")}
}

func sarifLevel(s checks.Severity) string {
	switch s {
	case checks.Critical, checks.High:
		return "error"
	case checks.Medium:
		return "warning"
	}
	return "note"
}

// securitySeverity is the number by which GitHub sorts alerts into its own four words.
func securitySeverity(s checks.Severity) string {
	switch s {
	case checks.Critical:
		return "9.5"
	case checks.High:
		return "8.0"
	case checks.Medium:
		return "5.5"
	}
	return "2.0"
}
