package ghfake

import (
	"cmp"
	"fmt"
	"strings"
)

// other is the same call about another repository.
func (c *call) other(r *Repository) *call {
	out := *c
	out.repo = r
	return &out
}

// pullEnd renders base or head. A fork that was deleted is null.
func (c *call) pullEnd(r *Repository, ref, sha string) map[string]any {
	out := map[string]any{
		"label": r.owner() + ":" + ref, "ref": ref, "sha": sha, "user": c.actor(Actor{Login: r.owner(), Type: "User"}), "repo": nil,
	}
	if !r.deleted {
		out["repo"] = c.other(r).fullRepository()
	}
	return out
}

func (c *call) pullRequest(i *Issue) map[string]any {
	out := c.issue(i, false)
	for _, only := range []string{"repository_url", "labels_url", "events_url", "timeline_url", "pull_request", "state_reason", "performed_via_github_app"} {
		delete(out, only)
	}
	p := i.pull
	url := fmt.Sprintf("%s/pulls/%d", c.repoURL(), i.Number)
	web := fmt.Sprintf("%s/%s/pull/%d", c.web, c.repo.FullName, i.Number)
	links := map[string]string{
		"self": url, "html": web, "issue": fmt.Sprintf("%s/issues/%d", c.repoURL(), i.Number),
		"comments":        fmt.Sprintf("%s/issues/%d/comments", c.repoURL(), i.Number),
		"review_comments": url + "/comments", "review_comment": c.repoURL() + "/pulls/comments{/number}",
		"commits": url + "/commits", "statuses": c.repoURL() + "/statuses/" + p.headSHA,
	}
	hrefs := map[string]any{}
	for name, to := range links {
		hrefs[name] = map[string]any{"href": to}
		if name != "self" && name != "html" {
			out[name+"_url"] = to
		}
	}
	out["_links"], out["url"], out["html_url"] = hrefs, url, web
	out["diff_url"], out["patch_url"] = web+".diff", web+".patch"
	out["base"], out["head"] = c.pullEnd(c.repo, p.baseRef, p.baseSHA), c.pullEnd(p.headRepo, p.headRef, p.headSHA)
	out["draft"], out["merged"], out["merged_at"], out["merged_by"] = p.draft, p.mergedAt != nil, nil, nil
	if p.mergedAt != nil {
		out["merged_at"], out["merged_by"] = stamp(*p.mergedAt), c.actor(p.mergedBy)
	}
	out["merge_commit_sha"], out["mergeable"], out["rebaseable"] = nil, nil, nil
	out["mergeable_state"], out["auto_merge"], out["maintainer_can_modify"] = "unknown", nil, false
	out["requested_reviewers"], out["requested_teams"] = []any{}, []any{}
	c.pullCounts(i, out)
	return out
}

func (c *call) pullCounts(i *Issue, out map[string]any) {
	added, deleted, comments := 0, 0, 0
	all := c.s.changes(c.repo, i.pull, i.pull.headSHA)
	for _, ch := range all {
		added, deleted = added+ch.additions, deleted+ch.deleted
	}
	for _, r := range i.pull.reviews {
		comments += len(r.Comments)
	}
	out["additions"], out["deletions"], out["changed_files"] = added, deleted, len(all)
	out["review_comments"], out["commits"] = comments, len(c.s.git.between(i.pull.baseSHA, i.pull.headSHA))
}

func (c *call) pullWeb(i *Issue) string {
	return fmt.Sprintf("%s/%s/pull/%d", c.web, c.repo.FullName, i.Number)
}

func (c *call) review(i *Issue, r *Review) map[string]any {
	web := fmt.Sprintf("%s#pullrequestreview-%d", c.pullWeb(i), r.ID)
	url := fmt.Sprintf("%s/pulls/%d", c.repoURL(), i.Number)
	return map[string]any{
		"id": r.ID, "node_id": nodeID("Review", r.ID), "user": c.actor(r.Author), "body": r.Body, "state": r.State, "commit_id": r.Commit,
		"html_url": web, "pull_request_url": url, "submitted_at": stamp(r.At), "author_association": c.association(r.Author),
		"_links": map[string]any{"html": map[string]any{"href": web}, "pull_request": map[string]any{"href": url}},
	}
}

// reviewComment leaves out the line where it is outdated.
func (c *call) reviewComment(i *Issue, r *Review, m *ReviewComment) map[string]any {
	self := fmt.Sprintf("%s/pulls/comments/%d", c.repoURL(), m.ID)
	web := fmt.Sprintf("%s#discussion_r%d", c.pullWeb(i), m.ID)
	url := fmt.Sprintf("%s/pulls/%d", c.repoURL(), i.Number)
	out := map[string]any{
		"id": m.ID, "node_id": nodeID("ReviewComment", m.ID), "url": self, "html_url": web, "pull_request_url": url,
		"pull_request_review_id": r.ID, "diff_hunk": c.hunk(i, m), "path": m.Path, "commit_id": i.pull.headSHA,
		"original_commit_id": m.Commit, "original_line": m.Line, "side": m.Side, "user": c.actor(m.Author), "body": m.Body,
		"created_at": stamp(m.At), "updated_at": stamp(m.At), "author_association": c.association(m.Author), "subject_type": "line",
		"_links": map[string]any{
			"self": map[string]any{"href": self}, "html": map[string]any{"href": web}, "pull_request": map[string]any{"href": url},
		},
	}
	if !m.Outdated {
		out["line"] = m.Line
		if m.StartLine != 0 {
			out["start_line"], out["start_side"] = m.StartLine, m.Side
		}
	}
	return out
}

// hunk is the start of the hunk that a comment stands in, as of its commit.
func (c *call) hunk(i *Issue, m *ReviewComment) string {
	for _, ch := range c.s.changes(c.repo, i.pull, m.Commit) {
		if ch.path == m.Path {
			head, _, _ := strings.Cut(ch.patch, "\n")
			return cmp.Or(head, "@@ @@")
		}
	}
	return "@@ @@"
}
