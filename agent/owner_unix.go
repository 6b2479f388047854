//go:build !windows

package agent

import (
	"io/fs"
	"syscall"
)

// fileOwner answers the account a file belongs to, -1 when unknown.
func fileOwner(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
