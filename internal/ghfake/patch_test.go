package ghfake

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// text draws a file of few different lines, so that many of them repeat, with or without an end of line.
func text(t *rapid.T, label string) string {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "", "}", "-x", "+y", "@@ z"}), 0, 30).Draw(t, label)
	out := strings.Join(lines, "\n")
	if out != "" && rapid.Bool().Draw(t, label+" ends") {
		out += "\n"
	}
	return out
}

var rangeOf = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// apply carries out a patch, by the rules of the format alone.
func apply(t *rapid.T, old, patch string) string {
	lines := strings.SplitAfter(old, "\n")
	var out strings.Builder
	at := 0 // lines of old that are done
	for line := range strings.SplitSeq(patch, "\n") {
		if m := rangeOf.FindStringSubmatch(line); m != nil {
			start, _ := strconv.Atoi(m[1])
			if m[2] != "0" {
				start--
			}
			for ; at < start; at++ {
				out.WriteString(lines[at])
			}
			continue
		}
		switch line[0] {
		case '-':
			at++
		case ' ':
			out.WriteString(lines[at])
			at++
		case '+':
			out.WriteString(line[1:] + "\n")
		case '\\': // ends of line at the end of the text are not compared
		default:
			t.Fatalf("no line of a patch: %q", line)
		}
	}
	for ; at < len(lines); at++ {
		out.WriteString(lines[at])
	}
	return out.String()
}

// TestPatchesApply: a patch turns the one text into the other, and the lines it is said to show are those of the texts.
func TestPatchesApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := text(t, "x"), text(t, "y")
		if x == y {
			return
		}
		patch := hunks(x, y)
		if got := apply(t, x, patch); strings.TrimSuffix(got, "\n") != strings.TrimSuffix(y, "\n") {
			t.Fatalf("applied to %q:\n%s\ngives %q, want %q", x, patch, got, y)
		}
		for side, whole := range map[string]string{"LEFT": x, "RIGHT": y} {
			lines := strings.Split(strings.TrimSuffix(whole, "\n"), "\n")
			for n := range shown(patch, side) {
				if n < 1 || n > len(lines) {
					t.Fatalf("%s line %d of %q is said to be shown:\n%s", side, n, whole, patch)
				}
			}
		}
	})
}
