package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextKeepsWhatIsSeen(t *testing.T) {
	for _, s := range hostile {
		want := clean(s, textLimit)
		if got := plainText(t, Text(s)); got != want {
			t.Errorf("Text(%q) shows %q, not %q", s, got, want)
		}
		if got := plainText(t, "| a | b |\n|---|---|\n| "+Text(s)+" | end |\n"); got != strings.TrimSpace("a\nb\n\n\n\n\n"+want+"\nend") {
			t.Errorf("in a table Text(%q) shows %q", s, got)
		}
	}
}

func TestText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"an ordinary name", "svc_deploy-bot", "svc_deploy-bot"},
		{"a sentence", "Not used since 2025-03-04.", "Not used since 2025-03-04."},
		{"a mention", "@octocat", "@" + zw + "octocat"},
		{"a reference", "fixes #12", `fixes \#` + zw + "12"},
		{"a table break", "a|b", "a&#124;b"},
		{"a hidden mark", "<!-- x -->", "&lt;!-- x --&gt;"},
		{"a command", "::error::x", ":" + zw + ":" + zw + "error:" + zw + ":x"},
		{"a commit", "deadbeef", "deadbe" + zw + "ef"},
		{"line breaks", "a\r\n b", "a b"},
		{"a bidi control", "a\u202eb", "a&#92;u202eb"},
		{"a bell", "a\ab", "a&#92;x07b"},
		{"no text", "\xff", "&#92;xff"},
		{"300 runes", strings.Repeat("é", 300), strings.Repeat("é", 300)},
		{"301 runes", strings.Repeat("é", 301), strings.Repeat("é", 299) + "…"},
		{"a time", "10:15", "10:15"},
		{"emphasis", "_a_", `\_a\_`},
		{"a list", "- a", `\- a`},
		{"a numbered list", "12. a", `12\. a`},
	}
	for _, tt := range tests {
		if got := Text(tt.in); got != tt.want {
			t.Errorf("%s: Text(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestCode(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"AKIAIOSFODNN7EXAMPLE", "`AKIAIOSFODNN7EXAMPLE`"},
		{"arn:aws:iam::111122223333:user/a", "`arn:aws:iam::111122223333:user/a`"},
		{"a`b", "``a`b``"},
		{"`", "`` ` ``"},
		{"``a", "``` ``a ```"},
		{"a|b", "a&#124;b"},
		{"@octocat", "`@" + zw + "octocat`"},
		{"a\nb", "`a b`"},
		{"#12", "`#" + zw + "12`"},
		{"<!-- a -->", "`<" + zw + "!-- a --" + zw + ">`"},
	}
	for _, tt := range tests {
		if got := Code(tt.in); got != tt.want {
			t.Errorf("Code(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, s := range hostile {
		if got, want := plainText(t, Code(s)), clean(s, codeLimit); got != want {
			t.Errorf("Code(%q) shows %q, not %q", s, got, want)
		}
	}
}

func TestFence(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"a command", "aws iam list-users\n", "```sh\naws iam list-users\n```"},
		{"a fence inside", "a\n````\nb", "`````sh\na\n````\nb\n`````"},
		{"two lines", "a\r\nb", "```sh\na\nb\n```"},
		{"a mark", "<!-- keysweep:end -->", "```sh\n<!" + zw + "-- keysweep:end --" + zw + ">\n```"},
		{"a bidi control", "a\u202e", "```sh\na\\u202e\n```"},
		{"a mention stays as it is", "rm '@octocat'", "```sh\nrm '@octocat'\n```"},
	}
	for _, tt := range tests {
		if got := Fence("sh", tt.in); got != tt.want {
			t.Errorf("%s: Fence(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
	if got := Fence("sh`\n```\n@x", "a"); got != "```shx\na\n```" {
		t.Errorf("a hostile language: %q", got)
	}
}

func TestPlain(t *testing.T) {
	tests := []struct{ in, want string }{
		{"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a"},
		{"::error::x", `\x3a:error::x`},
		{"  ::error::x", `  \x3a:error::x`},
		{"\t::error::x", `\t::error::x`},
		{"a\n::error::x", `a\n::error::x`},
		{"x ##[error]y", `x #\x23[error]y`},
		{"\x1b[31mred", `\x1b[31mred`},
		{"a\u202eb", `a\u202eb`},
		{strings.Repeat("x", 2001), strings.Repeat("x", 1999) + "…"},
	}
	for _, tt := range tests {
		if got := Plain(tt.in); got != tt.want {
			t.Errorf("Plain(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, code := Text(s), Code(s)
		for _, md := range []string{text, code} {
			if strings.ContainsAny(md, "\n\r") || !utf8.ValidString(md) {
				t.Fatalf("not one line of text: %q", md)
			}
			if strings.Contains(md, "<!--") || strings.Contains(md, "-->") {
				t.Errorf("a hidden mark in %q", md)
			}
		}
		mustBeTame(t, text)
		mustBeTame(t, code)
		mustBeTame(t, "- "+text+" "+text)
		mustBeTame(t, "| a | b |\n|---|---|\n| "+text+" | "+code+" |\n")
		if got, want := plainText(t, text), clean(s, textLimit); got != want {
			t.Errorf("Text(%q) shows %q, not %q", s, got, want)
		}
		if got, want := plainText(t, "| a |\n|---|\n| "+code+" |\n"), strings.TrimSpace("a\n\n\n\n\n"+clean(s, codeLimit)); got != want {
			t.Errorf("Code(%q) shows %q, not %q", s, got, want)
		}
		mustEnd := Fence("sh", s) + "\n\nend"
		if got := parse([]byte(mustEnd)).ChildCount(); got != 2 {
			t.Errorf("Fence(%q) makes %d blocks", s, got-1)
		}
		if p := Plain(s); strings.ContainsAny(p, "\n\r") || strings.HasPrefix(strings.TrimSpace(p), "::") || strings.Contains(p, "##[") {
			t.Errorf("Plain(%q) = %q", s, p)
		}
	})
}
