package awscollect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// askingAll asks for the called services of every user with a key.
func askingAll(cfg *Config) {
	cfg.WorstUsers = func(a *inventory.Account) []string {
		var names []string
		for _, u := range a.Users {
			if len(u.Keys) > 0 {
				names = append(names, u.Name)
			}
		}
		return names
	}
}

// callers are an account with so many users who have a key and have called s3.
func callers(n int) *awssim.Account {
	a := &awssim.Account{ID: member}
	for i := range n {
		u := simUser(member, i, fmt.Sprintf("user-%02d", i), 200)
		u.Called = []awssim.Called{{Service: "s3", Last: daysAgo(2)}}
		a.Users = append(a.Users, u)
	}
	return a
}

const refusedByRole = "User: x is not authorized to perform: y because no identity-based policy allows the y action"

func TestCalled(t *testing.T) {
	a := callers(3)
	a.JobPolls = 3
	a.Users[0].Path = "/ci/"
	a.Users[0].Called = []awssim.Called{
		{Service: "sqs", Last: daysAgo(3), Region: "eu-central-1"},
		{Service: "s3", Last: daysAgo(1), Region: "us-east-1", Actions: map[string]time.Time{
			"PutBucketTagging": daysAgo(9), "CreateBucket": {}, "s3:ListAllMyBuckets": daysAgo(9), "Evil\n@all": daysAgo(1), "*": daysAgo(1),
		}},
		{Service: "iam"},
		{Service: "S3\n@all", Last: daysAgo(1)},
		{Service: "", Last: daysAgo(1)},
		{Service: strings.Repeat("x", 65), Last: daysAgo(1)},
		{Service: "ec2", Last: daysAgo(1), Region: "nowhere`"},
		{Service: "sqs", Last: daysAgo(30)},
	}
	w := world(a)
	w.PageSize = 2
	c, s := start(t, w, askingAll)
	got := c.Account(t.Context(), Target{ID: member}, nothing)
	want := []inventory.ServiceUse{
		{Service: "ec2", Last: daysAgo(1)},
		{Service: "s3", Last: daysAgo(1), Region: "us-east-1", Actions: []string{"ListAllMyBuckets", "PutBucketTagging"}},
		{Service: "sqs", Last: daysAgo(3), Region: "eu-central-1"},
	}
	if diff := cmp.Diff(want, userOf(t, got, "user-00").Called); diff != "" {
		t.Errorf("called (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]inventory.ServiceUse{{Service: "s3", Last: daysAgo(2)}}, userOf(t, got, "user-02").Called); diff != "" {
		t.Errorf("called (-want +got):\n%s", diff)
	}
	if got.Status != inventory.Audited || len(got.Missing) != 0 {
		t.Errorf("status %s, missing %v", got.Status, missingLines(got))
	}
	// Three answers that it is being made and one that it is made, for each; the first list has four pages.
	if n := s.CountIn(member); n[string(actGenerateCalled)] != 3 || n[string(actGetCalled)] != 3*4+3 {
		t.Errorf("calls %v", n)
	}
	roundTrip(t, got)
}

// So many users are asked for and no more, the first of them; one job at a time, which the simulator watches.
func TestCalledIsBounded(t *testing.T) {
	c, s := start(t, world(callers(calledUsers+5)), func(cfg *Config) {
		cfg.WorstUsers = func(a *inventory.Account) []string {
			names := make([]string, len(a.Users))
			for i, u := range a.Users {
				names[len(names)-1-i] = u.Name
			}
			return names
		}
	})
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if n := s.CountIn(member); n[string(actGenerateCalled)] != calledUsers || n[string(actGetCalled)] != calledUsers {
		t.Errorf("calls %v", n)
	}
	for i, u := range a.Users {
		if asked := len(u.Called) > 0; asked != (i >= 5) {
			t.Errorf("%s: %v", u.Name, u.Called)
		}
	}
	if len(a.Missing) != 0 {
		t.Errorf("missing %v", missingLines(a))
	}
}

// What is kept of one user is bounded, and what it called last is kept.
func TestCalledServicesAreBounded(t *testing.T) {
	a := callers(1)
	a.Users[0].Called = nil
	for i := range calledServices + 20 {
		service := awssim.Called{Service: fmt.Sprintf("s%03d", i), Last: daysAgo(calledServices + 20 - i), Actions: map[string]time.Time{}}
		for j := range calledActions + 20 {
			service.Actions[fmt.Sprintf("Get%03d", j)] = daysAgo(300)
		}
		a.Users[0].Called = append(a.Users[0].Called, service)
	}
	c, _ := start(t, world(a), askingAll)
	called := c.Account(t.Context(), Target{ID: member}, nothing).Users[0].Called
	if len(called) != calledServices || called[0].Service != "s020" || len(called[0].Actions) != calledActions {
		t.Errorf("%d services, the first is %s", len(called), called[0].Service)
	}
}

// A refusal by the role's own policy says that nobody wants to know: one request, nothing missing, the account is
// audited. Any other refusal keeps a fact back.
func TestCalledRefused(t *testing.T) {
	for _, tt := range []struct {
		action, message string
		missing         string // cause; empty: none
	}{
		{string(actGenerateCalled), refusedByRole, ""},
		{string(actGenerateCalled), "User: x is not authorized to perform: y on resource: z", ""},
		{string(actGenerateCalled), "x with an explicit deny in a service control policy", "refused: an explicit deny in a service control policy"},
		{string(actGenerateCalled), "x with an explicit deny in an identity-based policy", "refused: an explicit deny in an identity-based policy"},
		{string(actGenerateCalled), "x because no service control policy allows the y action", "refused: no service control policy allows it"},
		{string(actGenerateCalled), "x because no permissions boundary allows the y action", "refused: no permissions boundary allows it"},
		{string(actGetCalled), refusedByRole, "refused: no identity-based policy allows it"},
	} {
		w := world(callers(3))
		w.Faults = []awssim.Fault{{Action: tt.action, Account: member, Code: "AccessDenied", Message: tt.message}}
		c, s := start(t, w, askingAll)
		a := c.Account(t.Context(), Target{ID: member}, nothing)
		if n := s.CountIn(member); n[tt.action] != 1 {
			t.Errorf("%s: %d requests", tt.message, n[tt.action])
		}
		want := []string{"services-used " + tt.action}
		status := inventory.Partial
		if tt.missing == "" {
			want, status = nil, inventory.Audited
		}
		if diff := cmp.Diff(want, missingLines(a)); diff != "" || a.Status != status {
			t.Errorf("%s: status %s, missing (-want +got):\n%s", tt.message, a.Status, diff)
		}
		for _, m := range a.Missing {
			if m.Cause != tt.missing {
				t.Errorf("%s: the cause is %q", tt.message, m.Cause)
			}
		}
	}
}

// What goes wrong is told of those whom it kept from being asked for.
func TestCalledFails(t *testing.T) {
	slow, failing, endless := callers(3), callers(3), callers(3)
	slow.JobPolls = 1 << 20
	failing.Users[1].CalledFails = true
	for i := range endless.Users {
		endless.Users[i].Called = append(endless.Users[i].Called, awssim.Called{Service: "sqs", Last: daysAgo(1)})
	}
	get := string(actGetCalled)
	page := "<GetServiceLastAccessedDetailsResponse><GetServiceLastAccessedDetailsResult><JobStatus>COMPLETED</JobStatus><ServicesLastAccessed/>" +
		"<IsTruncated>true</IsTruncated><Marker>m</Marker></GetServiceLastAccessedDetailsResult></GetServiceLastAccessedDetailsResponse>"
	for name, tt := range map[string]struct {
		account *awssim.Account
		fault   awssim.Fault
		missing []string
		cause   string
	}{
		"never ready":       {slow, awssim.Fault{Action: "none"}, []string{"services-used " + get}, "the list of services was not ready in time"},
		"one fails":         {failing, awssim.Fault{Action: "none"}, []string{"services-used user-01 " + get}, "AWS could not make the list of services"},
		"the job is lost":   {callers(1), awssim.Fault{Action: get, Times: 1, Status: 404, Code: "NoSuchEntity"}, []string{"services-used user-00 " + get}, "AWS could not make the list of services"},
		"pages without end": {endless, awssim.Fault{Action: get, After: 1, Status: 200, Body: page}, []string{"services-used user-01 " + get, "services-used user-02 " + get}, "AWS's pages have no end"},
		"throttled": {
			callers(3),
			awssim.Fault{Action: string(actGenerateCalled), Status: 400, Code: "Throttling"},
			[]string{"services-used " + string(actGenerateCalled)},
			"throttled: AWS still asked to slow down after the last attempt",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(tt.account)
			tt.fault.Account = member
			w.Faults = []awssim.Fault{tt.fault}
			c, _ := start(t, w, askingAll)
			a := c.Account(t.Context(), Target{ID: member}, nothing)
			if diff := cmp.Diff(tt.missing, missingLines(a)); diff != "" || a.Status != inventory.Partial {
				t.Errorf("status %s, missing (-want +got):\n%s", a.Status, diff)
			}
			if len(a.Missing) > 0 && a.Missing[0].Cause != tt.cause {
				t.Errorf("the cause is %q", a.Missing[0].Cause)
			}
			roundTrip(t, a)
		})
	}
}

// A user that is deleted meanwhile leaves nothing behind.
func TestCalledOfAUserThatIsGone(t *testing.T) {
	w := world(callers(3))
	w.Faults = []awssim.Fault{{Action: string(actGenerateCalled), Param: "arn:aws:iam::" + member + ":user/user-01", Status: 404, Code: "NoSuchEntity"}}
	c, _ := start(t, w, askingAll)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	gone := !slices.ContainsFunc(a.Users, func(u inventory.User) bool { return u.Name == "user-01" })
	if len(a.Users) != 2 || !gone || a.Status != inventory.Audited || len(a.Users[1].Called) != 1 {
		t.Errorf("status %s, users %+v, missing %v", a.Status, a.Users, missingLines(a))
	}
}
