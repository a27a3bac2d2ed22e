package action

import (
	"context"
	"log/slog"
	"strings"
)

// Slog is the logger for packages that take a *slog.Logger: its records become
// messages by the rules of this package, attributes as key=value. Debug records
// show where RUNNER_DEBUG is 1.
func (l *Logger) Slog() *slog.Logger { return slog.New(handler{log: l}) }

// handler is a slog.Handler over a Logger.
type handler struct {
	log   *Logger
	attrs string // " key=value" for each attribute given so far
	group string // "outer.inner." or empty
}

func (h handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || h.log.debug
}

func (h handler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(attribute(h.group, a))
		return true
	})
	switch {
	case r.Level >= slog.LevelError:
		h.log.Fail(Neutral(b.String()), "")
	case r.Level >= slog.LevelWarn:
		h.log.Warn(b.String())
	default:
		h.log.Info(b.String())
	}
	return nil
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.attrs += attribute(h.group, a)
	}
	return h
}

func (h handler) WithGroup(name string) slog.Handler {
	if name != "" {
		h.group += name + "."
	}
	return h
}

// attribute writes " key=value", a group as its members.
func attribute(group string, a slog.Attr) string {
	value := a.Value.Resolve()
	if a.Equal(slog.Attr{}) {
		return ""
	}
	if value.Kind() != slog.KindGroup {
		return " " + group + a.Key + "=" + word(value.String())
	}
	if a.Key != "" {
		group += a.Key + "."
	}
	var b strings.Builder
	for _, member := range value.Group() {
		b.WriteString(attribute(group, member))
	}
	return b.String()
}

// word quotes a value that would not read as one word.
func word(s string) string {
	if s == "" || strings.ContainsAny(s, " \"=\n\r\t") {
		return quoted(s)
	}
	return s
}
