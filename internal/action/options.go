package action

import (
	"fmt"
	"time"

	"github.com/keysweep/keysweep/internal/policy"
)

// Options is what a run was asked to do: flags over inputs over defaults. Unless a
// field says otherwise, an empty value means that nothing was asked for.
type Options struct {
	// Command is what to do. It is empty when Help or Version was asked for without one.
	Command Command
	Help    bool
	Version bool
	// Bare: nothing at all was asked for; the help is shown and the status is 2.
	Bare bool
	// NoAWS: the event does not allow any AWS credentials to be asked for.
	NoAWS bool
	// Runner is what the runner says about the job.
	Runner Runner
	// Warnings are sentences about the options themselves.
	Warnings []string

	// The way into AWS.
	Role            Role
	Audience        string // of the OIDC token
	SessionName     string // as STS takes it
	RoleDuration    time.Duration
	Region          string // of the home partition
	Partition       string // aws, aws-us-gov or aws-cn: that of Region
	Accounts        []string
	Organization    bool // all active accounts of the organization
	AccountRoleName string
	ExternalID      string
	Regions         []string // for the compute checks; nil: all that are enabled
	Concurrency     int      // accounts audited at once
	Shard           Shard

	// The way into GitHub.
	Token            Secret
	IssuesRepository string // owner/name
	MaxNewIssues     int
	MaxClosePercent  int
	AllowPublic      bool
	DryRun           bool

	// What decides.
	Config        string // path of the policy file
	ConfigGiven   bool   // it was named: that it is missing is an error
	UnusedDays    int    // days; use ApplyTo, since a policy file stands between it and the default
	MaxKeyAgeDays int    // days; use ApplyTo
	FailOn        string // never, low, medium, high, critical; of a review never or addition

	// Files.
	OutputDir        string   // as it was written
	Paths            []string // what a scan reads; "-" is standard input
	Inventory        string   // folder of saved inventories
	PlanFile         string   // Terraform plan in JSON
	GitDir           string   // a local repository
	Base, Head       string   // revisions of GitDir
	BaseDir, HeadDir string   // folders
	CredentialReport string
	AsOf             time.Time // zero: not given
	Format           string    // table or json

	// Estimate asks a plan for the requests of the audit.
	Estimate bool

	// Of a scan.
	Mask      bool          // hide the middle of key ids
	Memory    int64         // bytes
	TimeLimit time.Duration // of the whole scan

	given map[string]string // option name to the source that gave it
}

// Runner is what the runner says about the job, from its GITHUB_ variables.
type Runner struct {
	Event      string // GITHUB_EVENT_NAME
	Repository string // owner/name of the workflow's repository
	SHA        string
	APIURL     string // without a slash at the end
	ServerURL  string // without a slash at the end
}

// Role is the ARN of an IAM role, taken apart. The zero Role is none.
type Role struct {
	ARN       string
	Partition string
	Account   string // 12 digits
	Name      string // without its path
}

// Shard is one part of a job matrix. The zero Shard is the whole.
type Shard struct {
	Index int // from 1
	Total int
}

// Given reports whether a flag or an input set the option of this name.
func (o *Options) Given(name string) bool {
	_, ok := o.given[name]
	return ok
}

// Compares reports whether a review was given what it compares: a plan, a repository or two folders. Else it
// looks at the pull request or merge group of the event.
func (o *Options) Compares() bool {
	return o.PlanFile != "" || o.GitDir != "" || o.BaseDir != ""
}

// AsksGitHub reports whether a review asks GitHub about the change of the event: for the files, or where a plan of
// that change is given, for the policy file that it cannot have altered.
func (o *Options) AsksGitHub() bool {
	return o.Command == Review && (!o.Compares() || o.PlanFile != "" && reviewed(o.Runner.Event))
}

// AtChange reports whether the event is about a change, so that the checkout is what its author makes of the repository.
func (o *Options) AtChange() bool { return reviewed(o.Runner.Event) }

// AsksAWS reports whether a scan reads the accounts itself, to say whose keys it found: where it was told which, and
// was given no inventory.
func (o *Options) AsksAWS() bool {
	return o.Command == Scan && o.Inventory == "" && !o.NoAWS && (o.Role.ARN != "" || len(o.Accounts) > 0 || o.Organization)
}

// FailsOnAddition reports whether a review that finds an addition ends with status 3.
func (o *Options) FailsOnAddition() bool { return o.FailOn == addition }

// Offline reports whether the command works on files alone: no network, no credentials.
func (o *Options) Offline() bool {
	switch o.Command {
	case Audit:
		return o.CredentialReport != "" || o.Inventory != ""
	case Scan:
		return !o.AsksAWS()
	}
	return true
}

// longUnused is from when on an unused-days threshold earns a warning.
const longUnused = 90

// ApplyTo overrides thresholds of the policy by those that a flag or an input gave.
// It returns the sentences the user should be warned by, about what holds then.
func (o *Options) ApplyTo(p *policy.Policy) []string {
	if o.Given("unused-days") {
		p.Thresholds.UnusedDays = o.UnusedDays
	}
	if o.Given("max-key-age-days") {
		p.Thresholds.MaxKeyAgeDays = o.MaxKeyAgeDays
	}
	if p.Thresholds.UnusedDays < longUnused {
		return nil
	}
	return []string{fmt.Sprintf("unused-days is %d: the CIS AWS Foundations benchmark asks for 45 days or less, "+
		"and a key that nobody uses should be found well before it is %d days idle", p.Thresholds.UnusedDays, longUnused)}
}
