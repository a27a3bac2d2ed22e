package awscollect

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

var sagemakerService = &service{name: "sagemaker", id: "SageMaker", target: "SageMaker", json: "1.1", host: "api%s.sagemaker"}

// trainedWithin is how far back the training jobs are read, and trainedAtMost how many of a region,
// the newest ones: a job can be neither changed nor deleted, so the list of them only grows.
const (
	trainedWithin = 30 * 24 * time.Hour
	trainedAtMost = 100
)

// readModels reads the environments of the containers of models, the newest ones first.
var readModels = reader{
	service: sagemakerService,
	actions: []action{actModels, actModel},
	read: func(ctx context.Context, r *region) error {
		names, err := r.upTo(describedAtMost, "models", func(token string) ([]string, string, error) {
			var page modelNames
			err := r.json(ctx, actModels, newestFirst(token), &page)
			return namesOf(page.Models), page.NextToken, err
		})
		if err != nil {
			return err
		}
		return r.describeEach(ctx, actModel, names, func(ctx context.Context, name string) error {
			var m model
			if err := r.json(ctx, actModel, map[string]string{"ModelName": name}, &m); err != nil {
				return err
			}
			r.model(&m)
			return nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actModels, sagemakerInput{MaxResults: 1}, &modelNames{})
		_ = r.json(ctx, actModel, map[string]string{"ModelName": nobody}, &model{})
	},
}

// readTraining reads the environments and the parameters of training jobs of late.
var readTraining = reader{
	service: sagemakerService,
	actions: []action{actTrainingJobs, actTrainingJob},
	read: func(ctx context.Context, r *region) error {
		names, err := r.upTo(trainedAtMost, "training jobs of the last 30 days", func(token string) ([]string, string, error) {
			in := newestFirst(token)
			in.After = r.v.c.cfg.Now().Add(-trainedWithin).Unix()
			var page trainingNames
			err := r.json(ctx, actTrainingJobs, in, &page)
			return namesOf(page.Jobs), page.NextToken, err
		})
		if err != nil {
			return err
		}
		return r.describeEach(ctx, actTrainingJob, names, func(ctx context.Context, name string) error {
			var j trainingJob
			if err := r.json(ctx, actTrainingJob, map[string]string{"TrainingJobName": name}, &j); err != nil {
				return err
			}
			r.trainingJob(&j)
			return nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actTrainingJobs, sagemakerInput{MaxResults: 1}, &trainingNames{})
		_ = r.json(ctx, actTrainingJob, map[string]string{"TrainingJobName": nobody}, &trainingJob{})
	},
}

// readNotebooks reads the scripts that notebook instances run when they are made and started.
var readNotebooks = reader{
	service: sagemakerService,
	actions: []action{actNotebookConfigs, actNotebookConfig},
	read: func(ctx context.Context, r *region) error {
		names, err := r.upTo(describedAtMost, "lifecycle configurations of notebooks", func(token string) ([]string, string, error) {
			var page notebookNames
			err := r.json(ctx, actNotebookConfigs, newestFirst(token), &page)
			return namesOf(page.Configs), page.NextToken, err
		})
		if err != nil {
			return err
		}
		return r.describeEach(ctx, actNotebookConfig, names, func(ctx context.Context, name string) error {
			var c notebookConfig
			if err := r.json(ctx, actNotebookConfig, map[string]string{"NotebookInstanceLifecycleConfigName": name}, &c); err != nil {
				return err
			}
			r.notebookConfig(&c)
			return nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actNotebookConfigs, sagemakerInput{MaxResults: 1}, &notebookNames{})
		_ = r.json(ctx, actNotebookConfig, map[string]string{"NotebookInstanceLifecycleConfigName": nobody}, &notebookConfig{})
	},
}

type sagemakerInput struct {
	SortBy     string `json:"SortBy,omitempty"`
	SortOrder  string `json:"SortOrder,omitempty"`
	MaxResults int    `json:"MaxResults,omitempty"`
	NextToken  string `json:"NextToken,omitempty"`
	After      int64  `json:"CreationTimeAfter,omitempty"` // seconds since 1970
}

func newestFirst(token string) sagemakerInput {
	return sagemakerInput{SortBy: "CreationTime", SortOrder: "Descending", MaxResults: 100, NextToken: token}
}

// The answers, as far as they are read.
type (
	modelNames struct {
		Models    []modelName
		NextToken string
	}
	modelName struct{ ModelName string }

	trainingNames struct {
		Jobs      []trainingName `json:"TrainingJobSummaries"`
		NextToken string
	}
	trainingName struct{ TrainingJobName string }

	notebookNames struct {
		Configs   []notebookName `json:"NotebookInstanceLifecycleConfigs"`
		NextToken string
	}
	notebookName struct {
		Name string `json:"NotebookInstanceLifecycleConfigName"`
	}

	model struct {
		ModelArn         string
		ExecutionRoleArn string
		PrimaryContainer modelContainer
		Containers       []modelContainer
	}
	modelContainer struct {
		ContainerHostname string
		Environment       map[string]string
	}
	trainingJob struct {
		TrainingJobArn  string
		RoleArn         string
		HyperParameters map[string]string
		Environment     map[string]string
		Algorithm       struct {
			ContainerEntrypoint []string
			ContainerArguments  []string
		} `json:"AlgorithmSpecification"`
	}
	notebookConfig struct {
		ARN      string `json:"NotebookInstanceLifecycleConfigArn"`
		OnCreate []notebookHook
		OnStart  []notebookHook
	}
	notebookHook struct{ Content string } // in base64
)

func (n modelName) name() string    { return n.ModelName }
func (n trainingName) name() string { return n.TrainingJobName }
func (n notebookName) name() string { return n.Name }

func namesOf[T interface{ name() string }](list []T) []string {
	var out []string
	for _, l := range list {
		out = append(out, l.name())
	}
	return out
}

func (r *region) model(m *model) {
	var h haystack
	for _, c := range append([]modelContainer{m.PrimaryContainer}, m.Containers...) {
		h.variables(inventory.InEnvironment, c.ContainerHostname, c.Environment)
	}
	arn, version := family(m.ModelArn)
	r.found(inventory.Resource{ARN: arn, Version: version, Role: m.ExecutionRoleArn}, r.keysIn(&h))
}

func (r *region) trainingJob(j *trainingJob) {
	var h haystack
	h.variables(inventory.InEnvironment, "", j.Environment)
	h.variables(inventory.InArguments, "", j.HyperParameters)
	h.passage(inventory.InCommand, "", []byte(strings.Join(append(j.Algorithm.ContainerEntrypoint, j.Algorithm.ContainerArguments...), "\n")))
	arn, version := family(j.TrainingJobArn)
	r.found(inventory.Resource{ARN: arn, Version: version, Role: j.RoleArn}, r.keysIn(&h))
}

func (r *region) notebookConfig(c *notebookConfig) {
	var h haystack
	for _, hook := range append(c.OnCreate, c.OnStart...) {
		script, err := base64.StdEncoding.DecodeString(hook.Content)
		if err != nil {
			script = []byte(hook.Content) // not as AWS gives it: searched as it is
		}
		h.unpacked(inventory.InScript, script)
		clear(script)
	}
	r.found(inventory.Resource{ARN: c.ARN}, r.keysIn(&h))
}
