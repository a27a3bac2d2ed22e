//go:build moto && image

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startImage runs the container image as a runner does: its folders mounted under /github, the environment
// handed over by name, the host's network. KEYSWEEP_CONTAINER is the command line up to its options.
func startImage(runner string, env []string) *exec.Cmd {
	args := strings.Fields(os.Getenv("KEYSWEEP_CONTAINER"))
	args = append(args, "--workdir", "/github/workspace")
	for _, folder := range []string{"workspace", "file_commands", "workflow", "runner_temp", "home"} {
		args = append(args, "-v", filepath.Join(runner, folder)+":/github/"+folder)
	}
	var inside []string
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		if name == "PATH" {
			continue // the image has none
		}
		args = append(args, "-e", name)
		inside = append(inside, name+"="+strings.Replace(value, runner, "/github", 1))
	}
	args = append(args, os.Getenv("KEYSWEEP_IMAGE"))
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(inside, "PATH="+os.Getenv("PATH"))
	return cmd
}

// TestImage is TestAuditTwice for the container image.
func TestImage(t *testing.T) {
	for _, name := range []string{"KEYSWEEP_CONTAINER", "KEYSWEEP_IMAGE"} {
		if os.Getenv(name) == "" {
			t.Fatalf("%s is not set: run this test with make image, which builds the image", name)
		}
	}
	s := newSetting(t)
	s.start = startImage
	first := s.audit()
	if first.status != done {
		t.Fatalf("first audit: exit status %d, want %d", first.status, done)
	}
	if d := diff(s.org.wanted(), first.findings); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	if got := len(s.issues()); got != len(first.findings) {
		t.Errorf("%d issues for %d findings", got, len(first.findings))
	}
	if first.outputs["report-dir"] == "" {
		t.Errorf("the outputs name no report: %q", first.outputs)
	}
	if summary, err := os.ReadFile(filepath.Join(first.folder, "summary.md")); err != nil || len(summary) == 0 {
		t.Errorf("the report has no summary: %v", err)
	}

	s.github.ResetLog()
	if second := s.audit(); second.status != done {
		t.Errorf("second audit: exit status %d, want %d", second.status, done)
	}
	if w := s.writes(); len(w) != 0 {
		t.Errorf("the second audit wrote:\n%s", strings.Join(w, "\n"))
	}
}
