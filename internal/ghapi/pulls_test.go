package ghapi

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/ghfake"
)

const backlogRepo = ghfake.DefaultRepository

// onBranch gives a fake a base and a branch with a pull request from it, and the number of that.
func onBranch(s *ghfake.Server, before, after ghfake.Tree) (number int, base, head string) {
	base = s.Push(backlogRepo, "main", before)
	s.SetBranch(backlogRepo, "topic", base)
	head = s.Push(backlogRepo, "topic", after)
	return s.As("alice").Propose(ghfake.Proposal{Title: "topic", Head: "topic"}), base, head
}

func TestPullRequest(t *testing.T) {
	s := ghfake.New(t)
	before := ghfake.Texts(map[string]string{"a": "1\n"})
	n, base, head := onBranch(s, before, before.With(ghfake.Texts(map[string]string{"b": "2\n"})))
	s.As("bob").Label(n, "infra")
	s.As("alice").SetDraft(n, true)
	s.Fork(backlogRepo, "mallory/fork")
	s.AddToken("app", ghfake.Identity{Actor: ghfake.Actor{Login: "renovate[bot]", Type: "Bot"}})
	m := s.As("renovate[bot]").Propose(ghfake.Proposal{Title: "fork", Head: "topic", From: "mallory/fork"})
	c := connect(t, s)
	want := PullRequest{
		Number: n, Title: "topic", State: "open", Author: "alice", Draft: true, BaseSHA: base, BaseRef: "main", HeadSHA: head,
		HeadRef: "topic", HeadRepository: backlogRepo, Labels: []string{"infra"}, ChangedFiles: 1,
	}
	check := func(number int, want PullRequest) {
		t.Helper()
		got, err := c.PullRequest(t.Context(), number)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	check(n, want)
	fork := want
	fork.Number, fork.Title, fork.Author, fork.AuthorBot, fork.Draft, fork.Labels = m, "fork", "renovate[bot]", true, false, nil
	fork.HeadRepository, fork.Fork = "mallory/fork", true
	check(m, fork)
	s.DeleteRepository("mallory/fork")
	fork.HeadRepository = ""
	check(m, fork)
	s.As("alice").Merge(n)
	want.State, want.Merged = "closed", true
	check(n, want)
	if _, err := c.PullRequest(t.Context(), 0); err == nil {
		t.Error("pull request #0 was read")
	}
}

// TestJustAfterTheEvent: GitHub may not know yet what its event told of.
func TestJustAfterTheEvent(t *testing.T) {
	for lag, want := range map[int]int{0: 1, 1: 2, 3: 4, 4: 4} {
		s := ghfake.New(t)
		s.SetListLag(lag)
		n, _, _ := onBranch(s, ghfake.Texts(map[string]string{"a": "1\n"}), ghfake.Texts(map[string]string{"a": "2\n"}))
		c := connect(t, s)
		_, err := c.PullRequest(t.Context(), n)
		if (lag == 4) != errors.Is(err, ErrNotFound) || lag < 4 && err != nil {
			t.Errorf("after %d misses: %v", lag, err)
		}
		if got := len(s.Requests()); got != want {
			t.Errorf("after %d misses: %d requests, want %d", lag, got, want)
		}
	}
}

func TestPullFiles(t *testing.T) {
	s := ghfake.New(t)
	before := ghfake.Texts(map[string]string{"a": "1\n", "gone": "g\n", "old": "x\ny\n"})
	before["bin"] = ghfake.File{Content: "\x00a"}
	after := before.Without("gone", "old").With(ghfake.Texts(map[string]string{"a": "2\n", "dir/new": "x\ny\n", "ünï code": "u\n"}))
	after["bin"] = ghfake.File{Content: "\x00b"}
	n, _, _ := onBranch(s, before, after)
	s.SetPageSize(2)
	c := connect(t, s)
	files, complete, err := c.PullFiles(t.Context(), n)
	if err != nil || !complete {
		t.Fatalf("complete %v: %v", complete, err)
	}
	var got []string
	for _, f := range files {
		got = append(got, fmt.Sprintf("%s %s<%s +%d -%d %v %q", f.Status, f.Path, f.Previous, f.Additions, f.Deletions, f.HasPatch, f.Patch))
		if len(f.Blob) != 40 {
			t.Errorf("%s: blob %q", f.Path, f.Blob)
		}
	}
	want := []string{
		`modified a< +1 -1 true "@@ -1 +1 @@\n-1\n+2"`,
		`modified bin< +0 -0 false ""`,
		`renamed dir/new<old +0 -0 false ""`,
		`removed gone< +0 -1 true "@@ -1 +0,0 @@\n-g"`,
		`added ünï code< +1 -0 true "@@ -0,0 +1 @@\n+u"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ops := s.Operations()
	if ops["GET /repos/{owner}/{repo}/pulls/{pull_number}"] != 1 || ops["GET /repos/{owner}/{repo}/pulls/{pull_number}/files"] != 3 {
		t.Errorf("requests: %v", ops)
	}
	if _, err := c.PullRequest(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.PullFiles(t.Context(), n); err != nil || s.Operations()["GET /repos/{owner}/{repo}/pulls/{pull_number}"] != 2 {
		t.Errorf("the number of files was asked for again: %v %v", err, s.Operations())
	}
}

// TestPullFilesIncomplete: a list that may lack something says so.
func TestPullFilesIncomplete(t *testing.T) {
	many := func(n int) ghfake.Tree {
		out := ghfake.Tree{}
		for i := range n {
			out[fmt.Sprintf("f%05d", i)] = ghfake.File{Content: "x"}
		}
		return out
	}
	tests := []struct {
		name     string
		files    int
		meddle   func(*ghfake.Server)
		pageSize int
		want     int
		complete bool
	}{
		{"one below the limit", maxPullFiles - 1, nil, 100, maxPullFiles - 1, true},
		{"at the limit", maxPullFiles, nil, 100, maxPullFiles, false},
		{"above the limit", maxPullFiles + 1, nil, 100, maxPullFiles, false},
		{"fewer than counted", 5, func(s *ghfake.Server) { s.Push(backlogRepo, "topic", many(3)) }, 2, 3, false},
		{"more than counted", 5, func(s *ghfake.Server) { s.Push(backlogRepo, "topic", many(7)) }, 2, 7, true},
	}
	for _, tt := range tests {
		s := ghfake.New(t)
		n, _, _ := onBranch(s, ghfake.Tree{}, many(tt.files))
		s.SetPageSize(tt.pageSize)
		c := connect(t, s)
		if _, err := c.PullRequest(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if tt.meddle != nil {
			tt.meddle(s)
		}
		files, complete, err := c.PullFiles(t.Context(), n)
		if err != nil || len(files) != tt.want || complete != tt.complete {
			t.Errorf("%s: %d files, complete %v, %v; want %d, %v", tt.name, len(files), complete, err, tt.want, tt.complete)
		}
	}
}

// TestPullFilesTwice: where the list moved while it was read, a file comes twice.
func TestPullFilesTwice(t *testing.T) {
	page := func(next, names string) step {
		var rows []string
		for name := range strings.FieldsSeq(names) {
			rows = append(rows, fmt.Sprintf(`{"filename":%q,"status":"added","sha":"1"}`, name))
		}
		st := step{status: 200, body: "[" + strings.Join(rows, ",") + "]"}
		if next != "" {
			st.headers = map[string]string{"Link": `<http://x/y?page=` + next + `>; rel="next"`}
		}
		return st
	}
	r := newRig(t, false, nil, step{status: 200, body: `{"number":1,"changed_files":4,"head":{"sha":"a"},"base":{"sha":"b"}}`}, page("2", "a b"), page("", "b c"))
	files, complete, err := r.PullFiles(t.Context(), 1)
	if err != nil || complete || len(files) != 4 {
		t.Errorf("%d files, complete %v, %v", len(files), complete, err)
	}
}

// TestZeroedRows: rows that GitHub leaves empty are marked, not taken for files without a difference.
func TestZeroedRows(t *testing.T) {
	s := ghfake.New(t)
	after := ghfake.Tree{}
	for i := range 25 {
		after[fmt.Sprintf("f%02d", i)] = ghfake.File{Content: strings.Repeat("x\n", 999)}
	}
	n, _, _ := onBranch(s, ghfake.Texts(map[string]string{"f00": "x\n"}), after)
	c := connect(t, s)
	files, complete, err := c.PullFiles(t.Context(), n)
	if err != nil || !complete || len(files) != 25 {
		t.Fatalf("%d files, complete %v, %v", len(files), complete, err)
	}
	for i, f := range files {
		if f.HasPatch != (i < 20) || f.Status == "" || f.Blob == "" {
			t.Errorf("%s: %s, patch %v", f.Path, f.Status, f.HasPatch)
		}
	}
}

func TestCompare(t *testing.T) {
	s := ghfake.New(t)
	one := ghfake.Texts(map[string]string{"a": "1\n"})
	base := s.Push(backlogRepo, "main", one)
	s.SetBranch(backlogRepo, "feature/x", base)
	head := s.Push(backlogRepo, "feature/x", one.With(ghfake.Texts(map[string]string{"b": "2\n"})))
	main := s.Push(backlogRepo, "main", ghfake.Texts(map[string]string{"a": "3\n"}))
	s.SetBranch(backlogRepo, "wide", base)
	wide := ghfake.Tree{}
	for i := range maxCompareFiles + 1 {
		wide[fmt.Sprintf("f%03d", i)] = ghfake.File{Content: "x"}
	}
	s.Push(backlogRepo, "wide", one.With(wide))
	s.Push(backlogRepo, "orphan", one)
	c := connect(t, s)
	tests := []struct {
		base, head string
		want       string
		err        error
	}{
		{main, head, "diverged from " + base + " 1 files, complete true", nil},
		{"main", "feature/x", "diverged from " + base + " 1 files, complete true", nil},
		{base, head, "ahead from " + base + " 1 files, complete true", nil},
		{head, base, "behind from " + base + " 0 files, complete true", nil},
		{base, base, "identical from " + base + " 0 files, complete true", nil},
		{base, "wide", "ahead from " + base + " 300 files, complete false", nil},
		{base, "orphan", "", ErrNoCommonAncestor},
		{base, strings.Repeat("0", 40), "", ErrNotFound},
	}
	for _, tt := range tests {
		got, err := c.Compare(t.Context(), tt.base, tt.head)
		line := fmt.Sprintf("%s from %s %d files, complete %v", got.Status, got.MergeBase, len(got.Files), got.Complete)
		if !errors.Is(err, tt.err) || tt.err == nil && (err != nil || line != tt.want) {
			t.Errorf("%s...%s: %s, %v; want %s, %v", tt.base, tt.head, line, err, tt.want, tt.err)
		}
	}
	s.ResetLog()
	if _, err := c.Compare(t.Context(), base, "orphan"); err == nil || len(s.Requests()) != 1 {
		t.Errorf("that there is no common ancestor was asked %d times", len(s.Requests()))
	}
}
