package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/review"
)

// conversation is what was said on the pull request before this run.
type conversation struct {
	heard    bool // the comments could be read: without them nothing is written
	comments []review.ExistingComment
	self     []string // the logins that we write as
	memory   *review.Memory
	approval review.Approval
}

// listen reads what was said on the pull request. What cannot be read is no reason to stop.
func (r *reviewRun) listen(ctx context.Context) conversation {
	var c conversation
	if r.pull.Number == 0 || r.opts.Compares() {
		return c
	}
	if err := r.hear(ctx, &c); err != nil {
		r.log.Warn(fmt.Sprintf("the comments of the pull request cannot be read, so none is written: %v", err))
	}
	var err error
	if c.approval, err = r.approvalOf(ctx); err != nil {
		r.log.Warn(fmt.Sprintf("whether the label %s approves the additions cannot be told, so it does not: %v", review.LabelApproved, err))
	}
	return c
}

func (r *reviewRun) hear(ctx context.Context, c *conversation) error {
	comments, err := r.client.ListComments(ctx, r.pull.Number)
	if err != nil {
		return err
	}
	self, err := r.client.Viewer(ctx)
	if err != nil {
		return err
	}
	for _, m := range comments {
		c.comments = append(c.comments, review.ExistingComment{ID: m.ID, Author: m.Author, AuthorBot: m.AuthorBot, Body: m.Body, UpdatedAt: m.UpdatedAt})
	}
	c.heard, c.self = true, []string{self}
	c.memory = review.ParseMemory(c.comments, c.self)
	return nil
}

// approvalOf is the label that approves additions, as it stands on the pull request. Only a person can approve: what
// a workflow does with a token of its own, whoever wrote the workflow does.
func (r *reviewRun) approvalOf(ctx context.Context) (review.Approval, error) {
	is := func(name string) bool { return strings.EqualFold(name, review.LabelApproved) }
	if !slices.ContainsFunc(r.pull.Labels, is) {
		return review.Approval{}, nil
	}
	a := review.Approval{Label: true}
	events, err := r.client.LabelEvents(ctx, r.pull.Number)
	if err != nil {
		return a, err
	}
	bot := false
	for _, e := range events {
		if is(e.Label) && e.Added {
			a.By, a.At, bot = e.Actor, e.At, e.ActorBot
		}
	}
	// The list of events may lag behind: the event of this run then is another's setting of the label.
	if is(r.change.Label) && (r.change.Sender == "" || strings.EqualFold(r.change.Sender, a.By)) {
		a.HeadAtLabel = r.change.Head
	}
	if a.By == "" || bot || strings.EqualFold(a.By, r.pull.Author) {
		return a, nil
	}
	may, err := r.client.Permission(ctx, a.By)
	a.Valid = slices.Contains([]string{"write", "maintain", "admin"}, may)
	return a, err
}

// judgeQueued lets what was approved on the pull request count in the merge group that was made for it. Nothing is
// written there.
func (r *reviewRun) judgeQueued(ctx context.Context) {
	if r.change.Queued == 0 || !r.verdict.Fails() {
		return
	}
	pull, err := r.client.PullRequest(ctx, r.change.Queued)
	if err != nil {
		r.log.Warn(fmt.Sprintf("whether the additions were approved on pull request #%d cannot be told, so they were not: %v", r.change.Queued, err))
		return
	}
	r.pull = pull
	r.talk = r.listen(ctx)
	r.talk.heard = false
	r.judge()
}

// publish writes what is to be said on the pull request. What GitHub refuses is a warning: summary and
// annotations have told it, and the verdict stands.
func (r *reviewRun) publish(ctx context.Context) {
	if !r.talk.heard {
		return
	}
	plan := review.PlanComment(r.verdict, r.talk.comments, r.talk.self)
	if r.opts.DryRun {
		r.log.Info("dry run: nothing is written to the pull request; the step for the comment would be: " + string(plan.Step))
		return
	}
	lines := r.verdict.Fails()
	if plan.Step == review.Nothing && len(plan.Doubles) == 0 && !lines || !r.isCurrent(ctx) {
		return
	}
	if err := r.comment(ctx, plan); err != nil {
		r.notWritten("the comment", err)
		return
	}
	if !lines {
		return
	}
	if err := r.reviewLines(ctx); err != nil {
		r.notWritten("the comments at lines", err)
	}
}

// isCurrent reports whether the head that was reviewed still is that of the pull request. The push of another
// started a run of its own, which may have ended before this one.
func (r *reviewRun) isCurrent(ctx context.Context) bool {
	now, err := r.client.PullRequest(ctx, r.change.Number)
	if err != nil {
		r.notWritten("a comment", err)
		return false
	}
	if now.HeadSHA != r.change.Head {
		r.log.Info(fmt.Sprintf("the pull request has moved on from %s to %s: the run of that push writes the comment", r.change.Head, now.HeadSHA))
		return false
	}
	return true
}

// comment writes the one comment.
func (r *reviewRun) comment(ctx context.Context, plan review.CommentPlan) error {
	var err error
	switch plan.Step {
	case review.Create:
		err = r.client.CreateComment(ctx, r.change.Number, plan.Body)
	case review.Update:
		err = r.client.EditComment(ctx, plan.ID, plan.Body)
	}
	for _, d := range plan.Doubles {
		if err == nil {
			err = r.client.EditComment(ctx, d.ID, d.Body)
		}
	}
	return err
}

// reviewLines comments at lines that the patches prove to be in the diff, as far as that was not done before.
func (r *reviewRun) reviewLines(ctx context.Context) error {
	files, _, err := r.client.PullFiles(ctx, r.change.Number)
	if err != nil {
		return err
	}
	patches := map[string]string{}
	for _, f := range files {
		if f.HasPatch {
			patches[f.Path] = f.Patch
		}
	}
	inline := r.verdict.Inline(patches)
	if len(inline) == 0 {
		return nil
	}
	before, err := r.client.ReviewComments(ctx, r.change.Number)
	if err != nil {
		return err
	}
	said := make([]review.ExistingComment, 0, len(before))
	for _, m := range before {
		said = append(said, review.ExistingComment{ID: m.ID, Author: m.Author, AuthorBot: m.AuthorBot, Body: m.Body})
	}
	var lines []ghapi.ReviewLine
	for _, c := range review.NewInline(inline, said, r.talk.self) {
		lines = append(lines, ghapi.ReviewLine{Path: c.Path, Line: c.Line, StartLine: c.StartLine, Body: c.Body})
	}
	if len(lines) == 0 {
		return nil
	}
	err = r.client.CreateReview(ctx, r.change.Number, r.change.Head, "", lines)
	if errors.Is(err, ghapi.ErrReviewRefused) {
		return nil // the comment says the same
	}
	return err
}

// notWritten says once what was not written, and the line of the workflow that is missing where GitHub names it.
func (r *reviewRun) notWritten(what string, err error) {
	text := fmt.Sprintf("writing %s to the pull request: %v", what, err)
	var refused *ghapi.PermissionError
	if errors.As(err, &refused) {
		text += "; in a pull request from a fork the token may only read, and the job summary has it all"
	}
	r.log.Warn(text)
}

// annotate puts the additions beside their lines.
func (r *reviewRun) annotate() {
	for _, a := range r.verdict.Annotations() {
		kind := action.Notice
		if a.Level == "warning" {
			kind = action.Warning
		}
		r.log.AnnotateAt(kind, action.Place{Path: a.Path, Line: a.Line}, a.Title, a.Message)
	}
}
