package scansource

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// handle is an open file. The system is asked directly: of many small files, what [os.File] does for each beyond that
// takes longer than to look through them.
type handle struct {
	fd   int
	stat syscall.Stat_t
}

// open opens a file to be read, and never waits for the other end of a pipe.
func (h *handle) open(full string, follow bool) error {
	flags := syscall.O_RDONLY | syscall.O_NONBLOCK | syscall.O_CLOEXEC
	if !follow {
		flags |= syscall.O_NOFOLLOW
	}
	err := again(func() (err error) {
		h.fd, err = syscall.Open(full, flags, 0)
		return err
	})
	if err != nil {
		return err
	}
	if err := again(func() error { return syscall.Fstat(h.fd, &h.stat) }); err != nil {
		h.close()
		return err
	}
	return nil
}

func (h *handle) regular() bool { return h.stat.Mode&syscall.S_IFMT == syscall.S_IFREG }

func (h *handle) size() int64 { return h.stat.Size }

// hasHoles reports whether the file takes less room than it is long.
func (h *handle) hasHoles() bool { return h.stat.Blocks*512 < h.stat.Size }

// Read reads on; the end is io.EOF.
func (h *handle) Read(p []byte) (n int, err error) {
	err = again(func() error {
		n, err = syscall.Read(h.fd, p)
		return err
	})
	if n <= 0 && err == nil && len(p) > 0 {
		return 0, io.EOF
	}
	return max(n, 0), err
}

func (h *handle) close() { _ = syscall.Close(h.fd) }

// file gives the file over to [os].
func (h *handle) file(name string) *os.File { return os.NewFile(uintptr(h.fd), name) }

// again repeats what a signal has interrupted.
func again(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}

const seekData = 3

// nextData is where the next byte at or behind an offset is that is in no hole; io.EOF where there is none.
func nextData(f *os.File, at int64) (int64, error) {
	next, err := f.Seek(at, seekData)
	if errors.Is(err, syscall.ENXIO) {
		return 0, io.EOF
	}
	return next, err
}

// isGone reports whether a file was removed between the listing of its folder and its opening.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
