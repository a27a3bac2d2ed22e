package report

import "strconv"

// Limits of the section about workflows.
const (
	migrationShare = 60_000
	migrationRows  = 100
	unreadRows     = 30
)

// MigrationTable is the section about workflows that take static keys: one row a repository, and what could not be
// read. It is empty where there is nothing of either.
func MigrationTable(all []Migration) string {
	if len(all) == 0 {
		return ""
	}
	w := rows{limit: migrationShare}
	w.add("\n## Workflows to move to OIDC\n\n| Repository | With a patch | By hand | Secrets that can go | In the report |\n|---|---:|---:|---:|---|\n")
	shown := 0
	for _, m := range all[:min(len(all), migrationRows)] {
		if m.Folder != "" {
			shown++
			w.add("| " + Text(m.name()) + " | " + strconv.Itoa(m.Patched) + " | " + strconv.Itoa(m.ByHand) + " | " + strconv.Itoa(m.Secrets) + " | " + Code(m.Folder) + " |\n")
		}
	}
	w.left("repositories", len(all)-migrationRows)
	unread := unreadOf(all)
	switch {
	case shown == 0 && len(unread) == 0:
		return ""
	case shown == 0:
		w = rows{limit: migrationShare}
		w.add("\n## Workflows to move to OIDC\n\nNone was found in what could be read.\n")
	}
	for i, u := range unread[:min(len(unread), unreadRows)] {
		if i == 0 {
			w.add("\nNot read:\n\n")
		}
		w.add("- " + Text(u) + "\n")
	}
	w.left("places", len(unread)-unreadRows)
	return w.String()
}

func (m *Migration) name() string {
	if m.Repository == "" {
		return "this repository"
	}
	return m.Repository
}

func unreadOf(all []Migration) []string {
	var out []string
	for _, m := range all {
		for _, u := range m.Unread {
			out = append(out, m.name()+": "+u)
		}
	}
	return out
}

// addMigrations shows the same on the page.
func (p *page) addMigrations(all []Migration) {
	for _, m := range all[:min(len(all), migrationRows)] {
		if m.Folder != "" {
			p.Migrations = append(p.Migrations, pageMigration{clean(m.name(), textLimit), clean(m.Folder, textLimit), m.Patched, m.ByHand, m.Secrets})
		}
	}
	for _, u := range unreadOf(all) {
		if len(p.Unread) < unreadRows {
			p.Unread = append(p.Unread, clean(u, textLimit))
		}
	}
}
