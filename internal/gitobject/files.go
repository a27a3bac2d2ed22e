package gitobject

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// files is the file system that a repository is read from. Names are those of package fs; an
// absolute path that a repository's file holds lies in it when it begins with root.
type files struct {
	fs.FS
	root  string
	pages *pages // of the files that are read at random
}

// file is an open file that can be read anywhere.
type file struct {
	io.ReaderAt
	io.Closer
	size int64
}

// Small indexes are kept in memory, so that a repository with thousands of packs does not hold
// thousands of files open.
const keepWhole = 4 << 20

// regular says whether a name is a file. Nothing else is ever opened: a pipe would block.
func (f files) regular(name string) (int64, bool, error) {
	info, err := fs.Stat(f.FS, name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return info.Size(), info.Mode().IsRegular(), nil
}

func (f files) isDir(name string) bool {
	info, err := fs.Stat(f.FS, name)
	return err == nil && info.IsDir()
}

// open opens a file that must exist.
func (f files) open(name string) (*file, error) {
	_, ok, err := f.regular(name)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	opened, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := opened.Stat()
	if err != nil {
		opened.Close()
		return nil, err
	}
	r, ok := opened.(io.ReaderAt)
	if !ok {
		opened.Close()
		return nil, &UnsupportedError{What: fmt.Sprintf("%q in a file system whose files cannot be read at an offset", name)}
	}
	return &file{r, opened, info.Size()}, nil
}

// openPaged is open for files that are read at random for a long time.
func (f files) openPaged(name string) (*file, error) {
	opened, err := f.open(name)
	if err == nil && opened.size <= pagedMost {
		opened.ReaderAt = f.pages.file(opened.ReaderAt, opened.size)
	}
	return opened, err
}

// openSmall is openPaged for indexes; it keeps short ones in memory.
func (f files) openSmall(name string) (*file, error) {
	size, _, err := f.regular(name)
	if err == nil && size > keepWhole {
		return f.openPaged(name)
	}
	opened, err := f.open(name)
	if err != nil || opened.size > keepWhole {
		return opened, err
	}
	defer opened.Close()
	b := make([]byte, opened.size)
	if err := readFull(opened, b, 0); err != nil {
		return nil, err
	}
	return &file{bytes.NewReader(b), io.NopCloser(nil), opened.size}, nil
}

// read is the whole content of a file of at most limit bytes; ok is false where there is no such
// file.
func (f files) read(name string, limit int64) (b []byte, ok bool, err error) {
	size, ok, err := f.regular(name)
	if err != nil || !ok {
		return nil, false, err
	}
	if size > limit {
		return nil, false, &LimitError{fmt.Sprintf("bytes of %q", name), size, limit}
	}
	opened, err := f.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer opened.Close()
	b, err = io.ReadAll(io.LimitReader(opened, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = &LimitError{fmt.Sprintf("bytes of %q", name), int64(len(b)), limit}
	}
	return b, true, err
}

// list is the content of a folder, by name; nothing where there is no such folder.
func (f files) list(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.FS, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// resolve makes a name of a path that a repository's file in folder dir holds.
func (f files) resolve(dir, p string) (string, error) {
	name := path.Join(dir, p)
	if rest, ok := strings.CutPrefix(p, f.root); ok {
		name = path.Clean(strings.TrimLeft(rest, "/"))
	} else if path.IsAbs(p) {
		name = "" // of another root
	}
	if !fs.ValidPath(name) {
		return "", fmt.Errorf("the path %q leads out of what may be read", clip(p))
	}
	return name, nil
}
