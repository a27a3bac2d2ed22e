package ghapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// CommitTree is the id of the tree of a commit.
func (c *Client) CommitTree(ctx context.Context, sha string) (tree string, err error) {
	var a struct {
		Tree struct {
			SHA string `json:"sha"`
		} `json:"tree"`
	}
	err = c.settled(ctx, func() error {
		_, err := c.do(ctx, fmt.Sprintf("reading commit %q", sha), http.MethodGet, c.path("git", "commits", sha), nil, &a)
		return err
	})
	return a.Tree.SHA, err
}

// TreeEntry is an entry of a tree.
type TreeEntry struct {
	Path string `json:"path"` // below the tree that was asked for
	Mode string `json:"mode"` // 100644, 100755, 040000, 120000 or 160000
	Type string `json:"type"` // blob, tree or commit
	SHA  string `json:"sha"`
	Size int64  `json:"size"` // of blobs, in bytes
}

// GitTree lists a tree, with all that is below it where recursive is set. truncated says that GitHub left entries out, as it
// does above 100,000 of them or 7 MB; then each tree is to be asked for on its own.
func (c *Client) GitTree(ctx context.Context, sha string, recursive bool) (entries []TreeEntry, truncated bool, err error) {
	path := c.path("git", "trees", sha)
	if recursive {
		path += "?recursive=1" // any value counts as yes, 0 too
	}
	var a struct {
		Tree      []TreeEntry `json:"tree"`
		Truncated bool        `json:"truncated"`
	}
	_, err = c.do(withLargeAnswer(ctx), fmt.Sprintf("reading tree %q", sha), http.MethodGet, path, nil, &a)
	return a.Tree, a.Truncated, err
}

// GitBlob reads a blob. GitHub gives blobs of up to 100 MB; a larger one is ErrTooLarge.
func (c *Client) GitBlob(ctx context.Context, sha string) ([]byte, error) {
	doing := fmt.Sprintf("reading blob %q", sha)
	var a struct {
		Encoding string `json:"encoding"`
		Content  string `json:"content"`
	}
	if _, err := c.do(withAnswer(ctx, maxBlobAnswer), doing, http.MethodGet, c.path("git", "blobs", sha), nil, &a); err != nil {
		return nil, err
	}
	switch a.Encoding {
	case "utf-8":
		return []byte(a.Content), nil
	case "base64":
		data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(a.Content, "\n", ""))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("%s: it comes in the encoding %q, which is unknown", doing, a.Encoding)
}
