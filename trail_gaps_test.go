package main

import (
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
)

// A key that IAM calls never used or unused, and that CloudTrail saw within the day or could not be asked about, is not to go now.
func TestKeyThatWorksIsNotToGoNow(t *testing.T) {
	const denied = "with an explicit deny in a service control policy"
	for _, c := range []struct {
		name  string
		days  int // since the last use by IAM
		hours int // since the last event; zero: there is none
		fault awssim.Fault
		now   bool
	}{
		{name: "idle", days: 60, now: true},
		{name: "seen today", days: 60, hours: 3},
		{name: "refused", days: 60, fault: awssim.Fault{Action: "cloudtrail:LookupEvents", Code: "AccessDeniedException", Message: denied}},
		{name: "throttled", days: 60, fault: awssim.Fault{Action: "cloudtrail:LookupEvents", Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"}},
		{name: "no answer", days: 60, fault: awssim.Fault{Action: "cloudtrail:LookupEvents", Status: 200, Body: "]"}},
		{name: "last use refused", days: 60, fault: awssim.Fault{Action: "iam:GetAccessKeyLastUsed", Code: "AccessDenied", Message: denied}},
		{name: "keys refused", days: 60, fault: awssim.Fault{Action: "iam:ListAccessKeys", Code: "AccessDenied", Message: denied}},
	} {
		j := newJob(t)
		prod := j.world.Accounts["222233334444"]
		prod.Users[0].Keys[0].LastUsed = before(c.days)
		if c.hours > 0 {
			prod.Events = []awssim.Event{{
				Time: j.now.Add(-time.Duration(c.hours) * time.Hour), Source: "s3.amazonaws.com", Name: "ListBuckets", Region: "eu-west-1",
				Address: "8.8.8.8", Agent: "x", KeyID: keyID(prod.ID, 1), UserType: "IAMUser", UserName: "ci@octocat",
			}}
		}
		want := action.ExitDone
		if c.fault.Action != "" {
			c.fault.Account = prod.ID
			j.world.Faults, want = []awssim.Fault{c.fault}, action.ExitUncovered
		}
		j.wantStatus(j.run(), want)
		findings := j.file("findings.json")
		_, mine, _ := strings.Cut(findings, `"user":"ci@octocat"`)
		mine, _, _ = strings.Cut(mine, `"replacement"`)
		if got := strings.Contains(mine, `"removal":"now"`); got != c.now {
			t.Errorf("%s: to go now: %v\n%s", c.name, got, mine)
		}
	}
}

// Where one of the regions of a key refuses, or all do, and where the events are gone or none any more, its issue stays until
// the key is deactivated or deleted.
func TestPartOfKeyUseRefusedKeepsTheIssue(t *testing.T) {
	const denied = "with an explicit deny in a service control policy"
	for name, change := range map[string]func(j *job, prod *awssim.Account){
		"one region": func(j *job, _ *awssim.Account) {
			j.world.Faults = []awssim.Fault{{Action: "cloudtrail:LookupEvents", Times: 1, Code: "AccessDeniedException", Message: denied}}
		},
		"no grant": func(j *job, _ *awssim.Account) {
			j.world.Faults = []awssim.Fault{{Action: "cloudtrail:LookupEvents", Code: "AccessDeniedException", Message: "because no identity-based policy allows the cloudtrail:LookupEvents action"}}
		},
		"events gone": func(_ *job, prod *awssim.Account) { prod.Events = nil },
		"hostile events": func(_ *job, prod *awssim.Account) {
			for i := range prod.Events {
				prod.Events[i].Raw = `{"eventTime":"9999-99-99","userIdentity":{"accessKeyId":"` + prod.Events[i].KeyID + `"}}`
			}
		},
	} {
		j := newJob(t)
		prod := j.world.Accounts["222233334444"]
		for n, user := range []string{"worker", "fresh"} {
			prod.Events = append(prod.Events, awssim.Event{
				Time: before(1), Source: "sqs.amazonaws.com", Name: "SendMessage", Region: "eu-west-1", Address: "10.0.0.4",
				Agent: "Boto3/1.34.1 exec-env/AWS_Lambda_python3.12", KeyID: keyID(prod.ID, uint32(n+2)), UserType: "IAMUser", UserName: user,
			})
		}
		j.wantStatus(j.run(), action.ExitDone)
		worker, fresh := j.issue("of worker is used from Lambda"), j.issue("of fresh is used from Lambda")
		change(j, prod)
		j.nextDay()
		j.run()
		if j.issue("of worker is used from Lambda") != worker || j.issue("of fresh is used from Lambda") != fresh || !j.open("of fresh is used from Lambda") || !j.open("of worker is used from Lambda") {
			t.Errorf("%s: %s", name, strings.Join(j.titles(), "\n"))
		}
		prod.Users[1].Keys[0].Inactive, prod.Users[2].Keys = true, nil
		j.world.Faults = nil
		j.nextDay()
		j.run()
		if j.open("is used from Lambda") {
			t.Errorf("%s, once the keys are deactivated or gone: %s", name, strings.Join(j.titles(), "\n"))
		}
	}
}
