package tree

import (
	"context"
	"path"
	"slices"
	"testing"

	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
)

// hub is a repository on GitHub: a local one, with a branch's name for the id of a commit.
type hub struct {
	t         testing.TB
	repo      *gitobject.Repository
	graphQL   bool
	truncated bool // whole trees are larger than GitHub gives
}

func newHub(repo string, t testing.TB) *hub {
	t.Helper()
	r, err := gitdir.Open(repo, gitobject.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() }) //nolint:errcheck // it was only read from
	return &hub{t: t, repo: r}
}

func (h *hub) tree(rev string) (gitobject.ID, error) {
	id, err := h.repo.Resolve(rev)
	if err != nil {
		return id, err
	}
	return h.repo.Peel(id, gitobject.TypeTree)
}

func (h *hub) CommitTree(_ context.Context, sha string) (string, error) {
	id, err := h.tree(sha)
	return id.String(), err
}

func (h *hub) GitTree(_ context.Context, sha string, recursive bool) ([]ghapi.TreeEntry, bool, error) {
	id, err := h.tree(sha)
	if err != nil {
		return nil, false, err
	}
	out, err := h.entries(id, "", recursive)
	if err != nil {
		return nil, false, err
	}
	if recursive && h.truncated {
		return out[:len(out)/2], true, nil
	}
	return out, false, nil
}

func (h *hub) entries(tree gitobject.ID, above string, recursive bool) ([]ghapi.TreeEntry, error) {
	listed, err := h.repo.ListTree(tree, "")
	if err != nil {
		return nil, err
	}
	var out []ghapi.TreeEntry
	for _, e := range listed {
		row := ghapi.TreeEntry{Path: path.Join(above, e.Name), Mode: e.Mode.String(), Type: "blob", SHA: e.ID.String()}
		switch e.Mode {
		case gitobject.ModeTree:
			row.Type = "tree"
		case gitobject.ModeSubmodule:
			row.Type = "commit"
		default:
			if _, row.Size, err = h.repo.Stat(e.ID); err != nil {
				return nil, err
			}
		}
		out = append(out, row)
		if recursive && e.Mode == gitobject.ModeTree {
			below, err := h.entries(e.ID, row.Path, true)
			if err != nil {
				return nil, err
			}
			out = append(out, below...)
		}
	}
	return out, nil
}

func (h *hub) GitBlob(_ context.Context, sha string) ([]byte, error) {
	id, err := gitobject.ParseID(sha)
	if err != nil {
		return nil, err
	}
	return h.repo.Blob(id)
}

func (h *hub) HasGraphQL() bool { return h.graphQL }

func (h *hub) Folders(_ context.Context, commit string, dirs []string) (map[string][]ghapi.FolderFile, error) {
	root, err := h.tree(commit)
	if err != nil {
		return nil, err
	}
	out := map[string][]ghapi.FolderFile{}
	for _, dir := range dirs {
		at, err := h.repo.Find(root, dir)
		if err != nil {
			return nil, err
		}
		entries, err := h.entries(at.ID, "", false)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			f := ghapi.FolderFile{Name: e.Path, Mode: e.Mode, SHA: e.SHA, Size: e.Size, Type: e.Type}
			if e.Type == "blob" && e.Mode != "120000" {
				id, err := gitobject.ParseID(e.SHA)
				if err != nil {
					return nil, err
				}
				text, err := h.repo.Blob(id)
				f.Text, f.Whole = string(text), err == nil && !slices.Contains(text, 0)
			}
			out[dir] = append(out[dir], f)
		}
	}
	return out, nil
}
