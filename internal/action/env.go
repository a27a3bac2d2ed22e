// Package action is the shell around the program: what a run was asked to do
// (arguments, inputs and event become Options) and how it talks back (messages,
// annotations, masks, outputs, the job summary, the report folder, the exit
// status). It knows neither AWS nor GitHub's API nor what a finding is.
package action

import (
	"io"
	"path/filepath"
	"time"
)

// Env is the world of one run. Everything that comes from outside the program or
// goes there passes through it, so that a test can stand in for all of it.
type Env struct {
	// Args are the arguments without the program's name.
	Args []string
	// Getenv looks up an environment variable and says whether it is set.
	Getenv func(string) (string, bool)
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Dir is what relative paths are relative to.
	Dir string
	// Now is the clock of the run.
	Now func() time.Time
	// Rand yields random bytes that nobody can guess.
	Rand io.Reader
}

// Var is the value of an environment variable, empty when it is not set.
func (e Env) Var(name string) string {
	v, _ := e.Getenv(name)
	return v
}

// OnRunner reports whether a GitHub Actions runner reads what the run prints.
func (e Env) OnRunner() bool { return e.Var("GITHUB_ACTIONS") == "true" }

// Path is p as seen from the working directory of the run.
func (e Env) Path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(e.Dir, p)
}
