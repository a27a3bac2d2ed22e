package ghapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/keysweep/keysweep/internal/backlog"
)

// ListIssues lists the issues with a label, open and closed, by number; an empty label lists all. Pull requests,
// which GitHub lists as issues too, are left out.
func (c *Client) ListIssues(ctx context.Context, label string) ([]backlog.Issue, error) {
	doing := "listing issues of " + c.Name()
	// In order of creation an issue made meanwhile moves no other onto a page that was read already.
	query := url.Values{"state": {"all"}, "sort": {"created"}, "direction": {"asc"}}
	if label != "" {
		query.Set("labels", label)
	}
	byNumber := map[int]backlog.Issue{}
	err := pages(ctx, c, doing, c.path("issues"), query, func(page []*github.Issue) bool {
		for _, i := range page {
			if !i.IsPullRequest() && i.GetNumber() > 0 {
				byNumber[i.GetNumber()] = issueOf(i)
			}
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	out := make([]backlog.Issue, 0, len(byNumber))
	for _, i := range byNumber {
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b backlog.Issue) int { return cmp.Compare(a.Number, b.Number) })
	return out, nil
}

// newestPages is how far back newest looks: what was made a moment ago is at the front.
const newestPages = 3

// newest finds the first issue that fits among the newest, zero when there is none.
func (c *Client) newest(ctx context.Context, label string, fits func(backlog.Issue) bool) (backlog.Issue, error) {
	query := url.Values{"state": {"all"}, "sort": {"created"}, "direction": {"desc"}}
	if label != "" {
		query.Set("labels", label)
	}
	var found backlog.Issue
	seen := 0
	err := pages(ctx, c, "looking for an issue in "+c.Name(), c.path("issues"), query, func(page []*github.Issue) bool {
		seen++
		for _, i := range page {
			if o := issueOf(i); found.Number == 0 && !i.IsPullRequest() && fits(o) {
				found = o
			}
		}
		return found.Number == 0 && seen < newestPages
	})
	return found, err
}

func issueOf(i *github.Issue) backlog.Issue {
	out := backlog.Issue{
		Number: i.GetNumber(), Title: i.GetTitle(), Body: i.GetBody(), Open: i.GetState() != "closed", StateReason: i.GetStateReason(),
		Locked: i.GetLocked(), Author: i.GetUser().GetLogin(), AuthorBot: isBot(i.GetUser()), Association: i.GetAuthorAssociation(),
		CreatedAt: i.GetCreatedAt().UTC(), UpdatedAt: i.GetUpdatedAt().UTC(),
	}
	for _, l := range i.Labels {
		out.Labels = append(out.Labels, l.GetName())
	}
	for _, a := range i.Assignees {
		out.Assignees = append(out.Assignees, a.GetLogin())
	}
	if out.Open {
		return out
	}
	out.ClosedAt = i.GetClosedAt().UTC()
	if by := i.GetClosedBy(); by != nil { // a list need not hold it
		out.ClosedByKnown, out.ClosedBy, out.ClosedByBot = true, by.GetLogin(), isBot(by)
	}
	return out
}

func isBot(u *github.User) bool {
	return u.GetType() == "Bot" || strings.HasSuffix(u.GetLogin(), "[bot]")
}

// getIssue reads one issue as it is now. An issue that was transferred is ErrMoved.
func (c *Client) getIssue(ctx context.Context, number int) (*github.Issue, error) {
	doing := fmt.Sprintf("reading issue #%d", number)
	if number < 1 {
		return nil, fmt.Errorf("%s: there is no such number", doing)
	}
	var i github.Issue
	if _, err := c.do(ctx, doing, http.MethodGet, c.path("issues", number), nil, &i); err != nil {
		return nil, err
	}
	return &i, nil
}

// Closer is who closed an issue and whether that is a bot; an empty login when it is open, or when
// GitHub does not tell (the account is gone).
func (c *Client) Closer(ctx context.Context, number int) (login string, bot bool, err error) {
	i, err := c.getIssue(ctx, number)
	if err != nil {
		return "", false, err
	}
	return i.GetClosedBy().GetLogin(), isBot(i.GetClosedBy()), nil
}

// Comment is a comment of an issue.
type Comment struct {
	ID          int64
	Issue       int // its number
	Author      string
	AuthorBot   bool
	Association string // GitHub's author_association
	Body        string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// ours reports whether a comment may be by a run of keysweep: by a bot, or by somebody of the house, as whom a
// run with a personal token appears. Anybody can copy a hidden mark.
func (m Comment) ours() bool {
	return m.AuthorBot || trusted(m.Association)
}

func trusted(association string) bool {
	return slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, association)
}

// ListComments lists the comments of an issue, oldest first.
func (c *Client) ListComments(ctx context.Context, number int) ([]Comment, error) {
	doing := fmt.Sprintf("listing comments of issue #%d", number)
	if number < 1 { // with 0 GitHub would list those of the whole repository
		return nil, fmt.Errorf("%s: there is no such number", doing)
	}
	return c.comments(ctx, doing, c.path("issues", number, "comments"), url.Values{})
}

// CommentsSince lists the comments of all issues and pull requests that were made or edited since a time, oldest
// first: one request for a hundred comments, where asking issue by issue takes one for each.
func (c *Client) CommentsSince(ctx context.Context, since time.Time) ([]Comment, error) {
	query := url.Values{"since": {since.UTC().Format(time.RFC3339)}, "sort": {"created"}, "direction": {"asc"}}
	return c.comments(ctx, "listing comments of "+c.Name(), c.path("issues", "comments"), query)
}

func (c *Client) comments(ctx context.Context, doing, path string, query url.Values) ([]Comment, error) {
	var out []Comment
	err := pages(ctx, c, doing, path, query, func(page []*github.IssueComment) bool {
		for _, m := range page {
			address := m.GetIssueURL()
			number, _ := strconv.Atoi(address[strings.LastIndex(address, "/")+1:])
			out = append(out, Comment{
				ID: m.GetID(), Issue: number, Author: m.GetUser().GetLogin(), AuthorBot: isBot(m.GetUser()),
				Association: m.GetAuthorAssociation(), Body: m.GetBody(), CreatedAt: m.GetCreatedAt().UTC(),
				UpdatedAt: m.GetUpdatedAt().UTC(),
			})
		}
		return true
	})
	return out, err
}

// NewIssue is an issue to make.
type NewIssue struct {
	Title  string   `json:"title"`
	Body   string   `json:"body"`
	Labels []string `json:"labels,omitempty"`
}

// CreateIssue makes an issue. It is never repeated by itself: where the answer is lost the error is a
// *LostAnswerError. Assignees come later, because one who cannot be assigned would make GitHub refuse the whole.
func (c *Client) CreateIssue(ctx context.Context, n NewIssue) (backlog.Issue, error) {
	var i github.Issue
	if _, err := c.do(ctx, "creating an issue in "+c.Name(), http.MethodPost, c.path("issues"), n, &i); err != nil {
		return backlog.Issue{}, err
	}
	return issueOf(&i), nil
}

// Edit is a change of an issue; what is empty stays as it is.
type Edit struct {
	Title       string `json:"title,omitempty"`
	Body        string `json:"body,omitempty"`
	State       string `json:"state,omitempty"` // open, closed
	StateReason string `json:"state_reason,omitempty"`
}

// EditIssue changes title, body and state in one request.
func (c *Client) EditIssue(ctx context.Context, number int, e Edit) error {
	_, err := c.do(ctx, fmt.Sprintf("editing issue #%d", number), http.MethodPatch, c.path("issues", number), e, nil)
	return err
}

// CreateComment comments on an issue. Like CreateIssue it is never repeated by itself.
func (c *Client) CreateComment(ctx context.Context, number int, body string) error {
	in := map[string]string{"body": body}
	_, err := c.do(ctx, fmt.Sprintf("commenting on issue #%d", number), http.MethodPost, c.path("issues", number, "comments"), in, nil)
	return err
}

// AddAssignees assigns people to an issue and tells whom GitHub dropped, because they cannot be assigned.
func (c *Client) AddAssignees(ctx context.Context, number int, logins []string) (dropped []string, err error) {
	var i github.Issue
	doing := fmt.Sprintf("assigning issue #%d", number)
	in := map[string][]string{"assignees": logins}
	_, err = c.do(withRepeat(ctx), doing, http.MethodPost, c.path("issues", number, "assignees"), in, &i)
	if err != nil {
		return nil, err
	}
	for _, login := range logins {
		if !slices.ContainsFunc(i.Assignees, func(u *github.User) bool { return strings.EqualFold(u.GetLogin(), login) }) {
			dropped = append(dropped, login)
		}
	}
	return dropped, nil
}
