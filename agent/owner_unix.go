//go:build !windows

package agent

import (
	"io/fs"
	"syscall"

	"github.com/trustline/trustline/agent/activity"
)

// owner answers the account a file belongs to.
func owner(_ string, info fs.FileInfo) activity.Actor {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return activity.Actor{UID: -1}
	}
	return activity.Actor{UID: int(st.Uid), User: accountName(int(st.Uid))}
}
