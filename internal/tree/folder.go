package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

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
		Base: newTree(folder{b}), Head: newTree(folder{h}),
		close: func() error { return errors.Join(b.Close(), h.Close()) },
	}
	p.compare(func(name string, x, y node) (bool, error) { return sameContent(folder{b}, folder{h}, name, x, y) })
	return p, nil
}

func openFolder(dir string) (*os.Root, error) {
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
	return root, nil
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
type folder struct{ root *os.Root }

func (f folder) list(dir string) ([]node, error) {
	file, err := f.root.Open(dir)
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

func (f folder) content(dir string, n node) ([]byte, error) {
	name := path.Join(dir, n.name)
	if n.kind == declare.Symlink {
		target, err := f.root.Readlink(name)
		if err != nil {
			return nil, listError(name, err)
		}
		return []byte(target), nil
	}
	file, err := f.open(name)
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

// open opens a regular file. It looks first: opening a pipe would wait for its other end.
func (f folder) open(name string) (*os.File, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, listError(name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, listError(name, err)
	}
	return file, nil
}

// sameContent compares two files or links of one name byte by byte.
func sameContent(base, head folder, name string, b, h node) (bool, error) {
	if b.kind == declare.Symlink {
		x, err := base.content(path.Dir(name), b)
		if err != nil {
			return false, err
		}
		y, err := head.content(path.Dir(name), h)
		return bytes.Equal(x, y), err
	}
	if b.size != h.size {
		return false, nil
	}
	x, err := base.open(name)
	if err != nil {
		return false, err
	}
	defer x.Close()
	y, err := head.open(name)
	if err != nil {
		return false, err
	}
	defer y.Close()
	return sameBytes(x, y)
}

func sameBytes(x, y io.Reader) (bool, error) {
	const block = 64 << 10
	a, b := make([]byte, block), make([]byte, block)
	for {
		n, err := io.ReadFull(x, a)
		m, other := io.ReadFull(y, b)
		if !bytes.Equal(a[:n], b[:m]) {
			return false, nil
		}
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case err != nil && !end:
			return false, reasonOf(err)
		case other != nil && !errors.Is(other, io.EOF) && !errors.Is(other, io.ErrUnexpectedEOF):
			return false, reasonOf(other)
		case end:
			return true, nil
		}
	}
}
