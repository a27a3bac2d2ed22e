// Package awscollect reads the facts of AWS accounts: it takes a first role with the
// workflow's OIDC token, finds the accounts, takes a role in each, makes the calls and
// fills an inventory.
//
// It is the only importer of the AWS SDK. It knows neither checks nor GitHub. What cannot
// be read becomes a value in the inventory: a call that was refused names the fact that is
// missing, an account that could not be entered is failed. It only ever reads.
package awscollect

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/keysweep/keysweep/internal/inventory"
)

// Config says where to begin and how hard to try.
type Config struct {
	// Region is a region of the home partition; the partition follows it. Empty: us-east-1.
	Region string
	// RoleARN is the first role, assumed with the token that Token gives. Empty: the SDK's
	// default chain of credentials.
	RoleARN string
	// Audience of the token; empty: sts.amazonaws.com, in China sts.amazonaws.com.cn.
	Audience string
	// SessionName is made into what STS takes; empty: keysweep.
	SessionName string
	// RoleDuration is how long a session lives; zero: one hour. Roles in the accounts,
	// which are assumed from a role, get one hour at most.
	RoleDuration time.Duration
	// AccountRoleName is the role to assume in each account, with its path if it has one;
	// empty: keysweep-audit.
	AccountRoleName string
	// ExternalID is sent to the role in each account when it is set.
	ExternalID string
	// Concurrency is how many accounts are read at once; zero: 16.
	Concurrency int
	// Token gives a fresh OIDC token for an audience; where the network fails it tries
	// again by itself. It returns an error that is ErrNoOIDC when the job may not have
	// one. Needed with RoleARN only.
	Token func(ctx context.Context, audience string) (string, error)
	// NoRootEvents leaves CloudTrail alone: what root did is then not known.
	NoRootEvents bool
	// KeyUse names the active keys whose use CloudTrail is asked about, the worst first. It is asked of each account
	// once its facts are settled; the first few of what it names are looked up. nil: CloudTrail is not asked about keys.
	KeyUse func(*inventory.Account) []inventory.Recheck
	// Regions are those whose compute is read; empty: all that are enabled in the account.
	Regions []string
	// WorstUsers names the users of an account whose called services are worth knowing, the first of them
	// first. It is asked when all else was read, for several accounts at once; nil: nobody is asked for.
	WorstUsers func(*inventory.Account) []string
	// Now is the clock that facts are dated by. Required.
	Now func() time.Time
	// Log gets one debug line a call, without any data of it; nil: nothing is logged.
	Log *slog.Logger
	// Pace is for tests; zero values are what AWS needs.
	Pace Pace
}

// Pace says how long to wait for AWS.
type Pace struct {
	Attempts       int           // of a throttled call; zero: 10
	MaxBackoff     time.Duration // between attempts; zero: 20 s
	PollInterval   time.Duration // first wait for a report, doubled up to ten times as much; zero: 2 s
	PollTimeout    time.Duration // all waits for one report together; zero: 10 min
	JobTimeout     time.Duration // all waits for lists of called services in an account together; zero: 2 min
	LookupInterval time.Duration // between two CloudTrail look-ups of an account in a region; zero: 550 ms
}

// Collector reads accounts. It is safe for concurrent use.
type Collector struct {
	cfg       Config
	partition string
	log       *slog.Logger
	aws       aws.Config // region, endpoints, retries and the credentials of the first role
	sts       *sts.Client
	org       *organizations.Client

	homeMu sync.Mutex
	home   string // the account of the first role; empty until it is known
}

// defaultRegion is used where none is given: global services need one to sign for.
const defaultRegion = "us-east-1"

var (
	regionForm     = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d+$`)
	roleNameForm   = regexp.MustCompile(`^[\w+=,.@/-]{1,512}$`)
	externalIDForm = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
	sessionBad     = regexp.MustCompile(`[^A-Za-z0-9_+=,.@-]`)
)

// New checks the configuration and reads the SDK's environment. It makes no call. Its
// errors are of type *Error.
func New(ctx context.Context, cfg Config) (*Collector, error) {
	fill(&cfg)
	c := &Collector{cfg: cfg, partition: partitionOf(cfg.Region), log: cfg.Log}
	if err := c.check(); err != nil {
		return nil, err
	}
	loaded, err := config.LoadDefaultConfig(ctx, c.loadOptions()...)
	if err != nil {
		return nil, &Error{
			Code: CodeInput, Cause: "the AWS settings of the environment cannot be read: " + oneLine(err.Error()),
			Hint: "look at the AWS_ variables, the shared config file and AWS_CA_BUNDLE",
		}
	}
	if cfg.RoleARN != "" {
		loaded.Credentials = aws.NewCredentialsCache(newFirstRole(c, loaded), early)
	}
	c.aws = loaded
	c.sts = sts.NewFromConfig(loaded)
	c.org = organizations.NewFromConfig(loaded)
	return c, nil
}

// early renews credentials two minutes before they run out, so that no call goes out
// with credentials that die on the way.
func early(o *aws.CredentialsCacheOptions) {
	o.ExpiryWindow = 2 * time.Minute
	o.ExpiryWindowJitterFrac = 0.5
}

func fill(cfg *Config) {
	cfg.Region = orElse(cfg.Region, defaultRegion)
	if cfg.Audience == "" {
		cfg.Audience = "sts.amazonaws.com"
		if partitionOf(cfg.Region) == "aws-cn" {
			cfg.Audience = "sts.amazonaws.com.cn"
		}
	}
	cfg.SessionName = sessionName(cfg.SessionName)
	cfg.AccountRoleName = orElse(cfg.AccountRoleName, UsualRoleName)
	cfg.RoleDuration = orElse(cfg.RoleDuration, time.Hour)
	cfg.Concurrency = orElse(cfg.Concurrency, 16)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Pace.Attempts = orElse(cfg.Pace.Attempts, 10)
	cfg.Pace.MaxBackoff = orElse(cfg.Pace.MaxBackoff, 20*time.Second)
	cfg.Pace.PollInterval = orElse(cfg.Pace.PollInterval, 2*time.Second)
	cfg.Pace.PollTimeout = orElse(cfg.Pace.PollTimeout, 10*time.Minute)
	cfg.Pace.JobTimeout = orElse(cfg.Pace.JobTimeout, 2*time.Minute)
	cfg.Pace.LookupInterval = orElse(cfg.Pace.LookupInterval, 550*time.Millisecond)
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// check says the first thing that is wrong with the configuration.
func (c *Collector) check() error {
	cfg := c.cfg
	if cfg.Now == nil {
		return badInput("no clock was given", "set Config.Now")
	}
	if !regionForm.MatchString(cfg.Region) {
		return badInput(fmt.Sprintf("%q is no AWS region", cfg.Region), "set aws-region, for instance to us-east-1")
	}
	if d := cfg.RoleDuration; d < 15*time.Minute || d > 12*time.Hour {
		return badInput(fmt.Sprintf("a session cannot last %d seconds", int(d/time.Second)), "set role-duration-seconds to 900 to 43200")
	}
	if !roleNameForm.MatchString(cfg.AccountRoleName) || strings.HasPrefix(cfg.AccountRoleName, "arn:") {
		return badInput(fmt.Sprintf("%q is no role name", cfg.AccountRoleName), "set account-role-name to the name of the role in each account, with its path and without an ARN")
	}
	if n := len(cfg.ExternalID); n > 0 && (n < 2 || n > 1224 || !externalIDForm.MatchString(cfg.ExternalID)) {
		return badInput("the external id holds what STS does not take", "external-id is 2 to 1224 letters, digits and _+=,.@:/-")
	}
	if cfg.Concurrency < 1 {
		return badInput(fmt.Sprintf("%d accounts cannot be read at once", cfg.Concurrency), "set concurrency to 1 or more")
	}
	for _, r := range cfg.Regions {
		if !regionForm.MatchString(r) || partitionOf(r) != c.partition {
			return badInput(fmt.Sprintf("%q is no AWS region of partition %s", r, c.partition), "set regions to enabled, or to regions of the partition of aws-region")
		}
	}
	if cfg.RoleARN == "" {
		return nil
	}
	return c.checkRole()
}

func (c *Collector) checkRole() error {
	partition, account, ok := splitRoleARN(c.cfg.RoleARN)
	if !ok {
		return &Error{
			Code: CodeRoleARN, Cause: fmt.Sprintf("%q is no ARN of a role", c.cfg.RoleARN),
			Hint: "role-to-assume is arn:aws:iam::111122223333:role/NAME, with 12 digits and the role's path before its name",
		}
	}
	if partition != c.partition {
		return &Error{
			Code:  CodeRoleARN,
			Cause: fmt.Sprintf("the role is in partition %s, the region %s is in %s", partition, c.cfg.Region, c.partition),
			Hint:  "set aws-region to a region of the role's partition",
		}
	}
	if c.cfg.Token == nil {
		return noOIDC()
	}
	c.home = account
	return nil
}

var roleARNForm = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::(\d{12}):role/[\w+=,.@/-]{1,576}$`)

func splitRoleARN(arn string) (partition, account string, ok bool) {
	m := roleARNForm.FindStringSubmatch(arn)
	if m == nil || strings.HasSuffix(arn, "/") {
		return "", "", false
	}
	return m[1], m[2], true
}

// partitionOf follows the names that AWS gives its regions.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// sessionName makes what STS takes of any words: 2 to 64 of its characters.
func sessionName(s string) string {
	s = sessionBad.ReplaceAllString(s, "-")
	if len(s) > 64 {
		s = s[:64]
	}
	if len(s) < 2 {
		return "keysweep"
	}
	return s
}

func (c *Collector) loadOptions() []func(*config.LoadOptions) error {
	options := []func(*config.LoadOptions) error{
		config.WithRegion(c.cfg.Region),
		config.WithRetryer(func() aws.Retryer { return newRetryer(c.cfg.Pace) }),
		config.WithHTTPClient(httpClient(c.cfg.Concurrency)),
		// What the SDK says for itself goes where all else goes, and only when it is asked for.
		config.WithLogger(logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) {
			c.log.Debug("aws sdk: " + oneLine(fmt.Sprintf(format, v...)))
		})),
	}
	if c.cfg.RoleARN != "" {
		// The first call is unsigned. Whatever credentials the machine has are nobody's
		// choice here and must not be used.
		options = append(options, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	}
	return options
}

// httpClient is the SDK's own, which honours proxies and AWS_CA_BUNDLE, with room for a
// connection to IAM, one host for all accounts, for each call in flight.
func httpClient(accounts int) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(time.Minute).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, accounts*inFlight)
		t.MaxIdleConns = max(t.MaxIdleConns, 2*accounts*inFlight)
	})
}

// homeAccount is the account of the first role, or of the default chain's caller. It asks
// once, and only when no role says it.
func (c *Collector) homeAccount(ctx context.Context) (string, error) {
	c.homeMu.Lock()
	defer c.homeMu.Unlock()
	if c.home != "" {
		return c.home, nil
	}
	out, err := call(ctx, c.log, actGetCallerIdentity, c.sts.GetCallerIdentity, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", firstError(err, "the caller's account could not be found")
	}
	if id := aws.ToString(out.Account); accountForm.MatchString(id) {
		c.home = id
		return id, nil
	}
	return "", &Error{Code: CodeFault, Cause: "AWS did not say which account the credentials are of", Hint: "set role-to-assume, or list the accounts"}
}
