package action

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// Kind is a kind of annotation.
type Kind string

// The kinds, worst first.
const (
	Error   Kind = "error"
	Warning Kind = "warning"
	Notice  Kind = "notice"
)

// A runner keeps ten annotations of a kind in a step and cuts a message at 4,096
// UTF-16 units. The tenth says how many more there were.
const (
	maxAnnotations = 9
	maxMessage     = 4096
)

// Annotate puts a message beside the run's summary on GitHub, nine of a kind at
// most; Close counts the rest. Away from a runner it does nothing.
func (l *Logger) Annotate(kind Kind, title, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.annotate(kind, title, message)
}

// Place is a line of a file of the repository, counted from 1. The zero Place is none.
type Place struct {
	Path string
	Line int
}

// AnnotateAt is Annotate beside a line of a file, where GitHub shows it in the changed files.
func (l *Logger) AnnotateAt(kind Kind, at Place, title, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.annotateAt(kind, at, title, message)
}

// annotate reports whether the annotation was written.
func (l *Logger) annotate(kind Kind, title, message string) bool {
	return l.annotateAt(kind, Place{}, title, message)
}

func (l *Logger) annotateAt(kind Kind, at Place, title, message string) bool {
	if !l.runner {
		return false
	}
	l.told[kind]++
	if l.told[kind] > maxAnnotations {
		return false
	}
	l.command(kind, at, title, message)
	return true
}

// leftOut counts, once a kind, the annotations that were not written.
func (l *Logger) leftOut() {
	for _, kind := range []Kind{Error, Warning, Notice} {
		if n := l.told[kind] - maxAnnotations; n > 0 {
			l.command(kind, Place{}, "keysweep", fmt.Sprintf("and %d more: see the log of this step", n))
		}
		delete(l.told, kind)
	}
}

func (l *Logger) command(kind Kind, at Place, title, message string) {
	message = cut(NeutralLines(l.veil(message)), maxMessage)
	where := ""
	// A name that would not stay the same is no place: GitHub could not find the file.
	if name := l.safe(at.Path); name != "" && name == at.Path {
		where = fmt.Sprintf("file=%s,line=%d,", escapeProperty(name), max(at.Line, 1))
	}
	l.write("::" + string(kind) + " " + where + "title=" + escapeProperty(l.safe(title)) + "::" + escapeData(message) + "\n")
}

// Mask keeps a secret out of all messages and, on a runner, out of the log of the
// whole job. An empty secret would mask everything and is left alone.
func (l *Logger) Mask(secret Secret) {
	value := strings.TrimSpace(secret.Reveal())
	if value == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hide(value)
	if l.runner {
		l.write("::add-mask::" + escapeData(value) + "\n")
	}
}

// escapeData writes text so that it stays the one message of a workflow command.
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// escapeProperty writes text so that it stays one property of a workflow command.
func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// cut shortens s to limit UTF-16 units, the last of them an ellipsis.
func cut(s string, limit int) string {
	units, end := 0, 0
	for i, r := range s {
		units += utf16.RuneLen(r)
		if units <= limit-1 {
			end = i + len(string(r))
		}
		if units > limit {
			return s[:end] + "…"
		}
	}
	return s
}
