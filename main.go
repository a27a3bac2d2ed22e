// Keysweep gets an organization off long-lived AWS access keys. It audits AWS
// accounts and keeps a backlog of GitHub issues: one for each thing to do, closed
// when the facts prove it done.
//
// Usage:
//
//	keysweep audit [OPTIONS]     audit accounts, write the report, keep the issues
//	keysweep review [OPTIONS]    find the users and keys that a change adds, tell the pull request
//	keysweep scan [PATH…]        find keys in code, history, logs and archives
//	keysweep doctor [OPTIONS]    try every link of the set-up and say what is missing
//	keysweep demo [OPTIONS]      the same on a sample organization, without a network
//	keysweep checks [OPTIONS]    list the checks
//	keysweep COMMAND --help      what a command does and its options
//
// As a GitHub Action it gets no arguments: the inputs of the step arrive as INPUT_
// variables, and the event chooses the command. On a laptop the same options are
// flags. A flag goes over an input, an input over the policy file, that over the
// default.
//
// It never writes to AWS, and to GitHub only into the repository of the issues and to the pull request
// under review.
//
// The exit status is the first that holds:
//
//	2  bad input or policy, or refused
//	1  a fault, or a run that would have closed too many issues
//	3  findings at or above the severity of --fail-on, or an addition
//	4  something was not covered; everything else was done and written
//	0  done
package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/keysweep/keysweep/internal/action"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal lets the run end in order; a second one ends it at once.
	context.AfterFunc(ctx, stop)
	dir, err := os.Getwd()
	env := action.Env{
		Args:   os.Args[1:],
		Getenv: os.LookupEnv,
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Dir:    dir,
		Now:    time.Now,
		Rand:   rand.Reader,
	}
	os.Exit(action.Exit(env, func() error {
		if err != nil {
			return err
		}
		return run(ctx, env)
	}))
}
