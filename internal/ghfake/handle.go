package ghfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// reply is an answer before it is sent.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r *reply) send(w http.ResponseWriter) {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	w.Write(r.body) //nolint:errcheck // the client went away
}

func jsonReply(status int, v any) *reply {
	r := &reply{status: status, header: http.Header{}}
	if status == http.StatusNoContent {
		return r
	}
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // the fake's own maps
	}
	r.header.Set("Content-Type", "application/json; charset=utf-8")
	r.body = body
	return r
}

const docs = "https://docs.github.com/rest"

func fail(status int, message string) *reply {
	return jsonReply(status, map[string]any{"message": message, "documentation_url": docs, "status": strconv.Itoa(status)})
}

// invalid is GitHub's answer to a field that it does not take.
func invalid(resource, field, code string, value any) *reply {
	return jsonReply(http.StatusUnprocessableEntity, map[string]any{
		"message": "Validation Failed", "documentation_url": docs,
		"errors": []any{map[string]any{"resource": resource, "field": field, "code": code, "value": value}},
	})
}

// invalidText is the same with a message in place of a value.
func invalidText(resource, field, message string) *reply {
	return jsonReply(http.StatusUnprocessableEntity, map[string]any{
		"message": "Validation Failed", "documentation_url": docs,
		"errors": []any{map[string]any{"resource": resource, "field": field, "code": "custom", "message": message}},
	})
}

// call is one request to a handler.
type call struct {
	s    *Server
	req  *http.Request
	id   Identity
	repo *Repository
	base string // scheme and host, and /api/v3 where the client used it
	web  string // scheme and host
	path map[string]string
	body []byte
}

func (c *call) number() int {
	n, _ := strconv.Atoi(c.path["issue_number"])
	return n
}

func (c *call) query(name string) string { return c.req.URL.Query().Get(name) }

func (c *call) decode(v any) *reply {
	if len(c.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	return nil
}

// handlers by operation. An operation of the description that is not here is a violation.
var handlers = map[string]func(*call) *reply{
	"GET /rate_limit":           (*call).rateLimit,
	"GET /user":                 (*call).user,
	"GET /repos/{owner}/{repo}": (*call).repository,

	"GET /repos/{owner}/{repo}/collaborators/{username}/permission": (*call).permission,
	"GET /repos/{owner}/{repo}/contents/{path}":                     (*call).contents,
	"GET /repos/{owner}/{repo}/assignees/{assignee}":                (*call).assignee,

	"GET /repos/{owner}/{repo}/issues":                         (*call).listIssues,
	"POST /repos/{owner}/{repo}/issues":                        (*call).createIssue,
	"GET /repos/{owner}/{repo}/issues/{issue_number}":          (*call).getIssue,
	"PATCH /repos/{owner}/{repo}/issues/{issue_number}":        (*call).editIssue,
	"GET /repos/{owner}/{repo}/issues/{issue_number}/events":   (*call).events,
	"GET /repos/{owner}/{repo}/issues/{issue_number}/timeline": (*call).timeline,

	"GET /repos/{owner}/{repo}/issues/{issue_number}/comments":  (*call).listComments,
	"POST /repos/{owner}/{repo}/issues/{issue_number}/comments": (*call).createComment,
	"GET /repos/{owner}/{repo}/issues/comments":                 (*call).allComments,
	"GET /repos/{owner}/{repo}/issues/comments/{comment_id}":    (*call).getComment,
	"PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}":  (*call).editComment,
	"DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}": (*call).deleteComment,

	"GET /repos/{owner}/{repo}/issues/{issue_number}/labels":           (*call).issueLabels,
	"POST /repos/{owner}/{repo}/issues/{issue_number}/labels":          (*call).addLabels,
	"DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}": (*call).removeLabel,
	"POST /repos/{owner}/{repo}/issues/{issue_number}/assignees":       (*call).addAssignees,
	"GET /repos/{owner}/{repo}/labels":                                 (*call).listLabels,
	"POST /repos/{owner}/{repo}/labels":                                (*call).createLabel,
	"GET /repos/{owner}/{repo}/labels/{name}":                          (*call).getLabel,

	"GET /repos/{owner}/{repo}/pulls/{pull_number}":          (*call).getPull,
	"GET /repos/{owner}/{repo}/pulls/{pull_number}/files":    (*call).pullFiles,
	"GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews":  (*call).listReviews,
	"POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews": (*call).createReview,
	"GET /repos/{owner}/{repo}/pulls/{pull_number}/comments": (*call).listReviewComments,

	"GET /repos/{owner}/{repo}/git/blobs/{file_sha}":     (*call).gitBlob,
	"GET /repos/{owner}/{repo}/git/commits/{commit_sha}": (*call).gitCommit,
	"GET /repos/{owner}/{repo}/git/trees/{tree_sha}":     (*call).gitTree,
	"GET /repos/{owner}/{repo}/commits/{ref}":            (*call).oneCommit,
	"GET /repos/{owner}/{repo}/compare/{basehead}":       (*call).compare,

	"GET /repos/{owner}/{repo}/actions/runs":                                         (*call).listRuns,
	"GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/logs": (*call).runLogs,
	"GET /repos/{owner}/{repo}/actions/artifacts":                                    (*call).listArtifacts,
	"GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}":     (*call).artifact,
	"GET /repos/{owner}/{repo}/releases":                                             (*call).listReleases,
	"GET /repos/{owner}/{repo}/releases/assets/{asset_id}":                           (*call).asset,
	"GET /repos/{owner}/{repo}/tarball/{ref}":                                        (*call).tarball,
}

// handle finds the operation, judges the request, answers, and judges the answer.
func (s *Server) handle(req *http.Request, body []byte, entry int) *reply {
	if strings.HasPrefix(req.URL.Path, "/_oidc/") {
		return s.oidc(req)
	}
	if isGraphQL(req) {
		s.log[entry].Operation = graphQLOperation
		return s.graphQL(req, body, entry)
	}
	base := baseURL(req)
	api := s.apiRequest(req)
	ex, err := s.contract.find(api)
	if err != nil {
		s.violate(req, err.Error())
		return fail(http.StatusNotFound, "Not Found")
	}
	s.log[entry].Operation = ex.operation
	for _, wrong := range ex.request(body) {
		if !asks(ex.operation, body) {
			s.violate(req, wrong)
		}
	}
	c := &call{s: s, req: api, base: base, web: scheme(req) + req.Host, path: ex.input.PathParams, body: body}
	out := s.dispatch(c, ex, entry)
	s.rate.stamp(out.header, "core")
	for _, wrong := range ex.response(out.status, out.header, out.body) {
		s.violate(req, wrong)
	}
	return out
}

// apiRequest is the request as api.github.com would see it: without the prefix of an enterprise server, and with a
// repository's number replaced by its name.
func (s *Server) apiRequest(req *http.Request) *http.Request {
	out := req.Clone(req.Context())
	path := strings.TrimPrefix(out.URL.EscapedPath(), "/api/v3")
	if rest, ok := strings.CutPrefix(path, "/repositories/"); ok {
		id, rest, _ := strings.Cut(rest, "/")
		for _, r := range s.repos {
			if strconv.FormatInt(r.id, 10) == id {
				path = strings.TrimSuffix("/repos/"+r.FullName+"/"+rest, "/")
			}
		}
	}
	if u, err := out.URL.Parse(path); err == nil {
		out.URL.Path, out.URL.RawPath = u.Path, u.RawPath
	}
	return out
}

func scheme(req *http.Request) string {
	if req.TLS != nil {
		return "https://"
	}
	return "http://"
}

func baseURL(req *http.Request) string {
	if strings.HasPrefix(req.URL.Path, "/api/v3/") {
		return scheme(req) + req.Host + "/api/v3"
	}
	return scheme(req) + req.Host
}

// dispatch goes the way of GitHub's own refusals: who, how often, which repository, may he, is it open to writes.
func (s *Server) dispatch(c *call, ex *exchange, entry int) *reply {
	id, ok := s.tokens[bearer(c.req)]
	if !ok {
		return fail(http.StatusUnauthorized, "Bad credentials")
	}
	c.id = id
	s.log[entry].Actor = id.Login
	if ex.operation != "GET /rate_limit" && !s.rate.take(s.time()) {
		return primaryLimit(http.StatusForbidden)
	}
	if owner := c.path["owner"]; owner != "" {
		repo, former := s.repo(owner + "/" + c.path["repo"])
		if repo == nil {
			return fail(http.StatusNotFound, "Not Found")
		}
		if former {
			return c.moved(repo)
		}
		c.repo = repo
	}
	if refused := c.refuse(ex.operation); refused != nil {
		return refused
	}
	h, ok := handlers[ex.operation]
	if !ok {
		s.violate(c.req, "the fake does not answer "+ex.operation)
		return fail(http.StatusNotFound, "Not Found")
	}
	return h(c)
}

func bearer(req *http.Request) string {
	_, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return token
}

// moved redirects a request for an old name: for good when it reads, to be repeated as it is when it writes.
func (c *call) moved(r *Repository) *reply {
	status := http.StatusTemporaryRedirect
	if c.req.Method == http.MethodGet {
		status = http.StatusMovedPermanently
	}
	rest := strings.SplitN(c.req.URL.EscapedPath(), "/", 5) // "", repos, owner, name, rest
	to := fmt.Sprintf("%s/repositories/%d", c.base, r.id)
	if len(rest) == 5 {
		to += "/" + rest[4]
	}
	if c.req.URL.RawQuery != "" {
		to += "?" + c.req.URL.RawQuery
	}
	return redirect(status, to)
}

func redirect(status int, to string) *reply {
	out := jsonReply(status, map[string]any{"message": "Moved Permanently", "url": to, "documentation_url": docs})
	out.header.Set("Location", to)
	return out
}

// refuse answers for want of permission, for an archive, and where issues are switched off.
func (c *call) refuse(operation string) *reply {
	need, level := needs(operation)
	if need == "" {
		return nil
	}
	onPull := need == "issues" && c.onPull()
	enough, told := []string{need}, need+"="+level
	if onPull && operation != "GET /repos/{owner}/{repo}/issues/{issue_number}" {
		told = "issues=" + level + "; pull_requests=" + level
		enough = []string{"pull_requests"}
		if level == "read" {
			enough = append(enough, "issues")
		}
	}
	if !slices.ContainsFunc(enough, func(p string) bool { return c.may(p, level) }) {
		out := fail(http.StatusForbidden, "Resource not accessible by integration")
		out.header.Set("X-Accepted-GitHub-Permissions", told)
		return out
	}
	if c.repo.Archived && level == "write" {
		return fail(http.StatusForbidden, "Repository was archived so is read-only.")
	}
	if need == "issues" && !onPull && !c.repo.HasIssues && strings.Contains(operation, "/issues") {
		return fail(http.StatusGone, "Issues has been disabled in this repository.")
	}
	return nil
}

func (c *call) may(permission, level string) bool {
	has := c.id.Permissions[permission]
	return has == "write" || level == "read" && (has == "read" || c.repo.Visibility == "public")
}

// onPull says that the request is about a pull request, though by the path of an issue. To comment on one or label it takes the
// permission for pull requests, whatever the header says of issues; and they are there where issues are switched off.
func (c *call) onPull() bool {
	i := c.repo.issue(c.number())
	if c.path["comment_id"] != "" {
		i, _ = c.theComment()
	}
	return i != nil && i.PullRequest
}

// needs is the permission of an operation; none for what every token may read.
func needs(operation string) (permission, level string) {
	method, path, _ := strings.Cut(operation, " ")
	rest, inRepo := strings.CutPrefix(path, "/repos/{owner}/{repo}/")
	if !inRepo {
		return "", ""
	}
	level = "write"
	if method == http.MethodGet {
		level = "read"
	}
	area, _, _ := strings.Cut(rest, "/")
	switch {
	case slices.Contains([]string{"issues", "labels", "assignees"}, area):
		return "issues", level
	case slices.Contains([]string{"contents", "git", "commits", "compare", "releases", "tarball"}, area):
		return "contents", level
	case area == "actions":
		return "actions", level
	case area == "pulls":
		return "pull_requests", level
	}
	return "", ""
}

// page cuts one page out of items and says by Link where the others are.
func page[T any](c *call, items []T) ([]T, string) {
	per, n := 30, 1
	if v, err := strconv.Atoi(c.query("per_page")); err == nil {
		per = min(v, 100)
	}
	if v, err := strconv.Atoi(c.query("page")); err == nil && v > 0 {
		n = v
	}
	per = max(1, min(per, c.s.pageSize))
	last := max(1, (len(items)+per-1)/per)
	var links []string
	link := func(rel string, n int) {
		q := c.req.URL.Query()
		q.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf("<%s%s?%s>; rel=%q", c.base, c.req.URL.EscapedPath(), q.Encode(), rel))
	}
	if n > 1 {
		link("prev", n-1)
		link("first", 1)
	}
	if n < last {
		link("next", n+1)
		link("last", last)
	}
	from := min((n-1)*per, len(items))
	return items[from:min(from+per, len(items))], strings.Join(links, ", ")
}

// listed is a page of items, each rendered.
func listed[T any](c *call, items []T, render func(T) any) *reply {
	part, links := page(c, items)
	out := make([]any, 0, len(part))
	for _, i := range part {
		out = append(out, render(i))
	}
	r := jsonReply(http.StatusOK, out)
	if links != "" {
		r.header.Set("Link", links)
	}
	return r
}
