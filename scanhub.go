package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/scansource"
)

// Bounds of what a scan takes from GitHub.
const (
	// leavingsDays is how far back logs and artifacts are read. A schedule comes round at least once a week.
	leavingsDays = 7
	// hubRequests is how many requests a scan makes: a workflow's token has 1,000 an hour, which others need too.
	hubRequests = 500
	// hubReserve is how many requests are left to others, the backlog among them.
	hubReserve = 150
	// downloadBytes is how large one file may be, and downloadTime how long it may take to come.
	downloadBytes = 2 << 30
	downloadTime  = 10 * time.Minute
	// ownArtifacts begin the names of artifacts that hold reports of ours, which name keys by their nature.
	ownArtifacts = "keysweep"
)

// leavings are what is read from GitHub beside the working directory.
type leavings struct {
	run     *scanRun
	scanner *scansource.Scanner
	client  *ghapi.Client                                  // of the workflow's repository
	other   func(repository string) (*ghapi.Client, error) // of another
	sent    int                                            // requests to other repositories
}

// readsHub reports whether the scan is the scheduled one, which looks beyond the working directory: one that is started
// by a push or a pull request looks at what was pushed.
func readsHub(o *action.Options) bool {
	return slices.Contains([]string{"schedule", "workflow_dispatch", "repository_dispatch"}, o.Runner.Event)
}

// all reads logs, artifacts, releases, and the repositories of the policy file.
func (l *leavings) all(ctx context.Context) {
	name := l.client.Name()
	since := l.run.now.AddDate(0, 0, -leavingsDays)
	l.logs(ctx, since)
	l.artifacts(ctx, since)
	l.assets(ctx)
	for _, r := range l.run.policy.Repositories {
		if !strings.EqualFold(r, name) || !l.run.checkedOut() {
			l.repository(ctx, r)
		}
	}
}

// checkedOut reports whether the working directory is the repository of the workflow.
func (r *scanRun) checkedOut() bool {
	_, err := os.Stat(filepath.Join(r.env.Dir, ".git"))
	return !errors.Is(err, fs.ErrNotExist)
}

// spent says why no more requests are made to a repository; empty while they are.
func (l *leavings) spent(c *ghapi.Client) string {
	sent, remaining, known := c.Requests()
	if c != l.client {
		sent += l.sent
	}
	switch {
	case sent >= hubRequests:
		return fmt.Sprintf("a scan makes %d requests to GitHub at most; start it more often, or for fewer repositories at once", hubRequests)
	case known && remaining < hubReserve:
		return fmt.Sprintf("GitHub takes %d more requests of this token now, and they are kept for others", remaining)
	}
	return ""
}

// skip records what was not read, with what the workflow lacks where GitHub says it.
func (l *leavings) skip(path string, err error) { l.scanner.Skip(path, err.Error()) }

// each fetches a list of files until there are no more requests, and then says how many were left.
func each[T any](ctx context.Context, l *leavings, what string, list []T, fetch func(context.Context, T)) {
	for i, one := range list {
		why := l.spent(l.client)
		if ctx.Err() != nil {
			why = "the scan was ended"
		}
		if why != "" {
			l.scanner.Skip(what, fmt.Sprintf("%d of %d were not read: %s", len(list)-i, len(list), why))
			return
		}
		fetch(ctx, one)
	}
}

// logs reads the logs of the runs of all workflows, of each attempt. A run that is not over has none yet, and is read
// by the scan after this.
func (l *leavings) logs(ctx context.Context, since time.Time) {
	const what = "actions/runs"
	runs, complete, err := l.client.RunsSince(ctx, since)
	if err != nil {
		l.skip(what, err)
	} else if !complete {
		l.scanner.Skip(what, fmt.Sprintf("GitHub lists %d of the runs since %s only", len(runs), since.Format(time.DateOnly)))
	}
	runs = slices.DeleteFunc(runs, func(r ghapi.Run) bool { return !r.Completed() })
	each(ctx, l, what, runs, func(ctx context.Context, r ghapi.Run) {
		for attempt := 1; attempt <= max(1, r.Attempt); attempt++ {
			path := fmt.Sprintf("%s/%d", what, r.ID)
			if attempt > 1 {
				path += fmt.Sprintf("/attempts/%d", attempt)
			}
			l.fetch(ctx, path, func(ctx context.Context) (*ghapi.Download, error) { return l.client.RunLogs(ctx, r.ID, attempt) })
		}
	})
}

func (l *leavings) artifacts(ctx context.Context, since time.Time) {
	const what = "actions/artifacts"
	list, err := l.client.ArtifactsSince(ctx, since)
	if err != nil {
		l.skip(what, err)
	}
	list = slices.DeleteFunc(list, func(a ghapi.Artifact) bool { return strings.HasPrefix(a.Name, ownArtifacts) })
	each(ctx, l, what, list, func(ctx context.Context, a ghapi.Artifact) {
		path := fmt.Sprintf("%s/%d/%s", what, a.ID, a.Name)
		if l.tooLarge(path, a.Size) {
			return
		}
		l.fetch(ctx, path, func(ctx context.Context) (*ghapi.Download, error) { return l.client.Artifact(ctx, a.ID) })
	})
}

func (l *leavings) assets(ctx context.Context) {
	const what = "releases"
	list, err := l.client.Assets(ctx)
	if err != nil {
		l.skip(what, err)
	}
	each(ctx, l, what, list, func(ctx context.Context, a ghapi.Asset) {
		path := what + "/" + a.Release + "/" + a.Name
		if l.tooLarge(path, a.Size) {
			return
		}
		l.fetch(ctx, path, func(ctx context.Context) (*ghapi.Download, error) { return l.client.Asset(ctx, a.ID) })
	})
}

func (l *leavings) tooLarge(path string, size int64) bool {
	if size <= downloadBytes {
		return false
	}
	l.scanner.Skip(path, fmt.Sprintf("it has %d bytes, and files of up to %d are fetched from GitHub", size, downloadBytes))
	return true
}

// fetch reads one file. What is listed and not there was deleted, or never had anything in it: the log of a run that
// was skipped.
func (l *leavings) fetch(ctx context.Context, path string, open func(context.Context) (*ghapi.Download, error)) {
	try := func(ctx context.Context) (*ghapi.Download, error) {
		d, err := open(ctx)
		if errors.Is(err, ghapi.ErrGone) || errors.Is(err, ghapi.ErrNotFound) {
			return nil, errNothingThere
		}
		return d, err
	}
	l.read(ctx, path, try, func(r io.Reader) { l.scanner.Stream(path, r) })
}

var errNothingThere = errors.New("there is nothing to read")

func (l *leavings) read(ctx context.Context, path string, open func(context.Context) (*ghapi.Download, error), look func(io.Reader)) {
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	d, err := open(ctx)
	switch {
	case errors.Is(err, errNothingThere):
		return
	case err != nil:
		l.skip(path, err)
		return
	}
	defer d.Close()
	if !l.tooLarge(path, d.Size) {
		look(&atMost{r: d, left: downloadBytes})
	}
}

// repository reads the files that another repository has on its default branch.
func (l *leavings) repository(ctx context.Context, name string) {
	c, err := l.other(name)
	if err != nil {
		l.skip(name, err)
		return
	}
	defer func() { sent, _, _ := c.Requests(); l.sent += sent }()
	if why := l.spent(c); why != "" {
		l.scanner.Skip(name, why)
		return
	}
	repo, err := c.Repository(ctx)
	if err != nil {
		l.skip(name, fmt.Errorf("%w; the token of a workflow reads its own repository only: give github-token one that reads all of them", err))
		return
	}
	l.read(ctx, name, func(ctx context.Context) (*ghapi.Download, error) { return c.Tarball(ctx, repo.DefaultBranch) },
		func(r io.Reader) { l.scanner.Snapshot(name, r) })
	l.scanner.Skip(name, "of this repository the files of its default branch were read, and nothing of its history")
}

// atMost ends a file that is longer than GitHub said with an error.
type atMost struct {
	r    io.Reader
	left int64
}

func (a *atMost) Read(b []byte) (int, error) {
	if a.left <= 0 {
		return 0, fmt.Errorf("it has more than %d bytes", downloadBytes)
	}
	n, err := a.r.Read(b[:min(int64(len(b)), a.left)])
	a.left -= int64(n)
	return n, err
}
