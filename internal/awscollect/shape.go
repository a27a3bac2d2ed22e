package awscollect

import (
	"slices"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

// Shape is what of one account decides how many requests it takes.
type Shape struct {
	Users    int
	WithKeys int // users whose keys are listed: those that have any
	Again    Again
	// RootRegions are the regions whose CloudTrail is asked what root did; 0: root is not in use.
	RootRegions int
	Regions     int // whose compute is read
	Uses        Uses
	Called      Called
}

// Uses counts what is asked about where keys are used from.
type Uses struct {
	Keys       int // that CloudTrail is asked about
	Lookups    int // of those, once in each region that a key is looked up in
	Addresses  int // regions whose elastic addresses and NAT gateways are asked for
	Interfaces int // lists of addresses whose network interfaces are asked for, of 200 at most each
}

// Called counts what is asked about the services that users have called.
type Called struct {
	Begun int // lists of services that AWS is to make; 1 where it then turns out that nobody granted it
	Read  int // of them
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
// key, and three keys that something is to be done about. Where CloudTrail is asked about keys, it is about as
// many as it may be, each in two regions, and the addresses of one region are to be judged. The role does not
// grant the services that users have called, which one refusal tells.
func (c *Collector) UsualShape() Shape {
	s := Shape{Users: 20, WithKeys: 16, Again: Again{Keys: 3}, Regions: orElse(len(c.cfg.Regions), usualRegions)}
	if c.cfg.KeyUse != nil {
		s.Uses = Uses{Keys: useKeysAtMost, Lookups: 2 * useKeysAtMost, Addresses: 1, Interfaces: 1}
	}
	if c.cfg.WorstUsers != nil {
		s.Called.Begun = 1
	}
	return s
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
	s.Uses, s.Called = c.usesOf(a), c.calledOf(a)
	return s, true
}

// usesOf counts what the next run asks about the keys that it would choose by what is known. Where CloudTrail
// refused all of them, it does so once in each region.
func (c *Collector) usesOf(a *inventory.Account) Uses {
	if c.cfg.KeyUse == nil {
		return Uses{}
	}
	wants := c.cfg.KeyUse(a)
	looks := c.keyLooks(a, wants[:min(len(wants), useKeysAtMost)])
	out := Uses{Keys: len(looks)}
	var regions []string
	for _, l := range looks {
		regions = append(regions, l.regions...)
	}
	if slices.ContainsFunc(a.Missing, refusesUses) {
		slices.Sort(regions)
		regions = slices.Compact(regions)
		out.Keys = min(out.Keys, 1)
	}
	out.Lookups = len(regions)
	for _, addresses := range c.toJudge(a, looks) {
		v4, v6 := byFamily(addresses)
		if len(v4) > 0 {
			out.Addresses++
		}
		out.Interfaces += chunks(len(v4), filterValues) + chunks(len(v6), filterValues)
	}
	return out
}

// refusesUses is what is missing where CloudTrail answered about no key.
func refusesUses(m inventory.Missing) bool {
	return m.Fact == inventory.FactKeyUse && !m.Offline && m.Credential == "" && m.Action == string(actLookupEvents)
}

// calledOf counts the lists of services that the next run asks for. Only those that are there tell that the role may.
func (c *Collector) calledOf(a *inventory.Account) Called {
	if c.cfg.WorstUsers == nil {
		return Called{}
	}
	users := min(len(c.cfg.WorstUsers(a)), calledUsers)
	granted := slices.ContainsFunc(a.Users, func(u inventory.User) bool { return len(u.Called) > 0 })
	failed := slices.ContainsFunc(a.Missing, func(m inventory.Missing) bool { return m.Fact == inventory.FactServicesUsed && !m.Offline })
	if !granted || failed {
		return Called{Begun: min(users, 1)} // what went wrong keeps the others from being asked for
	}
	return Called{Begun: users, Read: users}
}

// chunks is how many pieces of a size so many things come in.
func chunks(n, size int) int { return (n + size - 1) / size }

// OrganizationShape is what of an organization decides how many requests the reading of it takes.
type OrganizationShape struct {
	Listed int // accounts that are listed one by one, in pages; 0: they are named
	// Known: the organization told of itself, so it will again.
	Known bool
	// UnitPages and AccountPages are of what is in the root and in each unit; 0 where the list of accounts tells it.
	UnitPages, AccountPages int
	Policies                int // service control policies that stand anywhere
	TargetPages             int // of where they stand
	Documents               int // of them, that are read
}

// ShapeOfOrganization is the shape of an organization as far as saved inventories of its accounts tell it: what
// none of them is below is not known. listed is how many accounts are listed; 0: they are named.
func ShapeOfOrganization(saved []*inventory.Account, listed int) OrganizationShape {
	s := seenOrganization{walked: listed == 0, below: map[string]*children{}, targets: sets{}, unread: map[string]bool{}}
	for _, a := range saved {
		if a.Organization != nil {
			s.add(a.Organization)
		}
	}
	out := OrganizationShape{Listed: listed, Known: s.known, Policies: len(s.targets)}
	for _, in := range s.below {
		if s.walked {
			out.UnitPages += max(1, chunks(len(in.units), listedAtOnce))
			out.AccountPages += max(1, chunks(len(in.accounts), listedAtOnce))
		}
	}
	for _, at := range s.targets {
		out.TargetPages += chunks(len(at), listedAtOnce)
	}
	out.Documents = len(s.targets) - max(0, len(s.unread)-1) // one refusal stands for all of them
	return out
}

// sets are sets of ids, by an id.
type sets map[string]map[string]bool

func (s sets) add(of, id string) {
	if s[of] == nil {
		s[of] = map[string]bool{}
	}
	s[of][id] = true
}

// children are what is known to be in the root or in a unit.
type children struct{ units, accounts map[string]bool }

// seenOrganization is what the accounts together see of their organization.
type seenOrganization struct {
	known   bool
	walked  bool // the places were asked for, level by level
	below   map[string]*children
	targets sets            // by policy
	unread  map[string]bool // policies without a document
}

// add takes what one account sees: the levels from the root down to itself.
func (s *seenOrganization) add(o *inventory.Organization) {
	s.known = true
	for i, l := range o.Levels {
		for _, policy := range l.Policies {
			s.targets.add(policy, l.ID)
		}
		account := i == len(o.Levels)-1
		s.walked = s.walked || i > 0 && !account && l.Name != "" // the list of accounts names no unit
		if !account && s.below[l.ID] == nil {
			s.below[l.ID] = &children{map[string]bool{}, map[string]bool{}}
		}
		switch {
		case i == 0:
		case account:
			s.below[o.Levels[i-1].ID].accounts[l.ID] = true
		default:
			s.below[o.Levels[i-1].ID].units[l.ID] = true
		}
	}
	for _, p := range o.Policies {
		if p.Fault != "" {
			s.unread[p.ID] = true
		}
	}
}

// Time is how long the reading of the organization takes a job: its calls at their rates, the actions side by side.
func (o OrganizationShape) Time() time.Duration {
	var longest time.Duration
	for _, k := range o.costs() {
		if rate := organizationRates[k.action]; rate > 0 {
			n := k.each * k.units(&Shape{})
			longest = max(longest, time.Duration(max(0, n-1))*time.Second/time.Duration(rate))
		}
	}
	return longest
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
