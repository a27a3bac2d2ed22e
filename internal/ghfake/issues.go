package ghfake

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// found finds the issue of the path, or answers as GitHub does for one that is not there any more.
func (c *call) found() (*Issue, *reply) {
	i := c.repo.issue(c.number())
	switch {
	case i == nil:
		return nil, fail(http.StatusNotFound, "Not Found")
	case i.Deleted:
		return nil, fail(http.StatusGone, "This issue was deleted")
	case i.TransferredTo != "":
		repo, number, _ := strings.Cut(i.TransferredTo, "#")
		return nil, redirect(http.StatusMovedPermanently, fmt.Sprintf("%s/repos/%s/issues/%s", c.base, repo, number))
	}
	return i, nil
}

func (c *call) listIssues() *reply {
	var out []*Issue
	for _, i := range c.repo.issues {
		if i.unseen > 0 {
			i.unseen--
			continue
		}
		if !i.Deleted && i.TransferredTo == "" && c.wanted(i) {
			out = append(out, i)
		}
	}
	key := func(i *Issue) time.Time { return i.CreatedAt }
	switch c.query("sort") {
	case "updated":
		key = func(i *Issue) time.Time { return i.UpdatedAt }
	case "comments":
		key = func(i *Issue) time.Time { return time.Unix(int64(len(i.Comments)), 0) }
	}
	slices.SortStableFunc(out, func(a, b *Issue) int { return key(a).Compare(key(b)) })
	if c.query("direction") != "asc" {
		slices.Reverse(out)
	}
	return listed(c, out, func(i *Issue) any { return c.issue(i, false) })
}

// wanted applies the filters of a listing; the state is open unless said.
func (c *call) wanted(i *Issue) bool {
	if state := cmp.Or(c.query("state"), "open"); state != "all" && state != i.State {
		return false
	}
	for name := range strings.SplitSeq(c.query("labels"), ",") {
		if name != "" && !i.hasLabel(name) {
			return false
		}
	}
	if creator := c.query("creator"); creator != "" && !strings.EqualFold(creator, i.Author.Login) {
		return false
	}
	since, err := time.Parse(time.RFC3339, c.query("since"))
	return err != nil || !i.UpdatedAt.Before(since)
}

type issueFields struct {
	Title       *string
	Body        *string
	State       string
	StateReason string `json:"state_reason"`
	Labels      *[]string
	Assignees   *[]string
}

func (f issueFields) invalid(r *Repository) *reply {
	if f.Title != nil && strings.TrimSpace(*f.Title) == "" {
		return invalid("Issue", "title", "missing_field", "")
	}
	if f.Title != nil && utf8.RuneCountInString(*f.Title) > 256 {
		return invalidText("Issue", "title", "title is too long (maximum is 256 characters)")
	}
	if f.Body != nil && utf8.RuneCountInString(*f.Body) > MaxBody {
		return invalidText("Issue", "body", fmt.Sprintf("body is too long (maximum is %d characters)", MaxBody))
	}
	if f.Labels != nil {
		for _, l := range *f.Labels {
			if bad := invalidLabel(l); bad != nil {
				return bad
			}
		}
	}
	if f.Assignees != nil {
		for _, who := range *f.Assignees {
			if !r.assignable(who) {
				return invalid("Issue", "assignees", "invalid", who)
			}
		}
	}
	return nil
}

func (c *call) createIssue() *reply {
	var f issueFields
	if bad := c.decode(&f); bad != nil {
		return bad
	}
	if f.Title == nil {
		return invalid("Issue", "title", "missing_field", "")
	}
	if bad := f.invalid(c.repo); bad != nil {
		return bad
	}
	body := ""
	if f.Body != nil {
		body = *f.Body
	}
	i := c.s.open(c.repo, c.id.Actor, *f.Title, body)
	c.replaceLabels(i, f.Labels)
	if f.Assignees != nil {
		for _, who := range *f.Assignees {
			c.s.assign(c.repo, i, c.id.Actor, who)
		}
	}
	return jsonReply(http.StatusCreated, c.issue(i, true))
}

// mayLabel: who has no push access has labels dropped without a word. A workflow's token
// that may write issues can label.
func (c *call) mayLabel() bool {
	return c.id.Type == "Bot" || c.repo.canPush(c.id.Login)
}

// replaceLabels makes the labels be these, nil leaves them.
func (c *call) replaceLabels(i *Issue, names *[]string) {
	if names == nil || !c.mayLabel() {
		return
	}
	for _, old := range slices.Clone(i.Labels) {
		if !slices.ContainsFunc(*names, func(n string) bool { return strings.EqualFold(n, old) }) {
			c.s.removeLabel(i, c.id.Actor, old)
		}
	}
	for _, name := range *names {
		c.s.addLabel(c.repo, i, c.id.Actor, name)
	}
}

func (c *call) getIssue() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	return jsonReply(http.StatusOK, c.issue(i, true))
}

func (c *call) editIssue() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	var f issueFields
	if bad := c.decode(&f); bad != nil {
		return bad
	}
	if bad := f.invalid(c.repo); bad != nil {
		return bad
	}
	if f.Title != nil {
		c.s.retitle(i, c.id.Actor, *f.Title)
	}
	if f.Body != nil {
		c.s.rewrite(i, *f.Body)
	}
	if f.State != "" {
		c.s.setState(i, c.id.Actor, f.State, f.StateReason)
	}
	c.replaceLabels(i, f.Labels)
	if f.Assignees != nil {
		i.Assignees = slices.Clone(*f.Assignees)
	}
	return jsonReply(http.StatusOK, c.issue(i, true))
}

func (c *call) events() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	return listed(c, i.Events, func(e Event) any { return c.event(e) })
}

// timeline is the history with the comments in it.
func (c *call) timeline() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	type entry struct {
		at   time.Time
		item any
	}
	var all []entry
	for _, e := range i.Events {
		all = append(all, entry{e.At, c.event(e)})
	}
	for k := range i.Comments {
		m := c.comment(i, &i.Comments[k])
		m["event"], m["actor"] = "commented", m["user"]
		all = append(all, entry{i.Comments[k].CreatedAt, m})
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	return listed(c, all, func(e entry) any { return e.item })
}

func (c *call) listComments() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	return listed(c, c.recent(i), func(m *Comment) any { return c.comment(i, m) })
}

// recent are the comments of an issue that changed since the time of the query.
func (c *call) recent(i *Issue) []*Comment {
	var out []*Comment
	since, err := time.Parse(time.RFC3339, c.query("since"))
	for k := range i.Comments {
		if err != nil || !i.Comments[k].UpdatedAt.Before(since) {
			out = append(out, &i.Comments[k])
		}
	}
	return out
}

// allComments lists those of the whole repository, in order of creation.
func (c *call) allComments() *reply {
	type entry struct {
		of *Issue
		m  *Comment
	}
	var all []entry
	for _, i := range c.repo.issues {
		if !i.Deleted && i.TransferredTo == "" {
			for _, m := range c.recent(i) {
				all = append(all, entry{i, m})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.m.CreatedAt.Compare(b.m.CreatedAt) })
	if c.query("direction") == "desc" {
		slices.Reverse(all)
	}
	return listed(c, all, func(e entry) any { return c.comment(e.of, e.m) })
}

func (c *call) commentBody() (string, *reply) {
	var f struct{ Body *string }
	if bad := c.decode(&f); bad != nil {
		return "", bad
	}
	if f.Body == nil || strings.TrimSpace(*f.Body) == "" {
		return "", invalidText("IssueComment", "body", "Body cannot be blank")
	}
	if utf8.RuneCountInString(*f.Body) > MaxBody {
		return "", invalidText("IssueComment", "body", fmt.Sprintf("body is too long (maximum is %d characters)", MaxBody))
	}
	return *f.Body, nil
}

func (c *call) createComment() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	body, bad := c.commentBody()
	if bad != nil {
		return bad
	}
	if i.Locked && !c.repo.canPush(c.id.Login) {
		return fail(http.StatusForbidden, "Unable to create comment because issue is locked.")
	}
	return jsonReply(http.StatusCreated, c.comment(i, c.s.addComment(i, c.id.Actor, body)))
}

func (c *call) theComment() (*Issue, *Comment) {
	var id int64
	fmt.Sscan(c.path["comment_id"], &id) //nolint:errcheck // zero finds nothing
	return c.repo.comment(id)
}

func (c *call) getComment() *reply {
	i, m := c.theComment()
	if m == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	return jsonReply(http.StatusOK, c.comment(i, m))
}

func (c *call) editComment() *reply {
	i, m := c.theComment()
	if m == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	body, bad := c.commentBody()
	if bad != nil {
		return bad
	}
	m.Body, m.UpdatedAt = body, c.s.tick()
	return jsonReply(http.StatusOK, c.comment(i, m))
}

func (c *call) deleteComment() *reply {
	i, m := c.theComment()
	if m == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	id := m.ID
	i.Comments = slices.DeleteFunc(i.Comments, func(x Comment) bool { return x.ID == id })
	return jsonReply(http.StatusNoContent, nil)
}
