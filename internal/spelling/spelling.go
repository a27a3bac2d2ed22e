// Package spelling finds the word that was meant by one that does not exist.
package spelling

import "unicode/utf8"

// longest bounds the work for a word from outside: none of ours is longer.
const longest = 64

// Nearest is the word most like s, the first of equals; it is empty when none is like
// enough to have been meant: more than a third of s, and more than one character, differs.
func Nearest(s string, words []string) string {
	if len(s) > longest*utf8.UTFMax || utf8.RuneCountInString(s) > longest {
		return ""
	}
	from := []rune(s)
	best, least := "", max(1, len(from)/3)+1
	for _, word := range words {
		if d := edits(from, []rune(word)); d < least {
			best, least = word, d
		}
	}
	return best
}

// edits counts the characters to insert, drop, change or swap with their neighbour to
// make b of a.
func edits(a, b []rune) int {
	// Three rows of the table are enough: a swap looks two rows back.
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		older, old, row = old, row, older
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(old[j]+cost, old[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
