package ghfake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const repoPath = "/repos/" + DefaultRepository

// client speaks to a server without any library.
type client struct {
	t     *testing.T
	s     *Server
	token string
}

func newClient(t *testing.T) client {
	t.Helper()
	return client{t: t, s: New(t), token: DefaultToken}
}

// try sends a request and gives the status, 0 where no answer came.
func (c client) try(method, path, body string) (int, http.Header, []byte, error) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.s.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	h := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true}, // a connection that is reused is repeated by net/http itself
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := h.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, data, err
}

// send is try with a status that must come.
func (c client) send(want int, method, path, body string) map[string]any {
	c.t.Helper()
	got, _, data, err := c.try(method, path, body)
	if got != want {
		c.t.Fatalf("%s %s: got %d %v, want %d: %s", method, path, got, err, want, data)
	}
	var out map[string]any
	json.Unmarshal(data, &out) //nolint:errcheck // some answers are lists, or empty
	return out
}

func (c client) list(path string) ([]map[string]any, http.Header) {
	c.t.Helper()
	status, header, data, err := c.try("GET", path, "")
	if status != 200 {
		c.t.Fatalf("GET %s: %d %v", path, status, err)
	}
	var out []map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		c.t.Fatal(err)
	}
	return out, header
}

// TestEveryOperation drives each handler once; that answers fit the description is checked when the server closes.
func TestEveryOperation(t *testing.T) {
	c := newClient(t)
	c.s.Change(DefaultRepository, func(r *Repository) {
		r.Collaborators = map[string]string{"alice": "maintain", "tim": "triage"}
		r.Files = map[string]string{".github/keysweep.yml": strings.Repeat("version: 1 # and so on\n", 9)}
	})
	c.send(200, "GET", "/rate_limit", "")
	c.send(403, "GET", "/user", "")
	repo := c.send(200, "GET", repoPath, "")
	if repo["visibility"] != "private" || repo["full_name"] != DefaultRepository {
		t.Errorf("repository: %v %v", repo["visibility"], repo["full_name"])
	}
	c.send(201, "POST", repoPath+"/labels", `{"name":"keysweep","color":"1d76db","description":"d"}`)
	c.send(422, "POST", repoPath+"/labels", `{"name":"KeySweep","color":"1d76db"}`)
	c.send(200, "GET", repoPath+"/labels/keysweep", "")
	c.send(404, "GET", repoPath+"/labels/keysweep:accepted", "")
	i := c.send(201, "POST", repoPath+"/issues", `{"title":"one","body":"text","labels":["keysweep","new"],"assignees":["alice"]}`)
	if i["number"] != 1.0 || i["state"] != "open" {
		t.Errorf("issue: %v", i)
	}
	c.send(422, "POST", repoPath+"/issues", `{"title":"two","assignees":["stranger"]}`)
	c.send(201, "POST", repoPath+"/issues/1/assignees", `{"assignees":["stranger","tim"]}`)
	c.send(201, "POST", repoPath+"/issues/1/comments", `{"body":"hello"}`)
	c.send(200, "PATCH", repoPath+"/issues/1", `{"title":"uno","body":"new","state":"closed","state_reason":"not_planned"}`)
	got := c.send(200, "GET", repoPath+"/issues/1", "")
	if by, _ := got["closed_by"].(map[string]any); by["login"] != WorkflowBot || by["type"] != "Bot" || got["state_reason"] != "not_planned" {
		t.Errorf("closed: %v by %v", got["state_reason"], by)
	}
	c.s.As("alice").Reopen(1)
	c.send(200, "POST", repoPath+"/issues/1/labels", `{"labels":["keysweep:high"]}`)
	c.send(200, "DELETE", repoPath+"/issues/1/labels/keysweep:high", "")
	c.send(404, "DELETE", repoPath+"/issues/1/labels/keysweep:high", "")
	comments, _ := c.list(repoPath + "/issues/1/comments")
	id := fmt.Sprintf("%.0f", comments[0]["id"])
	c.send(200, "GET", repoPath+"/issues/comments/"+id, "")
	c.send(200, "PATCH", repoPath+"/issues/comments/"+id, `{"body":"changed"}`)
	for _, list := range []string{"/issues?state=all&labels=keysweep,new", "/issues/1/events", "/issues/1/timeline", "/issues/1/labels", "/labels", "/issues/comments?since=2026-01-01T00:00:00Z"} {
		if items, _ := c.list(repoPath + list); len(items) == 0 {
			t.Errorf("%s is empty", list)
		}
	}
	c.send(204, "DELETE", repoPath+"/issues/comments/"+id, "")
	for login, want := range map[string]string{"alice": "maintain", "tim": "triage", "acme": "admin", "stranger": "none"} {
		if p := c.send(200, "GET", repoPath+"/collaborators/"+login+"/permission", ""); p["role_name"] != want {
			t.Errorf("role of %s: %v", login, p["role_name"])
		}
	}
	c.send(204, "GET", repoPath+"/assignees/alice", "")
	c.send(404, "GET", repoPath+"/assignees/stranger", "")
	c.send(200, "GET", repoPath+"/contents/.github/keysweep.yml?ref=main", "")
	c.send(404, "GET", repoPath+"/contents/nothing", "")
	c.token = "unknown"
	c.send(401, "GET", repoPath, "")

	c.s.AddToken("of a person", Identity{Actor: Actor{Login: "alice", Type: "User"}})
	c.token = "of a person"
	c.send(200, "GET", "/user", "")

	want := []string{
		"labeled", "labeled", "assigned", "assigned", "renamed", "closed", "reopened", "labeled", "unlabeled",
	}
	var events []string
	for _, e := range c.s.Issues(DefaultRepository)[0].Events {
		events = append(events, e.Event)
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name     string
		change   func(*Repository)
		issues   string // permission of the token
		method   string
		path     string
		body     string
		want     int
		message  string
		accepted string
	}{
		{"archived", func(r *Repository) { r.Archived = true }, "write", "POST", "/issues", `{"title":"a"}`, 403, "archived", ""},
		{"archived can be read", func(r *Repository) { r.Archived = true }, "write", "GET", "/issues/1", "", 200, "", ""},
		{"no issues", func(r *Repository) { r.HasIssues = false }, "write", "POST", "/issues", `{"title":"a"}`, 410, "disabled", ""},
		{"no issues to list", func(r *Repository) { r.HasIssues = false }, "write", "GET", "/issues", "", 410, "disabled", ""},
		{"read-only token", nil, "read", "POST", "/issues", `{"title":"a"}`, 403, "not accessible", "issues=write"},
		{"read-only token reads", nil, "read", "GET", "/issues", "", 200, "", ""},
		{"no permission", nil, "", "GET", "/issues", "", 403, "not accessible", "issues=read"},
		{"no permission, public", func(r *Repository) { r.Visibility = "public" }, "", "GET", "/issues", "", 200, "", ""},
		{"deleted", nil, "write", "PATCH", "/issues/2", `{"state":"closed"}`, 410, "deleted", ""},
		{"transferred", nil, "write", "PATCH", "/issues/3", `{"state":"closed"}`, 301, "Moved", ""},
		{"locked", nil, "write", "POST", "/issues/4/comments", `{"body":"a"}`, 403, "locked", ""},
		{"unknown issue", nil, "write", "GET", "/issues/99", "", 404, "Not Found", ""},
		{"body too long", nil, "write", "POST", "/issues", `{"title":"a","body":"` + strings.Repeat("x", MaxBody+1) + `"}`, 422, "", ""},
		{"longest body", nil, "write", "POST", "/issues", `{"title":"a","body":"` + strings.Repeat("x", MaxBody) + `"}`, 201, "", ""},
		{"blank title", nil, "write", "POST", "/issues", `{"title":" "}`, 422, "", ""},
		{"title too long", nil, "write", "POST", "/issues", `{"title":"` + strings.Repeat("é", 257) + `"}`, 422, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t)
			alice := c.s.As("alice")
			for n := range 4 {
				alice.Open(fmt.Sprint("issue ", n+1), "")
			}
			alice.Delete(2)
			alice.Transfer(3, "acme/other#7")
			alice.Lock(4, true)
			c.s.AddToken("t", Identity{Actor: Actor{Login: WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"issues": tt.issues}})
			c.token = "t"
			if tt.change != nil {
				c.s.Change(DefaultRepository, tt.change)
			}
			status, header, data, err := c.try(tt.method, repoPath+tt.path, tt.body)
			if status != tt.want || !bytes.Contains(data, []byte(tt.message)) {
				t.Errorf("got %d %v %s, want %d %q", status, err, data, tt.want, tt.message)
			}
			if got := header.Get("X-Accepted-GitHub-Permissions"); got != tt.accepted {
				t.Errorf("accepted permissions %q, want %q", got, tt.accepted)
			}
		})
	}
}

func TestPaging(t *testing.T) {
	c := newClient(t)
	for n := range 5 {
		c.s.As("alice").Open(fmt.Sprint("issue ", n+1), "")
	}
	c.s.As("alice").OpenPull("a pull request", "")
	c.s.SetPageSize(2)
	var numbers []float64
	path := repoPath + "/issues?state=all&sort=created&direction=asc&per_page=100"
	for pages := 0; path != ""; pages++ {
		items, header := c.list(path)
		for _, i := range items {
			numbers = append(numbers, i["number"].(float64))
		}
		path = ""
		for link := range strings.SplitSeq(header.Get("Link"), ", ") {
			if strings.HasSuffix(link, `rel="next"`) {
				path = strings.TrimPrefix(link[1:strings.Index(link, ">")], c.s.URL)
			}
		}
		if pages > 3 {
			t.Fatal("paging does not end")
		}
	}
	if want := []float64{1, 2, 3, 4, 5, 6}; !slices.Equal(numbers, want) {
		t.Errorf("got %v, want %v", numbers, want)
	}
}

func TestOldNamesRedirect(t *testing.T) {
	c := newClient(t)
	c.s.Change(DefaultRepository, func(r *Repository) { r.FullName, r.Formerly = "acme/renamed", []string{DefaultRepository} })
	for method, want := range map[string]int{"GET": 301, "POST": 307} {
		body := ""
		if method == "POST" {
			body = `{"title":"a"}`
		}
		status, header, _, _ := c.try(method, repoPath+"/issues", body)
		if status != want {
			t.Errorf("%s: got %d, want %d", method, status, want)
		}
		status, _, _, err := c.try(method, strings.TrimPrefix(header.Get("Location"), c.s.URL), body)
		if status/100 != 2 {
			t.Errorf("%s at the new place: %d %v", method, status, err)
		}
	}
}

// TestViolations: each of these must be noticed, or the fake judges nothing.
func TestViolations(t *testing.T) {
	tests := []struct{ name, method, path, body, want string }{
		{"unknown query parameter", "GET", repoPath + "/issues?stat=all", "", "unknown query parameter"},
		{"bad enum in the query", "GET", repoPath + "/issues?state=shut", "", "request"},
		{"bad date", "GET", repoPath + "/issues?since=yesterday", "", "request"},
		{"unknown field", "POST", repoPath + "/issues", `{"title":"a","labbels":[]}`, "labbels"},
		{"bad enum in the body", "PATCH", repoPath + "/issues/1", `{"state_reason":"wontfix"}`, "state_reason"},
		{"missing field", "POST", repoPath + "/issues", `{"body":"a"}`, "title"},
		{"bare list of labels", "POST", repoPath + "/issues/1/labels", `["a"]`, "request"},
		{"unknown path", "GET", "/repos/acme/backlog/nothing", "", "no operation"},
		{"a body in a read", "DELETE", repoPath + "/issues/1/labels/a", `{"a":1}`, "a body where none"},
		{"declared but not answered", "GET", repoPath + "/actions/runs/1/jobs", "", "does not answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(nil)
			s.As("alice").Open("one", "")
			req, err := http.NewRequest(tt.method, "http://fake.test"+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+DefaultToken)
			req.Header.Set("Content-Type", "application/json")
			s.ServeHTTP(discard{http.Header{}}, req)
			got := strings.Join(s.Violations(), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("violations %q, want %q in them", got, tt.want)
			}
		})
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// TestFaults: what the client sees, and whether the state changed.
func TestFaults(t *testing.T) {
	tests := []struct {
		kind    FaultKind
		status  int // 0: no whole answer
		changed bool
		header  string
	}{
		{AnswerLost, 0, true, ""},
		{AnswerCut, 201, true, ""},
		{LateGateway, 502, true, ""},
		{Reset, 0, false, ""},
		{BadGateway, 502, false, ""},
		{Secondary, 403, false, "Retry-After"},
		{SecondaryBare, 403, false, ""},
		{TooMany, 429, false, "Retry-After"},
		{TooManyBare, 429, false, ""},
		{Primary, 403, false, ""},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			c := newClient(t)
			c.s.Inject(Fault{Kind: tt.kind, Write: 2})
			c.send(201, "POST", repoPath+"/issues", `{"title":"first"}`)
			status, header, data, err := c.try("POST", repoPath+"/issues", `{"title":"second"}`)
			if status != tt.status {
				t.Errorf("got %d %v %s, want %d", status, err, data, tt.status)
			}
			if tt.status == 0 && err == nil || tt.kind == AnswerCut && err == nil {
				t.Error("the client saw no error")
			}
			if tt.kind == Reset && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
				t.Errorf("got %v, want a reset", err)
			}
			if got := len(c.s.Issues(DefaultRepository)) == 2; got != tt.changed {
				t.Errorf("changed: %v, want %v", got, tt.changed)
			}
			if (header.Get("Retry-After") != "") != (tt.header != "") {
				t.Errorf("Retry-After %q", header.Get("Retry-After"))
			}
			log := c.s.Writes()
			if log[1].Fault != string(tt.kind) {
				t.Errorf("log: %v", log)
			}
			if tt.kind == Primary {
				c.send(403, "GET", repoPath, "")
				c.s.Sleep(t.Context(), 2*time.Minute) //nolint:errcheck // never fails here
			}
			c.send(201, "POST", repoPath+"/issues", `{"title":"third"}`)
		})
	}
}

func TestListLag(t *testing.T) {
	c := newClient(t)
	c.s.SetListLag(1)
	c.send(201, "POST", repoPath+"/issues", `{"title":"a"}`)
	for n, want := range []int{0, 1} {
		if items, _ := c.list(repoPath + "/issues"); len(items) != want {
			t.Errorf("listing %d: %d issues, want %d", n+1, len(items), want)
		}
	}
}

// TestNoTokenInLog: neither the log nor the dump of the state holds what a client signed in with.
func TestNoTokenInLog(t *testing.T) {
	c := newClient(t)
	c.send(201, "POST", repoPath+"/issues", `{"title":"a"}`)
	for _, path := range []string{"/_fake/state", "/_fake/requests", "/_fake/violations"} {
		_, _, data, err := c.try("GET", path, "")
		if err != nil || len(data) == 0 || bytes.Contains(data, []byte(DefaultToken)) {
			t.Errorf("%s: %v %s", path, err, data)
		}
	}
}

func TestControl(t *testing.T) {
	c := newClient(t)
	form := func(body string, want int) {
		t.Helper()
		resp, err := http.Post(c.s.URL+"/_fake/act", "application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %d, want %d", body, resp.StatusCode, want)
		}
	}
	form("as=alice&do=open&title=one&text=body&label=keysweep", 200)
	form("as=alice&do=comment&number=1&text=%2Fkeysweep+accept", 200)
	form("as=alice&do=close&number=1&reason=not_planned", 200)
	form("as=alice&do=close&number=9", 400)
	form("as=alice&do=dance&number=1", 400)
	c.send(200, "POST", "/_fake/faults", `{"kind":"502","times":1}`)
	c.send(400, "POST", "/_fake/faults", `{"kind":"earthquake"}`)
	c.send(502, "GET", repoPath, "")
	c.send(200, "POST", "/_fake/reset-log", "")
	i := c.s.Issues(DefaultRepository)[0]
	if i.State != "closed" || i.StateReason != "not_planned" || i.ClosedBy.Login != "alice" || len(i.Comments) != 1 {
		t.Errorf("issue: %+v", i)
	}
	if n := len(c.s.Requests()); n != 0 {
		t.Errorf("%d requests in the log, want 0", n)
	}
}

func TestOIDC(t *testing.T) {
	c := newClient(t)
	c.token = OIDCRequestToken
	c.s.SetClaims(map[string]any{"sub": "repo:acme/app:environment:prod"})
	first := c.send(200, "GET", "/_oidc/token?api-version=2.0&audience=sts.amazonaws.com", "")
	second := c.send(200, "GET", "/_oidc/token?audience=sts.amazonaws.com", "")
	if first["value"] == second["value"] {
		t.Error("the same token twice")
	}
	if n := strings.Count(first["value"].(string), "."); n != 2 {
		t.Errorf("%d dots in a token", n)
	}
	c.token = DefaultToken
	c.send(401, "GET", "/_oidc/token", "")
}
