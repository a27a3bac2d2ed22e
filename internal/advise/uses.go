package advise

const serviceAccount = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: NAME
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::ACCOUNT:role/NAME`

// uses says what a job, service or workload does in the place of taking a static key, by form.
var uses = map[string]Advice{
	"github-workflow": {
		Text: "Let the job take a role by OpenID Connect: it gets credentials of an hour, and there is no secret to keep. The job needs `permissions: id-token: write`, " +
			"and the account an identity provider for GitHub and a role that trusts this repository. Then delete the secret, and the key.",
		Language: "yaml",
		Snippet: `permissions:
  id-token: write # to ask for the token
  contents: read
steps:
  - uses: aws-actions/configure-aws-credentials@v6
    with:
      role-to-assume: arn:aws:iam::ACCOUNT:role/NAME
      aws-region: REGION`,
	},
	"gitlab-ci": {
		Text: "Let the job take a role by OpenID Connect: GitLab gives it a token, and the AWS CLI and SDKs change that for the credentials of a role by themselves. " +
			"Then delete the CI/CD variables, and the key: a key that is set goes before the role.",
		Language: "yaml",
		Snippet: `JOB:
  id_tokens:
    AWS_ID_TOKEN:
      aud: sts.amazonaws.com
  variables:
    AWS_ROLE_ARN: arn:aws:iam::ACCOUNT:role/NAME
    AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/aws-id-token
  before_script:
    - printf %s "$AWS_ID_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"`,
	},
	"circleci": {
		Text: "Let the job take a role by OpenID Connect: the orb `circleci/aws-cli` changes CircleCI's token for the credentials of a role. " +
			"Then delete the variables of the context or project, and the key: a key that is set goes before the role.",
		Language: "yaml",
		Snippet: `- aws-cli/setup:
    role_arn: arn:aws:iam::ACCOUNT:role/NAME
    region: REGION`,
	},
	"bitbucket-pipelines": {
		Text: "Let the step take a role by OpenID Connect: with `oidc: true` it has a token that the AWS CLI and SDKs change for the credentials of a role by themselves. Pipes take the role as " +
			"`AWS_OIDC_ROLE_ARN`. Then delete the variables of the repository, and the key.",
		Language: "yaml",
		Snippet: `- step:
    oidc: true
    script:
      - export AWS_ROLE_ARN=arn:aws:iam::ACCOUNT:role/NAME
      - export AWS_WEB_IDENTITY_TOKEN_FILE=$(pwd)/aws-id-token
      - printf %s "$BITBUCKET_STEP_OIDC_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"`,
	},
	"azure-pipelines": {
		Text: "Let the step take a role by OpenID Connect: a service connection of the AWS Toolkit for Azure DevOps that uses OIDC names the role, and the toolkit's tasks run with its credentials. " +
			"Then delete the variables, and the key.",
		Language: "yaml",
		Snippet: `- task: AWSShellScript@1
  inputs:
    awsCredentials: CONNECTION # one that uses OIDC
    regionName: REGION
    scriptType: inline
    inlineScript: ./deploy.sh`,
	},
	"codebuild": {
		Text: "Let the role of the project do what the key does: a build has its credentials without a line of configuration. For another account, let it assume a role there. " +
			"Then delete what is stored, and the key: a key that is set goes before the role.",
		Language: "bash",
		Snippet: `aws configure set profile.target.role_arn arn:aws:iam::ACCOUNT:role/NAME
aws configure set profile.target.credential_source EcsContainer
export AWS_PROFILE=target`,
	},
	"jenkins": {
		Text: "Let the agent's own role do what the key does: that of its instance, task or pod, or one that it assumes. Where agents run elsewhere, the plugin for OpenID Connect tokens gives a build a token " +
			"that the AWS CLI and SDKs change for the credentials of a role. Then delete the credentials, and the key.",
		Language: "groovy",
		Snippet: `withAWS(role: 'NAME', roleAccount: 'ACCOUNT', region: 'REGION') {
  sh './deploy.sh'
}`,
	},
	"ansible": {
		Text: "Leave the keys out: the modules find the credentials of the instance, pipeline or profile by themselves, and `sts_assume_role` takes a role of another account. " +
			"On a laptop, sign in with `aws sso login` or `aws login`.",
		Language: "yaml",
		Snippet: `module_defaults:
  group/aws:
    profile: PROFILE
    region: REGION`,
	},
	"docker-compose": {
		Text: "On a laptop, sign in with `aws sso login` or `aws login` and let the service read that profile: its credentials end by themselves. In AWS the role of the task or instance is found when no key is set; " +
			"for a simulator, write a stand-in like `test` and the address of the simulator.",
		Language: "yaml",
		Snippet: `environment:
  AWS_PROFILE: PROFILE
volumes:
  - ~/.aws:/root/.aws`,
	},
	"kubernetes": {
		Text: "Let the pods take a role: by EKS Pod Identity, or by the annotation of their service account (IRSA). The SDK finds it by itself when no key is set. " +
			"Clusters elsewhere have IRSA with their own OpenID Connect provider, or IAM Roles Anywhere. Then delete the secret, and the key.",
		Language: "yaml",
		Snippet:  serviceAccount,
	},
}

var compositeAction = Advice{
	Text: "Take the ARN of a role as an input in the place of the key. The jobs that use the action need `permissions: id-token: write`; then their secrets can go, and the key.",
	Snippet: `- uses: aws-actions/configure-aws-credentials@v6
  with:
    role-to-assume: ${{ inputs.role-to-assume }}
    aws-region: ${{ inputs.aws-region }}`,
	Language: "yaml",
}

var crossplane = Advice{
	Text: "Let the provider sign in with the role of its pod: by EKS Pod Identity (`PodIdentity`) or by its service account (`IRSA`), elsewhere by a token (`WebIdentity`). Then delete the secret, and the key.",
	Snippet: `spec:
  credentials:
    source: PodIdentity # or IRSA`,
	Language: "yaml",
}

var secretStore = Advice{
	Text: "Let the store sign in with the role of a service account. Then delete the secret, and the key.",
	Snippet: `auth:
  jwt:
    serviceAccountRef:
      name: NAME # annotated with eks.amazonaws.com/role-arn`,
	Language: "yaml",
}

var provider = Advice{
	Text: "Leave the keys out: the provider finds the credentials of the pipeline, instance or profile by itself, and takes the role of the account it works in. " +
		"In a pipeline they come by OpenID Connect, on a laptop by `aws sso login` or `aws login`. A key that is set here also ends up in plans and in the state.",
	Snippet: `provider "aws" {
  region = "REGION"
  assume_role {
    role_arn = "arn:aws:iam::ACCOUNT:role/NAME"
  }
}`,
	Language: "hcl",
}

var backend = Advice{
	Text: "Leave the keys out: the backend finds the credentials of the pipeline, instance or profile by itself, and takes the role that may write the state.",
	Snippet: `backend "s3" {
  bucket = "BUCKET"
  key    = "KEY"
  region = "REGION"
  assume_role = {
    role_arn = "arn:aws:iam::ACCOUNT:role/NAME"
  }
}`,
	Language: "hcl",
}
