package ghapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/backlog"
)

const (
	// maxTries is how often something is tried that is looked up between the tries.
	maxTries = 3
	// lag is how long a look-up waits for the list of issues to hold what was just made.
	lag = 5 * time.Second
	// maxFailures in a row end a run: GitHub is not there.
	maxFailures = 5
)

// Result says what became of a plan.
type Result struct {
	// Created maps a finding's id to the number of its new issue. An issue that is about no finding
	// stands under the kind of its action ("dashboard").
	Created map[string]int
	// Done counts the actions that were carried out, by kind.
	Done map[backlog.Kind]int
	// Deferred counts the actions that were not begun, or broken off, because of a limit (until
	// DeferredUntil) or because the run ended early. Actions that the plan itself defers do not count.
	Deferred      int
	DeferredUntil time.Time
	// Skipped counts actions on issues that are not there any more.
	Skipped int
	// Failed counts actions that were tried in vain; the error of Apply tells the first.
	Failed   int
	Warnings []string
	// Writes and Requests count what was sent, repetitions included.
	Writes, Requests int
}

// Apply carries out a plan, in its order. An action that cannot be carried out does not stop the others,
// unless none of them could be: without permission, in an archive, where issues are switched off. A limit of GitHub
// is no error: what it leaves undone is counted as deferred. A run that is ended at any point, or that
// lost an answer, leaves a state from which the next plan goes on.
func (c *Client) Apply(ctx context.Context, plan []backlog.Action) (Result, error) {
	r := &run{c: c, res: Result{Created: map[string]int{}, Done: map[backlog.Kind]int{}}, unassigned: map[string]bool{}}
	requests, writes := c.tr.counts()
	err := r.all(ctx, slices.DeleteFunc(slices.Clone(plan), func(a backlog.Action) bool { return !a.Writes() }))
	r.warnUnassigned()
	afterRequests, afterWrites := c.tr.counts()
	r.res.Requests, r.res.Writes = afterRequests-requests, afterWrites-writes
	return r.res, err
}

// run is one Apply.
type run struct {
	c          *Client
	res        Result
	first      error // of the failures
	inARow     int   // failures
	unassigned map[string]bool
	unlabelled bool // GitHub dropped labels, and that was said
}

func (r *run) all(ctx context.Context, plan []backlog.Action) error {
	for n, a := range plan {
		err := r.action(ctx, a)
		if end, err := r.count(a, err); end {
			r.res.Deferred += len(plan) - n
			return err
		}
		if r.inARow == maxFailures {
			r.res.Deferred += len(plan) - n - 1
			break
		}
	}
	if r.res.Failed > 0 {
		return fmt.Errorf("%d of %d actions on issues failed, the first: %w", r.res.Failed, len(plan), r.first)
	}
	return nil
}

// count counts how an action ended, and says whether the run ends with it.
func (r *run) count(a backlog.Action, err error) (end bool, _ error) {
	var limit *LimitError
	var permission *PermissionError
	switch {
	case err == nil:
		r.res.Done[a.Kind]++
		r.inARow = 0
		return false, nil
	case errors.As(err, &limit):
		r.res.DeferredUntil = limit.Until
		r.warn("%v", limit)
		return true, nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &permission), errors.Is(err, ErrBadCredentials), errors.Is(err, ErrArchived), errors.Is(err, ErrIssuesDisabled):
		return true, err
	case r.number(a) == 0 && (errors.Is(err, ErrNotFound) || errors.Is(err, ErrMoved) || errors.Is(err, ErrGone)):
		return true, err // not an issue is missing but the repository
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrGone), errors.Is(err, ErrMoved):
		r.res.Skipped++
		r.warn("%s of issue #%d is left out: %v", a.Kind, r.number(a), err)
		return false, nil
	}
	r.res.Failed++
	r.inARow++
	if r.first == nil {
		r.first = err
	}
	r.warn("%s failed: %v", describe(a, r.number(a)), err)
	return false, nil
}

func describe(a backlog.Action, number int) string {
	if number == 0 && a.FindingID != "" {
		return fmt.Sprintf("%s of finding %s", a.Kind, a.FindingID)
	}
	if number == 0 {
		return string(a.Kind)
	}
	return fmt.Sprintf("%s of issue #%d", a.Kind, number)
}

func (r *run) warn(format string, args ...any) {
	r.res.Warnings = append(r.res.Warnings, fmt.Sprintf(format, args...))
}

// number is the issue of an action: its own, or the one that was made earlier in this run.
func (r *run) number(a backlog.Action) int {
	if a.Number > 0 || a.FindingID == "" {
		return a.Number
	}
	return r.res.Created[a.FindingID]
}

// action carries out one action: create, comment, edit, label, assign.
func (r *run) action(ctx context.Context, a backlog.Action) error {
	if a.Kind == backlog.Dashboard {
		// It says what was put off, so it comes through when the rest does not.
		ctx = context.WithValue(ctx, fromReserve{}, true)
	}
	if err := r.c.ensureLabels(ctx, a.AddLabels); err != nil {
		return err
	}
	number, fresh := r.number(a), false
	if number == 0 {
		made, err := r.create(ctx, a)
		if err != nil {
			return err
		}
		number, fresh = made.Number, true
		r.res.Created[cmp.Or(a.FindingID, string(a.Kind))] = number
		a = r.rest(a, made)
	}
	if err := r.comment(ctx, number, a, fresh); err != nil {
		return err
	}
	if err := r.edit(ctx, number, a); err != nil {
		return err
	}
	return r.finish(ctx, number, a)
}

// rest is what is left of an action after its issue was made.
func (r *run) rest(a backlog.Action, made backlog.Issue) backlog.Action {
	a.Title, a.Body = "", ""
	if a.State == "open" {
		a.State, a.StateReason = "", ""
	}
	missing := slices.DeleteFunc(slices.Clone(a.AddLabels), func(name string) bool {
		return slices.ContainsFunc(made.Labels, func(have string) bool { return strings.EqualFold(name, have) })
	})
	if len(missing) > 0 && !r.unlabelled {
		r.unlabelled = true
		r.warn("GitHub dropped labels of issue #%d (%s): the token needs write access to issues", made.Number, strings.Join(missing, ", "))
	}
	a.AddLabels = missing
	return a
}

// create makes the issue of an action. Where the answer is lost, the issue is looked up before it is tried again.
func (r *run) create(ctx context.Context, a backlog.Action) (backlog.Issue, error) {
	var err error
	for range maxTries {
		var made backlog.Issue
		made, err = r.c.CreateIssue(ctx, NewIssue{Title: a.Title, Body: a.Body, Labels: a.AddLabels})
		var lost *LostAnswerError
		if !errors.As(err, &lost) {
			return made, err
		}
		r.c.log.Info("the answer to a create was lost, looking for the issue", "finding", a.FindingID)
		found, lookErr := r.lookTwice(ctx, a)
		if lookErr != nil || found.Number > 0 {
			return found, lookErr
		}
	}
	return backlog.Issue{}, err
}

// lookTwice looks again after a while, because the list of issues may lag behind for a moment.
func (r *run) lookTwice(ctx context.Context, a backlog.Action) (backlog.Issue, error) {
	found, err := r.look(ctx, a)
	if err != nil || found.Number > 0 {
		return found, err
	}
	if err := r.c.tr.sleep(ctx, lag); err != nil {
		return backlog.Issue{}, err
	}
	return r.look(ctx, a)
}

// look finds the issue that a lost create may have made: among those with our label, then among all, newest first.
func (r *run) look(ctx context.Context, a backlog.Action) (backlog.Issue, error) {
	for _, label := range []string{backlog.LabelKeysweep, ""} {
		found, err := r.c.newest(ctx, label, func(i backlog.Issue) bool { return sameIssue(a, i) })
		if err != nil || found.Number > 0 {
			return found, err
		}
	}
	return backlog.Issue{}, nil
}

// sameIssue reports whether an issue is what an action would make: by the marker; a body without one, by title and first line.
func sameIssue(a backlog.Action, i backlog.Issue) bool {
	if !i.AuthorBot && i.Association != "" && !trusted(i.Association) && !slices.Contains(i.Labels, backlog.LabelKeysweep) {
		return false // anybody may open an issue with a copied marker
	}
	want, marked := backlog.ParseMarker(a.Body)
	if got, ok := backlog.ParseMarker(i.Body); marked || ok {
		return marked && ok && got.ID == want.ID
	}
	return i.Title == a.Title && firstLine(i.Body) == firstLine(a.Body)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}

// comment posts the comment of an action once. On an issue that was there before, an earlier run may have made it.
func (r *run) comment(ctx context.Context, number int, a backlog.Action, fresh bool) error {
	if a.Comment == "" {
		return nil
	}
	var err error
	for try := range maxTries {
		if try > 0 || !fresh && a.CommentKey != "" {
			there, err := r.commented(ctx, number, a)
			if err != nil || there {
				return err
			}
		}
		err = r.c.CreateComment(ctx, number, a.Comment)
		var lost *LostAnswerError
		if errors.Is(err, ErrLocked) {
			r.warn("issue #%d is locked: it was changed without the comment that says why", number)
			return nil
		}
		if !errors.As(err, &lost) {
			return err
		}
	}
	return err
}

// commented reports whether a comment of ours with the action's key is there; without a key the whole text counts.
func (r *run) commented(ctx context.Context, number int, a backlog.Action) (bool, error) {
	all, err := r.c.ListComments(ctx, number)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(all, func(m Comment) bool {
		if !m.ours() {
			return false
		}
		if a.CommentKey == "" {
			return m.Body == a.Comment
		}
		key, ok := backlog.ParseCommentKey(m.Body)
		return ok && key == a.CommentKey
	}), nil
}

// edit changes title, body and state in one request. The body is read anew just before, so that what people wrote
// or ticked since the plan was made stays.
func (r *run) edit(ctx context.Context, number int, a backlog.Action) error {
	e := Edit{Title: a.Title, Body: a.Body, State: a.State, StateReason: a.StateReason}
	if e == (Edit{}) {
		return nil
	}
	if e.Body != "" {
		now, err := r.c.getIssue(ctx, number)
		if err != nil {
			return err
		}
		e.Body = backlog.Rebase(e.Body, now.GetBody())
	}
	return r.c.EditIssue(ctx, number, e)
}

// finish does labels and assignees.
func (r *run) finish(ctx context.Context, number int, a backlog.Action) error {
	if len(a.AddLabels) > 0 {
		if err := r.c.AddLabels(ctx, number, a.AddLabels); err != nil {
			return err
		}
	}
	for _, name := range a.RemoveLabels {
		if err := r.c.RemoveLabel(ctx, number, name); err != nil {
			return err
		}
	}
	if len(a.Assignees) == 0 {
		return nil
	}
	dropped, err := r.c.AddAssignees(ctx, number, a.Assignees)
	var status *StatusError
	if errors.As(err, &status) && status.Status == 422 {
		dropped, err = a.Assignees, nil
	}
	for _, login := range dropped {
		r.unassigned[login] = true
	}
	return err
}

func (r *run) warnUnassigned() {
	if len(r.unassigned) == 0 {
		return
	}
	var names []string
	for login := range r.unassigned {
		names = append(names, fmt.Sprintf("%q", login))
	}
	slices.Sort(names)
	r.warn("not assigned, because GitHub lets only people with access to %s be: %s", r.c.Name(), strings.Join(names, ", "))
}
