package gitobject

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// Limits bound what a repository may ask of the program. A field that is zero has the value in its
// comment.
type Limits struct {
	Object int64 // bytes of one object: 512 MiB
	Total  int64 // bytes inflated and made over the life of the repository: 1 TiB
	Depth  int   // objects that are made of each other in a row: 4,096; git writes at most 4,095
	Trees  int   // folders that one walk may go into: 1,048,576; a few trees can hold themselves a billion times
}

func (l Limits) orDefault() Limits {
	return Limits{
		Object: cmp.Or(l.Object, 512<<20),
		Total:  cmp.Or(l.Total, 1<<40),
		Depth:  cmp.Or(l.Depth, 4096),
		Trees:  cmp.Or(l.Trees, 1<<20),
	}
}

// Options say how to read a repository. The zero value is what most callers want.
type Options struct {
	// Root is what an absolute path begins with that leads into the file system, "/" when empty: with
	// "C:/" the path "C:/src/app/.git" is its src/app/.git.
	Root string
	// CacheBytes bounds the objects out of packs that are kept in memory because others are made of
	// them: 48 MiB when zero.
	CacheBytes int64
	// FileBytes bounds what of packs and their indexes is kept in memory as it was read: 64 MiB when zero.
	FileBytes int64
	Limits    Limits
}

// Repository is an open git repository.
type Repository struct {
	fs      files
	gitDir  string // of this work tree
	common  string // of all work trees: objects, refs, configuration
	store   *store
	shallow map[ID]bool
	packed  func() ([]packedRef, error)
}

const (
	configMax  = 8 << 20
	pointerMax = 64 << 10
	shallowMax = 256 << 20
)

// Open opens the repository at a folder of a file system: a work tree with a folder or a file .git,
// such a file or folder itself, or a bare repository. Parent folders are not searched. What is no
// repository is a [NotRepositoryError], one of a kind that cannot be read an [UnsupportedError].
// The files must be [io.ReaderAt].
func Open(fsys fs.FS, dir string, o Options) (*Repository, error) {
	r := &Repository{fs: files{fsys, cmp.Or(o.Root, "/"), newPages(cmp.Or(o.FileBytes, 64<<20))}}
	if !fs.ValidPath(dir) {
		return nil, &NotRepositoryError{dir, "it is not a path of the file system"}
	}
	if err := r.discover(dir); err != nil {
		return nil, err
	}
	l, err := r.layout()
	if err != nil {
		return nil, fmt.Errorf("repository %q: %w", dir, err)
	}
	r.store = &store{
		fs: r.fs, format: l.format, limits: o.Limits.orDefault(), partial: l.partial,
		cache: newCache(cmp.Or(o.CacheBytes, 48<<20)),
	}
	if err := r.readShallow(); err != nil {
		return nil, fmt.Errorf("repository %q: %w", dir, err)
	}
	if err := r.store.addDir(path.Join(r.common, "objects"), 0); err != nil {
		return nil, fmt.Errorf("repository %q: %w", dir, errors.Join(err, r.Close()))
	}
	r.packed = sync.OnceValues(r.readPackedRefs)
	return r, nil
}

// discover finds the folder of a work tree and the one that all work trees share.
func (r *Repository) discover(dir string) error {
	for _, candidate := range []string{path.Join(dir, ".git"), dir} {
		git, err := r.follow(candidate)
		if err != nil {
			return &NotRepositoryError{dir, err.Error()}
		}
		if git == "" {
			continue
		}
		common, err := r.commonDir(git)
		if err != nil {
			return &NotRepositoryError{dir, err.Error()}
		}
		if r.isGitDir(git, common) {
			r.gitDir, r.common = git, common
			return nil
		}
		if git != candidate {
			return &NotRepositoryError{dir, fmt.Sprintf("its .git leads to %q, which is none", git)}
		}
	}
	return &NotRepositoryError{dir, "it has no .git, and not the files HEAD, objects and refs of a bare one"}
}

// follow gives a folder as it is and, for a file that says "gitdir: path", what it leads to.
func (r *Repository) follow(name string) (string, error) {
	if r.fs.isDir(name) {
		return name, nil
	}
	text, ok, err := r.fs.read(name, pointerMax)
	if err != nil || !ok {
		return "", err
	}
	target, ok := strings.CutPrefix(string(text), "gitdir: ")
	if !ok {
		return "", fmt.Errorf("the file %q does not begin with gitdir", name)
	}
	return r.fs.resolve(path.Dir(name), strings.TrimRight(target, "\r\n"))
}

func (r *Repository) commonDir(git string) (string, error) {
	text, ok, err := r.fs.read(path.Join(git, "commondir"), pointerMax)
	if err != nil || !ok {
		return git, err
	}
	return r.fs.resolve(git, strings.TrimRight(string(text), "\r\n"))
}

// isGitDir tells as git does. Repositories with another format of refs have these three too, so that
// they get this far and are refused by their name.
func (r *Repository) isGitDir(git, common string) bool {
	_, head, err := r.fs.regular(path.Join(git, "HEAD"))
	return err == nil && head && r.fs.isDir(path.Join(common, "objects")) && r.fs.isDir(path.Join(common, "refs"))
}

func (r *Repository) layout() (layout, error) {
	text, _, err := r.fs.read(path.Join(r.common, "config"), configMax)
	if err != nil {
		return layout{}, err
	}
	c, err := parseConfig(string(text))
	if err != nil {
		return layout{}, err
	}
	return c.layout()
}

// readShallow reads the commits whose parents were left out when the repository was cloned.
func (r *Repository) readShallow() error {
	text, _, err := r.fs.read(path.Join(r.common, "shallow"), shallowMax)
	if err != nil {
		return err
	}
	r.shallow = map[ID]bool{}
	for line := range strings.Lines(string(text)) {
		id, ok := r.store.format.parse(strings.TrimRight(line, "\r\n"))
		if !ok {
			return corrupt("the file shallow has the line %q", clip(line))
		}
		r.shallow[id] = true
	}
	r.store.shallow = len(r.shallow) > 0
	return nil
}

// Close closes the files that are open. The repository must not be used any more.
func (r *Repository) Close() error { return r.store.close() }

// Format is the hash that names the objects.
func (r *Repository) Format() Format { return r.store.format }

// GitDir is the folder of what each work tree has of its own, such as HEAD, as a path of the file
// system. Only that of an additional work tree differs from [Repository.CommonDir].
func (r *Repository) GitDir() string { return r.gitDir }

// CommonDir is the folder that all work trees of the repository share.
func (r *Repository) CommonDir() string { return r.common }

// Shallow is the sorted list of commits whose parents are not in the repository although they have
// some. It is empty for a repository with all of its history.
func (r *Repository) Shallow() []ID {
	ids := make([]ID, 0, len(r.shallow))
	for id := range r.shallow {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, ID.Compare)
	return ids
}

// Promisor says that the repository is a partial clone: objects may be missing that git would fetch
// from a remote when it needs them.
func (r *Repository) Promisor() bool { return r.store.partial }

// Problems are the parts of the repository that cannot be read and may hide objects: packs without
// index, indexes that lie, folders to borrow from that are gone. The list grows as more is read.
func (r *Repository) Problems() []error { return r.store.trouble() }

// Packs are all packs, of this repository and of those whose objects it borrows.
func (r *Repository) Packs() []*Pack {
	var all []*Pack
	for _, dir := range r.store.dirs {
		all = append(all, dir.packs...)
	}
	return all
}

// Object is an object of any type.
func (r *Repository) Object(id ID) (Type, []byte, error) {
	t, b, err := r.store.read(id)
	if err != nil && id == r.store.format.EmptyTree() {
		return TypeTree, nil, nil
	}
	return t, b, err
}

// Stat is the type of an object and its size in bytes, without reading all of it. That the content
// is what the id names is not checked.
func (r *Repository) Stat(id ID) (Type, int64, error) {
	t, size, err := r.store.stat(id)
	if err != nil && id == r.store.format.EmptyTree() {
		return TypeTree, 0, nil
	}
	return t, size, err
}

// Has says whether an object is in the repository. The error says that parts could not be read
// which may hold it.
func (r *Repository) Has(id ID) (bool, error) {
	if id == r.store.format.EmptyTree() {
		return true, nil
	}
	return r.store.has(id)
}

// object is an object of one type; another is a [TypeError].
func (r *Repository) object(id ID, want Type) ([]byte, error) {
	t, b, err := r.Object(id)
	if err != nil {
		return nil, err
	}
	if t != want {
		return nil, &TypeError{id, t, want}
	}
	return b, nil
}

// Blob is the content of a file. [Repository.Stat] tells its size beforehand.
func (r *Repository) Blob(id ID) ([]byte, error) { return r.object(id, TypeBlob) }

// Commit is a commit, with the parents that it names, whether or not they are here.
func (r *Repository) Commit(id ID) (*Commit, error) {
	b, err := r.object(id, TypeCommit)
	if err != nil {
		return nil, err
	}
	c, err := ParseCommit(b, r.store.format)
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", id, err)
	}
	return c, nil
}

// Tag is an annotated tag.
func (r *Repository) Tag(id ID) (*Tag, error) {
	b, err := r.object(id, TypeTag)
	if err != nil {
		return nil, err
	}
	t, err := ParseTag(b, r.store.format)
	if err != nil {
		return nil, fmt.Errorf("tag %s: %w", id, err)
	}
	return t, nil
}

// Tree is a folder: its entries in the order they are stored in, which is git's.
func (r *Repository) Tree(id ID) ([]Entry, error) {
	b, err := r.object(id, TypeTree)
	if err != nil {
		return nil, err
	}
	entries, err := ParseTree(b, r.store.format)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", id, err)
	}
	return entries, nil
}

// peelMax is how many tags may point at each other in a row.
const peelMax = 100

// Peel follows tags to what they name, and a commit to its tree when want is [TypeTree]. With want
// zero it only leaves tags behind. What does not lead to the type is a [TypeError].
func (r *Repository) Peel(id ID, want Type) (ID, error) {
	for range peelMax {
		t, _, err := r.Stat(id)
		switch {
		case err != nil:
			return ID{}, err
		case t == want, want == 0 && t != TypeTag:
			return id, nil
		case t == TypeTag:
			tag, err := r.Tag(id)
			if err != nil {
				return ID{}, err
			}
			id = tag.Object
		case t == TypeCommit && want == TypeTree:
			c, err := r.Commit(id)
			if err != nil {
				return ID{}, err
			}
			id = c.Tree
		default:
			return ID{}, &TypeError{id, t, want}
		}
	}
	return ID{}, &LimitError{"tags that point at each other in a row", peelMax + 1, peelMax}
}
