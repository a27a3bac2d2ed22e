package ghfake

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed openapi.json
var description []byte

// contract finds the operation of a request and holds both sides to GitHub's description of it.
type contract struct {
	router routers.Router
}

// loadContract reads the description once for all servers of a process; it costs a quarter of a second.
var loadContract = sync.OnceValues(func() (*contract, error) {
	// kin-openapi takes any text for a URL unless told otherwise.
	openapi3.DefineStringFormatValidator("uri", openapi3.NewCallbackValidator(absoluteURL))
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		return nil, fmt.Errorf("reading the OpenAPI description: %w", err)
	}
	doc.Servers = nil // any host and port
	letPathsSpanSlashes(doc)
	closeRequestBodies(doc)
	if err := letForksBeGone(doc); err != nil {
		return nil, err
	}
	if err := letTimesBeRanges(doc); err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("routing by the OpenAPI description: %w", err)
	}
	return &contract{router: router}, nil
})

func absoluteURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return fmt.Errorf("%q is not an absolute URL", s)
	}
	return nil
}

// letPathsSpanSlashes: a file path, a ref and a pair of refs hold slashes, which a path parameter
// of OpenAPI cannot say.
func letPathsSpanSlashes(doc *openapi3.T) {
	spans := strings.NewReplacer("{path}", "{path:.+}", "/commits/{ref}", "/commits/{ref:.+}", "/tarball/{ref}", "/tarball/{ref:.+}", "{basehead}", "{basehead:.+}")
	for path, item := range doc.Paths.Map() {
		if wide := spans.Replace(path); wide != path {
			doc.Paths.Delete(path)
			doc.Paths.Set(wide, item)
		}
	}
}

// letForksBeGone: the repository of a pull request's head is null where the fork was deleted, which the description does not say.
func letForksBeGone(doc *openapi3.T) error {
	ref := doc.Components.Schemas["pull-request"]
	if ref == nil || ref.Value.Properties["head"] == nil {
		return errors.New("the OpenAPI description has no head of a pull request")
	}
	head := ref.Value.Properties["head"].Value
	repo := *head.Properties["repo"].Value
	repo.Nullable = true
	head.Properties["repo"] = &openapi3.SchemaRef{Value: &repo}
	return nil
}

// letTimesBeRanges: the time by which runs are chosen is written as in a search, ">=2026-11-18", and described as a time.
func letTimesBeRanges(doc *openapi3.T) error {
	ref := doc.Components.Parameters["created"]
	if ref == nil || ref.Value.Schema == nil {
		return errors.New("the OpenAPI description has no time by which runs are chosen")
	}
	schema := *ref.Value.Schema.Value
	schema.Format = ""
	ref.Value.Schema = &openapi3.SchemaRef{Value: &schema}
	return nil
}

// closeRequestBodies makes a request body with a field that GitHub does not know an error. The description leaves its
// objects open, and GitHub ignores such a field, so a misspelt one would go unnoticed.
func closeRequestBodies(doc *openapi3.T) {
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			for _, media := range op.RequestBody.Value.Content {
				closeSchema(media.Schema)
			}
		}
	}
}

// closeSchema leaves shared schemas (answers use them too) and alternatives by anyOf alone.
func closeSchema(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Ref != "" {
		return
	}
	s := ref.Value
	if len(s.Properties) > 0 && s.AdditionalProperties.Schema == nil && s.AdditionalProperties.Has == nil {
		no := false
		s.AdditionalProperties.Has = &no
	}
	for _, p := range s.Properties {
		closeSchema(p)
	}
	for _, v := range s.OneOf {
		closeSchema(v)
	}
	closeSchema(s.Items)
}

// exchange is one request with the operation it was found to be.
type exchange struct {
	operation string // "GET /repos/{owner}/{repo}/issues"
	input     *openapi3filter.RequestValidationInput
}

// find tells which operation a request is.
func (c *contract) find(req *http.Request) (*exchange, error) {
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s is no operation of the description: %w", req.Method, req.URL.Path, err)
	}
	for name, value := range params {
		if plain, err := url.PathUnescape(value); err == nil {
			params[name] = plain
		}
	}
	pattern := strings.ReplaceAll(route.Path, ":.+}", "}")
	return &exchange{
		operation: req.Method + " " + pattern,
		input: &openapi3filter.RequestValidationInput{
			Request: req, PathParams: params, Route: route,
			Options: &openapi3filter.Options{
				AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
				MultiError:         true, IncludeResponseStatus: true,
				SkipSettingDefaults: true, // else the defaults are written into the request
			},
		},
	}, nil
}

// request lists what is wrong with the request, nothing when all is well.
func (e *exchange) request(body []byte) []string {
	var wrong []string
	known := append(slices.Clone(e.input.Route.Operation.Parameters), e.input.Route.PathItem.Parameters...)
	for name := range e.input.Request.URL.Query() {
		if known.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			wrong = append(wrong, fmt.Sprintf("request: unknown query parameter %q", name))
		}
	}
	if len(body) > 0 && e.input.Route.Operation.RequestBody == nil {
		wrong = append(wrong, "request: a body where none is expected")
	}
	e.input.Request.Body = io.NopCloser(bytes.NewReader(body))
	if err := openapi3filter.ValidateRequest(context.Background(), e.input); err != nil {
		wrong = append(wrong, "request: "+brief(err))
	}
	return wrong
}

// response lists what is wrong with the fake's own answer.
func (e *exchange) response(status int, header http.Header, body []byte) []string {
	if status >= 400 && !e.declares(status) {
		// GitHub answers 401, 403 and 404 to any operation and declares them on a few.
		var basic struct{ Message string }
		if json.Unmarshal(body, &basic) != nil || basic.Message == "" {
			return []string{fmt.Sprintf("answer %d: no message in %q", status, body)}
		}
		return nil
	}
	if status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect {
		return nil // declared for half of the operations, sent for each
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: e.input, Status: status, Header: header, Options: e.input.Options}
	out.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return []string{fmt.Sprintf("answer %d: %s", status, brief(err))}
	}
	return nil
}

func (e *exchange) declares(status int) bool {
	return e.input.Route.Operation.Responses.Status(status) != nil
}

// brief shortens a validation error: kin-openapi prints the whole schema.
func brief(err error) string {
	var many openapi3.MultiError
	if errors.As(err, &many) && len(many) > 0 {
		parts := make([]string, len(many))
		for i, e := range many {
			parts[i] = brief(e)
		}
		return strings.Join(parts, "; ")
	}
	var schema *openapi3.SchemaError
	if errors.As(err, &schema) {
		return fmt.Sprintf("at /%s: %s", strings.Join(schema.JSONPointer(), "/"), schema.Reason)
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
