package action

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/policy"
)

// vars is an environment that holds these variables and no others.
func vars(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := m[name]
		return v, ok
	}
}

// mustParse parses what must be right.
func mustParse(t *testing.T, env map[string]string, args ...string) *Options {
	t.Helper()
	o, err := Parse(args, vars(env))
	if err != nil {
		t.Fatalf("Parse(%q): %v", args, err)
	}
	return o
}

// wantFault parses what must be refused with these lines and status 2.
func wantFault(t *testing.T, env map[string]string, args []string, want string) {
	t.Helper()
	o, err := Parse(args, vars(env))
	if o != nil || err == nil {
		t.Fatalf("Parse(%q) = %v, %v; want an error", args, o, err)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("Parse(%q) error (-want +got):\n%s", args, diff)
	}
	var exit *ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != ExitBadInput {
		t.Errorf("Parse(%q) = %#v, want exit status 2", args, err)
	}
}

// wrong holds, for each option, a bad value and what is said of it. An option that
// takes any text is bad when it cannot be shown.
var wrong = []struct{ name, value, want string }{
	{"mode", "audits", `"audits" is unknown: did you mean audit? Write auto, audit, review, scan, plan, merge or doctor`},
	{"mode", "demo", `"demo" is a command, not a mode: write auto, audit, review, scan, plan, merge or doctor`},
	{"role-to-assume", "arn:aws:iam::11112222333:role/x", `"arn:aws:iam::11112222333:role/x" is not the ARN of an IAM role: write arn:aws:iam::111122223333:role/NAME`},
	{"role-to-assume", "arn:aws:iam::111122223333:user/x", `"arn:aws:iam::111122223333:user/x" is not the ARN of an IAM role: write arn:aws:iam::111122223333:role/NAME`},
	{"audience", "a\x00b", `"a\x00b" holds a character that cannot be seen: write plain text`},
	{"role-duration-seconds", "899", `"899" is out of range: write a whole number from 900 to 43200`},
	{"role-duration-seconds", "43201", `"43201" is out of range: write a whole number from 900 to 43200`},
	{"aws-region", "us-east", `"us-east" is not a region of aws, aws-us-gov or aws-cn: write a name such as us-east-1`},
	{"aws-region", "us-iso-east-1", `"us-iso-east-1" is not a region of aws, aws-us-gov or aws-cn: write a name such as us-east-1`},
	{"accounts", "11112222333", `"11112222333" is not a 12-digit account id: write 12 digits, keep leading zeros`},
	{"accounts", "111122223333,organization", `"organization" stands beside account ids: write either`},
	{"accounts", ", ,", `", ," names no account: write at least one, or leave it out`},
	{"account-role-name", "arn:aws:iam::111122223333:role/x", `"arn:aws:iam::111122223333:role/x" is not a role name: write the name, not the ARN: 1 to 64 letters, digits and + = , . @ _ -`},
	{"external-id", "x", `it has 1 characters: write 2 to 1224`},
	{"external-id", strings.Repeat("x", 1225), `it has 1225 characters: write 2 to 1224`},
	{"external-id", "a b", `it holds a character that STS does not take: write letters, digits and + = , . @ : / _ -`},
	{"regions", "enabled,eu-west-1", `"enabled" is not a region: write enabled, or names such as eu-west-1, separated by commas`},
	{"config", "a\u202eb", `"a\u202eb" holds a character that cannot be seen: write plain text`},
	{"github-token", "Bearer x", `it holds a blank or a character that no token has: write the token alone`},
	{"issues-repository", "acme", `"acme" is not a repository: write owner/name`},
	{"issues-repository", "acme/..", `"acme/.." is not a repository: write owner/name`},
	{"unused-days", "0", `"0" is out of range: write a whole number from 1 to 3650`},
	{"unused-days", "3651", `"3651" is out of range: write a whole number from 1 to 3650`},
	{"unused-days", "forty", `"forty" is not a whole number: write a whole number from 1 to 3650`},
	{"unused-days", "+45", `"+45" is not a whole number: write a whole number from 1 to 3650`},
	{"unused-days", "45.0", `"45.0" is not a whole number: write a whole number from 1 to 3650`},
	{"unused-days", "99999999999999999999", `"99999999999999999999" is out of range: write a whole number from 1 to 3650`},
	{"max-key-age-days", "0", `"0" is out of range: write a whole number from 1 to 3650`},
	{"fail-on", "hgh", `"hgh" is unknown: did you mean high? Write never, low, medium, high, critical or addition`},
	{"fail-on", "addition", `"addition" is for review: write never, low, medium, high or critical`},
	{"max-new-issues", "-1", `"-1" is out of range: write a whole number from 0 to 100000`},
	{"max-close-percent", "101", `"101" is out of range: write a whole number from 0 to 100`},
	{"allow-public", "yes", `"yes" is neither true nor false: write true or false`},
	{"dry-run", "1", `"1" is neither true nor false: write true or false`},
	{"output-dir", "a\nb", `"a\nb" holds a character that cannot be seen: write plain text`},
	{"concurrency", "0", `"0" is out of range: write a whole number from 1 to 256`},
	{"concurrency", "257", `"257" is out of range: write a whole number from 1 to 256`},
	{"shard", "0/8", `"0/8" counts outside its parts: write i/n with i from 1 to n`},
	{"shard", "9/8", `"9/8" counts outside its parts: write i/n with i from 1 to n`},
	{"shard", "1-8", `"1-8" is not a shard: write i/n, such as 1/8`},
	{"paths", "\x00", `"\x00" holds a character that cannot be seen: write plain text`},
	{"inventory", "a\tb", `"a\tb" holds a character that cannot be seen: write plain text`},
	{"plan-file", "a\tb", `"a\tb" holds a character that cannot be seen: write plain text`},
}

func TestEachWrongValueIsNamedAsItWasWritten(t *testing.T) {
	for _, c := range wrong {
		wantFault(t, nil, []string{"audit", "--" + c.name + "=" + c.value}, "--"+c.name+": "+c.want)
		wantFault(t, map[string]string{"INPUT_" + strings.ToUpper(c.name): c.value}, []string{"audit"}, "input "+c.name+": "+c.want)
	}
}

func TestEveryInputIsWrongOnce(t *testing.T) {
	tested := map[string]bool{"role-session-name": true} // any name is made to fit
	for _, c := range wrong {
		tested[c.name] = true
	}
	for _, opt := range table() {
		if !opt.lineOnly && !tested[opt.name] {
			t.Errorf("no wrong value of %s is tested", opt.name)
		}
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	wantFault(t, map[string]string{"INPUT_CONCURRENCY": "many", "INPUT_ACCOUNTS": "12,111122223333\n34"},
		[]string{"audit", "--unused-days", "x", "--acounts", "1", "extra", "--shard"},
		strings.Join([]string{
			`"--acounts": no such option: did you mean --accounts?`,
			`--shard: no value: write --shard=I/N`,
			`audit: it takes no argument "extra": options begin with two dashes`,
			`input accounts: "12" is not a 12-digit account id: write 12 digits, keep leading zeros`,
			`input accounts: "34" is not a 12-digit account id: write 12 digits, keep leading zeros`,
			`--unused-days: "x" is not a whole number: write a whole number from 1 to 3650`,
			`input concurrency: "many" is not a whole number: write a whole number from 1 to 256`,
		}, "\n"))
}

func TestCommandLineFaults(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"audi"}, `command: "audi" is unknown: did you mean audit? Write audit, review, scan, demo, checks, plan or doctor`},
		{[]string{"sweep-it-all"}, `command: "sweep-it-all" is unknown: write audit, review, scan, demo, checks, plan or doctor`},
		{[]string{"audit", "-x"}, "\"-x\": no such option: `keysweep --help` lists them"},
		{[]string{"audit", "-dry-run"}, `"-dry-run": no such option: did you mean --dry-run?`},
		{[]string{"audit", "--config", "--dry-run"}, `--config: no value: write --config=FILE`},
		{[]string{"audit", "--config", "a", "--config=b"}, `--config: given twice: write it once`},
		{[]string{"audit", "--mode", "scan"}, `--mode: "scan" contradicts the command audit: write one of them`},
		{[]string{"audit", "--dry-run", "true"}, `audit: it takes no argument "true": options begin with two dashes`},
		{[]string{"audit", "--", "--dry-run"}, `audit: it takes no argument "--dry-run": options begin with two dashes`},
		{[]string{"audit", "--as-of", "2027-01-31"}, `--as-of: "2027-01-31" is not a time: write it as RFC 3339, such as 2027-01-31T00:00:00Z`},
		{[]string{"audit", "--as-of", "2027-01-31T00:00:00Z"}, `--as-of: a live audit goes by the clock: leave it out, or audit --credential-report FILE or --inventory DIR`},
		{[]string{"audit", "--credential-report", "r.csv", "--inventory", "i"}, `--inventory: an audit reads either a credential report or an inventory: leave out --inventory or --credential-report`},
		{[]string{"checks", "--format", "yaml"}, `--format: "yaml" is unknown: write table or json`},
		{[]string{"--dry-run"}, `no command`},
		{[]string{"scan", "a", "--paths", "b"}, `--paths: it is given, and so is "a" behind the command: write one of them`},
		{[]string{"scan", "a\nb"}, `scan: a path is empty or holds a line break: name the folder that it is in`},
		{[]string{"scan", "--fail-on", "addition"}, `--fail-on: "addition" is for review: write never, low, medium, high or critical`},
		{[]string{"scan", "--memory", "1TB"}, `--memory: "1TB" is no size: write it like 512MiB or 4GiB`},
		{[]string{"scan", "--memory", "127MiB"}, `--memory: "127MiB" is out of range: write 128MiB or more`},
		{[]string{"scan", "--time-limit", "90"}, `--time-limit: "90" is no time that a scan can take: write it like 10m or 2h`},
		{[]string{"scan", "--accounts", "organization", "--as-of", "2027-01-31T00:00:00Z"}, `--as-of: a scan that reads accounts goes by the clock: leave it out, or scan with --inventory DIR`},
		{[]string{"plan", "acme"}, `plan: it takes no argument "acme": options begin with two dashes`},
		{[]string{"plan", "--estimate=maybe"}, `--estimate: "maybe" is neither true nor false: write true or false`},
		{[]string{"init", "acme"}, `this version of keysweep does not have init`},
		{[]string{"merge", "--help"}, `this version of keysweep does not have merge`},
		{[]string{"help", "audi"}, `command: "audi" is unknown: did you mean audit? Write audit, review, scan, demo, checks, plan or doctor`},
	}
	for _, tt := range tests {
		wantFault(t, nil, tt.args, tt.want)
	}
}

// A secret behind a misspelt flag, or in an option that keeps secrets, is not shown.
func TestFaultsHoldNoSecret(t *testing.T) {
	const secret = "ghp_sEcRetsEcRet"
	for _, args := range [][]string{
		{"audit", "--github-tokn", secret},
		{"--github-tokn", secret, "audit"},
		{"audit", "--github-tokn=" + secret},
		{"audit", "--github-token", secret + " " + secret},
		{"audit", "--external-id", secret + "!"},
	} {
		_, err := Parse(args, vars(nil))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("Parse(%q) error = %v; want one without the secret", args, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	got := mustParse(t, nil, "audit")
	want := &Options{
		Command: Audit, Audience: "sts.amazonaws.com", SessionName: "keysweep", RoleDuration: time.Hour,
		Region: "us-east-1", Partition: "aws", AccountRoleName: "keysweep-audit", Concurrency: 16,
		MaxNewIssues: 25, MaxClosePercent: 30, Config: ".github/keysweep.yml", UnusedDays: 45, MaxKeyAgeDays: 90,
		FailOn: "never", OutputDir: "keysweep-report", Paths: []string{"."}, Format: "table", Memory: 1 << 30, TimeLimit: time.Hour,
		Runner: Runner{APIURL: "https://api.github.com", ServerURL: "https://github.com"},
		given:  map[string]string{},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Options{}, Secret{})); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestEveryValueArrives(t *testing.T) {
	env := map[string]string{
		"INPUT_ROLE-TO-ASSUME":        "arn:aws-us-gov:iam::000011112222:role/ci/x/keysweep",
		"INPUT_AUDIENCE":              "aud",
		"INPUT_ROLE-SESSION-NAME":     "nightly run #7",
		"INPUT_ROLE-DURATION-SECONDS": "900",
		"INPUT_AWS-REGION":            "us-gov-west-1",
		"INPUT_ACCOUNTS":              "  000011112222, 111122223333\r\n111122223333\n",
		"INPUT_ACCOUNT-ROLE-NAME":     "sec/audit",
		"INPUT_EXTERNAL-ID":           "a:b/c",
		"INPUT_REGIONS":               "us-gov-west-1,us-gov-east-1",
		"INPUT_CONFIG":                "policy.yml",
		"INPUT_GITHUB-TOKEN":          "ghs_x",
		"INPUT_ISSUES-REPOSITORY":     "acme/sec.backlog",
		"INPUT_UNUSED-DAYS":           "30",
		"INPUT_MAX-KEY-AGE-DAYS":      "60",
		"INPUT_FAIL-ON":               "high",
		"INPUT_MAX-NEW-ISSUES":        "0",
		"INPUT_MAX-CLOSE-PERCENT":     "100",
		"INPUT_ALLOW-PUBLIC":          "true",
		"INPUT_DRY-RUN":               "true",
		"INPUT_OUTPUT-DIR":            "out",
		"INPUT_CONCURRENCY":           "256",
		"INPUT_SHARD":                 "8/8",
		"INPUT_PATHS":                 "a\n b,c \n",
		"INPUT_PLAN-FILE":             "plan.json",
		"INPUT_MODE":                  "audit",
		"GITHUB_EVENT_NAME":           "schedule",
		"GITHUB_REPOSITORY":           "acme/app",
		"GITHUB_SHA":                  "abc",
		"GITHUB_API_URL":              "https://ghe.acme.com/api/v3/",
		"GITHUB_SERVER_URL":           "https://ghe.acme.com",
	}
	got := mustParse(t, env)
	want := &Options{
		Command: Audit,
		Role: Role{
			ARN: "arn:aws-us-gov:iam::000011112222:role/ci/x/keysweep", Partition: "aws-us-gov",
			Account: "000011112222", Name: "keysweep",
		},
		Audience: "aud", SessionName: "nightly-run--7", RoleDuration: 15 * time.Minute, Region: "us-gov-west-1", Partition: "aws-us-gov",
		Accounts: []string{"000011112222", "111122223333"}, AccountRoleName: "sec/audit", ExternalID: "a:b/c",
		Regions: []string{"us-gov-west-1", "us-gov-east-1"}, Concurrency: 256, Shard: Shard{8, 8},
		Token: NewSecret("ghs_x"), IssuesRepository: "acme/sec.backlog", MaxClosePercent: 100, AllowPublic: true, DryRun: true,
		Config: "policy.yml", ConfigGiven: true, UnusedDays: 30, MaxKeyAgeDays: 60, FailOn: "high", OutputDir: "out",
		Paths: []string{"a", "b,c"}, PlanFile: "plan.json", Format: "table", Memory: 1 << 30, TimeLimit: time.Hour,
		Runner: Runner{Event: "schedule", Repository: "acme/app", SHA: "abc", APIURL: "https://ghe.acme.com/api/v3", ServerURL: "https://ghe.acme.com"},
		given:  got.given,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Options{}, Secret{})); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	for _, opt := range table() {
		_, in := env[opt.variable()]
		if got.Given(opt.name) != in {
			t.Errorf("Given(%q) = %v", opt.name, !in)
		}
	}
}

// Flag over input over policy file over default; an empty value is none.
func TestPrecedence(t *testing.T) {
	const absent = 0
	for _, tt := range []struct {
		name, flag, input string
		file, want        int
	}{
		{"default", "", "", absent, 45},
		{"policy file over default", "", "", 40, 40},
		{"input over policy file", "", "30", 40, 30},
		{"flag over input", "20", "30", 40, 20},
		{"blank flag is none", " ", "30", 40, 30},
		{"blank input is none", "", " \n", 40, 40},
		{"an input that is the default was given all the same", "", "45", 40, 45},
		{"a flag hides a bad input", "20", "bad", absent, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policy.Default()
			if tt.file != absent {
				p.Thresholds = policy.Thresholds{UnusedDays: tt.file, MaxKeyAgeDays: tt.file}
			} else {
				p.Thresholds.MaxKeyAgeDays = 45
			}
			o := mustParse(t, map[string]string{"INPUT_UNUSED-DAYS": tt.input, "INPUT_MAX-KEY-AGE-DAYS": tt.input},
				"audit", "--unused-days", tt.flag, "--max-key-age-days="+tt.flag)
			o.ApplyTo(p)
			if p.Thresholds.UnusedDays != tt.want || p.Thresholds.MaxKeyAgeDays != tt.want {
				t.Errorf("thresholds = %+v, want %d", p.Thresholds, tt.want)
			}
		})
	}
}

func TestNinetyUnusedDaysEarnAWarning(t *testing.T) {
	for days, want := range map[string]int{"89": 0, "90": 1, "3650": 1} {
		if got := mustParse(t, nil, "audit", "--unused-days", days).ApplyTo(policy.Default()); len(got) != want {
			t.Errorf("unused-days %s: warnings %q, want %d", days, got, want)
		}
	}
	fromFile := policy.Default()
	fromFile.Thresholds.UnusedDays = 90
	got := mustParse(t, nil, "audit").ApplyTo(fromFile)
	if len(got) != 1 || !strings.Contains(got[0], "unused-days is 90: the CIS AWS Foundations benchmark asks for 45 days or less") {
		t.Errorf("warnings = %q", got)
	}
}

// The runner turns blanks of an input's name into underscores and leaves dashes.
func TestUnderscoresAreNoDashes(t *testing.T) {
	o := mustParse(t, map[string]string{"INPUT_UNUSED_DAYS": "10", "INPUT_unused-days": "10"}, "audit")
	if o.Given("unused-days") {
		t.Error("a variable that no runner sets was taken for an input")
	}
}

func TestSwitches(t *testing.T) {
	for arg, want := range map[string]bool{"--dry-run": true, "--dry-run=true": true, "--dry-run=false": false} {
		if o := mustParse(t, map[string]string{"INPUT_DRY-RUN": "true"}, "audit", arg); o.DryRun != want {
			t.Errorf("%s: %v", arg, o.DryRun)
		}
	}
}

func TestPartitions(t *testing.T) {
	for _, tt := range []struct{ region, partition, audience string }{
		{"eu-central-2", "aws", "sts.amazonaws.com"},
		{"us-gov-east-1", "aws-us-gov", "sts.amazonaws.com"},
		{"cn-northwest-1", "aws-cn", "sts.amazonaws.com.cn"},
	} {
		o := mustParse(t, nil, "audit", "--aws-region", tt.region)
		if o.Partition != tt.partition || o.Audience != tt.audience {
			t.Errorf("%s: %s, %s", tt.region, o.Partition, o.Audience)
		}
	}
	if o := mustParse(t, nil, "audit", "--aws-region=cn-north-1", "--audience=mine"); o.Audience != "mine" {
		t.Errorf("audience = %s", o.Audience)
	}
	wantFault(t, nil, []string{"audit", "--role-to-assume", "arn:aws-cn:iam::111122223333:role/r"},
		`--aws-region: "us-east-1" is a region of aws, and role-to-assume is a role of aws-cn: set aws-region to a region of aws-cn`)
}

func TestSessionNamesAreMadeToFit(t *testing.T) {
	for in, want := range map[string]string{
		"acme/app run":           "acme-app-run",
		"x":                      "keysweep-x",
		"é":                      "keysweep--",
		strings.Repeat("a", 100): strings.Repeat("a", 64),
		"a_+=,.@-9":              "a_+=,.@-9",
	} {
		if got := mustParse(t, nil, "audit", "--role-session-name", in).SessionName; got != want {
			t.Errorf("session name of %q = %q, want %q", in, got, want)
		}
	}
}

func TestWhereTheIssuesLive(t *testing.T) {
	repo := map[string]string{"GITHUB_REPOSITORY": "acme/app"}
	if got := mustParse(t, repo, "audit").IssuesRepository; got != "acme/app" {
		t.Errorf("by the runner: %q", got)
	}
	if got := mustParse(t, repo, "audit", "--issues-repository", "acme/sec").IssuesRepository; got != "acme/sec" {
		t.Errorf("by the flag: %q", got)
	}
	bad := map[string]string{"GITHUB_REPOSITORY": "acme"}
	wantFault(t, bad, []string{"audit"}, `GITHUB_REPOSITORY: "acme" is not a repository: write owner/name`)
	mustParse(t, bad, "demo")
}

func TestOffline(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want bool
	}{
		{[]string{"audit"}, false},
		{[]string{"audit", "--inventory", "i"}, true},
		{[]string{"audit", "--credential-report", "r"}, true},
		{[]string{"demo"}, true},
		{[]string{"checks"}, true},
	} {
		if got := mustParse(t, nil, tt.args...).Offline(); got != tt.want {
			t.Errorf("Offline of %q = %v", tt.args, got)
		}
	}
	o := mustParse(t, nil, "audit", "--inventory", "i", "--as-of", "2027-01-31T02:00:00+02:00")
	if want := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC); o.AsOf != want {
		t.Errorf("AsOf = %v", o.AsOf)
	}
}

func TestFlagsThatACommandDoesNotReadAreToldOf(t *testing.T) {
	o := mustParse(t, map[string]string{"INPUT_PATHS": "x"}, "audit", "--plan-file", "p", "--dry-run")
	want := []string{"--plan-file has no effect on audit: it is for review"}
	if diff := cmp.Diff(want, o.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestManual(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}, {"audit", "--help"}, {"help", "audit"}, {"audit", "--unused-days=x", "-h"}} {
		if o := mustParse(t, nil, args...); !o.Help || o.Bare || o.Command != "" != slices.Contains(args, "audit") {
			t.Errorf("Parse(%q) = %+v", args, o)
		}
	}
	if o := mustParse(t, nil, "--version"); !o.Version || o.Help {
		t.Errorf("--version: %+v", o)
	}
}

func TestTheTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, opt := range table() {
		if seen[opt.name] || opt.about == "" || opt.readers == "" {
			t.Errorf("option %q stands twice or says too little", opt.name)
		}
		seen[opt.name] = true
		for _, reader := range strings.Fields(opt.readers) {
			if reader != "any" && !isCommand(reader) {
				t.Errorf("option %q is read by %q, which is no command", opt.name, reader)
			}
		}
		if opt.def != "" {
			if err := opt.set(&Options{}, opt.def); err != nil {
				t.Errorf("the default of %s: %v", opt.name, err)
			}
		}
	}
	known := []string{
		"mode", "role-to-assume", "audience", "role-session-name", "role-duration-seconds", "aws-region", "accounts",
		"account-role-name", "external-id", "regions", "config", "github-token", "issues-repository", "unused-days",
		"max-key-age-days", "fail-on", "max-new-issues", "max-close-percent", "allow-public", "dry-run", "output-dir",
		"concurrency", "shard", "paths", "inventory", "plan-file",
		"credential-report", "as-of", "git-dir", "base", "head", "base-dir", "head-dir", "mask", "memory", "time-limit", "estimate", "format", "help", "version",
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(known)), slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}

// Whatever the arguments and inputs are, there are options or one error of status 2.
func FuzzParse(f *testing.F) {
	for _, c := range wrong {
		f.Add("audit\x1f--"+c.name+"\x1f"+c.value, c.name, c.value)
	}
	f.Add("--help", "mode", "auto")
	f.Add("\x1f-\x1f--\x1f=\x1f--=", "accounts", "organization")
	f.Add("checks\x1f--format=json", "paths", "a\r\n\r\nb")
	f.Fuzz(func(t *testing.T, line, name, value string) {
		args := strings.Split(line, "\x1f")
		o, err := Parse(args, vars(map[string]string{"INPUT_" + strings.ToUpper(name): value, "GITHUB_EVENT_NAME": value}))
		if (o == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v", o, err)
		}
		if err != nil && statusOf(err) != ExitBadInput {
			t.Fatalf("exit status %d for %v", statusOf(err), err)
		}
		if o != nil && !o.Help && !o.Version && (o.Command == "" || o.SessionName == "" || len(o.SessionName) > 64 || o.Concurrency < 1 || o.Partition == "") {
			t.Fatalf("options that no run can use: %+v", o)
		}
	})
}
