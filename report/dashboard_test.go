package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"github.com/keysweep/keysweep/checks"
)

func date(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 6, 0, 0, 0, time.UTC)
}

// sampleDashboard is the dashboard of the sample organization after some months.
func sampleDashboard() *Dashboard {
	s := sample()
	d := &Dashboard{Numbers: map[string]int{}, PutOff: 2}
	at := map[string]*DashboardAccount{}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		d.Accounts = append(d.Accounts, DashboardAccount{ID: a.ID, Name: a.Name, Read: a.Status == "audited" || a.Status == "partial", Keys: a.ActiveKeys})
	}
	for i := range d.Accounts {
		at[d.Accounts[i].ID] = &d.Accounts[i]
	}
	for i := range s.Findings {
		f := &s.Findings[i]
		if f.Exempt() {
			continue
		}
		if created, err := time.Parse(time.RFC3339, f.Evidence.Created); err == nil {
			f.Since = created
		}
		d.Findings = append(d.Findings, f)
		at[f.AccountID].Open[slices.Index(checks.Severities(), f.Severity)]++
		if i != 4 {
			d.Numbers[f.ID] = 12 + i
		} else {
			d.Deferred = append(d.Deferred, DashboardRow{Severity: f.Severity, Title: f.Title, Why: "max-new-issues is 25, and as many are made in this run"})
		}
	}
	sandbox := at["444455556666"]
	sandbox.Unread, sandbox.Since, sandbox.Why, sandbox.NotAssessed, sandbox.Open[1] = true, date(11, 20), "the role \"keysweep-audit\" could not be assumed: refused (AccessDenied)", 2, 2
	dev := at["333344445555"]
	dev.Unread, dev.Since, dev.Why = true, date(11, 1), "not collected: ssh-public-keys"
	for i, n := range []int{9, 11, 11, 8, 5, 4} {
		d.Trend = append(d.Trend, TrendPoint{At: date(time.Month(5+i), 1+i), Open: [4]int{n / 4, n / 2, n % 3, i % 2}})
	}
	d.Trend = append(d.Trend, TrendPoint{At: date(11, 24), Open: [4]int{3, 5, 1, 1}})
	d.Accepted = []DashboardRow{
		{Number: 31, Severity: checks.High, Title: "Access key AKIALEGACY000EXAMPLE of legacy-vendor is unused", Why: "vendor ends in March, says @octocat", From: "policy", Until: "2027-03-31"},
		{Number: 32, Severity: checks.Low, Title: "old-user has no working credential left", Why: "kept | for #12", From: "command", By: "alice", Until: "2027-04-30"},
	}
	d.ClosedButPresent = []DashboardRow{{Number: 33, Severity: checks.Medium, Title: "mailer has two active access keys", Why: "a person closed it a second time, on 2026-10-02"}}
	d.Workloads = []AccountWorkload{
		{"222233334444", checks.Workload{Owner: "ci-team", Rule: "owners rule 1", Keys: 14}},
		{"333344445555", checks.Workload{Owner: "ci-team", Rule: "owners rule 1", Keys: 2}},
		{"222233334444", checks.Workload{Owner: "@acme/owners |", Rule: "tag owner", Keys: 9}},
		{"222233334444", checks.Workload{Keys: 5}},
	}
	return d
}

func TestDashboard(t *testing.T) {
	golden(t, "dashboard.md", []byte(DashboardBlock(sampleDashboard())))
	golden(t, "dashboard-empty.md", []byte(DashboardBlock(&Dashboard{Accounts: []DashboardAccount{{ID: "111122223333", Name: "acme", Read: true}}})))
}

// TestDashboardRedacted is what a public repository shows of the sample.
func TestDashboardRedacted(t *testing.T) {
	d, hide := sampleDashboard(), checks.Redacted()
	for i := range d.Accounts {
		a := &d.Accounts[i]
		a.ID, a.Name = hide.Account(a.ID), ""
		if a.Unread {
			a.Why = "it could not be read at all"
		}
	}
	for i := range d.Findings {
		f := *d.Findings[i]
		f.User, f.KeyID, f.AccountID, f.Account = hide.User("", f.User), hide.Key(f.KeyID), hide.Account(f.AccountID), ""
		f.Title, f.Owner = "Access key "+f.KeyID+" of "+f.User+" is unused", "ci-team"
		d.Findings[i] = &f
	}
	d.Accepted, d.Deferred, d.ClosedButPresent = nil, nil, nil
	d.Workloads = d.Workloads[:1]
	got := DashboardBlock(d)
	golden(t, "dashboard-redacted.md", []byte(got))
	if m := regexp.MustCompile(`[0-9]{12}|AKIA[A-Z0-9]{8}|acme|octocat`).FindString(got); m != "" {
		t.Errorf("it shows %q:\n%s", m, got)
	}
}

// ours are the references that we write on purpose.
var ours = regexp.MustCompile(`(^|[ \n])#([0-9]+)`)

// mustRefer fails when Markdown holds references but those to issues of ours.
func mustRefer(t *testing.T, source string, numbers map[int]bool) {
	t.Helper()
	src := []byte(source)
	err := ast.Walk(parse(src), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML, *ast.HTMLBlock, *ast.AutoLink, *ast.Image, *ast.Link, *extast.FootnoteLink:
			t.Errorf("%s in Markdown:\n%s", n.Kind(), source)
		case *ast.CodeSpan, *ast.FencedCodeBlock, *ast.CodeBlock:
			return ast.WalkSkipChildren, nil
		case *ast.Paragraph, *ast.TextBlock, *ast.Heading, *extast.TableCell:
			text := shown(n, src)
			for _, m := range ours.FindAllStringSubmatch(text, -1) {
				var number int
				if _, err := fmt.Sscan(m[2], &number); err != nil || !numbers[number] {
					t.Errorf("a reference to #%s, which is none of ours:\n%s", m[2], source)
				}
			}
			tameText(t, ours.ReplaceAllString(text, "$1"), source)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDashboardHostile puts each hostile name wherever a name can stand.
func TestDashboardHostile(t *testing.T) {
	for _, name := range hostile {
		mustRefer(t, DashboardBlock(hostileDashboard(name)), map[int]bool{701: true, 702: true, 703: true})
	}
	mustRefer(t, DashboardBlock(sampleDashboard()), map[int]bool{12: true, 13: true, 14: true, 15: true, 17: true, 18: true, 20: true, 31: true, 32: true, 33: true})
}

func hostileDashboard(name string) *Dashboard {
	f := sampleKey(name, name, "")
	f.Account, f.AccountID, f.Title, f.Owner, f.Check, f.Severity = name, name, name, name, name, checks.Severity(name)
	f.Steps = []checks.Step{{Text: name}}
	f.Since = date(1, 1)
	row := DashboardRow{Number: 702, Severity: checks.Severity(name), Title: name, Why: name, By: name, From: name, Until: name}
	return &Dashboard{
		Findings: []*checks.Finding{&f}, Numbers: map[string]int{f.ID: 701},
		Accounts: []DashboardAccount{{ID: name, Name: name, Open: [4]int{1}, NotAssessed: 1, Unread: true, Since: date(1, 2), Why: name}},
		Trend:    []TrendPoint{{At: date(1, 1), Open: [4]int{1}}},
		Accepted: []DashboardRow{row}, ClosedButPresent: []DashboardRow{row}, Deferred: []DashboardRow{row},
		Workloads: []AccountWorkload{{name, checks.Workload{Owner: name, Rule: name, Keys: 1}}},
	}
}

func FuzzDashboardHostile(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		mustRefer(t, DashboardBlock(hostileDashboard(name)), map[int]bool{701: true, 702: true})
	})
}

// TestDashboardBig is one of 5,000 findings and more.
func TestDashboardBig(t *testing.T) {
	data := many(5000)
	d := &Dashboard{Numbers: map[string]int{}}
	for i := range data.Findings {
		f := &data.Findings[i]
		f.Since = date(1, 1).Add(time.Duration(i) * time.Hour)
		d.Findings = append(d.Findings, f)
		d.Numbers[f.ID] = i + 1
		row := DashboardRow{Number: i + 1, Severity: f.Severity, Title: f.Title, Why: strings.Repeat("𝔘|", 150), Until: "2027-01-31"}
		d.Accepted, d.ClosedButPresent, d.Deferred = append(d.Accepted, row), append(d.ClosedButPresent, row), append(d.Deferred, row)
	}
	for i, a := range data.Accounts {
		d.Accounts = append(d.Accounts, DashboardAccount{
			ID: a.ID, Name: a.Name, Open: [4]int{5, 5, 5, 5}, NotAssessed: 3, Unread: true, Since: date(1, 1+i%28), Why: strings.Repeat("<@", 200),
		})
	}
	for i := range 60 {
		d.Trend = append(d.Trend, TrendPoint{At: date(1, 1).AddDate(0, 0, i), Open: [4]int{i, 60 - i, i * i, 0}})
	}
	got := DashboardBlock(d)
	golden(t, "dashboard-big.md", []byte(got))
	if n := len(got); n > 45_000 || !utf8.ValidString(got) {
		t.Errorf("%d bytes", n)
	}
	if n := strings.Count(got, "left out here"); n != 5 {
		t.Errorf("%d tables say that rows were left out, want 5", n)
	}
}

func TestTrendPicture(t *testing.T) {
	for _, tc := range []struct {
		line []int
		want string
	}{
		{[]int{0}, "·"},
		{[]int{5}, "█"},
		{[]int{0, 1, 2, 3, 4, 5, 6, 7, 8}, "·▁▂▃▄▅▆▇█"},
		{[]int{100, 1, 50, 99}, "█▁▄█"},
		{[]int{1, 1000}, "▁█"},
	} {
		if got := picture(tc.line); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.line, got, tc.want)
		}
	}
}

// The three steps are of three kinds where there are three, and three where there are as many findings.
func TestNextSteps(t *testing.T) {
	d := sampleDashboard()
	if n := strings.Count(nextStepItems(d), "- [ ] "); n != 3 {
		t.Errorf("%d steps", n)
	}
	var same []*checks.Finding
	for _, f := range d.Findings {
		if f.Check == "unused-access-key" {
			same = append(same, f)
		}
	}
	if got := nextStepItems(&Dashboard{Findings: same}); strings.Count(got, "- [ ] ") != min(3, len(same)) {
		t.Errorf("of %d findings of one check:\n%s", len(same), got)
	}
}

func TestPilot(t *testing.T) {
	w := func(account, owner string, keys int) AccountWorkload {
		return AccountWorkload{account, checks.Workload{Owner: owner, Rule: "owners rule 1", Keys: keys}}
	}
	for _, tc := range []struct {
		all  []AccountWorkload
		want string
	}{
		{nil, ""},
		{[]AccountWorkload{w("1", "", 3)}, "Nobody is named for the 3 keys"},
		{[]AccountWorkload{w("1", "a", 2), w("1", "b", 1), w("2", "b", 2), w("2", "", 9)}, "**b** (by owners rule 1): its workloads use 3 keys in 2 accounts, of 14 in all"},
		{[]AccountWorkload{w("1", "b", 2), w("1", "a", 2)}, "**a** "},
		{[]AccountWorkload{w("1", "a", 2), w("1", "b", 1), w("2", "b", 1)}, "**b** "},
	} {
		if got := pilot(tc.all); !strings.HasPrefix(got, tc.want) || tc.want == "" && got != "" {
			t.Errorf("%v: %q, want %q", tc.all, got, tc.want)
		}
	}
}
