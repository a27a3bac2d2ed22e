package awscollect

import (
	"context"
	"slices"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readCodeBuild reads the plain variables of all projects, and the buildspecs that are written
// in the project and not in its sources.
var readCodeBuild = reader{
	service: &service{name: "codebuild", id: "CodeBuild", target: "CodeBuild_20161006", json: "1.1"},
	actions: []action{actProjects, actBatchProjects},
	read: func(ctx context.Context, r *region) error {
		names, err := all(func(token string) ([]string, string, error) {
			var page projectNames
			err := r.json(ctx, actProjects, projectsInput{SortBy: "NAME", NextToken: token}, &page)
			return page.Names, page.NextToken, err
		})
		if err != nil {
			return err
		}
		for some := range slices.Chunk(names, projectsAtOnce) {
			var page projectsPage
			if err := r.json(ctx, actBatchProjects, projectsInput{Names: some}, &page); err != nil {
				return err
			}
			for i := range page.Projects {
				r.project(&page.Projects[i])
			}
		}
		return nil
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actProjects, projectsInput{}, &projectNames{})
		_ = r.json(ctx, actBatchProjects, projectsInput{Names: []string{nobody}}, &projectsPage{})
	},
}

// projectsAtOnce is how many projects one call gives.
const projectsAtOnce = 100

type projectsInput struct {
	SortBy    string   `json:"sortBy,omitempty"`
	NextToken string   `json:"nextToken,omitempty"`
	Names     []string `json:"names,omitempty"`
}

// The answers, as far as they are read.
type (
	projectNames struct {
		Names     []string `json:"projects"`
		NextToken string   `json:"nextToken"`
	}
	projectsPage struct {
		Projects []buildProject `json:"projects"`
	}
	buildProject struct {
		ARN         string        `json:"arn"`
		Role        string        `json:"serviceRole"`
		Source      buildSource   `json:"source"`
		More        []buildSource `json:"secondarySources"`
		Environment struct {
			Variables []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
				Type  string `json:"type"`
			} `json:"environmentVariables"`
		} `json:"environment"`
	}
	buildSource struct {
		Buildspec string `json:"buildspec"`
	}
)

func (r *region) project(p *buildProject) {
	var h haystack
	for _, v := range p.Environment.Variables {
		if v.Type == "" || v.Type == "PLAINTEXT" {
			h.variable(inventory.InEnvironment, "", v.Name, v.Value)
		}
	}
	for _, s := range append([]buildSource{p.Source}, p.More...) {
		h.passage(inventory.InBuildspec, "", []byte(s.Buildspec))
	}
	r.found(inventory.Resource{ARN: p.ARN, Role: p.Role}, r.keysIn(&h))
}
