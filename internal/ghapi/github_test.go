package ghapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// connect makes a client for a fake; it sleeps by the fake's clock. What it logs must never hold the token.
func connect(t ghfake.TB, s *ghfake.Server, change ...func(*Config)) *Client {
	t.Helper()
	var log bytes.Buffer
	cfg := Config{
		APIURL: s.URL, Token: ghfake.DefaultToken, Repository: ghfake.DefaultRepository, WriteInterval: -1, Sleep: s.Sleep, Now: s.Now,
		HTTP: &http.Transport{DisableKeepAlives: true},
		Log:  slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		panic(err)
	}
	t.Cleanup(func() {
		t.Helper()
		if strings.Contains(log.String(), cfg.Token) || strings.Contains(log.String(), "Bearer") {
			t.Errorf("the log holds the token")
		}
	})
	return c
}

func TestNewRefuses(t *testing.T) {
	good := Config{APIURL: "https://api.github.com", Repository: "a/b", Now: time.Now}
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no owner", func(c *Config) { c.Repository = "b" }, `repository "b": write owner/name`},
		{"too many words", func(c *Config) { c.Repository = "a/b/c" }, "write owner/name"},
		{"no host", func(c *Config) { c.APIURL = "api.github.com" }, "GITHUB_API_URL"},
		{"no clock", func(c *Config) { c.Now = nil }, "clock"},
		{"good", func(*Config) {}, ""},
	}
	for _, tt := range tests {
		cfg := good
		tt.change(&cfg)
		_, err := New(cfg)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestRepository(t *testing.T) {
	s := ghfake.New(t)
	c := connect(t, s)
	got, err := c.Repository(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.ID <= 0 || got.OwnerID <= 0 {
		t.Errorf("no ids: %+v", got)
	}
	got.ID, got.OwnerID = 0, 0
	want := Repository{
		FullName: "acme/backlog", Visibility: "private", HasIssues: true, DefaultBranch: "main",
		Permissions: map[string]bool{"admin": false, "maintain": false, "push": false, "triage": false, "pull": true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVisibility(t *testing.T) {
	yes, no := true, false
	tests := []struct {
		word    string
		private *bool
		want    string
	}{
		{"public", &no, "public"},
		{"private", &yes, "private"},
		{"internal", &yes, "internal"},
		{"", &no, "public"},
		{"", &yes, "private"},
		{"", nil, "unknown"},
		{"private", nil, "unknown"},
		{"private", &no, "public"},
		{"public", &yes, "public"},
		{"secret", &yes, "unknown"},
	}
	for _, tt := range tests {
		if got := visibility(tt.word, tt.private); got != tt.want {
			t.Errorf("visibility(%q, %v) = %s, want %s", tt.word, tt.private, got, tt.want)
		}
	}
}

// TestRenamedRepository: after the look-up reads and writes go to the new name.
func TestRenamedRepository(t *testing.T) {
	s := ghfake.New(t)
	s.As("alice").Open("one", "")
	s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) {
		r.FullName, r.Formerly = "acme/renamed", []string{ghfake.DefaultRepository}
	})
	c := connect(t, s)
	if err := c.EditIssue(t.Context(), 1, Edit{State: "closed"}); !errors.Is(err, ErrMoved) {
		t.Errorf("a write before the look-up: %v", err)
	}
	if all, err := c.ListIssues(t.Context(), ""); err != nil || len(all) != 1 {
		t.Errorf("a read before the look-up: %v %v", all, err)
	}
	r, err := c.Repository(t.Context())
	if err != nil || r.FullName != "acme/renamed" || c.Name() != "acme/renamed" {
		t.Errorf("got %v %v", r, err)
	}
	if err := c.EditIssue(t.Context(), 1, Edit{State: "closed"}); err != nil {
		t.Errorf("a write after it: %v", err)
	}
}

// TestEnterpriseServer: the API of an enterprise server lies below a path.
func TestEnterpriseServer(t *testing.T) {
	s := ghfake.New(t)
	s.SetPageSize(1)
	s.As("alice").Open("one", "")
	s.As("alice").Open("two", "")
	for _, base := range []string{"/api/v3", "/api/v3/"} {
		c := connect(t, s, func(c *Config) { c.APIURL = s.URL + base })
		if all, err := c.ListIssues(t.Context(), ""); err != nil || len(all) != 2 {
			t.Errorf("got %v %v", all, err)
		}
	}
	for _, r := range s.Requests() {
		if !strings.HasPrefix(r.Path, "/api/v3/repos/") {
			t.Errorf("asked %s", r.Path)
		}
	}
}

func TestListIssues(t *testing.T) {
	s := ghfake.New(t)
	s.SetPageSize(2)
	alice, bot := s.As("alice"), s.As(ghfake.WorkflowBot)
	for n := range 4 {
		bot.Open(fmt.Sprint("issue ", n+1), "a\r\nb", "keysweep")
	}
	alice.OpenPull("a pull request", "", "keysweep")
	alice.Open("without a label", "")
	alice.Close(2, "duplicate")
	alice.Close(3, "")
	bot.Reopen(3)
	alice.Lock(4, true)
	c := connect(t, s)
	got, err := c.ListIssues(t.Context(), "keysweep")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, i := range got {
		lines = append(lines, fmt.Sprintf("%d open=%v %q locked=%v %s bot=%v %s %v %q", i.Number, i.Open, i.StateReason, i.Locked, i.Author, i.AuthorBot, i.Association, i.Labels, i.Body))
	}
	want := []string{
		`1 open=true "" locked=false github-actions[bot] bot=true NONE [keysweep] "a\r\nb"`,
		`2 open=false "duplicate" locked=false github-actions[bot] bot=true NONE [keysweep] "a\r\nb"`,
		`3 open=true "reopened" locked=false github-actions[bot] bot=true NONE [keysweep] "a\r\nb"`,
		`4 open=true "" locked=true github-actions[bot] bot=true NONE [keysweep] "a\r\nb"`,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got[1].ClosedAt.IsZero() || got[1].ClosedByKnown || !got[0].ClosedAt.IsZero() || got[0].CreatedAt.IsZero() {
		t.Errorf("times: %+v", got[:2])
	}
	if all, err := c.ListIssues(t.Context(), ""); err != nil || len(all) != 5 {
		t.Errorf("without a label: %d %v", len(all), err)
	}
}

func TestCloser(t *testing.T) {
	s := ghfake.New(t)
	alice, bot := s.As("alice"), s.As(ghfake.WorkflowBot)
	for range 4 {
		alice.Open("issue", "")
	}
	alice.Close(1, "not_planned")
	bot.Close(2, "completed")
	alice.Transfer(4, "acme/other#1")
	s.AddRepository(ghfake.Repository{FullName: "acme/other", Visibility: "private", HasIssues: true})
	alice.In("acme/other").Open("transferred", "")
	c := connect(t, s)
	tests := []struct {
		number int
		login  string
		bot    bool
		err    error
	}{
		{1, "alice", false, nil},
		{2, ghfake.WorkflowBot, true, nil},
		{3, "", false, nil},
		{4, "", false, ErrMoved},
		{99, "", false, ErrNotFound},
	}
	for _, tt := range tests {
		login, bot, err := c.Closer(t.Context(), tt.number)
		if login != tt.login || bot != tt.bot || !errors.Is(err, tt.err) {
			t.Errorf("#%d: %q bot=%v %v, want %q bot=%v %v", tt.number, login, bot, err, tt.login, tt.bot, tt.err)
		}
	}
	if _, _, err := c.Closer(t.Context(), 0); err == nil {
		t.Error("number 0 was asked for")
	}
}

func TestListComments(t *testing.T) {
	s := ghfake.New(t)
	s.SetPageSize(2)
	s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"carol": "write"} })
	s.As("alice").Open("one", "")
	s.As("alice").Open("two", "")
	s.As("alice").Comment(1, "first")
	s.As("carol").Comment(1, "second")
	later := s.Now()
	s.As(ghfake.WorkflowBot).Comment(1, "third")
	s.As("alice").Comment(2, "elsewhere")
	c := connect(t, s)
	text := func(all []Comment, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range all {
			out = append(out, fmt.Sprintf("#%d %s(%s) ours=%v: %s", m.Issue, m.Author, m.Association, m.ours(), m.Body))
		}
		return strings.Join(out, "\n")
	}
	want := "#1 alice(NONE) ours=false: first\n#1 carol(COLLABORATOR) ours=true: second\n#1 github-actions[bot](NONE) ours=true: third"
	if diff := cmp.Diff(want, text(c.ListComments(t.Context(), 1))); diff != "" {
		t.Errorf("of one issue (-want +got):\n%s", diff)
	}
	want = "#1 github-actions[bot](NONE) ours=true: third\n#2 alice(NONE) ours=false: elsewhere"
	if diff := cmp.Diff(want, text(c.CommentsSince(t.Context(), later.Add(time.Second)))); diff != "" {
		t.Errorf("of all issues (-want +got):\n%s", diff)
	}
	if _, err := c.ListComments(t.Context(), 0); err == nil {
		t.Error("number 0 lists the comments of the whole repository")
	}
}

func TestPermission(t *testing.T) {
	s := ghfake.New(t)
	s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) {
		r.Collaborators = map[string]string{"mia": "maintain", "tim": "triage", "wes": "write", "rea": "read", "own": "security-lead"}
	})
	c := connect(t, s)
	want := map[string]string{"acme": "admin", "mia": "maintain", "tim": "triage", "wes": "write", "rea": "read", "nobody": "none", "": "none", "own": "none"}
	for login, role := range want {
		if got, err := c.Permission(t.Context(), login); err != nil || got != role {
			t.Errorf("%q: %q %v, want %q", login, got, err, role)
		}
	}
	if got, err := c.Permission(t.Context(), "../../../../user"); err != nil || got != "none" {
		t.Errorf("a login that is a path: %q %v", got, err)
	}
}

func TestContents(t *testing.T) {
	s := ghfake.New(t)
	policy := strings.Repeat("version: 1 # ünïcode\n", 20)
	s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Files = map[string]string{".github/keysweep.yml": policy} })
	c := connect(t, s)
	for _, ref := range []string{"", "main", "a b/c"} {
		if got, err := c.Contents(t.Context(), ".github/keysweep.yml", ref); err != nil || string(got) != policy {
			t.Errorf("ref %q: %q %v", ref, got, err)
		}
	}
	if _, err := c.Contents(t.Context(), ".github/other.yml", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
	for _, path := range []string{"../x", "a//b", "", "a/./b"} {
		if _, err := c.Contents(t.Context(), path, ""); err == nil {
			t.Errorf("path %q was asked for", path)
		}
	}
}

// TestLabels: names with a colon and with blanks, one that is there in other letters, and the second asking.
func TestLabels(t *testing.T) {
	s := ghfake.New(t)
	s.As("alice").Open("one", "", "KEYSWEEP")
	c := connect(t, s)
	for range 2 {
		for _, name := range []string{"keysweep", "keysweep:accepted", "two words"} {
			if err := c.EnsureLabel(t.Context(), name, "1d76db", "what it is for"); err != nil {
				t.Error(err)
			}
		}
	}
	if err := c.AddLabels(t.Context(), 1, []string{"keysweep:accepted", "two words"}); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := c.RemoveLabel(t.Context(), 1, "two words"); err != nil {
			t.Error(err)
		}
	}
	var names []string
	for _, l := range s.Labels(ghfake.DefaultRepository) {
		names = append(names, l.Name+" "+l.Color)
	}
	if diff := cmp.Diff([]string{"KEYSWEEP ededed", "keysweep:accepted 1d76db", "two words 1d76db"}, names); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"KEYSWEEP", "keysweep:accepted"}, s.Issues(ghfake.DefaultRepository)[0].Labels); diff != "" {
		t.Errorf("of the issue (-want +got):\n%s", diff)
	}
	if n := len(s.Requests()); n != 3+2+1+2 {
		t.Errorf("%d requests: %v", n, s.Requests())
	}
}

// TestLooks: every label of ours has a look that GitHub takes.
func TestLooks(t *testing.T) {
	s := ghfake.New(t)
	c := connect(t, s)
	for name, l := range looks {
		if err := c.EnsureLabel(t.Context(), name, l.color, l.description); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAddAssignees(t *testing.T) {
	s := ghfake.New(t)
	s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"Alice": "read"} })
	s.As("bob").Open("one", "")
	c := connect(t, s)
	dropped, err := c.AddAssignees(t.Context(), 1, []string{"Alice", "stranger"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"stranger"}, dropped); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestErrorsSpeakPlainly: cause, then what to do; and never the token.
func TestErrorsSpeakPlainly(t *testing.T) {
	s := ghfake.New(t)
	s.AddToken("read-only", ghfake.Identity{
		Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"issues": "read"},
	})
	ctx := context.Background()
	readOnly := connect(t, s, func(c *Config) { c.Token = "read-only" })
	unknown := connect(t, s, func(c *Config) { c.Token = "unknown" })
	archived := connect(t, s, func(c *Config) { c.Repository = "acme/archive" })
	off := connect(t, s, func(c *Config) { c.Repository = "acme/off" })
	s.AddRepository(ghfake.Repository{FullName: "acme/archive", Visibility: "private", HasIssues: true, Archived: true})
	s.AddRepository(ghfake.Repository{FullName: "acme/off", Visibility: "private"})
	create := func(c *Client) error { _, err := c.CreateIssue(ctx, NewIssue{Title: "a"}); return err }
	_, list := off.ListIssues(ctx, "")
	tests := []struct {
		err  error
		want string
	}{
		{create(readOnly), `creating an issue in acme/backlog: the token may not do that (GitHub says "Resource not accessible by integration"): add "issues: write" to permissions: of the job`},
		{create(unknown), `creating an issue in acme/backlog: GitHub does not know the token: it is wrong or has expired, check github-token (GitHub says 401 "Bad credentials")`},
		{create(archived), `creating an issue in acme/archive: the repository is archived: unarchive it, or set issues-repository to another (GitHub says 403 "Repository was archived so is read-only.")`},
		{create(off), `creating an issue in acme/off: issues are switched off: switch them on in the repository's settings, or set issues-repository to another (GitHub says 410 "Issues has been disabled in this repository.")`},
		{list, `listing issues of acme/off: issues are switched off: switch them on in the repository's settings, or set issues-repository to another (GitHub says 410 "Issues has been disabled in this repository.")`},
		{readOnly.CreateComment(ctx, 9, "a"), `commenting on issue #9: the token may not do that (GitHub says "Resource not accessible by integration"): add "issues: write" to permissions: of the job`},
		{connect(t, s).EditIssue(ctx, 9, Edit{Title: "a"}), `editing issue #9: not found, or not visible to the token (GitHub says 404 "Not Found")`},
		{&LimitError{Until: s.Now(), Reason: "GitHub's rate limit"}, `GitHub's rate limit until 2026-12-01T09:00:00Z: what is left is for the next run`},
	}
	for _, tt := range tests {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", tt.err, tt.want)
		}
	}
}

// marked is a body with a marker.
func marked(id string) string {
	return backlog.Marker{ID: id, State: "open", Hash: "0123456789abcdef"}.String() + "\n\ntext of " + id
}

func id(n int) string { return fmt.Sprintf("%016x", n) }

// nth is true for the nth request that is asked about.
func nth(n int) func(*http.Request) bool {
	seen := 0
	return func(r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/issues") {
			return false
		}
		seen++
		return seen == n
	}
}
