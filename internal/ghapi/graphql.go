package ghapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/go-github/v62/github"
)

// HasGraphQL reports whether the client was given the address of the GraphQL API.
func (c *Client) HasGraphQL() bool { return c.graphQL != "" }

// GraphQLError is an answer of the GraphQL API that says what went wrong; its status is 200 all the same.
type GraphQLError struct {
	Doing   string
	Type    string // GitHub's word, like NOT_FOUND; may be empty
	Message string
}

func (e *GraphQLError) Error() string {
	return fmt.Sprintf("%s: GitHub's GraphQL API says %q (%s)", e.Doing, e.Message, e.Type)
}

func (e *GraphQLError) Unwrap() error {
	if e.Type == "NOT_FOUND" {
		return ErrNotFound
	}
	return nil
}

type graphQLAnswer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"errors"`
}

// query sends one query, which changes nothing and so may be repeated, and decodes its data into out. An answer with
// errors is an error, even when part of the data came.
func (c *Client) query(ctx context.Context, doing, query string, variables map[string]any, out any) error {
	if !c.HasGraphQL() {
		return fmt.Errorf("%s: there is no address of the GraphQL API", doing)
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	ctx = withAnswer(withRead(withRepeat(ctx)), maxQueryAnswer)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.graphQL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.gh.UserAgent)
	resp, err := (&http.Client{Transport: c.tr, CheckRedirect: redirects}).Do(req)
	if err == nil {
		defer resp.Body.Close()
		err = github.CheckResponse(resp)
	}
	if err != nil {
		return c.explain(doing, "graphql", err)
	}
	return c.decodeQuery(doing, resp, out)
}

func (c *Client) decodeQuery(doing string, resp *http.Response, out any) error {
	var a graphQLAnswer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return fmt.Errorf("%s: the GraphQL API's answer: %w", doing, err)
	}
	if len(a.Errors) > 0 {
		first := a.Errors[0]
		return c.queryError(doing, resp.Header, &GraphQLError{Doing: doing, Type: first.Type, Message: c.redact(first.Message)})
	}
	if err := json.Unmarshal(a.Data, out); err != nil {
		return fmt.Errorf("%s: the GraphQL API's answer: %w", doing, err)
	}
	return nil
}

func (c *Client) queryError(doing string, h http.Header, e *GraphQLError) error {
	switch {
	case e.Type == "RATE_LIMITED" || limitWords.MatchString(e.Message):
		until := c.tr.now().Add(time.Hour)
		if at, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			until = time.Unix(at, 0)
		}
		return &LimitError{Until: until, Reason: "GitHub's rate limit of GraphQL"}
	case e.Type == "FORBIDDEN" && refusalWords.MatchString(e.Message):
		return &PermissionError{Doing: doing, Message: e.Message, Accepted: h.Get(acceptedHeader), Need: "contents: read"}
	}
	return e
}

// assumedViewer is who a workflow's own token speaks for. GitHub does not tell it on GET /user.
const assumedViewer = "github-actions[bot]"

// Viewer is the login that the token speaks for, which is the author of what is written with it. A token of a workflow or an
// app can be asked by GraphQL only; where that is not to be had, a token that is no person's is taken for the workflow's own.
// The first answer is kept.
func (c *Client) Viewer(ctx context.Context) (login string, err error) {
	c.mu.Lock()
	login = c.viewer
	c.mu.Unlock()
	if login != "" {
		return login, nil
	}
	if login, err = c.viewerByQuery(ctx); login == "" && err == nil {
		login, err = c.viewerByREST(ctx)
	}
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	c.viewer = login
	c.mu.Unlock()
	return login, nil
}

// viewerByQuery gives no login where GraphQL does not tell, and an error only where asking further is of no use.
func (c *Client) viewerByQuery(ctx context.Context) (string, error) {
	if !c.HasGraphQL() {
		return "", nil
	}
	var a struct {
		Viewer struct {
			Login string `json:"login"`
		} `json:"viewer"`
	}
	err := c.query(ctx, "asking whom the token speaks for", "query { viewer { login } }", nil, &a)
	var limit *LimitError
	if errors.As(err, &limit) || errors.Is(err, ErrBadCredentials) || isCanceled(ctx) {
		return "", err
	}
	if err != nil {
		c.log.Info("the GraphQL API does not tell whom the token speaks for", "error", err)
	}
	return a.Viewer.Login, nil
}

func (c *Client) viewerByREST(ctx context.Context) (string, error) {
	var u github.User
	_, err := c.do(ctx, "asking whom the token speaks for", http.MethodGet, "user", nil, &u)
	var refused *PermissionError
	if errors.As(err, &refused) {
		return assumedViewer, nil
	}
	return u.GetLogin(), err
}
