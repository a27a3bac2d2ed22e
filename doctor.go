package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awscollect"
	"github.com/keysweep/keysweep/internal/doctor"
	"github.com/keysweep/keysweep/internal/ghapi"
)

// examination is one run of doctor: an audit that never begins, and what was found of its links.
type examination struct {
	*audit
	facts doctor.Facts
}

// doctor tries every link of the set-up and says which is missing. A link that fails keeps
// only those from being tried that hang on it. Nothing is changed anywhere.
func (s settings) doctor(ctx context.Context, env action.Env, opts *action.Options) error {
	x := &examination{audit: newAudit(env, opts)}
	defer x.log.Close()
	x.now = env.Now().UTC()
	for _, w := range opts.Warnings {
		x.log.Warn(w)
	}
	x.log.Mask(opts.Token)
	workflow, issues, err := s.clients(x.audit)
	if err != nil {
		return err
	}
	x.examinePolicy(ctx, workflow)
	x.examineGitHub(ctx, workflow, issues)
	if err := s.examineAWS(ctx, x); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return x.pronounce()
}

// examinePolicy reads the policy file as an audit does.
func (x *examination) examinePolicy(ctx context.Context, workflow *ghapi.Client) {
	p := &x.facts.Policy
	p.Path = x.opts.Config
	if err := x.findPolicy(ctx, workflow); err != nil {
		var told *action.ExitError
		p.Input = errors.As(err, &told) && told.Status == action.ExitBadInput
		p.State, p.Fault = doctor.PolicyUnread, githubFault(err)
		if errors.Is(err, errNoPolicy) {
			p.State = doctor.PolicyNeeded
		}
		return
	}
	if x.policyText == nil {
		p.State = doctor.PolicyAbsent
		return
	}
	p.State = doctor.PolicyValid
	if _, err := x.readPolicy(); err != nil {
		p.State, p.Faults = doctor.PolicyInvalid, strings.Split(err.Error(), "\n")
	}
}

// examineGitHub looks at the repository of the issues, and asks what the token may do there.
func (x *examination) examineGitHub(ctx context.Context, workflow, issues *ghapi.Client) {
	g := &x.facts.GitHub
	*g = doctor.GitHub{
		OnRunner: x.env.OnRunner(), Token: x.opts.Token.IsSet(), Repository: x.opts.IssuesRepository, AllowPublic: x.opts.AllowPublic,
		Named: !strings.EqualFold(x.opts.IssuesRepository, x.opts.Runner.Repository),
	}
	if r := x.opts.Runner.Repository; r != "" {
		v := visibilityOf(ctx, workflow)
		if v == ghapi.VisibilityUnknown {
			v = eventVisibility(x.env, r)
		}
		g.Visibility = append(g.Visibility, doctor.Visibility{Repository: r, Word: v})
	}
	if issues == nil {
		return
	}
	repo, err := issues.Repository(ctx)
	if err != nil {
		g.Fault = githubFault(err)
		return
	}
	g.Read, g.HasIssues, g.Archived, g.Repository = true, repo.HasIssues, repo.Archived, repo.FullName
	if issues != workflow {
		g.Visibility = append(g.Visibility, doctor.Visibility{Repository: repo.FullName, Word: repo.Visibility})
	}
	if g.HasIssues && !g.Archived {
		g.Write, g.Labels = githubFault(issues.MayWriteIssues(ctx)), githubFault(issues.MayMakeLabels(ctx))
	}
}

// githubFault is an error of the GitHub side in the doctor's words; nil is nil.
func githubFault(err error) *doctor.Fault {
	if err == nil {
		return nil
	}
	f := &doctor.Fault{Kind: doctor.Broken, Cause: err.Error(), Hint: "run it again later; look at HTTPS_PROXY, and on a GitHub of your own at GITHUB_API_URL"}
	var refused *ghapi.PermissionError
	var told *action.ExitError
	switch {
	case errors.As(err, &refused):
		f.Kind, f.Need = doctor.NotPermitted, refused.Need
	case errors.Is(err, ghapi.ErrBadCredentials):
		f.Kind = doctor.BadToken
	case errors.Is(err, ghapi.ErrNotFound):
		f.Kind = doctor.NotFound
	case errors.As(err, &told) && told.Hint != "":
		f.Hint = told.Hint
	}
	return f
}

// examineAWS goes the way into AWS as far as it leads. Its error is a fault of the input.
func (s settings) examineAWS(ctx context.Context, x *examination) error {
	o, e := x.opts, &x.facts.Entry
	*e = doctor.Entry{Role: o.Role.ARN, Account: o.Role.Account, Audience: o.Audience, OnRunner: x.env.OnRunner()}
	x.facts.RoleName, x.facts.ExternalID = o.AccountRoleName, o.ExternalID != ""
	x.facts.Organization = doctor.Organization{Wanted: o.Organization, Listed: len(o.Accounts)}
	if o.NoAWS {
		e.Event = o.Runner.Event
		return nil
	}
	c, err := s.collector(ctx, x.audit)
	if err != nil {
		return err
	}
	if e.Role != "" && !x.token(ctx) {
		return nil
	}
	if e.RoleFault = awsFault(c.Login(ctx)); e.RoleFault != nil {
		return nil
	}
	var fault *awscollect.Error
	e.Caller, e.Home, fault = c.Caller(ctx)
	e.CallerFault = awsFault(fault)
	return x.examineAccounts(ctx, c)
}

// token asks for an OIDC token and keeps what it says; the token itself goes no further.
func (x *examination) token(ctx context.Context) bool {
	e := &x.facts.Entry
	token, err := tokenOf(x.env, x.log)(ctx, e.Audience)
	switch {
	case errors.Is(err, awscollect.ErrNoOIDC):
		e.TokenFault = &doctor.Fault{Kind: doctor.NoIDToken, Cause: err.Error()}
	case err != nil:
		e.TokenFault = &doctor.Fault{
			Kind: doctor.Broken, Cause: err.Error(), Hint: "run it again; on a self-hosted runner, let it reach ACTIONS_ID_TOKEN_REQUEST_URL",
		}
	}
	if c := awscollect.ClaimsOf(token); err == nil {
		e.Claims = doctor.Claims{
			Subject: c.Subject, Audience: c.Audience, Issuer: c.Issuer, Repository: c.Repository, Ref: c.Ref, Environment: c.Environment, Other: c.Other,
		}
	}
	return err == nil
}

// examineAccounts finds the accounts and tries the role and every action in each.
func (x *examination) examineAccounts(ctx context.Context, c *awscollect.Collector) error {
	targets, err := c.Targets(ctx, accountsOf(x.opts))
	if err != nil {
		var fault *awscollect.Error
		if errors.As(err, &fault); fault == nil || fault.BadInput() {
			return awsError(err)
		}
		x.facts.Organization.Fault = awsFault(fault)
		return nil
	}
	for _, t := range targets {
		if t.Skip != "" {
			x.facts.Organization.Inactive++
		} else {
			x.facts.Organization.Active++
		}
	}
	if x.opts.Organization {
		x.facts.Organization.Actions = actionsOf(c.ProbeOrganization(ctx))
	}
	progress := x.log.Progress("trying accounts", x.facts.Organization.Active)
	defer progress.End()
	c.ProbeEach(ctx, targets, func(p awscollect.Probe) {
		x.facts.Accounts = append(x.facts.Accounts, accountOf(p))
		progress.Step()
	})
	slices.SortFunc(x.facts.Accounts, func(a, b doctor.Account) int { return strings.Compare(a.ID, b.ID) })
	x.tryUsualName(ctx, c)
	return nil
}

// tryUsualName tries the name that the shipped templates give the role, where the one that was given
// cannot be taken anywhere.
func (x *examination) tryUsualName(ctx context.Context, c *awscollect.Collector) {
	var refused string
	for _, a := range x.facts.Accounts {
		switch {
		case a.Home:
		case a.Fault == nil || a.Fault.Kind != doctor.Refused:
			return
		default:
			refused = a.ID
		}
	}
	if usual := awscollect.UsualRoleName; refused != "" && usual != x.facts.RoleName && c.CanAssume(ctx, refused, usual) {
		x.facts.OtherRole = usual
	}
}

func accountOf(p awscollect.Probe) doctor.Account {
	out := doctor.Account{ID: p.Target.ID, Home: p.Home, Fault: awsFault(p.Role)}
	out.Actions = actionsOf(p.Actions)
	return out
}

func actionsOf(probes []awscollect.ActionProbe) []doctor.Action {
	var out []doctor.Action
	for _, a := range probes {
		out = append(out, doctor.Action{Name: a.Action, Calls: a.Calls, Fault: awsFault(a.Fault)})
	}
	return out
}

// awsKinds are the faults of the AWS side that the doctor knows more of than they say.
var awsKinds = map[awscollect.Code]doctor.Kind{
	awscollect.CodeProvider:    doctor.NoProvider,
	awscollect.CodeAudience:    doctor.WrongAudience,
	awscollect.CodeNotTrusted:  doctor.NotTrusted,
	awscollect.CodeMemberRole:  doctor.Refused,
	awscollect.CodeRefused:     doctor.Refused,
	awscollect.CodeOutside:     doctor.Outside,
	awscollect.CodeMember:      doctor.Member,
	awscollect.CodeDuration:    doctor.Settings,
	awscollect.CodeRoleARN:     doctor.Settings,
	awscollect.CodeRegion:      doctor.Settings,
	awscollect.CodeClock:       doctor.Settings,
	awscollect.CodeCredentials: doctor.Settings,
	awscollect.CodeInput:       doctor.Settings,
}

// awsFault is a fault of the AWS side in the doctor's words; nil is nil.
func awsFault(e *awscollect.Error) *doctor.Fault {
	if e == nil {
		return nil
	}
	kind, known := awsKinds[e.Code]
	if !known {
		kind = doctor.Broken
	}
	return &doctor.Fault{Kind: kind, Cause: e.Cause, Hint: e.Hint, Policy: e.Denial.Policy, Explicit: e.Denial.Explicit}
}

// accountDigits is an account id, wherever it stands.
var accountDigits = regexp.MustCompile(`\b[0-9]{12}\b`)

// pronounce says what was found: on the terminal, in the job summary, by the exit status.
func (x *examination) pronounce() error {
	links := doctor.Links(x.facts)
	if x.seenByStrangers() {
		links = doctor.Redact(links, func(s string) string { return accountDigits.ReplaceAllStringFunc(s, checks.Redacted().Account) })
	}
	text := doctor.Text(links, action.Colour(x.env, x.env.Stdout))
	if x.env.OnRunner() {
		text = action.NeutralLines(text)
	}
	if _, err := io.WriteString(x.env.Stdout, text); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if err := action.WriteSummary(x.env, []byte(doctor.Markdown(links))); err != nil {
		return err
	}
	return verdict(links)
}

// seenByStrangers reports whether the log of this job, or what it is about, is public.
func (x *examination) seenByStrangers() bool {
	return slices.ContainsFunc(x.facts.GitHub.Visibility, func(v doctor.Visibility) bool {
		return v.Word != ghapi.VisibilityPrivate && v.Word != ghapi.VisibilityInternal
	})
}

// verdict is the end of the run: bad input goes over a link that is missing.
func verdict(links []doctor.Link) error {
	var bad []string
	status := action.ExitFault
	for _, l := range links {
		if !l.Bad() {
			continue
		}
		if !slices.Contains(bad, l.Name) {
			bad = append(bad, l.Name)
		}
		if l.Input {
			status = action.ExitBadInput
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return &action.ExitError{
		Status: status, Err: fmt.Errorf("the set-up is not complete: %s", strings.Join(bad, ", ")),
		Hint: "mend the first of them as it says above, then run doctor again",
	}
}
