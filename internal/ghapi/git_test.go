package ghapi

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/ghfake"
)

// kinds is a tree with every kind of entry.
func kinds() ghfake.Tree {
	t := ghfake.Texts(map[string]string{"infra/main.tf": "resource {}\n", "readme": "x"})
	t["link"] = ghfake.File{Content: "../../etc/passwd", Mode: ghfake.ModeSymlink}
	t["run"] = ghfake.File{Content: "#!\n", Mode: ghfake.ModeExecutable}
	t["sub"] = ghfake.File{Content: strings.Repeat("1", 40), Mode: ghfake.ModeSubmodule}
	return t
}

func TestTreesAndBlobs(t *testing.T) {
	s := ghfake.New(t)
	binary := "\x00\xff" + strings.Repeat("z", 100)
	sha := s.Push(backlogRepo, "main", kinds().With(ghfake.Tree{"bin": {Content: binary}}))
	c := connect(t, s)
	tree, err := c.CommitTree(t.Context(), sha)
	if err != nil {
		t.Fatal(err)
	}
	entries, truncated, err := c.GitTree(t.Context(), tree, false)
	if err != nil || truncated {
		t.Fatalf("truncated %v: %v", truncated, err)
	}
	want := []string{"100644 blob bin", "040000 tree infra", "120000 blob link", "100644 blob readme", "100755 blob run", "160000 commit sub"}
	var got []string
	byPath := map[string]TreeEntry{}
	for _, e := range entries {
		got, byPath[e.Path] = append(got, e.Mode+" "+e.Type+" "+e.Path), e
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for path, text := range map[string]string{"bin": binary, "link": "../../etc/passwd", "readme": "x"} {
		data, err := c.GitBlob(t.Context(), byPath[path].SHA)
		if err != nil || string(data) != text || byPath[path].Size != int64(len(text)) {
			t.Errorf("%s: %q %v, size %d", path, data, err, byPath[path].Size)
		}
	}
	if all, _, err := c.GitTree(t.Context(), tree, true); err != nil || len(all) != len(entries)+1 || all[2].Path != "infra/main.tf" {
		t.Errorf("recursive: %v %v", all, err)
	}
	s.SetTreeLimit(3)
	if all, truncated, err := c.GitTree(t.Context(), tree, true); err != nil || len(all) != 3 || !truncated {
		t.Errorf("truncated %v: %v %v", truncated, all, err)
	}
	s.SetBlobLimit(50)
	if _, err := c.GitBlob(t.Context(), byPath["bin"].SHA); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), byPath["bin"].SHA) {
		t.Errorf("a blob that is too large: %v", err)
	}
}

func TestUnknownObjects(t *testing.T) {
	s := ghfake.New(t)
	c := connect(t, s)
	none := strings.Repeat("0", 40)
	if _, err := c.CommitTree(t.Context(), none); !errors.Is(err, ErrNotFound) {
		t.Errorf("commit: %v", err)
	}
	if _, _, err := c.GitTree(t.Context(), none, false); !errors.Is(err, ErrNotFound) {
		t.Errorf("tree: %v", err)
	}
	if _, err := c.GitBlob(t.Context(), none); !errors.Is(err, ErrNotFound) {
		t.Errorf("blob: %v", err)
	}
}

// TestBlobAnswers: encodings, and answers that are no blob.
func TestBlobAnswers(t *testing.T) {
	tests := []struct{ body, want, err string }{
		{`{"encoding":"base64","content":"aGVs\nbG8=\n"}`, "hello", ""},
		{`{"encoding":"utf-8","content":"hello"}`, "hello", ""},
		{`{"encoding":"base64","content":"!"}`, "", "illegal base64"},
		{`{"encoding":"none","content":""}`, "", `encoding "none"`},
		{`{}`, "", `encoding ""`},
		{`{"encoding":"utf-8","content":"hullo"}`, "", "another content"},
	}
	for _, tt := range tests {
		r := newRig(t, false, nil, step{status: 200, body: tt.body})
		got, err := r.GitBlob(t.Context(), blobID([]byte("hello")))
		if string(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %q %v", tt.body, got, err)
		}
	}
}

// TestAnswersThatLack: an answer of success that holds nothing is an error, not an empty list.
func TestAnswersThatLack(t *testing.T) {
	ctx := t.Context()
	for name, ask := range map[string]func(*Client) error{
		"commit":  func(c *Client) error { _, err := c.CommitTree(ctx, "a"); return err },
		"tree":    func(c *Client) error { _, _, err := c.GitTree(ctx, "a", false); return err },
		"pull":    func(c *Client) error { _, err := c.PullRequest(ctx, 1); return err },
		"compare": func(c *Client) error { _, err := c.Compare(ctx, "a", "b"); return err },
	} {
		r := newRig(t, false, nil, step{status: 200, body: `{}`})
		if err := ask(r.Client); err == nil || !strings.Contains(err.Error(), "has no") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := newRig(t, false, nil, step{status: 200, body: `{"number":1,"changed_files":1,"head":{"sha":"a"},"base":{"sha":"b"}}`}, step{status: 200, body: `[{}]`})
	if files, complete, err := r.PullFiles(ctx, 1); err == nil || complete {
		t.Errorf("files: %v %v", files, err)
	}
}

// TestLargeAnswers: what holds contents may be longer than other answers, and has its limit too.
func TestLargeAnswers(t *testing.T) {
	filler := strings.Repeat(" ", maxAnswer)
	r := newRig(t, false, nil, step{status: 200, body: `{"encoding":"utf-8","content":"a"}` + filler}, step{status: 200, body: filler + "{}"})
	if _, err := r.GitBlob(t.Context(), blobID([]byte("a"))); err != nil {
		t.Errorf("a long answer about a blob: %v", err)
	}
	if _, err := r.CommitTree(t.Context(), "abc"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a long answer about a commit: %v", err)
	}
}
