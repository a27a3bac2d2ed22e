package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
)

// How many files GitHub tells of, whatever the number of pages.
const (
	maxPullFiles    = 3000
	maxCompareFiles = 300
)

// ErrNoCommonAncestor says that two commits share no history, so that nothing can be compared from where they parted.
var ErrNoCommonAncestor = errors.New("the two commits have no common ancestor")

// PullRequest is a pull request as it is now.
type PullRequest struct {
	Number           int
	Title            string
	State            string // open, closed
	Author           string // a login; empty where the account is gone
	AuthorBot, Draft bool
	BaseSHA, BaseRef string
	HeadSHA, HeadRef string
	HeadRepository   string // owner/name; empty where the fork is gone
	Fork             bool   // the head is in another repository, or was
	Labels           []string
	ChangedFiles     int
	Merged           bool
}

type pullEnd struct {
	SHA  string `json:"sha"`
	Ref  string `json:"ref"`
	Repo *struct {
		FullName string `json:"full_name"`
	} `json:"repo"` // null where the fork was deleted
}

type pullAnswer struct {
	Number       int            `json:"number"`
	Title        string         `json:"title"`
	State        string         `json:"state"`
	Draft        bool           `json:"draft"`
	Merged       bool           `json:"merged"`
	User         *github.User   `json:"user"`
	Base         pullEnd        `json:"base"`
	Head         pullEnd        `json:"head"`
	Labels       []github.Label `json:"labels"`
	ChangedFiles int            `json:"changed_files"`
}

// PullRequest reads a pull request. Just after the event that tells of it GitHub may not know it yet, so that
// ErrNotFound comes after a few seconds only.
func (c *Client) PullRequest(ctx context.Context, number int) (PullRequest, error) {
	doing := fmt.Sprintf("reading pull request #%d", number)
	if number < 1 {
		return PullRequest{}, fmt.Errorf("%s: there is no such number", doing)
	}
	var a pullAnswer
	err := c.settled(ctx, func() error {
		_, err := c.do(ctx, doing, http.MethodGet, c.path("pulls", number), nil, &a)
		return err
	})
	if err != nil {
		return PullRequest{}, err
	}
	if a.Number != number || a.Head.SHA == "" || a.Base.SHA == "" {
		return PullRequest{}, lacks(doing, "commits")
	}
	c.mu.Lock()
	c.changedFiles[number] = a.ChangedFiles
	c.mu.Unlock()
	return pullOf(a), nil
}

func pullOf(a pullAnswer) PullRequest {
	out := PullRequest{
		Number: a.Number, Title: a.Title, State: a.State, Draft: a.Draft, Merged: a.Merged, ChangedFiles: a.ChangedFiles,
		Author: a.User.GetLogin(), AuthorBot: isBot(a.User),
		BaseSHA: a.Base.SHA, BaseRef: a.Base.Ref, HeadSHA: a.Head.SHA, HeadRef: a.Head.Ref,
	}
	if a.Head.Repo != nil {
		out.HeadRepository = a.Head.Repo.FullName
	}
	out.Fork = a.Base.Repo == nil || out.HeadRepository == "" || !strings.EqualFold(out.HeadRepository, a.Base.Repo.FullName)
	for _, l := range a.Labels {
		out.Labels = append(out.Labels, l.GetName())
	}
	return out
}

// settleWaits are the pauses before something that was not found is asked for again: an event runs ahead of GitHub's
// own replicas.
var settleWaits = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}

// settled repeats a read that finds nothing.
func (c *Client) settled(ctx context.Context, read func() error) error {
	err := read()
	for _, d := range settleWaits {
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		if wait := c.tr.sleep(ctx, d); wait != nil {
			return wait
		}
		err = read()
	}
	return err
}

// ChangedFile is a file that differs between two states.
type ChangedFile struct {
	Path     string
	Previous string // of a file that was renamed or copied
	Status   string // added, removed, modified, renamed, copied, changed, unchanged
	Blob     string // the content's id afterwards, of a removed file the one before
	// Patch are the hunks of a unified diff. GitHub leaves them out for binary and large files, and, with the counts
	// at zero, for the later files of a long answer: HasPatch false is "not told", never "no difference".
	Patch                string
	HasPatch             bool
	Additions, Deletions int
}

type fileAnswer struct {
	Filename  string  `json:"filename"`
	Previous  string  `json:"previous_filename"`
	Status    string  `json:"status"`
	SHA       string  `json:"sha"`
	Patch     *string `json:"patch"`
	Additions int     `json:"additions"`
	Deletions int     `json:"deletions"`
}

func fileOf(a fileAnswer) ChangedFile {
	out := ChangedFile{
		Path: a.Filename, Previous: a.Previous, Status: a.Status, Blob: a.SHA, Additions: a.Additions, Deletions: a.Deletions,
	}
	if a.Patch != nil && *a.Patch != "" {
		out.Patch, out.HasPatch = *a.Patch, true
	}
	return out
}

// PullFiles lists the files that a pull request changes, from where its branch parted. complete is false where GitHub tells of
// fewer files than the pull request changes (3,000 is its limit), or where the list changed while it was read.
func (c *Client) PullFiles(ctx context.Context, number int) (files []ChangedFile, complete bool, err error) {
	want, err := c.pullChanges(ctx, number)
	if err != nil {
		return nil, false, err
	}
	doing := fmt.Sprintf("listing the files of pull request #%d", number)
	var seen map[string]bool
	err = c.settled(ctx, func() error {
		files, seen = nil, map[string]bool{}
		return pages(withLargeAnswer(ctx), c, doing, c.path("pulls", number, "files"), url.Values{}, func(page []fileAnswer) bool {
			for _, a := range page {
				files = append(files, fileOf(a))
				seen[a.Filename] = true
			}
			return true
		})
	})
	if err != nil {
		return nil, false, err
	}
	if seen[""] {
		return nil, false, lacks(doing, "path in a row")
	}
	return files, len(files) == len(seen) && len(files) >= want && len(files) < maxPullFiles, nil
}

// pullChanges is the number of changed files as PullRequest last read it.
func (c *Client) pullChanges(ctx context.Context, number int) (int, error) {
	c.mu.Lock()
	n, known := c.changedFiles[number]
	c.mu.Unlock()
	if known {
		return n, nil
	}
	p, err := c.PullRequest(ctx, number)
	return p.ChangedFiles, err
}

// Comparison is what a head has changed since it parted from a base.
type Comparison struct {
	MergeBase string // the commit where they parted
	Status    string // ahead, behind, diverged, identical
	Files     []ChangedFile
	Complete  bool // false where there may be more files than the 300 that GitHub shows
}

// Compare compares two commits, branches or tags. Where they have no common ancestor the error is ErrNoCommonAncestor.
func (c *Client) Compare(ctx context.Context, base, head string) (Comparison, error) {
	doing := fmt.Sprintf("comparing %q with %q", head, base)
	var a struct {
		Status    string `json:"status"`
		MergeBase struct {
			SHA string `json:"sha"`
		} `json:"merge_base_commit"`
		Files []fileAnswer `json:"files"`
	}
	// One commit a page keeps the answer small; the files are all on the first page.
	path := c.path("compare", base+"..."+head) + "?per_page=1&page=1"
	err := c.settled(ctx, func() error {
		_, err := c.do(withLargeAnswer(ctx), doing, http.MethodGet, path, nil, &a)
		return err
	})
	if err != nil {
		return Comparison{}, err
	}
	if a.MergeBase.SHA == "" {
		return Comparison{}, lacks(doing, "common ancestor")
	}
	out := Comparison{MergeBase: a.MergeBase.SHA, Status: a.Status, Complete: len(a.Files) < maxCompareFiles}
	for _, f := range a.Files {
		out.Files = append(out.Files, fileOf(f))
	}
	return out, nil
}
