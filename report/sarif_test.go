package report

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/keysweep/keysweep/checks"
)

// sarifValidator is the schema of OASIS, errata 01.
func sarifValidator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(sarifSchema, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(sarifSchema)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func mustBeSARIF(t *testing.T, schema *jsonschema.Schema, got []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestSARIF(t *testing.T) {
	got, err := SARIF(sample(), Location{Path: ".github/keysweep.yml"})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "findings.sarif", withoutRules(t, got))
	schema := sarifValidator(t)
	mustBeSARIF(t, schema, got)
	mustBeSARIF(t, schema, mustSARIF(t, Data{}, Location{}))

	broken := strings.Replace(string(got), `"ruleId"`, `"ruleID"`, 1)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
	if err != nil {
		t.Fatal(err)
	}
	if schema.Validate(doc) == nil {
		t.Error("the schema takes a field that SARIF does not know")
	}
}

// withoutRules leaves the catalogue out, which has its own tests and grows.
func withoutRules(t *testing.T, sarif []byte) []byte {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal(sarif, &log); err != nil {
		t.Fatal(err)
	}
	if n := len(log.Runs[0].Tool.Driver.Rules); n < len(checks.All()) {
		t.Errorf("%d rules for %d checks", n, len(checks.All()))
	}
	log.Runs[0].Tool.Driver.Rules = []sarifRule{}
	for i := range log.Runs[0].Results {
		log.Runs[0].Results[i].RuleIndex = 0
	}
	out, err := json.MarshalIndent(log, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func mustSARIF(t *testing.T, d Data, l Location) []byte {
	t.Helper()
	got, err := SARIF(d, l)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSARIFResults(t *testing.T) {
	var log sarifLog
	if err := json.Unmarshal(mustSARIF(t, sample(), Location{}), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	prints := map[string]bool{}
	for _, r := range run.Results {
		if rule := run.Tool.Driver.Rules[r.RuleIndex].ID; rule != r.RuleID {
			t.Errorf("rule %d is %s, not %s", r.RuleIndex, rule, r.RuleID)
		}
		fingerprint := r.PartialFingerprints["primaryLocationLineHash"]
		if prints[fingerprint] {
			t.Errorf("two results have the fingerprint %s", fingerprint)
		}
		prints[fingerprint] = true
	}
	last := run.Results[len(run.Results)-1]
	want := []sarifSuppression{{"external", "accepted", "accepted until 2027-03-31: vendor ends in March, says @octocat"}}
	if diff := cmp.Diff(want, last.Suppressions); diff != "" {
		t.Errorf("the accepted finding:\n%s", diff)
	}
	if n := len(run.Invocations[0].Notifications); n != 2 {
		t.Errorf("%d notes about what was not covered", n)
	}
}

func TestSARIFStaysWithinLimits(t *testing.T) {
	d := many(sarifResults + 7)
	d.Findings[0].Title = strings.Repeat("x", 5000)
	var log sarifLog
	if err := json.Unmarshal(mustSARIF(t, d, Location{}), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != sarifResults {
		t.Errorf("%d results", len(run.Results))
	}
	if got := run.Invocations[0].Notifications[0].Message.Text; got != "7 more findings are in findings.json." {
		t.Errorf("the note %q", got)
	}
	for _, r := range run.Results {
		if len(r.Message.Text) > sarifText+10 {
			t.Errorf("a message of %d bytes", len(r.Message.Text))
		}
	}
}

func TestRelativeURI(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ".github/keysweep.yml"},
		{".github/workflows/keys.yml", ".github/workflows/keys.yml"},
		{"/etc/passwd", "etc/passwd"},
		{"../../a b.yml", "a%20b.yml"},
		{"dir\\file.yml", "dir/file.yml"},
		{"./x#y.yml", "x%23y.yml"},
		{"javascript:alert(1)", "javascript%3Aalert%281%29"},
	}
	for _, tt := range tests {
		if got := relativeURI(tt.in); got != tt.want {
			t.Errorf("relativeURI(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSARIFTextIsNoLink(t *testing.T) {
	f := checks.Finding{ID: "1", Check: "aged-access-key", Title: "[x](https://evil.example) @octocat"}
	got := string(mustSARIF(t, Data{Findings: []checks.Finding{f}}, Location{}))
	if strings.Contains(got, "](http") || strings.Contains(got, "@octocat") {
		t.Errorf("a link or a mention in\n%s", got)
	}
}
