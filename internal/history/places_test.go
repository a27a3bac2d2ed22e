package history_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/history"
)

// planter makes a repository with a key in every kind of place, each with an id of its own.
type planter struct {
	t    testing.TB
	dir  string
	rng  *rand.Rand
	time int
	ids  map[string]string // by the names of the places
	want []string
}

// id is a new id, which must be found where it says and nowhere else: "kind path" and, after a bar,
// the subject of the first commit.
func (p *planter) id(name string, places ...string) string {
	id := newID(p.rng)
	p.ids[id] = name
	for _, place := range places {
		p.want = append(p.want, name+": "+place)
	}
	return id
}

func (p *planter) git(args ...string) string {
	p.t.Helper()
	return p.gitAs(nil, args...)
}

func (p *planter) gitAs(env []string, args ...string) string {
	p.t.Helper()
	p.time++
	when := fmt.Sprintf("%d +0000", 1700000000+p.time)
	return gitAs(p.t, p.dir, nil, append([]string{"GIT_AUTHOR_DATE=" + when, "GIT_COMMITTER_DATE=" + when}, env...), args...)
}

func (p *planter) write(name, text string) {
	p.t.Helper()
	write(p.t, filepath.Join(p.dir, name), []byte(text))
}

func (p *planter) commit(message string) string {
	p.t.Helper()
	p.git("add", "-A")
	p.git("commit", "-q", "--allow-empty", "-m", message)
	return strings.TrimSpace(p.git("rev-parse", "HEAD"))
}

func plant(t testing.TB, format string) *planter {
	p := &planter{t: t, dir: filepath.Join(t.TempDir(), "repo"), rng: rand.New(rand.NewPCG(11, 12)), ids: map[string]string{}}
	git(t, t.TempDir(), "init", "-q", "-b", "main", "--object-format="+format, p.dir)
	p.write("filler", strings.Repeat("many lines of text\n", 500))
	p.commit("first")
	p.files()
	p.merges()
	p.words()
	p.stashes()
	p.elsewhere()
	return p
}

func (p *planter) files() {
	p.write("gone", "key "+p.id("in a file that went", "commit gone|with keys"))
	p.write("stays", "key "+p.id("in a file", "commit stays|with keys"))
	moved := p.id("in a file that moved", "commit old/name|with keys", "commit new/name|moved")
	p.write("old/name", moved)
	deep := strings.Repeat("d/", 200)
	p.write(deep+"file", p.id("deep in folders", "commit "+deep+"file|with keys"))
	p.write("twice/a", p.id("in two files", "commit twice/a|with keys", "commit twice/b|with keys"))
	text, err := os.ReadFile(filepath.Join(p.dir, "twice/a"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("twice/b", string(text))
	p.write("wide", string(wide("key "+p.id("in UTF-16", "commit wide|with keys"))))
	if err := os.Symlink(p.id("a link's target", "commit link|with keys"), filepath.Join(p.dir, "link")); err != nil {
		p.t.Fatal(err)
	}
	p.write("names/a-"+p.id("in a name", "name names/a-$|with keys"), "text")
	p.write("names/"+p.id("in a folder's name", "name names/$|with keys")+"/x/y", "text")
	p.write("names/\xff-"+p.id("in a name of no encoding", "name names/\xff-$|with keys"), "text")
	p.write("box.bin", p.zip("inner/file", p.id("in an archive", "commit box.bin!inner/file|with keys")))
	p.write("program", "#!/bin/sh\n"+strings.Repeat("exit\n", 2000)+p.zip("behind", p.id("in an archive behind a program", "commit program!behind|with keys")))
	p.commit("with keys")
	p.git("rm", "-q", "gone")
	p.git("mv", "old", "new")
	p.commit("moved")
	text, err = os.ReadFile(filepath.Join(p.dir, "program"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("program", strings.Replace(string(text), "exit\nexit", "exit\n\nexit", 1))
	p.commit("nothing new")
}

func (p *planter) zip(name, text string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(strings.Repeat("text ", 50) + text))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return b.String()
}

func (p *planter) merges() {
	p.git("checkout", "-q", "-b", "one")
	p.write("one", "1")
	p.commit("one")
	p.git("checkout", "-q", "-b", "two", "main")
	p.write("two", p.id("on a side branch", "commit two|two"))
	p.commit("two")
	p.git("rm", "-q", "two")
	p.commit("two is gone")
	p.git("checkout", "-q", "main")
	p.write("main", "m")
	p.commit("on main")
	p.git("merge", "-q", "-m", "octopus", "one", "two")
	p.git("checkout", "-q", "-b", "three", "main~1")
	p.write("three", "3")
	p.commit("three")
	p.git("checkout", "-q", "main")
	p.git("merge", "-q", "--no-commit", "three")
	p.write("evil", p.id("in an evil merge", "commit evil|evil"))
	p.commit("evil")
	p.git("branch", "-q", "-D", "one", "two", "three")
}

func (p *planter) words() {
	p.commit("a message with " + p.id("in a message", "message |a message with $"))
	p.git("commit", "-q", "--allow-empty", "-m", "large", "-m", strings.Repeat("a long message\n", 5000)+p.id("in a long message", "message |large"))
	p.gitAs([]string{"GIT_AUTHOR_EMAIL=" + p.id("an author", "message |by somebody") + "@example.com"}, "commit", "-q", "--allow-empty", "-m", "by somebody")
	p.gitAs([]string{"GIT_COMMITTER_NAME=" + p.id("a committer", "message |by another")}, "commit", "-q", "--allow-empty", "-m", "by another")
	p.git("tag", "-a", "-m", "a tag with "+p.id("in a tag", "tag v1|"), "v1", "main~1")
	p.gitAs([]string{"GIT_COMMITTER_NAME=" + p.id("a tagger", "tag v2|")}, "tag", "-a", "-m", "a tag of a tag", "v2", "v1")
	p.git("notes", "add", "-m", "a note with "+p.id("in a note", "note @|Notes added by 'git notes add'"), "main")
	p.git("branch", "b/"+p.id("a branch", "ref refs/heads/b/$|"), "main")
}

func (p *planter) stashes() {
	p.write("stays", "older "+p.id("in an older stash", "stash stays|WIP older"))
	p.git("stash", "push", "-q", "-m", "WIP older")
	p.write("untracked", p.id("in a stash of new files", "stash untracked|untracked files on main: $"))
	p.git("stash", "push", "-q", "-u", "-m", "with more")
	p.write("stays", "newer "+p.id("in the stash", "stash stays|WIP newer"))
	p.git("stash", "push", "-q", "-m", "WIP newer")
}

// elsewhere plants what no branch leads to, or no commit.
func (p *planter) elsewhere() {
	p.write("amended", p.id("in a commit that was amended", "dangling amended|before"))
	p.commit("before")
	p.write("amended", "clean")
	p.git("add", "-A")
	p.git("commit", "-q", "--amend", "-m", "after")
	p.git("commit", "-q", "--allow-empty", "-m", "lost "+p.id("in a message that was thrown away", "dangling |lost $"))
	p.git("reset", "-q", "--hard", "HEAD~1")
	p.blob(p.id("a file that nothing names", "dangling |"))
	p.git("tag", "file", p.blob(p.id("a file that a tag names", "commit refs/tags/file|")))
	tree := gitInput(p.t, p.dir, []byte("100644 blob "+p.blob(p.id("in a folder that a tag names", "commit inner|"))+"\tinner\n"), "mktree")
	p.git("tag", "folder", strings.TrimSpace(tree))
	main := strings.TrimSpace(p.git("rev-parse", "HEAD"))
	p.git("checkout", "-q", "--detach")
	p.write("detached", p.id("at another work tree's HEAD", "commit detached|detached"))
	commit := p.commit("detached")
	p.git("checkout", "-q", "main")
	p.git("worktree", "add", "-q", "--detach", filepath.Join(p.dir, "../tree"), commit)
	p.git("checkout", "-q", "--detach", main)
	p.write("here", p.id("at this work tree's HEAD", "commit here|here"))
	p.commit("here")
	old := p.blob(p.id("what was replaced", "commit replaced|to be replaced"))
	p.write("replaced", p.git("cat-file", "blob", old))
	p.commit("to be replaced")
	p.git("replace", old, p.blob("harmless"))
}

func (p *planter) blob(text string) string {
	return strings.TrimSpace(gitInput(p.t, p.dir, []byte(text), "hash-object", "-w", "--stdin"))
}

// got are the sightings as the places were written.
func (p *planter) got(r history.Result) (list []string) {
	for _, s := range r.Sightings {
		name, place := p.ids[s.ID], string(s.Where)+" "
		if name == "" {
			name = s.ID
		}
		if s.Where == history.InNote {
			place += "@"
		} else {
			place += strings.Join(append([]string{s.Path}, s.Inside...), "!")
		}
		place += "|"
		if s.Commit != "" {
			place += strings.TrimSpace(git(p.t, p.dir, "show", "-s", "--format=%s", s.Commit))
		}
		place = strings.ReplaceAll(place, s.ID, "$")
		if before, _, ok := strings.Cut(place, "untracked files on main: "); ok {
			place = before + "untracked files on main: $"
		}
		place = strings.Replace(place, "On main: ", "", 1)
		list = append(list, name+": "+place)
	}
	return list
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name, format string
		pack         []string
	}{
		{"loose", "sha1", nil},
		{"packed", "sha1", []string{"repack", "-q", "-adfk", "--depth=50"}},
		{"partly packed", "sha1", []string{"repack", "-q", "-d"}},
		{"loose sha256", "sha256", nil},
		{"packed sha256", "sha256", []string{"repack", "-q", "-adfk", "--depth=50"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := plant(t, c.format)
			if c.pack != nil {
				git(t, p.dir, c.pack...)
			}
			result := scan(t, p.dir, history.Options{})
			got := p.got(result)
			slices.Sort(got)
			slices.Sort(p.want)
			if d := cmp.Diff(p.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if len(result.Unread) > 0 {
				t.Error(result.Unread)
			}
		})
	}
}

// TestSubmodule does not miss what is in another repository.
func TestSubmodule(t *testing.T) {
	inner, dir := randomHistory(t, 3, 20, "sha1"), randomHistory(t, 4, 20, "sha1")
	work := filepath.Join(t.TempDir(), "work")
	git(t, t.TempDir(), "clone", "-q", dir, work)
	git(t, work, "submodule", "--quiet", "add", inner, "inner")
	git(t, work, "commit", "-q", "-m", "a module")
	if r := scan(t, work, history.Options{}); len(r.Unread) > 0 {
		t.Error(r.Unread)
	}
}

// TestWorstOfOneRow keeps, of several versions of a file, the first commit, and that a secret stood there.
func TestWorstOfOneRow(t *testing.T) {
	p := &planter{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(1, 1)), ids: map[string]string{}}
	p.git("init", "-q", "-b", "main")
	id := p.id("key")
	secret := make([]byte, 40)
	for i := range secret {
		secret[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"[p.rng.IntN(64)]
	}
	p.write("file", id+"\n")
	first := p.commit("first")
	p.write("file", id+"\nsecret = "+string(secret)+"\n")
	p.commit("second")
	r := scan(t, p.dir, history.Options{})
	if len(r.Sightings) != 1 || r.Sightings[0].Commit != first || !r.Sightings[0].SecretNearby || r.Sightings[0].Confidence != "certain" {
		t.Errorf("%+v", r.Sightings)
	}
	if strings.Contains(fmt.Sprintf("%+v", r), string(secret)) {
		t.Error("the result holds the secret")
	}
}
