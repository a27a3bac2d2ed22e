package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/declare"
)

const user = "resource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n"

// entry is one path of a state, by its mode in git.
type entry struct{ mode, path, text string }

// odd is a state with what a repository may hold beside files and folders.
func odd() []entry {
	return []entry{
		{"100644", "main.tf", user},
		{"100755", "run.sh", "#!/bin/sh\n"},
		{"100644", "modules/ci/main.tf", user},
		{"120000", "linked", "modules/ci"},
		{"120000", "twice/deep", "../linked"},
		{"120000", "file.tf", "modules/ci/main.tf"},
		{"120000", "up.tf", "../outside.tf"},
		{"120000", "absolute.tf", "/etc/hostname"},
		{"120000", "in-and-out.tf", "modules/../../outside.tf"},
		{"120000", "loop.tf", "pool.tf"},
		{"120000", "pool.tf", "loop.tf"},
		{"120000", "itself", "."},
		{"120000", "dangling.tf", "nowhere/main.tf"},
		{"120000", "slashes.tf", "modules//ci/./main.tf"},
		{"100644", "na\x01me\n\u202e.tf", user},
		{"100644", "sp ace/\"quote\".tf", user},
	}
}

func layOut(t testing.TB, dir string, entries []entry) {
	t.Helper()
	for _, e := range entries {
		full := filepath.Join(dir, e.path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if e.mode == "120000" {
			err = os.Symlink(e.text, full)
		} else {
			err = os.WriteFile(full, []byte(e.text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// record makes a repository with one branch for each state.
func record(t testing.TB, states map[string][]entry) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo.git")
	git(t, t.TempDir(), nil, "init", "-q", "--bare", dir)
	var b bytes.Buffer
	for name, entries := range states {
		fmt.Fprintf(&b, "commit refs/heads/%s\ncommitter a <a@b> 1700000000 +0000\ndata 1\nx\n", name)
		for _, e := range entries {
			if e.mode == "160000" {
				fmt.Fprintf(&b, "M 160000 %s %s\n", e.text, quotePath(e.path))
				continue
			}
			fmt.Fprintf(&b, "M %s inline %s\ndata %d\n%s\n", e.mode, quotePath(e.path), len(e.text), e.text)
		}
	}
	git(t, dir, b.Bytes(), "fast-import", "--quiet", "--force")
	return dir
}

// quotePath writes a path as git's fast-import reads it.
func quotePath(p string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(p) {
		if c := p[i]; c < ' ' || c == '"' || c == '\\' || c > '~' {
			fmt.Fprintf(&b, "\\%03o", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

// describe writes a tree down: what its folders list and what can be read.
func describe(t testing.TB, tree *Tree, names ...string) string {
	t.Helper()
	var b strings.Builder
	var walk func(dir string)
	walk = func(dir string) {
		entries, err := tree.List(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := strings.TrimPrefix(dir+"/"+e.Name, "./")
			fmt.Fprintf(&b, "%d %q: %s\n", e.Type, name, content(tree, name))
			if e.Type == declare.Folder {
				walk(name)
			}
		}
	}
	walk(".")
	for _, name := range names {
		entries, err := tree.List(name)
		fmt.Fprintf(&b, "list %q: %v %s; read: %s\n", name, len(entries), reason(err), content(tree, name))
	}
	return b.String()
}

func content(tree *Tree, name string) string {
	data, err := tree.Read(name)
	if err != nil {
		return reason(err)
	}
	return fmt.Sprintf("%d bytes", len(data))
}

func reason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fs.ErrNotExist):
		return "not there"
	}
	return err.Error()
}

// Links are followed within a tree and nowhere else, and every source sees the same.
func TestLinksAndNames(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, files{"outside.tf": user, "in/keep": ""})
	layOut(t, filepath.Join(dir, "in"), odd())
	if err := os.Remove(filepath.Join(dir, "in", "keep")); err != nil {
		t.Fatal(err)
	}
	names := []string{
		"linked/main.tf", "twice/deep/main.tf", "itself/itself/linked/main.tf", "main.tf/x", "modules/ci/", "../in/main.tf",
		"/main.tf", "linked", "up.tf", "nowhere", "linked/nowhere", "", ".", "modules/../main.tf", strings.Repeat("itself/", 50) + "main.tf",
	}
	p, err := Folders(filepath.Join(dir, "in"), filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	want := describe(t, p.Head, names...)
	for _, line := range []string{
		`2 "absolute.tf": not there`, `2 "up.tf": not there`, `2 "in-and-out.tf": not there`, `2 "loop.tf": not there`, `2 "dangling.tf": not there`,
		`2 "file.tf": 45 bytes`, `2 "slashes.tf": 45 bytes`, `list "twice/deep/main.tf": 0 not there; read: 45 bytes`, `list "linked": 1 ; read: not there`,
		`list "../in/main.tf": 0 not there; read: not there`, `list "/main.tf": 0 not there; read: not there`, `0 "na\x01me\n\u202e.tf": 45 bytes`,
		`list "main.tf/x": 0 not there; read: not there`, `list ".": 16 ; read: not there`, `list "modules/../main.tf": 0 not there; read: 45 bytes`,
	} {
		if !strings.Contains(want, line+"\n") {
			t.Errorf("two folders do not say %s:\n%s", line, want)
		}
	}
	repo := record(t, map[string][]entry{"a": odd(), "b": nil})
	g, err := Git(repo, "b", "a")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if diff := cmp.Diff(want, describe(t, g.Head, names...)); diff != "" {
		t.Errorf("folders and git (-+):\n%s", diff)
	}
	for _, graphQL := range []bool{true, false} {
		h := newHub(repo, t)
		h.graphQL = graphQL
		c, err := Commits(t.Context(), h, "b", "a")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, describe(t, c.Head, names...)); diff != "" {
			t.Errorf("folders and API (-+):\n%s", diff)
		}
		if diff := cmp.Diff(g.changed, c.changed); diff != "" {
			t.Errorf("changed in git and API (-+):\n%s", diff)
		}
	}
}

// The .git of a checkout is no part of a state.
func TestGitFolderIsNoPart(t *testing.T) {
	base, head := t.TempDir(), t.TempDir()
	write(t, head, files{".git/main.tf": user, "a/.git/main.tf": user, "a/x.txt": ""})
	p, err := Folders(base, head)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if !slices.Equal(p.changed, []string{"a/x.txt"}) {
		t.Errorf("changed: %q", p.changed)
	}
}

// Submodules, files of Git LFS, files over the limit and links out are never silently clean; and a mode is no content.
func TestNotAnalysed(t *testing.T) {
	const id = "1111111111111111111111111111111111111111"
	lfs := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 12\n"
	large := strings.Repeat("# "+strings.Repeat("x", 1022)+"\n", 1100) + user
	huge := strings.Repeat("# "+strings.Repeat("x", 1022)+"\n", 17<<10) + user
	base := []entry{{"100644", "mode/main.tf", lfs}}
	head := []entry{
		{"100755", "mode/main.tf", lfs},
		{"160000", "vendor/infra", id},
		{"100644", "lfs/main.tf", lfs},
		{"100644", "large/main.tf", large},
		{"100644", "huge/main.tf", huge},
		{"120000", "out/main.tf", "../../main.tf"},
	}
	repo := record(t, map[string][]entry{"base": base, "head": head})
	g, err := Git(repo, "base", "head")
	got := answer(t, g, err)
	for _, want := range []string{"vendor/infra", "lfs/main.tf", "large/main.tf", "huge/main.tf", "out/main.tf"} {
		if !strings.Contains(got, fmt.Sprintf("%q", want)) {
			t.Errorf("%s is not told of:\n%s", want, got)
		}
	}
	if strings.Contains(got, "mode/main.tf") {
		t.Errorf("a file whose mode changed is told of:\n%s", got)
	}
	h := newHub(repo, t)
	h.graphQL = true
	c, err := Commits(t.Context(), h, "base", "head")
	if diff := cmp.Diff(got, answer(t, c, err)); diff != "" {
		t.Errorf("git and API (-+):\n%s", diff)
	}
}

// What cannot be opened says so in one line.
func TestNothingToOpen(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, files{"file": "x", "folder/x": ""})
	repo := record(t, map[string][]entry{"main": odd()})
	open := func(f func(a, b string) (*Pair, error), a, b string) string {
		p, err := f(a, b)
		if err == nil {
			p.Close() //nolint:errcheck // it should not have opened
			return "opened"
		}
		return err.Error()
	}
	in := func(a, b string) (*Pair, error) { return Git(repo, a, b) }
	for _, tt := range []struct{ got, want string }{
		{open(Folders, filepath.Join(dir, "nowhere"), dir), `the folder "` + filepath.Join(dir, "nowhere") + `" does not exist`},
		{open(Folders, dir, filepath.Join(dir, "file")), `"` + filepath.Join(dir, "file") + `" is a file, not a folder`},
		{open(in, "main", "mian"), `revision "mian": `},
		{open(in, "main:main.tf", "main"), `revision "main:main.tf": object `},
		{open(func(a, b string) (*Pair, error) { return Git(dir, a, b) }, "main", "main"), "is no git repository"},
		{open(in, "main", strings.Repeat("9", 40)), "is not in the repository"},
	} {
		if !strings.Contains(tt.got, tt.want) || strings.Contains(tt.got, "\n") {
			t.Errorf("error %q, want %q", tt.got, tt.want)
		}
	}
}

// Revisions of all kinds: a branch, a tag of a tag, a tree, the empty tree, a shortened id.
func TestRevisions(t *testing.T) {
	repo := record(t, map[string][]entry{"main": {{"100644", "main.tf", user}}})
	git(t, repo, nil, "-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "x", "v1", "main")
	git(t, repo, nil, "-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "x", "v2", "v1")
	commit, tree := git(t, repo, nil, "rev-parse", "main"), git(t, repo, nil, "rev-parse", "main^{tree}")
	const empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	for rev, id := range map[string]string{"main": commit, "refs/heads/main": commit, "v2": commit, commit[:8]: commit, tree: tree, "main^{tree}": tree} {
		p, err := Git(repo, empty, rev)
		if err != nil {
			t.Errorf("%s: %v", rev, err)
			continue
		}
		if p.BaseID != empty || p.HeadID != id {
			t.Errorf("%s: states %s and %s, want %s", rev, p.BaseID, p.HeadID, id)
		}
		if got := answer(t, p, nil); strings.Count(got, `"added"`) != 1 {
			t.Errorf("%s: %s", rev, got)
		}
	}
}

// A folder that is missing from a clone is told of, and the others are read.
func TestMissingObjects(t *testing.T) {
	repo := record(t, map[string][]entry{
		"base": {{"100644", "a/x.tf", ""}},
		"head": {{"100644", "a/x.tf", user}, {"100644", "b/main.tf", user}, {"100644", "c/main.tf", user + "\n"}},
	})
	git(t, repo, nil, "repack", "-adq")
	packs, err := filepath.Glob(filepath.Join(repo, "objects", "pack", "*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	data, err := os.ReadFile(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(repo, "objects", "pack")); err != nil {
		t.Fatal(err)
	}
	git(t, repo, data, "unpack-objects", "-q")
	lose := func(rev string) {
		id := git(t, repo, nil, "rev-parse", rev)
		if err := os.Remove(filepath.Join(repo, "objects", id[:2], id[2:])); err != nil {
			t.Fatal(err)
		}
	}
	tree, blob := "head:b", "head:c/main.tf"
	lose(tree)
	lose(blob)
	p, err := Git(repo, "base", "head")
	got := answer(t, p, err)
	for _, want := range []string{`"path": "b"`, `"path": "c/main.tf"`, "is not in the repository"} {
		if !strings.Contains(strings.ToLower(got), want) {
			t.Errorf("it is not told: %s\n%s", want, got)
		}
	}
	if strings.Count(got, `"added"`) != 1 {
		t.Errorf("what is there was not read:\n%s", got)
	}
}
