package keyuse

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

const key = "AKIAQX4WJ2KEAEXAMPLE"

func event(address, agent string) string {
	return `{"eventTime":"2026-11-23T15:20:00Z","eventSource":"s3.amazonaws.com","awsRegion":"eu-west-1","sourceIPAddress":"` + address + `","userAgent":"` + agent + `","userIdentity":{"accessKeyId":"` + key + `"}}`
}

func TestPlaces(t *testing.T) {
	own := OwnOf([]*inventory.Account{{ID: "111122223333", Addresses: []inventory.Address{{Address: "52.16.0.9", Kind: inventory.AddressNAT}, {Address: "52.16.0.7", Kind: inventory.AddressInstance}}}})
	for _, c := range []struct{ address, agent, by string }{
		{"203.0.113.7", "Boto3/1.34 exec-env/AWS_Lambda_python3.12", "lambda"},
		{"203.0.113.7", "aws-sdk-go-v2/1.30 exec-env/AWS_ECS_FARGATE", "ecs"},
		{"203.0.113.7", "aws-cli/2 exec-env/CloudShell", "cloudshell"},
		{"203.0.113.7", "configure-aws-credentials-for-github-actions", "github-actions"},
		{"cloudformation.amazonaws.com", "cloudformation.amazonaws.com", "aws-service"},
		{"AWS Internal", "AWS Internal", "aws-service"},
		{"52.16.0.9", "Boto3/1.34", "own-network"},
		{"52.16.0.7", "Boto3/1.34", "ec2"},
		{"52.16.0.99", "Boto3/1.34", ""}, // of EC2, and nobody's we know
		{"8.8.8.8", "Boto3/1.34", "internet"},
		{"2001:4860:4860::8888", "Boto3/1.34", "internet"},
		{"10.0.0.1", "Boto3/1.34", ""},
		{"100.64.0.1", "", ""},
		{"", "", ""},
		{"<img>", "<img>", ""},
	} {
		u, ok := Parse(event(c.address, c.agent), key)
		if got := own.Place(u); !ok || got != c.by {
			t.Errorf("%s, %s: %q, want %q", c.address, c.agent, got, c.by)
		}
	}
	if _, ok := Parse(event("8.8.8.8", "x"), "AKIAQX4WJ2KEBEXAMPLE"); ok {
		t.Error("an event of another key is taken")
	}
	if _, ok := Parse(strings.Replace(event("8.8.8.8", "x"), key, "", 1), key); ok {
		t.Error("an event that names no key is taken")
	}
}

// However many newer places there are, each kind that the address tells is kept.
func TestBounded(t *testing.T) {
	own := OwnOf([]*inventory.Account{{ID: "111122223333", Addresses: []inventory.Address{{Address: "52.16.0.7", Kind: inventory.AddressInstance}}}})
	var uses []inventory.KeyUse
	for i := range 3 * AtMost {
		u, _ := Parse(event("8.8.8."+strconv.Itoa(i), "a/1"), key)
		uses = append(uses, u, u)
	}
	for _, address := range []string{"52.16.0.7", "52.16.0.99"} {
		u, _ := Parse(event(address, "a/1"), key)
		u.Last = u.Last.Add(-time.Hour)
		uses = append(uses, u)
	}
	got := own.Bounded(Merge(uses))
	kinds := map[string]bool{}
	for _, u := range got {
		kinds[own.Place(u)] = true
	}
	if len(got) != AtMost || got[0].Events != 2 || !kinds[inventory.FromEC2] || !kinds[inventory.FromInternet] || !kinds[""] {
		t.Errorf("%d places of the kinds %v, %+v", len(got), kinds, got[0])
	}
}

// What stands behind a slash is kept where it is a version, and nowhere else.
func TestAgents(t *testing.T) {
	for agent, want := range map[string]string{
		"aws-cli/2.17.0 md/x":                                   "aws-cli/2.17.0",
		"APN/1.0 HashiCorp/1.0 Terraform/v1.5.7":                "Terraform/v1.5.7",
		"abc/wJalrXUtnFEMIexample":                              "",
		"abcdefghij/1bcdefghijklmnopqrstu":                      "",
		"a/1/2":                                                 "",
		"@octocat/1 <b>/2 exec-env/AWS_Lambda_x Boto3/1.34.1":   "Boto3/1.34.1",
		"[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.1 x]": "S3Console/0.4",
	} {
		if got := agentOf(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(event("8.8.8.8", strings.Repeat("x/1 ", 2000)))
	f.Add(event("AWS Internal", "[S3Console/0.4, aws-internal/3]"))
	f.Fuzz(func(t *testing.T, text string) {
		u, ok := Parse(text, key)
		if !ok {
			return
		}
		for _, s := range []string{u.Source, u.Agent, u.Service, u.Region} {
			if len(s) > 128 || strings.ContainsAny(s, "<>@#`|\n\r\"'&") {
				t.Errorf("%q got through", s)
			}
		}
		Own{}.Place(u)
	})
}
