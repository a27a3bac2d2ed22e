package gitobject_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/gitobject"
)

func TestResolveLikeGit(t *testing.T) {
	dir := imported(t, history(40), "sha1", allLoose)
	git(t, dir, "repack", "-q", "-d")
	git(t, dir, "read-tree", "HEAD")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "loose")
	git(t, dir, "branch", "v1.0", "main~5") // a tag and a branch of a name
	git(t, dir, "update-ref", "refs/odd", "main~6")
	git(t, dir, "branch", "abcd", "main~7") // a branch that looks like an id
	git(t, dir, "branch", "a/b-gc", "main~8")
	full := strings.TrimSpace(git(t, dir, "rev-parse", "main~3"))
	loose := strings.TrimSpace(git(t, dir, "rev-parse", "main"))
	r := open(t, dir)
	revs := []string{
		"HEAD", "@", "main", "heads/main", "refs/heads/main", "side", "v1.0", "tags/v1.0", "refs/tags/v1.0", "heads/v1.0",
		"nested", "light", "of-tree", "origin/feature", "origin", "remotes/origin/HEAD", "odd", "abcd", "a/b-gc",
		full, strings.ToUpper(full), full[:39], full[:10], full[:7], loose[:12], loose[:11], "any-thing-12-g" + full[:12],
		"HEAD^", "HEAD~", "HEAD~0", "HEAD^0", "HEAD~3", "HEAD^^^", "HEAD~2^", "main~5^1~2", "v1.0^", "nested~1", "nested^0", "@~1",
		"v1.0^{}", "v1.0^{commit}", "v1.0^{tree}", "nested^{}", "nested^{tag}", "main^{tree}", "main^{object}", "of-tree^{tree}", "main~3^{tree}",
		"main:", "main:d1", "main:d1/", "main:d1/file2.tf", "v1.0:link", "of-tree:empty", "main^{tree}:a/deep/er", "main:module", "main:name with space and é",
		"4b825dc642cb6eb9a060e54bf8d69288fbee4904",
	}
	merge := strings.Fields(git(t, dir, "rev-list", "--merges", "-1", "main"))[0]
	revs = append(revs, merge+"^2", merge+"^2~1", merge[:10]+"^1")
	for _, rev := range revs {
		want := strings.TrimSpace(git(t, dir, "rev-parse", "--verify", "-q", rev))
		got, err := r.Resolve(rev)
		if err != nil || got.String() != want {
			t.Errorf("%s is %s (%v), git says %s", rev, got, err, want)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	dir := imported(t, history(40), "sha1", allLoose)
	git(t, dir, "checkout", "-q", "--orphan", "unborn")
	r := open(t, dir)
	root := strings.TrimSpace(git(t, dir, "rev-list", "--max-parents=0", "main"))
	for rev, want := range map[string]any{
		"":                          &gitobject.RevisionError{},
		"nothing":                   &gitobject.RevisionError{},
		"HEAD":                      &gitobject.RevisionError{},
		"main^3":                    &gitobject.RevisionError{},
		"main~10000":                &gitobject.RevisionError{},
		"main~99999999999999999999": &gitobject.RevisionError{},
		root + "^":                  &gitobject.RevisionError{},
		"main:nowhere":              &gitobject.RevisionError{},
		"main:link/below":           &gitobject.RevisionError{},
		"main:module/below":         &gitobject.RevisionError{},
		"main^{tree":                &gitobject.RevisionError{},
		"refs/heads/../../config":   &gitobject.RevisionError{},
		"../config":                 &gitobject.RevisionError{},
		"config":                    &gitobject.RevisionError{},
		"abc":                       &gitobject.RevisionError{},
		"main\x00":                  &gitobject.RevisionError{},
		strings.Repeat("n", 300):    &gitobject.RevisionError{},
		strings.Repeat("a", 40):     &gitobject.MissingError{},
		strings.Repeat("0", 40):     &gitobject.MissingError{},
		strings.Repeat("0", 64):     &gitobject.RevisionError{},
		"main:d1^{blob}":            &gitobject.RevisionError{}, // a name like any other behind a colon
		"main^{tree}^{commit}":      &gitobject.TypeError{},
		"main^{tag}":                &gitobject.TypeError{},
		"of-tree^":                  &gitobject.TypeError{},
		"of-tree~1":                 &gitobject.TypeError{},
		"main@{1}":                  &gitobject.UnsupportedError{},
		"@{u}":                      &gitobject.UnsupportedError{},
		":/text":                    &gitobject.UnsupportedError{},
		":file":                     &gitobject.UnsupportedError{},
		"^main":                     &gitobject.UnsupportedError{},
		"main^{/text}":              &gitobject.UnsupportedError{},
	} {
		id, err := r.Resolve(rev)
		if err == nil || fmt.Sprintf("%T", err) != fmt.Sprintf("%T", want) || !id.IsZero() {
			t.Errorf("%q gives %s and %T %v, want %T", rev, id, err, err, want)
		}
	}
}

func TestResolveAmbiguous(t *testing.T) {
	dir := imported(t, history(1), "sha1", 1)
	// Blobs until two share their first four digits, one in a pack and one loose, and two loose.
	seen := map[string]int{}
	var prefix string
	for i := 0; prefix == ""; i++ {
		four := gitobject.SHA1.Sum(gitobject.TypeBlob, fmt.Append(nil, i)).String()[:4]
		if j, ok := seen[four]; ok {
			gitInput(t, dir, fmt.Append(nil, j), "hash-object", "-w", "--stdin")
			gitInput(t, dir, fmt.Append(nil, i), "hash-object", "-w", "--stdin")
			prefix = four
		}
		seen[four] = i
	}
	_, err := open(t, dir).Resolve(prefix)
	var ambiguous *gitobject.AmbiguousError
	if !errors.As(err, &ambiguous) || len(ambiguous.IDs) != 2 {
		t.Fatalf("%q gives %v", prefix, err)
	}
	longer := ambiguous.IDs[0].String()[:20]
	if id, err := open(t, dir).Resolve(longer); err != nil || id != ambiguous.IDs[0] {
		t.Errorf("%q gives %s, %v", longer, id, err)
	}
}

// TestMergeBaseLikeGit compares with git over histories that cross each other at random, with many
// commits of one second and clocks that go backwards.
func TestMergeBaseLikeGit(t *testing.T) {
	const commits, pairs = 50, 60
	several := 0
	for seed := range uint64(4) {
		dir := imported(t, tangle(seed, commits), "sha1", 1)
		if seed%2 == 1 { // which changes how git walks, not what it says
			git(t, dir, "commit-graph", "write", "--reachable")
		}
		r := open(t, dir)
		rng := rand.New(rand.NewPCG(seed, 7))
		for range pairs {
			a, b := fmt.Sprintf("c%d", 1+rng.IntN(commits)), fmt.Sprintf("c%d", 1+rng.IntN(commits))
			out, err := tryGit(dir, nil, "merge-base", "--all", a, b)
			var want string
			if err == nil {
				lines := strings.Fields(out)
				want = lines[0]
				several += min(len(lines)-1, 1)
			}
			got, err := r.MergeBase(resolve(t, r, a), resolve(t, r, b))
			if err != nil || got.ID.String() != want || got.Shallow {
				t.Errorf("seed %d, %s and %s: %v (%v), git says %q", seed, a, b, got, err, want)
			}
		}
	}
	if several < 5 {
		t.Errorf("only %d pairs have several bases", several)
	}
}

func resolve(t testing.TB, r *gitobject.Repository, rev string) gitobject.ID {
	t.Helper()
	id, err := r.Resolve(rev)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// tangle is a history in which every commit has up to two parents anywhere before it.
func tangle(seed uint64, commits int) []byte {
	s := &stream{rng: rand.New(rand.NewPCG(seed, 3)), files: map[string][]string{}}
	for i := 1; i <= commits; i++ {
		var parents []int
		for range min(2, s.rng.IntN(8)) {
			if back := 1 + s.rng.IntN(6); i > back && (len(parents) == 0 || parents[0] != i-back) {
				parents = append(parents, i-back)
			}
		}
		s.commit(fmt.Sprintf("c%d", i), 1600000000+i/3*100-s.rng.IntN(3)*50, parents...)
		s.file("100644", "f", fmt.Sprint(i))
	}
	fmt.Fprintf(s, "tag v1.0\nfrom :1\ntagger T <t@u> 1 +0000\n")
	s.data("t")
	fmt.Fprintf(s, "reset refs/remotes/origin/feature\nfrom :1\n\nreset refs/heads/main\nfrom :1\n\n")
	return s.Bytes()
}

func TestMergeBaseOfShallowClone(t *testing.T) {
	from := imported(t, history(30), "sha1", 1)
	want := strings.TrimSpace(git(t, from, "merge-base", "main", "side"))
	for depth, found := range map[string]bool{"1": false, "20": true} {
		dir := filepath.Join(t.TempDir(), "clone")
		git(t, t.TempDir(), "clone", "-q", "--depth", depth, "--no-single-branch", "file://"+from, dir)
		r := open(t, dir)
		got, err := r.MergeBase(resolve(t, r, "origin/main"), resolve(t, r, "origin/side"))
		if err != nil || !found && (!got.ID.IsZero() || !got.Shallow) || found && got.ID.String() != want {
			t.Errorf("depth %s: %v, %v, want %s", depth, got, err, want)
		}
	}
}

func TestShallowIsSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "clone")
	git(t, t.TempDir(), "clone", "-q", "--depth", "2", "file://"+imported(t, history(30), "sha1", 1), dir)
	r := open(t, dir)
	for _, rev := range []string{"HEAD~2", "nothing", strings.Repeat("ab", 20)} {
		if _, err := r.Resolve(rev); err == nil || !strings.Contains(err.Error(), "fetch-depth: 0") {
			t.Errorf("%s: %v", rev, err)
		}
	}
}

// TestWalkLikeGit compares the differences of trees with git's.
func TestWalkLikeGit(t *testing.T) {
	dir := imported(t, history(60), "sha1", allLoose)
	git(t, dir, "repack", "-q", "-adf")
	r := open(t, dir)
	empty := gitobject.SHA1.EmptyTree().String()
	pairs := [][2]string{{"main~1", "main"}, {"main~20", "main"}, {"main", "main~45"}, {"side", "main"}, {empty, "main"}, {"main", empty}, {"main", "main"}}
	kinds := map[string]int{}
	for _, p := range pairs {
		want := strings.Split(strings.TrimSuffix(git(t, dir, "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", p[0]+"^{tree}", p[1]+"^{tree}"), "\x00"), "\x00")
		got := []string{}
		for c, err := range r.Walk(tree(t, r, p[0]), tree(t, r, p[1])) {
			if err != nil {
				t.Fatal(err)
			}
			kind := letter(c)
			kinds[kind]++
			got = append(got, fmt.Sprintf(":%s %s %s %s %s", c.Old.Mode, c.New.Mode, name(c.Old.ID), name(c.New.ID), kind), c.Path)
		}
		if len(got) == 0 {
			got = []string{""}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v (-git +got):\n%s", p, d)
		}
	}
	for _, kind := range []string{"A", "D", "M", "T"} {
		if kinds[kind] == 0 {
			t.Errorf("no change of kind %s among %v", kind, kinds)
		}
	}
}

func tree(t testing.TB, r *gitobject.Repository, rev string) gitobject.ID {
	t.Helper()
	id, err := r.Peel(resolve(t, r, rev), gitobject.TypeTree)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func letter(c gitobject.Change) string {
	switch {
	case c.Added():
		return "A"
	case c.Removed():
		return "D"
	case c.Old.Mode&0o170000 != c.New.Mode&0o170000:
		return "T"
	}
	return "M"
}

// name is an id as git prints it where there may be none.
func name(id gitobject.ID) string {
	if id.IsZero() {
		return strings.Repeat("0", 40)
	}
	return id.String()
}

// TestWalkReadsOnlyWhatDiffers removes the trees that are the same on both sides.
func TestWalkReadsOnlyWhatDiffers(t *testing.T) {
	dir := imported(t, history(30), "sha1", allLoose)
	id := strings.TrimSpace(git(t, dir, "rev-parse", "main:a"))
	remove(t, filepath.Join(dir, ".git/objects", id[:2], id[2:]))
	r := open(t, dir)
	n := 0
	for c, err := range r.Walk(tree(t, r, "main~2"), tree(t, r, "main")) {
		if err != nil {
			t.Errorf("%s: %v", c.Path, err)
		}
		n++
	}
	if n == 0 {
		t.Error("nothing differs")
	}
	broken, rest := 0, 0
	for c, err := range r.Walk(r.Format().EmptyTree(), tree(t, r, "main")) {
		var missing *gitobject.MissingError
		switch {
		case err == nil:
			rest++
		case errors.As(err, &missing) && c.Path == "a" && missing.ID.String() == id:
			broken++
		default:
			t.Errorf("%s: %v", c.Path, err)
		}
	}
	if broken != 1 || rest < 10 {
		t.Errorf("%d broken folders, %d other paths", broken, rest)
	}
}

func TestListTreeLikeGit(t *testing.T) {
	dir := imported(t, history(60), "sha1", allLoose)
	r := open(t, dir)
	for _, prefix := range []string{"", "d1", "a/deep", "empty/is/a"} {
		var got strings.Builder
		entries, err := r.ListTree(tree(t, r, "main"), prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			kind := map[bool]string{true: "blob", false: "tree"}[e.Mode.IsBlob()]
			if e.Mode == gitobject.ModeSubmodule {
				kind = "commit"
			}
			fmt.Fprintf(&got, "%s %s %s\t%s\x00", e.Mode, kind, e.ID, e.Name)
		}
		if d := cmp.Diff(git(t, dir, "ls-tree", "-z", "main:"+prefix), got.String()); d != "" {
			t.Errorf("%q (-git +got):\n%s", prefix, d)
		}
	}
	for _, prefix := range []string{"nowhere", "link", "d1/", "/d1", "a//deep", "module", "."} {
		var none *gitobject.NoEntryError
		if _, err := r.ListTree(tree(t, r, "main"), prefix); !errors.As(err, &none) {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func TestCommitAndTag(t *testing.T) {
	dir := imported(t, history(10), "sha1", 1)
	r := open(t, dir)
	c, err := r.Commit(resolve(t, r, "main"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(git(t, dir, "log", "-1", "--format=%T|%P|%an|%ae|%aI|%cn|%ce|%cI|%s", "main"))
	const form = "2006-01-02T15:04:05-07:00"
	subject, _, _ := strings.Cut(c.Message, "\n")
	var parents []string
	for _, p := range c.Parents {
		parents = append(parents, p.String())
	}
	got := strings.Join([]string{
		c.Tree.String(), strings.Join(parents, " "), c.Author.Name, c.Author.Email, c.Author.When.Format(form),
		c.Committer.Name, c.Committer.Email, c.Committer.When.Format(form), subject,
	}, "|")
	if got != want {
		t.Errorf("commit\n%s\ngit\n%s", got, want)
	}
	tag, err := r.Tag(resolve(t, r, "v1.0"))
	if err != nil || tag.Name != "v1.0" || tag.Type != gitobject.TypeCommit || tag.Message != "a tag\n" || tag.Tagger.Name != "T" {
		t.Errorf("tag %+v, %v", tag, err)
	}
}
