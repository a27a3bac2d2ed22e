package advise

const (
	textWorkload = "A workload in AWS takes the role of its instance, function, task or pod; a pipeline takes one by OpenID Connect; " +
		"somebody else's account takes one with an external id; a machine elsewhere takes one through IAM Roles Anywhere. " +
		"A person gets a permission set of IAM Identity Center."

	textPipeline = "The pipeline shows its own token by OpenID Connect and takes the role for the length of a job, so that no secret has to be kept: " +
		"pin the repository and the branch or environment in the trust of the role. Jenkins and others without such a token take the role of the machine they run on."

	textMail = "Mail is sent through the API of SES with a role. SMTP alone knows no roles: where nothing but SMTP is possible, " +
		"an exemption with an end date in the policy file says so."

	textPeople = "People sign in through IAM Identity Center with a permission set, and lose it when they leave the directory. On the command line " +
		"`aws sso login` takes the place of a key; in an account outside of an organization `aws login` (AWS CLI 2.32 or later) makes short-lived credentials " +
		"of the session in the browser."

	textService = "Call the service with the credentials of a role, signed like any other call: `git-remote-codecommit` for CodeCommit, the SigV4 plugin of the driver for Keyspaces, " +
		"and for Bedrock a role, or a short-term API key that ends with the session."

	textGit = "`git-remote-codecommit` signs with the credentials of a role and needs no key of its own."

	textCertificate = "No API of today takes a signing certificate: leave it out. A machine outside of AWS that has a certificate of your own authority gets the credentials of a role for it " +
		"through IAM Roles Anywhere."

	textUse = "Let it take a role in the place of the key: the SDK's default chain finds the credentials of an instance, function, task, pod or pipeline by itself when no key is set."

	textHardcoded = "Deactivate the key now, then look at what it was used for: what was pushed stays in the history and in every copy, also when the line is gone. " +
		"Then take the line out and give the code a role: the SDK's default chain finds it when no key is set. If the id stands for an example, one that ends in EXAMPLE is never taken for a key."
)

// gitWithRole is how CodeCommit is reached without a password or a key of its own.
const gitWithRole = `pip install git-remote-codecommit
git clone codecommit::REGION://PROFILE@REPOSITORY`

const rolesAnywhere = `[profile PROFILE]
credential_process = aws_signing_helper credential-process --certificate CERT.pem --private-key KEY.pem --trust-anchor-arn TRUST_ANCHOR_ARN --profile-arn PROFILE_ARN --role-arn arn:aws:iam::ACCOUNT:role/NAME`

var hardcoded = Advice{Text: textHardcoded, Language: "bash", Snippet: `aws iam get-access-key-last-used --access-key-id KEY_ID   # also says whose it is
aws iam update-access-key --user-name USER --access-key-id KEY_ID --status Inactive`}

// roles are roles of workloads, by the family of forms.
var roles = map[string]Advice{
	"terraform": {Language: "hcl", Snippet: `resource "aws_iam_role" "NAME" {
  name = "NAME"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" } # or lambda, ecs-tasks, pods.eks
    }]
  })
}`},
	"cloudformation": {Language: "yaml", Snippet: `Role:
  Type: AWS::IAM::Role
  Properties:
    AssumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Action: sts:AssumeRole
          Principal: {Service: ec2.amazonaws.com} # or lambda, ecs-tasks, pods.eks`},
	"cdk": {Language: "ts", Snippet: `const role = new iam.Role(this, "Role", {
  assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com"), // or lambda, ecs-tasks, pods.eks
});`},
	"pulumi": {Language: "yaml", Snippet: `role:
  type: aws:iam:Role
  properties:
    assumeRolePolicy:
      fn::toJSON:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {Service: ec2.amazonaws.com} # or lambda, ecs-tasks, pods.eks`},
	"kubernetes": {Language: "yaml", Snippet: serviceAccount},
	"ansible": {Language: "yaml", Snippet: `- amazon.aws.iam_role:
    name: NAME
    assume_role_policy_document: "{{ lookup('file', 'trust.json') }}"
    managed_policies: [POLICY_ARN]`},
	"": {Language: "bash", Snippet: `aws iam create-role --role-name NAME --assume-role-policy-document file://trust.json`},
}

// pipelineRoles are roles that a pipeline takes by its token.
var pipelineRoles = map[string]Advice{
	"terraform": {Language: "hcl", Snippet: `data "aws_iam_openid_connect_provider" "github" {
  url = "https://token.actions.githubusercontent.com"
}

resource "aws_iam_role" "NAME" {
  name = "NAME"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = data.aws_iam_openid_connect_provider.github.arn }
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = "repo:OWNER/REPOSITORY:ref:refs/heads/main" # as a token of the repository has it
        }
      }
    }]
  })
}`},
	"cloudformation": {Language: "yaml", Snippet: `Role:
  Type: AWS::IAM::Role
  Properties:
    AssumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Action: sts:AssumeRoleWithWebIdentity
          Principal:
            Federated: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/token.actions.githubusercontent.com
          Condition:
            StringEquals:
              token.actions.githubusercontent.com:aud: sts.amazonaws.com
              token.actions.githubusercontent.com:sub: repo:OWNER/REPOSITORY:ref:refs/heads/main # as a token of the repository has it`},
	"cdk": {Language: "ts", Snippet: `const role = new iam.Role(this, "Role", {
  assumedBy: new iam.WebIdentityPrincipal(githubProviderArn, {
    StringEquals: {
      "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
      "token.actions.githubusercontent.com:sub": "repo:OWNER/REPOSITORY:ref:refs/heads/main", // as a token of the repository has it
    },
  }),
});`},
	"pulumi":     {Language: "json", Snippet: pipelineTrust},
	"kubernetes": {Language: "json", Snippet: pipelineTrust},
	"ansible":    {Language: "json", Snippet: pipelineTrust},
	"":           {Language: "json", Snippet: pipelineTrust},
}

const pipelineTrust = `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": "arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com"},
    "Condition": {"StringEquals": {
      "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
      "token.actions.githubusercontent.com:sub": "repo:OWNER/REPOSITORY:ref:refs/heads/main"
    }}
  }]
}`

// people are permission sets of persons.
var people = map[string]Advice{
	"terraform": {Language: "hcl", Snippet: `resource "aws_ssoadmin_account_assignment" "NAME" {
  instance_arn       = tolist(data.aws_ssoadmin_instances.this.arns)[0]
  permission_set_arn = aws_ssoadmin_permission_set.NAME.arn
  principal_type     = "GROUP"
  principal_id       = GROUP_ID
  target_type        = "AWS_ACCOUNT"
  target_id          = "ACCOUNT"
}`},
	"cloudformation": {Language: "yaml", Snippet: `Assignment:
  Type: AWS::SSO::Assignment
  Properties:
    InstanceArn: INSTANCE_ARN
    PermissionSetArn: PERMISSION_SET_ARN
    PrincipalType: GROUP
    PrincipalId: GROUP_ID
    TargetType: AWS_ACCOUNT
    TargetId: "ACCOUNT"`},
	"cdk": signIn, "pulumi": signIn, "kubernetes": signIn, "ansible": signIn, "": signIn,
}

var signIn = Advice{Language: "bash", Snippet: `aws configure sso --profile PROFILE
aws sso login --profile PROFILE`}
