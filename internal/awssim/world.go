// Package awssim is AWS for tests and benchmarks: an HTTP server in this process
// that answers the calls of the collector from a plain model of accounts. It pages,
// throttles, refuses and fails as it is told, and counts every request.
//
// It answers only what is modelled. A request that nobody expected is recorded and
// fails the test. It knows nothing of the code under test.
package awssim

import (
	"time"
)

// World is everything the simulated AWS knows. It must not change while the server runs.
type World struct {
	// Partition is aws unless set.
	Partition string
	// Accounts by 12-digit id.
	Accounts map[string]*Account
	// Make gives an account that Accounts lacks; nil or a nil answer: there is none. It
	// is asked for each request, so that thousands of accounts need no memory; it must
	// give the same account each time and may be called concurrently.
	Make func(id string) *Account
	// Organization lists the members in the order in which they are answered; nil means
	// that organizations are not in use.
	Organization []Member
	// Tree is what stands above the members; nil: nothing of it can be asked about.
	Tree *Tree
	// EmptyFirstPage makes the first page of the members empty, with a token to go on.
	EmptyFirstPage bool
	// PageSize bounds every page below what was asked for; 0 does not.
	PageSize int
	// ThrottleEvery makes every n-th request fail with Throttling; 0 does not.
	ThrottleEvery int
	// Faults are tried in order; the first that matches answers.
	Faults []Fault
	// SessionLife is how long credentials live; one hour unless set.
	SessionLife time.Duration
	// Latency is added to each answer.
	Latency time.Duration
	// Now is the clock that tokens and reports are judged by; zero does not judge tokens.
	Now time.Time
}

// Member is one account of the organization as ListAccounts tells it.
type Member struct {
	ID, Name string
	// State and Status are left out of the answer when they are empty.
	State, Status string
}

// Fault is an answer in place of the right one.
type Fault struct {
	// Action is "iam:ListAccessKeys"; empty matches all.
	Action string
	// Account matches all when it is empty.
	Account string
	// Param, when set, must be the value of UserName, AccessKeyId, RoleArn, Arn or JobId.
	Param string
	// After lets so many matching requests pass first; Times bounds how many then
	// fail, 0 does not.
	After, Times int
	// Code and Message are the error; Status is 403 unless set.
	Code, Message string
	Status        int
	// Body, when set, is the whole answer, whatever it is.
	Body string
	// Cut closes the connection without an answer.
	Cut bool
}

// Account is one AWS account.
type Account struct {
	ID       string
	Users    []User
	Groups   []Group
	Policies []Policy
	Root     Root
	Roles    []Role
	// Provider is the account's OIDC provider for GitHub; nil: none was made.
	Provider *Provider
	// Regions are those that are enabled, us-east-1 unless set; one behind a ! is listed and not opted in to.
	Regions []string
	// Objects are the texts of objects in S3, by BUCKET/KEY.
	Objects map[string]string
	// Compute by region.
	Compute map[string]*Compute
	// Addresses are its public addresses, by region.
	Addresses map[string][]Address
	// Events is what CloudTrail knows, newest first.
	Events []Event

	// Reported is what the credential report knows where that differs from Users: it
	// may be four hours old. nil: the same.
	Reported []User
	// ReportAt is the report's GeneratedTime.
	ReportAt time.Time
	// ReportReady says that a report exists already; otherwise it is started by the
	// first Generate and complete after ReportPolls answers INPROGRESS.
	ReportReady bool
	ReportPolls int
	// JobPolls is how often a list of called services is still being made when it is asked for.
	JobPolls int
	// ReportCSV, when set, is the report as it is.
	ReportCSV string
	// OmitSummary names keys that GetAccountSummary leaves out.
	OmitSummary []string
}

// Root is the root user.
type Root struct {
	Created          time.Time
	Password         bool
	PasswordSet      time.Time
	PasswordLastUsed time.Time
	MFA              bool
	Keys             []Key
	Certificates     []Certificate
}

// User is one IAM user.
type User struct {
	Name     string
	Path     string // "/" unless set
	ID       string
	Created  time.Time
	Tags     map[string]string
	Groups   []string
	Attached []string          // ARNs of managed policies
	Inline   map[string]string // documents by name, as JSON
	Boundary string            // ARN
	Password *Password
	MFA      bool
	Keys     []Key // in order of creation
	Certs    []Certificate
	SSH      []SSHKey
	Services []Service
	// Called are the services that IAM lists for the user: those it may call, used or not.
	Called []Called
	// CalledFails makes the list of them fail.
	CalledFails bool
}

// Called is a service that a user may call.
type Called struct {
	Service string
	Last    time.Time // zero: it never was called
	Region  string
	// Actions are those that IAM keeps track of; a time of zero: never called.
	Actions map[string]time.Time
}

// Group is one IAM group.
type Group struct {
	Name     string
	Attached []string
	Inline   map[string]string
}

// Policy is one customer managed policy.
type Policy struct {
	ARN, Document string
}

// Password is a console password.
type Password struct {
	Set, LastUsed time.Time
}

// Key is an access key.
type Key struct {
	ID       string
	Inactive bool
	Created  time.Time
	LastUsed time.Time
	Service  string
	Region   string
}

// Certificate is a signing certificate.
type Certificate struct {
	ID       string
	Inactive bool
	Set      time.Time
}

// SSHKey is an SSH public key.
type SSHKey struct {
	ID       string
	Inactive bool
	Uploaded time.Time
}

// Service is a service-specific credential.
type Service struct {
	ID, Service, Status string
	Created, Expires    time.Time
}

// Provider is an OIDC provider.
type Provider struct {
	Issuer    string
	Audiences []string
}

// Role is an IAM role and who may assume it.
type Role struct {
	// Name holds the path: audit/keysweep.
	Name string
	// Subjects are the token subjects that may assume it by OIDC.
	Subjects []string
	// Callers are the accounts whose principals may assume it.
	Callers []string
	// ExternalID must be sent when it is set.
	ExternalID string
	// MaxSession is one hour unless set.
	MaxSession time.Duration
}

// Address is a public address: of a NAT gateway, of an instance, or elastic and of neither.
type Address struct {
	Public   string
	NAT      bool
	Instance string
}

// Event is a CloudTrail event.
type Event struct {
	Time                  time.Time
	Source, Name, Region  string
	Address, Agent, KeyID string
	UserType, UserName    string // Root and root unless set
	LookupRegion          string // the region whose event history holds it; Region unless set
	Raw                   string // the event's JSON as it is, in place of one made of the fields
}

func (w *World) partition() string {
	if w.Partition == "" {
		return "aws"
	}
	return w.Partition
}

func (w *World) account(id string) *Account {
	if a := w.Accounts[id]; a != nil {
		return a
	}
	if w.Make == nil {
		return nil
	}
	return w.Make(id)
}

func (a *Account) user(name string) *User {
	for i := range a.Users {
		if a.Users[i].Name == name {
			return &a.Users[i]
		}
	}
	return nil
}

func (a *Account) role(name string) *Role {
	for i := range a.Roles {
		if a.Roles[i].Name == name {
			return &a.Roles[i]
		}
	}
	return nil
}

func (u *User) path() string {
	if u.Path == "" {
		return "/"
	}
	return u.Path
}

func (w *World) userARN(a *Account, u *User) string {
	return "arn:" + w.partition() + ":iam::" + a.ID + ":user" + u.path() + u.Name
}
