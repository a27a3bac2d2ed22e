package gitobject_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
)

// git runs the real program, which knows nothing of the machine's own configuration and clock.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return gitInput(t, dir, nil, args...)
}

func gitInput(t testing.TB, dir string, input []byte, args ...string) string {
	t.Helper()
	out, err := tryGit(dir, input, args...)
	if err != nil {
		t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func tryGit(dir string, input []byte, args ...string) (string, error) {
	c := exec.Command("git", append([]string{"-c", "protocol.file.allow=always", "-c", "gc.auto=0", "-c", "core.fsync=none"}, args...)...)
	c.Dir = dir
	c.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=1700000000 +0130",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com", "GIT_COMMITTER_DATE=1700000000 -0700",
	}
	c.Stdin = bytes.NewReader(input)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, errs.String())
	}
	return out.String(), nil
}

// open opens a repository for a test.
func open(t testing.TB, dir string) *gitobject.Repository {
	t.Helper()
	r, err := gitdir.Open(dir, gitobject.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// stream writes what git fast-import reads: a history with large and small files that grow, shrink and
// move, with branches and merges, all kinds of entries and a tag.
type stream struct {
	bytes.Buffer
	rng   *rand.Rand
	files map[string][]string // lines
	mark  int
}

func (s *stream) data(text string) { fmt.Fprintf(s, "data %d\n%s\n", len(text), text) }

func (s *stream) commit(branch string, when int, parents ...int) int {
	s.mark++
	fmt.Fprintf(s, "commit refs/heads/%s\nmark :%d\nauthor A <a@b> %d +0200\ncommitter C <c@d> %d -0330\n", branch, s.mark, when, when)
	s.data(fmt.Sprintf("change %d\n\nbody\n", s.mark))
	for i, p := range parents {
		fmt.Fprintf(s, "%s :%d\n", []string{"from", "merge"}[min(i, 1)], p)
	}
	return s.mark
}

func (s *stream) file(mode, path, content string) {
	fmt.Fprintf(s, "M %s inline %s\n", mode, path)
	s.data(content)
}

// edit changes a few lines of a file, or makes it.
func (s *stream) edit(path string) {
	lines := s.files[path]
	if lines == nil {
		for range 20 + s.rng.IntN(400) {
			lines = append(lines, fmt.Sprintf("line %x", s.rng.Uint64()))
		}
	}
	for range 1 + s.rng.IntN(4) {
		i := s.rng.IntN(len(lines))
		lines[i] = fmt.Sprintf("changed %x", s.rng.Uint64())
	}
	s.files[path] = lines
	s.file("100644", path, strings.Join(lines, "\n"))
}

func history(commits int) []byte {
	s := &stream{rng: rand.New(rand.NewPCG(1, 2)), files: map[string][]string{}}
	const start = 1600000000
	tip := s.commit("main", start)
	s.file("100755", "bin/run", "#!/bin/sh\n")
	s.file("120000", "link", "bin/run")
	s.file("100644", "empty", "")
	s.file("100644", "a.b", "sorts before a/")
	s.file("100644", "a/deep/er/than/most", "x")
	s.file("100644", "name with space and é", "y")
	fmt.Fprintf(s, "M 160000 %s module\n", strings.Repeat("1", 40))
	side := tip
	for i := range commits {
		when := start + 100*i
		switch {
		case i%10 == 4:
			side = s.commit("side", when, side)
			s.edit(fmt.Sprintf("side/file%d", i%3))
		case i%10 == 9:
			tip = s.commit("main", when, tip, side)
			s.edit(fmt.Sprintf("merged/file%d", i%7))
		default:
			tip = s.commit("main", when, tip)
			for range 3 {
				s.edit(fmt.Sprintf("d%d/file%d.tf", s.rng.IntN(5), s.rng.IntN(5)))
			}
		}
		if i == commits/2 {
			s.file("100644", "link", "a file now")
			s.file("100644", "empty/is/a/folder", "now")
			fmt.Fprintf(s, "D a.b\nD bin/run\n")
		}
	}
	fmt.Fprintf(s, "tag v1.0\nfrom :%d\ntagger T <t@u> %d +0000\n", tip, start)
	s.data("a tag\n")
	fmt.Fprintf(s, "reset refs/tags/light\nfrom :%d\n\nreset refs/remotes/origin/feature\nfrom :%d\n\n", side, side)
	return s.Bytes()
}

// imported makes a repository of a history. Objects are loose unless more than unpack of them came.
func imported(t testing.TB, stream []byte, format string, unpack int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo")
	git(t, t.TempDir(), "init", "-q", "-b", "main", "--object-format="+format, dir)
	if format == "sha256" {
		stream = bytes.ReplaceAll(stream, []byte(strings.Repeat("1", 40)), []byte(strings.Repeat("1", 64)))
	}
	gitInput(t, dir, stream, "-c", fmt.Sprintf("fastimport.unpackLimit=%d", unpack), "fast-import", "--quiet")
	git(t, dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/feature")
	git(t, dir, "tag", "-a", "-m", "a tag of a tag", "nested", "v1.0")
	git(t, dir, "tag", "of-tree", "main^{tree}")
	return dir
}

const allLoose = 1 << 20
