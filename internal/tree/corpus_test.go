package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keysweep/keysweep/internal/declare"
)

// files are one state: paths to contents.
type files map[string]string

// cases are the cases of the comparison: files of both states by the name of the case.
func cases(t *testing.T) map[string][2]files {
	t.Helper()
	names, err := filepath.Glob("../declare/testdata/*/*.txtar")
	if err != nil || len(names) < 50 {
		t.Fatalf("%d cases: %v", len(names), err)
	}
	out := map[string][2]files{}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		base, head := files{}, files{}
		for _, f := range archive.Files {
			side, rest, _ := strings.Cut(f.Name, "/")
			rest = path.Clean(rest)
			if side == "base" || side == "both" {
				base[rest] = string(f.Data)
			}
			if side == "head" || side == "both" {
				head[rest] = string(f.Data)
			}
		}
		out[strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(name), "../declare/testdata/"), ".txtar")] = [2]files{base, head}
	}
	return out
}

// write lays files into a folder.
func write(t testing.TB, dir string, fs files) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range fs {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// git runs the git program, which makes what is then read without it.
func git(t testing.TB, dir string, stdin []byte, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commitAll makes a bare repository with one branch for each set of files, in one process.
func commitAll(t testing.TB, branches map[string]files) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo.git")
	git(t, t.TempDir(), nil, "init", "-q", "--bare", dir)
	var b bytes.Buffer
	for name, fs := range branches {
		fmt.Fprintf(&b, "commit refs/heads/%s\ncommitter a <a@b> 1700000000 +0000\ndata 1\nx\n", name)
		for p, text := range fs {
			fmt.Fprintf(&b, "M 100644 inline %q\ndata %d\n%s\n", p, len(text), text)
		}
	}
	git(t, dir, b.Bytes(), "fast-import", "--quiet", "--force")
	return dir
}

// answer is what a comparison says, as bytes.
func answer(t testing.TB, p *Pair, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	changes, skipped := p.Diff(nil)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	out, err := json.MarshalIndent(struct {
		Changes []declare.Change
		Skipped []declare.NotAnalysed
	}{changes, skipped}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// One corpus through every source: the answers are the same, byte by byte.
func TestSourcesAgree(t *testing.T) {
	all := cases(t)
	branches := map[string]files{}
	for name, c := range all {
		branches[name+"-base"], branches[name+"-head"] = c[0], c[1]
	}
	repo := commitAll(t, branches)
	rows := 0
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			base, head := t.TempDir(), t.TempDir()
			write(t, base, c[0])
			write(t, head, c[1])
			p, err := Folders(base, head)
			want := answer(t, p, err)
			rows += strings.Count(want, `"change":`)
			p, err = Git(repo, name+"-base", name+"-head")
			if diff := cmp.Diff(want, answer(t, p, err)); diff != "" {
				t.Errorf("folders and git (-+):\n%s", diff)
			}
			for _, kind := range []string{"graphql", "rest", "truncated"} {
				hub := newHub(repo, t)
				hub.graphQL, hub.truncated = kind == "graphql", kind == "truncated"
				p, err = Commits(t.Context(), hub, name+"-base", name+"-head")
				if diff := cmp.Diff(want, answer(t, p, err)); diff != "" {
					t.Errorf("folders and API, %s (-+):\n%s", kind, diff)
				}
			}
		})
	}
	if rows < len(all)/2 {
		t.Errorf("%d rows in %d cases: the corpus says too little", rows, len(all))
	}
}
