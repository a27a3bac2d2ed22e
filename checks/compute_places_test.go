package checks

import (
	"slices"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// place is a resource of the region, with one key.
func place(service, arn, name string, k inventory.ComputeKey) inventory.Resource {
	return inventory.Resource{ARN: "arn:aws:" + service + ":eu-west-1:111122223333:" + arn, Name: name, Service: service, Region: "eu-west-1", Keys: []inventory.ComputeKey{k}}
}

// ownKey is the active key of a user of the account.
const ownKey = "AKIAQX4WJ2KEAEXAMPLE"

func withOwner(a *inventory.Account) *inventory.Account {
	a.Users = []inventory.User{{
		Name: "deploy", ARN: "arn:aws:iam::111122223333:user/deploy", ID: "AIDAQX4WJ2KEEXAMPLE01", Created: now.AddDate(-1, 0, 0),
		Keys: []inventory.AccessKey{{ID: ownKey, Active: true, Created: now.AddDate(0, -1, 0), LastUsed: now}},
	}}
	return a
}

// Each place is called by its name, and its steps name what is there.
func TestPlaces(t *testing.T) {
	in := func(where, variable string) inventory.ComputeKey {
		return inventory.ComputeKey{KeyID: ownKey, Where: where, Variable: variable}
	}
	branch := in(inventory.InEnvironment, "KEY")
	branch.Part = "main"
	service := place("lightsail", "ContainerService/0a1b", "web", in(inventory.InEnvironment, "KEY"))
	service.Role = "arn:aws:iam::999988887777:role/amazon/lightsail/eu-west-1/containers/web/0a1b"
	for _, tt := range []struct {
		resource inventory.Resource
		title    string
		kind     string
		says     []string
		not      string
	}{
		{
			place("cloudformation", "stack/app/1f2e", "app", in(inventory.InParameter, "Key")), "Access key in CloudFormation stack app (eu-west-1)", replaceRolesAnywhere,
			[]string{"in the parameters, variable `Key`", "aws cloudformation deploy --stack-name app", "delete-access-key"},
			"made and keeps",
		},
		{
			place("cloudformation", "stack/app/1f2e", "app", in(inventory.InStack, "DeployKey")), "Access key in CloudFormation stack app (eu-west-1)", replaceRolesAnywhere,
			[]string{"which the stack has made and keeps as `DeployKey`", "The stack makes a user's key", "--status Inactive", "`deploy`"},
			"delete-access-key",
		},
		{
			place("elasticbeanstalk", "environment/shop/prod", "", in(inventory.InEnvironment, "KEY")), "Access key in Elastic Beanstalk environment prod (eu-west-1)", replaceInstanceProfile,
			[]string{"--environment-name prod", "Value=beanstalk-prod", "--options-to-remove Namespace=aws:elasticbeanstalk:application:environment,OptionName=KEY"},
			"",
		},
		{
			place("amplify", "apps/d123", "shop", branch), "Access key in Amplify app shop (eu-west-1)", replaceCodeBuildRole,
			[]string{"branch `main`", "aws amplify update-app --app-id d123", "amplify.amazonaws.com"},
			"container",
		},
		{
			service, "Access key in Lightsail container service web (eu-west-1)", replaceTaskRole,
			[]string{`"AWS":"arn:aws:iam::999988887777:role/amazon/lightsail/eu-west-1/containers/web/0a1b"`, "--service-name web"},
			"",
		},
		{
			place("lightsail", "Bucket/0a1b", "files", inventory.ComputeKey{KeyID: "AKIAQX4WJ2KEBEXAMPLE", Where: inventory.InBucket}), "Access key in Lightsail bucket files (eu-west-1)", replaceInstanceProfile,
			[]string{"an active key of the bucket itself", "of no IAM user", "delete-bucket-access-key --bucket-name files --access-key-id AKIAQX4WJ2KEBEXAMPLE", "set-resource-access-for-bucket"},
			"look at the configuration",
		},
		{
			place("ssm", "parameter/app/id", "/app/id", in(inventory.InValue, "")), "Access key in parameter /app/id (eu-west-1)", replaceRolesAnywhere,
			[]string{"aws ssm delete-parameter --name /app/id", "AttributeValue=/app/id"},
			"",
		},
	} {
		a := withOwner(computeIn(tt.resource))
		found := slices.DeleteFunc(Evaluate(a, policy.Default(), Options{Now: now}), func(f Finding) bool { return f.Check != idStaticKeyInCompute })
		if len(found) != 1 || found[0].Title != tt.title || found[0].Replace.Kind != tt.kind {
			t.Errorf("%s: %+v", tt.title, found)
			continue
		}
		text := render(found[0])
		for _, want := range tt.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not said:\n%s", tt.title, want, text)
			}
		}
		if tt.not != "" && strings.Contains(text, tt.not) {
			t.Errorf("%s: %q is said:\n%s", tt.title, tt.not, text)
		}
		hidden := render(Evaluate(a, policy.Default(), Options{Now: now, Display: Redacted()})[0])
		for _, name := range []string{"111122223333", ownKey, "d123", "deploy`", tt.resource.Name} {
			if name != "" && name != "app" && name != "web" && name != "files" && strings.Contains(hidden, name) {
				t.Errorf("%s: %q is not hidden:\n%s", tt.title, name, hidden)
			}
		}
	}
}

// What takes a key's place is told by what runs with it, and not by what hands it on.
func TestWhatRunsComesFirst(t *testing.T) {
	k := inventory.ComputeKey{KeyID: ownKey, Where: inventory.InEnvironment, Variable: "KEY"}
	a := withOwner(computeIn(place("cloudformation", "stack/app/1f2e", "app", k), place("lambda", "function:resize", "", k), place("ssm", "parameter/x", "x", k)))
	a.Users[0].Keys[0].Created = now.AddDate(-2, 0, 0)
	if found := Evaluate(a, policy.Default(), Options{Now: now}); len(found) != 4 {
		t.Errorf("%d findings", len(found))
	}
	for _, f := range Evaluate(a, policy.Default(), Options{Now: now}) {
		if f.Kind != SubjectResource && f.KeyID == ownKey && f.Replace.Kind != replaceLambdaRole {
			t.Errorf("%s: %+v", f.Check, f.Replace)
		}
	}
}

// A task whose environment file was not read is not called clean, and its finding says so.
func TestUnreadEnvironmentFile(t *testing.T) {
	task := inventory.Resource{ARN: "arn:aws:ecs:eu-west-1:111122223333:task-definition/web", Service: "ecs", Region: "eu-west-1", Unread: 1}
	asked := Asked{
		ID:      FindingID("aws", "111122223333", "", task.ARN, idStaticKeyInCompute),
		Subject: idStaticKeyInCompute, Check: idStaticKeyInCompute, Place: "ecs/eu-west-1",
	}
	if v := Absences(computeIn(task), policy.Default(), now, []Asked{asked})[asked.ID]; v.State != StateNotAssessed {
		t.Errorf("%+v", v)
	}
	if found := Evaluate(computeIn(task), policy.Default(), Options{Now: now}); len(found) != 0 {
		t.Errorf("found %+v", found)
	}
	task.Keys = []inventory.ComputeKey{{KeyID: ownKey, Where: inventory.InEnvironment}}
	found := Evaluate(computeIn(task), policy.Default(), Options{Now: now})
	if len(found) != 1 || !strings.Contains(strings.Join(found[0].Evidence.Notes, " "), "was not read") {
		t.Errorf("found %+v", found)
	}
}

// A parameter that the role is not granted to read any more is not called clean.
func TestParametersOff(t *testing.T) {
	asked := Asked{
		ID:      FindingID("aws", "111122223333", "", "arn:aws:ssm:eu-west-1:111122223333:parameter/x", idStaticKeyInCompute),
		Subject: idStaticKeyInCompute, Check: idStaticKeyInCompute, Place: "ssm/eu-west-1",
	}
	a := computeIn()
	if v := Absences(a, policy.Default(), now, []Asked{asked})[asked.ID]; v.State != StateAbsent {
		t.Errorf("%+v", v)
	}
	a.Compute.Off = []string{"ssm"}
	if v := Absences(a, policy.Default(), now, []Asked{asked})[asked.ID]; v.State != StateNotAssessed {
		t.Errorf("off: %+v", v)
	}
}
