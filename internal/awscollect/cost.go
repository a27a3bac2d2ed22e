package awscollect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a run asks of AWS can be told before it begins. The tables below stand beside the code
// that makes the calls, and tests hold the one against the other: a call that no table knows of
// fails them, and so does a table that promises another number of calls.

// Per is what the number of requests depends on.
type Per string

// The things that requests are counted by.
const (
	PerJob         Per = "job"
	PerListed      Per = "20 accounts of the organization, in each job"
	PerUnits       Per = "20 units in the root and in each unit, in each job"
	PerPlaced      Per = "20 accounts in the root and in each unit, in each job"
	PerPolicies    Per = "20 service control policies, in each job"
	PerTargets     Per = "20 places of each service control policy, in each job"
	PerPolicy      Per = "service control policy, in each job"
	PerAccount     Per = "account"
	PerMember      Per = "account but the first role's own"
	PerManyUsers   Per = "1,000 users, groups and policies of an account"
	PerUser        Per = "user"
	PerUserWithKey Per = "user with a key"
	PerKeyAgain    Per = "key that something is to be done about"
	PerUserAgain   Per = "user about whom something is to be done"
	PerRootRegion  Per = "region in which root is looked up, where root is in use"
	PerKeyRegion   Per = "key whose use is looked up, and region"
	PerAddresses   Per = "region whose addresses are judged"
	PerCalled      Per = "user whose called services are asked for"
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

// useCosts are those of asking where keys are used from.
var useCosts = []cost{
	{actLookupEvents, PerKeyRegion, 1, func(s *Shape) int { return s.Uses.Lookups }, "a second page of 50 events"},
	{actAddresses, PerAddresses, 1, func(s *Shape) int { return s.Uses.Addresses }, "where keys are used from other addresses"},
	{actNATGateways, PerAddresses, 1, func(s *Shape) int { return s.Uses.Addresses }, "where keys are used from other addresses, and for each further page"},
	{actInterfaces, PerAddresses, 1, func(s *Shape) int { return s.Uses.Interfaces }, "where keys are used from other addresses, and for each further page"},
}

// calledCosts are those of asking which services users have called.
var calledCosts = []cost{
	{actGenerateCalled, PerCalled, 1, func(s *Shape) int { return s.Called.Begun }, "for each of 10 users where the role may ask, none where no user is to be asked about"},
	{actGetCalled, PerCalled, 1, func(s *Shape) int { return s.Called.Read }, "where the role may ask; until the list is made, and for each further page"},
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
	if c.cfg.KeyUse != nil {
		out = append(out, useCosts...)
	}
	if c.cfg.WorstUsers != nil {
		out = append(out, calledCosts...)
	}
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
func (c *Collector) jobCosts(o OrganizationShape) []cost {
	out := []cost{{actGetCallerIdentity, PerJob, 1, once, ""}}
	if c.cfg.RoleARN != "" {
		out = []cost{{actAssumeRoleWithWebIdentity, PerJob, 1, once, "each time a session ends"}}
	}
	return append(out, o.costs()...)
}

// costs are those of the organization in one job. Whether it tells of itself is known once it did.
func (o OrganizationShape) costs() []cost {
	const unread = "where the organization can be read"
	known, pages, unseen := 0, unread, unread
	if o.Known {
		known, pages, unseen = 1, "for each further page", "for what no audited account is below, and further pages"
	}
	row := func(a action, per Per, n int, more string) cost {
		return cost{a, per, 1, func(*Shape) int { return n }, more}
	}
	out := []cost{
		row(actDescribeOrganization, PerJob, 1, ""),
		row(actListRoots, PerJob, known, pages),
		row(actListUnits, PerUnits, o.UnitPages, unseen),
		row(actListChildren, PerPlaced, o.AccountPages, unseen),
		row(actListPolicies, PerPolicies, chunks(o.Policies, listedAtOnce), unseen),
		row(actListTargets, PerTargets, o.TargetPages, unseen),
		row(actDescribePolicy, PerPolicy, o.Documents, unseen),
		row(actListDelegated, PerJob, known, pages),
		row(actOrganizationsFeatures, PerJob, known, unread),
	}
	if o.Listed > 0 {
		out = append(out, row(actListAccounts, PerListed, chunks(o.Listed, listedAtOnce), ""))
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
// throttling left out; the lines are sorted by action. Each job reads the organization for itself.
func (c *Collector) Cost(targets []Target, shape func(Target) Shape, jobs int, organization OrganizationShape) []Line {
	sum := map[Line]int{} // units of a line without its units
	add := func(costs []cost, s Shape, times int) {
		for _, k := range costs {
			sum[Line{Action: string(k.action), Per: k.per, Each: k.each, More: k.more}] += times * k.units(&s)
		}
	}
	add(c.jobCosts(organization), Shape{}, jobs)
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
// credential report if that is longer, CloudTrail at two requests a second, and one list of called
// services after the other.
func (c *Collector) Time(t Target, s Shape) time.Duration {
	if t.Skip != "" {
		return 0
	}
	calls := 0
	for _, k := range c.costs(t) {
		calls += k.each * k.units(&s)
	}
	pace := usualPace()
	report := pace.PollInterval + 3*callTime
	// The region of global services is asked about every key; the others meanwhile about some.
	lookups := time.Duration(s.RootRegions+s.Uses.Keys) * pace.LookupInterval
	lists := time.Duration(s.Called.Begun)*callTime + time.Duration(s.Called.Read)*(callTime+pace.PollInterval/4)
	return max(report, time.Duration(calls)*callTime/inFlight) + lookups + lists
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
	out := []string{
		fmt.Sprintf("An account of which nothing is known: %d users, %d of them with a key, %d keys that something is to be done about, %d regions.",
			u.Users, u.WithKeys, u.Again.Keys, u.Regions),
	}
	if u.Uses.Keys > 0 {
		out = append(out, fmt.Sprintf("In it CloudTrail is asked about %d keys, as many as it may be, each in two regions; the addresses of %d region are judged; nobody has granted the services that users have called.",
			u.Uses.Keys, u.Uses.Addresses))
	}
	return append(out,
		fmt.Sprintf("A call takes %v; %d calls at once in an account, %d accounts at once in a job; a credential report is made in %v.",
			callTime, inFlight, c.cfg.Concurrency, usualPace().PollInterval),
		"CloudTrail answers 2 requests a second in an account and region, AWS Organizations 8 lists of accounts a second, and of other calls 1 to 5. Calls that AWS throttles are repeated, which is not counted.",
	)
}

// ServiceOf is the service of an action: iam of iam:ListUsers.
func ServiceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return service
}
