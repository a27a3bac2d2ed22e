package action

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readOutputs reads a file of outputs as a runner does.
func readOutputs(t rapid.TB, text string) map[string]string {
	t.Helper()
	got := map[string]string{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines)-1; i++ {
		name, delimiter, ok := strings.Cut(lines[i], "<<")
		if !ok {
			t.Fatalf("line %q begins no output", lines[i])
		}
		var value []string
		for i++; i < len(lines) && lines[i] != delimiter; i++ {
			value = append(value, lines[i])
		}
		if i == len(lines) {
			t.Fatalf("the value of %s does not end", name)
		}
		got[name] = strings.Join(value, "\n")
	}
	return got
}

func TestOutputs(t *testing.T) {
	env, _ := world(t, map[string]string{"GITHUB_OUTPUT": "out"})
	path := filepath.Join(env.Dir, "out")
	if err := os.WriteFile(path, []byte("earlier<<x\n1\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	outs := Outputs{"report-dir": "a\nfindings<<x\n9\nx\nEOF\n", "matrix": "", "additions": "", "sarif-file": "ghadelimiter_"}
	outs.SetInt("findings", 3)
	outs.SetInt("critical", 0)
	if err := outs.Write(env); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"earlier": "1", "findings": "3", "critical": "0", "report-dir": "a\nfindings<<x\n9\nx\nEOF\n", "sarif-file": "ghadelimiter_"}
	if diff := cmp.Diff(want, readOutputs(t, string(data))); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

// Whatever a value holds, it is the value of its own output and of no other.
func TestAnyOutputArrives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outs := Outputs(rapid.MapOf(rapid.SampledFrom(outputNames()),
			rapid.StringMatching("(findings<<EOF|ghadelimiter_[0-9a-f]{32}|[a-z]|\n|\r){1,9}")).Draw(t, "outputs"))
		text, err := outs.blocks(strings.NewReader(rapid.StringMatching("[a-z]{256}").Draw(t, "random")))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string(outs), readOutputs(t, text)); diff != "" {
			t.Fatalf("outputs (-want +got):\n%s", diff)
		}
	})
}

func TestOutputsThatAreRefused(t *testing.T) {
	env, _ := world(t, map[string]string{"GITHUB_OUTPUT": "out"})
	delimiter := fmt.Sprintf("ghadelimiter_%x", "0123456789abcdef")
	for _, tt := range []struct {
		name string
		outs Outputs
		env  func(*Env)
		want string
	}{
		{"own delimiter", Outputs{"matrix": "a\n" + delimiter + "\nb"}, nil, "writing the outputs: the value of matrix holds its own delimiter"},
		{"no such output", Outputs{"finding": "1"}, nil, "writing the outputs: a name that is no output of the action"},
		{"no chance", Outputs{"findings": "1"}, func(e *Env) { e.Rand = iotest.ErrReader(errors.New("broken")) }, "writing the outputs: drawing a delimiter: broken"},
	} {
		e := env
		e.Rand = strings.NewReader("0123456789abcdef")
		if tt.env != nil {
			tt.env(&e)
		}
		err := tt.outs.Write(e)
		if err == nil || err.Error() != tt.want || statusOf(err) != ExitFault {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, err := os.Stat(filepath.Join(env.Dir, "out")); err == nil {
			t.Errorf("%s: something was written", tt.name)
		}
	}
}

func TestFilesOfTheRunnerThatCannotBeWritten(t *testing.T) {
	m := map[string]string{"GITHUB_OUTPUT": "no/such/folder", "GITHUB_STEP_SUMMARY": "no/such/folder"}
	env, _ := world(t, m)
	for what, err := range map[string]error{
		"the outputs":     Outputs{"findings": "1"}.Write(env),
		"the job summary": WriteSummary(env, []byte("x")),
	} {
		var exit *ExitError
		if !errors.As(err, &exit) || exit.Status != ExitFault || exit.Hint == "" || !strings.HasPrefix(exit.Error(), "writing "+what+": open ") {
			t.Errorf("%s: %#v", what, err)
		}
	}
}

func TestWithoutARunnerThereIsNothingToWriteTo(t *testing.T) {
	env, _ := world(t, map[string]string{"GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": ""})
	if err := errors.Join(Outputs{"findings": "1"}.Write(env), WriteSummary(env, []byte("x"))); err != nil {
		t.Error(err)
	}
}

func TestSummary(t *testing.T) {
	env, _ := world(t, map[string]string{"GITHUB_STEP_SUMMARY": "sum"})
	path := filepath.Join(env.Dir, "sum")
	if err := WriteSummary(env, []byte("first\n")); err != nil {
		t.Fatal(err)
	}
	exact := strings.Repeat("x", maxSummary-len("first\n"))
	err := WriteSummary(env, []byte(exact+"x"))
	if want := "the job summary would be 1048577 bytes and GitHub drops one over 1048576 whole"; err == nil || err.Error() != want {
		t.Errorf("one byte too many: %v", err)
	}
	if err := WriteSummary(env, []byte(exact)); err != nil {
		t.Errorf("to the last byte: %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || len(data) != maxSummary || !strings.HasPrefix(string(data), "first\nx") {
		t.Errorf("summary: %d bytes, %v", len(data), err)
	}
}
