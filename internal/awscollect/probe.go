package awscollect

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cloudtrailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"github.com/keysweep/keysweep/internal/inventory"
)

// UsualRoleName is the role in an account as the shipped templates name it.
const UsualRoleName = "keysweep-audit"

// Probe is what one account lets the collector do.
type Probe struct {
	Target  Target
	Home    bool          // it is the first role's own account, where no further role is taken
	Role    *Error        // why the role could not be taken; nil: it was
	Actions []ActionProbe // by name; none where the role could not be taken
}

// ActionProbe is one action, tried in one account.
type ActionProbe struct {
	Action string // as a policy names it
	Calls  int    // 0: there was nothing to ask about, so it was not tried
	Fault  *Error // nil: allowed, or not tried
}

// Login takes the first role, or finds the credentials of the SDK's default chain; nil: done.
func (c *Collector) Login(ctx context.Context) *Error { return ours(c.login(ctx)) }

// Caller is who the first role's session is: its ARN and its account. AWS refuses nobody this question.
func (c *Collector) Caller(ctx context.Context) (arn, account string, fault *Error) {
	out, err := call(ctx, c.log, actGetCallerIdentity, c.sts.GetCallerIdentity, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", "", firstError(err, "AWS did not say who the credentials are of")
	}
	return oneLine(aws.ToString(out.Arn)), oneLine(aws.ToString(out.Account)), nil
}

// ours is an error of this package as what it is.
func ours(err error) *Error {
	var e *Error
	errors.As(err, &e)
	return e
}

// CanAssume reports whether a role of another name than the configured one can be taken in an account.
func (c *Collector) CanAssume(ctx context.Context, account, role string) bool {
	_, err := (&memberRole{c: c, account: account, role: role}).Retrieve(ctx)
	return err == nil
}

// ProbeEach tries the role and every action in each target, Config.Concurrency of them at once, and hands each
// over to emit as it is done: one at a time, in no order. A target to be skipped is left out.
func (c *Collector) ProbeEach(ctx context.Context, targets []Target, emit func(Probe)) {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(c.cfg.Concurrency)
	for _, t := range targets {
		if t.Skip != "" {
			continue
		}
		g.Go(func() error {
			p := c.probe(ctx, t)
			mu.Lock()
			defer mu.Unlock()
			emit(p)
			return nil
		})
	}
	_ = g.Wait() // no account returns an error
}

func (c *Collector) probe(ctx context.Context, t Target) Probe {
	out := Probe{Target: t}
	cfg, fault := c.assume(ctx, t)
	if home, err := c.homeAccount(ctx); err == nil {
		out.Home = home == t.ID
	}
	if fault != nil {
		out.Role = fault
		return out
	}
	p := &prober{c: c, iam: iam.NewFromConfig(cfg), tried: map[action]*ActionProbe{}}
	p.trail = cloudtrail.NewFromConfig(cfg, func(o *cloudtrail.Options) { o.Region = globalRegion(c.partition) })
	p.account(ctx)
	p.users(ctx)
	p.compute(ctx, cfg, t.ID)
	for _, name := range accountActions() {
		if tried := p.tried[action(name)]; tried != nil {
			out.Actions = append(out.Actions, *tried)
		} else {
			out.Actions = append(out.Actions, ActionProbe{Action: name})
		}
	}
	return out
}

// prober tries the actions in one account, each with the smallest request that AWS decides on.
type prober struct {
	c     *Collector
	iam   *iam.Client
	trail *cloudtrail.Client
	names []string // of a few users
	tried map[action]*ActionProbe
}

const (
	// nobody is asked about where no user is known: whether a user exists is looked at after whether one may ask.
	nobody = "keysweep-doctor"
	// noKey is in the form of a key id.
	noKey = "AKIAKEYSWEEPDOCTOR00"
	// fewUsers is how many users are looked at for an access key.
	fewUsers = 5
)

// try makes one call and notes what it means for the action.
func try[In, Out, Opt any](ctx context.Context, p *prober, a action, do func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In) (*Out, error) {
	out, err := call(ctx, p.c.log, a, do, in)
	if p.tried[a] == nil {
		p.tried[a] = &ActionProbe{Action: string(a)}
	}
	p.tried[a].Calls++
	p.tried[a].Fault = refusalOf(err)
	return out, err
}

// compute tries the actions about compute in the home region.
func (p *prober) compute(ctx context.Context, cfg aws.Config, account string) {
	s := &sweep{v: &visit{c: p.c, cfg: cfg, gate: make(gate, 1), a: &inventory.Account{ID: account}}, refused: map[action]error{}, tried: p.noteCompute}
	_ = s.at(p.c.cfg.Region, &reader{service: ec2Service}).query(ctx, actRegions, url.Values{}, &regionsPage{})
	for i := range readers {
		readers[i].try(ctx, s.at(p.c.cfg.Region, &readers[i]))
	}
}

// noteCompute notes what a call about compute means for its action. What asks about a resource
// that is not there gets an error of the service's own, which nobody gets who may not ask.
func (p *prober) noteCompute(a action, err error) {
	if p.tried[a] == nil {
		p.tried[a] = &ActionProbe{Action: string(a)}
	}
	p.tried[a].Calls++
	p.tried[a].Fault = refusalOf(err)
	if err == nil {
		return
	}
	if f := describe(err); f.kind == kindOther && f.code != "" && known(f) == nil {
		p.tried[a].Fault = nil
	}
}

// refusalOf is nil for an answer that only who is allowed gets: that there is no such thing, or no report yet.
func refusalOf(err error) *Error {
	if err == nil {
		return nil
	}
	f := describe(err)
	switch {
	case f.kind == kindOurs:
		return f.ours
	case f.kind == kindGone, again(f.code), f.code == "LimitExceeded":
		return nil
	case f.kind == kindRefused:
		return &Error{Code: CodeRefused, Cause: f.cause(), Denial: f.denial()}
	}
	if e := known(f); e != nil {
		return e.with(err)
	}
	return &Error{Code: CodeFault, Cause: f.cause()}
}

// account tries what is asked about the account as a whole.
func (p *prober) account(ctx context.Context) {
	details, err := try(ctx, p, actDetails, p.iam.GetAccountAuthorizationDetails, &iam.GetAccountAuthorizationDetailsInput{
		Filter:   []types.EntityType{types.EntityTypeUser, types.EntityTypeGroup, types.EntityTypeLocalManagedPolicy},
		MaxItems: aws.Int32(fewUsers),
	})
	if err == nil {
		for _, u := range details.UserDetailList {
			p.names = append(p.names, aws.ToString(u.UserName))
		}
	}
	_, _ = try(ctx, p, actGenerateReport, p.iam.GenerateCredentialReport, &iam.GenerateCredentialReportInput{})
	_, _ = try(ctx, p, actGetReport, p.iam.GetCredentialReport, &iam.GetCredentialReportInput{})
	_, _ = try(ctx, p, actSummary, p.iam.GetAccountSummary, &iam.GetAccountSummaryInput{})
	_, _ = try(ctx, p, actListServices, p.iam.ListServiceSpecificCredentials, &iam.ListServiceSpecificCredentialsInput{
		AllUsers: aws.Bool(true), MaxItems: aws.Int32(1),
	})
	_, _ = try(ctx, p, actLookupEvents, p.trail.LookupEvents, &cloudtrail.LookupEventsInput{
		LookupAttributes: []cloudtrailtypes.LookupAttribute{{AttributeKey: cloudtrailtypes.LookupAttributeKeyUsername, AttributeValue: aws.String("root")}},
		MaxResults:       aws.Int32(1),
	})
}

// users tries what is asked about one user.
func (p *prober) users(ctx context.Context) {
	p.names = slices.DeleteFunc(p.names, func(n string) bool { return n == "" })
	if len(p.names) == 0 {
		p.names = []string{nobody}
	}
	p.keys(ctx)
	name := &p.names[0]
	_, _ = try(ctx, p, actLoginProfile, p.iam.GetLoginProfile, &iam.GetLoginProfileInput{UserName: name})
	_, _ = try(ctx, p, actGetUser, p.iam.GetUser, &iam.GetUserInput{UserName: name})
	_, _ = try(ctx, p, actListMFA, p.iam.ListMFADevices, &iam.ListMFADevicesInput{UserName: name, MaxItems: aws.Int32(1)})
	_, _ = try(ctx, p, actListCertificates, p.iam.ListSigningCertificates, &iam.ListSigningCertificatesInput{UserName: name, MaxItems: aws.Int32(1)})
	_, _ = try(ctx, p, actListSSHKeys, p.iam.ListSSHPublicKeys, &iam.ListSSHPublicKeysInput{UserName: name, MaxItems: aws.Int32(1)})
}

// keys lists the keys of users until there is one to ask about.
func (p *prober) keys(ctx context.Context) {
	for _, name := range p.names {
		out, err := try(ctx, p, actListKeys, p.iam.ListAccessKeys, &iam.ListAccessKeysInput{UserName: &name, MaxItems: aws.Int32(1)})
		if err != nil && !isGone(err) {
			break
		}
		if out != nil && len(out.AccessKeyMetadata) > 0 {
			p.keyUse(ctx, out.AccessKeyMetadata[0].AccessKeyId, true)
			return
		}
	}
	p.keyUse(ctx, aws.String(noKey), false)
}

// keyUse asks when a key was used. AWS may refuse an id that is no key of the account without
// saying of which policy; that tells nothing, and the action counts as not tried.
func (p *prober) keyUse(ctx context.Context, id *string, exists bool) {
	_, _ = try(ctx, p, actKeyLastUsed, p.iam.GetAccessKeyLastUsed, &iam.GetAccessKeyLastUsedInput{AccessKeyId: id})
	fault := p.tried[actKeyLastUsed].Fault
	if exists || fault == nil {
		return
	}
	switch {
	case fault.Code == CodeRefused && fault.Denial == Denial{}:
		delete(p.tried, actKeyLastUsed)
	case fault.Code == CodeFault && strings.HasPrefix(fault.Cause, "AWS answered with the error"):
		p.tried[actKeyLastUsed].Fault = nil // the id was looked at, so asking is allowed
	}
}

// Claims are what an OIDC token says, as far as trust policies are written about it. They are no secret; the
// token is.
type Claims struct {
	Subject, Audience, Issuer, Repository, Ref, Environment string
	// Other is the subject in the form that was not sent, empty where the token does not tell it.
	Other string
}

// ClaimsOf reads what a token says. Its signature is AWS's concern.
func ClaimsOf(token string) Claims {
	c := readClaims(token)
	return Claims{
		Subject: c.text("sub"), Audience: c.text("aud"), Issuer: c.text("iss"), Repository: c.text("repository"),
		Ref: c.text("ref"), Environment: c.text("environment"), Other: strings.Trim(c.otherSubject(), `"`),
	}
}
