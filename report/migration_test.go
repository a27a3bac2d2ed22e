package report

import (
	"fmt"
	"strings"
	"testing"
)

func TestMigrationTable(t *testing.T) {
	if got := MigrationTable(nil) + MigrationTable([]Migration{{Repository: "acme/app"}}); got != "" {
		t.Errorf("nothing was made, and it says %q", got)
	}
	got := MigrationTable([]Migration{
		{Repository: "acme/app", Folder: "migration/acme/app", Patched: 2, ByHand: 1, Secrets: 4},
		{Folder: "migration/this-repository", ByHand: 1},
		{Repository: "acme/missing", Unread: []string{"not found"}},
	})
	for _, want := range []string{
		"| acme/app | 2 | 1 | 4 | `migration/acme/app` |\n", "| this repository | 0 | 1 | 0 | `migration/this-repository` |\n", "Not read:\n\n- acme/missing: not found\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if got := MigrationTable([]Migration{{Repository: "a/b", Unread: []string{"gone"}}}); strings.Contains(got, "|") || !strings.Contains(got, "a/b: gone") {
		t.Errorf("without a row: %q", got)
	}
}

// TestMigrationTableIsTame holds that a path of a repository can become nothing but text, and that the section stays short.
func TestMigrationTableIsTame(t *testing.T) {
	var all []Migration
	for i := range 3000 {
		all = append(all, Migration{
			Repository: fmt.Sprintf("a/%d@octocat|<b>", i), Folder: "x`@octocat`\n## y|" + strings.Repeat("z", 500), Unread: []string{"<!-- x -->\n@octocat ::error::"},
		})
	}
	got := MigrationTable(all)
	if len(got) > migrationShare+1000 {
		t.Errorf("%d bytes", len(got))
	}
	mustBeTame(t, got)
	page, err := HTML(Data{Migrations: all})
	if err != nil || strings.Contains(string(page), "<b>|") || strings.Contains(string(page), "<!-- x") || !strings.Contains(string(page), "Workflows to move to OIDC") {
		t.Errorf("the page: %v", err)
	}
}
