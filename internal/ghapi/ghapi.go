// Package ghapi is the GitHub side: it lists issues, carries out a plan of internal/backlog, reads files, trees and pull
// requests, comments and reviews, and asks for OIDC tokens. It decides nothing. It is the only importer of go-github and go-githubactions.
package ghapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v62/github"
)

// The defaults of a Config.
const (
	DefaultWriteInterval = time.Second
	DefaultMaxWait       = 5 * time.Minute
	DefaultReserve       = 100
)

// Config is what a client needs. Repository, APIURL and Now are required.
type Config struct {
	APIURL     string // GITHUB_API_URL as it is, of an enterprise server too
	GraphQLURL string // GITHUB_GRAPHQL_URL; its host is given the token too. Empty: nothing is asked by GraphQL
	Token      string // empty: requests go out without one
	Repository string // owner/name

	// WriteInterval is the least time between two writes. 0 is DefaultWriteInterval; below 0 is no pause.
	WriteInterval time.Duration
	// MaxWait bounds each wait for a limit; where a longer one is needed the answer is a *LimitError. 0 is DefaultMaxWait.
	MaxWait time.Duration
	// Reserve is how many requests are left for others: with fewer remaining there are no more writes. It is a
	// tenth of the limit at most. 0 is DefaultReserve; below 0 is none.
	Reserve int

	Log   *slog.Logger                                     // nil: silence
	HTTP  http.RoundTripper                                // nil: net/http's, which honours HTTPS_PROXY
	Sleep func(ctx context.Context, d time.Duration) error // nil: real sleep
	Now   func() time.Time
}

// Client speaks to one repository of GitHub. Reads may go on at the same time; writes are one after the other.
type Client struct {
	gh    *github.Client
	tr    *transport
	log   *slog.Logger
	token string
	owner string
	name  string
	// graphQL is the address of the GraphQL API, empty where there is none.
	graphQL string

	labels     map[string]bool // made sure of in this run
	repository *Repository     // as it was looked up

	mu           sync.Mutex  // guards what follows
	changedFiles map[int]int // of a pull request, as last read
	viewer       string
}

// New makes a client; it sends nothing.
func New(cfg Config) (*Client, error) {
	owner, name, ok := strings.Cut(cfg.Repository, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("repository %q: write owner/name", cfg.Repository)
	}
	if cfg.Now == nil {
		return nil, errors.New("ghapi: a clock is missing")
	}
	base, err := url.Parse(strings.TrimSuffix(cfg.APIURL, "/") + "/")
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("GITHUB_API_URL %q: write an address like https://api.github.com", cfg.APIURL)
	}
	tr := newTransport(cfg, base.Host)
	gh := github.NewClient(&http.Client{Transport: tr, CheckRedirect: redirects})
	gh.BaseURL, gh.UserAgent = base, "keysweep"
	return &Client{
		gh: gh, tr: tr, log: tr.log, token: cfg.Token, owner: owner, name: name, graphQL: address(cfg.GraphQLURL),
		labels: map[string]bool{}, changedFiles: map[int]int{},
	}, nil
}

// address is an address with a host, or nothing.
func address(s string) string {
	if u, err := url.Parse(s); err != nil || u.Host == "" {
		return ""
	}
	return s
}

func newTransport(cfg Config, host string) *transport {
	t := &transport{
		base: cfg.HTTP, token: cfg.Token, hosts: map[string]bool{host: true}, interval: cfg.WriteInterval,
		maxWait: cfg.MaxWait, reserve: cfg.Reserve, timeout: attemptTimeout, sleep: cfg.Sleep, now: cfg.Now, log: cfg.Log,
	}
	if u, err := url.Parse(address(cfg.GraphQLURL)); err == nil && u.Host != "" {
		t.hosts[u.Host] = true
	}
	if t.base == nil {
		t.base = http.DefaultTransport
	}
	if t.interval == 0 {
		t.interval = DefaultWriteInterval
	}
	if t.maxWait == 0 {
		t.maxWait = DefaultMaxWait
	}
	if t.reserve == 0 {
		t.reserve = DefaultReserve
	}
	if t.sleep == nil {
		t.sleep = pause
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	return t
}

// redirects follows a renamed repository when reading. A write is never redirected: net/http would turn it into a read for
// some redirects, and for the others it could land in a repository that nobody named. What is asked of one issue is not
// redirected either: then the issue lives elsewhere now.
func redirects(req *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet || len(via) > 3 || req.URL.Host != first.URL.Host || oneIssue(first.URL.Path) {
		return http.ErrUseLastResponse
	}
	return nil
}

// oneIssue reports whether a path is of one issue: …/issues/12 or below.
func oneIssue(path string) bool {
	_, rest, ok := strings.Cut(path, "/issues/")
	number, _, _ := strings.Cut(rest, "/")
	_, err := strconv.Atoi(number)
	return ok && err == nil
}

// Name is the full name of the repository, after Repository the one it has now.
func (c *Client) Name() string { return c.owner + "/" + c.name }

// path is a path below the repository. Its words are escaped: label names and logins go in here.
func (c *Client) path(words ...any) string {
	p := "repos/" + url.PathEscape(c.owner) + "/" + url.PathEscape(c.name)
	for _, w := range words {
		p += "/" + url.PathEscape(fmt.Sprint(w))
	}
	return p
}

// do sends one request and decodes the answer into out. Errors say what was being done, in the words of doing.
func (c *Client) do(ctx context.Context, doing, method, path string, in, out any) (*github.Response, error) {
	req, err := c.gh.NewRequest(method, path, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	resp, err := c.gh.Do(ctx, req, out)
	if err != nil {
		return resp, c.explain(doing, path, err)
	}
	return resp, nil
}

// maxPages ends a listing that never ends.
const maxPages = 2000

// pages goes through a list, page by page, until visit says that it has seen enough. It follows the server's own link to the
// next page, which for long lists holds a cursor in place of a number, but stays on path. P is a page: a list, or an object
// that holds one.
func pages[P any](ctx context.Context, c *Client, doing, path string, query url.Values, visit func(P) (more bool)) error {
	query.Set("per_page", "100")
	raw := query.Encode()
	for range maxPages {
		var items P
		resp, err := c.do(ctx, doing, http.MethodGet, path+"?"+raw, nil, &items)
		if err != nil {
			return err
		}
		next := nextQuery(resp.Header.Values("Link"))
		if !visit(items) || next == "" {
			return nil
		}
		if next == raw {
			return fmt.Errorf("%s: GitHub's next page is the same page again", doing)
		}
		raw = next
	}
	return fmt.Errorf("%s: more than %d pages", doing, maxPages)
}

// nextQuery is the query of the link to the next page, empty on the last.
func nextQuery(headers []string) string {
	for _, header := range headers {
		for link := range strings.SplitSeq(header, ",") {
			target, params, _ := strings.Cut(link, ";")
			if !strings.Contains(params, `rel="next"`) {
				continue
			}
			u, err := url.Parse(strings.Trim(strings.TrimSpace(target), "<>"))
			if err == nil {
				return u.RawQuery
			}
		}
	}
	return ""
}
