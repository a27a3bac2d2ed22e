# keysweep-audit: the role that keysweep takes in each audited account. It allows reading only.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "first_role_arn" {
  description = "ARN of the first role, the one that the GitHub workflow takes by OIDC."
  type        = string
}

variable "role_name" {
  description = "Name of the role; the input account-role-name must say the same."
  type        = string
  default     = "keysweep-audit"
}

variable "external_id" {
  description = "Optional. The input external-id must say the same."
  type        = string
  default     = ""
}

variable "organization_id" {
  description = "Optional, o-.... Only principals of this organization may take the role."
  type        = string
  default     = ""
}

variable "read_root_activity" {
  description = "Lets keysweep ask CloudTrail what the root user did, so that the use of a root key can be told."
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

data "aws_partition" "here" {}

locals {
  trust_equals = merge(
    var.external_id == "" ? {} : { "sts:ExternalId" = var.external_id },
    var.organization_id == "" ? {} : { "aws:PrincipalOrgID" = var.organization_id },
  )
}

resource "aws_iam_role" "audit" {
  name                 = var.role_name
  description          = "Read-only audit of long-lived credentials by keysweep"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [merge(
      {
        Effect    = "Allow"
        Principal = { AWS = var.first_role_arn }
        Action    = "sts:AssumeRole"
      },
      length(local.trust_equals) == 0 ? {} : { Condition = { StringEquals = local.trust_equals } },
    )]
  })
}

resource "aws_iam_role_policy" "read" {
  name = "keysweep-read-iam"
  role = aws_iam_role.audit.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
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
      }],
      # Optional, read_root_activity: what the root user did, from CloudTrail's last 90 days.
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
  value = aws_iam_role.audit.arn
}
