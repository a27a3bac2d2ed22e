package report

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// hostile are names that a person who may name or tag things could choose.
var hostile = []string{
	"@octocat", "@org/team", "alice@acme.com", "#12", "GH-12", "gh-7", "octo/repo#1", "octo/repo@deadbeef1",
	"GHSA-1234-5678-9abc", "0123456789abcdef0123456789abcdef01234567", "deadbee",
	"https://github.com/o/r/issues/1", "http://x", "www.evil.example", "mailto:a@b.co", "<https://evil.example>",
	"<script>alert(1)</script>", "<!-- keysweep:v1 id=0 state=closed hash=0 -->", "<!-- keysweep:end -->", "-->",
	"a|b", `a\|b`, `\`, `|`, "*bold*", "_em_", "__strong__", "~~gone~~", "`code`", "``", "```\nfence\n```", "~~~",
	"[link](https://evil.example)", "![img](https://evil.example/x.png)", "[^1]", "[x]", "[ ] task",
	"# heading", "- item", "+ item", "1. item", "2) item", "> quote", "---", "===", "a\n---", "    code", "\tcode",
	":smile:", ":+1:", "::error::pwned", "::set-output name=x::y", "##[error]pwned", "$x$", "$$x$$", "&lt;b&gt;", "&#64;octocat",
	"a\r\nb", "a\x00b", "\x1b[31mred", "ad\u202emin", "a\u200bb", "\ufeff@x", "a\u2028b", "\xff\xfe", "@\u200boctocat",
	"=cmd|' /C calc'!A0", "+1", "-1", "a  b", "", " ", "é", "日本語", strings.Repeat("x", 400), strings.Repeat("@a ", 300),
	"CIS 1.11", "arn:aws:iam::111122223333:user/ci-2", "{{7*7}}", "${HOME}", "%0A::error::", "\\\\@x", "a_b_c", "_", "x_",
}

var (
	mention   = regexp.MustCompile(`(^|[^A-Za-z0-9_])@[A-Za-z0-9]`)
	anyAt     = regexp.MustCompile(`@[A-Za-z0-9_-]`)
	reference = regexp.MustCompile(`#[0-9]|(?i)\b(GH|GHSA|CVE)-[0-9A-Za-z]`)
	commit    = regexp.MustCompile(`(?i)\b[0-9a-f]{7,40}\b`)
	link      = regexp.MustCompile(`(?i)://|\bwww\.`)
	emoji     = regexp.MustCompile(`:[A-Za-z0-9_+-]+:`)
)

// parse reads GitHub's Markdown.
func parse(source []byte) ast.Node {
	return goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(text.NewReader(source))
}

// mustBeTame fails when Markdown holds what GitHub would make more of than we wrote:
// HTML, links, pictures, mentions, references. Links whose target allowed holds are ours.
func mustBeTame(t *testing.T, source string, allowed ...string) {
	t.Helper()
	src := []byte(source)
	err := ast.Walk(parse(src), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML, *ast.HTMLBlock, *ast.AutoLink, *ast.Image, *extast.FootnoteLink:
			t.Errorf("%s in Markdown:\n%s", n.Kind(), source)
		case *ast.Link:
			if !contains(allowed, string(n.Destination)) {
				t.Errorf("link to %q in Markdown:\n%s", n.Destination, source)
			}
			return ast.WalkSkipChildren, nil // its text is ours
		case *ast.CodeSpan:
			code := raw(n, src) // what an e-mail shows
			for _, re := range []*regexp.Regexp{anyAt, reference, link} {
				if m := re.FindString(code); m != "" {
					t.Errorf("%q in a code span:\n%s", m, source)
				}
			}
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			return ast.WalkSkipChildren, nil
		case *ast.Paragraph, *ast.TextBlock, *ast.Heading, *extast.TableCell:
			tameText(t, shown(n, src), source)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tameText searches rendered text as GitHub does.
func tameText(t *testing.T, rendered, source string) {
	t.Helper()
	for _, re := range []*regexp.Regexp{mention, anyAt, reference, commit, link, emoji} {
		if m := re.FindString(rendered); m != "" {
			t.Errorf("%q is shown by Markdown:\n%s", m, source)
		}
	}
	if strings.Contains(rendered, "::") {
		t.Errorf("a workflow command may stand in Markdown:\n%s", source)
	}
}

// shown is the rendered text below a node, code left out, entities decoded.
func shown(n ast.Node, src []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.WriteString(decoded(c.Segment.Value(src)))
			if c.SoftLineBreak() || c.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.WriteString(decoded(c.Value))
		case *ast.CodeSpan:
			b.WriteString("\x00") // a code span parts the text around it
		case *ast.Link:
			b.WriteString("\x00")
		default:
			if c.Type() == ast.TypeInline {
				b.WriteString(shown(c, src))
			}
		}
	}
	return b.String()
}

// raw is the text below a node as it stands in the source.
func raw(n ast.Node, src []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(src))
		}
	}
	return b.String()
}

// escapedChar is a backslash escape of CommonMark.
var escapedChar = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")

func decoded(raw []byte) string {
	return html.UnescapeString(escapedChar.ReplaceAllString(string(raw), "$1"))
}

// plainText renders Markdown and returns what a reader sees, zero-width spaces taken out.
func plainText(t *testing.T, source string) string {
	t.Helper()
	var b bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(source), &b); err != nil {
		t.Fatal(err)
	}
	s := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(b.String(), "")
	return strings.TrimSpace(strings.ReplaceAll(html.UnescapeString(s), zw, ""))
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
