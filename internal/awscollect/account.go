package awscollect

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keysweep/keysweep/internal/inventory"
)

// Account reads one account. It always returns one: what could not be read is missing in
// it, and says why. recheck is asked, once the facts are there, which credentials would
// open or close something; their facts are then read again live. It may be nil.
func (c *Collector) Account(ctx context.Context, t Target, recheck func(*inventory.Account) []inventory.Recheck) *inventory.Account {
	a := &inventory.Account{
		Schema: inventory.Schema, ID: t.ID, Name: t.Name, Partition: c.partition, Status: inventory.Audited,
		Missing: []inventory.Missing{}, CollectedAt: c.cfg.Now().UTC(), Users: []inventory.User{},
	}
	if t.Skip != "" {
		a.Status, a.Cause = inventory.Skipped, t.Skip
		return a
	}
	cfg, err := c.assume(ctx, t)
	if err != nil {
		a.Status, a.Cause = inventory.Failed, hideAccounts(err.Error())
		return a
	}
	a.Root.ARN = fmt.Sprintf("arn:%s:iam::%s:root", c.partition, t.ID)
	v := &visit{
		c: c, cfg: cfg, iam: iam.NewFromConfig(cfg), a: a, gate: make(gate, inFlight), gone: map[string]bool{}, seen: map[string]*seen{},
		trail: pacer{interval: c.cfg.Pace.LookupInterval, wait: sleep},
	}
	v.collect(ctx)
	v.settleCompute()
	v.settle()
	if recheck != nil && a.Status != inventory.Failed && ctx.Err() == nil {
		v.recheckAll(ctx, recheck(a))
	}
	if worst := c.cfg.WorstUsers; worst != nil && a.Status != inventory.Failed && ctx.Err() == nil {
		v.readCalled(ctx, worst(a))
	}
	if c.cfg.KeyUse != nil && a.Status != inventory.Failed && ctx.Err() == nil {
		v.settle()
		v.readKeyUses(ctx, c.cfg.KeyUse(a))
	}
	v.settleAddresses()
	v.finish(ctx)
	return a
}

// assume gives the configuration of clients for one account: the first role's own, or
// that of the role in the account.
func (c *Collector) assume(ctx context.Context, t Target) (aws.Config, *Error) {
	if ctx.Err() != nil {
		return aws.Config{}, cancelled(ctx)
	}
	home, err := c.homeAccount(ctx)
	if err != nil {
		return aws.Config{}, c.memberError(err)
	}
	if t.ID == home {
		return c.aws, nil
	}
	cfg := c.aws.Copy()
	cfg.Credentials = aws.NewCredentialsCache(&memberRole{c: c, account: t.ID, role: c.cfg.AccountRoleName}, early)
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return aws.Config{}, c.memberError(err)
	}
	return cfg, nil
}

// memberRole gives credentials of the role in one account, with those of the first role.
type memberRole struct {
	c       *Collector
	account string
	role    string
}

// Retrieve takes the role. A role that is assumed from a role gets one hour at most.
func (m *memberRole) Retrieve(ctx context.Context) (aws.Credentials, error) {
	cfg := &m.c.cfg
	in := &sts.AssumeRoleInput{
		RoleArn:         aws.String(fmt.Sprintf("arn:%s:iam::%s:role/%s", m.c.partition, m.account, m.role)),
		RoleSessionName: &cfg.SessionName,
		DurationSeconds: aws.Int32(int32(min(cfg.RoleDuration, time.Hour) / time.Second)),
	}
	if cfg.ExternalID != "" {
		in.ExternalId = &cfg.ExternalID
	}
	out, err := call(ctx, m.c.log, actAssumeRole, m.c.sts.AssumeRole, in)
	if err != nil {
		return aws.Credentials{}, m.c.memberError(err)
	}
	creds, ok := credentialsOf(out.Credentials)
	if !ok {
		return aws.Credentials{}, &Error{Code: CodeFault, Cause: "STS answered without credentials", Hint: "look at AWS_ENDPOINT_URL and the proxy"}
	}
	return creds, nil
}

// visit is the reading of one account.
type visit struct {
	c       *Collector
	cfg     aws.Config
	iam     *iam.Client
	gate    gate
	breaker breaker
	trail   pacer

	mu   sync.Mutex // guards a.Missing, a.Rechecked, a.Addresses, gone and seen
	a    *inventory.Account
	gone map[string]bool  // users deleted while we read
	seen map[string]*seen // what was read live, by user

	report   reportResult
	summary  map[string]int32 // nil: refused
	services services
	people   bool   // the users are known
	sweep    *sweep // what was found in compute; nil before and after
}

// seen says what of a user was read live in this visit, so that nothing is read twice.
type seen struct{ keys, login, certificates, mfa, user bool }

// ask makes one call in the account: not more than a few at a time, and none of an
// action that fails each time.
func ask[In, Out, Opt any](ctx context.Context, v *visit, a action, do func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In) (*Out, error) {
	if err := v.gate.enter(ctx); err != nil {
		return nil, err
	}
	defer v.gate.leave()
	if err := v.breaker.open(a); err != nil {
		return nil, err
	}
	out, err := call(ctx, v.c.log, a, do, in)
	v.breaker.note(a, err)
	return out, err
}

// errEndless is an answer that sends the reader round in circles.
var errEndless = &Error{Code: CodeFault, Cause: "AWS's pages have no end"}

// pages makes a call for every page. next takes the answer and gives the marker of the
// next page, nil at the end; mark puts it into the request.
func pages[In, Out, Opt any](ctx context.Context, v *visit, a action, do func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In, mark func(*In, *string), next func(*Out) (truncated bool, marker *string)) error {
	last := ""
	for {
		out, err := ask(ctx, v, a, do, in)
		if err != nil {
			return err
		}
		truncated, marker := next(out)
		if !truncated {
			return nil
		}
		if m := aws.ToString(marker); m == "" || m == last {
			return errEndless
		}
		last = *marker
		mark(in, marker)
	}
}

// maxItems asks for pages as large as IAM gives.
const maxItems = 1000

// lack records a fact that a failed call leaves unknown.
func (v *visit) lack(f inventory.Fact, user, credential string, a action, err error) {
	v.miss(inventory.Missing{Fact: f, User: user, Credential: credential, Action: string(a), Cause: describe(err).cause()})
}

func (v *visit) miss(m inventory.Missing) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.a.Missing = append(v.a.Missing, m)
}

func (v *visit) found(user string, facts ...inventory.Fact) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range facts {
		v.a.Found(f, user)
	}
}

// read notes facts about a user as read live.
func (v *visit) read(u *inventory.User, facts ...inventory.Fact) {
	v.found(u.Name, facts...)
	u.MarkLive(facts...)
}

// lacks reports whether a fact is missing for a user, or, with an empty user, for the account.
func (v *visit) lacks(f inventory.Fact, user string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, lacks := v.a.Lacks(f, user, "")
	return lacks
}

// failed records that a call about a user failed, unless the user is gone: then there is
// nothing left to know. It reports whether there was a failure.
func (v *visit) failed(user string, a action, err error, facts ...inventory.Fact) bool {
	if err == nil {
		return false
	}
	if isGone(err) {
		v.mu.Lock()
		v.gone[user] = true
		v.mu.Unlock()
		return true
	}
	for _, f := range facts {
		v.found(user, f) // the cause of the last failure takes the place of an earlier one
		v.lack(f, user, "", a, err)
	}
	return true
}

func (v *visit) isGone(user string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.gone[user]
}

func (v *visit) seenOf(user string) *seen {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen[user] == nil {
		v.seen[user] = &seen{}
	}
	return v.seen[user]
}

// collect makes the calls in an order that saves waiting: the report is started first and
// made by AWS while everything else is read.
func (v *visit) collect(ctx context.Context) {
	started := v.startReport(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { v.readReport(ctx, started) })
	wg.Go(func() { v.readSummary(ctx) })
	wg.Go(func() { v.readServices(ctx) })
	wg.Go(func() { v.readCompute(ctx) })
	wg.Go(func() {
		v.readDetails(ctx)
		if v.people {
			v.readSSHKeys(ctx)
		}
	})
	wg.Wait()
	if !v.people && !v.usersFromReport(ctx) {
		v.applyRoot(ctx)
		return
	}
	v.applyReport()
	v.applyServices(ctx)
	v.readUsers(ctx)
	v.readRootEvents(ctx)
}

// eachUser does something for users at once. The gate bounds the calls; a few more
// workers than that keep it busy.
func (v *visit) eachUser(users []*inventory.User, do func(u *inventory.User)) {
	next := make(chan *inventory.User)
	var wg sync.WaitGroup
	for range min(len(users), 2*inFlight) {
		wg.Go(func() {
			for u := range next {
				do(u)
			}
		})
	}
	for _, u := range users {
		next <- u
	}
	close(next)
	wg.Wait()
}

func (v *visit) allUsers() []*inventory.User {
	users := make([]*inventory.User, len(v.a.Users))
	for i := range v.a.Users {
		users[i] = &v.a.Users[i]
	}
	return users
}

// settle drops who is gone and gives order and status: what a recheck is decided on.
func (v *visit) settle() {
	a := v.a
	a.Users = slices.DeleteFunc(a.Users, func(u inventory.User) bool { return v.gone[u.Name] })
	a.Missing = slices.DeleteFunc(a.Missing, func(m inventory.Missing) bool { return v.gone[m.User] })
	a.Sort()
	if a.Status == inventory.Audited && slices.ContainsFunc(a.Missing, func(m inventory.Missing) bool { return !m.Offline }) {
		a.Status = inventory.Partial
	}
}

// finish settles the account for good.
func (v *visit) finish(ctx context.Context) {
	v.settle()
	v.a.Missing = collapse(v.a.Missing, len(v.a.Users))
	if v.a.Compute != nil {
		v.a.Missing = collapseRegions(v.a.Missing, len(v.a.Compute.Regions))
	}
	v.a.Sort()
	if ctx.Err() == nil {
		return
	}
	// What was read by then is not told from what was not.
	a := v.a
	a.Status, a.Cause = inventory.Failed, "the run ended before the account was read"
	a.Compute, a.Addresses = nil, nil
	a.Missing, a.Users, a.Root = []inventory.Missing{}, []inventory.User{}, inventory.Root{ARN: a.Root.ARN}
}

// collapse makes one entry of those that say the same of every user.
func collapse(missing []inventory.Missing, users int) []inventory.Missing {
	whole := func(m inventory.Missing) inventory.Missing { m.User = ""; return m }
	count := map[inventory.Missing]int{}
	for _, m := range missing {
		if m.User != "" && m.Credential == "" {
			count[whole(m)]++
		}
	}
	short := make([]inventory.Missing, 0, len(missing))
	have := map[inventory.Missing]bool{}
	for _, m := range missing {
		if m.User != "" && m.Credential == "" && users > 1 && count[whole(m)] == users {
			m = whole(m)
		}
		if !have[m] {
			have[m] = true
			short = append(short, m)
		}
	}
	return short
}

// collapseRegions makes one entry of those that say the same of every region.
func collapseRegions(missing []inventory.Missing, regions int) []inventory.Missing {
	whole := func(m inventory.Missing) inventory.Missing { m.Region = ""; return m }
	where := map[inventory.Missing]map[string]bool{}
	for _, m := range missing {
		if m.Region == "" {
			continue
		}
		if where[whole(m)] == nil {
			where[whole(m)] = map[string]bool{}
		}
		where[whole(m)][m.Region] = true
	}
	out := make([]inventory.Missing, 0, len(missing))
	for _, m := range missing {
		if m.Region != "" && regions > 1 && len(where[whole(m)]) == regions {
			m = whole(m)
		}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}
