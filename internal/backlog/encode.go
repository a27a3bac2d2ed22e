package backlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schema names the document that EncodePlan makes.
const Schema = "keysweep/plan/v1"

// Run is what plan.json says of the run beside the plan.
type Run struct {
	GeneratedAt time.Time // UTC
	ToolVersion string
	// DryRun says that nothing of the plan is carried out.
	DryRun bool
}

// document is plan.json.
type document struct {
	Schema           string    `json:"schema"`
	GeneratedAt      string    `json:"generated_at"`
	ToolVersion      string    `json:"tool_version"`
	DryRun           bool      `json:"dry_run"`
	Counts           Counts    `json:"counts"`
	Fuse             Fuse      `json:"fuse"`
	Actions          []planned `json:"actions"`
	Deferred         []Listed  `json:"deferred"`
	ClosedButPresent []Listed  `json:"closed_but_present"`
	Accepted         []Listed  `json:"accepted"`
	NotAssessed      []Listed  `json:"not_assessed"`
	NotSynced        []Listed  `json:"not_synced"`
	Warnings         []string  `json:"warnings"`
}

// planned is one action in plan.json.
type planned struct {
	Action
	Title string `json:"title"`
}

// EncodePlan makes plan.json. The same plan gives the same bytes but for the time. Lists are
// never null.
func EncodePlan(r Result, run Run) ([]byte, error) {
	d := document{
		Schema: Schema, GeneratedAt: stamp(run.GeneratedAt), ToolVersion: run.ToolVersion, DryRun: run.DryRun,
		Counts: r.Counts, Fuse: r.Fuse, Actions: make([]planned, 0, len(r.Actions)),
		Deferred: listing(r.Deferred), ClosedButPresent: listing(r.ClosedButPresent), Accepted: listing(r.Accepted),
		NotAssessed: listing(r.NotAssessed), NotSynced: listing(r.NotSynced),
		Warnings: append([]string{}, r.Warnings...),
	}
	for _, a := range r.Actions {
		d.Actions = append(d.Actions, planned{Action: a, Title: a.title})
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return nil, fmt.Errorf("encoding the plan: %w", err)
	}
	return out.Bytes(), nil
}

func listing(list []Listed) []Listed { return append([]Listed{}, list...) }

// Text is the plan for people: one line an action, then the fuse and the warnings. Words from
// outside are quoted, so that none can end a line or begin a workflow command.
func Text(r Result) string {
	var b strings.Builder
	for _, a := range r.Actions {
		b.WriteString(a.String() + "\n")
	}
	if r.Fuse.Blown {
		b.WriteString("fuse: " + r.Fuse.Text + "\n")
	}
	for _, w := range r.Warnings {
		b.WriteString("warning: " + strconv.Quote(w) + "\n")
	}
	return b.String()
}

// String is the action as one line.
func (a Action) String() string {
	s := string(a.Kind)
	if a.Number > 0 {
		s += " #" + strconv.Itoa(a.Number)
	}
	s += " " + a.FindingID
	if a.title != "" {
		s += " " + strconv.Quote(a.title)
	}
	if a.Why != "" {
		s += " because " + strconv.Quote(a.Why)
	}
	return s
}
