package ghfake

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// FaultKind is a way in which a request can go wrong.
type FaultKind string

// The faults. Those that say "after" change the state first: the client cannot know.
const (
	AnswerLost    FaultKind = "answer-lost"    // after; the connection ends without an answer
	AnswerCut     FaultKind = "answer-cut"     // after; half of the answer
	LateGateway   FaultKind = "502-after"      // after; 502 in place of the answer
	Hang          FaultKind = "hang"           // after; nothing, until the client leaves
	Reset         FaultKind = "reset"          // the connection is reset, nothing happened
	BadGateway    FaultKind = "502"            // nothing happened
	Secondary     FaultKind = "secondary"      // 403 with Retry-After
	SecondaryBare FaultKind = "secondary-bare" // 403 that only its text tells apart
	TooMany       FaultKind = "429"            // with Retry-After
	TooManyBare   FaultKind = "429-bare"
	Primary       FaultKind = "primary" // 403, nothing remaining until the reset
)

// The faults that only a query can meet: 200, with errors.
const (
	QueryLimited FaultKind = "query-limited" // the limit of GraphQL is used up until the reset
	QueryTimeout FaultKind = "query-timeout" // it took too long
)

// FaultKinds lists all kinds.
func FaultKinds() []FaultKind {
	return []FaultKind{AnswerLost, AnswerCut, LateGateway, Hang, Reset, BadGateway, Secondary, SecondaryBare, TooMany, TooManyBare, Primary}
}

// Fault is one thing to go wrong. What is empty does not narrow it down.
type Fault struct {
	Kind   FaultKind `json:"kind"`
	Write  int       `json:"write,omitempty"`  // at this write, counted from 1 since the start or ResetLog
	Method string    `json:"method,omitempty"` // at requests of this method
	Path   string    `json:"path,omitempty"`   // at requests whose path matches this regular expression
	Times  int       `json:"times,omitempty"`  // how often; 0 is once, -1 for ever
	// RetryAfter is the seconds of Retry-After, and for Primary those to the reset; 0 is 60.
	RetryAfter int `json:"retry_after,omitempty"`
	// When narrows it down further; for tests of the same process.
	When func(*http.Request) bool `json:"-"`

	path *regexp.Regexp
}

// Inject adds a fault. It panics on a path that is no regular expression and on an unknown kind.
func (s *Server) Inject(f Fault) {
	if err := s.inject(f); err != nil {
		panic(err)
	}
}

func (s *Server) inject(f Fault) error {
	path, err := regexp.Compile(f.Path)
	if err != nil {
		return err
	}
	if !slices.Contains(append(FaultKinds(), QueryLimited, QueryTimeout), f.Kind) {
		return fmt.Errorf("unknown fault %q", f.Kind)
	}
	f.path = path
	if f.Times == 0 {
		f.Times = 1
	}
	if f.RetryAfter == 0 {
		f.RetryAfter = 60
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	return nil
}

// takeFault finds the first fault that is meant for a request and counts it.
func (s *Server) takeFault(req *http.Request, write int) *Fault {
	for _, f := range s.faults {
		if f.Times != 0 && f.meant(req, write) {
			f.Times--
			return f
		}
	}
	return nil
}

func (f *Fault) meant(req *http.Request, write int) bool {
	return (f.Write == 0 || f.Write == write) && (f.Method == "" || f.Method == req.Method) &&
		f.path.MatchString(req.URL.Path) && (f.When == nil || f.When(req))
}

func (f *Fault) afterChange() bool {
	return f.Kind == AnswerLost || f.Kind == AnswerCut || f.Kind == LateGateway || f.Kind == Hang
}

// drops says that the connection ends early, or never.
func (f *Fault) drops() bool {
	return f.Kind == AnswerLost || f.Kind == AnswerCut || f.Kind == Hang || f.Kind == Reset
}

// replace is the answer in place of the true one. Injected answers are not held to the description: it knows
// neither 429 nor 502.
func (f *Fault) replace(s *Server, made *reply) *reply {
	const secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
	var out *reply
	switch f.Kind {
	case BadGateway, LateGateway:
		return &reply{status: http.StatusBadGateway, header: http.Header{"Content-Type": {"text/html"}}, body: []byte("<html>502 Bad Gateway</html>")}
	case Secondary, SecondaryBare:
		out = fail(http.StatusForbidden, secondary)
	case TooMany:
		out = fail(http.StatusTooManyRequests, secondary)
	case TooManyBare:
		out = fail(http.StatusTooManyRequests, "Too many requests")
	case Primary:
		s.rate.remaining, s.rate.reset = 0, s.time().Add(time.Duration(f.RetryAfter)*time.Second)
		out = primaryLimit(http.StatusForbidden)
	case QueryLimited:
		out = jsonReply(http.StatusOK, queryErrors("RATE_LIMITED", primaryWords))
		s.graphQLRate.remaining, s.graphQLRate.reset = 0, s.time().Add(time.Duration(f.RetryAfter)*time.Second)
		s.graphQLRate.stamp(out.header, "graphql")
		return out
	case QueryTimeout:
		return jsonReply(http.StatusOK, queryErrors("", "Something went wrong while executing your query. This may be the result of a timeout."))
	case AnswerCut:
		return made
	default:
		return nil
	}
	if f.Kind == Secondary || f.Kind == TooMany {
		out.header.Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	s.rate.stamp(out.header, "core")
	return out
}

// drop ends the connection in the way of the fault.
func (f *Fault) drop(w http.ResponseWriter, req *http.Request, out *reply) {
	switch f.Kind {
	case Hang:
		<-req.Context().Done()
	case AnswerCut:
		w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
		w.WriteHeader(out.status)
		w.Write(out.body[:len(out.body)/2])   //nolint:errcheck // it is cut anyway
		http.NewResponseController(w).Flush() //nolint:errcheck // it is cut anyway
	case Reset:
		reset(w)
	}
	panic(http.ErrAbortHandler)
}

// reset makes the client see a reset rather than an end; over HTTP/2 it is the stream that is reset, by the panic.
func reset(w http.ResponseWriter) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := h.Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) //nolint:errcheck // then it is an end
	}
	conn.Close()
}

// rate is the primary limit of the one token that counts.
type rate struct {
	limit, remaining int
	reset            time.Time
}

// SetRate sets the primary limit. From there each request takes one, and at the reset all come back.
func (s *Server) SetRate(limit, remaining int, reset time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rate = rate{limit: limit, remaining: remaining, reset: reset}
}

// take counts a request, or refuses it.
func (r *rate) take(now time.Time) bool {
	if !now.Before(r.reset) {
		r.remaining, r.reset = r.limit, now.Add(time.Hour)
	}
	if r.remaining == 0 {
		return false
	}
	r.remaining--
	return true
}

// stamp writes the headers that every answer of GitHub has.
func (r *rate) stamp(h http.Header, resource string) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(r.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(r.remaining))
	h.Set("X-RateLimit-Used", strconv.Itoa(r.limit-r.remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(r.reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", resource)
}

func (r *rate) overview() map[string]any {
	core := map[string]any{"limit": r.limit, "remaining": r.remaining, "used": r.limit - r.remaining, "reset": r.reset.Unix()}
	return map[string]any{"rate": core, "resources": map[string]any{"core": core, "search": core, "graphql": core}}
}

const primaryWords = "API rate limit exceeded for installation ID 1234567."

func primaryLimit(status int) *reply {
	return fail(status, primaryWords)
}
