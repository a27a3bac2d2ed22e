//go:build moto

package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/ghfake"
	"go.yaml.in/yaml/v4"
)

// moto is the one server of all tests; each makes its organization anew.
var moto *motoServer

// binary is the built program.
var binary string

func TestMain(m *testing.M) {
	code, err := prepareAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func prepareAndRun(m *testing.M) (int, error) {
	var err error
	if binary, err = filepath.Abs(repository + "/.cache/keysweep"); err != nil {
		return 0, err
	}
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	if moto, err = startMoto(); err != nil {
		return 0, err
	}
	defer moto.stop()
	return m.Run(), nil
}

// setting is what a test runs the program in: an organization, a proxy in front of it, GitHub.
type setting struct {
	t      *testing.T
	org    *organization
	proxy  *proxy
	github *ghfake.Server
	// start makes the command that runs the program, given the folder that holds the runner's folders
	// and the environment.
	start func(runner string, env []string) *exec.Cmd
}

// subject is what the fake's tokens say of the workflow.
const subject = "repo:" + ghfake.DefaultRepository + ":ref:refs/heads/main"

func newSetting(t *testing.T) *setting {
	t.Helper()
	s := &setting{t: t, org: newOrganization(t, moto), proxy: newProxy(t, moto), github: ghfake.New(t), start: startBinary}
	s.github.UseClock(time.Now)
	s.github.SetPageSize(pageSize + 3)
	s.proxy.trust(firstRole, role{audiences: []string{"sts.amazonaws.com"}, subjects: []string{subject}})
	for _, id := range s.org.ids {
		s.proxy.trust("arn:aws:iam::"+id+":role/"+memberRole, role{trusts: management})
	}
	s.proxy.serve(s.org.ids["payments"], "iam:ListServiceSpecificCredentials", "iam.ListServiceSpecificCredentials.xml")
	s.proxy.serve(s.org.ids["payments"], "cloudtrail:LookupEvents", "cloudtrail.LookupEvents.json")
	s.proxy.plant(s.org.ids["payments"], s.org.keys["payments/two-keys/1"])
	s.proxy.serve(s.org.ids["payments"], runnerPlanted, s.org.keys["payments/two-keys/1"])
	return s
}

// outcome is what a run left behind.
type outcome struct {
	status   int
	output   string // standard output and error
	folder   string // the report
	outputs  map[string]string
	accounts map[string]accountReport // by name of the organization
	findings []finding
	ids      map[finding]string // of findings that are alone with their words
	plan     string
}

type accountReport struct {
	Status  string   `json:"status"`
	Missing []string `json:"missing"`
}

// audit runs keysweep as a runner does, with inputs "name=value" over those of the README's workflow.
func (s *setting) audit(inputs ...string) outcome {
	s.t.Helper()
	runner := s.t.TempDir()
	cmd := s.start(runner, s.environment(runner, inputs))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("running keysweep: %v", err)
	}
	o := outcome{
		status: cmd.ProcessState.ExitCode(), output: string(out),
		folder: filepath.Join(runner, "workspace", "keysweep-report"), ids: map[finding]string{},
	}
	s.t.Logf("exit status %d\n%s", o.status, out)
	o.outputs = readOutputs(s.t, filepath.Join(runner, "file_commands", "output"))
	s.readFindings(&o)
	s.holdsNoSecret(o, runner)
	return o
}

func startBinary(runner string, env []string) *exec.Cmd {
	cmd := exec.Command(binary)
	cmd.Dir, cmd.Env = filepath.Join(runner, "workspace"), env
	return cmd
}

// environment is that of a step of a scheduled workflow. Nothing of the machine's own gets in.
func (s *setting) environment(runner string, inputs []string) []string {
	s.t.Helper()
	in := func(name ...string) string { return filepath.Join(append([]string{runner}, name...)...) }
	for _, folder := range []string{"workspace", "file_commands", "workflow", "runner_temp", "home"} {
		must(s.t, os.Mkdir(in(folder), 0o755))
	}
	must(s.t, os.WriteFile(in("file_commands", "output"), nil, 0o644))
	must(s.t, os.WriteFile(in("file_commands", "summary"), nil, 0o644))
	must(s.t, os.WriteFile(in("workflow", "event.json"), []byte(`{"schedule": "0 6 * * 1-5"}`), 0o644))
	values := actionInputs(s.t)
	for _, input := range append([]string{"role-to-assume=" + firstRole, "accounts=organization", "max-new-issues=60"}, inputs...) {
		name, value, _ := strings.Cut(input, "=")
		values[name] = value
	}
	env := []string{
		"PATH=/usr/bin:/bin", "HOME=" + in("home"), "CI=true", "GITHUB_ACTIONS=true", "RUNNER_TEMP=" + in("runner_temp"),
		"GITHUB_EVENT_NAME=schedule", "GITHUB_EVENT_PATH=" + in("workflow", "event.json"),
		"GITHUB_WORKSPACE=" + in("workspace"), "GITHUB_OUTPUT=" + in("file_commands", "output"),
		"GITHUB_STEP_SUMMARY=" + in("file_commands", "summary"),
		"GITHUB_REPOSITORY_OWNER=acme", "GITHUB_RUN_ID=17",
		"GITHUB_REF=refs/heads/main", "GITHUB_SHA=" + strings.Repeat("0123456789", 4),
		"AWS_ENDPOINT_URL=" + s.proxy.url,
	}
	for name, value := range s.github.Env() {
		env = append(env, name+"="+value)
	}
	for name, value := range values {
		env = append(env, "INPUT_"+strings.ToUpper(name)+"="+value)
	}
	slices.Sort(env)
	return env
}

// actionInputs are the inputs of action.yml with their defaults. A runner sets them all, an input
// without a default to nothing.
func actionInputs(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(repository + "/action.yml")
	must(t, err)
	var action struct {
		Inputs map[string]struct {
			Default string `yaml:"default"`
		} `yaml:"inputs"`
	}
	must(t, yaml.Unmarshal(text, &action))
	expressions := strings.NewReplacer("${{ github.token }}", ghfake.DefaultToken, "${{ github.repository }}", ghfake.DefaultRepository)
	out := map[string]string{}
	for name, input := range action.Inputs {
		out[name] = expressions.Replace(input.Default)
	}
	return out
}

// readOutputs reads GITHUB_OUTPUT: name<<delimiter, lines, delimiter.
func readOutputs(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	out := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, end, ok := strings.Cut(lines.Text(), "<<")
		if !ok {
			t.Errorf("GITHUB_OUTPUT: a line that is no output: %q", lines.Text())
			continue
		}
		var value []string
		for lines.Scan() && lines.Text() != end {
			value = append(value, lines.Text())
		}
		out[name] = strings.Join(value, "\n")
	}
	return out
}

// readFindings reads findings.json and plan.json, where the run wrote them.
func (s *setting) readFindings(o *outcome) {
	s.t.Helper()
	var doc struct {
		Accounts []struct {
			accountReport
			ID string `json:"id"`
		} `json:"accounts"`
		Findings []struct {
			ID      string `json:"id"`
			Check   string `json:"check"`
			Account string `json:"account_id"`
			User    string `json:"user"`
		} `json:"findings"`
	}
	data, err := os.ReadFile(filepath.Join(o.folder, "findings.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	must(s.t, err)
	must(s.t, json.Unmarshal(data, &doc))
	plan, err := os.ReadFile(filepath.Join(o.folder, "plan.json"))
	must(s.t, err)
	o.plan = string(plan)

	names := map[string]string{}
	for name, id := range s.org.ids {
		names[id] = name
	}
	o.accounts = map[string]accountReport{}
	for _, a := range doc.Accounts {
		o.accounts[names[a.ID]] = a.accountReport
	}
	for _, f := range doc.Findings {
		found := finding{names[f.Account], f.User, f.Check}
		o.findings = append(o.findings, found)
		o.ids[found] = f.ID
	}
}

// holdsNoSecret looks for every secret of the run in all that it left behind.
func (s *setting) holdsNoSecret(o outcome, runner string) {
	s.t.Helper()
	left := map[string]string{"the output": withoutMasks(o.output)}
	err := filepath.WalkDir(runner, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		left[path] = string(data)
		return err
	})
	must(s.t, err)
	for _, r := range s.github.Requests() {
		left[r.String()] = r.Body
	}
	s.proxy.mu.Lock()
	secrets := slices.Clone(s.proxy.secrets)
	s.proxy.mu.Unlock()
	secrets = append(secrets, s.org.secret, ghfake.DefaultToken, ghfake.OIDCRequestToken)
	for where, text := range left {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				s.t.Errorf("%s holds a secret: %.12q…", where, secret)
			}
		}
	}
}

// withoutMasks takes away the lines that tell the runner what to hide.
func withoutMasks(output string) string {
	lines := strings.Split(output, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "::add-mask::") }), "\n")
}
