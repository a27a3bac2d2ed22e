// Package ghfake is a GitHub for tests: repositories with commits, issues, pull requests, reviews, comments, labels, people and
// an OIDC issuer, with a state that requests change, faults that are injected, and a judge. Every request and every answer is
// held to GitHub's own OpenAPI description, a query to its GraphQL schema; what does not fit is a violation and fails the test.
//
// It serves tests in the same process (New with a test) and, as the program in serve, processes from outside.
// It knows nothing of keysweep.
package ghfake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The names that a new server knows.
const (
	DefaultRepository = "acme/backlog"
	// DefaultToken is of the workflow's own bot, which may write issues and read contents.
	DefaultToken = "ghs_fakeWorkflowToken"
	// ForkToken is of the same bot in a pull request from a fork: it reads, and writes nothing.
	ForkToken = "ghs_fakeForkToken"
	// OIDCRequestToken is what asks for an OIDC token.
	OIDCRequestToken = "fake-oidc-request-token"
	WorkflowBot      = "github-actions[bot]"
)

// TB is the part of a test that the fake needs; *testing.T, *testing.B and *rapid.T have it.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// Identity is who a token speaks for.
type Identity struct {
	Actor
	// Permissions maps issues, contents, pull_requests to write or read; what is missing is not granted.
	Permissions map[string]string
}

// Request is one request as it was received. It never holds a header: no log can give a token away.
type Request struct {
	N      int    `json:"n"`
	Write  int    `json:"write,omitempty"` // its number among the writes, from 1; 0: a read
	Method string `json:"method"`
	// Operation is the request by GitHub's description, like "GET /repos/{owner}/{repo}"; POST /graphql is one too.
	Operation string `json:"operation,omitempty"`
	Path      string `json:"path"`
	Query     string `json:"query,omitempty"`
	Body      string `json:"body,omitempty"`
	Actor     string `json:"actor,omitempty"`
	Status    int    `json:"status"` // 0: no answer was sent
	Fault     string `json:"fault,omitempty"`
}

// String is "POST /repos/acme/backlog/issues → 201".
func (r Request) String() string {
	out := r.Method + " " + r.Path
	if r.Query != "" {
		out += "?" + r.Query
	}
	if r.Fault != "" {
		return fmt.Sprintf("%s → %d (%s)", out, r.Status, r.Fault)
	}
	return fmt.Sprintf("%s → %d", out, r.Status)
}

// Server is the fake. Its methods may be called from any goroutine.
type Server struct {
	// URL is where it listens, without a slash at the end; empty when it was made without a test.
	URL string

	contract *contract

	mu          sync.Mutex
	repos       []*Repository
	tokens      map[string]Identity
	bots        map[string]bool
	log         []Request
	writes      int
	violations  []string
	faults      []*Fault
	rate        rate
	graphQLRate rate
	git         *store
	treeLimit   int
	blobLimit   int
	now         time.Time
	clock       func() time.Time // nil: now is advanced by changes and by Sleep
	lastID      int64
	pageSize    int
	listLag     int
	store       string // where files are kept, without a slash at the end
	downloads   []string
	claims      map[string]any
	issued      int
}

// New makes a server with one private repository, DefaultRepository, and one token, DefaultToken. With a test it
// listens on a port of its own until the test ends, and then fails it for every violation.
func New(tb TB) *Server {
	c, err := loadContract()
	if err != nil {
		panic(err) // the description is part of the program
	}
	s := &Server{
		contract: c, tokens: map[string]Identity{}, bots: map[string]bool{}, lastID: 1000, pageSize: 100,
		now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), claims: map[string]any{}, git: newStore(), treeLimit: 100_000, blobLimit: maxBlob,
	}
	s.rate = rate{limit: 5000, remaining: 5000, reset: s.now.Add(time.Hour)}
	s.graphQLRate = s.rate
	s.AddRepository(Repository{FullName: DefaultRepository, Visibility: "private", HasIssues: true})
	s.AddToken(DefaultToken, Identity{
		Actor:       Actor{Login: WorkflowBot, Type: "Bot"},
		Permissions: map[string]string{"issues": "write", "contents": "read", "pull_requests": "write", "actions": "read"},
	})
	s.AddToken(ForkToken, Identity{
		Actor:       Actor{Login: WorkflowBot, Type: "Bot"},
		Permissions: map[string]string{"issues": "read", "contents": "read", "pull_requests": "read"},
	})
	if tb != nil {
		s.serve(tb)
	}
	return s
}

func (s *Server) serve(tb TB) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	s.URL = "http://" + l.Addr().String()
	srv := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go srv.Serve(l) //nolint:errcheck // it ends by Close
	closeStore := s.serveStore()
	tb.Cleanup(func() {
		tb.Helper()
		srv.Close()
		closeStore()
		for _, v := range s.Violations() {
			tb.Errorf("GitHub fake: %s", v)
		}
	})
}

// AddRepository adds a repository.
func (s *Server) AddRepository(r Repository) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.id = s.nextID()
	r.Collaborators = maps.Clone(r.Collaborators)
	s.repos = append(s.repos, &r)
}

// Change changes a repository of that full name under the server's lock.
func (s *Server) Change(fullName string, change func(*Repository)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.mustRepo(fullName))
}

// AddToken makes a token speak for an identity.
func (s *Server) AddToken(token string, id Identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = id
	if id.Type == "Bot" {
		s.bots[id.Login] = true
	}
}

// SetPageSize caps the size of pages, so that tests see paging with few issues.
func (s *Server) SetPageSize(n int) { s.mu.Lock(); defer s.mu.Unlock(); s.pageSize = n }

// SetListLag keeps each new issue out of the next n listings, as GitHub sometimes does for a moment.
func (s *Server) SetListLag(n int) { s.mu.Lock(); defer s.mu.Unlock(); s.listLag = n }

// Now is the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time()
}

// SetNow sets the clock; from there it moves a second with each change and by Sleep.
func (s *Server) SetNow(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.clock = t.UTC().Truncate(time.Second), nil
}

// UseClock makes the server follow a clock, for a server that other processes use.
func (s *Server) UseClock(clock func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = clock
	s.rate.reset, s.graphQLRate.reset = s.time().Add(time.Hour), s.time().Add(time.Hour)
}

// Sleep moves the clock on and returns at once: a client under test sleeps by it.
func (s *Server) Sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	return ctx.Err()
}

func (s *Server) time() time.Time {
	if s.clock != nil {
		return s.clock().UTC().Truncate(time.Second)
	}
	return s.now.UTC().Truncate(time.Second)
}

// tick is the time of a change.
func (s *Server) tick() time.Time {
	s.now = s.now.Add(time.Second)
	return s.time()
}

func (s *Server) nextID() int64 { s.lastID++; return s.lastID }

// Issues are copies of all issues and pull requests of a repository, by number.
func (s *Server) Issues(fullName string) []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Issue
	for _, i := range s.mustRepo(fullName).issues {
		c := *i
		c.Labels, c.Assignees = slices.Clone(i.Labels), slices.Clone(i.Assignees)
		c.Comments, c.Events = slices.Clone(i.Comments), slices.Clone(i.Events)
		out = append(out, c)
	}
	return out
}

// Labels are copies of a repository's labels, in order of creation.
func (s *Server) Labels(fullName string) []Label {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Label
	for _, l := range s.mustRepo(fullName).labels {
		out = append(out, *l)
	}
	return out
}

// Requests is the log so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Writes are the requests that were no reads.
func (s *Server) Writes() []Request {
	return slices.DeleteFunc(s.Requests(), func(r Request) bool { return r.Write == 0 })
}

// Operations counts the requests so far by operation.
func (s *Server) Operations() map[string]int {
	out := map[string]int{}
	for _, r := range s.Requests() {
		out[r.Operation]++
	}
	return out
}

// ResetLog empties the log and starts the count of writes anew.
func (s *Server) ResetLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.writes = nil, 0
}

// Violations lists what did not fit GitHub's description: requests and the fake's own answers.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

func (s *Server) mustRepo(fullName string) *Repository {
	r, _ := s.repo(fullName)
	if r == nil {
		panic(fmt.Sprintf("the GitHub fake has no repository %q", fullName))
	}
	return r
}

// repo finds a repository; former says that the name is an old one.
func (s *Server) repo(fullName string) (r *Repository, former bool) {
	same := func(name string) bool { return strings.EqualFold(name, fullName) }
	for _, r := range s.repos {
		if same(r.FullName) {
			return r, false
		}
	}
	for _, r := range s.repos {
		if slices.ContainsFunc(r.Formerly, same) {
			return r, true
		}
	}
	return nil, false
}

// ServeHTTP answers the API (also under /api/v3, as an enterprise server does), the OIDC
// issuer under /_oidc, and the controls under /_fake.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if strings.HasPrefix(req.URL.Path, storePath) {
		s.give(w, req)
		return
	}
	if strings.HasPrefix(req.URL.Path, "/_fake/") {
		s.control(w, req)
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the client went away
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	s.answer(w, req, body)
}

// answer logs the request, lets a fault have its way, and sends what the handler made.
func (s *Server) answer(w http.ResponseWriter, req *http.Request, body []byte) {
	s.mu.Lock()
	entry := s.enter(req, body)
	f := s.takeFault(req, s.log[entry].Write)
	var out *reply
	if f == nil || f.afterChange() {
		out = s.handle(req, body, entry)
	}
	if f != nil {
		out = f.replace(s, out)
		s.log[entry].Fault = string(f.Kind)
	}
	if out != nil {
		s.log[entry].Status = out.status
	}
	s.mu.Unlock()
	if f != nil && f.drops() {
		f.drop(w, req, out)
		return
	}
	out.send(w)
}

func (s *Server) enter(req *http.Request, body []byte) int {
	r := Request{N: len(s.log) + 1, Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery, Body: string(body)}
	if req.Method != http.MethodGet && req.Method != http.MethodHead && !isGraphQL(req) {
		s.writes++
		r.Write = s.writes
	}
	s.log = append(s.log, r)
	return len(s.log) - 1
}

func (s *Server) violate(req *http.Request, what string) {
	s.violations = append(s.violations, fmt.Sprintf("%s %s: %s", req.Method, req.URL.RequestURI(), what))
}
