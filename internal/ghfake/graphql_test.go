package ghfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
