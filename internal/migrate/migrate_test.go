package migrate

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

// fixtures are the workflows of testdata by their names.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/workflows/*")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	out := map[string][]byte{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = text
	}
	return out
}

var target = Target{Partition: "aws", Region: "us-east-1", Server: "https://github.com"}

func app(files ...File) Repository {
	return Repository{Name: "acme/app", ID: "42", OwnerID: "7", DefaultBranch: "main", Files: files}
}

// TestWorkflows holds what becomes of each workflow of testdata: the patched file, which git must get from the patch
// byte by byte, and what is said of it.
func TestWorkflows(t *testing.T) {
	for name, text := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			path := ".github/workflows/" + name
			k := Plan(app(File{path, text}), target)
			golden(t, "testdata/said/"+strings.TrimSuffix(name, ".yml")+".txt", said(&k))
			if refused := strings.HasPrefix(name, "no-") && name != "no-end.yml" || name == "silent.yml"; refused != (k.Patched() == 0) {
				t.Errorf("%d patched", k.Patched())
			}
			if k.Patched() == 0 {
				return
			}
			after := gitApply(t, path, text, k.patch)
			golden(t, "testdata/patched/"+name, after)
			if !bytes.Equal(after, k.Workflows[0].after) {
				t.Error("git makes something else of the patch")
			}
			if again := Plan(app(File{path, after}), target); !again.Empty() {
				t.Errorf("patched, it still takes a key: %+v", again.Workflows[0].Reasons)
			}
		})
	}
}

// said is what a kit holds beside its patch.
func said(k *Kit) []byte {
	var b bytes.Buffer
	for _, w := range k.Workflows {
		fmt.Fprintf(&b, "%s patched=%v\n", w.Path, w.Patched)
		for _, l := range w.Reasons {
			fmt.Fprintf(&b, "  reason %d: %s\n", l.Line, l.Text)
		}
		for _, l := range w.Notes {
			fmt.Fprintf(&b, "  note %d: %s\n", l.Line, l.Text)
		}
	}
	for i := range k.Roles {
		r := &k.Roles[i]
		fmt.Fprintf(&b, "role %s %s for %s %s\n%s", r.Variable, r.Name, r.Key.Kind, r.Key.Name, k.TrustPolicy(r))
		for _, n := range r.Notes {
			fmt.Fprintf(&b, "  note: %s\n", n)
		}
	}
	for _, s := range k.Secrets {
		fmt.Fprintf(&b, "%s %s environments=%q still=%q\n", s.Kind, s.Name, s.Environments, s.Still)
	}
	return b.Bytes()
}

// gitApply is what git makes of a file by a patch.
func gitApply(t *testing.T, path string, before, patch []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, before, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "apply", "--whitespace=nowarn", "-")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(patch)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, patch)
	}
	after, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return after
}

func TestTrustPolicyIsJSON(t *testing.T) {
	for _, server := range []string{"https://github.com", "https://acme.ghe.com", "https://git.example.com", ""} {
		for _, partition := range []string{"aws", "aws-us-gov", "aws-cn"} {
			k := Kit{Repository: app(), Target: Target{Partition: partition, Server: server, Account: "111122223333"}}
			r := Role{Subjects: []Subject{{Rest: "ref:refs/heads/a\"b${aws:x}"}, {Rest: "ref:refs/tags/v*", Pattern: true}}}
			text := k.TrustPolicy(&r)
			if !json.Valid(text) || !bytes.Contains(text, []byte("arn:"+partition+":iam::111122223333:oidc-provider/")) || bytes.Contains(text, []byte("b${aws")) {
				t.Errorf("%s %s: %s", server, partition, text)
			}
			if ids := bytes.Contains(text, []byte("repo:acme@7/app@42:")); ids == (server == "https://git.example.com") {
				t.Errorf("%s: subjects with ids %v", server, ids)
			}
		}
	}
}
