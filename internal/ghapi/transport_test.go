package ghapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testToken is looked for in everything that is printed.
const testToken = "ghs_tokenThatNobodyMaySee"

// clock is a clock that sleeping moves.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

// step is one answer of a scripted server; a status of 0 ends the connection.
type step struct {
	status  int
	headers map[string]string
	body    string
}

var (
	fine      = step{status: 200, body: `{"number":1,"state":"open"}`}
	broken    = step{}
	secondary = `{"message":"You have exceeded a secondary rate limit","documentation_url":"https://docs.github.com/rest#secondary-rate-limits"}`
	primary   = `{"message":"API rate limit exceeded for installation ID 1."}`
	refused   = `{"message":"Resource not accessible by integration"}`
)

// scripted is a server that answers by a script, and keeps what it received.
type scripted struct {
	mu     sync.Mutex
	steps  []step
	bodies []string
	auth   []string
	extra  int // requests after the end of the script
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.bodies = append(s.bodies, r.Method+" "+string(body))
	s.auth = append(s.auth, r.Header.Get("Authorization"))
	if len(s.steps) == 0 {
		s.extra++
		s.mu.Unlock()
		http.Error(w, "the script is over", http.StatusTeapot)
		return
	}
	now := s.steps[0]
	s.steps = s.steps[1:]
	s.mu.Unlock()
	if now.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for k, v := range now.headers {
		w.Header().Set(k, v)
	}
	w.WriteHeader(now.status)
	io.WriteString(w, now.body) //nolint:errcheck // the client went away
}

// rig is a client before a scripted server.
type rig struct {
	*Client
	clock *clock
	srv   *scripted
	log   *bytes.Buffer
}

// newRig makes one; h2 speaks HTTP/2 over TLS. Connections are not kept over HTTP/1.1: net/http repeats some requests on
// a connection that died.
func newRig(t *testing.T, h2 bool, change func(*Config), steps ...step) rig {
	t.Helper()
	r := rig{clock: newClock(), srv: &scripted{steps: steps}, log: &bytes.Buffer{}}
	web := httptest.NewUnstartedServer(r.srv)
	web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	base := &http.Transport{DisableKeepAlives: true}
	if h2 {
		web.EnableHTTP2 = true
		web.StartTLS()
		base = web.Client().Transport.(*http.Transport)
	} else {
		web.Start()
	}
	t.Cleanup(web.Close)
	cfg := Config{
		APIURL: web.URL, Token: testToken, Repository: "acme/backlog", WriteInterval: -1, HTTP: base,
		Sleep: r.clock.Sleep, Now: r.clock.Now, Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Client = c
	return r
}

// limitHeaders are those of the primary limit, with the reset so many minutes after the clock's start.
func limitHeaders(limit, remaining, minutes int, more ...string) map[string]string {
	h := map[string]string{
		"X-RateLimit-Limit": fmt.Sprint(limit), "X-RateLimit-Remaining": fmt.Sprint(remaining),
		"X-RateLimit-Reset":    fmt.Sprint(newClock().now.Add(time.Duration(minutes) * time.Minute).Unix()),
		"X-RateLimit-Resource": "core",
	}
	for i := 0; i+1 < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return h
}

// verdict is what came of a call, in one line.
func verdict(err error) string {
	var limit *LimitError
	var permission *PermissionError
	var lost *LostAnswerError
	var status *StatusError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &limit):
		return "limit until " + limit.Until.UTC().Format("15:04:05")
	case errors.As(err, &permission):
		return "permission " + permission.Need
	case errors.As(err, &lost):
		return "lost"
	case errors.As(err, &status):
		return fmt.Sprint("status ", status.Status)
	}
	return "error"
}

func seconds(all []time.Duration) string {
	var out []string
	for _, d := range all {
		out = append(out, fmt.Sprint(d.Seconds()))
	}
	return strings.Join(out, " ")
}

func repeat(n int, s step) []step {
	var out []step
	for range n {
		out = append(out, s)
	}
	return out
}

// TestClassification: what each answer means, how long is waited, how often is asked. The clock starts at 09:00:00.
func TestClassification(t *testing.T) {
	bare := step{403, nil, secondary}
	get := func(c *Client) error { _, err := c.getIssue(context.Background(), 1); return err }
	patch := func(c *Client) error { return c.EditIssue(context.Background(), 1, Edit{State: "closed"}) }
	post := func(c *Client) error { return c.CreateComment(context.Background(), 1, "text") }
	label := func(c *Client) error { return c.AddLabels(context.Background(), 1, []string{"a"}) }
	unlabel := func(c *Client) error { return c.RemoveLabel(context.Background(), 1, "a") }
	tests := []struct {
		name  string
		call  func(*Client) error
		steps []step
		want  string
		slept string // seconds
	}{
		{"403, documented as secondary, Retry-After", get, []step{{403, limitHeaders(5000, 4000, 50, "Retry-After", "60"), secondary}, fine}, "ok", "61"},
		{"403, only documented as secondary", get, []step{{403, nil, `{"message":"Slow down","documentation_url":"https://docs.github.com/rest#secondary-rate-limits"}`}, fine}, "ok", "60"},
		{"403, secondary by its words, other documentation", get, []step{{403, nil, `{"message":"You have exceeded a secondary rate limit","documentation_url":"https://docs.github.com/x"}`}, fine}, "ok", "60"},
		{"403, secondary without Retry-After, reset far away", get, []step{{403, limitHeaders(5000, 4000, 50), secondary}, fine}, "ok", "60"},
		{"403, secondary, nothing remaining", get, []step{{403, limitHeaders(5000, 0, 2), secondary}, fine}, "ok", "121"},
		{"403, abuse detection", get, []step{{403, nil, `{"message":"You have triggered an abuse detection mechanism."}`}, fine}, "ok", "60"},
		{"403, limit in plain text", get, []step{{403, nil, "<html>secondary rate limit</html>"}, fine}, "ok", "60"},
		{"429, secondary", get, []step{{429, map[string]string{"Retry-After": "5"}, secondary}, fine}, "ok", "6"},
		{"429, primary", get, []step{{429, limitHeaders(5000, 0, 1), primary}, fine}, "ok", "61"},
		{"429 without a word", get, []step{{429, nil, ""}, fine}, "ok", "60"},
		{"429, Retry-After is a date", get, []step{{429, map[string]string{"Retry-After": "Tue, 01 Dec 2026 09:00:30 GMT"}, ""}, fine}, "ok", "31"},
		{"primary limit, reset soon", get, []step{{403, limitHeaders(5000, 0, 3), primary}, fine}, "ok", "181"},
		{"primary limit, reset too late", get, []step{{403, limitHeaders(5000, 0, 50), primary}}, "limit until 09:50:01", ""},
		{"Retry-After too long", get, []step{{403, map[string]string{"Retry-After": "3600"}, secondary}}, "limit until 10:00:01", ""},
		{"bare secondary, again and again", get, repeat(4, bare), "limit until 09:12:01", "60 120 240"},
		{"a write is repeated after a limit", post, []step{bare, {201, nil, `{}`}}, "ok", "60"},
		{"a write waits in vain", post, repeat(4, bare), "limit until 09:12:01", "60 120 240"},

		{"missing permission", post, []step{{403, limitHeaders(5000, 4000, 50, acceptedHeader, "issues=write; pull_requests=write"), refused}}, "permission issues: write", ""},
		{"missing permission with the last request", post, []step{{403, limitHeaders(5000, 0, 50, acceptedHeader, "issues=write"), refused}}, "permission issues: write", ""},
		{"missing permission, old server", post, []step{{403, nil, refused}}, "permission issues: write", ""},
		{"missing permission to read", get, []step{{403, nil, refused}}, "permission issues: read", ""},
		{"a 403 of the last request, in unknown words", get, []step{{403, limitHeaders(5000, 0, 1), `{"message":"No."}`}, fine}, "ok", "61"},
		{"archived", patch, []step{{403, nil, `{"message":"Repository was archived so is read-only."}`}}, "status 403", ""},
		{"401", get, []step{{401, nil, `{"message":"Bad credentials"}`}}, "status 401", ""},
		{"404", get, []step{{404, nil, `{"message":"Not Found"}`}}, "status 404", ""},
		{"410", get, []step{{410, nil, `{"message":"This issue was deleted"}`}}, "status 410", ""},
		{"422", patch, []step{{422, nil, `{"message":"Validation Failed"}`}}, "status 422", ""},

		{"502 to a read", get, []step{{502, nil, "<html>"}, {503, nil, ""}, {500, nil, ""}, fine}, "ok", "1 2 4"},
		{"502 to a read, for ever", get, repeat(4, step{502, nil, ""}), "status 502", "1 2 4"},
		{"a read is broken off", get, []step{broken, fine}, "ok", "1"},
		{"a read is broken off for ever", get, repeat(4, broken), "error", "1 2 4"},
		{"a read is cut", get, []step{{200, map[string]string{"Content-Length": "100"}, `{"num`}, fine}, "ok", "1"},
		{"a patch is broken off", patch, []step{broken, fine}, "ok", "1"},
		{"502 to a patch", patch, []step{{502, nil, ""}, fine}, "ok", "1"},
		{"a delete is broken off", unlabel, []step{broken, {404, nil, `{"message":"Label does not exist"}`}}, "ok", "1"},
		{"labels are broken off", label, []step{broken, {200, nil, `[]`}}, "ok", "1"},
		{"a comment is broken off", post, []step{broken}, "lost", ""},
		{"502 to a comment", post, []step{{502, nil, ""}}, "lost", ""},
		{"a comment's answer is cut", post, []step{{201, map[string]string{"Content-Length": "100"}, `{"id`}}, "lost", ""},
		{"an answer that is too large", get, []step{{200, nil, strings.Repeat(" ", maxAnswer+1)}}, "error", ""},
		{"an answer that is no JSON", get, []step{{200, nil, "<html>"}}, "error", ""},
	}
	for _, tt := range tests {
		for _, h2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/h2=%v", tt.name, h2), func(t *testing.T) {
				r := newRig(t, h2, nil, tt.steps...)
				err := tt.call(r.Client)
				if got := verdict(err); got != tt.want {
					t.Errorf("got %q (%v), want %q", got, err, tt.want)
				}
				if got := seconds(r.clock.slept); got != tt.slept {
					t.Errorf("slept %q, want %q", got, tt.slept)
				}
				if len(r.srv.steps) > 0 || r.srv.extra > 0 {
					t.Errorf("%d answers unused, %d requests too many", len(r.srv.steps), r.srv.extra)
				}
				for n, body := range r.srv.bodies {
					if body != r.srv.bodies[0] {
						t.Errorf("attempt %d sent %q, the first sent %q", n+1, body, r.srv.bodies[0])
					}
				}
				if text := fmt.Sprint(r.log.String(), err); strings.Contains(text, testToken) {
					t.Error("the token is in the log or the error")
				}
			})
		}
	}
}

// TestBodyRebuilt: over HTTP/2 a body that was sent is empty the second time, unless it is made anew.
func TestBodyRebuilt(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		r := newRig(t, h2, nil, step{429, map[string]string{"Retry-After": "1"}, ""}, step{403, nil, secondary}, step{201, nil, `{"number":7}`})
		i, err := r.CreateIssue(t.Context(), NewIssue{Title: "title", Body: strings.Repeat("x", 100_000)})
		if err != nil || i.Number != 7 {
			t.Fatalf("h2=%v: %v %v", h2, i, err)
		}
		if len(r.srv.bodies) != 3 || r.srv.bodies[0] != r.srv.bodies[1] || r.srv.bodies[1] != r.srv.bodies[2] || len(r.srv.bodies[2]) < 100_000 {
			t.Errorf("h2=%v: bodies of %d, %d, … bytes", h2, len(r.srv.bodies[0]), len(r.srv.bodies[1]))
		}
	}
}

func TestRewinderWithoutGetBody(t *testing.T) {
	req, err := http.NewRequest("POST", "http://x.test/", io.MultiReader(strings.NewReader("ab"), strings.NewReader("cd")))
	if err != nil {
		t.Fatal(err)
	}
	body, err := rewinder(req)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b, err := body()
		if err != nil {
			t.Fatal(err)
		}
		if data, _ := io.ReadAll(b); string(data) != "abcd" {
			t.Errorf("got %q", data)
		}
	}
}

// TestWritePace: writes are a second apart, counted from the end of the one before; reads are not held up.
func TestWritePace(t *testing.T) {
	r := newRig(t, false, func(c *Config) { c.WriteInterval = 0 }, fine, fine, fine, fine)
	for n := range 4 {
		if n == 2 {
			if _, err := r.getIssue(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := r.EditIssue(t.Context(), 1, Edit{Title: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := seconds(r.clock.slept); got != "1 1" {
		t.Errorf("slept %q, want a second before the second and the third write", got)
	}
	if requests, writes := r.tr.counts(); requests != 4 || writes != 3 {
		t.Errorf("counted %d requests, %d writes", requests, writes)
	}
}

// TestWritesAreSerial: two writes at once are never under way together.
func TestWritesAreSerial(t *testing.T) {
	var mu sync.Mutex
	under, most := 0, 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		under++
		most = max(most, under)
		mu.Unlock()
		time.Sleep(time.Millisecond)
		mu.Lock()
		under--
		mu.Unlock()
		w.Write([]byte(`{}`)) //nolint:errcheck // the client went away
	}))
	defer web.Close()
	k := newClock()
	c, err := New(Config{APIURL: web.URL, Repository: "a/b", WriteInterval: -1, Now: k.Now, Sleep: k.Sleep})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			if err := c.EditIssue(t.Context(), n+1, Edit{Title: "a"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most != 1 {
		t.Errorf("%d writes at once", most)
	}
}

// TestReserve: a write is refused by ourselves, without a request, when what is left is for others; a read is not.
func TestReserve(t *testing.T) {
	tests := []struct {
		name             string
		limit, remaining int
		reserve          int
		want             string
	}{
		{"enough", 5000, 100, 0, "ok"},
		{"one too few", 5000, 99, 0, "limit until 09:50:00"},
		{"a tenth of a small limit", 500, 50, 0, "ok"},
		{"below a tenth", 500, 49, 0, "limit until 09:50:00"},
		{"a reserve of its own", 5000, 19, 20, "limit until 09:50:00"},
		{"none", 5000, 1, -1, "ok"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := limitHeaders(tt.limit, tt.remaining, 50)
			r := newRig(t, false, func(c *Config) { c.Reserve = tt.reserve }, step{200, h, `{"number":1}`}, step{200, h, `{"number":1}`}, fine)
			if _, err := r.getIssue(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if _, err := r.getIssue(t.Context(), 1); err != nil {
				t.Errorf("a read: %v", err)
			}
			if got := verdict(r.EditIssue(t.Context(), 1, Edit{Title: "a"})); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if sent := len(r.srv.steps) == 0; sent != (tt.want == "ok") {
				t.Errorf("the write was sent: %v", sent)
			}
		})
	}
}

// TestAfterALimit: once a limit was too long to wait for, nothing more is sent until it is over.
func TestAfterALimit(t *testing.T) {
	r := newRig(t, false, nil, step{403, map[string]string{"Retry-After": "3600"}, secondary}, fine)
	for range 3 {
		if _, err := r.getIssue(t.Context(), 1); verdict(err) != "limit until 10:00:01" {
			t.Errorf("got %v", err)
		}
	}
	if len(r.srv.bodies) != 1 {
		t.Errorf("%d requests, want 1", len(r.srv.bodies))
	}
	r.clock.now = r.clock.now.Add(time.Hour - 30*time.Second)
	if _, err := r.getIssue(t.Context(), 1); err != nil {
		t.Errorf("near the end: %v", err)
	}
	if got := seconds(r.clock.slept); got != "31" {
		t.Errorf("slept %q, want what was left", got)
	}
}

// TestLastRequest: an answer that says that it was the last is believed before the next is sent.
func TestLastRequest(t *testing.T) {
	r := newRig(t, false, nil, step{200, limitHeaders(5000, 0, 50), `{"number":1}`})
	if _, err := r.getIssue(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := r.getIssue(t.Context(), 1); verdict(err) != "limit until 09:50:01" {
		t.Errorf("got %v", err)
	}
	if len(r.srv.bodies) != 1 {
		t.Errorf("%d requests, want 1", len(r.srv.bodies))
	}
}

// TestOtherBudgets: the limit of another resource says nothing about ours.
func TestOtherBudgets(t *testing.T) {
	h := limitHeaders(30, 0, 50, "X-RateLimit-Resource", "search")
	r := newRig(t, false, nil, step{200, h, `{"number":1}`}, fine)
	for range 2 {
		if _, err := r.getIssue(t.Context(), 1); err != nil {
			t.Error(err)
		}
	}
}

// TestDeadline: a wait that the job does not live to see is not begun.
func TestDeadline(t *testing.T) {
	r := newRig(t, false, nil, step{403, nil, secondary})
	r.clock.now = time.Date(2226, 1, 1, 9, 0, 0, 0, time.UTC) // a context goes by the real clock
	ctx, cancel := context.WithDeadline(t.Context(), r.clock.now.Add(30*time.Second))
	defer cancel()
	if _, err := r.getIssue(ctx, 1); verdict(err) != "limit until 09:01:00" {
		t.Errorf("got %v", err)
	}
}

func TestCanceled(t *testing.T) {
	r := newRig(t, false, nil, fine)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.CreateComment(ctx, 1, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestNobodyThere: a request that was never sent is no lost answer.
func TestNobodyThere(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	web.Close()
	k := newClock()
	c, err := New(Config{APIURL: web.URL, Repository: "a/b", WriteInterval: -1, Now: k.Now, Sleep: k.Sleep})
	if err != nil {
		t.Fatal(err)
	}
	err = c.CreateComment(t.Context(), 1, "a")
	if verdict(err) != "error" || !neverSent(err) {
		t.Errorf("got %v", err)
	}
	if got := seconds(k.slept); got != "1 2 4" {
		t.Errorf("slept %q", got)
	}
}

// TestTokenStaysHome: the token goes to the API's host and to no other.
func TestTokenStaysHome(t *testing.T) {
	var other []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		other = append(other, r.Header.Get("Authorization"))
		w.Write([]byte(`{}`)) //nolint:errcheck // the client went away
	}))
	defer elsewhere.Close()
	r := newRig(t, false, nil, step{302, map[string]string{"Location": elsewhere.URL + "/x"}, ""})
	if _, err := r.Repository(t.Context()); !errors.Is(err, ErrMoved) {
		t.Errorf("got %v", err)
	}
	resp, err := (&http.Client{Transport: r.tr}).Get(elsewhere.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if diff := cmp.Diff([]string{""}, other); diff != "" {
		t.Errorf("what the other host saw (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Bearer " + testToken}, r.srv.auth); diff != "" {
		t.Errorf("what the API saw (-want +got):\n%s", diff)
	}
}

// TestWritesAreNotRedirected: net/http would turn the first two into a GET, and send the others to wherever it is told.
func TestWritesAreNotRedirected(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		moved := step{status, map[string]string{"Location": "/repos/other/place/issues/1"}, `{"message":"Moved Permanently"}`}
		r := newRig(t, false, nil, moved, moved)
		if err := r.EditIssue(t.Context(), 1, Edit{State: "closed"}); !errors.Is(err, ErrMoved) {
			t.Errorf("%d: an edit: %v", status, err)
		}
		if _, err := r.CreateIssue(t.Context(), NewIssue{Title: "a"}); !errors.Is(err, ErrMoved) {
			t.Errorf("%d: a create: %v", status, err)
		}
		if len(r.srv.bodies) != 2 {
			t.Errorf("%d: requests %q", status, r.srv.bodies)
		}
	}
}

func TestNeeded(t *testing.T) {
	tests := []struct{ header, method, path, want string }{
		{"issues=write", "POST", "", "issues: write"},
		{"issues=write; pull_requests=write", "POST", "", "issues: write"},
		{"pull_requests=read,contents=read; issues=read", "GET", "", "pull-requests: read, contents: read"},
		{"metadata=read", "GET", "repos/a/b/contents/x", "contents: read"},
		{"", "POST", "repos/a/b/issues/1/comments", "issues: write"},
		{"", "GET", "repos/a/b", ""},
		{"issues=write\n::set-output", "POST", "repos/a/b/labels", "issues: write"},
		{"`rm -rf`", "POST", "user", ""},
	}
	for _, tt := range tests {
		if got := needed(tt.header, tt.method, tt.path); got != tt.want {
			t.Errorf("needed(%q, %s %s) = %q, want %q", tt.header, tt.method, tt.path, got, tt.want)
		}
	}
}

// FuzzNextQuery: whatever a server puts into its Link header, the client asks below its own path.
func FuzzNextQuery(f *testing.F) {
	f.Add(`<https://api.github.com/repositories/1/issues?page=2>; rel="next", <https://api.github.com/x?page=9>; rel="last"`)
	f.Add(`<https://api.github.com/x?after=Y3Vyc29y%3D&per_page=100>; rel="next"`)
	f.Add(`rel="next"`)
	f.Add(`<:%zz>; rel="next"`)
	f.Fuzz(func(t *testing.T, header string) {
		q := nextQuery([]string{header})
		if q == "" {
			return
		}
		req, err := http.NewRequest("GET", "https://api.test/repos/a/b/issues?"+q, nil)
		if err != nil {
			return // refused before it is sent
		}
		if req.URL.Host != "api.test" || req.URL.Path != "/repos/a/b/issues" {
			t.Errorf("%q leads to %s", header, req.URL)
		}
	})
}
