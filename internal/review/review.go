// Package review turns what a comparison of two states found into a verdict on a change, into all that
// is said about it, and into the writes that say it on a pull request.
//
// It is pure: it knows neither git nor GitHub, and time is a parameter. Everything that a change brings
// with it (paths, names, addresses) is hostile and is escaped by package report.
package review

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/keysweep/keysweep/internal/declare"
)

// Schema names the document that Outcome.JSON makes.
const Schema = "keysweep/review/v1"

// Outcome is what a comparison found. It is the document keysweep/review/v1.
type Outcome struct {
	// Base and Head name the two states, by the commits' ids where there are any.
	Base, Head  string
	Changes     []declare.Change
	NotAnalysed []declare.NotAnalysed
}

// Complete reports whether every file was analysed that could hold a declaration.
func (o Outcome) Complete() bool { return len(o.NotAnalysed) == 0 }

// document is keysweep/review/v1.
type document struct {
	Schema      string                `json:"schema"`
	Base        string                `json:"base"`
	Head        string                `json:"head"`
	Complete    bool                  `json:"complete"`
	Changes     []declare.Change      `json:"changes"`
	NotAnalysed []declare.NotAnalysed `json:"not_analysed"`
}

// JSON is the outcome as its document, rows sorted by place, lists never null. It can be printed to any
// terminal and to the log of a workflow: what is invisible or could begin a workflow command is escaped.
func (o Outcome) JSON() []byte {
	s := o.sorted()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(document{
		Schema: Schema, Base: s.Base, Head: s.Head, Complete: s.Complete(), Changes: s.Changes, NotAnalysed: s.NotAnalysed,
	})
	if err != nil { // structs of strings and numbers always encode
		panic(err)
	}
	return []byte(printable(out.String()))
}

// printable escapes, by the rules of JSON, what a terminal or a runner would obey.
func printable(doc string) string {
	doc = strings.ReplaceAll(doc, "##[", `#\u0023[`)
	if strings.IndexFunc(doc, unseen) < 0 {
		return doc
	}
	var b strings.Builder
	for _, r := range doc {
		switch {
		case !unseen(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// unseen reports whether a rune of a document shows nothing or moves what stands beside it.
func unseen(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// sorted is the outcome in its order, which does not depend on the order in which it was found.
func (o Outcome) sorted() Outcome {
	o.Changes = append([]declare.Change{}, o.Changes...)
	o.NotAnalysed = append([]declare.NotAnalysed{}, o.NotAnalysed...)
	slices.SortFunc(o.Changes, compareChanges)
	slices.SortFunc(o.NotAnalysed, func(a, b declare.NotAnalysed) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
	return o
}

func compareChanges(a, b declare.Change) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Form, b.Form), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Change, b.Change),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Count, b.Count), cmp.Compare(a.Confidence, b.Confidence),
		cmp.Compare(a.Why, b.Why),
	)
}
