package awscollect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

// What a run asks of AWS can be told before it begins. The tables below stand beside the code
// that makes the calls, and tests hold the one against the other: a call that no table knows of
// fails them, and so does a table that promises another number of calls.

// Shape is what of one account decides how many requests it takes.
type Shape struct {
	Users    int
	WithKeys int // users whose keys are listed: those that have any
	Again    Again
	// RootRegions are the regions whose CloudTrail is asked what root did; 0: root is not in use.
	RootRegions int
	Regions     int // whose compute is read
}

// Again counts what is read live after the credential report, which may be hours old: what a
// finding hangs on, or an issue that is open.
type Again struct {
	Keys         int // last uses of access keys
	Passwords    int // whether users have one
	SignIns      int // of users that have one
	MFA          int // devices of users
	Certificates int // users whose signing certificates are listed
}

// usualRegions are those that are enabled in an account that nobody has enabled any in.
const usualRegions = 17

// UsualShape is taken for an account of which nothing is known yet: 20 users, 16 of them with a
// key, and three keys that something is to be done about.
func (c *Collector) UsualShape() Shape {
	return Shape{Users: 20, WithKeys: 16, Again: Again{Keys: 3}, Regions: orElse(len(c.cfg.Regions), usualRegions)}
}

// ShapeOf is the shape of an account as it was collected; false where nothing was collected of it.
func (c *Collector) ShapeOf(a *inventory.Account) (Shape, bool) {
	if a.Status != inventory.Audited && a.Status != inventory.Partial {
		return Shape{}, false
	}
	s := Shape{Users: len(a.Users), Regions: len(c.cfg.Regions)}
	if s.Regions == 0 {
		s.Regions = usualRegions
		if a.Compute != nil {
			s.Regions = len(a.Compute.Regions)
		}
	}
	for i := range a.Users {
		s.add(&a.Users[i])
	}
	if rootInUse(&a.Root, a.CollectedAt) {
		s.RootRegions = len(rootRegions(orElse(a.Partition, c.partition), &a.Root))
	}
	return s, true
}

// add counts what was asked about a user.
func (s *Shape) add(u *inventory.User) {
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&s.WithKeys, len(u.Keys) > 0 || u.IsLive(inventory.FactAccessKeys))
	count(&s.Again.Passwords, u.IsLive(inventory.FactPasswords))
	count(&s.Again.SignIns, u.IsLive(inventory.FactPasswordLastUsed) && u.Password.Enabled)
	count(&s.Again.MFA, u.IsLive(inventory.FactMFA))
	count(&s.Again.Certificates, u.IsLive(inventory.FactCertificates))
	for _, k := range u.Keys {
		count(&s.Again.Keys, k.Live)
	}
}

// Per is what the number of requests depends on.
type Per string

// The things that requests are counted by.
const (
	PerJob         Per = "job"
	PerListed      Per = "20 accounts of the organization, in each job"
	PerAccount     Per = "account"
	PerMember      Per = "account but the first role's own"
	PerManyUsers   Per = "1,000 users, groups and policies of an account"
	PerUser        Per = "user"
	PerUserWithKey Per = "user with a key"
	PerKeyAgain    Per = "key that something is to be done about"
	PerUserAgain   Per = "user about whom something is to be done"
	PerRootRegion  Per = "region in which root is looked up, where root is in use"
	PerRegion      Per = "region"
	PerResource    Per = "what there is in a region"
)

// cost is the requests of one action that an account takes, by one thing they depend on.
type cost struct {
	action action
	per    Per
	each   int // requests for one of those
	units  func(s *Shape) int
	more   string // when it takes more than that; empty: never
}

func once(*Shape) int { return 1 }

// accountCosts are those of every account, but for its compute and the role in it.
var accountCosts = []cost{
	{actGenerateReport, PerAccount, 2, once, "until the report is made; 1 where one of the last four hours is there"},
	{actGetReport, PerAccount, 1, once, "where the report is not there after all"},
	{actSummary, PerAccount, 1, once, ""},
	{actDetails, PerManyUsers, 1, func(s *Shape) int { return max(1, (s.Users+maxItems-1)/maxItems) }, "where AWS gives smaller pages"},
	{actListServices, PerAccount, 1, once, "for each 1,000 credentials, or each user where AWS does not list all at once"},
	{actListSSHKeys, PerUser, 1, func(s *Shape) int { return s.Users }, ""},
	{actListKeys, PerUserWithKey, 1, func(s *Shape) int { return s.WithKeys }, ""},
	{actKeyLastUsed, PerKeyAgain, 1, func(s *Shape) int { return s.Again.Keys }, ""},
	{actLoginProfile, PerUserAgain, 1, func(s *Shape) int { return s.Again.Passwords }, ""},
	{actGetUser, PerUserAgain, 1, func(s *Shape) int { return s.Again.SignIns }, ""},
	{actListMFA, PerUserAgain, 1, func(s *Shape) int { return s.Again.MFA }, ""},
	{actListCertificates, PerUserAgain, 1, func(s *Shape) int { return s.Again.Certificates }, ""},
	{actLookupEvents, PerRootRegion, 1, func(s *Shape) int { return s.RootRegions }, "a second page of 50 events"},
}

// computeCosts are made of the readers: the first action of each is called once in every region, the
// others only where it finds something.
func (c *Collector) computeCosts() []cost {
	var out []cost
	if len(c.cfg.Regions) == 0 {
		out = append(out, cost{actRegions, PerAccount, 1, once, ""})
	}
	for i := range readers {
		for n, a := range readers[i].actions {
			if n == 0 {
				out = append(out, cost{a, PerRegion, 1, func(s *Shape) int { return s.Regions }, "for each further page"})
			} else {
				out = append(out, cost{a, PerResource, 0, func(s *Shape) int { return s.Regions }, "where there is any"})
			}
		}
	}
	return out
}

// costs are all of one account.
func (c *Collector) costs(t Target) []cost {
	out := slices.Clone(accountCosts)
	if t.ID != c.homeKnown() {
		out = append(out, cost{actAssumeRole, PerMember, 1, once, "again after an hour"})
	}
	return append(out, c.computeCosts()...)
}

func (c *Collector) homeKnown() string {
	c.homeMu.Lock()
	defer c.homeMu.Unlock()
	return c.home
}

// jobCosts are those of a job, whatever it audits.
func (c *Collector) jobCosts(listed int) []cost {
	out := []cost{{actGetCallerIdentity, PerJob, 1, once, ""}}
	if c.cfg.RoleARN != "" {
		out = []cost{{actAssumeRoleWithWebIdentity, PerJob, 1, once, "each time a session ends"}}
	}
	if listed > 0 {
		out = append(out, cost{actListAccounts, PerListed, 1, func(*Shape) int { return (listed + listedAtOnce - 1) / listedAtOnce }, ""})
	}
	return out
}

// listedAtOnce is how many accounts a page of the organization's list holds.
const listedAtOnce = 20

// Line is the requests of one action that depend on one thing.
type Line struct {
	Action string // iam:ListAccessKeys
	Per    Per
	Each   int    // requests for one of those
	Units  int    // how many of those there are
	More   string // when there are more requests; empty: never
}

// Requests is how many there are.
func (l Line) Requests() int { return l.Each * l.Units }

// Cost is what an audit of the targets asks of AWS when so many jobs share it, repeats after
// throttling left out; the lines are sorted by action. organization: each job lists the accounts.
func (c *Collector) Cost(targets []Target, shape func(Target) Shape, jobs int, organization bool) []Line {
	sum := map[Line]int{} // units of a line without its units
	add := func(costs []cost, s Shape, times int) {
		for _, k := range costs {
			sum[Line{Action: string(k.action), Per: k.per, Each: k.each, More: k.more}] += times * k.units(&s)
		}
	}
	listed := 0
	if organization {
		listed = len(targets)
	}
	add(c.jobCosts(listed), Shape{}, jobs)
	for _, t := range targets {
		if t.Skip == "" {
			add(c.costs(t), shape(t), 1)
		}
	}
	var out []Line
	for l, units := range sum {
		l.Units = units
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Line) int { return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Per, b.Per)) })
	return out
}

// The times that an estimate goes by.
const (
	callTime     = 100 * time.Millisecond // of one call, there and back
	listInterval = 125 * time.Millisecond // between two lists of an organization's accounts: 8 a second
)

// Time is how long the reading of an account takes: its calls, a few at once, or the making of the
// credential report if that is longer, and CloudTrail at two requests a second.
func (c *Collector) Time(t Target, s Shape) time.Duration {
	if t.Skip != "" {
		return 0
	}
	calls, lookups := 0, 0
	for _, k := range c.costs(t) {
		n := k.each * k.units(&s)
		calls += n
		if k.action == actLookupEvents {
			lookups += n
		}
	}
	pace := usualPace()
	report := pace.PollInterval + 3*callTime
	return max(report, time.Duration(calls)*callTime/inFlight) + time.Duration(lookups)*pace.LookupInterval
}

// usualPace is what AWS needs, whatever pace this collector was given.
func usualPace() Pace {
	var cfg Config
	fill(&cfg)
	return cfg.Pace
}

// ListingTime is how long a job lists so many accounts of an organization before it begins.
func ListingTime(accounts int) time.Duration {
	return time.Duration((accounts+listedAtOnce-1)/listedAtOnce) * max(callTime, listInterval)
}

// Assumed says in sentences what an estimate goes by, beside what is known of the accounts.
func (c *Collector) Assumed() []string {
	u := c.UsualShape()
	return []string{
		fmt.Sprintf("An account of which nothing is known: %d users, %d of them with a key, %d keys that something is to be done about, %d regions.",
			u.Users, u.WithKeys, u.Again.Keys, u.Regions),
		fmt.Sprintf("A call takes %v; %d calls at once in an account, %d accounts at once in a job; a credential report is made in %v.",
			callTime, inFlight, c.cfg.Concurrency, usualPace().PollInterval),
		"CloudTrail answers 2 requests a second in an account and region, AWS Organizations 8 a second. Calls that AWS throttles are repeated, which is not counted.",
	}
}

// ServiceOf is the service of an action: iam of iam:ListUsers.
func ServiceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return service
}
