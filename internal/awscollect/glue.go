package awscollect

import (
	"context"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

var glueService = &service{name: "glue", id: "Glue", target: "AWSGlue", json: "1.1"}

// readGlueJobs reads the arguments of all jobs. The scripts stand in S3 and are left out.
var readGlueJobs = reader{
	service: glueService,
	actions: []action{actGlueJobs},
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			var page glueJobs
			if err := r.json(ctx, actGlueJobs, glueInput{MaxResults: glueAtOnce, NextToken: token}, &page); err != nil {
				return "", err
			}
			for _, j := range page.Jobs {
				var h haystack
				h.arguments(inventory.InArguments, j.Default)
				h.arguments(inventory.InArguments, j.Fixed)
				r.found(inventory.Resource{ARN: r.arn("glue", "job/"+j.Name), Role: j.Role}, r.keysIn(&h))
			}
			return page.NextToken, nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actGlueJobs, glueInput{MaxResults: 1}, &glueJobs{})
	},
}

// readGlueConnections reads the properties of all connections, passwords left out.
var readGlueConnections = reader{
	service: glueService,
	actions: []action{actGlueConnections},
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			var page glueConnections
			if err := r.json(ctx, actGlueConnections, glueInput{HidePassword: true, MaxResults: glueAtOnce, NextToken: token}, &page); err != nil {
				return "", err
			}
			for _, c := range page.Connections {
				var h haystack
				for _, properties := range []map[string]string{c.Properties, c.Spark, c.Athena, c.Python} {
					h.variables(inventory.InConnection, "", properties)
				}
				r.found(inventory.Resource{ARN: r.arn("glue", "connection/"+c.Name)}, r.keysIn(&h))
			}
			return page.NextToken, nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actGlueConnections, glueInput{HidePassword: true, MaxResults: 1}, &glueConnections{})
	},
}

// glueAtOnce is how many jobs or connections one call gives: AWS's most.
const glueAtOnce = 200

type glueInput struct {
	HidePassword bool   `json:"HidePassword,omitempty"`
	MaxResults   int    `json:"MaxResults,omitempty"`
	NextToken    string `json:"NextToken,omitempty"`
}

// The answers, as far as they are read.
type (
	glueJobs struct {
		Jobs []struct {
			Name    string
			Role    string
			Default map[string]string `json:"DefaultArguments"`
			Fixed   map[string]string `json:"NonOverridableArguments"`
		}
		NextToken string
	}
	glueConnections struct {
		Connections []struct {
			Name       string
			Properties map[string]string `json:"ConnectionProperties"`
			Spark      map[string]string `json:"SparkProperties"`
			Athena     map[string]string `json:"AthenaProperties"`
			Python     map[string]string `json:"PythonProperties"`
		} `json:"ConnectionList"`
		NextToken string
	}
)

// arguments adds named values whose names begin with two dashes.
func (h *haystack) arguments(where string, all map[string]string) {
	bare := make(map[string]string, len(all))
	for name, value := range all {
		bare[strings.TrimLeft(name, "-")] = value
	}
	h.variables(where, "", bare)
}
