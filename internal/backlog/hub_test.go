package backlog_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/backlog"
)

// hub is GitHub as far as a plan can see it: issues that keep what is done to them. It knows
// nothing of how a plan is made.
type hub struct {
	now      time.Time
	self     string // who carries out plans
	selfBot  bool
	issues   []*backlog.Issue
	comments map[int][]string
	writes   int
	// left is the number of writes before the process that carries out a plan dies; below zero it lives.
	left int
}

func newHub(now time.Time) *hub {
	return &hub{now: now, self: "github-actions[bot]", selfBot: true, comments: map[int][]string{}, left: -1}
}

func (h *hub) issue(n int) *backlog.Issue { return h.issues[n-1] }

func (h *hub) list() []backlog.Issue {
	out := make([]backlog.Issue, 0, len(h.issues))
	for _, i := range h.issues {
		c := *i
		c.Labels = slices.Clone(i.Labels)
		if !c.Open {
			c.ClosedByKnown, c.ClosedBy, c.ClosedByBot = false, "", false
		}
		out = append(out, c)
	}
	return out
}

// whoClosed fills in what a look-up of single issues tells.
func (h *hub) whoClosed(list []backlog.Issue, numbers []int) {
	for i := range list {
		if slices.Contains(numbers, list[i].Number) {
			of := h.issue(list[i].Number)
			list[i].ClosedByKnown, list[i].ClosedBy, list[i].ClosedByBot = true, of.ClosedBy, of.ClosedByBot
		}
	}
}

// spend counts a write; false when the process is dead.
func (h *hub) spend() bool {
	if h.left == 0 {
		return false
	}
	h.left--
	h.writes++
	return true
}

// carryOut does what a plan says, write by write.
func (h *hub) carryOut(actions []backlog.Action) {
	for _, a := range actions {
		if a.Kind == backlog.Leave || a.Kind == backlog.Defer {
			continue
		}
		if a.Number == 0 {
			if a.Kind != backlog.Create && a.Kind != backlog.Dashboard {
				panic("no issue: " + a.String())
			}
			if h.spend() {
				h.open(a.Title, a.Body, a.AddLabels)
			}
			continue
		}
		h.change(a)
	}
}

func (h *hub) open(title, body string, labels []string) *backlog.Issue {
	i := &backlog.Issue{
		Number: len(h.issues) + 1, Title: title, Body: body, Open: true, Labels: slices.Clone(labels),
		Author: h.self, AuthorBot: h.selfBot, CreatedAt: h.now, UpdatedAt: h.now,
	}
	h.issues = append(h.issues, i)
	return i
}

func (h *hub) change(a backlog.Action) {
	i := h.issue(a.Number)
	if a.Comment != "" && !h.commented(a) && h.spend() {
		h.comments[a.Number] = append(h.comments[a.Number], a.Comment)
	}
	if a.Title+a.Body+a.State != "" && h.spend() {
		h.edit(i, a)
	}
	for _, l := range a.AddLabels {
		if h.spend() && !slices.Contains(i.Labels, l) {
			i.Labels = append(i.Labels, l)
		}
	}
	for _, l := range a.RemoveLabels {
		if h.spend() {
			i.Labels = slices.DeleteFunc(i.Labels, func(s string) bool { return s == l })
		}
	}
}

// commented reports whether a comment with the same key was made before.
func (h *hub) commented(a backlog.Action) bool {
	for _, c := range h.comments[a.Number] {
		if key, ok := backlog.ParseCommentKey(c); ok && key == a.CommentKey {
			return true
		}
	}
	return false
}

func (h *hub) edit(i *backlog.Issue, a backlog.Action) {
	if a.Title != "" {
		i.Title = a.Title
	}
	if a.Body != "" {
		i.Body = a.Body
	}
	switch {
	case a.State == "closed":
		h.close(i, h.self, h.selfBot, a.StateReason)
	case a.State == "open" && !i.Open:
		h.reopen(i)
	}
}

func (h *hub) close(i *backlog.Issue, by string, bot bool, reason string) {
	i.Open, i.StateReason, i.ClosedAt = false, reason, h.now
	i.ClosedByKnown, i.ClosedBy, i.ClosedByBot = true, by, bot
}

func (h *hub) reopen(i *backlog.Issue) {
	i.Open, i.StateReason, i.ClosedAt = true, "reopened", time.Time{}
	i.ClosedByKnown, i.ClosedBy, i.ClosedByBot = false, "", false
}

// openAbout are the open issues whose first line names a finding. It reads the line by itself.
func (h *hub) openAbout(id string) []int {
	var out []int
	for _, i := range h.issues {
		if first, _, _ := strings.Cut(i.Body, "\n"); i.Open && strings.HasPrefix(first, "<!-- keysweep:v1 id="+id+" ") {
			out = append(out, i.Number)
		}
	}
	return out
}

// lines are actions as text, one a line, with everything that would be done.
func lines(actions []backlog.Action) string {
	var b strings.Builder
	for _, a := range actions {
		fmt.Fprintf(&b, "%s", a.Kind)
		if a.Number > 0 {
			fmt.Fprintf(&b, " #%d", a.Number)
		}
		if a.State != "" {
			fmt.Fprintf(&b, " %s/%s", a.State, a.StateReason)
		}
		if a.Title != "" {
			fmt.Fprintf(&b, " title")
		}
		if a.Body != "" {
			fmt.Fprintf(&b, " body")
		}
		for _, l := range a.AddLabels {
			fmt.Fprintf(&b, " +%s", l)
		}
		for _, l := range a.RemoveLabels {
			fmt.Fprintf(&b, " -%s", l)
		}
		if a.CommentKey != "" {
			fmt.Fprintf(&b, " comment:%s", a.CommentKey[strings.Index(a.CommentKey, ".")+1:])
		}
		if a.Why != "" {
			fmt.Fprintf(&b, " (%s)", a.Why)
		}
		b.WriteString("\n")
	}
	return b.String()
}
