package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"github.com/keysweep/keysweep/internal/declare"
)

// Folders opens two folders as the states of a comparison. Their .git is no part of them, as it is of no commit.
func Folders(base, head string) (*Pair, error) {
	b, err := openFolder(base)
	if err != nil {
		return nil, err
	}
	h, err := openFolder(head)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	p := &Pair{
		Base: newTree(b), Head: newTree(h),
		close: func() error { return errors.Join(b.Close(), h.Close()) },
	}
	var c comparer
	p.compare(func(name string, x, y node) (bool, error) { return c.same(b, h, name, x, y) })
	return p, nil
}

// Folder opens one folder as a state. It is closed by the returned function.
func Folder(dir string) (*Tree, func() error, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, nil, err
	}
	return newTree(f), f.Close, nil
}

func openFolder(dir string) (*folder, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the folder %q does not exist", dir)
	case err != nil:
		return nil, fmt.Errorf("opening the folder %q: %w", dir, reasonOf(err))
	case !info.IsDir():
		return nil, fmt.Errorf("%q is a file, not a folder", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder %q: %w", dir, reasonOf(err))
	}
	return &folder{root: root, dir: ".", last: root}, nil
}

// reasonOf is an error of the system without the path, which its reader adds.
func reasonOf(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// folder is a store. Whatever links are laid in it while it is read, nothing outside of it is opened.
type folder struct {
	root *os.Root
	// dir is the folder that was looked into last, and last is that folder opened: files are asked for one
	// folder after the other.
	dir  string
	last *os.Root
}

// Close closes what is open.
func (f *folder) Close() error {
	err := f.root.Close()
	if f.last != f.root {
		err = errors.Join(err, f.last.Close())
	}
	return err
}

// in is a folder, opened.
func (f *folder) in(dir string) (*os.Root, error) {
	if dir == f.dir {
		return f.last, nil
	}
	next := f.root
	if dir != "." {
		var err error
		if next, err = f.root.OpenRoot(dir); err != nil {
			return nil, listError(dir, err)
		}
	}
	if f.last != f.root {
		_ = f.last.Close() // it was only read from
	}
	f.dir, f.last = dir, next
	return next, nil
}

func (f *folder) list(dir string) ([]node, error) {
	root, err := f.in(dir)
	if err != nil {
		return nil, err
	}
	file, err := root.Open(".")
	if err != nil {
		return nil, listError(dir, err)
	}
	defer file.Close()
	entries, err := file.ReadDir(-1)
	if err != nil {
		return nil, reasonOf(err)
	}
	nodes := make([]node, 0, len(entries))
	for _, e := range entries {
		if e.Name() == ".git" {
			continue
		}
		n, err := nodeOf(e)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, reasonOf(err)
		}
		nodes = append(nodes, n)
	}
	sortNodes(nodes)
	return nodes, nil
}

func listError(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return missing(dir)
	}
	return reasonOf(err)
}

// nodeOf takes what is neither folder nor link for a file: whether it can be read, reading tells.
func nodeOf(e fs.DirEntry) (node, error) {
	n := node{name: e.Name(), kind: declare.Regular, size: -1}
	switch {
	case e.IsDir():
		n.kind = declare.Folder
	case e.Type()&fs.ModeSymlink != 0:
		n.kind = declare.Symlink
	case e.Type().IsRegular():
		info, err := e.Info()
		if err != nil {
			return node{}, err
		}
		n.size = info.Size()
	}
	return n, nil
}

func (f *folder) content(dir string, n node) ([]byte, error) {
	if n.kind == declare.Symlink {
		root, err := f.in(dir)
		if err != nil {
			return nil, err
		}
		target, err := root.Readlink(n.name)
		if err != nil {
			return nil, listError(n.name, err)
		}
		return []byte(target), nil
	}
	file, err := f.open(dir, n)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, declare.MaxRead+1))
	if err != nil {
		return nil, reasonOf(err)
	}
	if len(data) > declare.MaxRead {
		return nil, declare.ErrTooLarge
	}
	return data, nil
}

var errNoFile = errors.New("it is no regular file")

// open opens a regular file. What was none when it was listed is not opened at all, and what has become none
// since does not make the opening wait, as that of a pipe would.
func (f *folder) open(dir string, n node) (*os.File, error) {
	if n.size < 0 {
		return nil, errNoFile
	}
	root, err := f.in(dir)
	if err != nil {
		return nil, err
	}
	file, err := root.OpenFile(n.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, listError(n.name, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNoFile
	}
	if err != nil {
		_ = file.Close() // it was only looked at
		return nil, reasonOf(err)
	}
	return file, nil
}

// comparer compares files. It keeps its room between two of them.
type comparer struct{ a, b [64 << 10]byte }

// same compares two files or links of one name byte by byte.
func (c *comparer) same(base, head *folder, name string, b, h node) (bool, error) {
	dir := path.Dir(name)
	if b.kind == declare.Symlink {
		x, err := base.content(dir, b)
		if err != nil {
			return false, err
		}
		y, err := head.content(dir, h)
		return bytes.Equal(x, y), err
	}
	if b.size != h.size {
		return false, nil
	}
	x, err := base.open(dir, b)
	if err != nil {
		return false, err
	}
	defer x.Close()
	y, err := head.open(dir, h)
	if err != nil {
		return false, err
	}
	defer y.Close()
	return c.bytes(x, y)
}

func (c *comparer) bytes(x, y io.Reader) (bool, error) {
	for {
		n, err := io.ReadFull(x, c.a[:])
		m, other := io.ReadFull(y, c.b[:])
		if !bytes.Equal(c.a[:n], c.b[:m]) {
			return false, nil
		}
		switch {
		case err != nil && !ended(err):
			return false, reasonOf(err)
		case other != nil && !ended(other):
			return false, reasonOf(other)
		case err != nil:
			return true, nil
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
