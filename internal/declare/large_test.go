package declare

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
)

// indexedTree is a memTree whose folders are known, for trees of thousands of files.
type indexedTree struct {
	files memTree
	dirs  map[string][]Entry
	reads int
}

func newIndexedTree(files memTree) *indexedTree {
	t := &indexedTree{files: files, dirs: map[string][]Entry{}}
	seen := map[string]bool{}
	for p, s := range files {
		t.dirs[path.Dir(p)] = append(t.dirs[path.Dir(p)], Entry{Name: path.Base(p), Size: int64(len(s))})
		for d := path.Dir(p); d != "." && !seen[d]; d = path.Dir(d) {
			seen[d] = true
			t.dirs[path.Dir(d)] = append(t.dirs[path.Dir(d)], Entry{Name: path.Base(d), Type: Folder, Size: -1})
		}
	}
	return t
}

func (t *indexedTree) List(dir string) ([]Entry, error) {
	if es, ok := t.dirs[dir]; ok {
		return es, nil
	}
	return nil, fmt.Errorf("%q: %w", dir, fs.ErrNotExist)
}

func (t *indexedTree) Read(p string) ([]byte, error) {
	t.reads++
	return t.files.Read(p)
}

// largeRepository has 12,000 files of Terraform in 2,000 folders of which a half calls one module. The
// change touches 20 files, among them that module if asked for.
func largeRepository(module bool) (base, head *indexedTree, changed []string) {
	b, h := memTree{}, memTree{}
	put := func(p, before, after string) {
		b[p], h[p] = before, after
		if before != after {
			changed = append(changed, p)
		}
	}
	filler := strings.Repeat("resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"${var.env}-logs\"\n  tags   = { team = local.team }\n}\n", 20)
	for i := range 2000 {
		dir := fmt.Sprintf("live/a%d/s%d", i%20, i)
		for _, f := range []string{"main", "variables", "outputs", "locals", "providers"} {
			put(dir+"/"+f+".tf", filler, filler)
		}
		call := ""
		if i%2 == 0 {
			call = fmt.Sprintf("module \"ci\" {\n  source = \"../../../modules/ci\"\n  name   = \"ci-%d\"\n}\n", i)
		}
		after := call
		if i%105 == 0 {
			after += "resource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n"
		}
		put(dir+"/ci.tf", call, after)
	}
	user := "variable \"name\" {}\nresource \"aws_iam_user\" \"u\" {\n  name = var.name\n}\n"
	after := user
	if module {
		after += "resource \"aws_iam_access_key\" \"u\" {\n  user = aws_iam_user.u.name\n}\n"
	}
	put("modules/ci/main.tf", user, after)
	return newIndexedTree(b), newIndexedTree(h), changed
}

func TestLargeRepository(t *testing.T) {
	base, head, changed := largeRepository(false)
	rows, skipped := Diff(base, head, changed, nil)
	if len(rows) != 20 || len(skipped) > 0 {
		t.Errorf("%d rows, %v", len(rows), skipped)
	}
	base, head, changed = largeRepository(true)
	rows, skipped = Diff(base, head, changed, nil)
	added := 0
	for _, r := range rows {
		added += r.Count
	}
	if added != 1020 || len(skipped) > 0 {
		t.Errorf("%d added, %v", added, skipped)
	}
}

func BenchmarkLargeRepository(b *testing.B) {
	for _, module := range []bool{false, true} {
		b.Run(fmt.Sprintf("module=%v", module), func(b *testing.B) {
			base, head, changed := largeRepository(module)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				base.reads, head.reads = 0, 0
				Diff(base, head, changed, nil)
			}
			b.ReportMetric(float64(base.reads+head.reads), "reads/op")
		})
	}
}
