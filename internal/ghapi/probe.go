package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// MayWriteIssues asks whether the token may create issues, without creating one: nil, or why not. What is sent lacks the
// title that an issue must have. GitHub looks at the permission first and at the title then, so it answers 422 to who may
// and 403 to who may not, and changes nothing either way.
func (c *Client) MayWriteIssues(ctx context.Context) error {
	return c.mayCreate(ctx, "trying whether issues can be written in "+c.Name(), "issues")
}

// MayMakeLabels asks in the same way whether labels can be made: a person who may only read a repository can open
// issues there, yet no labels by which they would be found again.
func (c *Client) MayMakeLabels(ctx context.Context) error {
	return c.mayCreate(ctx, "trying whether labels can be made in "+c.Name(), "labels")
}

// mayCreate sends an object without any field, which may be repeated.
func (c *Client) mayCreate(ctx context.Context, doing, what string) error {
	_, err := c.do(withRepeat(ctx), doing, http.MethodPost, c.path(what), struct{}{}, nil)
	var status *StatusError
	switch {
	case errors.As(err, &status) && status.Status == http.StatusUnprocessableEntity:
		return nil
	case err == nil:
		return fmt.Errorf("%s: GitHub took a request that it has to refuse: look at GITHUB_API_URL and the proxy", doing)
	}
	return err
}
