package scansource

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// open opens a file to be read, and never waits for the other end of a pipe.
func open(full string, follow bool) (*os.File, error) {
	flags := os.O_RDONLY | syscall.O_NONBLOCK
	if !follow {
		flags |= syscall.O_NOFOLLOW
	}
	return os.OpenFile(full, flags, 0)
}

// hasHoles reports whether a file takes less room than it is long.
func hasHoles(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Blocks*512 < info.Size()
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
