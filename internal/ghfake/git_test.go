package ghfake

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample has every mode, and a folder whose place depends on git's order.
func sample() Tree {
	t := Texts(map[string]string{"infra/a/main.tf": "resource {}\n", "infra.tf": "x", "a-b/z": "hi\n"})
	t["link"] = File{Content: "infra.tf", Mode: ModeSymlink}
	t["run.sh"] = File{Content: "#!/bin/sh\n", Mode: ModeExecutable}
	t["sub"] = File{Content: strings.Repeat("1", 40), Mode: ModeSubmodule}
	return t
}

// TestObjectIDs: the ids are those that git itself gives.
func TestObjectIDs(t *testing.T) {
	c := newClient(t)
	sha := c.s.Push(DefaultRepository, "main", sample())
	if want := "90448e0b2746deff3cf9648a8f9c646b5ed00160"; sha != want {
		t.Errorf("commit %s, want %s", sha, want)
	}
	at := c.send(200, "GET", repoPath+"/git/commits/"+sha, "")
	tree := at["tree"].(map[string]any)["sha"].(string)
	if want := "48083df79bec0450d8914d323d9752bdf4402b71"; tree != want {
		t.Errorf("tree %s, want %s", tree, want)
	}
}

// lines renders the entries of a tree's answer as "mode type path".
func lines(answer map[string]any) []string {
	var out []string
	for _, e := range answer["tree"].([]any) {
		row := e.(map[string]any)
		out = append(out, fmt.Sprint(row["mode"], " ", row["type"], " ", row["path"]))
	}
	return out
}

func TestTreesAndBlobs(t *testing.T) {
	c := newClient(t)
	sha := c.s.Push(DefaultRepository, "main", sample())
	tree := c.send(200, "GET", repoPath+"/git/trees/"+sha, "")
	want := []string{"040000 tree a-b", "100644 blob infra.tf", "040000 tree infra", "120000 blob link", "100755 blob run.sh", "160000 commit sub"}
	if diff := cmp.Diff(want, lines(tree)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	all := c.send(200, "GET", repoPath+"/git/trees/"+sha+"?recursive=1", "")
	want = []string{
		"040000 tree a-b", "100644 blob a-b/z", "100644 blob infra.tf", "040000 tree infra", "040000 tree infra/a",
		"100644 blob infra/a/main.tf", "120000 blob link", "100755 blob run.sh", "160000 commit sub",
	}
	if diff := cmp.Diff(want, lines(all)); diff != "" || all["truncated"] != false {
		t.Errorf("recursive, truncated %v (-want +got):\n%s", all["truncated"], diff)
	}
	c.s.SetTreeLimit(4)
	all = c.send(200, "GET", repoPath+"/git/trees/"+sha+"?recursive=1", "")
	if got := lines(all); len(got) != 4 || all["truncated"] != true {
		t.Errorf("truncated: %v %v", all["truncated"], got)
	}
	blob := c.send(200, "GET", repoPath+"/git/blobs/c1b0730e0133447badcfd47fd144e254807b06e1", "")
	if text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(blob["content"].(string))); err != nil || string(text) != "x" {
		t.Errorf("blob: %q %v", text, err)
	}
	c.s.SetBlobLimit(0)
	c.send(403, "GET", repoPath+"/git/blobs/c1b0730e0133447badcfd47fd144e254807b06e1", "")
	c.send(404, "GET", repoPath+"/git/blobs/"+strings.Repeat("0", 40), "")
	c.send(404, "GET", repoPath+"/git/trees/"+strings.Repeat("0", 40), "")
	c.send(404, "GET", repoPath+"/git/commits/"+strings.Repeat("0", 40), "")
}

// TestContentsAtCommits: each commit has its own files, and the kinds of entries are told apart.
func TestContentsAtCommits(t *testing.T) {
	c := newClient(t)
	first := c.s.Push(DefaultRepository, "main", sample())
	big := File{Content: strings.Repeat("x", maxContents+1)}
	c.s.Push(DefaultRepository, "main", sample().Without("infra.tf").With(Tree{"big": big, "dangling": {Content: "../out", Mode: ModeSymlink}}))
	for path, want := range map[string]string{
		"infra.tf?ref=" + first: "file", "infra.tf?ref=" + first[:8]: "file", "link?ref=" + first: "file", "run.sh": "file", "sub": "submodule",
		"dangling": "symlink", "link": "symlink", "run.sh?ref=refs/heads/main": "file",
	} {
		if got := c.send(200, "GET", repoPath+"/contents/"+path, ""); got["type"] != want {
			t.Errorf("%s: %v, want %s", path, got["type"], want)
		}
	}
	if got := c.send(200, "GET", repoPath+"/contents/big", ""); got["encoding"] != "none" || got["content"] != "" {
		t.Errorf("a large file: %v", got["encoding"])
	}
	c.send(404, "GET", repoPath+"/contents/infra.tf", "")
	c.send(404, "GET", repoPath+"/contents/run.sh?ref=nowhere", "")
	items, _ := c.list(repoPath + "/contents/infra")
	if len(items) != 1 || items[0]["name"] != "a" || items[0]["type"] != "dir" {
		t.Errorf("a folder: %v", items)
	}
}

// TestMergeBase draws histories and asks where two commits parted.
func TestMergeBase(t *testing.T) {
	tests := []struct{ name, history, a, b, want string }{
		{"in line", "A B:A C:B", "A", "C", "A"},
		{"the same", "A B:A", "B", "B", "B"},
		{"parted", "A B:A C:A D:C", "B", "D", "A"},
		{"merged meanwhile", "A B:A C:A D:C,B E:B", "D", "E", "B"},
		{"crossed", "A B:A C:A D:B,C E:C,B", "D", "E", "C"},
		{"strangers", "A B", "A", "B", ""},
	}
	for _, tt := range tests {
		s := New(nil)
		ids := map[string]string{}
		for n, word := range strings.Fields(tt.history) {
			name, above, _ := strings.Cut(word, ":")
			var parents []string
			for p := range strings.SplitSeq(above, ",") {
				if p != "" {
					parents = append(parents, ids[p])
				}
			}
			ids[name] = s.Push(DefaultRepository, fmt.Sprint("b", n), Texts(map[string]string{"f": name}), parents...)
		}
		if got := s.git.mergeBase(ids[tt.a], ids[tt.b]); got != ids[tt.want] {
			t.Errorf("%s: got %q, want %s of %v", tt.name, got, tt.want, ids)
		}
	}
}

func TestCompare(t *testing.T) {
	c := newClient(t)
	base := c.s.Push(DefaultRepository, "main", Texts(map[string]string{"a": "1\n", "b": "1\n"}))
	c.s.SetBranch(DefaultRepository, "feature/x", base)
	head := c.s.Push(DefaultRepository, "feature/x", Texts(map[string]string{"a": "1\n", "b": "2\n"}))
	c.s.Push(DefaultRepository, "main", Texts(map[string]string{"a": "3\n", "b": "1\n"}))
	for pair, want := range map[string]string{
		"main...feature%2Fx": "diverged", base + "..." + head: "ahead", head + "..." + base: "behind", "main...main": "identical",
	} {
		got := c.send(200, "GET", repoPath+"/compare/"+pair+"?per_page=1&page=1", "")
		if got["status"] != want {
			t.Errorf("%s: %v, want %s", pair, got["status"], want)
		}
		if want == "diverged" || want == "ahead" {
			files := got["files"].([]any)
			if len(files) != 1 || files[0].(map[string]any)["filename"] != "b" || got["merge_base_commit"].(map[string]any)["sha"] != base {
				t.Errorf("%s: %v", pair, got)
			}
		}
	}
	if got := c.send(200, "GET", repoPath+"/compare/"+base+"..."+head+"?page=2", ""); got["files"] != nil {
		t.Error("the second page has files too")
	}
	c.send(404, "GET", repoPath+"/compare/main...nowhere", "")
	other := c.s.Push(DefaultRepository, "orphan", Texts(map[string]string{"z": "z"}))
	got := c.send(404, "GET", repoPath+"/compare/main..."+other, "")
	if !strings.Contains(got["message"].(string), "No common ancestor") {
		t.Errorf("strangers: %v", got)
	}
	if one := c.send(200, "GET", repoPath+"/commits/feature%2Fx", ""); one["sha"] != head || one["stats"].(map[string]any)["total"] != 2.0 {
		t.Errorf("one commit: %v", one["stats"])
	}
	c.send(200, "GET", repoPath+"/commits/"+base, "")
	c.send(422, "GET", repoPath+"/commits/nowhere", "")
}

// TestHunks: patches look as GitHub's do.
func TestHunks(t *testing.T) {
	block := "resource \"aws_iam_user\" \"ci\" {\n  a = 1\n  b = 2\n  c = 3\n  d = 4\n  e = 5\n}\n"
	tests := []struct{ name, old, now, want string }{
		{"added", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b"},
		{"removed", "a\n", "", "@@ -1 +0,0 @@\n-a"},
		{"no end of line", "a", "b", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file"},
		{
			"a heading", block, strings.Replace(block, "e = 5", "e = 6", 1),
			"@@ -3,5 +3,5 @@ resource \"aws_iam_user\" \"ci\" {\n   b = 2\n   c = 3\n   d = 4\n-  e = 5\n+  e = 6\n }",
		},
	}
	for _, tt := range tests {
		if got := hunks(tt.old, tt.now); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// TestShown: every line that a patch shows is known by its number, and no other.
func TestShown(t *testing.T) {
	patch := "@@ -3,3 +3,4 @@ f\n a\n-b\n+c\n+d\n e\n@@ -20 +21 @@\n-x\n\\ No newline at end of file\n+y"
	for side, want := range map[string]map[int]int{"RIGHT": {3: 1, 4: 1, 5: 1, 6: 1, 21: 2}, "LEFT": {3: 1, 4: 1, 5: 1, 20: 2}} {
		if got := shown(patch, side); !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", side, got, want)
		}
	}
}

// TestDiff: what kinds of changes there are, and what has no patch.
func TestDiff(t *testing.T) {
	text := strings.Repeat("line\n", 4) + "end\n"
	long := func(n int) string { return strings.Repeat("x\n", n) }
	old := Texts(map[string]string{
		"same": "s", "changed": "1\n", "gone": "g\n", "moved": text, "rewritten": text + "a\n", "binary": "\x00a", "mode": "m\n", "long": long(1),
	})
	old["sub"] = File{Content: strings.Repeat("1", 40), Mode: ModeSubmodule}
	now := Texts(map[string]string{
		"same": "s", "changed": "2\n", "new": "n\n", "to/moved": text, "to/rewritten": text + "b\n", "binary": "\x00b", "long": long(MaxFilePatch + 1),
	})
	now["mode"] = File{Content: "m\n", Mode: ModeExecutable}
	now["sub"] = File{Content: strings.Repeat("2", 40), Mode: ModeSubmodule}
	st := newStore()
	var got []string
	for _, ch := range st.diff(st.putTree(old), st.putTree(now)) {
		got = append(got, fmt.Sprintf("%s %s<%s +%d -%d patch=%v", ch.status, ch.path, ch.previous, ch.additions, ch.deleted, ch.patch != ""))
	}
	want := []string{
		"modified binary< +0 -0 patch=false",
		"modified changed< +1 -1 patch=true",
		"removed gone< +0 -1 patch=true",
		"modified long< +3000 -0 patch=false",
		"modified mode< +0 -0 patch=false",
		"added new< +1 -0 patch=true",
		"modified sub< +1 -1 patch=true",
		"renamed to/moved<moved +0 -0 patch=false",
		"renamed to/rewritten<rewritten +1 -1 patch=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestZeroedRows: once the patches of one answer got long, rows say nothing; smaller pages tell.
func TestZeroedRows(t *testing.T) {
	c := newClient(t)
	c.s.Push(DefaultRepository, "main", Texts(map[string]string{"a": "a"}))
	files := map[string]string{"a": "a"}
	for n := range 30 {
		files[fmt.Sprintf("f%02d", n)] = strings.Repeat(fmt.Sprintln(n), 999)
	}
	c.s.SetBranch(DefaultRepository, "x", c.s.Branch(DefaultRepository, "main"))
	c.s.Push(DefaultRepository, "x", Texts(files))
	n := c.s.As("alice").Propose(Proposal{Title: "many", Head: "x"})
	count := func(query string) (whole int) {
		for page := 1; ; page++ {
			rows, _ := c.list(fmt.Sprintf("%s/pulls/%d/files?%s&page=%d", repoPath, n, query, page))
			for _, r := range rows {
				if r["patch"] != nil && r["additions"] == 999.0 {
					whole++
				} else if r["patch"] != nil || r["changes"] != 0.0 {
					t.Errorf("half a row: %v", r["filename"])
				}
			}
			if len(rows) == 0 {
				return whole
			}
		}
	}
	if got := count("per_page=100"); got != 20 {
		t.Errorf("one page: %d rows with a patch, want 20", got)
	}
	if got := count("per_page=10"); got != 30 {
		t.Errorf("small pages: %d rows with a patch, want 30", got)
	}
}
