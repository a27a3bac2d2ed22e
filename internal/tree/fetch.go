package tree

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/internal/ghapi"
)

// What one comparison may ask GitHub for. A workflow's token has 1,000 requests an hour for all jobs of its
// repository. What lies beyond a limit is not read, and says so.
const (
	maxFolderReads = 5000 // folders with their text, of which one request brings many
	maxBlobReads   = 300  // files one by one
	maxTreeReads   = 300  // folders one by one, of a repository that is too large to be listed at once
	atOnce         = 8    // requests
)

// What one request for folders may bring: GitHub gives up after ten seconds.
const (
	foldersAtOnce = 100
	bytesAtOnce   = 2 << 20
	filesAtOnce   = 1000
)

// fetcher reads objects of a repository on GitHub, each content once.
type fetcher struct {
	// ctx is that of the comparison: a declare.Tree has no place for one.
	ctx context.Context
	hub Hub

	blobs    map[string][]byte // by id
	refused  map[string]error  // by id: what could not be read
	byFolder bool              // GitHub gives whole folders with their text
	folders  int               // what was asked for, of each kind
	single   int
	trees    int
	// touched are the folders of what the change touches: they come first where not all can be read.
	touched map[string]bool
	// overrun is the first limit that was hit.
	overrun error
}

func newFetcher(ctx context.Context, hub Hub) *fetcher {
	return &fetcher{ctx: ctx, hub: hub, blobs: map[string][]byte{}, refused: map[string]error{}, byFolder: hub.HasGraphQL()}
}

func (f *fetcher) has(id string) bool {
	_, ok := f.blobs[id]
	return ok || f.refused[id] != nil
}

// errTooMany says that a change makes the program look at more than it may ask GitHub for.
func errTooMany(what string) error {
	return fmt.Errorf("the change leads to more %s than are read through GitHub's API: check the repository out and write --git-dir", what)
}

// folder lists one folder of a repository that cannot be listed at once.
func (f *fetcher) folder(tree string) ([]ghapi.TreeEntry, error) {
	if f.trees++; f.trees > maxTreeReads {
		f.overrun = cmp.Or(f.overrun, errTooMany("folders"))
		return nil, f.overrun
	}
	entries, truncated, err := f.hub.GitTree(f.ctx, tree, false)
	if err == nil && truncated {
		err = errors.New("GitHub left entries of it out")
	}
	return entries, err
}

// blob is a content by its id.
func (f *fetcher) blob(id string) ([]byte, error) {
	if !f.has(id) {
		f.fetchBlobs(f.affordable(map[string][]node{"": {{id: id}}}))
	}
	return f.blobs[id], f.refused[id]
}

// fetch reads files of some folders of a commit: folders with all that is directly in them as far as that is not
// much more than was wanted, and what is left one by one.
func (f *fetcher) fetch(c *commit, wanted map[string][]node) {
	var dirs []string
	for _, dir := range slices.Sorted(maps.Keys(wanted)) {
		if f.byFolder && inOneAnswer(c.listing[dir]) && len(c.listing[dir]) > 1 {
			dirs = append(dirs, dir)
		}
	}
	if len(wanted) == 1 && len(dirs) == 1 && f.wants(c.listing[dirs[0]]) == 1 {
		dirs = nil // one file is no folder's worth
	}
	for len(dirs) > 0 && f.byFolder && f.ctx.Err() == nil {
		n := c.batch(dirs)
		f.fetchFolders(c.id, dirs[:n])
		dirs = dirs[n:]
	}
	f.fetchBlobs(f.affordable(wanted))
}

// affordable are the files that were not read yet, as far as they may be read one by one. Of more than that, those
// beside the change are left alone altogether: a part of them would tell nothing.
func (f *fetcher) affordable(wanted map[string][]node) []string {
	var here, elsewhere []string
	seen := map[string]bool{}
	for _, dir := range slices.Sorted(maps.Keys(wanted)) {
		for _, n := range wanted[dir] {
			switch {
			case f.has(n.id) || seen[n.id]:
			case f.touched[dir]:
				here = append(here, n.id)
			default:
				elsewhere = append(elsewhere, n.id)
			}
			seen[n.id] = true
		}
	}
	left := maxBlobReads - f.single
	if len(here)+len(elsewhere) <= left {
		return append(here, elsewhere...)
	}
	f.overrun = cmp.Or(f.overrun, errTooMany("files"))
	n := min(len(here), max(left, 0))
	for _, id := range slices.Concat(here[n:], elsewhere) {
		f.refused[id] = f.overrun
	}
	return here[:n]
}

// wants counts the files of a folder that were not read yet.
func (f *fetcher) wants(nodes []node) (n int) {
	for _, one := range nodes {
		if one.kind == declare.Regular && !f.has(one.id) {
			n++
		}
	}
	return n
}

func inOneAnswer(nodes []node) bool {
	files, bytes := weight(nodes)
	return files <= filesAtOnce && bytes <= bytesAtOnce
}

func weight(nodes []node) (files int, bytes int64) {
	for _, n := range nodes {
		if n.kind == declare.Regular {
			files++
			bytes += n.size
		}
	}
	return files, bytes
}

// batch is how many of the folders, at least one, one request may ask for.
func (c *commit) batch(dirs []string) int {
	files, bytes := weight(c.listing[dirs[0]])
	for n := 1; n < len(dirs) && n < foldersAtOnce; n++ {
		moreFiles, moreBytes := weight(c.listing[dirs[n]])
		files, bytes = files+moreFiles, bytes+moreBytes
		if files > filesAtOnce || bytes > bytesAtOnce {
			return n
		}
	}
	return min(len(dirs), foldersAtOnce)
}

// fetchFolders reads the text in some folders. Where GitHub does not answer, files are read one by one from then on.
func (f *fetcher) fetchFolders(commit string, dirs []string) {
	if f.folders += len(dirs); f.folders > maxFolderReads {
		f.byFolder = false
		return
	}
	names := slices.Clone(dirs)
	for i, dir := range names {
		if dir == "." {
			names[i] = ""
		}
	}
	answer, err := f.hub.Folders(f.ctx, commit, names)
	if err != nil {
		f.byFolder = false
		return
	}
	for _, files := range answer {
		for _, file := range files {
			if file.Whole {
				f.blobs[file.SHA] = []byte(file.Text)
			}
		}
	}
}

// fetchBlobs reads files one by one, several at once.
func (f *fetcher) fetchBlobs(ids []string) {
	f.single += len(ids)
	var mu sync.Mutex
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for _, id := range ids {
		group.Go(func() error {
			data, err := f.hub.GitBlob(f.ctx, id)
			mu.Lock()
			defer mu.Unlock()
			if f.blobs[id] = data; err != nil {
				delete(f.blobs, id)
				f.refused[id] = err
			}
			return nil
		})
	}
	_ = group.Wait() // a file that cannot be read is noted
}
