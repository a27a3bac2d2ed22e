package ghapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
)

// What GitHub refused, for errors.Is.
var (
	ErrNotFound       = errors.New("not found, or not visible to the token")
	ErrGone           = errors.New("deleted")
	ErrMoved          = errors.New("moved to another repository")
	ErrLocked         = errors.New("the conversation is locked")
	ErrArchived       = errors.New("the repository is archived: unarchive it, or set issues-repository to another")
	ErrIssuesDisabled = errors.New("issues are switched off: switch them on in the repository's settings, or set issues-repository to another")
	ErrTooLarge       = errors.New("larger than GitHub gives or than is read at once")
	ErrBadCredentials = errors.New("GitHub does not know the token: it is wrong or has expired, check github-token")
)

// LimitError says that GitHub takes no request until a time that is too far away to wait for, or
// that the requests left are for others. What was not done is to be done by the next run.
type LimitError struct {
	Until  time.Time
	Reason string
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s until %s: what is left is for the next run", e.Reason, e.Until.UTC().Format(time.RFC3339))
}

// PermissionError says that the token may not do something.
type PermissionError struct {
	Doing    string // what was being done
	Message  string // GitHub's words
	Accepted string // the header X-Accepted-GitHub-Permissions, empty when it was not sent
	Need     string // the line to add under "permissions:", like "issues: write"
}

func (e *PermissionError) Error() string {
	text := fmt.Sprintf("%s: the token may not do that (GitHub says %q)", e.Doing, e.Message)
	if e.Need != "" {
		text += fmt.Sprintf(": add %q to permissions: of the job", e.Need)
	}
	return text
}

// LostAnswerError says that a request which must not be repeated blindly may or may not
// have been carried out: look first.
type LostAnswerError struct {
	Cause error
}

func (e *LostAnswerError) Error() string {
	return fmt.Sprintf("GitHub's answer was lost, and it may have been done or not: %v", e.Cause)
}

func (e *LostAnswerError) Unwrap() error { return e.Cause }

// StatusError is any other answer that is no success.
type StatusError struct {
	Doing   string
	Status  int
	Message string
	kind    error // one of the Err values, or nil
}

func (e *StatusError) Error() string {
	if e.kind != nil {
		return fmt.Sprintf("%s: %v (GitHub says %d %q)", e.Doing, e.kind, e.Status, e.Message)
	}
	return fmt.Sprintf("%s: GitHub says %d %q", e.Doing, e.Status, e.Message)
}

func (e *StatusError) Unwrap() error { return e.kind }

// explain turns an error of the library into one of ours. No error of ours holds the token: GitHub
// does not send it back, and if some proxy did, it is taken out here.
func (c *Client) explain(doing, path string, err error) error {
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return c.refusal(doing, path, answer)
	}
	var broken *url.Error // repeats method and address
	if errors.As(err, &broken) {
		err = broken.Err
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func (c *Client) refusal(doing, path string, answer *github.ErrorResponse) error {
	message := answer.Message
	for _, e := range answer.Errors {
		message += "; " + strings.Trim(fmt.Sprintf("%s %s %s %s", e.Resource, e.Field, e.Code, e.Message), " ")
	}
	message = c.redact(message)
	status := answer.Response.StatusCode
	e := &StatusError{Doing: doing, Status: status, Message: message, kind: kindOf(status, message)}
	if e.kind != nil || status != http.StatusForbidden {
		return e
	}
	accepted := answer.Response.Header.Get(acceptedHeader)
	return &PermissionError{Doing: doing, Message: message, Accepted: accepted, Need: c.needed(accepted, answer.Response.Request.Method, path)}
}

func (c *Client) redact(s string) string {
	if c.token == "" {
		return s
	}
	return strings.ReplaceAll(s, c.token, "***")
}

// kindOf tells GitHub's refusals apart; some of them differ in their words only.
func kindOf(status int, message string) error {
	says := func(word string) bool { return strings.Contains(strings.ToLower(message), word) }
	switch status {
	case http.StatusUnauthorized:
		return ErrBadCredentials
	case http.StatusNotFound:
		if says("no common ancestor") {
			return ErrNoCommonAncestor
		}
		return ErrNotFound
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return ErrMoved
	case http.StatusGone:
		if says("disabled") {
			return ErrIssuesDisabled
		}
		return ErrGone
	case http.StatusForbidden:
		if says("too_large") || says("too large") {
			return ErrTooLarge
		}
		if says("archived") {
			return ErrArchived
		}
		if says("locked") {
			return ErrLocked
		}
	}
	return nil
}

const acceptedHeader = "X-Accepted-GitHub-Permissions"

var permissionForm = regexp.MustCompile(`^[a-z_]+=(read|write)$`)

// needed is the line of a workflow that grants what GitHub asks for. About a pull request GitHub names two alternatives, of which
// only one helps.
func (c *Client) needed(accepted, method, path string) string {
	if c.aboutPull(path) {
		for set := range strings.SplitSeq(accepted, ";") {
			if strings.HasPrefix(strings.TrimSpace(set), "pull_requests=") {
				return needed(set, method, path)
			}
		}
	}
	return needed(accepted, method, path)
}

// aboutPull reports whether a path of an issue is of a pull request that was read, or of a comment, which is only edited there.
func (c *Client) aboutPull(path string) bool {
	parts := strings.Split(path, "/") // repos, owner, name, issues, …
	if len(parts) < 5 || parts[3] != "issues" {
		return false
	}
	number, _ := strconv.Atoi(parts[4])
	c.mu.Lock()
	defer c.mu.Unlock()
	_, read := c.changedFiles[number]
	return read || parts[4] == "comments" && len(c.changedFiles) > 0
}

// needed is the line of a workflow that grants what GitHub asks for. The header holds alternatives, separated by
// semicolons, each a list separated by commas.
func needed(accepted, method, path string) string {
	for set := range strings.SplitSeq(accepted, ";") {
		var lines []string
		for word := range strings.SplitSeq(set, ",") {
			word = strings.TrimSpace(word)
			if permissionForm.MatchString(word) && !strings.HasPrefix(word, "metadata=") {
				lines = append(lines, strings.ReplaceAll(strings.Replace(word, "=", ": ", 1), "_", "-"))
			}
		}
		if len(lines) > 0 {
			return strings.Join(lines, ", ")
		}
	}
	return guess(method, path)
}

// guess is for answers without the header, as of older enterprise servers.
func guess(method, path string) string {
	level := "write"
	if method == http.MethodGet {
		level = "read"
	}
	parts := strings.Split(path, "/") // repos, owner, name, area, …
	if len(parts) < 4 {
		return ""
	}
	switch area := parts[3]; {
	case slices.Contains([]string{"issues", "labels", "assignees"}, area):
		return "issues: " + level
	case area == "actions":
		return "actions: " + level
	case slices.Contains([]string{"contents", "git", "commits", "compare", "releases", "tarball"}, area):
		return "contents: " + level
	case area == "pulls":
		return "pull-requests: " + level
	}
	return ""
}

// neverSent says that an error came before anything was sent.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// lacks is the error for an answer of success without what it must hold, as a proxy may give. Taken for an empty list it would
// look as if nothing were there.
func lacks(doing, what string) error {
	return fmt.Errorf("%s: GitHub's answer has no %s: look at GITHUB_API_URL and the proxy", doing, what)
}

// isCanceled says that the caller gave up, not GitHub.
func isCanceled(ctx context.Context) bool { return ctx.Err() != nil }

// readAll reads up to a limit in bytes; what is longer is ErrTooLarge.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("the answer is longer than %d MiB: %w", limit>>20, ErrTooLarge)
	}
	return data, err
}
