package action

import (
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/internal/policy"
)

// option is one line of the table below: a flag --name and, unless lineOnly, the
// input of the same name.
type option struct {
	name string
	// alias is another name of the flag, empty for none.
	alias string
	// value is how the help calls the value; empty: a switch, true when it stands alone.
	value string
	// def is the default as a user would write it; empty: none.
	def string
	// readers are the commands that read it, in one string; "any" goes for all.
	readers string
	about   string
	// lineOnly: a flag and no input.
	lineOnly bool
	// set parses a value and keeps it; its error is what a user reads behind the name.
	set func(*Options, string) error
}

const (
	live    = "audit scan plan doctor" // what goes to AWS
	backlog = "audit scan merge"       // what keeps the backlog
	// inAccounts are those that go into the accounts, which a plan does not.
	inAccounts = "audit scan doctor"
)

// table lists all options. A flag goes over an input, that over the policy file
// where it has such a field, and that over the default. Command-line-only options
// stand last.
func table() []option {
	t := policy.Default().Thresholds
	return []option{
		{
			name: "mode", value: "MODE", def: auto, readers: "any", set: setMode,
			about: "what to do when no command is given: " + join(append([]string{auto}, words(func(c commandInfo) bool { return isMode(c) && isBuilt(c) })...), "or") + "; auto chooses by the event",
		},
		{
			name: "role-to-assume", value: "ARN", readers: live, set: setRole,
			about: "first role, assumed with the workflow's OIDC token; without it, the AWS SDK's default credentials",
		},
		{
			name: "audience", value: "NAME", def: "sts.amazonaws.com", readers: live, set: text(func(o *Options) *string { return &o.Audience }),
			about: "audience of the OIDC token; in China sts.amazonaws.com.cn by default",
		},
		{
			name: "role-session-name", value: "NAME", def: "keysweep", readers: live, set: setSessionName,
			about: "name of the sessions in CloudTrail; characters that STS does not take become dashes",
		},
		{
			name: "role-duration-seconds", value: "N", def: "3600", readers: live, set: setRoleDuration,
			about: "how long a session of the first role lasts, 900 to 43200",
		},
		{
			name: "aws-region", value: "REGION", def: "us-east-1", readers: live, set: setRegion,
			about: "region of the home partition; the partition follows it",
		},
		{
			name: "accounts", value: "IDS", readers: live, set: setAccounts,
			about: "12-digit account ids, separated by commas or new lines, or organization for all active accounts; without it, the account of the first role",
		},
		{
			name: "account-role-name", value: "NAME", def: "keysweep-audit", readers: inAccounts, set: setAccountRoleName,
			about: "role assumed in each listed account",
		},
		{
			name: "external-id", value: "ID", readers: inAccounts, set: setExternalID,
			about: "external id passed to the role in each account",
		},
		{
			name: "regions", value: "REGIONS", def: "enabled", readers: live, set: setRegions,
			about: "regions for the compute checks: enabled, or a list",
		},
		{
			name: "config", value: "FILE", def: ".github/keysweep.yml", readers: "audit merge review scan plan doctor", set: text(func(o *Options) *string { return &o.Config }),
			about: "policy file: thresholds, owners, exemptions",
		},
		{
			name: "github-token", value: "TOKEN", readers: "audit merge review scan plan doctor", set: setToken,
			about: "token for the issues, for the pull request under review, and for what a scan reads; without one the backlog is written as files",
		},
		{
			name: "issues-repository", value: "OWNER/NAME", readers: "audit merge scan plan doctor", set: setIssuesRepository,
			about: "where the issues live; by default the workflow's repository",
		},
		{
			name: "unused-days", value: "N", def: strconv.Itoa(t.UnusedDays), readers: "audit merge demo scan", set: whole(1, 3650, func(o *Options) *int { return &o.UnusedDays }),
			about: "an active credential unused for this many days is unused",
		},
		{
			name: "max-key-age-days", value: "N", def: strconv.Itoa(t.MaxKeyAgeDays), readers: "audit merge demo scan", set: whole(1, 3650, func(o *Options) *int { return &o.MaxKeyAgeDays }),
			about: "an access key older than this many days is too old",
		},
		{
			name: "fail-on", value: "WHAT", def: "never", readers: "audit merge demo review scan", set: setFailOn,
			about: "end with status 3 at findings of this severity or worse: never, low, medium, high or critical; for review at an addition: never or addition",
		},
		{
			name: "max-new-issues", value: "N", def: "25", readers: backlog, set: whole(0, 100_000, func(o *Options) *int { return &o.MaxNewIssues }),
			about: "issues opened in one run; the rest is deferred to the next",
		},
		{
			name: "max-close-percent", value: "N", def: "30", readers: "audit merge", set: whole(0, 100, func(o *Options) *int { return &o.MaxClosePercent }),
			about: "a run that would close more than this share of the open issues closes none",
		},
		{
			name: "allow-public", def: "false", readers: "audit merge scan plan doctor", set: yesNo(func(o *Options) *bool { return &o.AllowPublic }),
			about: "write to a public repository, with account ids, user names and key ids redacted",
		},
		{
			name: "dry-run", def: "false", readers: "audit merge review scan", set: yesNo(func(o *Options) *bool { return &o.DryRun }),
			about: "print the plan and write nothing to GitHub",
		},
		{
			name: "output-dir", value: "DIR", def: "keysweep-report", readers: "audit merge demo scan review", set: text(func(o *Options) *string { return &o.OutputDir }),
			about: "report folder",
		},
		{
			name: "concurrency", value: "N", def: "16", readers: live, set: whole(1, 256, func(o *Options) *int { return &o.Concurrency }),
			about: "accounts audited at once, 1 to 256",
		},
		{
			name: "shard", value: "I/N", readers: "audit", set: setShard,
			about: "audit the i-th of n parts of the accounts, write its inventory and touch no issue",
		},
		{
			name: "paths", value: "PATHS", def: ".", readers: "scan", set: setPaths,
			about: "what scan reads, one path a line; on the command line they stand behind the command, and - is standard input",
		},
		{
			name: "inventory", value: "DIR", readers: "audit merge scan plan", set: text(func(o *Options) *string { return &o.Inventory }),
			about: "folder of saved inventories: audit them offline, look up in them whose keys a scan found, or size the jobs of a plan by them",
		},
		{
			name: "plan-file", alias: "plan", value: "FILE", readers: "review", set: text(func(o *Options) *string { return &o.PlanFile }),
			about: "review a Terraform plan, as terraform show -json writes it; --plan is the same",
		},

		{
			name: "credential-report", value: "FILE", readers: "audit", lineOnly: true, set: text(func(o *Options) *string { return &o.CredentialReport }),
			about: "audit one downloaded credential report offline",
		},
		{
			name: "as-of", value: "TIME", readers: "audit demo scan", lineOnly: true, set: setAsOf,
			about: "clock of an offline command, RFC 3339: 2027-01-31T00:00:00Z",
		},
		{
			name: "git-dir", value: "DIR", readers: "review", lineOnly: true, set: text(func(o *Options) *string { return &o.GitDir }),
			about: "review two states of a local git repository, bare or not; the working directory when --base is given without it",
		},
		{
			name: "base", value: "REV", readers: "review", lineOnly: true, set: text(func(o *Options) *string { return &o.Base }),
			about: "the state before: a commit, tag, branch or tree of --git-dir",
		},
		{
			name: "head", value: "REV", readers: "review", lineOnly: true, set: text(func(o *Options) *string { return &o.Head }),
			about: "the state after",
		},
		{
			name: "base-dir", value: "DIR", readers: "review", lineOnly: true, set: text(func(o *Options) *string { return &o.BaseDir }),
			about: "review two folders: the one with the state before",
		},
		{
			name: "head-dir", value: "DIR", readers: "review", lineOnly: true, set: text(func(o *Options) *string { return &o.HeadDir }),
			about: "the folder with the state after",
		},
		{
			name: "mask", def: "false", readers: "scan", lineOnly: true, set: yesNo(func(o *Options) *bool { return &o.Mask }),
			about: "show of the ids of keys the first four characters and the last four",
		},
		{
			name: "memory", value: "SIZE", def: "1GiB", readers: "scan", lineOnly: true, set: setMemory,
			about: "how much memory a scan may take: 512MiB, 4GiB",
		},
		{
			name: "time-limit", value: "TIME", def: "1h", readers: "scan", lineOnly: true, set: setTimeLimit,
			about: "how long a scan may take: 10m, 2h; what is left then is told as not scanned",
		},
		{
			name: "estimate", def: "false", readers: "plan", lineOnly: true, set: yesNo(func(o *Options) *bool { return &o.Estimate }),
			about: "print how many requests an audit makes, by service and action, and how long it takes; no more is asked of AWS than which accounts there are",
		},
		{
			name: "format", value: "FORMAT", def: "table", readers: "checks review scan", lineOnly: true, set: choice(func(o *Options) *string { return &o.Format }, "table", "json"),
			about: "how it is printed: table or json",
		},
		{
			name: "help", readers: "any", lineOnly: true, set: yesNo(func(o *Options) *bool { return &o.Help }),
			about: "show what a command does and its options",
		},
		{
			name: "version", readers: "any", lineOnly: true, set: yesNo(func(o *Options) *bool { return &o.Version }),
			about: "show the version",
		},
	}
}

// readBy reports whether the command reads the option.
func (opt option) readBy(c Command) bool {
	if opt.readers == "any" {
		return true
	}
	for _, reader := range strings.Fields(opt.readers) {
		if reader == string(c) {
			return true
		}
	}
	return false
}

// variable is the environment variable in which the runner passes the input: upper
// case, blanks to underscores, and dashes stay.
func (opt option) variable() string {
	return "INPUT_" + strings.ToUpper(strings.ReplaceAll(opt.name, " ", "_"))
}
