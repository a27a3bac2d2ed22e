package checks

import "strings"

// serviceOf is the service that the subject's credential is for, without its domain.
func (s *Subject) serviceOf() string {
	service, _, _ := strings.Cut(s.Service.Service, ".")
	return service
}

// serviceMove are the steps by which what uses a credential of one service gets on without it.
func serviceMove(s *Subject) []Step {
	switch s.serviceOf() {
	case "bedrock":
		return bedrockMove(s)
	case "cassandra":
		return keyspacesMove(s)
	case "codecommit":
		return codeCommitMove(s)
	}
	return []Step{
		{Text: "Let a role of the program do what the user does for this service, and no more: the role of its instance, function, task or pod; outside of AWS one that IAM Roles Anywhere gives."},
		{Text: "Have the program sign its requests with the credentials of the role, as every SDK does. Where it takes nothing but a key, make one with an end date a few days off, and a new one before that."},
	}
}

// roleOfCaller lets the role of what uses the credential do what a policy says. A person has a permission set.
func (s *Subject) roleOfCaller(does, name string, allowed ...statement) Step {
	if s.traits.personWhy != "" {
		return Step{
			Text: "Give the person a permission set in account " + accountLabel(s) + ", and let it " + does + ", no more. In the account that runs IAM Identity Center, " +
				"`aws sso-admin list-instances` shows INSTANCE_ARN, and `aws sso-admin list-permission-sets` PERMISSION_SET.",
			Command: cli("sso-admin", "put-inline-policy-to-permission-set", "--instance-arn", ask("INSTANCE_ARN"), "--permission-set-arn", ask("PERMISSION_SET"),
				"--inline-policy", policyText(allowed...)),
		}
	}
	return Step{
		Text: "Let the role of the program " + does + ", and no more: the role of its instance, function, task or pod; outside of AWS one that IAM Roles Anywhere gives. " +
			"Set ROLE to its name.",
		Command: cli("iam", "put-role-policy", "--role-name", ask("ROLE"), "--policy-name", name, "--policy-document", policyText(allowed...)),
	}
}

// callerProof is proof for the role of what used the credential. What a person does shows by itself.
func (s *Subject) callerProof() []Step {
	if s.traits.personWhy != "" {
		return nil
	}
	return []Step{{
		Text:    "See that the role is used: IAM shows it up to some hours late.",
		Command: cli("iam", "get-role", "--role-name", ask("ROLE"), "--query", "Role.RoleLastUsed"),
	}}
}

// bedrockMove leads to requests that a role signs, or to a key that ends with the session of the role.
func bedrockMove(s *Subject) []Step {
	arn := "arn:" + partitionOf(s.Account) + ":bedrock:*:"
	steps := []Step{
		{
			Text:    "See what the user may do: the policies that came with the key may allow more than it needs.",
			Command: iamCommand("list-attached-user-policies", "--user-name", s.User.Name),
		},
		s.roleOfCaller("call the models", "call-models",
			statement{
				Sid: "CallModels", Action: []string{"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"},
				Resource: []string{arn + ":foundation-model/*", arn + literal(s.Account.ID) + ":inference-profile/*"},
			},
			statement{Sid: "ByShortTermKey", Action: "bedrock:CallWithBearerToken", Resource: "*"}),
		{Text: "Take the key out of `AWS_BEARER_TOKEN_BEDROCK`, which goes before a role: the SDK then signs with the credentials of the role by itself. " +
			"Where a client takes nothing but a key, make a short-term one of those credentials: `provide_token` of the package aws-bedrock-token-generator does, for twelve hours at most and no longer than the session. " +
			"Without one, take the statement ByShortTermKey out of the policy."},
	}
	return append(steps, s.callerProof()...)
}

// keyspacesMove leads to the plugin of the driver that signs.
func keyspacesMove(s *Subject) []Step {
	arn := "arn:" + partitionOf(s.Account) + ":cassandra:" + s.region() + ":" + literal(s.Account.ID) + ":/keyspace/"
	steps := []Step{
		{
			Text:    "See which keyspaces there are. Set REGION to their region, and KEYSPACE to the one that is used.",
			Command: cli("keyspaces", "list-keyspaces", "--region", s.region()),
		},
		s.roleOfCaller("read and write its keyspace", "use-keyspace",
			statement{Sid: "UseKeyspace", Action: []string{"cassandra:Select", "cassandra:Modify"}, Resource: []string{arn + ask("KEYSPACE") + "/table/*", arn + "system*"}}),
		{Text: "Put the SigV4 authentication plugin of Keyspaces into the Cassandra driver, in the place of user name and password: it signs with the credentials that the SDK finds. For cqlsh there is cqlsh-expansion, which does the same."},
	}
	return append(steps, s.callerProof()...)
}

// codeCommitMove leads to the helper of Git that signs.
func codeCommitMove(s *Subject) []Step {
	steps := []Step{
		{
			Text:    "See which repositories there are. Set REGION to their region, and REPOSITORY_NAME to the one that is used.",
			Command: cli("codecommit", "list-repositories", "--region", s.region()),
		},
		s.roleOfCaller("pull and push", "use-repository", statement{
			Sid: "UseRepository", Action: []string{"codecommit:GitPull", "codecommit:GitPush"},
			Resource: "arn:" + partitionOf(s.Account) + ":codecommit:" + s.region() + ":" + literal(s.Account.ID) + ":" + ask("REPOSITORY_NAME"),
		}),
		{
			Text:    "Install the helper git-remote-codecommit, which signs with the credentials of the role, and give the clone its address. Then take the user name and password out of where Git keeps them.",
			Command: codeCommitRemote(s),
		},
	}
	return append(steps, s.callerProof()...)
}

func codeCommitRemote(s *Subject) string {
	var c shell
	c.b.WriteString("git remote set-url origin ")
	c.word("codecommit::" + s.region() + "://" + ask("REPOSITORY_NAME"))
	return c.b.String()
}
