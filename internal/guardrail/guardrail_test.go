package guardrail

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/orgpolicy"
	"github.com/keysweep/keysweep/internal/policy"
)

const (
	main     = "999900001111"
	allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	denyAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["iam:Create*","iam:Upload*"],"Resource":"*"}]}`
	denyMost = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["iam:Create*","iam:Upload*"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/BreakGlass"}}}]}`
)

// account is one under the root, with one more policy, which may be empty.
func account(id, document string, change func(*inventory.Account)) *inventory.Account {
	a := &inventory.Account{
		Schema: inventory.Schema, ID: id, Name: "account " + id[9:], Partition: "aws", Status: inventory.Audited, CollectedAt: time.Unix(0, 0),
		Organization: &inventory.Organization{
			ID: "o-example0000", Management: main,
			Levels:   []inventory.Level{{ID: "r-abcd", Policies: []string{"p-full"}}, {ID: id, Policies: []string{"p-full"}}},
			Policies: []inventory.ControlPolicy{{ID: "p-full", Document: allowAll}},
		},
	}
	if document != "" {
		a.Organization.Levels[0].Policies = append(a.Organization.Levels[0].Policies, "p-more")
		a.Organization.Policies = append(a.Organization.Policies, inventory.ControlPolicy{ID: "p-more", Document: document})
	}
	if change != nil {
		change(a)
	}
	return a
}

// with gives the account a user.
func with(name string, change func(*inventory.User)) func(*inventory.Account) {
	return func(a *inventory.Account) {
		u := inventory.User{Name: name, ARN: "arn:aws:iam::" + a.ID + ":user/" + name}
		change(&u)
		a.Users = append(a.Users, u)
	}
}

func key(active bool) func(*inventory.User) {
	return func(u *inventory.User) {
		u.Keys = []inventory.AccessKey{{ID: "AKIAQKZ7WJ4MR5H2YUPB", Active: active}}
	}
}

// line is a row of the document as this test writes it.
func line(r row) string {
	out := fmt.Sprintf("%s %s ready=%v users=%s keys=%s", r.ID, r.Environment, r.Ready, r.Creation[orgpolicy.CreateUser], r.Creation[orgpolicy.CreateAccessKey])
	for _, b := range r.Blockers {
		out += " " + strings.TrimRight(fmt.Sprintf("%s/%s/%s", b.Kind, b.User, b.KeyID), "/")
	}
	if len(r.DeniedBy) > 0 {
		out += " by " + strings.Join(r.DeniedBy, ",")
	}
	return out
}

// The readiness of an organization of 14 accounts, each row for a reason of its own.
func TestReadiness(t *testing.T) {
	p := policy.Default()
	p.BreakGlass = []string{"arn:aws:iam::*:user/breakglass-*"}
	p.Accounts = map[string]policy.AccountSetting{}
	for _, n := range []int{1, 2, 3, 4, 5} {
		p.Accounts[fmt.Sprintf("%012d", n)] = policy.AccountSetting{Environment: "non-production"}
	}
	p.Accounts["000000000006"] = policy.AccountSetting{Environment: "production"}
	var accounts []*inventory.Account
	var want []string
	for i, r := range []struct {
		reason, document string
		change           func(*inventory.Account)
		want             string
	}{
		{"nothing there", "", nil, "non-production ready=true users=allowed keys=allowed"},
		{"its key is inactive", "", with("old", key(false)), "non-production ready=true users=allowed keys=allowed"},
		{"its active key is one of break-glass", "", with("breakglass-1", key(true)), "non-production ready=true users=allowed keys=allowed"},
		{"ready, and beyond the pilot", "", nil, "non-production ready=true users=allowed keys=allowed"},
		{"a key is in use", "", with("ci", key(true)), "non-production ready=false users=allowed keys=allowed active-key/ci/AKIAQKZ7WJ4MR5H2YUPB"},
		{"ready, and production", "", nil, "production ready=true users=allowed keys=allowed"},
		{"ready, and the policy file says nothing", "", nil, "unknown ready=true users=allowed keys=allowed"},
		{"a service-specific credential is in use", "", with("git", func(u *inventory.User) {
			u.Services = []inventory.ServiceCredential{{ID: "ACCAQKZ7WJ4MXV2NDLTE", Status: "Active"}, {ID: "ACCAQKZ7WJ4MXV2NDLTF", Status: "Expired"}}
		}), "unknown ready=false users=allowed keys=allowed service-specific-credential/git"},
		{"an SSH key and a certificate are in use", "", with("ssh", func(u *inventory.User) {
			u.SSHKeys = []inventory.SSHKey{{ID: "APKAQKZ7WJ4MXV2NDLTE", Active: true}}
			u.Certificates = []inventory.Certificate{{ID: "7WJ4MXV2NDLTEQKZ7WJ4MXV2NDLTE", Active: true}}
		}), "unknown ready=false users=allowed keys=allowed ssh-public-key/ssh signing-certificate/ssh"},
		{"premature: a key is in use, and new ones are denied", denyAll, with("ci", key(true)), "unknown ready=false users=denied keys=denied active-key/ci/AKIAQKZ7WJ4MR5H2YUPB by p-more"},
		{"done already", denyMost, nil, "unknown ready=true users=conditional keys=conditional by p-more"},
		{"its service-specific credentials were not read", "", func(a *inventory.Account) {
			a.Missing = []inventory.Missing{{Fact: inventory.FactServiceCredentials, User: "git", Cause: "refused"}}
		}, "unknown ready=false users=allowed keys=allowed not-assessed"},
		{"a policy cannot be read", "{", nil, "unknown ready=false users= keys= not-assessed"},
		{"it could not be entered", "", func(a *inventory.Account) { a.Status, a.Cause = inventory.Failed, "no role" }, "unknown ready=false users= keys= not-assessed"},
		{"its organization was not read", "", func(a *inventory.Account) { a.Organization = nil }, "unknown ready=false users= keys= not-assessed"},
	} {
		id := fmt.Sprintf("%012d", i+1)
		accounts = append(accounts, account(id, r.document, r.change))
		want = append(want, id+" "+r.want)
	}
	accounts = append(accounts, account(main, denyAll, nil))
	want = append(want, main+" unknown ready=false users=allowed keys=allowed management-account")
	data, err := Readiness(accounts, p, NewJudge(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range doc.Accounts {
		got = append(got, line(r))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want, got:\n%s", diff)
	}
	var waves []string
	for _, w := range doc.Waves {
		waves = append(waves, w.Name+": "+strings.Join(w.Accounts, " "))
	}
	if diff := cmp.Diff([]string{
		"pilot: 000000000001 000000000002 000000000003", "non-production: 000000000004",
		"environment not known: 000000000007", "production: 000000000006",
	}, waves); diff != "" {
		t.Errorf("waves: want, got:\n%s", diff)
	}
}

// An organization of one account is its management account: there is nothing to guard.
func TestReadinessOfOne(t *testing.T) {
	s := NewJudge().State(account(main, "", nil), policy.Default())
	if s.Ready || len(s.Blockers) != 1 || s.Blockers[0].Kind != ManagementAccount {
		t.Errorf("%+v", s)
	}
}

func TestReadinessHidesNames(t *testing.T) {
	hide := &Display{
		Account: func(string) string { return "account-1" }, Name: func(string) string { return "" },
		User: func(string, string) string { return "user-1" }, Key: func(string) string { return "AKIA…" },
	}
	data, err := Readiness([]*inventory.Account{account("111122223333", "", with("ci", key(true))), account("111122224444", "", nil)}, policy.Default(), NewJudge(), hide)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"11112222", "AKIAQ", `"ci"`, "account 3"} {
		if strings.Contains(string(data), word) {
			t.Errorf("it holds %q:\n%s", word, data)
		}
	}
}

// The policy does what it is for, by the judgement of package orgpolicy, in every partition.
func TestDenyPolicy(t *testing.T) {
	for _, row := range []struct {
		breakGlass []string
		want       orgpolicy.Effect
	}{
		{nil, orgpolicy.Denied},
		{[]string{"arn:aws:iam::*:user/breakglass-*", "arn:aws-cn:iam::*:user/<x>", "arn:aws-us-gov:iam::*:user/b"}, orgpolicy.Conditional},
		{[]string{"*:user/breakglass-*"}, orgpolicy.Conditional},
	} {
		text, err := DenyPolicy(row.breakGlass)
		if err != nil || len(text) >= 5120 {
			t.Fatalf("%v, %d characters", err, len(text))
		}
		p := orgpolicy.Parse("p-1", "", string(text))
		for _, partition := range []string{"aws", "aws-us-gov", "aws-cn"} {
			a := &orgpolicy.Account{Partition: partition, ID: "111122223333", Levels: [][]*orgpolicy.Policy{{orgpolicy.Parse("p-0", "", allowAll), p}}}
			for action, d := range orgpolicy.Evaluate(a) {
				want := row.want
				if action == orgpolicy.CreateLoginProfile {
					want = orgpolicy.Allowed
				}
				if d.Effect != want || p.Fault != "" {
					t.Errorf("%v in %s: %s is %+v, want %s (%s)", row.breakGlass, partition, action, d, want, p.Fault)
				}
			}
		}
		for _, never := range []string{"UpdateAccessKey", "Delete", "CreateLoginProfile"} {
			if strings.Contains(string(text), never) {
				t.Errorf("it denies %s", never)
			}
		}
	}
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf("arn:aws:iam::*:user/breakglass-%d", i))
	}
	if _, err := DenyPolicy(many); !errors.Is(err, ErrTooLong) {
		t.Errorf("error %v", err)
	}
}

// 5,000 accounts below 200 units with 60 policies of the largest size.
func BenchmarkState(b *testing.B) {
	var documents []inventory.ControlPolicy
	for i := range 60 {
		pad := strings.Repeat("s3:GetObject*\",\"", 600)
		documents = append(documents, inventory.ControlPolicy{ID: fmt.Sprintf("p-%02d", i), Document: `{"Statement":[{"Effect":"Deny","Action":["` + pad + fmt.Sprintf(
			`iam:Create*"],"Resource":"arn:aws:iam::*:user/*","Condition":{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/BreakGlass","arn:aws:iam::*:role/Other%d"]}}}]}`, i)})
	}
	var accounts []*inventory.Account
	for n := range 5000 {
		a := account(fmt.Sprintf("%012d", n), "", nil)
		for l := range a.Organization.Levels {
			for i := range 5 { // of those that may stand at a level
				p := documents[(n%200+7*l+i)%60]
				a.Organization.Levels[l].Policies = append(a.Organization.Levels[l].Policies, p.ID)
				a.Organization.Policies = append(a.Organization.Policies, p)
			}
		}
		accounts = append(accounts, a)
	}
	p := policy.Default()
	for b.Loop() {
		j := NewJudge()
		for _, a := range accounts {
			if s := j.State(a, p); !s.Ready {
				b.Fatalf("%+v", s.Blockers)
			}
		}
	}
}
