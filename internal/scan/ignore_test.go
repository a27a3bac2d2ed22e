package scan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/accept"

	"github.com/keysweep/keysweep/internal/inventory"
)

func parse(t *testing.T, text string) *Ignore {
	t.Helper()
	ig, err := ParseIgnore(IgnoreFile, []byte(text), now)
	if err != nil {
		t.Fatal(err)
	}
	return ig
}

func TestIgnoreFaults(t *testing.T) {
	const ok = " until=2027-01-31 reason=a decoy"
	tests := []struct{ line, want string }{
		{goneID + ok, ""},
		{"sha256:0123456789ab" + ok, ""},
		{"sha256:" + strings.Repeat("aF", 32) + ok, ""},
		{"AKIA…WXYZ" + ok, ""},
		{"AKIA...WXYZ" + ok, ""},
		{"BedrockAPIKey-x7p2-at-111122223333" + ok, ""},
		{"* path=docs/*" + ok, ""},
		{`* path="my docs/*"` + ok, ""},
		{goneID + "\tpath=a\tuntil=2027-11-24\treason=\"in marks\"  ", ""},
		{goneID + ` reason="a decoy" until=2027-01-31`, ""},
		{goneID + " until=2026-11-24 reason=today", ""},
		{goneID + " until=2020-01-01 reason=long over", ""},
		{"sha256:0123456789a" + ok, `key: "sha256:0123456789a" is no SHA-256, write sha256: and 12 to 64 hexadecimal digits`},
		{"sha256:0123456789ag" + ok, `key: "sha256:0123456789ag" is no SHA-256, write sha256: and 12 to 64 hexadecimal digits`},
		{"sha256:" + strings.Repeat("a", 65) + ok, `key: "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is no SHA-256, write sha256: and 12 to 64 hexadecimal digits`},
		{"AKIA" + ok, `key: "AKIA" names no key, write sha256:…, AKIA…WXYZ, a whole id, or * with a path`},
		{"AKI…WXYZ" + ok, `key: "AKI…WXYZ" names no key, write sha256:…, AKIA…WXYZ, a whole id, or * with a path`},
		{"AKIA*************" + ok, `key: "AKIA*************" names no key, write sha256:…, AKIA…WXYZ, a whole id, or * with a path`},
		{"*" + ok, "path: * is every key, so it needs a path that is not every place"},
		{"* path=?*" + ok, "path: * is every key, so it needs a path that is not every place"},
		{"* path=*.*" + ok, "path: * is every key, so it needs a path that is not every place"},
		{"* path=**" + ok, "path: * is every key, so it needs a path that is not every place"},
		{goneID + " path=" + ok, "path: it is empty, write a pattern such as docs/*, or leave it out for every place"},
		{goneID + ` path="a` + ok, "path: its quotation mark is not closed"},
		{goneID + " until=2027-01-31", "reason: it is missing, write reason= and why this may stay"},
		{goneID + " until=2027-01-31 reason=", "reason: it is missing, write reason= and why this may stay"},
		{goneID + " reason=x", "until: it is missing, write until= and the last day, such as 2027-01-31"},
		{goneID + " reason=x until=2027-01-31", "until: it is missing, write until= and the last day, such as 2027-01-31"},
		{goneID + " until=2027-02-29 reason=x", `until: "2027-02-29" is no day, write one such as 2027-11-24`},
		{goneID + " until=soon reason=x", `until: "soon" is no day, write one such as 2027-11-24`},
		{goneID + " until=2027-11-25 reason=x", "until: 2027-11-25 is more than 365 days ahead, write 2027-11-24 or an earlier day"},
		{goneID + " until=2027-01-31 until=2027-01-31 reason=x", "until: it stands twice"},
		{goneID + " expires=2027-01-31 reason=x", "expires: there is no such field, write path=, until= or reason="},
		{goneID + " a decoy", `line: "a decoy" is not understood, write path=… until=YYYY-MM-DD reason=… after the key`},
		{goneID + " a decoy until=2027-01-31", `line: "a decoy until=2027-01-31" is not understood, write path=… until=YYYY-MM-DD reason=… after the key`},
	}
	var text, want []string
	for i, test := range tests {
		text = append(text, test.line)
		if test.want != "" {
			want = append(want, fmt.Sprintf("%s:%d: %s", IgnoreFile, i+4, test.want))
		}
	}
	ig, err := ParseIgnore(IgnoreFile, []byte("\ufeff# a comment\r\n\r\n  \n"+strings.Join(text, "\r\n")), now)
	if err == nil {
		t.Fatal("no error")
	}
	if d := cmp.Diff(strings.Join(want, "\n"), err.Error()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(ig.entries) != len(tests)-len(want) {
		t.Errorf("%d entries", len(ig.entries))
	}
}

func TestIgnoreAccepts(t *testing.T) {
	hash := hashOf(activeID)
	s := sighting(activeID, prod)
	s.Path = "docs/a b/deploy.env"
	for _, test := range []struct {
		text, until string
	}{
		{activeID + " until=2026-12-01 reason=x", "2026-12-01"},
		{inactiveID + " until=2026-12-01 reason=x", ""},
		{"sha256:" + hash[:12] + " until=2026-12-01 reason=x", "2026-12-01"},
		{"sha256:" + strings.ToUpper(hash) + " until=2026-12-01 reason=x", "2026-12-01"},
		{"sha256:" + hashOf(inactiveID) + " until=2026-12-01 reason=x", ""},
		{"AKIA…AAA2 until=2026-12-01 reason=x", "2026-12-01"},
		{"AKIA...AAA3 until=2026-12-01 reason=x", ""},
		{"* path=docs/* until=2026-12-01 reason=x", "2026-12-01"},
		{"* path=docs/?.env until=2026-12-01 reason=x", ""},
		{`* path="docs/a b/*" until=2026-12-01 reason=x`, "2026-12-01"},
		{activeID + " path=src/* until=2026-12-01 reason=x", ""},
		{activeID + " until=2026-11-24 reason=that day included", "2026-11-24"},
		{activeID + " until=2026-11-23 reason=over", ""},
		{activeID + " until=2026-12-01 reason=x\n* path=docs/* until=2026-12-02 reason=longer", "2026-12-02"},
	} {
		a := parse(t, test.text).accepts(&s)
		if got := a; (got == nil) != (test.until == "") || got != nil && (got.Until != test.until || got.From != "ignore" || got.Reason == "") {
			t.Errorf("%s: %+v, want until %q", test.text, got, test.until)
		}
	}
	if a := (*Ignore)(nil).accepts(&s); a != nil {
		t.Errorf("no file accepts %+v", a)
	}
}

// A file that names a whole id holds it: that alone is no leak of its own. With a secret it is.
func TestIgnoreItself(t *testing.T) {
	ig := parse(t, activeID+" path=docs/* until=2026-12-01 reason=x")
	for _, test := range []struct {
		change func(*Sighting)
		want   bool
	}{
		{func(*Sighting) {}, true},
		{func(s *Sighting) { s.Where = Commit }, true},
		{func(s *Sighting) { s.SecretNearby = true }, false},
		{func(s *Sighting) { s.AccessKeyID = inactiveID }, false},
		{func(s *Sighting) { s.Inside = []string{"x"} }, false},
		{func(s *Sighting) { s.Path = "src/" + IgnoreFile }, false},
	} {
		s := sighting(activeID, prod)
		s.Path = IgnoreFile
		test.change(&s)
		if got := ig.accepts(&s) != nil; got != test.want {
			t.Errorf("%+v: %v", s, got)
		}
	}
}

// What is ignored makes no finding; what is over, or matches nothing, is told.
func TestIgnoreInAScan(t *testing.T) {
	in := Input{Sightings: []Sighting{sighting(activeID, prod), sighting(inactiveID, prod)}, Accounts: []*inventory.Account{audited(prod)}, Now: now}
	in.Ignore = parse(t, strings.Join([]string{
		activeID + " until=2026-12-01 reason=a  decoy\x1b[31m",
		inactiveID + " until=2026-11-23 reason=x",
		goneID + " until=2026-12-01 reason=x",
		goneID + " until=2026-11-01 reason=x",
	}, "\n"))
	r := Join(in)
	want := []string{
		".keysweepignore:2: the entry ended on 2026-11-23 and lets nothing pass any more: take it out, or look at the key again and write a new day",
		".keysweepignore:3: the entry matches nothing that was found: take it out",
		".keysweepignore:4: the entry ended on 2026-11-01 and lets nothing pass any more: take it out, or look at the key again and write a new day",
	}
	if d := cmp.Diff(want, r.Warnings); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if a := r.Leaks[0].Accepted; a == nil || a.Reason != "a decoy [31m" {
		t.Errorf("%+v", a)
	}
	if f := r.Findings(nil); len(f) != 1 || f[0].KeyID != inactiveID {
		t.Errorf("findings %+v", f)
	}
	if c := r.Counts(); c.Keys != 1 || c.Places != 1 {
		t.Errorf("counts %+v", c)
	}
}

func FuzzParseIgnore(f *testing.F) {
	for _, s := range []string{
		"# x\n" + activeID + " until=2027-01-31 reason=x", `* path="a b" reason="q" until=2027-01-31`, "sha256:0123456789ab until=2026-01-01 reason=x",
		"AKIA…WXYZ", "AKIA...WXYZ until=", "* path=** until=2027-01-31 reason=x", "\ufeff\r\n\x00 =\n===\n\" \"", "AKIA…WXYZ until=2027-01-31 reason=\xff\u202e",
	} {
		f.Add(s, activeID, "docs/a")
	}
	f.Fuzz(func(t *testing.T, text, id, path string) {
		ig, err := ParseIgnore("f", []byte(text), now)
		lines := strings.Count(text, "\n") + 1
		faults := 0
		if err != nil {
			faults = strings.Count(err.Error(), "\nf:") + 1
			for _, l := range strings.Split(err.Error(), "\n") {
				var n int
				var field, rest string
				if _, e := fmt.Sscanf(l, "f:%d: %s %s", &n, &field, &rest); e != nil || n < 1 || n > lines {
					t.Fatalf("a fault without its place: %q", l)
				}
			}
		}
		if len(ig.entries)+faults > lines {
			t.Fatalf("%d entries and %d faults on %d lines", len(ig.entries), faults, lines)
		}
		for _, e := range ig.entries {
			if e.until.IsZero() || e.reason == "" || e.until.After(now.AddDate(1, 0, 1)) {
				t.Fatalf("an entry that is not whole: %+v", e)
			}
		}
		s := Sighting{AccessKeyID: id, Path: path}
		if a := ig.accepts(&s); a != nil {
			if until, err := time.Parse(time.DateOnly, a.Until); err != nil || until.AddDate(0, 0, 1).Before(now) || len([]rune(a.Reason)) > accept.ReasonLimit {
				t.Fatalf("accepted by %+v", a)
			}
		}
	})
}
