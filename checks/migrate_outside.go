package checks

import "strings"

const gitHubIssuer = "token.actions.githubusercontent.com"

// audience is what tokens for STS are made for.
func (s *Subject) audience() string {
	if partitionOf(s.Account) == "aws-cn" {
		return "sts.amazonaws.com.cn"
	}
	return "sts.amazonaws.com"
}

// providerStep makes the identity provider of an issuer in the account.
func providerStep(who, issuer, audience string) Step {
	return Step{
		Text: "Make an identity provider for " + who + ", once in an account: `aws iam list-open-id-connect-providers` shows whether there is one. " +
			"If there is, see that it has the audience.",
		Command: cli("iam", "create-open-id-connect-provider", "--url", "https://"+issuer, "--client-id-list", audience),
	}
}

// tokenTrust lets whoever has a token of the issuer with the audience and one of the subjects take the
// role. Both are compared whole, but for a subject that ends in a wildcard.
func (s *Subject) tokenTrust(issuer, audience string, subjects ...string) statement {
	var subject any = subjects
	if len(subjects) == 1 {
		subject = subjects[0]
	}
	equals := map[string]any{issuer + ":aud": audience}
	condition := map[string]map[string]any{"StringEquals": equals}
	if strings.HasSuffix(subjects[0], "*") {
		condition["StringLike"] = map[string]any{issuer + ":sub": subject}
	} else {
		equals[issuer+":sub"] = subject
	}
	return statement{
		Principal: map[string]string{"Federated": s.arn("oidc-provider/" + issuer)},
		Action:    "sts:AssumeRoleWithWebIdentity",
		Condition: condition,
	}
}

// gitHubMove pins the role to one repository and branch. GitHub has two forms of a subject: that of a
// repository made, renamed or moved after 2026-07-15 holds ids.
func gitHubMove(s *Subject) []Step {
	role, repository := s.roleName(), s.traits.move.repository
	find := "Find the repository whose workflows use the key: its secrets are called like AWS_ACCESS_KEY_ID. Set REPOSITORY to it, as owner/name, and BRANCH to the branch that deploys."
	if repository != "" {
		find = "A tag of the user names the repository " + codeWord(repository) + ": see that its workflows use the key. Set BRANCH to the branch that deploys."
	}
	named := known(repository, "REPOSITORY")
	var subject shell
	subject.b.WriteString("SUBJECT=$(gh api repos/")
	subject.word(named)
	subject.b.WriteString(` --jq '"\(.owner.login)@\(.owner.id)/\(.name)@\(.id)"')`)
	trust := s.trustStep("Make a role that jobs of this branch may take, and no others: for an environment of GitHub, put `environment:NAME` in the place of `ref:refs/heads/…`.",
		s.tokenTrust(gitHubIssuer, s.audience(), "repo:"+named+":ref:refs/heads/"+ask("BRANCH"), "repo:"+ask("SUBJECT")+":ref:refs/heads/"+ask("BRANCH")))
	trust.Part, trust.Role = PartTrust, role
	steps := []Step{
		providerStep("GitHub", gitHubIssuer, s.audience()),
		{
			Part: PartTrust,
			Text: find + " Tokens name a repository in one of two ways: one that was made, renamed or moved after 2026-07-15 by names and ids, an older one by names alone. " +
				"This reads the ids; the trust below takes both.",
			Command: subject.b.String(),
		},
		trust,
	}
	steps = append(steps, s.grant(role)...)
	var secrets shell
	secrets.b.WriteString("gh secret list --repo ")
	secrets.word(named)
	return append(
		steps,
		Step{Part: PartSwitch, Text: "Change the workflow: give the job `permissions: id-token: write`, and in its step `aws-actions/configure-aws-credentials` put `role-to-assume: " + s.roleARN() +
			"`" + s.audienceInput() + " in the place of `aws-access-key-id` and `aws-secret-access-key`. Run it."},
		s.proof(role),
		Step{Part: PartSwitch, Text: "Delete the secrets that hold the key, of the repository, its environments and the organization: `gh secret delete`. This lists those of the repository.", Command: secrets.b.String()},
	)
}

// audienceInput names the audience where it is not the one that the action asks for by itself.
func (s *Subject) audienceInput() string {
	if a := s.audience(); a != "sts.amazonaws.com" {
		return " and `audience: " + a + "`"
	}
	return ""
}

func platformMove(s *Subject) []Step {
	p := s.traits.move.platform
	steps := []Step{
		{Text: "See which job of " + p.name + " uses the key. " + p.find},
		providerStep(p.name, p.issuer, p.audience),
		s.trustStep("Make a role that this job may take, and no others.", s.tokenTrust(p.issuer, p.audience, p.subject)),
	}
	return append(append(steps, s.grant(s.roleName())...),
		Step{Text: p.use + " The role is " + codeWord(s.roleARN()) + "."},
		s.proof(s.roleName()))
}

// anywhereMove serves a workload wherever it runs, which may not be known.
func anywhereMove(s *Subject) []Step {
	role := s.roleName()
	steps := []Step{
		{
			Text: "Find out where the key is used from: CloudTrail shows address and client of each call. On AWS, take the role of the instance, function, task, pod or project; in a pipeline, its OIDC token; " +
				"for a person, IAM Identity Center. The steps that follow are for a machine elsewhere.",
			Command: trailOfKey("", keyWord(s.Key)).Command,
		},
		{
			Text: "Make a trust anchor of the authority that signs the certificates of your machines, once in an account and region: write `{\"sourceType\": \"CERTIFICATE_BUNDLE\", \"sourceData\": {\"x509CertificateData\": \"…\"}}` " +
				"with its certificate into trust-anchor.json. Set TRUST_ANCHOR_ARN to the ARN that is shown.",
			Command: cli("rolesanywhere", "create-trust-anchor", "--name", "machines", "--source", "file://trust-anchor.json", "--enabled", ""),
		},
		s.trustStep("Make a role that the machine with a certificate of this name may take, and no other.", statement{
			Principal: map[string]string{"Service": "rolesanywhere.amazonaws.com"},
			Action:    []string{"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"},
			Condition: map[string]map[string]any{
				"ArnEquals":    {"aws:SourceArn": ask("TRUST_ANCHOR_ARN")},
				"StringEquals": {"aws:PrincipalTag/x509Subject/CN": role},
			},
		}),
	}
	steps = append(steps, s.grant(role)...)
	return append(
		steps,
		Step{
			Text:    "Make a profile for the role.",
			Command: cli("rolesanywhere", "create-profile", "--name", role, "--role-arns", s.roleARN(), "--enabled", ""),
		},
		Step{Text: "Give the machine a certificate with the common name " + codeWord(role) + ", and in the place of the key a line in its AWS configuration: " +
			"`credential_process = aws_signing_helper credential-process` with --certificate, --private-key, --trust-anchor-arn, --profile-arn and --role-arn. Then take the key out, and restart what used it."},
		s.proof(role),
	)
}

// permissionSetLimit is how long the name of a permission set may be.
const permissionSetLimit = 32

// signOnMove gives a person a permission set in the account. It is made where Identity Center is.
func signOnMove(s *Subject) []Step {
	set := s.roleName()
	set = strings.TrimSuffix(set, "-role")
	set = set[:min(len(set), permissionSetLimit)]
	steps := []Step{
		{
			Text:    "In the account that runs IAM Identity Center, read its ARN and set INSTANCE_ARN to it. Where none is shown, turn it on in the management account of the organization first.",
			Command: cli("sso-admin", "list-instances"),
		},
		{
			Text:    "Take a permission set that fits the work, or make one. Set PERMISSION_SET to its ARN.",
			Command: cli("sso-admin", "create-permission-set", "--instance-arn", ask("INSTANCE_ARN"), "--name", set, "--session-duration", "PT8H"),
		},
	}
	return append(
		append(steps, s.signOnPolicy()...),
		Step{
			Text: "Give it to the person, in account " + accountLabel(s) + ". Set PRINCIPAL_ID to the id that the identity store has for them; a group is better than a person.",
			Command: cli("sso-admin", "create-account-assignment", "--instance-arn", ask("INSTANCE_ARN"), "--target-id", literal(s.Account.ID), "--target-type", "AWS_ACCOUNT",
				"--permission-set-arn", ask("PERMISSION_SET"), "--principal-type", "USER", "--principal-id", ask("PRINCIPAL_ID")),
		},
		Step{Text: "Have the person sign in by `aws configure sso` and `aws sso login`, then take the key out of ~/.aws/credentials. " +
			"It works when `aws sts get-caller-identity` shows the ARN of a role and not of the user."},
	)
}

// signOnPolicy says what the permission set allows.
func (s *Subject) signOnPolicy() []Step {
	return append(s.beginSteps(), Step{
		Text: "Let the permission set do that.",
		Command: cli("sso-admin", "put-inline-policy-to-permission-set", "--instance-arn", ask("INSTANCE_ARN"), "--permission-set-arn", ask("PERMISSION_SET"),
			"--inline-policy", "file://policy.json"),
	})
}

// loginMove lets a user turn a sign-in to the console into credentials.
func loginMove(s *Subject) []Step {
	return []Step{
		{
			Text:    "See that the user has a second factor: without one, aws login is worth no more than the password.",
			Command: cli("iam", "list-mfa-devices", "--user-name", literal(s.User.Name)),
		},
		{
			Text:    "Let the user make credentials of its sign-in to the console.",
			Command: cli("iam", "attach-user-policy", "--user-name", literal(s.User.Name), "--policy-arn", "arn:"+partitionOf(s.Account)+":iam::aws:policy/SignInLocalDevelopmentAccess"),
		},
		{Text: "Have the person run `aws login` (AWS CLI 2.32 or later), which opens the browser; `aws login --remote` where there is none. Then take the key out of ~/.aws/credentials."},
		{Text: "See that everything works without the key: `aws sts get-caller-identity` still shows the user, and the last use of the key stays where it is."},
	}
}

// externalMove lets a third party take a role from an account of its own.
func externalMove(s *Subject) []Step {
	role := s.roleName()
	steps := []Step{s.trustStep("Ask the third party for the number of its AWS account and for an external id that it gives to you alone: set THEIR_ACCOUNT and EXTERNAL_ID to them. Make a role that they may take with both.",
		statement{
			Principal: map[string]string{"AWS": "arn:" + partitionOf(s.Account) + ":iam::" + ask("THEIR_ACCOUNT") + ":root"},
			Action:    "sts:AssumeRole",
			Condition: map[string]map[string]any{"StringEquals": {"sts:ExternalId": ask("EXTERNAL_ID")}},
		})}
	return append(append(steps, s.grant(role)...),
		Step{Text: "Give them the ARN of the role, " + codeWord(s.roleARN()) + ", and have them assume it in the place of the key. Where they need more than one account, or much of one, give them an account of its own."},
		s.proof(role))
}
