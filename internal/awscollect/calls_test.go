package awscollect

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// twentyUsers have 24 keys: eight users with two, eight with one, four with none.
func twentyUsers(account string) *awssim.Account {
	a := &awssim.Account{ID: account}
	for i := range 20 {
		ages := []int{200, 20}
		if i >= 8 {
			ages = ages[:1]
		}
		if i >= 16 {
			ages = nil
		}
		u := simUser(account, i, fmt.Sprintf("user-%02d", i), ages...)
		if i < 3 {
			u.Keys[0].LastUsed = daysAgo(100)
		}
		a.Users = append(a.Users, u)
	}
	return a
}

// unusedKeys asks to recheck the keys that were not used for 45 days.
func unusedKeys(a *inventory.Account) []inventory.Recheck {
	var all []inventory.Recheck
	for _, u := range a.Users {
		for _, k := range u.Keys {
			if k.Active && !k.LastUsed.After(daysAgo(45)) {
				all = append(all, inventory.Recheck{User: u.Name, Kind: inventory.RecheckKey, Key: k.ID})
			}
		}
	}
	return all
}

// The calls of a whole run over one account of 20 users with 24 keys, of which 3 are
// candidates for a finding, one by one.
func TestCallsForOneAccount(t *testing.T) {
	calls := []struct {
		action string
		n      int
		why    string
	}{
		// For the run and the account: eight, of the ten that may be.
		{"sts:AssumeRoleWithWebIdentity", 1, "the first role, once a run"},
		{"sts:AssumeRole", 1, "the role in the account"},
		{"iam:GenerateCredentialReport", 2, "start the report; ask once whether it is complete"},
		{"iam:GetCredentialReport", 1, "passwords, MFA, certificates, last uses of all users, and root"},
		{"iam:GetAccountSummary", 1, "what root has, live"},
		{"iam:GetAccountAuthorizationDetails", 1, "ids, tags, groups, policies of all users"},
		{"iam:ListServiceSpecificCredentials", 1, "of all users at once"},
		// For each user: no other call shows SSH keys.
		{"iam:ListSSHPublicKeys", 20, "one for each user"},
		// For each user whose row shows a key: the report has no ids, and no status of now.
		{"iam:ListAccessKeys", 16, "one for each user with a key"},
		// For compute: which regions there are, then one for each reader in each region without any.
		{"ec2:DescribeRegions", 1, "which regions are enabled"},
		{"lambda:ListFunctions", 1, "one for each region"},
		{"ec2:DescribeInstances", 1, "one for each region"},
		{"ec2:DescribeLaunchTemplateVersions", 1, "one for each region"},
		{"autoscaling:DescribeLaunchConfigurations", 1, "one for each region"},
		{"ecs:ListTaskDefinitionFamilies", 1, "one for each region"},
		{"codebuild:ListProjects", 1, "one for each region"},
		{"batch:DescribeJobDefinitions", 1, "one for each region"},
		{"cloudformation:DescribeStacks", 1, "one for each region"},
		{"elasticbeanstalk:DescribeEnvironments", 1, "one for each region"},
		{"amplify:ListApps", 1, "one for each region"},
		{"lightsail:GetContainerServices", 1, "one for each region"},
		{"lightsail:GetBuckets", 1, "one for each region"},
		{"ssm:DescribeParameters", 1, "one for each region, where the role is granted it"},
		{"apprunner:ListServices", 1, "one for each region"},
		{"glue:GetJobs", 1, "one for each region"},
		{"glue:GetConnections", 1, "one for each region: no list has both"},
		{"sagemaker:ListModels", 1, "one for each region"},
		{"sagemaker:ListTrainingJobs", 1, "one for each region: no list has both"},
		{"sagemaker:ListNotebookInstanceLifecycleConfigs", 1, "one for each region: no list has them"},
		{"states:ListStateMachines", 1, "one for each region"},
		// For each candidate: the report may be four hours old.
		{"iam:GetAccessKeyLastUsed", 3, "one for each candidate"},
	}
	c, s := start(t, world(twentyUsers(member)))
	targets, err := c.Targets(t.Context(), []string{member})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Account(t.Context(), targets[0], unusedKeys)
	want, perAccount := map[string]int{}, 0
	for i, call := range calls {
		want[call.action] = call.n
		if i < 7 {
			perAccount += call.n
		}
	}
	if diff := cmp.Diff(want, s.Count()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if perAccount > 10 {
		t.Errorf("%d calls beyond those for users and candidates, 10 may be", perAccount)
	}
	if a.Status != inventory.Audited || a.Rechecked != 3 || len(a.Users) != 20 {
		t.Errorf("status %s, %d rechecked, %d users, missing %v", a.Status, a.Rechecked, len(a.Users), missingLines(a))
	}
	if first := s.Calls()[2].Action; first != "iam:GenerateCredentialReport" {
		t.Errorf("the first call in the account is %s: the report takes longest and must begin first", first)
	}
	roundTrip(t, a)
}

func TestCallsForTheHomeAccount(t *testing.T) {
	home := &awssim.Account{ID: hub, Users: []awssim.User{simUser(hub, 1, "alice")}}
	c, s := start(t, world(home))
	targets, err := c.Targets(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Target{{ID: hub}}, targets); diff != "" {
		t.Fatal(diff)
	}
	a := c.Account(t.Context(), targets[0], nothing)
	if a.Status != inventory.Audited {
		t.Errorf("status %s: %s", a.Status, a.Cause)
	}
	if n := s.Count(); n["sts:AssumeRole"] != 0 || n["sts:GetCallerIdentity"] != 0 {
		t.Errorf("the first role's own account needs no other role and no question who we are: %v", n)
	}
}

// Every action of the table is called by something, and nothing else is.
func TestActionsAreThoseThatAreCalled(t *testing.T) {
	a := fullAccount()
	a.Regions, a.Compute = computeAccount(t).Regions, computeAccount(t).Compute
	w := world(a)
	w.Organization = []awssim.Member{{ID: member, Name: "prod", State: "ACTIVE"}}
	c, s := start(t, w)
	targets, err := c.Targets(t.Context(), []string{Organization})
	if err != nil {
		t.Fatal(err)
	}
	c.Each(t.Context(), targets, everything, func(*inventory.Account) {})
	chain, s2 := start(t, world(), func(cfg *Config) { cfg.RoleARN = ""; setenv(t, awssim.KeyEnv(hub)) })
	if _, err := chain.Targets(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	got := append(s.Actions(), s2.Actions()...)
	slices.Sort(got)
	if diff := cmp.Diff(Actions(), got); diff != "" {
		t.Errorf("actions in the table and actions called (-table +called):\n%s", diff)
	}
}
