package awscollect

import (
	"context"
	"slices"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readParameters reads the parameters of Systems Manager that are plain text. It is done where the
// role is granted it. Parameters that are encrypted are never asked for.
var readParameters = reader{
	service: &service{name: "ssm", id: "SSM", target: "AmazonSSM", json: "1.1"},
	actions: []action{actParameters, actParameterValues},
	granted: true,
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			var page parametersPage
			in := parametersInput{Filters: plainText, MaxResults: 50, NextToken: token}
			if err := r.json(ctx, actParameters, in, &page); err != nil {
				return "", err
			}
			var names []string
			for _, p := range page.Parameters {
				if p.plain() {
					names = append(names, p.Name)
				}
			}
			some := slices.Collect(slices.Chunk(names, parametersAtOnce))
			return page.NextToken, r.each(len(some), func(i int) error { return r.parameters(ctx, some[i]) })
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actParameters, parametersInput{Filters: plainText, MaxResults: 1}, &parametersPage{})
		_ = r.json(ctx, actParameterValues, valuesInput{Names: []string{nobody}}, &parametersPage{})
	},
}

// parametersAtOnce is how many parameters one call gives.
const parametersAtOnce = 10

var plainText = []parameterFilter{{Key: "Type", Option: "Equals", Values: []string{"String", "StringList"}}}

type (
	parameterFilter struct {
		Key, Option string
		Values      []string
	}
	parametersInput struct {
		Filters    []parameterFilter `json:"ParameterFilters"`
		MaxResults int
		NextToken  string `json:",omitempty"`
	}
	valuesInput struct{ Names []string }
	// parametersPage is what is read of either answer.
	parametersPage struct {
		NextToken  string
		Parameters []parameter
	}
	parameter struct{ Name, ARN, Type, Value string }
)

func (p *parameter) plain() bool { return p.Type == "String" || p.Type == "StringList" }

// parameters reads the values of a few parameters; those that are gone by then have none.
func (r *region) parameters(ctx context.Context, names []string) error {
	var page parametersPage
	if err := r.json(ctx, actParameterValues, valuesInput{Names: names}, &page); err != nil {
		return err
	}
	for _, p := range page.Parameters {
		if !p.plain() {
			continue
		}
		var h haystack
		h.passage(inventory.InValue, "", []byte(p.Value))
		r.found(inventory.Resource{ARN: p.ARN, Name: p.Name}, r.keysIn(&h))
	}
	return nil
}
