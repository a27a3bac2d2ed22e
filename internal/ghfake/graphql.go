package ghfake

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

//go:embed schema.graphql
var schemaText string

var loadSchema = sync.OnceValues(func() (*ast.Schema, error) {
	return gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
})

const graphQLOperation = "POST /graphql"

func isGraphQL(req *http.Request) bool {
	return req.URL.Path == "/graphql" || req.URL.Path == "/api/graphql"
}

// object is a thing that a query selects fields of.
type object struct {
	kind   string
	fields map[string]func(args map[string]any) any
}

// value is a field that is known.
func value(v any) func(map[string]any) any { return func(map[string]any) any { return v } }

// graphQL answers a query. What does not fit the schema is a violation. The answer is 200 with errors in it even then.
func (s *Server) graphQL(req *http.Request, body []byte, entry int) *reply {
	id, ok := s.tokens[bearer(req)]
	if !ok {
		return fail(http.StatusUnauthorized, "Bad credentials")
	}
	s.log[entry].Actor = id.Login
	out := queryErrors("RATE_LIMITED", primaryWords)
	if s.graphQLRate.take(s.time()) {
		out = s.execute(req, body, &call{s: s, req: req, id: id})
	}
	r := jsonReply(http.StatusOK, out)
	s.graphQLRate.stamp(r.header, "graphql")
	return r
}

func queryErrors(kind, message string, path ...string) map[string]any {
	e := map[string]any{"message": message, "locations": []any{}}
	if kind != "" {
		e["type"] = kind
	}
	if len(path) > 0 {
		e["path"] = path
	}
	return map[string]any{"data": nil, "errors": []any{e}}
}

func (s *Server) execute(req *http.Request, body []byte, c *call) map[string]any {
	var in struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(body, &in); err != nil || req.Method != http.MethodPost {
		s.violate(req, "request: no query")
		return queryErrors("", "A query attribute must be specified and must be a string.")
	}
	schema, err := loadSchema()
	if err != nil {
		panic(err) // the schema is part of the program
	}
	doc, bad := gqlparser.LoadQueryWithRules(schema, in.Query, rules.NewDefaultRules())
	if len(bad) > 0 {
		s.violate(req, "query: "+bad.Error())
		return queryErrors("", bad[0].Message)
	}
	op := doc.Operations[0]
	variables, err := validator.VariableValues(schema, op, in.Variables)
	if err != nil {
		s.violate(req, "variables: "+err.Error())
		return queryErrors("", err.Error())
	}
	x := &execution{schema: schema, variables: variables}
	data := x.run(c.root(x), op.SelectionSet)
	out := map[string]any{"data": data}
	if len(x.errors) > 0 {
		out["errors"] = x.errors
	}
	return out
}

// execution walks a query that is known to fit the schema.
type execution struct {
	schema    *ast.Schema
	variables map[string]any
	path      []string
	errors    []any
}

func (x *execution) fail(kind, message string) {
	x.errors = append(x.errors, map[string]any{
		"type": kind, "message": message, "path": append([]string{}, x.path...), "locations": []any{},
	})
}

func (x *execution) run(o *object, set ast.SelectionSet) map[string]any {
	out := map[string]any{}
	for _, selection := range set {
		switch sel := selection.(type) {
		case *ast.Field:
			x.path = append(x.path, sel.Alias)
			out[sel.Alias] = x.field(o, sel)
			x.path = x.path[:len(x.path)-1]
		case *ast.InlineFragment:
			x.merge(out, o, sel.TypeCondition, sel.SelectionSet)
		case *ast.FragmentSpread:
			x.merge(out, o, sel.Definition.TypeCondition, sel.Definition.SelectionSet)
		}
	}
	return out
}

// merge runs a fragment where its condition holds.
func (x *execution) merge(out map[string]any, o *object, condition string, set ast.SelectionSet) {
	fits := condition == "" || condition == o.kind
	for _, possible := range x.schema.GetPossibleTypes(x.schema.Types[condition]) {
		fits = fits || possible.Name == o.kind
	}
	if fits {
		for name, v := range x.run(o, set) {
			out[name] = v
		}
	}
}

func (x *execution) field(o *object, f *ast.Field) any {
	if f.Name == "__typename" {
		return o.kind
	}
	switch v := o.fields[f.Name](f.ArgumentMap(x.variables)).(type) {
	case *object:
		if v == nil {
			return nil
		}
		return x.run(v, f.SelectionSet)
	case []*object:
		out := []any{}
		for _, item := range v {
			out = append(out, x.run(item, f.SelectionSet))
		}
		return out
	default:
		return v
	}
}

func (c *call) root(x *execution) *object {
	return &object{"Query", map[string]func(map[string]any) any{
		"viewer": value(&object{"User", map[string]func(map[string]any) any{"login": value(c.id.Login)}}),
		"repository": func(args map[string]any) any {
			name := fmt.Sprintf("%s/%s", args["owner"], args["name"])
			r, former := c.s.repo(name)
			if r == nil || former && args["followRenames"] == false {
				x.fail("NOT_FOUND", fmt.Sprintf("Could not resolve to a Repository with the name '%s'.", name))
				return (*object)(nil)
			}
			return c.other(r).repositoryObject(x)
		},
	}}
}

func (c *call) repositoryObject(x *execution) *object {
	return &object{"Repository", map[string]func(map[string]any) any{
		"name": value(c.repo.name()), "nameWithOwner": value(c.repo.FullName),
		"object": func(args map[string]any) any {
			if c.id.Permissions["contents"] == "" && c.repo.Visibility != "public" {
				x.fail("FORBIDDEN", "Resource not accessible by integration")
				return (*object)(nil)
			}
			expression, _ := args["expression"].(string)
			if oid, ok := args["oid"].(string); ok {
				expression = oid
			}
			return c.expression(expression)
		},
	}}
}

// expression resolves "commit", "commit:path" and the id of a tree or blob, as git rev-parse does.
func (c *call) expression(text string) *object {
	rev, path, inside := strings.Cut(text, ":")
	at := c.s.resolve(c.repo, rev)
	switch {
	case at == nil && !inside && c.s.git.trees[rev] != nil:
		return c.gitObject(treeEntry{mode: modeFolder, sha: rev})
	case at == nil && !inside:
		return c.gitObject(treeEntry{mode: ModeFile, sha: rev})
	case at == nil:
		return nil
	case !inside:
		return gitObject("Commit", at.sha, map[string]any{"tree": c.gitObject(treeEntry{mode: modeFolder, sha: at.tree})})
	}
	e, ok := c.s.git.entry(at.tree, strings.TrimSuffix(path, "/"))
	if !ok {
		return nil
	}
	return c.gitObject(e)
}

// gitObject is nil for what is not here, as a submodule's commit.
func (c *call) gitObject(e treeEntry) *object {
	if e.mode == modeFolder {
		entries := []*object{}
		for _, inside := range c.s.git.trees[e.sha] {
			entries = append(entries, c.entryObject(inside))
		}
		return gitObject("Tree", e.sha, map[string]any{"entries": entries})
	}
	content, ok := c.s.git.blobs[e.sha]
	if !ok {
		return nil
	}
	text, isBinary, truncated := textOf(content)
	return gitObject("Blob", e.sha, map[string]any{
		"byteSize": len(content), "isBinary": isBinary, "isTruncated": truncated, "text": text,
	})
}

func gitObject(kind, sha string, more map[string]any) *object {
	o := &object{kind, map[string]func(map[string]any) any{"oid": value(sha), "abbreviatedOid": value(sha[:min(7, len(sha))])}}
	for name, v := range more {
		o.fields[name] = value(v)
	}
	return o
}

// entryObject gives the mode as the number that git's octal digits are.
func (c *call) entryObject(e treeEntry) *object {
	mode, _ := strconv.ParseInt(e.mode, 8, 64)
	return &object{"TreeEntry", map[string]func(map[string]any) any{
		"name": value(e.name), "mode": value(mode), "type": value(e.kind()), "oid": value(e.sha),
		"size": value(len(c.s.git.blobs[e.sha])), "object": func(map[string]any) any { return c.gitObject(e) },
	}}
}
