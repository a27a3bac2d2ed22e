package backlog_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/backlog"
)

func TestParseCommand(t *testing.T) {
	until := time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)
	for comment, reason := range map[string]string{
		"/keysweep accept until=2026-05-31 reason=the vendor ends in May":         "the vendor ends in May",
		"/keysweep accept until=2026-05-31 reason=a\r\nand more words":            "a",
		"\n  \n/keysweep accept until=2026-05-31 reason=a":                        "a",
		"/keysweep  accept   until=2026-05-31   reason= a  b ":                    "a b",
		"/keysweep accept reason=the vendor until=2026-05-31":                     "the vendor",
		`/keysweep accept reason="until=now, they say" until=2026-05-31`:          "until=now, they say",
		`/keysweep accept until=2026-05-31 reason="quoted"`:                       "quoted",
		`/keysweep accept until=2026-05-31 reason="not closed`:                    `"not closed`,
		"/keysweep accept until=2026-05-31 reason=a=b <!-- --> @octocat":          "a=b <!-- --> @octocat",
		"/keysweep accept until=2026-05-31 reason=bell\a tab\tend":                "bell tab end",
		"/keysweep accept until=2026-05-31 reason=" + strings.Repeat("é", 300):    strings.Repeat("é", 200),
		"/keysweep accept until=2026-05-31 reason=not \xff valid":                 "not \ufffd valid",
		"\ufeff/keysweep accept until=2026-05-31 reason=a\n\n> somebody's words ": "a",
	} {
		got, err := backlog.ParseCommand(comment)
		if err != nil {
			t.Errorf("ParseCommand(%q): %v", comment, err)
		}
		if diff := cmp.Diff(backlog.Command{Until: until, Reason: reason}, got); diff != "" {
			t.Errorf("ParseCommand(%q) (-want +got)\n%s", comment, diff)
		}
	}
}

func TestParseCommandFaults(t *testing.T) {
	for comment, want := range map[string]string{
		"":          "no command",
		"thank you": "no command",
		"please /keysweep accept until=2026-05-31 reason=a": "no command",
		"> /keysweep accept until=2026-05-31 reason=a":      "no command",
		"    /keysweep accept until=2026-05-31 reason=a":    "no command",
		"`/keysweep accept until=2026-05-31 reason=a`":      "no command",
		"words\n/keysweep accept until=2026-05-31 reason=a": "no command",
		"/keysweeper accept until=2026-05-31 reason=a":      "no command",
		"/keysweep":       `unknown command ""`,
		"/keysweep close": `unknown command "close"`,
		"/keysweep ACCEPT until=2026-05-31 reason=a":                  `unknown command "ACCEPT"`,
		"/keysweep accept":                                            "an end date and a reason are required",
		"/keysweep accept until=2026-05-31":                           "an end date and a reason are required",
		"/keysweep accept reason=a":                                   "an end date and a reason are required",
		"/keysweep accept until=2026-05-31 reason=":                   "the reason is empty",
		"/keysweep accept until=2026-05-31 reason=\a":                 "the reason is empty",
		"/keysweep accept until=31.05.2026 reason=a":                  `until="31.05.2026" is no day`,
		"/keysweep accept until=2026-02-30 reason=a":                  `until="2026-02-30" is no day`,
		"/keysweep accept until=2026-05-31 until=2026-06-30 reason=a": "each once",
		"/keysweep accept until=2026-05-31 for=ever reason=a":         "each once",
		"/keysweep accept forever":                                    "is not understood",
		"/keysweep accept reason=\"a\" until=2026-05-31 reason=b":     "each once",
	} {
		_, err := backlog.ParseCommand(comment)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseCommand(%q) = %v, want %q", comment, err, want)
		}
		if errors.Is(err, backlog.ErrNoCommand) != (want == "no command") {
			t.Errorf("ParseCommand(%q): %v is told wrongly from no command", comment, err)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add("/keysweep accept until=2026-05-31 reason=the vendor")
	f.Add("/keysweep accept reason=\"a\" until=2026-05-31\r\n")
	f.Add("/keysweep accept until=2026-05-31 reason=a until=b")
	f.Fuzz(func(t *testing.T, comment string) {
		c, err := backlog.ParseCommand(comment)
		if err != nil {
			return
		}
		switch {
		case c.Until.IsZero():
			t.Fatalf("%q gives no end", comment)
		case c.Reason == "" || strings.TrimSpace(c.Reason) != c.Reason || strings.ContainsAny(c.Reason, "\r\n\t\x00"):
			t.Fatalf("%q gives the reason %q", comment, c.Reason)
		case !utf8.ValidString(c.Reason) || utf8.RuneCountInString(c.Reason) > 200:
			t.Fatalf("%q gives a reason of %d runes", comment, utf8.RuneCountInString(c.Reason))
		}
		again, err := backlog.ParseCommand("/keysweep accept until=" + c.Until.Format(time.DateOnly) + " reason=" + c.Reason)
		if strings.ContainsAny(c.Reason, `"`) || strings.Contains(c.Reason, " until=") {
			return // quotation marks and a second end are read another way at another place
		}
		if err != nil || again != c {
			t.Fatalf("%v does not come back: %v, %v", c, again, err)
		}
	})
}
