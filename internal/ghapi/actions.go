package ghapi

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// Run is a run of a workflow.
type Run struct {
	ID       int64     `json:"id"`
	Name     string    `json:"name"` // of the workflow
	Path     string    `json:"path"` // of the workflow's file
	Status   string    `json:"status"`
	Attempt  int       `json:"run_attempt"` // the last one; 1 where it was never run again
	Created  time.Time `json:"created_at"`
	LastSeen time.Time `json:"updated_at"`
}

// Completed reports whether the run is over; only then it has logs.
func (r Run) Completed() bool { return r.Status == "completed" }

// RunsSince lists the runs that were created since a time, newest first. complete is false where there are more than
// GitHub tells of: it ends such a list after 1,000.
func (c *Client) RunsSince(ctx context.Context, since time.Time) (runs []Run, complete bool, err error) {
	type page struct {
		Total int    `json:"total_count"`
		Runs  *[]Run `json:"workflow_runs"`
	}
	const doing = "listing the runs of workflows"
	total, broken := 0, false
	query := url.Values{"created": {">=" + since.UTC().Format(time.RFC3339)}, "exclude_pull_requests": {"true"}}
	err = pages(withLargeAnswer(ctx), c, doing, c.path("actions", "runs"), query, func(p page) bool {
		if p.Runs == nil {
			broken = true
			return false
		}
		total = p.Total
		runs = append(runs, *p.Runs...)
		return true
	})
	if err == nil && broken {
		err = lacks(doing, "runs")
	}
	return runs, len(runs) >= total, err
}

// RunLogs are the logs of one attempt of a run, a zip archive. Logs that were deleted, or whose time is over, are
// ErrGone or ErrNotFound.
func (c *Client) RunLogs(ctx context.Context, id int64, attempt int) (*Download, error) {
	return c.download(ctx, "reading the logs of a run", c.path("actions", "runs", id, "attempts", attempt, "logs"), "")
}

// Artifact is a file that a run of a workflow left.
type Artifact struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	Size    int64     `json:"size_in_bytes"`
	Expired bool      `json:"expired"`
	Created time.Time `json:"created_at"`
}

// ArtifactsSince lists the artifacts that were made since a time and are still there.
func (c *Client) ArtifactsSince(ctx context.Context, since time.Time) (list []Artifact, err error) {
	type page struct {
		Artifacts *[]Artifact `json:"artifacts"`
	}
	const doing = "listing artifacts"
	broken := false
	// GitHub lists the newest first: a page without a new one is the last that matters.
	err = pages(withLargeAnswer(ctx), c, doing, c.path("actions", "artifacts"), url.Values{}, func(p page) (more bool) {
		if p.Artifacts == nil {
			broken = true
			return false
		}
		for _, a := range *p.Artifacts {
			if a.Created.Before(since) {
				continue
			}
			more = true
			if !a.Expired {
				list = append(list, a)
			}
		}
		return more
	})
	if err == nil && broken {
		err = lacks(doing, "artifacts")
	}
	return list, err
}

// Artifact is the content of an artifact, a zip archive.
func (c *Client) Artifact(ctx context.Context, id int64) (*Download, error) {
	return c.download(ctx, "reading an artifact", c.path("actions", "artifacts", id, "zip"), "")
}

// Asset is a file that was added to a release.
type Asset struct {
	ID      int64
	Release string // its tag
	Name    string
	Size    int64
}

// Assets lists the files of all releases, those of the newest release first.
func (c *Client) Assets(ctx context.Context) (list []Asset, err error) {
	type release struct {
		Tag    string `json:"tag_name"`
		Assets []struct {
			ID    int64  `json:"id"`
			Name  string `json:"name"`
			Size  int64  `json:"size"`
			State string `json:"state"`
		} `json:"assets"`
	}
	err = pages(withLargeAnswer(ctx), c, "listing releases", c.path("releases"), url.Values{}, func(page []release) bool {
		for _, r := range page {
			for _, a := range r.Assets {
				if a.State == "uploaded" { // else it never came to its end
					list = append(list, Asset{ID: a.ID, Release: r.Tag, Name: a.Name, Size: a.Size})
				}
			}
		}
		return true
	})
	return list, err
}

// Asset is the content of a file of a release.
func (c *Client) Asset(ctx context.Context, id int64) (*Download, error) {
	return c.download(ctx, "reading a file of a release", c.path("releases", "assets", id), "application/octet-stream")
}

// Tarball is a tar archive, compressed by gzip, of all files of the repository at a branch or commit, in one folder.
func (c *Client) Tarball(ctx context.Context, ref string) (*Download, error) {
	// A branch may have slashes in its name, which GitHub wants as they are.
	path := c.path("tarball")
	for part := range strings.SplitSeq(ref, "/") {
		path += "/" + url.PathEscape(part)
	}
	return c.download(ctx, "reading the files of "+c.Name(), path, "")
}

// Requests counts the requests so far, and says how many GitHub still takes; known is false where it has not said.
func (c *Client) Requests() (sent, remaining int, known bool) {
	c.tr.mu.Lock()
	defer c.tr.mu.Unlock()
	return c.tr.requests, c.tr.budget.remaining, c.tr.budget.known
}
