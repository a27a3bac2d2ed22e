package ghfake

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// What GitHub leaves out of differences.
const (
	// MaxFilePatch is how many lines the patch of one file may have.
	MaxFilePatch = 3000
	// MaxFilePatchBytes is how long it may be.
	MaxFilePatchBytes = 100 << 10
	// MaxAnswerPatch is how many lines all patches of one answer may have: the rows after it say zero.
	MaxAnswerPatch  = 20000
	maxPullFiles    = 3000
	maxCompareFiles = 300
)

// change is one file that differs between two trees.
type change struct {
	path, previous     string
	status             string
	sha                string // afterwards, of a removed file before
	patch              string // hunks without a heading; empty where GitHub shows none
	additions, deleted int
}

func (ch change) patchLines() int {
	if ch.patch == "" {
		return 0
	}
	return strings.Count(ch.patch, "\n") + 1
}

// diff lists what differs between two trees, by path.
func (st *store) diff(from, to string) []change {
	key := [2]string{from, to}
	if out, ok := st.diffs[key]; ok {
		return out
	}
	before, after := st.flatten(from), st.flatten(to)
	var out, removed []change
	for path, l := range before {
		if _, still := after[path]; !still {
			removed = append(removed, change{path: path, status: "removed", sha: l.sha})
		}
	}
	for path, l := range after {
		old, was := before[path]
		switch {
		case !was:
			out = append(out, change{path: path, status: "added", sha: l.sha})
		case old != l:
			out = append(out, change{path: path, status: "modified", sha: l.sha})
		}
	}
	byPath := func(a, b change) int { return cmp.Compare(a.path, b.path) }
	slices.SortFunc(removed, byPath)
	slices.SortFunc(out, byPath)
	out = append(out, st.renames(before, after, out, removed)...)
	slices.SortFunc(out, byPath)
	for n := range out {
		st.patch(&out[n], before, after)
	}
	st.diffs[key] = out
	return out
}

// renames turns added files into renamed ones where a removed file is like them, and gives the removed files that remain.
func (st *store) renames(before, after map[string]leaf, added, removed []change) []change {
	for _, least := range []float64{1, 0.5} { // what is equal first
		for n := range added {
			a := &added[n]
			if a.status != "added" {
				continue
			}
			like := slices.IndexFunc(removed, func(r change) bool { return st.likeness(before[r.path], after[a.path]) >= least })
			if like >= 0 {
				a.status, a.previous = "renamed", removed[like].path
				removed = slices.Delete(removed, like, like+1)
			}
		}
	}
	return removed
}

// likeness is the part of two files that they have in common, by lines.
func (st *store) likeness(a, b leaf) float64 {
	if a == b {
		return 1
	}
	x, y := st.blobs[a.sha], st.blobs[b.sha]
	if a.mode != b.mode || x == "" || y == "" || len(x) > 2*len(y) || len(y) > 2*len(x) {
		return 0
	}
	left := map[string]int{}
	for line := range strings.Lines(x) {
		left[line]++
	}
	common := 0
	for line := range strings.Lines(y) {
		if left[line] > 0 {
			left[line]--
			common += len(line)
		}
	}
	return min(0.99, float64(common)/float64(max(len(x), len(y))))
}

// patch fills in the patch and the counts.
func (st *store) patch(ch *change, before, after map[string]leaf) {
	old, was := before[cmp.Or(ch.previous, ch.path)]
	now, is := after[ch.path]
	x, y := st.text(old, was), st.text(now, is)
	if binary(x) || binary(y) {
		return
	}
	patch := hunks(x, y)
	for line := range strings.Lines(patch) {
		switch line[0] {
		case '+':
			ch.additions++
		case '-':
			ch.deleted++
		}
	}
	ch.patch = patch
	if ch.patchLines() > MaxFilePatch || len(patch) > MaxFilePatchBytes {
		ch.patch = ""
	}
}

// text is what git shows for a leaf.
func (st *store) text(l leaf, there bool) string {
	switch {
	case !there:
		return ""
	case l.mode == ModeSubmodule:
		return "Subproject commit " + l.sha + "\n"
	}
	return st.blobs[l.sha]
}

// binary is git's guess.
func binary(s string) bool { return strings.Contains(s[:min(len(s), 8000)], "\x00") }

var (
	hunkHead = regexp.MustCompile(`(?m)^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$`)
	heading  = regexp.MustCompile(`^[A-Za-z_$]`)
)

// hunks is a unified diff as GitHub gives it: without the lines that name the files, a count of one left out, and behind each
// head the last line above the hunk that starts with a letter.
func hunks(x, y string) string {
	text := string(diff.Diff("a", []byte(x), "b", []byte(y)))
	for range 3 {
		_, text, _ = strings.Cut(text, "\n")
	}
	lines := strings.SplitAfter(x, "\n")
	text = hunkHead.ReplaceAllStringFunc(text, func(head string) string {
		m := hunkHead.FindStringSubmatch(head)
		return "@@ -" + span(m[1], m[2]) + " +" + span(m[3], m[4]) + " @@" + above(lines, m[1])
	})
	return strings.TrimSuffix(text, "\n")
}

func span(start, count string) string {
	if count == "1" {
		return start
	}
	return start + "," + count
}

func above(lines []string, start string) string {
	n, _ := strconv.Atoi(start)
	for n = min(n-2, len(lines)-1); n >= 0; n-- {
		if heading.MatchString(lines[n]) {
			return " " + strings.TrimRight(lines[n][:min(len(lines[n]), 80)], " \r\n")
		}
	}
	return ""
}

var hunkStart = regexp.MustCompile(`^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@`)

// shown maps each line of one side that a patch shows to the number of its hunk, from 1.
func shown(patch, side string) map[int]int {
	out := map[int]int{}
	hunk, left, right := 0, 0, 0
	for line := range strings.SplitSeq(patch, "\n") {
		if m := hunkStart.FindStringSubmatch(line); m != nil {
			hunk++
			left, _ = strconv.Atoi(m[1])
			right, _ = strconv.Atoi(m[2])
			continue
		}
		sign := byte(' ')
		if line != "" {
			sign = line[0]
		}
		if sign == '\\' {
			continue
		}
		if side == "LEFT" && sign != '+' {
			out[left] = hunk
		}
		if side == "RIGHT" && sign != '-' {
			out[right] = hunk
		}
		if sign != '+' {
			left++
		}
		if sign != '-' {
			right++
		}
	}
	return out
}

// rows renders changes for one answer, whose later rows say nothing once the patches got long.
func (c *call) rows(all []change, ref string) []any {
	out := []any{}
	sum := 0
	for _, ch := range all {
		sum += ch.patchLines()
		out = append(out, c.row(ch, ref, sum > MaxAnswerPatch))
	}
	return out
}

func (c *call) row(ch change, ref string, zeroed bool) map[string]any {
	escaped := escapePath(ch.path)
	web := c.web + "/" + c.repo.FullName
	out := map[string]any{
		"sha": ch.sha, "filename": ch.path, "status": ch.status, "additions": 0, "deletions": 0, "changes": 0,
		"blob_url": fmt.Sprintf("%s/blob/%s/%s", web, ref, escaped), "raw_url": fmt.Sprintf("%s/raw/%s/%s", web, ref, escaped),
		"contents_url": fmt.Sprintf("%s/contents/%s?ref=%s", c.repoURL(), escaped, ref),
	}
	if ch.previous != "" {
		out["previous_filename"] = ch.previous
	}
	if zeroed {
		return out
	}
	out["additions"], out["deletions"], out["changes"] = ch.additions, ch.deleted, ch.additions+ch.deleted
	if ch.patch != "" {
		out["patch"] = ch.patch
	}
	return out
}
