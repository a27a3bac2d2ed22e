package awscollect

import (
	"context"
	"net/url"
	"regexp"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readAmplify reads the variables and the build specifications of all Amplify apps and their branches.
var readAmplify = reader{
	service: &service{name: "amplify", id: "Amplify"},
	actions: []action{actApps, actBranches},
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			var page appsPage
			if err := r.get(ctx, actApps, "/apps", withNext(url.Values{"maxResults": {"100"}}, token), &page); err != nil {
				return "", err
			}
			return page.NextToken, r.each(len(page.Apps), func(i int) error { return r.app(ctx, &page.Apps[i]) })
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.get(ctx, actApps, "/apps", url.Values{"maxResults": {"1"}}, &appsPage{})
		_ = r.get(ctx, actBranches, "/apps/dkeysweepdoctor/branches", url.Values{"maxResults": {"1"}}, &branchesPage{})
	},
}

func withNext(query url.Values, token string) url.Values {
	if token != "" {
		query.Set("nextToken", token)
	}
	return query
}

// The answers, as far as they are read.
type (
	appsPage struct {
		NextToken string       `json:"nextToken"`
		Apps      []amplifyApp `json:"apps"`
	}
	amplifyApp struct {
		ID          string            `json:"appId"`
		ARN         string            `json:"appArn"`
		Name        string            `json:"name"`
		BuildRole   string            `json:"iamServiceRoleArn"`
		ComputeRole string            `json:"computeRoleArn"`
		Environment map[string]string `json:"environmentVariables"`
		BuildSpec   string            `json:"buildSpec"`
		New         struct {
			Environment map[string]string `json:"environmentVariables"`
			BuildSpec   string            `json:"buildSpec"`
		} `json:"autoBranchCreationConfig"`
	}
	branchesPage struct {
		NextToken string `json:"nextToken"`
		Branches  []struct {
			Name        string            `json:"branchName"`
			Environment map[string]string `json:"environmentVariables"`
			BuildSpec   string            `json:"buildSpec"`
		} `json:"branches"`
	}
)

var appIDForm = regexp.MustCompile(`^[a-z0-9]{1,20}$`)

// app reads one app with its branches, which are one resource: their variables stand on one page. An
// app that is gone by then has none.
func (r *region) app(ctx context.Context, a *amplifyApp) error {
	if !appIDForm.MatchString(a.ID) {
		return &Error{Code: CodeFault, Cause: "the answer names an app by what is no id"}
	}
	var h haystack
	add := func(branch string, variables map[string]string, spec string) {
		h.variables(inventory.InEnvironment, branch, variables)
		h.passage(inventory.InBuildspec, branch, []byte(spec))
	}
	add("", a.Environment, a.BuildSpec)
	add("", a.New.Environment, a.New.BuildSpec)
	err := paged(func(token string) (string, error) {
		var page branchesPage
		if err := r.get(ctx, actBranches, "/apps/"+a.ID+"/branches", withNext(url.Values{"maxResults": {"50"}}, token), &page); err != nil {
			return "", err
		}
		for _, b := range page.Branches {
			add(b.Name, b.Environment, b.BuildSpec)
		}
		return page.NextToken, nil
	})
	if err != nil && describe(err).code == "NotFoundException" {
		err = nil
	}
	r.found(inventory.Resource{ARN: a.ARN, Name: a.Name, Role: orElse(a.BuildRole, a.ComputeRole)}, r.keysIn(&h))
	return err
}
