package checks

import (
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// moves says for each kind of replacement by which steps what uses a key gets there: the role and who
// may take it, what it may do, the switch, and the proof. What comes before, and the end of the key
// after them, are the same for all and stand in the checks. The steps are given the shown subject.
var moves = map[string]func(s *Subject) []Step{
	replaceInstanceProfile: instanceMove,
	replaceLambdaRole:      lambdaMove,
	replaceTaskRole:        taskMove,
	replacePodIdentity:     podMove,
	replaceCodeBuildRole:   buildMove,
	replaceGitHubOIDC:      gitHubMove,
	replaceOIDC:            platformMove,
	replaceRolesAnywhere:   anywhereMove,
	replaceIdentityCenter:  signOnMove,
	replaceAWSLogin:        loginMove,
	replaceExternalID:      externalMove,
	replaceSES:             mailMove,
}

// moveSteps are the steps from the subject's key to what takes its place. Where a resource holds the
// key, they are the steps of that resource.
func moveSteps(s *Subject) []Step {
	if held := s.holders(); len(held) > 0 && s.traits.move.replacement.Kind != replaceSES {
		return heldSteps(s, held)
	}
	if steps, ok := moves[s.traits.move.replacement.Kind]; ok {
		return steps(s)
	}
	return nil
}

// migrateSteps are the ordered steps for a key in use: see what it does, put the replacement in its
// place, deactivate it and be able to go back, delete it.
func migrateSteps(s *Subject) []Step {
	steps := append(keySteps(s), lookAtKey("See which service the key was used for last, where and when.", s.Key))
	steps = append(steps, moveSteps(s)...)
	return append(
		steps,
		deactivateKey(s.User.Name, s.Key),
		deleteKey(s.User.Name, s.Key),
		Step{Text: textDeleteUser},
	)
}

// heldSteps give the first resource that holds the key its role; each of the others has a finding of its own.
func heldSteps(s *Subject, held []Holder) []Step {
	of := &Subject{Account: held[0].Account, Resource: held[0].Resource, traits: s.traits}
	steps := append(acrossSteps(of, held[0].Account.ID, s.Account), policySteps(s)...)
	steps = append(steps, of.kindOf().steps(of)...)
	if len(held) > 1 {
		steps = append(steps, Step{Text: "Do the same for the other resources that hold the key: each has a finding of its own with its steps."})
	}
	return steps
}

// acrossSteps are for a resource that uses a key of another account.
func acrossSteps(resource *Subject, in string, key *inventory.Account) []Step {
	if in == key.ID {
		return nil
	}
	return []Step{{Text: "The resource is in account " + accountLabel(resource) + ", the key is of account " + accountLabel(&Subject{Account: key}) +
		": what it does there, its role does by a role of that account, which trusts it. Make that one with the policy, and let the resource assume it."}}
}

// roleLimit is how long the name of a role may be.
const roleLimit = 64

// roleName is the name that is proposed for the role that does what the user did.
func (s *Subject) roleName() string { return roleNamed(s.User.Name, "-role") }

// roleNamed is a name that IAM takes for a role, made of another name and an end.
func roleNamed(base, tail string) string {
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_+=,.@-", r)) {
			return r
		}
		return '-'
	}, base)
	name = strings.TrimLeft(name, "-=")
	if name = name[:min(len(name), roleLimit-len(tail))]; name == "" {
		name = "workload"
	}
	return name + tail
}

// arn is an ARN of IAM in the subject's account: "role/x".
func (s *Subject) arn(what string) string {
	return "arn:" + partitionOf(s.Account) + ":iam::" + literal(s.Account.ID) + ":" + what
}

func (s *Subject) roleARN() string { return s.arn("role/" + s.roleName()) }

// userARN is the ARN of the user as it may be shown.
func (s *Subject) userARN() string {
	if s.User.ARN != "" {
		return literal(s.User.ARN)
	}
	return s.arn("user/" + literal(s.User.Name))
}

// trustStep makes the role.
func (s *Subject) trustStep(text string, trust statement) Step {
	return Step{Text: text, Command: cli("iam", "create-role", "--role-name", s.roleName(), "--assume-role-policy-document", trust.text())}
}

// serviceTrust lets a service take the role for resources of the account.
func (s *Subject) serviceTrust(service string) statement {
	t := statement{Principal: map[string]string{"Service": service}, Action: "sts:AssumeRole"}
	if service == "ecs-tasks.amazonaws.com" {
		t.Condition = map[string]map[string]any{"StringEquals": {"aws:SourceAccount": literal(s.Account.ID)}}
	}
	return t
}

// ec2Service is the principal of EC2, which has a name of its own in China.
func (s *Subject) ec2Service() string {
	if partitionOf(s.Account) == "aws-cn" {
		return "ec2.amazonaws.com.cn"
	}
	return "ec2.amazonaws.com"
}

// grant are the steps that give a role what the key truly does.
func (s *Subject) grant(role string) []Step {
	return append(s.beginSteps(), Step{
		Text:    "Give that policy to the role." + s.seenServices(),
		Command: cli("iam", "put-role-policy", "--role-name", role, "--policy-name", "in-place-of-key", "--policy-document", "file://policy.json"),
	})
}

// policySteps make a policy for a role that is there already: its own steps attach it.
func policySteps(s *Subject) []Step {
	return append(s.beginSteps(), Step{
		Text:    "Make that policy. Set POLICY_ARN to the ARN that is shown." + s.seenServices(),
		Command: cli("iam", "create-policy", "--policy-name", s.roleName(), "--policy-document", "file://policy.json"),
	})
}

// ownerPolicy makes the policy for the role of a resource, where it is known what the user calls
// whose key the resource holds.
func (s *Subject) ownerPolicy() []Step {
	_, o, ok := s.owner()
	begin := s.policyStep()
	if !ok || begin == nil {
		return nil
	}
	return append(begin, Step{
		Text:    "Make that policy. Set POLICY_ARN to the ARN that is shown.",
		Command: cli("iam", "create-policy", "--policy-name", (&Subject{User: o.User}).roleName(), "--policy-document", "file://policy.json"),
	})
}

// beginSteps begin the policy: with what the user has called, where that is known, or else with the question.
func (s *Subject) beginSteps() []Step {
	if steps := s.policyStep(); steps != nil {
		return steps
	}
	return s.askSteps()
}

// askSteps find out what the user calls.
func (s *Subject) askSteps() []Step {
	return []Step{{
		Text: "Ask IAM which services the user has called. It answers with a job: `aws iam get-service-last-accessed-details --job-id` shows what that found. " +
			"Single actions stand in CloudTrail. Write a policy that allows just that, and no more, into policy.json.",
		Command: cli("iam", "generate-service-last-accessed-details", "--arn", s.userARN()),
	}}
}

// seenServices names the services that CloudTrail saw the key call.
func (s *Subject) seenServices() string {
	if s.Key == nil {
		return ""
	}
	var names []string
	for _, u := range s.uses() {
		names = append(names, u.Service)
	}
	if names = servicesOf(names); len(names) == 0 {
		return ""
	}
	return " CloudTrail saw the key call " + codeList(names) + "; it does not show reads and writes of data."
}

// codeList names words as code, so many at most as a note names.
func codeList(words []string) string {
	out := make([]string, 0, len(words))
	for _, w := range words[:min(len(words), servicesNamed)] {
		out = append(out, codeWord(w))
	}
	return strings.Join(out, ", ")
}

// proof is the step that shows that the switch is done. A leaked key is off by then, and shows no use.
func (s *Subject) proof(role string) Step {
	text := "See that the role is used, and then that the key is not any more: IAM shows both, up to some hours late. " +
		"Go on when the last use of the key is older than the switch."
	if s.Key != nil && len(s.leaks[s.Key.ID]) > 0 {
		text = "See that the role is used, and that what stood still since the key was deactivated works again: IAM shows the former up to some hours late."
	}
	return Step{
		Text:    text,
		Command: cli("iam", "get-role", "--role-name", role, "--query", "Role.RoleLastUsed"),
	}
}

// region is the region of the uses as an option of the CLI, or a variable.
func (s *Subject) region() string { return known(s.traits.move.region, "REGION") }

const textFrom = " The credentials of the role are found by the SDK and the CLI by themselves once no key is set: a key that is set goes before the role."

func instanceMove(s *Subject) []Step {
	role := s.roleName()
	find := []string{"--region", s.region()}
	if a := s.traits.move.address; a != "" {
		find = append(find, "--filters", "Name=ip-address,Values="+a)
	}
	steps := []Step{
		{
			Text: "Find what uses the key: an instance, or what stands behind an address of yours. Set INSTANCE_ID to its id. " +
				"An instance that has a profile already keeps it: give the policy below to that role. A function, task or pod has a role in its own way.",
			Command: cli("ec2", "describe-instances", append(find, "--query", "Reservations[].Instances[].[InstanceId, PublicIpAddress, IamInstanceProfile.Arn]", "--output", "text")...),
		},
		s.trustStep("Make a role for the instance.", s.serviceTrust(s.ec2Service())),
	}
	steps = append(steps, s.grant(role)...)
	return append(
		steps,
		Step{Text: "Make an instance profile of the same name.", Command: cli("iam", "create-instance-profile", "--instance-profile-name", role)},
		Step{Text: "Put the role into it.", Command: cli("iam", "add-role-to-instance-profile", "--instance-profile-name", role, "--role-name", role)},
		Step{
			Text: "Give the profile to the instance, which needs no restart, and to the launch template of its group. Then take the key out of its files and variables, and restart what used it." + textFrom,
			Command: cli("ec2", "associate-iam-instance-profile", "--region", s.region(), "--instance-id", ask("INSTANCE_ID"),
				"--iam-instance-profile", "Name="+role),
		},
		s.proof(role),
	)
}

func lambdaMove(s *Subject) []Step {
	steps := []Step{
		{
			Text:    "Find the function that uses the key: look for its id in code, layers and secrets that the functions of the region read. Set FUNCTION to its name.",
			Command: cli("lambda", "list-functions", "--region", s.region(), "--query", "Functions[].[FunctionName, Role]", "--output", "text"),
		},
		{
			Text:    "Read the name of its execution role, which stands after the last slash, and set ROLE to it.",
			Command: cli("lambda", "get-function-configuration", "--region", s.region(), "--function-name", ask("FUNCTION"), "--query", "Role", "--output", "text"),
		},
	}
	return append(append(steps, s.grant(ask("ROLE"))...),
		Step{Text: "Take the key and its secret out of where the function has them, and deploy it anew." + textFrom},
		s.proof(ask("ROLE")))
}

func taskMove(s *Subject) []Step {
	steps := []Step{
		{
			Text:    "Find the task that uses the key: look for its id in images, files and secrets that the tasks read. Set FAMILY to the family of its task definition.",
			Command: cli("ecs", "list-task-definition-families", "--region", s.region(), "--status", "ACTIVE"),
		},
		s.trustStep("Make a task role, if the task definition has none.", s.serviceTrust("ecs-tasks.amazonaws.com")),
	}
	return append(append(steps, s.grant(s.roleName())...),
		Step{
			Text: "Register a new revision with taskRoleArn " + codeWord(s.roleARN()) + " and without the key, and move the service to it. This shows the present one." + textFrom,
			Command: cli("ecs", "describe-task-definition", "--region", s.region(), "--task-definition", ask("FAMILY"),
				"--query", "taskDefinition.[taskRoleArn, containerDefinitions[].name]"),
		},
		s.proof(s.roleName()))
}

func podMove(s *Subject) []Step {
	steps := []Step{
		{
			Text: "Find the pods that use the key, by the secrets that they read. Set CLUSTER, NAMESPACE and SERVICE_ACCOUNT to their names. " +
				"Pod Identity needs its agent in the cluster, once; on Fargate and in a cluster that is not of EKS, let the role trust the cluster's OIDC issuer instead.",
			Command: cli("eks", "create-addon", "--region", s.region(), "--cluster-name", ask("CLUSTER"), "--addon-name", "eks-pod-identity-agent"),
		},
		s.trustStep("Make a role for the pods.", statement{
			Principal: map[string]string{"Service": "pods.eks.amazonaws.com"}, Action: []string{"sts:AssumeRole", "sts:TagSession"},
			Condition: map[string]map[string]any{"StringEquals": {"aws:SourceAccount": literal(s.Account.ID)}},
		}),
	}
	return append(append(steps, s.grant(s.roleName())...),
		Step{
			Text: "Give the role to the service account. Then take the key out of the secret and restart the pods." + textFrom,
			Command: cli("eks", "create-pod-identity-association", "--region", s.region(), "--cluster-name", ask("CLUSTER"), "--namespace", ask("NAMESPACE"),
				"--service-account", ask("SERVICE_ACCOUNT"), "--role-arn", s.roleARN()),
		},
		s.proof(s.roleName()))
}

func buildMove(s *Subject) []Step {
	steps := []Step{
		{
			Text:    "Find the project that uses the key: look for its id in buildspecs, parameters and secrets that the builds read. Set PROJECT to its name.",
			Command: cli("codebuild", "list-projects", "--region", s.region()),
		},
		{
			Text:    "Read the name of its service role, which stands after the last slash, and set ROLE to it.",
			Command: cli("codebuild", "batch-get-projects", "--region", s.region(), "--names", ask("PROJECT"), "--query", "projects[].serviceRole", "--output", "text"),
		},
	}
	return append(append(steps, s.grant(ask("ROLE"))...),
		Step{
			Text:    "Take the key and its secret out of the project, its buildspec and where they are kept, and run a build." + textFrom,
			Command: cli("codebuild", "start-build", "--region", s.region(), "--project-name", ask("PROJECT")),
		},
		s.proof(ask("ROLE")))
}

// mailMove leads to a role that may send and no more: that of what sends the mail.
func mailMove(s *Subject) []Step {
	policy := statement{
		Sid: "SendMail", Action: []string{"ses:SendEmail", "ses:SendRawEmail"},
		Resource: "arn:" + partitionOf(s.Account) + ":ses:" + s.region() + ":" + literal(s.Account.ID) + ":identity/" + ask("IDENTITY"),
	}.text()
	return []Step{
		{
			Text:    "See which identities mail is sent from, in the region that sends it. Set IDENTITY to the domain or address.",
			Command: cli("ses", "list-identities", "--region", s.region()),
		},
		{
			Text: "Let the role of what sends the mail do that and no more" + mailRole(s.traits.move.base) + " Set ROLE to its name.",
			Command: cli("iam", "put-role-policy", "--role-name", ask("ROLE"), "--policy-name", "send-mail",
				"--policy-document", policy),
		},
		{
			Text: "Send through the API of SES in the place of SMTP, with the credentials of the role." +
				" Where nothing but SMTP will do, narrow the user to this policy, and change its key and password often.",
			Command: cli("iam", "put-user-policy", "--user-name", literal(s.User.Name), "--policy-name", "send-mail", "--policy-document", policy),
		},
		s.proof(ask("ROLE")),
	}
}

// mailRole says which role that is.
func mailRole(base string) string {
	switch base {
	case replaceLambdaRole:
		return ": CloudTrail saw a Lambda function use the key, so it is the execution role of that."
	case replaceTaskRole:
		return ": CloudTrail saw a task of ECS use the key, so it is the task role of that."
	case replaceInstanceProfile:
		return ": CloudTrail saw the key used from EC2 or an address of yours, so it is the role in the instance profile there."
	}
	return ": that of its instance profile, function, task or pod; outside of AWS one that IAM Roles Anywhere gives."
}
