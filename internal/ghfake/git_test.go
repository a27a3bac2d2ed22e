package ghfake

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
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

func (c client) pulls(path string) []any {
	c.t.Helper()
	_, _, data, _ := c.try("GET", repoPath+path, "")
	var out []any
	json.Unmarshal(data, &out) //nolint:errcheck // then it is empty
	return out
}

// proposal opens a pull request that changes line 20 of a file of 40 lines and adds another.
func proposal(c client) (number int, base, head string) {
	var text []string
	for n := range 40 {
		text = append(text, fmt.Sprintf("line %d\n", n+1))
	}
	before := Texts(map[string]string{"main.tf": strings.Join(text, "")})
	text[19] = "changed\n"
	base = c.s.Push(DefaultRepository, "main", before)
	c.s.SetBranch(DefaultRepository, "topic", base)
	head = c.s.Push(DefaultRepository, "topic", Texts(map[string]string{"main.tf": strings.Join(text, ""), "new.tf": "a\nb\n"}))
	return c.s.As("alice").Propose(Proposal{Title: "topic", Head: "topic", Labels: []string{"infra"}}), base, head
}

func TestPullRequestLife(t *testing.T) {
	c := newClient(t)
	n, base, head := proposal(c)
	path := fmt.Sprintf("%s/pulls/%d", repoPath, n)
	sha := func(p map[string]any, end string) any { return p[end].(map[string]any)["sha"] }
	p := c.send(200, "GET", path, "")
	if sha(p, "base") != base || sha(p, "head") != head || p["changed_files"] != 2.0 || p["draft"] != false || p["state"] != "open" {
		t.Errorf("opened: %v", p)
	}
	alice := c.s.As("alice")
	alice.SetDraft(n, true)
	pushed := c.s.Push(DefaultRepository, "topic", Texts(map[string]string{"main.tf": "all new\n"}))
	if p = c.send(200, "GET", path, ""); sha(p, "head") != pushed || p["draft"] != true || p["changed_files"] != 1.0 {
		t.Errorf("pushed: %v", p["head"])
	}
	c.s.Push(DefaultRepository, "topic", Texts(map[string]string{"main.tf": "forced\n"}), base)
	c.s.Push(DefaultRepository, "release", Texts(map[string]string{"main.tf": "forced\n"}), base)
	alice.Retarget(n, "release")
	if p = c.send(200, "GET", path, ""); p["base"].(map[string]any)["ref"] != "release" || p["changed_files"] != 1.0 {
		t.Errorf("retargeted: %v", p["base"])
	}
	alice.SetDraft(n, false)
	alice.Merge(n)
	if p = c.send(200, "GET", path, ""); p["merged"] != true || p["state"] != "closed" {
		t.Errorf("merged: %v %v", p["merged"], p["state"])
	}
	var events []string
	for _, e := range c.s.Issues(DefaultRepository)[n-1].Events {
		events = append(events, e.Event)
	}
	want := []string{"labeled", "convert_to_draft", "head_ref_force_pushed", "base_ref_changed", "ready_for_review", "merged", "closed"}
	if !slices.Equal(events, want) {
		t.Errorf("history: %v, want %v", events, want)
	}
	if got := c.pulls(fmt.Sprintf("/issues/%d/timeline", n)); len(got) != len(want) {
		t.Errorf("the timeline has %d entries", len(got))
	}
	c.send(404, "GET", repoPath+"/pulls/99", "")
}

func TestForks(t *testing.T) {
	c := newClient(t)
	c.s.Push(DefaultRepository, "main", Texts(map[string]string{"a": "1\n"}))
	c.s.Fork(DefaultRepository, "mallory/fork")
	head := c.s.Push("mallory/fork", "main", Texts(map[string]string{"a": "1\n", "b": "2\n"}))
	n := c.s.As("mallory").Propose(Proposal{Title: "from outside", Head: "main", From: "mallory/fork"})
	path := fmt.Sprintf("%s/pulls/%d", repoPath, n)
	c.token = ForkToken
	p := c.send(200, "GET", path, "")
	if p["head"].(map[string]any)["repo"].(map[string]any)["full_name"] != "mallory/fork" {
		t.Errorf("head: %v", p["head"])
	}
	c.send(200, "GET", repoPath+"/git/commits/"+head, "") // by way of the base
	for operation, body := range map[string]string{
		fmt.Sprintf("POST %s/issues/%d/comments", repoPath, n): `{"body":"hello"}`,
		fmt.Sprintf("POST %s/issues/%d/labels", repoPath, n):   `{"labels":["a"]}`,
		"POST " + path + "/reviews":                            `{"body":"hello","event":"COMMENT"}`,
	} {
		method, where, _ := strings.Cut(operation, " ")
		status, header, data, _ := c.try(method, where, body)
		if status != 403 || !strings.Contains(string(data), "not accessible") || !strings.Contains(header.Get("X-Accepted-GitHub-Permissions"), "pull_requests=write") {
			t.Errorf("%s: %d %s %v", operation, status, data, header)
		}
	}
	c.send(403, "GET", "/user", "")
	c.s.DeleteRepository("mallory/fork")
	if p := c.send(200, "GET", path, ""); p["head"].(map[string]any)["repo"] != nil || p["changed_files"] != 1.0 {
		t.Errorf("after the fork is gone: %v", p["head"])
	}
}

// TestIssuesOffButPulls: where issues are switched off, pull requests still have comments.
func TestIssuesOffButPulls(t *testing.T) {
	c := newClient(t)
	n, _, _ := proposal(c)
	c.s.As("alice").Open("an issue", "")
	c.s.Change(DefaultRepository, func(r *Repository) { r.HasIssues = false })
	c.send(201, "POST", fmt.Sprintf("%s/issues/%d/comments", repoPath, n), `{"body":"hello"}`)
	c.send(410, "POST", fmt.Sprintf("%s/issues/%d/comments", repoPath, n+1), `{"body":"hello"}`)
}

// TestReviews: lines of the diff are taken, and one that is not in it refuses the whole.
func TestReviews(t *testing.T) {
	c := newClient(t)
	n, base, head := proposal(c)
	path := fmt.Sprintf("%s/pulls/%d/reviews", repoPath, n)
	tests := []struct {
		name, comments string
		want           int
	}{
		{"an added line", `{"path":"main.tf","line":20,"body":"b"}`, 200},
		{"context", `{"path":"main.tf","line":17,"body":"b","side":"RIGHT"}`, 200},
		{"the removed line", `{"path":"main.tf","line":20,"body":"b","side":"LEFT"}`, 200},
		{"several lines", `{"path":"new.tf","start_line":1,"line":2,"body":"b","side":"RIGHT","start_side":"RIGHT"}`, 200},
		{"outside", `{"path":"main.tf","line":16,"body":"b"}`, 422},
		{"behind", `{"path":"main.tf","line":24,"body":"b"}`, 422},
		{"no such file", `{"path":"other.tf","line":1,"body":"b"}`, 422},
		{"one good, one bad", `{"path":"main.tf","line":20,"body":"b"},{"path":"main.tf","line":1,"body":"b"}`, 422},
		{"a start outside", `{"path":"main.tf","start_line":16,"line":20,"body":"b"}`, 422},
		{"blank", `{"path":"main.tf","line":20,"body":" "}`, 422},
	}
	good := 0
	for _, tt := range tests {
		c.send(tt.want, "POST", path, fmt.Sprintf(`{"commit_id":%q,"event":"COMMENT","body":"look","comments":[%s]}`, head, tt.comments))
		if tt.want == 200 {
			good++
		}
		if got := len(c.pulls(fmt.Sprintf("/pulls/%d/comments", n))); got != good {
			t.Errorf("%s: %d comments, want %d", tt.name, got, good)
		}
	}
	c.send(422, "POST", path, fmt.Sprintf(`{"commit_id":%q,"event":"COMMENT","body":"look"}`, base))
	c.send(422, "POST", path, `{"event":"COMMENT"}`)
	c.send(200, "POST", path, `{"event":"COMMENT","body":"no lines"}`)
	if got := len(c.pulls(fmt.Sprintf("/pulls/%d/reviews", n))); got != good+1 {
		t.Errorf("%d reviews, want %d", got, good+1)
	}
	c.s.As("alice").Lock(n, true)
	c.send(403, "POST", path, `{"event":"COMMENT","body":"no lines"}`)
}

// TestOutdated: a comment whose line leaves the diff has no line any more.
func TestOutdated(t *testing.T) {
	c := newClient(t)
	n, base, _ := proposal(c)
	c.s.As("bob").Review(n, "hm", ReviewComment{Path: "main.tf", Line: 20, Body: "why"}, ReviewComment{Path: "new.tf", Line: 1, Body: "who"})
	c.s.Push(DefaultRepository, "topic", Texts(map[string]string{"new.tf": "a\n"}), base)
	got := c.pulls(fmt.Sprintf("/pulls/%d/comments", n))
	if len(got) != 2 || got[0].(map[string]any)["line"] != nil || got[1].(map[string]any)["line"] != 1.0 {
		t.Errorf("got %v", got)
	}
	if r := c.s.Reviews(DefaultRepository, n); len(r) != 1 || !r[0].Comments[0].Outdated || r[0].Comments[1].Outdated {
		t.Errorf("reviews: %+v", r)
	}
}

func (c client) query(query string, variables map[string]any) map[string]any {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send(200, "POST", "/graphql", string(body))
}

func TestGraphQL(t *testing.T) {
	c := newClient(t)
	sha := c.s.Push(DefaultRepository, "main", sample().With(Texts(map[string]string{
		"infra/binary": "\x00", "infra/latin": "\xe9", "infra/long": strings.Repeat("é", maxText/2) + "x",
	})))
	got := c.query(`query($e: String!) { who: viewer { login __typename } repository(owner: "acme", name: "backlog") {
		nameWithOwner infra: object(expression: $e) { __typename ...T } none: object(expression: "main:nothing") { oid }
		commit: object(expression: "main") { oid ... on Commit { tree { oid } } } } }
		fragment T on Tree { entries { name mode type size object { ... on Blob { isBinary isTruncated text } } } }`, map[string]any{"e": sha + ":infra"})
	repo := got["data"].(map[string]any)["repository"].(map[string]any)
	if repo["none"] != nil || repo["nameWithOwner"] != DefaultRepository || repo["commit"].(map[string]any)["oid"] != sha {
		t.Errorf("repository: %v", repo)
	}
	var entries []string
	for _, e := range repo["infra"].(map[string]any)["entries"].([]any) {
		row := e.(map[string]any)
		o := row["object"].(map[string]any)
		text, _ := o["text"].(string)
		entries = append(entries, fmt.Sprintln(row["mode"], row["type"], row["name"], row["size"], o["isBinary"], o["isTruncated"], len(text)))
	}
	want := []string{
		"16384 tree a 0 <nil> <nil> 0\n", "33188 blob binary 1 true false 0\n", "33188 blob latin 1 true false 0\n",
		"33188 blob long 524289 false true 524288\n",
	}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if who := got["data"].(map[string]any)["who"].(map[string]any); who["login"] != WorkflowBot || who["__typename"] != "User" {
		t.Errorf("viewer: %v", who)
	}
	if got := c.query(`{ repository(owner: "acme", name: "nothing") { name } }`, nil); got["errors"].([]any)[0].(map[string]any)["type"] != "NOT_FOUND" {
		t.Errorf("an unknown repository: %v", got)
	}
	c.s.AddToken("nothing", Identity{Actor: Actor{Login: "app[bot]", Type: "Bot"}})
	c.token = "nothing"
	if got := c.query(`{ repository(owner: "acme", name: "backlog") { object(oid: "`+sha+`") { oid } } }`, nil); got["errors"].([]any)[0].(map[string]any)["type"] != "FORBIDDEN" {
		t.Errorf("without permission: %v", got)
	}
	if n := c.s.Operations()["POST /graphql"]; n != 3 || len(c.s.Writes()) != 0 {
		t.Errorf("%d queries, %d writes", n, len(c.s.Writes()))
	}
}

// TestGraphQLJudge: what does not fit the schema is noticed.
func TestGraphQLJudge(t *testing.T) {
	for query, want := range map[string]string{
		`{ viewer { nickname } }`: "nickname",
		`query($n: Int!) { repository(owner: $n, name: "x") { name } }`:    "Int!",
		`query($n: String!) { repository(owner: $n, name: "x") { name } }`: "variables",
		`{ viewer { login }`: "query",
	} {
		s := New(nil)
		body, err := json.Marshal(map[string]any{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest("POST", "/graphql", bytes.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+DefaultToken)
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, req)
		if answer.Code != 200 || !strings.Contains(answer.Body.String(), `"errors"`) {
			t.Errorf("%s: %d %s", query, answer.Code, answer.Body)
		}
		if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], want) {
			t.Errorf("%s: violations %q, want %q", query, v, want)
		}
	}
}
