package action

import (
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
)

// The exit statuses. Where several hold, Outcome says which is told.
const (
	ExitDone      = 0
	ExitFault     = 1 // a fault; the fuse blew
	ExitBadInput  = 2 // bad input or policy, or refused
	ExitFindings  = 3 // findings at or above fail-on
	ExitUncovered = 4 // something was not covered; everything else was done and written
)

// ExitError ends the program with a status of its own.
type ExitError struct {
	// Status is the exit status, one of the constants above.
	Status int
	// Err is the cause; each line of it is told as a message of its own. A nil
	// Err tells nothing: all has been said.
	Err error
	// Hint is what to do, one sentence. It may be empty.
	Hint string
}

// Error is the cause alone.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

// Unwrap is the cause.
func (e *ExitError) Unwrap() error { return e.Err }

// ExitCode is the status.
func (e *ExitError) ExitCode() int { return e.Status }

// Outcome is what a run that came to its end tells by its exit status.
type Outcome struct {
	Refused   bool // bad input or policy, or refused
	Fault     bool
	Findings  bool // at or above fail-on
	Uncovered bool
}

// Status is the exit status of the first that holds, in the order of the fields.
func (o Outcome) Status() int {
	switch {
	case o.Refused:
		return ExitBadInput
	case o.Fault:
		return ExitFault
	case o.Findings:
		return ExitFindings
	case o.Uncovered:
		return ExitUncovered
	}
	return ExitDone
}

// Exit carries run out, tells the user what went wrong, and returns the exit
// status. A panic is told by its place alone: its value may hold data.
func Exit(env Env, run func() error) (status int) {
	log := NewLogger(env)
	defer log.Close()
	defer func() {
		if recover() != nil {
			log.Fail("a fault inside keysweep at "+panicPlace(), "report it with this line and the version that `keysweep --version` prints")
			status = ExitFault
		}
	}()
	err := run()
	if err == nil {
		return ExitDone
	}
	tell(log, err)
	return statusOf(err)
}

func tell(log *Logger, err error) {
	var exit *ExitError
	switch {
	case errors.As(err, &exit):
		if exit.Err != nil {
			log.Fail(err.Error(), exit.Hint)
		}
	case errors.Is(err, context.Canceled):
		log.Fail("stopped before the end", "run it again: a run takes up what an earlier one left undone")
	default:
		log.Fail(err.Error(), "")
	}
}

// statusOf asks the error for its status. An error never ends in status 0, nor in
// one that only another program knows.
func statusOf(err error) int {
	var coder interface{ ExitCode() int }
	if errors.As(err, &coder) {
		if code := coder.ExitCode(); code >= ExitFault && code <= ExitUncovered {
			return code
		}
	}
	return ExitFault
}

// panicPlace is the file and line of our own code where the running panic began.
func panicPlace() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	panicking := false
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "runtime."):
			panicking = panicking || f.Function == "runtime.gopanic"
		case panicking && ours(f.Function):
			return fmt.Sprintf("%s:%d", path.Join(path.Base(path.Dir(f.File)), path.Base(f.File)), f.Line)
		}
		if !more {
			return "a place that cannot be told"
		}
	}
}

func ours(function string) bool {
	return strings.HasPrefix(function, "main.") || strings.HasPrefix(function, "github.com/keysweep/keysweep/")
}
