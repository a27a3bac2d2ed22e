//go:build !linux

package scansource

import (
	"errors"
	"io/fs"
	"os"
)

// handle is an open file.
type handle struct {
	*os.File
	info fs.FileInfo
}

func (h *handle) open(full string, _ bool) (err error) {
	if h.File, err = os.Open(full); err != nil {
		return err
	}
	if h.info, err = h.Stat(); err != nil {
		h.close()
	}
	return err
}

func (h *handle) regular() bool { return h.info.Mode().IsRegular() }

func (h *handle) size() int64 { return h.info.Size() }

// hasHoles: holes are read as the zeros that they are.
func (h *handle) hasHoles() bool { return false }

func (h *handle) close() { _ = h.Close() }

func (h *handle) file(string) *os.File { return h.File }

func nextData(_ *os.File, at int64) (int64, error) { return at, nil }

// isGone reports whether a file was removed between the listing of its folder and its opening.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
