package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awscollect"
	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/doctor"
	"github.com/keysweep/keysweep/internal/ghfake"
)

var update = flag.Bool("update", false, "write what tests compare in testdata anew")

const (
	newSubject = "repo:acme@4711/backlog@815:ref:refs/heads/main"
	onAction   = "because no identity-based policy allows the "
)

// fiveMembers are the accounts of the organization beside that of the first role.
var fiveMembers = []string{"222233334444", "333344445555", "444455556666", "555566667777", "666677778888"}

// setUp is a set-up in which every link is there: an organization of six accounts.
func setUp(t *testing.T) *job {
	t.Helper()
	j := newJob(t)
	j.inputs["MODE"] = "doctor"
	j.github.SetClaims(map[string]any{"iss": issuer, "sub": subject, "repository_id": "815", "repository_owner_id": "4711"})
	for _, id := range fiveMembers[2:] {
		j.world.Accounts[id] = &awssim.Account{ID: id, Roles: []awssim.Role{{Name: "keysweep-audit", Callers: []string{hubAccount}}}}
		j.world.Organization = append(j.world.Organization, awssim.Member{ID: id, Name: "acme-" + id[:3], State: "ACTIVE"})
	}
	return j
}

func (j *job) firstRole() *awssim.Role { return &j.world.Accounts[hubAccount].Roles[1] }

func (j *job) members(change func(*awssim.Account)) {
	for _, id := range fiveMembers {
		change(j.world.Accounts[id])
	}
}

func (j *job) token(login, kind, issues string) {
	j.github.AddToken(ghfake.DefaultToken, ghfake.Identity{
		Actor: ghfake.Actor{Login: login, Type: kind}, Permissions: map[string]string{"issues": issues, "contents": "read"},
	})
}

func (j *job) policyFile(text string) {
	j.t.Helper()
	dir := filepath.Join(j.dir, ".github")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		j.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keysweep.yml"), []byte(text), 0o644); err != nil {
		j.t.Fatal(err)
	}
}

func (j *job) repository(change func(*ghfake.Repository)) {
	j.github.Change(ghfake.DefaultRepository, change)
}

// brokenSetUps are set-ups with one thing wrong: which links are to be found bad, and a word of the cause.
var brokenSetUps = []struct {
	name   string
	spoil  func(*job)
	bad    []string
	cause  string
	status int // where it is not that of a missing link
}{
	{
		"no-id-token", func(j *job) {
			j.vars = map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}
		},
		[]string{"id-token: write"},
		"the job may not have an OIDC token", 0,
	},
	{"wrong-audience", func(j *job) { j.inputs["AUDIENCE"] = "https://github.com/acme" }, []string{"first role"}, `does not take the audience`, 0},
	{"older-subject", func(j *job) { j.firstRole().Subjects = []string{newSubject} }, []string{"first role"}, "older form, without ids", 0},
	{"immutable-subject", func(j *job) { j.github.SetClaims(map[string]any{"iss": issuer, "sub": newSubject}) }, []string{"first role"}, "newer form, with the ids", 0},
	{"provider-missing", func(j *job) { j.world.Accounts[hubAccount].Provider = nil }, []string{"first role"}, "has no OIDC provider", 0},
	{"first-role-name-wrong", func(j *job) { j.inputs["ROLE-TO-ASSUME"] = "arn:aws:iam::" + hubAccount + ":role/keysweeper" }, []string{"first role"}, "aws iam get-role --role-name keysweeper", 0},
	{"session-too-long", func(j *job) { j.inputs["ROLE-DURATION-SECONDS"] = "7200" }, []string{"first role"}, "longer than the role allows", 0},
	{"member-role-missing", func(j *job) {
		j.world.Accounts["333344445555"].Roles, j.world.Accounts["555566667777"].Roles = nil, nil
	}, []string{"account roles"}, "in 2 of 5 accounts: 333344445555, 555566667777; 3 others grant it", 0},
	{"external-id-wrong", func(j *job) {
		j.inputs["EXTERNAL-ID"] = "keep-this-to-yourself"
		j.members(func(a *awssim.Account) { a.Roles[0].ExternalID = "another" })
	}, []string{"account roles"}, "the external id that is sent is not the one", 0},
	{"external-id-not-sent", func(j *job) { j.members(func(a *awssim.Account) { a.Roles[0].ExternalID = "another" }) }, []string{"account roles"}, "external-id: ID", 0},
	{"member-role-name-wrong", func(j *job) { j.inputs["ACCOUNT-ROLE-NAME"] = "keysweep-adit" }, []string{"account roles"}, "keysweep-audit can be: the name is wrong", 0},
	{"member-role-not-allowed", func(j *job) {
		j.world.Faults = []awssim.Fault{{Action: "sts:AssumeRole", Code: "AccessDenied", Message: "User: x is not authorized to perform: sts:AssumeRole on resource: y " + onAction + "sts:AssumeRole action"}}
	}, []string{"account roles"}, "no policy of the first role lets it", 0},
	{"no-organization-rights", func(j *job) {
		j.world.Faults = []awssim.Fault{{Action: "organizations:ListAccounts", Code: "AccessDeniedException", Status: 400, Message: "User: x is not authorized to perform: organizations:ListAccounts on resource: * " + onAction + "organizations:ListAccounts action"}}
	}, []string{"organization"}, "may not list the organization's accounts", 0},
	{"member-account", func(j *job) {
		j.world.Faults = []awssim.Fault{{Action: "organizations:ListAccounts", Code: "AccessDeniedException", Status: 400, Message: "You don't have permissions to access this resource."}}
	}, []string{"organization"}, "is a member of the organization", 0},
	{"no-organization", func(j *job) { j.world.Organization = nil }, []string{"organization"}, "is in no organization", 0},
	{"action-refused", func(j *job) {
		j.world.Faults = []awssim.Fault{{Action: "iam:ListSSHPublicKeys", Account: "333344445555", Code: "AccessDenied", Message: "no"}}
	}, []string{"AWS action"}, "iam:ListSSHPublicKeys is refused in 1 of 6 accounts: 333344445555", 0},
	{"action-denied-by-scp", func(j *job) {
		for _, id := range fiveMembers[:2] {
			j.world.Faults = append(j.world.Faults, awssim.Fault{Action: "cloudtrail:LookupEvents", Account: id, Code: "AccessDeniedException", Status: 400, Message: "x with an explicit deny in a service control policy"})
		}
	}, []string{"AWS action"}, "explicit deny in a service control policy", 0},
	{"services-denied-by-scp", func(j *job) {
		j.world.Faults = []awssim.Fault{{Action: "iam:GenerateServiceLastAccessedDetails", Account: "333344445555", Code: "AccessDenied", Message: "x with an explicit deny in a service control policy"}}
	}, []string{"AWS action"}, "explicit deny in a service control policy", 0},
	{"no-issues-write", func(j *job) { j.token(ghfake.WorkflowBot, "Bot", "read") }, []string{"issues: write"}, "may not write issues in acme/backlog", 0},
	{"reader", func(j *job) {
		j.token("rea", "User", "write")
		j.repository(func(r *ghfake.Repository) { r.Collaborators = map[string]string{"rea": "read"} })
	}, []string{"issues: write"}, "may open issues and not label them", 0},
	{"issues-switched-off", func(j *job) { j.repository(func(r *ghfake.Repository) { r.HasIssues = false }) }, []string{"issues"}, "issues are switched off", 0},
	{"archived", func(j *job) { j.repository(func(r *ghfake.Repository) { r.Archived = true }) }, []string{"issues"}, "is archived", 0},
	{"public-repository", func(j *job) { j.repository(func(r *ghfake.Repository) { r.Visibility = "public" }) }, []string{"visibility"}, "acme/backlog is public", 0},
	{"no-token", func(j *job) { j.vars = map[string]string{"INPUT_GITHUB-TOKEN": ""} }, []string{"GitHub token"}, "github-token is empty", 0},
	{"unknown-token", func(j *job) { j.vars = map[string]string{"INPUT_GITHUB-TOKEN": "ghs_expired"} }, []string{"GitHub token"}, "GitHub does not know the token", 0},
	{"no-such-repository", func(j *job) { j.inputs["ISSUES-REPOSITORY"] = "acme/backlgo" }, []string{"repository"}, "acme/backlgo does not exist", 0},
	{"github-down", func(j *job) {
		j.github.Inject(ghfake.Fault{Kind: ghfake.BadGateway, Path: "^/repos", Times: -1})
	}, []string{"policy file", "repository"}, "GitHub says 502", 0},
	{"no-contents-read", func(j *job) {
		j.github.AddToken(ghfake.DefaultToken, ghfake.Identity{Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"issues": "write"}})
	}, []string{"policy file"}, "contents: read", 0},
	{"policy-broken", func(j *job) { j.policyFile("version: 1\nthresholds: {unused-days: never, age: 3}\n") }, []string{"policy file"}, ".github/keysweep.yml:2", action.ExitBadInput},
	{"policy-not-there", func(j *job) { j.inputs["CONFIG"] = "keysweep.yaml" }, []string{"policy file"}, "config names keysweep.yaml, which does not exist", action.ExitBadInput},
	{"stranger-event", func(j *job) { j.vars = map[string]string{"GITHUB_EVENT_NAME": "pull_request_target"} }, []string{"id-token: write"}, "at the event pull_request_target", 0},
	{"two-things", func(j *job) {
		j.token(ghfake.WorkflowBot, "Bot", "read")
		j.world.Accounts["333344445555"].Roles = nil
	}, []string{"issues: write", "account roles"}, "in 1 of 5 accounts", 0},
}

// Each broken set-up names its own cause and no other: every other link is found, or waits for the one that is not.
func TestDoctorNamesTheCause(t *testing.T) {
	for _, tt := range brokenSetUps {
		t.Run(tt.name, func(t *testing.T) {
			j := setUp(t)
			tt.spoil(j)
			status := tt.status
			if status == 0 {
				status = action.ExitFault
			}
			j.wantStatus(j.run(), status)
			if got := badLinks(j.out.String()); !slices.Equal(got, tt.bad) {
				t.Errorf("bad links %q, want %q\n%s", got, tt.bad, &j.out)
			}
			if !strings.Contains(unwrapped(j.out.String()), tt.cause) {
				t.Errorf("the cause %q is not named:\n%s", tt.cause, &j.out)
			}
			j.wantNothingDone()
			j.wantTranscript(tt.name)
		})
	}
}

// A set-up that is whole ends with status 0, and each link with ok or without need.
func TestDoctorOfAWholeSetUp(t *testing.T) {
	for name, change := range map[string]func(*job){
		"whole": func(*job) {},
		"whole-with-policy": func(j *job) {
			j.policyFile("version: 1\nthresholds: {unused-days: 30}\n")
			j.inputs["ACCOUNTS"] = strings.Join(fiveMembers, ",")
		},
		"services-not-wanted": func(j *job) {
			for _, id := range fiveMembers[1:] {
				for _, name := range []string{"iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"} {
					j.world.Faults = append(j.world.Faults, awssim.Fault{Action: name, Account: id, Code: "AccessDenied", Message: onAction + name + " action"})
				}
			}
		},
		"whole-one-account": func(j *job) { delete(j.inputs, "ACCOUNTS") },
		"whole-public": func(j *job) {
			j.inputs["ALLOW-PUBLIC"] = "true"
			j.repository(func(r *ghfake.Repository) { r.Visibility = "public" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := setUp(t)
			change(j)
			j.wantStatus(j.run(), action.ExitDone)
			j.wantNothingDone()
			j.wantTranscript(name)
		})
	}
}

// On a laptop there is no job: the default chain's credentials, a token for the issues, or neither.
func TestDoctorOnALaptop(t *testing.T) {
	laptop := map[string]string{
		"GITHUB_ACTIONS": "", "GITHUB_EVENT_NAME": "", "GITHUB_REPOSITORY": "", "INPUT_GITHUB-TOKEN": "", "INPUT_ROLE-TO-ASSUME": "",
		"ACTIONS_ID_TOKEN_REQUEST_URL": "", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "", "INPUT_MODE": "",
	}
	for name, tt := range map[string]struct {
		args   []string
		keys   bool
		status int
	}{
		"laptop":                 {[]string{"doctor", "--accounts", "222233334444"}, true, action.ExitDone},
		"laptop-role-to-assume":  {[]string{"doctor", "--role-to-assume", "arn:aws:iam::" + hubAccount + ":role/keysweep"}, false, action.ExitFault},
		"laptop-without-a-token": {[]string{"doctor", "--issues-repository", "acme/backlog", "--accounts", "222233334444"}, true, action.ExitFault},
	} {
		t.Run(name, func(t *testing.T) {
			j := setUp(t)
			j.vars = laptop
			j.keys = tt.keys
			j.wantStatus(j.run(tt.args...), tt.status)
			j.wantNothingDone()
			j.wantTranscript(name)
		})
	}
}

// wantNothingDone: doctor changes nothing on GitHub, gives no secret away and fits a terminal.
func (j *job) wantNothingDone() {
	j.t.Helper()
	if n := len(j.github.Issues(ghfake.DefaultRepository)) + len(j.github.Labels(ghfake.DefaultRepository)); n != 0 {
		j.t.Errorf("%d things were made on GitHub", n)
	}
	for _, w := range j.github.Writes() {
		if w.Status < 400 {
			j.t.Errorf("a write was done: %s", w)
		}
	}
	summary, _ := os.ReadFile(filepath.Join(j.dir, "sum"))
	for _, secret := range []string{ghfake.DefaultToken, ghfake.OIDCRequestToken, "eyJ", "keep-this-to-yourself", "not-a-secret"} {
		if strings.Contains(j.out.String()+string(summary), secret) {
			j.t.Errorf("%q comes out:\n%s", secret, &j.out)
		}
	}
	for line := range strings.Lines(j.out.String()) {
		if n := utf8.RuneCountInString(line); n > 81 && !strings.HasPrefix(line, "          ") && strings.Contains(strings.TrimSpace(line), " ") {
			j.t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	for _, name := range badLinks(j.out.String()) {
		if j.vars["GITHUB_ACTIONS"] == "" && j.vars["GITHUB_REPOSITORY"] == "" && j.vars != nil && len(summary) == 0 {
			continue
		}
		if !strings.Contains(string(summary), "| **") || !strings.Contains(visible(string(summary)), strings.Fields(name)[0]) {
			j.t.Errorf("the job summary does not tell of %s:\n%s", name, summary)
		}
	}
}

var linkLine = regexp.MustCompile(`(?m)^(ok|MISS|FAIL|skip) +(\S.{14}\S?) `)

// badLinks are the names of links that are missing or failed, each once.
func badLinks(out string) []string {
	var names []string
	for _, m := range linkLine.FindAllStringSubmatch(out, -1) {
		if name := strings.TrimSpace(m[2]); (m[1] == "MISS" || m[1] == "FAIL") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// unwrapped joins the lines of a text.
func unwrapped(s string) string { return strings.Join(strings.Fields(s), " ") }

func (j *job) wantTranscript(name string) {
	j.t.Helper()
	path := filepath.Join("testdata", "doctor", name+".golden")
	got := fmt.Sprintf("%s\n%s", j.out.String(), told(j.errs.String()))
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			j.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			j.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		j.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		j.t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// told is what was said beside the transcript, without the masks, which hold what they hide.
func told(errs string) string {
	var b strings.Builder
	for line := range strings.Lines(errs) {
		if !strings.HasPrefix(line, "::add-mask::") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// In a public log no account id is shown.
func TestDoctorHidesAccounts(t *testing.T) {
	j := setUp(t)
	j.repository(func(r *ghfake.Repository) { r.Visibility = "public" })
	j.world.Accounts["333344445555"].Roles = nil
	j.wantStatus(j.run(), action.ExitFault)
	summary, err := os.ReadFile(filepath.Join(j.dir, "sum"))
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`\b[0-9]{12}\b`).FindString(j.out.String() + string(summary) + told(j.errs.String())); m != "" {
		t.Errorf("account %s is shown:\n%s", m, &j.out)
	}
}

// Each action that the code asks an account for is named when it is refused, with what it serves and the line to add.
func TestDoctorNamesEveryAction(t *testing.T) {
	asked := append(append(slices.Clone(ungranted), firstOnly...), "iam:GenerateServiceLastAccessedDetails", "s3:GetObject") // the last is asked of files that are there
	for _, name := range without(awscollect.Actions(), asked) {
		j := setUp(t)
		j.inputs["ACCOUNTS"] = "222233334444"
		j.world.Faults = []awssim.Fault{{Action: name, Code: "AccessDenied", Message: "no"}}
		j.wantStatus(j.run(), action.ExitFault)
		out := unwrapped(j.out.String())
		for _, want := range []string{name + " is refused in account 222233334444; not known without it: ", `{"Effect": "Allow", "Action": "` + name + `", "Resource": "*"}`} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is not said:\n%s", name, want, &j.out)
			}
		}
		if strings.Contains(out, "without it: to mend") || strings.Count(out, "MISS") != 1 {
			t.Errorf("%s:\n%s", name, &j.out)
		}
	}
}

// The names that other programs may look for stand where they stood.
func TestDoctorLinks(t *testing.T) {
	var names []string
	for _, l := range doctor.Links(doctor.Facts{Policy: doctor.Policy{State: doctor.PolicyAbsent}}) {
		names = append(names, l.Name)
	}
	want := []string{
		"policy file", "GitHub token", "repository", "visibility", "issues", "issues: write", "id-token: write", "first role", "account", "organization",
		"account roles", "AWS actions",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}
