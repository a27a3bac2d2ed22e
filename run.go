package main

import (
	"context"
	"fmt"

	"github.com/keysweep/keysweep/internal/action"
)

// run does what the arguments and the environment ask for.
func run(_ context.Context, env action.Env) error {
	opts, err := action.Parse(env.Args, env.Getenv)
	if err != nil {
		return err
	}
	if done, err := opts.Answer(env); done {
		return err
	}
	return fmt.Errorf("%s has no collector to run with", opts.Command)
}
