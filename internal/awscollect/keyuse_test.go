package awscollect

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// useOf is an event of a key in the region of global services.
func useOf(key, address, agent string) awssim.Event {
	return awssim.Event{
		Time: daysAgo(1), Source: "s3.amazonaws.com", Name: "ListBuckets", Region: "eu-west-1", LookupRegion: "us-east-1",
		Address: address, Agent: agent, KeyID: key, UserType: "IAMUser", UserName: "worker",
	}
}

// activeKeys asks about every active key, in the order of the users.
func activeKeys(a *inventory.Account) []inventory.Recheck {
	var out []inventory.Recheck
	for _, u := range a.Users {
		for _, k := range u.Keys {
			if k.Active {
				out = append(out, inventory.Recheck{User: u.Name, Kind: inventory.RecheckKeyUse, Key: k.ID})
			}
		}
	}
	return out
}

func TestKeyUses(t *testing.T) {
	u := simUser(member, 1, "worker", 20)
	account := &awssim.Account{
		ID: member, Users: []awssim.User{u},
		Addresses: map[string][]awssim.Address{"eu-west-1": {{Public: "52.16.0.9", NAT: true}}},
		Events:    []awssim.Event{useOf(u.Keys[0].ID, "52.16.0.9", "Boto3/1.34.1"), useOf(u.Keys[0].ID, "10.0.0.4", "Boto3/1.34.1 exec-env/AWS_Lambda_python3.12"), useOf(keyID(member, 999), "10.0.0.5", "x/1")},
	}
	w := world(account)
	c, s := start(t, w, func(cfg *Config) { cfg.Regions, cfg.KeyUse = []string{"eu-west-1"}, activeKeys })
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	k := userOf(t, a, "worker").Keys[0]
	want := []inventory.KeyUse{
		{Source: "52.16.0.9", Agent: "Boto3/1.34.1", Service: "s3", Region: "eu-west-1", Last: daysAgo(1), Events: 1},
		{By: inventory.FromLambda, Source: "10.0.0.4", Agent: "Boto3/1.34.1", Service: "s3", Region: "eu-west-1", Last: daysAgo(1), Events: 1},
	}
	if diff := cmp.Diff(want, k.Uses); diff != "" || !k.UsesKnown {
		t.Errorf("known %v, uses (-want +got):\n%s", k.UsesKnown, diff)
	}
	if len(a.Addresses) == 0 || a.Addresses[0].Kind != inventory.AddressNAT || a.Addresses[0].Address != "52.16.0.9" {
		t.Errorf("addresses %+v", a.Addresses)
	}
	if n := s.CountIn(member); n["cloudtrail:LookupEvents"] != 2 || n["ec2:DescribeAddresses"] != 1 {
		t.Errorf("calls %v", n)
	}
	roundTrip(t, a)
}

// A refused look-up is a missing fact that is no fault of the source; what the bound leaves out is one.
func TestKeyUsesRefusedAndBounded(t *testing.T) {
	var users []awssim.User
	for i := range useKeysAtMost + 2 {
		users = append(users, simUser(member, i+1, fmt.Sprintf("u%02d", i), 20))
	}
	for _, refused := range []bool{false, true} {
		w := world(&awssim.Account{ID: member, Users: users})
		if refused {
			w.Faults = []awssim.Fault{{Action: "cloudtrail:LookupEvents", Account: member, Code: "AccessDeniedException"}}
		}
		c, s := start(t, w, func(cfg *Config) { cfg.KeyUse = activeKeys })
		a := c.Account(t.Context(), Target{ID: member}, nothing)
		if _, lacks := a.Lacks(inventory.FactKeyUse, "u00", users[0].Keys[0].ID); lacks != refused {
			t.Errorf("refused %v: the use of a key that was asked about is missing: %v", refused, lacks)
		}
		m, lacks := a.Lacks(inventory.FactKeyUse, "u11", users[11].Keys[0].ID)
		if !lacks || !refused && !m.Offline || (a.Status == inventory.Partial) != refused {
			t.Errorf("refused %v: status %s, missing %+v", refused, a.Status, m)
		}
		if n := s.CountIn(member)["cloudtrail:LookupEvents"]; !refused && n != 2*useKeysAtMost || refused && n != 2 {
			t.Errorf("refused %v: %d look-ups", refused, n)
		}
	}
}

func TestPacer(t *testing.T) {
	waits := 0
	p := pacer{interval: time.Second, wait: func(_ context.Context, d time.Duration) error {
		if d == time.Second {
			waits++
		}
		return nil
	}}
	for _, region := range []string{"us-east-1", "eu-west-1", "us-east-1", "us-east-1"} {
		if err := p.turn(t.Context(), region); err != nil {
			t.Fatal(err)
		}
	}
	if waits != 2 {
		t.Errorf("%d waits, want one for each further request to a region", waits)
	}
}

// Where the role's own policy leaves the calls about addresses out, that is told once for the account, asked
// once, and no fault; any other policy that refuses is one.
func TestKeyUsesWithoutAddresses(t *testing.T) {
	for _, c := range []struct {
		code, message string
		partial       bool
	}{
		{"UnauthorizedOperation", "You are not authorized to perform this operation.", false},
		{"UnauthorizedOperation", "no identity-based policy allows the ec2:DescribeAddresses action", false},
		{"UnauthorizedOperation", "x with an explicit deny in a service control policy", true},
		{"InternalError", "", true},
	} {
		a1, a2 := simUser(member, 1, "worker", 20), simUser(member, 2, "other", 20)
		w := world(&awssim.Account{ID: member, Users: []awssim.User{a1, a2}, Events: []awssim.Event{
			useOf(a1.Keys[0].ID, "52.16.0.9", "Boto3/1.34.1"), useOf(a2.Keys[0].ID, "8.8.8.8", "Boto3/1.34.1"),
		}})
		w.Faults = []awssim.Fault{{Action: "ec2:DescribeAddresses", Account: member, Code: c.code, Message: c.message}}
		col, s := start(t, w, func(cfg *Config) { cfg.Regions, cfg.KeyUse = []string{"eu-west-1"}, activeKeys })
		a := col.Account(t.Context(), Target{ID: member}, nothing)
		if (a.Status == inventory.Partial) != c.partial {
			t.Errorf("%s %q: status %s, missing %+v", c.code, c.message, a.Status, a.Missing)
		}
		var told []inventory.Missing
		for _, m := range a.Missing {
			if m.Fact == inventory.FactKeyUse {
				told = append(told, m)
			}
		}
		if !c.partial && (len(told) != 1 || told[0].User != "" || !told[0].Offline || told[0].Action != "ec2:DescribeAddresses") {
			t.Errorf("%s %q: told %+v", c.code, c.message, told)
		}
		if _, lacks := a.Lacks(inventory.FactKeyUse, "worker", a1.Keys[0].ID); !lacks {
			t.Errorf("%s %q: where the key is used from counts as known", c.code, c.message)
		}
		if n := s.CountIn(member)["ec2:DescribeAddresses"]; !c.partial && n != 1 {
			t.Errorf("%s %q: %d requests", c.code, c.message, n)
		}
		roundTrip(t, a)
	}
}

// The plan of the waits: by a clock of each region, CloudTrail is never asked more than twice in a second.
func TestPacerKeepsToTwoASecond(t *testing.T) {
	var clock time.Duration
	p := pacer{interval: 550 * time.Millisecond, wait: func(_ context.Context, d time.Duration) error { clock += d; return nil }}
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		var asked []time.Duration
		for range 2 * useKeysAtMost {
			if err := p.turn(t.Context(), region); err != nil {
				t.Fatal(err)
			}
			asked = append(asked, clock)
		}
		for i := 2; i < len(asked); i++ {
			if asked[i]-asked[i-2] < time.Second {
				t.Errorf("%s: requests %d to %d within a second: %v", region, i-2, i, asked[i-2:i+1])
			}
		}
	}
	if want := 2 * (2*useKeysAtMost - 1) * 550 * time.Millisecond; clock != want {
		t.Errorf("%v are waited, want %v", clock, want)
	}
}

// What CloudTrail throttles is asked again: no event of the pages that are read is lost, nor counted twice.
func TestThrottledLookUpsLoseNothing(t *testing.T) {
	u := simUser(member, 1, "worker", 20)
	account := &awssim.Account{ID: member, Users: []awssim.User{u}}
	for i := range 60 {
		e := useOf(u.Keys[0].ID, "10.0.0.4", "Boto3/1.34.1 exec-env/AWS_Lambda_python3.12")
		e.Time = e.Time.Add(-time.Duration(i) * time.Minute)
		account.Events = append(account.Events, e)
	}
	w := world(account)
	w.Faults = []awssim.Fault{
		{Action: "cloudtrail:LookupEvents", Times: 2, Code: "ThrottlingException", Status: 400},
		{Action: "cloudtrail:LookupEvents", After: 1, Times: 2, Code: "ThrottlingException", Status: 400},
	}
	c, s := start(t, w, func(cfg *Config) { cfg.KeyUse = activeKeys })
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	k := userOf(t, a, "worker").Keys[0]
	if len(k.Uses) != 1 || k.Uses[0].Events != 60 || !k.UsesKnown || a.Status != inventory.Audited {
		t.Errorf("status %s, known %v, uses %+v", a.Status, k.UsesKnown, k.Uses)
	}
	if n := s.CountIn(member)["cloudtrail:LookupEvents"]; n != 7 {
		t.Errorf("%d requests, want one for each page of both regions and four more", n)
	}
}
