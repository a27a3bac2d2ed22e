package awscollect

import (
	"context"
	"net/url"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readLambda reads the environments of all functions. The list holds them; versions that were
// published earlier are left out, since only the function itself can be changed.
var readLambda = reader{
	service: &service{name: "lambda", id: "Lambda"},
	actions: []action{actListFunctions},
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			var page lambdaPage
			query := url.Values{"MaxItems": {"50"}}
			if token != "" {
				query.Set("Marker", token)
			}
			if err := r.get(ctx, actListFunctions, "/2015-03-31/functions", query, &page); err != nil {
				return "", err
			}
			for i := range page.Functions {
				r.function(&page.Functions[i])
			}
			return page.NextMarker, nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.get(ctx, actListFunctions, "/2015-03-31/functions", url.Values{"MaxItems": {"1"}}, &lambdaPage{})
	},
}

// lambdaPage is what is read of one page of functions.
type lambdaPage struct {
	NextMarker string
	Functions  []lambdaFunction
}

type lambdaFunction struct {
	FunctionArn string
	Role        string
	Environment struct {
		Variables map[string]string
		// Error is given in place of the variables, when they could not be decrypted.
		Error *struct{ ErrorCode string }
	}
}

func (r *region) function(f *lambdaFunction) {
	if f.Environment.Error != nil {
		r.miss(inventory.FactComputeKeys, actListFunctions, &Error{
			Code: CodeRefused, Cause: "the environment of a function could not be decrypted",
			Hint: "let the role decrypt with the key that the function names (kms:Decrypt), or leave it so",
		})
		return
	}
	var h haystack
	h.variables(inventory.InEnvironment, "", f.Environment.Variables)
	r.found(inventory.Resource{ARN: f.FunctionArn, Role: f.Role}, r.keysIn(&h))
}
