package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/ghapi"
)

// githubPace is what tests set so that they need not wait.
type githubPace struct {
	writeInterval time.Duration
	sleep         func(context.Context, time.Duration) error
}

// hub is the GitHub side of a run: the repository of the issues.
type hub struct {
	client *ghapi.Client
	server string // GITHUB_SERVER_URL
}

// commandWindow is how far back comments are looked at for commands. A schedule is far shorter;
// what a run has seen it writes down.
const commandWindow = 35 * 24 * time.Hour

// connect opens GitHub as far as the options reach, refuses where something would be published
// that must not be, and reads the policy file.
func (s settings) connect(ctx context.Context, a *audit) error {
	a.log.Mask(a.opts.Token)
	workflow, issues, err := s.clients(a)
	if err != nil {
		return err
	}
	if err := a.guardPublic(ctx, workflow, issues); err != nil {
		return err
	}
	if err := a.findPolicy(ctx, workflow); err != nil {
		return err
	}
	switch {
	case issues == nil || a.opts.Shard.Total > 0:
	case a.opts.CredentialReport != "":
		a.log.Info("a bare credential report has no ids of users and keys, so its backlog goes to the report folder and no issue is touched")
	default:
		a.hub = &hub{client: issues, server: a.opts.Runner.ServerURL}
	}
	return nil
}

// clients are those of the workflow's repository and of the issues', nil where there is none.
func (s settings) clients(a *audit) (workflow, issues *ghapi.Client, err error) {
	if issues, err = s.client(a.env, a.opts, a.log, a.opts.IssuesRepository); err != nil {
		return nil, nil, err
	}
	if strings.EqualFold(a.opts.Runner.Repository, a.opts.IssuesRepository) {
		return issues, issues, nil
	}
	workflow, err = s.client(a.env, a.opts, a.log, a.opts.Runner.Repository)
	return workflow, issues, err
}

// client is that of one repository, nil where there is no token or no repository.
func (s settings) client(env action.Env, opts *action.Options, log *action.Logger, repository string) (*ghapi.Client, error) {
	if !opts.Token.IsSet() || repository == "" {
		return nil, nil
	}
	c, err := ghapi.New(ghapi.Config{
		APIURL: opts.Runner.APIURL, GraphQLURL: env.Var("GITHUB_GRAPHQL_URL"), Token: opts.Token.Reveal(),
		Repository: repository, WriteInterval: s.github.writeInterval, Sleep: s.github.sleep,
		Log: log.Slog(), Now: env.Now,
	})
	if err != nil {
		return nil, badInput(err, "")
	}
	return c, nil
}

// guardPublic refuses to write anything of an audit where strangers could read it.
func (a *audit) guardPublic(ctx context.Context, workflow, issues *ghapi.Client) error {
	var open []string
	if r := a.opts.Runner.Repository; r != "" {
		v := visibilityOf(ctx, workflow)
		if v == ghapi.VisibilityUnknown {
			v = eventVisibility(a.env, r)
		}
		a.ownPublic = v == ghapi.VisibilityPublic
		open = append(open, publicWords(r, v)...)
	}
	if issues != nil && issues != workflow {
		repo, err := issues.Repository(ctx)
		if err != nil {
			return hubError(err)
		}
		open = append(open, publicWords(a.opts.IssuesRepository, repo.Visibility)...)
	}
	if len(open) == 0 {
		return nil
	}
	if !a.opts.AllowPublic {
		return &action.ExitError{
			Status: action.ExitBadInput, Err: errors.New(strings.Join(open, "\n")),
			Hint: "keep the backlog in a private repository (issues-repository, and the workflow there too), or set allow-public: true to publish it with account ids, user names and key ids redacted",
		}
	}
	a.display = checks.Redacted()
	a.warnings = append(a.warnings, strings.Join(open, "; ")+": account ids, user names and key ids are redacted, and no inventory is saved")
	return nil
}

func publicWords(repository, visibility string) []string {
	switch visibility {
	case ghapi.VisibilityPublic:
		return []string{repository + " is a public repository"}
	case ghapi.VisibilityPrivate, ghapi.VisibilityInternal:
		return nil
	}
	return []string{"whether " + repository + " is public cannot be told"}
}

func visibilityOf(ctx context.Context, c *ghapi.Client) string {
	if c == nil {
		return ghapi.VisibilityUnknown
	}
	repo, err := c.Repository(ctx)
	if err != nil {
		return ghapi.VisibilityUnknown
	}
	return repo.Visibility
}

// eventVisibility is what the event that started the workflow says about its repository.
func eventVisibility(env action.Env, repository string) string {
	data, err := os.ReadFile(env.Path(env.Var("GITHUB_EVENT_PATH")))
	if err != nil {
		return ghapi.VisibilityUnknown
	}
	var event struct {
		Repository struct {
			FullName   string `json:"full_name"`
			Visibility string `json:"visibility"`
			Private    *bool  `json:"private"`
		} `json:"repository"`
	}
	if json.Unmarshal(data, &event) != nil || !strings.EqualFold(event.Repository.FullName, repository) {
		return ghapi.VisibilityUnknown
	}
	r := event.Repository
	switch {
	case r.Visibility == ghapi.VisibilityPublic || r.Private != nil && !*r.Private:
		return ghapi.VisibilityPublic
	case r.Private != nil && *r.Private:
		return ghapi.VisibilityPrivate
	}
	return ghapi.VisibilityUnknown
}

// findPolicy reads the policy file from the working directory or, without a checkout, from
// the workflow's commit. Only one that was named has to exist.
func (a *audit) findPolicy(ctx context.Context, workflow *ghapi.Client) error {
	data, err := os.ReadFile(a.env.Path(a.opts.Config))
	switch {
	case err == nil:
		a.policyText = data
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return badInput(fmt.Errorf("reading the policy file: %w", err), "config names the policy file, a path from the repository's root")
	case workflow == nil || a.opts.Runner.SHA == "":
		return a.withoutPolicy()
	}
	data, err = workflow.Contents(ctx, a.opts.Config, a.opts.Runner.SHA)
	switch {
	case err == nil:
		a.policyText = data
		return nil
	case errors.Is(err, ghapi.ErrNotFound):
		return a.withoutPolicy()
	}
	// It may be there and hold exemptions: going on without it would flood the backlog.
	return hubError(fmt.Errorf("reading the policy file: %w", err))
}

var errNoPolicy = errors.New("does not exist")

func (a *audit) withoutPolicy() error {
	if a.opts.ConfigGiven {
		return badInput(fmt.Errorf("policy file %s %w", a.opts.Config, errNoPolicy),
			"commit it, correct the path in config, or leave config out to go by the defaults")
	}
	return nil
}

// issues are the issues of the backlog. Before a first run, or when somebody took the label
// away, the list without the label is searched for markers too.
func (h *hub) issues(ctx context.Context) ([]backlog.Issue, error) {
	repo, err := h.client.Repository(ctx)
	if err != nil {
		return nil, err
	}
	if !repo.HasIssues {
		return nil, ghapi.ErrIssuesDisabled
	}
	if repo.Archived {
		return nil, ghapi.ErrArchived
	}
	return h.client.ListIssues(ctx, backlog.LabelKeysweep)
}

// commands are comments that hold a command, with what their authors may do.
func (h *hub) commands(ctx context.Context, now time.Time, issues []backlog.Issue) ([]backlog.Comment, error) {
	if len(issues) == 0 {
		return nil, nil
	}
	ours := map[int]bool{}
	for _, issue := range issues {
		ours[issue.Number] = true
	}
	comments, err := h.client.CommentsSince(ctx, now.Add(-commandWindow))
	if err != nil {
		return nil, err
	}
	may := map[string]string{}
	var out []backlog.Comment
	for _, c := range comments {
		if _, err := backlog.ParseCommand(c.Body); err != nil || !ours[c.Issue] || c.AuthorBot {
			continue
		}
		if _, known := may[c.Author]; !known {
			if may[c.Author], err = h.client.Permission(ctx, c.Author); err != nil {
				return nil, err
			}
		}
		out = append(out, backlog.Comment{Issue: c.Issue, Login: c.Author, Permission: may[c.Author], Text: c.Body, CreatedAt: c.CreatedAt})
	}
	return out, nil
}

// closers looks up who closed the issues of these numbers.
func (h *hub) closers(ctx context.Context, issues []backlog.Issue, numbers []int) error {
	for i := range issues {
		issue := &issues[i]
		if !slices.Contains(numbers, issue.Number) {
			continue
		}
		login, bot, err := h.client.Closer(ctx, issue.Number)
		if err != nil {
			return err
		}
		issue.ClosedBy, issue.ClosedByBot, issue.ClosedByKnown = login, bot, true
	}
	return nil
}

func (h *hub) issueURL(number int) string {
	return fmt.Sprintf("%s/%s/issues/%d", h.server, h.client.Name(), number)
}

// hubError gives a fault of GitHub its hint.
func hubError(err error) error {
	var told *action.ExitError
	if errors.As(err, &told) || errors.Is(err, context.Canceled) {
		return err
	}
	var limit *ghapi.LimitError
	if errors.As(err, &limit) {
		return &action.ExitError{Status: action.ExitFault, Err: err, Hint: "run again later, or give github-token a token with a larger limit"}
	}
	return &action.ExitError{Status: action.ExitFault, Err: err}
}
