package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
)

// laptop runs a command as a person does, without a runner, and gives status, output and messages.
func laptop(t *testing.T, dir string, stdin io.Reader, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	env := action.Env{
		Args: args, Dir: dir, Stdin: stdin, Stdout: &o, Stderr: &e, Rand: rand.Reader,
		Now: func() time.Time { return start }, Getenv: func(string) (string, bool) { return "", false },
	}
	status = action.Exit(env, func() error { return run(t.Context(), env) })
	return status, o.String(), e.String()
}
