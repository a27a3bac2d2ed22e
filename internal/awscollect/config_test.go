package awscollect

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestConfigFaults(t *testing.T) {
	good := Config{RoleARN: "arn:aws:iam::111122223333:role/first", Token: token(nil), Now: func() time.Time { return now }}
	for name, c := range map[string]struct {
		change func(*Config)
		code   Code
		words  string
	}{
		"no clock":          {func(c *Config) { c.Now = nil }, CodeInput, "clock"},
		"no ARN":            {func(c *Config) { c.RoleARN = "first" }, CodeRoleARN, `"first" is no ARN of a role`},
		"11 digits":         {func(c *Config) { c.RoleARN = "arn:aws:iam::11112222333:role/first" }, CodeRoleARN, "12 digits"},
		"a user":            {func(c *Config) { c.RoleARN = "arn:aws:iam::111122223333:user/first" }, CodeRoleARN, "is no ARN"},
		"no name":           {func(c *Config) { c.RoleARN = "arn:aws:iam::111122223333:role/" }, CodeRoleARN, "is no ARN"},
		"a path, no name":   {func(c *Config) { c.RoleARN = "arn:aws:iam::111122223333:role/ci/" }, CodeRoleARN, "is no ARN"},
		"a new line":        {func(c *Config) { c.RoleARN += "\n" }, CodeRoleARN, "is no ARN"},
		"a session":         {func(c *Config) { c.RoleARN = "arn:aws:sts::111122223333:assumed-role/first/me" }, CodeRoleARN, "is no ARN"},
		"other partition":   {func(c *Config) { c.RoleARN = "arn:aws-cn:iam::111122223333:role/first" }, CodeRoleARN, "partition aws-cn"},
		"region elsewhere":  {func(c *Config) { c.Region = "us-gov-west-1" }, CodeRoleARN, "us-gov-west-1 is in aws-us-gov"},
		"no region":         {func(c *Config) { c.Region = "Frankfurt" }, CodeInput, `"Frankfurt" is no AWS region`},
		"too short":         {func(c *Config) { c.RoleDuration = time.Minute }, CodeInput, "60 seconds"},
		"too long":          {func(c *Config) { c.RoleDuration = 13 * time.Hour }, CodeInput, "46800 seconds"},
		"ARN as role name":  {func(c *Config) { c.AccountRoleName = "arn:aws:iam::111122223333:role/x" }, CodeInput, "without an ARN"},
		"spaces in name":    {func(c *Config) { c.AccountRoleName = "my role" }, CodeInput, `"my role" is no role name`},
		"short external id": {func(c *Config) { c.ExternalID = "x" }, CodeInput, "external-id"},
		"odd external id":   {func(c *Config) { c.ExternalID = "a b" }, CodeInput, "external-id"},
		"no concurrency":    {func(c *Config) { c.Concurrency = -1 }, CodeInput, "concurrency"},
		"no token function": {func(c *Config) { c.Token = nil }, CodeNoOIDC, "id-token: write"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			_, err := New(t.Context(), cfg)
			var e *Error
			if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Error(), c.words) {
				t.Errorf("got %v, want code %s with %q", err, c.code, c.words)
			}
			if e != nil && e.Hint == "" {
				t.Errorf("%v has no hint", e)
			}
			if e != nil && e.BadInput() != (c.code == CodeInput || c.code == CodeRoleARN) {
				t.Errorf("BadInput is %v for %s", e.BadInput(), e.Code)
			}
		})
	}
}

func TestRoleARNs(t *testing.T) {
	for arn, region := range map[string]string{
		"arn:aws:iam::111122223333:role/first":             "",
		"arn:aws:iam::111122223333:role/ci/audit/first":    "eu-central-1",
		"arn:aws-us-gov:iam::111122223333:role/first":      "us-gov-east-1",
		"arn:aws-cn:iam::111122223333:role/f+=,.@-_irst":   "cn-north-1",
		"arn:aws:iam::000000000001:role/service/Some_Role": "ap-southeast-10",
	} {
		c, err := New(context.Background(), Config{RoleARN: arn, Region: region, Token: token(nil), Now: func() time.Time { return now }})
		if err != nil {
			t.Errorf("%s in %q: %v", arn, region, err)
			continue
		}
		if want := map[bool]string{true: "sts.amazonaws.com.cn", false: "sts.amazonaws.com"}[c.partition == "aws-cn"]; c.cfg.Audience != want {
			t.Errorf("audience %q in %s", c.cfg.Audience, c.partition)
		}
	}
}

func TestSessionNames(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "keysweep",
		"x":                        "keysweep",
		"keysweep":                 "keysweep",
		"acme/app: run 7":          "acme-app--run-7",
		"a+=,.@-_1":                "a+=,.@-_1",
		"Ünïcode":                  "-n-code",
		strings.Repeat("long", 30): strings.Repeat("long", 16),
	} {
		if got := sessionName(in); got != want {
			t.Errorf("sessionName(%q) = %q, want %q", in, got, want)
		}
	}
	form := regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if got := sessionName(s); !form.MatchString(got) {
			t.Errorf("sessionName(%q) = %q", s, got)
		}
	})
}
