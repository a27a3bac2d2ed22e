package ghfake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

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

// TestPermissionsOnPulls: to write to a pull request takes the permission for those, by the paths of issues too.
func TestPermissionsOnPulls(t *testing.T) {
	c := newClient(t)
	n, _, _ := proposal(c)
	for _, tt := range []struct {
		permission, method, path, body string
		want                           int
	}{
		{"issues", "POST", "/comments", `{"body":"a"}`, 403},
		{"pull_requests", "POST", "/comments", `{"body":"a"}`, 201},
		{"issues", "POST", "/labels", `{"labels":["a"]}`, 403},
		{"pull_requests", "POST", "/labels", `{"labels":["a"]}`, 200},
		{"issues", "GET", "/events", "", 200},
		{"pull_requests", "GET", "/events", "", 200},
		{"contents", "GET", "/events", "", 403},
		{"issues", "GET", "", "", 200},
		{"pull_requests", "GET", "", "", 403},
	} {
		c.s.AddToken("t", Identity{Actor: Actor{Login: WorkflowBot, Type: "Bot"}, Permissions: map[string]string{tt.permission: "write"}})
		c.token = "t"
		if got, _, data, _ := c.try(tt.method, fmt.Sprintf("%s/issues/%d%s", repoPath, n, tt.path), tt.body); got != tt.want {
			t.Errorf("%s for %s %s: %d %s, want %d", tt.permission, tt.method, tt.path, got, data, tt.want)
		}
	}
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
