package ghapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/go-github/v62/github"
)

// ErrReviewRefused says that GitHub took nothing of a review: one of its lines is not in the diff, or the commit is not in the
// pull request any more. The same words without lines can still be a comment.
var ErrReviewRefused = errors.New("GitHub refused the review as a whole")

// EditComment replaces the body of a comment of an issue or pull request. One that was deleted is ErrNotFound.
func (c *Client) EditComment(ctx context.Context, id int64, body string) error {
	doing := fmt.Sprintf("editing comment %d", id)
	in := map[string]string{"body": body}
	_, err := c.do(ctx, doing, http.MethodPatch, c.path("issues", "comments", id), in, nil)
	return err
}

// ReviewLine is a comment at lines of the head's side of a diff.
type ReviewLine struct {
	Path      string
	Line      int // the last line, from 1
	StartLine int // the first, where there are several; else 0
	Body      string
}

type reviewLineBody struct {
	Path      string `json:"path"`
	Body      string `json:"body"`
	Line      int    `json:"line"`
	Side      string `json:"side"`
	StartLine int    `json:"start_line,omitempty"`
	StartSide string `json:"start_side,omitempty"`
}

// CreateReview posts a review that neither approves nor blocks, with all its lines in one request. GitHub takes all or none:
// where it takes none for what is in it, the error is ErrReviewRefused. Like CreateComment it is never repeated by itself.
func (c *Client) CreateReview(ctx context.Context, number int, head, body string, lines []ReviewLine) error {
	comments := make([]reviewLineBody, 0, len(lines))
	for _, l := range lines {
		b := reviewLineBody{Path: l.Path, Body: l.Body, Line: l.Line, Side: "RIGHT"}
		if l.StartLine > 0 && l.StartLine < l.Line {
			b.StartLine, b.StartSide = l.StartLine, "RIGHT"
		}
		comments = append(comments, b)
	}
	in := map[string]any{"commit_id": head, "event": "COMMENT", "body": body, "comments": comments}
	doing := fmt.Sprintf("reviewing pull request #%d", number)
	_, err := c.do(ctx, doing, http.MethodPost, c.path("pulls", number, "reviews"), in, nil)
	var status *StatusError
	if errors.As(err, &status) && status.Status == http.StatusUnprocessableEntity {
		status.kind = ErrReviewRefused
	}
	return err
}

// ReviewComment is a comment at a line of a pull request's diff.
type ReviewComment struct {
	ID          int64
	Author      string
	AuthorBot   bool
	Association string // GitHub's author_association
	Path        string
	Line        int // of the head; 0 where the line is not in the diff any more
	Body        string
}

// ReviewComments lists the comments at lines of a pull request, oldest first.
func (c *Client) ReviewComments(ctx context.Context, number int) ([]ReviewComment, error) {
	doing := fmt.Sprintf("listing review comments of pull request #%d", number)
	if number < 1 { // with 0 GitHub would take it for another list
		return nil, fmt.Errorf("%s: there is no such number", doing)
	}
	query := url.Values{"sort": {"created"}, "direction": {"asc"}}
	var out []ReviewComment
	err := pages(ctx, c, doing, c.path("pulls", number, "comments"), query, func(page []*github.PullRequestComment) bool {
		for _, m := range page {
			out = append(out, ReviewComment{
				ID: m.GetID(), Author: m.GetUser().GetLogin(), AuthorBot: isBot(m.GetUser()), Association: m.GetAuthorAssociation(),
				Path: m.GetPath(), Line: m.GetLine(), Body: m.GetBody(),
			})
		}
		return true
	})
	return out, err
}

// LabelEvent says who put a label on an issue or pull request, or took it off.
type LabelEvent struct {
	Label    string
	Actor    string // a login; empty where the account is gone
	ActorBot bool
	At       time.Time
	Added    bool // false: taken off
}

// LabelEvents lists what happened to the labels of an issue or pull request, oldest first.
func (c *Client) LabelEvents(ctx context.Context, number int) ([]LabelEvent, error) {
	doing := fmt.Sprintf("listing what happened to #%d", number)
	if number < 1 {
		return nil, fmt.Errorf("%s: there is no such number", doing)
	}
	var all []*github.IssueEvent
	err := pages(ctx, c, doing, c.path("issues", number, "events"), url.Values{}, func(page []*github.IssueEvent) bool {
		for _, e := range page {
			if e.GetEvent() == "labeled" || e.GetEvent() == "unlabeled" {
				all = append(all, e)
			}
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	// Several may fall into one second; the number tells which came first.
	slices.SortStableFunc(all, func(a, b *github.IssueEvent) int {
		return cmp.Or(a.GetCreatedAt().Compare(b.GetCreatedAt().Time), cmp.Compare(a.GetID(), b.GetID()))
	})
	var out []LabelEvent
	for _, e := range all {
		out = append(out, LabelEvent{
			Label: e.GetLabel().GetName(), Actor: e.GetActor().GetLogin(), ActorBot: isBot(e.GetActor()),
			At: e.GetCreatedAt().UTC(), Added: e.GetEvent() == "labeled",
		})
	}
	return out, nil
}
