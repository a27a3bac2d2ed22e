package awscollect

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readECS reads task definitions: the newest active revision of every family, and those that
// services run although there is a newer one. Environment files, which stand in S3, are read where the role
// is granted that.
var readECS = reader{
	service: &service{name: "ecs", id: "ECS", target: "AmazonEC2ContainerServiceV20141113", json: "1.1"},
	actions: []action{actFamilies, actTaskDefinition, actClusters, actServices, actDescribeServices, actObject},
	read: func(ctx context.Context, r *region) error {
		var any familiesPage
		if err := r.json(ctx, actFamilies, ecsInput{Status: "ALL", MaxResults: 1}, &any); err != nil || len(any.Families) == 0 {
			return err
		}
		t := tasks{region: r, seen: map[string]bool{}}
		if err := t.families(ctx); err != nil {
			return err
		}
		return t.services(ctx)
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actFamilies, ecsInput{MaxResults: 1}, &familiesPage{})
		_ = r.json(ctx, actTaskDefinition, ecsInput{TaskDefinition: nobody}, &taskPage{})
		_ = r.json(ctx, actClusters, ecsInput{MaxResults: 1}, &clustersPage{})
		_ = r.json(ctx, actServices, ecsInput{Cluster: nobody, MaxResults: 1}, &serviceARNs{})
		_ = r.json(ctx, actDescribeServices, ecsInput{Cluster: nobody, Services: []string{nobody}}, &servicesPage{})
	},
}

// ecsInput is what the calls of ECS take.
type ecsInput struct {
	Status         string   `json:"status,omitempty"`
	MaxResults     int      `json:"maxResults,omitempty"`
	NextToken      string   `json:"nextToken,omitempty"`
	TaskDefinition string   `json:"taskDefinition,omitempty"`
	Cluster        string   `json:"cluster,omitempty"`
	Services       []string `json:"services,omitempty"`
}

// The answers, as far as they are read.
type (
	familiesPage struct {
		Families  []string `json:"families"`
		NextToken string   `json:"nextToken"`
	}
	clustersPage struct {
		ARNs      []string `json:"clusterArns"`
		NextToken string   `json:"nextToken"`
	}
	serviceARNs struct {
		ARNs      []string `json:"serviceArns"`
		NextToken string   `json:"nextToken"`
	}
	servicesPage struct {
		Services []struct {
			TaskDefinition string `json:"taskDefinition"`
			Deployments    []struct {
				TaskDefinition string `json:"taskDefinition"`
			} `json:"deployments"`
		} `json:"services"`
	}
	taskPage struct {
		Task taskDefinition `json:"taskDefinition"`
	}
	taskDefinition struct {
		ARN        string      `json:"taskDefinitionArn"`
		Revision   int         `json:"revision"`
		Role       string      `json:"taskRoleArn"`
		Containers []container `json:"containerDefinitions"`
	}
	container struct {
		Name        string   `json:"name"`
		Command     []string `json:"command"`
		EntryPoint  []string `json:"entryPoint"`
		Environment []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"environment"`
		Secrets []struct {
			Name string `json:"name"`
		} `json:"secrets"`
		Files []struct {
			Value string `json:"value"` // the ARN of an object
		} `json:"environmentFiles"`
	}
)

// tasks reads the task definitions of one region, each once.
type tasks struct {
	*region
	seen map[string]bool // ARNs with the revision
}

// all collects a paged list of names.
func all(page func(token string) (names []string, next string, err error)) ([]string, error) {
	var out []string
	err := paged(func(token string) (string, error) {
		names, next, err := page(token)
		out = append(out, names...)
		return next, err
	})
	return out, err
}

func (t *tasks) families(ctx context.Context) error {
	names, err := all(func(token string) ([]string, string, error) {
		var page familiesPage
		err := t.json(ctx, actFamilies, ecsInput{Status: "ACTIVE", MaxResults: 100, NextToken: token}, &page)
		return page.Families, page.NextToken, err
	})
	if err != nil {
		return err
	}
	return t.describe(ctx, names)
}

// describe reads task definitions by family, which gives the newest active revision, or by ARN.
func (t *tasks) describe(ctx context.Context, names []string) error {
	found := make([]taskDefinition, len(names))
	failed := t.each(len(names), func(i int) error {
		var page taskPage
		err := t.json(ctx, actTaskDefinition, ecsInput{TaskDefinition: names[i]}, &page)
		if err != nil && goneAs(err, "ClientException", "Unable to describe task definition") {
			return nil // deregistered since it was listed
		}
		found[i] = page.Task
		return err
	})
	for i := range found {
		if task := &found[i]; task.ARN != "" && !t.seen[task.ARN] {
			t.seen[task.ARN] = true
			t.task(ctx, task)
		}
	}
	return failed
}

func (t *tasks) task(ctx context.Context, d *taskDefinition) {
	var h haystack
	var references []hit
	for i := range d.Containers {
		references = append(references, h.container(&d.Containers[i])...)
	}
	unread := 0
	for i := range d.Containers {
		for _, f := range d.Containers[i].Files {
			if !t.envFile(ctx, &h, d.Containers[i].Name, f.Value) {
				unread++
			}
		}
	}
	// The revision changes with each deployment; what is to be done stays the same.
	family := strings.TrimSuffix(d.ARN, ":"+strconv.Itoa(d.Revision))
	t.found(inventory.Resource{ARN: family, Version: strconv.Itoa(d.Revision), Role: d.Role, Unread: unread}, append(t.keysIn(&h), references...))
}

// container adds the environment and the command of a container, and gives the secrets that are
// named like keys: their values are kept elsewhere.
func (h *haystack) container(c *container) []hit {
	for _, e := range c.Environment {
		h.variable(inventory.InEnvironment, c.Name, e.Name, e.Value)
	}
	h.passage(inventory.InCommand, c.Name, []byte(strings.Join(slices.Concat(c.EntryPoint, c.Command), "\n")))
	var references []hit
	for _, s := range c.Secrets {
		references = append(references, reference(c.Name, s.Name)...)
	}
	return references
}

// reference is a secret that is named like a key, if it is.
func reference(part, name string) []hit {
	if !keyName.MatchString(name) {
		return nil
	}
	return []hit{{ComputeKey: inventory.ComputeKey{Variable: showable(name), Where: inventory.InSecret, Part: showable(part)}}}
}

// keyName is what a variable is called that an SDK takes a static key from. Its value, kept
// elsewhere, is not seen, and is a key all the same.
var keyName = regexp.MustCompile(`(?i)^(\w*_)?aws_?(secret_?)?access_?key(_?id)?$`)

// services reads the task definitions that services run and that are not the newest.
func (t *tasks) services(ctx context.Context) error {
	clusters, err := all(func(token string) ([]string, string, error) {
		var page clustersPage
		err := t.json(ctx, actClusters, ecsInput{MaxResults: 100, NextToken: token}, &page)
		return page.ARNs, page.NextToken, err
	})
	if err != nil {
		return err
	}
	var running []string
	for _, cluster := range clusters {
		some, err := t.running(ctx, cluster)
		if err != nil {
			return err
		}
		for _, arn := range some {
			if !t.seen[arn] && !slices.Contains(running, arn) {
				running = append(running, arn)
			}
		}
	}
	return t.describe(ctx, running)
}

// servicesAtOnce is how many services one call describes.
const servicesAtOnce = 10

// running are the task definitions that the services of a cluster run.
func (t *tasks) running(ctx context.Context, cluster string) ([]string, error) {
	arns, err := all(func(token string) ([]string, string, error) {
		var page serviceARNs
		err := t.json(ctx, actServices, ecsInput{Cluster: cluster, MaxResults: 100, NextToken: token}, &page)
		return page.ARNs, page.NextToken, err
	})
	if err != nil {
		return nil, err
	}
	var out []string
	for some := range slices.Chunk(arns, servicesAtOnce) {
		var page servicesPage
		if err := t.json(ctx, actDescribeServices, ecsInput{Cluster: cluster, Services: some}, &page); err != nil {
			return nil, err
		}
		for _, s := range page.Services {
			out = append(out, s.TaskDefinition)
			for _, d := range s.Deployments {
				out = append(out, d.TaskDefinition)
			}
		}
	}
	return slices.DeleteFunc(out, func(arn string) bool { return arn == "" }), nil
}
