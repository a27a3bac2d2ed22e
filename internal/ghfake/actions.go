package ghfake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Run is a run of a workflow. Logs are those of its attempts, by name of the log; an attempt without any has had its
// logs deleted.
type Run struct {
	ID      int64
	Name    string
	Path    string // of the workflow's file
	Status  string // completed when empty
	Created time.Time
	Logs    []map[string]string
}

// Artifact is what a run left: files by name.
type Artifact struct {
	ID      int64
	Name    string
	Created time.Time
	Expired bool
	Files   map[string]string
}

// Release is a release, with its files by name.
type Release struct {
	Tag    string
	Assets map[string]string
}

// storePath begins the address of what is kept outside of the API.
const storePath = "/_store/"

// serveStore lets files be fetched from another host than that of the API, as GitHub does.
func (s *Server) serveStore() (closeStore func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	s.store = "http://" + l.Addr().String()
	srv := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go srv.Serve(l) //nolint:errcheck // it ends by Close
	return func() { srv.Close() }
}

// Downloads lists what was fetched from outside of the API, in order.
func (s *Server) Downloads() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.downloads)
}

// give hands out a file. Who sends a token along gives it away.
func (s *Server) give(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.TrimPrefix(req.URL.Path, storePath)
	s.downloads = append(s.downloads, name)
	if req.Header.Get("Authorization") != "" {
		s.violate(req, "the token is sent to where files are kept")
	}
	if req.URL.Query().Get("sig") != "fake" {
		s.violate(req, "the address is not the one that the API gave")
	}
	data := s.kept(strings.Split(name, "/"))
	if data == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Write(data) //nolint:errcheck // the client went away
}

// kept finds a file: owner, name, kind, and what names it.
func (s *Server) kept(words []string) []byte {
	if len(words) < 4 {
		return nil
	}
	r, _ := s.repo(words[0] + "/" + words[1])
	if r == nil {
		return nil
	}
	id, _ := strconv.ParseInt(words[3], 10, 64)
	switch words[2] {
	case "logs":
		attempt, _ := strconv.Atoi(words[4])
		return zipOf(r.run(id).Logs[attempt-1])
	case "artifact":
		return zipOf(r.artifact(id).Files)
	case "asset":
		return []byte(r.asset(id).content)
	case "tarball":
		return s.tarballOf(r, strings.Join(words[3:], "/"))
	}
	return nil
}

// elsewhere sends to where a file is kept.
func (c *call) elsewhere(words ...any) *reply {
	base := c.s.store
	if base == "" {
		base = c.web
	}
	path := storePath + c.repo.FullName
	for _, w := range words {
		path += fmt.Sprintf("/%v", w)
	}
	out := &reply{status: http.StatusFound, header: http.Header{"Location": {base + path + "?sig=fake"}}}
	return out
}

func (r *Repository) run(id int64) *Run {
	for i := range r.Runs {
		if r.Runs[i].ID == id {
			return &r.Runs[i]
		}
	}
	return nil
}

func (r *Repository) artifact(id int64) *Artifact {
	for i := range r.Artifacts {
		if r.Artifacts[i].ID == id {
			return &r.Artifacts[i]
		}
	}
	return nil
}

// releaseAsset is one file of a release. Its id follows from its place.
type releaseAsset struct {
	id            int64
	name, content string
}

func (r *Repository) assets(n int) []releaseAsset {
	var out []releaseAsset
	for i, name := range slices.Sorted(maps.Keys(r.Releases[n].Assets)) {
		out = append(out, releaseAsset{int64(n+1)*1000 + int64(i), name, r.Releases[n].Assets[name]})
	}
	return out
}

func (r *Repository) asset(id int64) *releaseAsset {
	for n := range r.Releases {
		for _, a := range r.assets(n) {
			if a.id == id {
				return &a
			}
		}
	}
	return nil
}

func (c *call) listRuns() *reply {
	since := time.Time{}
	if at, ok := strings.CutPrefix(c.query("created"), ">="); ok {
		var err error
		if since, err = time.Parse(time.RFC3339, at); err != nil {
			return fail(http.StatusUnprocessableEntity, "Validation Failed")
		}
	}
	var runs []*Run
	for i := range c.repo.Runs {
		if r := &c.repo.Runs[i]; !r.Created.Before(since) {
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, func(a, b *Run) int { return b.Created.Compare(a.Created) })
	return counted(c, "workflow_runs", runs, c.run)
}

// counted is a page of a list that stands in an object beside its length.
func counted[T any](c *call, name string, list []T, render func(T) any) *reply {
	part, links := page(c, list)
	items := make([]any, 0, len(part))
	for _, i := range part {
		items = append(items, render(i))
	}
	r := jsonReply(http.StatusOK, map[string]any{"total_count": len(list), name: items})
	if links != "" {
		r.header.Set("Link", links)
	}
	return r
}

const runURLs = `
	jobs_url /jobs
	logs_url /logs
	cancel_url /cancel
	rerun_url /rerun
	artifacts_url /artifacts`

func (c *call) run(r *Run) any {
	url := fmt.Sprintf("%s/actions/runs/%d", c.repoURL(), r.ID)
	out := fields(url, runURLs)
	out["url"] = url
	out["id"], out["node_id"], out["name"], out["path"] = r.ID, nodeID("Run", r.ID), r.Name, r.Path
	out["head_branch"], out["head_sha"], out["head_commit"] = DefaultBranch, strings.Repeat("a", 40), nil
	out["run_number"], out["run_attempt"], out["workflow_id"] = r.ID, max(1, len(r.Logs)), 7
	out["display_title"], out["event"], out["conclusion"] = r.Name, "push", "success"
	out["status"] = cmp.Or(r.Status, "completed")
	out["html_url"] = fmt.Sprintf("%s/%s/actions/runs/%d", c.web, c.repo.FullName, r.ID)
	out["check_suite_url"], out["workflow_url"] = c.repoURL()+"/check-suites/7", c.repoURL()+"/actions/workflows/7"
	out["created_at"], out["updated_at"], out["pull_requests"] = stamp(r.Created), stamp(r.Created), []any{}
	out["repository"], out["head_repository"] = c.fullRepository(), c.fullRepository()
	return out
}

func (c *call) runLogs() *reply {
	id, attempt := c.id64("run_id"), int(c.id64("attempt_number"))
	r := c.repo.run(id)
	if r == nil || attempt < 1 || attempt > len(r.Logs) {
		return fail(http.StatusNotFound, "Not Found")
	}
	if len(r.Logs[attempt-1]) == 0 {
		return fail(http.StatusGone, "Server Error")
	}
	return c.elsewhere("logs", id, attempt)
}

// id64 is a number of the path.
func (c *call) id64(name string) int64 {
	n, _ := strconv.ParseInt(c.path[name], 10, 64)
	return n
}

func (c *call) listArtifacts() *reply {
	var list []*Artifact
	for i := range c.repo.Artifacts {
		list = append(list, &c.repo.Artifacts[i])
	}
	slices.SortStableFunc(list, func(a, b *Artifact) int { return b.Created.Compare(a.Created) })
	return counted(c, "artifacts", list, func(a *Artifact) any {
		url := fmt.Sprintf("%s/actions/artifacts/%d", c.repoURL(), a.ID)
		return map[string]any{
			"id": a.ID, "node_id": nodeID("Artifact", a.ID), "name": a.Name, "size_in_bytes": len(zipOf(a.Files)), "url": url,
			"archive_download_url": url + "/zip", "expired": a.Expired, "created_at": stamp(a.Created), "updated_at": stamp(a.Created),
			"expires_at": stamp(a.Created.AddDate(0, 0, 90)),
		}
	})
}

func (c *call) artifact() *reply {
	a := c.repo.artifact(c.id64("artifact_id"))
	switch {
	case a == nil || c.path["archive_format"] != "zip":
		return fail(http.StatusNotFound, "Not Found")
	case a.Expired:
		return fail(http.StatusGone, "Artifact has expired")
	}
	return c.elsewhere("artifact", a.ID)
}

const releaseURLs = `
	assets_url /assets
	upload_url /assets{?name,label}
	tarball_url /tarball
	zipball_url /zipball
	html_url /html`

func (c *call) listReleases() *reply {
	var numbers []int
	for n := range c.repo.Releases {
		numbers = append(numbers, n)
	}
	return listed(c, numbers, func(n int) any {
		r := c.repo.Releases[n]
		url := fmt.Sprintf("%s/releases/%d", c.repoURL(), n+1)
		out := fields(url, releaseURLs)
		out["url"], out["id"], out["node_id"], out["name"], out["tag_name"] = url, n+1, nodeID("Release", int64(n)), r.Tag, r.Tag
		out["draft"], out["prerelease"], out["target_commitish"] = false, false, DefaultBranch
		out["created_at"], out["published_at"], out["author"] = stamp(c.s.now), stamp(c.s.now), c.person(c.repo.owner())
		assets := []any{}
		for _, a := range c.repo.assets(n) {
			assets = append(assets, c.releaseAsset(r.Tag, a))
		}
		out["assets"] = assets
		return out
	})
}

func (c *call) releaseAsset(tag string, a releaseAsset) map[string]any {
	return map[string]any{
		"id": a.id, "node_id": nodeID("Asset", a.id), "name": a.name, "label": nil, "state": "uploaded", "digest": nil,
		"content_type": "application/octet-stream", "size": len(a.content), "download_count": 0, "uploader": c.person(c.repo.owner()),
		"url": fmt.Sprintf("%s/releases/assets/%d", c.repoURL(), a.id), "created_at": stamp(c.s.now), "updated_at": stamp(c.s.now),
		"browser_download_url": c.web + "/" + c.repo.FullName + "/releases/download/" + tag + "/" + a.name,
	}
}

// asset answers with what is known of a file, or with the file, as it is asked.
func (c *call) asset() *reply {
	a := c.repo.asset(c.id64("asset_id"))
	if a == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	if !strings.Contains(c.req.Header.Get("Accept"), "octet-stream") {
		return jsonReply(http.StatusOK, c.releaseAsset("v", *a))
	}
	return c.elsewhere("asset", a.id)
}

func (c *call) tarball() *reply { return c.elsewhere("tarball", c.path["ref"]) }

func zipOf(files map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(files[name]))
		}
		must(err)
	}
	must(z.Close())
	return b.Bytes()
}

// tarballOf is what GitHub makes of a repository's files: a folder named by repository and commit, and a comment.
func (s *Server) tarballOf(r *Repository, ref string) []byte {
	if ref != DefaultBranch {
		return nil
	}
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	t := tar.NewWriter(g)
	top := strings.ReplaceAll(r.FullName, "/", "-") + "-aaaaaaa/"
	must(t.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": strings.Repeat("a", 40)}}))
	must(t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: top, Mode: 0o775}))
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		must(t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: top + name, Mode: 0o664, Size: int64(len(r.Files[name]))}))
		_, err := t.Write([]byte(r.Files[name]))
		must(err)
	}
	must(t.Close())
	must(g.Close())
	return b.Bytes()
}

// must is for what cannot fail in memory.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
