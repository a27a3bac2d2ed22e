package awscollect

import (
	"context"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readAppRunner reads the services of App Runner: the variables of the image or of the code, and
// what is started.
var readAppRunner = reader{
	service: &service{name: "apprunner", id: "AppRunner", target: "AppRunner", json: "1.0"},
	actions: []action{actRunnerServices, actRunnerService},
	read: func(ctx context.Context, r *region) error {
		arns, err := r.upTo(describedAtMost, "services of App Runner", func(token string) ([]string, string, error) {
			var page runnerServices
			err := r.json(ctx, actRunnerServices, runnerInput{MaxResults: 20, NextToken: token}, &page)
			var arns []string
			for _, s := range page.Services {
				if s.Status != "DELETED" {
					arns = append(arns, s.ARN)
				}
			}
			return arns, page.NextToken, err
		})
		if err != nil {
			return err
		}
		return r.describeEach(ctx, actRunnerService, arns, func(ctx context.Context, arn string) error {
			var page runnerPage
			if err := r.json(ctx, actRunnerService, runnerInput{ServiceARN: arn}, &page); err != nil {
				return err
			}
			r.runnerService(&page.Service)
			return nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actRunnerServices, runnerInput{MaxResults: 1}, &runnerServices{})
		none := r.arn("apprunner", "service/"+nobody+"/00000000000000000000000000000000")
		_ = r.json(ctx, actRunnerService, runnerInput{ServiceARN: none}, &runnerPage{})
	},
}

type runnerInput struct {
	MaxResults int    `json:"MaxResults,omitempty"`
	NextToken  string `json:"NextToken,omitempty"`
	ServiceARN string `json:"ServiceArn,omitempty"`
}

// The answers, as far as they are read.
type (
	runnerServices struct {
		Services []struct {
			ARN    string `json:"ServiceArn"`
			Status string `json:"Status"`
		} `json:"ServiceSummaryList"`
		NextToken string `json:"NextToken"`
	}
	runnerPage struct {
		Service runnerService `json:"Service"`
	}
	runnerService struct {
		ARN    string `json:"ServiceArn"`
		Source struct {
			Code struct {
				Configuration struct {
					Values runnerValues `json:"CodeConfigurationValues"`
				} `json:"CodeConfiguration"`
			} `json:"CodeRepository"`
			Image struct {
				Configuration runnerValues `json:"ImageConfiguration"`
			} `json:"ImageRepository"`
		} `json:"SourceConfiguration"`
		Instance struct {
			Role string `json:"InstanceRoleArn"`
		} `json:"InstanceConfiguration"`
	}
	runnerValues struct {
		Variables map[string]string `json:"RuntimeEnvironmentVariables"`
		Secrets   map[string]string `json:"RuntimeEnvironmentSecrets"` // ARNs by name
		Build     string            `json:"BuildCommand"`
		Start     string            `json:"StartCommand"`
	}
)

func (r *region) runnerService(s *runnerService) {
	var h haystack
	var references []hit
	for _, v := range []*runnerValues{&s.Source.Code.Configuration.Values, &s.Source.Image.Configuration} {
		h.variables(inventory.InEnvironment, "", v.Variables)
		h.passage(inventory.InCommand, "", []byte(v.Build+"\n"+v.Start))
		for name := range v.Secrets {
			references = append(references, reference("", name)...)
		}
	}
	r.found(inventory.Resource{ARN: s.ARN, Role: s.Instance.Role}, append(r.keysIn(&h), references...))
}
