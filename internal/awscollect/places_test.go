package awscollect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// addPlaces adds what holds keys and runs nothing by itself, or runs what others look after: each with
// a key that is found and with what looks like one.
func addPlaces(a *awssim.Account) *awssim.Account {
	c := a.Compute["eu-west-1"]
	secret := func(n int) map[string]string { return map[string]string{"KEY": planted(n), "SECRET": plantedSecret(n)} }
	declares := "Resources:\n  DeployKey:\n    Type: AWS::IAM::AccessKey\n    Properties: {UserName: deploy}\n"
	c.Stacks = []awssim.Stack{
		{Name: "alike", Parameters: lookAlikes(), Outputs: lookAlikes(), Template: "Description: makes no AWS::IAM::AccessKey by itself\n"},
		{Name: "gives", Parameters: secret(20), Outputs: map[string]string{"Id": planted(21)}, Template: "Resources: {}\n"},
		{Name: "makes", IAM: true, Template: declares, Keys: map[string]string{"DeployKey": planted(22)}},
		{Name: "within", Parent: "makes", Template: "Resources:\n  X: {Type: Custom::X, Properties: {Key: " + planted(23) + "}}\n"},
		{Name: "gone", Status: "DELETE_COMPLETE", Parameters: secret(24), Template: declares},
		{Name: "planned", Status: "REVIEW_IN_PROGRESS", Parameters: secret(25)},
	}
	c.Environments = []awssim.Environment{
		{Name: "alike", Application: "shop", Env: lookAlikes()},
		{Name: "holds", Application: "shop", Profile: "web", Env: secret(26), Secrets: []string{"AWS_SECRET_ACCESS_KEY", "DB_PASSWORD"}},
	}
	c.Apps = []awssim.App{
		{ID: "dalike", Name: "alike", Env: lookAlikes(), Branches: []awssim.Branch{{Name: "main", Env: lookAlikes()}, {Name: "dev"}}},
		{ID: "dholds", Name: "holds", Role: "build", Env: secret(27), Branches: []awssim.Branch{
			{Name: "main", Env: secret(28)}, {Name: "dev"}, {Name: "spec", Spec: "version: 1\nenv:\n  KEY: " + planted(29) + "\n"},
		}},
	}
	c.ContainerServices = []awssim.ContainerService{
		{Name: "alike", Current: lookAlikes()},
		{Name: "holds", Current: secret(30), Next: map[string]string{"NEXT": planted(31)}, Command: []string{"run", "--key=" + planted(32)}},
	}
	c.Buckets = []awssim.Bucket{
		{Name: "alike", Keys: []awssim.Key{{ID: planted(33), Inactive: true}}},
		{Name: "holds", Keys: []awssim.Key{{ID: planted(34)}, {ID: planted(35), Inactive: true}}},
		{Name: "none"},
	}
	c.Parameters = []awssim.Parameter{
		{Name: "/app/alike", Type: "String", Value: "AKIAIOSFODNN7EXAMPLE"},
		{Name: "/app/id", Type: "String", Value: planted(36)},
		{Name: "list", Type: "StringList", Value: "a," + planted(37)},
		{Name: "/app/sealed", Type: "SecureString", Value: planted(38)},
	}
	for i := range 12 {
		c.Parameters = append(c.Parameters, awssim.Parameter{Name: fmt.Sprintf("p%d", i), Type: "String", Value: "x"})
	}
	c.Tasks = append(c.Tasks,
		awssim.Task{Family: "filed", Revision: 1, Files: []string{"arn:aws:s3:::conf/app/prod env+1.env"}},
		awssim.Task{Family: "filed-alike", Revision: 1, Files: []string{"arn:aws:s3:::conf/alike.env", "arn:aws:s3:::conf/gone.env"}},
	)
	a.Objects = map[string]string{
		"conf/app/prod env+1.env": "KEY=" + planted(39) + "\nSECRET=" + plantedSecret(39) + "\n",
		"conf/alike.env":          "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n",
	}
	return a
}

var placesWant = []string{
	"amplify apps/dholds buildspec spec KEY #29",
	"amplify apps/dholds environment KEY #27",
	"amplify apps/dholds environment main KEY #28",
	"cloudformation stack/gives parameter KEY #20",
	"cloudformation stack/gives output Id #21",
	"cloudformation stack/makes stack DeployKey #22",
	"cloudformation stack/planned parameter KEY #25",
	"cloudformation stack/within template Key #23",
	"ecs task-definition/filed 1 environment-file app KEY #39",
	"elasticbeanstalk environment/shop/holds secret AWS_SECRET_ACCESS_KEY",
	"elasticbeanstalk environment/shop/holds environment KEY #26",
	"lightsail Bucket/00000000-0000-4000-8000-00000000000b bucket #34",
	"lightsail ContainerService/00000000-0000-4000-8000-00000000000b command app #32",
	"lightsail ContainerService/00000000-0000-4000-8000-00000000000b environment app KEY #30",
	"lightsail ContainerService/00000000-0000-4000-8000-00000000000b environment app NEXT #31",
	"ssm parameter/app/id value #36",
	"ssm parameter/list value #37",
}

// isPlace reports whether a line of computeLines is of one of these readers.
func isPlace(line string) bool {
	service, _, _ := strings.Cut(line, " ")
	return slices.Contains([]string{"amplify", "cloudformation", "elasticbeanstalk", "lightsail", "ssm"}, service) || strings.Contains(line, "environment-file")
}

func placeLines(a *inventory.Account) []string {
	var out []string
	for _, line := range computeLines(a) {
		if isPlace(line) {
			out = append(out, strings.ReplaceAll(line, "/1f2e3d40-0000-11ee-8000-0a0b0c0d0e0f", ""))
		}
	}
	return out
}

// Each of these readers finds its planted key and stays silent on what looks like one.
func TestPlacesAreFound(t *testing.T) {
	for _, size := range []int{0, 2} {
		w := world(computeAccount(t))
		w.PageSize = size
		c, _ := start(t, w)
		a := c.Account(t.Context(), Target{ID: member}, nothing)
		if diff := cmp.Diff(placesWant, placeLines(a)); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
		if len(a.Compute.Off) != 0 {
			t.Errorf("off: %v", a.Compute.Off)
		}
	}
}

const noPolicy = "because no identity-based policy allows the action"

// What the role is not granted to read is no lack, is asked for once, and is not called clean.
func TestGrantedOnly(t *testing.T) {
	denied := func(action string) awssim.Fault {
		return awssim.Fault{Action: action, Account: member, Code: "AccessDenied", Message: noPolicy}
	}
	for _, tt := range []struct {
		action, service string
		asked           int
	}{{"ssm:DescribeParameters", "ssm", 1}, {"ssm:GetParameters", "ssm", 2}, {"s3:GetObject", "ecs", 1}} {
		w := world(computeAccount(t))
		w.Faults = []awssim.Fault{denied(tt.action)}
		c, s := start(t, w)
		a := c.Account(t.Context(), Target{ID: member}, nothing)
		if a.Status != inventory.Audited || len(a.Missing) != 0 {
			t.Errorf("%s refused: %s, missing %v", tt.action, a.Status, missingLines(a))
		}
		if n := s.CountIn(member)[tt.action]; n < 1 || n > tt.asked {
			t.Errorf("%s was asked %d times", tt.action, n)
		}
		if _, lacks := a.LacksAt(inventory.FactComputeKeys, tt.service, "eu-west-1"); lacks != (tt.service == "ssm") {
			t.Errorf("%s refused: the keys of the service are lacking: %v", tt.action, lacks)
		}
		for _, r := range a.Compute.Resources {
			if strings.Contains(r.ARN, "task-definition/filed") && r.Unread == 0 && tt.service == "ecs" {
				t.Errorf("%s has no file unread", r.ARN)
			}
		}
		roundTrip(t, a)
	}
}

// A refusal that is none by the role is a lack.
func TestGrantedAndRefused(t *testing.T) {
	for _, tt := range []struct {
		action, message string
		after, missing  int
	}{
		{"ssm:GetParameters", "with an explicit deny in a service control policy", 0, 1},
		{"s3:GetObject", "with an explicit deny in a resource-based policy", 0, 1}, // and another file was read
		{"s3:GetObject", "Access Denied", 1, 1},
		{"s3:GetObject", "Access Denied", 0, 1},
	} {
		w := world(computeAccount(t))
		w.Faults = []awssim.Fault{{Action: tt.action, Account: member, Code: "AccessDenied", Message: tt.message, After: tt.after, Times: 1}}
		c, _ := start(t, w)
		a := c.Account(t.Context(), Target{ID: member}, nothing)
		if len(a.Missing) != tt.missing || a.Status != inventory.Partial {
			t.Errorf("%s refused %q after %d: %s, missing %v", tt.action, tt.message, tt.after, a.Status, missingLines(a))
		}
	}
}

// More stacks than templates are read: those come first that may have keys, and the rest is told.
func TestManyStacks(t *testing.T) {
	c := &awssim.Compute{}
	for i := range templatesAtMost + 1 {
		c.Stacks = append(c.Stacks, awssim.Stack{Name: fmt.Sprintf("s%d", i), Template: "Resources: {}\n"})
	}
	last := &c.Stacks[templatesAtMost]
	last.IAM, last.Template, last.Keys = true, "Type: AWS::IAM::AccessKey\n", map[string]string{"K": planted(1)}
	collector, s := start(t, world(&awssim.Account{ID: member, Compute: map[string]*awssim.Compute{"us-east-1": c}}))
	a := collector.Account(t.Context(), Target{ID: member}, nothing)
	if n := s.CountIn(member)["cloudformation:GetTemplate"]; n != templatesAtMost {
		t.Errorf("%d templates were read", n)
	}
	if len(a.Compute.Resources) != 1 || len(a.Missing) != 1 || a.Missing[0].Action != "cloudformation:GetTemplate" {
		t.Errorf("found %+v, missing %v", a.Compute.Resources, missingLines(a))
	}
}

// Where templates may not be read, parameters and outputs are searched all the same.
func TestStacksWithoutTemplates(t *testing.T) {
	w := world(computeAccount(t))
	w.Faults = []awssim.Fault{{Action: "cloudformation:GetTemplate", Account: member, Code: "AccessDenied", Message: noPolicy}}
	c, _ := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	var got []string
	for _, line := range placeLines(a) {
		if strings.HasPrefix(line, "cloudformation ") {
			got = append(got, line)
		}
	}
	want := []string{"cloudformation stack/gives parameter KEY #20", "cloudformation stack/gives output Id #21", "cloudformation stack/planned parameter KEY #25"}
	if diff := cmp.Diff(want, got); diff != "" || a.Status != inventory.Partial {
		t.Errorf("%s, missing %v (-want +got):\n%s", a.Status, missingLines(a), diff)
	}
}
