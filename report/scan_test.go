package report

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
	"github.com/keysweep/keysweep/internal/scan"
)

const (
	scanProd   = "111122223333"
	scanActive = "AKIARTX3GSDSQAAAAAA2"
	evilPath   = "a|b`c`<!-- keysweep:end -->\n::error::@octocat #12 ##[x] \u202e\x1b[31m.env"
)

var scannedAt = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// scanned is a scan with a row of each kind and names that try everything at once.
func scanned(t *testing.T) *scan.Result {
	t.Helper()
	a := &inventory.Account{
		ID: scanProd, Name: evil, Partition: "aws", Status: inventory.Audited, CollectedAt: scannedAt.AddDate(0, 0, -1),
		Users: []inventory.User{{
			Name: "ci-deploy", ID: "AIDARTX3GSDSQEXAMPLE1", ARN: "arn:aws:iam::111122223333:user/ci-deploy", Created: scannedAt.AddDate(-1, 0, 0),
			Keys: []inventory.AccessKey{{ID: scanActive, Active: true, Created: scannedAt.AddDate(0, -1, 0), LastUsed: scannedAt.AddDate(0, 0, -2)}},
		}},
	}
	p := policy.Default()
	p.Owners = []policy.OwnerRule{{Account: "*", User: "ci-*", Owner: "@acme/ci |"}}
	ignore, err := scan.ParseIgnore(scan.IgnoreFile, []byte("* path=docs/* until=2026-12-31 reason=a customer's, says @octocat | <b>\n"+
		"AKIAZZZZZZZZZZZZZZZZ until=2026-01-01 reason=over"), scannedAt)
	if err != nil {
		t.Fatal(err)
	}
	at := func(id, account string, where scan.Where, path string, line int) scan.Sighting {
		return scan.Sighting{AccessKeyID: id, AccountID: account, Where: where, Path: path, Line: line, Encoding: "plain", Confidence: scan.Likely, Kind: "long-term"}
	}
	secret := at(scanActive, scanProd, scan.File, evilPath, 3)
	secret.SecretNearby = true
	old := at(scanActive, scanProd, scan.Commit, "deploy/old.env", 12)
	old.Commit, old.Encoding = "1b0c5e7d9f3a2468ace013579bdf02468ace1357", "base64"
	layer := at("AKIA6RVFFB77RE7OLMKI", "999900001111", scan.File, "image.tar", 1)
	layer.Inside, layer.Confidence = []string{"layer.tar", "<img src=x>"}, scan.Certain
	message := at("AKIARTX3GSDSQAAAAAA4", scanProd, scan.Message, "", 4)
	message.Commit = "2b0c5e7d9f3a2468ace013579bdf02468ace1357"
	ref := at("ASIARTX3GSDSQAAAAAA2", scanProd, scan.Ref, "refs/heads/ASIARTX3GSDSQAAAAAA2", 0)
	ref.Kind, ref.Confidence = scan.Temporary, scan.Possible
	return scan.Join(scan.Input{
		Sightings:  []scan.Sighting{secret, old, layer, message, ref, at("AKIA6RVFFB77RE7OLMKI", "999900001111", scan.File, "docs/how to.md", 7)},
		NotScanned: []scan.NotScanned{{Path: evilPath, Reason: "more than 50,000 entries | @octocat"}, {Path: "history", Reason: "the clone is shallow"}},
		Accounts:   []*inventory.Account{a}, Policy: p, Ignore: ignore, Now: scannedAt,
	})
}

func TestScanGoldens(t *testing.T) {
	schema := sarifValidator(t)
	for name, doc := range map[string]*scan.Document{
		"scan": scanned(t).Shown(nil, nil), "scan-redacted": scanned(t).Shown(checks.Redacted(), nil), "scan-empty": scan.Join(scan.Input{Now: scannedAt}).Shown(nil, nil),
	} {
		golden(t, name+".txt", []byte(ScanTerminal(doc, false)))
		summary := ScanSummary(doc)
		golden(t, name+".md", []byte(summary))
		mustBeTame(t, summary)
		sarif, err := ScanSARIF(doc, "1.0.0", scannedAt, Location{Path: ".github/keysweep.yml"})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".sarif", withoutRule(t, sarif))
		mustBeSARIF(t, schema, sarif)
	}
	colours := ScanTerminal(scanned(t).Shown(nil, nil), true)
	if plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colours, ""); plain == colours || plain != ScanTerminal(scanned(t).Shown(nil, nil), false) {
		t.Error("colours change more than colours")
	}
}

// withoutRule leaves the rule out, whose words are the catalogue's.
func withoutRule(t *testing.T, sarif []byte) []byte {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal(sarif, &log); err != nil {
		t.Fatal(err)
	}
	if r := log.Runs[0].Tool.Driver.Rules; len(r) != 1 || r[0].ID != checkLeaked {
		t.Errorf("rules %+v", r)
	} else if !strings.Contains(r[0].Help.Text, adviceWorking) {
		t.Errorf("the help of an alert does not say what comes first: %s", r[0].Help.Text)
	}
	log.Runs[0].Tool.Driver.Rules = []sarifRule{}
	out, err := json.MarshalIndent(log, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// No line of what a scan prints can be a command to the runner, and none holds a control character.
func TestScanTerminalIsTame(t *testing.T) {
	for n, line := range strings.Split(ScanTerminal(scanned(t).Shown(nil, nil), false), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.ContainsAny(line, "\x1b\u202e\r") {
			t.Errorf("line %d: %q", n+1, line)
		}
	}
}

// Results of one id and path are told apart, and stay what they are when lines move.
func TestScanSARIFFingerprints(t *testing.T) {
	prints := func(line int) []string {
		var all []scan.Sighting
		for _, inside := range []string{"x", "y"} {
			all = append(all, scan.Sighting{AccessKeyID: scanActive, Path: "a.zip", Inside: []string{inside}, Line: line, Where: scan.File, Encoding: "plain", Confidence: scan.Likely})
		}
		sarif, err := ScanSARIF(scan.Join(scan.Input{Sightings: all, Now: scannedAt}).Shown(nil, nil), "", scannedAt, Location{})
		if err != nil {
			t.Fatal(err)
		}
		var log sarifLog
		if err := json.Unmarshal(sarif, &log); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range log.Runs[0].Results {
			out = append(out, r.PartialFingerprints["primaryLocationLineHash"])
		}
		return out
	}
	a, b := prints(3), prints(30)
	if len(a) != 2 || a[0] == a[1] || a[0] != b[0] || a[1] != b[1] || !strings.HasSuffix(a[0], ":1") || !strings.HasSuffix(a[1], ":2") {
		t.Errorf("%v, %v", a, b)
	}
}

// However much is found, each output stays within what its reader takes, and says what is left out.
func TestScanStaysSmall(t *testing.T) {
	var in scan.Input
	for i := range sarifResults + 7 {
		s := scan.Sighting{AccessKeyID: fmt.Sprintf("AKIA%016d", i/30), Path: fmt.Sprintf("%s-%d", strings.Repeat("`|", 200), i), Line: 1, Where: scan.File, Encoding: "plain", Confidence: scan.Likely}
		in.Sightings = append(in.Sightings, s)
		in.NotScanned = append(in.NotScanned, scan.NotScanned{Path: s.Path, Reason: "unreadable"})
	}
	in.Now = scannedAt
	doc := scan.Join(in).Shown(nil, nil)
	if s := ScanSummary(doc); len(s) > summaryLimit || !strings.Contains(s, "more places are left out here") {
		t.Errorf("a summary of %d bytes", len(s))
	}
	if s := ScanTerminal(doc, false); !strings.Contains(s, "and 10 more places in the report") || !strings.Contains(s, "4,987 more places in the report") {
		t.Errorf("the terminal does not say what is left out:\n%s", s[:2000])
	}
	sarif, err := ScanSARIF(doc, "", scannedAt, Location{})
	if err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(sarif, &log); err != nil {
		t.Fatal(err)
	}
	if n := len(log.Runs[0].Results); n != sarifResults || !strings.Contains(log.Runs[0].Invocations[0].Notifications[0].Message.Text, "7 more rows") {
		t.Errorf("%d results", n)
	}
}

// The example line of the summary is one that the file takes.
func TestIgnoreHintIsALine(t *testing.T) {
	s := ScanSummary(scanned(t).Shown(nil, nil))
	_, block, ok := strings.Cut(s, "```text\n")
	line, _, closed := strings.Cut(block, "\n```")
	if !ok || !closed {
		t.Fatalf("no example in\n%s", s)
	}
	if _, err := scan.ParseIgnore("f", []byte(strings.Replace(line, "YYYY-MM-DD", "2026-12-31", 1)), scannedAt); err != nil {
		t.Errorf("%s: %v", line, err)
	}
}

func BenchmarkScanSummary(b *testing.B) {
	var in scan.Input
	for i := range 10_000 {
		in.Sightings = append(in.Sightings, scan.Sighting{AccessKeyID: fmt.Sprintf("AKIA%016d", i), Path: fmt.Sprint("file-", i), Where: scan.File, Encoding: "plain", Confidence: scan.Likely})
	}
	in.Now = scannedAt
	for b.Loop() {
		if s := ScanSummary(scan.Join(in).Shown(checks.Redacted(), nil)); s == "" {
			fmt.Fprintln(os.Stderr, "empty")
		}
	}
}

func TestScanAdvice(t *testing.T) {
	of := func(counts ...checks.Severity) *scan.Document {
		d := &scan.Document{Counts: scan.Counts{Severity: map[checks.Severity]int{}}}
		for _, s := range counts {
			d.Counts.Severity[s]++
		}
		return d
	}
	for _, tt := range []struct {
		name string
		doc  *scan.Document
		want string
	}{
		{"active", of(checks.Critical, checks.Medium, checks.Low), adviceWorking},
		{"unknown", of(checks.High, checks.Low), adviceWorking + adviceUnknown},
		{"active and unknown", of(checks.Critical, checks.High), adviceWorking + adviceUnknown},
		{"deactivated", of(checks.Medium), adviceEnded},
		{"deleted", of(checks.Low), adviceEnded},
	} {
		if got := scanAdvice(tt.doc); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}

func TestScanCritical(t *testing.T) {
	for _, tt := range []struct {
		n, of int
		want  string
	}{
		{0, 3, ""},
		{1, 1, " **It is critical**: deactivate it now."},
		{1, 2, " **One of them is critical**: deactivate it now."},
		{2, 2, " **2 of them are critical**: deactivate them now."},
	} {
		if got := scanCritical(tt.n, tt.of); got != tt.want {
			t.Errorf("%d of %d: %q", tt.n, tt.of, got)
		}
	}
}
