package main

import (
	"testing"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
)

// stageHolds puts all kinds of compute that hold a key into eu-west-1 of stage.
func (j *job) stageHolds() {
	j.inputs["MAX-NEW-ISSUES"], j.inputs["MAX-CLOSE-PERCENT"] = "1000", "100"
	stage := j.world.Accounts["333344445555"]
	stage.Regions = []string{"eu-west-1", "us-east-1"}
	stage.Compute = map[string]*awssim.Compute{"eu-west-1": awssim.Planted(keyID("222233334444", 3), plantedSecret, start)}
}

// Whatever of a resource is not answered, its issue stays: no answer but that there is no such thing says that it holds no key.
func TestUnansweredResourceKeepsItsIssue(t *testing.T) {
	for _, c := range []struct {
		title string
		fault awssim.Fault
	}{
		{"CloudFormation stack planted", awssim.Fault{Action: "cloudformation:DescribeStacks", Status: 200, Body: "<html><body>a proxy</body></html>"}},
		{"CloudFormation stack planted", awssim.Fault{Action: "cloudformation:DescribeStacks", Status: 400, Code: "ValidationError", Message: "no"}},
		{"Elastic Beanstalk environment planted", awssim.Fault{Action: "elasticbeanstalk:DescribeConfigurationSettings", Status: 400, Code: "InvalidParameterValue", Message: "The environment is in an invalid state."}},
		{"Elastic Beanstalk environment planted", awssim.Fault{Action: "elasticbeanstalk:DescribeEnvironments", Status: 200, Body: "<ErrorResponse><Error/></ErrorResponse>"}},
		{"ECS task definition planted", awssim.Fault{Action: "ecs:DescribeTaskDefinition", Status: 400, Code: "ClientException", Message: "The account is being closed."}},
		{"Amplify app planted", awssim.Fault{Action: "amplify:ListApps", Code: "AccessDeniedException", Message: "no"}},
		{"Lightsail bucket planted", awssim.Fault{Action: "lightsail:GetBucketAccessKeys", Code: "AccessDeniedException", Message: "no"}},
		{"parameter planted", awssim.Fault{Action: "ssm:GetParameters", Code: "AccessDeniedException", Message: "no"}},
		{"App Runner service planted", awssim.Fault{Action: "apprunner:DescribeService", Code: "AccessDeniedException", Message: "no"}},
		{"Glue connection planted", awssim.Fault{Action: "glue:GetConnections", Code: "AccessDeniedException", Message: "no"}},
		{"SageMaker training job planted", awssim.Fault{Action: "sagemaker:DescribeTrainingJob", Code: "AccessDeniedException", Message: "no"}},
		{"state machine planted", awssim.Fault{Action: "states:DescribeStateMachine", Code: "AccessDeniedException", Message: "no"}},
		{"launch template lt-0123456789abcdef0", awssim.Fault{Action: "ec2:DescribeLaunchTemplateVersions", Status: 200, Body: "<html></html>"}},
	} {
		j := newJob(t)
		j.stageHolds()
		j.wantStatus(j.run(), action.ExitDone)
		c.fault.Account = "333344445555"
		j.world.Faults = []awssim.Fault{c.fault}
		j.nextDay()
		if got := j.run(); got != action.ExitUncovered || !j.open(c.title) {
			t.Errorf("%s, %s %s: exit status %d, open: %v", c.title, c.fault.Action, c.fault.Code, got, j.open(c.title))
		}
		j.world.Faults, j.world.Accounts["333344445555"].Compute = nil, nil
		j.nextDay()
		j.wantStatus(j.run(), action.ExitDone)
		if j.open(c.title) {
			t.Errorf("%s: the issue is open where there is no such thing any more", c.title)
		}
	}
}

// What the role is granted no more, or a region that is read no more, closes nothing.
func TestUngrantedKeepsIssues(t *testing.T) {
	const no = "User: x is not authorized to perform: y because no identity-based policy allows the y action"
	for _, fault := range []awssim.Fault{
		{Action: "ssm:DescribeParameters", Code: "AccessDeniedException", Message: no},
		{Action: "ssm:GetParameters", Code: "AccessDeniedException", Message: no},
		{Action: "s3:GetObject", Code: "AccessDenied", Message: no},
		{Action: "s3:GetObject", Code: "AccessDenied", Message: "Access Denied"},
	} {
		j := newJob(t)
		j.stageHolds()
		j.wantStatus(j.run(), action.ExitDone)
		j.world.Faults = []awssim.Fault{fault}
		j.nextDay()
		j.wantStatus(j.run(), action.ExitDone)
		for _, title := range []string{"parameter planted", "ECS task definition planted"} {
			if !j.open(title) {
				t.Errorf("%s %q: %s is closed", fault.Action, fault.Message, title)
			}
		}
	}
	j := newJob(t)
	j.stageHolds()
	j.wantStatus(j.run(), action.ExitDone)
	j.inputs["REGIONS"] = "us-east-1"
	j.nextDay()
	j.run()
	for _, title := range titlesOfPlanted {
		if !j.open(title) {
			t.Errorf("a run that does not read the region closed %s", title)
		}
	}
}
