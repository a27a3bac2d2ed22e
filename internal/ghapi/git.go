package ghapi

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
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
	doing := fmt.Sprintf("reading commit %q", sha)
	err = c.settled(ctx, func() error {
		_, err := c.do(ctx, doing, http.MethodGet, c.path("git", "commits", sha), nil, &a)
		return err
	})
	if err == nil && a.Tree.SHA == "" {
		err = lacks(doing, "tree")
	}
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
	doing := fmt.Sprintf("reading tree %q", sha)
	_, err = c.do(withLargeAnswer(ctx), doing, http.MethodGet, path, nil, &a)
	if err == nil && a.Tree == nil {
		err = lacks(doing, "entries")
	}
	return a.Tree, a.Truncated, err
}

// GitBlob reads a blob, and holds the content to its id. GitHub gives blobs of up to 100 MB; a larger one is ErrTooLarge.
func (c *Client) GitBlob(ctx context.Context, sha string) ([]byte, error) {
	doing := fmt.Sprintf("reading blob %q", sha)
	var a struct {
		Encoding string `json:"encoding"`
		Content  string `json:"content"`
	}
	if _, err := c.do(withAnswer(ctx, maxBlobAnswer), doing, http.MethodGet, c.path("git", "blobs", sha), nil, &a); err != nil {
		return nil, err
	}
	data := []byte(a.Content)
	switch a.Encoding {
	case "base64":
		var err error
		if data, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(a.Content, "\n", "")); err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
	case "utf-8":
	default:
		return nil, fmt.Errorf("%s: it comes in the encoding %q, which is unknown", doing, a.Encoding)
	}
	if blobID(data) != sha {
		return nil, fmt.Errorf("%s: what came is another content", doing)
	}
	return data, nil
}

// blobID is the id that git gives a content.
func blobID(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}
