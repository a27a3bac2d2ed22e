package main

import (
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// calling makes worker, whose key is old and in use, a user who has called two services, and hostile ones.
func (j *job) calling(days int) {
	prod := j.world.Accounts["222233334444"]
	prod.JobPolls = 1
	prod.Users[1].Called = []awssim.Called{
		{Service: "s3", Last: before(days), Region: "eu-west-1", Actions: map[string]time.Time{"ListAllMyBuckets": before(days), "X`\n@octocat": before(days)}},
		{Service: "sqs", Last: before(days)},
		{Service: "iam"},
		{Service: "s3 @octocat", Last: before(days)},
		{Service: "<!-- keysweep:v1", Last: before(days)},
		{Service: "::error::x", Last: before(days)},
	}
}

// issue is the body of the one issue about a key of a user, with the words in its title.
func (j *job) issue(words string) string {
	j.t.Helper()
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		if strings.Contains(visible(i.Title), words) {
			return visible(i.Body)
		}
	}
	j.t.Fatalf("no issue %q in\n%s", words, strings.Join(j.titles(), "\n"))
	return ""
}

// The issue of a key in use says what its user has called, and begins a policy. A day later, with later calls,
// nothing is written; nor where AWS does not answer, which is an exit status of its own.
func TestServicesUsed(t *testing.T) {
	j := newJob(t)
	j.calling(9)
	j.wantStatus(j.run(), action.ExitDone)
	body := j.issue("of worker is old and in use")
	for _, want := range []string{
		"has called, by any of its credentials: s3 (ListAllMyBuckets), sqs. The policy",
		`{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"},`, `{"Effect": "Allow", "Action": ["sqs:NameTheActions"], "Resource": "*"}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the issue does not say %q:\n%s", want, body)
		}
	}
	for where, text := range j.leftBehind() {
		for _, bad := range []string{"s3 @octocat", "X`", "::error::x"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", where, bad)
			}
		}
	}
	// fresh has no finding about its key, and the key of ci@octocat is unused.
	if n := j.aws.CountIn("222233334444")["iam:GenerateServiceLastAccessedDetails"]; n != 1 {
		t.Errorf("%d users were asked for", n)
	}

	j.calling(0)
	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	j.wantNoWrites("a day later, with later calls")

	j.world.Faults = []awssim.Fault{{Action: "iam:GetServiceLastAccessedDetails", Code: "AccessDenied", Message: "with an explicit deny in a service control policy"}}
	j.nextDay()
	j.wantStatus(j.run(), action.ExitUncovered)
	if now := j.issue("of worker is old and in use"); now != body { // the dashboard tells of the account
		t.Errorf("the issue where AWS does not answer:\n%s", now)
	}
}

// A role that may not ask is the usual one: one request, nothing missing, nothing said.
func TestServicesNotWanted(t *testing.T) {
	j := newJob(t)
	j.calling(9)
	j.world.Faults = []awssim.Fault{{
		Action: "iam:GenerateServiceLastAccessedDetails", Code: "AccessDenied",
		Message: "User: x is not authorized to perform: y because no identity-based policy allows the y action",
	}}
	j.wantStatus(j.run(), action.ExitDone)
	if body := j.issue("of worker is old and in use"); strings.Contains(body, "has called, by any") || strings.Contains(body, "NameTheActions") {
		t.Errorf("the issue says what nobody asked for:\n%s", body)
	}
	if n := j.aws.Count()["iam:GenerateServiceLastAccessedDetails"]; n != 1 {
		t.Errorf("%d requests", n)
	}
	if text := j.file("findings.json"); strings.Contains(text, "services-used") {
		t.Error("a fact is missing that nobody wanted")
	}
}

// In a public repository services are named, and users are not.
func TestServicesUsedInPublic(t *testing.T) {
	j := newJob(t)
	j.calling(9)
	j.inputs["ALLOW-PUBLIC"] = "true"
	j.repository(func(r *ghfake.Repository) { r.Visibility = "public" })
	j.wantStatus(j.run(), action.ExitDone)
	body := j.issue("is old and in use")
	if !strings.Contains(body, "s3 (ListAllMyBuckets), sqs") || strings.Contains(body, "worker") {
		t.Errorf("the issue:\n%s", body)
	}
}
