package review

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// ExistingComment is a comment of the pull request.
type ExistingComment struct {
	ID        int64
	Author    string // a login
	AuthorBot bool
	Body      string
	UpdatedAt time.Time // by GitHub's clock
}

// Step is what is done about our comment.
type Step string

// The steps.
const (
	Nothing Step = "none"
	Create  Step = "create"
	Update  Step = "update"
)

// CommentPlan is the write of our comment.
type CommentPlan struct {
	Step Step
	ID   int64  // of the comment to update
	Body string // of the comment after the write
	// Doubles are comments of ours beside the one, which two runs at once made.
	Doubles []CommentEdit
}

// CommentEdit replaces the body of a comment.
type CommentEdit struct {
	ID   int64
	Body string
}

// PlanComment plans the one comment. self are the logins that runs of ours have: a hidden mark in a comment of
// anybody else, or further down than in the first line, is somebody's text. A pull request that never added
// anything gets no comment, one that adds nothing any more a quiet line, and what is said already is not
// said again.
//
// The marker names the head that was reviewed. Before the write the caller reads the pull request again, and
// leaves the comment alone when its head is another by now.
func PlanComment(v Verdict, existing []ExistingComment, self []string) CommentPlan {
	plan := CommentPlan{Step: Nothing}
	mine := ours(existing, self)
	if v.pull == nil || len(mine) == 0 && v.quiet() {
		return plan
	}
	plan.Body = v.Comment()
	if v.quiet() {
		plan.Body = v.QuietLine()
	}
	if len(mine) == 0 {
		plan.Step = Create
		return plan
	}
	plan.ID = mine[0].id
	if want, _ := parseComment(plan.Body); !mine[0].says(want) {
		plan.Step = Update
	}
	for _, m := range mine[1:] {
		if m.state != stateDouble {
			plan.Doubles = append(plan.Doubles, CommentEdit{m.id, doubleBody(m.head)})
		}
	}
	return plan
}

// quiet reports whether there is nothing to show: neither an addition nor an accepted one.
func (v Verdict) quiet() bool { return len(v.Added)+len(v.Accepted) == 0 }

// ParseMemory is what our comment on the pull request remembers; nil where there is none, or one that says
// nothing of additions.
func ParseMemory(existing []ExistingComment, self []string) *Memory {
	mine := ours(existing, self)
	if len(mine) == 0 || mine[0].memory == nil {
		return nil
	}
	return mine[0].memory.by(mine[0].updated)
}

// ours are the comments by runs of keysweep, the one first, then its doubles.
func ours(existing []ExistingComment, self []string) []posted {
	var out []posted
	for _, e := range existing {
		if !isSelf(e, self) {
			continue
		}
		if p, ok := parseComment(e.Body); ok {
			p.id, p.updated = e.ID, e.UpdatedAt
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b posted) int {
		if a, b := a.state == stateDouble, b.state == stateDouble; a != b {
			if b {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.id, b.id)
	})
	return out
}

// isSelf reports whether a comment is by one of the logins. That of an app is only its own where GitHub says
// that a bot wrote; that of a person is the one whose token the run has.
func isSelf(e ExistingComment, self []string) bool {
	return slices.ContainsFunc(self, func(login string) bool {
		return login != "" && strings.EqualFold(login, e.Author) && (e.AuthorBot || !strings.HasSuffix(strings.ToLower(login), "[bot]"))
	})
}

// The states of a comment of ours.
const (
	stateAdded  = "added"
	stateQuiet  = "quiet"
	stateDouble = "double"
)

const (
	commentStart = "<!-- keysweep:review v1 "
	unknownHead  = "unknown"
)

// posted is a comment of ours, taken apart.
type posted struct {
	state, head, hash string
	memory            *Memory // nil: the comment remembers nothing
	text              string

	id      int64
	updated time.Time
}

// written puts the hidden lines before a text.
func (v Verdict) written(state, text string) string {
	p := posted{state: state, head: unknownHead, text: text}
	if commitForm.MatchString(v.Head) {
		p.head = v.Head
	}
	if state == stateAdded {
		p.memory = &v.memory
	}
	return p.String()
}

func doubleBody(head string) string {
	return posted{state: stateDouble, head: head, text: "keysweep: what this comment said stands in the other comment of keysweep here."}.String()
}

// String is the body of the comment. The marker is its first line.
func (p posted) String() string {
	marker := commentStart + "state=" + p.state + " head=" + p.head + " hash=" + p.digest() + markClose + "\n"
	if p.memory != nil {
		marker += p.memory.line() + "\n"
	}
	return marker + "\n" + bare(p.text) + "\n"
}

// digest is of all that the comment says, when it was said apart.
func (p posted) digest() string {
	said := ""
	if p.memory != nil {
		said = p.memory.said()
	}
	return identity(p.state, said, bare(p.text))
}

// says reports whether a comment says what another would, and nobody changed its words. The quiet line is
// right for any later head.
func (p posted) says(want posted) bool {
	return p.hash == want.hash && p.digest() == want.hash && (p.head == want.head || want.state == stateQuiet)
}

// bare is a text as we compare it: GitHub and its editor may change the ends of lines.
func bare(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }

// parseComment takes apart a body whose first line is our marker, the whole of it.
func parseComment(body string) (posted, bool) {
	first, rest, _ := strings.Cut(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	inner, ok := strings.CutPrefix(first, commentStart)
	if !ok {
		return posted{}, false
	}
	inner, ok = strings.CutSuffix(inner, markClose)
	fields := strings.Split(inner, " ")
	if !ok || len(fields) != 3 {
		return posted{}, false
	}
	var p posted
	for i, f := range []struct {
		name string
		into *string
	}{{"state=", &p.state}, {"head=", &p.head}, {"hash=", &p.hash}} {
		if *f.into, ok = strings.CutPrefix(fields[i], f.name); !ok {
			return posted{}, false
		}
	}
	if line, below, _ := strings.Cut(rest, "\n"); p.state == stateAdded {
		if m, ok := parseMemory(line); ok {
			p.memory, rest = &m, below
		}
	}
	p.text = bare(rest)
	return p, p.valid()
}

func (p posted) valid() bool {
	return slices.Contains([]string{stateAdded, stateQuiet, stateDouble}, p.state) &&
		(p.head == unknownHead || commitForm.MatchString(p.head)) && isIdentity(p.hash)
}
