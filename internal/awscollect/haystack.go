package awscollect

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"sort"

	"github.com/keysweep/keysweep/internal/inventory"
)

// haystack is everything of one resource that a key may stand in, as one text, so that an id
// and its secret are seen side by side although they are two variables. It is wiped after use.
type haystack struct {
	text   []byte
	pieces []piece
}

// piece is a part of the text, from start to where the next one begins.
type piece struct {
	start int
	place inventory.ComputeKey
	named bool // the place has its variable; otherwise the line tells it
}

// variable adds a named value.
func (h *haystack) variable(where, part, name, value string) {
	h.pieces = append(h.pieces, piece{len(h.text), inventory.ComputeKey{Where: where, Part: showable(part), Variable: showable(name)}, true})
	h.text = append(h.text, name...)
	h.text = append(h.text, ": "...)
	h.text = append(h.text, value...)
	h.text = append(h.text, '\n')
}

// variables adds named values in the order of their names.
func (h *haystack) variables(where, part string, all map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		h.variable(where, part, name, all[name])
	}
}

// passage adds text whose lines may give names to values, such as a script.
func (h *haystack) passage(where, part string, text []byte) {
	h.pieces = append(h.pieces, piece{len(h.text), inventory.ComputeKey{Where: where, Part: showable(part)}, false})
	h.text = append(h.text, text...)
	h.text = append(h.text, '\n')
}

// at is the place of a byte of the text.
func (h *haystack) at(offset int) inventory.ComputeKey {
	i := sort.Search(len(h.pieces), func(i int) bool { return h.pieces[i].start > offset }) - 1
	if i < 0 {
		return inventory.ComputeKey{}
	}
	p := h.pieces[i]
	if !p.named {
		p.place.Variable = nameBefore(h.text[p.start:min(offset, len(h.text))])
	}
	return p.place
}

// assignment is the end of what stands before a value that a line gives a name.
var assignment = regexp.MustCompile(`(?:^|[^A-Za-z0-9_.+/-])([A-Za-z_][A-Za-z0-9_.-]{0,38})["']?[ \t]*(?:=>|:=|=|:)[ \t]*["'(]?$`)

// nameBefore is the name that the line gives to the value that follows text; empty if none.
func nameBefore(text []byte) string {
	text = text[max(0, len(text)-128):]
	text = text[bytes.LastIndexAny(text, "\r\n")+1:]
	if m := assignment.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

// nameForm is what names of variables and containers are made of.
var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,127}$`)

// showable keeps a name that may stand in an inventory: whoever puts a key into a
// configuration may have put it into the place of the name.
func showable(name string) string {
	if !nameForm.MatchString(name) || longRun.MatchString(name) {
		return ""
	}
	return name
}

// longRun is as long as a secret key, without anything that parts words.
var longRun = regexp.MustCompile(`[A-Za-z0-9]{36}`)
