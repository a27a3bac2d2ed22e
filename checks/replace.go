package checks

// Words for Replacement.Kind that this package gives.
const (
	replaceDelete          = "delete"
	replaceIdentityCenter  = "identity-center"
	replaceSES             = "ses-role"
	replaceShortTermKey    = "short-term-api-key"
	replaceRolesAnywhere   = "roles-anywhere"
	replaceExternalID      = "external-id-role"
	replaceLambdaRole      = "lambda-role"
	replaceTaskRole        = "ecs-task-role"
	replaceInstanceProfile = "instance-profile"
	replaceCodeBuildRole   = "codebuild-role"
	replacePodIdentity     = "pod-identity"
	replaceGitHubOIDC      = "github-oidc"
	replaceOIDC            = "oidc"
	replaceAWSLogin        = "aws-login"
)

// Replacements that do not depend on the subject.
var (
	deleteUnused   = Replacement{replaceDelete, "Nothing uses it: nothing has to take its place."}
	deleteInactive = Replacement{replaceDelete, "It is deactivated already: nothing has to take its place."}
	toPersonLogin  = Replacement{replaceIdentityCenter, "A person signs in through IAM Identity Center and gets short-lived credentials, in the browser and with aws sso login."}
	toExternalRole = Replacement{replaceExternalID, "It belongs to a third party: they assume a role that trusts their account and asks for an external id."}
	toSESRole      = Replacement{replaceSES, "It sends mail: a role that may only send through the SES API. Where only SMTP will do, keep one key that may do nothing but send, and change it often."}
	toUnknownRole  = Replacement{replaceRolesAnywhere, "Where the key is used from is not known yet. IAM Roles Anywhere serves a workload wherever it runs; on AWS take the role of the compute itself."}
)

// replaceUsedKey says what takes the place of a key that is in use.
func replaceUsedKey(s *Subject) Replacement { return s.traits.move.replacement }

// replacePerson says how a person gets in without an IAM user.
func replacePerson(s *Subject) Replacement {
	if isContractor(s) {
		return toExternalRole
	}
	return toPersonLogin
}

// replaceCodeCommit says what takes the place of a Git or database login of a user.
func replaceCodeCommit(s *Subject) Replacement {
	if isPerson(s) {
		return Replacement{replaceIdentityCenter, "The service takes the signed requests of any role: a person signs in through IAM Identity Center and uses the helper or plugin of the service."}
	}
	return Replacement{replaceRolesAnywhere, "The service takes the signed requests of any role, through its helper or plugin. Where it is used from is not known yet: IAM Roles Anywhere serves a workload wherever it runs; on AWS take the role of the compute itself."}
}

// always makes a replace function of one replacement.
func always(r Replacement) func(*Subject) Replacement {
	return func(*Subject) Replacement { return r }
}
