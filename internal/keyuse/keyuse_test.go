package keyuse

import (
	"strings"
	"testing"

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
}

func TestMergeIsBounded(t *testing.T) {
	var uses []inventory.KeyUse
	for i := range 3 * AtMost {
		u, _ := Parse(event("8.8.8."+string(rune('0'+i%10)), "a/"+strings.Repeat("1", i/10+1)), key)
		uses = append(uses, u, u)
	}
	if got := Merge(uses); len(got) != AtMost || got[0].Events != 2 {
		t.Errorf("%d places, %+v", len(got), got[0])
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
