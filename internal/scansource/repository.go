package scansource

import (
	"errors"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/gitobject"
	"github.com/keysweep/keysweep/internal/gitobject/gitdir"
	"github.com/keysweep/keysweep/internal/history"
)

// repository is one repository, however many work trees it has.
type repository struct {
	objects *gitobject.Repository
	prefix  string // of the paths in it
	words   string // of what has no path: empty in the repository that the scan was given
	read    bool   // its history was
}

// digits are how many an id has in the repository.
func (r *repository) digits() int { return 2 * r.objects.Format().Size() }

// marks are the names by which a folder shows that it belongs to a repository.
type marks struct{ git, head, objects, refs bool }

// note takes the name of an entry; folder says that it is one or leads to one, for all that is known of a link: git
// follows it.
func (m *marks) note(name string, folder bool) {
	switch name {
	case ".git":
		m.git = true
	case "HEAD":
		m.head = true
	case "objects":
		m.objects = m.objects || folder
	case "refs":
		m.refs = m.refs || folder
	}
}

func (m *marks) bare() bool { return m.head && m.objects && m.refs }

// gitFolder is a folder of a repository's own files, by its path in there.
type gitFolder struct{ path string }

func (g *gitFolder) below(name string) *gitFolder { return &gitFolder{path.Join(g.path, name)} }

var (
	twoDigits = regexp.MustCompile(`^objects/[0-9a-f]{2}$`)
	looseName = regexp.MustCompile(`^([0-9a-f]{38}|[0-9a-f]{62})$`)
	// packName leaves out .keep and .promisor, which hold words of whoever made them.
	packName = regexp.MustCompile(`^(pack-[0-9a-f]+\.(pack|idx|rev|bitmap|mtimes)|multi-pack-index(-[0-9a-f]+\.(bitmap|rev))?)$`)
)

// isObject reports whether a file of the folder is read object by object. Digits are how many an id has in the
// repository: a name of another length is no object there, and nobody else reads it.
func (g *gitFolder) isObject(name string, digits int) bool {
	switch {
	case g.path == "objects/pack":
		return packName.MatchString(name)
	case strings.HasPrefix(g.path, "objects/"):
		return twoDigits.MatchString(g.path) && len(name) == digits-2 && looseName.MatchString(name)
	}
	return false
}

// noted are the files and folders in which git itself keeps copies of names and messages that stand in history.
var noted = []string{
	"logs", "refs", "packed-refs", "index", "HEAD", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD",
	"COMMIT_EDITMSG", "MERGE_MSG", "SQUASH_MSG", "TAG_EDITMSG", "NOTES_EDITMSG",
}

// isNote reports whether what stands in a file stands in history too, as a rule.
func (g *gitFolder) isNote(name string) bool {
	if g == nil {
		return false
	}
	full := path.Join(g.path, name)
	first, _, _ := strings.Cut(full, "/")
	return slices.Contains(noted, first) || full == "info/refs"
}

// openWorkTree opens the repository that the .git of a folder names, and reports whether it is one.
func (s *Scanner) openWorkTree(f *folder) bool {
	r := s.open(f)
	if r == nil {
		return false
	}
	f.repo = r
	return true
}

// openBare is openWorkTree for a folder that is a repository itself, without a work tree.
func (s *Scanner) openBare(f *folder) {
	if r := s.open(f); r != nil {
		f.repo, f.git = r, &gitFolder{}
		s.isWalked(f.full)
	}
}

// open opens a repository, once.
func (s *Scanner) open(f *folder) *repository {
	r, err := gitdir.Open(f.full, gitobject.Options{CacheBytes: s.memory / 16, FileBytes: s.memory / 16})
	var none *gitobject.NotRepositoryError
	switch {
	case errors.As(err, &none):
		return nil
	case err != nil:
		s.skip(f.name(), "the repository cannot be opened, so that its history was not read: "+err.Error())
		return nil
	}
	if known := s.repos[r.CommonDir()]; known != nil {
		_ = r.Close()
		return known
	}
	repo := &repository{objects: r, prefix: f.shown, words: f.shown}
	if f.top && !s.opts.Several {
		repo.words = ""
	}
	s.repos[r.CommonDir()] = repo
	return repo
}

// histories reads the history of the repositories that were met.
func (s *Scanner) histories() {
	for _, key := range sortedKeys(s.repos) {
		if r := s.repos[key]; !r.read {
			r.read = true
			s.history(r)
			_ = r.objects.Close()
		}
	}
}

func (s *Scanner) history(r *repository) {
	if s.stopped() {
		return
	}
	result := history.Scan(r.objects, finder{s}, history.Options{
		Workers: s.workers, Memory: s.memory / 2, Stop: func() bool { return s.opts.Stop() != nil },
	})
	s.objects.Add(int64(result.Objects))
	s.bytes.Add(result.Bytes)
	for _, h := range result.Sightings {
		s.add(placed{
			Row:  Row{Hit: h.Hit, Inside: h.Inside, Where: string(h.Where), Path: r.path(h.Where, h.Path), Commit: h.Commit},
			repo: r, blob: h.Blob,
		})
	}
	for _, u := range result.Unread {
		s.skip(inPrefix(r.words, u.Path), u.Reason)
	}
}

// path is where something in a repository stands, as the scan shows it.
func (r *repository) path(where history.Where, name string) string {
	switch where {
	case history.InCommit, history.InStash, history.InName:
		return inPrefix(r.prefix, name)
	case history.IsDangling:
		if name != "" {
			return inPrefix(r.prefix, name)
		}
	}
	return inPrefix(r.words, name)
}

func inPrefix(prefix, name string) string {
	if name == "" {
		return prefix
	}
	return below(prefix, shown(name))
}

// unwalked are the folders of repositories that a work tree names and that lie elsewhere: their configuration and logs
// belong to it.
func (s *Scanner) unwalked() []*folder {
	var out []*folder
	for _, key := range sortedKeys(s.repos) {
		r := s.repos[key]
		full := filepath.Join(s.root, filepath.FromSlash(key))
		if !s.walked[full] && !r.read {
			s.walked[full] = true
			out = append(out, &folder{full: full, shown: below(r.prefix, ".git"), repo: r, git: &gitFolder{}})
		}
	}
	return out
}

// isWalked notes that a folder of a repository is walked.
func (s *Scanner) isWalked(full string) {
	if real, err := filepath.EvalSymlinks(full); err == nil {
		s.walked[real] = true
		s.root = filepath.VolumeName(real) + string(filepath.Separator)
	}
}
