package review

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// ownHTML is all HTML that we write. No word from outside can stand in it.
var ownHTML = regexp.MustCompile(`^(` +
	`<!-- keysweep:review v1 state=(added|quiet) head=([0-9a-f]{40}|unknown) hash=[a-z2-7]{26} -->\n` +
	`|<!-- keysweep:memory \{"written":[0-9-]+,"shown":\[[a-z0-9 ":,{}-]*\]\} -->\n` +
	`|<!-- keysweep:line [a-z2-7]{26} -->\n` +
	`|<details>\n<summary>[A-Za-z0-9 ,;-]+</summary>\n` +
	`|</details>\n` +
	`)+$`)

// fromOutside finds what GitHub makes more of than text: mentions, references, commits, links, emoji.
var fromOutside = regexp.MustCompile(`@[A-Za-z0-9_-]|#[0-9]|(?i:\b(GH|GHSA|CVE)-[0-9A-Za-z])|(?i:\b[0-9a-f]{7,40}\b)|(?i:://|\bwww\.)|:[A-Za-z0-9_+-]+:|::`)

// inCode is the part of it that counts in code spans, which replies by e-mail lose.
var inCode = regexp.MustCompile(`@[A-Za-z0-9_-]|#[0-9]|(?i:\b(GH|GHSA|CVE)-[0-9A-Za-z])|(?i:://|\bwww\.)`)

// mustBeTame fails when Markdown holds what we did not write.
func mustBeTame(t *testing.T, source string, headings ...string) {
	t.Helper()
	src := []byte(source)
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(text.NewReader(src))
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML, *ast.AutoLink, *ast.Image, *extast.FootnoteLink, *ast.List, *ast.CodeBlock, *ast.Emphasis, *extast.Strikethrough, *ast.ThematicBreak:
			if e, ok := n.(*ast.Emphasis); ok && e.Level == 2 {
				return ast.WalkContinue, nil // ours
			}
			t.Errorf("%s in Markdown:\n%s", n.Kind(), source)
		case *ast.HTMLBlock:
			if block := lines(n, src) + closure(n, src); !ownHTML.MatchString(block) {
				t.Errorf("HTML that is not ours: %q in Markdown:\n%s", block, source)
			}
		case *ast.Heading:
			if h := shown(n, src); !slices.Contains(headings, h) && !strings.HasPrefix(h, "keysweep: this ") {
				t.Errorf("heading %q in Markdown:\n%s", h, source)
			}
		case *ast.Link:
			if !strings.HasPrefix(string(n.Destination), "https://github.com/acme/infra/blob/"+headSHA+"/") {
				t.Errorf("link to %q in Markdown:\n%s", n.Destination, source)
			}
		case *ast.CodeSpan:
			if m := inCode.FindString(raw(n, src)); m != "" {
				t.Errorf("%q in a code span:\n%s", m, source)
			}
		case *ast.Paragraph, *ast.TextBlock, *extast.TableCell:
			if m := fromOutside.FindString(shown(n, src)); m != "" {
				t.Errorf("%q is shown by Markdown:\n%s", m, source)
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mustHaveWholeRows(t, source)
}

// mustHaveWholeRows: a table's rows have as many cells as its head.
func mustHaveWholeRows(t *testing.T, source string) {
	t.Helper()
	columns, fence := 0, ""
	for line := range strings.SplitSeq(source, "\n") {
		switch {
		case fence != "":
			if line == fence {
				fence = ""
			}
		case strings.HasPrefix(line, "```"):
			fence = line[:len(line)-len(strings.TrimLeft(line, "`"))]
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = strings.Count(line, "|")
		case strings.Count(line, "|") != columns:
			t.Errorf("a row of other cells than its table: %q", line)
		}
	}
	if fence != "" {
		t.Errorf("a fence has no end:\n%s", source)
	}
}

func lines(n ast.Node, src []byte) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		s := n.Lines().At(i)
		b.Write(s.Value(src))
	}
	return b.String()
}

func closure(n *ast.HTMLBlock, src []byte) string {
	if !n.HasClosure() {
		return ""
	}
	return string(n.ClosureLine.Value(src))
}

// shown is the rendered text below a node, code left out, entities decoded.
func shown(n ast.Node, src []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.WriteString(html.UnescapeString(escapedChar.ReplaceAllString(string(c.Segment.Value(src)), "$1")))
			if c.SoftLineBreak() || c.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.CodeSpan:
			b.WriteString("\x00") // a code span parts the text around it
		default:
			if c.Type() == ast.TypeInline {
				b.WriteString(shown(c, src))
			}
		}
	}
	return b.String()
}

var escapedChar = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")

func raw(n ast.Node, src []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(src))
		}
	}
	return b.String()
}
