package ghapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	maxAnswer      = 10 << 20  // bytes
	maxLargeAnswer = 64 << 20  // of trees, and of lists with patches
	maxBlobAnswer  = 140 << 20 // 100 MB in base64
	maxQueryAnswer = 16 << 20  // what is longer is asked for in parts
	attemptTimeout = 60 * time.Second
	maxFaults      = 3 // repetitions after a fault of the line or the server
)

// transport carries requests to GitHub the way GitHub asks for: writes one after the other with a pause between them,
// waits where it says so, nothing repeated that may have been done. Everything that waits is bounded.
type transport struct {
	base     http.RoundTripper
	token    string
	hosts    map[string]bool // the token goes to no other
	interval time.Duration
	maxWait  time.Duration
	reserve  int
	timeout  time.Duration // of one attempt, with its answer
	sleep    func(context.Context, time.Duration) error
	now      func() time.Time
	log      *slog.Logger

	writing sync.Mutex // held by the one write under way

	mu        sync.Mutex // guards what follows
	lastWrite time.Time
	budget    budget
	refused   time.Time // no request before, as far as we know
	requests  int
	writes    int
}

// repeatable marks a POST that changes nothing when it is done twice.
type repeatable struct{}

func withRepeat(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatable{}, true)
}

// reading marks a POST that changes nothing at all, as a query is.
type reading struct{}

func withRead(ctx context.Context) context.Context {
	return context.WithValue(ctx, reading{}, true)
}

// answerLimit is how long an answer may be, in bytes.
type answerLimit struct{}

func withAnswer(ctx context.Context, limit int64) context.Context {
	return context.WithValue(ctx, answerLimit{}, limit)
}

func withLargeAnswer(ctx context.Context) context.Context { return withAnswer(ctx, maxLargeAnswer) }

func limitOf(ctx context.Context) int64 {
	if limit, ok := ctx.Value(answerLimit{}).(int64); ok {
		return limit
	}
	return maxAnswer
}

// tally counts what one request has gone through.
type tally struct{ limits, faults int }

// RoundTrip gives the answer to a request after all waits and repetitions, or an error: *LimitError, *LostAnswerError, or
// that of the line.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := rewinder(req)
	if err != nil {
		return nil, err
	}
	write := isWrite(req)
	if write {
		t.writing.Lock()
		defer t.writing.Unlock()
	}
	var n tally
	for {
		if err := t.admit(req.Context(), write); err != nil {
			return nil, err
		}
		resp, err := t.attempt(req, body, write)
		again, resp, err := t.judge(req, resp, err, &n)
		if !again {
			return resp, err
		}
	}
}

func isWrite(req *http.Request) bool {
	return req.Method != http.MethodGet && req.Method != http.MethodHead && req.Context().Value(reading{}) == nil
}

// rewinder gives the body anew for each attempt: over HTTP/2 a body that was sent once is empty the second time.
func rewinder(req *http.Request) (func() (io.ReadCloser, error), error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close()
	if req.GetBody != nil {
		return req.GetBody, nil
	}
	data, err := readAll(req.Body, maxAnswer)
	if err != nil {
		return nil, fmt.Errorf("reading the body to send: %w", err)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, nil
}

// fromReserve marks a context whose few writes may take of what is left for others.
type fromReserve struct{}

// admit waits until a request may be sent.
func (t *transport) admit(ctx context.Context, write bool) error {
	t.mu.Lock()
	now := t.now()
	until, reason := t.refused, "GitHub's rate limit"
	b := t.budget
	if b.known && b.remaining == 0 && b.reset.After(until) {
		until = b.reset.Add(time.Second)
	}
	pause := t.interval - now.Sub(t.lastWrite)
	t.mu.Unlock()
	if until.After(now) {
		return t.wait(ctx, until.Sub(now), reason)
	}
	if !write {
		return nil
	}
	if keep := min(t.reserve, b.limit/10); ctx.Value(fromReserve{}) == nil && b.known && b.remaining < keep && b.reset.After(now) {
		return &LimitError{Until: b.reset, Reason: fmt.Sprintf("%d requests are left and kept for others", b.remaining)}
	}
	if pause > 0 {
		return t.sleep(ctx, pause)
	}
	return nil
}

// wait waits, or says that it would take too long.
func (t *transport) wait(ctx context.Context, d time.Duration, reason string) error {
	until := t.now().Add(d)
	deadline, bounded := ctx.Deadline()
	if d > t.maxWait || bounded && until.After(deadline) {
		t.mu.Lock()
		t.refused = until
		t.mu.Unlock()
		return &LimitError{Until: until, Reason: reason}
	}
	t.log.Info("waiting for GitHub", "reason", reason, "wait", d.Round(time.Second))
	return t.sleep(ctx, d)
}

// attempt sends once and reads the whole answer.
func (t *transport) attempt(req *http.Request, body func() (io.ReadCloser, error), write bool) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	defer cancel()
	out := req.Clone(ctx)
	if body != nil {
		var err error
		if out.Body, err = body(); err != nil {
			return nil, err
		}
	}
	if t.token != "" && t.hosts[out.URL.Host] {
		out.Header.Set("Authorization", "Bearer "+t.token)
	}
	resp, err := t.base.RoundTrip(out)
	if err == nil {
		resp, err = whole(resp, limitOf(ctx))
	}
	t.note(req, resp, err, write)
	return resp, err
}

// whole reads the answer to its end, so that one which is cut counts as lost.
func whole(resp *http.Response, limit int64) (*http.Response, error) {
	defer resp.Body.Close()
	data, err := readAll(resp.Body, limit)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	return resp, nil
}

// note keeps what an attempt says about limits, and logs it. Nothing of headers or bodies is logged.
func (t *transport) note(req *http.Request, resp *http.Response, err error, write bool) {
	t.mu.Lock()
	t.requests++
	if write {
		t.writes++
		t.lastWrite = t.now()
	}
	status := 0
	if err == nil {
		status = resp.StatusCode
		if b := readBudget(resp.Header); b.known {
			t.budget = b
		}
	}
	remaining := t.budget.remaining
	t.mu.Unlock()
	t.log.Debug("GitHub", "method", req.Method, "path", req.URL.Path, "status", status, "remaining", remaining, "error", err)
}

// judge decides whether to try again, and has waited when it says so.
func (t *transport) judge(req *http.Request, resp *http.Response, err error, n *tally) (again bool, _ *http.Response, _ error) {
	ctx := req.Context()
	switch {
	case err != nil && isCanceled(ctx):
		return false, nil, context.Cause(ctx)
	case errors.Is(err, ErrTooLarge):
		return false, nil, err
	case err != nil || resp.StatusCode >= http.StatusInternalServerError:
		return t.fault(req, resp, err, n)
	}
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return false, hidden(resp), nil
	}
	body, err := peek(resp)
	if err != nil || !limited(resp.StatusCode, resp.Header, body) {
		return false, hidden(resp), err
	}
	d, reason := waitFor(resp.Header, t.now(), n.limits)
	n.limits++
	if n.limits > len(bareWaits) {
		d = max(d, t.maxWait+time.Second) // enough of it: later requests are refused too, and at once
	}
	if err := t.wait(ctx, d, reason); err != nil {
		return false, nil, err
	}
	return true, nil, nil
}

// fault repeats what may be repeated after a broken line or a broken server.
func (t *transport) fault(req *http.Request, resp *http.Response, err error, n *tally) (again bool, _ *http.Response, _ error) {
	_, marked := req.Context().Value(repeatable{}).(bool)
	if req.Method == http.MethodPost && !marked && !neverSent(err) {
		if err == nil {
			err = fmt.Errorf("GitHub says %d", resp.StatusCode)
		}
		return false, nil, &LostAnswerError{Cause: err}
	}
	if n.faults == maxFaults {
		if err != nil {
			return false, nil, err
		}
		return false, hidden(resp), nil
	}
	d := time.Second << n.faults
	n.faults++
	if err := t.sleep(req.Context(), d); err != nil {
		return false, nil, err
	}
	return true, nil, nil
}

// hidden takes the limit's headers out of an answer. go-github would keep count by them, and refuse requests
// on its own: until the primary reset, where a secondary limit of a minute was meant.
func hidden(resp *http.Response) *http.Response {
	for _, h := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Used", "Retry-After"} {
		resp.Header.Del(h)
	}
	return resp
}

// peek reads the answer, which is in memory, and puts it back.
func peek(resp *http.Response) ([]byte, error) {
	data, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(data))
	return data, err
}

// counts are the requests and writes so far, repetitions included.
func (t *transport) counts() (requests, writes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requests, t.writes
}

// pause sleeps unless the context ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
