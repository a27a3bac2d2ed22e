# keysweep: the first role, taken by the GitHub workflow with its OIDC token.
# Deploy it once, in the account the audit starts from.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "github_owner" {
  description = "Organization or user that owns the repository with the workflow."
  type        = string
}

variable "github_repository" {
  description = "Name of the repository, without its owner."
  type        = string
}

variable "github_owner_id" {
  description = "Numeric id of the owner (gh api users/OWNER --jq .id). Needed for repositories with the immutable subject."
  type        = string
  default     = ""
}

variable "github_repository_id" {
  description = "Numeric id of the repository (gh api repos/OWNER/REPO --jq .id). Goes with github_owner_id."
  type        = string
  default     = ""
}

variable "branch" {
  description = "The only branch whose workflow may take the role. Not used with an environment."
  type        = string
  default     = "main"
}

variable "environment" {
  description = "Optional. A GitHub environment; then only jobs that name it may take the role."
  type        = string
  default     = ""
}

variable "audience" {
  description = "sts.amazonaws.com.cn in China. The input audience must say the same."
  type        = string
  default     = "sts.amazonaws.com"
}

variable "issuer_host" {
  description = "Host (and path) of the issuer. On GitHub Enterprise Server HOST/_services/token."
  type        = string
  default     = "token.actions.githubusercontent.com"
}

variable "create_provider" {
  description = "Say false when this account has the OIDC provider already; an account can have it once."
  type        = bool
  default     = true
}

variable "role_name" {
  type    = string
  default = "keysweep"
}

variable "member_role_name" {
  description = "Name of the role in each audited account."
  type        = string
  default     = "keysweep-audit"
}

variable "discover_organization" {
  description = "Lets keysweep list the accounts of the organization (accounts = organization)."
  type        = bool
  default     = true
}

variable "read_root_activity" {
  description = "Lets keysweep ask CloudTrail what the root user of this account did."
  type        = bool
  default     = true
}

variable "read_compute" {
  description = "Lets keysweep look for access keys in the configuration of compute, and for instances without a role."
  type        = bool
  default     = true
}

variable "read_parameters" {
  description = "Lets keysweep look for access keys in parameters of Systems Manager that are plain text."
  type        = bool
  default     = false
}

variable "read_environment_files" {
  description = "Lets keysweep look for access keys in the files in S3 that ECS tasks take their environment from."
  type        = bool
  default     = false
}

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}

locals {
  scope = var.environment == "" ? "ref:refs/heads/${var.branch}" : "environment:${var.environment}"

  # Both forms of the subject: repositories made, renamed or transferred after 2026-07-15 carry the numeric ids.
  subjects = concat(
    ["repo:${var.github_owner}/${var.github_repository}:${local.scope}"],
    var.github_owner_id == "" || var.github_repository_id == "" ? [] : [
      "repo:${var.github_owner}@${var.github_owner_id}/${var.github_repository}@${var.github_repository_id}:${local.scope}",
    ],
  )
}

resource "aws_iam_openid_connect_provider" "github" {
  count          = var.create_provider ? 1 : 0
  url            = "https://${var.issuer_host}"
  client_id_list = [var.audience]
}

resource "aws_iam_role" "first" {
  name                 = var.role_name
  description          = "Taken by a GitHub workflow through OIDC to run keysweep"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.here.account_id}:oidc-provider/${var.issuer_host}" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${var.issuer_host}:aud" = var.audience
          "${var.issuer_host}:sub" = local.subjects
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "read" {
  name = "keysweep-read-iam"
  role = aws_iam_role.first.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "ReadCredentials"
          Effect = "Allow"
          Action = [
            "iam:GenerateCredentialReport",
            "iam:GetAccessKeyLastUsed",
            "iam:GetAccountAuthorizationDetails",
            "iam:GetAccountSummary",
            "iam:GetCredentialReport",
            "iam:GetLoginProfile",
            "iam:GetUser",
            "iam:ListAccessKeys",
            "iam:ListMFADevices",
            "iam:ListSSHPublicKeys",
            "iam:ListServiceSpecificCredentials",
            "iam:ListSigningCertificates",
          ]
          Resource = "*"
        },
        {
          Sid      = "TakeMemberRoles"
          Effect   = "Allow"
          Action   = ["sts:AssumeRole"]
          Resource = "arn:${data.aws_partition.here.partition}:iam::*:role/${var.member_role_name}"
        },
      ],
      # Optional, discover_organization: accounts = organization.
      var.discover_organization ? [{
        Sid      = "DiscoverOrganization"
        Effect   = "Allow"
        Action   = ["organizations:ListAccounts"]
        Resource = "*"
      }] : [],
      # Optional, read_root_activity: what the root user of this account did, from CloudTrail's last 90 days.
      var.read_root_activity ? [{
        Sid      = "ReadRootActivity"
        Effect   = "Allow"
        Action   = ["cloudtrail:LookupEvents"]
        Resource = "*"
      }] : [],
      # Optional, read_compute: keys in Lambda, ECS, EC2, CodeBuild and the like. Of what they hold only key ids are kept.
      var.read_compute ? [{
        Sid    = "ReadCompute"
        Effect = "Allow"
        Action = [
          "amplify:ListApps",
          "amplify:ListBranches",
          "apprunner:DescribeService",
          "apprunner:ListServices",
          "autoscaling:DescribeLaunchConfigurations",
          "batch:DescribeJobDefinitions",
          "cloudformation:DescribeStacks",
          "cloudformation:GetTemplate",
          "cloudformation:ListStackResources",
          "codebuild:BatchGetProjects",
          "codebuild:ListProjects",
          "ec2:DescribeInstanceAttribute",
          "ec2:DescribeInstances",
          "ec2:DescribeLaunchTemplateVersions",
          "ec2:DescribeRegions",
          "ecs:DescribeServices",
          "ecs:DescribeTaskDefinition",
          "ecs:ListClusters",
          "ecs:ListServices",
          "ecs:ListTaskDefinitionFamilies",
          "elasticbeanstalk:DescribeConfigurationSettings",
          "elasticbeanstalk:DescribeEnvironments",
          "glue:GetConnections",
          "glue:GetJobs",
          "lambda:ListFunctions",
          "lightsail:GetBucketAccessKeys",
          "lightsail:GetBuckets",
          "lightsail:GetContainerServices",
          "sagemaker:DescribeModel",
          "sagemaker:DescribeNotebookInstanceLifecycleConfig",
          "sagemaker:DescribeTrainingJob",
          "sagemaker:ListModels",
          "sagemaker:ListNotebookInstanceLifecycleConfigs",
          "sagemaker:ListTrainingJobs",
          "states:DescribeStateMachine",
          "states:ListStateMachines",
        ]
        Resource = "*"
      }] : [],
      # Optional, read_parameters, off by default: keys in parameters of Systems Manager that are plain text. Encrypted ones are never asked for.
      var.read_parameters ? [{
        Sid      = "ReadParameters"
        Effect   = "Allow"
        Action   = ["ssm:DescribeParameters", "ssm:GetParameters"]
        Resource = "*"
      }] : [],
      # Optional, read_environment_files, off by default: keys in the files in S3 that ECS tasks take their environment from. Their names end in .env.
      var.read_environment_files ? [{
        Sid      = "ReadEnvironmentFiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = "arn:${data.aws_partition.here.partition}:s3:::*.env"
      }] : [],
    )
  })
}

output "role_arn" {
  description = "The input role-to-assume."
  value       = aws_iam_role.first.arn
}
