package backlog

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// body is the text of an issue, taken apart: our marker line, people's text before our
// section, our section (a hidden record and the visible block), people's text after it.
type body struct {
	marker Marker
	marked bool // the first line is a marker

	before string // raw

	section  bool // both our marks stand
	record   record
	recorded bool
	data     string // the data line as it stands
	block    string // without carriage returns and blank lines around it

	after string // raw, from the end mark on
}

// splitBody takes a body apart. It never loses a byte of what is not ours.
func splitBody(raw string) body {
	var b body
	rest := raw
	if m, ok := ParseMarker(raw); ok {
		b.marker, b.marked = m, true
		_, rest, _ = strings.Cut(skipBlank(raw), "\n")
	}
	start, startNext, ok := findLine(rest, 0, isLine(beginMark))
	if !ok {
		return b.loose(rest)
	}
	end, _, ok := findLine(rest, startNext, isLine(endMark))
	if !ok {
		return b.loose(rest)
	}
	b.section = true
	b.before = rest[:start]
	b.after = rest[end+len(endMark):]
	inside := rest[startNext:end]
	line, below := cutLine(inside)
	if r, ok := parseRecord(line); ok {
		b.record, b.recorded, b.data = r, true, bare(line)
		inside = below
	}
	b.block = plain(inside)
	return b
}

// loose is a body in which our section has lost a mark. What can be told to be ours, the
// marks and the record, is taken out; everything else is people's from now on.
func (b body) loose(rest string) body {
	var kept strings.Builder
	for len(rest) > 0 {
		line, next := cutLine(rest)
		rest = next
		text := bare(line)
		if r, ok := parseRecord(text); ok && (!b.marked || r.ID == b.marker.ID) {
			b.record, b.recorded, b.data = r, true, text
			continue
		}
		if text != beginMark && text != endMark {
			kept.WriteString(line)
		}
	}
	b.before = kept.String()
	return b
}

// String puts the body together again.
func (b body) String() string {
	before := b.before
	if strings.TrimSpace(before) == "" {
		before = ""
	}
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += "\n\n"
	}
	var s strings.Builder
	s.WriteString(b.marker.String() + "\n" + before + beginMark + "\n" + b.data + "\n")
	if b.block != "" {
		s.WriteString("\n" + b.block + "\n")
	}
	s.WriteString("\n" + endMark + b.after)
	return s.String()
}

// with is the body after a write of ours: another record, block and state. Boxes that people
// ticked stay ticked.
func (b body) with(r record, block, state string) body {
	return b.withData(r, r.encode(), block, state)
}

// withData is with for a record that is encoded already.
func (b body) withData(r record, data, block, state string) body {
	ticked := ticks(b.block)
	if !b.section {
		ticked = ticks(b.before)
	}
	b.record, b.recorded, b.data = r, true, data
	block = harmless(block)
	if !b.room(block) {
		block = tooLong
	}
	b.marker = Marker{ID: r.ID, State: state, Hash: digest(b.data, "\n", block)}
	b.block = ticked.apply(block)
	b.marked, b.section = true, true
	return b.withoutStray()
}

// bodyLimit leaves some of the 65,536 characters that GitHub takes to our marks.
const bodyLimit = 65_000

// tooLong stands where people wrote so much that our text finds no room.
const tooLong = "What keysweep found does not fit beside the text that stands here; the report of the run holds it."

// room reports whether a block fits beside people's text and the record.
func (b body) room(block string) bool {
	return len(b.before)+len(b.after)+len(b.data)+len(block) <= bodyLimit ||
		utf8.RuneCountInString(b.before)+utf8.RuneCountInString(b.after)+
			utf8.RuneCountInString(b.data)+utf8.RuneCountInString(block) <= bodyLimit
}

// withoutStray drops our marker line from people's text, where it stands when somebody wrote
// above it.
func (b body) withoutStray() body {
	if !strings.Contains(b.before, markerStart) {
		return b
	}
	var kept strings.Builder
	for rest := b.before; len(rest) > 0; {
		line, next := cutLine(rest)
		rest = next
		if m, ok := parseMarkerLine(line); !ok || m.ID != b.marker.ID {
			kept.WriteString(line)
		}
	}
	b.before = kept.String()
	return b
}

// same reports whether a write would change nothing that is ours.
func (b body) same(other body) bool {
	return b.marked == other.marked && b.section == other.section && b.marker == other.marker &&
		b.data == other.data && b.block == other.block
}

// harmless keeps any mark of ours out of a block, so that the block cannot end itself.
func harmless(block string) string {
	return strings.ReplaceAll(plain(block), markOpen, "&lt;!-- keysweep:")
}

// plain is a text without carriage returns at the ends of lines and without blank lines around it.
func plain(s string) string { return strings.Trim(strings.ReplaceAll(s, "\r\n", "\n"), "\n") }

var box = regexp.MustCompile(`^(\s*[-*+] \[)([ xX])(\] +)(.*)$`)

// boxes holds, for the text of an item, which of its boxes are ticked, in order; nil when
// none is.
type boxes map[string][]bool

// ticks reads the boxes of a text.
func ticks(text string) boxes {
	if !strings.Contains(text, "[x]") && !strings.Contains(text, "[X]") {
		return nil
	}
	out := boxes{}
	for _, line := range lines(text) {
		if m := boxOf(line); m != nil {
			item := strings.TrimSpace(m[4])
			out[item] = append(out[item], m[2] != " ")
		}
	}
	return out
}

// apply ticks the boxes of a text whose items were ticked before.
func (b boxes) apply(text string) string {
	if b == nil {
		return text
	}
	all := lines(text)
	nth := map[string]int{}
	for i, line := range all {
		m := boxOf(line)
		if m == nil {
			continue
		}
		item := strings.TrimSpace(m[4])
		if n := nth[item]; n < len(b[item]) && b[item][n] {
			all[i] = m[1] + "x" + m[3] + m[4]
		}
		nth[item]++
	}
	return strings.Join(all, "\n")
}

// boxOf is the match of a line with a box; the cheap test first, since few lines have one.
func boxOf(line string) []string {
	if !strings.Contains(line, "] ") {
		return nil
	}
	return box.FindStringSubmatch(line)
}

// Rebase carries a planned body over to a body that changed since the plan was made: our
// part from the plan, people's text and ticks from what stands there now.
func Rebase(planned, current string) string {
	ours, theirs := splitBody(planned), splitBody(current)
	if !ours.marked || !ours.recorded {
		return planned
	}
	return theirs.with(ours.record, untick(ours.block), ours.marker.State).String()
}

// untick is a text with all its boxes empty.
func untick(text string) string {
	all := lines(text)
	for i, line := range all {
		if m := boxOf(line); m != nil && m[2] != " " {
			all[i] = m[1] + " " + m[3] + m[4]
		}
	}
	return strings.Join(all, "\n")
}

func isLine(mark string) func(string) bool {
	return func(line string) bool { return bare(line) == mark }
}

// findLine is where the first line that fits starts, and where the next one does.
func findLine(s string, from int, fits func(string) bool) (start, next int, ok bool) {
	for at := from; at < len(s); {
		line, _ := cutLine(s[at:])
		if fits(line) {
			return at, at + len(line), true
		}
		at += len(line)
	}
	return 0, 0, false
}

// cutLine is the first line with its end, and the rest.
func cutLine(s string) (line, rest string) {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i+1], s[i+1:]
	}
	return s, ""
}

// lines are the lines of a text without their ends.
func lines(s string) []string { return strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") }
