// Package gitdir opens git repositories in real folders. It is all that package gitobject does not
// do itself: it turns a path of the system into a file system and a name in it.
package gitdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/keysweep/keysweep/internal/gitobject"
)

// Open opens the repository at a path: a work tree, its .git, or a bare repository. Whatever the
// repository refers to outside of the folder is read too: the folder behind a file .git, and those
// whose objects it borrows. The root of the options is set here.
func Open(dir string, o gitobject.Options) (*gitobject.Repository, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the repository %q: %w", dir, err)
	}
	// Relative paths in a repository start from where its files are, not from a link to them.
	git := filepath.Join(abs, ".git")
	if info, err := os.Lstat(git); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if abs, err = filepath.EvalSymlinks(git); err != nil {
			return nil, fmt.Errorf("opening the repository %q: %w", dir, err)
		}
	}
	root := filepath.VolumeName(abs) + string(filepath.Separator)
	o.Root = filepath.ToSlash(root)
	name := strings.TrimPrefix(filepath.ToSlash(abs), o.Root)
	if name == "" {
		name = "."
	}
	return gitobject.Open(disk{os.DirFS(root)}, name, o)
}

// disk is a file system in which what lies below a file simply does not exist, as on all other
// systems.
type disk struct{ system fs.FS }

func (d disk) Open(name string) (fs.File, error) {
	f, err := d.system.Open(name)
	return f, notThere(err)
}

func (d disk) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(d.system, name)
	return info, notThere(err)
}

func (d disk) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(d.system, name)
	return entries, notThere(err)
}

func notThere(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) && errors.Is(at.Err, syscall.ENOTDIR) {
		at.Err = fs.ErrNotExist
	}
	return err
}
