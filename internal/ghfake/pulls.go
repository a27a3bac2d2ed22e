package ghfake

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// pull is what a pull request has over an issue.
type pull struct {
	baseRef, baseSHA string
	headRef, headSHA string
	headRepo         *Repository
	draft            bool
	mergedAt         *time.Time
	mergedBy         Actor
	reviews          []*Review
}

// Review is a review of a pull request.
type Review struct {
	ID       int64
	Author   Actor
	Commit   string
	Body     string
	State    string // COMMENTED, APPROVED, CHANGES_REQUESTED, PENDING
	At       time.Time
	Comments []*ReviewComment
}

// ReviewComment is a comment at a line.
type ReviewComment struct {
	ID              int64
	Author          Actor
	Path            string
	Line, StartLine int
	Side            string // LEFT, RIGHT
	Body            string
	Commit          string
	Outdated        bool // its line is not in the diff any more
	At              time.Time
}

// Proposal is a pull request to open.
type Proposal struct {
	Title, Body string
	Base        string // a branch; empty: DefaultBranch
	Head        string // a branch
	From        string // the fork that has Head; empty: the same repository
	Draft       bool
	Labels      []string
}

// Propose opens a pull request between two branches and gives its number.
func (p Person) Propose(what Proposal) int {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r := p.s.mustRepo(p.repo)
	from := p.s.mustRepo(cmp.Or(what.From, p.repo))
	base := cmp.Or(what.Base, DefaultBranch)
	if r.branches[base] == "" || from.branches[what.Head] == "" {
		panic(fmt.Sprintf("the GitHub fake has no branch %q of %s or %q of %s", base, r.FullName, what.Head, from.FullName))
	}
	i := p.s.open(r, p.as, what.Title, what.Body)
	i.PullRequest = true
	i.pull = &pull{
		baseRef: base, baseSHA: r.branches[base], headRef: what.Head, headSHA: from.branches[what.Head], headRepo: from, draft: what.Draft,
	}
	for _, l := range what.Labels {
		p.s.addLabel(r, i, p.as, l)
	}
	return i.Number
}

// onPull changes a pull request that Propose opened.
func (p Person) onPull(number int, change func(*Repository, *Issue)) {
	p.do(number, func(r *Repository, i *Issue) {
		if i.pull == nil {
			panic(fmt.Sprintf("#%d of the GitHub fake is no pull request between branches", number))
		}
		change(r, i)
	})
}

// SetDraft makes a pull request a draft, or ready for review.
func (p Person) SetDraft(number int, draft bool) {
	p.onPull(number, func(_ *Repository, i *Issue) {
		event := "ready_for_review"
		if draft {
			event = "convert_to_draft"
		}
		i.pull.draft = draft
		p.s.put(i, Event{Event: event, Actor: p.as})
	})
}

// Retarget gives a pull request another base.
func (p Person) Retarget(number int, branch string) {
	p.onPull(number, func(r *Repository, i *Issue) {
		i.pull.baseRef, i.pull.baseSHA = branch, r.branches[branch]
		p.s.put(i, Event{Event: "base_ref_changed", Actor: p.as})
		p.s.outdate(r, i)
	})
}

// Merge merges a pull request into its base; the merge holds the tree of the head.
func (p Person) Merge(number int) {
	p.onPull(number, func(r *Repository, i *Issue) {
		head := p.s.git.commits[i.pull.headSHA]
		sha := p.s.git.putCommit(commit{
			tree: head.tree, parents: []string{r.branches[i.pull.baseRef], head.sha}, by: p.as.Login, at: p.s.tick(), message: "merge",
		})
		at := p.s.time()
		i.pull.mergedAt, i.pull.mergedBy = &at, p.as
		p.s.put(i, Event{Event: "merged", Actor: p.as})
		p.s.setState(i, p.as, "closed", "")
		i.StateReason = ""
		p.s.point(r, i.pull.baseRef, sha)
	})
}

// Review posts a review with comments at lines of the head, as somebody on the web page does; nothing is checked.
func (p Person) Review(number int, body string, comments ...ReviewComment) {
	p.onPull(number, func(_ *Repository, i *Issue) {
		now := p.s.tick()
		review := &Review{ID: p.s.nextID(), Author: p.as, Commit: i.pull.headSHA, Body: body, State: "COMMENTED", At: now}
		for _, m := range comments {
			m.ID, m.Author, m.Commit, m.At, m.Side = p.s.nextID(), p.as, i.pull.headSHA, now, cmp.Or(m.Side, "RIGHT")
			review.Comments = append(review.Comments, &m)
		}
		i.pull.reviews = append(i.pull.reviews, review)
	})
}

// Reviews are copies of the reviews of a pull request, oldest first.
func (s *Server) Reviews(fullName string, number int) []Review {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Review
	if i := s.mustRepo(fullName).issue(number); i != nil && i.pull != nil {
		for _, r := range i.pull.reviews {
			c := *r
			c.Comments = nil
			for _, m := range r.Comments {
				m := *m
				c.Comments = append(c.Comments, &m)
			}
			out = append(out, c)
		}
	}
	return out
}

// pushed is what happens to an open pull request when its branch moves.
func (s *Server) pushed(base *Repository, i *Issue, sha string) {
	forced := !s.git.ancestors(sha)[i.pull.headSHA]
	i.pull.headSHA, i.pull.baseSHA = sha, base.branches[i.pull.baseRef]
	if forced {
		s.put(i, Event{Event: "head_ref_force_pushed", Actor: i.Author})
	}
	s.outdate(base, i)
}

// outdate marks the comments whose line is not in the diff any more.
func (s *Server) outdate(r *Repository, i *Issue) {
	all := s.changes(r, i.pull, i.pull.headSHA)
	for _, review := range i.pull.reviews {
		for _, m := range review.Comments {
			m.Outdated = m.Outdated || hunkOf(all, m.Path, m.Side, m.Line) == 0
		}
	}
}

// changes are the files of a pull request as of a commit, from where that parted from the base.
func (s *Server) changes(r *Repository, p *pull, head string) []change {
	base := cmp.Or(r.branches[p.baseRef], p.baseSHA)
	if p.mergedAt != nil {
		base = p.baseSHA
	}
	from := ""
	if parted := s.git.mergeBase(base, head); parted != "" {
		from = s.git.commits[parted].tree
	}
	return s.git.diff(from, s.git.commits[head].tree)
}

func hunkOf(all []change, path, side string, line int) int {
	for _, ch := range all {
		if ch.path == path && ch.patch != "" {
			return shown(ch.patch, side)[line]
		}
	}
	return 0
}

// thePull finds the pull request of the path; an issue is none, and neither is a pull request without branches.
func (c *call) thePull() (*Issue, *reply) {
	n, _ := strconv.Atoi(c.path["pull_number"])
	i := c.repo.issue(n)
	if i == nil || i.pull == nil || i.Deleted || i.unseen > 0 {
		if i != nil && i.unseen > 0 {
			i.unseen--
		}
		return nil, fail(http.StatusNotFound, "Not Found")
	}
	return i, nil
}

func (c *call) getPull() *reply {
	i, gone := c.thePull()
	if gone != nil {
		return gone
	}
	return jsonReply(http.StatusOK, c.pullRequest(i))
}

func (c *call) pullFiles() *reply {
	i, gone := c.thePull()
	if gone != nil {
		return gone
	}
	all := c.s.changes(c.repo, i.pull, i.pull.headSHA)
	part, links := page(c, all[:min(len(all), maxPullFiles)])
	r := jsonReply(http.StatusOK, c.rows(part, i.pull.headSHA))
	if links != "" {
		r.header.Set("Link", links)
	}
	return r
}

func (c *call) listReviews() *reply {
	i, gone := c.thePull()
	if gone != nil {
		return gone
	}
	return listed(c, i.pull.reviews, func(r *Review) any { return c.review(i, r) })
}

func (c *call) listReviewComments() *reply {
	i, gone := c.thePull()
	if gone != nil {
		return gone
	}
	type entry struct {
		r *Review
		m *ReviewComment
	}
	var all []entry
	for _, r := range i.pull.reviews {
		for _, m := range r.Comments {
			all = append(all, entry{r, m})
		}
	}
	if c.query("direction") == "desc" {
		slices.Reverse(all)
	}
	return listed(c, all, func(e entry) any { return c.reviewComment(i, e.r, e.m) })
}

type reviewFields struct {
	Body     string
	Event    string
	CommitID string `json:"commit_id"`
	Comments []struct {
		Path      string
		Body      string
		Line      int
		Side      string
		StartLine int    `json:"start_line"`
		StartSide string `json:"start_side"`
		Position  int
	}
}

// unprocessable is how GitHub refuses a review.
func unprocessable(errors ...string) *reply {
	return jsonReply(http.StatusUnprocessableEntity, map[string]any{
		"message": "Unprocessable Entity", "errors": errors, "documentation_url": docs, "status": "422",
	})
}

// createReview takes all of a review or nothing.
func (c *call) createReview() *reply {
	i, gone := c.thePull()
	if gone != nil {
		return gone
	}
	var f reviewFields
	if bad := c.decode(&f); bad != nil {
		return bad
	}
	if i.Locked && !c.repo.canPush(c.id.Login) {
		return fail(http.StatusForbidden, "Unable to create review because issue is locked.")
	}
	commit := cmp.Or(f.CommitID, i.pull.headSHA)
	if bad := c.refuseReview(i, f, commit); bad != nil {
		return bad
	}
	now := c.s.tick()
	review := &Review{ID: c.s.nextID(), Author: c.id.Actor, Commit: commit, Body: f.Body, State: reviewStates[f.Event], At: now}
	for _, m := range f.Comments {
		review.Comments = append(review.Comments, &ReviewComment{
			ID: c.s.nextID(), Author: c.id.Actor, Path: m.Path, Line: m.Line, StartLine: m.StartLine, Side: cmp.Or(m.Side, "RIGHT"),
			Body: m.Body, Commit: commit, At: now,
		})
	}
	i.pull.reviews = append(i.pull.reviews, review)
	i.UpdatedAt = now
	return jsonReply(http.StatusOK, c.review(i, review))
}

var reviewStates = map[string]string{"": "PENDING", "COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}

func (c *call) refuseReview(i *Issue, f reviewFields, commit string) *reply {
	of := c.s.git.ancestors(i.pull.headSHA)
	for sha := range c.s.git.ancestors(i.pull.baseSHA) {
		delete(of, sha)
	}
	if !of[commit] {
		return unprocessable("The commit_id is not part of the pull request")
	}
	if f.Event != "APPROVE" && f.Event != "" && strings.TrimSpace(f.Body) == "" && len(f.Comments) == 0 {
		return unprocessable("Review body cannot be blank")
	}
	if utf8.RuneCountInString(f.Body) > MaxBody {
		return unprocessable(fmt.Sprintf("Body is too long (maximum is %d characters)", MaxBody))
	}
	all := c.s.changes(c.repo, i.pull, commit)
	for _, m := range f.Comments {
		side := cmp.Or(m.Side, "RIGHT")
		hunk := hunkOf(all, m.Path, side, m.Line)
		switch {
		case !slices.ContainsFunc(all, func(ch change) bool { return ch.path == m.Path }):
			return unprocessable("Path could not be resolved")
		case hunk == 0:
			return unprocessable("Line could not be resolved")
		case m.StartLine != 0 && (m.StartLine >= m.Line || hunkOf(all, m.Path, cmp.Or(m.StartSide, side), m.StartLine) != hunk):
			return unprocessable("Pull request review thread start line must be part of the same hunk as the line.")
		case strings.TrimSpace(m.Body) == "" || utf8.RuneCountInString(m.Body) > MaxBody:
			return unprocessable("Comment body is blank or too long")
		}
	}
	return nil
}
