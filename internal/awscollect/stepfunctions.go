package awscollect

import (
	"context"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readMachines reads the definitions of state machines.
var readMachines = reader{
	service: &service{name: "states", id: "SFN", target: "AWSStepFunctions", json: "1.0"},
	actions: []action{actMachines, actMachine},
	read: func(ctx context.Context, r *region) error {
		arns, err := r.upTo(describedAtMost, "state machines", func(token string) ([]string, string, error) {
			var page machinesPage
			err := r.json(ctx, actMachines, machineInput{MaxResults: 1000, NextToken: token}, &page)
			var arns []string
			for _, m := range page.Machines {
				arns = append(arns, m.ARN)
			}
			return arns, page.NextToken, err
		})
		if err != nil {
			return err
		}
		return r.describeEach(ctx, actMachine, arns, func(ctx context.Context, arn string) error {
			var m machine
			if err := r.json(ctx, actMachine, machineInput{ARN: arn}, &m); err != nil {
				return err
			}
			var h haystack
			h.passage(inventory.InDefinition, "", []byte(m.Definition))
			r.found(inventory.Resource{ARN: m.ARN, Role: m.Role}, r.keysIn(&h))
			return nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actMachines, machineInput{MaxResults: 1}, &machinesPage{})
		_ = r.json(ctx, actMachine, machineInput{ARN: r.arn("states", "stateMachine:"+nobody)}, &machine{})
	},
}

type machineInput struct {
	MaxResults int    `json:"maxResults,omitempty"`
	NextToken  string `json:"nextToken,omitempty"`
	ARN        string `json:"stateMachineArn,omitempty"`
}

// The answers, as far as they are read.
type (
	machinesPage struct {
		Machines []struct {
			ARN string `json:"stateMachineArn"`
		} `json:"stateMachines"`
		NextToken string `json:"nextToken"`
	}
	machine struct {
		ARN        string `json:"stateMachineArn"`
		Role       string `json:"roleArn"`
		Definition string `json:"definition"`
	}
)
