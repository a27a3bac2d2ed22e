package main

import (
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
)

// hostileAgent is what a stranger who has the key may call itself.
var hostileAgent = "@octocat <img src=x onerror=alert(1)> [x](javascript:y) #1 <!-- keysweep:v1 \n::error::pwned\n| a | b | " +
	"=cmd|x!A1 " + plantedSecret + "/" + strings.Repeat("a", 10<<10)

// working has the key of worker used from Lambda and from the internet so many days ago, and by whoever writes what they like.
func (j *job) working(days int) {
	use := func(address, agent string, hours int) awssim.Event {
		return awssim.Event{
			Time: before(days).Add(time.Duration(-hours) * time.Hour), Source: "s3.amazonaws.com", Name: "ListBuckets", Region: "us-east-1",
			Address: address, Agent: agent, KeyID: keyID("222233334444", 2), UserType: "IAMUser", UserName: "worker",
		}
	}
	hostile := use("<img src=x>@octocat", hostileAgent, 3)
	hostile.Source = "::error::pwned @octocat"
	j.world.Accounts["222233334444"].Events = []awssim.Event{
		use("10.0.0.4", "Boto3/1.34.1 exec-env/AWS_Lambda_python3.12", 1+days), use("8.8.8.8", "aws-cli/2.17.0", 2), hostile,
		use("@octocat.amazonaws.com", hostileAgent, 4), use("8.8.4.4", hostileAgent, 5),
	}
}

// A key that compute uses is one issue. A day later, with later events of the same kinds, nothing is written;
// where CloudTrail refuses, the issue is left as it is. What a stranger wrote in an event comes out nowhere.
func TestKeyUsedFromCompute(t *testing.T) {
	j := newJob(t)
	j.working(9)
	j.wantStatus(j.run(), action.ExitDone)
	body := j.issue("of worker is used from Lambda")
	for _, name := range []string{"findings.json", "findings.csv", "index.html"} {
		if text := j.file(name); !strings.Contains(text, "lambda") || !strings.Contains(text, "8.8.8.8") || !strings.Contains(text, "aws-cli/2.17.0") {
			t.Errorf("%s does not say where the key is used from", name)
		}
	}
	for where, text := range j.leftBehind() {
		for _, bad := range []string{plantedSecret, plantedSecret[:20], "onerror", "::error::pwned", "javascript:y", "<img src=x>", "@octocat.amazonaws", "=cmd", "aaaaaaaaaaaa/", strings.Repeat("a", 60)} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %.40q", where, bad)
			}
		}
	}

	j.working(0)
	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	j.wantNoWrites("a day later, with later events")

	j.world.Faults = []awssim.Fault{{Action: "cloudtrail:LookupEvents", Code: "AccessDeniedException", Message: "with an explicit deny in a service control policy"}}
	j.nextDay()
	j.wantStatus(j.run(), action.ExitUncovered)
	if now := j.issue("of worker is used from Lambda"); now != body || !j.open("of worker is used from Lambda") {
		t.Errorf("the issue where CloudTrail does not answer:\n%s", now)
	}
}
