package declare

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTemplateReasons holds the sentences that say what makes a declaration and what was assumed.
func TestTemplateReasons(t *testing.T) {
	user, key := "the template makes an IAM user", "the template makes an access key"
	for _, c := range []struct{ name, head, resource, want string }{
		{"a user", "", "Type: AWS::IAM::User", user},
		{"a switch", "Parameters: {P: {Default: 'yes'}}\nConditions: {C: !Equals [!Ref P, 'yes']}\n", "Type: AWS::IAM::User, Condition: C", user + "; defaults decide on condition C"},
		{"an environment", "Parameters: {P: {Default: dev, AllowedValues: [dev, prod]}}\nConditions: {C: !Equals [!Ref P, prod]}\n", "Type: AWS::IAM::User, Condition: C", user + "; condition C holds in some deployments"},
		{"a region", "Conditions: {C: !Equals [!Ref AWS::Region, us-east-1]}\n", "Type: AWS::IAM::User, Condition: C", user + "; condition C holds in some deployments"},
		{"an unknown condition", "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, 'yes']}\n", "Type: AWS::IAM::User, Condition: C", user + "; condition C cannot be known"},
		{"a condition that is not there", "", "Type: AWS::IAM::User, Condition: C", user + "; condition C cannot be known"},
		{"a status", "Parameters: {P: {Type: String}}\n", "Type: AWS::IAM::AccessKey, Properties: {UserName: x, Status: !Ref P}", key + "; its status cannot be known"},
		{"a status by default", "Parameters: {P: {Type: String, Default: Active}}\n", "Type: AWS::IAM::AccessKey, Properties: {UserName: x, Status: !Ref P}", key + "; active by default"},
		{"a template elsewhere", "", "Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://x/iam-users.yml'}", "the template https://x/iam-users.yml is not in the repository; by its name it may make one"},
		{"a stack set", "", "Type: AWS::CloudFormation::StackSet, Properties: {TemplateBody: 'Resources: {U: {Type: AWS::IAM::User}}'}", user + "; once for each account, whose number is not known"},
		{"a call", "", `Type: Custom::AWS, Properties: {Create: '{"service": "iam", "action": "createUser"}'}`, "a custom resource of the template calls AWS: createuser"},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := memTree{"t.yml": c.head + "Resources:\n  R: {" + c.resource + "}\n"}
			rows, skipped := Diff(memTree{}, head, []string{"t.yml"}, nil)
			var got []string
			for _, r := range rows {
				got = append(got, r.Why)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" || len(skipped) > 0 {
				t.Error(diff, skipped)
			}
		})
	}
	loop := "Parameters: {N: {Type: CommaDelimitedList}, D: {Type: CommaDelimitedList, Default: a}}\nResources:\n" +
		"  Fn::ForEach::A: [X, !Ref N, {'A${X}': {Type: AWS::IAM::User}}]\n  Fn::ForEach::B: [X, !Ref D, {'B${X}': {Type: AWS::IAM::User}}]\n"
	rows, _ := Diff(memTree{}, memTree{"t.yml": loop}, []string{"t.yml"}, nil)
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		want := user + "; the collection of its loop is not known"
		if r.Address == "Resources.Ba" {
			want = user + "; the default of a parameter decides on its loop"
		}
		if r.Why != want {
			t.Errorf("%s: %s", r.Address, r.Why)
		}
	}
}
