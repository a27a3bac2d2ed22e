package orgpolicy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	fullAccess = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	// Where the rows come from.
	evaluationPage = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html"
	examplesPage   = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html"
	aboutPage      = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"
	samples        = "https://github.com/aws-samples/service-control-policy-examples"
	elements_      = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"
	operators_     = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
	towerPage      = "https://docs.aws.amazon.com/controltower/latest/controlreference/strongly-recommended-preventive-controls.html"
)

func statementOf(effect, rest string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `",` + rest + `}]}`
}

func deny(rest string) string  { return statementOf("Deny", rest) }
func allow(rest string) string { return statementOf("Allow", rest) }

// full stands for FullAWSAccess in a level.
const full = "full"

// account makes the account 111122223333 under a root, one organizational unit and itself.
func account(partition string, levels ...[]string) *Account {
	a := &Account{Partition: partition, ID: "111122223333", OrganizationID: "o-example0000"}
	for l, documents := range levels {
		level := []*Policy{}
		for i, d := range documents {
			if d == full {
				level = append(level, Parse("p-FullAWSAccess", "FullAWSAccess", fullAccess))
			} else {
				level = append(level, Parse(fmt.Sprintf("p-%d%c", l, 'a'+rune(i)), "", d))
			}
		}
		a.Levels = append(a.Levels, level)
	}
	return a
}

// under puts one document beside FullAWSAccess on the organizational unit.
func under(document string) [][]string { return [][]string{{full}, {full, document}, {full}} }

func words_(d Decision) string {
	out := string(d.Effect)
	if len(d.By) > 0 {
		out += " by " + strings.Join(d.By, ",")
	}
	if len(d.Except) > 0 {
		out += " except " + strings.Join(d.Except, "; ")
	}
	if len(d.Partly) > 0 {
		out += " partly " + strings.Join(d.Partly, ",")
	}
	if !d.Known() {
		out += " unknown " + strings.Join(d.Unknown, ",")
	}
	return out
}

const anyDeny = `"Action":"iam:CreateAccessKey","Resource":"*"`

func TestEvaluate(t *testing.T) {
	breakGlass := `"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/BreakGlass"}}`
	for _, row := range []struct {
		name, source string
		levels       [][]string
		want         string
	}{
		{"policies are not in use", aboutPage, nil, "allowed"},
		{"an Allow at every level", evaluationPage, [][]string{{full}, {full}, {full}}, "allowed"},
		{"no Allow at the unit", evaluationPage, [][]string{{full}, {allow(`"Action":"s3:*","Resource":"*"`)}, {full}}, "denied by p-1a"},
		{"no policy at the unit", evaluationPage, [][]string{{full}, {}, {full}}, "denied"},
		{"the account allows what the unit does not", evaluationPage, [][]string{{full}, {allow(`"Action":"s3:*","Resource":"*"`)}, {full, allow(anyDeny)}}, "denied by p-1a"},
		{"a Deny on the unit goes over Allows above and below", evaluationPage, under(deny(anyDeny)), "denied by p-1b"},
		{"a Deny on the root", evaluationPage, [][]string{{full, deny(anyDeny)}, {full}, {full}}, "denied by p-0b"},
		{"two Denies", evaluationPage, [][]string{{full, deny(anyDeny)}, {full}, {full, deny(anyDeny)}}, "denied by p-0b,p-2b"},
		{"a Deny of something else", evaluationPage, under(deny(`"Action":"iam:DeleteUser","Resource":"*"`)), "allowed"},
		{"a list that allows IAM", evaluationPage, [][]string{{full}, {allow(`"Action":["s3:*","iam:*"],"Resource":"*"`)}, {full}}, "allowed"},
		{"an Allow with NotAction", evaluationPage, [][]string{{full}, {allow(`"NotAction":"iam:Create*","Resource":"*"`)}, {full}}, "denied by p-1a"},
		{"deny by region, IAM left out", examplesPage, under(deny(`"NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1"]}}`)), "allowed"},
		{"deny by region, IAM forgotten", examplesPage, under(deny(`"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1"]}}`)), "denied by p-1b"},
		{"deny by region with the region of IAM", examplesPage, under(deny(`"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1"]}}`)), "allowed"},
		{"deny root", examplesPage, under(deny(`"Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":["arn:aws:iam::*:root"]}}`)), "allowed partly p-1b"},
		{"AWS's own sample", samples, under(deny(`"Action":["iam:CreateAccessKey","iam:CreateUser"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/PRIVILEGED"},"StringNotLike":{"aws:PrincipalTag/IAMUserManagementException":"true"}}`)), "conditional by p-1b except arn:aws:iam::*:role/PRIVILEGED; tag IAMUserManagementException=true"},
		{"deny root but AssumeRoot", samples, under(deny(`"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}}`)), "allowed partly p-1b"},
		{"deny users outside their network", samples, under(deny(`"Action":"*","Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}}`)), "allowed partly p-1b"},
		{"the control of Control Tower", towerPage, under(deny(`"Sid":"GRRESTRICTROOTUSERACCESSKEYS",` + anyDeny + `,"Condition":{"StringLike":{"aws:PrincipalArn":["arn:aws:iam::*:root"]}}`)), "allowed partly p-1b"},
		{"actions in any case", elements_, under(deny(`"Action":"IAM:createACCESSkey","Resource":"*"`)), "denied by p-1b"},
		{"wildcards", elements_, under(deny(`"Action":"iam:Create*","Resource":"*"`)), "denied by p-1b"},
		{"one character", elements_, under(deny(`"Action":"iam:?reateAccessKey","Resource":"*"`)), "denied by p-1b"},
		{"NotAction of a Deny", elements_, under(deny(`"NotAction":["s3:*"],"Resource":"*"`)), "denied by p-1b"},
		{"NotAction that leaves it out", elements_, under(deny(`"NotAction":["iam:CreateAccessKey"],"Resource":"*"`)), "allowed"},
		{"all users", elements_, under(deny(`"Action":"iam:*","Resource":"arn:aws:iam::*:user/*"`)), "denied by p-1b"},
		{"users of another account", elements_, under(deny(`"Action":"iam:*","Resource":"arn:aws:iam::999900001111:user/*"`)), "allowed"},
		{"roles", elements_, under(deny(`"Action":"iam:*","Resource":"arn:aws:iam::*:role/*"`)), "allowed"},
		{"some users", elements_, under(deny(`"Action":"iam:*","Resource":"arn:aws:iam::*:user/app-*"`)), "allowed partly p-1b"},
		{"all users but some", elements_, under(deny(`"Action":"iam:*","NotResource":"arn:aws:iam::*:user/ci-*"`)), "conditional by p-1b except on arn:aws:iam::*:user/ci-*"},
		{"NotResource of all users", elements_, under(deny(`"Action":"iam:*","NotResource":"arn:aws:iam::*:user/*"`)), "allowed"},
		{"NotResource of roles", elements_, under(deny(`"Action":"iam:*","NotResource":"arn:aws:iam::*:role/*"`)), "denied by p-1b"},
		{"one's own user", elements_, under(deny(`"Action":"iam:*","NotResource":"arn:aws:iam::*:user/${aws:username}"`)), "conditional by p-1b except on arn:aws:iam::*:user/*"},
		{"a key named in other letters", operators_, under(deny(anyDeny + `,"Condition":{"ArnNotLike":{"aws:PrincipalARN":"arn:aws:iam::*:role/BreakGlass"}}`)), "conditional by p-1b except arn:aws:iam::*:role/BreakGlass"},
		{"ArnNotEquals takes wildcards", operators_, under(deny(anyDeny + `,"Condition":{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/BreakGlass"}}`)), "conditional by p-1b except arn:aws:iam::*:role/BreakGlass"},
		{"StringNotEquals takes none", operators_, under(deny(anyDeny + `,"Condition":{"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/BreakGlass"}}`)), "denied by p-1b"},
		{"an exemption in another account", operators_, under(deny(anyDeny + `,"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::999900001111:role/Admin"}}`)), "denied by p-1b"},
		{"an exemption of everybody", operators_, under(deny(anyDeny + `,"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:*"}}`)), "allowed"},
		{"an exemption of all roles", operators_, under(deny(anyDeny + `,"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}`)), "allowed partly p-1b"},
		{"only who has a tag", operators_, under(deny(anyDeny + `,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"guests"}}`)), "allowed partly p-1b"},
		{"who has no tag", operators_, under(deny(anyDeny + `,"Condition":{"Null":{"aws:PrincipalTag/team":"true"}}`)), "conditional by p-1b except tag team=*"},
		{"without MFA", operators_, under(deny(anyDeny + `,"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`)), "allowed partly p-1b"},
		{"in another organization", operators_, under(deny(anyDeny + `,"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-example0000"}}`)), "allowed"},
		{"services by themselves are not meant", operators_, under(deny(anyDeny + `,"Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`)), "denied by p-1b"},
		{"two guards with one exemption", evaluationPage, [][]string{{full, deny(anyDeny + "," + breakGlass)}, {full, deny(anyDeny + "," + breakGlass)}, {full}}, "conditional by p-0b,p-1b except arn:aws:iam::*:role/BreakGlass"},
		{"two guards whose exemptions exclude each other", evaluationPage, [][]string{{full, deny(anyDeny + "," + breakGlass)}, {full, deny(anyDeny + `,"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Other"}}`)}, {full}}, "denied by p-0b,p-1b"},
		{"a condition on the Allow", evaluationPage, [][]string{{full}, {allow(`"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/BreakGlass"}}`)}, {full}}, "conditional by p-1a except arn:aws:iam::*:role/BreakGlass"},
		{"a condition on the Allow that all fulfil", evaluationPage, [][]string{{full}, {allow(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-example0000"}}`)}, {full}}, "allowed"},
		{"a condition on the Allow that is not about who asks", evaluationPage, [][]string{{full}, {allow(`"Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`)}, {full}}, "allowed partly p-1a"},
		{"a policy that cannot be read", evaluationPage, under(`{"Statement":[`), "allowed unknown p-1b"},
		{"a policy that cannot be read beside a Deny", evaluationPage, [][]string{{full, deny(anyDeny)}, {full, `{}`}, {full}}, "denied by p-0b"},
	} {
		if got := words_(Evaluate(account("aws", row.levels...))[CreateAccessKey]); got != row.want {
			t.Errorf("%s (%s):\n got %s\nwant %s", row.name, row.source, got, row.want)
		}
	}
}

// Each action has its own answer.
func TestEvaluateActions(t *testing.T) {
	a := account("aws", under(deny(`"Action":["iam:Create*Key","iam:Upload*","iam:*Credential"],"Resource":"*"`))...)
	got := map[Action]Effect{}
	for _, action := range actions {
		got[action] = Evaluate(a)[action].Effect
	}
	want := map[Action]Effect{
		CreateUser: Allowed, CreateLoginProfile: Allowed, CreateAccessKey: Denied,
		CreateServiceSpecificCredential: Denied, UploadSSHPublicKey: Denied, UploadSigningCertificate: Denied,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want, got:\n%s", diff)
	}
}

// The management account is reached by no service control policy (aboutPage).
func TestManagementAccount(t *testing.T) {
	a := account("aws", []string{full, deny(anyDeny)}, []string{full})
	a.Management = true
	if got := words_(Evaluate(a)[CreateAccessKey]); got != "allowed" {
		t.Errorf("got %s", got)
	}
}

func TestPartitions(t *testing.T) {
	for partition, region := range map[string]string{"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"} {
		own := deny(`"Action":"iam:*","Resource":"arn:` + partition + `:iam::*:user/*","Condition":{"StringEquals":{"aws:RequestedRegion":"` + region + `"}}`)
		exempting := deny(anyDeny + `,"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:` + partition + `:iam::*:role/BreakGlass"}}`)
		for _, p := range []string{"aws", "aws-us-gov", "aws-cn"} {
			want, named := "allowed", "denied by p-1b"
			if p == partition {
				want, named = "denied by p-1b", "conditional by p-1b except arn:"+p+":iam::*:role/BreakGlass"
			}
			if got := words_(Evaluate(account(p, under(own)...))[CreateAccessKey]); got != want {
				t.Errorf("policy of %s in %s: %s, want %s", partition, p, got, want)
			}
			if got := words_(Evaluate(account(p, under(exempting)...))[CreateAccessKey]); got != named {
				t.Errorf("exemption of %s in %s: %s, want %s", partition, p, got, named)
			}
		}
	}
}

func TestRootControls(t *testing.T) {
	a := account("aws", under(deny(`"Sid":"GRRESTRICTROOTUSERACCESSKEYS",`+anyDeny+`,"Condition":{"StringLike":{"aws:PrincipalArn":["arn:aws:iam::*:root"]}}`))...)
	on, off := a.RootControls()
	if len(on) != 1 || on[0].ID != "AWS-GR_RESTRICT_ROOT_USER_ACCESS_KEYS" || len(off) != 1 || off[0].ID != "AWS-GR_RESTRICT_ROOT_USER" {
		t.Errorf("on %v, off %v", on, off)
	}
}
