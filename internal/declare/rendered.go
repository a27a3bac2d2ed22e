package declare

import (
	"slices"
	"strings"
)

// Limits of a text that is filled in.
const (
	maxRendered = 512 << 10 // bytes
	maxNodes    = 50_000    // parts of a template that are gone through
)

// rendered is a text that was filled in, and where each of its lines comes from: the entries of the lists
// that it was repeated for, and the line of the template.
type rendered struct {
	b     strings.Builder
	lines []renderedLine
	spent bool // there was more than is filled in
}

// renderedLine is what one line comes from.
type renderedLine struct {
	line    int32
	entries []Place // the outermost first
}

// write adds a text that begins on a line of the template.
func (r *rendered) write(s string, line int, entries []Place) {
	if r.b.Len()+len(s) > maxRendered {
		r.spent = true
		return
	}
	r.b.WriteString(s)
	for first := true; ; first = false {
		if n := len(r.lines) - 1; !first || n < 0 {
			r.lines = append(r.lines, renderedLine{int32(line), entries})
		} else if s != "" && s[0] != '\n' && (len(entries) > len(r.lines[n].entries) || r.atStart(len(s))) {
			r.lines[n] = renderedLine{int32(line), entries}
		}
		i := strings.IndexByte(s, '\n')
		if i < 0 {
			return
		}
		s = s[i+1:]
		line++
	}
}

// atStart says whether what was written last began a line.
func (r *rendered) atStart(n int) bool {
	before := r.b.String()[:r.b.Len()-n]
	return before == "" || before[len(before)-1] == '\n'
}

// origins lists what a line of the text comes from, the most telling first.
func (r *rendered) origins(n int, p string) []Place {
	l := r.lines[n]
	out := slices.Clone(l.entries)
	slices.Reverse(out)
	return append(out, Place{Path: p, Line: int(l.line)})
}

// placeIn sets the lines of what was found in a text that was filled in to where they come from.
func (r *rendered) placeIn(ds []Declaration, p string) {
	for n := range ds {
		d := &ds[n]
		places := d.Places
		if len(places) == 0 {
			places = []Place{{Path: d.Path, Line: d.Line}}
		}
		var out []Place
		for _, at := range places {
			if at.Path != p || at.Line < 1 || at.Line > len(r.lines) {
				out = append(out, at)
				continue
			}
			for _, from := range r.origins(at.Line-1, p) {
				if from.Line > 0 && !slices.Contains(out, from) {
					out = append(out, from)
				}
			}
		}
		d.Places, d.Path, d.Line = out, out[0].Path, out[0].Line
	}
}
