package review

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/report"
)

// InlineComment is a comment at lines of the head's side of the diff.
type InlineComment struct {
	Path      string
	Line      int // the last line
	StartLine int // the first, where there are several; else 0
	Body      string
}

// maxInline is how many comments a review has; GitHub stumbles over more.
const maxInline = 30

// Inline are comments at the additions that count, one for each line, 30 at most. patches holds the hunks of each
// path as GitHub tells them. A line that they do not prove to be in the diff gets none: GitHub refuses a review
// as a whole for one such line.
func (v Verdict) Inline(patches map[string]string) []InlineComment {
	type spot struct {
		path string
		line int
	}
	at := map[spot][]Row{}
	var order []spot
	for _, r := range v.Added {
		s := spot{r.Path, r.Line}
		if at[s] == nil {
			order = append(order, s)
		}
		at[s] = append(at[s], r)
	}
	lines := map[string]map[int]int{}
	var out []InlineComment
	for _, s := range order {
		if lines[s.path] == nil {
			lines[s.path] = headLines(patches[s.path])
		}
		if c, ok := inline(at[s], lines[s.path]); ok && len(out) < maxInline {
			out = append(out, c)
		}
	}
	return out
}

const inlineStart = "<!-- keysweep:line "

// inline is the comment at one line, where it is in the diff.
func inline(list []Row, inDiff map[int]int) (InlineComment, bool) {
	first := list[0]
	if inDiff[first.Line] == 0 {
		return InlineComment{}, false
	}
	c := InlineComment{Path: first.Path, Line: first.Line}
	suggested := ""
	for _, r := range list {
		if s := r.suggest; suggested == "" && s != nil && s.fits(inDiff) {
			suggested = s.block()
			if suggested != "" {
				c.Line, c.StartLine = s.end, s.start
			}
		}
	}
	if c.StartLine == c.Line {
		c.StartLine = 0
	}
	c.Body = blocks(inlineStart+wholeOf(list)+markClose+"\n"+inlineRows(list), inlineAdvice(list, suggested == ""), suggested)
	return c, len(c.Body) <= inlineLimit
}

// inlineNames is how many additions of one line are named.
const inlineNames = 10

func inlineRows(list []Row) string {
	text := ""
	for _, r := range list[:min(len(list), inlineNames)] {
		text += "**keysweep:** this adds " + one(what(r)) + " " + named(r) + " (" + report.Text(confidenceWords(r.Confidence)) + ").\n"
	}
	if more := len(list) - inlineNames; more > 0 {
		text += "And " + thousands(more) + " more.\n"
	}
	return text
}

// inlineAdvice says what to do instead, once for all additions that it fits.
func inlineAdvice(list []Row, snippets bool) string {
	var said []Advice
	text := ""
	for _, r := range list {
		if slices.Contains(said, r.advice) || len(said) == adviceNames {
			continue
		}
		said = append(said, r.advice)
		text += report.Prose(r.advice.Text) + "\n"
		if snippets {
			text += snippet(r.advice)
		}
		text += "\n"
	}
	return text
}

// inlineLimit keeps a review far below what GitHub takes.
const inlineLimit = 20_000

// one puts the article before what a row makes.
func one(words string) string {
	if strings.Contains(words, " × ") {
		return words
	}
	if strings.IndexByte("AEIOaeio", words[0]) >= 0 || strings.HasPrefix(words, "SSH") {
		return "an " + words
	}
	return "a " + words
}

// fits reports whether a suggestion replaces lines of one hunk alone.
func (s *suggestion) fits(inDiff map[int]int) bool {
	if s.start < 1 || s.end < s.start || s.end-s.start > 200 {
		return false
	}
	for n := s.start; n <= s.end; n++ {
		if inDiff[n] == 0 || inDiff[n] != inDiff[s.start] {
			return false
		}
	}
	return true
}

// block is the suggestion as GitHub offers it with a button. It is empty where the text would have to be escaped:
// what is committed by a button must be what was meant.
func (s *suggestion) block() string {
	if len(s.text) > longestSnippet {
		return ""
	}
	if s.text == "" { // the lines go
		return "```suggestion\n```"
	}
	fence := report.Fence("suggestion", s.text)
	if !strings.Contains(fence, "suggestion\n"+s.text+"\n`") {
		return ""
	}
	return fence
}

// NewInline leaves out the comments that stand on the pull request already, whatever line they moved to.
func NewInline(all []InlineComment, existing []ExistingComment, self []string) []InlineComment {
	said := map[string]bool{}
	for _, e := range existing {
		if line, _, _ := strings.Cut(strings.ReplaceAll(e.Body, "\r\n", "\n"), "\n"); isSelf(e, self) {
			said[line] = true
		}
	}
	var out []InlineComment
	for _, c := range all {
		if line, _, _ := strings.Cut(c.Body, "\n"); !said[line] {
			out = append(out, c)
		}
	}
	return out
}

var hunkHead = regexp.MustCompile(`^@@ -[0-9]{1,9}(?:,([0-9]{1,9}))? \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@`)

// headLines maps the lines of the head that a patch shows to the number, from 1, of their hunk. The counts in the
// head of a hunk say how far it goes, so that no content can pass for another hunk.
func headLines(patch string) map[int]int {
	at := map[int]int{}
	hunk, old, line, left := 0, 0, 0, 0
	for text := range strings.SplitSeq(patch, "\n") {
		if old <= 0 && left <= 0 {
			if m := hunkHead.FindStringSubmatch(text); m != nil {
				hunk++
				old, line, left = count(m[1]), count(m[2]), count(m[3])
			}
			continue
		}
		switch {
		case strings.HasPrefix(text, `\`):
			continue // no line break at the end of the file
		case strings.HasPrefix(text, "-"):
			old--
			continue
		case strings.HasPrefix(text, "+"):
		case strings.HasPrefix(text, " "), text == "":
			old--
		default:
			return at // no patch that we understand: what was proven so far stands
		}
		if left--; left < 0 || old < 0 {
			return at
		}
		at[line] = hunk
		line++
	}
	return at
}

// count reads a number of a hunk's head; one that is left out is 1.
func count(s string) int {
	if s == "" {
		return 1
	}
	n, _ := strconv.Atoi(s) // nine digits at most
	return n
}
