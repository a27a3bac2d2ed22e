package ghfake

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
)

// The sizes in bytes up to which GitHub gives contents.
const (
	maxContents = 1 << 20   // in the answer about a path
	maxBlob     = 100 << 20 // at all
)

func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for n := range parts {
		parts[n] = url.PathEscape(parts[n])
	}
	return strings.Join(parts, "/")
}

const tooLarge = "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API, but you can always " +
	"clone the repository via Git in order to obtain the blob."

func refuseBlob() *reply {
	return jsonReply(http.StatusForbidden, map[string]any{
		"message": tooLarge, "documentation_url": docs,
		"errors": []any{map[string]any{"resource": "Blob", "field": "data", "code": "too_large"}},
	})
}

func (c *call) gitBlob() *reply {
	sha := c.path["file_sha"]
	content, ok := c.s.git.blobs[sha]
	if !ok {
		return fail(http.StatusNotFound, "Not Found")
	}
	if len(content) > c.s.blobLimit {
		return refuseBlob()
	}
	return jsonReply(http.StatusOK, map[string]any{
		"sha": sha, "node_id": nodeID("Blob", 1), "size": len(content), "url": c.repoURL() + "/git/blobs/" + sha,
		"encoding": "base64", "content": wrapped(base64.StdEncoding.EncodeToString([]byte(content))),
	})
}

// gitTree takes the id of a tree or of a commit, and a branch's name.
func (c *call) gitTree() *reply {
	sha := c.path["tree_sha"]
	if at := c.s.resolve(c.repo, sha); at != nil {
		sha = at.tree
	}
	if _, ok := c.s.git.trees[sha]; !ok {
		return fail(http.StatusNotFound, "Not Found")
	}
	all := c.treeRows(sha, "", c.query("recursive") != "")
	truncated := len(all) > c.s.treeLimit
	if truncated {
		all = all[:c.s.treeLimit]
	}
	return jsonReply(http.StatusOK, map[string]any{
		"sha": sha, "url": c.repoURL() + "/git/trees/" + sha, "tree": all, "truncated": truncated,
	})
}

func (c *call) treeRows(sha, above string, recursive bool) []any {
	out := []any{}
	for _, e := range c.s.git.trees[sha] {
		row := map[string]any{"path": above + e.name, "mode": e.mode, "type": e.kind(), "sha": e.sha}
		switch e.kind() {
		case "blob":
			row["size"], row["url"] = len(c.s.git.blobs[e.sha]), c.repoURL()+"/git/blobs/"+e.sha
		case "tree":
			row["url"] = c.repoURL() + "/git/trees/" + e.sha
		}
		out = append(out, row)
		if recursive && e.mode == modeFolder {
			out = append(out, c.treeRows(e.sha, above+e.name+"/", true)...)
		}
	}
	return out
}

var unsigned = map[string]any{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}

func (c *call) gitCommit() *reply {
	at := c.s.git.commits[c.path["commit_sha"]]
	if at == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	who := map[string]any{"name": at.by, "email": mail(at.by), "date": stamp(at.at)}
	return jsonReply(http.StatusOK, map[string]any{
		"sha": at.sha, "node_id": nodeID("Commit", at.at.Unix()), "url": c.repoURL() + "/git/commits/" + at.sha,
		"html_url": c.web + "/" + c.repo.FullName + "/commit/" + at.sha, "author": who, "committer": who, "message": at.message,
		"tree":    map[string]any{"sha": at.tree, "url": c.repoURL() + "/git/trees/" + at.tree},
		"parents": c.parents(at, "/git/commits/"), "verification": unsigned,
	})
}

func (c *call) parents(at *commit, below string) []any {
	out := []any{}
	for _, p := range at.parents {
		out = append(out, map[string]any{
			"sha": p, "url": c.repoURL() + below + p, "html_url": c.web + "/" + c.repo.FullName + "/commit/" + p,
		})
	}
	return out
}

// commit renders a commit as the lists of them do.
func (c *call) commit(at *commit) map[string]any {
	who := map[string]any{"name": at.by, "email": mail(at.by), "date": stamp(at.at)}
	url := c.repoURL() + "/commits/" + at.sha
	return map[string]any{
		"sha": at.sha, "node_id": nodeID("Commit", at.at.Unix()), "url": url, "comments_url": url + "/comments",
		"html_url": c.web + "/" + c.repo.FullName + "/commit/" + at.sha,
		"author":   c.person(at.by), "committer": c.person(at.by), "parents": c.parents(at, "/commits/"),
		"commit": map[string]any{
			"author": who, "committer": who, "message": at.message, "comment_count": 0, "verification": unsigned,
			"tree": map[string]any{"sha": at.tree, "url": c.repoURL() + "/git/trees/" + at.tree},
			"url":  c.repoURL() + "/git/commits/" + at.sha,
		},
	}
}

// oneCommit answers for a branch too. Its files are those that differ from the first parent.
func (c *call) oneCommit() *reply {
	at := c.s.resolve(c.repo, c.path["ref"])
	if at == nil {
		return fail(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.path["ref"])
	}
	out := c.commit(at)
	before := ""
	if len(at.parents) > 0 {
		before = c.s.git.commits[at.parents[0]].tree
	}
	all := c.s.git.diff(before, at.tree)
	added, deleted := 0, 0
	for _, ch := range all {
		added, deleted = added+ch.additions, deleted+ch.deleted
	}
	out["files"] = c.rows(all[:min(len(all), maxCompareFiles)], at.sha)
	out["stats"] = map[string]any{"additions": added, "deletions": deleted, "total": added + deleted}
	return jsonReply(http.StatusOK, out)
}

// compare answers with the commits by page, and with the files on the first page only.
func (c *call) compare() *reply {
	from, to, ok := strings.Cut(c.path["basehead"], "...")
	base, head := c.s.resolve(c.repo, from), c.s.resolve(c.repo, to)
	if !ok || base == nil || head == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	parted := c.s.git.mergeBase(base.sha, head.sha)
	if parted == "" {
		return fail(http.StatusNotFound, fmt.Sprintf("No common ancestor between %s and %s.", from, to))
	}
	ahead, behind := c.s.git.between(base.sha, head.sha), c.s.git.between(head.sha, base.sha)
	part, links := page(c, ahead)
	commits := []any{}
	for _, at := range part {
		commits = append(commits, c.commit(at))
	}
	web := fmt.Sprintf("%s/%s/compare/%s...%s", c.web, c.repo.FullName, base.sha, head.sha)
	out := map[string]any{
		"url": fmt.Sprintf("%s/compare/%s...%s", c.repoURL(), base.sha, head.sha), "html_url": web, "permalink_url": web,
		"diff_url": web + ".diff", "patch_url": web + ".patch", "base_commit": c.commit(base),
		"merge_base_commit": c.commit(c.s.git.commits[parted]), "status": relation(len(ahead), len(behind)),
		"ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "commits": commits,
	}
	if c.query("page") == "" || c.query("page") == "1" {
		all := c.s.git.diff(c.s.git.commits[parted].tree, head.tree)
		out["files"] = c.rows(all[:min(len(all), maxCompareFiles)], head.sha)
	}
	r := jsonReply(http.StatusOK, out)
	if links != "" {
		r.header.Set("Link", links)
	}
	return r
}

func relation(ahead, behind int) string {
	switch {
	case ahead > 0 && behind > 0:
		return "diverged"
	case ahead > 0:
		return "ahead"
	case behind > 0:
		return "behind"
	}
	return "identical"
}

// contents answers for a path at a commit. A repository without commits has its Files, at every ref.
func (c *call) contents() *reply {
	p := c.path["path"]
	if len(c.repo.branches) == 0 {
		text, ok := c.repo.Files[p]
		if !ok {
			return fail(http.StatusNotFound, "Not Found")
		}
		return jsonReply(http.StatusOK, c.fileContents(p, objectID("blob", text), text))
	}
	ref := c.query("ref")
	if ref == "" {
		ref = DefaultBranch
	}
	at := c.s.resolve(c.repo, ref)
	if at == nil {
		return fail(http.StatusNotFound, "No commit found for the ref "+ref)
	}
	e, ok := c.s.git.entry(at.tree, p)
	if !ok {
		return fail(http.StatusNotFound, "Not Found")
	}
	return c.contentsOf(at, p, e)
}

func (c *call) contentsOf(at *commit, p string, e treeEntry) *reply {
	text := c.s.git.blobs[e.sha]
	switch e.mode {
	case modeFolder:
		items := []any{}
		for _, inside := range c.s.git.trees[e.sha] {
			kind := map[string]string{"tree": "dir", "commit": "submodule", "blob": "file"}[inside.kind()]
			items = append(items, c.contentHead(p+"/"+inside.name, inside.sha, kind, len(c.s.git.blobs[inside.sha])))
		}
		return jsonReply(http.StatusOK, items)
	case ModeSubmodule:
		out := c.contentHead(p, e.sha, "submodule", 0)
		out["submodule_git_url"] = "https://example.test/elsewhere.git"
		return jsonReply(http.StatusOK, out)
	case ModeSymlink: // one that leads to a file of the repository is followed
		to, ok := c.s.git.entry(at.tree, path.Join(path.Dir(p), text))
		if ok && to.kind() == "blob" && to.mode != ModeSymlink {
			return c.contentsOf(at, p, to)
		}
		out := c.contentHead(p, e.sha, "symlink", len(text))
		out["target"] = text
		return jsonReply(http.StatusOK, out)
	}
	if len(text) > c.s.blobLimit {
		return refuseBlob()
	}
	return jsonReply(http.StatusOK, c.fileContents(p, e.sha, text))
}

// contentHead is what all kinds of contents have.
func (c *call) contentHead(p, sha, kind string, size int) map[string]any {
	self := c.repoURL() + "/contents/" + escapePath(p)
	git := c.repoURL() + "/git/blobs/" + sha
	web := c.web + "/" + c.repo.FullName + "/blob/main/" + escapePath(p)
	return map[string]any{
		"type": kind, "size": size, "name": path.Base(p), "path": p, "sha": sha, "url": self, "git_url": git, "html_url": web,
		"download_url": c.web + "/raw/" + c.repo.FullName + "/" + escapePath(p),
		"_links":       map[string]any{"self": self, "git": git, "html": web},
	}
}

// fileContents leaves the content of a large file out.
func (c *call) fileContents(p, sha, text string) map[string]any {
	out := c.contentHead(p, sha, "file", len(text))
	out["encoding"], out["content"] = "base64", wrapped(base64.StdEncoding.EncodeToString([]byte(text)))
	if len(text) > maxContents {
		out["encoding"], out["content"] = "none", ""
	}
	return out
}

// wrapped breaks base64 into lines, as GitHub sends it.
func wrapped(s string) string {
	var b strings.Builder
	for len(s) > 60 {
		b.WriteString(s[:60] + "\n")
		s = s[60:]
	}
	return b.String() + s + "\n"
}

// SetTreeLimit sets how many entries one answer about a tree has at most; what is beyond is truncated.
func (s *Server) SetTreeLimit(n int) { s.mu.Lock(); defer s.mu.Unlock(); s.treeLimit = n }

// SetBlobLimit sets how large a blob may be, in bytes, to be given out.
func (s *Server) SetBlobLimit(n int) { s.mu.Lock(); defer s.mu.Unlock(); s.blobLimit = n }

// textOf is a blob as GraphQL shows it: no text where it is binary, and the start where it is long.
func textOf(content string) (text any, isBinary, truncated bool) {
	if binary(content) || !utf8.ValidString(content) {
		return nil, true, false
	}
	if len(content) <= maxText {
		return content, false, false
	}
	return strings.ToValidUTF8(content[:maxText], ""), false, true
}

// maxText is how much of a blob GraphQL shows, in bytes.
const maxText = 512 << 10
