package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/ghfake"
	"github.com/keysweep/keysweep/internal/inventory"
)

// output is an output of the last run; empty where it set none.
func (j *job) output(name string) string {
	j.t.Helper()
	data, err := os.ReadFile(filepath.Join(j.dir, "out"))
	if err != nil && !os.IsNotExist(err) {
		j.t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	if i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+"<<") }); i >= 0 {
		return lines[i+1]
	}
	return ""
}

// large is an organization of n members beside the management account. All but the first ten are suspended
// where closed is set.
func large(n int, closed bool) *awssim.World {
	w := organization()
	w.Organization = w.Organization[:1]
	for i := range n {
		m := awssim.Member{ID: strconv.Itoa(200000000000 + i), Name: fmt.Sprintf("acme-%d", i), State: "ACTIVE"}
		if closed && i >= 10 {
			m.State = "SUSPENDED"
		}
		w.Organization = append(w.Organization, m)
	}
	return w
}

func TestPlanOfAnOrganization(t *testing.T) {
	j := newJob(t)
	j.wantStatus(j.run("plan"), action.ExitDone)
	want := `3 accounts to audit, 1 skipped; 1 job of about 16 s.

SHARD    ACCOUNT       NAME
1/1      111122223333  acme-111
1/1      222233334444  acme-222
1/1      333344445555  acme-333
skipped  999988887777  closed (the account is not active: suspended)

SHARD  ACCOUNTS  TIME
1/1    3         16 s

matrix: {"include": [{"shard": "1/1", "accounts": 3}]}
`
	if diff := cmp.Diff(want, j.out.String()); diff != "" {
		t.Errorf("standard output (-want +got):\n%s", diff)
	}
	if got := j.output("matrix"); got != `{"include": [{"shard": "1/1", "accounts": 3}]}` {
		t.Errorf("matrix: %s", got)
	}
	if diff := cmp.Diff(map[string]int{"sts:AssumeRoleWithWebIdentity": 1, "organizations:ListAccounts": 1}, j.aws.Count()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if page, err := os.ReadFile(filepath.Join(j.dir, "sum")); err != nil || !strings.Contains(string(page), "| 1/1 | 3 | 16 s |") {
		t.Errorf("job summary: %v\n%s", err, page)
	}
	if _, err := os.Stat(filepath.Join(j.dir, "keysweep-report")); err == nil {
		t.Error("a plan has no report, and wrote one")
	}
	j.wantIssues()
}

// The calls of a plan are those that list the organization, however large it is.
func TestPlanOfLargeOrganizations(t *testing.T) {
	for members, want := range map[int]struct{ lists, jobs int }{6: {1, 1}, 4999: {250, 9}} {
		j := newJob(t)
		j.world = large(members, false)
		j.wantStatus(j.run("plan", "--estimate"), action.ExitDone)
		if diff := cmp.Diff(map[string]int{"sts:AssumeRoleWithWebIdentity": 1, "organizations:ListAccounts": want.lists}, j.aws.Count()); diff != "" {
			t.Errorf("%d members: calls (-want +got):\n%s", members, diff)
		}
		var m struct{ Include []struct{ Accounts int } }
		if err := json.Unmarshal([]byte(j.output("matrix")), &m); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, row := range m.Include {
			sum += row.Accounts
		}
		if len(m.Include) != want.jobs || sum != members+1 {
			t.Errorf("%d members: %d jobs of %d accounts", members, len(m.Include), sum)
		}
		if !strings.Contains(j.out.String(), "organizations:ListAccounts") {
			t.Errorf("%d members: the estimate lacks the listing", members)
		}
	}
}

// Each shard of a matrix audits what the plan said, and all of them together every account once.
func TestShardsAuditWhatThePlanSays(t *testing.T) {
	j := newJob(t)
	j.world = large(45, true)
	for i := range 10 {
		id := strconv.Itoa(200000000000 + i)
		j.world.Accounts[id] = &awssim.Account{
			ID: id, ReportAt: start, Root: awssim.Root{Created: before(2000)}, Roles: []awssim.Role{{Name: "keysweep-audit", Callers: []string{hubAccount}}},
		}
	}
	// Saved inventories of accounts that take long make several jobs of few accounts.
	saveLarge(t, j.dir, 10)
	j.inputs["CONCURRENCY"] = "1"
	j.wantStatus(j.run("plan", "--inventory", "earlier"), action.ExitDone)
	var m struct {
		Include []struct {
			Shard    string
			Accounts int
		}
	}
	if err := json.Unmarshal([]byte(j.output("matrix")), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Include) < 2 {
		t.Fatalf("matrix: %s", j.output("matrix"))
	}
	total := 0
	for _, row := range m.Include {
		if err := os.Remove(filepath.Join(j.dir, "out")); err != nil {
			t.Fatal(err)
		}
		j.wantStatus(j.run("audit", "--shard", row.Shard), action.ExitDone)
		if got := j.output("accounts-audited"); got != strconv.Itoa(row.Accounts) {
			t.Errorf("shard %s audited %s accounts, the plan says %d", row.Shard, got, row.Accounts)
		}
		total += row.Accounts
	}
	if total != 11 {
		t.Errorf("%d accounts in all shards, want 11", total)
	}
}

// saveLarge saves inventories of n accounts of 4,000 users each.
func saveLarge(t *testing.T, dir string, n int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "earlier"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		acc := &inventory.Account{
			Schema: inventory.Schema, ID: strconv.Itoa(200000000000 + i), Partition: "aws", Status: inventory.Audited, CollectedAt: before(1),
		}
		for u := range 4000 {
			name := fmt.Sprintf("user-%04d", u)
			acc.Users = append(acc.Users, inventory.User{Name: name, ARN: "arn:aws:iam::" + acc.ID + ":user/" + name, Path: "/", Created: before(9)})
		}
		text, err := inventory.Encode(acc)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "earlier", acc.ID+".json"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// An estimate of accounts that are named asks AWS for nothing.
func TestEstimateAsksForNothing(t *testing.T) {
	for _, accounts := range []string{"222233334444,333344445555", ""} {
		j := newJob(t)
		j.inputs["ACCOUNTS"] = accounts
		j.wantStatus(j.run("plan", "--estimate"), action.ExitDone)
		if calls := j.aws.Calls(); len(calls) > 0 {
			t.Errorf("accounts %q: calls %v", accounts, calls)
		}
		if !strings.HasPrefix(j.out.String(), "An audit makes ") {
			t.Errorf("accounts %q: %s", accounts, &j.out)
		}
	}
	j := newJob(t)
	j.inputs["ACCOUNTS"] = "222233334444"
	j.wantStatus(j.run("plan"), action.ExitDone)
	if diff := cmp.Diff(map[string]int{"sts:AssumeRoleWithWebIdentity": 1}, j.aws.Count()); diff != "" {
		t.Errorf("a plan takes the first role, and asks no organization (-want +got):\n%s", diff)
	}
}

// The estimate of the next run is what this run asked for, action by action.
func TestEstimateOfTheNextRun(t *testing.T) {
	j := newJob(t)
	j.world.Tree = &awssim.Tree{
		Management: hubAccount, Units: []awssim.Unit{{ID: "ou-sim0-workload", Name: "Workloads"}}, Parents: map[string]string{"222233334444": "ou-sim0-workload"},
	}
	prod := j.world.Accounts["222233334444"]
	prod.Users[1].Called = []awssim.Called{{Service: "sqs", Last: before(2)}}
	prod.Events = []awssim.Event{{
		Time: before(1), Source: "sqs.amazonaws.com", Name: "SendMessage", Region: "eu-west-1", Address: "198.51.100.7", Agent: "Boto3/1.34.1",
		KeyID: keyID(prod.ID, 2), UserType: "IAMUser", UserName: "worker",
	}}
	prod.Regions = []string{"us-east-1", "eu-west-1"}
	j.wantStatus(j.run("audit", "--output-dir", "earlier"), action.ExitDone)
	counted := j.aws.Count()
	j.out.Reset()
	j.wantStatus(j.run("plan", "--estimate", "--inventory", "earlier"), action.ExitDone)
	got := map[string]int{}
	for line := range strings.Lines(j.out.String()) {
		cells := strings.Fields(line)
		if len(cells) > 1 && strings.Contains(cells[1], ":") {
			n, err := strconv.Atoi(strings.NewReplacer("+", "", ",", "").Replace(cells[0]))
			if err == nil && n > 0 {
				got[cells[1]] += n
			}
		}
	}
	for _, a := range []string{"cloudtrail:LookupEvents", "ec2:DescribeNatGateways", "iam:GetServiceLastAccessedDetails", "organizations:DescribePolicy"} {
		if counted[a] == 0 {
			t.Errorf("the run did not ask for %s", a)
		}
	}
	if diff := cmp.Diff(counted, got); diff != "" {
		t.Errorf("requests (-counted +estimated):\n%s\n%s", diff, &j.out)
	}
}

// The list of accounts in a public log is a leak, and a matrix that no audit may follow is of no use.
func TestPlanOfAPublicRepository(t *testing.T) {
	j := newJob(t)
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Visibility = "public" })
	j.wantStatus(j.run("plan"), action.ExitBadInput)
	if j.out.Len() > 0 || j.output("matrix") != "" || len(j.aws.Calls()) > 0 {
		t.Errorf("a refused plan printed %q, set %q, called %v", &j.out, j.output("matrix"), j.aws.Calls())
	}
	j = newJob(t)
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Visibility = "public" })
	j.inputs["ALLOW-PUBLIC"] = "true"
	j.wantStatus(j.run("plan", "--estimate"), action.ExitDone)
	page, err := os.ReadFile(filepath.Join(j.dir, "sum"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{j.out.String(), j.errs.String(), visible(string(page)), j.output("matrix")} {
		for _, secret := range []string{hubAccount, "222233334444", "999988887777", "acme-111", "acme-222"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s stands in %q", secret, text)
			}
		}
	}
	if j.output("matrix") == "" {
		t.Error("no matrix")
	}
}

// The policy file gives names, and one that is wrong stops a plan as it would stop the audits.
func TestPlanReadsThePolicyFile(t *testing.T) {
	j := newJob(t)
	j.policyFile("version: 1\naccounts:\n  \"222233334444\": {name: payments}\n")
	j.wantStatus(j.run("plan"), action.ExitDone)
	if !strings.Contains(j.out.String(), "222233334444  payments\n") {
		t.Errorf("the name of the policy file is missing:\n%s", &j.out)
	}
	j = newJob(t)
	j.policyFile("version: 9\n")
	j.wantStatus(j.run("plan"), action.ExitBadInput)
	if len(j.aws.Calls()) > 0 {
		t.Errorf("calls: %v", j.aws.Calls())
	}
}

func TestPlanFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		args   []string
		vars   map[string]string
		change func(w *awssim.World)
		status int
		says   string
	}{
		"a shard":                  {[]string{"plan", "--shard", "1/2"}, nil, nil, action.ExitDone, "--shard has no effect on plan: it is for audit"},
		"a bad shard":              {[]string{"plan", "--shard", "3/2"}, nil, nil, action.ExitBadInput, `--shard: "3/2" counts outside its parts`},
		"a report":                 {[]string{"plan", "--credential-report", "r.csv"}, nil, nil, action.ExitDone, "--credential-report has no effect on plan"},
		"a role that is not taken": {[]string{"plan", "--external-id", "xy"}, nil, nil, action.ExitDone, "--external-id has no effect on plan"},
		"no inventory":             {[]string{"plan", "--inventory", "nowhere"}, nil, nil, action.ExitBadInput, "nowhere holds no saved inventory"},
		"an argument":              {[]string{"plan", "all"}, nil, nil, action.ExitBadInput, `plan: it takes no argument "all"`},
		"a stranger's event":       {[]string{"plan"}, map[string]string{"GITHUB_EVENT_NAME": "pull_request_target"}, nil, action.ExitBadInput, "plan does not run at the event pull_request_target"},
		"no organization":          {[]string{"plan"}, nil, func(w *awssim.World) { w.Organization = nil }, action.ExitFault, "in no organization"},
		"a list that is refused": {[]string{"plan"}, nil, func(w *awssim.World) {
			w.Faults = []awssim.Fault{{Action: "organizations:ListAccounts", Code: "AccessDeniedException"}}
		}, action.ExitFault, "could not be listed"},
		"an estimate of something else": {[]string{"audit", "--estimate", "--dry-run"}, nil, nil, action.ExitDone, "--estimate has no effect on audit: it is for plan"},
		"the other two":                 {[]string{"merge"}, nil, nil, action.ExitBadInput, "does not have merge"},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t)
			j.vars = tt.vars
			if tt.change != nil {
				tt.change(j.world)
			}
			j.wantStatus(j.run(tt.args...), tt.status)
			if !strings.Contains(j.errs.String(), tt.says) {
				t.Errorf("standard error lacks %q:\n%s", tt.says, &j.errs)
			}
			if tt.status != action.ExitDone && (j.out.Len() > 0 || j.output("matrix") != "") {
				t.Errorf("a plan that failed printed %q and set %q", &j.out, j.output("matrix"))
			}
		})
	}
}
