package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awscollect"
	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/ghfake"
)

const (
	hubAccount = "111122223333"
	issuer     = "https://token.actions.githubusercontent.com"
	subject    = "repo:acme/backlog:ref:refs/heads/main"
)

var start = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

func before(days int) time.Time { return start.AddDate(0, 0, -days) }

// keyID is an access key id that holds its account, as real ones do.
func keyID(account string, n uint32) string {
	var id uint64
	for _, c := range account {
		id = id*10 + uint64(c-'0')
	}
	var raw [10]byte
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], 1<<47|id<<7)
	copy(raw[:6], head[2:])
	binary.BigEndian.PutUint32(raw[6:], n*0x9e3779b1)
	return "AKIA" + base32.StdEncoding.EncodeToString(raw[:])
}

// job is the world of one workflow: an organization, a repository, a runner's folder.
type job struct {
	t       *testing.T
	world   *awssim.World
	aws     *awssim.Server
	github  *ghfake.Server
	dir     string
	now     time.Time
	inputs  map[string]string
	vars    map[string]string // over those of the runner; an empty one is not set
	keys    bool              // the machine has credentials of a user, as a laptop has
	printed func()            // called before anything is written to standard output
	out     bytes.Buffer
	errs    bytes.Buffer
}

func newJob(t *testing.T) *job {
	t.Helper()
	j := &job{t: t, dir: t.TempDir(), now: start, world: organization(), inputs: map[string]string{
		"ROLE-TO-ASSUME": "arn:aws:iam::" + hubAccount + ":role/keysweep",
		"ACCOUNTS":       "organization",
	}}
	j.github = ghfake.New(t)
	j.github.SetNow(start)
	j.github.SetClaims(map[string]any{"iss": issuer, "sub": subject})
	return j
}

// organization has a management account, two members with things to do and one that is suspended.
func organization() *awssim.World {
	w := &awssim.World{Accounts: map[string]*awssim.Account{}, Now: start}
	for _, id := range []string{hubAccount, "222233334444", "333344445555"} {
		w.Accounts[id] = &awssim.Account{
			ID: id, ReportAt: start.Add(-time.Hour), Root: awssim.Root{Created: before(2000)},
			Roles: []awssim.Role{{Name: "keysweep-audit", Callers: []string{hubAccount}}},
		}
		w.Organization = append(w.Organization, awssim.Member{ID: id, Name: "acme-" + id[:3], State: "ACTIVE", Status: "ACTIVE"})
	}
	w.Organization = append(w.Organization, awssim.Member{ID: "999988887777", Name: "closed", State: "SUSPENDED", Status: "SUSPENDED"})
	home := w.Accounts[hubAccount]
	home.Provider = &awssim.Provider{Issuer: issuer, Audiences: []string{"sts.amazonaws.com"}}
	home.Roles = append(home.Roles, awssim.Role{Name: "keysweep", Subjects: []string{subject}})
	prod := w.Accounts["222233334444"]
	prod.Users = []awssim.User{
		{Name: "ci@octocat", ID: "AIDACI00000000000001", Created: before(500), Keys: []awssim.Key{{ID: keyID(prod.ID, 1), Created: before(400), LastUsed: before(100), Service: "s3", Region: "eu-west-1"}}},
		{Name: "worker", ID: "AIDAWORKER0000000001", Created: before(500), Keys: []awssim.Key{{ID: keyID(prod.ID, 2), Created: before(200), LastUsed: before(1), Service: "sqs", Region: "eu-west-1"}}},
		{Name: "fresh", ID: "AIDAFRESH00000000001", Created: before(500), Keys: []awssim.Key{{ID: keyID(prod.ID, 3), Created: before(20), LastUsed: before(1), Service: "sqs", Region: "eu-west-1"}}},
	}
	stage := w.Accounts["333344445555"]
	stage.Users = []awssim.User{
		{Name: "alice", ID: "AIDAALICE00000000001", Created: before(500), Password: &awssim.Password{Set: before(300), LastUsed: before(2)}},
		{Name: "leftover", ID: "AIDALEFTOVER00000001", Created: before(500)},
	}
	return w
}

// run carries out the action as a runner does, and gives its exit status.
func (j *job) run(args ...string) int {
	j.t.Helper()
	j.aws = awssim.New(j.t, j.world)
	for k, v := range j.aws.Env() {
		j.t.Setenv(k, v)
	}
	if j.keys {
		for k, v := range awssim.KeyEnv(hubAccount) {
			j.t.Setenv(k, v)
		}
	}
	vars := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "schedule", "GITHUB_REPOSITORY": ghfake.DefaultRepository,
		"GITHUB_SHA": strings.Repeat("a", 40), "GITHUB_WORKSPACE": j.dir, "INPUT_GITHUB-TOKEN": ghfake.DefaultToken,
		"GITHUB_OUTPUT": filepath.Join(j.dir, "out"), "GITHUB_STEP_SUMMARY": filepath.Join(j.dir, "sum"),
	}
	for _, more := range []map[string]string{j.github.Env(), j.github.OIDCEnv()} {
		for k, v := range more {
			vars[k] = v
		}
	}
	for k, v := range j.inputs {
		vars["INPUT_"+k] = v
	}
	for k, v := range j.vars {
		if vars[k] = v; v == "" {
			delete(vars, k)
		}
	}
	env := action.Env{
		Args: args, Dir: j.dir, Stdin: strings.NewReader(""), Stdout: j, Stderr: &j.errs, Rand: rand.Reader,
		Now:    func() time.Time { return j.now },
		Getenv: func(k string) (string, bool) { v, ok := vars[k]; return v, ok },
	}
	s := settings{
		github: githubPace{writeInterval: -1, sleep: j.github.Sleep},
		aws:    awscollect.Pace{MaxBackoff: time.Millisecond, PollInterval: time.Millisecond, LookupInterval: time.Millisecond, Second: time.Microsecond},
	}
	return action.Exit(env, func() error { return s.run(j.t.Context(), env) })
}

// Write is the standard output of the run.
func (j *job) Write(p []byte) (int, error) {
	if j.printed != nil {
		j.printed()
	}
	return j.out.Write(p)
}

// nextDay is a run a day later over new answers of the credential report.
func (j *job) nextDay() {
	j.now = j.now.AddDate(0, 0, 1)
	j.github.SetNow(j.now)
	j.github.ResetLog()
	j.world.Now = j.now
	for _, a := range j.world.Accounts {
		a.ReportAt = j.now.Add(-time.Hour)
	}
	j.out.Reset()
	j.errs.Reset()
}

func (j *job) wantStatus(got, want int) {
	j.t.Helper()
	if got != want {
		j.t.Fatalf("exit status %d, want %d\nstdout:\n%s\nstderr:\n%s", got, want, &j.out, &j.errs)
	}
}

// titles are the issues as "#1 open: title".
func (j *job) titles() []string {
	var out []string
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		out = append(out, fmt.Sprintf("#%d %s: %s", i.Number, i.State, visible(i.Title)))
	}
	return out
}

// visible drops what keeps a title from becoming a mention.
func visible(s string) string {
	return strings.NewReplacer("\u200b", "", "\u2060", "", "\u200d", "").Replace(s)
}

func (j *job) file(name string) string {
	j.t.Helper()
	data, err := os.ReadFile(filepath.Join(j.dir, "keysweep-report", name))
	if err != nil {
		j.t.Fatal(err)
	}
	return string(data)
}

func (j *job) wantIssues(want ...string) {
	j.t.Helper()
	if got := j.titles(); !slices.Equal(got, want) {
		j.t.Errorf("issues:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The whole life of a backlog: issues are made, a second run over the same facts writes
// nothing, a thing done is closed with its proof, one that comes back is reopened.
func TestTheLifeOfABacklog(t *testing.T) {
	j := newJob(t)
	j.wantStatus(j.run(), action.ExitDone)
	j.wantIssues(
		"#1 open: Access key "+keyID("222233334444", 1)+" of ci@octocat is unused, account acme-222 (222233334444)",
		"#2 open: The console password of alice has no MFA, account acme-333 (333344445555)",
		"#3 open: Access key "+keyID("222233334444", 2)+" of worker is old and in use, account acme-222 (222233334444)",
		"#4 open: leftover has no working credential left, account acme-333 (333344445555)",
		"#5 open: keysweep dashboard: long-lived AWS credentials",
	)

	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	if w := j.github.Writes(); len(w) != 0 {
		t.Errorf("a day later over the same facts there were writes: %v", w)
	}

	j.nextDay()
	worker := &j.world.Accounts["222233334444"].Users[1]
	kept := worker.Keys
	worker.Keys = nil
	j.wantStatus(j.run(), action.ExitDone)
	closed := j.github.Issues(ghfake.DefaultRepository)[2]
	if closed.State != "closed" || closed.StateReason != "completed" || len(closed.Comments) != 1 {
		t.Errorf("issue of the deleted key: %+v", closed)
	}
	if c := closed.Comments[0].Body; !strings.Contains(c, "deleted") {
		t.Errorf("the closing comment holds no proof:\n%s", c)
	}

	j.nextDay()
	worker.Keys = kept
	j.wantStatus(j.run(), action.ExitDone)
	if back := j.github.Issues(ghfake.DefaultRepository)[2]; back.State != "open" || len(back.Comments) != 2 {
		t.Errorf("issue of the key that is back: %+v", back)
	}

	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	if w := j.github.Writes(); len(w) != 0 {
		t.Errorf("the last run wrote: %v", w)
	}
}

// An account that cannot be read leaves its issues alone, the others go on, and the run says so.
func TestAFailedAccountClosesNothing(t *testing.T) {
	j := newJob(t)
	j.wantStatus(j.run(), action.ExitDone)
	j.nextDay()
	j.world.Accounts["222233334444"].Roles = nil
	j.world.Accounts["333344445555"].Users = nil
	j.wantStatus(j.run(), action.ExitUncovered)
	var open []int
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		if i.State == "open" {
			open = append(open, i.Number)
		}
	}
	if !slices.Equal(open, []int{1, 3, 5}) {
		t.Errorf("open issues %v, want those of the unread account, 1 and 3, and the dashboard", open)
	}
	if !strings.Contains(j.file("findings.json"), `"status":"failed"`) {
		t.Error("findings.json does not say that an account failed")
	}
}

// A refused call makes an account partial: nothing that needs it is found or closed.
func TestARefusedReportClearsNothing(t *testing.T) {
	j := newJob(t)
	j.wantStatus(j.run(), action.ExitDone)
	j.nextDay()
	j.world.Faults = []awssim.Fault{{Action: "iam:GetCredentialReport", Code: "AccessDenied", Message: "no"}, {Action: "iam:GenerateCredentialReport", Code: "AccessDenied", Message: "no"}}
	j.world.Accounts["333344445555"].Users[0].Password = nil
	j.wantStatus(j.run(), action.ExitUncovered)
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		if i.State != "open" {
			t.Errorf("#%d was closed though the credential report was refused: %s", i.Number, i.Title)
		}
	}
}

// A dry run prints the plan and writes nothing to GitHub.
func TestDryRun(t *testing.T) {
	j := newJob(t)
	j.inputs["DRY-RUN"] = "true"
	j.wantStatus(j.run(), action.ExitDone)
	j.wantIssues()
	if w := j.github.Writes(); len(w) != 0 {
		t.Errorf("writes: %v", w)
	}
	if n := strings.Count(j.out.String(), "create "); n != 4 {
		t.Errorf("the plan names %d creates, want 4:\n%s", n, &j.out)
	}
}

// Nothing of an audit goes where strangers read, and with allow-public no name does.
func TestPublicRepository(t *testing.T) {
	j := newJob(t)
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Visibility = "public" })
	j.wantStatus(j.run(), action.ExitBadInput)
	if n := len(j.aws.Calls()); n != 0 {
		t.Errorf("%d calls of AWS before the refusal", n)
	}
	j.inputs["ALLOW-PUBLIC"] = "true"
	j.wantStatus(j.run(), action.ExitDone)
	everything := j.out.String() + j.errs.String() + fmt.Sprintf("%+v", j.github.Issues(ghfake.DefaultRepository))
	err := filepath.WalkDir(j.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			data, err := os.ReadFile(path)
			everything += path + string(data)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(j.github.Issues(ghfake.DefaultRepository)); n != 5 {
		t.Errorf("%d issues, want 4 and the dashboard", n)
	}
	for _, name := range []string{"octocat", "worker", "alice", "leftover", "222233334444", "333344445555", keyID("222233334444", 1), keyID("222233334444", 2), "AIDACI", "acme-222"} {
		if i := strings.Index(visible(everything), name); i >= 0 {
			t.Errorf("%q is published: …%s…", name, everything[max(0, i-80):min(len(everything), i+80)])
		}
	}
}

// The outputs and the job summary say what came out.
func TestOutputs(t *testing.T) {
	j := newJob(t)
	j.inputs["FAIL-ON"] = "high"
	j.inputs["MAX-NEW-ISSUES"] = "3"
	j.wantStatus(j.run(), action.ExitFindings)
	data, err := os.ReadFile(filepath.Join(j.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"findings", "4", "high", "2", "opened", "3", "deferred", "1", "accounts-audited", "keysweep-report"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("outputs lack %q:\n%s", want, data)
		}
	}
	var plan struct {
		Counts struct{ Opened, Deferred int }
	}
	if err := json.Unmarshal([]byte(j.file("plan.json")), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.Counts.Opened != 3 || plan.Counts.Deferred != 1 {
		t.Errorf("plan.json counts %+v", plan.Counts)
	}
}

// A shard writes its inventory and touches no issue; all shards together cover every account.
func TestShards(t *testing.T) {
	j := newJob(t)
	var names []string
	for _, shard := range []string{"1/3", "2/3", "3/3"} {
		j.inputs["SHARD"] = shard
		j.inputs["OUTPUT-DIR"] = "shard" + shard[:1]
		j.wantStatus(j.run(), action.ExitDone)
		found, err := filepath.Glob(filepath.Join(j.dir, "shard"+shard[:1], "inventory", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			names = append(names, filepath.Base(f))
		}
	}
	slices.Sort(names)
	if want := []string{"111122223333.json", "222233334444.json", "333344445555.json", "999988887777.json"}; !slices.Equal(names, want) {
		t.Errorf("inventories %v, want %v", names, want)
	}
	if n := len(j.github.Writes()); n != 0 {
		t.Errorf("shards made %d writes", n)
	}
}

// No secret that the run was given comes out anywhere.
func TestNoSecretComesOut(t *testing.T) {
	j := newJob(t)
	j.wantStatus(j.run(), action.ExitDone)
	masked := strings.ReplaceAll(j.errs.String(), "::add-mask::", "")
	for _, line := range strings.Split(j.errs.String(), "\n") {
		if strings.HasPrefix(line, "::add-mask::") {
			masked = strings.ReplaceAll(masked, strings.TrimPrefix(line, "::add-mask::"), "")
		}
	}
	for _, secret := range []string{ghfake.DefaultToken, ghfake.OIDCRequestToken, "eyJ"} {
		if strings.Contains(j.out.String()+masked, secret) {
			t.Errorf("%q comes out:\n%s\n%s", secret, &j.out, masked)
		}
	}
}

// A run that is stopped says so and keeps the issues as they were.
func TestStopped(t *testing.T) {
	j := newJob(t)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	env := action.Env{
		Args: []string{"audit", "--accounts", "222233334444"}, Dir: j.dir, Stdout: &j.out, Stderr: &j.errs, Rand: rand.Reader,
		Now: func() time.Time { return start }, Getenv: func(string) (string, bool) { return "", false },
	}
	got := action.Exit(env, func() error { return run(ctx, env) })
	j.wantStatus(got, action.ExitFault)
}
