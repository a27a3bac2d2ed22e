package action

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// How the program talks. This file owns the rules:
//
//   - Reports go to standard output, messages to standard error.
//   - Every message is a line that begins with "keysweep: ". What went wrong is
//     "error:", what may surprise is "warning:", what to do about it is "hint:".
//   - An error says the cause, then the hint; never a stack, never a secret.
//   - Colour and a line that moves are for terminals; NO_COLOR and TERM=dumb switch
//     colour off. A log gets a line of progress every 30 seconds.
//   - On a runner errors and warnings are annotations, nine of a kind at most; the
//     others are plain lines and are counted by a tenth.
//   - All text passes Neutral: no message can break its line or begin a command.

const program = "keysweep: "

const (
	red    = "\x1b[31;1m"
	yellow = "\x1b[33;1m"
	cyan   = "\x1b[36m"
	plain  = "\x1b[0m"
	// wipe goes back to the first column and clears the line.
	wipe = "\r\x1b[K"
)

// Logger writes messages. It may be used by several goroutines at once.
type Logger struct {
	mu       sync.Mutex
	w        io.Writer
	now      func() time.Time
	runner   bool // a runner reads: annotations and masks
	terminal bool // a person reads: a line may move
	colour   bool
	debug    bool
	secrets  []string
	told     map[Kind]int // annotations asked for, by kind
	moving   bool         // a line of progress stands unfinished
}

// NewLogger writes to the standard error of env. Secrets that stand in the
// environment never show in what it writes.
func NewLogger(env Env) *Logger {
	l := &Logger{
		w:      env.Stderr,
		now:    env.Now,
		runner: env.OnRunner(),
		debug:  env.Var("RUNNER_DEBUG") == "1",
		told:   map[Kind]int{},
	}
	l.terminal = !l.runner && isTerminal(env.Stderr)
	l.colour = Colour(env, env.Stderr)
	for _, name := range secretVariables() {
		l.hide(env.Var(name))
	}
	return l
}

// secretVariables are the variables that hold secrets a message could quote by accident.
func secretVariables() []string {
	return []string{
		"INPUT_GITHUB-TOKEN", "GITHUB_TOKEN",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	}
}

// Colour reports whether what is written to w may be coloured: a person reads it there and
// asked for nothing else. A runner's log is for no terminal.
func Colour(env Env, w io.Writer) bool {
	return !env.OnRunner() && isTerminal(w) && env.Var("NO_COLOR") == "" && env.Var("TERM") != "dumb"
}

// isTerminal reports whether a person may sit behind w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Fail tells what went wrong and what to do. Each line of cause is a message of its
// own; hint may be empty.
func (l *Logger) Fail(cause, hint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimRight(cause, "\n"), "\n")
	for i, line := range lines {
		if i == len(lines)-1 && hint != "" {
			l.message(Error, "error: ", red, line, hint)
			continue
		}
		l.message(Error, "error: ", red, line, "")
	}
}

// Warn tells what may surprise.
func (l *Logger) Warn(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.message(Warning, "warning: ", yellow, text, "")
}

// Info tells how the run goes on.
func (l *Logger) Info(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line("", "", text)
}

// Close ends an unfinished line and says how many annotations were left out.
func (l *Logger) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	l.leftOut()
}

// message is an annotation where a runner reads and takes one more, else lines.
func (l *Logger) message(kind Kind, prefix, colour, text, hint string) {
	whole := text
	if hint != "" {
		whole += "\n" + hint
	}
	if l.annotate(kind, "keysweep", whole) {
		return
	}
	l.line(prefix, colour, text)
	if hint != "" {
		l.line("hint: ", cyan, hint)
	}
}

// line writes one message; a text of several lines becomes one.
func (l *Logger) line(prefix, colour, text string) {
	l.clear()
	if l.colour && prefix != "" {
		prefix = colour + prefix + plain
	}
	l.write(program + prefix + l.safe(text) + "\n")
}

// safe is text without secrets, on one line.
func (l *Logger) safe(text string) string { return Neutral(l.veil(text)) }

func (l *Logger) veil(text string) string {
	for _, s := range l.secrets {
		text = strings.ReplaceAll(text, s, veil)
	}
	return text
}

// hide keeps a secret out of everything written from here on. What is shorter than
// eight characters is no secret worth the holes it would make in plain words.
func (l *Logger) hide(secret string) {
	secret = strings.TrimSpace(secret)
	if len(secret) >= 8 {
		l.secrets = append(l.secrets, secret)
	}
}

// clear takes an unfinished line of progress away.
func (l *Logger) clear() {
	if l.moving {
		l.write(wipe)
		l.moving = false
	}
}

// write passes on what is ready. There is nobody to tell that standard error is gone.
func (l *Logger) write(s string) { _, _ = io.WriteString(l.w, s) }

// Progress counts a long piece of work. It may be used by several goroutines at once.
type Progress struct {
	log         *Logger
	what        string
	done, total int
	last        time.Time
}

// Between two lines of progress.
const (
	paceTerminal = 100 * time.Millisecond
	paceLog      = 30 * time.Second
)

// Progress begins to count: what is "auditing accounts", total how many there are.
func (l *Logger) Progress(what string, total int) *Progress {
	return &Progress{log: l, what: what, total: total, last: l.now()}
}

// Step counts one more as done and shows how far the work has come, seldom enough.
func (p *Progress) Step() {
	l := p.log
	l.mu.Lock()
	defer l.mu.Unlock()
	p.done++
	pace := paceLog
	if l.terminal {
		pace = paceTerminal
	}
	now := l.now()
	if now.Sub(p.last) < pace {
		return
	}
	p.last = now
	text := fmt.Sprintf("%s: %d of %d", p.what, p.done, p.total)
	if !l.terminal {
		l.line("", "", text)
		return
	}
	l.write(wipe + program + l.safe(text))
	l.moving = true
}

// End takes the moving line away.
func (p *Progress) End() {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	p.log.clear()
}
