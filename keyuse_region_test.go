package main

import (
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
)

// A key that compute uses in one region and that was used last in another is the same issue: CloudTrail is asked in the region
// of the last use, and what it does not show there proves nothing about the others.
func TestKeyUsedLastInAnotherRegion(t *testing.T) {
	for _, c := range []struct {
		user  string
		n     uint32
		title string
	}{{"worker", 2, "of worker is used from Lambda"}, {"fresh", 3, "of fresh is used from Lambda"}} {
		j := newJob(t)
		prod := j.world.Accounts["222233334444"]
		prod.Events = []awssim.Event{{
			Time: before(1), Source: "sqs.amazonaws.com", Name: "SendMessage", Region: "eu-west-1", Address: "10.0.0.4",
			Agent: "Boto3/1.34.1 exec-env/AWS_Lambda_python3.12", KeyID: keyID(prod.ID, c.n), UserType: "IAMUser", UserName: c.user,
		}}
		j.wantStatus(j.run(), action.ExitDone)
		body := j.issue(c.title)

		for i := range prod.Users {
			if prod.Users[i].Name == c.user {
				prod.Users[i].Keys[0].Region, prod.Users[i].Keys[0].LastUsed = "eu-central-1", j.now.Add(-time.Hour)
			}
		}
		j.nextDay()
		j.wantStatus(j.run(), action.ExitDone)
		if now := j.issue(c.title); now != body || !j.open(c.title) {
			t.Errorf("%s: the issue where the key was used last elsewhere, open: %v\n%s", c.user, j.open(c.title), now)
		}
	}
}
