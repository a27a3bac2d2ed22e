// Package inventory holds the facts about audited AWS accounts: users, their
// credentials, the root user, and which facts are missing and why.
//
// It is pure. It knows neither AWS clients nor checks nor GitHub: a collector
// fills it, a saved file or a downloaded credential report fills it, checks
// read it.
package inventory

import (
	"slices"
	"time"
)

// Schema names the document that a saved inventory is.
const Schema = "keysweep/inventory/v1"

// RootUser is the name that the credential report gives the root user.
const RootUser = "<root_account>"

// Status says how far the collection of an account came.
type Status string

const (
	// Audited means that no call was refused. Facts may still be missing
	// when the source, say a bare credential report, cannot hold them.
	Audited Status = "audited"
	// Partial means that a call was refused or failed; Missing names the facts.
	Partial Status = "partial"
	// Failed means that nothing could be read, say because the role could not be assumed.
	Failed Status = "failed"
	// Skipped means that the account was left out on purpose: it is not active.
	Skipped Status = "skipped"
)

// Fact names one kind of fact that a check may need.
type Fact string

// The facts. Each is a thing known, not the call that fetches it: two calls may
// serve one fact, and the fact is missing only when none of them answered.
const (
	FactUsers              Fact = "users"                        // which users exist, since when
	FactUserIDs            Fact = "user-ids"                     // unique ids (AIDA…) of users
	FactUserTags           Fact = "user-tags"                    // tags of users
	FactUserPolicies       Fact = "user-policies"                // policies that act on users, boundaries
	FactAccessKeys         Fact = "access-keys"                  // which keys exist, status, creation
	FactAccessKeyIDs       Fact = "access-key-ids"               // ids (AKIA…) of keys
	FactAccessKeyLastUsed  Fact = "access-key-last-used"         // last use of keys
	FactPasswords          Fact = "passwords"                    // who has a console password, since when
	FactPasswordLastUsed   Fact = "password-last-used"           // last sign-in
	FactMFA                Fact = "mfa"                          // who has an MFA device
	FactServiceCredentials Fact = "service-specific-credentials" // CodeCommit, Keyspaces, Bedrock, …
	FactSSHKeys            Fact = "ssh-public-keys"              // CodeCommit SSH keys
	FactCertificates       Fact = "signing-certificates"         // X.509 signing certificates
	FactRootCredentials    Fact = "root-credentials"             // root password, MFA, keys, certificates: whether there are any
	FactRootLastUsed       Fact = "root-last-used"               // last use of the root password and keys
	// FactRootCredentialsLive is missing when the report, which may be hours old, had to
	// stand in for the live account summary. No check needs it: the refused call is named.
	FactRootCredentialsLive Fact = "root-credentials-live"
	FactRootActivity        Fact = "root-activity" // what CloudTrail saw root do
)

// Missing is one fact that was not collected. What was not seen is never clean:
// checks that need the fact neither find nor clear where it is missing.
type Missing struct {
	Fact Fact `json:"fact"`
	// User is the name of the one user the fact is missing for; empty means the whole account.
	User string `json:"user,omitempty"`
	// Credential is the id of the one credential the fact is missing for;
	// empty means all credentials of the user.
	Credential string `json:"credential,omitempty"`
	// Service and Region name the part of a regional fact that is missing; empty means all of them.
	Service string `json:"service,omitempty"`
	Region  string `json:"region,omitempty"`
	// Action is the refused call, "iam:ListSSHPublicKeys"; empty when no call was made.
	Action string `json:"action,omitempty"`
	// Cause is one line for people, without secrets.
	Cause string `json:"cause"`
	// Offline marks a fact that the source of this inventory cannot hold.
	// It is no fault and gives no exit status.
	Offline bool `json:"offline,omitempty"`
}

// Account is what is known about one AWS account.
type Account struct {
	Schema string `json:"schema"`
	// ID has 12 digits.
	ID string `json:"id"`
	// Name is the organization's name for the account, or the policy file's.
	Name string `json:"name"`
	// Partition is aws, aws-us-gov or aws-cn.
	Partition string `json:"partition"`
	Status    Status `json:"status"`
	// Cause says why the account failed or was skipped, with a hint what to do.
	Cause   string    `json:"cause,omitempty"`
	Missing []Missing `json:"missing"`
	// CollectedAt is when the collection of the account began (UTC): no fact that
	// was read live is older.
	CollectedAt time.Time `json:"collected_at"`
	// ReportGeneratedAt is when AWS made the credential report (UTC); AWS hands out a
	// report for up to four hours. Zero when there is none.
	ReportGeneratedAt time.Time `json:"report_generated_at,omitzero"`
	// Rechecked counts the credentials whose facts were read again live.
	Rechecked int `json:"rechecked"`
	// ReportOnly marks an account made of one downloaded credential report: it has no
	// unique ids, so ARN and key slot stand in for them.
	ReportOnly bool   `json:"report_only,omitempty"`
	Root       Root   `json:"root"`
	Users      []User `json:"users"` // sorted by name
	// Addresses are public addresses of the account's own, sorted.
	Addresses []Address `json:"addresses,omitempty"`
	// Compute is nil where it was not looked at.
	Compute *Compute `json:"compute,omitempty"`
	// Leaks is nil unless a scan was joined to the account: see FactLeaks.
	Leaks *Leaks `json:"leaks,omitempty"`
}

// Root is the root user of an account.
type Root struct {
	ARN     string    `json:"arn"`
	Created time.Time `json:"created,omitzero"` // creation of the account
	// HasPassword, HasMFA say what the live account summary says, or else the report.
	HasPassword      bool      `json:"has_password"`
	PasswordLastUsed time.Time `json:"password_last_used,omitzero"` // zero: never, or not since 2014-10-20
	HasMFA           bool      `json:"has_mfa"`
	// HasKeys is true when the account summary or the report shows a key, active or not.
	HasKeys bool `json:"has_keys"`
	// Keys holds the slots of the report that hold a key. A root key has no id there.
	// It may be empty though HasKeys is true, when the report was refused.
	Keys            []AccessKey `json:"keys"`
	HasCertificates bool        `json:"has_certificates"`
	// Events is what CloudTrail saw root do in the last 90 days, newest first, bounded.
	Events []RootEvent `json:"events"`
}

// RootEvent is one thing that CloudTrail saw root do.
type RootEvent struct {
	Time    time.Time `json:"time"`
	Source  string    `json:"source"`            // s3.amazonaws.com
	Name    string    `json:"name"`              // CreateBucket
	Region  string    `json:"region,omitempty"`  // us-east-1
	Address string    `json:"address,omitempty"` // source IP address or service name
	Agent   string    `json:"agent,omitempty"`   // user agent
	KeyID   string    `json:"key_id,omitempty"`  // the access key that was used, if one was
}

// User is one IAM user with all its long-lived credentials.
type User struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
	Path string `json:"path,omitempty"`
	// ID is the unique id (AIDA…); empty when it is not known. Names are used again
	// after a deletion, ids are not.
	ID      string            `json:"id,omitempty"`
	Created time.Time         `json:"created"`
	Tags    map[string]string `json:"tags,omitempty"`
	Groups  []string          `json:"groups,omitempty"` // sorted
	// Policies are the names of managed policies on the user or, with Via, through a group; sorted.
	Policies []UserPolicy `json:"policies,omitempty"`
	// Administrator says why the user is administrator-like, "AdministratorAccess through
	// group admins"; empty when it is not, or when FactUserPolicies is missing.
	Administrator string `json:"administrator,omitempty"`

	Password     Password            `json:"password"`
	MFA          bool                `json:"mfa"`
	Keys         []AccessKey         `json:"keys"` // sorted by creation, then id
	Certificates []Certificate       `json:"certificates,omitempty"`
	SSHKeys      []SSHKey            `json:"ssh_keys,omitempty"`
	Services     []ServiceCredential `json:"service_credentials,omitempty"`
	// Called are the services that the user has called, sorted by name; see FactServicesUsed.
	Called []ServiceUse `json:"called,omitempty"`
	// Live are the facts about this user that were read live in this collection although the
	// credential report tells them too; in the order they were read, each once.
	Live []Fact `json:"live,omitempty"`
}

// MarkLive notes facts about the user as read live.
func (u *User) MarkLive(facts ...Fact) {
	for _, f := range facts {
		if !u.IsLive(f) {
			u.Live = append(u.Live, f)
		}
	}
}

// IsLive reports whether a fact about the user was read live in this collection.
func (u *User) IsLive(f Fact) bool { return slices.Contains(u.Live, f) }

// UserPolicy is one managed policy that acts on a user.
type UserPolicy struct {
	ARN  string `json:"arn"`
	Name string `json:"name"`
	Via  string `json:"via,omitempty"` // group it comes through
}

// Password is the console password of a user.
type Password struct {
	Enabled bool `json:"enabled"`
	// Set is when the password was set or last changed; zero when there is none or it is not known.
	Set time.Time `json:"set,omitzero"`
	// LastUsed is zero when it was never used, or not since AWS keeps track (2014-10-20).
	LastUsed time.Time `json:"last_used,omitzero"`
}

// AccessKey is a long-term access key. The secret is never known.
type AccessKey struct {
	// ID is AKIA…; empty for root and in a bare credential report.
	ID string `json:"id,omitempty"`
	// Slot is 1 or 2, the report's column; 0 when the key was only seen live.
	Slot    int       `json:"slot,omitempty"`
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
	// LastUsed is zero when the key was never used, or not since AWS keeps track (2015-04-22).
	LastUsed        time.Time `json:"last_used,omitzero"`
	LastUsedService string    `json:"last_used_service,omitempty"` // namespace: s3, ses
	LastUsedRegion  string    `json:"last_used_region,omitempty"`
	// Live marks a last use that was read from the live API in this collection.
	Live bool `json:"live,omitempty"`
	// Uses are the places that the key was used from, the newest first; see FactKeyUse. UsesKnown says that
	// they were read, wherever they had to be.
	Uses      []KeyUse `json:"uses,omitempty"`
	UsesKnown bool     `json:"uses_known,omitempty"`
}

// Certificate is an X.509 signing certificate of a user.
type Certificate struct {
	ID     string    `json:"id,omitempty"` // empty in a bare report
	Slot   int       `json:"slot,omitempty"`
	Active bool      `json:"active"`
	Set    time.Time `json:"set,omitzero"`
}

// SSHKey is an SSH public key for CodeCommit.
type SSHKey struct {
	ID       string    `json:"id"` // APKA…
	Active   bool      `json:"active"`
	Uploaded time.Time `json:"uploaded"`
}

// ServiceCredential is a service-specific credential: CodeCommit, Keyspaces, Bedrock, ….
type ServiceCredential struct {
	ID      string    `json:"id"` // ACCA…
	Service string    `json:"service"`
	Status  string    `json:"status"` // Active, Inactive, Expired; other words are not active
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
}

// Active reports whether the credential can be used.
func (c ServiceCredential) Active() bool { return c.Status == "Active" }

// Lacks returns the first reason why a fact is missing for a user and a credential.
// An empty user asks about the account as a whole, an empty credential about the user.
// A fact missing for the whole account is missing for each user in it; one that is missing in
// a region only is not missing for the whole account: see LacksAt.
func (a *Account) Lacks(f Fact, user, credential string) (Missing, bool) {
	if a.Status == Failed || a.Status == Skipped {
		return Missing{Fact: f, Cause: a.Cause}, true
	}
	if m, ok := a.noScan(f); ok {
		return m, true
	}
	if m, ok := a.noCompute(f); ok {
		return m, true
	}
	if f == FactKeyUse {
		return a.noKeyUse(user, credential)
	}
	for _, m := range a.Missing {
		if m.Fact != f || m.Service != "" || m.Region != "" {
			continue
		}
		if m.User == "" || m.User == user && (m.Credential == "" || m.Credential == credential) {
			return m, true
		}
	}
	return Missing{}, false
}

// LacksAnywhere reports whether a fact is missing for the account or for any user or credential in it.
func (a *Account) LacksAnywhere(f Fact) (Missing, bool) {
	if a.Status == Failed || a.Status == Skipped {
		return Missing{Fact: f, Cause: a.Cause}, true
	}
	if m, ok := a.noScan(f); ok {
		return m, true
	}
	if m, ok := a.noCompute(f); ok {
		return m, true
	}
	if f == FactKeyUse {
		return a.noKeyUse("", "")
	}
	for _, m := range a.Missing {
		if m.Fact == f {
			return m, true
		}
	}
	return Missing{}, false
}

// Recheck asks a collector to read the facts of one credential again, live, before
// a finding about it opens or closes an issue.
type Recheck struct {
	User string      // name
	Kind RecheckKind // which facts
	Key  string      // access key id, for RecheckKey
}

// RecheckKind says which facts a Recheck is about.
type RecheckKind string

const (
	// RecheckKey reads the last use of one access key (its status is always read live).
	RecheckKey RecheckKind = "access-key"
	// RecheckPassword reads whether the user has a password, its last use, its MFA devices.
	RecheckPassword RecheckKind = "password"
	// RecheckUser reads whether the user has any credential at all.
	RecheckUser RecheckKind = "user"
	// RecheckKeyUse asks CloudTrail where one access key was used from.
	RecheckKeyUse RecheckKind = "key-use"
	// RecheckCertificates reads the signing certificates of the user.
	RecheckCertificates RecheckKind = "signing-certificates"
)
