package ghapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// create is the action that makes the issue of the nth finding.
func create(n int) backlog.Action {
	return backlog.Action{
		Kind: backlog.Create, FindingID: id(n), Title: fmt.Sprintf("finding %d", n), Body: marked(id(n)),
		AddLabels: []string{"keysweep", "keysweep:high"},
	}
}

func comment(key string) string { return "<!-- keysweep:comment " + key + " -->\nwords" }

// sent are the writes as lines: method, path below the repository, body.
func sent(s *ghfake.Server) []string {
	var out []string
	for _, r := range s.Writes() {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, strings.TrimPrefix(r.Path, "/repos/"+ghfake.DefaultRepository), r.Body)))
	}
	return out
}

// TestApplyOrder: what is sent for each kind of action, in which order, and how often.
func TestApplyOrder(t *testing.T) {
	s := ghfake.New(t)
	s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"alice": "write"} })
	bot := s.As(ghfake.WorkflowBot)
	bot.Open("one", marked(id(1)), "keysweep", "keysweep:out-of-scope")
	bot.Open("two", marked(id(2)), "keysweep")
	s.ResetLog()
	body := strings.Replace(marked(id(1)), "open", "closed", 1)
	plan := []backlog.Action{
		{Kind: backlog.Leave, FindingID: id(8), Number: 2, Title: "never sent"},
		{Kind: backlog.Defer, FindingID: id(9), Title: "never sent"},
		{
			Kind: backlog.Create, FindingID: id(3), Title: "three", Body: marked(id(3)), AddLabels: []string{"keysweep"}, State: "open",
			Comment: comment("k3"), CommentKey: "k3", Assignees: []string{"alice", "stranger"},
		},
		{
			Kind: backlog.Close, FindingID: id(1), Number: 1, Body: body, State: "closed", StateReason: "completed",
			Comment: comment("k1"), CommentKey: "k1", RemoveLabels: []string{"keysweep:out-of-scope", "keysweep:accepted"},
		},
		{Kind: backlog.Edit, FindingID: id(2), Number: 2, Title: "zwei", AddLabels: []string{"keysweep:low"}},
		{Kind: backlog.Edit, FindingID: id(3), Title: "drei"}, // of the issue made above
	}
	got, err := connect(t, s).Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	quote := func(s string) string { return fmt.Sprintf("%q", s) }
	want := []string{
		`POST /issues {"title":"three","body":` + quote(marked(id(3))) + `,"labels":["keysweep"]}`,
		`POST /issues/3/comments {"body":` + quote(comment("k3")) + `}`,
		`POST /issues/3/assignees {"assignees":["alice","stranger"]}`,
		`POST /issues/1/comments {"body":` + quote(comment("k1")) + `}`,
		`PATCH /issues/1 {"body":` + quote(body) + `,"state":"closed","state_reason":"completed"}`,
		`DELETE /issues/1/labels/keysweep:out-of-scope`,
		`DELETE /issues/1/labels/keysweep:accepted`,
		`POST /labels {"color":"0e8a16","description":"Severity low","name":"keysweep:low"}`,
		`PATCH /issues/2 {"title":"zwei"}`,
		`POST /issues/2/labels {"labels":["keysweep:low"]}`,
		`PATCH /issues/3 {"title":"drei"}`,
	}
	lines := sent(s)
	for n := range lines { // angle brackets are escaped by JSON, and mean the same
		lines[n] = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(lines[n])
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	wantResult := Result{
		Created: map[string]int{id(3): 3}, Done: map[backlog.Kind]int{backlog.Create: 1, backlog.Close: 1, backlog.Edit: 2},
		Warnings: []string{`not assigned, because GitHub lets only people with access to acme/backlog be: "stranger"`},
		Writes:   len(want), Requests: len(s.Requests()),
	}
	if diff := cmp.Diff(wantResult, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	issues := s.Issues(ghfake.DefaultRepository)
	if i := issues[0]; i.State != "closed" || i.StateReason != "completed" || len(i.Comments) != 1 || i.Body != body {
		t.Errorf("the first issue: %+v", i)
	}
	if i := issues[2]; i.Title != "drei" || !slices.Equal(i.Assignees, []string{"alice"}) || i.State != "open" {
		t.Errorf("the new issue: %+v", i)
	}
}

// TestLostCreate: an issue whose answer was lost is found by its marker, in a list that may lag, and not made twice.
func TestLostCreate(t *testing.T) {
	for _, kind := range []ghfake.FaultKind{ghfake.AnswerLost, ghfake.AnswerCut, ghfake.LateGateway, ghfake.Reset, ghfake.BadGateway} {
		for _, lag := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s/lag=%d", kind, lag), func(t *testing.T) {
				s := ghfake.New(t)
				s.SetPageSize(2)
				s.SetListLag(lag)
				s.Inject(ghfake.Fault{Kind: kind, Method: "POST", Path: "/issues$"})
				got, err := connect(t, s).Apply(t.Context(), []backlog.Action{create(1), create(2)})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(map[string]int{id(1): 1, id(2): 2}, got.Created); diff != "" {
					t.Errorf("created (-want +got):\n%s", diff)
				}
				issues := s.Issues(ghfake.DefaultRepository)
				if len(issues) != 2 || !slices.Equal(issues[0].Labels, []string{"keysweep", "keysweep:high"}) {
					t.Errorf("%d issues, the first with labels %v", len(issues), issues[0].Labels)
				}
			})
		}
	}
}

// TestLostCreateTrust: a marker that a stranger copied is not taken for the lost issue.
func TestLostCreateTrust(t *testing.T) {
	s := ghfake.New(t)
	s.As("mallory").Open("copied", marked(id(1)))
	s.Inject(ghfake.Fault{Kind: ghfake.Reset, Method: "POST", Path: "/issues$"})
	got, err := connect(t, s).Apply(t.Context(), []backlog.Action{create(1)})
	if err != nil {
		t.Fatal(err)
	}
	if got.Created[id(1)] != 2 {
		t.Errorf("created %v, want an issue of our own", got.Created)
	}
}

// TestLostWithoutMarker: the dashboard, say, is known by title and first line.
func TestLostWithoutMarker(t *testing.T) {
	s := ghfake.New(t)
	s.Inject(ghfake.Fault{Kind: ghfake.AnswerLost, Method: "POST", Path: "/issues$"})
	a := backlog.Action{Kind: backlog.Dashboard, Title: "Overview", Body: "<!-- first line -->\ntext", AddLabels: []string{"keysweep:dashboard"}}
	if _, err := connect(t, s).Apply(t.Context(), []backlog.Action{a}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Issues(ghfake.DefaultRepository)); n != 1 {
		t.Errorf("%d issues, want 1", n)
	}
}

// TestWithoutFinding: actions that are about no finding are not taken for one another.
func TestWithoutFinding(t *testing.T) {
	s := ghfake.New(t)
	plan := []backlog.Action{
		{Kind: backlog.Dashboard, Title: "Overview", Body: "a"},
		{Kind: backlog.Create, Title: "Health", Body: "b"},
	}
	got, err := connect(t, s).Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"dashboard": 1, "create": 2}, got.Created); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
}

// TestCommentOnce: a comment is made once, whoever lost the answer and whoever else copied the key.
func TestCommentOnce(t *testing.T) {
	tests := []struct {
		name   string
		before func(*ghfake.Server)
		key    string
		want   int // comments afterwards
		sent   int // of them now
	}{
		{"new", func(*ghfake.Server) {}, "k1", 1, 1},
		{"made by an earlier run", func(s *ghfake.Server) { s.As(ghfake.WorkflowBot).Comment(1, comment("k1")) }, "k1", 1, 0},
		{"made by an earlier run with a person's token", func(s *ghfake.Server) { s.As("carol").Comment(1, comment("k1")) }, "k1", 1, 0},
		{"another key", func(s *ghfake.Server) { s.As(ghfake.WorkflowBot).Comment(1, comment("k12")) }, "k1", 2, 1},
		{"copied by a stranger", func(s *ghfake.Server) { s.As("mallory").Comment(1, comment("k1")) }, "k1", 2, 1},
		{"quoted", func(s *ghfake.Server) { s.As("carol").Comment(1, "> "+comment("k1")) }, "k1", 2, 1},
		{"answer lost", func(s *ghfake.Server) {
			s.Inject(ghfake.Fault{Kind: ghfake.AnswerLost, Method: "POST", Path: "/comments$"})
		}, "k1", 1, 1},
		{"reset before", func(s *ghfake.Server) {
			s.Inject(ghfake.Fault{Kind: ghfake.Reset, Method: "POST", Path: "/comments$"})
		}, "k1", 1, 2},
		{"answer lost, no key", func(s *ghfake.Server) {
			s.Inject(ghfake.Fault{Kind: ghfake.LateGateway, Method: "POST", Path: "/comments$"})
		}, "", 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ghfake.New(t)
			s.SetPageSize(2)
			s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"carol": "write"} })
			s.As(ghfake.WorkflowBot).Open("one", marked(id(1)), "keysweep")
			tt.before(s)
			s.ResetLog()
			a := backlog.Action{Kind: backlog.CommentOn, FindingID: id(1), Number: 1, Comment: comment("k1"), CommentKey: tt.key}
			if _, err := connect(t, s).Apply(t.Context(), []backlog.Action{a}); err != nil {
				t.Fatal(err)
			}
			if n := len(s.Issues(ghfake.DefaultRepository)[0].Comments); n != tt.want {
				t.Errorf("%d comments, want %d", n, tt.want)
			}
			if n := len(s.Writes()); n != tt.sent {
				t.Errorf("%d writes, want %d: %v", n, tt.sent, s.Writes())
			}
		})
	}
}

// TestApplyDefers: a limit leaves the rest for the next run, and is no error.
func TestApplyDefers(t *testing.T) {
	s := ghfake.New(t)
	s.Inject(ghfake.Fault{Kind: ghfake.Secondary, Method: "POST", Path: "/issues$", RetryAfter: 3600, When: nth(3)})
	plan := []backlog.Action{create(1), create(2), create(3), {Kind: backlog.Leave}, create(4)}
	c := connect(t, s)
	got, err := c.Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Created) != 2 || got.Deferred != 2 || got.Done[backlog.Create] != 2 {
		t.Errorf("got %+v", got)
	}
	if want := s.Now().Add(3601 * time.Second); got.DeferredUntil.Sub(want).Abs() > time.Second {
		t.Errorf("until %v, want %v", got.DeferredUntil, want)
	}
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "next run") {
		t.Errorf("warnings %q", got.Warnings)
	}
	// A short limit is waited out.
	s.Sleep(t.Context(), 2*time.Hour) //nolint:errcheck // never fails here
	s.Inject(ghfake.Fault{Kind: ghfake.SecondaryBare, Method: "POST", Path: "/issues$", Times: 2})
	got, err = c.Apply(t.Context(), plan[2:])
	if err != nil || len(got.Created) != 2 || got.Deferred != 0 {
		t.Errorf("the next run: %+v %v", got, err)
	}
}

// TestApplyReserve: the last requests are left to others.
func TestApplyReserve(t *testing.T) {
	s := ghfake.New(t)
	s.SetRate(1000, 104, s.Now().Add(30*time.Minute))
	c := connect(t, s)
	if _, err := c.ListIssues(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	var plan []backlog.Action
	for n := range 10 {
		plan = append(plan, create(n+1))
	}
	got, err := c.Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if got.Deferred == 0 || len(got.Created)+got.Deferred != len(plan) {
		t.Errorf("got %+v", got)
	}
	if left := 104 - len(s.Requests()); left < 99 {
		t.Errorf("%d requests are left for others", left)
	}
}

// TestApplyDashboardInReserve: the dashboard says what was put off, so it may take of what is left for others.
func TestApplyDashboardInReserve(t *testing.T) {
	s := ghfake.New(t)
	s.SetRate(1000, 50, s.Now().Add(30*time.Minute))
	c := connect(t, s)
	if _, err := c.ListIssues(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	dashboard := backlog.Action{Kind: backlog.Dashboard, Title: "dashboard", Body: "text"}
	got, err := c.Apply(t.Context(), []backlog.Action{dashboard, create(1)})
	if err != nil || got.Created["dashboard"] == 0 || got.Deferred != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestApplyStops: where nothing can be done, the run ends with the cause, and what was done stays counted.
func TestApplyStops(t *testing.T) {
	tests := []struct {
		name   string
		change func(*ghfake.Server)
		is     error
		words  string
	}{
		{"archived", func(s *ghfake.Server) {
			s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Archived = true })
		}, ErrArchived, "unarchive"},
		{"issues off", func(s *ghfake.Server) {
			s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.HasIssues = false })
		}, ErrIssuesDisabled, "switch them on"},
		{"read-only token", func(s *ghfake.Server) {
			s.AddToken(ghfake.DefaultToken, ghfake.Identity{
				Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"issues": "read"},
			})
		}, nil, `add "issues: write" to permissions:`},
		{"token gone", func(s *ghfake.Server) { s.AddToken(ghfake.DefaultToken+"x", ghfake.Identity{}) }, ErrBadCredentials, "check github-token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ghfake.New(t)
			token := ghfake.DefaultToken
			if tt.is == ErrBadCredentials {
				token = "unknown"
			}
			s.As(ghfake.WorkflowBot).Open("one", marked(id(1)), "keysweep")
			tt.change(s)
			c := connect(t, s, func(c *Config) { c.Token = token })
			got, err := c.Apply(t.Context(), []backlog.Action{create(2), create(3)})
			if err == nil || !strings.Contains(err.Error(), tt.words) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %q", err, tt.words)
			}
			if got.Deferred != 2 || len(got.Created) != 0 {
				t.Errorf("result %+v", got)
			}
			if n := len(s.Writes()); n > 2 { // a label that is missing, and the first issue
				t.Errorf("%d writes in vain", n)
			}
		})
	}
}

// TestApplyGoesOn: one issue that is gone, transferred or locked does not hold up the others.
func TestApplyGoesOn(t *testing.T) {
	s := ghfake.New(t)
	bot := s.As(ghfake.WorkflowBot)
	var plan []backlog.Action
	for n := 1; n <= 5; n++ {
		bot.Open(fmt.Sprint("issue ", n), marked(id(n)), "keysweep")
		plan = append(plan, backlog.Action{
			Kind: backlog.Close, FindingID: id(n), Number: n, State: "closed", StateReason: "completed", Comment: comment("k"), CommentKey: "k",
		})
	}
	plan = append(plan, backlog.Action{Kind: backlog.Edit, FindingID: id(99), Number: 99, Title: "nobody knows it"})
	s.As("alice").Delete(1)
	s.As("alice").Transfer(2, "acme/other#1")
	s.As("alice").Lock(3, true)
	s.Inject(ghfake.Fault{Kind: ghfake.BadGateway, Method: "PATCH", Path: "/issues/4$", Times: -1})
	got, err := connect(t, s).Apply(t.Context(), plan)
	if err == nil || !strings.Contains(err.Error(), "1 of 6 actions on issues failed, the first: editing issue #4: GitHub says 502") {
		t.Errorf("got %v", err)
	}
	var states []string
	for _, i := range s.Issues(ghfake.DefaultRepository) {
		states = append(states, fmt.Sprintf("%s %d", i.State, len(i.Comments)))
	}
	if diff := cmp.Diff([]string{"open 0", "open 0", "closed 0", "open 1", "closed 1"}, states); diff != "" {
		t.Errorf("states and comments (-want +got):\n%s", diff)
	}
	if got.Skipped != 3 || got.Failed != 1 || got.Done[backlog.Close] != 2 || got.Deferred != 0 {
		t.Errorf("result %+v", got)
	}
	wantWarnings := []string{
		"close of issue #1 is left out: listing comments of issue #1: deleted (GitHub says 410 \"This issue was deleted\")",
		"close of issue #2 is left out: listing comments of issue #2: moved to another repository (GitHub says 301 \"Moved Permanently\")",
		"issue #3 is locked: it was changed without the comment that says why",
		"close of issue #4 failed: editing issue #4: GitHub says 502 \"\"",
		"edit of issue #99 is left out: editing issue #99: not found, or not visible to the token (GitHub says 404 \"Not Found\")",
	}
	if diff := cmp.Diff(wantWarnings, got.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// TestApplyGivesUp: a GitHub that is not there is not asked for every action of a long plan.
func TestApplyGivesUp(t *testing.T) {
	s := ghfake.New(t)
	s.Inject(ghfake.Fault{Kind: ghfake.Reset, Times: -1})
	var plan []backlog.Action
	for n := range 20 {
		plan = append(plan, backlog.Action{Kind: backlog.Edit, FindingID: id(n), Number: n + 1, Title: "a"})
	}
	got, err := connect(t, s).Apply(t.Context(), plan)
	if err == nil || got.Failed != maxFailures || got.Deferred != 15 {
		t.Errorf("got %+v %v", got, err)
	}
}

// TestApplyRaces: people's words and ticks since the plan was made stay.
func TestApplyRaces(t *testing.T) {
	s := ghfake.New(t)
	s.As(ghfake.WorkflowBot).Open("one", marked(id(1)), "keysweep")
	a := backlog.Action{Kind: backlog.Edit, FindingID: id(1), Number: 1, Body: marked(id(1)) + "\nnew"}
	if _, err := connect(t, s).Apply(t.Context(), []backlog.Action{a}); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, r := range s.Requests() {
		seen = append(seen, r.Method+" "+strings.TrimPrefix(r.Path, "/repos/"+ghfake.DefaultRepository))
	}
	if diff := cmp.Diff([]string{"GET /issues/1", "PATCH /issues/1"}, seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestApplyLabelsDropped: a token that may not label is told once, where the labels are there already.
func TestApplyLabelsDropped(t *testing.T) {
	s := ghfake.New(t)
	if err := connect(t, s).ensureLabels(t.Context(), create(1).AddLabels); err != nil {
		t.Fatal(err)
	}
	s.AddToken("a reader's", ghfake.Identity{
		Actor: ghfake.Actor{Login: "rea", Type: "User"}, Permissions: map[string]string{"issues": "write"},
	})
	got, err := connect(t, s, func(c *Config) { c.Token = "a reader's" }).Apply(t.Context(), []backlog.Action{create(1), create(2)})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "dropped labels of issue #1") {
		t.Errorf("warnings %q", got.Warnings)
	}
}

// TestFaultAtEveryWrite: whatever fault hits whichever write, the run that follows leaves one open issue a finding,
// with one comment where there should be one. The next plan is made here by the simplest reading of a
// list: what has no open issue is created.
func TestFaultAtEveryWrite(t *testing.T) {
	const findings = 4
	positions, broken := 0, 0
	for _, kind := range ghfake.FaultKinds() {
		impatient := func(c *Client) *Client {
			if kind == ghfake.Hang {
				c.tr.timeout = 100 * time.Millisecond
			}
			return c
		}
		for write := 1; ; write++ {
			s := ghfake.New(t)
			s.SetPageSize(2)
			s.Inject(ghfake.Fault{Kind: kind, Write: write, RetryAfter: 3600})
			full := fullPlan(findings)
			first, err := impatient(connect(t, s)).Apply(t.Context(), full)
			if err != nil {
				broken++
			}
			if write > first.Writes {
				break // the fault never struck
			}
			positions++
			s.Sleep(t.Context(), 2*time.Hour) //nolint:errcheck // never fails here
			again := connect(t, s)
			if _, err := again.Apply(t.Context(), remaining(t, again, full)); err != nil {
				t.Errorf("%s at write %d: the run after it: %v", kind, write, err)
			}
			judge(t, s, findings, fmt.Sprintf("%s at write %d", kind, write))
		}
	}
	t.Logf("%d positions, %d runs broken off", positions, broken)
	if positions < 100 {
		t.Errorf("only %d positions were tried", positions)
	}
}

func fullPlan(findings int) []backlog.Action {
	var plan []backlog.Action
	for n := 1; n <= findings; n++ {
		a := create(n)
		a.Comment, a.CommentKey = comment("opened"), "opened"
		plan = append(plan, a)
	}
	return plan
}

// remaining is the plan over what a run left: an issue that is there is commented if it was not.
func remaining(t *testing.T, c *Client, full []backlog.Action) []backlog.Action {
	t.Helper()
	issues, err := c.ListIssues(t.Context(), "keysweep")
	if err != nil {
		t.Fatal(err)
	}
	plan := slices.Clone(full)
	for n := range plan {
		for _, i := range issues {
			if m, ok := backlog.ParseMarker(i.Body); ok && m.ID == plan[n].FindingID {
				plan[n] = backlog.Action{Kind: backlog.CommentOn, FindingID: m.ID, Number: i.Number, Comment: plan[n].Comment, CommentKey: plan[n].CommentKey}
			}
		}
	}
	return plan
}

// judge reads the fake's state, with no code of ours.
func judge(t *testing.T, s *ghfake.Server, findings int, when string) {
	t.Helper()
	issues := s.Issues(ghfake.DefaultRepository)
	if len(issues) != findings {
		t.Errorf("%s: %d issues, want %d", when, len(issues), findings)
	}
	for n := 1; n <= findings; n++ {
		with := 0
		for _, i := range issues {
			if strings.Contains(i.Body, id(n)) && i.State == "open" {
				with++
				if len(i.Comments) != 1 || !slices.Equal(i.Labels, []string{"keysweep", "keysweep:high"}) {
					t.Errorf("%s: issue #%d has %d comments and labels %v", when, i.Number, len(i.Comments), i.Labels)
				}
			}
		}
		if with != 1 {
			t.Errorf("%s: finding %d has %d open issues", when, n, with)
		}
	}
}
