package checks

import (
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

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

// removal says how soon the credential of a subject can go.
func removal(s *Subject) string {
	switch {
	case s.Name == idStaticKeyInCompute:
		return resourceKeyRemoval(s)
	case s.Name == idDuplicateAccessKeys:
		return RemovalAfterLook
	case s.Name == idRootAccessKey:
		return rootKeyRemoval(s)
	case s.Key == nil:
		return RemovalNotAKey
	case s.Key.Active && len(s.leaks[s.Key.ID]) > 0:
		return RemovalAfterLook // it does not wait for what uses it
	case s.Key.Active && (len(s.holders()) > 0 || s.seenInUse(s.Key)):
		return RemovalAfterMigration
	case s.worksInCompute() && !s.unusedKey(s.Key):
		return RemovalAfterMigration
	case s.Key.Active && s.copied() || s.incomplete() || s.usedToday(s.Key) || s.seenToday() || s.worksInCompute():
		return RemovalAfterLook
	case !s.Key.Active || s.unusedKey(s.Key):
		return RemovalNow
	}
	return RemovalAfterLook
}

// seenInUse reports whether CloudTrail saw the key at work within the days after which it counts as unused.
func (s *Subject) seenInUse(k *inventory.AccessKey) bool {
	for _, u := range k.Uses {
		if s.Now.Sub(u.Last) < time.Duration(s.Policy.Thresholds.UnusedDays)*day {
			return true
		}
	}
	return false
}

// copied reports whether a copy of the key is known: whoever has it may use it, as long as it is active.
func (s *Subject) copied() bool { return len(s.holders()) > 0 || len(s.leaks[s.Key.ID]) > 0 }

// incomplete reports whether a fact about the key is missing without which nobody can say that it is idle.
// Where a call for its uses was made and refused, that is one; where none was made, IAM's last use speaks.
func (s *Subject) incomplete() bool {
	if s.traits.lastUseUnknown || !s.statusKnown() || s.Key.LastUsed.IsZero() && s.Key.Created.IsZero() {
		return true
	}
	m, missing := s.lacks(inventory.FactKeyUse)
	return missing && m.Action != "" && !m.Offline
}

// resourceKeyRemoval is removal for a key that a resource holds: until the resource has a role, it
// may depend on it. What is deactivated nothing can depend on.
func resourceKeyRemoval(s *Subject) string {
	if k := s.resourceKey(); k != nil && !k.Active {
		return RemovalNow
	}
	return RemovalAfterMigration
}

// rootKeyRemoval is removal for the keys of root: now only when each is known to be idle.
func rootKeyRemoval(s *Subject) string {
	keys := s.Account.Root.Keys
	idle := len(keys) > 0 && !s.traits.lastUseUnknown
	for i := range keys {
		k := &keys[i]
		idle = idle && !s.usedToday(k) && (!k.Active || s.unusedKey(k))
	}
	if idle {
		return RemovalNow
	}
	return RemovalAfterLook
}
