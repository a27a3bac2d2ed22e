package ghapi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// GitHub says "too often" in four ways: 429 or 403, by Retry-After, by nothing remaining until a reset, or by the words of
// the message alone. And a 403 may as well mean that the token lacks a permission.

var (
	limitWords = regexp.MustCompile(`(?i)secondary rate limit|abuse detection|rate limit exceeded|too many requests`)
	// refusalWords are of a 403 that stays a refusal although it used up the last request.
	refusalWords = regexp.MustCompile(`(?i)not accessible by|archived|locked|must have|must be|disabled|blocked|SAML`)
)

// bareWaits are the waits for a limit that names none, one after the other.
var bareWaits = []time.Duration{60 * time.Second, 120 * time.Second, 240 * time.Second}

// budget is the primary limit as the last answer told it.
type budget struct {
	known            bool
	limit, remaining int
	reset            time.Time
}

// readBudget reads the headers; answers of other resources than the core have a budget of their own.
func readBudget(h http.Header) budget {
	if r := h.Get("X-RateLimit-Resource"); r != "" && r != "core" {
		return budget{}
	}
	limit, err1 := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	remaining, err2 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	reset, err3 := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return budget{}
	}
	return budget{known: true, limit: limit, remaining: remaining, reset: time.Unix(reset, 0)}
}

// limited reports whether an answer means "too often". headers are those that came, body the start of the answer.
func limited(status int, headers http.Header, body []byte) bool {
	if status == http.StatusTooManyRequests {
		return true
	}
	if status != http.StatusForbidden {
		return false
	}
	message, docs := words(body)
	switch {
	case limitWords.MatchString(message), strings.Contains(docs, "rate-limit"), headers.Get("Retry-After") != "":
		return true
	}
	return headers.Get("X-RateLimit-Remaining") == "0" && !refusalWords.MatchString(message)
}

func words(body []byte) (message, docs string) {
	var m struct {
		Message          string `json:"message"`
		DocumentationURL string `json:"documentation_url"`
	}
	if json.Unmarshal(body, &m) != nil {
		return string(body[:min(len(body), 4096)]), ""
	}
	return m.Message, m.DocumentationURL
}

// waitFor is how long to wait after the nth limited answer (from 0) to a request, and what kind of limit it is.
func waitFor(h http.Header, now time.Time, nth int) (time.Duration, string) {
	if after, ok := retryAfter(h.Get("Retry-After"), now); ok {
		return after + time.Second, "GitHub's secondary rate limit"
	}
	if b := readBudget(h); b.known && b.remaining == 0 && b.reset.After(now) {
		return b.reset.Sub(now) + time.Second, "GitHub's rate limit"
	}
	return bareWaits[min(nth, len(bareWaits)-1)], "GitHub's secondary rate limit"
}

// retryAfter reads seconds or a date.
func retryAfter(v string, now time.Time) (time.Duration, bool) {
	if v == "" {
		return 0, false
	}
	if seconds, err := strconv.Atoi(v); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(at.Sub(now), 0), true
}
