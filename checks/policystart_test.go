package checks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// oldKey is an old key in use.
func oldKey(id string) inventory.AccessKey {
	return inventory.AccessKey{ID: id, Active: true, Created: ago(200, 0), LastUsed: ago(1, 0)}
}

// calling is a user with an old key in use who has called two services.
func calling() inventory.User {
	u := userWith(oldKey("AKIA1"))
	u.Called = []inventory.ServiceUse{
		{Service: "s3", Last: ago(4, 0), Region: "eu-central-1", Actions: []string{"ListAllMyBuckets", "PutBucketTagging"}},
		{Service: "sqs", Last: ago(1, 0)},
	}
	return u
}

const twoStatements = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:PutBucketTagging"], "Resource": "*"},
    {"Effect": "Allow", "Action": ["sqs:NameTheActions"], "Resource": "*"}
  ]
}`

func TestPolicyStartInAFinding(t *testing.T) {
	const note = "What its user has called, by any of its credentials: s3 (ListAllMyBuckets, PutBucketTagging), sqs. The policy of a role can start from that."
	for _, d := range []*Display{nil, Redacted()} {
		f := Evaluate(account(calling()), policy.Default(), Options{Now: now, Display: d})[0]
		if len(f.Evidence.Notes) != 1 || f.Evidence.Notes[0] != note {
			t.Errorf("notes %q", f.Evidence.Notes)
		}
		want := "cat > policy.json <<'EOF'\n" + twoStatements + "\nEOF"
		if !slices.ContainsFunc(f.Steps, func(s Step) bool { return s.Command == want }) {
			t.Errorf("redacted %t: no step begins the policy: %+v", d != nil, f.Steps)
		}
	}
}

// A later use of what was used before is no news: nothing of the finding that an issue shows changes but
// the time of the key's own last use.
func TestPolicyStartHoldsNoDates(t *testing.T) {
	before := Evaluate(account(calling()), policy.Default(), Options{Now: now})[0]
	u := calling()
	for i := range u.Called {
		u.Called[i].Last, u.Called[i].Region = now, "us-east-1"
	}
	if diff := cmp.Diff(before, Evaluate(account(u), policy.Default(), Options{Now: now})[0]); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// Only what is about a key in use has a policy to start from.
func TestPolicyStartOfSubjects(t *testing.T) {
	u := calling()
	unused, off := oldKey("AKIA2"), oldKey("AKIA3")
	unused.LastUsed, off.Active = ago(60, 0), false
	u.Keys = append(u.Keys, unused, off)
	u.Password = inventory.Password{Enabled: true, Set: ago(300, 0), LastUsed: ago(60, 0)}
	for _, f := range Evaluate(account(u), policy.Default(), Options{Now: now}) {
		has := strings.Contains(strings.Join(f.Evidence.Notes, " "), "has called")
		if want := f.KeyID == "AKIA1" || f.Check == idDuplicateAccessKeys; has != want {
			t.Errorf("%s %s: %q", f.Check, f.KeyID, f.Evidence.Notes)
		}
	}
	a := account(calling())
	a.Compute = &inventory.Compute{Regions: []string{"eu-central-1"}, Resources: []inventory.Resource{{
		ARN: "arn:aws:lambda:eu-central-1:111122223333:function:f", Service: "lambda", Region: "eu-central-1",
		Keys: []inventory.ComputeKey{{KeyID: "AKIA1", Where: inventory.InEnvironment, Variable: "KEY"}},
	}}}
	for _, d := range []*Display{nil, Redacted()} {
		for _, f := range Evaluate(a, policy.Default(), Options{Now: now, Display: d}) {
			if !strings.Contains(strings.Join(f.Evidence.Notes, " "), "has called") {
				t.Errorf("%s: %q", f.Check, f.Evidence.Notes)
			}
		}
	}
	s := Subject{Account: account(userWith(oldKey("AKIA1"))), Policy: policy.Default(), Now: now}
	s.User = &s.Account.Users[0]
	s.Key = &s.User.Keys[0]
	if text, ok := s.policyStart(); ok || text != "" {
		t.Errorf("of a user that nobody asked about: %q", text)
	}
}

// However much a user has called, the policy is one that IAM takes, with every service once.
func TestPolicyStartIsSmallEnough(t *testing.T) {
	for _, test := range []struct{ services, actions, length, statements int }{
		{1, 1, 1, 1}, {1, 100, 64, 1}, {10, 20, 12, 10}, {10, 60, 12, 10}, {30, 60, 30, 30}, {50, 0, 64, 47},
	} {
		u := calling()
		u.Called = nil
		for i := range test.services {
			called := inventory.ServiceUse{Service: fmt.Sprintf("s%0*d", test.length, i), Last: now}
			for j := range test.actions {
				called.Actions = append(called.Actions, fmt.Sprintf("DescribeThing%d", j))
			}
			u.Called = append(u.Called, called)
		}
		s := Subject{Account: account(u), User: &u, Key: &u.Keys[0], Policy: policy.Default(), Now: now}
		text, ok := s.policyStart()
		var doc struct {
			Version   string
			Statement []struct {
				Effect, Resource string
				Action           []string
			}
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil || !ok || doc.Version != "2012-10-17" {
			t.Fatalf("%+v: %v in %s", test, err, text)
		}
		seen := map[string]bool{}
		for _, st := range doc.Statement {
			service, _, _ := strings.Cut(st.Action[0], ":")
			if seen[service] || st.Effect != "Allow" || st.Resource != "*" {
				t.Errorf("%+v: statement %+v", test, st)
			}
			seen[service] = true
		}
		if tooLong(text) || len(text) > 7500 || len(doc.Statement) != test.statements {
			t.Errorf("%+v: %d statements, %d bytes", test, len(doc.Statement), len(text))
		}
	}
}

func TestWorstUsers(t *testing.T) {
	user := func(name string, days int, change func(*inventory.User)) inventory.User {
		u := userWith(inventory.AccessKey{ID: "AKIA" + name, Active: true, Created: ago(days, 0), LastUsed: ago(1, 0)})
		u.Name, u.ID, u.ARN = name, "AIDA"+name, "arn:aws:iam::111122223333:user/"+name
		if change != nil {
			change(&u)
		}
		return u
	}
	a := account(
		user("young", 20, nil), user("old-b", 100, nil), user("old-a", 100, nil), user("older", 300, nil),
		user("admin", 95, func(u *inventory.User) { u.Administrator = "AdministratorAccess" }),
		user("unused", 300, func(u *inventory.User) { u.Keys[0].LastUsed = ago(60, 0) }),
		user("never", 300, func(u *inventory.User) { u.Keys[0].LastUsed = ago(-1, 0); u.Keys[0].LastUsed = now.AddDate(-1, 0, 0) }),
		user("off", 300, func(u *inventory.User) { u.Keys[0].Active = false }),
		user("legacy-1", 500, nil),
		user("breakglass-1", 500, nil),
		user("person", 120, func(u *inventory.User) { u.Password.Enabled, u.MFA, u.Password.LastUsed = true, true, ago(1, 0) }),
		user("two", 30, func(u *inventory.User) {
			u.Keys = append(u.Keys, inventory.AccessKey{ID: "AKIAtwo2", Active: true, Created: ago(20, 0), LastUsed: ago(1, 0)})
		}),
		user("held", 20, nil),
	)
	a.Compute = &inventory.Compute{Regions: []string{"eu-central-1"}, Resources: []inventory.Resource{{
		ARN: "arn:aws:lambda:eu-central-1:111122223333:function:f", Service: "lambda", Region: "eu-central-1",
		Keys: []inventory.ComputeKey{{KeyID: "AKIAheld", Where: inventory.InEnvironment, Variable: "KEY"}},
	}}}
	p := policy.Default()
	p.BreakGlass = []string{"arn:aws:iam::*:user/breakglass-*"}
	p.Exemptions = []policy.Exemption{{Check: "*", Account: "*", User: "legacy-*", Reason: "r", Expires: now.AddDate(0, 1, 0)}}
	// two was made a user long ago: what is about the user is as old as the user.
	want := []string{"held", "admin", "two", "older", "person", "old-a", "old-b"}
	if diff := cmp.Diff(want, WorstUsers(a, p, now)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i := range a.Users {
		a.Users[i].Keys[0].LastUsed = a.Users[i].Keys[0].LastUsed.Add(-1)
	}
	if diff := cmp.Diff(want, WorstUsers(a, p, now)); diff != "" {
		t.Errorf("the order hangs on the last use (-want +got):\n%s", diff)
	}
	a.Status = inventory.Failed
	if got := WorstUsers(a, p, now); got != nil {
		t.Errorf("of a failed account: %v", got)
	}
}
