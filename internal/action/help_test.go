package action

import (
	"errors"
	"strings"
	"testing"
)

func TestHelpHoldsWhatThereIs(t *testing.T) {
	all := Help("")
	for _, want := range []string{"\n  audit  ", "\n  review  ", "\n  demo  ", "\n  checks  ", "\n  doctor  ", "\n  plan  ", "\n  --mode MODE  ", "\n  --dry-run  ", "(default 45)", "--as-of TIME"} {
		if !strings.Contains(all, want) {
			t.Errorf("the help lacks %q", want)
		}
	}
	for _, c := range commands() {
		if !isBuilt(c) && strings.Contains(all, "\n  "+string(c.word)+" ") {
			t.Errorf("the help lists %s, which this version does not have", c.word)
		}
	}
	for _, c := range []Command{"", Audit, Review, Scan, Plan, Doctor, Demo, Checks} {
		text := Help(c)
		for _, opt := range table() {
			want := opt.readBy(c) && opt.name != "mode"
			if c != "" && strings.Contains(text, "\n  --"+opt.name) != want {
				t.Errorf("the help of %s and --%s: shown %v", c, opt.name, !want)
			}
		}
		for line := range strings.Lines(text) {
			if len(line) > 81 || strings.HasSuffix(line, " \n") {
				t.Errorf("the help of %q has a line that is too long or ends in a blank: %q", c, line)
			}
		}
	}
}

func TestAnswer(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		done   bool
		status int
		want   string
	}{
		{nil, true, ExitBadInput, Help("")},
		{[]string{"--help"}, true, ExitDone, Help("")},
		{[]string{"checks", "--help"}, true, ExitDone, Help(Checks)},
		{[]string{"--version"}, true, ExitDone, "keysweep " + Version() + "\n"},
		{[]string{"checks"}, false, ExitDone, ""},
	} {
		env, out := world(t, nil)
		var done bool
		status := Exit(env, func() (err error) {
			done, err = mustParse(t, nil, tt.args...).Answer(env)
			return err
		})
		if done != tt.done || status != tt.status || out.String() != tt.want {
			t.Errorf("%q: done %v, status %d, output %q", tt.args, done, status, out)
		}
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestHelpThatCannotBeWritten(t *testing.T) {
	env, _ := world(t, nil)
	env.Stdout = closedPipe{}
	if _, err := mustParse(t, nil, "--help").Answer(env); err == nil || err.Error() != "writing to standard output: closed" {
		t.Errorf("error = %v", err)
	}
}

func TestVersion(t *testing.T) {
	if Version() == "" {
		t.Error("the version is empty")
	}
	defer func(was string) { release = was }(release)
	release = "v1.2.3"
	if Version() != "v1.2.3" {
		t.Errorf("version = %s", Version())
	}
}
