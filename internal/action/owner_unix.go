//go:build unix

package action

import (
	"os"
	"syscall"
)

// ownerOf is who a file belongs to.
func ownerOf(path string) owner {
	info, err := os.Stat(path)
	if err != nil {
		return owner{}
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return owner{}
	}
	return owner{set: true, uid: int(stat.Uid), gid: int(stat.Gid)}
}
