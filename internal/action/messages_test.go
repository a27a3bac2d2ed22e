package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a clock that moves when it is told to.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

// world is an Env whose output can be read.
func world(t *testing.T, m map[string]string) (Env, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	c := &clock{time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	return Env{Getenv: vars(m), Stderr: &out, Stdout: &out, Dir: t.TempDir(), Now: c.now, Rand: strings.NewReader(strings.Repeat("0123456789abcdef", 20))}, &out
}

var onRunner = map[string]string{"GITHUB_ACTIONS": "true"}

func wantText(t *testing.T, out *bytes.Buffer, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestMessagesOnALaptop(t *testing.T) {
	env, out := world(t, nil)
	log := NewLogger(env)
	log.Fail("no OIDC token", "add `permissions: id-token: write`")
	log.Fail("one\ntwo\n", "")
	log.Warn("user \"a\n::error::b\" looks odd")
	log.Info("wrote 3 files")
	log.Annotate(Notice, "title", "for a runner alone")
	log.Mask(NewSecret("hidden-value"))
	log.Info("now hidden-value is a secret")
	log.Close()
	wantText(t, out,
		"keysweep: error: no OIDC token",
		"keysweep: hint: add `permissions: id-token: write`",
		"keysweep: error: one",
		"keysweep: error: two",
		`keysweep: warning: user "a\n::error::b" looks odd`,
		"keysweep: wrote 3 files",
		"keysweep: now *** is a secret",
	)
}

func TestMessagesOnARunner(t *testing.T) {
	env, out := world(t, onRunner)
	log := NewLogger(env)
	log.Fail("50% of it,\nfailed: a", "mend it")
	log.Warn("a\r\n::error::b")
	log.Annotate(Notice, "a, b: 100%\n", "one\n::error::two")
	log.Info("::error::plain")
	wantText(t, out,
		"::error title=keysweep::50%25 of it,",
		"::error title=keysweep::failed: a%0Amend it",
		`::warning title=keysweep::a%0A\::error::b`,
		`::notice title=a%2C b%3A 100%25\n::one%0A\::error::two`,
		`keysweep: \::error::plain`,
	)
}

func TestNineAnnotationsOfAKindAndTheRestCounted(t *testing.T) {
	env, out := world(t, onRunner)
	log := NewLogger(env)
	for i := 1; i <= 12; i++ {
		log.Warn(fmt.Sprintf("warning %d", i))
	}
	for i := 1; i <= 9; i++ {
		log.Annotate(Notice, "n", "note")
	}
	log.Close()
	log.Close()
	text := out.String()
	for _, tt := range []struct {
		part string
		want int
	}{
		{"::warning title=keysweep::warning ", 9},
		{"keysweep: warning: warning 1", 3}, // 10, 11 and 12 are plain lines
		{"::warning title=keysweep::and 3 more: see the log of this step\n", 1},
		{"::notice title=n::note\n", 9},
		{"more: see", 1},
	} {
		if got := strings.Count(text, tt.part); got != tt.want {
			t.Errorf("%q stands %d times, want %d:\n%s", tt.part, got, tt.want, text)
		}
	}
}

func TestAnnotationsAreCutAtWhatARunnerTakes(t *testing.T) {
	for _, tt := range []struct {
		in, want string
	}{
		{strings.Repeat("a", 4096), strings.Repeat("a", 4096)},
		{strings.Repeat("a", 4097), strings.Repeat("a", 4095) + "…"},
		{strings.Repeat("😀", 2048), strings.Repeat("😀", 2048)}, // two units each
		{strings.Repeat("😀", 2049), strings.Repeat("😀", 2047) + "…"},
		{"a" + strings.Repeat("😀", 2048), "a" + strings.Repeat("😀", 2047) + "…"},
	} {
		if got := cut(tt.in, maxMessage); got != tt.want {
			t.Errorf("cut of %d bytes: %d bytes, want %d", len(tt.in), len(got), len(tt.want))
		}
	}
}

func TestMasks(t *testing.T) {
	env, out := world(t, onRunner)
	log := NewLogger(env)
	log.Mask(NewSecret(""))
	log.Mask(NewSecret(" \n"))
	log.Mask(NewSecret("to%ken\nsecond"))
	wantText(t, out, "::add-mask::to%25ken%0Asecond")
}

func TestSecretsOfTheEnvironmentNeverShow(t *testing.T) {
	m := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "short"}
	for i, name := range secretVariables() {
		if name != "GITHUB_TOKEN" {
			m[name] = fmt.Sprintf(" secret-value-%d\n", i)
		}
	}
	env, out := world(t, m)
	log := NewLogger(env)
	for i := range secretVariables() {
		log.Fail(fmt.Sprintf("got secret-value-%d", i), fmt.Sprintf("secret-value-%d", i))
	}
	log.Info("a short word stays")
	if strings.Count(out.String(), "secret-value-") != 2 { // the one that is not set
		t.Errorf("output holds a secret:\n%s", out)
	}
	if !strings.Contains(out.String(), "a short word") {
		t.Errorf("a word of five letters was hidden:\n%s", out)
	}
}

func TestSecretHidesItself(t *testing.T) {
	s := NewSecret("ghs_abc")
	holder := struct{ T Secret }{s}
	text, err := json.Marshal(holder)
	got := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", s, s, s, text, holder, &holder, holder)
	if err != nil || strings.Contains(got, "abc") {
		t.Errorf("formatted: %s, %v", got, err)
	}
	if s.Reveal() != "ghs_abc" || !s.IsSet() || NewSecret("").IsSet() || (Secret{}).IsSet() || (Secret{}).Reveal() != "" {
		t.Error("the value is lost")
	}
}

func TestSlogRecordsAreMessages(t *testing.T) {
	env, out := world(t, nil)
	log := NewLogger(env).Slog()
	log.Debug("not shown")
	log.With("account", "111122223333").WithGroup("call").Info("done", "action", "iam:ListUsers", slog.Group("took", "ms", 12), "note", "two words", "empty", "")
	log.Warn("odd", "user", "a\n::error::b")
	log.Error("broken\nline", slog.Attr{})
	wantText(t, out,
		`keysweep: done account=111122223333 call.action=iam:ListUsers call.took.ms=12 call.note="two words" call.empty=""`,
		`keysweep: warning: odd user="a\n::error::b"`,
		`keysweep: error: broken\nline`,
	)
	env, out = world(t, map[string]string{"RUNNER_DEBUG": "1"})
	NewLogger(env).Slog().Debug("shown")
	wantText(t, out, "keysweep: shown")
}

func TestProgressInALog(t *testing.T) {
	env, out := world(t, nil)
	c := &clock{time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	env.Now = c.now
	log := NewLogger(env)
	p := log.Progress("auditing accounts", 5)
	for _, wait := range []time.Duration{29 * time.Second, time.Second, 29 * time.Second, time.Second, 0} {
		c.t = c.t.Add(wait)
		p.Step()
	}
	p.End()
	wantText(t, out, "keysweep: auditing accounts: 2 of 5", "keysweep: auditing accounts: 4 of 5")
}

func TestProgressOnATerminal(t *testing.T) {
	env, out := world(t, nil)
	c := &clock{}
	env.Now = c.now
	log := NewLogger(env)
	log.terminal, log.colour = true, true
	p := log.Progress("reading", 3)
	c.t = c.t.Add(99 * time.Millisecond)
	p.Step()
	c.t = c.t.Add(time.Millisecond)
	p.Step()
	log.Warn("odd")
	c.t = c.t.Add(time.Second)
	p.Step()
	p.End()
	p.End()
	want := wipe + "keysweep: reading: 2 of 3" + wipe + "keysweep: " + yellow + "warning: " + plain + "odd\n" +
		wipe + "keysweep: reading: 3 of 3" + wipe
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestColourIsForTerminals(t *testing.T) {
	terminal, err := os.Open(os.DevNull) // a character device, like a terminal
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, tt := range []struct {
		name           string
		f              *os.File
		env            map[string]string
		moving, colour bool
	}{
		{"terminal", terminal, nil, true, true},
		{"NO_COLOR", terminal, map[string]string{"NO_COLOR": "1"}, true, false},
		{"NO_COLOR, empty", terminal, map[string]string{"NO_COLOR": ""}, true, true},
		{"dumb", terminal, map[string]string{"TERM": "dumb"}, true, false},
		{"runner", terminal, onRunner, false, false},
		{"file", file, nil, false, false},
	} {
		l := NewLogger(Env{Stderr: tt.f, Getenv: vars(tt.env)})
		if l.terminal != tt.moving || l.colour != tt.colour {
			t.Errorf("%s: moving %v, colour %v", tt.name, l.terminal, l.colour)
		}
	}
}

func TestExit(t *testing.T) {
	foreign := exec.Command("sh", "-c", "exit 7").Run()
	for _, tt := range []struct {
		name string
		err  error
		want int
		text string
	}{
		{"done", nil, 0, ""},
		{"fault", errors.New("reading x"), 1, "keysweep: error: reading x\n"},
		{"bad input", refusal("cause", "hint"), 2, "keysweep: error: cause\nkeysweep: hint: hint\n"},
		{"wrapped", fmt.Errorf("doing y: %w", &ExitError{Status: 4, Err: errors.New("cause"), Hint: "hint"}), 4, "keysweep: error: doing y: cause\nkeysweep: hint: hint\n"},
		{"silent", &ExitError{Status: 3}, 3, ""},
		{"no status", &ExitError{Err: errors.New("cause")}, 1, "keysweep: error: cause\n"},
		{"stopped", fmt.Errorf("listing users: %w", context.Canceled), 1, "keysweep: error: stopped before the end\nkeysweep: hint: run it again: a run takes up what an earlier one left undone\n"},
		{"another program's status", fmt.Errorf("running: %w", foreign), 1, "keysweep: error: running: exit status 7\n"},
	} {
		env, out := world(t, nil)
		if got := Exit(env, func() error { return tt.err }); got != tt.want || out.String() != tt.text {
			t.Errorf("%s: status %d, want %d; output %q, want %q", tt.name, got, tt.want, out, tt.text)
		}
	}
}

// A panic ends in one line that names a place and holds no data.
func TestExitOfAPanic(t *testing.T) {
	env, out := world(t, nil)
	var none map[string]int
	for name, run := range map[string]func() error{
		"value":   func() error { panic("AKIAEXAMPLE\nsecret") },
		"runtime": func() error { none["secret"] = 1; return nil },
	} {
		out.Reset()
		if got := Exit(env, run); got != ExitFault {
			t.Errorf("%s: status %d", name, got)
		}
		text := out.String()
		if strings.Contains(text, "secret") || strings.Contains(text, "AKIA") || strings.Contains(text, "goroutine") {
			t.Errorf("%s: output holds data: %s", name, text)
		}
		if !strings.HasPrefix(text, "keysweep: error: a fault inside keysweep at action/messages_test.go:") {
			t.Errorf("%s: output: %s", name, text)
		}
	}
}

func TestTheFirstStatusThatHolds(t *testing.T) {
	for _, tt := range []struct {
		outcome Outcome
		want    int
	}{
		{Outcome{}, 0},
		{Outcome{Uncovered: true}, 4},
		{Outcome{Findings: true, Uncovered: true}, 3},
		{Outcome{Fault: true, Findings: true, Uncovered: true}, 1},
		{Outcome{Refused: true, Fault: true, Findings: true, Uncovered: true}, 2},
	} {
		if got := tt.outcome.Status(); got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.outcome, got, tt.want)
		}
	}
}

// An annotation stands beside a line of a file; a hostile name is no place and no command.
func TestAnnotateAt(t *testing.T) {
	env, out := world(t, map[string]string{"GITHUB_ACTIONS": "true"})
	log := NewLogger(env)
	log.AnnotateAt(Warning, Place{"infra/a,b:c.tf", 12}, "added", "a user")
	log.AnnotateAt(Warning, Place{"x.tf", 0}, "added", "a user")
	log.AnnotateAt(Warning, Place{"x\n::error::.tf", 3}, "added", "a user")
	log.AnnotateAt(Warning, Place{}, "added", "a user")
	log.Close()
	wantText(
		t, out,
		"::warning file=infra/a%2Cb%3Ac.tf,line=12,title=added::a user",
		"::warning file=x.tf,line=1,title=added::a user",
		"::warning title=added::a user",
		"::warning title=added::a user",
	)
}
