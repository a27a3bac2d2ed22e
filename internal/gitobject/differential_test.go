package gitobject_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// shapes are repositories of the same history, stored in all the ways that git knows.
var shapes = []struct {
	name  string
	build func(t testing.TB) string
}{
	{"loose", func(t testing.TB) string { return imported(t, history(60), "sha1", allLoose) }},
	{"fast-import pack", func(t testing.TB) string { return imported(t, history(60), "sha1", 1) }},
	{"gc", func(t testing.TB) string {
		dir := imported(t, history(60), "sha1", allLoose)
		git(t, dir, "gc", "-q")
		return dir
	}},
	{"deep offset deltas", func(t testing.TB) string {
		dir := imported(t, history(120), "sha1", allLoose)
		git(t, dir, "repack", "-q", "-adf", "--depth=50", "--window=60")
		return dir
	}},
	{"reference deltas", func(t testing.TB) string {
		dir := imported(t, history(60), "sha1", allLoose)
		git(t, dir, "-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-adf", "--depth=50")
		return dir
	}},
	{"sha256 loose", func(t testing.TB) string { return imported(t, history(30), "sha256", allLoose) }},
	{"sha256 packed", func(t testing.TB) string {
		dir := imported(t, history(60), "sha256", allLoose)
		git(t, dir, "repack", "-q", "-adf")
		git(t, dir, "pack-refs", "--all")
		return dir
	}},
	{"sha256 reference deltas and multi-pack index", func(t testing.TB) string {
		dir := imported(t, history(60), "sha256", allLoose)
		git(t, dir, "-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-adf")
		git(t, dir, "multi-pack-index", "write")
		return dir
	}},
	{"multi-pack index", multiPack},
	{"index version 1", func(t testing.TB) string {
		dir := imported(t, history(60), "sha1", allLoose)
		git(t, dir, "-c", "pack.indexVersion=1", "repack", "-q", "-adf")
		return dir
	}},
	{"large offsets", func(t testing.TB) string {
		dir := imported(t, history(60), "sha1", allLoose)
		git(t, dir, "repack", "-q", "-adf")
		pack := glob(t, dir, ".git/objects/pack/*.pack")[0]
		index := strings.TrimSuffix(pack, ".pack") + ".idx"
		remove(t, index)
		git(t, dir, "index-pack", "--index-version=2,0x40", "-o", index, pack)
		return dir
	}},
	{"packed refs", func(t testing.TB) string {
		dir := imported(t, history(30), "sha1", 1)
		git(t, dir, "pack-refs", "--all")
		git(t, dir, "branch", "newer", "main~3")
		git(t, dir, "update-ref", "refs/heads/side", "main~2") // loose over packed
		return dir
	}},
	{"bare", func(t testing.TB) string {
		dir := filepath.Join(t.TempDir(), "bare.git")
		git(t, t.TempDir(), "clone", "-q", "--mirror", "file://"+imported(t, history(30), "sha1", 1), dir)
		return dir
	}},
	{"alternates", func(t testing.TB) string {
		dir := imported(t, history(30), "sha1", 1)
		for range 2 {
			next := filepath.Join(t.TempDir(), "borrows")
			git(t, t.TempDir(), "clone", "-q", "--shared", dir, next)
			git(t, next, "commit", "-q", "--allow-empty", "-m", "one more")
			dir = next
		}
		return dir
	}},
	{"relative alternates", func(t testing.TB) string {
		dir := imported(t, history(30), "sha1", 1)
		next := filepath.Join(filepath.Dir(dir), "next")
		git(t, t.TempDir(), "clone", "-q", "--shared", dir, next)
		write(t, filepath.Join(next, ".git/objects/info/alternates"), "# why\n../../../repo/.git/objects\n")
		return next
	}},
	{"shallow", func(t testing.TB) string {
		dir := filepath.Join(t.TempDir(), "shallow")
		git(t, t.TempDir(), "clone", "-q", "--depth", "3", "--no-single-branch", "file://"+imported(t, history(30), "sha1", 1), dir)
		return dir
	}},
	{"partial", partial},
	{"additional work tree", func(t testing.TB) string {
		dir := imported(t, history(30), "sha1", 1)
		next := filepath.Join(t.TempDir(), "tree")
		git(t, dir, "worktree", "add", "-q", next, "side")
		git(t, next, "bisect", "start", "side", "side~1")
		git(t, next, "update-ref", "refs/worktree/own", "HEAD~1")
		return next
	}},
	{"submodule", func(t testing.TB) string {
		dir, inner := imported(t, history(10), "sha1", 1), imported(t, history(20), "sha1", 1)
		git(t, dir, "submodule", "--quiet", "add", inner, "modules/inner")
		return filepath.Join(dir, "modules/inner")
	}},
}

func multiPack(t testing.TB) string {
	dir := imported(t, history(40), "sha1", allLoose)
	git(t, dir, "repack", "-q", "-d")
	for i := range 3 {
		write(t, filepath.Join(dir, "more"), strings.Repeat("more\n", i+1))
		git(t, dir, "read-tree", "HEAD")
		git(t, dir, "add", "more")
		git(t, dir, "commit", "-q", "-m", "more")
		git(t, dir, "repack", "-q", "-d")
	}
	git(t, dir, "multi-pack-index", "write")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "loose beside them")
	return dir
}

func partial(t testing.TB) string {
	from := imported(t, history(30), "sha1", 1)
	git(t, from, "config", "uploadpack.allowFilter", "true")
	dir := filepath.Join(t.TempDir(), "partial")
	git(t, t.TempDir(), "clone", "-q", "--no-checkout", "--filter=blob:none", "file://"+from, dir)
	remove(t, from) // nothing can be fetched behind the test's back
	return dir
}

// TestLikeGit reads every object and ref of every shape in all ways, and compares with git.
func TestLikeGit(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			t.Parallel()
			dir := shape.build(t)
			r := open(t, dir)
			want := catFile(t, dir)
			checkObjects(t, r, want)
			checkHistory(t, r, want)
			checkRefs(t, r, dir)
			checkMissing(t, r, dir)
			for _, p := range r.Packs() {
				if p.Promisor() != (shape.name == "partial") {
					t.Errorf("%s is of a partial clone: %v", p.Name(), p.Promisor())
				}
			}
		})
	}
}

// TestMultiPackAlone reads packs that have no index but the one over all of them. Git itself needs
// both; such packs cannot be listed, for that index leaves out what is stored twice.
func TestMultiPackAlone(t *testing.T) {
	dir := multiPack(t)
	want := catFile(t, dir)
	for _, name := range glob(t, dir, ".git/objects/pack/*.idx") {
		remove(t, name)
	}
	r := open(t, dir)
	checkObjects(t, r, want)
	for _, p := range r.Packs() {
		for o, err := range p.Objects() {
			if err == nil {
				t.Errorf("%s has been listed: %v", p.Name(), o)
			}
		}
	}
	for _, err := range r.Problems() {
		t.Error(err)
	}
}

type object struct {
	kind    gitobject.Type
	content []byte
}

var kinds = map[string]gitobject.Type{
	"commit": gitobject.TypeCommit, "tree": gitobject.TypeTree, "blob": gitobject.TypeBlob, "tag": gitobject.TypeTag,
}

// catFile is all objects, as git tells them.
func catFile(t testing.TB, dir string) map[gitobject.ID]object {
	t.Helper()
	out := []byte(git(t, dir, "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"))
	all := map[gitobject.ID]object{}
	for len(out) > 0 {
		line, rest, _ := bytes.Cut(out, []byte("\n"))
		f := strings.Fields(string(line))
		size, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatal(err)
		}
		all[parse(t, f[0])] = object{kinds[f[1]], rest[:size]}
		out = rest[size+1:]
	}
	if len(all) < 5 {
		t.Fatalf("git tells of %d objects", len(all))
	}
	return all
}

func parse(t testing.TB, s string) gitobject.ID {
	t.Helper()
	id, err := gitobject.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func checkObjects(t *testing.T, r *gitobject.Repository, want map[gitobject.ID]object) {
	t.Helper()
	for id, w := range want {
		kind, size, err := r.Stat(id)
		if err != nil || kind != w.kind || size != int64(len(w.content)) {
			t.Fatalf("%s is a %s of %d bytes (%v), want %s, %d", id, kind, size, err, w.kind, len(w.content))
		}
		if ok, err := r.Has(id); !ok || err != nil {
			t.Fatalf("%s is not there: %v", id, err)
		}
		got, content, err := r.Object(id)
		if err != nil || got != w.kind || !bytes.Equal(content, w.content) {
			t.Fatalf("%s is a %s, %v:\n%q\nwant a %s\n%q", id, got, err, content, w.kind, w.content)
		}
	}
}

// checkHistory finds the same objects by reading the packs from front to back, family by family, and
// the loose ones.
func checkHistory(t *testing.T, r *gitobject.Repository, want map[gitobject.ID]object) {
	t.Helper()
	got := map[gitobject.ID]bool{}
	for _, p := range r.Packs() {
		walkFamilies(t, p, r.Format().Size(), func(id gitobject.ID, kind gitobject.Type, content []byte) {
			if w := want[id]; w.kind != kind || !bytes.Equal(w.content, content) {
				t.Fatalf("%s in %s is a %s %q", id, p.Name(), kind, content)
			}
			got[id] = true
		})
	}
	for id, err := range r.EachLoose() {
		if err != nil {
			t.Fatal(err)
		}
		got[id] = true
	}
	for id := range want {
		if !got[id] {
			t.Fatalf("%s was not met", id)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d objects were met, git has %d", len(got), len(want))
	}
	for _, err := range r.Problems() {
		t.Error(err)
	}
}

// walkFamilies does what a scan of all history does: it goes through each family depth first and holds
// no more than one content a generation.
func walkFamilies(t testing.TB, p *gitobject.Pack, size int, visit func(gitobject.ID, gitobject.Type, []byte)) {
	t.Helper()
	children := map[int64][]gitobject.PackedObject{}
	var roots []gitobject.PackedObject
	n := 0
	for o, err := range p.Objects() {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if !o.IsDelta() {
			roots = append(roots, o)
			continue
		}
		if o.Base == 0 {
			t.Fatalf("the base %s of %d is not in the pack", o.BaseID, o.Offset)
		}
		children[o.Base] = append(children[o.Base], o)
	}
	ids, err := p.IDs()
	if err != nil || n != len(ids)/size {
		t.Fatalf("%d objects in a pack with %d bytes of ids (%v)", n, len(ids), err)
	}
	var code []byte
	var down func(o gitobject.PackedObject, kind gitobject.Type, content []byte)
	down = func(o gitobject.PackedObject, kind gitobject.Type, content []byte) {
		id := gitobject.RawID(ids[o.Pos*size : (o.Pos+1)*size])
		if sum := id.Format().Sum(kind, content); sum != id {
			t.Fatalf("object at %d is %s, the index says %s", o.Offset, sum, id)
		}
		visit(id, kind, content)
		var made []byte
		for _, child := range children[o.Offset] {
			if code, err = p.Inflate(child, code); err != nil {
				t.Fatal(err)
			}
			d, err := gitobject.ParseDelta(code, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			if made, err = d.Apply(made, content); err != nil {
				t.Fatal(err)
			}
			down(child, kind, made)
		}
	}
	for _, o := range roots {
		content, err := p.Inflate(o, nil)
		if err != nil {
			t.Fatal(err)
		}
		down(o, o.Type, content)
	}
}

func checkRefs(t *testing.T, r *gitobject.Repository, dir string) {
	t.Helper()
	var got []string
	for ref, err := range r.Refs() {
		if err != nil {
			t.Fatal(err)
		}
		if !ref.ID.IsZero() {
			got = append(got, strings.TrimSpace(fmt.Sprint(ref.Name, " ", ref.ID, " ", ref.Target)))
		}
	}
	want := strings.Split(strings.TrimSpace(git(t, dir, "for-each-ref", "--format=%(refname) %(objectname) %(symref)")), "\n")
	for i := range want {
		want[i] = strings.TrimSpace(want[i])
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("refs (-git +got):\n%s", d)
	}
}

// checkMissing compares what a clone lacks, and its boundary.
func checkMissing(t *testing.T, r *gitobject.Repository, dir string) {
	t.Helper()
	var roots []gitobject.ID
	for ref := range r.Refs() {
		if !ref.ID.IsZero() {
			roots = append(roots, ref.ID)
		}
	}
	got := []string{}
	for id, err := range r.Missing(roots...) {
		got = append(got, fmt.Sprintf("?%s", id))
		if !r.Promisor() {
			t.Error(err)
		}
	}
	want := []string{}
	for line := range strings.Lines(git(t, dir, "rev-list", "--objects", "--all", "--missing=print")) {
		if line[0] == '?' {
			want = append(want, strings.TrimSpace(line))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("missing objects (-git +got):\n%s", d)
	}
	if git(t, dir, "rev-parse", "--is-shallow-repository") == "true\n" != (len(r.Shallow()) > 0) {
		t.Errorf("the boundary of the clone is %v", r.Shallow())
	}
}

func glob(t testing.TB, dir, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}
