package ghapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The visibilities of a repository.
const (
	VisibilityPublic   = "public"
	VisibilityPrivate  = "private"
	VisibilityInternal = "internal"
	VisibilityUnknown  = "unknown"
)

// Repository is what GitHub tells about a repository.
type Repository struct {
	FullName   string // now; another than asked for when it was renamed or transferred
	ID         int64  // 0 where GitHub does not say it
	OwnerID    int64
	Visibility string // public, private, internal or unknown
	HasIssues  bool
	Archived   bool
	// DefaultBranch is the branch that it calls its own; empty where it has none.
	DefaultBranch string
	// Permissions are of the token's own user, by GitHub's words (admin, push, pull, …); of a workflow's
	// token they say little.
	Permissions map[string]bool
}

// Repository looks the repository up. Where it has a new name, the client goes on with that: GitHub
// redirects reads from the old one, but writes are not redirected. The first answer is kept.
func (c *Client) Repository(ctx context.Context) (Repository, error) {
	if c.repository != nil {
		return *c.repository, nil
	}
	var r struct {
		ID    int64 `json:"id"`
		Owner struct {
			ID int64 `json:"id"`
		} `json:"owner"`
		FullName    string          `json:"full_name"`
		Private     *bool           `json:"private"`
		Visibility  string          `json:"visibility"`
		HasIssues   bool            `json:"has_issues"`
		Archived    bool            `json:"archived"`
		Branch      string          `json:"default_branch"`
		Permissions map[string]bool `json:"permissions"`
	}
	if _, err := c.do(ctx, "looking up repository "+c.Name(), http.MethodGet, c.path(), nil, &r); err != nil {
		return Repository{}, err
	}
	if owner, name, ok := strings.Cut(r.FullName, "/"); ok && !strings.EqualFold(r.FullName, c.Name()) {
		c.log.Info("the repository has another name now", "before", c.Name(), "now", r.FullName)
		c.owner, c.name = owner, name
	}
	c.repository = &Repository{
		FullName: c.Name(), ID: r.ID, OwnerID: r.Owner.ID, Visibility: visibility(r.Visibility, r.Private),
		HasIssues: r.HasIssues, Archived: r.Archived, DefaultBranch: r.Branch, Permissions: r.Permissions,
	}
	return *c.repository, nil
}

// visibility trusts no answer that contradicts itself: what is not surely closed counts as unknown.
func visibility(word string, private *bool) string {
	switch {
	case word == VisibilityPublic || private != nil && !*private:
		return VisibilityPublic
	case private != nil && (word == VisibilityPrivate || word == VisibilityInternal):
		return word
	case private != nil && word == "": // an enterprise server of old
		return VisibilityPrivate
	}
	return VisibilityUnknown
}

// Permission is the role of somebody in the repository: admin, maintain, write, triage, read or none.
func (c *Client) Permission(ctx context.Context, login string) (string, error) {
	if login == "" {
		return "none", nil
	}
	var p struct {
		Permission string `json:"permission"`
		RoleName   string `json:"role_name"`
	}
	doing := fmt.Sprintf("looking up what %q may do in %s", login, c.Name())
	_, err := c.do(ctx, doing, http.MethodGet, c.path("collaborators", login, "permission"), nil, &p)
	if errors.Is(err, ErrNotFound) {
		return "none", nil
	}
	if err != nil {
		return "", err
	}
	// permission folds maintain into write and triage into read; a role of the organization's own has a name of its own.
	if slices.Contains([]string{"admin", "maintain", "write", "triage", "read", "none"}, p.RoleName) {
		return p.RoleName, nil
	}
	if slices.Contains([]string{"admin", "write", "read"}, p.Permission) {
		return p.Permission, nil
	}
	return "none", nil
}

// Contents reads a file of the repository at a commit, tag or branch; an empty ref is the default branch. A file that is not
// there is ErrNotFound. GitHub gives files up to 1 MiB in this way.
func (c *Client) Contents(ctx context.Context, path, ref string) ([]byte, error) {
	doing := fmt.Sprintf("reading %q from %s", path, c.Name())
	var words []any
	words = append(words, "contents")
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if part == "" || part == "." || part == ".." {
			return nil, fmt.Errorf("%s: write a plain path below the repository's root", doing)
		}
		words = append(words, part)
	}
	where := c.path(words...)
	if ref != "" {
		where += "?" + url.Values{"ref": {ref}}.Encode()
	}
	var f struct {
		Type     string `json:"type"`
		Encoding string `json:"encoding"`
		Content  string `json:"content"`
	}
	if _, err := c.do(ctx, doing, http.MethodGet, where, nil, &f); err != nil {
		return nil, err
	}
	if f.Type != "file" || f.Encoding != "base64" {
		return nil, fmt.Errorf("%s: it is no file of up to 1 MiB (type %q, encoding %q)", doing, f.Type, f.Encoding)
	}
	data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(f.Content, "\n", ""))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return data, nil
}
