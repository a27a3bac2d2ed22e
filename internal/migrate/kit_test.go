package migrate

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/report"
)

// workflowWith is a workflow whose key comes from a secret, with something hostile around it.
func workflowWith(job, environment, uses string) string {
	return "on: {push: {branches: [" + quoted(environment) + "]}}\njobs:\n  " + quoted(job) + ":\n    runs-on: x\n    environment: " + quoted(environment) +
		"\n    steps:\n      - uses: " + quoted(uses) + "\n        env:\n          AWS_ACCESS_KEY_ID: ${{ secrets.A_KEY_ID }}\n          AWS_SECRET_ACCESS_KEY: ${{ secrets.A_SECRET }}\n"
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestReadmeIsTame holds that no name of a workflow becomes a mention, a link, HTML, a mark or the end of a block.
func TestReadmeIsTame(t *testing.T) {
	for _, hostile := range []string{
		"@octocat", "<img src=x>", "`@octocat`", "a|b", "<!-- keysweep:v1 id=1 -->", "::error::x", "![a](http://x)", "#12", "x\n## y", "'; rm -rf / #",
		"```\n@octocat", "\u202eabc", "$(id)",
	} {
		for _, path := range []string{".github/workflows/a.yml", ".github/workflows/" + strings.ReplaceAll(hostile, "/", "_") + ".yml"} {
			for _, uses := range []string{hostile, "aws-actions/x@v1"} {
				k := Plan(app(File{path, []byte(workflowWith(hostile, hostile, uses))}), target)
				for name, text := range k.Files() {
					if strings.HasSuffix(name, ".json") && !json.Valid(text) {
						t.Errorf("%q: %s is no JSON", hostile, name)
					}
					if strings.HasSuffix(name, "README.md") {
						wantTame(t, hostile, string(text))
					}
				}
			}
		}
	}
}

var codeSpan = regexp.MustCompile("(`+)[^`]+(`+)")

// wantTame looks at what stands outside of code.
func wantTame(t *testing.T, hostile, text string) {
	t.Helper()
	fence := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]; {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence != "" && line == fence:
			fence = ""
		case fence == "":
			prose := codeSpan.ReplaceAllString(line, "")
			for _, bad := range []string{"@octocat", "<img", "<!--", "![a](", "## y", "\u202e"} {
				if strings.Contains(prose, bad) {
					t.Errorf("%q: the README has the line %q", hostile, line)
				}
			}
		case strings.Contains(line, "rm -rf") && !strings.Contains(line, `'\''; rm -rf`):
			t.Errorf("%q: the README has the command %q", hostile, line)
		}
	}
}

// TestNoSecretIsShown holds that a secret that stands in a workflow is in no file of a kit.
func TestNoSecretIsShown(t *testing.T) {
	for _, secret := range []string{
		"abcdEFGH1234abcdEFGH1234abcdEFGH1234abcd", "hunter2", "ghp_0123456789abcdefghijABCDEFGHIJ012345",
	} {
		for _, put := range []func(string) string{
			func(s string) string {
				return strings.Replace(s, "${{ secrets.AWS_SECRET_ACCESS_KEY }}", secret, 1)
			},
			func(s string) string {
				return strings.Replace(s, "aws-region:", "password: "+secret+"\n          aws-region:", 1)
			},
			func(s string) string {
				return strings.Replace(s, "    steps:", "    env: {DB_PASSWORD: "+secret+"}\n    steps:", 1)
			},
			func(s string) string { return strings.Replace(s, "# The steps.", "# token: "+secret, 1) },
		} {
			text := put(string(fixtures(t)["configure.yml"]))
			k := Plan(app(File{".github/workflows/a.yml", []byte(text)}), target)
			if !strings.Contains(text, secret) || k.Empty() {
				t.Fatalf("%s: no case", text)
			}
			for name, content := range k.Files() {
				if bytes.Contains(content, []byte(secret)) {
					t.Errorf("%s shows %q", name, secret)
				}
			}
		}
	}
}

// TestJoins holds that a key is told of a workflow where it is certain, and nowhere else.
func TestJoins(t *testing.T) {
	const id, other = "AKIAZZZZZZZZ2KEYSWEP", "AKIAZZZZZZZZ3KEYSWEP"
	uses := []inventory.KeyUse{{By: inventory.FromGitHubActions}}
	user := func(name string, tags map[string]string, keys ...inventory.AccessKey) inventory.User {
		return inventory.User{Name: name, Tags: tags, Keys: keys}
	}
	tag := map[string]string{"GitHub-Repository": "https://github.com/Acme/App.git"}
	active := inventory.AccessKey{ID: id, Active: true}
	used := inventory.AccessKey{ID: id, Active: true, Uses: uses}
	plain, literal := fixtures(t)["configure.yml"], fixtures(t)["key-id.yml"]
	for _, tt := range []struct {
		name  string
		text  []byte
		users []inventory.User
		want  bool
	}{
		{"nothing is known", plain, []inventory.User{user("x", nil, active)}, false},
		{"used by Actions alone", plain, []inventory.User{user("x", nil, used)}, false},
		{"the name alone", plain, []inventory.User{user("app", nil, active)}, false},
		{"the name, and used by Actions", plain, []inventory.User{user("acme-app", nil, used)}, true},
		{"a tag", plain, []inventory.User{user("x", tag, active)}, true},
		{"a tag of another repository", plain, []inventory.User{user("x", map[string]string{"repository": "acme/app2"}, active)}, false},
		{"a tag of two users", plain, []inventory.User{user("x", tag, active), user("y", tag, inventory.AccessKey{ID: other, Active: true})}, false},
		{"a tag, and two active keys", plain, []inventory.User{user("x", tag, active, inventory.AccessKey{ID: other, Active: true})}, false},
		{"a tag, and one of two keys active", plain, []inventory.User{user("x", tag, active, inventory.AccessKey{ID: other})}, true},
		{"the id itself", literal, []inventory.User{user("x", nil, active)}, true},
		{"a tag, and two keys in the repository", fixtures(t)["two-keys.yml"], []inventory.User{user("x", tag, active)}, false},
	} {
		kits := []Kit{Plan(app(File{".github/workflows/a.yml", tt.text}), target)}
		findings := []checks.Finding{
			{Kind: checks.SubjectAccessKey, KeyID: id, AccountID: "111122223333", Steps: []checks.Step{{Text: "as before"}}},
			{Kind: checks.SubjectAccessKey, KeyID: other, Steps: []checks.Step{{Text: "as before"}}},
		}
		Tell(findings, kits, []*inventory.Account{{ID: "111122223333", Users: tt.users}})
		if got := len(findings[0].Steps) > 1; got != tt.want || len(findings[1].Steps) != 1 {
			t.Errorf("%s: told %v, the other key %d steps", tt.name, got, len(findings[1].Steps))
		}
		if block := report.IssueBlock(&findings[0]); tt.want && (!strings.Contains(block, "git apply") || !strings.Contains(block, "111122223333:oidc-provider")) {
			t.Errorf("%s:\n%s", tt.name, block)
		}
	}
}

// TestOneWayInAnIssue holds that the steps of the kit take the places of those for workflows that nobody has read,
// and that all of them name the role of the kit.
func TestOneWayInAnIssue(t *testing.T) {
	const id = "AKIAQX4WJ2KEAEXAMPLE"
	users := []inventory.User{{Name: "deploy", Tags: map[string]string{"repository": "acme/app"}, Keys: []inventory.AccessKey{{ID: id, Active: true}}}}
	kits := []Kit{Plan(app(File{".github/workflows/a.yml", fixtures(t)["configure.yml"]}), target)}
	findings := []checks.Finding{{Kind: checks.SubjectAccessKey, KeyID: id, AccountID: "111122223333", Steps: []checks.Step{
		{Text: "provider"},
		{Text: "find the repository", Part: checks.PartTrust},
		{Text: "a role", Part: checks.PartTrust, Role: "deploy-role", Command: "aws iam create-role --role-name deploy-role"},
		{Text: "policy", Command: "aws iam put-role-policy --role-name deploy-role --policy-name x"},
		{Text: "change the workflow", Part: checks.PartSwitch},
		{Text: "list the secrets", Part: checks.PartSwitch},
		{Text: "deactivate", Command: "aws iam update-access-key --user-name deploy"},
	}}}
	Tell(findings, kits, []*inventory.Account{{ID: "111122223333", Users: users}})
	var got []string
	for _, s := range findings[0].Steps {
		command, _, _ := strings.Cut(s.Command, "\n")
		if i := strings.Index(command, " --assume-role-policy-document"); i > 0 {
			command = command[:i]
		}
		got = append(got, strings.Join(strings.Fields(s.Text)[:1], "")+": "+command)
	}
	role := kits[0].Roles[0].Name
	want := []string{
		"provider: ", "This: aws iam create-role --role-name " + role, "policy: aws iam put-role-policy --role-name " + role + " --policy-name x",
		"Name: gh variable set AWS_ROLE_ARN --repo acme/app --body arn:aws:iam::111122223333:role/" + role, "Apply: git apply <<'PATCH'",
		"deactivate: aws iam update-access-key --user-name deploy", "Delete: gh secret delete AWS_ACCESS_KEY_ID --repo acme/app",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestOneSecretInSeveralFiles holds that a secret is deleted only when no file takes it any more.
func TestOneSecretInSeveralFiles(t *testing.T) {
	text := fixtures(t)["configure.yml"]
	k := Plan(app(File{".github/workflows/b.yml", text}, File{".github/workflows/a.yml", text}), target)
	if k.Patched() != 2 || k.Deletable() != 2 || len(k.Roles) != 1 {
		t.Errorf("%d patched, %d deletable, %d roles", k.Patched(), k.Deletable(), len(k.Roles))
	}
	k = Plan(app(File{".github/workflows/a.yml", text}, File{".github/workflows/c.yml", []byte("on: push\njobs: {a: {steps: [{run: '${{ secrets[''aws_secret_access_key''] }}'}]}}")}), target)
	if k.Deletable() != 1 {
		t.Errorf("%d deletable, want one: %+v", k.Deletable(), k.Secrets)
	}
}

// TestOnePatchForAll holds that git takes the patch of many files at once.
func TestOnePatchForAll(t *testing.T) {
	dir := t.TempDir()
	var files []File
	for name, text := range fixtures(t) {
		f := File{".github/workflows/" + name, text}
		files = append(files, f)
		full := filepath.Join(dir, f.Path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	k := Plan(app(files...), target)
	cmd := exec.Command("git", "apply", "--whitespace=nowarn", "-")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(k.patch)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, w := range k.Workflows {
		want := w.before
		if w.Patched {
			want = w.after
		}
		if got, err := os.ReadFile(filepath.Join(dir, w.Path)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v", w.Path, err)
		}
	}
	slices.Reverse(files)
	if again := Plan(app(files...), target); !bytes.Equal(again.patch, k.patch) || again.readme() != k.readme() {
		t.Error("the order of the files changes the kit")
	}
}

// TestPartitions holds that a workflow asks for the token that the partition's STS takes.
func TestPartitions(t *testing.T) {
	for partition, want := range map[string]bool{"aws": false, "aws-us-gov": false, "aws-cn": true} {
		k := Plan(app(File{".github/workflows/a.yml", fixtures(t)["configure.yml"]}), Target{Partition: partition, Region: "x", Server: "https://github.com"})
		if got := bytes.Contains(k.patch, []byte("+          audience: sts.amazonaws.com.cn\n")); got != want || k.Patched() != 1 {
			t.Errorf("%s: audience %v, %d patched", partition, got, k.Patched())
		}
		if text := k.TrustPolicy(&k.Roles[0]); bytes.Contains(text, []byte("sts.amazonaws.com.cn")) != want {
			t.Errorf("%s: %s", partition, text)
		}
	}
}

// TestPinIsThatOfTheRepository holds that a step that is put in names the action as another workflow does.
func TestPinIsThatOfTheRepository(t *testing.T) {
	const pin = "aws-actions/configure-aws-credentials@ececac1a45f3b08a01d2dd070d28d111c5fe6722 # v4.1.0"
	k := Plan(app(File{".github/workflows/a.yml", fixtures(t)["permissions-job.yml"]}, File{".github/workflows/b.yml", fixtures(t)["env-job.yml"]}), target)
	if !bytes.Contains(k.patch, []byte("+      uses: "+pin+"\n")) {
		t.Errorf("%s", k.patch)
	}
}

// TestCompositeAction holds that a composite action is named, with what to do, and that other actions are not looked into.
func TestCompositeAction(t *testing.T) {
	const steps = "\n  steps:\n    - uses: aws-actions/configure-aws-credentials@v4\n      with:\n        aws-access-key-id: ${{ inputs.aws-access-key-id }}\n" +
		"        aws-secret-access-key: ${{ inputs.aws-secret-access-key }}\n        aws-region: eu-west-1\n"
	k := Plan(app(File{".github/actions/aws/action.yml", []byte("name: x\nruns:\n  using: composite" + steps)}), target)
	if k.Patched() != 0 || len(k.Workflows) != 1 || len(k.Workflows[0].Reasons) == 0 || !strings.Contains(k.readme(), "id-token: write") {
		t.Errorf("%+v", k.Workflows)
	}
	k = Plan(app(File{"action.yml", []byte("name: x\nruns:\n  using: node24\n  main: index.js\n")}), target)
	if !k.Empty() {
		t.Errorf("%+v", k.Workflows)
	}
}
