package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
)

func TestJSON(t *testing.T) {
	got, err := JSON(sample())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "findings.json", got)
	var doc struct {
		Accounts []map[string]any
		Findings []map[string]any
	}
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Accounts) != 6 || len(doc.Findings) != 9 {
		t.Fatalf("%d accounts, %d findings", len(doc.Accounts), len(doc.Findings))
	}
	if bytes.Contains(got, []byte("null")) {
		t.Error("a list or object is null")
	}
	want := map[string]any{"reason": "", "expires": ""}
	if diff := cmp.Diff(want, doc.Findings[0]["exemption"]); diff != "" {
		t.Errorf("the exemption of a finding that is not exempt:\n%s", diff)
	}
}

func TestJSONOfNothing(t *testing.T) {
	got, err := JSON(Data{})
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"accounts", "findings"} {
		if l, ok := doc[list].([]any); !ok || len(l) != 0 {
			t.Errorf("%s: %v", list, doc[list])
		}
	}
}

func TestJSONReportsAFaultyWriter(t *testing.T) {
	if err := WriteJSON(fullDisk{}, sample()); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("error %v", err)
	}
}

var errNoSpace = errors.New("no space left on device")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errNoSpace }

func TestCSV(t *testing.T) {
	got, err := CSV(sample())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "findings.csv", got)
	all, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(got, []byte("\n")); n != len(all) {
		t.Errorf("%d lines for %d rows", n, len(all))
	}
}

func TestCell(t *testing.T) {
	tests := []struct{ in, want string }{
		{"alice", "alice"},
		{"ci-deploy@acme.com", "ci-deploy@acme.com"},
		{"=1+1", "'=1+1"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@sum", "'@sum"},
		{"|calc", "'|calc"},
		{"%x", "'%x"},
		{"\t=1", "'=1"},
		{"\r=1", "'=1"},
		{"  =1", "'=1"},
		{`"=1`, `'"=1`},
		{"'=1", "''=1"},
		{"＝1", "'＝1"},
		{"＠x", "'＠x"},
		{"a;=1", "a;'=1"},
		{"a\n=1", "a =1"},
		{"\u200b=1", `\u200b=1`},
		{"", ""},
	}
	for _, tt := range tests {
		if got := cell(tt.in); got != tt.want {
			t.Errorf("cell(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		row := checks.Finding{ID: "0", User: s, Account: s, Owner: s, Exemption: &checks.ExemptionRef{Reason: s}}
		got, err := CSV(Data{Findings: []checks.Finding{row}})
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(got, []byte("\n")); n != 2 || bytes.Contains(got, []byte("\r")) {
			t.Fatalf("%d lines in %q", n, got)
		}
		all, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all[1] {
			for _, part := range strings.Split(c, ";") {
				if p := strings.TrimLeft(part, " \"`’‘“”"); p != "" && strings.IndexAny(p, formulaStart) == 0 {
					t.Errorf("cell %q can be a formula", c)
				}
			}
		}
	})
}

func TestSummary(t *testing.T) {
	got := Summary(sample())
	golden(t, "summary.md", []byte(got))
	mustBeTame(t, got, "https://github.com/acme/security/issues/12", "https://github.com/acme/security/issues/14")
}

func TestRoadmap(t *testing.T) {
	got := Roadmap(sample())
	golden(t, "roadmap.md", []byte(got))
	mustBeTame(t, got)
}

func TestSummaryOfNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    Data
		want string
	}{
		{"no account", Data{}, "No account could be read"},
		{"a clean account", Data{Accounts: []Account{{ID: "1", Status: "audited"}}}, "**Nothing was found.**"},
		{"a partial account", Data{Accounts: []Account{{ID: "1", Status: "partial"}}}, "Nothing was found in what could be read"},
	} {
		if got := Summary(tt.d); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q is missing in\n%s", tt.name, tt.want, got)
		}
	}
}

func TestSummaryStaysSmall(t *testing.T) {
	d := many(20_000)
	long := strings.Repeat("$|", 150)
	for i := range d.Accounts {
		a := &d.Accounts[i]
		a.Name, a.Status, a.Missing = long, "partial", []string{a.ID + long + long + long}
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		f.Title, f.Account, f.Owner = long, long, long
		if i%2 == 0 {
			f.Exemption = &checks.ExemptionRef{Reason: long, Expires: long}
		}
	}
	got := Summary(d)
	if len(got) > summaryLimit {
		t.Errorf("the summary has %d bytes", len(got))
	}
	for _, want := range []string{"more findings are left out", "more reasons are left out"} {
		if !strings.Contains(got, want) {
			t.Errorf("the summary does not say that %s", want)
		}
	}
}

func TestHTML(t *testing.T) {
	got, err := HTML(sample())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "index.html", got)
	mustBeClosed(t, string(got))
}

// mustBeClosed fails when a page could reach the network or hold what we did not write.
func mustBeClosed(t *testing.T, page string) {
	t.Helper()
	for _, bad := range []string{"<script", "<img", "<iframe", "<b>dev", "javascript:", "onerror", "url(", "@import", "ZgotmplZ", "style=", "\u202e"} {
		if i := strings.Index(strings.ReplaceAll(page, "img src=x onerror=alert(1)&gt;", ""), bad); i >= 0 {
			t.Errorf("%q stands in the page: …%.80s", bad, page[i:])
		}
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "https://github.com/acme/security/issues/") {
			t.Errorf("the page leads to %q", m[1])
		}
	}
	style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
	sum := sha256.Sum256([]byte(style))
	if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(html.UnescapeString(page), want) {
		t.Errorf("the policy of the page lacks %s", want)
	}
}

func TestHTMLStaysBounded(t *testing.T) {
	d := many(pageFindings + 1)
	got, err := HTML(d)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(got, []byte("<details ")); n != pageFindings {
		t.Errorf("%d findings are shown", n)
	}
	if !bytes.Contains(got, []byte("Only the 5,000 worst are shown; 1 more are in findings.json.")) {
		t.Error("the page does not say what it leaves out")
	}
	t.Logf("%d bytes", len(got))
}

func TestFiles(t *testing.T) {
	first, err := Files(sample())
	if err != nil {
		t.Fatal(err)
	}
	second, err := Files(sample())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same facts give other bytes:\n%s", diff)
	}
	var names []string
	for name, content := range first {
		names = append(names, name)
		if len(content) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	slices.Sort(names)
	want := []string{"findings.csv", "findings.json", "findings.sarif", "index.html", "roadmap.md", "summary.md"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
}
