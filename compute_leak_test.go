package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
)

// titlesOfPlanted begin the titles of the issues about one resource of each kind.
var titlesOfPlanted = []string{
	"Lambda function planted", "EC2 instance i-0123456789abcdef0", "launch template lt-0123456789abcdef0", "launch configuration planted",
	"ECS task definition planted", "CodeBuild project planted", "Batch job definition planted", "App Runner service planted", "Glue job planted",
	"Glue connection planted", "SageMaker model planted", "SageMaker training job planted", "SageMaker lifecycle configuration planted", "state machine planted",
	"CloudFormation stack planted", "Elastic Beanstalk environment planted", "Amplify app planted", "Lightsail container service planted", "Lightsail bucket planted",
	"parameter planted",
}

// A secret in the configuration of any kind of compute is found and told nowhere: not in the report
// folder, the inventory, the log at its most talkative, nor in anything that GitHub is sent. Every
// list that the simulated compute has takes part, so that no reader is left out.
func TestNoSecretOfComputeIsTold(t *testing.T) {
	const readable, unreadable, refused = 0, 1, 2
	for _, answers := range []int{readable, unreadable, refused} {
		j := newJob(t)
		j.vars = map[string]string{"RUNNER_DEBUG": "1"}
		j.inputs["MAX-NEW-ISSUES"] = "1000"
		c := awssim.Planted(keyID("222233334444", 3), plantedSecret, start)
		lists := reflect.ValueOf(*c)
		for i := range lists.NumField() {
			if lists.Field(i).Len() == 0 {
				t.Errorf("nothing is planted in %s", lists.Type().Field(i).Name)
			}
		}
		stage := j.world.Accounts["333344445555"]
		stage.Regions, stage.Compute = []string{"eu-west-1"}, map[string]*awssim.Compute{"eu-west-1": c}
		stage.Objects = map[string]string{"planted/app.env": string(c.Instances[0].UserData)}
		want := action.ExitDone
		if answers != readable { // what is said of an answer shows nothing of it either
			j.world.Faults = badAnswers(c.Machines[0].Definition, answers == refused)
			want = action.ExitUncovered
		}
		j.wantStatus(j.run(), want)
		titles := strings.Join(j.titles(), "\n")
		for _, title := range titlesOfPlanted {
			if answers == readable && strings.Count(titles, "Access key in "+title+" (eu-west-1)") != 1 {
				t.Errorf("not one issue about %q:\n%s", title, titles)
			}
		}
		for where, text := range j.leftBehind() {
			for _, secret := range []string{plantedSecret, plantedSecret[:20], plantedSecret[20:]} {
				if strings.Contains(text, secret) {
					t.Errorf("%s holds a planted secret", where)
				}
			}
		}
	}
}

// badAnswers stand for what the readers ask: text that none understands, or an error that says it.
func badAnswers(text string, refused bool) []awssim.Fault {
	var out []awssim.Fault
	for _, name := range []string{
		"lambda:ListFunctions", "ec2:DescribeInstances", "ec2:DescribeLaunchTemplateVersions", "autoscaling:DescribeLaunchConfigurations",
		"ecs:ListTaskDefinitionFamilies", "codebuild:ListProjects", "batch:DescribeJobDefinitions", "apprunner:ListServices", "glue:GetJobs",
		"glue:GetConnections", "sagemaker:ListModels", "sagemaker:ListTrainingJobs", "sagemaker:ListNotebookInstanceLifecycleConfigs", "states:ListStateMachines",
		"cloudformation:GetTemplate", "elasticbeanstalk:DescribeConfigurationSettings", "amplify:ListApps", "lightsail:GetContainerServices", "lightsail:GetBuckets",
		"ssm:GetParameters",
	} {
		bad := awssim.Fault{Action: name, Account: "333344445555", Status: 200, Body: "]" + text}
		if refused {
			bad = awssim.Fault{Action: name, Account: "333344445555", Status: 400, Code: "ValidationException", Message: text}
		}
		out = append(out, bad)
	}
	return out
}
