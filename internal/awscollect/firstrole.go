package awscollect

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// firstRole gives credentials of the first role. Each attempt has a token of its own,
// since a token lives for minutes only and the credentials may be renewed hours later.
type firstRole struct {
	c   *Collector
	sts *sts.Client // unsigned, one attempt a call

	mu    sync.Mutex
	final *Error // an answer that asking again does not change
}

func newFirstRole(c *Collector, unsigned aws.Config) *firstRole {
	return &firstRole{c: c, sts: sts.NewFromConfig(unsigned, func(o *sts.Options) { o.Retryer = aws.NopRetryer{} })}
}

// firstRoleAttempts bounds the attempts to take the first role. There is one role and one
// call, so that nothing is lost by waiting a minute for it.
const firstRoleAttempts = 6

// Retrieve takes the role. Its errors are of type *Error.
func (p *firstRole) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p.mu.Lock()
	final := p.final
	p.mu.Unlock()
	if final != nil {
		return aws.Credentials{}, final
	}
	creds, err := p.retrieve(ctx)
	if err == nil {
		return creds, nil
	}
	switch err.Code {
	case CodeNoOIDC, CodeNotTrusted, CodeAudience, CodeProvider, CodeRoleARN, CodeDuration:
		p.mu.Lock()
		p.final = err
		p.mu.Unlock()
	}
	return aws.Credentials{}, err
}

func (p *firstRole) retrieve(ctx context.Context) (aws.Credentials, *Error) {
	backoff := retry.NewExponentialJitterBackoff(p.c.cfg.Pace.MaxBackoff)
	for attempt := 1; ; attempt++ {
		creds, fault, again := p.attempt(ctx)
		if fault == nil {
			return creds, nil
		}
		if !again || attempt == firstRoleAttempts {
			return aws.Credentials{}, fault
		}
		delay, _ := backoff.BackoffDelay(attempt, nil) // never fails
		if sleep(ctx, delay) != nil {
			return aws.Credentials{}, cancelled(ctx)
		}
	}
}

// attempt tries once; again says whether another attempt may end otherwise.
func (p *firstRole) attempt(ctx context.Context) (_ aws.Credentials, fault *Error, again bool) {
	token, err := p.c.cfg.Token(ctx, p.c.cfg.Audience)
	if err != nil {
		return aws.Credentials{}, tokenError(ctx, err), false
	}
	out, err := call(ctx, p.c.log, actAssumeRoleWithWebIdentity, p.sts.AssumeRoleWithWebIdentity, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &p.c.cfg.RoleARN, RoleSessionName: &p.c.cfg.SessionName, WebIdentityToken: &token,
		DurationSeconds: aws.Int32(int32(p.c.cfg.RoleDuration / time.Second)),
	})
	if err != nil {
		return aws.Credentials{}, p.explain(err, token), transient(err)
	}
	creds, ok := credentialsOf(out.Credentials)
	if !ok {
		return aws.Credentials{}, &Error{Code: CodeFault, Cause: "STS answered without credentials", Hint: "look at AWS_ENDPOINT_URL and the proxy"}, true
	}
	return creds, nil, false
}

// credentialsOf takes what STS gives; false when a part is absent.
func credentialsOf(c *ststypes.Credentials) (aws.Credentials, bool) {
	if c == nil || c.AccessKeyId == nil || c.SecretAccessKey == nil || c.SessionToken == nil || c.Expiration == nil {
		return aws.Credentials{}, false
	}
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		CanExpire: true, Expires: *c.Expiration, Source: "keysweep",
	}, true
}

// tokenError says why there is no token. The token function tries again by itself. Its
// words are shown, since they are our own side's, without anything that looks like a token.
func tokenError(ctx context.Context, err error) *Error {
	switch {
	case errors.Is(err, ErrNoOIDC):
		return noOIDC()
	case ctx.Err() != nil:
		return cancelled(ctx)
	}
	return &Error{
		Code: CodeTokenEndpoint, Cause: "no OIDC token: " + oneLine(err.Error()),
		Hint: "run the job again; on a self-hosted runner, let it reach ACTIONS_ID_TOKEN_REQUEST_URL",
	}
}

// keyFetch is what STS says when the issuer did not answer it; it goes by.
const keyFetch = "Couldn't retrieve verification key"

// transient reports whether the same call with another token may succeed. A refusal may
// not: waiting would only hide a wrong trust policy.
func transient(err error) bool {
	f := describe(err)
	return f.code == "IDPCommunicationError" || strings.Contains(f.message, keyFetch) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}

// explain turns the failure of the call into cause and hint.
func (p *firstRole) explain(err error, token string) *Error {
	f := describe(err)
	account, claims := p.c.home, readClaims(token)
	switch {
	case strings.Contains(f.message, "No OpenIDConnect provider found"):
		return &Error{
			Code: CodeProvider, Cause: fmt.Sprintf("account %s has no OIDC provider for the issuer %s", account, claims.show("iss")),
			Hint: "create one there: aws iam create-open-id-connect-provider --url " + claims.text("iss") + " --client-id-list " + claims.text("aud") +
				"; or correct the account in role-to-assume",
		}
	case strings.Contains(f.message, "Incorrect token audience"):
		return &Error{
			Code: CodeAudience, Cause: fmt.Sprintf("the OIDC provider of account %s does not take the audience %s", account, claims.show("aud")),
			Hint: "add it to the provider's audiences (client ids), or set audience to one that it has",
		}
	case f.code == "InvalidIdentityToken", f.code == "IDPRejectedClaim", f.code == "IDPCommunicationError":
		return rejected(f, claims)
	case strings.HasPrefix(f.code, "ExpiredToken"):
		return &Error{
			Code: CodeTokenExpired, Cause: "the OIDC token had expired when it reached AWS, though it was fetched for this call",
			Hint: "run the job again; on a self-hosted GitHub or runner, set its clock",
		}
	case f.kind == kindRefused:
		return notTrusted(p.c.cfg.RoleARN, f, claims)
	}
	return firstError(err, "the first role could not be assumed")
}

func rejected(f failure, claims claims) *Error {
	e := &Error{
		Code: CodeTokenRejected, Cause: fmt.Sprintf("AWS did not take the OIDC token (%s)", f.code),
		Hint: "the token said " + claims.String(),
	}
	if strings.Contains(f.message, keyFetch) || f.code == "IDPCommunicationError" {
		e.Cause = fmt.Sprintf("AWS could not fetch the keys of the issuer %s", claims.show("iss"))
		e.Hint = "run the job again; the issuer of a self-hosted GitHub must be reachable from AWS"
	}
	return e
}

// notTrusted is the refusal that people meet most. AWS says no more than no, so all that
// was sent is shown, and both forms that a subject can have.
func notTrusted(role string, f failure, c claims) *Error {
	hint := "let its trust policy match what the token says: " + c.String()
	if other := c.otherSubject(); other != "" {
		hint += "; a policy that names " + other + " does not match it"
	}
	hint += "; repositories made, renamed or transferred after 2026-07-15 send sub as repo:ORG@ORG_ID/REPO@REPO_ID:…, older ones as repo:ORG/REPO:…" +
		"; also see that the role exists under that name, and that no service control policy denies it"
	if lastPart(role) == "GitHubActions" {
		hint += "; a role of exactly this name is reported never to work: rename it"
	}
	return &Error{
		Code: CodeNotTrusted, Cause: fmt.Sprintf("the role %q may not be assumed with this workflow's token, %s", role, f.cause()), Hint: hint,
		Denial: f.denial(),
	}
}

// claims are what a token says. The token's signature is AWS's concern.
type claims map[string]any

// shownClaims are those that trust policies are written about.
var shownClaims = []string{"sub", "aud", "iss", "repository", "ref", "environment"}

// readClaims reads the middle part of a token; anything that is no token has no claims.
func readClaims(token string) claims {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var c claims
	if json.Unmarshal(body, &c) != nil {
		return nil
	}
	return c
}

// text is one claim as it is, cleaned; empty when it is absent.
func (c claims) text(name string) string {
	switch v := c[name].(type) {
	case string:
		return oneLine(v)
	case []any:
		var all []string
		for _, s := range v {
			all = append(all, oneLine(fmt.Sprint(s)))
		}
		return strings.Join(all, " ")
	}
	return ""
}

// show is one claim in quotes.
func (c claims) show(name string) string {
	if s := c.text(name); s != "" {
		return strconv.Quote(s)
	}
	return "(none)"
}

// String is the shown claims in one line, each once.
func (c claims) String() string {
	if len(c) == 0 {
		return "nothing that can be read: it is no OIDC token"
	}
	var all []string
	for _, name := range shownClaims {
		all = append(all, name+" "+c.show(name))
	}
	return strings.Join(all, ", ")
}

var subjectForm = regexp.MustCompile(`^repo:([^:/@]+)(@\d+)?/([^:/@]+)(@\d+)?(:.*)$`)

// otherSubject is the subject in the form that was not sent, in quotes; empty when the
// token does not tell it.
func (c claims) otherSubject() string {
	m := subjectForm.FindStringSubmatch(c.text("sub"))
	if m == nil {
		return ""
	}
	if m[2] != "" {
		return strconv.Quote("repo:" + m[1] + "/" + m[3] + m[5])
	}
	owner, repo := c.text("repository_owner_id"), c.text("repository_id")
	if owner == "" || repo == "" {
		return ""
	}
	return strconv.Quote("repo:" + m[1] + "@" + owner + "/" + m[3] + "@" + repo + m[5])
}

func cancelled(ctx context.Context) *Error {
	return &Error{Code: CodeCancelled, Cause: "the run ended before AWS answered", under: ctx.Err()}
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
