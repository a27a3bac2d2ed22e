package checks

import "slices"

// platform is a service elsewhere that gives its jobs OIDC tokens. Texts and names are those of its
// own documentation; what stands for a name of its user is a variable.
type platform struct {
	id, name string
	// issuer is the provider without https://, audience what its tokens are for, subject which of them
	// are trusted. Where the subject ends in a wildcard, it is compared with StringLike.
	issuer, audience, subject string
	// find says where the variables are to be found, use how a job takes the role; ROLE_ARN stands for its ARN.
	find, use string
}

var platforms = []platform{
	{
		id: "gitlab", name: "GitLab", issuer: "gitlab.com", audience: "sts.amazonaws.com",
		subject: "project_path:" + ask("GROUP_PROJECT") + ":ref_type:branch:ref:" + ask("BRANCH"),
		find:    "Set GROUP_PROJECT to the path of the project and BRANCH to the branch that deploys. A GitLab of your own is its own issuer: put its host in the place of `gitlab.com`.",
		use:     "Give the job a token by `id_tokens` with `aud: sts.amazonaws.com`, write it into a file, and set `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`. Then delete the CI/CD variables with the key: a key that is set goes before the role.",
	},
	{
		id: "circleci", name: "CircleCI", issuer: "oidc.circleci.com/org/" + ask("ORGANIZATION_ID"), audience: ask("ORGANIZATION_ID"),
		subject: "org/" + ask("ORGANIZATION_ID") + "/project/" + ask("PROJECT_ID") + "/user/*",
		find:    "Set ORGANIZATION_ID and PROJECT_ID: the settings of the organization and of the project show them.",
		use:     "Let the job take the role with the orb `circleci/aws-cli` and its `role_arn`. Then delete the variables of the context or project with the key: a key that is set goes before the role.",
	},
	{
		id: "bitbucket", name: "Bitbucket Pipelines", issuer: "api.bitbucket.org/2.0/workspaces/" + ask("WORKSPACE") + "/pipelines-config/identity/oidc", audience: ask("AUDIENCE"),
		subject: ask("REPOSITORY_ID") + ":*",
		find:    "Set WORKSPACE, AUDIENCE and REPOSITORY_ID: the settings of the repository show them under OpenID Connect.",
		use:     "Set `oidc: true` on the step, write `BITBUCKET_STEP_OIDC_TOKEN` into a file, and set `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`. Then delete the variables of the repository with the key.",
	},
	{
		id: "buildkite", name: "Buildkite", issuer: "agent.buildkite.com", audience: "sts.amazonaws.com",
		subject: "organization:" + ask("ORGANIZATION") + ":pipeline:" + ask("PIPELINE") + ":ref:refs/heads/" + ask("BRANCH") + ":*",
		find:    "Set ORGANIZATION and PIPELINE to their slugs, as in the address of the pipeline, and BRANCH to the branch that deploys.",
		use:     "Let the step ask for a token by `buildkite-agent oidc request-token --audience sts.amazonaws.com`, write it into a file, and set `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`; the plugin aws-assume-role-with-web-identity does the same. Then delete the key where the agents have it.",
	},
	{
		id: "terraform", name: "HCP Terraform", issuer: "app.terraform.io", audience: "aws.workload.identity",
		subject: "organization:" + ask("ORGANIZATION") + ":project:" + ask("PROJECT") + ":workspace:" + ask("WORKSPACE") + ":run_phase:*",
		find:    "Set ORGANIZATION, PROJECT and WORKSPACE to their names.",
		use:     "Set the variables `TFC_AWS_PROVIDER_AUTH` to true and `TFC_AWS_RUN_ROLE_ARN` to the ARN of the role in the workspace. Then delete its variables with the key: a key that is set goes before the role.",
	},
}

// platformNamed is a platform by its id; nil where there is none.
func platformNamed(id string) *platform {
	i := slices.IndexFunc(platforms, func(p platform) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return &platforms[i]
}
