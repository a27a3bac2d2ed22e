package awscollect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

func TestTargets(t *testing.T) {
	organization := func(members ...awssim.Member) func(*awssim.World) {
		return func(w *awssim.World) { w.Organization = members }
	}
	for name, c := range map[string]struct {
		spec  []string
		world func(*awssim.World)
		want  []Target
		code  Code   // of the error
		words string // in it
	}{
		"nothing":         {want: []Target{{ID: hub}}},
		"empty words":     {spec: []string{"", "  "}, want: []Target{{ID: hub}}},
		"ids":             {spec: []string{"444455556666", " 111122223333 ", "444455556666"}, want: []Target{{ID: hub}, {ID: member}}},
		"11 digits":       {spec: []string{"44445555666"}, code: CodeInput, words: `"44445555666" is no account id`},
		"a name":          {spec: []string{"prod"}, code: CodeInput, words: `"prod"`},
		"both":            {spec: []string{Organization, member}, code: CodeInput, words: "one or the other"},
		"no organization": {spec: []string{Organization}, code: CodeOutside, words: "is in no organization: list the accounts"},
		"refused": {
			spec: []string{Organization},
			world: func(w *awssim.World) {
				w.Faults = []awssim.Fault{{Action: "organizations:ListAccounts", Status: 400, Code: "AccessDeniedException", Message: "You don't have permissions to access this resource."}}
			},
			code: CodeMember, words: "delegated administrator",
		},
		"states": {
			spec: []string{Organization},
			world: organization(
				awssim.Member{ID: "600000000006", Name: "closing", State: "PENDING_CLOSURE", Status: "ACTIVE"},
				awssim.Member{ID: "500000000005", Name: "status only", Status: "ACTIVE"},
				awssim.Member{ID: "400000000004", Name: "suspended status", Status: "SUSPENDED"},
				awssim.Member{ID: "300000000003", Name: "neither"},
				awssim.Member{ID: "200000000002", Name: "suspended", State: "SUSPENDED"},
				awssim.Member{ID: "100000000001", Name: "prod", State: "ACTIVE"},
			),
			want: []Target{
				{ID: "100000000001", Name: "prod"},
				{ID: "200000000002", Name: "suspended", Skip: "the account is not active: suspended"},
				{ID: "300000000003", Name: "neither", Skip: "the organization does not say that the account is active"},
				{ID: "400000000004", Name: "suspended status", Skip: "the account is not active: suspended"},
				{ID: "500000000005", Name: "status only"},
				{ID: "600000000006", Name: "closing", Skip: "the account is not active: pending closure"},
			},
		},
		"an empty page before the others": {
			spec: []string{Organization},
			world: func(w *awssim.World) {
				w.EmptyFirstPage, w.PageSize = true, 1
				w.Organization = []awssim.Member{{ID: member, State: "ACTIVE"}, {ID: hub, State: "ACTIVE"}, {ID: hub, State: "ACTIVE"}}
			},
			want: []Target{{ID: hub}, {ID: member}},
		},
		"an empty organization": {
			spec:  []string{Organization},
			world: func(w *awssim.World) { w.Organization = []awssim.Member{} },
			code:  CodeOrganization, words: "list of accounts is empty",
		},
		"no end": {
			spec: []string{Organization},
			world: func(w *awssim.World) {
				w.Faults = []awssim.Fault{{Action: "organizations:ListAccounts", Status: 200, Body: `{"Accounts":[],"NextToken":"x"}`}}
			},
			code: CodeOrganization, words: "no end",
		},
		"throttled for a while": {
			spec: []string{Organization},
			world: func(w *awssim.World) {
				w.Organization = []awssim.Member{{ID: member, State: "ACTIVE"}}
				w.Faults = []awssim.Fault{{Action: "organizations:ListAccounts", Status: 400, Code: "TooManyRequestsException", Times: 8}}
			},
			want: []Target{{ID: member}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world()
			if c.world != nil {
				c.world(w)
			}
			collector, _ := start(t, w)
			got, err := collector.Targets(t.Context(), c.spec)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("targets (-want +got):\n%s", diff)
			}
			var e *Error
			if errors.As(err, &e); c.code != "" && (e == nil || e.Code != c.code || !strings.Contains(e.Error(), c.words) || e.Hint == "") || c.code == "" && err != nil {
				t.Errorf("error %v, want code %q with %q", err, c.code, c.words)
			}
		})
	}
}

// One account without the role does not stop the others, and says what is wrong.
func TestMemberRoleMissing(t *testing.T) {
	ids := []string{"100000000001", "200000000002", "300000000003"}
	for name, c := range map[string]struct {
		externalID string
		spoil      func(w *awssim.World, a *awssim.Account)
		words      []string
	}{
		"no role":           {spoil: func(_ *awssim.World, a *awssim.Account) { a.Roles = nil }, words: []string{`the role "keysweep-audit" could not be assumed: refused (AccessDenied)`, "create the role", "set external-id"}},
		"trusts another":    {spoil: func(_ *awssim.World, a *awssim.Account) { a.Roles[0].Callers = []string{"999999999999"} }, words: []string{"trust policy"}},
		"external id":       {spoil: func(_ *awssim.World, a *awssim.Account) { a.Roles[0].ExternalID = "wanted" }, words: []string{"set external-id"}},
		"other external id": {externalID: "mine", spoil: func(_ *awssim.World, a *awssim.Account) { a.Roles[0].ExternalID = "wanted" }, words: []string{"must be the one in external-id"}},
		"denied above": {
			spoil: func(w *awssim.World, a *awssim.Account) {
				w.Faults = []awssim.Fault{{Action: "sts:AssumeRole", Param: "arn:aws:iam::" + a.ID + ":role/keysweep-audit", Code: "AccessDenied", Message: "with an explicit deny in a service control policy"}}
			},
			words: []string{"an explicit deny in a service control policy"},
		},
		"region disabled": {
			spoil: func(w *awssim.World, a *awssim.Account) {
				w.Faults = []awssim.Fault{{Action: "sts:AssumeRole", Param: "arn:aws:iam::" + a.ID + ":role/keysweep-audit", Code: "RegionDisabledException"}}
			},
			words: []string{"not enabled for the account in this region", "aws-region"},
		},
		"clock": {
			spoil: func(w *awssim.World, a *awssim.Account) {
				w.Faults = []awssim.Fault{{Action: "sts:AssumeRole", Param: "arn:aws:iam::" + a.ID + ":role/keysweep-audit", Code: "SignatureDoesNotMatch", Message: "Signature expired: 20261124T110000Z is now earlier than 20261124T115500Z"}}
			},
			words: []string{"time of the signature", "clock"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var accounts []*awssim.Account
			for _, id := range ids {
				accounts = append(accounts, &awssim.Account{ID: id, Users: []awssim.User{simUser(id, 1, "alice", 10)}})
			}
			w := world(accounts...)
			c.spoil(w, accounts[1])
			collector, _ := start(t, w, func(cfg *Config) { cfg.ExternalID = c.externalID })
			targets, err := collector.Targets(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			status := map[string]inventory.Status{}
			collector.Each(t.Context(), targets, nothing, func(a *inventory.Account) {
				status[a.ID] = a.Status
				if a.ID != ids[1] {
					return
				}
				for _, words := range c.words {
					if !strings.Contains(a.Cause, words) {
						t.Errorf("%q is not in: %s", words, a.Cause)
					}
				}
				if strings.Contains(a.Cause, ids[1]) || strings.Contains(a.Cause, hub) {
					t.Errorf("the cause names an account, which may have to be hidden: %s", a.Cause)
				}
				roundTrip(t, a)
			})
			want := map[string]inventory.Status{ids[0]: inventory.Audited, ids[1]: inventory.Failed, ids[2]: inventory.Audited}
			if diff := cmp.Diff(want, status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExternalIDAndRolePath(t *testing.T) {
	account := &awssim.Account{ID: member}
	w := world(account)
	account.Roles = []awssim.Role{{Name: "audit/sweeper", Callers: []string{hub}, ExternalID: "wanted"}}
	c, s := start(t, w, func(cfg *Config) {
		cfg.ExternalID, cfg.AccountRoleName = "wanted", "audit/sweeper"
		cfg.RoleDuration = 3 * time.Hour // of the first role; a chained one gets an hour
	})
	w.Accounts[hub].Roles[1].MaxSession = 12 * time.Hour
	if a := c.Account(t.Context(), Target{ID: member}, nothing); a.Status != inventory.Audited {
		t.Errorf("status %s: %s", a.Status, a.Cause)
	}
	if got := s.Calls()[1].Param; got != "arn:aws:iam::"+member+":role/audit/sweeper" {
		t.Errorf("role %s", got)
	}
}

// Fifty accounts, sixteen at once, throttled, some skipped, one failing: each comes out once.
func TestEach(t *testing.T) {
	w := world()
	var targets []Target
	for i := range 50 {
		id := fmt.Sprintf("%012d", 100000000000+i)
		a := &awssim.Account{ID: id, Root: awssim.Root{Created: daysAgo(3000)}, ReportAt: now, Roles: []awssim.Role{{Name: "keysweep-audit", Callers: []string{hub}}}}
		for n := range 5 {
			a.Users = append(a.Users, simUser(id, n, fmt.Sprint("user-", n), 100))
		}
		w.Accounts[id] = a
		targets = append(targets, Target{ID: id})
	}
	targets[7].Skip = "the account is not active: suspended"
	w.Accounts[targets[9].ID].Roles = nil
	w.ThrottleEvery, w.PageSize = 7, 2
	c, s := start(t, w, func(cfg *Config) { cfg.Concurrency = 16 })
	got := map[string]inventory.Status{}
	busy := false
	c.Each(t.Context(), targets, unusedKeys, func(a *inventory.Account) {
		if busy || got[a.ID] != "" {
			t.Errorf("account %s came twice, or two at once", a.ID)
		}
		busy = true
		defer func() { busy = false }()
		got[a.ID] = a.Status
	})
	if len(got) != 50 {
		t.Fatalf("%d accounts came out", len(got))
	}
	for i, target := range targets {
		want := inventory.Audited
		switch i {
		case 7:
			want = inventory.Skipped
		case 9:
			want = inventory.Failed
		}
		if got[target.ID] != want {
			t.Errorf("account %d is %s, want %s", i, got[target.ID], want)
		}
	}
	if n := s.CountIn(targets[7].ID); len(n) != 0 {
		t.Errorf("a skipped account was called: %v", n)
	}
	if n := s.MaxInFlight(); n > inFlight+16 { // the hub's own: one AssumeRole for each account
		t.Errorf("%d calls in flight in one account", n)
	}
}

// When the run ends, what was not done is failed, and every account still comes out.
func TestEachCancelled(t *testing.T) {
	w := world()
	var targets []Target
	for i := range 8 {
		id := fmt.Sprintf("%012d", 100000000000+i)
		w.Accounts[id] = &awssim.Account{ID: id, ReportAt: now, Roles: []awssim.Role{{Name: "keysweep-audit", Callers: []string{hub}}}, Users: []awssim.User{simUser(id, 1, "alice", 9)}}
		targets = append(targets, Target{ID: id})
	}
	c, _ := start(t, w, func(cfg *Config) { cfg.Concurrency = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	status := map[inventory.Status]int{}
	c.Each(ctx, targets, nothing, func(a *inventory.Account) {
		status[a.Status]++
		if a.Status == inventory.Failed && !strings.Contains(a.Cause, "the run ended") {
			t.Errorf("cause %q", a.Cause)
		}
		if status[inventory.Audited] == 2 {
			cancel()
		}
	})
	if diff := cmp.Diff(map[inventory.Status]int{inventory.Audited: 2, inventory.Failed: 6}, status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// Cancelled half-way through an account: it is failed, not half clean.
func TestAccountCancelledHalfWay(t *testing.T) {
	w := world(fullAccount())
	c, _ := start(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	a := c.Account(ctx, Target{ID: member}, func(*inventory.Account) []inventory.Recheck {
		cancel()
		return everything(&inventory.Account{Users: []inventory.User{{Name: "alice"}}})
	})
	if a.Status != inventory.Failed || len(a.Users) != 0 || len(a.Missing) != 0 {
		t.Errorf("status %s, %d users, missing %v", a.Status, len(a.Users), missingLines(a))
	}
	roundTrip(t, a)
}
