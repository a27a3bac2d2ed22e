package action

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Command is a word of the command line; most are a mode of the action too.
type Command string

// The commands of this version.
const (
	Audit  Command = "audit"
	Doctor Command = "doctor"
	Demo   Command = "demo"
	Checks Command = "checks"
	Review Command = "review"
	Scan   Command = "scan"
	Plan   Command = "plan"
)

// The commands that a workflow or a person may ask for and that this version lacks.
const (
	merge Command = "merge"
	setUp Command = "init"
)

// auto is the mode that follows the event.
const auto = "auto"

// commandInfo is one line of the list of commands.
type commandInfo struct {
	word  Command
	mode  bool   // may be asked for by the input mode
	about string // empty: this version does not have it
}

func commands() []commandInfo {
	return []commandInfo{
		{Audit, true, "audit AWS accounts, write the report, keep the backlog of issues"},
		{Review, true, "find the IAM users and keys that a pull request adds"},
		{Scan, true, "find access keys in code, history and logs, and whose they are"},
		{Demo, false, "audit of a sample organization: no network, no credentials"},
		{Checks, false, "list the checks: what each finds, how bad it is, when to act"},
		{Plan, true, "list the accounts and share them out among the jobs of a matrix"},
		{merge, true, ""},
		{Doctor, true, "try every link of the set-up and say what is missing"},
		{setUp, false, ""},
	}
}

// lookUp finds a command by its word.
func lookUp(word string) (commandInfo, bool) {
	for _, c := range commands() {
		if string(c.word) == word {
			return c, true
		}
	}
	return commandInfo{}, false
}

func isCommand(word string) bool {
	_, ok := lookUp(word)
	return ok
}

// words lists the commands that keep says yes to.
func words(keep func(commandInfo) bool) []string {
	var out []string
	for _, c := range commands() {
		if keep(c) {
			out = append(out, string(c.word))
		}
	}
	return out
}

func isBuilt(c commandInfo) bool { return c.about != "" }

func isMode(c commandInfo) bool { return c.mode }

// eventCommand is what mode auto does at an event; empty where it has no say.
func eventCommand(event string) Command {
	switch event {
	case "pull_request", "pull_request_target", "merge_group":
		return Review
	case "schedule", "workflow_dispatch", "repository_dispatch", "push":
		return Audit
	}
	return ""
}

// reviewed reports whether an event is about a change that a review looks at.
func reviewed(event string) bool { return eventCommand(event) == Review }

// untrusted reports whether a job at this event runs with the rights of the
// repository on behalf of somebody who may have none: it gets no AWS credentials.
func untrusted(event string) bool {
	return event == "pull_request_target" || event == "workflow_run"
}

// chooseCommand decides what the run does: the word of the command line, else the
// mode, else the event.
func chooseCommand(word Command, mode, event string, onRunner bool) (Command, error) {
	c := word
	if c == "" && mode != auto {
		c = Command(mode)
	}
	if c == "" {
		if event == "" && !onRunner {
			return "", refusal("no command", "write "+join(words(isBuilt), "or")+"; `keysweep --help` tells what they do")
		}
		c = eventCommand(event)
	}
	switch {
	case c == "":
		return "", refusal(fmt.Sprintf("mode auto does not know what to do at the event %s", quoted(event)),
			"set mode: write `mode: audit` or another mode into the step")
	case (c == Audit || c == Plan) && untrusted(event):
		return "", refusal(fmt.Sprintf("%s does not run at the event %s: no AWS credentials are asked for where a stranger may have started the job", c, event),
			"run it on schedule or workflow_dispatch")
	case !slices.Contains(words(isBuilt), string(c)):
		return "", missing(c)
	}
	return c, nil
}

// missing says that a command is not in this version.
func missing(c Command) *ExitError {
	return refusal(fmt.Sprintf("this version of keysweep does not have %s", c), "it has "+join(words(isBuilt), "and"))
}

// refusal is an error of the user's input: cause, then hint.
func refusal(cause, hint string) *ExitError {
	return &ExitError{Status: ExitBadInput, Err: errors.New(cause), Hint: hint}
}

// join writes a list as a sentence does: "a, b and c", or with another word for and.
func join(list []string, and string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " " + and + " " + list[len(list)-1]
}
