package backlog_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
)

// FuzzRecord holds that no words from AWS or from people end the hidden line or are lost in it.
func FuzzRecord(f *testing.F) {
	f.Add("alice", "AKIAEXAMPLE", "the vendor")
	f.Add("-->", "--!>", "<!-- keysweep:end -->")
	f.Add("a--b---c----", "\u2028\x00\n\r", `"}\`)
	f.Fuzz(func(t *testing.T, user, key, reason string) {
		finding := unusedKey(1)
		finding.User, finding.KeyID = user, key
		w := newWorld().with(finding)
		w.run(t)
		w.commands = []backlog.Comment{comment(1, "alice", "write", w.now, "/keysweep accept until=2026-05-31 reason="+reason)}
		w.later(1).run(t)
		hidden := ""
		for _, l := range strings.Split(w.issue(1).Body, "\n") {
			if strings.HasPrefix(l, "<!-- keysweep:data ") {
				hidden = l
			}
		}
		inside := strings.TrimSuffix(strings.TrimPrefix(hidden, "<!--"), "-->")
		if hidden == "" || strings.Contains(inside, "--") || strings.ContainsAny(inside, "<>\r\x00") {
			t.Fatalf("the line can be ended: %q", hidden)
		}
		if !backlog.SplitBody(w.issue(1).Body).Recorded() {
			t.Fatalf("the record is not read back: %q", hidden)
		}
	})
}

// TestLongWords holds that names and reasons without end leave a body that GitHub takes, and
// that it stands still.
func TestLongWords(t *testing.T) {
	long := strings.Repeat("\U0001f511\xff", 32<<10)
	f := unusedKey(1)
	f.User, f.KeyID, f.Title, f.Why, f.Account, f.Owner = long, long, long, long, long, long
	f.Evidence.LastUsedService, f.Evidence.Administrator, f.Evidence.Notes = long, long, []string{long}
	w := newWorld().with(f)
	w.run(t)
	f.Exemption = &checks.ExemptionRef{Reason: long, Expires: "2026-06-30"}
	w.with(f).run(t)
	if n := utf8.RuneCountInString(w.issue(1).Body); n > 65_536 {
		t.Errorf("the body has %d characters", n)
	}
	if n := utf8.RuneCountInString(w.issue(1).Title); n > 256 {
		t.Errorf("the title has %d characters", n)
	}
	if n := utf8.RuneCountInString(w.last(1)); n > 65_536 {
		t.Errorf("the comment has %d characters", n)
	}
}

// TestHiddenLines holds that of a body people see nothing that is ours to remember.
func TestHiddenLines(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	md := goldmark.New(goldmark.WithExtensions(extension.GFM)) // raw HTML, and so each comment, is left out
	var html strings.Builder
	if err := md.Convert([]byte(w.issue(1).Body), &html); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"keysweep:", "unused_days", "0000000000abc001"} {
		if strings.Contains(html.String(), word) {
			t.Errorf("%q is seen in\n%s", word, html.String())
		}
	}
	for _, word := range []string{"<table>", `type="checkbox"`, "<h3>What to do</h3>"} {
		if !strings.Contains(html.String(), word) {
			t.Errorf("%q is not seen in\n%s", word, html.String())
		}
	}
}
