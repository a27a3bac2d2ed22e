package tree

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// largeRepository has 12,000 files of Terraform in 2,000 folders, of which a half calls one module. The change
// adds a user in 20 folders: roots that keep their state somewhere or, where modules is set, folders that another
// may call, so that all callers are looked for.
func largeRepository(modules bool) (base, head files) {
	base, head = files{}, files{}
	filler := strings.Repeat("resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"${var.env}-logs\"\n  tags   = { team = local.team }\n}\n", 20)
	for i := range 2000 {
		dir := fmt.Sprintf("live/a%d/s%d", i%20, i)
		text := map[string]string{"main": filler, "variables": "variable \"env\" {}\n" + filler, "outputs": filler, "locals": filler, "providers": filler, "ci": ""}
		if !modules {
			text["providers"] = "terraform {\n  backend \"s3\" {}\n}\n" + filler
		}
		if i%2 == 0 {
			text["ci"] = fmt.Sprintf("module \"ci\" {\n  source = \"../../../modules/ci\"\n  name   = \"ci-%d\"\n}\n", i)
		}
		for name, s := range text {
			s += fmt.Sprintf("# %d\n", i) // no two files share a blob
			base[dir+"/"+name+".tf"], head[dir+"/"+name+".tf"] = s, s
		}
		if i%105 == 0 {
			head[dir+"/ci.tf"] += "resource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n"
		}
	}
	base["modules/ci/main.tf"] = "variable \"name\" {}\n"
	head["modules/ci/main.tf"] = base["modules/ci/main.tf"]
	return base, head
}

// BenchmarkLargeRepository reads a repository of 12,000 files from its packs, once an operation from the start.
func BenchmarkLargeRepository(b *testing.B) {
	for _, modules := range []bool{false, true} {
		base, head := largeRepository(modules)
		repo := commitAll(b, map[string]files{"base": base, "head": head})
		git(b, repo, nil, "repack", "-adq")
		b.Run(fmt.Sprintf("modules=%v", modules), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				p, err := Git(repo, "base", "head")
				if err != nil {
					b.Fatal(err)
				}
				rows, skipped := p.Diff(nil)
				if len(rows) != 20 || len(skipped) > 0 {
					b.Fatalf("%d rows, %v", len(rows), skipped)
				}
				if err := p.Close(); err != nil {
					b.Fatal(err)
				}
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MB-of-the-system")
		})
	}
}
