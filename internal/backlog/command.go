package backlog

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/accept"
)

// ErrNoCommand says that a comment holds no command of ours.
var ErrNoCommand = errors.New("no command")

// Command is an acceptance that somebody asks for in a comment:
//
//	/keysweep accept until=2027-03-31 reason=the vendor ends in March
type Command struct {
	Until  time.Time // midnight (UTC) at the start of the last day
	Reason string    // one line, 200 characters at most
}

const commandWord = "/keysweep"

// ParseCommand reads the command of a comment. It stands on the first line that is not
// blank, so that a quoted command is none. It returns ErrNoCommand where there is none, and
// another error that says what to write where there is one that cannot be understood.
func ParseCommand(comment string) (Command, error) {
	line, _, _ := strings.Cut(skipBlank(comment), "\n")
	rest, ok := strings.CutPrefix(line, commandWord)
	if !ok || rest != "" && !isBlank(rune(rest[0])) {
		return Command{}, ErrNoCommand
	}
	verb, args, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if verb != "accept" {
		return Command{}, fmt.Errorf("unknown command %q: write %s accept until=YYYY-MM-DD reason=…", verb, commandWord)
	}
	return parseAccept(args)
}

func parseAccept(args string) (Command, error) {
	var c Command
	for args = strings.TrimSpace(args); args != ""; args = strings.TrimSpace(args) {
		key, value, ok := strings.Cut(args, "=")
		switch {
		case ok && key == "until" && c.Until.IsZero():
			day, rest, _ := strings.Cut(value, " ")
			until, ok := accept.Day(day)
			if !ok {
				return Command{}, fmt.Errorf("until=%q is no day: write until=YYYY-MM-DD", day)
			}
			c.Until, args = until, rest
		case ok && key == "reason" && c.Reason == "":
			c.Reason, args = cutReason(value)
			if c.Reason == "" {
				return Command{}, errors.New("the reason is empty: write reason=… with the reason behind it")
			}
		default:
			return Command{}, fmt.Errorf("%q is not understood: write until=YYYY-MM-DD reason=…, each once", args)
		}
	}
	if c.Until.IsZero() || c.Reason == "" {
		return Command{}, errors.New("an end date and a reason are required: write until=YYYY-MM-DD reason=…")
	}
	return c, nil
}

// cutReason takes the reason off the front: in quotation marks, or up to a following until=.
func cutReason(s string) (reason, rest string) {
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		if in, after, closed := strings.Cut(quoted, `"`); closed {
			return accept.Reason(in), after
		}
	}
	if i := strings.LastIndex(s, " until="); i >= 0 {
		return accept.Reason(s[:i]), s[i:]
	}
	return accept.Reason(s), ""
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\r' }

// Comment is a comment on an issue, as it was fetched, with what its author may do.
type Comment struct {
	Issue int // number
	Login string
	// Permission is the author's on the repository: admin, maintain, write, triage, read, none.
	Permission string
	Text       string
	CreatedAt  time.Time
}

// mayAccept reports whether the author of a comment has write access. A reader gets no
// answer at all: an answer would be a way to make noise.
func (c Comment) mayAccept() bool {
	switch c.Permission {
	case "admin", "maintain", "write":
		return true
	}
	return false
}
