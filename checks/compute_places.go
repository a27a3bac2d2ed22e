package checks

import (
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// What takes the place of a key in what makes or keeps one, and in what others run.
var (
	toStackRole       = Replacement{replaceRolesAnywhere, "What the stack makes takes a role that the same template declares, and no key. Only what runs outside of AWS needs more: IAM Roles Anywhere gives it a role too."}
	toEnvironmentRole = Replacement{replaceInstanceProfile, "The instances of an environment have an instance profile, whose credentials the SDK takes by itself and AWS changes every few hours."}
	toAppRole         = Replacement{replaceCodeBuildRole, "The builds of an app run under its service role, and code that it serves under its compute role: what the key may do becomes a policy of these."}
	toContainerRole   = Replacement{replaceTaskRole, "A container service has a principal of its own, with which its containers may take a role of the account that trusts it: what the key may do becomes a policy of that role."}
	toBucketAccess    = Replacement{replaceInstanceProfile, "Instances of Lightsail reach a bucket that is attached to them without a key, as instances of EC2 do through their profile. Another account may be let read it by its number."}
	toReadersRole     = Replacement{replaceRolesAnywhere, "Whoever reads the parameter takes a role in place of the key: on AWS the role of the compute itself, elsewhere one by IAM Roles Anywhere."}
)

// placeKind is kindOf for what makes or keeps keys, and for what others run.
func (s *Subject) placeKind() computeKind {
	switch s.Resource.Service {
	case "cloudformation":
		return computeKind{"CloudFormation stack", toStackRole, stackSteps}
	case "elasticbeanstalk":
		return computeKind{"Elastic Beanstalk environment", toEnvironmentRole, environmentSteps}
	case "amplify":
		return computeKind{"Amplify app", toAppRole, appSteps}
	case "ssm":
		return computeKind{"parameter", toReadersRole, parameterSteps}
	case "lightsail":
		if s.Resource.Bucket() {
			return computeKind{"Lightsail bucket", toBucketAccess, bucketSteps}
		}
		return computeKind{"Lightsail container service", toContainerRole, containerSteps}
	}
	return computeKind{"resource", toUnknownRole, func(*Subject) []Step { return nil }}
}

// runs reports whether a resource runs something itself. What it has in place of a key says more than
// what a stack or a parameter, which hand the key on, have.
func runs(r *inventory.Resource) bool { return r.Service != "cloudformation" && r.Service != "ssm" }

// resourceLabel is what people and commands call a resource.
func resourceLabel(r *inventory.Resource) string {
	if r.Name != "" {
		return r.Name
	}
	return resourceName(r.ARN)
}

// holdsIn reports whether a key of the resource stands in a place of a kind.
func (s *Subject) holdsIn(where string) bool {
	return slices.ContainsFunc(s.Resource.Keys, func(k inventory.ComputeKey) bool { return k.Where == where })
}

// whereWords say where a key stands, by the inventory's word.
var whereWords = map[string]string{
	inventory.InEnvironment: "in the environment", inventory.InSecret: "in the secrets", inventory.InCommand: "in the command",
	inventory.InUserData: "in the user data", inventory.InBuildspec: "in the buildspec", inventory.InFile: "in an environment file in S3",
	inventory.InParameter: "in the parameters", inventory.InOutput: "in the outputs", inventory.InTemplate: "in the template",
	inventory.InValue: "in its value", inventory.InArguments: "in the arguments", inventory.InConnection: "in the connection",
	inventory.InDefinition: "in the definition", inventory.InScript: "in the script",
}

// madePlace says of a key that the resource has itself where it is from; empty for a key that stands in a configuration.
func madePlace(k inventory.ComputeKey) string {
	id := "a key whose id was not told"
	if k.KeyID != "" {
		id = "key " + oneLine(k.KeyID)
	}
	switch k.Where {
	case inventory.InStack:
		if k.Variable == "" {
			return id + ", which the stack has made and keeps"
		}
		return id + ", which the stack has made and keeps as " + codeWord(k.Variable)
	case inventory.InBucket:
		return id + ", an active key of the bucket itself"
	}
	return ""
}

// partWord is what a part of a resource is called.
func (s *Subject) partWord() string {
	if s.Resource.Service == "amplify" {
		return "branch"
	}
	return "container"
}

// unreadNotes say what of the resource was not read.
func unreadNotes(s *Subject) []string {
	switch n := s.Resource.Unread; {
	case n == 1:
		return []string{"An environment file of it, in S3, was not read: ReadEnvironmentFiles of the shipped roles lets the audit read it."}
	case n > 1:
		return []string{"Environment files of it, in S3, were not read: ReadEnvironmentFiles of the shipped roles lets the audit read them."}
	}
	return nil
}

// placeWhy is why a key matters that stands in no configuration.
func placeWhy(s *Subject) string {
	switch {
	case s.Resource.Bucket():
		return "An access key of a bucket opens it to whoever has it, from anywhere. It is of no IAM user, so that no list of users shows it, and it never changes by itself. " +
			"Instances that are attached to the bucket need no key."
	case s.holdsIn(inventory.InStack):
		return "The stack makes a user's key that never changes by itself, and hands its secret on: to outputs, parameters or variables that many may read. " +
			"What the stack makes can have a role in the same template, whose credentials change every few hours."
	}
	return ""
}

func stackSteps(s *Subject) []Step {
	name := resourceLabel(s.Resource)
	look := Step{
		Text:    "See which resources and outputs the key goes to.",
		Command: s.awsCommand("cloudformation", "get-template", "--stack-name", name, "--query", "TemplateBody", "--output", "text"),
	}
	role := Step{Text: "Declare a role in the template for what uses the key, such as the task role, the execution role or the instance profile of what the stack makes, with a policy that allows what is needed. " +
		"What runs outside of AWS gets a role through IAM Roles Anywhere."}
	change := Step{
		Text: "Take " + s.variableList() + " out of the template, and out of the parameters and outputs that hand it on. A nested stack is changed through the stack that it is nested in. " +
			"By hand, write the template into template.yml.",
		Command: s.awsCommand("cloudformation", "deploy", "--stack-name", name, "--template-file", "template.yml", "--capabilities", "CAPABILITY_NAMED_IAM"),
	}
	if !s.holdsIn(inventory.InStack) {
		return []Step{look, role, change}
	}
	change.Text += " CloudFormation deletes a key that it has made when its resource is gone from the template; take out the user too, where it is for nothing else."
	steps := []Step{look, role}
	for _, k := range s.Resource.Keys {
		if o, ok := s.keys.find(k.KeyID); ok && o.Key.Active && k.Where == inventory.InStack {
			steps = append(steps, s.deactivateFirst(o, "When what uses it has its role"))
		}
	}
	return append(steps, change)
}

// deactivateFirst is the step that deactivates a key before it goes for good.
func (s *Subject) deactivateFirst(o KeyOwner, when string) Step {
	step := deactivateKey(o.User.Name, o.Key)
	step.Text = when + ", deactivate the key, in account " + accountLabel(&Subject{Account: o.Account}) + ". To undo: " + setKey("", o.User.Name, o.Key, "Active")
	return step
}

func environmentSteps(s *Subject) []Step {
	name := resourceLabel(s.Resource)
	profile := "beanstalk-" + name
	words := []string{"elasticbeanstalk", "update-environment", "--environment-name", name}
	if s.Resource.Role == "" {
		words = append(words, "--option-settings", "Namespace=aws:autoscaling:launchconfiguration,OptionName=IamInstanceProfile,Value="+profile)
	}
	for i, v := range s.variables() {
		if i == 0 {
			words = append(words, "--options-to-remove")
		}
		words = append(words, "Namespace=aws:elasticbeanstalk:application:environment,OptionName="+v)
	}
	return append(profileSteps(s, profile),
		Step{
			Text:    "Take " + s.variableList() + " and the variable with its secret out of the environment; " + textNoKey + " " + textInCode,
			Command: s.awsCommand(words...),
		},
		Step{
			Text:    "See that no saved configuration and no .ebextensions file of the application holds the key.",
			Command: s.awsCommand("elasticbeanstalk", "describe-applications", "--query", "Applications[].[ApplicationName, ConfigurationTemplates]"),
		})
}

func appSteps(s *Subject) []Step {
	id := resourceName(s.Resource.ARN)
	return []Step{
		s.grantOr("the app", makeRole("amplify-"+id, "amplify.amazonaws.com", "Make a service role for the app, which has none, and name it in the app's settings.")),
		{
			Text: "Take " + s.variableList() + " and the variable with its secret out of the app and its branches, and out of a build specification that sets them. " +
				"By hand, write the variables that stay into environment.json; update-branch does the same for a branch.",
			Command: s.awsCommand("amplify", "update-app", "--app-id", id, "--environment-variables", "file://environment.json"),
		},
		{
			Text:    "Build the branches anew: what a build has put into pages or server code stays there until then. Logs of earlier builds may show the key.",
			Command: s.awsCommand("amplify", "list-branches", "--app-id", id, "--query", "branches[].branchName"),
		},
	}
}

func containerSteps(s *Subject) []Step {
	name := resourceLabel(s.Resource)
	grant := Step{
		Text:    "Make a role that trusts the principal of the container service, which this shows, with a policy that allows what is needed.",
		Command: s.awsCommand("lightsail", "get-container-services", "--service-name", name, "--query", "containerServices[].principalArn"),
	}
	if p := s.Resource.Role; p != "" {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + p + `"},"Action":"sts:AssumeRole"}]}`
		grant = Step{
			Text:    "Make a role that trusts the principal of the container service. Give it a policy that allows what is needed, and no more.",
			Command: withCommand("", "create-role", "--role-name", "lightsail-"+name, "--assume-role-policy-document", trust),
		}
	}
	return []Step{
		grant,
		{
			Text: "Deploy anew without " + s.variableList() + " and what holds its secret, with code that takes the role by sts:AssumeRole. " + textInCode +
				" By hand, write the deployment into deployment.json.",
			Command: s.awsCommand("lightsail", "create-container-service-deployment", "--service-name", name, "--cli-input-json", "file://deployment.json"),
		},
		{
			Text:    "Earlier deployments still show the key to whoever may list them: it has to be deactivated, and not only taken out.",
			Command: s.awsCommand("lightsail", "get-container-service-deployments", "--service-name", name, "--query", "deployments[].version"),
		},
	}
}

func bucketSteps(s *Subject) []Step {
	name := resourceLabel(s.Resource)
	steps := []Step{
		{
			Text:    "See when each key was last used, and for what.",
			Command: s.awsCommand("lightsail", "get-bucket-access-keys", "--bucket-name", name),
		},
		{
			Text:    "Attach the instances of Lightsail that use the bucket: they need no key then. Set INSTANCE to the name of each.",
			Command: s.awsCommand("lightsail", "set-resource-access-for-bucket", "--bucket-name", name, "--access", "allow") + ` --resource-name "$INSTANCE"`,
		},
		{
			Text:    "What only reads it from another account is let in by the account's number, in READERS, and takes a role there. What has to write from elsewhere needs a bucket of S3 and a role.",
			Command: s.awsCommand("lightsail", "update-bucket", "--bucket-name", name) + ` --readonly-access-accounts "$READERS"`,
		},
	}
	for _, id := range s.keyIDs() {
		steps = append(steps, Step{
			Text:    "When nothing uses it any more, delete the key. That cannot be undone: a new key has another secret.",
			Command: s.awsCommand("lightsail", "delete-bucket-access-key", "--bucket-name", name, "--access-key-id", id),
		})
	}
	return steps
}

func parameterSteps(s *Subject) []Step {
	name := resourceLabel(s.Resource)
	return []Step{
		{
			Text:    "See who reads the parameter, 90 days back.",
			Command: s.awsCommand("cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=ResourceName,AttributeValue="+name),
		},
		{Text: "Give whoever reads it a role, with a policy that allows what the key does; " + textNoKey},
		{
			Text:    "Delete the parameter, and the one with its secret; a new value alone leaves the key in the history of the parameter. " + strings.Replace(textInCode, "resource", "parameter", 1),
			Command: s.awsCommand("ssm", "delete-parameter", "--name", name),
		},
	}
}
