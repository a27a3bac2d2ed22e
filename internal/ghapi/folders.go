package ghapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// foldersAtOnce is how many folders one query asks for.
const foldersAtOnce = 100

// FolderFile is an entry of a folder.
type FolderFile struct {
	Name string
	Mode string // 100644, 100755, 040000, 120000 or 160000
	SHA  string
	Size int64  // of a blob, in bytes
	Type string // blob, tree or commit
	Text string // of a blob, where Whole is set
	// Whole says that Text is the complete content: its id was computed and is SHA. It is false for binary and large
	// files, and where GitHub would have turned the bytes into another encoding.
	Whole bool
}

// Folders reads several folders of a commit with the text of the files directly in them, in one request for up to 100 folders.
// The root is "". A folder that is not there at that commit has no entry in the answer; an empty list stands for none either,
// as git has no empty folders. It needs HasGraphQL.
func (c *Client) Folders(ctx context.Context, commit string, dirs []string) (map[string][]FolderFile, error) {
	out := map[string][]FolderFile{}
	for len(dirs) > 0 {
		n := min(len(dirs), foldersAtOnce)
		part, err := c.folders(ctx, commit, dirs[:n])
		if err != nil {
			return nil, err
		}
		maps.Copy(out, part)
		dirs = dirs[n:]
	}
	return out, nil
}

// folders asks in halves where GitHub cannot answer all at once: it gives up on a query after ten seconds.
func (c *Client) folders(ctx context.Context, commit string, dirs []string) (map[string][]FolderFile, error) {
	out, err := c.folderQuery(ctx, commit, dirs)
	if err == nil || len(dirs) == 1 || !tooMuch(err) {
		return out, err
	}
	half := len(dirs) / 2
	out, err = c.folders(ctx, commit, dirs[:half])
	if err != nil {
		return nil, err
	}
	rest, err := c.folders(ctx, commit, dirs[half:])
	maps.Copy(out, rest)
	return out, err
}

// tooMuch reports whether a smaller query may succeed.
func tooMuch(err error) bool {
	var status *StatusError
	var query *GraphQLError
	return errors.Is(err, ErrTooLarge) || errors.As(err, &status) && status.Status >= http.StatusInternalServerError ||
		errors.As(err, &query) && (query.Type == "" || query.Type == "MAX_NODE_LIMIT_EXCEEDED" || query.Type == "RESOURCE_LIMITS_EXCEEDED")
}

type folderAnswer struct {
	Repository map[string]*struct {
		Entries []folderEntry `json:"entries"`
	} `json:"repository"`
}

type folderEntry struct {
	Name   string `json:"name"`
	Mode   int    `json:"mode"` // as a number: 33188 is 0100644
	Type   string `json:"type"`
	OID    string `json:"oid"`
	Size   int64  `json:"size"`
	Object *struct {
		IsBinary    *bool   `json:"isBinary"`
		IsTruncated bool    `json:"isTruncated"`
		Text        *string `json:"text"`
	} `json:"object"`
}

const folderFields = ` { ... on Tree { entries { name mode type oid size object { ... on Blob { isBinary isTruncated text } } } } }`

func (c *Client) folderQuery(ctx context.Context, commit string, dirs []string) (map[string][]FolderFile, error) {
	var query strings.Builder
	variables := map[string]any{"owner": c.owner, "name": c.name}
	query.WriteString("query($owner: String!, $name: String!")
	for n, dir := range dirs {
		fmt.Fprintf(&query, ", $d%d: String!", n)
		variables[fmt.Sprintf("d%d", n)] = commit + ":" + dir
	}
	query.WriteString(") { repository(owner: $owner, name: $name) {\n")
	for n := range dirs {
		fmt.Fprintf(&query, "d%d: object(expression: $d%d)%s\n", n, n, folderFields)
	}
	query.WriteString("} }")
	var a folderAnswer
	doing := fmt.Sprintf("reading %d folders of commit %q", len(dirs), commit)
	if err := c.query(ctx, doing, query.String(), variables, &a); err != nil {
		return nil, err
	}
	if a.Repository == nil {
		return nil, &GraphQLError{Doing: doing, Type: "NOT_FOUND", Message: "there is no such repository"}
	}
	out := map[string][]FolderFile{}
	for n, dir := range dirs {
		if folder := a.Repository[fmt.Sprintf("d%d", n)]; folder != nil && len(folder.Entries) > 0 {
			out[dir] = filesOf(folder.Entries)
		}
	}
	return out, nil
}

func filesOf(entries []folderEntry) []FolderFile {
	out := make([]FolderFile, 0, len(entries))
	for _, e := range entries {
		f := FolderFile{Name: e.Name, Mode: fmt.Sprintf("%06o", e.Mode), SHA: e.OID, Size: e.Size, Type: e.Type}
		if b := e.Object; b != nil && b.Text != nil && !b.IsTruncated && (b.IsBinary == nil || !*b.IsBinary) && blobID([]byte(*b.Text)) == e.OID {
			f.Text, f.Whole = *b.Text, true
		}
		out = append(out, f)
	}
	return out
}
