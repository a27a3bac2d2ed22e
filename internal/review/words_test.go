package review

import (
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/declare"
)

var kinds = []declare.Kind{
	declare.User, declare.AccessKey, declare.LoginProfile, declare.ServiceCredential, declare.SSHKey, declare.Certificate,
	declare.HardcodedKey, declare.StaticKeyUse,
}

func TestEveryKindHasWords(t *testing.T) {
	advice := map[string]declare.Kind{}
	for _, k := range kinds {
		c := user("x", "a.tf", 1)
		c.Kind = k
		v := Judge(input(c))
		if kindWords(k) == string(k) || reasons(v.Added) == "" || !strings.Contains(v.headline(), "adds 1 "+kindWords(k)) {
			t.Errorf("%s: %q, %q, %q", k, kindWords(k), reasons(v.Added), v.headline())
		}
		if other, ok := advice[generalAdvice(k)]; ok && k != declare.LoginProfile {
			t.Errorf("%s and %s have one advice", k, other)
		}
		advice[generalAdvice(k)] = k
	}
	c := user("x", "a.tf", 1)
	c.Kind, c.Name = "new-kind", ""
	if got := Judge(input(c)).headline(); got != "this pull request adds 1 other credential" {
		t.Error(got)
	}
}

func TestNumbers(t *testing.T) {
	three := user("x", "a.tf", 1)
	three.Count = 3
	thousand := key("k", "a.tf", 2)
	thousand.Count = 1234
	for _, tt := range []struct {
		changes []declare.Change
		want    string
	}{
		{[]declare.Change{three}, "3 IAM users"},
		{[]declare.Change{thousand, three}, "3 IAM users and 1,234 access keys"},
		{[]declare.Change{thousand, three, func() declare.Change { c := three; c.Kind, c.Count = declare.HardcodedKey, 0; return c }()}, "3 IAM users, 1,234 access keys and 1 hard-coded access key id"},
	} {
		if got := amounts(Judge(input(tt.changes...)).Added); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// TestLinks: a link is made of what can stand in one, and of nothing else.
func TestLinks(t *testing.T) {
	row := Row{Change: user("x", "a b/[x]_(y).tf", 7)}
	const text = "`a b/[x]_(y).tf:7`"
	for _, tt := range []struct{ name, server, repository, head, want string }{
		{"github.com", "https://github.com", "acme/infra", headSHA, "[" + text + "](https://github.com/acme/infra/blob/" + headSHA + "/a%20b/%5Bx%5D%5F%28y%29.tf#L7)"},
		{"a server of one's own", "http://127.0.0.1:8080/", "acme/infra", headSHA, "[" + text + "](http://127.0.0.1:8080/acme/infra/blob/" + headSHA + "/a%20b/%5Bx%5D%5F%28y%29.tf#L7)"},
		{"folders", "https://github.com", "acme/infra", "", text},
		{"a branch", "https://github.com", "acme/infra", "main", text},
		{"no server", "", "acme/infra", headSHA, text},
		{"no address", "javascript:alert(1)", "acme/infra", headSHA, text},
		{"no repository", "https://github.com", "acme/infra)[x](y", headSHA, text},
	} {
		if got := newLinks(tt.server, tt.repository, tt.head).cell(row); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	row.Change.Change = declare.Removed
	if got := newLinks("https://github.com", "acme/infra", headSHA).cell(row); got != text {
		t.Errorf("what is gone from the head is linked there: %s", got)
	}
}

// TestFolders: two folders have no commits, and nobody to ask.
func TestFolders(t *testing.T) {
	in := input(user("alice", "users.tf", 1))
	in.Outcome.Base, in.Outcome.Head, in.Pull = "", "", nil
	v := Judge(in)
	for _, said := range []string{v.Summary(), v.Terminal(false)} {
		if strings.Contains(said, "Compared") || strings.Contains(said, "→") || strings.Contains(said, LabelApproved) || !strings.Contains(said, "This change adds 1 IAM user.") {
			t.Error(said)
		}
	}
	in.Outcome.Base, in.Outcome.Head = "main", "feature/x"
	if got := Judge(in).Terminal(false); !strings.HasPrefix(got, "keysweep review  main → feature/x\n") {
		t.Error(got)
	}
}

// TestParseMemory: a line with an impossible value remembers nothing at all.
func TestParseMemory(t *testing.T) {
	const id = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, tt := range []struct {
		line string
		ok   bool
	}{
		{`<!-- keysweep:memory {"written":1,"shown":[]} -->`, true},
		{`<!-- keysweep:memory {"written":1,"shown":[{"at":1,"ids":"` + id + `"}]} -->`, true},
		{`<!-- keysweep:memory {"written":1,"shown":[{"at":1,"ids":"` + id + `","approved":"` + id + `"}]} -->`, false},
		{`<!-- keysweep:memory {"written":1,"shown":[{"at":1,"ids":"` + id[1:] + `"}]} -->`, false},
		{`<!-- keysweep:memory {"written":1,"shown":[{"at":1,"approved":"` + id[1:] + `1"}]} -->`, false},
		{`<!-- keysweep:memory {"written":"x"} -->`, false},
		{`<!-- keysweep:memory {"written":1,"shown":[]}`, false},
		{`<!-- keysweep:memory -->`, false},
		{` <!-- keysweep:memory {"written":1,"shown":[]} -->`, false},
	} {
		if _, ok := parseMemory(tt.line); ok != tt.ok {
			t.Errorf("%s: %v", tt.line, ok)
		}
	}
}
