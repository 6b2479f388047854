//go:build !windows

package agent

import (
	"io/fs"
	"os/user"
	"slices"
	"strconv"
	"syscall"

	"github.com/trustline/trustline/rules/activity"
)

// owner answers the account a file belongs to.
func owner(_ string, info fs.FileInfo, _ bool) activity.Actor {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return activity.Actor{UID: -1}
	}
	return activity.Actor{UID: int(st.Uid)}
}

// mayRead tells whether a file's mode lets an account read it.
func mayRead(info fs.FileInfo, uid int) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return false
	case uid == 0:
		return true
	case int(st.Uid) == uid:
		return st.Mode&0o400 != 0
	case st.Mode&0o004 != 0:
		return true
	case st.Mode&0o040 == 0:
		return false
	}
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return false
	}
	groups, err := u.GroupIds()
	return err == nil && slices.Contains(groups, strconv.Itoa(int(st.Gid)))
}
