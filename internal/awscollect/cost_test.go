package awscollect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// asking lets a collector ask about every active key, and every user with a key.
func asking(cfg *Config) {
	cfg.KeyUse = activeKeys
	askingAll(cfg)
}

// usedKeys are twelve keys in use: one from an address to judge in each of two regions, one from many of IPv6,
// one by what runs in the account, the others from nowhere that is known.
func usedKeys() *awssim.Account {
	a := callers(12)
	from := func(user int, address, agent, region string) {
		e := useOf(a.Users[user].Keys[0].ID, address, agent)
		e.Region = region
		a.Events = append(a.Events, e)
	}
	from(0, "203.0.113.7", "Boto3/1.34.1", "us-east-1")
	from(1, "198.51.100.7", "Boto3/1.34.1", "eu-west-1")
	from(2, "2001:4860::1", "Boto3/1.34.1", "us-east-1")
	from(3, "10.0.0.4", "Boto3/1.34.1 exec-env/AWS_Lambda_python3.12", "us-east-1")
	a.Users[4].Keys[0].Region = "us-east-1" // looked up in one region
	return a
}

// organizationIn is the shape of an organization, as the accounts of a run tell it.
func organizationIn(targets []Target, accounts map[string]*inventory.Account, spec []string) OrganizationShape {
	listed := 0
	if slices.Equal(spec, []string{Organization}) {
		listed = len(targets)
	}
	return ShapeOfOrganization(slices.Collect(maps.Values(accounts)), listed)
}

// seventeen are as many regions as an account has that enabled none.
func seventeen() []string {
	out := []string{"us-east-1", "eu-west-1"}
	for i := range usualRegions - 2 {
		out = append(out, fmt.Sprintf("ap-south-%d", i+1))
	}
	return out
}

// audited collects the targets of a spec, and gives what was collected and the requests by action.
func audited(t *testing.T, c *Collector, s *awssim.Server, spec []string, recheck func(*inventory.Account) []inventory.Recheck) ([]Target, map[string]*inventory.Account, map[string]int) {
	t.Helper()
	targets, err := c.Targets(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	accounts := map[string]*inventory.Account{}
	c.Each(t.Context(), targets, recheck, func(a *inventory.Account) { accounts[a.ID] = a })
	return targets, accounts, s.Count()
}

// byAction sums an estimate up by action.
func byAction(lines []Line) (requests map[string]int, open map[string]bool) {
	requests, open = map[string]int{}, map[string]bool{}
	for _, l := range lines {
		if n := l.Requests(); n > 0 {
			requests[l.Action] += n
		}
		open[l.Action] = open[l.Action] || l.More != ""
	}
	return requests, open
}

// What the tables say is what the collector does, action by action, in accounts of several shapes. The
// shape is that of what was collected, as it is for the run after it.
func TestCostIsWhatIsCalled(t *testing.T) {
	quiet := func() *awssim.Account { return &awssim.Account{ID: member} }
	regions := func(a *awssim.Account) *awssim.Account { a.Regions = seventeen(); return a }
	named := wholeOrganization()
	named.Tree.Policies[1].Targets = []string{member} // which of nobody is seen by no account
	named.Accounts[member].Users[0].Called = []awssim.Called{{Service: "s3", Last: daysAgo(2)}}
	told := wholeOrganization()
	told.Tree.Policies[1].Targets, told.Tree.Paths = []string{member}, true
	off := wholeOrganization()
	off.Tree.PoliciesOff = true
	for name, tt := range map[string]struct {
		account *awssim.Account // of the world; nil: the next is
		recheck func(*inventory.Account) []inventory.Recheck
		spec    []string
		regions []string
		world   *awssim.World
		asking  bool // what keys and users do
	}{
		"nothing in it":             {quiet(), nothing, []string{member}, nil, nil, false},
		"20 users, 24 keys":         {twentyUsers(member), unusedKeys, []string{member}, nil, nil, false},
		"17 regions":                {regions(twentyUsers(member)), unusedKeys, []string{member}, nil, nil, false},
		"two regions that are told": {regions(twentyUsers(member)), unusedKeys, []string{member}, []string{"eu-west-1", "us-east-1"}, nil, false},
		"two accounts":              {twentyUsers(member), unusedKeys, []string{member, hub}, nil, nil, false},
		"the first role's own":      {quiet(), nothing, nil, nil, nil, false},
		"all is looked at again":    {twentyUsers(member), everything, []string{member}, nil, nil, false},
		"one of everything":         {fullAccount(), everything, []string{member}, nil, nil, false},
		"keys that are used":        {usedKeys(), unusedKeys, []string{member}, nil, nil, true},
		"keys of many regions":      {regions(usedKeys()), unusedKeys, []string{member}, nil, nil, true},
		"services that were called": {callers(12), nothing, []string{member}, nil, nil, true},
		"none that was called":      {quiet(), nothing, []string{member}, nil, nil, true},
		"an organization, walked":   {nil, nothing, []string{Organization}, nil, named, true},
		"of named accounts":         {nil, nothing, []string{member, hub}, nil, named, false},
		"one that tells its paths":  {nil, nothing, []string{Organization}, nil, told, false},
		"one without policies":      {nil, nothing, []string{Organization}, nil, off, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := tt.world
			if tt.account != nil {
				w = world(tt.account)
			}
			c, s := start(t, w, func(cfg *Config) {
				cfg.Regions = tt.regions
				if tt.asking {
					asking(cfg)
				}
			})
			targets, accounts, counted := audited(t, c, s, tt.spec, tt.recheck)
			shape := func(target Target) Shape {
				shape, ok := c.ShapeOf(accounts[target.ID])
				if !ok {
					t.Fatalf("%s has no shape", target.ID)
				}
				return shape
			}
			requests, _ := byAction(c.Cost(targets, shape, 1, organizationIn(targets, accounts, tt.spec)))
			if diff := cmp.Diff(requests, counted); diff != "" {
				t.Errorf("requests (-estimated +counted):\n%s", diff)
			}
		})
	}
}

// Of the usual account nothing need be known.
func TestCostOfTheUsualAccount(t *testing.T) {
	a := twentyUsers(member)
	a.Regions = seventeen()
	use := useOf(a.Users[0].Keys[1].ID, "198.51.100.7", "Boto3/1.34.1")
	use.Region = a.Regions[1]
	a.Events = append(a.Events, use)
	w := world(a)
	w.Faults = []awssim.Fault{{Action: string(actGenerateCalled), Code: "AccessDenied", Message: refusedByRole}}
	c, s := start(t, w, asking)
	targets, _, counted := audited(t, c, s, []string{member}, unusedKeys)
	requests, _ := byAction(c.Cost(targets, func(Target) Shape { return c.UsualShape() }, 1, OrganizationShape{}))
	if diff := cmp.Diff(requests, counted); diff != "" {
		t.Errorf("requests (-estimated +counted):\n%s", diff)
	}
}

// Where there is compute, each action that finds any says that there may be more, and no other does more.
func TestCostBracketsCompute(t *testing.T) {
	a := fullAccount()
	a.Regions, a.Compute = seventeen(), computeAccount(t).Compute
	used := usedKeys()
	a.Users, a.JobPolls = append(a.Users, used.Users...), 2
	a.Events = append(a.Events, used.Events...)
	w := world(a)
	w.PageSize = 2
	organized := wholeOrganization()
	w.Organization, w.Tree = organized.Organization, organized.Tree
	c, s := start(t, w, asking)
	targets, accounts, counted := audited(t, c, s, []string{member}, everything)
	shape, _ := c.ShapeOf(accounts[member])
	requests, open := byAction(c.Cost(targets, func(Target) Shape { return shape }, 1, organizationIn(targets, accounts, nil)))
	for action, n := range counted {
		if want := requests[action]; n < want || n > want && !open[action] {
			t.Errorf("%s: %d requests, %d estimated, more: %v", action, n, want, open[action])
		}
	}
	for action, n := range requests {
		if counted[action] < n {
			t.Errorf("%s: %d requests, %d estimated", action, counted[action], n)
		}
	}
}

// A report that is there already saves one request, which the estimate says.
func TestCostOfAReportThatIsThere(t *testing.T) {
	a := twentyUsers(member)
	a.ReportReady = true
	c, s := start(t, world(a))
	targets, accounts, counted := audited(t, c, s, []string{member}, unusedKeys)
	shape, _ := c.ShapeOf(accounts[member])
	requests, open := byAction(c.Cost(targets, func(Target) Shape { return shape }, 1, OrganizationShape{}))
	if counted["iam:GenerateCredentialReport"] != 1 || !open["iam:GenerateCredentialReport"] {
		t.Errorf("%d requests for the report, more: %v", counted["iam:GenerateCredentialReport"], open["iam:GenerateCredentialReport"])
	}
	counted["iam:GenerateCredentialReport"]++
	if diff := cmp.Diff(requests, counted); diff != "" {
		t.Errorf("requests (-estimated +counted):\n%s", diff)
	}
}

// Each job takes the first role and lists the accounts for itself; the accounts are shared out.
func TestCostOfJobs(t *testing.T) {
	w := world(twentyUsers(member))
	for i := range 45 {
		w.Organization = append(w.Organization, awssim.Member{ID: fmt.Sprintf("%012d", 700000000000+i), Name: "closed", State: "SUSPENDED"})
	}
	w.Organization = append(w.Organization, awssim.Member{ID: member, State: "ACTIVE"}, awssim.Member{ID: hub, State: "ACTIVE"})
	w.Tree = &awssim.Tree{Management: hub}
	counted := map[string]int{}
	var targets []Target
	var estimate map[string]int
	for job := range 2 {
		c, s := start(t, w)
		var err error
		if targets, err = c.Targets(t.Context(), []string{Organization}); err != nil {
			t.Fatal(err)
		}
		accounts := map[string]*inventory.Account{}
		var ours []Target
		for i, target := range targets {
			if i%2 == job {
				ours = append(ours, target)
			}
		}
		c.Each(t.Context(), ours, unusedKeys, func(a *inventory.Account) { accounts[a.ID] = a })
		for action, n := range s.Count() {
			counted[action] += n
		}
		full := func(target Target) Shape {
			shape := Shape{Regions: 1}
			if target.ID == member {
				shape = Shape{Users: 20, WithKeys: 16, Again: Again{Keys: 3}, Regions: 1}
			}
			return shape
		}
		// All 47 accounts are in the root, and the one policy stands there and in each.
		organization := OrganizationShape{Listed: 47, Known: true, UnitPages: 1, AccountPages: 3, Policies: 1, TargetPages: 3, Documents: 1}
		estimate, _ = byAction(c.Cost(targets, full, 2, organization))
	}
	if diff := cmp.Diff(estimate, counted); diff != "" {
		t.Errorf("requests (-estimated +counted):\n%s", diff)
	}
	if counted["organizations:ListAccounts"] != 6 || counted["sts:AssumeRoleWithWebIdentity"] != 2 {
		t.Errorf("requests: %v", counted)
	}
}

// Credentials of the SDK's default chain do not say whose they are: that is asked, once.
func TestCostWithoutARole(t *testing.T) {
	w := world(twentyUsers(member))
	c, s := start(t, w, func(cfg *Config) { cfg.RoleARN = ""; setenv(t, awssim.KeyEnv(hub)) })
	targets, accounts, counted := audited(t, c, s, []string{member}, unusedKeys)
	shape, _ := c.ShapeOf(accounts[member])
	requests, _ := byAction(c.Cost(targets, func(Target) Shape { return shape }, 1, OrganizationShape{}))
	if diff := cmp.Diff(requests, counted); diff != "" {
		t.Errorf("requests (-estimated +counted):\n%s", diff)
	}
}

// Every action that the code can call has its line, and no line has an action that it cannot call.
func TestEveryActionHasACost(t *testing.T) {
	var got []string
	var worst Config
	askingAll(&worst)
	for _, role := range []string{"arn:aws:iam::" + hub + ":role/first", ""} {
		c, err := New(t.Context(), Config{RoleARN: role, Token: token(nil), Now: func() time.Time { return now }, KeyUse: activeKeys, WorstUsers: worst.WorstUsers})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range c.Cost([]Target{{ID: member}}, func(Target) Shape { return c.UsualShape() }, 1, OrganizationShape{Listed: 1}) {
			got = append(got, l.Action)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(Actions(), slices.Compact(got)); diff != "" {
		t.Errorf("actions (-of the code +with a cost):\n%s", diff)
	}
}

func TestTime(t *testing.T) {
	c, _ := start(t, world())
	few := Shape{}
	many := Shape{Users: 4000, WithKeys: 4000}
	for name, tt := range map[string]struct {
		target Target
		shape  Shape
		want   time.Duration
	}{
		"a skipped account takes none":           {Target{ID: member, Skip: "closed"}, many, 0},
		"the report takes longest":               {Target{ID: member}, few, 2300 * time.Millisecond},
		"calls, four at once":                    {Target{ID: hub}, many, time.Duration(2+1+1+4+1+4000+4000+1) * 25 * time.Millisecond},
		"CloudTrail, two requests in one second": {Target{ID: member}, Shape{RootRegions: 2}, 2300*time.Millisecond + 1100*time.Millisecond},
		"regions are asked about keys at once":   {Target{ID: member}, Shape{Uses: Uses{Keys: 4, Lookups: 8}}, 2300*time.Millisecond + 2200*time.Millisecond},
		"a list that is refused":                 {Target{ID: member}, Shape{Called: Called{Begun: 1}}, 2300*time.Millisecond + 100*time.Millisecond},
		"one list after the other":               {Target{ID: member}, Shape{Called: Called{Begun: 3, Read: 3}}, 2300*time.Millisecond + 2100*time.Millisecond},
	} {
		if got := c.Time(tt.target, tt.shape); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	for accounts, want := range map[int]time.Duration{0: 0, 1: 125 * time.Millisecond, 20: 125 * time.Millisecond, 21: 250 * time.Millisecond, 5000: 31250 * time.Millisecond} {
		if got := ListingTime(accounts); got != want {
			t.Errorf("listing %d accounts: %v, want %v", accounts, got, want)
		}
	}
}

// Targets that are told need no call.
func TestNamed(t *testing.T) {
	c, s := start(t, world())
	for _, tt := range []struct {
		spec []string
		want []Target
		all  bool
	}{
		{nil, []Target{{ID: hub}}, false},
		{[]string{""}, []Target{{ID: hub}}, false},
		{[]string{member, hub, member}, []Target{{ID: hub}, {ID: member}}, false},
		{[]string{Organization}, nil, true},
	} {
		got, all, err := c.Named(tt.spec)
		if diff := cmp.Diff(tt.want, got); err != nil || all != tt.all || diff != "" {
			t.Errorf("%q: %v %v\n%s", tt.spec, all, err, diff)
		}
	}
	if _, _, err := c.Named([]string{"12"}); err == nil {
		t.Error("an id that is none is taken")
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, err := c.Targets(ended, []string{member}); err == nil || len(s.Calls()) != 0 {
		t.Errorf("error %v, calls %v", err, s.Calls())
	}
}
