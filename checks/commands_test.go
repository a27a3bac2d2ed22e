package checks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// hostile is what somebody would put into a name to have it run, or to break out of a policy.
const hostile = "tr'ue\"$(touch x)`touch y`;touch z\n&|<>*?{}[]\\ ${HOME} \",\"Action\":\"*\"}tail"

// movers is an account with a key for each kind of replacement, all with hostile names.
func movers(partition string) (*inventory.Account, *policy.Policy) {
	a := &inventory.Account{
		ID: "111122223333", Name: "secret-account", Partition: partition, Status: inventory.Audited, CollectedAt: now,
		Root: inventory.Root{ARN: "arn:" + partition + ":iam::111122223333:root", HasKeys: true, Keys: []inventory.AccessKey{{Active: true, Created: now.AddDate(-1, 0, 0)}}},
	}
	add := func(prefix string, uses ...inventory.KeyUse) *inventory.User {
		n := fmt.Sprintf("%03d", len(a.Users))
		for i := range uses {
			uses[i].Service, uses[i].Last, uses[i].Events = "s3", now.AddDate(0, 0, -2), 1
			uses[i].Region = map[string]string{"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[partition]
		}
		a.Users = append(a.Users, inventory.User{
			Name: prefix + hostile + n, ARN: "arn:" + partition + ":iam::111122223333:user/" + prefix + hostile + n, ID: "AIDATRUE" + n,
			Created: now.AddDate(-2, 0, 0), Keys: []inventory.AccessKey{{
				ID: "AKIATRUETRUETRUE" + n, Active: true, Created: now.AddDate(-1, 0, 0), LastUsed: now.AddDate(0, 0, -2), Uses: uses, UsesKnown: len(uses) > 0,
			}},
		})
		return &a.Users[len(a.Users)-1]
	}
	for _, by := range []string{
		inventory.FromGitHubActions, inventory.FromCodeBuild, inventory.FromLambda, inventory.FromECS, inventory.FromEC2,
		inventory.FromOwnNetwork, inventory.FromCloudShell, inventory.FromInternet,
	} {
		add("u-", inventory.KeyUse{By: by, Source: "203.0.113.7", Agent: "aws-cli/2"})
		add("v-", inventory.KeyUse{By: by, Agent: "agent " + hostile}).Called = []inventory.ServiceUse{{Service: "s3", Actions: []string{"ListBucket"}}, {Service: "sqs"}}
	}
	add("u-", inventory.KeyUse{Agent: "velero/1.14"})
	add("u-", inventory.KeyUse{By: inventory.FromInternet, Agent: "terraform/1.9"})
	for _, name := range []string{"gitlab-", "circleci-", "bitbucket-", "buildkite-", "tfc-", "ext-", "person-", "ses-smtp-user.", "-dash-", ""} {
		add(name)
	}
	add("github-").Tags = map[string]string{"repository": "acme/app"}
	add("github-").Tags = map[string]string{"repository": "acme/" + hostile}
	add("breakglass-").Password.Enabled = true
	a.Leaks = &inventory.Leaks{ScannedAt: now, Found: []inventory.Leak{
		{KeyID: a.Users[len(a.Users)-1].Keys[0].ID, Where: "file", Path: "deploy.env", Line: 1},
	}}
	for _, service := range []string{"bedrock.amazonaws.com", "cassandra.amazonaws.com", "codecommit.amazonaws.com", "logs.amazonaws.com"} {
		for _, name := range []string{"u-", "person-"} {
			add(name).Services = []inventory.ServiceCredential{{ID: "ACCATRUE" + hostile, Service: service, Status: "Active", Created: now.AddDate(-1, 0, 0)}}
		}
	}
	a.Compute = hostileCompute(partition, func() string { u := add("held-"); return u.Keys[0].ID })
	p := policy.Default()
	p.People.Users, p.Contractors.Users = []string{"person-*"}, []string{"ext-*"}
	p.BreakGlass = []string{"arn:*:iam::*:user/breakglass-*"}
	return a, p
}

// hostileCompute is a resource of each kind that holds a key, with a role and without one.
func hostileCompute(partition string, key func() string) *inventory.Compute {
	region := map[string]string{"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[partition]
	c := &inventory.Compute{Regions: []string{region}}
	for _, r := range []struct{ service, kind string }{
		{"lambda", "function:"},
		{"ecs", "task-definition/"},
		{"batch", "job-definition/"},
		{"codebuild", "project/"},
		{"ec2", "instance/"},
		{"ec2", "launch-template/"},
		{"autoscaling", "launchConfiguration:1:launchConfigurationName/"},
		{"autoscaling", "autoScalingGroup:1:autoScalingGroupName/"},
	} {
		for _, role := range []string{"", "truerole" + hostile} {
			n := strconv.Itoa(len(c.Resources))
			c.Resources = append(c.Resources, inventory.Resource{
				ARN: "arn:" + partition + ":" + r.service + ":" + region + ":111122223333:" + r.kind + "trueresource" + n + strings.ReplaceAll(hostile, "/", ""), Service: r.service, Region: region,
				Running: 1, Role: role, Keys: []inventory.ComputeKey{{KeyID: key(), Variable: "KEY", Where: inventory.InEnvironment}},
			})
		}
	}
	return c
}

// shellSet are the values that the variables of commands have in these tests.
func shellSet() map[string]string {
	set := map[string]string{"KEY_ID": "KEY_ID is set", "CERTIFICATE_ID": "CERTIFICATE_ID is set", "POLICY_ARN": "POLICY_ARN is set", "POLICY_ID": "POLICY_ID is set"}
	for name := range variables {
		set[name] = name + " is set"
	}
	return set
}

// shellWords are the words of a simple command; an error for anything in it that a shell would take for more than words.
func shellWords(command string, set map[string]string) ([]string, error) {
	if c, ok := strings.CutPrefix(command, "SUBJECT=$("); ok && strings.HasSuffix(c, ")") {
		command = c[:len(c)-1]
	}
	var words []string
	word, begun := "", false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == ' ':
			if begun {
				words = append(words, word)
			}
			word, begun = "", false
		case c == '\'':
			end := strings.IndexByte(command[i+1:], '\'')
			if end < 0 {
				return nil, fmt.Errorf("a quote without end")
			}
			word, begun = word+command[i+1:i+1+end], true
			i += end + 1
		case c == '\\' && i+1 < len(command) && command[i+1] == '\'':
			word, begun = word+"'", true
			i++
		case c == '"':
			end := strings.IndexByte(command[i+1:], '"')
			if end < 0 {
				return nil, fmt.Errorf("a double quote without end")
			}
			value, err := expand(command[i+1:i+1+end], set)
			if err != nil {
				return nil, err
			}
			word, begun = word+value, true
			i += end + 1
		case plainWord(string(c)) || c == '=':
			word, begun = word+string(c), true
		default:
			return nil, fmt.Errorf("%q at %d stands outside of quotes", c, i)
		}
	}
	if begun {
		words = append(words, word)
	}
	return words, nil
}

// expand is what stands between double quotes: one variable, or words in which nothing is special.
func expand(s string, set map[string]string) (string, error) {
	name, ok := strings.CutPrefix(s, "$")
	if !ok {
		if strings.ContainsAny(s, "$`\\") {
			return "", fmt.Errorf("%q between double quotes", s)
		}
		return s, nil
	}
	if inner, ok := strings.CutPrefix(name, "{"); ok {
		says := ""
		name, says, _ = strings.Cut(strings.TrimSuffix(inner, "}"), ":?")
		if says != variables[name] || strings.ContainsAny(says, "$`\\'\"}") {
			return "", fmt.Errorf("%q is no variable of ours", s)
		}
	}
	value, ok := set[name]
	if !ok {
		return "", fmt.Errorf("the variable %q is never set", name)
	}
	return value, nil
}

// hereDocument is the text that a command writes into policy.json.
func hereDocument(command string) (string, bool) {
	text, ok := strings.CutPrefix(command, "cat > policy.json <<'EOF'\n")
	if !ok {
		return "", false
	}
	text, ok = strings.CutSuffix(text, "\nEOF")
	return text, ok && !slices.Contains(strings.Split(text, "\n"), "EOF")
}

// commandsOf are all commands of a finding, those that undo a step too.
func commandsOf(f Finding) []string {
	var out []string
	for _, s := range f.Steps {
		if s.Command != "" {
			out = append(out, s.Command)
		}
		if _, undo, ok := strings.Cut(s.Text, "To undo: "); ok {
			out = append(out, undo)
		}
	}
	return out
}

// policyProblems say what is wrong with a policy document.
func policyProblems(text, partition string, trust bool) []string {
	var doc struct {
		Version   string
		Statement []map[string]any
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return []string{err.Error()}
	}
	var out []string
	if doc.Version != "2012-10-17" || len(doc.Statement) == 0 || d.More() {
		out = append(out, "it is no whole document")
	}
	for _, s := range doc.Statement {
		principal, _ := s["Principal"].(map[string]any)
		switch {
		case s["Effect"] != "Allow" || s["Action"] == nil || s["Action"] == "*":
			out = append(out, fmt.Sprintf("statement %v", s))
		case trust && (len(principal) != 1 || s["Resource"] != nil), !trust && (s["Principal"] != nil || s["Resource"] == nil):
			out = append(out, fmt.Sprintf("principal and resource of %v", s))
		case trust && principal["Service"] == "ec2.amazonaws.com" && partition == "aws-cn":
			out = append(out, "EC2 has another name in China")
		case trust && principal["Service"] == nil && s["Condition"] == nil:
			out = append(out, "anybody may take the role")
		}
	}
	return append(out, arnProblems(text, partition)...)
}

// arnProblems finds ARNs of another partition.
func arnProblems(text, partition string) []string {
	var out []string
	for _, part := range strings.Split(text, "arn:")[1:] {
		if !strings.HasPrefix(part, partition+":") {
			out = append(out, "an ARN of another partition: arn:"+part[:min(len(part), 30)])
		}
	}
	return out
}

// roleWord is what IAM takes for the name of a role.
var roleWord = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// checkCommand holds one command to all that must be true of it, and gives its words; nil for a here-document.
func checkCommand(t *testing.T, f *Finding, command, partition string, set map[string]string) []string {
	t.Helper()
	if text, ok := hereDocument(command); ok {
		for _, p := range policyProblems(text, partition, false) {
			t.Errorf("%s: %s\n%s", f.Check, p, text)
		}
		return nil
	}
	words, err := shellWords(command, set)
	if err != nil || len(words) < 3 || !slices.Contains([]string{"aws", "gh", "git"}, words[0]) {
		t.Errorf("%s (%s): %v in %s", f.Check, f.Replace.Kind, err, command)
		return nil
	}
	if p := arnProblems(command, partition); len(p) > 0 {
		t.Errorf("%s: %s in %s", f.Check, p, command)
	}
	for i, w := range words {
		switch words[i-min(i, 1)] {
		case "--user-name":
			if w != f.User {
				t.Errorf("%s: the command is about user %q, want %q", f.Check, w, f.User)
			}
		case "--role-name":
			if words[2] == "create-role" && !roleWord.MatchString(w) {
				t.Errorf("%s: IAM takes no role called %q", f.Check, w)
			}
		case "--assume-role-policy-document", "--policy-document", "--inline-policy":
			if strings.HasPrefix(w, "file://") {
				continue
			}
			for _, p := range policyProblems(w, partition, words[i-1] == "--assume-role-policy-document") {
				t.Errorf("%s (%s): %s\n%s", f.Check, f.Replace.Kind, p, w)
			}
		}
	}
	return words
}

// allMovers are the findings of movers in a partition, and of the fixtures of every check.
func allMovers(t *testing.T, partition string, d *Display) []Finding {
	a, p := movers(partition)
	out := Evaluate(a, p, Options{Now: now, Display: d, Keys: KeysOf([]*inventory.Account{a})})
	if partition == "aws" {
		for _, c := range list {
			for _, f := range readFixtures(t, "testdata/"+c.ID+"/fires*.json") {
				out = append(out, Evaluate(&f.Account, f.policy, Options{Now: f.AsOf, Display: d, Keys: KeysOf([]*inventory.Account{&f.Account})})...)
			}
		}
	}
	return out
}

// Every command of every finding is one command of words, whatever the names are; every policy in one is a
// policy, of the partition of its account.
func TestCommands(t *testing.T) {
	set := shellSet()
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov"} {
		kinds, providers := map[string]bool{}, ""
		for _, d := range []*Display{nil, Redacted()} {
			for _, f := range allMovers(t, partition, d) {
				kinds[f.Replace.Kind] = true
				for _, command := range commandsOf(f) {
					words := checkCommand(t, &f, command, partition, set)
					if slices.Contains(words, "create-open-id-connect-provider") {
						providers += command + "\n"
					}
				}
			}
		}
		for kind := range moves {
			if !kinds[kind] && (kind != replaceAWSLogin || partition == "aws") {
				t.Errorf("%s: no finding leads to %s", partition, kind)
			}
		}
		for _, kind := range []string{replaceDelete, replaceShortTermKey} {
			if !kinds[kind] {
				t.Errorf("%s: no finding leads to %s", partition, kind)
			}
		}
		for _, p := range platforms {
			if issuer, _, _ := strings.Cut(p.issuer, "/"); !strings.Contains(providers, "https://"+issuer) {
				t.Errorf("%s: no finding makes a provider for %s", partition, p.name)
			}
		}
	}
}

// Where names are hidden, no text holds one: no name of a user, role or resource, no id, no address, no agent.
func TestHiddenCommands(t *testing.T) {
	a, p := movers("aws")
	keys := KeysOf([]*inventory.Account{a})
	words := []string{"touch x", "touch y", "touch z", "$(", "111122223333", "secret-account", "203.0.113", "acme/app", "truerole", "trueresource", "AIDATRUE", "AKIATRUE", "ACCATRUE", `tr'ue`, `tr'\''ue`}
	hold := func(f Finding) (found []string) {
		f.ID = ""
		text := f.Because + strings.Join([]string{f.OwnerRule, f.Place}, " ")
		data, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		text += string(bytes.ReplaceAll(data, []byte("SUBJECT=$(gh api"), nil))
		for _, w := range words {
			if strings.Contains(text, w) && !(w == "AKIATRUE" && !strings.Contains(text, "AKIATRUETRUE")) {
				found = append(found, w)
			}
		}
		return found
	}
	plain := map[string]bool{}
	for _, f := range Evaluate(a, p, Options{Now: now, Keys: keys}) {
		for _, w := range hold(f) {
			plain[w] = true
		}
	}
	for _, f := range Evaluate(a, p, Options{Now: now, Keys: keys, Display: Redacted()}) {
		if found := hold(f); len(found) > 0 {
			t.Errorf("%s (%s) holds %q:\n%s", f.Check, f.Replace.Kind, found, render(f))
		}
	}
	for _, w := range []string{"111122223333", "acme/app", "truerole", "AKIATRUE"} {
		if !plain[w] {
			t.Errorf("the search finds no %q where names are not hidden either", w)
		}
	}
}

// A shell takes the commands as the parser of these tests does: it is asked for the words that it would pass on, with
// functions in the place of programs and no other program in reach.
func TestCommandsInAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Log("there is no sh here: TestCommands alone holds the commands to words")
		return
	}
	set := shellSet()
	var script bytes.Buffer
	script.WriteString("record() { printf 'w%s\\0' \"$@\" >&3; }\naws() { record aws \"$@\"; }\ngh() { record gh \"$@\"; }\ngit() { record git \"$@\"; }\ncat() { :; }\nexec 3>&1\n")
	for name, value := range set {
		script.WriteString(name + "=" + Quote(value) + "\n")
	}
	var want []string
	for _, partition := range []string{"aws", "aws-cn"} {
		for _, f := range allMovers(t, partition, nil) {
			for _, command := range commandsOf(f) {
				want = append(want, "next")
				script.WriteString("printf 'next\\0'\n(" + command + "\n)\n")
				if words, err := shellWords(command, set); err == nil {
					for _, w := range words {
						want = append(want, "w"+w)
					}
				}
			}
		}
	}
	shell := exec.Command(sh)
	shell.Dir, shell.Env, shell.Stdin = t.TempDir(), []string{"PATH="}, &script
	var said bytes.Buffer
	shell.Stderr = &said
	out, err := shell.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%v: %.600s", err, said.String())
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the shell takes commands for something else (-want +got):\n%.3000s", diff)
	}
	if len(want) < 1000 {
		t.Errorf("only %d words", len(want))
	}
}
