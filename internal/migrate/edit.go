package migrate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// edits are changes of a text by whole lines, counted from 0.
type edits struct {
	drop    map[int]bool
	insert  map[int][]string // before a line, without line ends
	replace map[int]string   // with the same line end
	// gone are the keys of the entries that were dropped.
	gone map[*yaml.Node]bool
}

func newEdits() *edits {
	return &edits{drop: map[int]bool{}, insert: map[int][]string{}, replace: map[int]string{}, gone: map[*yaml.Node]bool{}}
}

func (e *edits) empty() bool { return len(e.drop)+len(e.insert)+len(e.replace) == 0 }

// A row is one line of the patched text or of the text before it.
type row struct {
	sign byte // ' ' kept, '-' dropped, '+' new
	text string
	// meant: the line is new in what it says, not only in how it stands there.
	meant bool
}

// rows are the lines of both texts in their order.
func (e *edits) rows(lines []string) []row {
	var out []row
	for n, line := range lines {
		end := endOf(line)
		if end == "" && n > 0 {
			end = endOf(lines[n-1])
		}
		for _, text := range e.insert[n] {
			out = append(out, row{'+', text + end, true})
		}
		text, replaced := e.replace[n]
		switch {
		case e.drop[n]:
			out = append(out, row{sign: '-', text: line})
		case replaced:
			out = append(out, row{sign: '-', text: line}, row{sign: '+', text: text + endOf(line)})
		default:
			out = append(out, row{sign: ' ', text: line})
		}
	}
	// A text without a line end at its end keeps none, where what is its end now is new.
	if len(lines) > 0 && endOf(lines[len(lines)-1]) == "" {
		for i := len(out) - 1; i >= 0 && out[i].sign != ' '; i-- {
			if out[i].sign == '+' {
				out[i].text = strings.TrimRight(out[i].text, "\r\n")
				break
			}
		}
	}
	return out
}

func endOf(line string) string {
	switch {
	case strings.HasSuffix(line, "\r\n"):
		return "\r\n"
	case strings.HasSuffix(line, "\n"):
		return "\n"
	}
	return ""
}

// patched is the text after the edits, and which of its lines, from 1, say something new.
func patched(rows []row) (text []byte, meant map[int]bool) {
	meant = map[int]bool{}
	n := 0
	for _, r := range rows {
		if r.sign == '-' {
			continue
		}
		n++
		meant[n] = r.meant
		text = append(text, r.text...)
	}
	return text, meant
}

// contextLines are how many lines stand around a change.
const contextLines = 3

// unified is the patch in the form that git takes.
func unified(path string, rows []row) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n", path, path, path, path)
	for _, h := range hunks(rows) {
		b.WriteString(h.head(rows))
		for _, r := range rows[h.from:h.to] {
			b.WriteByte(r.sign)
			b.WriteString(r.text)
			if !strings.HasSuffix(r.text, "\n") {
				b.WriteString("\n\\ No newline at end of file\n")
			}
		}
	}
	return b.Bytes()
}

// hunk is a range of rows.
type hunk struct{ from, to int }

func hunks(rows []row) []hunk {
	var out []hunk
	for i, r := range rows {
		if r.sign == ' ' {
			continue
		}
		from, to := max(0, i-contextLines), min(len(rows), i+contextLines+1)
		if n := len(out); n > 0 && from <= out[n-1].to {
			out[n-1].to = to
			continue
		}
		out = append(out, hunk{from, to})
	}
	return out
}

func (h hunk) head(rows []row) string {
	before, after := 0, 0
	for _, r := range rows[:h.from] {
		before += count(r.sign != '+')
		after += count(r.sign != '-')
	}
	old, now := 0, 0
	for _, r := range rows[h.from:h.to] {
		old += count(r.sign != '+')
		now += count(r.sign != '-')
	}
	return fmt.Sprintf("@@ -%d,%d +%d,%d @@\n", before+count(old > 0), old, after+count(now > 0), now)
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// says spells out a value, without the entries and items that skip takes away, so that two can be compared.
func says(n *yaml.Node, skip func(*yaml.Node) bool) string {
	var b strings.Builder
	spell(&b, n, skip)
	return b.String()
}

func spell(b *strings.Builder, n *yaml.Node, skip func(*yaml.Node) bool) {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if skip(n.Content[i]) {
				continue
			}
			spell(b, n.Content[i], skip)
			b.WriteByte(':')
			spell(b, n.Content[i+1], skip)
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for _, c := range n.Content {
			if !skip(c) {
				spell(b, c, skip)
				b.WriteByte(',')
			}
		}
		b.WriteByte(']')
	default:
		fmt.Fprintf(b, "%s%q", n.ShortTag(), n.Value)
	}
}

// held reports whether a patched text says what the text before it said, but for what was meant to change.
func held(before *yaml.Node, gone map[*yaml.Node]bool, after []byte, meant map[int]bool) bool {
	root, err := parse(after)
	if err != nil {
		return false
	}
	return says(before, func(n *yaml.Node) bool { return gone[n] }) == says(root, func(n *yaml.Node) bool { return meant[n.Line] })
}

// put inserts lines before a line, behind those that others put there.
func (e *edits) put(n int, lines ...string) { e.insert[n] = slices.Concat(e.insert[n], lines) }
