package accept

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestDay(t *testing.T) {
	for _, good := range []string{"2027-03-31", "2027-03-31\r", "2027-03-31 \t", "2028-02-29"} {
		day, ok := Day(good)
		if !ok || day.Format(time.DateOnly) != strings.TrimSpace(good) || day.Location() != time.UTC || day.Hour() != 0 {
			t.Errorf("%q: %v, %v", good, day, ok)
		}
	}
	for _, bad := range []string{"", "2027-02-29", "2027-3-31", "2027-03-32", "31.03.2027", "2027-03-31T00:00:00Z", " 2027-03-31", "tomorrow"} {
		if day, ok := Day(bad); ok {
			t.Errorf("%q is %v", bad, day)
		}
	}
}

func TestReason(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		" the vendor\tends \r\n in March ": "the vendor ends in March",
		"a\x00b\x1b[31mc":                  "a b [31mc",
		"\xff\xfe":                         "\ufffd",
		strings.Repeat("é", 200):           strings.Repeat("é", 200),
		strings.Repeat("é", 201):           strings.Repeat("é", 200),
		strings.Repeat("x", 199) + " end":  strings.Repeat("x", 199),
	} {
		if got := Reason(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzReason(f *testing.F) {
	f.Add("the vendor ends in March")
	f.Add("a\u2028b\x85 c")
	f.Fuzz(func(t *testing.T, text string) {
		got := Reason(text)
		if utf8.RuneCountInString(got) > ReasonLimit || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || Reason(got) != got {
			t.Errorf("%q: %q", text, got)
		}
	})
}
