package awscollect

import (
	"context"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readBatch reads the active job definitions, all revisions of them: a job can be made of any.
var readBatch = reader{
	service: &service{name: "batch", id: "Batch"},
	actions: []action{actJobDefinitions},
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			var page jobsPage
			if err := r.post(ctx, actJobDefinitions, jobsPath, jobsInput{Status: "ACTIVE", MaxResults: 100, NextToken: token}, &page); err != nil {
				return "", err
			}
			for i := range page.Definitions {
				r.job(&page.Definitions[i])
			}
			return page.NextToken, nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.post(ctx, actJobDefinitions, jobsPath, jobsInput{MaxResults: 1}, &jobsPage{})
	},
}

const jobsPath = "/v1/describejobdefinitions"

type jobsInput struct {
	Status     string `json:"status,omitempty"`
	MaxResults int    `json:"maxResults,omitempty"`
	NextToken  string `json:"nextToken,omitempty"`
}

// The answer, as far as it is read: a job is one container, several nodes, a task of ECS or a pod of EKS.
type (
	jobsPage struct {
		Definitions []jobDefinition `json:"jobDefinitions"`
		NextToken   string          `json:"nextToken"`
	}
	jobDefinition struct {
		ARN       string       `json:"jobDefinitionArn"`
		Revision  int          `json:"revision"`
		Container jobContainer `json:"containerProperties"`
		Node      struct {
			Ranges []struct {
				Container jobContainer `json:"container"`
			} `json:"nodeRangeProperties"`
		} `json:"nodeProperties"`
		ECS struct {
			Tasks []struct {
				Role       string      `json:"taskRoleArn"`
				Containers []container `json:"containers"`
			} `json:"taskProperties"`
		} `json:"ecsProperties"`
		EKS struct {
			Pod struct {
				Containers []podContainer `json:"containers"`
				First      []podContainer `json:"initContainers"`
			} `json:"podProperties"`
		} `json:"eksProperties"`
	}
	jobContainer struct {
		container
		Role string `json:"jobRoleArn"`
	}
	podContainer struct {
		Name    string   `json:"name"`
		Command []string `json:"command"`
		Args    []string `json:"args"`
		Env     []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"env"`
	}
)

func (r *region) job(d *jobDefinition) {
	var h haystack
	role := d.Container.Role
	references := h.container(&d.Container.container)
	for i := range d.Node.Ranges {
		c := &d.Node.Ranges[i].Container
		references = append(references, h.container(&c.container)...)
		role = orElse(role, c.Role)
	}
	for _, t := range d.ECS.Tasks {
		role = orElse(role, t.Role)
		for i := range t.Containers {
			references = append(references, h.container(&t.Containers[i])...)
		}
	}
	for _, c := range append(d.EKS.Pod.First, d.EKS.Pod.Containers...) {
		for _, e := range c.Env {
			h.variable(inventory.InEnvironment, c.Name, e.Name, e.Value)
		}
		h.passage(inventory.InCommand, c.Name, []byte(strings.Join(append(c.Command, c.Args...), "\n")))
	}
	revision := strconv.Itoa(d.Revision)
	r.found(inventory.Resource{ARN: strings.TrimSuffix(d.ARN, ":"+revision), Version: revision, Role: role}, append(r.keysIn(&h), references...))
}
