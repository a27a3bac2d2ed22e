package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/migrate"
	"github.com/keysweep/keysweep/internal/tree"
	"github.com/keysweep/keysweep/report"
)

// Bounds of what is read to find workflows that take static keys.
const (
	workflowRequests = 200 // to other repositories, in one run
	workflowFiles    = 300 // of one repository
)

// workflowSource is where the workflows of repositories come from.
type workflowSource interface {
	all(ctx context.Context, a *audit) []migrate.Repository
}

// givenWorkflows are workflows that were read already.
type givenWorkflows []migrate.Repository

func (g givenWorkflows) all(context.Context, *audit) []migrate.Repository { return g }

// workflowReader reads the workflows of repositories: those of the working directory, and on a schedule those of the
// repositories that the policy file names.
type workflowReader struct {
	own   *ghapi.Client // nil without a token
	other func(repository string) (*ghapi.Client, error)
	sent  int // requests to other repositories
}

func (s settings) workflowsOf(a *audit) *workflowReader {
	r := &workflowReader{other: func(name string) (*ghapi.Client, error) { return s.client(a.env, a.opts, a.log, name) }}
	if a.hub != nil && strings.EqualFold(a.hub.client.Name(), a.opts.Runner.Repository) {
		r.own = a.hub.client
	}
	return r
}

// migrate makes the kits, and tells the findings of keys that are known to be in a workflow.
func (a *audit) migrate(ctx context.Context) {
	if a.workflows == nil || a.opts.Shard.Total > 0 {
		return
	}
	t := migrate.Target{
		Partition: a.opts.Partition, Region: a.opts.Region, Account: onlyAccount(a.accounts), Server: a.opts.Runner.ServerURL,
		Redacted: a.display != nil || a.opts.Mask,
	}
	for _, r := range a.workflows.all(ctx, a) {
		if k := migrate.Plan(r, t); !k.Empty() || len(r.Unread) > 0 {
			a.kits = append(a.kits, k)
		}
	}
	slices.SortFunc(a.kits, func(x, y migrate.Kit) int { return strings.Compare(x.Folder(), y.Folder()) })
	if a.display == nil {
		migrate.Tell(a.findings, a.kits, a.accounts)
	}
}

// onlyAccount is the account that roles belong to where there is but one.
func onlyAccount(accounts []*inventory.Account) string {
	if len(accounts) == 1 {
		return accounts[0].ID
	}
	return ""
}

func (a *audit) kitFiles() map[string][]byte {
	files := map[string][]byte{}
	for i := range a.kits {
		for name, text := range a.kits[i].Files() {
			files[path.Join("migration", name)] = text
		}
	}
	return files
}

// migrations are the kits as the report shows them.
func (a *audit) migrations() []report.Migration {
	var out []report.Migration
	for i := range a.kits {
		k := &a.kits[i]
		m := report.Migration{Repository: k.Repository.Name, Patched: k.Patched(), ByHand: len(k.Workflows) - k.Patched(), Secrets: k.Deletable(), Unread: k.Repository.Unread}
		if !k.Empty() {
			m.Folder = path.Join("migration", k.Folder())
		}
		out = append(out, m)
	}
	return out
}

// all reads every repository that is to be read. Where strangers read the report, private ones are left out.
func (w *workflowReader) all(ctx context.Context, a *audit) []migrate.Repository {
	var out []migrate.Repository
	own, here := w.here(ctx, a)
	if here && (a.display == nil || a.ownPublic) {
		out = append(out, own)
	}
	if !readsHub(a.opts) || !a.opts.Token.IsSet() {
		return out
	}
	for _, name := range a.policy.Repositories {
		if slices.ContainsFunc(out, func(r migrate.Repository) bool { return strings.EqualFold(r.Name, name) }) || here && strings.EqualFold(name, own.Name) {
			continue
		}
		if r, ok := w.onGitHub(ctx, name, a.display != nil); ok {
			out = append(out, r)
		}
	}
	return out
}

// here reads the working directory, where that holds workflows.
func (w *workflowReader) here(ctx context.Context, a *audit) (migrate.Repository, bool) {
	r := migrate.Repository{Name: a.opts.Runner.Repository, ID: a.env.Var("GITHUB_REPOSITORY_ID"), OwnerID: a.env.Var("GITHUB_REPOSITORY_OWNER_ID")}
	dir := a.env.Path(".")
	if info, err := os.Stat(a.env.Path(".github")); err != nil || !info.IsDir() {
		return r, false
	}
	t, closing, err := tree.Folder(dir)
	if err != nil {
		r.Unread = []string{err.Error()}
		return r, true
	}
	defer func() { _ = closing() }() // it was only read from
	readWorkflows(t, &r)
	if len(r.Files) == 0 && len(r.Unread) == 0 {
		return r, false
	}
	r.DefaultBranch = eventBranch(a.env, r.Name)
	if w.own != nil {
		if repo, err := w.own.Repository(ctx); err == nil {
			describe(&r, repo)
		}
	}
	return r, true
}

// describe takes over what GitHub says of a repository.
func describe(r *migrate.Repository, repo ghapi.Repository) {
	r.Name = repo.FullName
	if repo.DefaultBranch != "" {
		r.DefaultBranch = repo.DefaultBranch
	}
	if repo.ID > 0 && repo.OwnerID > 0 {
		r.ID, r.OwnerID = strconv.FormatInt(repo.ID, 10), strconv.FormatInt(repo.OwnerID, 10)
	}
}

// eventBranch is the default branch as the event that started the workflow names it.
func eventBranch(env action.Env, repository string) string {
	data, err := os.ReadFile(env.Path(env.Var("GITHUB_EVENT_PATH")))
	if err != nil {
		return ""
	}
	var event struct {
		Repository struct {
			FullName string `json:"full_name"`
			Branch   string `json:"default_branch"`
		} `json:"repository"`
	}
	if json.Unmarshal(data, &event) != nil || !strings.EqualFold(event.Repository.FullName, repository) {
		return ""
	}
	return event.Repository.Branch
}

// onGitHub reads the default branch of another repository.
func (w *workflowReader) onGitHub(ctx context.Context, name string, publicOnly bool) (migrate.Repository, bool) {
	r := migrate.Repository{Name: name}
	c, err := w.other(name)
	if err != nil || c == nil {
		return r, false
	}
	defer func() { sent, _, _ := c.Requests(); w.sent += sent }()
	if why := w.spent(); why != "" {
		r.Unread = []string{why}
		return r, !publicOnly
	}
	repo, err := c.Repository(ctx)
	if err != nil {
		r.Unread = []string{err.Error() + "; the token of a workflow reads its own repository only: give github-token one that reads all of them"}
		return r, !publicOnly
	}
	if publicOnly && repo.Visibility != ghapi.VisibilityPublic {
		return r, false
	}
	describe(&r, repo)
	if repo.DefaultBranch == "" {
		return r, false // there is nothing in it yet
	}
	t, err := tree.Commit(ctx, c, repo.DefaultBranch)
	if err != nil {
		r.Unread = []string{err.Error()}
		return r, true
	}
	readWorkflows(t, &r)
	return r, true
}

// spent says why no further repository is read; empty while there is one.
func (w *workflowReader) spent() string {
	if w.sent >= workflowRequests {
		return fmt.Sprintf("its workflows were not read: a run makes %d requests for workflows at most", workflowRequests)
	}
	if w.own != nil {
		if _, remaining, known := w.own.Requests(); known && remaining < hubReserve {
			return fmt.Sprintf("its workflows were not read: GitHub takes %d more requests of this token now, and they are kept for others", remaining)
		}
	}
	return ""
}

// readWorkflows reads the workflows and actions of a repository. A link is not followed: a patch would change what it
// leads to.
func readWorkflows(t *tree.Tree, r *migrate.Repository) {
	names := candidates(t, r)
	if len(names) > workflowFiles {
		r.Unread = append(r.Unread, fmt.Sprintf("of %d workflows and actions, %d were read", len(names), workflowFiles))
		names = names[:workflowFiles]
	}
	t.Prefetch(names)
	for _, name := range names {
		text, err := t.Read(name)
		if err != nil {
			r.Unread = append(r.Unread, name+": "+err.Error())
			continue
		}
		if len(text) > migrate.MaxText {
			r.Unread = append(r.Unread, fmt.Sprintf("%s: it has more than %d bytes", name, migrate.MaxText))
			continue
		}
		r.Files = append(r.Files, migrate.File{Path: name, Text: text})
	}
}

// candidates are the paths of files that can be workflows or actions: the usual places are looked into.
func candidates(t *tree.Tree, r *migrate.Repository) []string {
	folders := []string{".", ".github/workflows"}
	for _, e := range entries(t, ".github/actions", r) {
		if e.Type == declare.Folder {
			folders = append(folders, ".github/actions/"+e.Name)
		}
	}
	var out []string
	for _, dir := range folders[:min(len(folders), workflowFiles)] {
		for _, e := range entries(t, dir, r) {
			name := path.Join(dir, e.Name)
			switch {
			case !migrate.IsCandidate(name):
			case e.Type == declare.Regular:
				out = append(out, name)
			case e.Type == declare.Symlink:
				r.Unread = append(r.Unread, name+": it is a link")
			}
		}
	}
	return out
}

func entries(t *tree.Tree, dir string, r *migrate.Repository) []declare.Entry {
	list, err := t.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.Unread = append(r.Unread, dir+": "+err.Error())
	}
	return list
}
