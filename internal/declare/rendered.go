package declare

import (
	"slices"
	"strings"
)

// Limits of a text that is filled in.
const (
	maxRendered = 2 << 20 // bytes
	maxNodes    = 100_000 // parts of a template that are gone through
)

// rendered is a text that was filled in, and where each of its lines comes from: the entries of the lists
// that it was repeated for, and the line of the template.
type rendered struct {
	b     strings.Builder
	lines [][]Place
	spent bool // there was more than is filled in
}

// write adds a text that begins on a line of the template.
func (r *rendered) write(s string, p string, line int, entries []Place) {
	if r.b.Len()+len(s) > maxRendered {
		r.spent = true
		return
	}
	if len(r.lines) == 0 {
		r.lines = append(r.lines, origin(p, line, entries))
	}
	for i := range len(s) {
		if s[i] == '\n' {
			line++
			r.lines = append(r.lines, origin(p, line, entries))
		} else if i == 0 || s[i-1] == '\n' {
			r.lines[len(r.lines)-1] = moreTelling(r.lines[len(r.lines)-1], origin(p, line, entries))
		}
	}
	r.b.WriteString(s)
}

// origin lists the entries, the innermost first, and the line of the template.
func origin(p string, line int, entries []Place) []Place {
	out := make([]Place, 0, len(entries)+1)
	for i := len(entries) - 1; i >= 0; i-- {
		out = append(out, entries[i])
	}
	return append(out, Place{Path: p, Line: line})
}

// moreTelling is the one of two origins of a line that names entries.
func moreTelling(a, b []Place) []Place {
	if len(b) > len(a) {
		return b
	}
	return a
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
			for _, from := range r.lines[at.Line-1] {
				if from.Line > 0 && !slices.Contains(out, from) {
					out = append(out, from)
				}
			}
		}
		d.Places, d.Path, d.Line = out, out[0].Path, out[0].Line
	}
}
