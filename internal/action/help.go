package action

import (
	"fmt"
	"io"
	"strings"
)

// Answer serves --help and --version and reports whether it did. What it returns is
// then the end of the run.
func (o *Options) Answer(env Env) (bool, error) {
	switch {
	case o.Bare:
		_, _ = io.WriteString(env.Stderr, Help(""))
		return true, &ExitError{Status: ExitBadInput}
	case o.Help:
		return true, printed(io.WriteString(env.Stdout, Help(o.Command)))
	case o.Version:
		return true, printed(fmt.Fprintf(env.Stdout, "keysweep %s\n", Version()))
	}
	return false, nil
}

func printed(_ int, err error) error {
	if err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// Help is the manual of a command, or of the whole program for the empty command.
func Help(c Command) string {
	var b strings.Builder
	if c == "" {
		b.WriteString("keysweep gets an organization off long-lived AWS access keys: it audits AWS\n" +
			"accounts and keeps a backlog of GitHub issues until the keys are gone.\n\n" +
			"Usage: keysweep COMMAND [OPTIONS]\n\nCommands:\n")
		for _, one := range commands() {
			if isBuilt(one) {
				entry(&b, string(one.word), one.about)
			}
		}
		b.WriteString("\n`keysweep COMMAND --help` lists the options of one command.\n")
	} else {
		info, _ := lookUp(string(c))
		b.WriteString("keysweep " + string(c) + ": " + info.about + "\n\nUsage: keysweep " + string(c) + usage(c) + "\n")
	}
	b.WriteString("\nOptions:\n")
	for _, opt := range table() {
		if wanted(opt, c) {
			entry(&b, flagForm(opt), optionText(opt))
		}
	}
	b.WriteString("\nEach option but those marked \"flag only\" is also an input of the GitHub Action,\n" +
		"read from the variable INPUT_NAME, upper case with dashes: INPUT_UNUSED-DAYS.\n" +
		"A flag goes over an input, an input over the policy file.\n\n" +
		"Exit status: 0 done; 1 fault; 2 bad input, or refused; 3 findings at or above\n" +
		"fail-on; 4 something was not covered, everything else is done.\n")
	return b.String()
}

// usage is what may stand behind a command.
func usage(c Command) string {
	if c == Scan {
		return " [OPTIONS] PATH…"
	}
	return " [OPTIONS]"
}

// wanted reports whether the help of a command shows an option; that of the whole
// program shows what any command reads.
func wanted(opt option, c Command) bool {
	if c != "" {
		return opt.readBy(c) && opt.name != "mode"
	}
	for _, one := range commands() {
		if isBuilt(one) && opt.readBy(one.word) {
			return true
		}
	}
	return false
}

func flagForm(opt option) string {
	if opt.value == "" {
		return "--" + opt.name
	}
	return "--" + opt.name + " " + opt.value
}

func optionText(opt option) string {
	text := opt.about
	if opt.def != "" && opt.def != "false" {
		text += " (default " + opt.def + ")"
	}
	if opt.lineOnly {
		text += " (flag only)"
	}
	return text
}

// entry writes a name and what it means, wrapped to 80 columns.
func entry(b *strings.Builder, name, text string) {
	const indent, width = 30, 80
	line := fmt.Sprintf("  %-*s", indent-2, name)
	if len(line) > indent {
		b.WriteString(line + "\n")
		line = strings.Repeat(" ", indent)
	}
	for i, word := range strings.Fields(text) {
		if i > 0 && len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", indent)
		} else if i > 0 {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}
