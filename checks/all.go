package checks

// list holds every check that the facts of one account decide, in the order of the catalogue.
var list = []*Check{
	rootAccessKey,
	rootMFAMissing,
	rootRecentlyUsed,
	quarantinedUser,
	leakedAccessKey,
	unusedAccessKey,
	agedAccessKey,
	duplicateAccessKeys,
	inactiveAccessKey,
	unusedPassword,
	passwordWithoutMFA,
	humanIAMUser,
	orphanedUser,
	serviceSpecificCredential,
	signingCertificate,
	sshPublicKey,
	workloadAccessKey,
	staticKeyInCompute,
	instanceWithoutRole,
}

// knownIDs are the ids of the whole catalogue, those of checks that have no code yet
// included: a policy file may name any of them. Ids are for ever.
var knownIDs = []string{
	"root-access-key",
	"root-mfa-missing",
	"root-recently-used",
	"quarantined-user",
	"leaked-access-key",
	"unused-access-key",
	"aged-access-key",
	"duplicate-access-keys",
	"inactive-access-key",
	"unused-password",
	"password-without-mfa",
	"human-iam-user",
	"orphaned-user",
	"offboarded-user",
	"service-specific-credential",
	"signing-certificate",
	"ssh-public-key",
	"workload-access-key",
	"static-key-in-compute",
	"instance-without-role",
	"contractor-iam-user",
	"external-trust-unconditioned",
	"guardrail-missing",
	"guardrail-premature",
	"root-not-centralised",
	"account-unreadable",
}

// groups are the checks put together by the subject they share.
var groups = groupsOf(list)

// All returns the checks in the order of the catalogue.
func All() []*Check { return append(append([]*Check(nil), list...), accountUnreadable) }

// KnownIDs returns every id of the catalogue, in its order, whether its check exists yet or not.
func KnownIDs() []string { return append([]string(nil), knownIDs...) }

// ByID returns the check with an id.
func ByID(id string) (*Check, bool) {
	for _, c := range All() {
		if c.ID == id {
			return c, true
		}
	}
	return nil, false
}
