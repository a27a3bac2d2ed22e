package checks

import "github.com/keysweep/keysweep/internal/inventory"

// computeKind is how a service of compute is spoken of, and what its resources have in place
// of keys.
type computeKind struct {
	word        string // Lambda function
	replacement Replacement
	// steps grant the role and take the key out; they are given the shown subject.
	steps func(s *Subject) []Step
}

// What takes the place of a key in each.
var (
	toLambdaRole = Replacement{replaceLambdaRole, "A function has an execution role already: what the key may do becomes a policy of that role, and the SDK takes its credentials by itself."}
	toTaskRole   = Replacement{replaceTaskRole, "A task definition names a task role, whose credentials every container of the task gets, and the SDK takes them by itself."}
	toInstance   = Replacement{replaceInstanceProfile, "An instance profile gives the instance a role, whose credentials the SDK and the CLI take by themselves and AWS changes every few hours."}
	toJobRole    = Replacement{replaceTaskRole, "A job definition names a job role, a task role of ECS, whose credentials the container gets, and the SDK takes them by itself."}
	toBuildRole  = Replacement{replaceCodeBuildRole, "A project has a service role already: what the key may do becomes a policy of that role, and the build takes its credentials by itself."}
)

// kindOf is how the resource of the subject is spoken of.
func (s *Subject) kindOf() computeKind {
	if s.Resource.Group() {
		return computeKind{"Auto Scaling group", toInstance, groupSteps}
	}
	switch s.Resource.Service {
	case "lambda":
		return computeKind{"Lambda function", toLambdaRole, lambdaSteps}
	case "ecs":
		return computeKind{"ECS task definition", toTaskRole, taskSteps}
	case "batch":
		return computeKind{"Batch job definition", toJobRole, jobSteps}
	case "codebuild":
		return computeKind{"CodeBuild project", toBuildRole, buildSteps}
	case "apprunner", "glue", "sagemaker", "states":
		return s.workloadKind()
	case "autoscaling":
		return computeKind{"launch configuration", toInstance, launchConfigurationSteps}
	case "ec2":
		if s.Resource.Template() {
			return computeKind{"launch template", toInstance, templateSteps}
		}
		return computeKind{"EC2 instance", toInstance, instanceSteps}
	}
	return s.placeKind()
}

const (
	textInCode = "Do it where the resource is declared, in CloudFormation, Terraform or a pipeline, or the key comes back with the next deployment."
	textNoKey  = "an SDK that finds no key takes the role's credentials."
)

// grantRole is the step that lets a role do what the key does.
func grantRole(role, whose string) Step {
	return Step{
		Text:    "Let the role that " + whose + " has already, " + codeWord(role) + ", do what the key does: a policy with those actions, on those resources. Set POLICY_ARN to it.",
		Command: grantTo(resourceName(role)),
	}
}

func grantTo(role string) string {
	return withCommand("", "attach-role-policy", "--role-name", role) + ` --policy-arn "$POLICY_ARN"`
}

// grantOr is the step that lets the role of the resource do what the key does; without a known
// role, the step that finds one or makes one.
func (s *Subject) grantOr(whose string, without Step) Step {
	if s.Resource.Role == "" {
		return without
	}
	return grantRole(s.Resource.Role, whose)
}

// makeRole is the step that makes a role for a service that has none to take.
func makeRole(name, service, text string) Step {
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
	return Step{
		Text:    text + " Give it a policy that allows what is needed, and no more.",
		Command: withCommand("", "create-role", "--role-name", name, "--assume-role-policy-document", trust),
	}
}

// awsCommand begins a command about the resource; words are quoted.
func (s *Subject) awsCommand(words ...string) string {
	out := "aws"
	for _, w := range words {
		out += " " + Quote(w)
	}
	return out + " --region " + Quote(s.Resource.Region)
}

func lambdaSteps(s *Subject) []Step {
	arn := s.Resource.ARN
	ask := Step{Text: "Let the execution role of the function do what the key does.", Command: s.awsCommand("lambda", "get-function-configuration", "--function-name", arn, "--query", "Role")}
	return []Step{
		s.grantOr("the function", ask),
		{
			Text: "Take " + s.variableList() + " and the variable with its secret out of the environment of the function; " + textNoKey + " " + textInCode +
				" By hand, write the environment that stays into environment.json, as {\"Variables\": {…}}.",
			Command: s.awsCommand("lambda", "update-function-configuration", "--function-name", arn, "--environment", "file://environment.json"),
		},
		{
			Text:    "See that the function still works.",
			Command: s.awsCommand("lambda", "get-function-configuration", "--function-name", arn, "--query", "[LastUpdateStatus, Role]"),
		},
	}
}

func taskSteps(s *Subject) []Step {
	family := resourceName(s.Resource.ARN)
	grant := s.grantOr("the task definition", makeRole(family+"-task", "ecs-tasks.amazonaws.com", "Make a task role: the task definition has none."))
	if s.holdsIn(inventory.InFile) {
		grant.Text += " Take the key out of the environment file in S3 too, and delete earlier versions of that."
	}
	return []Step{
		grant,
		{
			Text: "Register a new revision with that role as taskRoleArn, without " + s.variableList() + " and what holds its secret; " + textNoKey + " " + textInCode +
				" By hand, write the revision into task.json.",
			Command: s.awsCommand("ecs", "register-task-definition", "--cli-input-json", "file://task.json"),
		},
		{
			Text:    "Move the services and schedules to the new revision, then deregister the old ones: whoever may describe them can still read the key.",
			Command: s.awsCommand("ecs", "list-task-definitions", "--family-prefix", family, "--status", "ACTIVE"),
		},
	}
}

func jobSteps(s *Subject) []Step {
	name := resourceName(s.Resource.ARN)
	return []Step{
		s.grantOr("the job definition", makeRole(name+"-job", "ecs-tasks.amazonaws.com", "Make a job role: the job definition has none.")),
		{
			Text: "Register a new revision with that role as jobRoleArn, without " + s.variableList() + " and what holds its secret; " + textNoKey + " " + textInCode +
				" By hand, write the revision into job.json.",
			Command: s.awsCommand("batch", "register-job-definition", "--cli-input-json", "file://job.json"),
		},
		{
			Text:    "Deregister the revisions with the key: a job can still be made of them, and whoever may describe them can read the key.",
			Command: s.awsCommand("batch", "describe-job-definitions", "--job-definition-name", name, "--status", "ACTIVE", "--query", "jobDefinitions[].jobDefinitionArn"),
		},
	}
}

func buildSteps(s *Subject) []Step {
	name := resourceName(s.Resource.ARN)
	ask := Step{Text: "Let the service role of the project do what the key does.", Command: s.awsCommand("codebuild", "batch-get-projects", "--names", name, "--query", "projects[].serviceRole")}
	return []Step{
		s.grantOr("the project", ask),
		{
			Text: "Take " + s.variableList() + " and the variable with its secret out of the project, and out of a buildspec that sets them; " + textNoKey + " " + textInCode +
				" By hand, write the environment that stays into environment.json.",
			Command: s.awsCommand("codebuild", "update-project", "--name", name, "--environment", "file://environment.json"),
		},
		{
			Text:    "Run a build and see that it still works. The logs of earlier builds may show the key: delete those that do.",
			Command: s.awsCommand("codebuild", "start-build", "--project-name", name),
		},
	}
}

// profileSteps make a role and its instance profile, where the resource has none.
func profileSteps(s *Subject, name string) []Step {
	if p := s.Resource.Role; p != "" {
		return []Step{{
			Text:    "Let the role of the instance profile that is there already, " + codeWord(p) + ", do what the key does. This names the role.",
			Command: withCommand("", "get-instance-profile", "--instance-profile-name", resourceName(p), "--query", "InstanceProfile.Roles[].RoleName"),
		}}
	}
	return []Step{
		makeRole(name, "ec2.amazonaws.com", "Make a role for the instances."),
		{Text: "Make an instance profile of the same name.", Command: withCommand("", "create-instance-profile", "--instance-profile-name", name)},
		{Text: "Put the role into it.", Command: withCommand("", "add-role-to-instance-profile", "--instance-profile-name", name, "--role-name", name)},
	}
}

// associate is the step that gives a running instance the profile.
func associate(s *Subject, name string) Step {
	return Step{
		Text:    "Give the profile to the running instance; it needs no restart.",
		Command: s.awsCommand("ec2", "associate-iam-instance-profile", "--instance-id", resourceName(s.Resource.ARN), "--iam-instance-profile", "Name="+name),
	}
}

func instanceSteps(s *Subject) []Step {
	name := "ec2-" + resourceName(s.Resource.ARN)
	steps := profileSteps(s, name)
	if s.Resource.Running > 0 {
		steps = append(steps, associate(s, name))
	}
	if len(s.Resource.Keys) == 0 {
		return steps
	}
	return append(steps, Step{
		Text: "Take the key out of the user data, and out of the files that the user data wrote on the instance. AWS changes user data only while the instance is stopped; " +
			"instances that are made anew need no more than new user data. " + textInCode,
		Command: s.awsCommand("ec2", "modify-instance-attribute", "--instance-id", resourceName(s.Resource.ARN), "--user-data", "file://user-data.b64"),
	})
}

func groupSteps(s *Subject) []Step {
	group := resourceName(s.Resource.ARN)
	steps := append(profileSteps(s, "asg-"+group), Step{
		Text: "Name the profile in the launch template or launch configuration of the group, without the key in its user data. " + textInCode +
			" This shows which it is.",
		Command: s.awsCommand("autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", group, "--query", "AutoScalingGroups[].[LaunchTemplate, MixedInstancesPolicy, LaunchConfigurationName]"),
	})
	return append(steps, Step{
		Text:    "Replace the running instances by new ones.",
		Command: s.awsCommand("autoscaling", "start-instance-refresh", "--auto-scaling-group-name", group),
	})
}

func templateSteps(s *Subject) []Step {
	id := resourceName(s.Resource.ARN)
	steps := append(profileSteps(s, "ec2-"+id), Step{
		Text: "Make a new version of the template, with the profile and without the key. " + textInCode + " By hand, write what changes into template.json.",
		Command: s.awsCommand("ec2", "create-launch-template-version", "--launch-template-id", id, "--source-version", "$Latest",
			"--launch-template-data", "file://template.json"),
	})
	return append(steps, Step{
		Text:    "Move the groups and the default to it, replace the instances, and delete the versions with the key: whoever may describe them can still read it.",
		Command: s.awsCommand("ec2", "describe-launch-template-versions", "--launch-template-id", id, "--query", "LaunchTemplateVersions[].VersionNumber"),
	})
}

func launchConfigurationSteps(s *Subject) []Step {
	name := resourceName(s.Resource.ARN)
	return append(profileSteps(s, "ec2-"+name), Step{
		Text: "Make a launch template in its place, with the profile and without the key, and move the groups to it; a launch configuration cannot be changed. " + textInCode,
	}, Step{
		Text:    "Replace the instances, then delete the launch configuration.",
		Command: s.awsCommand("autoscaling", "delete-launch-configuration", "--launch-configuration-name", name),
	})
}
