package ghapi

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/ghfake"
)

// withQueries gives a client the address of the fake's GraphQL API.
func withQueries(s *ghfake.Server) func(*Config) {
	return func(c *Config) { c.GraphQLURL = s.URL + "/graphql" }
}

const query = "POST /graphql"

func TestFolders(t *testing.T) {
	s := ghfake.New(t)
	sha := s.Push(backlogRepo, "main", kinds().With(ghfake.Texts(map[string]string{
		"infra/binary": "a\x00b", "infra/latin": "\xe9", "infra/empty": "", "infra/long": strings.Repeat("x", 600_000), "infra/ünï code": "u\n",
		"infra/deeper/a.tf": "a", `odd "quoted" $d0 {dir}/b.tf`: "b",
	})))
	s.Push(backlogRepo, "main", ghfake.Texts(map[string]string{"readme": "later"}))
	c := connect(t, s, withQueries(s))
	odd := `odd "quoted" $d0 {dir}`
	got, err := c.Folders(t.Context(), sha, []string{"infra", "", "nothing", odd, "readme"})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{}
	for dir, files := range got {
		for _, f := range files {
			lines[dir] = append(lines[dir], fmt.Sprintf("%s %s %s %d %v %q", f.Mode, f.Type, f.Name, f.Size, f.Whole, f.Text))
		}
	}
	want := map[string][]string{
		"infra": {
			`100644 blob binary 3 false ""`, `040000 tree deeper 0 false ""`, `100644 blob empty 0 true ""`, `100644 blob latin 1 false ""`,
			`100644 blob long 600000 false ""`, `100644 blob main.tf 12 true "resource {}\n"`, `100644 blob ünï code 2 true "u\n"`,
		},
		"": {
			`040000 tree infra 0 false ""`, `120000 blob link 16 true "../../etc/passwd"`, `040000 tree odd "quoted" $d0 {dir} 0 false ""`,
			`100644 blob readme 1 true "x"`, `100755 blob run 3 true "#!\n"`, `160000 commit sub 0 false ""`,
		},
		odd: {`100644 blob b.tf 1 true "b"`},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if ops := s.Operations(); len(ops) != 1 || ops[query] != 1 || len(s.Writes()) != 0 {
		t.Errorf("requests: %v, writes %d", ops, len(s.Writes()))
	}
}

// folders is a fake with so many folders of a file each, and their names.
func folders(t *testing.T, n int) (s *ghfake.Server, sha string, dirs []string) {
	t.Helper()
	s = ghfake.New(t)
	tree := ghfake.Tree{}
	for i := range n {
		dirs = append(dirs, fmt.Sprintf("d%02d", i))
		tree[dirs[i]+"/main.tf"] = ghfake.File{Content: dirs[i]}
	}
	return s, s.Push(backlogRepo, "main", tree), dirs
}

// TestFoldersAtOnce: one query for up to 100 folders.
func TestFoldersAtOnce(t *testing.T) {
	s, sha, dirs := folders(t, 201)
	c := connect(t, s, withQueries(s))
	for n, want := range map[int]int{0: 0, 1: 1, 100: 1, 101: 2, 200: 2, 201: 3} {
		s.ResetLog()
		got, err := c.Folders(t.Context(), sha, dirs[:n])
		if err != nil || len(got) != n || s.Operations()[query] != want {
			t.Errorf("%d folders: got %d by %d queries, want %d: %v", n, len(got), s.Operations()[query], want, err)
		}
		for _, dir := range dirs[:n] {
			if f := got[dir]; len(f) != 1 || f[0].Text != dir {
				t.Errorf("%s: %v", dir, f)
			}
		}
	}
}

// TestFoldersInHalves: what GitHub cannot answer at once is asked for in smaller parts, and a lost answer again.
func TestFoldersInHalves(t *testing.T) {
	tests := []struct {
		name   string
		faults []ghfake.Fault
		want   int // queries
	}{
		{"a time-out", []ghfake.Fault{{Kind: ghfake.QueryTimeout}}, 3},
		{"time-outs down to one", []ghfake.Fault{{Kind: ghfake.QueryTimeout, Times: 3}}, 7},
		{"a gateway", []ghfake.Fault{{Kind: ghfake.BadGateway, Times: 4}}, 6},
		{"a gateway that comes back", []ghfake.Fault{{Kind: ghfake.BadGateway, Times: 2}}, 3},
		{"a lost answer", []ghfake.Fault{{Kind: ghfake.AnswerLost}}, 2},
		{"a cut answer", []ghfake.Fault{{Kind: ghfake.AnswerCut}}, 2},
		{"a secondary limit", []ghfake.Fault{{Kind: ghfake.Secondary}}, 2},
	}
	for _, tt := range tests {
		s, sha, dirs := folders(t, 8)
		c := connect(t, s, withQueries(s))
		for _, f := range tt.faults {
			s.Inject(f)
		}
		got, err := c.Folders(t.Context(), sha, dirs)
		if n := len(s.Requests()); err != nil || len(got) != 8 || n != tt.want {
			t.Errorf("%s: %d folders by %d queries, want %d: %v", tt.name, len(got), n, tt.want, err)
		}
	}
}

// TestFoldersRefused: an answer with errors is an error, though its status is 200.
func TestFoldersRefused(t *testing.T) {
	at := ghfake.New(nil).Now()
	tests := []struct {
		name  string
		set   func(*ghfake.Server)
		token string
		want  string
	}{
		{"the limit", func(s *ghfake.Server) { s.Inject(ghfake.Fault{Kind: ghfake.QueryLimited, RetryAfter: 1800}) }, "", "limit until"},
		{"always too long", func(s *ghfake.Server) { s.Inject(ghfake.Fault{Kind: ghfake.QueryTimeout, Times: -1}) }, "", "timeout"},
		{"no permission", func(s *ghfake.Server) {
			s.AddToken("weak", ghfake.Identity{Actor: ghfake.Actor{Login: "app[bot]", Type: "Bot"}})
		}, "weak", "permission contents: read"},
		{"a wrong token", nil, "nobody's", "status 401"},
		{"no such repository", func(s *ghfake.Server) {
			s.Change(backlogRepo, func(r *ghfake.Repository) { r.FullName = "acme/elsewhere" })
		}, "", "NOT_FOUND"},
	}
	for _, tt := range tests {
		s, sha, dirs := folders(t, 2)
		if tt.set != nil {
			tt.set(s)
		}
		c := connect(t, s, withQueries(s), func(c *Config) {
			if tt.token != "" {
				c.Token = tt.token
			}
		})
		_, err := c.Folders(t.Context(), sha, dirs)
		if err == nil || !strings.Contains(verdict(err)+" "+err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		var limit *LimitError
		if errors.As(err, &limit) && limit.Until.Sub(at) < 30*time.Minute {
			t.Errorf("%s: until %v", tt.name, limit.Until)
		}
		if tt.name == "no such repository" && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestWithoutGraphQL(t *testing.T) {
	s, sha, dirs := folders(t, 1)
	for _, address := range []string{"", "graphql", "::"} {
		c := connect(t, s, func(c *Config) { c.GraphQLURL = address })
		if c.HasGraphQL() {
			t.Errorf("%q counts as an address", address)
		}
		if _, err := c.Folders(t.Context(), sha, dirs); err == nil {
			t.Errorf("%q: no error", address)
		}
	}
	if len(s.Requests()) != 0 {
		t.Errorf("requests: %v", s.Requests())
	}
}

// TestQueriesAreReads: a query waits for no pause between writes and is not kept from the reserve.
func TestQueriesAreReads(t *testing.T) {
	s, sha, dirs := folders(t, 1)
	s.SetRate(5000, 5, s.Now().Add(time.Hour))
	c := connect(t, s, withQueries(s), func(c *Config) { c.WriteInterval = time.Minute })
	if _, err := c.Repository(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := s.Now()
	for range 3 {
		if _, err := c.Folders(t.Context(), sha, dirs); err != nil {
			t.Error(err)
		}
	}
	if waited := s.Now().Sub(before); waited != 0 {
		t.Errorf("waited %v", waited)
	}
	if _, writes := c.tr.counts(); writes != 0 {
		t.Errorf("%d writes", writes)
	}
	if n := s.Operations()[query]; n != 3 {
		t.Errorf("%d queries", n)
	}
}

// TestQueryAnswers: what is no answer of the GraphQL API is an error, not an empty folder.
func TestQueryAnswers(t *testing.T) {
	for body, want := range map[string]string{
		``:                                  "EOF",
		`<html>`:                            "invalid character",
		`{"data":null}`:                     "no such repository",
		`{"data":{"repository":null}}`:      "no such repository",
		`{"data":{"repository":{"d0":[]}}}`: "cannot unmarshal",
		`{"errors":[{"message":"` + testToken + `"}]}`: "***",
	} {
		r := newRig(t, false, func(c *Config) { c.GraphQLURL = c.APIURL + "/graphql" }, step{status: 200, body: body})
		_, err := r.Folders(t.Context(), "abc", []string{"a"})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), testToken) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func TestViewer(t *testing.T) {
	person := ghfake.Identity{Actor: ghfake.Actor{Login: "alice", Type: "User"}}
	app := ghfake.Identity{Actor: ghfake.Actor{Login: "our-app[bot]", Type: "Bot"}}
	tests := []struct {
		name    string
		id      *ghfake.Identity
		queries bool
		fault   ghfake.FaultKind
		want    string
		ops     string
	}{
		{"a workflow", nil, true, "", ghfake.WorkflowBot, "POST /graphql"},
		{"a workflow, without GraphQL", nil, false, "", ghfake.WorkflowBot, "GET /user"},
		{"a person", &person, true, "", "alice", "POST /graphql"},
		{"a person, without GraphQL", &person, false, "", "alice", "GET /user"},
		{"an app", &app, true, "", "our-app[bot]", "POST /graphql"},
		{"GraphQL does not answer", nil, true, ghfake.QueryTimeout, ghfake.WorkflowBot, "POST /graphql GET /user"},
	}
	for _, tt := range tests {
		s := ghfake.New(t)
		if tt.id != nil {
			s.AddToken(ghfake.DefaultToken, *tt.id)
		}
		if tt.fault != "" {
			s.Inject(ghfake.Fault{Kind: tt.fault})
		}
		c := connect(t, s, func(c *Config) {
			if tt.queries {
				withQueries(s)(c)
			}
		})
		for range 2 {
			if got, err := c.Viewer(t.Context()); got != tt.want || err != nil {
				t.Errorf("%s: %q %v, want %q", tt.name, got, err, tt.want)
			}
		}
		var ops []string
		for _, r := range s.Requests() {
			ops = append(ops, r.Method+" "+r.Path)
		}
		if got := strings.Join(ops, " "); got != tt.ops {
			t.Errorf("%s: asked %s, want %s", tt.name, got, tt.ops)
		}
	}
	s := ghfake.New(t)
	c := connect(t, s, withQueries(s), func(c *Config) { c.Token = "nobody's" })
	if who, err := c.Viewer(t.Context()); !errors.Is(err, ErrBadCredentials) || who != "" {
		t.Errorf("a wrong token: %q %v", who, err)
	}
	s.Inject(ghfake.Fault{Kind: ghfake.BadGateway, Times: -1})
	c = connect(t, s)
	if who, err := c.Viewer(t.Context()); err == nil || who != "" {
		t.Errorf("nobody answers: %q %v", who, err)
	}
}
