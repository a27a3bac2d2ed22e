package main

import (
	"io"
	"regexp"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/leak"
)

// A scan reads the logs of workflows, those of this program among them: a key whose id an audit has printed would be
// found there, and be found again in the log that says so. So on a runner the middle of ids is left out of what is
// printed. The report folder, the issues and the job summary have them whole.

var idInText = regexp.MustCompile(`\bA(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}\b`)

// idMask leaves out the middle of ids in each piece that is written.
type idMask struct{ w io.Writer }

func (m idMask) Write(p []byte) (int, error) {
	if _, err := m.w.Write(maskIDs(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// maskIDs is a text without the middle of the ids in it.
func maskIDs(text []byte) []byte {
	return idInText.ReplaceAllFunc(text, func(id []byte) []byte { return []byte(leak.Mask(string(id))) })
}

// forLog is env with output that can stand in the log of a workflow. A document that was asked for stays as it is.
func forLog(env action.Env, opts *action.Options) action.Env {
	if !env.OnRunner() {
		return env
	}
	env.Stderr = idMask{env.Stderr}
	if opts.Format != "json" {
		env.Stdout = idMask{env.Stdout}
	}
	return env
}
