module github.com/keysweep/keysweep

go 1.26.0

// The AWS side: roles, reports, IAM facts. Exact versions: they resolve together.
require (
	github.com/aws/aws-sdk-go-v2 v1.47.8
	github.com/aws/aws-sdk-go-v2/config v1.33.16 // the default credential chain, regions, endpoints
	github.com/aws/aws-sdk-go-v2/credentials v1.20.16 // static session credentials of an assumed role
	github.com/aws/aws-sdk-go-v2/service/cloudtrail v1.56.0 // what the root user did
	github.com/aws/aws-sdk-go-v2/service/iam v1.64.9 // the IAM facts
	github.com/aws/aws-sdk-go-v2/service/organizations v1.62.7 // the accounts of an organization
	github.com/aws/aws-sdk-go-v2/service/sts v1.51.9 // roles by OIDC and by chaining
	github.com/aws/smithy-go v1.28.8 // error codes of AWS answers
)

// The GitHub side.
require (
	github.com/google/go-github/v62 v62.0.0 // issues, comments, labels
	github.com/sethvargo/go-githubactions v1.3.2 // the OIDC token, masks and annotations
)

// Everything else that runs.
require (
	github.com/hashicorp/hcl/v2 v2.25.0 // Terraform, OpenTofu, Terragrunt and Stacks: syntax, JSON syntax, expressions
	github.com/klauspost/compress v1.20.3 // zstd, which the standard library does not decode; deflate, at twice its speed for short streams
	github.com/ulikunitz/xz v0.5.17 // LZMA and LZMA2, inside xz, LZMA and zip
	github.com/zclconf/go-cty v1.19.0 // the values and functions of those expressions
	go.yaml.in/yaml/v4 v4.0.0 // the policy file, with every fault's line
	golang.org/x/sync v0.24.0 // bounded concurrency over accounts
)

// Tests only.
require (
	github.com/getkin/kin-openapi v0.153.0 // the GitHub fake is held to GitHub's own description
	github.com/google/go-cmp v0.7.0 // readable differences
	github.com/rogpeppe/go-internal v1.16.0 // txtar: two states of a repository in one file; the patches of the GitHub fake
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // SARIF and our own documents against their schemas
	github.com/vektah/gqlparser/v2 v2.5.64 // the fake's GraphQL queries are held to GitHub's schema
	github.com/yuin/goldmark v1.8.7 // rendered Markdown is searched for what we did not write
	pgregory.net/rapid v1.3.0 // laws: apply twice equals once
)

require (
	github.com/agext/levenshtein v1.2.1 // indirect
	github.com/agnivade/levenshtein v1.2.2 // indirect
	github.com/apparentlymart/go-textseg/v15 v15.0.0 // indirect
	github.com/apparentlymart/go-textseg/v17 v17.0.1 // indirect
	github.com/aws/aws-sdk-go-v2/feature/ec2/imds v1.20.8 // indirect
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.11 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.11 // indirect
	github.com/aws/aws-sdk-go-v2/internal/v4a v1.5.11 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding v1.13.24 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/presigned-url v1.14.11 // indirect
	github.com/aws/aws-sdk-go-v2/service/signin v1.12.4 // indirect
	github.com/aws/aws-sdk-go-v2/service/sso v1.39.4 // indirect
	github.com/aws/aws-sdk-go-v2/service/ssooidc v1.44.4 // indirect
	github.com/go-openapi/jsonpointer v0.22.5 // indirect
	github.com/go-openapi/swag/jsonname v0.25.5 // indirect
	github.com/google/go-querystring v1.1.0 // indirect
	github.com/gorilla/mux v1.8.0 // indirect
	github.com/mitchellh/go-wordwrap v1.0.1 // indirect
	golang.org/x/mod v0.29.0 // indirect
	golang.org/x/text v0.31.0 // indirect
	golang.org/x/tools v0.38.0 // indirect
)
