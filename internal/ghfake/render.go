package ghfake

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// What GitHub's objects look like. Only what the description requires and what clients read is there.

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func nodeID(kind string, id int64) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%d", kind, id))
}

// fields makes a map of URLs below base out of "name path" lines.
func fields(base, lines string) map[string]any {
	out := map[string]any{}
	for line := range strings.Lines(lines) {
		if name, path, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			out[name] = base + path
		}
	}
	return out
}

const userURLs = `
	url /
	followers_url /followers
	following_url /following{/other_user}
	gists_url /gists{/gist_id}
	starred_url /starred{/owner}{/repo}
	subscriptions_url /subscriptions
	organizations_url /orgs
	repos_url /repos
	events_url /events{/privacy}
	received_events_url /received_events`

func (c *call) actor(a Actor) map[string]any {
	path := strings.NewReplacer("[", "%5B", "]", "%5D").Replace(a.Login)
	out := fields(c.base+"/users/"+path, userURLs)
	id := int64(1)
	for _, r := range a.Login { // stable, and different for different people
		id = (id*31 + int64(r)) % 100_000_000
	}
	out["login"], out["type"], out["id"], out["node_id"] = a.Login, a.Type, id, nodeID("User", id)
	out["avatar_url"], out["gravatar_id"] = c.web+"/avatars/"+path, ""
	out["html_url"], out["site_admin"], out["user_view_type"] = c.web+"/"+path, false, "public"
	return out
}

// person is an actor known by login alone.
func (c *call) person(login string) map[string]any {
	kind := "User"
	if c.s.bots[login] {
		kind = "Bot"
	}
	return c.actor(Actor{Login: login, Type: kind})
}

func (c *call) repoURL() string { return c.base + "/repos/" + c.repo.FullName }

func (c *call) association(a Actor) string {
	switch {
	case a.Type == "Bot":
		return "NONE"
	case strings.EqualFold(a.Login, c.repo.owner()):
		return "OWNER"
	case c.repo.Collaborators[a.Login] != "":
		return "COLLABORATOR"
	}
	return "NONE"
}

// issue renders an issue; closer says whether closed_by is in it, which only the answer about one issue has.
func (c *call) issue(i *Issue, closer bool) map[string]any {
	url := fmt.Sprintf("%s/issues/%d", c.repoURL(), i.Number)
	out := map[string]any{
		"id": i.ID, "node_id": nodeID("Issue", i.ID), "number": i.Number, "title": i.Title, "body": i.Body,
		"state": i.State, "state_reason": orNull(i.StateReason), "locked": i.Locked, "user": c.actor(i.Author),
		"url": url, "repository_url": c.repoURL(), "labels_url": url + "/labels{/name}", "comments_url": url + "/comments",
		"events_url": url + "/events", "timeline_url": url + "/timeline",
		"html_url": fmt.Sprintf("%s/%s/issues/%d", c.web, c.repo.FullName, i.Number),
		"labels":   c.labelsOf(i), "assignee": nil, "milestone": nil, "comments": len(i.Comments),
		"created_at": stamp(i.CreatedAt), "updated_at": stamp(i.UpdatedAt), "closed_at": nil,
		"author_association": c.association(i.Author), "active_lock_reason": nil, "performed_via_github_app": nil,
	}
	assignees := []any{}
	for _, login := range i.Assignees {
		assignees = append(assignees, c.person(login))
	}
	out["assignees"] = assignees
	if len(assignees) > 0 {
		out["assignee"] = assignees[0]
	}
	if i.ClosedAt != nil {
		out["closed_at"] = stamp(*i.ClosedAt)
	}
	if closer {
		out["closed_by"] = nil
		if i.ClosedBy != nil {
			out["closed_by"] = c.actor(*i.ClosedBy)
		}
	}
	if i.PullRequest {
		pull := fmt.Sprintf("%s/%s/pull/%d", c.web, c.repo.FullName, i.Number)
		out["pull_request"] = map[string]any{
			"url": fmt.Sprintf("%s/pulls/%d", c.repoURL(), i.Number), "html_url": pull,
			"diff_url": pull + ".diff", "patch_url": pull + ".patch", "merged_at": nil,
		}
	}
	return out
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (c *call) labelsOf(i *Issue) []any {
	out := []any{}
	for _, name := range i.Labels {
		if l := c.repo.label(name); l != nil {
			out = append(out, c.label(l))
		}
	}
	return out
}

func (c *call) label(l *Label) any {
	return map[string]any{
		"id": l.ID, "node_id": nodeID("Label", l.ID), "name": l.Name, "color": l.Color, "default": false,
		"description": orNull(l.Description), "url": c.repoURL() + "/labels/" + strings.ReplaceAll(l.Name, " ", "%20"),
	}
}

func (c *call) comment(i *Issue, m *Comment) map[string]any {
	return map[string]any{
		"id": m.ID, "node_id": nodeID("IssueComment", m.ID), "body": m.Body, "user": c.actor(m.Author),
		"url":        fmt.Sprintf("%s/issues/comments/%d", c.repoURL(), m.ID),
		"issue_url":  fmt.Sprintf("%s/issues/%d", c.repoURL(), i.Number),
		"html_url":   fmt.Sprintf("%s/%s/issues/%d#issuecomment-%d", c.web, c.repo.FullName, i.Number, m.ID),
		"created_at": stamp(m.CreatedAt), "updated_at": stamp(m.UpdatedAt),
		"author_association": c.association(m.Author), "performed_via_github_app": nil,
	}
}

// event renders an entry of the history as both lists of it do.
func (c *call) event(e Event) map[string]any {
	out := map[string]any{
		"id": e.ID, "node_id": nodeID("Event", e.ID), "event": e.Event, "actor": c.actor(e.Actor), "created_at": stamp(e.At),
		"url": fmt.Sprintf("%s/issues/events/%d", c.repoURL(), e.ID), "commit_id": nil, "commit_url": nil,
		"performed_via_github_app": nil,
	}
	if e.Label != "" {
		color := "ededed"
		if l := c.repo.label(e.Label); l != nil {
			color = l.Color
		}
		out["label"] = map[string]any{"name": e.Label, "color": color}
	}
	if e.StateReason != "" {
		out["state_reason"] = e.StateReason
	}
	if e.To != "" {
		out["rename"] = map[string]any{"from": e.From, "to": e.To}
	}
	if e.Assignee != "" {
		out["assignee"] = c.person(e.Assignee)
		out["assigner"] = c.actor(e.Actor)
	}
	return out
}

const repositoryURLs = `
	url /
	archive_url /{archive_format}{/ref}
	assignees_url /assignees{/user}
	blobs_url /git/blobs{/sha}
	branches_url /branches{/branch}
	collaborators_url /collaborators{/collaborator}
	comments_url /comments{/number}
	commits_url /commits{/sha}
	compare_url /compare/{base}...{head}
	contents_url /contents/{+path}
	contributors_url /contributors
	deployments_url /deployments
	downloads_url /downloads
	events_url /events
	forks_url /forks
	git_commits_url /git/commits{/sha}
	git_refs_url /git/refs{/sha}
	git_tags_url /git/tags{/sha}
	hooks_url /hooks
	issue_comment_url /issues/comments{/number}
	issue_events_url /issues/events{/number}
	issues_url /issues{/number}
	keys_url /keys{/key_id}
	labels_url /labels{/name}
	languages_url /languages
	merges_url /merges
	milestones_url /milestones{/number}
	notifications_url /notifications{?since,all,participating}
	pulls_url /pulls{/number}
	releases_url /releases{/id}
	stargazers_url /stargazers
	statuses_url /statuses/{sha}
	subscribers_url /subscribers
	subscription_url /subscription
	tags_url /tags
	teams_url /teams
	trees_url /git/trees{/sha}`

func (c *call) fullRepository() map[string]any {
	r := c.repo
	out := fields(c.repoURL(), repositoryURLs)
	for _, zero := range strings.Fields("forks forks_count size stargazers_count watchers watchers_count network_count subscribers_count") {
		out[zero] = 0
	}
	for _, no := range strings.Fields("disabled has_wiki has_pages has_projects has_discussions has_downloads") {
		out[no] = false
	}
	for _, none := range strings.Fields("description homepage language license mirror_url") {
		out[none] = nil
	}
	open := 0
	for _, i := range r.issues {
		if i.State == "open" {
			open++
		}
	}
	out["id"], out["node_id"] = r.id, nodeID("Repository", r.id)
	out["name"], out["full_name"], out["owner"] = r.name(), r.FullName, c.actor(Actor{Login: r.owner(), Type: "Organization"})
	out["private"], out["has_issues"], out["archived"] = r.Visibility != "public", r.HasIssues, r.Archived
	if r.Visibility != "" {
		out["visibility"] = r.Visibility
	}
	out["open_issues"], out["open_issues_count"], out["default_branch"] = open, open, "main"
	web := c.web + "/" + r.FullName
	out["html_url"], out["clone_url"], out["svn_url"] = web, web+".git", web
	out["git_url"], out["ssh_url"] = "git:"+strings.TrimPrefix(web, "http:")+".git", "git@example.test:"+r.FullName+".git"
	for _, at := range []string{"pushed_at", "created_at", "updated_at"} {
		out[at] = stamp(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	push := c.id.Permissions["contents"] == "write"
	out["fork"] = r.forkOf != nil
	out["permissions"] = map[string]any{"admin": false, "maintain": false, "push": push, "triage": push, "pull": true}
	return out
}
