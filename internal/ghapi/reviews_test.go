package ghapi

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/ghfake"
)

// numbered is a file of n lines.
func numbered(n int, change map[int]string) string {
	out := ""
	for i := 1; i <= n; i++ {
		line := fmt.Sprintf("line %d", i)
		if text, ok := change[i]; ok {
			line = text
		}
		out += line + "\n"
	}
	return out
}

// reviewed is a fake with a pull request that changes line 20 of main.tf and adds new.tf.
func reviewed(t *testing.T) (s *ghfake.Server, number int, base, head string) {
	t.Helper()
	s = ghfake.New(t)
	before := ghfake.Texts(map[string]string{"main.tf": numbered(40, nil)})
	after := ghfake.Texts(map[string]string{"main.tf": numbered(40, map[int]string{20: "changed"}), "new.tf": "a\nb\n"})
	number, base, head = onBranch(s, before, after)
	return s, number, base, head
}

func TestCreateReview(t *testing.T) {
	s, n, base, head := reviewed(t)
	c := connect(t, s)
	lines := []ReviewLine{
		{Path: "main.tf", Line: 20, Body: "one"},
		{Path: "new.tf", StartLine: 1, Line: 2, Body: "two"},
		{Path: "new.tf", StartLine: 1, Line: 1, Body: "three"},
	}
	if err := c.CreateReview(t.Context(), n, head, "look", lines); err != nil {
		t.Fatal(err)
	}
	reviews := s.Reviews(backlogRepo, n)
	if len(reviews) != 1 || reviews[0].State != "COMMENTED" || reviews[0].Body != "look" || reviews[0].Commit != head || len(s.Writes()) != 1 {
		t.Fatalf("reviews %+v, writes %v", reviews, s.Writes())
	}
	got, err := c.ReviewComments(t.Context(), n)
	want := []ReviewComment{
		{Author: ghfake.WorkflowBot, AuthorBot: true, Association: "NONE", Path: "main.tf", Line: 20, Body: "one"},
		{Author: ghfake.WorkflowBot, AuthorBot: true, Association: "NONE", Path: "new.tf", Line: 2, Body: "two"},
		{Author: ghfake.WorkflowBot, AuthorBot: true, Association: "NONE", Path: "new.tf", Line: 1, Body: "three"},
	}
	for i := range got {
		got[i].ID = 0
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for name, err := range map[string]error{
		"a line outside of the diff":    c.CreateReview(t.Context(), n, head, "b", append(lines, ReviewLine{Path: "main.tf", Line: 1, Body: "x"})),
		"a file that is not in it":      c.CreateReview(t.Context(), n, head, "b", []ReviewLine{{Path: "other", Line: 1, Body: "x"}}),
		"a commit that is not in it":    c.CreateReview(t.Context(), n, base, "b", lines),
		"a commit that was forced away": forcedAway(t, s, c, n, base, head),
	} {
		if !errors.Is(err, ErrReviewRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again := s.Reviews(backlogRepo, n); len(again) != 1 || len(again[0].Comments) != 3 {
		t.Errorf("a review that was refused left something: %+v", again)
	}
}

func forcedAway(t *testing.T, s *ghfake.Server, c *Client, n int, base, head string) error {
	t.Helper()
	s.Push(backlogRepo, "topic", ghfake.Texts(map[string]string{"main.tf": "forced\n"}), base)
	return c.CreateReview(t.Context(), n, head, "b", []ReviewLine{{Path: "main.tf", Line: 20, Body: "x"}})
}

// TestNothingPostedTwice: where the answer to a comment or a review is lost, it is not sent again; where it was
// never taken, the caller learns that nobody knows.
func TestNothingPostedTwice(t *testing.T) {
	for _, kind := range ghfake.FaultKinds() {
		s, n, _, head := reviewed(t)
		c := connect(t, s, func(cfg *Config) { cfg.MaxWait = time.Hour })
		c.tr.timeout = 300 * time.Millisecond // a hanging answer does not hang the test
		posts := map[string]func() error{
			"comment": func() error { return c.CreateComment(t.Context(), n, "text") },
			"review": func() error {
				return c.CreateReview(t.Context(), n, head, "", []ReviewLine{{Path: "new.tf", Line: 1, Body: "x"}})
			},
		}
		for name, post := range posts {
			s.Inject(ghfake.Fault{Kind: kind, Method: "POST"})
			err := post()
			var lost *LostAnswerError
			made := len(s.Issues(backlogRepo)[n-1].Comments)
			if name == "review" {
				made = len(s.Reviews(backlogRepo, n))
			}
			switch {
			case made > 1:
				t.Errorf("%s, %s: posted %d times", kind, name, made)
			case err == nil && made != 1:
				t.Errorf("%s, %s: no error, and nothing was posted", kind, name)
			case err != nil && !errors.As(err, &lost):
				t.Errorf("%s, %s: %v", kind, name, err)
			}
		}
	}
}

// TestReadOnlyToken: the token of a fork reads everything, and each write says what is missing.
func TestReadOnlyToken(t *testing.T) {
	s, n, _, head := reviewed(t)
	s.As("alice").Comment(n, "hello")
	s.As("alice").Open("an issue", "")
	id := s.Issues(backlogRepo)[n-1].Comments[0].ID
	c := connect(t, s, func(cfg *Config) { cfg.Token = ghfake.ForkToken })
	if _, err := c.PullRequest(t.Context(), n); err != nil {
		t.Error(err)
	}
	if _, err := c.ReviewComments(t.Context(), n); err != nil {
		t.Error(err)
	}
	if comments, err := c.ListComments(t.Context(), n); err != nil || len(comments) != 1 {
		t.Error(comments, err)
	}
	for name, tt := range map[string]struct {
		err  error
		need string
	}{
		"comment":  {c.CreateComment(t.Context(), n, "text"), "pull-requests: write"},
		"edit":     {c.EditComment(t.Context(), id, "text"), "pull-requests: write"},
		"label":    {c.AddLabels(t.Context(), n, []string{"a"}), "pull-requests: write"},
		"an issue": {c.CreateComment(t.Context(), n+1, "text"), "issues: write"},
		"review":   {c.CreateReview(t.Context(), n, head, "b", nil), "pull-requests: write"},
	} {
		var refused *PermissionError
		if !errors.As(tt.err, &refused) || refused.Need != tt.need {
			t.Errorf("%s: %v, want %q", name, tt.err, tt.need)
		}
	}
	if len(s.Reviews(backlogRepo, n)) != 0 || len(s.Issues(backlogRepo)[n-1].Comments) != 1 {
		t.Error("something was written")
	}
}

func TestEditComment(t *testing.T) {
	s, n, _, _ := reviewed(t)
	c := connect(t, s)
	if err := c.CreateComment(t.Context(), n, "before"); err != nil {
		t.Fatal(err)
	}
	id := s.Issues(backlogRepo)[n-1].Comments[0].ID
	for _, kind := range []ghfake.FaultKind{"", ghfake.AnswerLost, ghfake.BadGateway} { // to say the same twice does no harm
		if kind != "" {
			s.Inject(ghfake.Fault{Kind: kind, Method: "PATCH"})
		}
		text := fmt.Sprint("after ", kind)
		if err := c.EditComment(t.Context(), id, text); err != nil || s.Issues(backlogRepo)[n-1].Comments[0].Body != text {
			t.Errorf("%q: %v", kind, err)
		}
	}
	if err := c.EditComment(t.Context(), 4711, "text"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a comment that was deleted: %v", err)
	}
	s.Change(backlogRepo, func(r *ghfake.Repository) { r.Archived = true })
	if err := c.EditComment(t.Context(), id, "text"); !errors.Is(err, ErrArchived) {
		t.Errorf("an archived repository: %v", err)
	}
	if got := len(s.Issues(backlogRepo)[n-1].Comments); got != 1 {
		t.Errorf("%d comments", got)
	}
}

// TestReviewComments: of all pages, with those whose line is gone.
func TestReviewComments(t *testing.T) {
	s, n, base, _ := reviewed(t)
	s.As("bob").Review(n, "hm",
		ghfake.ReviewComment{Path: "main.tf", Line: 20, Body: "1"}, ghfake.ReviewComment{Path: "new.tf", Line: 1, Body: "2"},
		ghfake.ReviewComment{Path: "new.tf", Line: 2, Body: "3"})
	s.Push(backlogRepo, "topic", ghfake.Texts(map[string]string{"new.tf": "a\nb\n"}), base)
	s.SetPageSize(2)
	c := connect(t, s)
	got, err := c.ReviewComments(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range got {
		lines = append(lines, fmt.Sprint(m.Author, m.AuthorBot, " ", m.Path, ":", m.Line, " ", m.Body))
	}
	want := []string{"bobfalse main.tf:0 1", "bobfalse new.tf:1 2", "bobfalse new.tf:2 3"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := c.ReviewComments(t.Context(), 0); err == nil {
		t.Error("the comments of pull request #0 were listed")
	}
}

func TestLabelEvents(t *testing.T) {
	s, n, _, _ := reviewed(t)
	s.AddToken("app", ghfake.Identity{Actor: ghfake.Actor{Login: "app[bot]", Type: "Bot"}})
	alice, app := s.As("alice"), s.As("app[bot]")
	alice.Label(n, "keysweep:approved")
	alice.Retitle(n, "another")
	alice.Unlabel(n, "keysweep:approved")
	app.Label(n, "keysweep:approved")
	alice.SetDraft(n, true)
	app.Label(n, "infra")
	s.SetPageSize(2)
	c := connect(t, s)
	got, err := c.LabelEvents(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	start := s.Issues(backlogRepo)[n-1].CreatedAt
	var lines []string
	for _, e := range got {
		lines = append(lines, fmt.Sprint(e.At.Sub(start), " ", e.Actor, " ", e.ActorBot, " ", e.Label, " ", e.Added))
	}
	want := []string{
		"1s alice false keysweep:approved true", "3s alice false keysweep:approved false",
		"4s app[bot] true keysweep:approved true", "6s app[bot] true infra true",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := c.LabelEvents(t.Context(), 0); err == nil {
		t.Error("what happened to #0 was listed")
	}
}

// TestLabelEventsInOneSecond: the number tells which came first; an account that is gone has no name.
func TestLabelEventsInOneSecond(t *testing.T) {
	r := newRig(t, false, nil, step{status: 200, body: `[
		{"id":9,"event":"unlabeled","label":{"name":"a"},"actor":null,"created_at":"2026-12-01T09:00:00Z"},
		{"id":8,"event":"labeled","label":{"name":"a"},"actor":{"login":"x","type":"User"},"created_at":"2026-12-01T09:00:00Z"},
		{"id":10,"event":"labeled","label":{"name":"a"},"actor":{"login":"y","type":"User"},"created_at":"2026-12-01T08:59:59Z"}]`})
	got, err := r.LabelEvents(t.Context(), 1)
	if err != nil || len(got) != 3 || got[0].Actor != "y" || got[1].Actor != "x" || got[2].Actor != "" || got[2].Added {
		t.Errorf("%+v %v", got, err)
	}
}
