package gitobject_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
)

// infrastructure is a repository of 12,000 Terraform files and a change of 20 of them, packed as a
// clone is.
func infrastructure(b testing.TB) string {
	var s stream
	s.commit("main", 1600000000)
	for i := range 12000 {
		var text strings.Builder
		for j := range 30 {
			fmt.Fprintf(&text, "resource \"aws_s3_bucket\" \"b%d_%d\" {\n  bucket = \"bucket-%d-%d\"\n}\n", i, j, i*7919, j)
		}
		s.file("100644", stack(i), text.String())
	}
	s.commit("head", 1600000100, 1)
	for i := range 20 {
		s.file("100644", stack(i*577), fmt.Sprintf("resource \"aws_iam_user\" \"u%d\" {\n  name = \"u%d\"\n}\n", i, i))
	}
	dir := b.TempDir()
	git(b, dir, "init", "-q", "-b", "main", dir)
	gitInput(b, dir, s.Bytes(), "fast-import", "--quiet")
	git(b, dir, "repack", "-q", "-adf")
	git(b, dir, "pack-refs", "--all")
	return dir
}

// stack is the path of a file: 12 folders of 20 of 50 files.
func stack(i int) string { return fmt.Sprintf("env%02d/stack%02d/file%02d.tf", i/1000, i/50%20, i%50) }

// BenchmarkOpenAndDiff is what a review of a local repository does before it parses anything: from two
// names to the contents of 20 changed files on both sides.
func BenchmarkOpenAndDiff(b *testing.B) {
	dir := infrastructure(b)
	b.ReportAllocs()
	for b.Loop() {
		r, err := gitdir.Open(dir, gitobject.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if n := readChanges(b, r, tree(b, r, "main"), tree(b, r, "head")); n != 40 {
			b.Fatalf("%d files", n)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadAll reads all 12,000 files of a commit, in the order of their paths.
func BenchmarkReadAll(b *testing.B) {
	dir := infrastructure(b)
	b.ReportAllocs()
	for b.Loop() {
		r, err := gitdir.Open(dir, gitobject.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if n := readChanges(b, r, r.Format().EmptyTree(), tree(b, r, "head")); n != 12000 {
			b.Fatalf("%d files", n)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/1e6, "MB-from-system")
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// readChanges reads both sides of all changed files.
func readChanges(b *testing.B, r *gitobject.Repository, from, to gitobject.ID) int {
	n := 0
	for c, err := range r.Walk(from, to) {
		for _, side := range []gitobject.Side{c.Old, c.New} {
			if err == nil && side.Mode.IsBlob() {
				n++
				_, err = r.Blob(side.ID)
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return n
}

// BenchmarkListAll finds the paths of all 12,000 files without reading them.
func BenchmarkListAll(b *testing.B) {
	dir := infrastructure(b)
	r := open(b, dir)
	to := tree(b, r, "head")
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range r.Walk(r.Format().EmptyTree(), to) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 12000 {
			b.Fatalf("%d files", n)
		}
	}
}

// BenchmarkPackObjects makes every object of a pack whole, family by family, as a scan of all history
// does. KEYSWEEP_BENCH_REPOSITORY names another repository to do it in.
func BenchmarkPackObjects(b *testing.B) {
	dir := os.Getenv("KEYSWEEP_BENCH_REPOSITORY")
	if dir == "" {
		dir = imported(b, history(300), "sha1", allLoose)
		git(b, dir, "repack", "-q", "-adf")
	}
	r := open(b, dir)
	b.ReportAllocs()
	for b.Loop() {
		var bytes int64
		objects := 0
		for _, p := range r.Packs() {
			walkFamilies(b, p, r.Format().Size(), func(_ gitobject.ID, _ gitobject.Type, content []byte) {
				bytes += int64(len(content))
				objects++
			})
		}
		b.SetBytes(bytes)
		b.ReportMetric(float64(objects), "objects")
	}
}

// BenchmarkMergeBase finds where two branches part that are 2,000 commits long.
func BenchmarkMergeBase(b *testing.B) {
	var s stream
	s.commit("main", 1600000000)
	for i := range 2000 {
		s.commit("main", 1600000100+i*10, max(1, s.mark-1))
		s.file("100644", "f", fmt.Sprint(i))
		s.commit("head", 1600000105+i*10, max(1, s.mark-1))
		s.file("100644", "g", fmt.Sprint(i))
	}
	dir := b.TempDir()
	git(b, dir, "init", "-q", "-b", "main", dir)
	gitInput(b, dir, s.Bytes(), "fast-import", "--quiet")
	r := open(b, dir)
	one, two := resolve(b, r, "main"), resolve(b, r, "head")
	b.ReportAllocs()
	for b.Loop() {
		if m, err := r.MergeBase(one, two); err != nil || m.ID.IsZero() {
			b.Fatal(m, err)
		}
	}
}
